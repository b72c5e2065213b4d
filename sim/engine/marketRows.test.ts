/** Rows and metrics of the compute market, from the events of leases that are led by hand: seconds, waits, and who is counted. */
import { describe, expect, it } from 'vitest';
import { HOUR_S, MarketStand, type StandOptions, TOKEN } from '../cli/marketStand.ts';
import { ACCOUNT } from '../protocol/layout.ts';
import { EVENT_STRIDE } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import type { MarketFigures } from './market.ts';
import { createMarketMetrics } from './marketMetrics.ts';
import { createMarketRecorder, type MarketRows } from './marketRows.ts';
import { CAPACITY, CAPACITY_SIZE } from './shared.ts';
import type { EconomicsRow, FizzRow, LeaseRow } from './trace.ts';

const [MATCH_S, SERVE_S] = [PHASE.match, PHASE.serve];
const NO_FIGURES: MarketFigures = {
  ...{ outageSlots: 0, backlogSlots: 0, misuses: 0, misuseCases: 0 },
  ...{ hiddenOutageS: 0, pollLagS: 0, votedMatches: 0, wrongMatches: 0 },
};
const noRewards = () => ({ rewardUnits: 0, lostUnits: 0 });

/** A stand whose blocks a recorder reads, with a provider and a wallet of 1 000 tokens. */
async function recorded(options: StandOptions = {}) {
  const stand = await MarketStand.open(options);
  const recorder = createMarketRecorder(stand.s, stand.shared);
  const { observe } = stand.keeper;
  stand.keeper.observe = (s) => {
    observe(s);
    for (let i = 0; i < s.eventCount; i++) recorder.observeEvent(i * EVENT_STRIDE);
  };
  stand.enter();
  const provider = stand.addProvider();
  const escrow = stand.addEscrow();
  return { stand, provider, escrow, take: (era = 0): MarketRows => recorder.take(era, noRewards) };
}
type Recorded = Awaited<ReturnType<typeof recorded>>;

function metricsOf(stand: MarketStand, rows: MarketRows, figures: Partial<MarketFigures> = {}): Record<string, number> {
  const metrics = createMarketMetrics(stand.shared, () => ({ ...NO_FIGURES, ...figures }));
  metrics.add(rows);
  return metrics.ofRun();
}
const close = ({ stand }: Recorded, lease: number): void => stand.do('closeLease', stand.of('consumer'), [lease]);
const paidFor = (seconds: number): number => Math.floor((TOKEN * seconds) / HOUR_S);

