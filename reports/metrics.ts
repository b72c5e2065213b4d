/**
 * From the tables of a run to the tables behind the figures. Amounts are tokens, ratios fractions of 1. Where eras are
 * put together, flows are means per era, shares are of the whole bin, and states are those at the bin's end.
 */
import type { AgentRow, EraRow, ModelRow } from '../sim/engine/trace.ts';
import {
  fraction,
  type Group,
  groupBy,
  INTENTS,
  type Intent,
  incomeUnits,
  pluralOf,
  type Reading,
  strategiesOf,
  sumOf,
  wealthUnits,
} from './reading.ts';
import { giniOf, lorenzOf, meanOf, quantileOf } from './statistics.ts';
import { type Cell, type Table, table } from './table.ts';

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** One row per bin and series: the measure of the bin's rows. */
function overEras<Row>(
  reading: Reading,
  rowsOfBin: readonly (readonly Row[])[],
  series: Readonly<Record<string, (rows: readonly Row[], eraCount: number) => number | null>>,
): Cell[][] {
  return reading.bins.bins.flatMap(({ from, to }, i) =>
    Object.entries(series).map(([label, measure]) => [from, label, measure(rowsOfBin[i]!, to - from + 1)]),
  );
}

/** Emission of an era by the role that it goes to. */
export function emissionTable(reading: Reading): Table {
  const mean = (unitsOf: (row: EraRow) => number) => (rows: readonly EraRow[], eras: number) =>
    reading.tokens(sumOf(rows, unitsOf)) / eras;
  const rows = overEras(reading, reading.eraRows, {
    'nodes (PoWR)': mean((row) => row.powrUnits),
    validators: mean((row) => row.validatorUnits),
    creators: mean((row) => row.creatorUnits),
    delegators: mean((row) => row.stakerUnits),
    foundation: mean((row) => row.foundationUnits),
  });
  return table({ era: 'Era', receiver: 'Receiver', amount_tokens: 'Emission (tokens per era)' }, rows);
}

const labelOf = (row: AgentRow): string => `${row.role} · ${row.strategy}`;
/** Series in one chart, at most; the smallest are put together as `other`. */
const MAX_SERIES = 10;

/** Names of the largest groups, and what a name becomes. */
function largest(totals: ReadonlyMap<string, number>): {
  readonly kept: readonly string[];
  name(label: string): string;
} {
  const ranking = [...totals].filter(([, total]) => total > 0).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const fits = ranking.length <= MAX_SERIES;
  const kept = new Set((fits ? ranking : ranking.slice(0, MAX_SERIES - 1)).map(([label]) => label));
  return { kept: fits ? [...kept] : [...kept, 'other'], name: (label) => (kept.has(label) ? label : 'other') };
}

