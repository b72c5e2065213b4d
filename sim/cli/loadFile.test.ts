import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from './exitCodes.ts';
import { loadScenarioFile, readNear } from './loadFile.ts';

let root = '';
let scenario = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'powr-near-'));
  mkdirSync(join(root, 'outside'));
  mkdirSync(join(root, 'inside', 'sub'), { recursive: true });
  writeFileSync(join(root, 'outside', 'b.yaml'), 'seed: 7\n');
  writeFileSync(join(root, 'inside', 'b.yaml'), 'seed: 8\n');
  writeFileSync(join(root, 'inside', 'sub', 'c.yaml'), '\ufeffseed: 9\n');
  writeFileSync(join(root, 'inside', 'latin.yaml'), Buffer.from([0x61, 0xe9]));
  symlinkSync('../b.yaml', join(root, 'inside', 'sub', 'up.yaml'));
  symlinkSync('../outside/b.yaml', join(root, 'inside', 'away.yaml'));
  symlinkSync('../outside', join(root, 'inside', 'folder'));
  symlinkSync('loop.yaml', join(root, 'inside', 'loop.yaml'));
  linkSync(join(root, 'outside', 'b.yaml'), join(root, 'inside', 'hard.yaml'));
  execFileSync('mkfifo', [join(root, 'inside', 'pipe.yaml')]);
  // The folder of the scenario may itself be reached by a link.
  symlinkSync('inside', join(root, 'link'));
  scenario = join(root, 'inside', 'a.yaml');
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

describe('readNear', () => {
  it.each([
    ['a file beside the scenario', 'b.yaml', 'seed: 8\n'],
    ['a file below it, without its byte order mark', 'sub/c.yaml', 'seed: 9\n'],
    ['a link to a file that is also below', 'sub/up.yaml', 'seed: 8\n'],
    ['a hard link, which is a file of this folder', 'hard.yaml', 'seed: 7\n'],
    ['what is not UTF-8, with a mark in its place', 'latin.yaml', 'a\ufffd'],
    ['a file that is not there', 'no.yaml', null],
    ['a link to itself', 'loop.yaml', null],
    ['a folder', 'sub', { refused: 'no file' }],
    ['a pipe, without waiting for it', 'pipe.yaml', { refused: 'no file' }],
    ['a link that leads out', 'away.yaml', { refused: 'outside' }],
    ['a file in a linked folder', 'folder/b.yaml', { refused: 'outside' }],
    ['a path that leads out', '../outside/b.yaml', { refused: 'outside' }],
    ['the folder above', '..', { refused: 'outside' }],
    ['an absolute path', '/etc/passwd', { refused: 'outside' }],
  ])('given %s > %s', (_, path, expected) => {
    expect(readNear(scenario, path)).toEqual(expected);
  });

  it('finds the same from a folder that is reached by a link', () => {
    const linked = join(root, 'link', 'a.yaml');
    expect([readNear(linked, 'b.yaml'), readNear(linked, 'away.yaml')]).toEqual(['seed: 8\n', { refused: 'outside' }]);
  });

  it.each([
    [8, 'seed: 8\n'],
    [7, { refused: 'too large' }],
  ])('given a file of 8 bytes and a limit of %i > %j', (mostBytes, expected) => {
    expect(readNear(scenario, 'b.yaml', mostBytes)).toEqual(expected);
  });
});

describe('loadScenarioFile', () => {
  it.each([
    ['a folder', 'inside', 'it is a directory'],
    ['a pipe', 'inside/pipe.yaml', 'it is not a file'],
    ['nothing', 'inside/no.yaml', 'there is no such file'],
  ])('given %s > says what it is', (_, path, why) => {
    const file = join(root, path);
    expect(() => loadScenarioFile(file, [])).toThrow(new UsageError(`Cannot load ${file}: ${why}`));
  });

  it.each([
    [0, 'E103'],
    [1, 'E113'],
  ])('given %i bytes more than 256 KiB, after a byte order mark > %s', (more, code) => {
    const file = join(root, 'inside', `size-${more}.yaml`);
    writeFileSync(file, `\ufeffversion: 1\n#${'a'.repeat(256 * 1_024 - 12 + more)}`);
    const result = loadScenarioFile(file, []);
    expect(result.ok ? '' : result.issues[0]!.code).toBe(code);
  });
});
