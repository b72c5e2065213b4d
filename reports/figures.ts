/**
 * The figures of a report: what each shows, and the sentence that it shows it for. Titles and summaries are computed
 * from the data; a figure that has nothing to show is left out, with the reason.
 */

import type { Spec } from './charts.ts';
import type { Stack } from './chartRows.ts';
import * as charts from './charts.ts';
import * as metrics from './metrics.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { fraction, INTENTS, type Intent, type Reading, strategiesOf, sumOf } from './reading.ts';
import { concordanceOf, meanOf, quantileOf } from './statistics.ts';
import { acrossEras, cellsOf, labelsOf, recordsOf, type Table, type TableRecord, thinned } from './table.ts';

/** How the browser reads values off a chart over eras at the pointer, or at the era chosen by the arrow keys. */
export type Cursor = {
  /** Extent of the era axis in every panel. */
  readonly domain: readonly [number, number];
  readonly series: string;
  readonly value: string;
  readonly band?: readonly [low: string, high: string];
  readonly format: 'number' | 'share' | 'ratio';
  /** Column whose value names the panel, and the panels in order; null for a chart of one panel. */
  readonly panels: { readonly key: string; readonly labels: readonly string[] } | null;
};

export type Figure = {
  /** Without the prefix `fig-`. Stable: links to it must keep working. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly size: 'half' | 'full';
  readonly data: Table;
  /** Series in their order, where the chart stacks them. */
  readonly stack: Stack | null;
  readonly spec: Spec;
  readonly preview: Table;
  /** What the preview leaves out, or ''. */
  readonly previewNote: string;
  readonly cursor: Cursor | null;
};

export type Section = {
  readonly id: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Figures that are not there, and why. */
  readonly missing: readonly string[];
};

type Made = Figure | string;

function section(id: string, title: string, made: readonly Made[]): Section {
  return {
    id,
    title,
    figures: made.filter((item) => typeof item !== 'string'),
    missing: made.filter((item) => typeof item === 'string'),
  };
}

const number = (value: unknown): string => (typeof value === 'number' ? formatNumber(value) : '–');
const shareText = (value: unknown): string => (typeof value === 'number' ? formatShare(value) : '–');
const ratioText = (value: unknown): string => (typeof value === 'number' ? value.toFixed(3) : '–');
const formatters = { number, share: shareText, ratio: ratioText } as const;

/** The parts of a figure that follow from its being a chart of series over eras. */
function overEras(
  reading: Reading,
  data: Table,
  what: {
    readonly kind: 'points' | 'bars';
    readonly series: string;
    readonly value: string;
    readonly format: Cursor['format'];
    readonly band?: readonly [string, string];
    readonly panels?: Cursor['panels'];
  },
): Pick<Figure, 'data' | 'preview' | 'previewNote' | 'cursor' | 'stack'> {
  const { kind, series, value, format, band } = what;
  const write = formatters[format];
  const textOf = (row: TableRecord): string =>
    band === undefined ? write(row[value]) : `${write(row[value])} (${write(row[band[0]])} to ${write(row[band[1]])})`;
  const preview = acrossEras(data, series, textOf);
  return {
    data,
    preview: preview.data,
    previewNote:
      preview.shown < preview.total ? `${preview.shown} of ${preview.total} points in time; the CSV has all.` : '',
    stack: kind === 'bars' ? { key: series, order: labelsOf(data, series) } : null,
    cursor: {
      domain: charts.eraDomain(reading.bins, kind),
      series,
      value,
      ...(band === undefined ? {} : { band }),
      format,
      panels: what.panels ?? null,
    },
  };
}

/** A table as it is, as far as forty rows. */
function listed(
  data: Table,
  formats: Readonly<Record<string, Cursor['format']>>,
): Pick<Figure, 'data' | 'preview' | 'previewNote' | 'cursor' | 'stack'> {
  const rows = thinned(data.rows, 40);
  return {
    data,
    preview: {
      columns: data.columns,
      rows: rows.map((row) =>
        row.map((cell, i) => {
          const format = formats[data.columns[i]!.key];
          return format === undefined ? cell : formatters[format](cell);
        }),
      ),
    },
    previewNote:
      rows.length < data.rows.length ? `${rows.length} of ${formatCount(data.rows.length)} rows; the CSV has all.` : '',
    stack: null,
    cursor: null,
  };
}

const noAgents = 'the scenario does not record agents';

