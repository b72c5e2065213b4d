/**
 * Runs that execute every inference once more while their runners are killed at random moments. Twenty kills here, so many
 * as POWR_FAULT_KILLS says in a campaign (`npm run -s faults`); POWR_FAULT_SEED is of the moments and of the victims.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import seedrandom from 'seedrandom';
import { afterAll, expect, it } from 'vitest';
import type { InferencePort } from '../engine/inferencePort.ts';
import type { Scenario } from '../engine/scenario.ts';
import { openInference } from '../inference/openInference.ts';
import { DEFAULT_POOL_SEED } from '../inference/textRecognition.ts';
import { repoRoot } from '../store/paths.ts';
import { runSmall, smallScenario } from './testRun.ts';

const KILLS = Number(process.env.POWR_FAULT_KILLS ?? 20);
const SEED = Number(process.env.POWR_FAULT_SEED ?? 1);
/** On a machine that is busy with other tests; alone, one takes a third of a second. */
const LIMIT_MS_PER_KILL = 5_000;
const LIMIT_MS = 120_000 + KILLS * LIMIT_MS_PER_KILL;

/**
 * Answers between two kills, none to so many, and a pause after them: runners are hit while they start, load and execute,
 * but not so often that no runner ever gets anywhere, which a pool gives up in the end.
 */
const ANSWERS_MAX = 4;
const PAUSE_MS_MAX = 60;
const POLL_MS = 10;

const cacheDir = mkdtempSync(join(tmpdir(), 'powr-kills-'));
afterAll(() => rmSync(cacheDir, { recursive: true, force: true, maxRetries: 5 }));

/** Cheap models beside good ones, much of it audited, and compared by sketches. */
const scenario: Scenario = smallScenario(
  [
    { role: 'creator', strategy: 'improver', count: 2 },
    { role: 'miner', strategy: 'steady', count: 3 },
    { role: 'miner', strategy: 'cheater', count: 2 },
    { role: 'validator', strategy: 'diligent', count: 4 },
    { role: 'consumer', strategy: 'honest', count: 10 },
  ],
  {
    eras: 4,
    params: { 'val.audit_bps': 5_000, 'val.samples': 10, 'val.proof': 1 },
    inference: { ...smallScenario([]).inference, mode: 'measure', poolSamples: 100 },
  },
);

const open = (reexecute: boolean): Promise<InferencePort> =>
  openInference({
    ...{ mode: 'measure', device: 'cpu', reexecute, cacheDir },
    ...{ poolSeed: DEFAULT_POOL_SEED, poolSamples: scenario.inference.poolSamples },
    ...{ builtDir: process.env.POWR_BUILD ?? '', root: repoRoot(), workers: 2 },
  });

async function run(inference: InferencePort) {
  try {
    const { outcome } = await runSmall(scenario, { inference });
    return { digest: outcome.digest, executedCount: inference.stats().executedCount };
  } finally {
    await inference.close();
  }
}

type Runner = { readonly pid: number /** It loads a model or executes one. */; readonly isAtWork: boolean };

/** Runners of this process that are alive. */
function findRunners(): readonly Runner[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
        if (state === 'Z' || Number(parent) !== process.pid) return [];
        if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sim/inference/runner.js')) return [];
        const hasRuntime = readFileSync(`/proc/${pid}/maps`, 'utf8').includes('libonnxruntime');
        return [{ pid: Number(pid), isAtWork: hasRuntime && state === 'R' }];
      } catch {
        return []; // it has just ended
      }
    });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Killed = { readonly killCount: number; readonly atWorkCount: number };

/** Kills runners until it is told to stop or has killed `budget`. */
async function killRunners(
  random: () => number,
  budget: number,
  isOver: () => boolean,
  countAnswers: () => number,
): Promise<Killed> {
  let killCount = 0;
  let atWorkCount = 0;
  while (killCount < budget && !isOver()) {
    const enough = countAnswers() + Math.floor(random() * (ANSWERS_MAX + 1));
    while (countAnswers() < enough && !isOver()) await wait(POLL_MS);
    await wait(random() * PAUSE_MS_MAX);
    const runners = findRunners();
    if (runners.length === 0) continue;
    const { pid, isAtWork } = runners[Math.floor(random() * runners.length)]!;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue; // it has just ended
    }
    killCount++;
    if (isAtWork) atWorkCount++;
  }
  return { killCount, atWorkCount };
}

const hasProc = process.platform === 'linux' ? it : it.skip;

hasProc(
  `given ${KILLS} runners that are killed at random moments > every run ends, with the digest of the undisturbed one`,
  async () => {
    const random = seedrandom.alea(`runner-kills:${SEED}`);
    const undisturbed = await run(await open(false));
    expect(undisturbed.executedCount).toBeGreaterThan(100);
    const digests: string[] = [];
    let killCount = 0;
    let atWorkCount = 0;
    while (killCount < KILLS) {
      let isOver = false;
      const inference = await open(true);
      const killing = killRunners(
        random,
        KILLS - killCount,
        () => isOver,
        () => inference.stats().executedCount,
      );
      const disturbed = await run(inference).finally(() => {
        isOver = true;
      });
      const killed = await killing;
      killCount += killed.killCount;
      atWorkCount += killed.atWorkCount;
      digests.push(disturbed.digest);
      expect(disturbed.executedCount).toBe(undisturbed.executedCount);
      expect(findRunners()).toEqual([]);
    }
    process.stdout.write(
      `${killCount} runners killed, ${atWorkCount} of them at work, in ${digests.length} runs of ` +
        `${undisturbed.executedCount} inferences; seed ${SEED}\n`,
    );
    expect(new Set(digests)).toEqual(new Set([undisturbed.digest]));
    expect(atWorkCount).toBeGreaterThan(KILLS / 4);
  },
  LIMIT_MS,
);
