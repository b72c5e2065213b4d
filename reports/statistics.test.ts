/** The statistics against published values and against their definitions. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { giniOf as observedGiniOf } from '../sim/engine/observer.ts';
import { concordanceOf, giniOf, lorenzOf, meanOf, quantileOf, wilsonOf } from './statistics.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const oracleFile = join(import.meta.dirname, '..', '..', 'shared', 'oracles', 'metrics.json');
const oracles = existsSync(oracleFile)
  ? (JSON.parse(readFileSync(oracleFile, 'utf8')) as {
      gini: { x: number[]; expect: number }[];
      lorenz: { x: number[]; L: number[] };
    })
  : undefined;
const amounts = fc.array(fc.nat({ max: 1_000_000_000 }), { minLength: 1, maxLength: 60 });

describe('giniOf', () => {
  it.skipIf(oracles === undefined)(
    'given the published examples (skipped where ../shared/oracles is absent) > agrees, and so does the run’s own',
    () => {
      expect(oracles!.gini.length).toBeGreaterThan(4);
      for (const { x, expect: published } of oracles!.gini) {
        expect(giniOf(x), String(x)).toBeCloseTo(published, 7);
        expect(observedGiniOf(x), String(x)).toBeCloseTo(published, 7);
      }
    },
  );

  it.each([
    [[], 0],
    [[5], 0],
    [[0, 0, 0], 0],
    [[3, 3, 3, 3], 0],
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0.9], // (n − 1) / n
    [[1, 2, 3, 4, 5], 4 / 15],
  ])('given %j > is %d', (x, gini) => {
    expect(giniOf(x)).toBeCloseTo(gini, 12);
  });

  it('given any amounts > equals the mean difference of all pairs over twice the mean, and what the run recorded', () => {
    fc.assert(
      fc.property(amounts, (x) => {
        const total = x.reduce((sum, a) => sum + a, 0);
        const differences = x.reduce((sum, a) => sum + x.reduce((inner, b) => inner + Math.abs(a - b), 0), 0);
        const byDefinition = total === 0 ? 0 : differences / (2 * x.length * total);
        expect(giniOf(x)).toBeCloseTo(byDefinition, 9);
        expect(observedGiniOf(x)).toBeCloseTo(byDefinition, 9);
      }),
      { seed },
    );
  });
});

describe('lorenzOf', () => {
  it.skipIf(oracles === undefined)(
    'given the published example (skipped where ../shared/oracles is absent) > agrees',
    () => {
      const { x, L } = oracles!.lorenz;
      lorenzOf(x).forEach((value, i) => {
        expect(value).toBeCloseTo(L[i]!, 12);
      });
    },
  );

  it('given any amounts in any order > starts at 0, ends at 1, is convex and below equality', () => {
    fc.assert(
      fc.property(amounts, (x) => {
        const curve = lorenzOf(x);
        expect(curve).toHaveLength(x.length + 1);
        expect(curve[0]).toBe(0);
        expect(curve[x.length]).toBeCloseTo(1, 12);
        for (let k = 1; k < x.length; k++) {
          expect(curve[k]! - curve[k - 1]!).toBeLessThanOrEqual(curve[k + 1]! - curve[k]! + 1e-12);
          expect(curve[k]!).toBeLessThanOrEqual(k / x.length + 1e-12);
        }
      }),
      { seed },
    );
  });

  it('given nobody who holds anything > is the line of equality', () => {
    expect(lorenzOf([0, 0])).toEqual([0, 0.5, 1]);
  });
});

describe('quantileOf', () => {
  it.each([
    [[4, 1, 3, 2], 0, 1],
    [[4, 1, 3, 2], 1, 4],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[10, 20, 30, 40, 50], 0.1, 14], // numpy.percentile([10, 20, 30, 40, 50], 10)
    [[7], 0.95, 7],
  ])('given %j at %d > is %d', (sample, p, expected) => {
    expect(quantileOf(sample, p)).toBeCloseTo(expected, 12);
  });

  it('given nothing > is no number', () => {
    expect(quantileOf([], 0.5)).toBeNaN();
    expect(meanOf([])).toBeNaN();
  });
});

describe('concordanceOf', () => {
  it.each([
    [
      'one order',
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      1,
      3,
    ],
    [
      'opposite orders',
      [
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      0,
      3,
    ],
    [
      'a tie, which says nothing',
      [
        [1, 1],
        [1, 2],
        [2, 3],
      ],
      1,
      2,
    ],
    [
      'half and half',
      [
        [1, 2],
        [2, 1],
        [3, 3],
      ],
      2 / 3,
      3,
    ],
  ])('given %s > counts the pairs that agree', (_, points, share, pairCount) => {
    const result = concordanceOf(points.map(([x, y]) => ({ x: x!, y: y! })));
    expect(result.share).toBeCloseTo(share, 12);
    expect(result.pairCount).toBe(pairCount);
  });
});

describe('wilsonOf', () => {
  // Wilson 1927, without continuity correction, as tabulated by Newcombe (1998) for 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [29, 29, 0.883, 1],
  ])('given %i of %i > is the published interval', (count, total, low, high) => {
    const interval = wilsonOf(count, total)!;
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('given no trial > says nothing', () => {
    expect(wilsonOf(0, 0)).toBeNull();
  });

  it('given all or none > ends there, and gets narrower with more trials', () => {
    expect(wilsonOf(1_000, 1_000)!.high).toBe(1);
    expect(wilsonOf(0, 1_000)!.low).toBe(0);
    const widths = [10, 100, 1_000].map((total) => wilsonOf(0, total)!.high);
    expect(widths[0]! > widths[1]! && widths[1]! > widths[2]!).toBe(true);
  });
});
