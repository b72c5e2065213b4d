/** A comparison of model variants as tables for a terminal and as the figures of a page. Measures and reads nothing. */
import type { BenchFigure, BenchReportInput } from '../../reports/benchReport.ts';
import type { FigureResult, QualityBench, SetResult, TaskResult } from '../inference/measureQuality.ts';
import type { Estimate } from '../inference/pairedStatistics.ts';
import type { Metric } from '../inference/qualityTasks.ts';
import { countOf, textTable } from './figureText.ts';
import { plainText } from './textTable.ts';

const NONE = '–';

/** Rates in percent with two decimals, areas and scores with three. */
const isRate = ({ id }: Pick<Metric, 'id'>): boolean => id !== 'auc' && id !== 'brier';
const scaleOf = (metric: Metric): number => (isRate(metric) ? 100 : 1);

const decimalsOf = (metric: Metric): number => (isRate(metric) ? 2 : 3);

function numberText(value: number, metric: Metric, decimals = decimalsOf(metric)): string {
  const text = (value * scaleOf(metric)).toFixed(decimals);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** Of a difference: one decimal more, because whether its interval reaches zero decides. */
const signed = (value: number, metric: Metric): string => {
  const text = numberText(value, metric, decimalsOf(metric) + 1);
  return text.startsWith('-') || Number(text) === 0 ? text : `+${text}`;
};

type Writer = (value: number, metric: Metric) => string;

/** '7.31 (6.02 to 8.71)' */
const intervalText = (
  { value, low, high }: Estimate,
  metric: Metric,
  write: Writer = (number) => numberText(number, metric),
): string => `${write(value, metric)} (${write(low, metric)} to ${write(high, metric)})`;

const titleOf = (metric: Metric): string => (isRate(metric) ? `${metric.title} %` : metric.title);

export function textOf(bench: QualityBench): string {
  const { device, level, intervals, executedCount } = bench;
  const percent = 100 * intervals.confidence;
  const lines = [
    `${device.class}: ${plainText(device.name)}, ${bench.runtime}, node ${bench.node}; ${countOf(executedCount, 'inference')}`,
    `${bench.measuredOn}; level ${level.name} (difficulty ${level.difficulty})`,
    `In brackets: ${percent} % intervals, ${intervals.method}, ${countOf(intervals.resampleCount, 'draw')}`,
    chanceText(bench),
    ...bench.tasks.flatMap(taskLines),
  ];
  return `${lines.join('\n')}\n`;
}

/** Each interval is of one difference: who looks at many finds some that are chance. */
function chanceText({ tasks, intervals }: QualityBench): string {
  const count = tasks.flatMap(({ sets }) => sets).reduce((sum, { variants }) => sum + variants.length - 1, 0);
  const expected = count * (1 - intervals.confidence);
  return `${countOf(count, 'comparison')}: chance alone gives about ${expected.toFixed(1)} that look better or worse and are not`;
}

function taskLines(task: TaskResult): string[] {
  const [first, ...rest] = task.metrics;
  const tables = task.sets.flatMap((set) => {
    const base = set.variants[0]!.variant;
    const head = [
      ...['variant', titleOf(first!), `difference to ${base}`, 'verdict'],
      ...rest.map((metric) => titleOf(metric)),
    ];
    const rows = set.variants.map(({ variant, figures }) => [
      ...[variant, intervalText(figures[0]!, first!), ...differenceTexts(figures[0]!, first!)],
      ...rest.map((metric, i) => numberText(figures[i + 1]!.value, metric)),
    ]);
    return ['', `${setText(set)}; data ${set.datasetSha256.slice(0, 16)}`, ...textTable([head, ...rows], 1)];
  });
  const better = first!.isHigherBetter ? 'higher is better' : 'lower is better';
  return ['', `${task.title} (${task.version}); ${titleOf(first!)}: ${better}`, ...tables, ...gapLines(task)];
}

const setText = ({ range, seed, sampleCount }: SetResult): string =>
  `${range} set, seed ${seed}, ${countOf(sampleCount, 'sample')}`;

function differenceTexts({ difference }: FigureResult, metric: Metric): [string, string] {
  if (difference === null) return [NONE, 'base'];
  return [intervalText(difference, metric, signed), difference.comparison];
}

function gapLines({ gaps, metrics }: TaskResult): string[] {
  if (gaps.length === 0) return [];
  const metric = metrics[0]!;
  const rows = gaps.map((gap) => [gap.variant, intervalText(gap, metric, signed), gapText(gap, metric)]);
  return ['', ...textTable([['variant', `${titleOf(metric)}: public minus held-out`, 'public set'], ...rows], 1)];
}

function gapText({ low, high }: Estimate, { isHigherBetter }: Metric): string {
  if (low <= 0 && high >= 0) return 'no difference';
  return low > 0 === isHigherBetter ? 'flatters' : 'is harder';
}

export function reportOf(bench: QualityBench): BenchReportInput {
  const { device, intervals, level } = bench;
  const figures = bench.tasks.flatMap((task) => task.sets.flatMap((set) => figuresOf(task, set, bench)));
  const gaps = bench.tasks.flatMap((task): BenchFigure[] => {
    const metric = task.metrics[0]!;
    return [
      {
        id: `${task.task}-gap`,
        title: `${task.title}: public minus held-out`,
        summary: 'Whoever has learnt the public set by heart does better on it than on samples that nobody has seen.',
        axis: titleOf(metric),
        heads: ['Difference', 'From', 'To'],
        rows: task.gaps.map(({ variant, ...estimate }) => ({ name: variant, ...scaled(estimate, metric) })),
      },
    ];
  });
  return {
    title: 'Quality of model variants',
    facts: [
      {
        heading: device.class,
        pairs: [
          ['Device', device.name],
          ['Runtime', `${bench.runtime}, node ${bench.node}`],
          ['Level', `${level.name}, difficulty ${level.difficulty}`],
          ['Inferences', String(bench.executedCount)],
          ['Intervals', `${100 * intervals.confidence} %: ${intervals.method}, ${intervals.resampleCount} draws`],
          ['Measured', bench.measuredOn],
        ],
      },
      ...bench.tasks.map((task) => ({
        heading: task.title,
        pairs: task.sets.flatMap((set): [string, string][] => [[`${set.range} data`, set.datasetSha256]]),
      })),
    ],
    figures: [...figures, ...gaps],
    notes: [],
  };
}

const scaled = ({ value, low, high }: Estimate, metric: Metric) => ({
  median: value * scaleOf(metric),
  low: low * scaleOf(metric),
  high: high * scaleOf(metric),
});

function figuresOf(task: TaskResult, set: SetResult, { level }: QualityBench): BenchFigure[] {
  const metric = task.metrics[0]!;
  const base = set.variants[0]!.variant;
  const better = metric.isHigherBetter ? 'Higher is better' : 'Lower is better';
  return [
    {
      id: `${task.task}-${set.range}`,
      title: `${task.title}, ${set.range} set`,
      summary: `${countOf(set.sampleCount, 'sample')} of level ${level.name}, seed ${set.seed}. ${better}. Line: 95 % interval.`,
      axis: titleOf(metric),
      heads: ['Estimate', 'From', 'To'],
      rows: set.variants.map(({ variant, figures }) => ({ name: variant, ...scaled(figures[0]!, metric) })),
    },
    {
      id: `${task.task}-${set.range}-difference`,
      title: `${task.title}, ${set.range} set: difference to ${base}`,
      summary: 'On the same samples. A line that crosses zero shows no difference.',
      axis: titleOf(metric),
      heads: ['Difference', 'From', 'To'],
      rows: set.variants.flatMap(({ variant, figures }) => {
        const { difference } = figures[0]!;
        return difference === null ? [] : [{ name: variant, ...scaled(difference, metric) }];
      }),
    },
  ];
}