describe('seconds of a lease (H-23)', () => {
  it('closed by its consumer > are those until its deployment, and those of service until then', async () => {
    const world = await recorded();
    const { stand, escrow, provider, take } = world;
    const lease = stand.serve(escrow, provider);
    stand.enter();
    close(world, lease);
    const rows = take();
    const servedS = HOUR_S + PHASE.open - SERVE_S;
    expect(rows.leases).toMatchObject([
      { undeployedS: SERVE_S - MATCH_S, servedS, grossUnits: paidFor(HOUR_S + PHASE.open - MATCH_S) },
    ]);
    const found = metricsOf(stand, rows);
    expect(found['market.charged_h']).toBeCloseTo((HOUR_S + PHASE.open - MATCH_S) / HOUR_S, 5);
    expect(found['market.undeployed_share']).toBeCloseTo((SERVE_S - MATCH_S) / (HOUR_S + PHASE.open - MATCH_S), 5);
    expect(found['market.overcharge_share']).toBeCloseTo(0, 6);
  });

  it('closed while it is down > are neither charged nor served from the outage on', async () => {
    const world = await recorded();
    const { stand, escrow, provider, take } = world;
    const lease = stand.serve(escrow, provider);
    stand.setOnline(stand.of('miner'), false);
    stand.enter();
    stand.enter();
    close(world, lease);
    const rows = take();
    expect(rows.leases).toMatchObject([
      { pausedS: 0, servedS: HOUR_S - SERVE_S, grossUnits: paidFor(HOUR_S - MATCH_S) },
    ]);
    expect(metricsOf(stand, rows)['market.overcharge_share']).toBeCloseTo(0, 6);
  });

  it('that lasts its time with an outage > are those before it and after it, up to the end and no longer', async () => {
    const { stand, escrow, provider, take } = await recorded();
    stand.serve(escrow, provider);
    stand.enter();
    stand.setOnline(stand.of('miner'), false);
    stand.enter();
    stand.setOnline(stand.of('miner'), true);
    for (let slot = 3; slot <= 5; slot++) stand.enter();
    const rows = take();
    // Down from 7 200 to 10 800; over at 66 + 4 h, closed in the match of the slot that begins at 14 400 or in the next.
    const servedS = 2 * HOUR_S - SERVE_S + (MATCH_S + 4 * HOUR_S - 3 * HOUR_S);
    expect(rows.leases).toMatchObject([{ reason: 'ended', pausedS: HOUR_S, servedS }]);
    expect(rows.leases[0]!.grossUnits).toBe(paidFor(servedS + SERVE_S - MATCH_S));
    expect(metricsOf(stand, rows)['market.overcharge_share']).toBeCloseTo(0, 6);
  });

  it('that is never deployed > are charged until the time for it is over, all of them before the deployment', async () => {
    const world = await recorded();
    const { stand, escrow, provider, take } = world;
    const order = stand.order(escrow);
    stand.bid(order, provider);
    stand.run('match');
    stand.do('sendManifest', stand.of('consumer'), [stand.leaseOf(order)], MATCH_S);
    stand.run('close');
    stand.enter();
    stand.run('close');
    close(world, stand.leaseOf(order));
    const rows = take();
    expect(rows.leases).toMatchObject([{ undeployedS: 300, servedS: 0, grossUnits: paidFor(300) }]);
    const found = metricsOf(stand, rows);
    expect([found['market.undeployed_share'], found['market.overcharge_share']]).toEqual([1, 0]);
  });

  it('given hours that are charged as soon as they begin > the rest of the last hour is charged for nothing', async () => {
    const world = await recorded({ params: { 'fizz.billing_unit': 1 } });
    const { stand, escrow, provider, take } = world;
    const lease = stand.serveFizz(escrow, provider, stand.addMember(provider));
    stand.do('closeLease', stand.of('consumer'), [lease], HOUR_S / 2);
    const rows = take();
    expect(rows.leases[0]!.grossUnits).toBe(TOKEN);
    const found = metricsOf(stand, rows);
    expect(found['market.charged_h']).toBe(1);
    expect(found['market.undeployed_share']).toBeCloseTo((SERVE_S - MATCH_S) / HOUR_S, 9);
    expect(found['market.overcharge_share']).toBeCloseTo((HOUR_S / 2 + MATCH_S) / HOUR_S, 9);
  });

  it('given outages that are charged > the outage is charged for nothing', async () => {
    const world = await recorded({ params: { 'lease.charge_downtime': 1 } });
    const { stand, escrow, provider, take } = world;
    const lease = stand.serve(escrow, provider);
    stand.setOnline(stand.of('miner'), false);
    stand.enter();
    stand.setOnline(stand.of('miner'), true);
    stand.enter();
    close(world, lease);
    const rows = take();
    expect(rows.leases).toMatchObject([{ servedS: HOUR_S - SERVE_S + PHASE.open }]);
    const chargedS = 2 * HOUR_S + PHASE.open - MATCH_S;
    expect(metricsOf(stand, rows)['market.overcharge_share']).toBeCloseTo(HOUR_S / chargedS, 5);
  });

  it('that the ledger takes for served, but gateways hid or had not noticed yet > are charged for nothing', async () => {
    const world = await recorded();
    const { stand, escrow, provider, take } = world;
    const lease = stand.serve(escrow, provider);
    stand.enter();
    close(world, lease);
    const chargedS = HOUR_S + PHASE.open - MATCH_S;
    const found = metricsOf(stand, take(), { hiddenOutageS: 100, pollLagS: 20 });
    expect(found['market.overcharge_share']).toBeCloseTo(120 / chargedS, 5);
  });

  it('of several leases are not set off against each other', async () => {
    const { stand } = await recorded();
    const row = { priceUnits: HOUR_S, undeployedS: 0 } as LeaseRow;
    // 100 s for which nothing was paid, as the money was used up; 100 s in which nothing was served.
    const leases = [
      { ...row, grossUnits: 900, servedS: 1_000 },
      { ...row, grossUnits: 1_100, servedS: 1_000 },
    ];
    const { market } = (await recorded()).take();
    expect(metricsOf(stand, { market, leases, flows: [], economics: [], fizz: [] })['market.overcharge_share']).toBe(
      100 / 2_000,
    );
  });
});

