/** `powr run --seeds` and `powr sweep` as a user meets them: the built command, real worker processes, real runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervalOf, tQuantile } from '../experiment/statistics.ts';
import { loadScenarioFile } from './loadFile.ts';
import { recordRun } from './testRun.ts';

const builtDir = process.env.POWR_BUILD ?? '';
const folder = mkdtempSync(join(tmpdir(), 'powr-many-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCENARIO = `version: 1
name: tiny
extends: preset:minimal
eras: 3
record: { agents: none, events: none }
sweep:
  axes: { val.samples: [2, 10], populations.3.count: [4, 7] }
  seeds: 1..2
`;
const POINTS = 8;
const FAST = ['--workers', '2', '--quiet'];
const env = { ...process.env, POWR_BUILD: builtDir, NO_COLOR: '1', CI: '1' };
const main = join(builtDir, 'sim/cli/main.js');

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function powr(...args: readonly string[]): Ended {
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, env, encoding: 'utf8' });
}

/** Starts the command as the leader of a process group of its own, as a shell does. */
function start(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, detached: true });
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
  return { child, ended };
}

/** Processes whose parent, or whose parent's parent, is the given one. */
function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return [];
      }
    });
  const own = parents.filter(({ parent }) => parent === pid).map((found) => found.pid);
  return own.flatMap((found) => [found, ...descendantsOf(found)]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is dead; only whoever adopted it has not looked yet.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

const pointsIn = (directory: string): string[] => {
  const points = join(folder, directory, 'points');
  return existsSync(points) ? readdirSync(points).filter((name) => !name.startsWith('.')) : [];
};
const read = (directory: string, file: string): Buffer => readFileSync(join(folder, directory, file));

beforeAll(() => {
  writeFileSync(join(folder, 's.yaml'), SCENARIO);
});

describe('powr run --seeds', () => {
  const SEEDS = 6;
  type Difference = {
    readonly low: number;
    readonly high: number;
    readonly mean: number;
    readonly halfWidth: number;
    readonly t: number | null;
  };
  type Compared = {
    readonly metrics: readonly {
      readonly metric: string;
      readonly meanA: number;
      readonly meanB: number;
      readonly difference: Difference;
      readonly excludesZero: boolean;
    }[];
    readonly constant: readonly string[];
    readonly ledger: string;
    readonly inference: string;
  };
  type Spread = { readonly metrics: readonly (Difference & { readonly metric: string; readonly sd: number })[] };
  const change = 'populations.1.count=3';
  const common = ['--seeds', `1..${SEEDS}`, '--out', 'seeds', ...FAST];
  let compared: Ended;
  let result: Compared;
  beforeAll(() => {
    compared = powr('run', 's.yaml', ...common, '--compare', change, '--json');
    result = JSON.parse(compared.stdout) as Compared;
  }, 120_000);

  it('given --compare > ends with 0, on core with replayed inference unless told otherwise', () => {
    expect(compared.status).toBe(0);
    expect([result.ledger, result.inference]).toEqual(['core', 'replay']);
    expect(result.metrics.length + result.constant.length).toBeGreaterThan(40);
    // JSON has no infinite number: such a t, of a difference that does not vary, is null and comes first.
    const t = result.metrics.map(({ difference }) => Math.abs(difference.t ?? Number.POSITIVE_INFINITY));
    expect(t).toEqual([...t].sort((a, b) => b - a));
    for (const { difference, excludesZero } of result.metrics)
      expect(excludesZero).toBe(difference.low > 0 || difference.high < 0);
  });

  it('given the same command again > runs nothing, and says the same', () => {
    const again = powr('run', 's.yaml', ...common, '--compare', change);
    expect(again.stdout).toContain('0 runs done now, 12 taken from seeds');
    expect(again.stdout).toContain('B: populations.1.count=3');
    expect(again.stdout).toMatch(/Student's t with n − 1 degrees of freedom for every n \(2\.571 for 6 seeds\)/);
    expect(again.stdout).toContain(`${result.constant.length} metrics constant and equal in both, not listed.`);
    expect(again.stdout.match(/^\* {2}\S+ /gm)).toHaveLength(result.metrics.filter((m) => m.excludesZero).length);
  });

  it('pairs by seed: the interval of the difference is narrower than that of two independent samples', () => {
    const spreadOf = (...args: readonly string[]): Spread =>
      JSON.parse(powr('run', 's.yaml', ...common, ...args, '--json').stdout) as Spread;
    const [a, b] = [spreadOf(), spreadOf('--set', change)];
    const sdOf = (spread: Spread, name: string): number => spread.metrics.find((m) => m.metric === name)?.sd ?? 0;
    for (const name of ['actions.total', 'income.miner', 'standing.miner']) {
      const paired = result.metrics.find(({ metric }) => metric === name)!.difference.halfWidth;
      const error = Math.sqrt((sdOf(a, name) ** 2 + sdOf(b, name) ** 2) / SEEDS);
      // Twice the degrees of freedom: the narrowest interval that samples without pairs could have.
      const unpaired = tQuantile(0.95, 2 * SEEDS - 2) * error;
      expect(paired, name).toBeGreaterThan(0);
      expect(paired, name).toBeLessThan(unpaired);
    }
  });

  it('given --seeds alone > mean, sd and interval of what varies', () => {
    const { stdout, status } = powr('run', 's.yaml', ...common);
    expect(status).toBe(0);
    const summaries = pointsIn('seeds').flatMap((id) => {
      const manifest = JSON.parse(read('seeds', `points/${id}/manifest.json`).toString()) as { command: string };
      const isBase = !manifest.command.includes('--set');
      return isBase
        ? [JSON.parse(read('seeds', `points/${id}/summary.json`).toString()) as Record<string, number>]
        : [];
    });
    expect(summaries).toHaveLength(SEEDS);
    const { mean } = intervalOf(summaries.map((summary) => summary['requests.total']!));
    expect(stdout).toMatch(new RegExp(`^requests\\.total +${mean.toFixed(1)} `, 'm'));
  });

  it.each([
    ['one seed', ['--seeds', '3..3'], 'at least 2'],
    ['seeds backwards', ['--seeds', '3..1'], '1..30'],
    ['no seeds', ['--compare', 'val.samples=2'], 'add --seeds'],
    ['a change that changes nothing', ['--seeds', '1..2', '--compare', 'params."val.samples"=10'], 'changes nothing'],
    ['a change of the seed', ['--seeds', '1..2', '--compare', 'seed=2'], 'both variants'],
    ['one seed for all', ['--seeds', '1..2', '--set', 'seed=2'], 'one seed'],
    ['a change that is none', ['--seeds', '1..2', '--compare', 'val.samples'], 'path=value'],
    ['a value out of range', ['--seeds', '1..2', '--compare', 'val.samples=0'], 'E107'],
    ['a seed besides', ['--seeds', '1..2', '--seed', '1'], 'exclude'],
  ])('given %s > refuses with 2 and says what to do', (_, args, words) => {
    const { status, stderr, stdout } = powr('run', 's.yaml', ...args, '--quiet');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

describe('common random numbers', () => {
  it('given the same seed in two variants > the first draws of all whom both have are equal', async () => {
    const load = (...set: readonly string[]) => {
      const loaded = loadScenarioFile(join(folder, 's.yaml'), ['inference.mode=replay', 'eras=2', ...set]);
      if (!loaded.ok) throw new Error('a good scenario was refused');
      return loaded.scenario;
    };
    const base = await recordRun(load());
    for (const change of ['val.samples=2', 'populations.3.count=7']) {
      const changed = await recordRun(load(change));
      const [a, b] = [base.streams[0]!, changed.streams[0]!];
      for (const [name, stream] of a) expect(b.get(name), `${change}: ${name}`).toEqual(stream);
      // Hardware and outages are drawn slot by slot: equal to the end.
      base.worlds.forEach((world, slot) => {
        for (const [name, drawn] of world) expect(changed.worlds[slot]!.get(name)).toEqual(drawn);
      });
      const { slot, phase, by } = base.decisions[0]!;
      expect([changed.decisions[0]!.slot, changed.decisions[0]!.phase]).toEqual([slot, phase]);
      for (const [name, decided] of by) expect(changed.decisions[0]!.by.get(name)).toEqual(decided);
    }
    const other = await recordRun(load('seed=2'));
    const [name, stream] = [...base.streams[0]!][0]!;
    expect(other.streams[0]!.get(name)).not.toEqual(stream);
  });
});

describe('powr sweep', () => {
  let whole: Ended;
  const commands = (): string[] => whole.stdout.split('\n').filter((line) => line.startsWith('powr run '));
  beforeAll(() => {
    whole = powr('sweep', 's.yaml', '--out', 'whole', ...FAST);
  }, 120_000);

  it('runs every combination with every seed, each in a directory that is named by its content', () => {
    expect(whole.status).toBe(0);
    expect(pointsIn('whole')).toHaveLength(POINTS);
    const plan = JSON.parse(read('whole', 'plan.json').toString()) as { points: { id: string }[] };
    expect(plan.points.map(({ id }) => id).sort()).toEqual(pointsIn('whole').sort());
    for (const id of pointsIn('whole'))
      expect(readdirSync(join(folder, 'whole/points', id)).sort()).toEqual([
        'manifest.json',
        'scenario.resolved.yaml',
        'summary.json',
      ]);
    expect(readdirSync(join(folder, 'whole')).sort()).toEqual([
      'plan.json',
      'points',
      'report.html',
      'summary.parquet',
      'sweep.csv',
    ]);
    const [head, ...rows] = read('whole', 'sweep.csv').toString().trimEnd().split('\n');
    expect(head).toMatch(/^val\.samples,populations\.3\.count,seed,digest,accepted\./);
    expect(rows.map((row) => row.split(',').slice(0, 3).join(','))).toEqual([
      ...['2,4,1', '2,4,2', '2,7,1', '2,7,2', '10,4,1', '10,4,2', '10,7,1', '10,7,2'],
    ]);
  });

  it('prints for each run a command that, pasted into a shell, comes to the same digest', () => {
    expect(commands()).toHaveLength(POINTS);
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'powr'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    chmodSync(join(bin, 'powr'), 0o755);
    const at = 5;
    const { status } = spawnSync('sh', ['-c', `${commands()[at]} --out again --no-report --quiet`], {
      cwd: folder,
      env: { ...env, PATH: `${bin}:${process.env.PATH}` },
    });
    expect(status).toBe(0);
    const { digest, scenarioHash } = JSON.parse(read('again', 'manifest.json').toString()) as Record<string, string>;
    const row = read('whole', 'sweep.csv').toString().split('\n')[at + 1]!;
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(row.split(',')[3]).toBe(digest);
    const plan = JSON.parse(read('whole', 'plan.json').toString()) as { variants: { scenarioHash: string }[] };
    expect(plan.variants[2]!.scenarioHash).toBe(scenarioHash);
  });

  it('given kill -9 in the middle > leaves no process, and the same command ends with byte-identical tables', async () => {
    const { child, ended } = start('sweep', 's.yaml', '--out', 'killed', ...FAST);
    await expect.poll(() => pointsIn('killed').length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(1);
    const workers = descendantsOf(child.pid!);
    expect(workers.length).toBeGreaterThan(0);
    process.kill(child.pid!, 'SIGKILL');
    await ended;
    await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    const kept = pointsIn('killed');
    expect(kept.length).toBeLessThan(POINTS);
    const { status, stdout } = powr('sweep', 's.yaml', '--out', 'killed', ...FAST);
    expect(status).toBe(0);
    expect(stdout).toContain(
      `${POINTS - kept.length} ${POINTS - kept.length === 1 ? 'run' : 'runs'} done now, ${kept.length} taken`,
    );
    for (const file of ['sweep.csv', 'summary.parquet', 'plan.json', 'report.html'])
      expect(read('killed', file).equals(read('whole', file)), file).toBe(true);
    expect(readdirSync(join(folder, 'killed/points')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('given kill -9 while every run still needs minutes > no worker outlives it', async () => {
    const long = ['--eras', '5000', '--set', 'record.agents=all'];
    const { child, ended } = start('sweep', 's.yaml', '--out', 'orphans', ...long, ...FAST);
    const begun = (): number => {
      const points = join(folder, 'orphans/points');
      return existsSync(points) ? readdirSync(points).filter((name) => name.startsWith('.partial')).length : 0;
    };
    await expect.poll(begun, { timeout: 60_000, interval: 20 }).toBe(2);
    const workers = descendantsOf(child.pid!);
    expect(workers).toHaveLength(2);
    process.kill(child.pid!, 'SIGKILL');
    await ended;
    await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it('given Ctrl-C > ends with 130, says how to go on, and leaves no process and nothing half written', async () => {
    const { child, ended } = start('sweep', 's.yaml', '--out', 'stopped', '--set', 'record.agents=all', ...FAST);
    await expect.poll(() => pointsIn('stopped').length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
    const workers = descendantsOf(child.pid!);
    // A terminal sends the signal to the whole group.
    process.kill(-child.pid!, 'SIGINT');
    const { status, stderr, stdout } = await ended;
    expect([status, stdout]).toEqual([130, '']);
    const kept = pointsIn('stopped').length;
    expect(kept).toBeLessThan(POINTS);
    expect(stderr).toContain(`Stopped. ${kept} of 8 runs are finished in stopped`);
    expect(stderr).toContain('  powr sweep s.yaml --out stopped --set record.agents=all --workers 2 --quiet\n');
    expect(workers.filter(isAlive)).toEqual([]);
    expect(readdirSync(join(folder, 'stopped/points')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(existsSync(join(folder, 'stopped/sweep.csv'))).toBe(false);
  });

  it('given two starts at once in one directory > both end well, with the same table', async () => {
    const both = [1, 2].map(() => start('sweep', 's.yaml', '--out', 'twice', '--workers', '1', '--quiet').ended);
    const [first, second] = await Promise.all(both);
    expect([first!.status, second!.status]).toEqual([0, 0]);
    expect(read('twice', 'sweep.csv').equals(read('whole', 'sweep.csv'))).toBe(true);
    expect(read('twice', 'summary.parquet').equals(read('whole', 'summary.parquet'))).toBe(true);
    expect(readdirSync(join(folder, 'twice/points'))).toHaveLength(POINTS);
  });

  it('given --metrics > prints these, also as a difference; given one that is none > 2 with the nearest', () => {
    const shown = powr(
      'sweep',
      's.yaml',
      '--out',
      'whole',
      ...FAST,
      '--metrics',
      'gini.wealth, income.miner - income.creator',
    );
    expect(shown.stdout).toMatch(
      /^val\.samples +populations\.3\.count +runs +gini\.wealth +income\.miner - income\.creator$/m,
    );
    const wrong = powr('sweep', 's.yaml', '--out', 'whole', ...FAST, '--metrics', 'gini.welth');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('did you mean "gini.wealth"?');
  });

  it('given points that fail > 7, naming each with the reason and its command; the others are kept, with tables if recorded', () => {
    // The stored profile has 600 samples of each difficulty.
    writeFileSync(
      join(folder, 'bad.yaml'),
      `${SCENARIO.replace(/record:.*\n/, '').replace(/sweep:[\s\S]*/, '')}sweep: { axes: { inference.pool_samples: [20, 700] } }\n`,
    );
    const { status, stderr, stdout } = powr('sweep', 'bad.yaml', '--out', 'bad', ...FAST, '--seeds', '1..1', '--json');
    expect(status).toBe(7);
    expect(stderr).toContain('1 run of 2 failed:\n  inference.pool_samples=700, seed 1: Replay has no stored answer');
    expect(stderr).toContain(
      'powr run bad.yaml --ledger core --inference replay --set inference.pool_samples=700 --seed 1',
    );
    const { runs, failures } = JSON.parse(stdout) as { runs: { id: string }[]; failures: { seed: number }[] };
    expect([runs.length, failures.length]).toEqual([1, 1]);
    expect(pointsIn('bad')).toEqual([runs[0]!.id]);
    expect(readdirSync(join(folder, 'bad/points', runs[0]!.id))).toContain('agents.parquet');
    expect(read('bad', 'report.html').toString()).toContain('What is missing?');
  });

  it('given a scenario without axes > 2, with an example', () => {
    writeFileSync(join(folder, 'plain.yaml'), 'version: 1\nname: plain\nextends: preset:minimal\n');
    const { status, stderr } = powr('sweep', 'plain.yaml', '--quiet');
    expect(status).toBe(2);
    expect(stderr).toContain('sweep: { axes: { val.group_size: [3, 5, 7] }, seeds: 1..10 }');
  });
});
