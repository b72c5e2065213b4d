import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROFILE_PATH } from '../inference/openInference.ts';
import { readBands } from '../inference/profile.ts';
import { repoRoot } from '../store/paths.ts';
import { withCalibratedBands } from './calibratedBands.ts';
import { loadScenarioFile } from './loadFile.ts';
import { runSmall } from './testRun.ts';

const ROOT = repoRoot();

const SMALL = `version: 1
name: small
seed: 3
eras: 4
ledger: core
inference: { mode: replay, pool_samples: 60 }
params: { val.samples: 5, val.audit_bps: 2000 }
populations:
  - { role: creator, count: 1, strategy: steady }
  - { role: miner, count: 3, strategy: steady }
  - { role: validator, count: 5, strategy: diligent }
  - { role: consumer, count: 3, strategy: honest, demand: { poisson: 0.5 per slot } }
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'powr-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};
type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly seen: () => string };

/** Starts the command as a user does, with neither a terminal nor colours unless `env` asks for them. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...rest } = process.env;
  const child = spawn(process.execPath, [join(ROOT, 'sim/cli/powr.mjs'), ...args], {
    cwd: folder,
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended, seen: () => stderr };
}

const powr = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
  start(args, env).ended;
const run = (file: string, ...args: readonly string[]): readonly string[] => [
  'run',
  file,
  '--no-report',
  '--out',
  mkdtempSync(join(folder, 'run-')),
  ...args,
];

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 3_000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Waited in vain for ${what}`);
}

describe('powr validate', () => {
  it('given a file with two mistakes > says both with file, line and column, and exits with 2', async () => {
    write('bad.yaml', SMALL.replace('eras: 4', 'eras: none').replace('strategy: diligent', 'strategy: dilligent'));
    const { code, stdout, stderr } = await powr(['validate', 'bad.yaml']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('bad.yaml:4:7');
    expect(stderr).toContain('bad.yaml:11:44');
    expect(stderr).toContain('diligent');
    expect(stderr).toContain('2 problems');
  });

  it('given a good file > says so on stdout, and exits with 0', async () => {
    write('small.yaml', SMALL);
    const { code, stdout, stderr } = await powr(['validate', 'small.yaml']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('small.yaml: valid. small, 4 eras, 12 agents in 4 groups, ledger core\n');
  });
});

describe('powr, used wrongly', () => {
  it.each([
    ['an unknown option', ['run', 'small.yaml', '--speed', '2'], /unknown option '--speed'/],
    ['an unknown command', ['rnu'], /unknown command 'rnu'.*\n?.*Did you mean run/],
    ['a seed that is no number', ['run', 'small.yaml', '--seed', 'x'], /Expected a whole number/],
    [
      'a ledger that there is not',
      ['run', 'small.yaml', '--ledger', 'paper'],
      /Allowed choices are core, chain, lockstep/,
    ],
    ['a file that is not there', ['run', 'nowhere.yaml'], /Cannot load nowhere\.yaml: there is no such file/],
    ['an override of nothing', ['run', 'small.yaml', '--set', 'epochs=5'], /epochs/],
  ])('given %s > exits with 2 and says what is wrong', async (_, args, message) => {
    write('small.yaml', SMALL);
    const { code, stdout, stderr } = await powr(args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('given a trace with a broken line > names the line, and exits with 2', async () => {
    write('trace.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,2\nsoon,1,2\n');
    write('traced.yaml', SMALL.replace('{ poisson: 0.5 per slot }', '{ trace: trace.csv, format: azure-llm-2023 }'));
    const { code, stderr } = await powr(run('traced.yaml'));
    expect(stderr).toMatch(/trace\.csv:3:1 .*"soon,1,2"/);
    expect(code).toBe(2);
  });

  it('given a directory that cannot be made > exits with 6 and names it', async () => {
    write('small.yaml', SMALL);
    const { code, stdout, stderr } = await powr(['run', 'small.yaml', '--no-report', '--out', 'small.yaml/run']);
    expect(stderr).toContain('small.yaml/run');
    expect([code, stdout]).toEqual([6, '']);
  });
});

describe('powr run', () => {
  it('given an expectation that does not hold > prints the verdict and exits with 3', async () => {
    write(
      'proud.yaml',
      `${SMALL}expect:\n  - { metric: requests.total, is: "> 1000000" }\n  - { metric: requests.served_share, is: "> 0" }\n`,
    );
    const { code, stdout } = await powr(run('proud.yaml'));
    expect(stdout).toMatch(/^FAILS requests\.total > 1000000 \(measured \d+/m);
    expect(stdout).toMatch(/^holds requests\.served_share > 0 /m);
    expect(code).toBe(3);
  });

  it('with --json > prints one document, whose digest is that of a run in this process, for one thread and for two', async () => {
    const path = write('small.yaml', SMALL);
    const loaded = loadScenarioFile(path, []);
    if (!loaded.ok) throw new Error('small.yaml does not load');
    const bands = readBands(join(repoRoot(), PROFILE_PATH));
    const { outcome } = await runSmall(withCalibratedBands(loaded.scenario, bands));
    for (const threads of ['1', '2']) {
      const { code, stdout, stderr } = await powr(run('small.yaml', '--json', '--quiet', '--threads', threads));
      expect([code, stderr]).toEqual([0, '']);
      const { manifest, summary } = JSON.parse(stdout);
      expect(manifest.digest).toBe(outcome.digest);
      expect([manifest.state, manifest.threads, manifest.erasDone]).toEqual(['complete', Number(threads), 4]);
      expect(summary).toEqual(outcome.observer.summary());
    }
  });

  it('keeps stdout for the result: progress and notes go to stderr', async () => {
    write('small.yaml', SMALL);
    const { stdout, stderr } = await powr(run('small.yaml'));
    expect(stdout).toMatch(/^small · seed 3 · 4 eras · ledger core\n/);
    expect(stderr).toBe('small: 4 eras, seed 3, ledger core, inference replay\n');
  });

  it('colours for those who ask for it, never against NO_COLOR', async () => {
    write('small.yaml', SMALL);
    const colours = (text: string): boolean => text.includes('\u001b[');
    const plain = await powr(run('small.yaml', '--eras', '1'));
    const forced = await powr(run('small.yaml', '--eras', '1'), { FORCE_COLOR: '1' });
    const refused = await powr(run('small.yaml', '--eras', '1'), { FORCE_COLOR: '1', NO_COLOR: '1' });
    expect([plain, forced, refused].map(({ stdout }) => colours(stdout))).toEqual([false, true, false]);
    expect([plain, forced, refused].map(({ stderr }) => colours(stderr))).toEqual([false, false, false]);
  });
});

type Stat = { readonly parent: number; readonly session: number; readonly startedAt: string };

/** Processes below `pid`, with their start times, so that a number used again is not mistaken. */
function descendants(pid: number): Map<number, string> {
  const parents = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields !== null) parents.set(Number(name), fields);
  }
  const found = new Map<number, string>();
  for (const [child, { startedAt }] of parents) {
    for (let at = child; at > 1; at = parents.get(at)?.parent ?? 0) {
      if (at === pid && child !== pid) found.set(child, startedAt);
    }
  }
  return found;
}

function statOf(pid: number): Stat | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // A zombie has ended: only its number is left until its parent asks for it.
    return fields[0] === 'Z' ? null : { parent: Number(fields[1]), session: Number(fields[3]), startedAt: fields[19]! };
  } catch {
    return null;
  }
}

/**
 * Processes of a run that are still there: those known before, those in a session that one of them leads (what was started
 * between the look and the end), and those that carry the run's mark in their environment.
 */
function leftOf(below: ReadonlyMap<number, string>, mark: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : null;
    if (stat === null) return [];
    const isKnown = below.get(Number(name)) === stat.startedAt || below.has(stat.session);
    return isKnown || isMarked(name, mark) ? [Number(name)] : [];
  });
}