function addTo(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** One row per bin and group, largest group first: the group's sum as a mean per era. */
function groupsOverEras<Row>(
  reading: Reading,
  rowsOfBin: readonly (readonly Row[])[],
  keyOf: (row: Row) => string,
  amountOf: (row: Row) => number,
): Cell[][] {
  const totals = new Map<string, number>();
  const perBin = rowsOfBin.map((rows) => {
    const sums = new Map<string, number>();
    for (const row of rows) addTo(sums, keyOf(row), amountOf(row));
    for (const [key, sum] of sums) addTo(totals, key, sum);
    return sums;
  });
  const { kept, name } = largest(totals);
  return reading.bins.bins.flatMap(({ from, to }, i) => {
    const sums = new Map<string, number>();
    for (const [key, sum] of perBin[i]!) addTo(sums, name(key), sum);
    return kept.map((label) => [from, label, (sums.get(label) ?? 0) / (to - from + 1)]);
  });
}

/** Income of all agents by role and strategy, largest group first. */
export function incomeTable(reading: Reading): Table {
  const rows = groupsOverEras(reading, reading.agentRows, labelOf, incomeUnits);
  return table(
    { era: 'Era', group: 'Role and strategy', income_tokens: 'Income (tokens per era)' },
    rows.map(([era, label, amount]) => [era!, label!, reading.tokens(amount as number)]),
  );
}

/** Net result of each agent over the run, as mean and range of its group: income less penalties and spending. */
export function profitTable(reading: Reading): Table {
  const byAgent = groupBy(reading.run.agents, (row) => String(row.account));
  const results = [...byAgent.values()].map((rows) => ({
    row: rows[rows.length - 1]!,
    tokens: reading.tokens(sumOf(rows, (row) => incomeUnits(row) - row.penaltyUnits - row.spentUnits)),
  }));
  const groups = [...groupBy(results, ({ row }) => labelOf(row))].map(([label, members]) => {
    const profits = members.map(({ tokens }) => tokens);
    return { label, intent: members[0]!.row.intent, role: members[0]!.row.role, profits, mean: meanOf(profits) };
  });
  groups.sort((a, b) => b.mean - a.mean || (a.label < b.label ? -1 : 1));
  const rows = groups.map(({ label, role, intent, profits, mean }) => [
    label,
    role,
    intent,
    profits.length,
    mean,
    quantileOf(profits, 0),
    quantileOf(profits, 0.5),
    quantileOf(profits, 1),
  ]);
  return table(
    {
      group: 'Role and strategy',
      role: 'Role',
      intent: 'Intent',
      agent_count: 'Agents',
      mean_tokens: 'Mean (tokens)',
      min_tokens: 'Least (tokens)',
      median_tokens: 'Median (tokens)',
      max_tokens: 'Most (tokens)',
    },
    rows,
  );
}

/** Roles in which honest agents compete with others, so that the question whether cheating pays has an answer. */
export function contestedRoles(reading: Reading): ('miner' | 'validator' | 'creator' | 'slark' | 'fizz')[] {
  return (['miner', 'validator', 'creator', 'slark', 'fizz'] as const).filter((role) => {
    const intents = new Set(strategiesOf(reading, role).map(({ intent }) => intent));
    return intents.has('honest') && intents.size > 1;
  });
}

/** Income per agent and era by intent: mean, and the range of the middle 80 % of the agents. */
export function intentTable(reading: Reading): Table {
  const roles = contestedRoles(reading);
  const rows = reading.bins.bins.flatMap(({ from, to }, i) =>
    roles.flatMap((role) =>
      INTENTS.flatMap((intent) => {
        const members = reading.agentRows[i]!.filter((row) => row.role === role && row.intent === intent);
        const perAgent = [...groupBy(members, (row) => String(row.account)).values()].map(
          (own) => reading.tokens(sumOf(own, incomeUnits)) / (to - from + 1),
        );
        if (perAgent.length === 0) return [];
        return [
          [
            from,
            pluralOf(role),
            intent,
            meanOf(perAgent),
            quantileOf(perAgent, 0.1),
            quantileOf(perAgent, 0.9),
            perAgent.length,
          ],
        ];
      }),
    ),
  );
  return table(
    {
      era: 'Era',
      role: 'Role',
      intent: 'Intent',
      mean_tokens: 'Mean income (tokens per agent and era)',
      p10_tokens: '10th percentile (tokens)',
      p90_tokens: '90th percentile (tokens)',
      agent_count: 'Agents',
    },
    rows,
  );
}

/** Mean income over the whole run per agent of a role, by intent. */
export function meanIncomeByIntent(
  reading: Reading,
  role: AgentRow['role'],
): { intent: Intent; tokens: number; count: number }[] {
  return INTENTS.flatMap((intent) => {
    const rows = reading.run.agents.filter((row) => row.role === role && row.intent === intent);
    const count = new Set(rows.map((row) => row.account)).size;
    return count === 0 ? [] : [{ intent, tokens: reading.tokens(sumOf(rows, incomeUnits)) / count, count }];
  });
}

/** Standing of the agents of a role by strategy at each bin's end: the five quantiles of a fan. */
export function standingTable(reading: Reading, role: 'miner' | 'validator' | 'slark'): Table {
  const groups = strategiesOf(reading, role);
  const rows = reading.bins.bins.flatMap(({ from, to }, i) =>
    groups.flatMap(({ label }) => {
      const values = reading.agentRows[i]!.filter(
        (row) => row.era === to && row.role === role && row.strategy === label && row.standingFp >= 0,
      ).map((row) => fraction(row.standingFp));
      if (values.length === 0) return [];
      return [[from, label, ...[0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantileOf(values, p)), values.length]];
    }),
  );
  return table(
    {
      era: 'Era',
      strategy: 'Strategy',
      p05: '5th percentile',
      p25: '25th percentile',
      p50: 'Median',
      p75: '75th percentile',
      p95: '95th percentile',
      agent_count: 'Agents',
    },
    rows,
  );
}

/** Share of checked outputs that validation accepted, by strategy of the miner. */
export function acceptedTable(reading: Reading): Table {
  const groups = strategiesOf(reading, 'miner').filter(({ label }) =>
    reading.run.agents.some((row) => row.role === 'miner' && row.strategy === label && row.checkedCount > 0),
  );
  const rows = reading.bins.bins.flatMap(({ from }, i) =>
    groups.flatMap(({ label }) => {
      const members = reading.agentRows[i]!.filter((row) => row.role === 'miner' && row.strategy === label);
      const checked = sumOf(members, (row) => row.checkedCount);
      const accepted = sumOf(members, (row) => row.acceptedCount);
      return checked === 0 ? [] : [[from, label, accepted / checked, accepted, checked]];
    }),
  );
  return table(
    {
      era: 'Era',
      strategy: 'Strategy',
      accepted_share: 'Accepted share',
      accepted_count: 'Accepted',
      checked_count: 'Checked',
    },
    rows,
  );
}

/** Accepted share over the whole run, by strategy of the miner. */
export function acceptedByStrategy(reading: Reading): (Group & { readonly share: number; readonly checked: number })[] {
  return strategiesOf(reading, 'miner').flatMap((group) => {
    const rows = reading.run.agents.filter((row) => row.role === 'miner' && row.strategy === group.label);
    const checked = sumOf(rows, (row) => row.checkedCount);
    return checked === 0 ? [] : [{ ...group, share: sumOf(rows, (row) => row.acceptedCount) / checked, checked }];
  });
}

/** Lorenz curves of the agents' wealth at the first and the last era's end, at most 100 steps each. */
export function lorenzTable(reading: Reading): Table {
  const curve = (era: number): Cell[][] => {
    const points = lorenzOf(reading.run.agents.filter((row) => row.era === era).map(wealthUnits));
    const n = points.length - 1;
    const steps = Math.min(n, 100);
    return Array.from({ length: steps + 1 }, (_, i) => {
      const k = Math.round((i * n) / steps);
      return [`era ${era}`, k / n, points[k]!];
    });
  };
  const eras = reading.lastEra > 0 ? [0, reading.lastEra] : [reading.lastEra];
  return table(
    { time: 'End of', agent_share: 'Share of agents, poorest first', wealth_share: 'Share of wealth' },
    eras.flatMap(curve),
  );
}

/** Share of the wealth that the richest tenth of the agents holds at the end, and Gini coefficient. */
export function finalWealth(reading: Reading): { topTenthShare: number; gini: number; agentCount: number } {
  const amounts = reading.finalAgents.map(wealthUnits).sort((a, b) => b - a);
  const top = amounts.slice(0, Math.max(1, Math.round(amounts.length / 10)));
  const total = sumOf(amounts, (x) => x);
  return {
    topTenthShare: total === 0 ? 0 : sumOf(top, (x) => x) / total,
    gini: giniOf(amounts),
    agentCount: amounts.length,
  };
}

/** Gini coefficients over eras, as the run recorded them. */
export function giniTable(reading: Reading): Table {
  const last = (fpOf: (row: EraRow) => number) => (rows: readonly EraRow[]) => fraction(fpOf(rows[rows.length - 1]!));
  return table(
    { era: 'Era', measure: 'Measure', gini: 'Gini coefficient' },
    overEras(reading, reading.eraRows, {
      'wealth of all agents': last((row) => row.wealthGiniFp),
      'income of miners in the era': last((row) => row.minerIncomeGiniFp),
    }),
  );
}

/** Name of a model in charts: its number, which is unique, and whose it is. */
export const modelName = (row: ModelRow): string => `#${row.model} ${row.creator}`;

/** Requests by model, or by variant where there are too many models to tell apart. */
export function demandTable(reading: Reading): { readonly data: Table; readonly by: 'model' | 'variant' } {
  const used = reading.run.models.filter((row) => row.requestCount > 0);
  const byModel = new Set(used.map((row) => row.model)).size <= MAX_SERIES;
  const rows = groupsOverEras(
    reading,
    reading.modelRows,
    byModel ? modelName : (row) => row.variant,
    (row) => row.requestCount,
  );
  return {
    by: byModel ? 'model' : 'variant',
    data: table({ era: 'Era', model: byModel ? 'Model' : 'Variant', request_count: 'Requests per era' }, rows),
  };
}

/** The models that were asked most, at most eight: the ones whose course is drawn. */
function leadingModels(reading: Reading): number[] {
  const totals = [...groupBy(reading.run.models, (row) => String(row.model))].map(([model, rows]) => ({
    model: Number(model),
    requests: sumOf(rows, (row) => row.requestCount),
  }));
  const used = totals
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests || a.model - b.model);
  return used.slice(0, 8).map(({ model }) => model);
}

