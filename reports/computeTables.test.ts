/** Tables about the compute market and its money, by hand on runs small enough to count; and the run that has none. */
import { describe, expect, it } from 'vitest';
import type { EconomicsRow, FizzRow, FlowRow, MarketRow, RunTables } from '../sim/engine/trace.ts';
import * as tables from './computeTables.ts';
import { makeSections } from './figures.ts';
import { flowLayout, OTHER_REASONS, paymentsOf, withFewReasons } from './moneyFlow.ts';
import { type Reading, readTables } from './reading.ts';
import { syntheticRun } from './syntheticRun.ts';
import { recordsOf, type Table } from './table.ts';

const TOKEN = 1_000_000;
const small = syntheticRun({ eras: 4, size: 5 });

function rowsWith(rows: {
  readonly market?: readonly Partial<MarketRow>[];
  readonly flows?: readonly FlowRow[];
  readonly economics?: readonly Partial<EconomicsRow>[];
  readonly fizz?: readonly Partial<FizzRow>[];
}): RunTables {
  const zeros = Object.fromEntries(Object.keys(small.market[0]!).map((key) => [key, 0])) as MarketRow;
  return {
    ...small,
    market: (rows.market ?? []).map((row) => ({ ...zeros, ...row })),
    flows: rows.flows ?? [],
    economics: (rows.economics ?? []).map((row) => ({ ...small.economics[0]!, ...row })),
    fizz: (rows.fizz ?? []).map((row) => ({ ...small.fizz[0]!, ...row })),
  };
}
const readingOf = (rows: Parameters<typeof rowsWith>[0]): Reading => readTables(rowsWith(rows));
const cellsOfRow = (data: Table, ...keys: readonly string[]): unknown[][] =>
  recordsOf(data).map((row) => keys.map((key) => row[key]));

const flow = (era: number, payer: string, receiver: string, reason: string, tokens: number, asset = 0): FlowRow => ({
  ...{ era, payer, receiver, reason, asset },
  units: asset === 0 ? tokens * TOKEN : 1,
  valueUnits: tokens * TOKEN,
});

