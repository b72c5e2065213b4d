import { describe, expect, it } from 'vitest';
import { accountsOf, fizzOf, gainOf, leasesOf, pairedRuns, providersOf } from '../../sim/cli/testMarket.ts';
import { providerOf, runSmall, smallScenario, sumOf } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { CLOSE_REASON, F, FIZZ_STATE, STRIDE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const TIER = 4;
const PARAMS = { 'tier.initial': TIER, 'fdeleg.budget': 0 };
const GATEWAY = 'miner.1/0';
/** Era reward of fizz nodes by the docs' rule, and votes in subnets. */
const DOCS = { 'fizz.reward_mode': 1 };
const VOTES = { 'fizz.dao': 1 };

type Options = NonNullable<Group['options']>;
type Devices = { readonly strategy: string; readonly count: number; readonly options?: Options };
type Rest = {
  readonly params?: Scenario['params'];
  readonly eras?: number;
  readonly gateway?: Pick<Group, 'strategy' | 'options'>;
  /** Whether the three other providers are gateways as well. */
  readonly others?: 'off' | 'on';
};
const EVENING = (count: number, options: Options = {}): Devices => ({ strategy: 'evening', count, options });

/** A gateway, the devices, providers without a subnet, and consumers that mostly take fizz nodes. */
function subnet(devices: readonly Devices[], { params = {}, eras = 4, gateway, others = 'off' }: Rest = {}): Scenario {
  const options = { facets: 'spheron', stake_tier: TIER };
  return smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: 3, hardware: 'datacentre', options: { ...options, gateway: others } },
      {
        strategy: 'steady',
        ...gateway,
        role: 'miner',
        count: 1,
        hardware: 'datacentre',
        options: { ...options, gateway: 'on', ...gateway?.options },
      },
      ...devices.map((group) => ({ ...group, role: 'fizz' as const, openTokens: 300 })),
      {
        role: 'consumer',
        strategy: 'renter',
        count: 8,
        options: {
          lease_bps: 3_000,
          fizz_bps: 8_000,
          cpu_max: 4,
          gpu_bps: 0,
          hours_max: 8,
          worth_min_mil: 20_000,
          worth_max_mil: 40_000,
        },
        openTokens: 20_000,
      },
    ],
    { eras, params: { ...PARAMS, ...params } },
  );
}

/** What the gateway and the first and second group of devices got; amounts in tokens. */
function measure(run: WorldRun) {
  const tokens = (units: number): number => units / run.plan.unitsPerToken;
  const { rows } = providerOf(run, GATEWAY);
  const [gatewayAccount] = accountsOf(run, GATEWAY);
  const gateway = providersOf(run).find(({ owner }) => owner === gatewayAccount)!.id;
  const leases = leasesOf(run).filter(({ fizz }) => fizz !== 0);
  const groups = run.scenario.populations.filter(({ role }) => role === 'fizz').length;
  return {
    leaseCount: leases.length,
    outageCount: leases.filter(({ closeReason }) => closeReason === CLOSE_REASON.outage).length,
    expelledCount: leases.filter(({ closeReason }) => closeReason === CLOSE_REASON.expelled).length,
    leavingCount: fizzOf(run).filter(({ state }) => state === FIZZ_STATE.leaving).length,
    peerCount: fizzOf(run).length,
    first: tokens(incomeOf(run, 'fizz.0/')),
    second: groups > 1 ? tokens(incomeOf(run, 'fizz.1/')) : 0,
    gatewayGain: tokens(gainOf(run, GATEWAY)),
    gatewayLiveness: tokens(sumOf(rows, 'rewardUnits')),
    gatewayPass: sumOf(rows, 'passedCount') / sumOf(rows, 'challengeCount'),
    gatewayTier: rows[rows.length - 1]!.tierAfter,
    gatewayBps: run.state.subnets[gateway * STRIDE.subnets + F.subnets.gatewayBps]!,
    allPass: meanPass(run),
    hiddenHours: run.outcome.market.hiddenOutageS / 3_600,
    leasedHours: leases.reduce((sum, { startS, endS, closedS }) => sum + (closedS || endS) - startS, 0) / 3_600,
  };
}

/** What devices earned by leases and by F-24; what their owners' delegations earn is theirs whether a device is on or not. */
function incomeOf(run: WorldRun, start: string): number {
  const accounts = accountsOf(run, start);
  const rows = run.eras.flatMap(({ fizz }) => fizz.filter(({ account }) => accounts.includes(account)));
  return sumOf(rows, 'leaseUnits', 'rewardUnits');
}

