/**
 * From the rows of the compute market to the tables behind the figures about it. Amounts are tokens, foreign assets at the
 * price of the moment; shares are fractions of 1, returns per cent of a machine's price. Where eras are put together, flows are
 * means per era, shares are of the whole bin, and states are those at the bin's end.
 */
import type { EconomicsRow, MarketRow } from '../sim/engine/trace.ts';
import { type Payment, paymentsOf, totalsBy, withFewReasons } from './moneyFlow.ts';
import { GPUS, TIERS } from './providerTables.ts';
import { groupBy, type Reading, sumOf } from './reading.ts';
import { giniOf, meanOf, quantileOf } from './statistics.ts';
import { type Cell, type Table, table } from './table.ts';

/** Rows of each bin of eras. */
function byBin<Row extends { readonly era: number }>({ bins }: Reading, rows: readonly Row[]): Row[][] {
  const parts: Row[][] = bins.bins.map(() => []);
  for (const row of rows) parts[bins.indexOf(row.era)]?.push(row);
  return parts;
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** One row per bin and series: the measure of the market's rows in it. */
function marketOverEras(
  reading: Reading,
  columns: Readonly<Record<string, string>>,
  series: Readonly<Record<string, (rows: readonly MarketRow[], eraCount: number) => number | null>>,
): Table {
  const parts = byBin(reading, reading.run.market);
  const rows = reading.bins.bins.flatMap(({ from, to }, i) =>
    Object.entries(series).map(([label, measure]): Cell[] => [from, label, measure(parts[i]!, to - from + 1)]),
  );
  return table(columns, rows);
}

/** Reasons told apart in a chart over eras: one for each colour. */
const MOST_SERIES = 10;

/** Payments by reason, small reasons put together. What goes into a pot counts when it leaves it. */
export const finalPayments = (reading: Reading): Payment[] =>
  withFewReasons(
    paymentsOf(reading).filter(({ isFinal }) => isFinal),
    MOST_SERIES,
  );

/** What was paid in an era, by reason, largest reason first. */
export function paymentTable(reading: Reading): Table {
  const payments = finalPayments(reading);
  const reasons = totalsBy(payments, ({ reason }) => reason).map(({ label }) => label);
  const parts = byBin(reading, payments);
  const rows = reading.bins.bins.flatMap(({ from, to }, i) => {
    const sums = new Map<string, number>();
    for (const { reason, tokens } of parts[i]!) sums.set(reason, (sums.get(reason) ?? 0) + tokens);
    return reasons.map((reason): Cell[] => [from, reason, (sums.get(reason) ?? 0) / (to - from + 1)]);
  });
  return table({ era: 'Era', reason: 'Reason', paid_tokens: 'Paid (tokens per era)' }, rows);
}

export const PRICES = ['per CPU and hour, without GPU', 'per hour of a lease with GPU'] as const;

/** Mean price of the leases opened, and the cheapest and the dearest era of the bin. */
export function priceTable(reading: Reading): Table {
  const parts = byBin(reading, reading.run.market);
  const names = ['cpuHourPriceUnits', 'gpuHourPriceUnits'] as const;
  const rows = reading.bins.bins.flatMap(({ from }, i) =>
    names.map((name, at): Cell[] => {
      const known = parts[i]!.filter((row) => row[name] >= 0).map((row) => reading.tokens(row[name]));
      if (known.length === 0) return [from, PRICES[at]!, null, null, null];
      return [from, PRICES[at]!, meanOf(known), quantileOf(known, 0), quantileOf(known, 1)];
    }),
  );
  return table(
    {
      era: 'Era',
      price_of: 'Price',
      price_tokens: 'Mean (tokens)',
      min_tokens: 'Cheapest era (tokens)',
      max_tokens: 'Dearest era (tokens)',
    },
    rows,
  );
}

/** Part of what active providers have registered that leases use at the eras' ends. */
export function utilisationTable(reading: Reading): Table {
  const used =
    (part: 'usedCpuCount' | 'usedGpuCount', whole: 'registeredCpuCount' | 'registeredGpuCount') =>
    (rows: readonly MarketRow[]) =>
      share(
        sumOf(rows, (row) => row[part]),
        sumOf(rows, (row) => row[whole]),
      );
  return marketOverEras(
    reading,
    { era: 'Era', resource: 'Resource', used_share: 'Share in use' },
    { CPUs: used('usedCpuCount', 'registeredCpuCount'), GPUs: used('usedGpuCount', 'registeredGpuCount') },
  );
}

/** What became of orders, per era. */
export function orderTable(reading: Reading): Table {
  const mean = (of: (row: MarketRow) => number) => (rows: readonly MarketRow[], eras: number) => sumOf(rows, of) / eras;
  return marketOverEras(
    reading,
    { era: 'Era', outcome: 'Outcome', order_count: 'Orders per era' },
    {
      matched: mean((row) => row.matchedCount),
      expired: mean((row) => row.expiredCount),
      cancelled: mean((row) => row.cancelledCount),
    },
  );
}

export const QUEUE = ['orders that wait at the era’s end', 'bids per order'] as const;

/** How many orders wait, and how many bids there are for one. */
export function queueTable(reading: Reading): Table {
  return marketOverEras(
    reading,
    { era: 'Era', measure: 'Measure', value: 'Value' },
    {
      [QUEUE[0]]: (rows) => rows[rows.length - 1]?.waitingCount ?? null,
      [QUEUE[1]]: (rows) =>
        share(
          sumOf(rows, (row) => row.bidCount),
          sumOf(rows, (row) => row.orderCount),
        ),
    },
  );
}

const ENDS: readonly (readonly [label: string, of: (row: MarketRow) => number])[] = [
  ['time was up', (row) => row.endedCount],
  ['by the consumer', (row) => row.closedByConsumerCount],
  ['updated', (row) => row.updatedCount],
  ['money ran out', (row) => row.exhaustedCount],
  ['outage of a fizz node', (row) => row.outageCount],
  ['by the provider', (row) => row.closedByProviderCount],
  ['provider lost', (row) => row.providerLostCount],
  ['expelled from its subnet', (row) => row.expelledCount],
];

/** Leases closed over the run by why, most frequent first. */
export const endTotals = ({ run }: Reading): { readonly label: string; readonly count: number }[] =>
  ENDS.map(([label, of]) => ({ label, count: sumOf(run.market, of) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);

/** Leases closed per era, by why; reasons that never occurred are left out. */
export function endTable(reading: Reading): Table {
  const occurring = ENDS.filter(([, of]) => sumOf(reading.run.market, of) > 0);
  return marketOverEras(
    reading,
    { era: 'Era', end: 'Why it ended', lease_count: 'Leases per era' },
    Object.fromEntries(occurring.map(([label, of]) => [label, (rows, eras) => sumOf(rows, of) / eras])),
  );
}

/** What a provider had left of an era: all income less losses and running costs; the price of the machine is not in it. */
const netUnits = (row: EconomicsRow): number =>
  row.leaseUnits + row.gatewayUnits + row.rewardUnits - row.lostUnits - row.opexUnits;

/** Net result per era in per cent of the machine's price, over some eras of one provider; null if no price is known. */
function returnOf(rows: readonly EconomicsRow[]): number | null {
  const ratio = share(
    sumOf(rows, netUnits),
    sumOf(rows, ({ capexUnits }) => capexUnits),
  );
  return ratio === null ? null : 100 * ratio;
}

/** Returns of the providers among some rows, one for each. */
function returnsOf(rows: readonly EconomicsRow[]): number[] {
  return [...groupBy(rows, (row) => String(row.provider)).values()].flatMap((own) => returnOf(own) ?? []);
}

/** Return per era by class of machine: mean over its providers, and the range of their middle 80 %. */
export function returnTable(reading: Reading): Table {
  const classes = [...new Set(reading.run.economics.map(({ hardware }) => hardware))].sort();
  const parts = byBin(reading, reading.run.economics);
  const rows = reading.bins.bins.flatMap(({ from }, i) =>
    classes.flatMap((hardware): Cell[][] => {
      const returns = returnsOf(parts[i]!.filter((row) => row.hardware === hardware));
      if (returns.length === 0) return [];
      return [[from, hardware, meanOf(returns), quantileOf(returns, 0.1), quantileOf(returns, 0.9), returns.length]];
    }),
  );
  return table(
    {
      era: 'Era',
      hardware: 'Hardware',
      mean_percent: 'Mean return (% of the price per era)',
      p10_percent: '10th percentile (%)',
      p90_percent: '90th percentile (%)',
      provider_count: 'Providers',
    },
    rows,
  );
}

const gpuOf = (gpuTier: number): string => (gpuTier === 0 ? 'no GPU' : `GPU ${GPUS[gpuTier - 1] ?? 'Ultra 3'}`);

/** Return per era over the run by class of machine and of GPU, best first, and after how many eras a machine is paid for. */
export function returnByGpuTable(reading: Reading): Table {
  const groups = groupBy(reading.run.economics, (row) => `${row.hardware} · ${gpuOf(row.gpuTier)}`);
  const rows = [...groups].flatMap(([group, own]): Cell[][] => {
    const returns = returnsOf(own);
    if (returns.length === 0) return [];
    const perEra = (of: (row: EconomicsRow) => number): number => reading.tokens(sumOf(own, of)) / own.length;
    const [price, net] = [perEra(({ capexUnits }) => capexUnits), perEra(netUnits)];
    return [
      [
        ...[group, own[0]!.hardware, returns.length, meanOf(returns)],
        ...[quantileOf(returns, 0.1), quantileOf(returns, 0.9), net > 0 ? price / net : null],
        ...[price, perEra((row) => row.leaseUnits + row.gatewayUnits), perEra(({ rewardUnits }) => rewardUnits)],
        ...[perEra(({ lostUnits }) => lostUnits), perEra(({ opexUnits }) => opexUnits)],
      ],
    ];
  });
  rows.sort((a, b) => (b[3] as number) - (a[3] as number) || (a[0]! < b[0]! ? -1 : 1));
  return table(
    {
      group: 'Machine',
      hardware: 'Hardware',
      provider_count: 'Providers',
      mean_percent: 'Mean return (% of the price per era)',
      p10_percent: '10th percentile (%)',
      p90_percent: '90th percentile (%)',
      payback_eras: 'Eras until it is paid for',
      price_tokens: 'Price (tokens)',
      lease_tokens: 'Leases (tokens per era)',
      reward_tokens: 'Liveness (tokens per era)',
      lost_tokens: 'Lost (tokens per era)',
      running_tokens: 'Running costs (tokens per era)',
    },
    rows,
  );
}

/**
 * Leases that a provider won for its own machine from somebody else: those that its fizz nodes serve need none of its CPUs, and
 * what its own owner rents says nothing about the market.
 */
export const wonFromOthers = (row: EconomicsRow): number => row.wonCount - row.memberWonCount - row.selfWonCount;

export const SHARES = ['of the leases won from others', 'of the providers', 'of the CPUs'] as const;

/** Shares of groups of providers in the leases that they won from others, in provider-eras and in the CPUs of these. */
function sharesOf(groups: readonly (readonly [label: string, rows: readonly EconomicsRow[]])[]): Table {
  const measures = [wonFromOthers, () => 1, (row: EconomicsRow) => row.cpuCount] as const;
  const totals = measures.map((of) => sumOf(groups, ([, rows]) => sumOf(rows, of)));
  const cells = groups.flatMap(([label, rows]) =>
    SHARES.map((name, i): Cell[] => [label, name, share(sumOf(rows, measures[i]!), totals[i]!)]),
  );
  return table({ group: 'Providers', measure: 'Share', share: 'Share of the run' }, cells);
}

/** By trust tier at the end of each era, best first. */
export function shareByTierTable(reading: Reading): Table {
  const groups = TIERS.map(
    (label, i) => [label, reading.run.economics.filter((row) => row.tier === i + 1)] as const,
  ).filter(([, rows]) => rows.length > 0);
  return sharesOf(groups);
}

export const QUARTERS = ['most collateral', 'second quarter', 'third quarter', 'least collateral'] as const;

/** Providers in four equal groups by their mean collateral over the run, the largest first; ties by number. */
export function shareByStakeTable(reading: Reading): Table {
  const providers = [...groupBy(reading.run.economics, (row) => String(row.provider)).values()]
    .map((rows) => ({ rows, collateral: sumOf(rows, (row) => row.collateralUnits) / rows.length }))
    .sort((a, b) => b.collateral - a.collateral || a.rows[0]!.provider - b.rows[0]!.provider);
  return sharesOf(
    QUARTERS.map((label, quarter) => [
      label,
      providers.flatMap(({ rows }, i) => (Math.floor((4 * i) / providers.length) === quarter ? rows : [])),
    ]),
  );
}

export type Concentration = {
  readonly providerCount: number;
  /** Won for their own machines from others; served by their fizz nodes; rented by their own owners. */
  readonly wonCount: number;
  readonly memberWonCount: number;
  readonly selfWonCount: number;
  readonly gini: number;
  /** Sum of squared shares, and what it would be if all had won as many. */
  readonly hhi: number;
  readonly equalHhi: number;
};

/** How unequally leases were won by providers from others over the run; null if none was. */
export function concentrationOf(reading: Reading): Concentration | null {
  const won = [...groupBy(reading.run.economics, (row) => String(row.provider)).values()].map((rows) =>
    sumOf(rows, wonFromOthers),
  );
  const wonCount = sumOf(won, (count) => count);
  if (wonCount === 0) return null;
  return {
    providerCount: won.length,
    wonCount,
    memberWonCount: sumOf(reading.run.economics, (row) => row.memberWonCount),
    selfWonCount: sumOf(reading.run.economics, (row) => row.selfWonCount),
    gini: giniOf(won),
    hhi: sumOf(won, (count) => (count * count) / (wonCount * wonCount)),
    equalHhi: 1 / won.length,
  };
}

export const FIZZ_SERIES = ['free', 'serving', 'detached', 'subnets'] as const;

/** Fizz nodes by state, and subnets, at each bin's end. */
export function fizzTable(reading: Reading): Table {
  const last = (of: (row: MarketRow) => number) => (rows: readonly MarketRow[]) =>
    rows.length === 0 ? null : of(rows[rows.length - 1]!);
  return marketOverEras(
    reading,
    { era: 'Era', state: 'State', node_count: 'Number' },
    {
      [FIZZ_SERIES[0]]: last((row) => row.fizzActiveCount),
      [FIZZ_SERIES[1]]: last((row) => row.fizzServingCount),
      [FIZZ_SERIES[2]]: last((row) => row.fizzDetachedCount),
      [FIZZ_SERIES[3]]: last((row) => row.subnetCount),
    },
  );
}

export const SUBNET_PARTS = ['member', 'gateway'] as const;

/** Income per era of members and gateways, by the tier of the subnet: mean over them, and the range of their middle 80 %. */
export function subnetTable(reading: Reading): Table {
  const { fizz, economics } = reading.run;
  const members = fizz.filter(({ gateway }) => gateway !== 0);
  const leading = new Set(members.map(({ era, gateway }) => `${era} ${gateway}`));
  const gateways = economics.filter((row) => row.gatewayUnits > 0 || leading.has(`${row.era} ${row.provider}`));
  const incomes: readonly { part: string; tier: number; who: number; units: number }[] = [
    ...members.map((row) => ({
      part: SUBNET_PARTS[0],
      tier: row.gatewayTier,
      who: row.fizz,
      units: row.leaseUnits + row.rewardUnits,
    })),
    ...gateways.map((row) => ({
      part: SUBNET_PARTS[1],
      tier: row.tier,
      who: row.provider,
      units: row.gatewayUnits,
    })),
  ];
  const rows = TIERS.flatMap((label, i) =>
    SUBNET_PARTS.flatMap((part): Cell[][] => {
      const own = incomes.filter((one) => one.tier === i + 1 && one.part === part);
      if (own.length === 0) return [];
      const means = [...groupBy(own, ({ who }) => String(who)).values()].map(
        (eras) => reading.tokens(sumOf(eras, ({ units }) => units)) / eras.length,
      );
      return [
        [
          ...[`${label} · ${part}`, part, means.length, meanOf(means), quantileOf(means, 0.1), quantileOf(means, 0.9)],
          reading.tokens(sumOf(own, ({ units }) => units)),
        ],
      ];
    }),
  );
  return table(
    {
      group: 'Subnets',
      part: 'Who',
      node_count: 'Number',
      mean_tokens: 'Mean income (tokens per era)',
      p10_tokens: '10th percentile (tokens)',
      p90_tokens: '90th percentile (tokens)',
      total_tokens: 'Income over the run (tokens)',
    },
    rows,
  );
}
