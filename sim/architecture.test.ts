import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkMachinePaths, checkSource, rooms } from './architecture.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** What .gitignore names, and git's own folder. */
const untracked = ['node_modules', 'build', 'runs', '.cache', '.git', 'contracts/out', 'contracts/cache'];

/** Files below a folder of the repository, as paths from its root with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(root, folder, entry.name))
      .split(sep)
      .join('/');
    if (untracked.includes(path)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

const files = filesBelow('.');

describe('the sources', () => {
  const topFolders = new Set(Object.keys(rooms).map((room) => room.split('/')[0]));
  const sources = files.filter((file) => topFolders.has(file.split('/')[0]) && /\.(ts|mjs)$/.test(file));

  it('keep to their rooms: imports, bans, depth', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap((file) => checkSource(file, read(file)))).toEqual([]);
  });

  it('name no folder of one machine', () => {
    const texts = files.filter((file) => /\.(ts|mjs|js|sol|json|ya?ml|md|toml|html|sh)$|(^|\/)[^.]+$|rc$/.test(file));
    expect(texts).toContain('package.json');
    expect(texts.flatMap((file) => checkMachinePaths(file, read(file)))).toEqual([]);
  });
});

describe('checkSource > bans in pure rooms', () => {
  const pureFiles = [
    'sim/base/x.ts',
    'sim/protocol/x.ts',
    'sim/engine/x.ts',
    'agents/x.ts',
    'agents/miner/x.ts',
    'reports/x.ts',
  ];

  it.each([
    ['const now = Date.now();', 'Date'],
    ['const now = new Date();', 'Date'],
    ['function f(now = Date.now()) { return now; }', 'Date'],
    ['const { now } = Date;', 'Date'],
    ['export const clock = { Date };', 'Date'],
    ['const t = performance.now();', 'performance'],
    ['const u = Math.random();', 'Math.random'],
    ['const x = Math.exp(1) as number;', 'Math.exp'],
    ['const x = (Math).log(2)!;', 'Math.log'],
    ['const x = Math["log2"](2);', 'Math.log2'],
    ['const x = Math.pow(2, y);', 'Math.pow'],
    ['const x = Math.sin(1) + 1;', 'Math.sin'],
    ['const x = `$' + '{Math.cos(1)}`;', 'Math.cos'],
    ['const x = [1].map(Math.tan);', 'Math.tan'],
    ['const x = Math.hypot(3, 4);', 'Math.hypot'],
    ['const x = Math.cbrt(8);', 'Math.cbrt'],
    ['const { exp } = Math;', 'Math as a value'],
    ['const x = y ** 0.5;', 'the operator **'],
    ['x **= 2;', 'the operator **'],
    ['const e = process.env.X;', 'process'],
    ['console.log(1);', 'console'],
    ['setTimeout(f, 1);', 'setTimeout'],
    ['const later = setInterval;', 'setInterval'],
    ['await fetch("x");', 'fetch'],
    ['await Promise.race([a, b]);', 'Promise.race'],
    ['await Promise.any([a, b]);', 'Promise.any'],
    ['xs.sort((a, b) => a.localeCompare(b));', '.localeCompare()'],
    ['x?.toLocaleString();', '.toLocaleString()'],
    ['globalThis.x = 1;', 'globalThis'],
    ['const x = crypto.getRandomValues(y);', 'crypto'],
    ['const m = await import("./y.ts");', 'import()'],
    ['import { readFileSync } from "node:fs";', 'import of node:fs'],
    ['import fs from "fs";', 'import of fs'],
    ['export { join } from "node:path";', 'import of node:path'],
    ['import "lodash/fp";', 'import of lodash/fp'],
  ])('given %s > reports it with its line and what to use instead', (line, what) => {
    for (const file of pureFiles) {
      const room = file.startsWith('sim') ? file.slice(0, file.lastIndexOf('/')) : file.split('/')[0];
      const found = checkSource(file, `// first line\n\n${line}\n`);
      const message = new RegExp(`^${file}:3: banned ${what.replace(/[.*()]/g, '\\$&')} in pure room ${room}; use .+`);
      expect(
        found.filter((text) => message.test(text)),
        `${file}: ${found}`,
      ).toHaveLength(1);
    }
  });

  it.each([
    ['a comment', '// Date.now(), Math.random()\n/* process.exit() */'],
    ['a string', 'const x = "Date.now()" + \'console.log\' + `setTimeout`;'],
    ['a regular expression', 'const x = /Math.exp/;'],
    ['a type', 'export type T = Date | typeof fetch | NodeJS.Process; let x: Date = y as unknown as Date;'],
    ['a type argument', 'const x = new Map<string, Date>();'],
    ['an imported type', 'import type { Server } from "node:http";\nimport { type Socket } from "node:net";'],
    ['a member of that name', 'const x = state.process + view.Date; const y = { console: 1, fetch() {} };'],
    [
      'a parameter of that name',
      'export function f(fetch: () => number, { process }: P) { return fetch() + process; }',
    ],
    ['a function that IEEE 754 fixes', 'const x = Math.floor(1) + Math.max(1, 2) + Math.imul(2, 3) + Math.PI;'],
    ['a power of written numbers', 'const x = 2 ** 53 + Number(2n ** 64n);'],
    ['other promises', 'await Promise.all([a, b]);'],
  ])('given %s > reports nothing', (_, source) => {
    for (const file of pureFiles) expect(checkSource(file, source)).toEqual([]);
  });

  it('given two violations > reports both in the order of the file', () => {
    expect(checkSource('sim/engine/x.ts', 'console.log(\n  Date.now(),\n);')).toEqual([
      'sim/engine/x.ts:1: banned console in pure room sim/engine; use an event of the trace',
      'sim/engine/x.ts:2: banned Date in pure room sim/engine; use the slot, or simulated seconds, from the arguments',
    ]);
  });

  it('given a room that is not pure, a test, or the entry of the threads > lets them', () => {
    const source =
      'import { parentPort } from "node:worker_threads"; console.log(Date.now(), Math.random(), process.pid);';
    for (const file of ['sim/cli/x.ts', 'sim/store/x.ts', 'sim/base/x.test.ts', 'agents/worker.ts']) {
      expect(checkSource(file, source)).toEqual([]);
    }
    expect(checkSource('agents/pool.ts', source)).not.toEqual([]);
  });

  it('given Math.sqrt > lets sim/base only', () => {
    expect(checkSource('sim/base/x.ts', 'const x = Math.sqrt(2);')).toEqual([]);
    expect(checkSource('sim/protocol/x.ts', 'const x = Math.sqrt(2);')).toEqual([
      'sim/protocol/x.ts:1: banned Math.sqrt in pure room sim/protocol; use root2 of sim/base/fixedPoint.ts',
    ]);
  });

  it.each([
    ['sim/base/x.ts', 'seedrandom', true],
    ['sim/base/x.ts', '@noble/hashes/sha2.js', true],
    ['sim/protocol/x.ts', '@noble/hashes/sha2.js', false],
    ['sim/engine/x.ts', 'seedrandom', false],
    ['agents/names.ts', '@faker-js/faker', true],
    ['agents/miner/names.ts', '@faker-js/faker', false],
    ['reports/x.ts', 'vega-lite', true],
    ['reports/x.ts', 'vega-loader', false],
    ['sim/chain/x.ts', 'viem', true],
  ])('given %s importing %s > allowed: %s', (file, name, allowed) => {
    expect(checkSource(file, `import x from '${name}';`).length).toBe(allowed ? 0 : 1);
  });
});

