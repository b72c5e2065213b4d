import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  explainMissing,
  type GraphSeries,
  readBench,
  summariseBare,
  summariseGraph,
  summariseLoad,
} from './inferenceBench.ts';
import { summarisePeaks } from './measureGraphs.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Latencies of first, first + 1, … µs. */
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const repetition = (first: number, count: number, wallUs: number) => ({
  latencyUs: from(first, count),
  sampleCount: count,
  wallUs,
});

describe('summariseLoad', () => {
  it('given repetitions > has the median of their percentiles and their range, not the percentile of all', () => {
    const repetitions = [repetition(1_000, 100, 1e6), repetition(1, 100, 2e6), repetition(501, 100, 1e6)];
    const summary = summariseLoad({ variant: 'en', mode: 'single', repetitions });
    expect(summary.latencyUs[0]).toEqual({ median: 550, low: 50, high: 1_049 });
    expect(summary.latencyUs[1]).toEqual({ median: 590, low: 90, high: 1_089 });
    expect(summary.latencyUs.slice(2)).toEqual([null, null]);
    expect(summary.throughputPerS).toEqual({ median: 100, low: 50, high: 100 });
    expect(summary.queryCount).toBe(100);
  });

  it('given offline > has a throughput and no latencies', () => {
    const repetitions = [{ latencyUs: [], sampleCount: 50, wallUs: 500_000 }];
    const summary = summariseLoad({ variant: 'en', mode: 'offline', repetitions });
    expect(summary).toMatchObject({ latencyUs: [null, null, null, null], throughputPerS: { median: 100 } });
    expect(explainMissing([summary])).toBe('');
  });

  it('given too few queries > says how many each missing percentile needs', () => {
    const summary = summariseLoad({ variant: 'en', mode: 'single', repetitions: [repetition(1, 64, 1e6)] });
    expect(explainMissing([summary])).toBe('Queries that a percentile needs in each repetition: p95 130, p99 662.');
  });

  it('given no repetition > refuses to say anything', () => {
    expect(() => summariseLoad({ variant: 'en', mode: 'multi', repetitions: [] })).toThrow(
      'Nothing was measured of en multi',
    );
  });
});

describe('summariseGraph', () => {
  const graph: GraphSeries = {
    ...{ kind: 'matmul', size: 4, bound: 'compute', flopCount: 2e9, byteCount: 1e9 },
    repetitions: [
      [10_000, 12_000, 11_000],
      [20_000, 20_000],
      [10_000, 10_000, 90_000],
    ],
  };
  it('given a graph that arithmetic limits > has the rate of its operations', () => {
    const { wallUs, rate, unit } = summariseGraph(graph);
    expect(wallUs).toEqual({ median: 11_000, low: 10_000, high: 20_000 });
    expect(unit).toBe('GFLOP/s');
    expect(rate.median).toBeCloseTo(2e9 / 11e-3 / 1e9, 9);
    expect([rate.low, rate.high]).toEqual([100, 200]);
  });

  it('given a graph that memory limits > relates its bytes to the peak of memory', () => {
    const streaming = {
      ...graph,
      bound: 'memory',
      repetitions: [[50_000]],
      cpuUs: [[50_000]],
      corePeaks: [50],
    } as const;
    expect(summariseGraph(streaming)).toMatchObject({
      unit: 'GB/s',
      rate: { median: 20 },
      core: { rate: 20, peak: 50, efficiency: 0.4 },
    });
  });

  it('given times of the core and peaks beside them > divides the middle rate by the middle peak, as both are shown', () => {
    const beside = {
      ...graph,
      // 200, 100 and 125 GFLOP/s of what the core gave.
      cpuUs: [
        [10_000, 9_000, 30_000],
        [20_000, 20_000],
        [16_000, 15_000, 17_000],
      ],
      corePeaks: [250.04, 200.04, 201],
    };
    const core = { rate: 125, peak: 201, efficiency: 125 / 201 };
    expect(summariseGraph(beside).core).toEqual(core);
    expect(summariseGraph({ ...beside, corePeaks: [200.04, 200.04, 1] }).core!.peak).toBe(200);
    // On a busy machine the wall grows and the share does not.
    const busy = { ...beside, repetitions: graph.repetitions.map((runs) => runs.map((us) => 10 * us)) };
    expect(summariseGraph(busy)).toMatchObject({ core, rate: { low: 10, high: 20 } });
  });

  it.each([
    ['a peak that failed in one repetition', { cpuUs: graph.repetitions, corePeaks: [250, 200] }],
    ['no peak', { cpuUs: graph.repetitions, corePeaks: [] }],
    ['no times of the core', { corePeaks: [250, 200, 200] }],
    ['neither', {}],
  ])('given %s > does not know what share of a core that is', (_, more) => {
    expect(summariseGraph({ ...graph, ...more }).core).toBeNull();
  });
});

describe('summarisePeaks', () => {
  const peak = (gflopPerS: number, gbPerS: number) => ({
    ...{ gflopPerS, gbPerS },
    ...{ medianGflopPerS: gflopPerS - 10, medianGbPerS: gbPerS - 1 },
  });

  it('has the best round of all, and the median of the middle rounds, of those that did not fail', () => {
    expect(summarisePeaks([peak(100, 20), 'peak.c failed: once', peak(120, 10), peak(110, 15)], 'cc')).toEqual({
      ...{ known: true, compiler: 'cc', gflopPerS: 120, gbPerS: 20, medianGflopPerS: 100, medianGbPerS: 14 },
    });
  });

  it('given nothing but failures > says why', () => {
    expect(summarisePeaks(['peak.c failed: once', 'again'], 'cc')).toEqual({
      ...{ known: false, reason: 'peak.c failed: once' },
    });
  });
});

describe('summariseBare', () => {
  it('given turns > adds the runners, each by its own clock, and has the median of the ratios of the turns', () => {
    const turn = (poolWallUs: number, ...bareWallUs: number[]) => ({ inferenceCount: 100, poolWallUs, bareWallUs });
    const repetitions = [turn(1e6, 1e6, 5e5), turn(2e6, 1e6, 1e6), turn(5e5, 1e6, 1e6)];
    expect(summariseBare({ model: 'en', repetitions })).toEqual({
      model: 'en',
      inferenceCount: 100,
      poolPerS: { median: 100, low: 50, high: 200 },
      barePerS: { median: 100, low: 100, high: 150 },
      ratio: { median: 100 / 150, low: 0.5, high: 2 },
    });
  });

  it('given no turn > refuses to say anything', () => {
    expect(() => summariseBare({ model: 'en', repetitions: [] })).toThrow('Nothing was measured of en');
  });
});

describe('readBench', () => {
  it('given a file of another format > refuses it and names both', () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{"format":"powr-inference-bench/0"}');
    expect(() => readBench(path)).toThrow('its format is "powr-inference-bench/0", wanted "powr-inference-bench/1"');
  });
});
