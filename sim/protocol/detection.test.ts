import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { chanceBps, createStreams } from '../base/stream.ts';
import { RESULT } from './certificates.ts';
import { queueTarget } from './challenges.ts';
import { countPassing, type PassCounts, passProbabilityFp, undetectedFp, wrongDecisionFp } from './detection.ts';
import { agent, mustPass, openNextSlot } from './eraWorld.ts';
import { ACCOUNT, CHALLENGE_STATE, F, MAX_TARGETS, STRIDE } from './layout.ts';
import { requirementRange } from './requirement.ts';
import {
  addProvider,
  addRunning,
  certify,
  createSlarkWorld,
  issue,
  postList,
  readChallenge,
  readCommittee,
  type Votes,
} from './slarkWorld.ts';
import type { State } from './state.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const oracleFile = join(ROOT, 'fixtures', 'oracles', 'committee.json');
const publishedFile = join(ROOT, '..', 'shared', 'oracles', 'committee.json');
const K = ACCOUNT.keeper;
const OWNER = agent(0);

/**
 * The counts that `n` draws of chance p show with probability 99.9 %: what lies beyond on either side has at most 0.05 %.
 * Summed term by term from the most likely count outwards, so that no term underflows that matters.
 */
function countInterval(n: number, p: number): readonly [low: number, high: number] {
  if (p <= 0) return [0, 0];
  if (p >= 1) return [n, n];
  const peak = Math.floor((n + 1) * p);
  const weights = new Float64Array(n + 1);
  weights[peak] = 1;
  for (let k = peak; k < n; k++) weights[k + 1] = (weights[k]! * (n - k) * p) / ((k + 1) * (1 - p));
  for (let k = peak; k > 0; k--) weights[k - 1] = (weights[k]! * k * (1 - p)) / ((n - k + 1) * p);
  const tail = weights.reduce((sum, weight) => sum + weight, 0) * 0.0005;
  let low = 0;
  let high = n;
  for (let mass = weights[0]!; mass <= tail; mass += weights[++low]!);
  for (let mass = weights[n]!; mass <= tail; mass += weights[--high]!);
  return [low, high];
}

function isWithin(count: number, n: number, p: number): boolean {
  const [low, high] = countInterval(n, p);
  return count >= low && count <= high;
}

/** A world in which all of {@link MAX_TARGETS} providers of tier 7 are challenged in every slot, and nothing is tried again. */
function createFullWorld(params: Parameters<typeof createSlarkWorld>[0] = {}): State {
  const s = createSlarkWorld({
    ...params,
    params: {
      'time.slots_per_era': 720,
      'chal.targets_per_slot': MAX_TARGETS,
      'chal.inconclusive': 0,
      ...params.params,
    },
  });
  for (let i = 0; i < MAX_TARGETS; i++) addProvider(s, OWNER, REGISTERED);
  return s;
}

