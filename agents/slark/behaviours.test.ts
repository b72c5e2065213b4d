import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatIssues, loadScenario } from '../../scenarios/load.ts';
import { FP } from '../../sim/base/fixedPoint.ts';
import {
  differencesOf,
  type Interval,
  incomeUnits,
  intervalOf,
  nameOf,
  openReplay,
  rowsOf,
  runSmall,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import { countHours } from '../../sim/engine/providerMetrics.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import type { ChallengeRow, ProviderRow, SlarkRow } from '../../sim/engine/trace.ts';
import { ACTIONS, type ActionName } from '../../sim/protocol/actions.ts';
import { wrongDecisionFp } from '../../sim/protocol/detection.ts';
import { CATALOGUE } from '../catalogue.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** The group that differs between a run and its twin stands second in its role; its first agent is looked at. */
const SUBJECT = 'slark.1/0';
const TARGET = 'miner.1/0';
const UNITS_PER_TOKEN = 1_000_000;
/**
 * Six slots an era, so that each of four providers is challenged once or twice in it. Providers start in tier 6, which pays
 * liveness, and stay there: all Slarks may challenge them, so that committees are drawn from all.
 */
const ONE_CLASS = {
  'time.slots_per_era': 6,
  'tier.initial': 6,
  'tier.count_delegations': 0,
  'fdeleg.budget': 0,
} as const;

const inference = openReplay(60);
const known = new Map<unknown, Map<string, Promise<unknown>>>();

/** What `watch` finds in the runs of all ten seeds; nothing is run twice. */
function overTen<T>(scenario: Scenario, watch: (run: WorldRun) => T): Promise<T[]> {
  const ofWatch = known.get(watch) ?? new Map<string, Promise<unknown>>();
  known.set(watch, ofWatch);
  const key = JSON.stringify(scenario);
  const run = async (): Promise<T[]> => {
    const found: T[] = [];
    for (const seed of SEEDS) found.push(watch(await runSmall({ ...scenario, seed }, { inference: await inference })));
    return found;
  };
  const found = (ofWatch.get(key) ?? run()) as Promise<T[]>;
  ofWatch.set(key, found);
  return found;
}

type Player = Pick<Group, 'strategy'> & Partial<Group>;

const steady = (count: number, options: Group['options'] = {}): Group => ({
  role: 'miner',
  strategy: 'steady',
  count,
  options: { facets: 'spheron', stake_tier: 6, ...options },
});

/** Providers, diligent Slarks, and after them the subjects. */
function network(
  providers: readonly Group[],
  peerCount: number,
  subject: Player,
  eras: number,
  params: Scenario['params'] = {},
): Scenario {
  return smallScenario(
    [
      ...providers,
      { role: 'slark', strategy: 'diligent', count: peerCount },
      { count: 1, ...subject, role: 'slark' },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ],
    { eras, params: { ...ONE_CLASS, ...params } },
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const last = <T>(list: readonly T[]): T => list[list.length - 1]!;

/** Differences of each measured figure, subject less twin, with its 95 % interval over ten seeds. */
function compare<K extends string>(
  subjects: readonly Record<K, number>[],
  twins: readonly Record<K, number>[],
): Record<K, Interval> {
  const keys = Object.keys(subjects[0]!) as K[];
  const of = (key: K): Interval =>
    intervalOf(
      differencesOf(
        subjects.map((found) => found[key]),
        twins.map((found) => found[key]),
      ),
    );
  const out = Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<K, Interval>;
  return out;
}

const isNone = ({ low, high }: Interval): boolean => low === 0 && high === 0;
const holdsZero = ({ low, high }: Interval): boolean => low <= 0 && high >= 0;

function accountOf({ roster }: WorldRun, name: string): number {
  return roster.agents.find((info) => nameOf(info) === name)!.account;
}

/** Rows of all licences of the foundation's competitors that an agent owns, era after era. */
function licencesOf(run: WorldRun, name: string): SlarkRow[] {
  const account = accountOf(run, name);
  return run.eras.flatMap(({ slarks }) => slarks.filter((row) => row.account === account));
}

function providerOf(run: WorldRun, name: string): ProviderRow[] {
  const account = accountOf(run, name);
  return run.eras.flatMap(({ providers }) => providers.filter((row) => row.account === account));
}

const challengesOf = (run: WorldRun): ChallengeRow[] => run.eras.flatMap(({ challenges }) => challenges);

/** Herfindahl index of what is delegated to each provider at the last settlement. */
function concentration(run: WorldRun): number {
  return last(run.eras).era.delegationHhiFp / 1e9;
}

/** Members of the subject's group. */
function groupOf(run: WorldRun, name: string): string[] {
  const group = name.split('/')[0]!;
  return run.roster.agents.map(nameOf).filter((other) => other.startsWith(`${group}/`));
}

/** How the clients of a group did. */
function standing(run: WorldRun) {
  const rows = groupOf(run, SUBJECT).flatMap((name) => licencesOf(run, name));
  const end = rows.filter((row) => row.era === run.eras.length - 1);
  const resultCount = sumOf(rows, 'resultCount');
  const drawn = rows.filter((row) => row.selectedCount > 0);
  const timed = rows.filter((row) => row.meanDelayMs > 0);
  const accounts = groupOf(run, SUBJECT).flatMap((name) => rowsOf(run, name));
  const incomeTokens = sumOf(accounts, 'slarkUnits') / UNITS_PER_TOKEN / groupOf(run, SUBJECT).length;
  return {
    accuracy: resultCount === 0 ? 0 : sumOf(rows, 'alignedCount') / resultCount,
    tier: mean(end.map((row) => row.tierAfter)),
    /** Seats for which nothing was handed in: every seat of these runs judges about one target. */
    offlineShare:
      sum(drawn.map((row) => Math.max(0, row.selectedCount - row.resultCount))) / sumOf(drawn, 'selectedCount'),
    delayMs: mean(timed.map((row) => row.meanDelayMs)),
    alignedCount: sumOf(rows, 'alignedCount'),
    incomeTokens,
    /** After what it spent on licences and their tiers. */
    netTokens: incomeTokens - sumOf(accounts, 'spentUnits') / UNITS_PER_TOKEN / groupOf(run, SUBJECT).length,
  };
}

describe('BEH-30 diligent', () => {
  const CARRIES = 4;
  const arm = (licences: number) =>
    overTen(
      network([steady(4)], 7, { strategy: 'diligent', openTokens: 3_000, options: { licences } }, 12, {
        'slark.licences_per_machine': CARRIES,
      }),
      standing,
    );

  it('with as many licences as its machine carries > is as accurate and as high in tier as with half of them, and earns more', async () => {
    const found = compare(await arm(CARRIES), await arm(CARRIES / 2));
    expect(isNone(found.accuracy)).toBe(true);
    expect(isNone(found.tier)).toBe(true);
    expect(found.incomeTokens.low).toBeGreaterThan(0);
  });

  it('with twice as many as its machine carries > loses accuracy and tier', async () => {
    const found = compare(await arm(2 * CARRIES), await arm(CARRIES));
    expect(found.accuracy.high).toBeLessThan(-0.2);
    expect(found.tier.high).toBeLessThan(0);
  });
});

describe('BEH-30 absentee', () => {
  const arm = (subject: Player) => overTen(network([steady(4)], 7, subject, 12), standing);

  it('no effect on accuracy and tier: whoever runs a licence diligently, its owner stands as if it did so itself', async () => {
    const found = compare(await arm({ strategy: 'absentee' }), await arm({ strategy: 'diligent' }));
    expect(isNone(found.accuracy)).toBe(true);
    expect(isNone(found.tier)).toBe(true);
    expect(found.incomeTokens.low).toBeGreaterThan(-600);
    expect(found.incomeTokens.high).toBeLessThan(600);
  });

  /** Actions that the ledger took, by name, and what is left of the licences. */
  async function life(groups: readonly Group[], eras: number, params: Scenario['params']) {
    const run = await runSmall(
      smallScenario([...groups, { role: 'consumer', strategy: 'honest', count: 1 }], {
        eras,
        params: { ...ONE_CLASS, ...params },
      }),
      { inference: await inference },
    );
    const { accepted, rejected } = run.outcome.observer.counters();
    return { run, accepted, rejected };
  }

  it('asks the next client where one has no room; a client takes as many licences as it hosts', async () => {
    const { run, accepted, rejected } = await life(
      [
        steady(4),
        { role: 'slark', strategy: 'diligent', count: 2, options: { hosts: 1 } },
        { role: 'slark', strategy: 'absentee', count: 1, options: { licences: 3 } },
      ],
      4,
      {},
    );
    const own = licencesOf(run, SUBJECT).filter((row) => row.era === 3);
    expect(own.filter((row) => row.stateAfter === 'running')).toHaveLength(2);
    expect(new Set(own.filter((row) => row.stateAfter === 'running').map((row) => row.runner)).size).toBe(2);
    expect(accepted.rejectRunner).toBeGreaterThan(0);
    expect(accepted.acceptRunner).toBe(2);
    for (const name of ['requestRunner', 'acceptRunner', 'rejectRunner', 'registerSlarkKey'])
      expect(rejected[name] ?? 0).toBe(0);
  });

  it('takes a licence from a client that is away, and gives it to another', async () => {
    const { accepted, rejected } = await life(
      [
        steady(4),
        { role: 'slark', strategy: 'diligent', count: 4, options: { outage_bps: 2_000 } },
        { role: 'slark', strategy: 'absentee', count: 1 },
      ],
      8,
      {},
    );
    expect(accepted.endRunner).toBeGreaterThan(0);
    expect(accepted.requestRunner).toBeGreaterThan(accepted.endRunner!);
    expect(rejected.endRunner ?? 0).toBe(0);
  });

  it('hands a licence over to its runner when it can change hands, not before; what it earned stays its own (SLARK-6)', async () => {
    const SOULBOUND_ERAS = 5;
    const { run, accepted, rejected } = await life(
      [
        steady(4),
        { role: 'slark', strategy: 'diligent', count: 5 },
        { role: 'slark', strategy: 'absentee', count: 1, options: { hands_over: 'on', withdraw_bps: 5_000 } },
      ],
      14,
      { 'slark.soulbound_s': SOULBOUND_ERAS * 6 * 3_600, 'slark.vest_threshold': 10, 'slark.vest_eras': 4 },
    );
    const owned = (era: number) => licencesOf(run, SUBJECT).filter((row) => row.era === era).length;
    expect(owned(SOULBOUND_ERAS - 1)).toBe(1);
    expect(owned(SOULBOUND_ERAS + 1)).toBe(0);
    expect(accepted.transferLicence).toBe(1);
    expect(rejected.transferLicence ?? 0).toBe(0);
    const later = rowsOf(run, SUBJECT).filter((row) => row.era > SOULBOUND_ERAS);
    expect(sumOf(later, 'slarkUnits')).toBe(0);
    expect(accepted.undelegate).toBeGreaterThan(0);
    expect(rejected.undelegate ?? 0).toBe(0);
    expect(last(later).walletUnits).toBeGreaterThan(later[0]!.walletUnits);
  });
});

describe('BEH-31 colluder', () => {
  const watch = (run: WorldRun) => {
    const active = providerOf(run, TARGET).filter((row) => row.stateBefore === 'active');
    const found = active.findIndex((row) => row.failedCount > 0);
    const { accuracy, tier, incomeTokens } = standing(run);
    return { undetectedEras: found < 0 ? active.length : found, accuracy, tier, incomeTokens };
  };
  /** Ten Slarks, `size` of them in league with a provider that claims twice what it has and enters once they are listed. */
  const arm = (size: number, n: number, subject: Player, enters = 12) =>
    overTen(
      network(
        [
          steady(3),
          {
            role: 'miner',
            strategy: 'spoofer',
            count: 1,
            entrySlot: enters,
            options: { facets: 'spheron', stake_tier: 6, factor_mil: 2_000, cartel: 1 },
          },
        ],
        10 - size,
        { ...subject, count: size },
        12,
        { 'chal.n': n },
      ),
      watch,
    );
  const HONEST = { strategy: 'diligent' };
  const COLLUDER = { strategy: 'colluder' };

  it.each([2, 3])(
    'two of ten, N = %i > no effect: never decides, so the spoof is found as early as without them, and lying costs accuracy and tier',
    async (n) => {
      const found = compare(await arm(2, n, COLLUDER), await arm(2, n, HONEST));
      expect(isNone(found.undetectedEras)).toBe(true);
      expect(found.accuracy.high).toBeLessThan(0);
      expect(found.tier.high).toBeLessThan(0);
      expect(found.incomeTokens.high).toBeLessThan(0);
    },
  );

  it('two of ten, lying only where they decide, N = 2 > no effect on anything: they never decide', async () => {
    const found = compare(await arm(2, 2, { ...COLLUDER, options: { when: 'decisive' } }), await arm(2, 2, HONEST));
    for (const difference of Object.values(found)) expect(isNone(difference)).toBe(true);
  });

  it.each([1, 2])('half of the Slarks, N = %i > lengthens the time in which a spoof is undetected', async (n) => {
    const found = compare(await arm(5, n, COLLUDER), await arm(5, n, HONEST));
    expect(found.undetectedEras.low).toBeGreaterThan(0);
  });

  it('eight of ten > hide the spoof the longer the larger N is: a large committee is the majority’s', async () => {
    const twins = await arm(8, 2, HONEST);
    const [small, large] = [await arm(8, 0, COLLUDER), await arm(8, 2, COLLUDER)];
    expect(compare(small, await arm(8, 0, HONEST)).undetectedEras.low).toBeGreaterThan(0);
    expect(compare(large, twins).undetectedEras.low).toBeGreaterThan(0);
    expect(compare(large, small).undetectedEras.low).toBeGreaterThan(0);
  });

  it('eight of ten, and a spoofer that enters with the network > no effect: in the first era the foundation’s Slarks judge (OP-69), and it is found much earlier than one that enters when they are listed', async () => {
    const early = await arm(8, 2, COLLUDER, 0);
    expect(holdsZero(compare(early, await arm(8, 2, HONEST, 0)).undetectedEras)).toBe(true);
    expect(compare(early, await arm(8, 2, COLLUDER)).undetectedEras.high).toBeLessThan(-5);
  });
});

describe('BEH-31 colluder that warns', () => {
  it('a provider without other work > no effect, to the last digit: it cannot deploy what it does not have', async () => {
    const digests = (warned: string, mode: string) =>
      overTen(
        network(
          [
            steady(3),
            {
              role: 'miner',
              strategy: 'spoofer',
              count: 1,
              entrySlot: 12,
              options: { facets: 'spheron', stake_tier: 6, cartel: 1, warned },
            },
          ],
          2,
          { strategy: 'colluder', count: 6, options: { mode } },
          6,
        ),
        ({ outcome }) => outcome.digest,
      );
    const unwarned = await digests('off', 'warn');
    expect(await digests('on', 'warn')).toEqual(unwarned);
    expect(await digests('off', 'report')).not.toEqual(unwarned);
  });

  const watch = (run: WorldRun) => {
    const all = groupOf(run, TARGET).map((name) => providerOf(run, name));
    const undetected = all.map((rows) => {
      const found = rows.findIndex((row) => row.failedCount > 0);
      return found < 0 ? rows.length : found;
    });
    return {
      undetectedEras: mean(undetected),
      breachedHours: mean(all.map((rows) => sum(rows.map((row) => countHours(row.breachedBits))))),
    };
  };
  /** Machines at home, busy with models; the subjects claim a fifth more CPUs than they have. */
  const arm = (strategy: string, options: Group['options']) =>
    overTen(
      smallScenario(
        [
          { role: 'creator', strategy: 'steady', count: 4, options: { models: 3 } },
          { ...steady(2, { facets: 'both', capacity: 16, reinvest_bps: 0 }), hardware: 'home' },
          {
            role: 'miner',
            strategy,
            count: 3,
            hardware: 'home',
            entrySlot: 12,
            options: { facets: 'both', stake_tier: 6, capacity: 16, ...options },
          },
          { role: 'validator', strategy: 'diligent', count: 5 },
          { role: 'slark', strategy: 'diligent', count: 1 },
          { role: 'slark', strategy: 'colluder', count: 6, options: { mode: 'warn' } },
          { role: 'consumer', strategy: 'honest', count: 2 },
        ],
        {
          eras: 12,
          params: { ...ONE_CLASS, 'place.replicas': 3, 'slash.misconduct_detect_bps': 0 },
        },
      ),
      watch,
    );

  it('a busy provider > lengthens the time undetected, by the room that it makes; without a warning the public schedule does as well', async () => {
    const claim = { factor_mil: 1_000, cpu_factor_mil: 1_200, cartel: 1 };
    const warned = await arm('spoofer', { ...claim, warned: 'on' });
    expect(compare(warned, await arm('spoofer', claim)).undetectedEras.low).toBeGreaterThan(0);
    const watchful = await arm('prioritiser', { factor_mil: 1_200 });
    expect(holdsZero(compare(watchful, warned).undetectedEras)).toBe(true);
  });
});

describe('BEH-32 inflator', () => {
  const watch = (run: WorldRun) => {
    const challenges = challengesOf(run);
    const providers = run.eras.flatMap((era) => era.providers);
    const { accuracy, tier, incomeTokens } = standing(run);
    return {
      failedShare: challenges.filter(({ countsAs }) => countsAs === 'failed').length / challenges.length,
      forfeitTokens: sumOf(providers, 'forfeitUnits') / UNITS_PER_TOKEN,
      slashedTokens: sumOf(providers, 'slashUnits', 'misconductUnits') / UNITS_PER_TOKEN,
      accuracy,
      tier,
      incomeTokens,
    };
  };
  /** Fifteen Slarks, `size` of them inflators; all providers have what they registered. */
  const arm = (size: number, n: number, subject: Player, eras = 12) =>
    overTen(network([steady(4)], 15 - size, { ...subject, count: size }, eras, { 'chal.n': n }), watch);
  const HONEST = { strategy: 'diligent' };
  const OPEN = { strategy: 'inflator' };
  const CAREFUL = { strategy: 'inflator', options: { cartel: 1, when: 'decisive', lie_bps: 10_000 } };

  it('a fifth of the Slarks, lying at large, N = 2 > loses more by its accuracy than the pool gains (H-27)', async () => {
    const found = compare(await arm(3, 2, OPEN), await arm(3, 2, HONEST));
    expect(found.failedShare.high).toBeLessThan(0.03);
    expect(found.accuracy.high).toBeLessThan(0);
    expect(found.tier.high).toBeLessThan(0);
    expect(found.incomeTokens.high).toBeLessThan(0);
  });

  it('a fifth of the Slarks, lying where it decides, N = 0 > forfeits what providers earned, at a profit (H-27)', async () => {
    const found = compare(await arm(3, 0, CAREFUL), await arm(3, 0, HONEST));
    expect(found.failedShare.low).toBeGreaterThan(0.1);
    expect(found.forfeitTokens.low).toBeGreaterThan(0);
    expect(found.incomeTokens.low).toBeGreaterThan(0);
  });

  it.each([1, 2])(
    'a fifth of the Slarks, lying where it decides, N = %i > fails honest providers, fewer than F-14 says at most; no effect on its own income (H-27)',
    async (n) => {
      const found = compare(await arm(3, n, CAREFUL, 20), await arm(3, n, HONEST, 20));
      expect(found.failedShare.low).toBeGreaterThan(0);
      expect(found.failedShare.high).toBeLessThan(wrongDecisionFp(n, 2_000) / FP);
      expect(found.forfeitTokens.low).toBeGreaterThan(0);
      expect(holdsZero(found.incomeTokens)).toBe(true);
    },
  );

  it('three fifths of the Slarks, N = 2 > forfeit a large part of all liveness at a profit, and nobody is slashed for it', async () => {
    const [open, careful, twins] = [await arm(9, 2, OPEN), await arm(9, 2, CAREFUL), await arm(9, 2, HONEST)];
    for (const lying of [open, careful]) {
      const found = compare(lying, twins);
      expect(found.failedShare.low).toBeGreaterThan(0.1);
      expect(found.forfeitTokens.low).toBeGreaterThan(0);
      expect(found.incomeTokens.low).toBeGreaterThan(0);
      expect(isNone(found.slashedTokens)).toBe(true);
    }
    expect(compare(careful, open).incomeTokens.low).toBeGreaterThan(0);
  });
});

describe('BEH-33 overloaded', () => {
  const arm = (strategy: string, licences: number) =>
    overTen(
      network([steady(4)], 7, { strategy, openTokens: 3_000, options: { licences } }, 12, {
        'slark.licences_per_machine': 4,
      }),
      standing,
    );

  it('with twice the licences that its machine carries > a quarter of its seats stay silent, a quarter of its results are wrong, its tier falls, and it earns less than with half of them', async () => {
    const found = compare(await arm('overloaded', 8), await arm('diligent', 4));
    expect(found.offlineShare.low).toBeGreaterThan(0.15);
    expect(found.accuracy.high).toBeLessThan(-0.2);
    expect(found.tier.high).toBeLessThan(0);
    expect(found.incomeTokens.high).toBeLessThan(0);
  });
});

describe('BEH-34 self-backer', () => {
  /** A pool so small that delegations are what tiers wait for; the first provider of each group stakes for tier 7 only. */
  const arm = (size: number, subject: Player, poolTokens = 50) =>
    overTen(
      network(
        [steady(3, { stake_tier: 7 }), steady(1, { stake_tier: 7, cartel: 1 })],
        9 - size,
        { ...subject, count: size },
        14,
        { 'tier.initial': 7, 'tier.count_delegations': 1, 'slark.pool_era': poolTokens },
      ),
      (run) => {
        const own = providerOf(run, TARGET);
        const slarks = groupOf(run, SUBJECT).flatMap((name) => rowsOf(run, name));
        const ownerUnits = sumOf(rowsOf(run, TARGET), 'livenessUnits');
        return {
          tier: last(own).tierAfter,
          meanTier: mean(own.map((row) => row.tierAfter)),
          concentration: concentration(run),
          cartelTokens: (ownerUnits + sumOf(slarks, 'slarkUnits', 'delegationUnits')) / UNITS_PER_TOKEN,
        };
      },
    );
  const TWIN = { strategy: 'diligent' };

  it('one of nine > lifts its provider by a tier; no effect on the concentration of delegations, and none on what it and its provider earn', async () => {
    const found = compare(await arm(1, { strategy: 'self-backer' }), await arm(1, TWIN));
    expect(found.tier.high).toBeLessThan(0);
    expect(found.meanTier.high).toBeLessThan(0);
    expect(found.concentration.low).toBeGreaterThan(-0.02);
    expect(found.concentration.high).toBeLessThan(0.02);
    expect(holdsZero(found.cartelTokens)).toBe(true);
  });

  it('three of nine, with the default pool > no effect on the tier: the rewards of a day lift every provider past what tiers need', async () => {
    const found = compare(await arm(3, { strategy: 'self-backer' }, 2_000), await arm(3, TWIN, 2_000));
    expect(isNone(found.tier)).toBe(true);
    expect(isNone(found.meanTier)).toBe(true);
    expect(found.concentration.low).toBeGreaterThan(0);
  });

  it('three of nine > lift it sooner and concentrate delegations', async () => {
    const found = compare(await arm(3, { strategy: 'self-backer' }), await arm(3, TWIN));
    expect(found.meanTier.high).toBeLessThan(0);
    expect(found.concentration.low).toBeGreaterThan(0.02);
    expect(found.concentration.high).toBeLessThan(0.1);
  });

  it('one of nine that lends half of its wallet on top > gains a further tier, and has nearly all delegations with its provider', async () => {
    const found = compare(
      await arm(1, { strategy: 'self-backer', options: { extra_bps: 5_000 } }),
      await arm(1, { strategy: 'self-backer' }),
    );
    expect(found.tier.high).toBeLessThan(0);
    expect(found.concentration.low).toBeGreaterThan(0.5);
  });
});

describe('BEH-35 copier', () => {
  const watch = (run: WorldRun) => {
    const challenges = challengesOf(run);
    const overClaimed = challenges.filter((row) => row.overClaimMil > 1_000);
    return {
      ...standing(run),
      inconclusiveShare: challenges.filter(({ outcome }) => outcome === 'inconclusive').length / challenges.length,
      /** Challenges of the spoofer that count as passed. */
      missedShare: overClaimed.filter(({ countsAs }) => countsAs === 'passed').length / overClaimed.length,
      certificateShare: challenges.filter(({ signerCount }) => signerCount > 0).length / challenges.length,
    };
  };
  const arm = (size: number, subject: Player) =>
    overTen(
      network(
        [
          steady(3),
          {
            role: 'miner',
            strategy: 'spoofer',
            count: 1,
            entrySlot: 12,
            options: { facets: 'spheron', stake_tier: 6, factor_mil: 2_000 },
          },
        ],
        9 - size,
        { ...subject, count: size },
        12,
        { 'slash.misconduct_detect_bps': 0 },
      ),
      watch,
    );
  const TWIN = { strategy: 'diligent' };
  const COPIER = { strategy: 'copier' };

  it('one of nine > no effect on its accuracy: it is always with the majority; its delay keeps it in tier 1, where it earns less, and in twelve eras keeps more, as it buys no tier', async () => {
    const found = compare(await arm(1, COPIER), await arm(1, TWIN));
    expect(isNone(found.accuracy)).toBe(true);
    expect(found.delayMs.low).toBeGreaterThan(80_000);
    expect(found.tier.high).toBeLessThan(0);
    expect(found.incomeTokens.high).toBeLessThan(0);
    expect(found.netTokens.low).toBeGreaterThan(0);
    expect(isNone(found.missedShare)).toBe(true);
  });

  it('seven of nine, silent where there is nothing to copy > leave committees without certificate; no effect on the spoofer, which is tried again', async () => {
    const found = compare(await arm(7, COPIER), await arm(7, TWIN));
    expect(found.inconclusiveShare.low).toBeGreaterThan(0);
    expect(found.certificateShare.high).toBeLessThan(0);
    expect(holdsZero(found.missedShare)).toBe(true);
    expect(found.tier.high).toBeLessThan(0);
  });

  it('seven of nine that guess where there is nothing to copy > certify what nobody has measured: a spoofer passes more often', async () => {
    const found = compare(await arm(7, { ...COPIER, options: { alone: 'pass' } }), await arm(7, TWIN));
    expect(isNone(found.inconclusiveShare)).toBe(true);
    expect(found.missedShare.low).toBeGreaterThan(0);
  });
});

describe('BEH-35 copier under chal.proof', () => {
  const of = (proof: number, subject: Player) =>
    overTen(network([steady(4)], 6, { ...subject, count: 3 }, 12, { 'chal.proof': proof }), (run) => {
      const names = groupOf(run, SUBJECT);
      const accounts = names.map((name) => accountOf(run, name));
      const rows = run.eras.flatMap(({ slarks }) => slarks.filter(({ runner }) => accounts.includes(runner)));
      return {
        resultShare: sumOf(rows, 'resultCount') / sumOf(rows, 'selectedCount'),
        alignedShare: sumOf(rows, 'alignedCount') / sumOf(rows, 'selectedCount'),
        incomeTokens: mean(names.map((name) => incomeUnits(rowsOf(run, name)))) / 1_000_000,
        dropped: run.outcome.proofs.droppedCount,
        checked: run.outcome.proofs.checkedCount,
      };
    });
  const COPIER = { strategy: 'copier' };
  const TWIN = { strategy: 'diligent' };

  it('none > what it copies is certified and aligned; sketch > all of it is dropped, and its share of results and its income fall', async () => {
    const [free, proven] = [await of(0, COPIER), await of(1, COPIER)];
    for (const { alignedShare, checked } of free) {
      expect(alignedShare).toBeGreaterThan(0.5);
      expect(checked).toBe(0);
    }
    for (const { resultShare, alignedShare, dropped, checked } of proven) {
      expect([resultShare, alignedShare]).toEqual([0, 0]);
      expect(dropped).toBeGreaterThan(10);
      expect(dropped).toBe(checked);
    }
    expect(compare(proven, free).incomeTokens.high).toBeLessThan(0);
  });

  it('sketch > costs those who measure nothing: their results and incomes are as without', async () => {
    const found = compare(await of(1, TWIN), await of(0, TWIN));
    for (const key of ['resultShare', 'alignedShare', 'incomeTokens', 'dropped'] as const)
      expect(isNone(found[key])).toBe(true);
  });
});

describe('BEH-55 chaser', () => {
  const arm = (size: number, subject: Player) =>
    overTen(
      network([{ ...steady(2), hardware: 'community' }, steady(2)], 8 - size, { ...subject, count: size }, 16),
      (run) => {
        const found = groupOf(run, SUBJECT).map((name) => {
          const rows = rowsOf(run, name);
          const account = accountOf(run, name);
          // What an era took away from a target, of delegations that nothing is asked back from.
          let movedUnits = 0;
          let before = new Map<number, number>();
          for (const { delegations } of run.eras) {
            const now = new Map<number, number>();
            for (const row of delegations)
              if (row.account === account) now.set(row.target, (now.get(row.target) ?? 0) + row.units);
            for (const [target, units] of before) movedUnits += Math.max(0, units - (now.get(target) ?? 0));
            before = now;
          }
          const heldUnits = sumOf(rows, 'delegatedUnits');
          const holdings = last(run.eras).delegations.filter((row) => row.account === account && row.units > 0);
          return {
            movedShare: movedUnits / heldUnits,
            yield: sumOf(rows, 'delegationUnits') / heldUnits,
            holdingCount: holdings.length,
          };
        });
        return {
          movedShare: mean(found.map(({ movedShare }) => movedShare)),
          yield: mean(found.map((each) => each.yield)),
          holdingCount: mean(found.map((each) => each.holdingCount)),
          concentration: concentration(run),
        };
      },
    );
  const CHASER = { strategy: 'chaser', options: { every_eras: 1 } };
  const TWIN = { strategy: 'diligent' };

  it('half of the owners, every era > move their units about, concentrate them, and earn less with them than those who stay', async () => {
    const found = compare(await arm(4, CHASER), await arm(4, TWIN));
    expect(found.movedShare.low).toBeGreaterThan(0);
    expect(found.concentration.low).toBeGreaterThan(0);
    expect(found.yield.high).toBeLessThan(0);
    // What it moves becomes the delegation that its licence goes on with.
    expect(isNone(found.holdingCount)).toBe(true);
  });

  it('alone > no effect on its yield: where owners are spread, it seldom finds a better place than its own', async () => {
    const found = compare(await arm(1, CHASER), await arm(1, TWIN));
    expect(holdsZero(found.yield)).toBe(true);
  });
});

describe('licence-owners.yaml', () => {
  it('every action of a licence’s owner or runner is taken, and none of those of its life is refused', async () => {
    const file = fileURLToPath(new URL('../../scenarios/licence-owners.yaml', import.meta.url));
    const loaded = loadScenario({ text: readFileSync(file, 'utf8'), file, read: () => null, catalogue: CATALOGUE });
    if (!loaded.ok) throw new Error(formatIssues(loaded.issues, false));
    const scenario = {
      ...loaded.scenario,
      eras: 14,
      inference: { ...loaded.scenario.inference, mode: 'replay' as const },
    };
    const { outcome } = await runSmall(scenario);
    const { accepted, rejected } = outcome.observer.counters();
    const ofSlarks = (Object.keys(ACTIONS) as ActionName[]).filter((name) => ACTIONS[name].contract === 'Slarks');
    for (const name of [...ofSlarks, 'redelegate', 'delegate', 'undelegate'] as const) {
      expect(`${name} ${accepted[name] ?? 0}`).not.toBe(`${name} 0`);
      expect(`${name} ${rejected[name] ?? 0}`).toBe(`${name} 0`);
    }
  });
});