/** Market rank, or price, of the leading models at each bin's end, while they are live. */
export function modelCourseTable(reading: Reading, what: 'rank' | 'price'): Table {
  const models = leadingModels(reading);
  const rows = reading.bins.bins.flatMap(({ from, to }, i) =>
    models.flatMap((model) =>
      reading.modelRows[i]!.filter((row) => row.era === to && row.model === model && row.state === 'live').map(
        (row) => [from, modelName(row), what === 'rank' ? fraction(row.rankFp) : reading.tokens(row.feeUnits)],
      ),
    ),
  );
  return what === 'rank'
    ? table({ era: 'Era', model: 'Model', rank: 'Market rank' }, rows)
    : table({ era: 'Era', model: 'Model', fee_tokens: 'Price (tokens per call)' }, rows);
}

/** Final rank and measured quality of each live model: what consumers saw against what was delivered. */
export function qualityTable(reading: Reading): Table {
  const requests = new Map<number, number>();
  for (const row of reading.run.models) requests.set(row.model, (requests.get(row.model) ?? 0) + row.requestCount);
  const live = reading.finalModels.filter((row) => row.state === 'live' && row.qualityBps >= 0);
  const busiest = [...live]
    .sort((a, b) => requests.get(b.model)! - requests.get(a.model)! || a.model - b.model)
    .slice(0, 300);
  return table(
    {
      model: 'Model',
      strategy: 'Strategy of its creator',
      variant: 'Variant',
      quality_share: 'Measured quality',
      rank: 'Market rank',
      fee_tokens: 'Price (tokens per call)',
      request_count: 'Requests in the run',
    },
    busiest.map((row) => [
      modelName(row),
      row.strategy,
      row.variant,
      row.qualityBps / 10_000,
      fraction(row.rankFp),
      reading.tokens(row.feeUnits),
      requests.get(row.model)!,
    ]),
  );
}

