#!/usr/bin/env node
/**
 * Runs forge in `contracts/` with the npm compiler: `node contracts/forge.mjs test --match-contract BatchRelay`.
 * FOUNDRY_PROFILE=long makes fuzz and invariant runs long. It adds nothing to what forge decides.
 */
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFoundryBinary } from './foundryBinary.mjs';

const contracts = dirname(fileURLToPath(import.meta.url));
const root = join(contracts, '..');
const solc = join(contracts, 'solcShim.mjs');
const openzeppelin = dirname(createRequire(join(root, 'package.json')).resolve('@openzeppelin/contracts/package.json'));
const forge = findFoundryBinary('forge', root);

if (!forge.found) {
  process.stderr.write(
    `error FORGE_MISSING: forge was not found\n${forge.tried.map((line) => `  ${line}\n`).join('')}` +
      'Fix: run `npm install` (it brings forge for this machine), or name one in the FORGE variable.\n',
  );
  process.exit(6);
}

// An unpacked archive may have lost the bit that lets forge start the file.
chmodSync(solc, 0o755);
const child = spawn(forge.path, process.argv.slice(2), {
  cwd: contracts,
  stdio: 'inherit',
  env: {
    ...process.env,
    FOUNDRY_SOLC: solc,
    // Absolute: forge names files above its root in two ways at once when the remapping is relative, and loses them.
    FOUNDRY_REMAPPINGS: `@openzeppelin/contracts/=${openzeppelin}/`,
    FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1);
});
