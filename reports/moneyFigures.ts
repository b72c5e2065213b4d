/** Figures about money: who receives emission and income, how wealth is spread, what gas is spent on. */
import * as charts from './charts.ts';
import { capital, largestStack, listed, type Made, noAgents, overEras, shareText } from './figure.ts';
import * as metrics from './metrics.ts';
import { formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { fraction, type Reading, sumOf } from './reading.ts';
import { meanOf } from './statistics.ts';
import { labelsOf, recordsOf } from './table.ts';

export function incomeFigure(reading: Reading): Made {
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
    summary: `Income of all agents per era (calls, leases, era rewards, liveness and delegation together), by role and strategy: ${formatList(totals.slice(0, 4).map(({ label, tokens }) => `${label} ${formatShare(tokens / all)}`))}${totals.length > 4 ? '; the rest share what is left' : ''}.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'group',
      order: totals.map(({ label }) => label),
      value: 'income_tokens',
      title: 'Income (tokens per era)',
      format: charts.amountFormat(largestStack(data, 'income_tokens')),
      legendColumns: 3,
    }),
  };
}

export function emissionFigure(reading: Reading): Made {
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
      format: charts.amountFormat(largestStack(data, 'amount_tokens')),
      legendColumns: 5,
    }),
  };
}

export function lorenzFigure(reading: Reading): Made {
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

export function giniFigure(reading: Reading): Made {
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
export function gasFigure(reading: Reading): Made {
  const { chain } = reading.run.manifest;
  if (chain === null) return 'Gas: this run had no chain.';
  const data = metrics.gasTable(chain.gasByAction);
  if (data.rows.length === 0) return 'Gas: no action used any.';
  const top = data.rows[0]!;
  return {
    ...listed(data, { gas: 'number', gas_share: 'share' }, 'action'),
    id: 'gas',
    title: `${String(top[0])} used ${shareText(top[2])} of the gas of actions`,
    summary: `Gas by action over the run, the 15 largest: ${formatList(data.rows.slice(0, 3).map((row) => `${row[0]} ${shareText(row[2])}`))}.`,
    size: 'half',
    spec: charts.rankedBars({ count: data.rows.length, name: 'action', value: 'gas', title: 'Gas' }),
  };
}
