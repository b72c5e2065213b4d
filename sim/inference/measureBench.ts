/**
 * Measures a device of this machine: models under the load modes, and compute graphs beside the peak of a core. All that
 * is compared is measured in turns, so that a busy minute of the machine hits everything alike.
 */
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { buildComputeGraph, type ComputeGraph, type GraphKind, graphKinds } from './computeGraphs.ts';
import { chooseDevice, type Device, type DeviceChoice } from './devices.ts';
import {
  BENCH_FORMAT,
  type GraphSeries,
  type InferenceBench,
  type LoadAverage,
  type LoadSeries,
  type Reference,
} from './inferenceBench.ts';
import { type Clock, type LoadMeasurement, type LoadMode, runLoad } from './loadModes.ts';
import { createLoadRequest } from './openInference.ts';
import { openPeakMeter, type PeakMeter } from './referencePeak.ts';
import { createRunnerPool } from './runnerPool.ts';
import { startRunner } from './runnerProcess.ts';
import { generateSample, levels } from './textRecognition.ts';
import { type Variant, variants } from './variants.ts';

export type WantedGraph = {
  readonly kind: GraphKind /** Default: one that suits the device. */;
  readonly size?: number;
};

export type MeasureBenchOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly device: DeviceChoice;
  readonly cacheDir?: string;
  /** Runner processes on the cpu, default one per core. */
  readonly workers?: number;
  readonly modes: readonly LoadMode[];
  /** Ids of variants. */
  readonly variants: readonly string[];
  readonly graphs: readonly WantedGraph[];
  readonly queryCount: number;
  readonly streamCount: number;
  /** Of the server; null if there is none among the modes. */
  readonly ratePerS: number | null;
  readonly repetitionCount: number;
  /** Of the samples and of the server's moments. */
  readonly seed: number;
  /** ISO 8601; recorded, not read. */
  readonly measuredOn: string;
  /** Told once the device is known, before anything is measured on it. */
  readonly onDevice?: (device: Device) => void;
  /** Told before each measurement. */
  readonly onProgress?: (doneCount: number, totalCount: number, what: string) => void;
};

const REQUEST_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 5_000;
/** Different images, rendered beforehand; more would measure the memory that holds them. */
const IMAGE_COUNT = 24;
const IMAGE_LEVEL = 1;
const GRAPH_WARM_UPS = 2;
const GRAPH_RUNS = 5;

/**
 * @throws DeviceError when the device does not work on this machine
 * @throws RangeError for a size that a graph cannot have
 */
export async function measureBench(options: MeasureBenchOptions): Promise<InferenceBench> {
  const { queryCount, streamCount, ratePerS, repetitionCount, seed } = options;
  const before = loadavg() as [number, number, number] satisfies LoadAverage;
  const device = await chooseDevice(options.device, options);
  options.onDevice?.(device);
  const graphs = options.graphs.map(({ kind, size }) => {
    const { softwareSize, defaultSize } = graphKinds.find(({ id }) => id === kind)!;
    return buildComputeGraph(kind, size ?? (device.isSoftware ? softwareSize : defaultSize));
  });
  const runners = device.id === 'cpu' ? (options.workers ?? device.runnersMax) : device.runnersMax;
  const totalCount = repetitionCount * (options.variants.length * options.modes.length + graphs.length);
  let doneCount = 0;
  const onNext = (what: string): void => options.onProgress?.(doneCount++, totalCount, what);
  const { loads, lostRunnerCount } = await measureLoads(options, device, runners, onNext);
  const { series, reference } = await measureGraphs(options, device, graphs, onNext);
  return {
    format: BENCH_FORMAT,
    device: { class: device.class, name: device.name, isSoftware: device.isSoftware },
    runtime: device.runtime,
    node: process.version,
    cores: availableParallelism(),
    runners,
    loadAverage: { before, after: loadavg() as [number, number, number] },
    measuredOn: options.measuredOn,
    plan: { queryCount, streamCount, ratePerS, repetitionCount, seed },
    lostRunnerCount,
    loads,
    graphs: series,
    reference,
  };
}

