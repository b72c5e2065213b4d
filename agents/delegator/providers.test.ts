import { describe, expect, it } from 'vitest';
import { FP } from '../../sim/base/fixedPoint.ts';
import { differencesOf, intervalOf, overSeeds, rowsOf, smallScenario, sumOf } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** Nobody climbs for weeks before liveness is paid, and the foundation leaves collateral alone. */
const PARAMS = { 'fdeleg.budget': 0 };
const CONSUMER: Group = { role: 'consumer', strategy: 'honest', count: 1 };

function network(groups: readonly Group[], eras: number, params: Scenario['params']): Scenario {
  return smallScenario([...groups, CONSUMER], { eras, params: { ...PARAMS, ...params } });
}

describe('BEH-45 yield-seeker', () => {
  const ERAS = 16;
  const seekers = (options: NonNullable<Group['options']>): Scenario =>
    network(
      [
        { role: 'miner', strategy: 'steady', count: 6, options: { facets: 'spheron', stake_tier: 4 } },
        { role: 'delegator', strategy: 'yield-seeker', count: 10, options: { inertia_eras: 3, ...options } },
      ],
      ERAS,
      { 'tier.initial': 4 },
    );
  /** Concentration of delegations by provider in the last era. */
  const concentration = (run: WorldRun): number => run.eras[ERAS - 1]!.era.delegationHhiFp / FP;

  it('FINDING: concentrates delegations, the more the more sensitive it is to yield; dilution stops it from ending with one provider', async () => {
    const [blind, weak, strong] = [
      await overSeeds(SEEDS, seekers({ targets: 'providers', sensitivity: 0 }), concentration),
      await overSeeds(SEEDS, seekers({ targets: 'providers', sensitivity: 2 }), concentration),
      await overSeeds(SEEDS, seekers({ targets: 'providers', sensitivity: 16 }), concentration),
    ];
    expect(intervalOf(differencesOf(weak, blind)).low).toBeGreaterThan(0);
    expect(intervalOf(differencesOf(strong, blind)).low).toBeGreaterThan(0.05);
    expect(intervalOf(differencesOf(strong, weak)).mean).toBeGreaterThan(0);
    expect(Math.max(...strong)).toBeLessThan(0.6);
  });

  it('in a network of everything > backs providers in turn with validators and nodes', async () => {
    const found = await overSeeds(SEEDS, seekers({ targets: 'all', inertia_eras: 1 }), concentration);
    for (const hhi of found) expect(hhi).toBeGreaterThan(0);
  });
});

