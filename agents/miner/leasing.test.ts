import { describe, expect, it } from 'vitest';
import { accountsOf, gainOf, leasing, nodesOf, pairedRuns } from '../../sim/cli/testMarket.ts';
import { rowsOf, smallScenario, sumOf } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { NODE_STATE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const SUBJECT = 'miner.1/';
const TIER = 4;
/** Nobody climbs for weeks before liveness is paid, and the foundation leaves collateral alone. */
const PARAMS = { 'tier.initial': TIER, 'fdeleg.budget': 0 };
const ERAS = 3;

type Options = NonNullable<Group['options']>;
type Subject = Pick<Group, 'strategy'> & Partial<Group>;
const HONEST: Subject = { strategy: 'steady' };
const deviant = (strategy: string, options: Options = {}, count = 1): Subject => ({ strategy, count, options });

type Rest = { readonly params?: Scenario['params']; readonly renter?: Options; readonly neighbours?: number };

/** Honest providers, the subject, and consumers that rent machines of them. */
function market(subject: Subject, { params = {}, renter = {}, neighbours = 5 }: Rest = {}): Scenario {
  const options = { facets: 'spheron', stake_tier: TIER };
  return smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: neighbours, hardware: 'community', options },
      { count: 1, hardware: 'community', ...subject, role: 'miner', options: { ...subject.options, ...options } },
      {
        role: 'consumer',
        strategy: 'renter',
        count: 14,
        options: { lease_bps: 2_000, ...renter },
        openTokens: 20_000,
      },
    ],
    { eras: ERAS, params: { ...PARAMS, ...params } },
  );
}

const { run, of, gap, relativeGap } = pairedRuns(SEEDS, (found) => leasing(found, SUBJECT));
const IDLE: Rest = { renter: { lease_bps: 0 } };
/** More demand than the machines carry. */
const CROWDED: Rest = { renter: { cpu_max: 16, lease_bps: 4_000 }, neighbours: 2 };

describe('honest providers that rent machines out', () => {
  it('deliver what they sold, are never slashed for it, and keep room for the challenges that wait', async () => {
    const honest = await run(market(HONEST, CROWDED));
    for (const { leaseCount, brokenCount, isSuspended } of honest) {
      expect(leaseCount).toBeGreaterThan(5);
      expect([brokenCount, isSuspended]).toEqual([0, 0]);
    }
    expect(of(honest, 'undelivered').high).toBeLessThan(0.1);
    expect(of(honest, 'passShare').low).toBeGreaterThan(0.9);
  });
});

describe('BEH-7 prioritiser with leases', () => {
  const FACTOR = 1_500;

  it('FINDING: sells half as much again, passes as its twin does, and pays with breached hours that do not outweigh it', async () => {
    const honest = await run(market(HONEST, CROWDED));
    const found = await run(market(deviant('prioritiser', { factor_mil: FACTOR }), CROWDED));
    const spoofer = await run(market(deviant('spoofer', { factor_mil: 1_000, cpu_factor_mil: FACTOR }), CROWDED));
    expect(relativeGap(found, honest, 'servedCpuHours').low).toBeGreaterThan(0.2);
    expect(gap(found, honest, 'paid').low).toBeGreaterThan(0);
    expect(gap(found, spoofer, 'passShare').low).toBeGreaterThan(0.2);
    expect(gap(found, honest, 'passShare').low).toBeGreaterThan(-0.1);
    expect(gap(found, honest, 'breachedHours').low).toBeGreaterThan(4);
    expect(gap(found, honest, 'slashed').low).toBeGreaterThan(0);
    expect(gap(found, honest, 'gain').high).toBeGreaterThan(0);
    expect(gap(spoofer, honest, 'gain').high).toBeLessThan(0);
  });
});

