/** `powr validate`, as a user starts it, on one bad scenario file of every kind and on what is no scenario file at all. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_SCENARIOS, badFileName } from '../../scenarios/badScenarios.ts';
import { writeBadScenario } from '../../scenarios/writeBadScenario.ts';
import { repoRoot } from '../store/paths.ts';

const COMMAND = join(repoRoot(), 'sim/cli/powr.mjs');
/** Commands that run at a time. */
const LANES = 2;

type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

function validate(folder: string, ...args: readonly string[]): Promise<Ended> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const child = spawn(process.execPath, [COMMAND, 'validate', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
}

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'powr-bad-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

/** The fourth of each kind: far enough from the plainest case, and known beforehand. */
const SAMPLE = BAD_SCENARIOS.filter((_, i) => i % 10 === 3);

describe('powr validate, given a bad scenario file', () => {
  it('exits with 2, names file, line and column on stderr, and shows no stack trace, for one of each of the 20 kinds', async () => {
    expect(SAMPLE).toHaveLength(20);
    const waiting = SAMPLE.map((bad) => ({ bad, path: writeBadScenario(root, bad) }));
    const ended: { readonly name: string; readonly places: readonly string[]; readonly result: Ended }[] = [];
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const { bad, path } = next;
          const result = await validate(dirname(path), basename(path));
          ended.push({ name: badFileName(bad), places: bad.places, result });
        }
      }),
    );
    expect(ended).toHaveLength(20);
    for (const { name, places, result } of ended) {
      expect([name, result.code, result.signal, result.out]).toEqual([name, 2, null, '']);
      const [file, at] = places[0]!.includes('yaml') ? ['', places[0]!] : [`${name}:`, places[0]!];
      expect(result.err).toContain(`${file}${at}  error E`);
      expect(result.err).not.toMatch(/^\s+at /m);
      expect(result.err).toMatch(/: \d+ problems?\n$/);
    }
  });

  it('with --json > prints the same issues as one document without a control character', async () => {
    const bad = BAD_SCENARIOS.find(({ title }) => title === 'an-escape-of-eight-bits')!;
    const path = writeBadScenario(mkdtempSync(join(root, 'json-')), bad);
    const { code, out, err } = await validate(dirname(path), basename(path), '--json');
    expect([code, err]).toEqual([2, '']);
    const { ok, issues } = JSON.parse(out) as { ok: boolean; issues: { line: number; column: number; code: string }[] };
    expect([ok, issues.map((issue) => `${issue.line}:${issue.column} ${issue.code}`)]).toEqual([
      false,
      bad.places.map((place) => `${place} ${bad.code}`),
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach a terminal
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('powr validate, given what is no scenario file', () => {
  it.each([
    ['a pipe that nobody writes to', ['pipe.yaml'], /^Cannot load pipe\.yaml: it is not a file\n$/],
    ['a file without end', ['/dev/zero'], /zero:1:1 {2}error E113 {2}the text is larger than 256 KiB/],
    ['a directory', ['.'], /^Cannot load \.: it is a directory\n$/],
    ['a name that clears the terminal', ['\u001b[2J.yaml'], /^Cannot load ·\[2J\.yaml: there is no such file\n$/],
    [
      'a path of 60 000 steps to override',
      ['/dev/null', '--set', `x-${'a.'.repeat(60_000)}b=1`],
      /null:1:1 {2}error E115/,
    ],
  ])('%s > says so, and exits with 2', async (_, args, message) => {
    const folder = mkdtempSync(join(root, 'odd-'));
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    const { code, signal, out, err } = await validate(folder, ...args);
    expect(err).toMatch(message);
    expect([code, signal, out]).toEqual([2, null, '']);
  });
});
