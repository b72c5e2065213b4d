/** Figures about the compute market: money, prices, orders, what machines earn against their price, who wins, fizz nodes. */
import * as charts from './charts.ts';
import { coursePanels, meanBands, moneyStrands, shareDots, spreads } from './computeCharts.ts';
import * as tables from './computeTables.ts';
import { capital, type Figure, largestOf, largestStack, listed, type Made, number, overEras } from './figure.ts';
import { COLUMNS, flowLayout, paymentsOf, totalsBy, withFewReasons } from './moneyFlow.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { groupBy, type Reading, sumOf } from './reading.ts';
import { meanOf } from './statistics.ts';
import { cellsOf, labelsOf, recordsOf, type Table, type TableRecord } from './table.ts';

/** Whether there is a compute market in a run. */
export const hasMarket = ({ run }: Reading): boolean => run.market.length > 0;

const percent = (value: number): string => `${formatNumber(value)}\u202f%`;

export function moneyFlowFigure(reading: Reading): Made {
  const all = paymentsOf(reading);
  const payments = withFewReasons(all);
  const data = flowLayout(payments);
  if (data.rows.length === 0) return 'Flow of money: nobody was paid.';
  const finals = all.filter(({ isFinal }) => isFinal);
  const total = sumOf(finals, ({ tokens }) => tokens);
  const foreign = sumOf(finals, ({ foreignTokens }) => foreignTokens);
  const ways = [...groupBy(payments, ({ payer, reason, receiver }) => `${payer}|${reason}|${receiver}`).values()]
    .map((own) => ({ ...own[0]!, tokens: sumOf(own, ({ tokens }) => tokens) }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens || (a.reason < b.reason ? -1 : 1));
  const top = ways.find(({ isFinal }) => isFinal);
  const lease = sumOf(
    all.filter(({ payer, reason }) => payer === 'consumers' && reason === 'leases'),
    ({ tokens }) => tokens,
  );
  const paid = sumOf(reading.run.market, (row) => row.payeeUnits);
  const self = sumOf(reading.run.market, (row) => row.selfPayeeUnits);
  const selfText =
    self === 0
      ? ''
      : `, ${formatNumber(reading.tokens(self))} of them (${formatShare(self / paid)}) by providers’ owners for machines of their own`;
  const payers = totalsBy(payments, ({ payer }) => payer).map(({ label }) => label);
  const shown = ways.slice(0, 40);
  return {
    data,
    order: null,
    cursor: null,
    preview: {
      columns: ['Payer', 'Reason', 'Receiver', 'Paid (tokens)'].map((title) => ({ key: title, title })),
      rows: shown.map(({ payer, reason, receiver, tokens }) => [payer, reason, receiver, number(tokens)]),
    },
    previewNote: shown.length < ways.length ? `The ${shown.length} largest of ${ways.length}; the CSV has all.` : '',
    id: 'money-flow',
    title:
      top === undefined
        ? 'Money went into pots and to nobody'
        : `The largest flow of money, ${formatShare(top.tokens / total)} of all, went from ${top.payer} to ${top.receiver}: ${top.reason}`,
    summary: `Who paid (left), what for, who received (right) over the run, in tokens; strands have the colour of the payer. ${formatNumber(total)} tokens reached somebody, ${formatNumber(foreign)} of them in foreign assets, counted at the price of the moment; consumers paid ${formatNumber(lease)} to providers and fizz nodes for leases${selfText}. What waits in a pot is drawn on its way in and on its way out. Stakes, delegations and deposits of one's own are no payments.`,
    size: 'full',
    spec: moneyStrands({
      payers,
      mostBars: COLUMNS.reduce((n, column) => Math.max(n, new Set(payments.map((one) => one[column])).size), 1),
      headings: ['paid by', 'for', 'received by'],
    }),
  };
}

export function paymentFigure(reading: Reading): Made {
  const data = tables.paymentTable(reading);
  if (data.rows.length === 0) return 'Payments by reason: nobody was paid.';
  const reasons = labelsOf(data, 'reason');
  const totals = totalsBy(tables.finalPayments(reading), ({ reason }) => reason);
  const all = sumOf(totals, ({ tokens }) => tokens);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'reason', value: 'paid_tokens', format: 'number' }),
    id: 'payments',
    title: `${capital(totals[0]!.label)} made up ${formatShare(totals[0]!.tokens / all)} of what was paid`,
    summary: `Payments per era by reason, foreign assets at the price of the moment: ${formatList(totals.slice(0, 4).map(({ label, tokens }) => `${label} ${formatShare(tokens / all)}`))}${totals.length > 4 ? '; the rest share what is left' : ''}. What goes through a pot is counted once, when it leaves it.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'reason',
      order: reasons,
      value: 'paid_tokens',
      title: 'Paid (tokens per era)',
      format: charts.amountFormat(largestStack(data, 'paid_tokens')),
      legendColumns: 4,
    }),
  };
}

/** '0.22 to 0.25', or one number if they are written alike. */
function rangeText(values: readonly number[], write: (value: number) => string): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(write);
  return low === high ? low! : `${low} to ${high}`;
}

/** Records of a series whose value is known. */
const known = (data: Table, series: string, label: string, value: string): TableRecord[] =>
  recordsOf(data).filter((row) => row[series] === label && row[value] !== null);

export function computePriceFigure(reading: Reading): Made {
  const data = tables.priceTable(reading);
  const parts = tables.PRICES.map((label) => ({
    label,
    prices: known(data, 'price_of', label, 'price_tokens').map((row) => row.price_tokens as number),
  })).filter(({ prices }) => prices.length > 0);
  if (parts.length === 0) return 'Prices of compute: no lease was opened.';
  const order = parts.map(({ label }) => label);
  const shown = { ...data, rows: data.rows.filter((row) => order.includes(row[1] as (typeof order)[number])) };
  const posted = reading.run.market.map(({ dollarPriceFp }) => dollarPriceFp / 1_000_000_000).filter((x) => x > 0);
  const foreign = sumOf(reading.run.market, (row) => row.foreignGrossUnits);
  const gross = sumOf(reading.run.market, (row) => row.grossUnits);
  const panels = { key: 'price_of', labels: order };
  return {
    ...overEras(reading, shown, {
      kind: 'points',
      series: 'price_of',
      value: 'price_tokens',
      band: ['min_tokens', 'max_tokens'],
      format: 'number',
      panels,
    }),
    id: 'compute-price',
    title: `A lease costs ${formatList(parts.map(({ label, prices }) => `${formatNumber(meanOf(prices))} tokens ${label}`))}`,
    summary: `Mean price of the leases opened in an era: of those without GPU per CPU and hour, of those with GPU per hour of the whole lease; ${formatList(parts.map(({ label, prices }) => `${rangeText(prices, formatNumber)} ${label}`))}. ${reading.bins.size === 1 ? '' : 'Bands go from the cheapest to the dearest era of a point. '}${posted.length === 0 ? 'No price of the dollar was posted' : `A dollar was worth ${rangeText(posted, formatNumber)} tokens`}; ${formatShare(gross === 0 ? 0 : foreign / gross)} of the charges were in foreign assets.`,
    size: 'half',
    spec: coursePanels({
      bins: reading.bins,
      panel: 'price_of',
      panels: order,
      value: 'price_tokens',
      title: 'Tokens',
      band: ['min_tokens', 'max_tokens'],
    }),
  };
}

export function utilisationFigure(reading: Reading): Made {
  const data = tables.utilisationTable(reading);
  const parts = labelsOf(data, 'resource')
    .map((label) => ({ label, rows: known(data, 'resource', label, 'used_share') }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ label, rows }) => ({ label, shares: rows.map((row) => row.used_share as number) }));
  if (parts.length === 0) return 'Utilisation: no provider has registered anything.';
  const order = parts.map(({ label }) => label);
  const last = reading.run.market[reading.run.market.length - 1]!;
  return {
    ...overEras(reading, data, { kind: 'points', series: 'resource', value: 'used_share', format: 'share' }),
    id: 'utilisation',
    title: `Leases use ${formatList(parts.map(({ label, shares }) => `${formatShare(meanOf(shares))} of the ${label}`))}`,
    summary: `Part of what active providers have registered that leases use at the eras' ends: ${formatList(parts.map(({ label, shares }) => `${label} ${rangeText(shares, formatShare)}`))}. At the end ${formatCount(last.usedCpuCount)} of ${formatQuantity(last.registeredCpuCount, 'CPU')} and ${formatCount(last.usedGpuCount)} of ${formatQuantity(last.registeredGpuCount, 'GPU')} were in use, by ${formatQuantity(last.openLeaseCount, 'lease')}.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'resource',
      order,
      value: 'used_share',
      title: 'Share in use',
      format: 'percent',
      zero: true,
    }),
  };
}

