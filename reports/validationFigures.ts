/** Figures about validation: outcomes, errors against the truth, and what checks accept of whom. */
import * as charts from './charts.ts';
import { largestOf, largestStack, type Made, noAgents, overEras } from './figure.ts';
import * as metrics from './metrics.ts';
import { formatCount, formatList, formatQuantity, formatShare } from './numbers.ts';
import { type Reading, sumOf } from './reading.ts';
import { cellsOf, labelsOf } from './table.ts';

export function acceptedFigure(reading: Reading): Made {
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

export function taskFigure(reading: Reading): Made {
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
      format: charts.amountFormat(largestStack(data, 'task_count')),
      colours: ['var(--c0)', 'var(--c1)', 'var(--c9)'],
    }),
  };
}

export function errorFigure(reading: Reading): Made {
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
      // From 0, and not magnified: a share that is always 0 must look like it.
      domain: [0, [0.05, 0.1, 0.25, 0.5].find((top) => top >= largestOf(cellsOf(data, 'share'))) ?? 1],
      points: true,
    }),
  };
}
