import { describe, expect, it } from 'vitest';
import {
  agentsNamed,
  type Entry,
  escrowsOf,
  gainOf,
  gainUnits,
  leasesOf,
  ordersOf,
  paidFor,
  pairedRuns,
  priceShare,
  providersOf,
  servedHours,
  wantedHours,
} from '../../sim/cli/testMarket.ts';
import { smallScenario } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { ASSET_COUNT, CLOSE_REASON, F, LEASE_STATE, ORDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const TIER = 4;
const ERAS = 3;
const PARAMS = { 'tier.initial': TIER, 'fdeleg.budget': 0 };
const HOUR_S = 3_600;
const REGIONS_PER_CONTINENT = 8;

type Options = NonNullable<Group['options']>;
type Subject = { readonly strategy: string; readonly count?: number; readonly options?: Options };
type Rest = { readonly params?: Scenario['params']; readonly providers?: readonly Omit<Group, 'role'>[] };

/** Providers, honest ones last, and the subjects, who alone rent machines. */
function rented({ strategy, count = 6, options = {} }: Subject, { params = {}, providers = [] }: Rest = {}): Scenario {
  const own = { facets: 'spheron', stake_tier: TIER };
  return smallScenario(
    [
      ...providers.map((group) => ({
        hardware: 'community',
        ...group,
        role: 'miner' as const,
        options: { ...own, ...group.options },
      })),
      { role: 'miner', strategy: 'steady', count: 5, hardware: 'community', options: own },
      { role: 'consumer', strategy, count, options: { lease_bps: 2_000, ...options }, openTokens: 20_000 },
    ],
    { eras: ERAS, params: { ...PARAMS, ...params } },
  );
}

/** Units that a provider should have been paid for the seconds of a closed lease, and was not. Leases that never ran owe nothing. */
function arrearsOf({ deployedS, closedS, endS, startS, pausedS, priceUnits, paidUnits }: Entry<'leases'>): number {
  if (deployedS === 0 || closedS === 0) return 0;
  return ((Math.min(closedS, endS) - startS - pausedS) * priceUnits) / HOUR_S - paidUnits;
}

/** What consumers did and what became of it; amounts in tokens. */
function measure(run: WorldRun) {
  const tokens = (units: number): number => units / run.plan.unitsPerToken;
  const leases = leasesOf(run);
  const orders = ordersOf(run);
  const providers = new Map(providersOf(run).map((provider) => [provider.id, provider]));
  const honest = new Set(
    run.roster.agents.filter(({ strategy }) => strategy === 'steady').map(({ account }) => account),
  );
  const share = (of: (lease: Entry<'leases'>) => boolean): number => leases.filter(of).length / leases.length;
  const regionOf = (lease: Entry<'leases'>): number => providers.get(lease.provider)!.region;
  const wanted = (lease: Entry<'leases'>): number => orders[lease.order - 1]!.region;
  const consumers = agentsNamed(run, 'consumer.0/');
  const unlocked = escrowsOf(run).map(
    ({ id }) => run.state.escrowBalances[id * ASSET_COUNT * STRIDE.escrowBalances + F.escrowBalances.unlockedUnits]!,
  );
  return {
    orderCount: orders.length,
    expiredCount: orders.filter(({ state }) => state === ORDER_STATE.expired).length,
    leaseCount: leases.length,
    deployedCount: leases.filter(({ deployedS }) => deployedS > 0).length,
    exhaustedCount: leases.filter(({ closeReason }) => closeReason === CLOSE_REASON.exhausted).length,
    closedCount: leases.filter(({ state }) => state === LEASE_STATE.closed).length,
    lockedHours: wantedHours(run, leases),
    servedHours: servedHours(run, leases),
    paid: tokens(paidFor(run, leases)),
    /** Most that one lease is behind, in units; and all that is behind, in tokens. */
    mostArrears: Math.max(0, ...leases.map(arrearsOf)),
    arrears: tokens(leases.reduce((sum, lease) => sum + arrearsOf(lease), 0)),
    providerGain: tokens(gainOf(run, 'miner.')),
    consumerGain: tokens(gainOf(run, 'consumer.0/')),
    mostSpent: tokens(Math.max(...consumers.map((info) => -gainUnits(run, info)))),
    unlocked: tokens(unlocked.reduce((sum, units) => sum + units, 0)),
    /** What was bought: price over maximum, part near by, part at honest providers. */
    priceShare: priceShare(run, leases),
    sameRegion: share((lease) => regionOf(lease) === wanted(lease)),
    sameContinent: share(
      (lease) =>
        Math.floor(regionOf(lease) / REGIONS_PER_CONTINENT) === Math.floor(wanted(lease) / REGIONS_PER_CONTINENT),
    ),
    atHonest: share(({ provider }) => honest.has(providers.get(provider)!.owner)),
  };
}

const { run, of, gap, relativeGap } = pairedRuns(SEEDS, measure);
const RENTER: Subject = { strategy: 'renter' };

describe('BEH-40 renter', () => {
  const STEADY_NEEDS = { extend_bps: 0, update_bps: 0, hours_max: 12 };

  it('given a budget > binds no more than that in leases in an era, and less than one without', async () => {
    const budget_tokens = 10;
    const free = await run(rented({ ...RENTER, options: STEADY_NEEDS }));
    const bound = await run(rented({ ...RENTER, options: { ...STEADY_NEEDS, budget_tokens } }));
    for (const { leaseCount } of bound) expect(leaseCount).toBeGreaterThan(0);
    for (const { mostSpent } of bound) expect(mostSpent).toBeLessThanOrEqual(budget_tokens * ERAS);
    expect(of(free, 'mostSpent').low).toBeGreaterThan(budget_tokens * ERAS);
    expect(relativeGap(bound, free, 'paid').high).toBeLessThan(-0.3);
  });

  it('given that machines are worth less to it > finds fewer that it can pay, and spends less', async () => {
    const rich = await run(rented({ ...RENTER, options: { worth_min_mil: 2_500, worth_max_mil: 3_000 } }));
    const poor = await run(rented({ ...RENTER, options: { worth_min_mil: 900, worth_max_mil: 1_400 } }));
    expect(gap(poor, rich, 'leaseCount').high).toBeLessThan(0);
    expect(relativeGap(poor, rich, 'paid').high).toBeLessThan(0);
  });

  const CHOICE: Rest = {
    params: { 'match.user_choice': 1 },
    // Machines that are cheap and are given up after two hours.
    providers: [{ strategy: 'underpricer', count: 3, options: { deploys: 'on', close_hours: 2, bid_factor_mil: 900 } }],
  };
  const choosing = (price_weight: number, quality_weight: number, region_weight: number): Subject => ({
    strategy: 'renter',
    count: 14,
    options: { price_weight, quality_weight, region_weight },
  });

  it('given a choice among bids (MATCH-7) > one that looks at prices pays least, one at nearness gets near machines', async () => {
    const byPrice = await run(rented(choosing(10, 0, 0), CHOICE));
    const byQuality = await run(rented(choosing(0, 10, 0), CHOICE));
    const byRegion = await run(rented(choosing(0, 0, 10), CHOICE));
    for (const { leaseCount } of [...byPrice, ...byQuality, ...byRegion]) expect(leaseCount).toBeGreaterThan(10);
    expect(gap(byPrice, byQuality, 'priceShare').high).toBeLessThan(0);
    expect(gap(byPrice, byRegion, 'priceShare').high).toBeLessThan(0);
    expect(gap(byRegion, byPrice, 'sameRegion').low).toBeGreaterThan(0);
    expect(gap(byRegion, byPrice, 'sameContinent').low).toBeGreaterThan(0);
  });

  it('given a choice among bids > one that looks at tiers and ratings leaves cheap providers that give up', async () => {
    const byPrice = await run(rented(choosing(10, 0, 0), CHOICE));
    const byQuality = await run(rented(choosing(0, 10, 0), CHOICE));
    const blindly = await run(rented(choosing(0, 0, 0), CHOICE));
    expect(gap(byQuality, byPrice, 'atHonest').low).toBeGreaterThan(0.1);
    expect(gap(byQuality, blindly, 'atHonest').low).toBeGreaterThan(0.1);
  });
});

describe('BEH-41 abandoner', () => {
  const FREE = { 'lease.charge_undeployed': 0 };

  it('pays for every hour that it keeps a machine from others, as a lease is charged from its start (OP-87)', async () => {
    const users = await run(rented(RENTER));
    const found = await run(rented({ strategy: 'abandoner' }));
    for (const { deployedCount, leaseCount, servedHours: hours } of found) {
      expect(leaseCount).toBeGreaterThan(5);
      expect([deployedCount, hours]).toEqual([0, 0]);
    }
    expect(relativeGap(found, users, 'lockedHours').low).toBeGreaterThan(-0.5);
    expect(of(found, 'paid').low).toBeGreaterThan(100);
    // Providers are paid as if it had used them.
    expect(gap(found, users, 'providerGain').high).toBeGreaterThan(0);
  });

  it('FINDING: given that undeployed time is free > it locks as much for nothing, and providers get nothing for it', async () => {
    const charged = await run(rented({ strategy: 'abandoner' }));
    const free = await run(rented({ strategy: 'abandoner' }, { params: FREE }));
    for (const { paid, consumerGain, lockedHours } of free) {
      expect([paid, consumerGain]).toEqual([0, 0]);
      expect(lockedHours).toBeGreaterThan(100);
    }
    expect(gap(free, charged, 'providerGain').high).toBeLessThan(-50);
  });

  it('given a rate of one half > about half of its leases are never used', async () => {
    const half = await run(rented({ strategy: 'abandoner', count: 12, options: { abandon_bps: 5_000 } }));
    const shares = half.map(({ deployedCount, leaseCount }) => ({ used: deployedCount / leaseCount }));
    for (const { used } of shares) {
      expect(used).toBeGreaterThan(0.3);
      expect(used).toBeLessThan(0.7);
    }
  });
});

describe('BEH-43 drainer', () => {
  it('empties its wallet after every match, and providers lose nothing: no lease is a unit behind (H-23)', async () => {
    const users = await run(rented(RENTER));
    const found = await run(rented({ strategy: 'drainer' }));
    for (const { mostArrears, closedCount, exhaustedCount, unlocked } of found) {
      expect(closedCount).toBeGreaterThan(5);
      expect(mostArrears).toBeLessThan(1);
      expect([exhaustedCount, unlocked]).toEqual([0, 0]);
    }
    for (const { mostArrears } of users) expect(mostArrears).toBeLessThan(1);
    expect(gap(found, users, 'arrears').high).toBeLessThan(0.001);
  });

  it('that hands its wallets on while leases run > owes nobody anything either', async () => {
    const found = await run(rented({ strategy: 'drainer', options: { transfers: 1, cartel: 3 } }));
    for (const { mostArrears, closedCount } of found) {
      expect(closedCount).toBeGreaterThan(5);
      expect(mostArrears).toBeLessThan(1);
    }
  });

  it('that does not leave the cover in until the match > rents nothing: its orders are called off', async () => {
    const found = await run(rented({ strategy: 'drainer', options: { keeps_cover: 'off' } }));
    for (const { orderCount, expiredCount, leaseCount } of found) {
      expect(orderCount).toBeGreaterThan(10);
      expect([expiredCount, leaseCount]).toEqual([orderCount, 0]);
    }
  });

  it('FINDING: given half of the cost as cover and no brackets > leases run out of money, and what runs on until the next look is not paid', async () => {
    const params = { 'escrow.min_cover_bps': 5_000, 'escrow.brackets_enforced': 0 };
    const found = await run(rented({ strategy: 'drainer', options: { deposit_tokens: 1 } }, { params }));
    expect(of(found, 'exhaustedCount').low).toBeGreaterThan(5);
    const arrears = of(found, 'arrears');
    expect(arrears.low).toBeGreaterThan(0);
    for (const { mostArrears, arrears: all, paid } of found) {
      expect(mostArrears).toBeGreaterThan(1);
      expect(all / paid).toBeLessThan(0.1);
    }
  });
});
