/**
 * Times compute graphs on a device, in turns with the peak of a core where the device is one. Decides how they are
 * measured beside each other; what follows from the times is computed in inferenceBench.ts.
 */
import type { ComputeGraph } from './computeGraphs.ts';
import type { Device } from './devices.ts';
import type { GraphSeries, Reference } from './inferenceBench.ts';
import { computeSpread } from './loadModes.ts';
import { openPeakMeter, type Peak, type PeakMeter } from './referencePeak.ts';
import { startRunner } from './runnerProcess.ts';

export type MeasureGraphsOptions = {
  /** Folder that holds bench/reference. */
  readonly root: string;
  readonly builtDir: string;
  readonly repetitionCount: number;
  /** Told before each measurement. */
  readonly onNext?: (what: string) => void;
};

export type MeasuredGraphs = {
  readonly series: readonly GraphSeries[];
  /** Null when there is no graph. */
  readonly reference: Reference | null;
};

const REQUEST_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 5_000;
const WARM_UPS = 2;
const RUNS = 5;
const NO_CORE = 'not a core';

type Series = GraphSeries & { readonly repetitions: (readonly number[])[]; readonly cpuUs: (readonly number[])[] };

/**
 * On the cpu the peak is measured right before each graph, so that both have what the machine leaves them at the time.
 *
 * @throws Error when the device cannot run a graph
 */
export async function measureGraphs(
  device: Device,
  graphs: readonly ComputeGraph[],
  options: MeasureGraphsOptions,
): Promise<MeasuredGraphs> {
  const series = graphs.map(({ kind, size, bound, flopCount, byteCount }): Series & { corePeaks: number[] } => {
    return { kind, size, bound, flopCount, byteCount, repetitions: [], cpuUs: [], corePeaks: [] };
  });
  if (series.length === 0) return { series, reference: null };
  const meter =
    device.id === 'cpu' ? await openPeakMeter(options.root).catch((error: Error) => error.message) : NO_CORE;
  const peaks: (Peak | string)[] = [];
  const runner = startRunner({ builtDir: options.builtDir, env: device.env });
  try {
    for (let repetition = 0; repetition < options.repetitionCount; repetition++) {
      for (const [i, { model, inputDims, kind, size, bound }] of graphs.entries()) {
        options.onNext?.(`${kind} ${size}`);
        if (typeof meter !== 'string') {
          const peak = await measurePeak(meter);
          if (typeof peak !== 'string')
            series[i]!.corePeaks.push(bound === 'compute' ? peak.medianGflopPerS : peak.medianGbPerS);
          peaks.push(peak);
        }
        const request = { kind: 'time', device: device.id, model, dims: inputDims } as const;
        const reply = await runner.ask({ ...request, warmUpCount: WARM_UPS, runCount: RUNS }, REQUEST_LIMIT_MS);
        if (reply.kind !== 'timed') throw new Error(`The runner replied "${reply.kind}" to a graph`);
        series[i]!.repetitions.push(reply.wallUs);
        series[i]!.cpuUs.push(reply.cpuUs);
      }
    }
  } finally {
    if (typeof meter !== 'string') meter.close();
    await runner.stop(STOP_LIMIT_MS);
  }
  const reference: Reference =
    typeof meter === 'string' ? { known: false, reason: meter } : summarisePeaks(peaks, meter.compiler);
  return { series, reference };
}

/** The peak, or why there is none. */
const measurePeak = (meter: PeakMeter): Promise<Peak | string> =>
  meter.measure().catch((error: Error) => `peak.c failed: ${error.message.trim()}`);

/** Of all that did not fail; whatever disturbs a round can only make it slower. */
export function summarisePeaks(measured: readonly (Peak | string)[], compiler: string): Reference {
  const peaks = measured.filter((peak) => typeof peak !== 'string');
  if (peaks.length === 0) return { known: false, reason: measured.find((peak) => typeof peak === 'string') ?? '' };
  const medianOf = (values: readonly number[]): number => computeSpread(values)!.median;
  return {
    ...{ known: true, compiler },
    gflopPerS: Math.max(...peaks.map(({ gflopPerS }) => gflopPerS)),
    gbPerS: Math.max(...peaks.map(({ gbPerS }) => gbPerS)),
    medianGflopPerS: medianOf(peaks.map(({ medianGflopPerS }) => medianGflopPerS)),
    medianGbPerS: medianOf(peaks.map(({ medianGbPerS }) => medianGbPerS)),
  };
}
