#!/usr/bin/env node
/**
 * Makes the npm compiler answer as the native one does, as far as forge asks: `--version`, and `--standard-json` on
 * stdin. Forge sends the text of every source along, so no file is looked up.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSolc } from './solc.mjs';

const solc = openSolc(join(dirname(fileURLToPath(import.meta.url)), '..'));

if (process.argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.longVersion()}\n`);
} else if (process.argv.includes('--standard-json')) {
  writeFileSync(1, solc.compileOnce(readFileSync(0, 'utf8')));
} else {
  process.stderr.write('solcShim answers --version and --standard-json only\n');
  process.exitCode = 2;
}
