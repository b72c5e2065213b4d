/**
 * Compares models on the same samples by executing all of them: how good each is, how sure that is, and whether it
 * differs from the base. On both the public and a held-out set it also shows who has learnt the public one by heart.
 * Decides neither what the tasks are (qualityTasks.ts) nor how sets are named (taskSets.ts).
 */
import { join } from 'node:path';
import { chooseDevice, type Device } from './devices.ts';
import {
  CONFIDENCE,
  type Comparison,
  compareToBase,
  computeFigure,
  createAuc,
  createMean,
  differenceOf,
  type Estimate,
  type Figure,
  intervalOf,
  RESAMPLE_COUNT,
  resample,
} from './pairedStatistics.ts';
import {
  type Competitor,
  getQualityTask,
  type Judged,
  type Metric,
  type QualityTask,
  type QualityTaskId,
} from './qualityTasks.ts';
import type { LoadRequest } from './runnerMessages.ts';
import { createRunnerPool, type RunnerPool } from './runnerPool.ts';
import type { SampleRange } from './sampleKey.ts';
import { computeSampleSha256, computeSetSha256, countSamplesMax, publicSetOf, type TaskSet } from './taskSets.ts';
import { levels } from './textRecognition.ts';

export const QUALITY_FORMAT = 'powr-quality-bench/1';

/** Of the sets on which models are compared; the others teach. */
export type BenchRange = Extract<SampleRange, 'public' | 'held-out'>;

export type MeasureQualityOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly cacheDir?: string;
  /** Runner processes, default one per core. */
  readonly workers?: number;
  readonly tasks: readonly QualityTaskId[];
  /** Ids of competitors; a task's base competes whether named or not. Default all. */
  readonly variants?: readonly string[];
  /** Index in `levels`. */
  readonly level: number;
  /** On each set; the public one has no more than it has. */
  readonly sampleCount: number;
  readonly ranges: readonly BenchRange[];
  /** Of the held-out sets, and of what is drawn for the intervals. */
  readonly seed: number;
  /** ISO 8601; recorded, not read. */
  readonly measuredOn: string;
  /** Told after every sample. */
  readonly onProgress?: (doneCount: number, totalCount: number, what: string) => void;
};

export type FigureResult = Estimate & {
  readonly metric: string;
  /** To the base on the same samples; null for the base. */
  readonly difference: (Estimate & { readonly comparison: Comparison }) | null;
};

export type VariantResult = {
  readonly variant: string;
  /** Of the model file that was executed. */
  readonly sha256: string;
  /** In the order of the task's metrics. */
  readonly figures: readonly FigureResult[];
};

export type SetResult = {
  readonly range: BenchRange;
  readonly seed: number;
  readonly sampleCount: number;
  readonly datasetSha256: string;
  /** The base first. */
  readonly variants: readonly VariantResult[];
};

/** Public minus held-out, of the metric that decides; the sets share no sample, so each is drawn by itself. */
export type Gap = Estimate & { readonly variant: string };

export type TaskResult = {
  readonly task: QualityTaskId;
  readonly version: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly sets: readonly SetResult[];
  /** None unless both sets were measured. */
  readonly gaps: readonly Gap[];
};

export type QualityBench = {
  readonly format: typeof QUALITY_FORMAT;
  readonly device: { readonly class: string; readonly name: string };
  readonly runtime: string;
  readonly node: string;
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly level: { readonly name: string; readonly difficulty: number };
  readonly intervals: { readonly method: string; readonly confidence: number; readonly resampleCount: number };
  readonly executedCount: number;
  readonly tasks: readonly TaskResult[];
};

const REQUEST_LIMIT_MS = 60_000;
const METHOD = 'percentile bootstrap over samples, the same draws for all variants';
/** Samples in the making at once, each on all variants. */
const SAMPLES_AT_ONCE = 4;

/**
 * @throws DeviceError when the cpu does not execute models on this machine
 * @throws Error when a model cannot be had, or there are too few samples for a figure
 */
export async function measureQuality(options: MeasureQualityOptions): Promise<QualityBench> {
  const level = levels[options.level];
  if (!level) throw new RangeError(`No level ${options.level}`);
  const cacheDir = options.cacheDir ?? join(options.root, '.cache');
  const device = await chooseDevice('cpu', { ...options, cacheDir });
  const plans = options.tasks.map((id) => planTask(getQualityTask(id), options));
  const totalCount = plans.reduce((sum, { sets }) => sum + sets.reduce((some, { count }) => some + count, 0), 0);
  let doneCount = 0;
  let executedCount = 0;
  const pool = createRunnerPool({
    builtDir: options.builtDir,
    workers: options.workers ?? device.runnersMax,
    env: device.env,
    timeLimitMs: REQUEST_LIMIT_MS,
  });
  try {
    const tasks: TaskResult[] = [];
    for (const plan of plans) {
      const requests = plan.competitors.map((one) =>
        one.createRequest(options.root, join(cacheDir, 'models'), device.id),
      );
      const onSample = (): void => {
        executedCount += requests.length;
        options.onProgress?.(++doneCount, totalCount, plan.task.id);
      };
      tasks.push(await measureTask(pool, plan, requests, options, level.difficulty, onSample));
    }
    return {
      format: QUALITY_FORMAT,
      device: describe(device),
      runtime: device.runtime,
      node: process.version,
      measuredOn: options.measuredOn,
      level: { name: level.name, difficulty: level.difficulty },
      intervals: { method: METHOD, confidence: CONFIDENCE, resampleCount: RESAMPLE_COUNT },
      executedCount,
      tasks,
    };
  } finally {
    await pool.close();
  }
}

