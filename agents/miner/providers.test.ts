import { describe, expect, it } from 'vitest';
import {
  differencesOf,
  type Interval,
  intervalOf,
  overSeeds,
  providerOf,
  rowsOf,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import { countHours } from '../../sim/engine/providerMetrics.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import { CAPACITY, CAPACITY_SIZE } from '../../sim/engine/shared.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { ACCOUNT, F, STRIDE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SUBJECT = 'miner.1/0';
const TIER = 4;
/** Nobody climbs for weeks before liveness is paid, and the foundation leaves collateral alone. */
const PARAMS = { 'tier.initial': TIER, 'fdeleg.budget': 0 };

type Options = NonNullable<Group['options']>;
type Subject = Pick<Group, 'strategy'> & Partial<Group>;
const HONEST: Subject = { strategy: 'steady' };

/** Honest providers and the subject, which is only a provider; the foundation's Slarks challenge them. */
function providers(subject: Subject, eras: number, params: Scenario['params'] = {}, neighbours = 3): Scenario {
  const options = { facets: 'spheron', stake_tier: TIER };
  return smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: neighbours, options },
      { count: 1, ...subject, role: 'miner', options: { ...options, ...subject.options } },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ],
    { eras, params: { ...PARAMS, ...params } },
  );
}

/** The same on machines with work: each is a node as well, and models wait to be served. */
function market(subject: Subject, eras: number, creators = 4, replicas = 3): Scenario {
  const options = { facets: 'both', stake_tier: TIER, capacity: 16 };
  const hardware = subject.hardware ?? 'home';
  return smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: creators, options: { models: 2 } },
      { role: 'miner', strategy: 'steady', count: 3, hardware, options: { ...options, reinvest_bps: 0 } },
      { count: 1, ...subject, hardware, role: 'miner', options: { ...options, ...subject.options } },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 4 },
    ],
    {
      eras,
      params: { ...PARAMS, 'val.audit_bps': 5_000, 'val.samples': 10, 'place.replicas': replicas },
    },
  );
}

function trueCount(run: WorldRun, resource: keyof typeof CAPACITY): number {
  const { agent } = run.roster.agents.find(({ role, rolePopulation }) => role === 'miner' && rolePopulation === 1)!;
  return run.shared.capacity[agent * CAPACITY_SIZE + CAPACITY[resource]]!;
}