export function orderFigure(reading: Reading): Made {
  const { market } = reading.run;
  const [orders, matched, expired, cancelled] = [
    sumOf(market, (row) => row.orderCount),
    sumOf(market, (row) => row.matchedCount),
    sumOf(market, (row) => row.expiredCount),
    sumOf(market, (row) => row.cancelledCount),
  ];
  if (orders === 0) return 'Orders: nobody placed one.';
  const data = tables.orderTable(reading);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'outcome', value: 'order_count', format: 'number' }),
    id: 'orders',
    title: `${formatShare(matched / orders)} of ${formatQuantity(orders, 'order')} found a provider`,
    summary: `Orders per era by what became of them: ${formatCount(matched)} were matched, ${formatCount(expired)} expired (${formatShare(expired / orders)}), ${formatCount(cancelled)} were cancelled, and ${formatCount(market[market.length - 1]!.waitingCount)} still waited at the end.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'outcome',
      order: labelsOf(data, 'outcome'),
      value: 'order_count',
      title: 'Orders per era',
      format: charts.amountFormat(largestStack(data, 'order_count')),
      colours: ['var(--c0)', 'var(--c1)', 'var(--c9)'],
    }),
  };
}

export function queueFigure(reading: Reading): Made {
  const { market } = reading.run;
  const orders = sumOf(market, (row) => row.orderCount);
  if (orders === 0) return 'Waiting orders and bids: nobody placed an order.';
  const data = tables.queueTable(reading);
  const most = largestOf(market.map(({ waitingCount }) => waitingCount));
  const bids = sumOf(market, (row) => row.bidCount);
  // A panel of noughts would show nothing.
  const panels = tables.QUEUE.filter((label) => label !== tables.QUEUE[0] || most > 0);
  return {
    ...overEras(reading, data, {
      kind: 'points',
      series: 'measure',
      value: 'value',
      format: 'number',
      panels: { key: 'measure', labels: panels },
    }),
    id: 'order-queue',
    title: `There are ${formatNumber(bids / orders)} bids for an order, and ${most === 0 ? 'none waits at an era’s end' : `at most ${formatQuantity(most, 'order waits', 'orders wait')}`}`,
    summary: `Orders that were neither matched nor expired at an era's end, and accepted bids per order placed in the era: ${formatQuantity(bids, 'bid')} for ${formatQuantity(orders, 'order')} over the run.${most === 0 ? ' As no order waited, only bids are drawn.' : ' Each panel has an axis of its own.'}`,
    size: 'half',
    spec: coursePanels({
      bins: reading.bins,
      panel: 'measure',
      panels,
      value: 'value',
      title: 'Number',
    }),
  };
}

