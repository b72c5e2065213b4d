/**
 * What a device reaches in compute graphs of the size that suits it: a short record that a profile can keep. Decides which
 * graphs make a score; how they are timed is decided in measureGraphs.ts.
 */
import { loadavg } from 'node:os';
import { buildComputeGraph, type GraphKind, graphKinds, sizeFor } from './computeGraphs.ts';
import type { Device, DeviceClass } from './devices.ts';
import {
  type CoreShare,
  type GraphSummary,
  type LoadAverage,
  type Reference,
  summariseGraph,
} from './inferenceBench.ts';
import type { Spread } from './loadModes.ts';
import { measureGraphs } from './measureGraphs.ts';

export type ComputeScore = {
  readonly kind: GraphKind;
  readonly size: number;
  readonly unit: GraphSummary['unit'];
  /** Of the median run of each repetition. */
  readonly rate: Spread;
  /**
   * Share of what a core of this machine can do at most, in turns with it: `core.rate` over `core.peak`. Null on a card,
   * without a C compiler, and where a measurement of the peak failed.
   */
  readonly efficiency: number | null;
  /** What the share is of (see CoreShare of inferenceBench.ts); absent in profiles of earlier versions. */
  readonly core?: Pick<CoreShare, 'rate' | 'peak'> | null;
};

export type ComputeScores = {
  readonly device: { readonly class: DeviceClass; readonly name: string; readonly isSoftware: boolean };
  readonly runtime: string;
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly repetitionCount: number;
  /** Of the machine, before: what else ran. */
  readonly loadAverage: LoadAverage;
  readonly scores: readonly ComputeScore[];
  /** Peak of a core in the same run, its best round and the median of its middle ones, or why there is none. */
  readonly reference: Reference;
};

export type MeasureComputeScoresOptions = {
  /** Folder that holds bench/reference. */
  readonly root: string;
  readonly builtDir: string;
  /** ISO 8601; recorded, not read. */
  readonly measuredOn: string;
  /** Default 3. */
  readonly repetitionCount?: number;
  /** Told before each measurement. */
  readonly onNext?: (what: string) => void;
};

const REPETITIONS = 3;
const DIGITS = 4;

/**
 * Some ten seconds on an idle machine.
 *
 * @throws Error when the device cannot run a graph
 */
export async function measureComputeScores(
  device: Device,
  options: MeasureComputeScoresOptions,
): Promise<ComputeScores> {
  const { measuredOn, repetitionCount = REPETITIONS } = options;
  const loadAverage = loadavg() as [number, number, number];
  const graphs = graphKinds.map(({ id }) => buildComputeGraph(id, sizeFor(id, device)));
  const { series, reference } = await measureGraphs(device, graphs, { ...options, repetitionCount });
  return {
    device: { class: device.class, name: device.name, isSoftware: device.isSoftware },
    runtime: device.runtime,
    measuredOn,
    repetitionCount,
    loadAverage,
    scores: series.map((graph): ComputeScore => {
      const { kind, size, unit, rate, core } = summariseGraph(graph);
      const { median, low, high } = rate;
      return {
        ...{ kind, size, unit },
        rate: { median: rounded(median), low: rounded(low), high: rounded(high) },
        efficiency: core && rounded(core.efficiency),
        core: core && { rate: core.rate, peak: core.peak },
      };
    }),
    reference: reference ?? { known: false, reason: 'no graph' },
  };
}

/** To digits that mean something: the next ones change from run to run. */
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
