import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { openReplay, runSmall, smallScenario } from '../cli/testRun.ts';
import { F } from '../protocol/layout.ts';
import { createRoster } from './roster.ts';
import type { Scenario } from './scenario.ts';
import { ANSWER_SIZE, answerAt, capacitiesFor, MOST_CPUS } from './shared.ts';
import { createTestWorld, type Group } from './testWorld.ts';
import { HARDWARE } from './world.ts';

const NETWORK: readonly Group[] = [
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'steady', count: 2 },
  { role: 'validator', strategy: 'diligent', count: 5 },
  { role: 'consumer', strategy: 'honest', count: 2 },
];
const busy = (count: number): Group => ({
  role: 'consumer',
  strategy: 'honest',
  count,
  demand: { kind: 'poisson', ratePerSlotMil: 20_000 },
  options: { budget_milli: 100_000 },
});
const largest = (strategy: string, option: string): number => {
  const spec = CATALOGUE.find(({ name, options }) => name === strategy && option in options)!.options[option]!;
  return spec.unit === 'choice' ? Number.NaN : spec.max;
};

describe('capacitiesFor', () => {
  const P: Scenario['params'] = { 'val.samples': 5 };
  it.each<[string, Group, Partial<Scenario>]>([
    [
      'as many nodes as a miner may run',
      {
        role: 'miner',
        strategy: 'steady',
        count: 2,
        openTokens: 60_000,
        options: { nodes: largest('steady', 'nodes') },
      },
      { eras: 5 },
    ],
    [
      'as many models as a creator may register',
      { role: 'creator', strategy: 'steady', count: 1, options: { models: largest('steady', 'models') } },
      { eras: 9 },
    ],
    [
      'the largest flood of models',
      { role: 'creator', strategy: 'spammer', count: 1, options: { per_era: 100, limit: largest('spammer', 'limit') } },
      { eras: 11 },
    ],
    ['every answer of a busy market audited', busy(10), { eras: 3, params: { ...P, 'val.audit_bps': 10_000 } }],
    [
      'large groups that never agree',
      { role: 'validator', strategy: 'lazy', count: 50, options: { prior_bps: 5_000 } },
      { eras: 4, params: { ...P, 'val.group_size': 51, 'val.max_rounds': 10, 'val.pass_bps': 9_000 } },
    ],
    [
      'reservations that expire every hour, for nothing',
      { role: 'miner', strategy: 'steady', count: 3, options: { outage_bps: 10_000 } },
      { eras: 10, params: { ...P, 'node.reserve_deadline_s': 3_600, 'node.deadline_penalty_bps': 0 } },
    ],
    [
      'nodes that are given up as soon as they can be',
      { role: 'miner', strategy: 'whitewasher', count: 3, openTokens: 20_000, options: { leave_below_bps: 10_000 } },
      { eras: 10, params: { ...P, 'node.exit_eras': 0, 'rotate.period_eras': 1, 'val.audit_bps': 10_000 } },
    ],
  ])('has room for %s', async (_, group, rest) => {
    const { outcome } = await runSmall(smallScenario([...NETWORK, group], { params: P, ...rest }));
    expect(outcome.erasDone).toBe(rest.eras);
  });

  const rented = (strategy: string, options: Group['options'], count = 1): Group => ({
    role: 'miner',
    strategy,
    count,
    hardware: 'datacentre',
    openTokens: 100_000,
    options: { facets: 'spheron', stake_tier: 4, ...options },
  });
  const WASH = { wash_leases: 60, wash_hours: 1 };
  const hasRoom = async (groups: readonly Group[], params: Scenario['params'] = {}, eras = 3) => {
    const scenario = smallScenario(groups, { eras, params: { ...P, 'tier.initial': 4, ...params } });
    const { state, outcome } = await runSmall(scenario);
    expect(outcome.erasDone).toBe(eras);
    return {
      orders: state.orderTotals[F.orderTotals.orderCount]!,
      bids: state.orderTotals[F.orderTotals.bidCount]!,
      escrows: state.escrowTotals[F.escrowTotals.escrowCount]!,
      slots: eras * 24,
    };
  };

  it('has room for sixty leases of a washer to itself that last an hour, with a single bid to an order', async () => {
    const found = await hasRoom([rented('washer', WASH)], { 'order.max_bids': 1 });
    expect(found.orders).toBeGreaterThan(4 * 256);
    expect(found.bids).toBeGreaterThan(found.orders / 2);
  });

  it('has room for orders of washers that nobody serves, hour after hour', async () => {
    const found = await hasRoom([rented('washer', WASH)], { 'anti.self_lease_ban': 1 });
    expect(found.orders).toBeGreaterThan(30 * found.slots);
    expect(found.bids).toBe(0);
  });

  it('has room for the wallets, orders and bids of washers that swap them', async () => {
    const options = { ...WASH, partner: 'on', cartel: 1, deposit_tokens: 100 };
    const found = await hasRoom([rented('washer', options, 3)], {
      ...{ 'order.max_bids': 1, 'escrow.min_deposit': 1, 'escrow.brackets_enforced': 0 },
    });
    expect(found.escrows).toBeGreaterThan(28);
    expect(found.bids).toBeGreaterThan(4 * 256);
  });

  it('has room for many bids on few orders of which each may hold one, and each is cheaper than the one before', async () => {
    const renters: Group = {
      ...{ role: 'consumer', strategy: 'renter', count: 10, openTokens: 50_000 },
      options: {
        lease_bps: 10_000,
        leases_max: 1_000,
        cpu_max: 1,
        gpu_bps: 0,
        worth_min_mil: 20_000,
        worth_max_mil: 20_000,
      },
    };
    const miners = Array.from({ length: 24 }, (_, i) =>
      rented('steady', { bids_per_slot: 64, margin_bps: (24 - i) * 4_000 }),
    );
    const found = await hasRoom([...miners, renters], { 'order.max_bids': 1, 'match.bid_floor_bps': 0 });
    expect(found.bids).toBeGreaterThan(2 * (256 + 2 * 10 * found.slots));
  });

  it('has room for leases that are all updated in every slot', () => {
    const options = { lease_bps: 500, leases_max: 20, update_bps: 10_000 };
    const scenario = smallScenario([{ role: 'consumer', strategy: 'renter', count: 5, options }], { eras: 30 });
    const { leases } = capacitiesFor(createRoster(scenario), scenario, 24);
    expect(leases).toBeGreaterThan(30 * 24 * 5 * 20);
  });

  it('knows the largest machine', () => {
    const most = Math.max(...Object.values(HARDWARE).map(({ cpuCount }) => cpuCount[1]));
    expect(MOST_CPUS).toBe(most);
  });

  it('has room for every request of a trace, and for their audits', () => {
    const demand = { kind: 'trace', format: 'mooncake', path: '', repeatCount: 3, speedupMil: 1_000 } as const;
    const scenario = smallScenario([...NETWORK, { role: 'consumer', strategy: 'honest', count: 1, demand }], {
      eras: 1,
      params: { 'val.audit_bps': 10_000 },
    });
    const { tasks } = capacitiesFor(createRoster(scenario), scenario, 24, new Map([[4, { length: 100_000 }]]));
    expect(tasks).toBeGreaterThan(300_000);
  });

  it('grows no faster than the run: a year of two thousand agents reserves less than 4 GB', () => {
    const scenario = smallScenario(
      NETWORK.map((group) => ({ ...group, count: 500 })),
      { eras: 365 },
    );
    const {
      tasks = 0,
      members = 0,
      nodes = 0,
      models = 0,
      ratings = 0,
    } = capacitiesFor(createRoster(scenario), scenario, 24);
    expect((tasks * 20 + members * 8 + nodes * 60 + models * 40 + ratings) * 8).toBeLessThan(4_000_000_000);
  });
});