const REGISTERED = { cpuCount: 4_096, memoryGb: 65_536, storageGb: 1_000_000, gpuCount: 64, gpuTier: 1 };
const RESOURCES = ['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const;

function scheduleAll(s: State): void {
  for (let provider = 1; provider <= MAX_TARGETS; provider++) queueTarget(s, provider, 'rest');
  mustPass(s, 'scheduleChallenges', K, []);
}

describe('countIntervals of these tests', () => {
  it('hold 99.9 % of a binomial distribution, no more than they must', () => {
    expect(countInterval(10, 0)).toEqual([0, 0]);
    expect(countInterval(10, 1)).toEqual([10, 10]);
    // Of Bin(20, 1/2), both tails beyond 3 and 17 have 0.0201 %, those beyond 4 and 16 0.129 %.
    expect(countInterval(20, 0.5)).toEqual([3, 17]);
  });
});

describe('countPassing (F-13)', () => {
  it.each([
    ['an honest idle provider of 100', requirementRange(100, 0, 9_000, false), 100, 0, 91, 91],
    ['one that has 50 of 100', requirementRange(100, 0, 9_000, false), 50, 0, 51, 91],
    ['one that has 50 of 100 and uses 20', requirementRange(80, 0, 9_000, false), 50, 20, 31, 73],
    ['one that has 50 of 100 and uses 60', requirementRange(40, 0, 9_000, false), 50, 60, 1, 37],
    ['one asked for 10 at least', requirementRange(100, 1_000, 9_000, false), 50, 0, 41, 81],
    ['one asked for more than it has', requirementRange(100, 6_000, 9_000, false), 50, 0, 0, 31],
    ['one that claims a GPU and has none', requirementRange(1, 0, 9_000, true), 0, 0, 1, 2],
    ['the same, with the bound rounded down', requirementRange(1, 0, 9_000, false), 0, 0, 1, 1],
  ])('given %s > passes in so many cases', (_, range, has, used, passing, total) => {
    expect(countPassing(range, has, used)).toEqual({ passing, total });
  });

  it('given 90 % of what is registered > passes always: the blind spot (CHAL-14)', () => {
    const range = requirementRange(65_536, 0, 9_000, false);
    expect(countPassing(range, range.hi, 0)).toEqual({ passing: range.hi + 1, total: range.hi + 1 });
    expect(countPassing(range, range.hi - 1, 0).passing).toBe(range.hi);
  });

  it('multiplies over resources and over challenges, which are independent', () => {
    expect(
      passProbabilityFp([
        { passing: 1, total: 2 },
        { passing: 2, total: 3 },
      ]),
    ).toBe(333_333_333);
    expect(undetectedFp(FP / 2, 3)).toBe(FP / 8);
    expect(undetectedFp(FP, 1_000_000)).toBe(FP);
  });
});

describe('challenges by the rules find over-claims as F-13 says', () => {
  /** Draws of all targets in 40 slots with the run's own beacons: 9 600 requirements of each resource. */
  const draws: Readonly<Record<(typeof RESOURCES)[number], number>>[] = [];
  const s = createFullWorld();
  for (let slot = 0; slot < 40; slot++) {
    if (slot > 0) openNextSlot(s);
    scheduleAll(s);
    for (let i = 1; i <= MAX_TARGETS; i++) draws.push(readChallenge(s, i));
  }

  function chances(numerator: number, denominator: number): PassCounts[] {
    return RESOURCES.map((resource) =>
      countPassing(
        requirementRange(REGISTERED[resource], 0, 9_000, resource === 'gpuCount'),
        Math.floor((REGISTERED[resource] * denominator) / numerator),
        0,
      ),
    );
  }

  it.each([
    ['1.0', 100, 100],
    ['1.11', 111, 100],
    ['1.25', 125, 100],
    ['2', 200, 100],
    ['4', 400, 100],
  ] as const)(
    'given a claim of %s times the truth > pass rates in the interval of 99.9 per cent, of each resource and of all',
    (_, numerator, denominator) => {
      const has = RESOURCES.map((resource) => Math.floor((REGISTERED[resource] * denominator) / numerator));
      const counts = chances(numerator, denominator);
      expect(draws).toHaveLength(9_600);
      RESOURCES.forEach((resource, r) => {
        const passed = draws.filter((asked) => asked[resource] <= has[r]!).length;
        const { passing, total } = counts[r]!;
        expect([resource, passed, isWithin(passed, draws.length, passing / total)]).toEqual([resource, passed, true]);
      });
      const passed = draws.filter((asked) => RESOURCES.every((resource, r) => asked[resource] <= has[r]!)).length;
      expect([passed, isWithin(passed, draws.length, passProbabilityFp(counts) / FP)]).toEqual([passed, true]);
    },
  );

  it('given a claim of 1.11 times the truth > CPUs, memory and disk are never found out', () => {
    expect(
      chances(111, 100)
        .slice(0, 3)
        .map(({ passing, total }) => passing === total),
    ).toEqual([true, true, true]);
    // 57 of 64 GPUs: the bound is rounded up to 58, one draw in 59.
    expect(chances(111, 100)[3]).toEqual({ passing: 58, total: 59 });
  });

  it.each([
    ['bounds of 100 % instead of 90 %', (has: number, all: number) => (has + 1) / (all + 1)],
    ['without the factor 0.9 in the numerator’s range', (has: number, all: number) => has / all],
    ['the bound of GPUs rounded down', (has: number, all: number) => (has + 1) / (Math.floor(all * 0.9) + 1)],
  ])('given a wrong formula (%s) > the same test refuses it', (_, wrong) => {
    const has = Math.floor(REGISTERED.gpuCount / 1.25);
    const passed = draws.filter((asked) => asked.gpuCount <= has).length;
    expect(isWithin(passed, draws.length, wrong(has, REGISTERED.gpuCount))).toBe(false);
  });
});

/** Wrong decisions of committees of 2N+1, and of how many: members collude independently, and say that honest targets failed. */
function countWrong(n: number, colluderBps: number): { wrong: number; trials: number } {
  const s = createFullWorld({ params: { 'chal.n': n } });
  // Enough that 16 draws always find a member who has no seat yet.
  postList(
    s,
    Array.from({ length: 4 * (2 * n + 1) }, () => addRunning(s, OWNER, 1)),
  );
  const streams = createStreams(1, () => `colluders/${n}/${colluderBps}`);
  let wrong = 0;
  let trials = 0;
  for (let slot = 0; slot < 40; slot++) {
    if (slot > 0) openNextSlot(s);
    scheduleAll(s);
    issue(s, 1);
    const { seatCount, targetCount } = readCommittee(s, 1);
    const votes: Votes = Array.from({ length: seatCount }, () =>
      Array.from({ length: targetCount }, () => (chanceBps(streams, 0, colluderBps) ? RESULT.fail : RESULT.pass)),
    );
    certify(s, 1, votes);
    for (let i = 1; i <= targetCount; i++) {
      if (s.challenges[i * STRIDE.challenges + F.challenges.state] === CHALLENGE_STATE.failed) wrong += 1;
    }
    trials += targetCount;
  }
  return { wrong, trials };
}

/** Chance of at least `least` colluders in a committee of `size` that is drawn from `all`, of whom `colluders` collude. */
function hypergeometric(all: number, colluders: number, size: number, least: number): number {
  const choose = (n: number, k: number): number => {
    let result = k < 0 || k > n ? 0 : 1;
    for (let i = 0; i < k; i++) result = (result * (n - i)) / (i + 1);
    return result;
  };
  let sum = 0;
  for (let k = least; k <= size; k++) sum += choose(colluders, k) * choose(all - colluders, size - k);
  return sum / choose(all, size);
}

/** Chance of at least `least` colluders among `size`, by doubles and term by term. */
function binomial(size: number, p: number, least: number): number {
  let sum = 0;
  for (let k = least; k <= size; k++) {
    let term = 1;
    for (let i = 0; i < k; i++) term *= ((size - i) / (i + 1)) * p;
    for (let i = 0; i < size - k; i++) term *= 1 - p;
    sum += term;
  }
  return sum;
}

const SHARES_BPS = [1_000, 2_000, 3_000, 4_000] as const;

describe('wrongDecisionFp (F-14)', () => {
  it.each([
    [1, [0.028, 0.104, 0.216, 0.352]],
    [2, [0.0086, 0.0579, 0.1631, 0.3174]],
    [3, [0.0027, 0.0333, 0.126, 0.2898]],
    [5, [0.0003, 0.0117, 0.0782, 0.2465]],
  ])('given N = %i > the values of the specification', (n, values) => {
    SHARES_BPS.forEach((bps, i) => {
      expect(Math.round((wrongDecisionFp(n, bps) / FP) * 10_000)).toBe(Math.round(values[i]! * 10_000));
    });
  });

  it('given no colluders, or only colluders, or N = 0 > 0, 1, and their share', () => {
    expect([wrongDecisionFp(2, 0), wrongDecisionFp(2, 10_000), wrongDecisionFp(0, 1_234)]).toEqual([
      0,
      FP,
      123_400_000,
    ]);
  });

  type Row = { readonly n: number } & Readonly<Record<string, number>>;
  const readRows = (file: string): Row[] =>
    (JSON.parse(readFileSync(file, 'utf8')) as { majority_binomial: Row[] }).majority_binomial;

  it('given the oracle > agrees to 10⁻⁷, and never lies above', () => {
    const rows = readRows(oracleFile);
    expect(rows.map((row) => row.n)).toEqual([3, 5, 7, 9, 11, 15, 21]);
    for (const row of rows) {
      for (const share of ['0.05', '0.1', '0.2', '0.25', '0.3', '0.4', '0.45']) {
        const found = wrongDecisionFp((row.n - 1) / 2, Math.round(Number(share) * 10_000)) / FP;
        const off = row[`f=${share}`]! - found;
        expect(off).toBeLessThan(1e-7);
        expect(off).toBeGreaterThan(-1e-12);
      }
    }
  });

  it.skipIf(!existsSync(publishedFile))('the oracle is what was published (skipped where ../shared is absent)', () => {
    const published = readRows(publishedFile).filter((row) => row.n % 2 === 1 && row.n <= 21);
    expect(readRows(oracleFile)).toEqual(published);
  });
});

describe('committees by the rules decide wrongly as often as F-14 says', () => {
  it.each([1, 2, 3, 5])(
    'given N = %i and colluder shares of 0.1 to 0.4 > within the interval of 99.9 per cent of 9 600 decisions',
    (n) => {
      for (const bps of SHARES_BPS) {
        const { wrong, trials } = countWrong(n, bps);
        expect(trials).toBe(9_600);
        const isRight = isWithin(wrong, trials, wrongDecisionFp(n, bps) / FP);
        expect([n, bps, wrong, isRight]).toEqual([n, bps, wrong, true]);
        // The same test refuses a majority of N instead of N+1.
        expect(isWithin(wrong, trials, binomial(2 * n + 1, bps / 10_000, n))).toBe(false);
      }
    },
  );

  it('given members drawn without replacement from 20 with 6 colluders > another law, which the same test refuses', () => {
    const { wrong, trials } = countWrong(5, 3_000);
    expect(hypergeometric(20, 6, 11, 6)).toBeCloseTo(2_002 / 167_960, 12);
    expect(isWithin(wrong, trials, hypergeometric(20, 6, 11, 6))).toBe(false);
  });
});