/** 'honest 1,200, malicious 300'. */
const perIntent = (
  items: readonly { readonly intent: Intent; readonly tokens: number; readonly count: number }[],
): string =>
  formatList(
    items.map(({ intent, tokens, count }) => `${formatNumber(tokens)} for ${formatQuantity(count, `${intent} agent`)}`),
  );

/** Whether honest agents of a role earned more than the others; null if there are no others. */
export function compareIntents(
  reading: Reading,
  role: 'miner' | 'validator' | 'creator',
): { readonly honest: number; readonly others: number } | null {
  const groups = metrics.meanIncomeByIntent(reading, role);
  const honest = groups.find(({ intent }) => intent === 'honest');
  const others = groups.filter(({ intent }) => intent !== 'honest');
  if (honest === undefined || others.length === 0) return null;
  const count = sumOf(others, (group) => group.count);
  return { honest: honest.tokens, others: sumOf(others, (group) => group.tokens * group.count) / count };
}

/** 'Honest miners earned 1.4 times what other miners did'. */
export function intentClaim(
  role: string,
  { honest, others }: { readonly honest: number; readonly others: number },
): string {
  if (honest === 0 && others === 0) return `no ${role} earned anything`;
  if (others === 0) return `honest ${role}s earned everything that ${role}s earned`;
  if (honest === 0) return `only ${role}s that are not honest earned anything`;
  const ratio = honest / others;
  if (ratio > 0.98 && ratio < 1.02) return `honest ${role}s and others earned the same`;
  return ratio > 1
    ? `honest ${role}s earned ${formatNumber(ratio)} times what others did`
    : `honest ${role}s earned ${formatNumber(ratio)} times what others did, so cheating paid`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function intentFigure(reading: Reading): Made {
  const roles = metrics.contestedRoles(reading);
  if (roles.length === 0)
    return `Honest against cheating income: ${reading.finalAgents.length === 0 ? noAgents : 'no role has both honest and other agents'}.`;
  const data = metrics.intentTable(reading);
  const intents = INTENTS.filter((intent) => labelsOf(data, 'intent').includes(intent));
  const claims = roles.map((role) => intentClaim(role, compareIntents(reading, role)!));
  const means = roles.map((role) => `${role}s, ${perIntent(metrics.meanIncomeByIntent(reading, role))}`);
  const labels = roles.map((role) => `${role}s`);
  const panels = { key: 'role', labels };
  const parts = overEras(reading, data, {
    kind: 'points',
    series: 'intent',
    value: 'mean_tokens',
    band: ['p10_tokens', 'p90_tokens'],
    format: 'number',
    panels,
  });
  const last = recordsOf(data).filter((row) => row.era === reading.bins.bins[reading.bins.bins.length - 1]!.from);
  return {
    ...parts,
    // The pivot of one series per intent would merge the roles.
    preview: {
      columns: ['Role', 'Intent', 'Agents', 'Mean (tokens)', '10th percentile', '90th percentile'].map((title) => ({
        key: title,
        title,
      })),
      rows: last.map((row) => [
        row.role!,
        row.intent!,
        row.agent_count!,
        number(row.mean_tokens),
        number(row.p10_tokens),
        number(row.p90_tokens),
      ]),
    },
    previewNote: 'The last point in time; the CSV has all.',
    id: 'honest-income',
    title: capital(`${claims[0]!}`),
    summary: `Mean income over the run, in tokens per agent: ${means.join('; ')}. Lines are means over the agents of one intent, bands hold the middle 80 % of these agents (10th to 90th percentile) in this one run; they are no confidence intervals.`,
    size: 'full',
    spec: charts.intentBands({
      bins: reading.bins,
      roles: labels,
      intents,
      title: 'Income (tokens per agent and era)',
    }),
  };
}

function profitFigure(reading: Reading): Made {
  const data = metrics.profitTable(reading);
  if (data.rows.length === 0) return `Profit by strategy: ${noAgents}.`;
  const records = recordsOf(data);
  const [first, last] = [records[0]!, records[records.length - 1]!];
  const intents = INTENTS.filter((intent) => records.some((row) => row.intent === intent));
  return {
    ...listed(data, { mean_tokens: 'number', min_tokens: 'number', median_tokens: 'number', max_tokens: 'number' }),
    id: 'profit',
    title: `${capital(String(first.group))} profited most: ${number(first.mean_tokens)} tokens per agent`,
    summary: `Income less penalties and spending over the whole run, by strategy: points are means, lines reach from the least to the most successful agent. Last is ${last.group} with ${number(last.mean_tokens)} tokens per agent.`,
    size: 'half',
    spec: charts.ranges({
      order: records.map((row) => String(row.group)),
      intents,
      title: 'Profit over the run (tokens per agent)',
    }),
  };
}

function incomeFigure(reading: Reading): Made {
  const data = metrics.incomeTable(reading);
  if (data.rows.length === 0)
    return `Income by role and strategy: ${reading.finalAgents.length === 0 ? noAgents : 'nobody had any'}.`;
  const totals = labelsOf(data, 'group').map((label) => ({
    label,
    tokens: sumOf(
      recordsOf(data).filter((row) => row.group === label),
      (row) => row.income_tokens as number,
    ),
  }));
  const all = sumOf(totals, ({ tokens }) => tokens);
  const first = totals[0]!;
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'group', value: 'income_tokens', format: 'number' }),
    id: 'income',
    title: `${capital(first.label)} received ${formatShare(first.tokens / all)} of all income`,
    summary: `Income of all agents per era (calls, era rewards and delegation together), by role and strategy: ${formatList(totals.slice(0, 4).map(({ label, tokens }) => `${label} ${formatShare(tokens / all)}`))}${totals.length > 4 ? '; the rest share what is left' : ''}.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'group',
      order: totals.map(({ label }) => label),
      value: 'income_tokens',
      title: 'Income (tokens per era)',
      format: 'amount',
      legendColumns: 3,
    }),
  };
}

function emissionFigure(reading: Reading): Made {
  const data = metrics.emissionTable(reading);
  const { eras } = reading.run;
  const total = reading.tokens(sumOf(eras, (row) => row.emittedUnits));
  if (total === 0) return 'Emission: nothing was emitted.';
  const nodes = sumOf(eras, (row) => row.powrUnits) / sumOf(eras, (row) => row.emittedUnits);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'receiver', value: 'amount_tokens', format: 'number' }),
    id: 'emission',
    title: `${formatNumber(total / eras.length)} tokens are emitted per era, ${formatShare(nodes)} of them to nodes`,
    summary: `In ${formatQuantity(eras.length, 'era')}, ${formatNumber(total)} tokens were emitted; bars show how each era's emission was split. ${formatNumber(reading.tokens(eras[eras.length - 1]!.burntUnits))} tokens were burnt.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'receiver',
      order: labelsOf(data, 'receiver'),
      value: 'amount_tokens',
      title: 'Emission (tokens per era)',
      format: 'amount',
      legendColumns: 5,
    }),
  };
}