export function leaseEndFigure(reading: Reading): Made {
  const { market } = reading.run;
  const opened = sumOf(market, (row) => row.openedLeaseCount);
  const data = tables.endTable(reading);
  if (data.rows.length === 0) return `Ends of leases: ${opened === 0 ? 'no lease was opened' : 'no lease was closed'}.`;
  const ranked = tables.endTotals(reading);
  const closed = sumOf(ranked, ({ count }) => count);
  const breaches = sumOf(market, (row) => row.breachCount);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'end', value: 'lease_count', format: 'number' }),
    id: 'lease-ends',
    title: `${formatShare(ranked[0]!.count / closed)} of ${formatQuantity(closed, 'closed lease')}: ${ranked[0]!.label}`,
    summary: `Leases closed per era by why: ${formatList(ranked.map(({ label, count }) => `${label} ${formatCount(count)}`))}. ${formatQuantity(opened, 'lease')} were opened, ${formatQuantity(breaches, 'breach', 'breaches')} were counted on those closed, and ${formatNumber(reading.tokens(sumOf(market, (row) => row.refundUnits)))} tokens went back to consumers at closings.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'end',
      order: labelsOf(data, 'end'),
      value: 'lease_count',
      title: 'Leases per era',
      format: charts.amountFormat(largestStack(data, 'lease_count')),
    }),
  };
}

const COST_SOURCE =
  'Prices and running costs of machines are computed from cited public price tables at the oracle’s price of the dollar, not measured';

export function returnFigure(reading: Reading): Made {
  const data = tables.returnTable(reading);
  if (data.rows.length === 0) return 'Return by class of machine: no price of a machine is known.';
  const order = labelsOf(data, 'hardware');
  const means = order
    .map((label) => ({
      label,
      mean: meanOf(known(data, 'hardware', label, 'mean_percent').map((row) => row.mean_percent as number)),
    }))
    .sort((a, b) => b.mean - a.mean || (a.label < b.label ? -1 : 1));
  const [best, worst] = [means[0]!, means[means.length - 1]!];
  const title =
    means.length === 1
      ? `Machines return ${percent(best.mean)} of their price an era`
      : `An era returns ${percent(best.mean)} of the price of ${best.label} machines and ${percent(worst.mean)} of that of ${worst.label} ones`;
  return {
    ...overEras(reading, data, {
      kind: 'points',
      series: 'hardware',
      value: 'mean_percent',
      band: ['p10_percent', 'p90_percent'],
      format: 'number',
    }),
    id: 'roi',
    title,
    summary: `Leases, gateway's part and liveness, less losses and running costs, of the price of the machine, per era: means over the providers of a class (${formatList(means.map(({ label, mean }) => `${label} ${percent(mean)}`))}); bands hold the middle 80 % of the providers in this one run and are no confidence intervals. ${COST_SOURCE}.`,
    size: 'half',
    spec: meanBands({
      bins: reading.bins,
      series: 'hardware',
      order: order.slice(0, 10),
      value: 'mean_percent',
      band: ['p10_percent', 'p90_percent'],
      title: 'Return (% of the price per era)',
      format: 'number',
    }),
  };
}

