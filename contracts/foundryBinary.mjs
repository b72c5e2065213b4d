/**
 * Finds the programs of Foundry (anvil, forge). Plain JavaScript, because `forge.mjs` runs before anything is built.
 * It decides where they come from, not how they are run.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const oldest = [1, 7, 0];
const architectures = { x64: 'amd64', arm64: 'arm64' };

/**
 * The program, its version, and where it was found: the variable named as the program in upper case, then the npm
 * package for this machine, then PATH. A variable that is set is taken at its word: nothing else is tried.
 *
 * @param {'anvil' | 'forge'} name
 * @param {string} root  folder of this repository's package.json
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('./foundryBinary.mjs').FoundrySearch}
 */
export function findFoundryBinary(name, root, env = process.env) {
  const tried = [];
  const variable = name.toUpperCase();
  const places = env[variable]
    ? [{ from: `${variable} variable`, path: env[variable] }]
    : [packageBinary(name, root), pathBinary(name, env)];
  for (const { from, path } of places) {
    if (path === undefined) {
      tried.push(`${from}: not there`);
      continue;
    }
    const found = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000, env: { PATH: env.PATH ?? '' } });
    const version = /(\d+)\.(\d+)\.(\d+)/.exec(found.stdout ?? '');
    if (found.status !== 0 || version === null) {
      tried.push(`${from}: ${path} does not run (${found.error?.message ?? `exit code ${found.status}`})`);
    } else if (isOlder(version.slice(1).map(Number), oldest)) {
      tried.push(`${from}: ${path} is version ${version[0]}, older than ${oldest.join('.')}`);
    } else {
      return { found: true, path, version: version[0], from };
    }
  }
  return { found: false, tried };
}

function packageBinary(name, root) {
  const packageName = `@foundry-rs/${name}-${process.platform}-${architectures[process.arch] ?? process.arch}`;
  const from = `package ${packageName}`;
  try {
    const manifest = createRequire(join(root, 'package.json')).resolve(`${packageName}/package.json`);
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? `${name}.exe` : name);
    return { from, path: existsSync(path) ? path : undefined };
  } catch {
    return { from, path: undefined };
  }
}

function pathBinary(name, env) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, file);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return { from: 'PATH', path };
    } catch {
      // not in this folder
    }
  }
  return { from: 'PATH', path: undefined };
}

function isOlder(version, than) {
  const at = version.findIndex((part, i) => part !== than[i]);
  return at >= 0 && version[at] < than[at];
}