describe('answerAt', () => {
  it('gives every answer of a run four numbers of its own', async () => {
    const { shared } = createTestWorld(smallScenario(NETWORK), await openReplay(60));
    const places = new Set<number>();
    for (let variant = 0; variant < shared.variants.length; variant++) {
      for (let level = 0; level < 3; level++) {
        for (let sample = 0; sample < shared.poolSamples; sample++)
          places.add(answerAt(shared, variant, sample, level));
      }
    }
    expect(ANSWER_SIZE).toBe(4);
    expect(places.size * 4).toBe(shared.answers.length);
    expect(Math.max(...places) + 4).toBe(shared.answers.length);
    expect([...places].every((place) => place % 4 === 0)).toBe(true);
  });
});

describe('createShared', () => {
  it('starts empty: no answer, no arrival, no memory, and every agent with streams of its own', async () => {
    const { shared, state } = createTestWorld(smallScenario(NETWORK), await openReplay(60));
    for (const column of [
      ...[shared.answers, shared.memory, shared.auditSamples, shared.auditRequests, shared.openAudits, shared.market],
      ...[shared.arrivalStarts, shared.setSeeds, shared.taskSeeds, shared.distances, shared.builds],
    ])
      expect(column.some((value) => value !== 0)).toBe(false);
    const agents = shared.roster.agents.length;
    const states = Array.from({ length: agents * 2 }, (_, i) => shared.streams.slice(i * 4, i * 4 + 4).join());
    expect(new Set(states).size).toBe(agents * 2);
    expect(shared.tables.tokenTotals[F.tokenTotals.accountCount]).toBe(agents);
    expect(shared.tables.wallets).toBe(state.wallets);
  });
});