function standingFigure(reading: Reading, role: 'miner' | 'validator'): Made {
  const data = metrics.standingTable(reading, role);
  const what = role === 'miner' ? 'trust weight' : 'reputation';
  if (data.rows.length === 0)
    return `${capital(what)} of ${role}s: ${reading.finalAgents.length === 0 ? noAgents : `no ${role} has any`}.`;
  const order = strategiesOf(reading, role).filter(({ label }) => labelsOf(data, 'strategy').includes(label));
  const values = (isHonest: boolean): number[] =>
    reading.finalAgents
      .filter((row) => row.role === role && row.standingFp >= 0 && (row.intent === 'honest') === isHonest)
      .map((row) => fraction(row.standingFp));
  const [honest, others] = [values(true), values(false)];
  const ends = `the median ends at ${formatList(
    order.flatMap(({ label }) => {
      const last = recordsOf(data)
        .filter((row) => row.strategy === label)
        .at(-1);
      return last === undefined ? [] : [`${(last.p50 as number).toFixed(2)} for ${label}`];
    }),
  )}`;
  const [a, b] = [quantileOf(honest, 0.5), quantileOf(others, 0.5)];
  let title = `${capital(what)} of ${role}s ends at a median of ${quantileOf([...honest, ...others], 0.5).toFixed(2)}`;
  if (honest.length > 0 && others.length > 0) {
    const gap = a - b;
    title =
      Math.abs(gap) < 0.02
        ? `${capital(what)} does not tell honest ${role}s from others`
        : `${capital(what)} puts honest ${role}s ${Math.abs(gap).toFixed(2)} ${gap > 0 ? 'above' : 'below'} the others`;
  }
  return {
    ...overEras(reading, data, {
      kind: 'points',
      series: 'strategy',
      value: 'p50',
      band: ['p05', 'p95'],
      format: 'ratio',
      panels: { key: 'strategy', labels: order.map(({ label }) => label) },
    }),
    id: role === 'miner' ? 'trust' : 'reputation',
    title,
    summary: `${capital(what)} by strategy over the eras: ${ends}. Lines are medians over the agents of a strategy, dark bands their middle half, light bands their middle 90 % (5th to 95th percentile).`,
    size: 'full',
    spec: charts.fans({ bins: reading.bins, order, title: capital(what) }),
  };
}

