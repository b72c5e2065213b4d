/**
 * `powr bench inference`: measures a device under the load modes and with compute graphs, or shows what was measured
 * before. What is measured is decided in sim/inference; here it is asked for, and handed on as tables, JSON and a page.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { assertGraphSize, graphKinds } from '../inference/computeGraphs.ts';
import type { Device, DeviceChoice } from '../inference/devices.ts';
import { type InferenceBench, readBench } from '../inference/inferenceBench.ts';
import { LOAD_MODES, type LoadMode } from '../inference/loadModes.ts';
import { measureBench, type WantedGraph } from '../inference/measureBench.ts';
import { benchableIds } from '../inference/measureModels.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { reportOf, textOf, viewOf } from './benchInferenceView.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';

export type BenchInferenceOptions = {
  readonly device?: DeviceChoice;
  /** Comma-separated, as the others below. */
  readonly modes?: string;
  readonly variants?: string;
  /** True: all of them. */
  readonly graphs?: string | true;
  /** True: the usual ones. */
  readonly bare?: string | true;
  readonly rate?: string;
  readonly queries?: number;
  readonly streams?: number;
  readonly repetitions?: number;
  readonly runners?: number;
  readonly seed?: number;
  /** Files of earlier benchmarks: nothing is measured. */
  readonly from: readonly string[];
  /** HTML to write. */
  readonly out?: string;
  /** True: to stdout instead of the tables. A text: to this file, beside the tables. */
  readonly json?: string | true;
  readonly quiet?: boolean;
};

/** As many as the 95th percentile needs. */
const DEFAULT_QUERIES = 130;
const DEFAULT_STREAMS = 8;
const DEFAULT_REPETITIONS = 3;
const DEFAULT_SEED = 1;
/** Two that take long, and one that takes next to nothing, beside which a message weighs most. */
const DEFAULT_BARE = ['en', 'ch', 'orientation'];

const MEASURING = [
  'device',
  'modes',
  'variants',
  'graphs',
  'bare',
  'rate',
  'queries',
  'streams',
  'repetitions',
  'runners',
  'seed',
] as const;

/** @throws UsageError for options that do not fit; InferenceError when the device fails; StoreError when a file cannot be written */
export async function benchInferenceCommand(options: BenchInferenceOptions, builtDir: string): Promise<number> {
  const { from, out, json } = options;
  const extra = from.length === 0 ? undefined : MEASURING.find((name) => options[name] !== undefined);
  if (extra !== undefined) throw new UsageError(`--from shows what was measured: it takes no --${extra}`);
  if (from.length > 0 && typeof json === 'string')
    throw new UsageError('--from has been measured and written: --json takes no file with it, and prints');
  for (const path of [out, json]) {
    // Now, not after minutes of measuring.
    if (typeof path === 'string')
      await access(dirname(resolve(path)), constants.W_OK).catch((error: unknown) => {
        throw storeErrorOf(error, path);
      });
  }
  const benches = from.length > 0 ? from.map(readBenchFile) : [await measure(options, builtDir)];
  const views = benches.map(viewOf);
  const written = jsonOf(benches.length === 1 ? benches[0]! : benches);
  if (typeof json === 'string') await replaceFile(json, `${written}\n`);
  if (out !== undefined) {
    const { renderBenchReport } = await import('../../reports/benchReport.ts');
    await replaceFile(out, await renderBenchReport(reportOf(views)));
  }
  if (json === true) process.stdout.write(`${written}\n`);
  else {
    process.stdout.write(views.map(textOf).join('\n'));
    for (const path of [json, out]) if (path !== undefined) process.stdout.write(`Written to ${path}\n`);
  }
  return EXIT.ok;
}

/** Lists of numbers on one line each. */
const jsonOf = (value: object): string =>
  JSON.stringify(value, null, 1).replace(/\[\n[\d.,e\s+-]+\]/g, (list) => list.replaceAll(/\s+/g, ''));

function readBenchFile(path: string): InferenceBench {
  try {
    const bench = readBench(path);
    viewOf(bench);
    return bench;
  } catch (error) {
    throw new UsageError(`${path} is no benchmark of inference: ${(error as Error).message}`);
  }
}

