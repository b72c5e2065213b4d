/**
 * The npm package `solc` (the compiler as WebAssembly), with answers kept in `.cache/solc` by the input they answer, so
 * that the same sources are compiled once. Plain JavaScript, because forge starts `solcShim.mjs` before anything is
 * built. It decides nothing about the settings: they are in the input.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const keptAnswers = 64;

/** `make()`, called once for each name and then kept on disk. A folder that cannot be written to only costs time. */
function kept(folder, name, make) {
  const file = join(folder, name);
  try {
    const text = readFileSync(file, 'utf8');
    const now = new Date();
    utimesSync(file, now, now);
    return text;
  } catch {
    const text = make();
    try {
      mkdirSync(folder, { recursive: true });
      const partial = `${file}.${process.pid}`;
      writeFileSync(partial, text);
      renameSync(partial, file);
      removeOldAnswers(folder);
    } catch {
      // the answer is right, it is only not kept
    }
    return text;
  }
}

function removeOldAnswers(folder) {
  const files = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
    .map((name) => join(folder, name))
    .map((path) => ({ path, usedMs: statSync(path).mtimeMs }))
    .sort((a, b) => b.usedMs - a.usedMs);
  for (const { path } of files.slice(keptAnswers)) rmSync(path, { force: true });
}

/** Opens the compiler installed in the repository at `root`. Loads nothing large until it must compile. */
export function openSolc(root) {
  const require = createRequire(join(root, 'package.json'));
  const folder = join(root, '.cache', 'solc');
  const { version } = require('solc/package.json');
  const longVersion = () => kept(folder, `version-${version}.txt`, () => require('solc').version());
  return {
    version,
    longVersion,
    compile: (input) => require('solc').compile(input),
    compileOnce: (input) => {
      const key = createHash('sha256').update(`${longVersion()}\n${input}`).digest('hex');
      return kept(folder, `${key}.json`, () => require('solc').compile(input));
    },
  };
}
