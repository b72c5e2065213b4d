/** Figures about agents: what honest and other strategies earn, and what standing they reach. */
import * as charts from './charts.ts';
import { capital, largestOf, listed, type Made, noAgents, number, overEras } from './figure.ts';
import { compareIntents, honestyClaim } from './honesty.ts';
import * as metrics from './metrics.ts';
import { formatList, formatNumber, formatQuantity } from './numbers.ts';
import { fraction, INTENTS, type Intent, pluralOf, type Reading, strategiesOf } from './reading.ts';
import { quantileOf } from './statistics.ts';
import { cellsOf, labelsOf, recordsOf } from './table.ts';

/** 'honest 1,200, malicious 300'. */
const perIntent = (
  items: readonly { readonly intent: Intent; readonly tokens: number; readonly count: number }[],
): string =>
  formatList(
    items.map(({ intent, tokens, count }) => `${formatNumber(tokens)} for ${formatQuantity(count, `${intent} agent`)}`),
  );

export function intentFigure(reading: Reading): Made {
  const roles = metrics.contestedRoles(reading);
  if (roles.length === 0)
    return `Honest against cheating income: ${reading.finalAgents.length === 0 ? noAgents : 'no role has both honest and other agents'}.`;
  const data = metrics.intentTable(reading);
  const intents = INTENTS.filter((intent) => labelsOf(data, 'intent').includes(intent));
  const claim = honestyClaim(compareIntents(reading), false);
  const means = roles.map((role) => `${pluralOf(role)}, ${perIntent(metrics.meanIncomeByIntent(reading, role))}`);
  const labels = roles.map(pluralOf);
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
    title: capital(claim ?? 'neither honest nor other agents earned anything'),
    summary: `Mean income over the run, in tokens per agent: ${means.join('; ')}. Lines are means over the agents of one intent, bands hold the middle 80 % of these agents (10th to 90th percentile) in this one run; they are no confidence intervals.`,
    size: 'full',
    spec: charts.intentBands({
      bins: reading.bins,
      roles: labels,
      intents,
      title: 'Tokens per agent and era',
      format: charts.amountFormat(largestOf(cellsOf(data, 'p90_tokens'))),
    }),
  };
}

export function profitFigure(reading: Reading): Made {
  const data = metrics.profitTable(reading);
  if (data.rows.length === 0) return `Profit by strategy: ${noAgents}.`;
  const records = recordsOf(data);
  const [first, last] = [records[0]!, records[records.length - 1]!];
  const intents = INTENTS.filter((intent) => records.some((row) => row.intent === intent));
  return {
    ...listed(
      data,
      { mean_tokens: 'number', min_tokens: 'number', median_tokens: 'number', max_tokens: 'number' },
      'group',
    ),
    id: 'profit',
    title: `${capital(String(first.group))} profited most: ${number(first.mean_tokens)} tokens per agent`,
    summary: `Income less penalties and spending over the whole run, by strategy: points are means, lines reach from the least to the most successful agent. Last is ${last.group} with ${number(last.mean_tokens)} tokens per agent.`,
    size: 'half',
    spec: charts.ranges({
      count: records.length,
      intents,
      title: 'Profit over the run (tokens per agent)',
      format: charts.amountFormat(largestOf(cellsOf(data, 'max_tokens'))),
    }),
  };
}

/** What the standing of a role is called, and the figure of it. */
const STANDINGS = {
  miner: { what: 'trust weight', id: 'trust' },
  validator: { what: 'reputation', id: 'reputation' },
  slark: { what: 'agreement with the majority', id: 'slark-accuracy' },
} as const;

export function standingFigure(reading: Reading, role: keyof typeof STANDINGS): Made {
  const data = metrics.standingTable(reading, role);
  const { what, id } = STANDINGS[role];
  const who = pluralOf(role);
  if (data.rows.length === 0)
    return `${capital(what)} of ${who}: ${reading.finalAgents.length === 0 ? noAgents : `no agent of this role has any`}.`;
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
  let title = `${capital(what)} of ${who} ends at a median of ${quantileOf([...honest, ...others], 0.5).toFixed(2)}`;
  if (honest.length > 0 && others.length > 0) {
    const gap = a - b;
    title =
      Math.abs(gap) < 0.02
        ? `${capital(what)} does not tell honest ${who} from others`
        : `${capital(what)} puts honest ${who} ${Math.abs(gap).toFixed(2)} ${gap > 0 ? 'above' : 'below'} the others`;
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
    id,
    title,
    summary: `${capital(what)} by strategy over the eras: ${ends}. Lines are medians over the agents of a strategy, dark bands their middle half, light bands their middle 90 % (5th to 95th percentile).`,
    size: 'full',
    spec: charts.fans({ bins: reading.bins, order, title: capital(what) }),
  };
}