describe('checkSource > the table of rooms', () => {
  it.each([
    ['sim/base/x.ts', '../protocol/y.ts', 'room sim/base must not import sim/protocol; it may import nothing'],
    ['sim/protocol/x.ts', '../engine/y.ts', 'room sim/protocol must not import sim/engine; it may import sim/base'],
    [
      'sim/engine/x.ts',
      '../chain/y.ts',
      'room sim/engine must not import sim/chain; it may import sim/protocol, sim/base',
    ],
    [
      'sim/engine/x.ts',
      '../../agents/y.ts',
      'room sim/engine must not import agents; it may import sim/protocol, sim/base',
    ],
    [
      'sim/inference/x.ts',
      '../protocol/y.ts',
      'room sim/inference must not import sim/protocol; it may import sim/base, types of sim/engine',
    ],
    [
      'agents/miner/x.ts',
      '../../sim/chain/y.ts',
      'room agents must not import sim/chain; it may import sim/engine, sim/protocol, sim/base',
    ],
    [
      'agents/miner/x.ts',
      '../slark/y.ts',
      'agents/miner must not import agents/slark; strategies know only agents/*.ts and the engine',
    ],
    ['reports/x.ts', '../sim/engine/trace.ts', 'room reports may import types only of sim/engine; use import type'],
    ['sim/store/x.ts', '../engine/trace.ts', 'room sim/store may import types only of sim/engine; use import type'],
    ['scenarios/x.ts', '../sim/engine/y.ts', 'room scenarios may import types only of sim/engine; use import type'],
    ['contracts/x.ts', '../sim/base/y.ts', 'room contracts must not import sim/base; it may import nothing'],
  ])('given %s importing %s > reports it', (file, target, message) => {
    expect(checkSource(file, `\nimport { y } from '${target}';`)).toEqual([`${file}:2: ${message}`]);
    expect(checkSource(file, `\nexport * from '${target}';`)).toEqual([`${file}:2: ${message}`]);
  });

  it('given only a type of a forbidden room > reports it all the same', () => {
    expect(checkSource('sim/protocol/x.ts', "import type { Y } from '../engine/y.ts';")).toHaveLength(1);
    expect(checkSource('sim/cli/x.ts', "const y = await import('../engine/y.ts');")).toEqual([]);
    expect(checkSource('sim/chain/x.ts', "const y = await import('../cli/y.ts');")).toHaveLength(1);
  });

  it.each([
    ['sim/protocol/x.ts', '../base/y.ts'],
    ['sim/protocol/x.ts', './y.ts'],
    ['sim/engine/x.ts', '../protocol/y.ts'],
    ['sim/chain/x.ts', '../../contracts/y.ts'],
    ['sim/cli/x.ts', '../../agents/miner/y.ts'],
    ['agents/miner/x.ts', './y.ts'],
    ['agents/miner/x.ts', '../y.ts'],
    ['agents/registry.ts', './miner/y.ts'],
    ['bench/x.ts', '../sim/experiment/y.ts'],
  ])('given %s importing %s > reports nothing', (file, target) => {
    expect(checkSource(file, `import { y } from '${target}';`)).toEqual([]);
  });

  it('given only types of the engine in the store or the reports > reports nothing', () => {
    expect(checkSource('reports/x.ts', "import type { Y } from '../sim/engine/trace.ts';")).toEqual([]);
    expect(checkSource('sim/store/x.ts', "import { type Y } from '../engine/trace.ts';")).toEqual([]);
    expect(checkSource('sim/store/x.ts', "import { type Y, z } from '../engine/trace.ts';")).toHaveLength(1);
  });

  it('given a table of fixtures/hardware > lets the one file import it that is made for it, and JSON alone', () => {
    const table = "import x from '../../fixtures/hardware/gpus.json' with { type: 'json' };";
    expect(checkSource('sim/engine/hardwareTable.ts', table)).toEqual([]);
    expect(checkSource('sim/engine/x.ts', table)).toHaveLength(1);
    expect(checkSource('sim/engine/hardwareTable.ts', table.replaceAll('json', 'ts'))).toHaveLength(1);
    expect(checkSource('sim/engine/hardwareTable.ts', table.replace('hardware', 'vectors'))).toHaveLength(1);
  });

  it('given a file in no room, or too deep > reports it', () => {
    expect(checkSource('sim/magic/x.ts', '')).toEqual([
      'sim/magic/x.ts:1: no room sim/magic; use one of sim/architecture.ts',
    ]);
    expect(checkSource('sim/x.ts', '')).toEqual(['sim/x.ts:1: no room sim/x.ts; use one of sim/architecture.ts']);
    expect(checkSource('sim/base/deep/x.ts', '')).toEqual([
      'sim/base/deep/x.ts:1: three folders deep; use at most two',
    ]);
    expect(checkSource('agents/miner/deep/x.ts', '')).toHaveLength(1);
  });
});

describe('checkMachinePaths', () => {
  const home = ['', 'home', ''].join('/');

  it('given a folder of one machine, in code, comment or text > reports it', () => {
    expect(checkMachinePaths('sim/x.test.ts', `one\nconst x = '${home}me/x';`)).toEqual([
      `sim/x.test.ts:2: machine path ${home}; use a path from the repository's root`,
    ]);
    expect(checkMachinePaths('README.md', `see file://${['', 'root', 'x'].join('/')}`)).toHaveLength(1);
  });

  it('given an address or a folder of the repository that ends so > reports nothing', () => {
    expect(checkMachinePaths('README.md', `https://example.org${home}page and ./docs${home}x`)).toEqual([]);
  });
});
