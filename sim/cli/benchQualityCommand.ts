/**
 * `powr bench quality`: how good each model variant is, on the same samples, with intervals. What is executed and how it
 * is judged is decided in sim/inference; here it is asked for, and handed on as tables, JSON and a page.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type BenchRange, measureQuality, type QualityBench } from '../inference/measureQuality.ts';
import { getQualityTask, QUALITY_TASKS, type QualityTaskId } from '../inference/qualityTasks.ts';
import { CommitmentError, openSet } from '../inference/taskSets.ts';
import { DEFAULT_POOL_SEED, levels } from '../inference/textRecognition.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { reportOf, textOf } from './benchQualityView.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';

export type BenchQualityOptions = {
  /** Comma-separated, as the others below; or `all`. */
  readonly task?: string;
  readonly variants?: string;
  readonly set?: string;
  readonly level?: string;
  readonly samples?: number;
  readonly seed?: number;
  /** Of the held-out set, as published before; needs the salt. */
  readonly commitment?: string;
  readonly salt?: string;
  readonly runners?: number;
  /** True: to stdout instead of the tables. A text: to this file, beside the tables. */
  readonly json?: string | true;
  /** HTML to write. */
  readonly out?: string;
  readonly quiet?: boolean;
};

const DEFAULT_SAMPLES = 200;
const RANGES: readonly BenchRange[] = ['public', 'held-out'];

/** @throws UsageError for options that do not fit; InferenceError when execution fails; StoreError when a file cannot be written */
export async function benchQualityCommand(options: BenchQualityOptions, builtDir: string): Promise<number> {
  const { out, json } = options;
  const wanted = readWantedQuality(options);
  for (const path of [out, json]) {
    // Now, not after minutes of measuring.
    if (typeof path === 'string')
      await access(dirname(resolve(path)), constants.W_OK).catch((error: unknown) => {
        throw storeErrorOf(error, path);
      });
  }
  const bench = await measure(wanted, options, builtDir);
  const written = JSON.stringify(bench, null, 1);
  if (typeof json === 'string') await replaceFile(json, `${written}\n`);
  if (out !== undefined) {
    const { renderBenchReport } = await import('../../reports/benchReport.ts');
    await replaceFile(out, await renderBenchReport(reportOf(bench)));
  }
  if (json === true) process.stdout.write(`${written}\n`);
  else {
    process.stdout.write(textOf(bench));
    for (const path of [json, out]) if (path !== undefined) process.stdout.write(`Written to ${path}\n`);
  }
  return EXIT.ok;
}

async function measure(wanted: Wanted, options: BenchQualityOptions, builtDir: string): Promise<QualityBench> {
  const progress = createProgress(process.stderr, options.quiet === true);
  try {
    return await measureQuality({
      ...wanted,
      root: repoRoot(),
      builtDir,
      ...(options.runners === undefined ? {} : { workers: options.runners }),
      measuredOn: new Date().toISOString(),
      onProgress: (done, total, what) => progress.update(done, total, what),
    });
  } catch (cause) {
    throw new InferenceError((cause as Error).message, { cause });
  } finally {
    progress.finish();
  }
}

type Wanted = {
  readonly tasks: readonly QualityTaskId[];
  readonly variants?: readonly string[];
  readonly level: number;
  readonly sampleCount: number;
  readonly ranges: readonly BenchRange[];
  readonly seed: number;
};

/**
 * All tasks with all their variants on the held-out set, unless something else is named. Of variants that are named,
 * tasks that know none are left out.
 *
 * @throws UsageError for a name that is not there, or a seed that was not committed to
 */
export function readWantedQuality(options: BenchQualityOptions): Wanted {
  const chosen =
    options.task === undefined || options.task === 'all' ? QUALITY_TASKS : listOf('task', options.task, QUALITY_TASKS);
  const names = levels.map(({ name }) => name);
  const level = names.indexOf(listOf('level', options.level ?? 'hard', names)[0]!);
  const ranges = options.set === undefined ? (['held-out'] as const) : listOf('set', options.set, RANGES);
  const known = [...new Set(chosen.flatMap((task) => competitorsOf(task)))];
  const variants = options.variants === undefined ? undefined : listOf('variant', options.variants, known);
  const tasks = chosen.filter(
    (task) => variants === undefined || competitorsOf(task).some((id) => variants.includes(id)),
  );
  const seed = options.seed ?? DEFAULT_POOL_SEED;
  assertCommitted(options, seed);
  return {
    ...{ tasks, level, ranges, seed },
    sampleCount: options.samples ?? DEFAULT_SAMPLES,
    ...(variants === undefined ? {} : { variants }),
  };
}

const competitorsOf = (task: QualityTaskId): readonly string[] => getQualityTask(task).competitors.map(({ id }) => id);

function assertCommitted({ commitment, salt }: BenchQualityOptions, seed: number): void {
  if (commitment === undefined && salt === undefined) return;
  if (commitment === undefined || salt === undefined)
    throw new UsageError('--commitment and --salt go together: what was published, and what it hides beside the seed');
  try {
    openSet('any', commitment, seed, salt);
  } catch (error) {
    if (error instanceof CommitmentError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function listOf<T extends string>(what: string, text: string, known: readonly T[]): T[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`No ${what} "${unknown}"; there are ${known.join(', ')}`);
  return names as T[];
}