export function returnByGpuFigure(reading: Reading): Made {
  const data = tables.returnByGpuTable(reading);
  if (data.rows.length === 0) return 'Return by class of GPU: no price of a machine is known.';
  const records = recordsOf(data);
  const paying = records.filter((row) => row.payback_eras !== null);
  const best = [...paying].sort((a, b) => (a.payback_eras as number) - (b.payback_eras as number))[0];
  return {
    ...listed(
      data,
      Object.fromEntries(
        data.columns.flatMap(({ key }) => (/_(percent|eras|tokens)$/.test(key) ? [[key, 'number' as const]] : [])),
      ),
      'group',
    ),
    id: 'roi-gpu',
    title:
      best === undefined
        ? `None of ${formatQuantity(records.length, 'class', 'classes')} of machines pays for itself`
        : `${formatCount(paying.length)} of ${formatQuantity(records.length, 'class', 'classes')} of machines ${paying.length === 1 ? 'pays' : 'pay'} for ${paying.length === 1 ? 'itself' : 'themselves'}, the quickest in ${formatNumber(best.payback_eras as number)} eras: ${best.group}`,
    summary: `Net result per era in per cent of the machine's price, by class of machine and of GPU: points are means over the providers of a class, lines hold the middle 80 % of them. ${paying.length === 0 ? 'No class earns more than it costs to run' : `Eras until a machine is paid for at this rate: ${formatList(paying.slice(0, 5).map((row) => `${row.group} ${formatNumber(row.payback_eras as number)}`))}`}. ${COST_SOURCE}.`,
    size: 'half',
    spec: spreads({
      count: records.length,
      group: 'group',
      value: 'mean_percent',
      band: ['p10_percent', 'p90_percent'],
      series: 'hardware',
      order: labelsOf(data, 'hardware').sort().slice(0, 10),
      title: 'Return (% of the price per era)',
      format: 'number',
    }),
  };
}