function isMarked(name: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`POWR_TEST_MARK=${mark}`);
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync('/proc/self/stat'))('powr run, ended from outside (needs /proc)', () => {
  const LONG = SMALL.replace('eras: 4', 'eras: 400').replace('ledger: core', 'ledger: lockstep');
  let marks = 0;

  /** A lockstep run with its chain up. */
  async function atWork(
    file: string,
  ): Promise<Started & { readonly below: Map<number, string>; readonly mark: string }> {
    const mark = `${process.pid}-${marks++}`;
    const started = start(run(file), { POWR_TEST_MARK: mark });
    const pid = started.child.pid!;
    // The guard, and the two anvils that it watches.
    await until('the chain', () => descendants(pid).size >= 3);
    return { ...started, below: descendants(pid), mark };
  }

  async function expectAllGone(below: ReadonlyMap<number, string>, mark: string): Promise<void> {
    for (let i = 0; i < 100 && leftOf(below, mark).length > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(leftOf(below, mark)).toEqual([]);
  }

  it('by Ctrl-C > stops after the slot, exits with 130 and leaves no process behind', async () => {
    write('long.yaml', LONG);
    const { child, ended, below, mark } = await atWork('long.yaml');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(stderr).toMatch(/Stopping after this slot\. Once more to stop at once\.\n/);
    expect(stderr).toMatch(/Stopped after \d+ settled eras\.\n$/);
    expect([code, stdout]).toEqual([130, '']);
    expect(below.size).toBeGreaterThanOrEqual(3);
    await expectAllGone(below, mark);
  });

  it('by Ctrl-C twice > exits with 130 at once', async () => {
    write('long.yaml', LONG);
    const { child, ended, below, mark, seen } = await atWork('long.yaml');
    child.kill('SIGINT');
    await until('the first signal to be heard', () => seen().includes('Stopping'));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    await expectAllGone(below, mark);
  });

  it('by SIGTERM > exits with 143', async () => {
    write('long.yaml', LONG.replace('lockstep', 'core'));
    const { child, ended, seen } = start(run('long.yaml'));
    await until('the run', () => seen().includes('400 eras'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });

  it('by kill -9 at five moments > leaves no process behind after two seconds', async () => {
    write('long.yaml', LONG);
    const moments: ((pid: number) => Promise<unknown>)[] = [
      (pid) => until('a first child', () => descendants(pid).size >= 1),
      (pid) => until('a first anvil', () => descendants(pid).size >= 2),
      (pid) => until('the chain', () => descendants(pid).size >= 3),
      (pid) =>
        until('the chain', () => descendants(pid).size >= 3).then(
          () => new Promise((resolve) => setTimeout(resolve, 700 * Math.random())),
        ),
      (pid) =>
        until('the chain', () => descendants(pid).size >= 3).then(
          () => new Promise((resolve) => setTimeout(resolve, 1_000 + 2_000 * Math.random())),
        ),
    ];
    for (const [i, moment] of moments.entries()) {
      const mark = `${process.pid}-kill-${i}`;
      const { child, ended } = start(run('long.yaml'), { POWR_TEST_MARK: mark });
      await moment(child.pid!);
      const below = descendants(child.pid!);
      // A first child may be one that ends by itself.
      if (i > 1) expect(leftOf(below, mark)).toEqual(expect.arrayContaining([child.pid, ...below.keys()]));
      if (i > 1) expect(below.size).toBeGreaterThanOrEqual(3);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      await expectAllGone(below, mark);
    }
  });
});