/** Validation tasks by outcome. */
export function taskTable(reading: Reading): Table {
  const mean = (countOf: (row: EraRow) => number) => (rows: readonly EraRow[], eras: number) =>
    sumOf(rows, countOf) / eras;
  return table(
    { era: 'Era', outcome: 'Outcome', task_count: 'Tasks per era' },
    overEras(reading, reading.eraRows, {
      passed: mean((row) => row.taskPassedCount),
      failed: mean((row) => row.taskFailedCount),
      unresolved: mean((row) => row.taskUnresolvedCount),
    }),
  );
}

/** Shares that should be small: outcomes that contradict the truth, and audits that found a bad output. */
export function errorTable(reading: Reading): Table {
  const of = (partOf: (row: EraRow) => number, wholeOf: (row: EraRow) => number) => (rows: readonly EraRow[]) =>
    share(sumOf(rows, partOf), sumOf(rows, wholeOf));
  return table(
    { era: 'Era', measure: 'Measure', share: 'Share' },
    overEras(reading, reading.eraRows, {
      'wrong outcomes, of settled tasks': of(
        (row) => row.wrongOutcomeCount,
        (row) => row.taskSettledCount,
      ),
      'failed outputs, of audits': of(
        (row) => row.auditFailedCount,
        (row) => row.auditCount,
      ),
    }),
  );
}

/** Requests by what became of them. */
export function serviceTable(reading: Reading): Table {
  const mean = (countOf: (row: EraRow) => number) => (rows: readonly EraRow[], eras: number) =>
    sumOf(rows, countOf) / eras;
  return table(
    { era: 'Era', outcome: 'Outcome', request_count: 'Requests per era' },
    overEras(reading, reading.eraRows, {
      served: mean((row) => row.servedCount),
      refunded: mean((row) => row.refundedCount),
    }),
  );
}

/** Nodes that are online and models that are live at each bin's end. */
export function networkTable(reading: Reading): Table {
  const last = (countOf: (row: EraRow) => number) => (rows: readonly EraRow[]) => countOf(rows[rows.length - 1]!);
  return table(
    { era: 'Era', what: 'What', count: 'Count' },
    overEras(reading, reading.eraRows, {
      'nodes online': last((row) => row.onlineNodeCount),
      'models live': last((row) => row.liveModelCount),
    }),
  );
}

/** Counts by name, largest first; equal counts by name. */
export function ranked(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** Gas by action: the 15 that used most, and the rest together. */
export function gasTable(gasByAction: Readonly<Record<string, number>>): Table {
  const all = ranked(gasByAction);
  const total = sumOf(all, ([, gas]) => gas);
  const rest = sumOf(all.slice(15), ([, gas]) => gas);
  const shown: [string, number][] =
    rest === 0 ? all.slice(0, 15) : [...all.slice(0, 15), [`${all.length - 15} others`, rest]];
  return table(
    { action: 'Action', gas: 'Gas', gas_share: 'Share of all gas' },
    shown.map(([name, gas]) => [name, gas, share(gas, total)]),
  );
}
