/**
 * A benchmark of inference as it is kept: single measurements, and what they were measured on. Everything that is shown
 * of it (medians, percentiles, efficiency) is computed from that here; how it is shown is decided elsewhere.
 */
import { readFileSync } from 'node:fs';
import type { GraphBound, GraphKind } from './computeGraphs.ts';
import type { DeviceClass } from './devices.ts';
import {
  computePercentile,
  computeSamplesNeeded,
  computeSpread,
  computeThroughputPerS,
  type LoadMeasurement,
  type LoadMode,
  type Spread,
} from './loadModes.ts';
import type { Peak } from './referencePeak.ts';

export const BENCH_FORMAT = 'powr-inference-bench/1';

export type LoadSeries = {
  readonly variant: string;
  readonly mode: LoadMode;
  readonly repetitions: readonly LoadMeasurement[];
};

export type GraphSeries = {
  readonly kind: GraphKind;
  readonly size: number;
  readonly bound: GraphBound;
  readonly flopCount: number;
  readonly byteCount: number;
  /** Times of the runs of each repetition. */
  readonly repetitions: readonly (readonly number[])[];
  /** Time that cores spent on these runs; absent where nobody looked. */
  readonly cpuUs?: readonly (readonly number[])[];
  /**
   * The middle round of the peak program right before each repetition, GFLOP/s or GB/s; empty without a program. One that
   * failed is missing: then nobody knows which repetition the others belong to, and nothing is compared.
   */
  readonly corePeaks?: readonly number[];
};

/** One turn: the same number of inferences through the pool, and in a loop of each runner over inputs in its own memory. */
export type BareMeasurement = {
  /** Of all runners together, each way. */
  readonly inferenceCount: number;
  /** From the first request to the last answer. */
  readonly poolWallUs: number;
  /** By runner, of its equal share. */
  readonly bareWallUs: readonly number[];
};

export type BareSeries = { readonly model: string; readonly repetitions: readonly BareMeasurement[] };

/**
 * The peak of one core over all its measurements, or why there is none: the best round of all, and the median of the
 * middle rounds. A graph is compared with neither, but with the middle rounds right before it (`corePeaks`).
 */
export type Reference =
  | ({ readonly known: true; readonly compiler: string } & PeakOfRun)
  | { readonly known: false; readonly reason: string };

/** Benchmarks kept by earlier versions have the best round alone. */
export type PeakOfRun = Pick<Peak, 'gflopPerS' | 'gbPerS'> & Partial<Peak>;

export type LoadAverage = readonly [oneMinute: number, fiveMinutes: number, fifteenMinutes: number];

export type InferenceBench = {
  readonly format: typeof BENCH_FORMAT;
  readonly device: { readonly class: DeviceClass; readonly name: string; readonly isSoftware: boolean };
  readonly runtime: string;
  readonly node: string;
  readonly cores: number;
  /** Processes that answered samples. Graphs run in one. */
  readonly runners: number;
  /** Of the machine, before and after: what else ran. */
  readonly loadAverage: { readonly before: LoadAverage; readonly after: LoadAverage };
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly plan: {
    readonly queryCount: number;
    readonly streamCount: number;
    /** Null when no server was measured. */
    readonly ratePerS: number | null;
    readonly repetitionCount: number;
    readonly seed: number;
  };
  /** Runners that were lost and replaced: the latencies of their queries tell nothing of the device. */
  readonly lostRunnerCount: number;
  readonly loads: readonly LoadSeries[];
  readonly graphs: readonly GraphSeries[];
  /** Absent in files of versions that did not compare. */
  readonly bare?: readonly BareSeries[];
  /** Null when no graph was measured. */
  readonly reference: Reference | null;
};

export const PERCENTS = [50, 90, 95, 99] as const;

export type LoadSummary = {
  readonly variant: string;
  readonly mode: LoadMode;
  /** In each repetition. */
  readonly queryCount: number;
  /** By {@link PERCENTS}, over repetitions; null where a repetition has too few queries, and for offline. */
  readonly latencyUs: readonly (Spread | null)[];
  readonly throughputPerS: Spread;
};

export type GraphSummary = {
  readonly kind: GraphKind;
  readonly size: number;
  readonly flopCount: number;
  readonly byteCount: number;
  /** Of the median run of each repetition. */
  readonly wallUs: Spread;
  /** GFLOP/s or GB/s, by what limits the graph. */
  readonly rate: Spread;
  readonly unit: 'GFLOP/s' | 'GB/s';
  /** How much of a core the graph reaches; null where that is not known. */
  readonly core: CoreShare | null;
};

/** Both figures by the time that the core spent, in the unit of the graph, and to {@link CORE_DIGITS} digits. */
export type CoreShare = {
  /** Of the middle run of each repetition, median over the repetitions. */
  readonly rate: number;
  /** The middle round of the peak program right before each repetition, median over the repetitions. */
  readonly peak: number;
  /** The one over the other, as they stand here. */
  readonly efficiency: number;
};