describe('BEH-11 underpricer', () => {
  it('that never deploys > is paid next to nothing, is slashed, rated worst, and earns less than a tenth of its twin', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('underpricer')));
    for (const { undelivered } of found) expect(undelivered).toBe(1);
    expect(gap(found, honest, 'priceShare').high).toBeLessThan(-0.25);
    expect(relativeGap(found, honest, 'paid').high).toBeLessThan(-0.95);
    expect(gap(found, honest, 'breachedHours').low).toBeGreaterThan(5);
    expect(gap(found, honest, 'slashed').low).toBeGreaterThan(0);
    expect(gap(found, honest, 'rating').high).toBeLessThan(-3);
    expect(relativeGap(found, honest, 'gain').high).toBeLessThan(-0.5);
  });

  it('FINDING: that ends leases after two hours > wins twice as many and breaks nearly all, at no slash: only ratings tell', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('underpricer', { deploys: 'on', close_hours: 2 })));
    expect(gap(found, honest, 'leaseShare').low).toBeGreaterThan(0.1);
    expect(of(found, 'undelivered').low).toBeGreaterThan(0.7);
    expect(gap(found, honest, 'breachedHours').high).toBeLessThan(1);
    expect(gap(found, honest, 'slashed').high).toBeLessThan(2);
    expect(gap(found, honest, 'rating').high).toBeLessThan(-1);
    // At half its cost that is no business either: it would have to ask what the hours are worth.
    expect(relativeGap(found, honest, 'gain').high).toBeLessThan(-0.3);
  });

  it('that keeps its word > wins more, at a loss: the lower the factor, the less it is paid', async () => {
    const honest = await run(market(HONEST));
    const half = await run(market(deviant('underpricer', { deploys: 'on', bid_factor_mil: 500 })));
    const most = await run(market(deviant('underpricer', { deploys: 'on', bid_factor_mil: 900 })));
    expect(gap(half, honest, 'winShare').low).toBeGreaterThan(0.1);
    expect(gap(half, honest, 'paid').high).toBeLessThan(0);
    expect(gap(most, half, 'paid').low).toBeGreaterThan(0);
  });
});

describe('BEH-12 front-runner', () => {
  it('FINDING: sees the bids, asks the maximum where there is none and undercuts the rest: it earns more than its twin', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('front-runner', { undercut_bps: 2_000 })));
    expect(gap(found, honest, 'winShare').low).toBeGreaterThan(0.1);
    expect(gap(found, honest, 'priceShare').low).toBeGreaterThan(0);
    expect(relativeGap(found, honest, 'paid').low).toBeGreaterThan(0);
    expect(gap(found, honest, 'gain').low).toBeGreaterThan(0);
  });

  it('that undercuts by a thousandth only > wins no more often than its twin: the price is a quarter of the score', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('front-runner')));
    const { low, high } = gap(found, honest, 'winShare');
    expect(low).toBeLessThan(0.05);
    expect(high).toBeLessThan(0.15);
    expect(gap(found, honest, 'priceShare').high).toBeGreaterThan(0);
  });
});

describe('BEH-13 washer', () => {
  const BONUS_TOKENS = 50;
  const BAN = { 'anti.self_lease_ban': 1 };
  const EXCLUDED = { 'bonus.exclude_self': 1 };

  it('FINDING: five leases of one CPU to itself at a thousandth of a token bring the bonus of every era, at next to no cost', async () => {
    const honest = await run(market(HONEST, IDLE));
    const found = await run(market(deviant('washer'), IDLE));
    for (const { bonus, rating } of found) {
      expect(bonus).toBe(BONUS_TOKENS * ERAS);
      expect(rating).toBe(5);
    }
    const gain = gap(found, honest, 'gain');
    expect(gain.low).toBeGreaterThan(BONUS_TOKENS * ERAS * 0.95);
    expect(gain.high).toBeLessThanOrEqual(BONUS_TOKENS * ERAS * 1.02);
  });

  it('given fewer leases than the milestone takes > gains nothing', async () => {
    const honest = await run(market(HONEST, IDLE));
    const found = await run(market(deviant('washer', { wash_leases: 4 }), IDLE));
    for (const { bonus, leaseCount } of found) {
      expect(leaseCount).toBeGreaterThan(0);
      expect(bonus).toBe(0);
    }
    expect(gap(found, honest, 'gain').high).toBeLessThan(BONUS_TOKENS / 10);
  });

  it('given a market > what it rents to itself it cannot rent to others, who pay more than the bonus where demand is there', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('washer')));
    expect(gap(found, honest, 'bonus').low).toBeGreaterThan(BONUS_TOKENS);
    expect(gap(found, honest, 'paid').high).toBeLessThan(0);
  });

  it('given anti.self_lease_ban > none of its orders is served, given bonus.exclude_self its leases bring nothing', async () => {
    const banned = await run(market(deviant('washer'), { ...IDLE, params: BAN }));
    for (const { leaseCount, orderCount, bonus } of banned) {
      expect(orderCount).toBeGreaterThan(0);
      expect([leaseCount, bonus]).toEqual([0, 0]);
    }
    const excluded = await run(market(deviant('washer'), { ...IDLE, params: EXCLUDED }));
    for (const { leaseCount, bonus } of excluded) {
      expect(leaseCount).toBeGreaterThan(0);
      expect(bonus).toBe(0);
    }
  });

  it('FINDING: given both remedies > two washers that swap their wallets get the bonus all the same', async () => {
    const params = { ...BAN, ...EXCLUDED };
    const honest = await run(market({ ...HONEST, count: 2 }, { ...IDLE, params }));
    const found = await run(market(deviant('washer', { partner: 'on', cartel: 1 }, 2), { ...IDLE, params }));
    expect(gap(found, honest, 'bonus').low).toBeGreaterThan(BONUS_TOKENS * (ERAS - 1));
    expect(gap(found, honest, 'gain').low).toBeGreaterThan(BONUS_TOKENS * (ERAS - 1) * 0.95);
  });
});

