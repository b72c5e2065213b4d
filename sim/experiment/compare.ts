/** From the runs of one or two variants over the same seeds to what a comparison says of every metric. Pure. */
import type { PointResult } from './points.ts';
import { type Interval, intervalOf, meanOf, pairedInterval } from './statistics.ts';

export type Summary = PointResult['summary'];

/** A metric over seeds. */
export type MetricSpread = { readonly metric: string } & Interval;

/** A metric in both variants, over the seeds that have it in both. */
export type MetricDifference = {
  readonly metric: string;
  readonly meanA: number;
  readonly meanB: number;
  /** Of the differences B − A, seed by seed. */
  readonly difference: Interval;
  readonly excludesZero: boolean;
};

export type Comparison = {
  /** Largest |t| first. */
  readonly metrics: readonly MetricDifference[];
  /** Metrics that have one and the same value in every run. */
  readonly constant: readonly string[];
  /** Metrics of which fewer than two seeds have a pair: a strategy, for instance, that only one variant has. */
  readonly unpaired: readonly string[];
};

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Names of all metrics that any of the runs has, in the order of the alphabet. */
export function metricNames(summaries: readonly Summary[]): string[] {
  const names = new Set(summaries.flatMap((summary) => Object.keys(summary).filter((key) => isNumber(summary[key]))));
  return [...names].sort();
}

/** The values of a metric in the runs that have it. */
export function valuesOf(summaries: readonly Summary[], metric: string): number[] {
  return summaries.map((summary) => summary[metric]).filter(isNumber);
}

/**
 * Every metric over the seeds of one variant.
 *
 * @returns metrics that vary, by name, with the names of those that do not, and of those that fewer than two runs have
 */
export function spreadOf(summaries: readonly Summary[]): {
  readonly metrics: readonly MetricSpread[];
  readonly constant: readonly string[];
  readonly unpaired: readonly string[];
} {
  const metrics: MetricSpread[] = [];
  const constant: string[] = [];
  const unpaired: string[] = [];
  for (const metric of metricNames(summaries)) {
    const values = valuesOf(summaries, metric);
    if (values.length < 2) unpaired.push(metric);
    else if (values.every((x) => x === values[0])) constant.push(metric);
    else metrics.push({ metric, ...intervalOf(values) });
  }
  return { metrics, constant, unpaired };
}

/**
 * Paired differences B − A of every metric.
 *
 * @param pairs runs of both variants with the same seed
 */
export function compareRuns(pairs: readonly { readonly a: Summary; readonly b: Summary }[]): Comparison {
  const metrics: MetricDifference[] = [];
  const constant: string[] = [];
  const unpaired: string[] = [];
  for (const metric of metricNames(pairs.flatMap(({ a, b }) => [a, b]))) {
    const both = pairs.filter(({ a, b }) => isNumber(a[metric]) && isNumber(b[metric]));
    const [first, second] = [both.map(({ a }) => a[metric]!), both.map(({ b }) => b[metric]!)];
    if (both.length < 2) unpaired.push(metric);
    else if ([...first, ...second].every((x) => x === first[0])) constant.push(metric);
    else {
      const difference = pairedInterval(first, second);
      metrics.push({
        metric,
        meanA: meanOf(first),
        meanB: meanOf(second),
        difference,
        excludesZero: difference.low > 0 || difference.high < 0,
      });
    }
  }
  const sizeOf = ({ difference }: MetricDifference): number => Math.abs(difference.t);
  metrics.sort((x, y) => (sizeOf(x) === sizeOf(y) ? (x.metric < y.metric ? -1 : 1) : sizeOf(y) > sizeOf(x) ? 1 : -1));
  return { metrics, constant, unpaired };
}