/** Parts of the two figures of shares: the group that won most against its share of the providers, and the table. */
function shareFigure(
  data: Table,
  texts: { readonly id: string; readonly summary: string; titleOf(group: string): string },
): Figure {
  const rows = recordsOf(data);
  const of = (group: string, i: number): number =>
    (rows.find((row) => row.group === group && row.measure === tables.SHARES[i])?.share as number | null) ?? 0;
  const groups = labelsOf(data, 'group');
  const top = [...groups].sort((a, b) => of(b, 0) - of(a, 0) || groups.indexOf(a) - groups.indexOf(b))[0]!;
  return {
    ...listed(data, { share: 'share' }, 'group'),
    id: texts.id,
    title: `${texts.titleOf(top)} won ${formatShare(of(top, 0))} of the leases from others with ${formatShare(of(top, 1))} of the providers`,
    summary: texts.summary,
    size: 'half',
    spec: shareDots({
      count: groups.length,
      group: 'group',
      measure: 'measure',
      order: tables.SHARES,
      value: 'share',
      title: 'Share of the run',
    }),
  };
}

export function shareByTierFigure(reading: Reading): Made {
  const concentration = tables.concentrationOf(reading);
  if (concentration === null) return 'Market share by trust tier: no provider won a lease of its own from another.';
  const { providerCount, wonCount, memberWonCount, selfWonCount, gini, hhi, equalHhi } = concentration;
  const all = wonCount + memberWonCount + selfWonCount;
  return shareFigure(tables.shareByTierTable(reading), {
    id: 'share-tier',
    titleOf: (tier) => `Providers in ${tier}`,
    summary: `Shares of each trust tier, 1 best, in the leases won from others, in the providers and in their CPUs, era by era and summed over the run. Of ${formatQuantity(all, 'lease')} these are ${formatCount(wonCount)}: left out are ${formatCount(memberWonCount)} that members of subnets serve on machines of their own, and ${formatCount(selfWonCount)} (${formatShare(selfWonCount / all)}) that providers’ owners rented from themselves. Among ${formatQuantity(providerCount, 'provider')}, ${formatQuantity(wonCount, 'lease')} were won with a Gini coefficient of ${gini.toFixed(3)} and a Herfindahl index of ${formatNumber(hhi)}, where equal shares would give ${formatNumber(equalHhi)}.`,
  });
}

export function shareByStakeFigure(reading: Reading): Made {
  const concentration = tables.concentrationOf(reading);
  if (concentration === null) return 'Market share by collateral: no provider won a lease of its own from another.';
  if (concentration.providerCount < 4) return 'Market share by collateral: there are fewer than four providers.';
  return shareFigure(tables.shareByStakeTable(reading), {
    id: 'share-stake',
    titleOf: (quarter) => `The quarter of providers with ${quarter.includes('quarter') ? `the ${quarter}` : quarter}`,
    summary: `Providers in four equal groups by their mean collateral over the run, own and delegated, those with the most on top: shares of each in the leases that they won from others for machines of their own, in the providers and in their CPUs. Equal collateral is told apart by the provider's number.`,
  });
}