describe('BEH-14 squatter', () => {
  const SLOTS = 8;
  const WANTED = 5;
  const SQUATTER_ERAS = 8;
  /** Three miners are there, the subject comes with them, six more a day later; slots for eight. */
  const seats = (subject: Subject, params: Scenario['params'] = {}): Scenario =>
    smallScenario(
      [
        { role: 'miner', strategy: 'steady', count: 3 },
        { count: 1, openTokens: 6_000, ...subject, role: 'miner' },
        { role: 'miner', strategy: 'steady', count: 6, entrySlot: 30 },
        { role: 'consumer', strategy: 'honest', count: 1 },
      ],
      { eras: SQUATTER_ERAS, params: { 'node.slots': SLOTS, 'node.reserve_deadline_s': 172_800, ...params } },
    );
  const paired = pairedRuns(SEEDS.slice(0, 4), (found: WorldRun) => {
    const nodes = nodesOf(found);
    const late = accountsOf(found, 'miner.2/');
    const held = nodes.filter(({ state }) => state < NODE_STATE.removed);
    return {
      lateCount: held.filter(({ owner }) => late.includes(owner)).length,
      freeCount: SLOTS - held.length,
      reservedCount: nodes.length,
      penalty: sumOf(rowsOf(found, 'miner.1/0'), 'penaltyUnits') / found.plan.unitsPerToken,
      gain: gainOf(found, SUBJECT) / found.plan.unitsPerToken,
    };
  });

  it('FINDING: holds five slots for as long as it likes, and those who come later get none, for a twentieth of the stake a term', async () => {
    const honest = await paired.run(seats(HONEST));
    const found = await paired.run(seats(deviant('squatter', { nodes: WANTED })));
    for (const { lateCount, freeCount } of honest) expect([lateCount, freeCount]).toEqual([SLOTS - 4, 0]);
    for (const { lateCount, freeCount, penalty, reservedCount, gain } of found) {
      expect([lateCount, freeCount]).toEqual([0, 0]);
      // Every reservation that ran out cost a part of its stake; the last ones have not yet.
      expect(penalty).toBe((reservedCount - 3 - WANTED) * 25);
      expect(gain).toBe(-penalty);
    }
    expect(paired.of(found, 'penalty').low).toBeGreaterThan(300);
  });
});

describe('BEH-15 misuser', () => {
  it('at a chance of 10 % per lease and hour > is found within days, loses half of its collateral for a case, and its leases with it', async () => {
    const honest = await run(market(HONEST));
    const found = await run(market(deviant('misuser', { misuse_bps: 1_000 })));
    expect(of(found, 'misuses').low).toBeGreaterThan(1);
    expect(of(found, 'misuseCases').low).toBeGreaterThan(0.3);
    expect(gap(found, honest, 'slashed').low).toBeGreaterThan(50);
    expect(gap(found, honest, 'undelivered').low).toBeGreaterThan(0.05);
    expect(gap(found, honest, 'gain').high).toBeLessThan(0);
  });

  it('given that a case is never found > loses nothing, however much it misuses: the chance to be found is all there is', async () => {
    const params = { 'slash.misconduct_detect_bps': 0 };
    const honest = await run(market(HONEST, { params }));
    const found = await run(market(deviant('misuser', { misuse_bps: 10_000 }), { params }));
    expect(of(found, 'misuses').low).toBeGreaterThan(30);
    for (const { misuseCases } of found) expect(misuseCases).toBe(0);
    expect(Math.abs(relativeGap(found, honest, 'paid').mean)).toBeLessThan(0.2);
    const { low, high } = gap(found, honest, 'gain');
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(0);
  });
});
