import { describe, expect, it } from 'vitest';
import { MarketStand, type StandOptions, TOKEN } from '../../sim/cli/marketStand.ts';
import { bidsOf, leasesOf, ordersOf } from '../../sim/cli/testMarket.ts';
import { runSmall, smallScenario } from '../../sim/cli/testRun.ts';
import { PHASE } from '../../sim/engine/agentContract.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import { createSight } from '../../sim/engine/view.ts';
import { ORDER_MODE } from '../../sim/protocol/layout.ts';
import { writeRecord } from '../../sim/protocol/nodeWorld.ts';
import { GATEWAYS_PER_ORDER, offersOf } from './choice.ts';

/** Only one of the weights of a gateway's choice counts. */
const alone = (name: string): NonNullable<StandOptions['params']> =>
  Object.fromEntries(
    ['challenges', 'delegation', 'price', 'capacity'].map((one) => [
      `fizz.sel_w_bps.${one}`,
      one === name ? 10_000 : 0,
    ]),
  );

/** A subnet of the first two devices, and a consumer. */
async function subnet(params: StandOptions['params'] = {}) {
  const stand = await MarketStand.open({ params });
  stand.enter();
  const gateway = stand.addProvider();
  const members = [stand.addMember(gateway, 0), stand.addMember(gateway, 1)] as const;
  return { stand, gateway, members, escrow: stand.addEscrow() };
}

/** What the n-th device's owner works out. */
function offers(stand: MarketStand, gateways: readonly number[], n = 0): Record<number, number> {
  const sight = createSight(stand.shared);
  const account = stand.of('fizz', n);
  sight.pointAt(stand.shared.roster.agents.find((info) => info.account === account)!, PHASE.bid, 1);
  return Object.fromEntries(offersOf(sight.view, gateways));
}

const fizzOrder = (stand: MarketStand, escrow: number, cpuCount = 2): number =>
  stand.order(escrow, { mode: ORDER_MODE.fizz, cpuCount });

describe('FIZZ-6: the member that a gateway offers', () => {
  it.each([
    [
      'price',
      (stand: MarketStand, second: number) => writeRecord(stand.s, 'fizzNodes', second, { priceUnits: TOKEN / 4 }),
    ],
    [
      'capacity',
      (stand: MarketStand, second: number) =>
        writeRecord(stand.s, 'fizzNodes', second, { cpuCount: 16, memoryGb: 64, storageGb: 900 }),
    ],
    [
      'challenges',
      ({ shared }: MarketStand, second: number) => {
        shared.memberChallenges[second * 2] = 4;
        shared.memberChallenges[second * 2 + 1] = 3;
      },
    ],
    [
      'delegation',
      (stand: MarketStand, second: number) => {
        const { delegation } = stand.fizz(second);
        writeRecord(stand.s, 'delegations', delegation, { units: 30 * TOKEN });
      },
    ],
  ])('given the weight of %s alone > is the one that has more of it, on a tie the first', async (name, change) => {
    const { stand, gateway, members, escrow } = await subnet(alone(name));
    const order = fizzOrder(stand, escrow);
    expect(offers(stand, [gateway])).toEqual({ [members[0]]: order });
    change(stand, members[1]);
    expect(offers(stand, [gateway])).toEqual({ [members[1]]: order });
    expect(offers(stand, [gateway], 1)).toEqual({ [members[1]]: order });
  });

  it('is none that does not answer its polls', async () => {
    const { stand, gateway, members, escrow } = await subnet();
    const order = fizzOrder(stand, escrow);
    stand.setOnline(stand.of('fizz', 0), false);
    expect(offers(stand, [gateway], 1)).toEqual({ [members[1]]: order });
  });

  it('is another one for each order, in their order, as far as there are members that can serve it', async () => {
    const { stand, gateway, members, escrow } = await subnet();
    fizzOrder(stand, escrow, 5);
    const orders = [fizzOrder(stand, escrow), fizzOrder(stand, escrow), fizzOrder(stand, escrow)];
    expect(offers(stand, [gateway])).toEqual({ [members[0]]: orders[0], [members[1]]: orders[1] });
  });

  it('given several subnets > is for an order that the others leave to it, while there are enough', async () => {
    const stand = await MarketStand.open();
    stand.enter();
    const gateways = [0, 1, 2].map((n) => stand.addProvider(n));
    const members = gateways.map((gateway, n) => stand.addMember(gateway, n));
    const escrow = stand.addEscrow();
    const orders = [fizzOrder(stand, escrow), fizzOrder(stand, escrow), fizzOrder(stand, escrow)];
    const given = members.map((member, n) => offers(stand, [gateways[n]!], n)[member]);
    expect([...given].sort()).toEqual(orders);
  });

  it('is for no order whose window is over when gateways bid', async () => {
    const { stand, gateway, escrow } = await subnet({ 'order.bid_window_blocks': 1 });
    fizzOrder(stand, escrow);
    expect(offers(stand, [gateway])).toEqual({});
  });
});

/** Gateways with devices, of which consumers want most. */
function market(params: Scenario['params'] = {}): Scenario {
  return smallScenario(
    [
      {
        role: 'miner',
        strategy: 'steady',
        count: 12,
        hardware: 'datacentre',
        options: { facets: 'spheron', stake_tier: 4, gateway: 'on' },
      },
      { role: 'fizz', strategy: 'evening', count: 24, openTokens: 300 },
      {
        role: 'consumer',
        strategy: 'renter',
        count: 24,
        options: {
          lease_bps: 2_500,
          fizz_bps: 8_000,
          cpu_max: 4,
          gpu_bps: 0,
          hours_max: 4,
          worth_min_mil: 20_000,
          worth_max_mil: 40_000,
        },
        openTokens: 20_000,
      },
    ],
    { eras: 2, params: { 'tier.initial': 4, 'fdeleg.budget': 0, ...params } },
  );
}

describe('fizz orders of a whole market', () => {
  it('get several bids and never more than go for one, each of another gateway and device, and most of them are matched', async () => {
    const run = await runSmall(market());
    const orders = ordersOf(run).filter(({ mode, createdS }) => mode === ORDER_MODE.fizz && createdS > 5 * 3_600);
    const bids = bidsOf(run).filter(({ fizz }) => fizz > 0);
    const counts = orders.map(({ id }) => bids.filter(({ order }) => order === id).length);
    expect(Math.max(...counts)).toBe(GATEWAYS_PER_ORDER);
    const slots = new Map<string, number>();
    for (const { order, fizz } of bids) {
      const key = `${Math.floor(ordersOf(run)[order - 1]!.createdS / 3_600)}/${fizz}`;
      slots.set(key, (slots.get(key) ?? 0) + 1);
    }
    expect(Math.max(...slots.values())).toBe(1);
    const matched = orders.filter(({ lease }) => lease > 0).length;
    expect(orders.length).toBeGreaterThan(100);
    expect(matched / orders.length).toBeGreaterThan(0.8);
  });

  it.each([
    [1, 30, false],
    [2, 30, true],
    [3, 7_200, true],
    [10, 7_200, true],
  ])(
    'given a window of %d blocks and %d to live > those of providers are matched, those of fizz nodes: %s',
    async (window, ttl, isFizzMatched) => {
      const run = await runSmall(market({ 'order.bid_window_blocks': window, 'order.ttl_blocks': ttl }));
      const leases = leasesOf(run);
      expect(leases.filter(({ fizz }) => fizz === 0).length).toBeGreaterThan(20);
      expect(leases.some(({ fizz }) => fizz > 0)).toBe(isFizzMatched);
    },
  );
});