/** Share of challenges passed by all gateways and providers together. */
function meanPass(run: WorldRun): number {
  const rows = run.eras.flatMap(({ providers }) => providers);
  return sumOf(rows, 'passedCount') / sumOf(rows, 'challengeCount');
}

const { run, of, gap, relativeGap } = pairedRuns(SEEDS, measure);

describe('BEH-36 evening', () => {
  it('given a device that is on in the evening only > earns less than one that is always on, and some leases end by its absence', async () => {
    const always = await run(subnet([EVENING(4)]));
    const evenings = await run(subnet([EVENING(4, { evening_hours: 8 })]));
    for (const { leaseCount, first, outageCount } of always) {
      expect(leaseCount).toBeGreaterThan(10);
      expect(first).toBeGreaterThan(0);
      expect(outageCount).toBe(0);
    }
    const lost = relativeGap(evenings, always, 'first');
    expect(lost.high).toBeLessThan(-0.3);
    expect(of(evenings, 'outageCount').low).toBeGreaterThan(0);
    expect(gap(evenings, always, 'gatewayPass').high).toBeLessThan(0);
  });

  it('FINDING: by F-24 twelve hours a day are paid like twenty-four, and eight are paid nothing after the first day', async () => {
    const income = async (evening_hours: number) => {
      const params = { ...DOCS, ...PARAMS };
      const idle = { ...subnet([EVENING(4, { evening_hours, weekends: 0 })], { params }) };
      return run(withoutOrders(idle));
    };
    const [always, half, third] = [await income(0), await income(12), await income(8)];
    expect(of(always, 'first').low).toBeGreaterThan(0);
    expect(relativeGap(half, always, 'first').low).toBeGreaterThan(-0.01);
    // Of the first era counts what it is a member for, all of which it is on.
    expect(relativeGap(third, always, 'first').low).toBeGreaterThan(-0.76);
    expect(relativeGap(third, always, 'first').high).toBeLessThan(-0.74);
  });
});

/** The same world with nobody who rents. */
function withoutOrders(scenario: Scenario): Scenario {
  return {
    ...scenario,
    populations: scenario.populations.map((group) =>
      group.role === 'consumer' ? { ...group, options: { ...group.options, lease_bps: 0 } } : group,
    ),
  };
}

describe('BEH-37 sybil', () => {
  const sybil = (devices: number, options: Options = {}): Devices => ({
    strategy: 'sybil',
    count: 1,
    options: { devices, ...options },
  });

  it('FINDING: given rewards by F-24 > four peers on one device are paid four times, for one more delegation each', async () => {
    const one = await run(withoutOrders(subnet([EVENING(4), sybil(1)], { params: DOCS })));
    const four = await run(withoutOrders(subnet([EVENING(4), sybil(4)], { params: DOCS })));
    for (const { peerCount } of four) expect(peerCount).toBe(8);
    expect(relativeGap(four, one, 'second').low).toBeGreaterThan(2);
  });

  it('given leases only and eight peers > the device carries several at a time, and its gateway fails challenges for what is there once', async () => {
    const one = await run(subnet([EVENING(4), sybil(1)]));
    const eight = await run(subnet([EVENING(4), sybil(8)]));
    expect(relativeGap(eight, one, 'second').low).toBeGreaterThan(0.5);
    expect(gap(eight, one, 'gatewayPass').high).toBeLessThan(0);
  });

  it('FINDING: given that each peer goes to another gateway > no challenge finds out that they are one', async () => {
    const one = await run(withoutOrders(subnet([EVENING(4), sybil(1)], { params: DOCS, others: 'on' })));
    const four = await run(
      withoutOrders(subnet([EVENING(4), sybil(4, { spread: 'on' })], { params: DOCS, others: 'on' })),
    );
    expect(relativeGap(four, one, 'second').low).toBeGreaterThan(2);
    expect(gap(four, one, 'allPass').low).toBeGreaterThan(-0.02);
  });
});