export function fizzFigure(reading: Reading): Made {
  const { market, fizz } = reading.run;
  const counts = (row: (typeof market)[number]): number =>
    row.fizzActiveCount + row.fizzServingCount + row.fizzDetachedCount;
  const most = largestOf(market.map(counts));
  if (most === 0 && fizz.length === 0) return 'Fizz nodes and subnets: there are none in this run.';
  const data = tables.fizzTable(reading);
  const last = market[market.length - 1]!;
  const whole = sumOf(market, counts);
  const part = (of: (row: (typeof market)[number]) => number): string =>
    formatShare(whole === 0 ? 0 : sumOf(market, of) / whole);
  return {
    ...overEras(reading, data, { kind: 'points', series: 'state', value: 'node_count', format: 'number' }),
    id: 'fizz-nodes',
    title: `At the eras’ ends ${part((row) => row.fizzServingCount)} of the fizz nodes serve and ${part((row) => row.fizzDetachedCount)} are cut off`,
    summary: `Fizz nodes that are free (active or reserved), that serve a lease and that are detached, and subnets, at the eras' ends. At the end there were ${formatCount(last.fizzActiveCount)} free, ${formatCount(last.fizzServingCount)} serving and ${formatCount(last.fizzDetachedCount)} detached ones in ${formatQuantity(last.subnetCount, 'subnet')}; nodes that are leaving are not among them.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'state',
      order: [...tables.FIZZ_SERIES],
      value: 'node_count',
      title: 'Number',
      format: 'number',
      zero: true,
      legendColumns: 4,
    }),
  };
}

export function subnetFigure(reading: Reading): Made {
  const data = tables.subnetTable(reading);
  if (data.rows.length === 0) return 'Income in subnets: no fizz node was in one.';
  const records = recordsOf(data);
  const totalOf = (part: string): number =>
    sumOf(
      records.filter((row) => row.part === part),
      (row) => row.total_tokens as number,
    );
  const [members, gateways] = tables.SUBNET_PARTS.map(totalOf) as [number, number];
  const best = [...records]
    .filter((row) => row.part === 'member')
    .sort((a, b) => (b.mean_tokens as number) - (a.mean_tokens as number))[0];
  return {
    ...listed(
      data,
      { mean_tokens: 'number', p10_tokens: 'number', p90_tokens: 'number', total_tokens: 'number' },
      'group',
    ),
    id: 'subnet-income',
    title:
      members + gateways === 0
        ? 'Nobody earned anything in a subnet'
        : `Of what leases of fizz nodes brought in, members kept ${formatShare(members / (members + gateways))} and gateways got ${formatShare(gateways / (members + gateways))}`,
    summary: `Income per era of members (leases and fizz rewards) and of gateways (their part of the members' leases) by trust tier of the subnet, which is its gateway's: points are means over nodes or gateways, lines hold the middle 80 % of them. Members received ${formatNumber(members)} tokens over the run, gateways ${formatNumber(gateways)}${best === undefined ? '' : `; members earned most in ${String(best.group).replace(/ · .*/, '')}, ${formatNumber(best.mean_tokens as number)} an era`}.`,
    size: 'half',
    spec: spreads({
      count: records.length,
      group: 'group',
      value: 'mean_tokens',
      band: ['p10_tokens', 'p90_tokens'],
      series: 'part',
      order: [...tables.SUBNET_PARTS],
      title: 'Income (tokens per era)',
      format: charts.amountFormat(largestOf(cellsOf(data, 'p90_tokens'))),
    }),
  };
}