function acceptedFigure(reading: Reading): Made {
  const data = metrics.acceptedTable(reading);
  const strategies = metrics.acceptedByStrategy(reading);
  if (strategies.length === 0)
    return `Accepted outputs: ${reading.finalAgents.length === 0 ? noAgents : 'no output was checked'}.`;
  const sorted = [...strategies].sort((a, b) => a.share - b.share);
  const worst = sorted[0]!;
  const title =
    worst.share === 1
      ? 'Every checked output was accepted'
      : `Checks accepted ${formatShare(worst.share)} of what ${worst.label} miners served${sorted.length > 1 ? `, ${formatShare(sorted[sorted.length - 1]!.share)} of ${sorted[sorted.length - 1]!.label}` : ''}`;
  return {
    ...overEras(reading, data, { kind: 'points', series: 'strategy', value: 'accepted_share', format: 'share' }),
    id: 'accepted',
    title,
    summary: `Share of checked outputs that validators accepted, over the run: ${formatList(strategies.map(({ label, share, checked }) => `${formatShare(share)} of ${formatCount(checked)} for ${label}`))}. Eras without a check of a strategy have no point.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'strategy',
      order: strategies.map(({ label }) => label),
      value: 'accepted_share',
      title: 'Accepted share of checked outputs',
      format: 'share',
      domain: [0, 1],
      points: true,
      legendColumns: 4,
    }),
  };
}

function taskFigure(reading: Reading): Made {
  const { eras } = reading.run;
  const [settled, passed, failed, unresolved] = [
    sumOf(eras, (row) => row.taskSettledCount),
    sumOf(eras, (row) => row.taskPassedCount),
    sumOf(eras, (row) => row.taskFailedCount),
    sumOf(eras, (row) => row.taskUnresolvedCount),
  ];
  if (settled + unresolved === 0) return 'Validation tasks: none was settled.';
  const data = metrics.taskTable(reading);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'outcome', value: 'task_count', format: 'number' }),
    id: 'tasks',
    title: `Validators passed ${formatShare(passed / Math.max(1, settled))} of ${formatQuantity(settled, 'settled task')}`,
    summary: `Validation tasks per era by outcome: ${formatCount(passed)} passed, ${formatCount(failed)} failed, ${formatCount(unresolved)} without a verdict.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'outcome',
      order: labelsOf(data, 'outcome'),
      value: 'task_count',
      title: 'Tasks per era',
      format: 'amount',
      colours: ['var(--c0)', 'var(--c1)', 'var(--c9)'],
    }),
  };
}

function errorFigure(reading: Reading): Made {
  const { eras } = reading.run;
  const [settled, wrong, audits, failed] = [
    sumOf(eras, (row) => row.taskSettledCount),
    sumOf(eras, (row) => row.wrongOutcomeCount),
    sumOf(eras, (row) => row.auditCount),
    sumOf(eras, (row) => row.auditFailedCount),
  ];
  if (settled === 0) return 'Errors of validation: no task was settled.';
  const data = metrics.errorTable(reading);
  return {
    ...overEras(reading, data, { kind: 'points', series: 'measure', value: 'share', format: 'share' }),
    id: 'errors',
    title:
      wrong === 0
        ? 'No settled task contradicts the truth'
        : `${formatShare(wrong / settled)} of settled tasks contradict the truth`,
    summary: `${formatCount(wrong)} of ${formatQuantity(settled, 'settled task')} had an outcome that differs from what was really executed, which agents cannot see; ${formatCount(failed)} of ${formatQuantity(audits, 'audit')} of served requests failed.`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'measure',
      order: labelsOf(data, 'measure'),
      value: 'share',
      title: 'Share',
      format: 'share',
      points: true,
    }),
  };
}

function demandFigure(reading: Reading): Made {
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
      format: 'amount',
      legendColumns: 2,
    }),
  };
}