/** What the subject got out of its machine; rewards with its delegators' part, of which there is none here. */
function measure(run: WorldRun) {
  const { rows, challenges } = providerOf(run, SUBJECT);
  expect(rows[0]!.account - ACCOUNT.firstAgent).toBeGreaterThanOrEqual(3);
  /** Liveness of an era of the true machine at multiplier 1, in base units. */
  const realUnits = trueCount(run, 'cpuCount') * 100_000 + trueCount(run, 'gpuCount') * 20_000_000;
  const netUnits = sumOf(rows, 'rewardUnits') - sumOf(rows, 'slashUnits');
  const onlineHours = sumOf(rows, 'beatAnsweredCount') / 60;
  const firstFailed = rows.findIndex(({ failedCount }) => failedCount > 0);
  const firstSuspended = rows.findIndex(({ stateAfter }) => stateAfter === 'suspended');
  return {
    rows,
    netUnits,
    rewardUnits: sumOf(rows, 'rewardUnits'),
    slashUnits: sumOf(rows, 'slashUnits'),
    perUnit: netUnits / realUnits,
    perHour: netUnits / realUnits / onlineHours,
    /** Eras without a failed challenge, and without suspension, from the first on. */
    undetectedEras: firstFailed < 0 ? rows.length : firstFailed,
    freeEras: firstSuspended < 0 ? rows.length : firstSuspended,
    isSuspended: firstSuspended >= 0,
    passShare: sumOf(rows, 'passedCount') / sumOf(rows, 'challengeCount'),
    expectedShare: sumOf(challenges, 'expectedPassShare') / challenges.length,
    /** Challenges that asked for more than the machine has. */
    impossibleCount: challenges.filter((row) =>
      (['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const).some((name) => row[name] > trueCount(run, name)),
    ).length,
    challengeCount: challenges.length,
    breachedHours: rows.reduce((sum, row) => sum + countHours(row.breachedBits), 0),
    bonusUnits: sumOf(rows, 'bonusUnits'),
    service: sumOf(rows, 'beatAnsweredCount') / sumOf(rows, 'beatExpectedCount'),
    lastTier: rows[rows.length - 1]!.tierAfter,
    region: run.state.providers[rows[0]!.provider * STRIDE.providers + F.providers.region]!,
    trueRegion: trueCount(run, 'region'),
  };
}

type Found = ReturnType<typeof measure>;
type Figure = { [K in keyof Found]: Found[K] extends number ? K : never }[keyof Found];

const known = new Map<string, Promise<Found[]>>();
/** Runs a scenario for every seed, once. */
function run(scenario: Scenario): Promise<Found[]> {
  const key = JSON.stringify(scenario);
  const found = known.get(key) ?? overSeeds(SEEDS, scenario, measure);
  known.set(key, found);
  return found;
}
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Paired differences of a figure, left − right. */
function gap(left: readonly Found[], right: readonly Found[], figure: Figure): Interval {
  return intervalOf(
    differencesOf(
      left.map((found) => found[figure]),
      right.map((found) => found[figure]),
    ),
  );
}

/** Paired differences as a share of the right one's. */
function relativeGap(left: readonly Found[], right: readonly Found[], figure: Figure): Interval {
  return intervalOf(left.map((found, i) => found[figure] / right[i]![figure] - 1));
}

describe('an honest twin', () => {
  it('stands on the very machine of the deviant, whatever that one does with it', async () => {
    const machines = (subject: Subject) =>
      overSeeds(SEEDS.slice(0, 3), providers(subject, 1), ({ shared }) => Array.from(shared.capacity));
    const honest = await machines(HONEST);
    for (const strategy of ['spoofer', 'overclaimer', 'farmer', 'parker', 'misdeclarer', 'prioritiser'])
      expect(await machines({ strategy })).toEqual(honest);
  });
});

describe('BEH-4 spoofer', () => {
  const ERAS = 8;
  const spoofer = (options: Options): Subject => ({ strategy: 'spoofer', options });

  it('given twice its machine and an answer to everything > is found at once, suspended, and loses by it', async () => {
    const honest = await run(providers(HONEST, ERAS));
    const deviant = await run(providers(spoofer({ factor_mil: 2_000 }), ERAS));
    for (const found of honest) expect(found).toMatchObject({ impossibleCount: 0, isSuspended: false, slashUnits: 0 });
    expect(gap(deviant, honest, 'undetectedEras').high).toBeLessThan(0);
    for (const { undetectedEras } of deviant) expect(undetectedEras).toBeLessThanOrEqual(1);
    expect(gap(deviant, honest, 'freeEras').high).toBeLessThan(0);
    expect(gap(deviant, honest, 'perUnit').high).toBeLessThan(0);
  });

  it('FINDING: given it is silent when asked for what it has not > is never a case, and earns more per real unit than its twin', async () => {
    const honest = await run(providers(HONEST, ERAS));
    const twice = await run(providers(spoofer({ factor_mil: 2_000, evades: 'on' }), ERAS));
    const fourfold = await run(providers(spoofer({ factor_mil: 4_000, evades: 'on' }), ERAS));
    for (const found of [...twice, ...fourfold]) expect(found).toMatchObject({ isSuspended: false, slashUnits: 0 });
    // It fails nearly every challenge, and each of them costs it one hour's liveness.
    for (const { passShare } of fourfold) expect(passShare).toBeLessThan(0.1);
    expect(relativeGap(twice, honest, 'perUnit').low).toBeGreaterThan(0.3);
    expect(relativeGap(fourfold, honest, 'perUnit').low).toBeGreaterThan(relativeGap(twice, honest, 'perUnit').high);
  });

  it('challenged once an era, with a quarter more > is found within 7 eras in 9 of 10 runs (H-11)', async () => {
    const honest = await run(providers(HONEST, ERAS, {}, 23));
    const deviant = await run(providers(spoofer({ factor_mil: 1_250 }), ERAS, {}, 23));
    for (const { challengeCount } of honest) expect(challengeCount).toBe(ERAS);
    expect(gap(deviant, honest, 'undetectedEras').high).toBeLessThan(0);
    expect(deviant.filter(({ undetectedEras }) => undetectedEras < 7).length).toBeGreaterThanOrEqual(9);
    const evading = await run(providers(spoofer({ factor_mil: 2_000, evades: 'on' }), ERAS, {}, 23));
    expect(relativeGap(evading, honest, 'perUnit').low).toBeGreaterThan(0.8);
  });

  it('passes the share of challenges that F-13 says, within 0.05, for each of three factors', async () => {
    for (const factor_mil of [1_250, 1_500, 2_000]) {
      const deviant = await run(providers(spoofer({ factor_mil }), ERAS, { 'slash.misconduct_detect_bps': 0 }));
      const error = intervalOf(deviant.map(({ passShare, expectedShare }) => passShare - expectedShare));
      expect(Math.abs(error.mean)).toBeLessThan(0.05);
    }
  });

  it('of memory alone > gains nothing, as liveness counts processors, and is found all the same', async () => {
    const params = { 'slash.misconduct_detect_bps': 0 };
    const honest = await run(providers(HONEST, ERAS, params));
    const deviant = await run(providers(spoofer({ factor_mil: 1_000, memory_factor_mil: 2_000 }), ERAS, params));
    expect(gap(deviant, honest, 'undetectedEras').high).toBeLessThan(0);
    expect(gap(deviant, honest, 'perUnit').high).toBeLessThan(0);
  });
});

describe('BEH-5 overclaimer', () => {
  const ERAS = 6;
  const CPU_ONLY = { 'live.base_era.gpu': 0 };
  const claiming = (claim: string): Subject => ({ strategy: 'overclaimer', options: { claim } });

  it('given a ninth more > no challenge asks for more than there is, and the liveness of its CPUs gains about a tenth', async () => {
    const honest = await run(providers(HONEST, ERAS, CPU_ONLY));
    const deviant = await run(providers(claiming('factor'), ERAS, CPU_ONLY));
    for (const { impossibleCount, challengeCount, isSuspended } of deviant) {
      expect(challengeCount).toBeGreaterThan(20);
      expect([impossibleCount, isSuspended]).toEqual([0, false]);
    }
    const gain = relativeGap(deviant, honest, 'rewardUnits');
    expect(gain.low).toBeGreaterThan(0.095);
    expect(gain.high).toBeLessThan(0.115);
  });

  it('of up to nine GPUs none more goes unseen (OP-74), so that where GPUs are paid the gain is below 2 %', async () => {
    const honest = await run(providers(HONEST, ERAS));
    const deviant = await run(providers(claiming('unseen'), ERAS));
    for (const [i, { rows, impossibleCount }] of deviant.entries()) {
      expect(rows[0]!.gpuCount).toBe(honest[i]!.rows[0]!.gpuCount);
      expect(impossibleCount).toBe(0);
    }
    const gain = relativeGap(deviant, honest, 'rewardUnits');
    expect(gain.low).toBeGreaterThan(0);
    expect(gain.high).toBeLessThan(0.02);
  });

  it('FINDING: given few CPUs > rounding lets it claim far more than a ninth unseen: one more in seven, a quarter of four', async () => {
    const honest = await run(providers({ ...HONEST, hardware: 'home' }, ERAS, CPU_ONLY));
    const deviant = await run(providers({ ...claiming('unseen'), hardware: 'home' }, ERAS, CPU_ONLY));
    for (const { impossibleCount, isSuspended } of deviant) expect([impossibleCount, isSuspended]).toEqual([0, false]);
    expect(relativeGap(deviant, honest, 'rewardUnits').low).toBeGreaterThan(0.11);
  });
});

describe('BEH-6 farmer', () => {
  const ERAS = 8;
  const farmer = (duty_period_s: number, duty_on_s: number, rest: Options = {}): Subject => ({
    strategy: 'farmer',
    options: { duty_period_s, duty_on_s, ...rest },
  });
  const HOUR_ON_HOUR_OFF = farmer(7_200, 3_600);
  const HALF_DAYS = farmer(43_200, 21_600);
  const perHour = async (subject: Subject, params: Scenario['params'], options: Options = {}) =>
    relativeGap(
      await run(providers({ ...subject, options: { ...subject.options, ...options } }, ERAS, params)),
      await run(providers({ ...HONEST, options }, ERAS, params)),
      'perHour',
    );

  it('earns less per hour online than its twin with the cooldown of 1 h: nothing by the hour, half by half days', async () => {
    const params = { 'live.cooldown_s': 3_600 };
    expect((await perHour(HOUR_ON_HOUR_OFF, params)).high).toBeLessThan(-0.95);
    expect((await perHour(HALF_DAYS, params)).high).toBeLessThan(-0.2);
  });

  it('with a cooldown of 3 h loses more, with none less: an hour off is then no slash and costs at most a tier', async () => {
    expect((await perHour(HALF_DAYS, { 'live.cooldown_s': 10_800 })).high).toBeLessThan(-0.5);
    const byTheHour = await perHour(HOUR_ON_HOUR_OFF, { 'live.cooldown_s': 0 });
    expect(byTheHour.low).toBeGreaterThan(-0.05);
    expect(byTheHour.high).toBeLessThanOrEqual(0);
    expect((await perHour(HALF_DAYS, { 'live.cooldown_s': 0 })).high).toBeLessThan(0);
  });

  it('that flaps within the hour is paid nothing, with no cooldown at all', async () => {
    const found = await run(providers(farmer(600, 300, { duty_start: 'any' }), ERAS, { 'live.cooldown_s': 0 }));
    for (const { rewardUnits, service } of found) {
      expect(service).toBeCloseTo(0.5, 1);
      expect(rewardUnits).toBe(0);
    }
  });

  it('in tier 7 neither gains nor loses: nothing is paid there, and an hour of nothing is what it is slashed (SLASH-9)', async () => {
    const params = { 'tier.initial': 7 };
    for (const subject of [HONEST, HALF_DAYS]) {
      const options = { ...subject.options, stake_tier: 7 };
      for (const { rewardUnits, slashUnits } of await run(providers({ ...subject, options }, ERAS, params)))
        expect([rewardUnits, slashUnits]).toEqual([0, 0]);
    }
  });

  it('in a tier 7 that pays (tier7.mode) loses with the cooldown, and without it is paid as its twin per hour online', async () => {
    const params = { 'tier.initial': 7, 'tier7.mode': 1 };
    const options = { stake_tier: 7 };
    expect((await perHour(HALF_DAYS, params, options)).high).toBeLessThan(-0.1);
    const without = await perHour(HOUR_ON_HOUR_OFF, { ...params, 'live.cooldown_s': 0 }, options);
    expect(without.low).toBeGreaterThan(-0.01);
    expect(without.high).toBeLessThan(0.01);
  });
});

describe('BEH-7 prioritiser', () => {
  const ERAS = 10;
  const FACTOR = 1_500;

  it('passes challenges that a spoofer of as many CPUs fails, and pays with breached hours: it earns less than its twin', async () => {
    const honest = await run(market({ ...HONEST, options: { reinvest_bps: 0 } }, ERAS));
    const deviant = await run(market({ strategy: 'prioritiser', options: { factor_mil: FACTOR } }, ERAS));
    const spoofer = await run(
      market({ strategy: 'spoofer', options: { factor_mil: 1_000, cpu_factor_mil: FACTOR } }, ERAS),
    );
    expect(gap(deviant, spoofer, 'passShare').low).toBeGreaterThan(0.1);
    expect(gap(deviant, honest, 'passShare').low).toBeGreaterThan(-0.2);
    expect(gap(deviant, honest, 'breachedHours').low).toBeGreaterThan(0);
    expect(gap(deviant, spoofer, 'breachedHours').low).toBeGreaterThan(0);
    expect(gap(deviant, honest, 'netUnits').high).toBeLessThan(0);
  });
});

/** d ln reward / d ln capacity between two machines, one of which is `times` the other, by the middle of both. */
function elasticity(small: readonly number[], large: readonly number[], times: number): Interval {
  return intervalOf(small.map((units, i) => (large[i]! - units) / (large[i]! + units) / ((times - 1) / (times + 1))));
}

describe('BEH-16 hoarder', () => {
  const hoarder = (machine_times: number): Subject => ({ strategy: 'hoarder', options: { machine_times } });
  const rewards = (found: readonly Found[]) => found.map(({ rewardUnits }) => rewardUnits);

  it('FINDING: liveness grows in proportion to the machine, ×2 and ×4: its elasticity to hardware is 1', async () => {
    const [one, two, four] = [
      rewards(await run(providers(hoarder(1), 5))),
      rewards(await run(providers(hoarder(2), 5))),
      rewards(await run(providers(hoarder(4), 5))),
    ];
    for (const found of [elasticity(one, two, 2), elasticity(two, four, 2)]) {
      expect(found.low).toBeGreaterThan(0.99);
      expect(found.high).toBeLessThan(1.01);
    }
  });

  it('given a pool that is too small for all > the elasticity of liveness is below 1, as it crowds its own share', async () => {
    const scarce = { 'live.pool_era': 1_500 };
    const [one, four] = [
      rewards(await run(providers(hoarder(1), 5, scarce))),
      rewards(await run(providers(hoarder(4), 5, scarce))),
    ];
    const found = elasticity(one, four, 4);
    expect(found.low).toBeGreaterThan(0.3);
    expect(found.high).toBeLessThan(0.9);
  });

  describe('PoWR', () => {
    /**
     * Paired differences, left − right, as shares of a mean over all runs. A run counts as it came out: in run 7 the node is
     * validated, but stands in the middle of the list of those that models are placed on, top and bottom first, and earns nothing.
     */
    function shareOfMean(left: readonly number[], right: readonly number[], of: readonly number[]): number[] {
      const mean = meanOf(of);
      return differencesOf(left, right).map((difference) => difference / mean);
    }

    const PROOF = { text: 0, sketch: 1 } as const;
    const paid = new Map<string, Promise<number[]>>();
    function powr(variant: string, capacity: number, proof: keyof typeof PROOF): Promise<number[]> {
      const options = { facets: 'deepnode', nodes: 1, variant, capacity };
      const key = `${variant}/${capacity}/${proof}`;
      const scenario = market({ strategy: 'hoarder', hardware: 'datacentre', options }, 9, 8, 2);
      const params = { ...scenario.params, 'val.proof': PROOF[proof] };
      const found =
        paid.get(key) ?? overSeeds(SEEDS, { ...scenario, params }, (of) => sumOf(rowsOf(of, SUBJECT), 'rewardUnits'));
      paid.set(key, found);
      return found;
    }

    it('FINDING: grows in proportion to the deployments that a node offers: its elasticity to capacity is 0.94, give or take 0.28', async () => {
      const [one, two] = [await powr('en', 4, 'sketch'), await powr('en', 8, 'sketch')];
      const found = intervalOf(shareOfMean(two, one, [...one, ...two]).map((gain) => gain / 2 / (1 / 3)));
      expect(found.low).toBeGreaterThan(0.65);
      expect(found.high).toBeLessThan(1.23);
      // How answers are proven makes no difference to who gives right ones.
      expect(await powr('en', 8, 'text')).toEqual(two);
    });

    it('of mediocre weights is nothing, whatever the capacity: every audited answer is refused by its sketch', async () => {
      const nothing = SEEDS.map(() => 0);
      expect([await powr('en-m4', 4, 'sketch'), await powr('en-m4', 8, 'sketch')]).toEqual([nothing, nothing]);
    });

    it('of mediocre weights, where text alone is compared, is less than what good ones earn with the same capacity, but with twice the capacity no difference is left that ten runs would show: less than half either way', async () => {
      const good = await powr('en', 4, 'text');
      const poor = await powr('en-m4', 4, 'text');
      const poorTwice = await powr('en-m4', 8, 'text');
      const loss = intervalOf(shareOfMean(poor, good, good));
      expect(loss.high).toBeLessThan(-0.25);
      const left = intervalOf(shareOfMean(poorTwice, good, good));
      expect(left.low).toBeGreaterThan(-0.25);
      expect(left.low).toBeLessThan(0);
      expect(left.high).toBeGreaterThan(0);
      expect(left.high).toBeLessThan(0.5);
    });
  });
});

describe('BEH-1 steady, as a provider', () => {
  it('leaves with its node: deregistered in its exit era, its stake back after unbonding, not seen again', async () => {
    const subject: Subject = { strategy: 'steady', options: { exit_era: 3, reinvest_bps: 0 } };
    const scenario = market(subject, 8);
    const found = await overSeeds(
      SEEDS.slice(0, 3),
      { ...scenario, params: { ...scenario.params, 'deleg.unbond_eras': 2, 'node.exit_eras': 2 } },
      (of) => {
        const { rows } = providerOf(of, SUBJECT);
        const { accepted } = of.outcome.observer.counters();
        expect([accepted.deregisterProvider, accepted.proposeProvider]).toEqual([1, 4]);
        return rows.map(({ stateAfter, ownUnits }) => [stateAfter, ownUnits > 0]);
      },
    );
    for (const days of found)
      expect(days.slice(-7)).toEqual([
        ['active', true],
        ['active', true],
        ['deactivated', true],
        ['deactivated', true],
        ['deactivated', true],
        ['deactivated', false],
        ['deactivated', false],
      ]);
  });
});

describe('BEH-10 whitewasher, as a provider', () => {
  it('abandons its provider with its node, and enters anew on the next node, in the start tier', async () => {
    const scenario = market({ strategy: 'whitewasher', hardware: 'datacentre', openTokens: 4_000 }, 20);
    const params = { ...scenario.params, 'node.exit_eras': 2, 'deleg.unbond_eras': 2, 'rotate.period_eras': 2 };
    for (const { left, names, rows } of await overSeeds(SEEDS.slice(0, 3), { ...scenario, params }, (of) => {
      const { rows } = providerOf(of, SUBJECT);
      const names = [...new Set(rows.map(({ provider }) => provider))];
      return { left: of.outcome.observer.counters().accepted.deregisterProvider ?? 0, names, rows };
    })) {
      expect(left).toBeGreaterThan(0);
      expect(names.length).toBe(left + 1);
      const first = names.map((name) => rows.find(({ provider }) => provider === name)!);
      expect(new Set(first.map(({ node }) => node)).size).toBe(names.length);
      for (const { tierBefore } of first) expect(tierBefore).toBe(TIER);
    }
  });
});

describe('BEH-17 parker', () => {
  const ERAS = 16;
  const parker = (options: Options): Subject => ({
    strategy: 'parker',
    options: { rest_from_era: 1, stake_tier: TIER, stake_margin: 500, ...options },
  });

  it('FINDING: keeps a tier that asks for more than 95 % uptime with 62 % of it, even with 24 %, by four eras off in five', async () => {
    const honest = await run(providers(HONEST, ERAS));
    for (const [rest_slots, most, loss] of [
      [12, 0.65, 0.3],
      [24, 0.26, 0.3],
    ] as const) {
      const deviant = await run(providers(parker({ rest_slots }), ERAS));
      for (const { service, lastTier } of deviant) {
        expect(service).toBeLessThan(most);
        expect(lastTier).toBe(TIER);
      }
      // An hour online pays less than its twin's, for cooldowns and slashes, but the tier's multiplier stays.
      const perHour = relativeGap(deviant, honest, 'perHour');
      expect(perHour.high).toBeLessThan(0);
      expect(perHour.low).toBeGreaterThan(-loss);
    }
  });

  it('given one era more of rest than the grace > loses its tier', async () => {
    const deviant = await run(providers(parker({ rest_eras: 5 }), ERAS));
    for (const { lastTier } of deviant) expect(lastTier).toBeGreaterThan(TIER);
  });

  it('given stake_back > asks back what its tier does not need, once, and keeps the tier', async () => {
    const parked = (stake_back: string) => run(providers(parker({ stake_back, rest_eras: 0 }), ERAS));
    const [keeps, asks] = [await parked('off'), await parked('on')];
    const lastUnits = (found: Found): number => found.rows[found.rows.length - 1]!.ownUnits;
    asks.forEach((found, i) => {
      expect(found.lastTier).toBe(TIER);
      expect(lastUnits(found)).toBe(lastUnits(keeps[i]!) - 499_000_000);
      expect(Math.max(...found.rows.map(({ exitingUnits }) => exitingUnits))).toBe(499_000_000);
    });
  });

  it('given one slot off in each era > stays just inside its tier, for a slot and a cooldown less', async () => {
    const honest = await run(providers(HONEST, ERAS));
    const deviant = await run(providers(parker({ rest_eras: 0, idle_slots: 1 }), ERAS));
    for (const { lastTier, slashUnits, service } of deviant) {
      expect([lastTier, slashUnits]).toEqual([TIER, 0]);
      expect(service).toBeGreaterThan(0.95);
    }
    const perUnit = relativeGap(deviant, honest, 'perUnit');
    expect(perUnit.high).toBeLessThan(-0.06);
    expect(perUnit.low).toBeGreaterThan(-0.1);
  });
});

describe('BEH-56 misdeclarer', () => {
  const ERAS = 12;
  const TRUTH = { storage_tier: 0, net_tier: 0, gpu_tier: 0, compliance: 0, region: 64 };
  const community = (subject: Subject): Scenario =>
    providers({ ...subject, hardware: 'community', options: { ...subject.options, stake_tier: 1 } }, ERAS);
  const gain = async (options: Options) =>
    relativeGap(
      await run(community({ strategy: 'misdeclarer', options: { ...TRUTH, ...options } })),
      await run(community(HONEST)),
      'rewardUnits',
    );

  it('of the region > gains nothing at all: liveness knows no region', async () => {
    const elsewhere = { ...TRUTH, region: 7 };
    for (const { region } of await run(community({ strategy: 'misdeclarer', options: elsewhere })))
      expect(region).toBe(7);
    for (const { region, trueRegion } of await run(community(HONEST))) expect(region).toBe(trueRegion);
    expect(await gain(elsewhere)).toEqual({ low: 0, mean: 0, high: 0 });
  });

  it('of medium and connectivity > gains liveness, of certificates the way into tier 1, and nobody finds it', async () => {
    const classes = await gain({ storage_tier: 3, net_tier: 4 });
    expect(classes.low).toBeGreaterThan(0.1);
    const certificates = await gain({ compliance: 15 });
    expect(certificates.low).toBeGreaterThan(0);
    expect(certificates.high).toBeLessThan(classes.low);
  });

  it('FINDING: of the price class of its GPUs > multiplies its liveness, and no challenge asks for a class', async () => {
    const honest = await run(providers(HONEST, 6));
    const deviant = await run(providers({ strategy: 'misdeclarer', options: { ...TRUTH, gpu_tier: 10 } }, 6));
    expect(relativeGap(deviant, honest, 'rewardUnits').low).toBeGreaterThan(1);
    for (const [i, { passShare, isSuspended }] of deviant.entries()) {
      expect(passShare).toBe(honest[i]!.passShare);
      expect(isSuspended).toBe(false);
    }
  });

  it('of certificates raises the bonus for lease hours by the 15 % of its cap', async () => {
    const rented = (subject: Subject): Scenario => {
      const options = { facets: 'spheron', stake_tier: TIER };
      return smallScenario(
        [
          { role: 'miner', strategy: 'steady', count: 3, hardware: 'community', options },
          { count: 1, hardware: 'community', ...subject, role: 'miner', options: { ...options, ...subject.options } },
          { role: 'consumer', strategy: 'renter', count: 14, options: { lease_bps: 2_000 }, openTokens: 20_000 },
        ],
        { eras: 3, params: PARAMS },
      );
    };
    const honest = await run(rented(HONEST));
    const deviant = await run(rented({ strategy: 'misdeclarer', options: { ...TRUTH, compliance: 15 } }));
    expect(meanOf(honest.map(({ bonusUnits }) => bonusUnits))).toBeGreaterThan(0);
    expect(deviant.map(({ bonusUnits }) => bonusUnits)).toEqual(
      honest.map(({ bonusUnits }) => bonusUnits + (bonusUnits * 15) / 100),
    );
  });
});
