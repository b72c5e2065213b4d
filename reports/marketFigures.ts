/** Figures about the market of models and the service that consumers get. */
import * as charts from './charts.ts';
import { capital, largestStack, listed, type Made, number, overEras, ratioText } from './figure.ts';
import * as metrics from './metrics.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { type Reading, sumOf } from './reading.ts';
import { concordanceOf } from './statistics.ts';
import { labelsOf, recordsOf } from './table.ts';

export function demandFigure(reading: Reading): Made {
  const { data, by } = metrics.demandTable(reading);
  if (data.rows.length === 0) return 'Requests by model: no model was asked.';
  const totals = labelsOf(data, 'model').map((label) => ({
    label,
    requests: sumOf(
      recordsOf(data).filter((row) => row.model === label),
      (row) => row.request_count as number,
    ),
  }));
  const all = sumOf(totals, ({ requests }) => requests);
  const first = totals[0]!;
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'model', value: 'request_count', format: 'number' }),
    id: 'demand',
    title: `${by === 'model' ? 'Model' : 'Variant'} ${first.label} was asked most: ${formatShare(first.requests / all)} of requests`,
    summary: `Requests per era by ${by}: ${formatList(totals.slice(0, 4).map(({ label, requests }) => `${label} ${formatShare(requests / all)}`))}${totals.length > 4 ? `; ${formatQuantity(totals.length - 4, 'other')} share the rest` : ''}.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'model',
      order: totals.map(({ label }) => label),
      value: 'request_count',
      title: 'Requests per era',
      format: charts.amountFormat(largestStack(data, 'request_count')),
      legendColumns: 2,
    }),
  };
}

export function qualityFigure(reading: Reading): Made {
  const data = metrics.qualityTable(reading);
  if (data.rows.length < 2) return 'Rank against quality: fewer than two live models have a measured quality.';
  const records = recordsOf(data);
  const { share, pairCount } = concordanceOf(
    records.map((row) => ({ x: row.quality_share as number, y: row.rank as number })),
  );
  const title =
    pairCount === 0
      ? 'All live models have the same rank or quality'
      : share > 0.5
        ? `Rank follows quality in ${formatShare(share)} of pairs of models`
        : `Rank does not follow quality: the better model ranks higher in ${formatShare(share)} of pairs`;
  return {
    ...listed(data, { quality_share: 'share', rank: 'ratio', fee_tokens: 'number' }),
    id: 'quality',
    title,
    summary: `Each of the ${formatCount(records.length)} live models at the end: quality measured by audits and validation against market rank; larger points were asked more. In ${formatShare(Number.isNaN(share) ? 0 : share)} of ${formatQuantity(pairCount, 'pair')} that differ in both, the better model also ranks higher (chance would give 50 %).`,
    size: 'half',
    spec: charts.scatter(labelsOf(data, 'strategy')),
  };
}

export function courseFigure(reading: Reading, what: 'rank' | 'price'): Made {
  const data = metrics.modelCourseTable(reading, what);
  if (data.rows.length === 0)
    return `${capital(what)} of models: no model that was asked is live at the end of an era.`;
  const value = what === 'rank' ? 'rank' : 'fee_tokens';
  const order = labelsOf(data, 'model');
  const records = recordsOf(data);
  const lastEra = records[records.length - 1]!.era;
  const final = records
    .filter((row) => row.era === lastEra)
    .sort((a, b) => (b[value] as number) - (a[value] as number));
  const [top, low] = [final[0]!, final[final.length - 1]!];
  const write = what === 'rank' ? ratioText : number;
  const title =
    what === 'rank'
      ? `${capital(String(top.model))} ends with the highest rank, ${write(top.rank)}`
      : top[value] === low[value]
        ? `Leading models all end at ${write(top[value])} tokens per call`
        : `Prices end between ${write(low[value])} and ${write(top[value])} tokens per call`;
  return {
    ...overEras(reading, data, {
      kind: 'points',
      series: 'model',
      value,
      format: what === 'rank' ? 'ratio' : 'number',
    }),
    id: what,
    title,
    summary: `${what === 'rank' ? 'Market rank (0 to 1)' : 'Price of a call at reference length'} of the ${formatQuantity(order.length, 'most used model')} at the end of each era, while live. In the last: ${formatList(final.slice(0, 4).map((row) => `${row.model} ${write(row[value])}`))}.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'model',
      order,
      value,
      title: what === 'rank' ? 'Market rank' : 'Price (tokens per call)',
      format: what === 'rank' ? 'ratio' : 'number',
      step: what === 'price',
      legendColumns: 2,
    }),
  };
}

export function serviceFigure(reading: Reading): Made {
  const { eras } = reading.run;
  const [sent, served, refunded] = [
    sumOf(eras, (row) => row.requestCount),
    sumOf(eras, (row) => row.servedCount),
    sumOf(eras, (row) => row.refundedCount),
  ];
  if (sent === 0) return 'Requests served: none was sent.';
  const data = metrics.serviceTable(reading);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'outcome', value: 'request_count', format: 'number' }),
    id: 'service',
    title: `${formatShare(served / sent)} of ${formatQuantity(sent, 'request')} were served`,
    summary: `Requests per era: ${formatCount(served)} served and ${formatCount(refunded)} refunded of ${formatCount(sent)} sent; consumers paid ${formatNumber(reading.tokens(sumOf(eras, (row) => row.feeUnits)))} tokens in fees.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'outcome',
      order: labelsOf(data, 'outcome'),
      value: 'request_count',
      title: 'Requests per era',
      format: charts.amountFormat(largestStack(data, 'request_count')),
      colours: ['var(--c0)', 'var(--c1)'],
    }),
  };
}

export function networkFigure(reading: Reading): Made {
  const { eras } = reading.run;
  const data = metrics.networkTable(reading);
  const { onlineNodeCount, liveModelCount } = eras[eras.length - 1]!;
  return {
    ...overEras(reading, data, { kind: 'points', series: 'what', value: 'count', format: 'number' }),
    id: 'network',
    title: `The run ends with ${formatQuantity(onlineNodeCount, 'node')} online and ${formatQuantity(liveModelCount, 'live model')}`,
    summary: `Nodes online and models live at the end of each era; at most ${formatCount(eras.reduce((most, row) => Math.max(most, row.onlineNodeCount), 0))} nodes and ${formatCount(eras.reduce((most, row) => Math.max(most, row.liveModelCount), 0))} models.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'what',
      order: labelsOf(data, 'what'),
      value: 'count',
      title: 'Count',
      format: 'number',
      zero: true,
    }),
  };
}