async function measure(options: BenchInferenceOptions, builtDir: string): Promise<InferenceBench> {
  const wanted = readWanted(options);
  const progress = createProgress(process.stderr, options.quiet === true);
  const say = (device: Device): void => {
    if (options.quiet === true) return;
    const note = device.isSoftware ? ', in software: right answers, meaningless speed' : '';
    process.stderr.write(`Measuring ${device.class}: ${device.name}, ${device.runtime}${note}\n`);
  };
  try {
    return await measureBench({
      ...wanted,
      root: repoRoot(),
      builtDir,
      device: options.device ?? 'auto',
      queryCount: options.queries ?? DEFAULT_QUERIES,
      streamCount: options.streams ?? DEFAULT_STREAMS,
      repetitionCount: options.repetitions ?? DEFAULT_REPETITIONS,
      seed: options.seed ?? DEFAULT_SEED,
      ...(options.runners === undefined ? {} : { workers: options.runners }),
      measuredOn: new Date().toISOString(),
      onDevice: say,
      onProgress: (done, total, what) => progress.update(done, total, what),
    });
  } catch (cause) {
    throw new InferenceError((cause as Error).message, { cause });
  } finally {
    progress.finish();
  }
}

type Wanted = {
  readonly modes: readonly LoadMode[];
  readonly variants: readonly string[];
  readonly graphs: readonly WantedGraph[];
  readonly bare: readonly string[];
  readonly ratePerS: number | null;
};

/**
 * Graphs and bare loops alone if nothing else is named; load modes alone if neither is.
 *
 * @throws UsageError for a name that is not there, a size or a rate that cannot be, a server without a rate
 */
export function readWanted(
  options: Pick<BenchInferenceOptions, 'modes' | 'variants' | 'graphs' | 'bare' | 'rate'>,
): Wanted {
  const graphs = options.graphs === undefined ? [] : readGraphs(options.graphs);
  const bare = options.bare === undefined ? [] : readBare(options.bare);
  const ratePerS = options.rate === undefined ? null : readRate(options.rate);
  const namesModels = options.modes !== undefined || options.variants !== undefined || ratePerS !== null;
  if (graphs.length + bare.length > 0 && !namesModels) return { modes: [], variants: [], graphs, bare, ratePerS };
  const usual: readonly LoadMode[] = LOAD_MODES.filter((mode) => mode !== 'server' || ratePerS !== null);
  const modes = options.modes === undefined ? usual : listOf('mode', options.modes, LOAD_MODES);
  if (modes.includes('server') && ratePerS === null)
    throw new UsageError('The mode server needs --rate, its queries per second: for example --rate 50');
  if (!modes.includes('server') && ratePerS !== null)
    throw new UsageError('--rate is of the mode server, which is not among --modes');
  return {
    modes,
    variants: options.variants === undefined ? [benchableIds[0]!] : listOf('variant', options.variants, benchableIds),
    graphs,
    bare,
    ratePerS,
  };
}

const readBare = (text: string | true): readonly string[] =>
  text === true ? DEFAULT_BARE : listOf('variant', text, benchableIds);

function listOf<T extends string>(what: string, text: string, known: readonly T[]): T[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`No ${what} "${unknown}"; there are ${known.join(', ')}`);
  return names as T[];
}

function readRate(text: string): number {
  const rate = Number(text);
  if (text.trim() === '' || !Number.isFinite(rate) || rate <= 0)
    throw new UsageError(`--rate takes queries per second, more than 0, not ${text}`);
  return rate;
}

function readGraphs(text: string | true): WantedGraph[] {
  const ids = graphKinds.map(({ id }) => id);
  if (text === true) return ids.map((kind) => ({ kind }));
  const parts = [...new Set(text.split(',').map((part) => part.trim()))];
  return parts.map((part): WantedGraph => {
    const [name = '', size, ...rest] = part.split(':');
    const kind = listOf('graph', name, ids)[0]!;
    if (size === undefined) return { kind };
    if (rest.length > 0 || !/^\d+$/.test(size))
      throw new UsageError(`--graphs takes name or name:size, such as matmul:2048, not ${part}`);
    try {
      assertGraphSize(kind, Number(size));
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    return { kind, size: Number(size) };
  });
}