function qualityFigure(reading: Reading): Made {
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

function courseFigure(reading: Reading, what: 'rank' | 'price'): Made {
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

function serviceFigure(reading: Reading): Made {
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
      format: 'amount',
      colours: ['var(--c0)', 'var(--c1)'],
    }),
  };
}

function lorenzFigure(reading: Reading): Made {
  if (reading.finalAgents.length === 0) return `Lorenz curve: ${noAgents}.`;
  const data = metrics.lorenzTable(reading);
  const { topTenthShare, gini, agentCount } = metrics.finalWealth(reading);
  return {
    ...listed(data, { agent_share: 'share', wealth_share: 'share' }),
    id: 'lorenz',
    title: `The richest tenth of the agents hold ${formatShare(topTenthShare)} of the wealth`,
    summary: `Lorenz curves of what ${formatQuantity(agentCount, 'agent')} own (wallet, stake and delegations) at the end of the first and of the last era; the further below the dotted line of equality, the more unequal. The Gini coefficient at the end is ${gini.toFixed(3)}.`,
    size: 'half',
    spec: charts.lorenz(labelsOf(data, 'time')),
  };
}

function giniFigure(reading: Reading): Made {
  const { eras } = reading.run;
  const [first, last] = [fraction(eras[0]!.wealthGiniFp), fraction(eras[eras.length - 1]!.wealthGiniFp)];
  const data = metrics.giniTable(reading);
  const verb =
    Math.abs(last - first) < 0.005
      ? `stays at ${last.toFixed(2)}`
      : `${last > first ? 'rises' : 'falls'} from ${first.toFixed(2)} to ${last.toFixed(2)}`;
  return {
    ...overEras(reading, data, { kind: 'points', series: 'measure', value: 'gini', format: 'ratio' }),
    id: 'gini',
    title: `The Gini coefficient of wealth ${verb}`,
    summary: `Gini coefficients by era, 0 for equality: of what all agents own, and of what miners earned in the era (mean ${meanOf(eras.map((row) => fraction(row.minerIncomeGiniFp))).toFixed(2)}).`,
    size: 'half',
    spec: charts.lines({
      bins: reading.bins,
      series: 'measure',
      order: labelsOf(data, 'measure'),
      value: 'gini',
      title: 'Gini coefficient',
      format: 'ratio',
      domain: [0, 1],
    }),
  };
}

/** Gas by action, of a run with a chain. */
function gasFigure(reading: Reading): Made {
  const { chain } = reading.run.manifest;
  if (chain === null) return 'Gas: this run had no chain.';
  const data = metrics.gasTable(chain.gasByAction);
  if (data.rows.length === 0) return 'Gas: no action used any.';
  const top = data.rows[0]!;
  return {
    ...listed(data, { gas: 'number', gas_share: 'share' }),
    id: 'gas',
    title: `${String(top[0])} used ${shareText(top[2])} of the gas of actions`,
    summary: `Gas by action over the run, the 15 largest: ${formatList(data.rows.slice(0, 3).map((row) => `${row[0]} ${shareText(row[2])}`))}.`,
    size: 'half',
    spec: charts.rankedBars({ order: cellsOf(data, 'action').map(String), name: 'action', value: 'gas', title: 'Gas' }),
  };
}

/** All figures of a run by section, in the order of the report. A run without a settled era has none. */
export function makeSections(reading: Reading): Section[] {
  if (reading.run.eras.length === 0) return [section('figures', 'Figures', ['Figures: no era was settled.'])];
  return [
    section('cheating', 'Does cheating pay?', [intentFigure(reading), profitFigure(reading), acceptedFigure(reading)]),
    section('standing', 'Who is trusted?', [standingFigure(reading, 'miner'), standingFigure(reading, 'validator')]),
    section('validation', 'Does validation tell good from bad?', [taskFigure(reading), errorFigure(reading)]),
    section('market', 'What happens on the market?', [
      demandFigure(reading),
      qualityFigure(reading),
      courseFigure(reading, 'rank'),
      courseFigure(reading, 'price'),
      serviceFigure(reading),
    ]),
    section('money', 'Who gets the money?', [
      incomeFigure(reading),
      emissionFigure(reading),
      lorenzFigure(reading),
      giniFigure(reading),
    ]),
    section('chain', 'What does the chain cost?', [gasFigure(reading)]),
  ];
}