describe('rows of the market', () => {
  it('tell how long orders waited that were matched, and those apart that expired', async () => {
    const { stand, escrow, provider, take } = await recorded();
    stand.serve(escrow, provider);
    stand.order(escrow);
    stand.run('match');
    const { market } = take();
    expect(market).toMatchObject([
      { matchedCount: 1, matchedWaitS: MATCH_S - PHASE.open, expiredCount: 1, expiredWaitS: MATCH_S - PHASE.open },
    ]);
    const found = metricsOf(stand, {
      market: [{ ...market[0]!, expiredWaitS: 9_000 }],
      flows: [],
      leases: [],
      economics: [],
      fizz: [],
    });
    expect([found['market.wait_matched_s'], found['market.wait_lost_s']]).toEqual([MATCH_S - PHASE.open, 9_000]);
  });

  it('count a provider’s leases that its members serve, and those that its owner rents, apart', async () => {
    const { stand, escrow, provider, take } = await recorded();
    stand.serve(escrow, provider);
    stand.serveFizz(escrow, provider, stand.addMember(provider));
    const owner = stand.of('miner');
    stand.do('openEscrow', owner, [0, 100 * TOKEN]);
    const own = stand.serve(escrow + 1, provider);
    stand.enter();
    for (const lease of [1, 2]) stand.do('closeLease', stand.of('consumer'), [lease]);
    stand.do('closeLease', owner, [own]);
    const { market, economics } = take();
    expect(economics).toMatchObject([{ wonCount: 3, memberWonCount: 1, selfWonCount: 1 }]);
    // 80 % of a token an hour; the others' leases are not in it.
    expect(market[0]!.selfPayeeUnits).toBe(Math.ceil(0.8 * paidFor(HOUR_S + PHASE.open - MATCH_S)));
    expect(market[0]!.payeeUnits).toBeGreaterThan(2 * market[0]!.selfPayeeUnits);
    const found = metricsOf(stand, { market, economics, flows: [], leases: [], fizz: [] });
    expect(found['market.self_leases']).toBe(1);
    expect(found['market.self_share']).toBe(market[0]!.selfPayeeUnits / market[0]!.payeeUnits);
  });

  it('given eras of six hours > count running costs of six hours, not of a day', async () => {
    const { stand, take } = await recorded();
    const at = (stand.of('miner') - ACCOUNT.firstAgent) * CAPACITY_SIZE;
    stand.shared.capacity[at + CAPACITY.cpuCount] = 64;
    const [whole] = take().economics;
    const short = createMarketRecorder(stand.s, { ...stand.shared, slotsPerEra: 6 });
    const [quarter] = short.take(0, noRewards).economics;
    expect(stand.shared.slotsPerEra * stand.shared.slotS).toBe(24 * HOUR_S);
    expect(whole!.opexUnits).toBeGreaterThan(0);
    expect(quarter!.opexUnits).toBe(Math.floor(whole!.opexUnits / 4));
  });
});

describe('metrics of a group', () => {
  it('are means over those that own providers, and fizz nodes, whoever else is in it', async () => {
    const { stand } = await recorded();
    const economics = (account: number, leaseTokens: number, usedCpuCount: number, era = 0): EconomicsRow =>
      ({
        ...{ era, account, leaseUnits: leaseTokens * TOKEN, gatewayUnits: TOKEN, rewardUnits: 0, lostUnits: 0 },
        ...{ opexUnits: 2 * TOKEN, capexUnits: 100 * TOKEN, wonCount: leaseTokens, usedCpuCount, cpuCount: 8 },
      }) as EconomicsRow;
    const fizz = (account: number, leaseTokens: number): FizzRow =>
      ({ account, leaseUnits: leaseTokens * TOKEN, rewardUnits: 3 * TOKEN }) as FizzRow;
    const [one, two, third] = [0, 1, 2].map((n) => ACCOUNT.firstAgent + n) as [number, number, number];
    const metrics = createMarketMetrics(stand.shared, () => NO_FIGURES);
    metrics.add({
      ...{ market: [], flows: [], leases: [] },
      economics: [economics(one, 4, 8), economics(one, 6, 0, 1), economics(two, 2, 2)],
      fizz: [fizz(third, 5)],
    });
    // The first has two eras, the second one; the other two have no provider.
    expect(metrics.ofGroup('g', [0, 1, 2, 3])).toEqual({
      'lease_income.g': (10 + 2 + (2 + 1)) / 2,
      'leases_won.g': (10 + 2) / 2,
      'utilisation.g': (0.5 + 0.25) / 2,
      'net_income.g': (12 - 4 + (3 - 2)) / 2,
      'roi_era.g': 9 / 300,
      'fizz_income.g': 5,
      'fizz_reward.g': 3,
    });
    expect(metrics.ofGroup('g', [3])).toEqual({});
  });

  it('of the run tell how operators matched (BEH-48)', async () => {
    const { stand, take } = await recorded();
    const rows = take();
    expect(metricsOf(stand, rows, { votedMatches: 8, wrongMatches: 2 })).toMatchObject({
      'matching.voted': 8,
      'matching.wrong': 2,
      'matching.wrong_share': 0.25,
    });
    expect(metricsOf(stand, rows)['matching.wrong_share']).toBe(0);
  });
});