export const CORE_DIGITS = 4;

/** @throws Error when there is no repetition */
export function summariseLoad({ variant, mode, repetitions }: LoadSeries): LoadSummary {
  const spreadOf = (figure: (measured: LoadMeasurement) => number | null) => computeSpread(repetitions.map(figure));
  return {
    variant,
    mode,
    queryCount: repetitions[0]?.latencyUs.length ?? 0,
    latencyUs: PERCENTS.map((percent) => spreadOf(({ latencyUs }) => computePercentile(latencyUs, percent))),
    throughputPerS: assertMeasured(spreadOf(computeThroughputPerS), `${variant} ${mode}`),
  };
}

/** @throws Error when there is no repetition, or one without a run */
export function summariseGraph(graph: GraphSeries): GraphSummary {
  const { kind, size, bound, flopCount, byteCount, repetitions } = graph;
  const wallUs = assertMeasured(computeSpread(repetitions.map(medianOf)), kind);
  const isCompute = bound === 'compute';
  // Thousands per microsecond are billions per second.
  const rateOf = (us: number): number => (isCompute ? flopCount : byteCount) / us / 1e3;
  const rate = { median: rateOf(wallUs.median), low: rateOf(wallUs.high), high: rateOf(wallUs.low) };
  return {
    ...{ kind, size, flopCount, byteCount, wallUs, rate },
    unit: isCompute ? 'GFLOP/s' : 'GB/s',
    core: computeCoreShare(graph, rateOf),
  };
}

const medianOf = (values: readonly number[]): number | null => computeSpread(values)?.median ?? null;

/** Null where a time or a peak is missing: no other figure takes its place. */
function computeCoreShare({ cpuUs, corePeaks }: GraphSeries, rateOf: (us: number) => number): CoreShare | null {
  if (!cpuUs || !corePeaks || corePeaks.length !== cpuUs.length) return null;
  const rates = cpuUs.map((runs) => {
    const us = medianOf(runs);
    return us === null ? null : rateOf(us);
  });
  const [rate, peak] = [rates, corePeaks].map((values) => computeSpread(values)?.median);
  if (rate === undefined || peak === undefined) return null;
  const rounded = { rate: toCoreDigits(rate), peak: toCoreDigits(peak) };
  return { ...rounded, efficiency: rounded.rate / rounded.peak };
}

const toCoreDigits = (value: number): number => Number(value.toPrecision(CORE_DIGITS));

export type BareSummary = {
  readonly model: string;
  /** Of the first repetition; all have about as many. */
  readonly inferenceCount: number;
  readonly poolPerS: Spread;
  /** Sum over the runners, each by its own clock. */
  readonly barePerS: Spread;
  /** The one over the other, of each turn: a busy minute of the machine hits both. */
  readonly ratio: Spread;
};

/** @throws Error when there is no repetition */
export function summariseBare({ model, repetitions }: BareSeries): BareSummary {
  const poolOf = ({ inferenceCount, poolWallUs }: BareMeasurement): number => (inferenceCount / poolWallUs) * 1e6;
  const bareOf = ({ inferenceCount, bareWallUs }: BareMeasurement): number =>
    bareWallUs.reduce((sum, wallUs) => sum + (inferenceCount / bareWallUs.length / wallUs) * 1e6, 0);
  const spreadOf = (figure: (measured: BareMeasurement) => number) =>
    assertMeasured(computeSpread(repetitions.map(figure)), model);
  return {
    model,
    inferenceCount: repetitions[0]?.inferenceCount ?? 0,
    poolPerS: spreadOf(poolOf),
    barePerS: spreadOf(bareOf),
    ratio: spreadOf((measured) => poolOf(measured) / bareOf(measured)),
  };
}

function assertMeasured(spread: Spread | null, what: string): Spread {
  if (spread === null) throw new Error(`Nothing was measured of ${what}`);
  return spread;
}

/** What a reader must know about percentiles that are not there, or ''. */
export function explainMissing(summaries: readonly LoadSummary[]): string {
  const timed = summaries.filter(({ mode }) => mode !== 'offline');
  const missing = PERCENTS.filter((_, i) => timed.some(({ latencyUs }) => latencyUs[i] === null));
  if (missing.length === 0) return '';
  const needs = missing.map((percent) => `p${percent} ${computeSamplesNeeded(percent)}`).join(', ');
  return `Queries that a percentile needs in each repetition: ${needs}.`;
}

/** @throws Error when the file cannot be read, or is no benchmark of this format */
export function readBench(path: string): InferenceBench {
  const bench = JSON.parse(readFileSync(path, 'utf8')) as Partial<InferenceBench> | null;
  if (bench?.format !== BENCH_FORMAT) throw new Error(`its format is "${bench?.format}", wanted "${BENCH_FORMAT}"`);
  return bench as InferenceBench;
}