describe('paymentsOf', () => {
  const flows = [
    flow(0, 'outside', 'consumer', 'issue', 999),
    flow(0, 'consumer', 'escrow', 'escrowDeposit', 500),
    flow(0, 'miner', 'stakeVault', 'stake', 300),
    flow(0, 'escrow', 'miner', 'leasePayment', 30),
    flow(1, 'escrow', 'miner', 'leasePayment', 10, 1),
    flow(0, 'escrow', 'foundation', 'commission', 8),
    flow(0, 'community', 'validatorPot', 'validatorReward', 6),
    flow(1, 'validatorPot', 'validator', 'validatorReward', 5),
  ];
  const reading = readingOf({ flows });

  it('leaves out what only changes its place, and counts foreign assets at their value', () => {
    expect(
      paymentsOf(reading).map(({ payer, reason, receiver, tokens, foreignTokens }) => [
        payer,
        reason,
        receiver,
        tokens,
        foreignTokens,
      ]),
    ).toEqual([
      ['consumers', 'leases', 'miners', 30, 0],
      ['consumers', 'leases', 'miners', 10, 10],
      ['consumers', 'commission', 'foundation', 8, 0],
      ['community pool', 'validator pay', 'validators’ pot', 6, 0],
      ['validators’ pot', 'validator pay', 'validators', 5, 0],
    ]);
  });

  it('over eras, counts what goes through a pot once, when it leaves it', () => {
    expect(cellsOfRow(tables.paymentTable(reading), 'era', 'reason', 'paid_tokens').slice(0, 6)).toEqual([
      [0, 'leases', 30],
      [0, 'commission', 8],
      [0, 'validator pay', 0],
      [1, 'leases', 10],
      [1, 'commission', 0],
      [1, 'validator pay', 5],
    ]);
  });

  it('given more reasons than there is room for > puts the smallest together, and loses nothing', () => {
    const many = Array.from({ length: 7 }, (_, i) => flow(0, 'miner', 'foundation', `reason ${i}`, 10 - i));
    const few = withFewReasons(paymentsOf(readingOf({ flows: many })), 4);
    expect(few.map(({ reason }) => reason)).toEqual([
      ...['reason 0', 'reason 1', 'reason 2'],
      ...[OTHER_REASONS, OTHER_REASONS, OTHER_REASONS, OTHER_REASONS],
    ]);
    expect(few.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(10 + 9 + 8 + 7 + 6 + 5 + 4);
  });
});

describe('flowLayout', () => {
  const flows = [
    flow(0, 'escrow', 'miner', 'leasePayment', 60),
    flow(1, 'escrow', 'miner', 'leasePayment', 20),
    flow(0, 'escrow', 'fizz', 'leasePayment', 10),
    flow(0, 'foundation', 'miner', 'livenessReward', 10),
  ];
  const rows = recordsOf(flowLayout(paymentsOf(readingOf({ flows }))));
  const bars = rows.filter((row) => row.low_there === null);
  const strands = rows.filter((row) => row.low_there !== null);

  it('has three columns of bars, the largest on top, as long as what passes through them', () => {
    expect(bars.map((row) => [row.column, row.bar, row.paid_tokens])).toEqual([
      [0, 'consumers', 90],
      [0, 'foundation', 10],
      [1, 'leases', 90],
      [1, 'liveness', 10],
      [2, 'miners', 90],
      [2, 'fizz nodes', 10],
    ]);
    // Two bars in each column: 4.2 % of the 100 tokens between them.
    expect(bars.map((row) => [row.low, row.high])).toEqual([
      ...[
        [0, 90],
        [94.2, 104.2],
      ],
      ...[
        [0, 90],
        [94.2, 104.2],
      ],
      ...[
        [0, 90],
        [94.2, 104.2],
      ],
    ]);
  });

  it('has two halves for each way of money, as thick as its amount at both ends', () => {
    expect(
      strands.map((row) => [row.column, row.payer, row.receiver, row.low, row.high, row.low_there, row.high_there]),
    ).toEqual([
      [0, 'consumers', 'miners', 0, 80, 0, 80],
      [0, 'consumers', 'fizz nodes', 80, 90, 80, 90],
      [0, 'foundation', 'miners', 94.2, 104.2, 94.2, 104.2],
      [1, 'consumers', 'miners', 0, 80, 0, 80],
      [1, 'consumers', 'fizz nodes', 80, 90, 94.2, 104.2],
      [1, 'foundation', 'miners', 94.2, 104.2, 80, 90],
    ]);
  });

  it('given a whole run > every strand lies on the bars that it joins, and the strands of a bar fill it', () => {
    const all = recordsOf(flowLayout(paymentsOf(readTables(syntheticRun({ eras: 20 })))));
    const names = ['payer', 'reason', 'receiver'] as const;
    const lowOfReason = new Map(
      all.filter((row) => row.column === 1 && row.low_there === null).map((row) => [row.bar, row.low as number]),
    );
    for (const bar of all.filter((row) => row.column === 2)) {
      const ending = all.filter((row) => row.column === 1 && row.low_there !== null && row.receiver === bar.bar);
      ending.sort((a, b) => (a.low_there as number) - (b.low_there as number));
      const reasons = ending.map((row) => lowOfReason.get(row.reason)!);
      // Strands that end together do not cross on their way.
      expect(reasons).toEqual([...reasons].sort((a, b) => a - b));
    }
    const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6 * (1 + Math.abs(a));
    for (const bar of all.filter((row) => row.low_there === null)) {
      const column = bar.column as number;
      const key = names[column]!;
      const own = all.filter((row) => row.low_there !== null && row[key] === bar.bar);
      for (const [at, low, high] of [
        [column, 'low', 'high'],
        [column - 1, 'low_there', 'high_there'],
      ] as const) {
        const here = own.filter((row) => row.column === at).map((row) => [row[low] as number, row[high] as number]);
        if (here.length === 0) continue;
        here.sort((a, b) => a[0]! - b[0]!);
        expect(near(here[0]![0]!, bar.low as number), `${bar.bar}`).toBe(true);
        expect(near(here[here.length - 1]![1]!, bar.high as number), `${bar.bar}`).toBe(true);
        here.slice(1).forEach(([from], i) => {
          expect(near(from!, here[i]![1]!), `${bar.bar}`).toBe(true);
        });
      }
    }
    expect(all.length).toBeGreaterThan(30);
  });
});

describe('prices, utilisation and orders', () => {
  const market = [
    { era: 0, cpuHourPriceUnits: 200_000, gpuHourPriceUnits: -1, registeredCpuCount: 40, usedCpuCount: 10 },
    { era: 1, cpuHourPriceUnits: 300_000, gpuHourPriceUnits: 5_000_000, registeredCpuCount: 40, usedCpuCount: 20 },
  ];

  it('an era without leases of a kind has no price of it, and no GPUs are no share', () => {
    const reading = readingOf({ market });
    expect(cellsOfRow(tables.priceTable(reading), 'era', 'price_tokens').slice(0, 4)).toEqual([
      [0, 0.2],
      [0, null],
      [1, 0.3],
      [1, 5],
    ]);
    expect(cellsOfRow(tables.utilisationTable(reading), 'era', 'resource', 'used_share').slice(0, 4)).toEqual([
      [0, 'CPUs', 0.25],
      [0, 'GPUs', null],
      [1, 'CPUs', 0.5],
      [1, 'GPUs', null],
    ]);
  });

  it('given eras put together > counts are means per era, bids per order of the whole, waiting orders the last', () => {
    // 90 eras in 45 points of two.
    const long = Array.from({ length: 90 }, (_, era) => ({
      ...{ era, orderCount: era === 1 ? 3 : 1, bidCount: era === 1 ? 5 : 3, matchedCount: 2 * (era % 2) },
      ...{ waitingCount: era, cpuHourPriceUnits: (era + 1) * TOKEN, gpuHourPriceUnits: -1 },
    }));
    const run = { ...syntheticRun({ eras: 90, size: 1 }), market: rowsWith({ market: long }).market };
    const reading = readTables(run);
    expect(cellsOfRow(tables.orderTable(reading), 'era', 'outcome', 'order_count').slice(0, 3)).toEqual([
      [0, 'matched', 1],
      [0, 'expired', 0],
      [0, 'cancelled', 0],
    ]);
    expect(cellsOfRow(tables.queueTable(reading), 'era', 'value').slice(0, 2)).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(cellsOfRow(tables.priceTable(reading), 'price_tokens', 'min_tokens', 'max_tokens')[0]).toEqual([1.5, 1, 2]);
  });

  it('counts why leases ended, and leaves out what never happened', () => {
    const reading = readingOf({
      market: [
        { era: 0, endedCount: 7, expelledCount: 2 },
        { era: 1, endedCount: 1 },
      ],
    });
    expect(tables.endTotals(reading)).toEqual([
      { label: 'time was up', count: 8 },
      { label: 'expelled from its subnet', count: 2 },
    ]);
    expect(cellsOfRow(tables.endTable(reading), 'era', 'end', 'lease_count').slice(0, 4)).toEqual([
      [0, 'time was up', 7],
      [0, 'expelled from its subnet', 2],
      [1, 'time was up', 1],
      [1, 'expelled from its subnet', 0],
    ]);
  });
});

describe('returns', () => {
  const row = (era: number, provider: number, hardware: string, leaseTokens: number): Partial<EconomicsRow> => ({
    ...{ era, provider, hardware, gpuTier: hardware === 'large' ? 10 : 0 },
    ...{ capexUnits: 1_000 * TOKEN, opexUnits: 4 * TOKEN, leaseUnits: leaseTokens * TOKEN },
    ...{ gatewayUnits: TOKEN, rewardUnits: 2 * TOKEN, lostUnits: TOKEN },
  });
  // Net is leases + 1 + 2 − 1 − 4 = leases − 2.
  const economics = [row(0, 1, 'small', 12), row(1, 1, 'small', 2), row(0, 2, 'small', 22), row(0, 3, 'large', 0)];
  const reading = readingOf({ economics });

  it('are the mean over providers of net income per price, in per cent', () => {
    expect(
      cellsOfRow(tables.returnTable(reading), 'era', 'hardware', 'mean_percent', 'p10_percent', 'p90_percent'),
    ).toEqual([
      [0, 'large', -0.2, -0.2, -0.2],
      [0, 'small', 1.5, expect.closeTo(1.1, 9), expect.closeTo(1.9, 9)],
      [1, 'small', 0, 0, 0],
    ]);
  });

  it('pay a machine back after price over net eras, and never if it costs more than it earns', () => {
    const found = cellsOfRow(tables.returnByGpuTable(reading), 'group', 'mean_percent', 'payback_eras', 'lease_tokens');
    expect(found).toEqual([
      // Providers: (10 + 0) of 2,000 and 20 of 1,000; together 30 tokens in three eras of 1,000 each. Leases and gateway's part: 39 in three.
      ['small · no GPU', expect.closeTo(1.25, 9), expect.closeTo(100, 9), 13],
      ['large · GPU Ultra 2', -0.2, null, 1],
    ]);
  });

  it('given no price of the dollar > there is nothing to relate to', () => {
    const unpriced = readingOf({ economics: economics.map((one) => ({ ...one, capexUnits: 0 })) });
    expect(tables.returnTable(unpriced).rows).toEqual([]);
    expect(tables.returnByGpuTable(unpriced).rows).toEqual([]);
  });
});

describe('market shares', () => {
  // Each has won two leases more that a member serves, and three that its own owner rents.
  const row = (provider: number, tier: number, wonCount: number, collateral: number): Partial<EconomicsRow> => ({
    ...{
      era: 0,
      provider,
      tier,
      wonCount: wonCount + 5,
      memberWonCount: 2,
      selfWonCount: 3,
      cpuCount: provider === 1 ? 70 : 10,
      collateralUnits: collateral,
    },
  });
  const economics = [row(1, 1, 6, 40), row(2, 3, 1, 30), row(3, 3, 1, 20), row(4, 3, 0, 10)];
  const reading = readingOf({ economics });

  it('of a tier are those of its providers in leases, provider-eras and CPUs', () => {
    expect(cellsOfRow(tables.shareByTierTable(reading), 'group', 'share')).toEqual([
      ['tier 1', 0.75],
      ['tier 1', 0.25],
      ['tier 1', 0.7],
      ['tier 3', 0.25],
      ['tier 3', 0.75],
      ['tier 3', 0.3],
    ]);
  });

  it('of a quarter by collateral are those of the next providers in order of it', () => {
    expect(cellsOfRow(tables.shareByStakeTable(reading), 'group', 'share').filter((_, i) => i % 3 === 0)).toEqual([
      ['most collateral', 0.75],
      ['second quarter', 0.125],
      ['third quarter', 0.125],
      ['least collateral', 0],
    ]);
  });

  it('are as unequal as Gini and Herfindahl say, and nothing if nobody won', () => {
    const found = tables.concentrationOf(reading)!;
    expect([found.providerCount, found.wonCount, found.equalHhi]).toEqual([4, 8, 0.25]);
    expect([found.memberWonCount, found.selfWonCount]).toEqual([8, 12]);
    // (36 + 1 + 1) / 64; 0, 1, 1, 6 in order: 2·(1·0 + 2·1 + 3·1 + 4·6) / (4·8) − 5/4.
    expect(found.hhi).toBeCloseTo(38 / 64, 12);
    expect(found.gini).toBeCloseTo((2 * 29) / 32 - 5 / 4, 12);
    expect(tables.concentrationOf(readingOf({ economics: [row(1, 1, 0, 1)] }))).toBeNull();
  });
});

describe('self-dealing', () => {
  const market = [
    { era: 0, payeeUnits: 30 * TOKEN, selfPayeeUnits: 9 * TOKEN },
    { era: 1, payeeUnits: 10 * TOKEN, selfPayeeUnits: TOKEN },
  ];
  const economics = [
    { era: 0, provider: 1, tier: 4, wonCount: 9, memberWonCount: 2, selfWonCount: 4 },
    { era: 1, provider: 1, tier: 4, wonCount: 1, memberWonCount: 0, selfWonCount: 0 },
  ];
  const summaryOf = (rows: Parameters<typeof rowsWith>[0], id: string): string =>
    makeSections(readTables(rowsWith(rows)))
      .flatMap(({ figures }) => figures)
      .find((figure) => figure.id === id)!.summary;
  const flows = [flow(0, 'escrow', 'miner', 'leasePayment', 40)];

  it('is told apart from what consumers paid for leases', () => {
    expect(summaryOf({ market, flows }, 'money-flow')).toContain(
      'consumers paid 40 to providers and fizz nodes for leases, 10 of them (25\u202f%) by providers’ owners for machines of their own.',
    );
    const honest = market.map((row) => ({ ...row, selfPayeeUnits: 0 }));
    expect(summaryOf({ market: honest, flows }, 'money-flow')).toContain('for leases. What waits');
  });

  it('is left out of market shares, and so are leases on members’ machines, with the numbers', () => {
    expect(summaryOf({ market, economics }, 'share-tier')).toContain(
      'Of 10 leases these are 4: left out are 2 that members of subnets serve on machines of their own, and 4 (40\u202f%) that',
    );
  });
});

describe('fizz nodes', () => {
  it('are counted by state at the end, and earn by the tier of their gateway', () => {
    const node = (era: number, number: number, gateway: number, leaseTokens: number): Partial<FizzRow> => ({
      ...{ era, fizz: number, gateway, gatewayTier: gateway === 0 ? 0 : 4, rewardUnits: TOKEN },
      leaseUnits: leaseTokens * TOKEN,
    });
    const reading = readingOf({
      market: [{ era: 0, fizzActiveCount: 5, fizzServingCount: 2, fizzDetachedCount: 1, subnetCount: 3 }],
      fizz: [node(0, 1, 9, 9), node(1, 1, 9, 1), node(0, 2, 9, 0), node(0, 3, 0, 50)],
      economics: [
        { era: 0, provider: 9, tier: 4, gatewayUnits: TOKEN },
        { era: 1, provider: 9, tier: 4, gatewayUnits: 0 },
        { era: 2, provider: 9, tier: 4, gatewayUnits: 0 },
        { era: 0, provider: 8, tier: 4, gatewayUnits: 0 },
      ],
    });
    expect(cellsOfRow(tables.fizzTable(reading), 'state', 'node_count').slice(0, 4)).toEqual([
      ['free', 5],
      ['serving', 2],
      ['detached', 1],
      ['subnets', 3],
    ]);
    expect(cellsOfRow(tables.subnetTable(reading), 'group', 'node_count', 'mean_tokens', 'total_tokens')).toEqual([
      // Node 1 earned 10 and 2, node 2 only its reward; the third is in no subnet.
      ['tier 4 · member', 2, (6 + 1) / 2, 13],
      // In the two eras in which the gateway had members.
      ['tier 4 · gateway', 1, 0.5, 1],
    ]);
  });
});

describe('sections about the compute market', () => {
  const IDS = [
    ...['orders', 'order-queue', 'compute-price', 'utilisation', 'lease-ends', 'share-tier', 'share-stake'],
    ...['roi', 'roi-gpu', 'fizz-nodes', 'subnet-income', 'money-flow', 'payments'],
  ];
  const figuresOf = (run: RunTables) => makeSections(readTables(run)).flatMap(({ figures }) => figures);
  const titleOf = (run: RunTables, id: string): string => figuresOf(run).find((figure) => figure.id === id)!.title;

  it('given a run without a market > shows none of its figures, and says so once', () => {
    const run = syntheticRun({ eras: 5, hasMarket: false });
    expect(figuresOf(run).filter(({ id }) => IDS.includes(id))).toEqual([]);
    const compute = makeSections(readTables(run)).find(({ id }) => id === 'compute')!;
    expect(compute.missing).toEqual([
      'Orders, leases, prices, returns and fizz nodes: there is no compute market in this run.',
    ]);
  });

  it('given a market on which nothing happened > leaves out every figure with a reason of its own', () => {
    const run = rowsWith({ market: [{ era: 0, cpuHourPriceUnits: -1, gpuHourPriceUnits: -1 }] });
    const shown = figuresOf(run).filter(({ id }) => IDS.includes(id));
    expect(shown).toEqual([]);
    const sections = makeSections(readTables(run));
    const reasons = sections.filter(({ id }) => id === 'compute' || id === 'money').flatMap(({ missing }) => missing);
    expect(reasons).toHaveLength(IDS.length);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z].{3,}: .{8,}\.$/);
  });

  it('says the finding in its titles, with the numbers', () => {
    const market = [
      { era: 0, orderCount: 10, matchedCount: 8, expiredCount: 2, bidCount: 25, waitingCount: 1, endedCount: 3 },
      { era: 1, openedLeaseCount: 8, cpuHourPriceUnits: 220_000, gpuHourPriceUnits: -1, exhaustedCount: 1 },
    ].map((row) => ({ cpuHourPriceUnits: -1, gpuHourPriceUnits: -1, ...row }));
    const run = rowsWith({
      market,
      flows: [flow(0, 'escrow', 'miner', 'leasePayment', 75), flow(0, 'foundation', 'miner', 'livenessReward', 25)],
    });
    expect(titleOf(run, 'orders')).toBe('80\u202f% of 10 orders found a provider');
    expect(titleOf(run, 'order-queue')).toBe('There are 2.5 bids for an order, and at most 1 order waits');
    expect(titleOf(run, 'compute-price')).toBe('A lease costs 0.22 tokens per CPU and hour, without GPU');
    expect(titleOf(run, 'lease-ends')).toBe('75\u202f% of 4 closed leases: time was up');
    expect(titleOf(run, 'money-flow')).toBe(
      'The largest flow of money, 75\u202f% of all, went from consumers to miners: leases',
    );
    expect(titleOf(run, 'payments')).toBe('Leases made up 75\u202f% of what was paid');
  });

  it('names the public price tables wherever a machine’s price enters', () => {
    const shown = figuresOf(syntheticRun({ eras: 6 })).filter(({ id }) => id.startsWith('roi'));
    expect(shown).toHaveLength(2);
    for (const { summary } of shown) expect(summary).toContain('from cited public price tables');
  });
});
