import { describe, expect, it } from 'vitest';
import { compareRuns, metricNames, spreadOf } from './compare.ts';

const pair = (a: Record<string, number>, b: Record<string, number>) => ({ a, b });

describe('compareRuns', () => {
  const pairs = [
    pair({ noisy: 1, moved: 10, same: 5, equal: 1, onlyA: 1 }, { noisy: 3, moved: 12, same: 5, equal: 1 }),
    pair({ noisy: 5, moved: 20, same: 5, equal: 2, onlyA: 2 }, { noisy: 2, moved: 22.5, same: 5, equal: 2 }),
    pair({ noisy: 2, moved: 30, same: 5, equal: 3, onlyA: 3 }, { noisy: 4, moved: 31.5, same: 5, equal: 3, rare: 1 }),
  ];
  const { metrics, constant, unpaired } = compareRuns(pairs);

  it('sorts by the size of t, and marks intervals without 0', () => {
    expect(metrics.map(({ metric, excludesZero }) => [metric, excludesZero])).toEqual([
      ['moved', true],
      ['noisy', false],
      ['equal', false],
    ]);
  });

  // Differences 2, 2.5, 1.5: mean 2, sd 0.5, t = 2 / (0.5 / √3) = 6.928.
  it('takes the differences seed by seed', () => {
    const [moved] = metrics;
    expect([moved!.meanA, moved!.meanB, moved!.difference.mean, moved!.difference.sd]).toEqual([20, 22, 2, 0.5]);
    expect(moved!.difference.t).toBeCloseTo(4 * Math.sqrt(3), 12);
  });

  it('sets aside what is constant and equal in both, and what has no two pairs', () => {
    expect(constant).toEqual(['same']);
    expect(unpaired).toEqual(['onlyA', 'rare']);
  });

  it('given another constant in each > says so with certainty, and first', () => {
    const found = compareRuns([
      pair({ c: 1, moved: 1 }, { c: 2, moved: 2 }),
      pair({ c: 1, moved: 1 }, { c: 2, moved: 4 }),
    ]);
    expect(found.metrics[0]).toMatchObject({ metric: 'c', excludesZero: true, difference: { low: 1, high: 1 } });
  });

  it('given a metric that is no number in one run > takes the other pairs', () => {
    const broken = [pair({ x: 1 }, { x: Number.NaN }), pair({ x: 1 }, { x: 2 }), pair({ x: 2 }, { x: 4 })];
    expect(compareRuns(broken).metrics[0]!.difference.n).toBe(2);
  });
});

describe('spreadOf', () => {
  it('given runs over seeds > metrics that vary, those that do not, those that are too few', () => {
    const { metrics, constant, unpaired } = spreadOf([
      { a: 1, b: 2 },
      { a: 3, b: 2, c: 1 },
    ]);
    expect(metrics.map(({ metric, mean, n }) => [metric, mean, n])).toEqual([['a', 2, 2]]);
    expect([constant, unpaired]).toEqual([['b'], ['c']]);
  });
});

describe('metricNames', () => {
  it('is the union of all runs in alphabetical order', () => {
    expect(metricNames([{ b: 1 }, { a: 1, b: 2 }])).toEqual(['a', 'b']);
  });
});
