/**
 * Measures a device of this machine: models under the load modes, and compute graphs beside the peak of a core. All that
 * is compared is measured in turns, so that a busy minute of the machine hits everything alike.
 */
import { availableParallelism, loadavg } from 'node:os';
import { buildComputeGraph, type GraphKind, sizeFor } from './computeGraphs.ts';
import { chooseDevice, type Device, type DeviceChoice } from './devices.ts';
import { BENCH_FORMAT, type InferenceBench, type LoadAverage } from './inferenceBench.ts';
import type { LoadMode } from './loadModes.ts';
import { measureGraphs } from './measureGraphs.ts';
import { measureModels } from './measureModels.ts';

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
  /** Of `benchableIds`. */
  readonly variants: readonly string[];
  /** Of `benchableIds`: measured through the pool and in a bare loop, in turns. */
  readonly bare: readonly string[];
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

/**
 * @throws DeviceError when the device does not work on this machine
 * @throws RangeError for a size that a graph cannot have
 */
export async function measureBench(options: MeasureBenchOptions): Promise<InferenceBench> {
  const { queryCount, streamCount, ratePerS, repetitionCount, seed } = options;
  const before = loadavg() as [number, number, number] satisfies LoadAverage;
  const device = await chooseDevice(options.device, options);
  options.onDevice?.(device);
  const graphs = options.graphs.map(({ kind, size }) => buildComputeGraph(kind, size ?? sizeFor(kind, device)));
  const runners = device.id === 'cpu' ? (options.workers ?? device.runnersMax) : device.runnersMax;
  const turnCount = options.variants.length * options.modes.length + 2 * options.bare.length + graphs.length;
  const totalCount = repetitionCount * turnCount;
  let doneCount = 0;
  const onNext = (what: string): void => options.onProgress?.(doneCount++, totalCount, what);
  const { loads, bare, lostRunnerCount } = await measureModels(device, runners, { ...options, onNext });
  const { series, reference } = await measureGraphs(device, graphs, { ...options, onNext });
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
    bare,
    reference,
  };
}