const describe = ({ class: deviceClass, name }: Device): QualityBench['device'] => ({ class: deviceClass, name });

type Plan = {
  readonly task: QualityTask;
  readonly competitors: readonly Competitor[];
  readonly sets: readonly { readonly set: TaskSet & { readonly range: BenchRange }; readonly count: number }[];
};

function planTask(task: QualityTask, options: MeasureQualityOptions): Plan {
  const { variants, ranges, seed, sampleCount } = options;
  const competitors = task.competitors.filter(
    ({ id }, i) => i === 0 || variants === undefined || variants.includes(id),
  );
  const sets = ranges.map((range) => {
    const set = range === 'public' ? publicSetOf(task.version) : { task: task.version, range, seed };
    return { set: { ...set, range }, count: Math.min(sampleCount, countSamplesMax(set)) };
  });
  return { task, competitors, sets };
}

/** A set as measured, and the figures drawn from it: `drawn[metric][variant]`. */
type Measured = { readonly result: SetResult; readonly drawn: readonly (readonly Float64Array[])[] };

async function measureTask(
  pool: RunnerPool,
  { task, competitors, sets }: Plan,
  requests: readonly LoadRequest[],
  { root, seed }: MeasureQualityOptions,
  difficulty: number,
  onSample: () => void,
): Promise<TaskResult> {
  const measured: Measured[] = [];
  for (const { set, count } of sets) {
    const { judged, datasetSha256 } = await judgeSet(pool, { task, set, count, requests, root, difficulty, onSample });
    const names = competitors.map(({ id }, i) => ({ variant: id, sha256: requests[i]!.sha256 }));
    const summary = task.metrics.map((metric) => summarise(metric, judged, seed, `${task.id}:${set.range}`));
    measured.push({
      result: {
        ...{ range: set.range, seed: set.seed, sampleCount: count, datasetSha256 },
        variants: names.map((name, i) => ({ ...name, figures: summary.map(({ figures }) => figures[i]!) })),
      },
      drawn: summary.map(({ drawn }) => drawn),
    });
  }
  const { id, version, title, metrics } = task;
  const ids = competitors.map((competitor) => competitor.id);
  return {
    task: id,
    version,
    title,
    metrics,
    sets: measured.map(({ result }) => result),
    gaps: findGaps(ids, measured),
  };
}

type Judging = {
  readonly task: QualityTask;
  readonly set: TaskSet;
  readonly count: number;
  readonly requests: readonly LoadRequest[];
  readonly root: string;
  readonly difficulty: number;
  readonly onSample: () => void;
};

/** @returns judged[variant][sample] */
async function judgeSet(
  pool: RunnerPool,
  { task, set, count, requests, root, difficulty, onSample }: Judging,
): Promise<{ readonly judged: readonly (readonly Judged[])[]; readonly datasetSha256: string }> {
  const judged = requests.map((): Judged[] => []);
  const sampleSha256s: string[] = [];
  const judgeSample = async (index: number): Promise<void> => {
    const sample = task.generate(root, set.range, set.seed, index, difficulty);
    sampleSha256s[index] = computeSampleSha256(sample);
    const wish = task.wantsLogits ? { wantsLogits: true } : {};
    const given = await Promise.all(requests.map((request) => pool.infer(request, sample.input, wish)));
    for (const [i, inference] of given.entries()) {
      const { form } = requests[i]!;
      judged[i]![index] = sample.judge(inference, form.kind === 'recogniser' ? form.classes : []);
    }
    onSample();
  };
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await judgeSample(next++);
  };
  await Promise.all(Array.from({ length: SAMPLES_AT_ONCE }, work));
  return { judged, datasetSha256: computeSetSha256(sampleSha256s) };
}

const figureOf = ({ id, kind }: Metric, judged: readonly Judged[]): Figure =>
  kind === 'auc'
    ? createAuc(judged.map(({ observations }) => observations))
    : createMean(judged.map(({ values }) => values[id]!));

function summarise(
  metric: Metric,
  judged: readonly (readonly Judged[])[],
  seed: number,
  key: string,
): { readonly figures: readonly FigureResult[]; readonly drawn: readonly Float64Array[] } {
  const all = judged.map((ofVariant) => figureOf(metric, ofVariant));
  const values = all.map(computeFigure);
  const drawn = resample(all, seed, key);
  const figures = values.map((value, i): FigureResult => {
    const estimate = intervalOf(value, drawn[i]!);
    if (i === 0) return { metric: metric.id, ...estimate, difference: null };
    const difference = differenceOf([value, values[0]!], [drawn[i]!, drawn[0]!]);
    const comparison = compareToBase(difference, metric.isHigherBetter);
    return { metric: metric.id, ...estimate, difference: { ...difference, comparison } };
  });
  return { figures, drawn };
}

function findGaps(ids: readonly string[], measured: readonly Measured[]): Gap[] {
  const [open, hidden] = (['public', 'held-out'] as const).map((range) =>
    measured.find(({ result }) => result.range === range),
  );
  if (!open || !hidden) return [];
  return ids.map((variant, i) => {
    const figureIn = ({ result }: Measured): number => result.variants[i]!.figures[0]!.value;
    return { variant, ...differenceOf([figureIn(open), figureIn(hidden)], [open.drawn[0]![i]!, hidden.drawn[0]![i]!]) };
  });
}