describe('BEH-46 whale', () => {
  const ERAS = 20;
  const TARGET = 2;
  const whale = (share_bps: number): Scenario =>
    network(
      [
        { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron', stake_tier: 6 } },
        { role: 'delegator', strategy: 'whale', count: 1, options: { share_bps, target: TARGET } },
      ],
      ERAS,
      { 'tier.initial': 6 },
    );
  const measure = (run: WorldRun) => {
    const all = run.eras.flatMap(({ providers }) => providers);
    const own = all.filter(({ provider }) => provider === TARGET);
    const last = own[own.length - 1]!;
    return {
      tier: last.tierAfter,
      class: run.eras[ERAS - 1]!.challenges.find(({ provider }) => provider === TARGET)?.class,
      livenessUnits: sumOf(own, 'rewardUnits'),
      livenessShare: sumOf(own, 'rewardUnits') / sumOf(all, 'rewardUnits'),
      ownerUnits: sumOf(own, 'ownerUnits'),
      delegatedUnits: last.delegatedUnits,
    };
  };

  it('FINDING: lifts a provider from tier 6 to tier 1 and its share of liveness by a little; nine tenths of its owner’s reward go to the whale', async () => {
    const [none, half, most] = [
      await overSeeds(SEEDS, whale(0), measure),
      await overSeeds(SEEDS, whale(5_000), measure),
      await overSeeds(SEEDS, whale(9_000), measure),
    ];
    for (const found of none) expect(found).toMatchObject({ tier: 6, class: 1, delegatedUnits: 0 });
    for (const found of [...half, ...most]) expect(found).toMatchObject({ tier: 1, class: 6 });
    const relative = (figure: 'livenessUnits' | 'livenessShare' | 'ownerUnits') =>
      intervalOf(most.map((found, i) => found[figure] / none[i]![figure] - 1));
    expect(relative('livenessUnits').low).toBeGreaterThan(0.02);
    expect(relative('livenessUnits').high).toBeLessThan(0.3);
    expect(relative('livenessShare').low).toBeGreaterThan(0);
    expect(relative('ownerUnits').high).toBeLessThan(-0.85);
    // What is more than tier 1 needs buys nothing more.
    expect(most.map(({ livenessUnits }) => livenessUnits)).toEqual(half.map(({ livenessUnits }) => livenessUnits));
  });

  it('given delegations do not count for tiers > lifts nothing', async () => {
    const without = { ...whale(9_000) };
    const found = await overSeeds(
      SEEDS,
      { ...without, params: { ...without.params, 'tier.count_delegations': 0 } },
      measure,
    );
    for (const { tier } of found) expect(tier).toBe(6);
  });
});

describe('BEH-47 dodger', () => {
  const ERAS = 16;
  const LOYAL = 10_000;
  const OPEN_UNITS = 5_000_000_000;
  type Bad = Pick<Group, 'strategy' | 'options'>;

  /** A bad provider, good ones to which a dodger can go, the dodger, and its twin that never reacts. Both begin with the bad one. */
  function backers(bad: Bad, params: Scenario['params'], react_slots = 0): Scenario {
    const options = { facets: 'spheron', stake_tier: 4 };
    const backer = { share_bps: 10_000, target: 1 };
    return network(
      [
        { role: 'miner', count: 1, ...bad, options: { ...options, ...bad.options } },
        { role: 'miner', strategy: 'steady', count: 11, options },
        { role: 'delegator', strategy: 'dodger', count: 1, options: { ...backer, react_slots } },
        { role: 'delegator', strategy: 'dodger', count: 1, options: { ...backer, react_slots: LOYAL } },
      ],
      ERAS,
      { 'tier.initial': 4, ...params },
    );
  }
  /** What slashes took from each up to the first case against the bad provider, as a share of what it had. */
  function lost(run: WorldRun): { dodger: number; loyal: number } {
    const first = run.eras.findIndex(({ providers }) => providers[0]?.misconductUnits !== 0 && providers.length > 0);
    const until = first < 0 ? ERAS : first + 1;
    const shareOf = (name: string) => sumOf(rowsOf(run, name).slice(0, until), 'penaltyUnits') / OPEN_UNITS;
    return { dodger: shareOf('delegator.0/0'), loyal: shareOf('delegator.1/0') };
  }
  const known = new Map<string, Promise<{ dodger: number[]; loyal: number[] }>>();
  function compare(scenario: Scenario): Promise<{ dodger: number[]; loyal: number[] }> {
    const key = JSON.stringify(scenario);
    const found =
      known.get(key) ??
      overSeeds(SEEDS, scenario, lost).then((all) => ({
        dodger: all.map((each) => each.dodger),
        loyal: all.map((each) => each.loyal),
      }));
    known.set(key, found);
    return found;
  }
  const gapOf = ({ dodger, loyal }: { dodger: number[]; loyal: number[] }) => intervalOf(differencesOf(dodger, loyal));

  const FAILING: Bad = { strategy: 'degrading', options: { outage_bps: 600 } };
  const SPOOFING: Bad = { strategy: 'spoofer', options: { factor_mil: 1_250 } };

  it('of a provider that keeps failing bears less of its slashes than the loyal, who stay: those of the unbonding time', async () => {
    const slow = await compare(backers(FAILING, {}));
    expect(gapOf(slow).high).toBeLessThan(0);
    const quick = await compare(backers(FAILING, { 'deleg.unbond_eras': 1 }));
    expect(gapOf(quick).high).toBeLessThan(0);
    expect(intervalOf(differencesOf(quick.dodger, slow.dodger)).high).toBeLessThan(0);
  });

  it('given it reacts days later > bears more', async () => {
    const atOnce = await compare(backers(FAILING, {}));
    const late = await compare(backers(FAILING, {}, 72));
    expect(intervalOf(differencesOf(late.dodger, atOnce.dodger)).low).toBeGreaterThan(0);
  });

  it('of a spoofer loses most of what the loyal lose, as what is unbonding stays slashable (DELEG-6), and far less where nothing has to unbond', async () => {
    const held = await compare(backers(SPOOFING, {}));
    const free = await compare(backers(SPOOFING, { 'deleg.unbond_eras': 0 }));
    const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(meanOf(held.loyal)).toBeGreaterThan(0.5);
    expect(meanOf(held.dodger)).toBeGreaterThan(0.5 * meanOf(held.loyal));
    expect(gapOf(free).high).toBeLessThan(0);
    expect(intervalOf(differencesOf(free.dodger, held.dodger)).high).toBeLessThan(0);
  });
});