async function measureLoads(
  options: MeasureBenchOptions,
  device: Device,
  workers: number,
  onNext: (what: string) => void,
): Promise<{ readonly loads: readonly LoadSeries[]; readonly lostRunnerCount: number }> {
  const { root, seed, queryCount, streamCount, modes } = options;
  const loads = options.variants.flatMap((variant) =>
    modes.map((mode) => ({ variant, mode, repetitions: [] as LoadMeasurement[] })),
  );
  if (loads.length === 0) return { loads, lostRunnerCount: 0 };
  const images = Array.from(
    { length: IMAGE_COUNT },
    (_, index) => generateSample(root, seed, index, levels[IMAGE_LEVEL].difficulty).grey,
  );
  const modelDir = join(options.cacheDir ?? join(root, '.cache'), 'models');
  const requests = new Map(
    options.variants.map((id) => [id, createLoadRequest(root, modelDir, findVariant(id), device.id)]),
  );
  const pool = createRunnerPool({
    builtDir: options.builtDir,
    workers,
    env: device.env,
    timeLimitMs: REQUEST_LIMIT_MS,
  });
  try {
    // As many at once as there are runners: each loads the model and runs it before anything is measured.
    for (const request of requests.values())
      await Promise.all(Array.from({ length: workers }, () => pool.infer(request, images[0]!)));
    for (let repetition = 0; repetition < options.repetitionCount; repetition++) {
      for (const { variant, mode, repetitions } of loads) {
        onNext(`${variant} ${mode}`);
        const request = requests.get(variant)!;
        const plan = { mode, queryCount, streamCount, ratePerS: options.ratePerS ?? 0, seed: seed + repetition };
        const answer = (index: number) => pool.infer(request, images[index % IMAGE_COUNT]!);
        repetitions.push(rounded(await runLoad(plan, answer, realClock)));
      }
    }
    return { loads, lostRunnerCount: pool.lostCount() };
  } finally {
    await pool.close();
  }
}

/** The clock tells no more than microseconds. */
const rounded = ({ latencyUs, sampleCount, wallUs }: LoadMeasurement): LoadMeasurement => ({
  latencyUs: latencyUs.map(Math.round),
  sampleCount,
  wallUs: Math.round(wallUs),
});

async function measureGraphs(
  options: MeasureBenchOptions,
  device: Device,
  graphs: readonly ComputeGraph[],
  onNext: (what: string) => void,
): Promise<{ readonly series: readonly GraphSeries[]; readonly reference: Reference | null }> {
  const series = graphs.map(({ kind, size, bound, flopCount, byteCount }) => {
    return { kind, size, bound, flopCount, byteCount, repetitions: [] as (readonly number[])[] };
  });
  if (series.length === 0) return { series, reference: null };
  const meter =
    device.id === 'cpu' ? await openPeakMeter(options.root).catch((error: Error) => error.message) : NO_CORE;
  let reference: Reference = { known: false, reason: typeof meter === 'string' ? meter : '' };
  const runner = startRunner({ builtDir: options.builtDir, env: device.env });
  try {
    for (let repetition = 0; repetition < options.repetitionCount; repetition++) {
      if (typeof meter !== 'string') reference = await measureReference(meter, reference);
      for (const [i, { model, inputDims, kind, size }] of graphs.entries()) {
        onNext(`${kind} ${size}`);
        const reply = await runner.ask(
          {
            ...{ kind: 'time', device: device.id, model, dims: inputDims },
            ...{ warmUpCount: GRAPH_WARM_UPS, runCount: GRAPH_RUNS },
          },
          REQUEST_LIMIT_MS,
        );
        if (reply.kind !== 'timed') throw new Error(`The runner replied "${reply.kind}" to a graph`);
        series[i]!.repetitions.push(reply.wallUs);
      }
    }
  } finally {
    if (typeof meter !== 'string') meter.close();
    await runner.stop(STOP_LIMIT_MS);
  }
  return { series, reference };
}

/** The better of what is known and one more measurement: whatever disturbs one can only make it slower. */
async function measureReference(meter: PeakMeter, known: Reference): Promise<Reference> {
  try {
    const { gflopPerS, gbPerS } = await meter.measure();
    const best = known.known ? known : { gflopPerS, gbPerS };
    return {
      known: true,
      compiler: meter.compiler,
      gflopPerS: Math.max(best.gflopPerS, gflopPerS),
      gbPerS: Math.max(best.gbPerS, gbPerS),
    };
  } catch (error) {
    return known.known ? known : { known: false, reason: `peak.c failed: ${(error as Error).message.trim()}` };
  }
}

const NO_CORE = 'not a core';

/** @throws RangeError when there is no such variant */
function findVariant(id: string): Variant {
  const variant = variants.find((candidate) => candidate.id === id);
  if (!variant) throw new RangeError(`No variant ${id}: there are ${variants.map((v) => v.id).join(', ')}`);
  return variant;
}

/** Timers are a millisecond or more late: the rest is waited for by looking at the clock between events. */
const TIMER_LATE_US = 2_000;

const realClock: Clock = {
  nowUs: () => performance.now() * 1_000,
  async waitUntilUs(momentUs) {
    const sleepUs = momentUs - realClock.nowUs() - TIMER_LATE_US;
    if (sleepUs > 0) await new Promise((resolve) => setTimeout(resolve, sleepUs / 1_000));
    while (realClock.nowUs() < momentUs) await new Promise((resolve) => setImmediate(resolve));
  },
};