describe('BEH-38 free-rider', () => {
  const ERAS = 6;
  const freeRiders: Devices = { strategy: 'free-rider', count: 4 };

  it('FINDING: costs its gateway challenges and liveness; good members lose nothing, as they win the leases of those who are away', async () => {
    const twins = await run(subnet([EVENING(4), EVENING(4)], { eras: ERAS }));
    const ridden = await run(subnet([EVENING(4), freeRiders], { eras: ERAS }));
    expect(gap(ridden, twins, 'gatewayPass').high).toBeLessThan(0);
    expect(relativeGap(ridden, twins, 'gatewayLiveness').high).toBeLessThan(0);
    expect(relativeGap(ridden, twins, 'second').high).toBeLessThan(-0.5);
    const lost = relativeGap(ridden, twins, 'first');
    expect(lost.mean).toBeGreaterThan(-0.05);
    expect(lost.high).toBeGreaterThan(0);
  });

  it('given a subnet that votes > free riders are expelled, good members lose less than 5 % by them (H-26), and nobody else is', async () => {
    const twins = await run(subnet([EVENING(4), EVENING(4)], { eras: ERAS, params: VOTES }));
    const ridden = await run(subnet([EVENING(4), freeRiders], { eras: ERAS, params: VOTES }));
    for (const { leavingCount, expelledCount } of twins) expect([leavingCount, expelledCount]).toEqual([0, 0]);
    for (const { leavingCount } of ridden) expect(leavingCount).toBeGreaterThan(0);
    expect(relativeGap(ridden, twins, 'first').mean).toBeGreaterThan(-0.05);
    // One is expelled in an era: two of four when the run is over.
    expect(of(ridden, 'leavingCount').mean).toBe(2);
  });

  it('FINDING: given a subnet that votes > it fails fewer challenges, but free riders as a group earn as much: those who are left serve what the expelled would have', async () => {
    const ridden = await run(subnet([EVENING(4), freeRiders], { eras: ERAS, params: VOTES }));
    const unruled = await run(subnet([EVENING(4), freeRiders], { eras: ERAS }));
    expect(gap(ridden, unruled, 'gatewayPass').low).toBeGreaterThan(0);
    const lost = gap(ridden, unruled, 'second');
    expect(lost.low).toBeLessThan(0);
    expect(lost.high).toBeGreaterThan(0);
    expect(relativeGap(ridden, unruled, 'second').mean).toBeGreaterThan(-0.15);
    expect(of(unruled, 'second').low).toBeGreaterThan(100);
  });
});

describe('subnets that vote (OP-81)', () => {
  it('given eras of twelve slots > propose in their last one, and take a raised share back', async () => {
    const params = { ...VOTES, 'time.slots_per_era': 12 };
    const found = measure(await runSmall(subnet([EVENING(4)], { eras: 6, params, gateway: { strategy: 'skimmer' } })));
    expect(found.gatewayBps).toBe(200);
  });

  it('given a device that poses as four > it counts once who is away, and expels nobody who is there half of the day', async () => {
    const half = EVENING(2, { evening_hours: 12, weekends: 0 });
    const sybil: Devices = { strategy: 'sybil', count: 1, options: { devices: 4 } };
    const found = measure(await runSmall(subnet([half, sybil], { eras: 4, params: VOTES })));
    expect([found.peerCount, found.leavingCount]).toEqual([6, 0]);
  });
});

describe('BEH-39 skimmer', () => {
  const shaky = [EVENING(4, { outage_bps: 1_000 })];
  const skimmer = { strategy: 'skimmer' };

  it('takes a tenth of what its members earn more than an honest gateway, and charges consumers for hours that nobody served', async () => {
    const honest = await run(subnet(shaky));
    const found = await run(subnet(shaky, { gateway: skimmer }));
    for (const { hiddenHours, outageCount } of honest) {
      expect(hiddenHours).toBe(0);
      expect(outageCount).toBeGreaterThan(0);
    }
    expect(of(found, 'hiddenHours').low).toBeGreaterThan(5);
    for (const { outageCount, gatewayBps } of found) expect([outageCount, gatewayBps]).toEqual([0, 2_000]);
    expect(gap(found, honest, 'gatewayGain').low).toBeGreaterThan(0);
  });

  it('that hides nothing and takes the usual share > does as an honest gateway does, to the unit', async () => {
    const honest = await run(subnet(shaky));
    const gateway = { ...skimmer, options: { hides_failures: 0, skim_bps: 0 } };
    expect(await run(subnet(shaky, { gateway }))).toEqual(honest);
  });

  it('given a subnet that votes > its share is taken back, what it hides is not', async () => {
    const alone = await run(subnet(shaky, { gateway: skimmer }));
    const voting = await run(subnet(shaky, { gateway: skimmer, params: VOTES }));
    for (const { gatewayBps } of voting) expect(gatewayBps).toBe(200);
    expect(gap(voting, alone, 'gatewayGain').high).toBeLessThan(0);
    expect(gap(voting, alone, 'first').low).toBeGreaterThan(0);
    expect(gap(voting, alone, 'hiddenHours').high).toBeGreaterThanOrEqual(0);
    expect(of(voting, 'hiddenHours').low).toBeGreaterThan(5);
  });
});
