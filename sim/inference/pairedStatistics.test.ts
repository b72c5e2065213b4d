import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import {
  compareToBase,
  computeFigure,
  createAuc,
  createMean,
  differenceOf,
  intervalOf,
  resample,
  type Scored,
} from './pairedStatistics.ts';

const scored = fc.record({ score: fc.integer({ min: 0, max: 6 }), isPositive: fc.boolean() });

/** Pairs of a positive and a negative observation, won by the higher score; ties are half a win. */
function countPairs(observations: readonly Scored[]): number {
  let [wins, pairs] = [0, 0];
  for (const a of observations.filter(({ isPositive }) => isPositive))
    for (const b of observations.filter(({ isPositive }) => !isPositive)) {
      pairs += 1;
      wins += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
    }
  return wins / pairs;
}

/** Both may be no figure. */
function expectClose(actual: number, expected: number): void {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 12);
}

describe('createAuc', () => {
  it('given any observations, ties among them > is the share of pairs that are in order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(scored, { maxLength: 4 }), { minLength: 1, maxLength: 12 }), (samples) => {
        expectClose(computeFigure(createAuc(samples)), countPairs(samples.flat()));
      }),
      { seed: 7 },
    );
  });

  it('given samples drawn several times > counts their observations so often', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(scored, { maxLength: 3 }), fc.nat(3)), { minLength: 1 }), (drawn) => {
        const figure = createAuc(drawn.map(([observations]) => observations));
        const repeated = drawn.flatMap(([observations, count]) => Array.from({ length: count }, () => observations));
        const counts = Uint16Array.from(drawn, ([, count]) => count);
        expectClose(figure.of(counts), countPairs(repeated.flat()));
      }),
      { seed: 7 },
    );
  });

  it('given one class alone > has no figure', () => {
    expect(computeFigure(createAuc([[{ score: 1, isPositive: true }], [{ score: 0, isPositive: true }]]))).toBeNaN();
  });
});

/** Normal enough: the sum of twelve uniform numbers less six. */
const createNormal = (key: string): (() => number) => {
  const random = seedrandom.alea(key);
  return () => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, -6);
};

describe('resample', () => {
  it('given numbers of a known mean > covers it in about 95 of 100 intervals', () => {
    const normal = createNormal('coverage');
    const trials = 400;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 60 }, () => 3 + 2 * normal());
      const [drawn] = resample([createMean(values)], trial, 'coverage', 400);
      const { low, high } = intervalOf(0, drawn!);
      if (low <= 3 && 3 <= high) covered += 1;
    }
    // 0.95 of the trials, give or take four standard errors, less the little by which 60 numbers are too few.
    expect(covered / trials).toBeGreaterThan(0.89);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it('given scores of a known area > covers it in about 95 of 100 intervals', () => {
    const normal = createNormal('auc');
    const trials = 200;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const samples = Array.from({ length: 80 }, (_, i) => [{ score: normal() + (i % 2), isPositive: i % 2 === 1 }]);
      const [drawn] = resample([createAuc(samples)], trial, 'auc', 300);
      const { low, high } = intervalOf(0, drawn!);
      // P(X + 1 > Y) of two standard normal numbers: the normal distribution at 1 / root 2.
      if (low <= 0.7602 && 0.7602 <= high) covered += 1;
    }
    expect(covered / trials).toBeGreaterThan(0.88);
  });

  it('given two competitors on the same samples > tells a difference that is far smaller than the spread of the samples', () => {
    const normal = createNormal('paired');
    const hardness = Array.from({ length: 100 }, () => 10 * normal());
    const base = hardness.map((value) => value + 0.1 * normal());
    const better = base.map((value) => value - 0.2 + 0.1 * normal());
    const figures = [createMean(base), createMean(better)];
    const values = figures.map(computeFigure) as [number, number];
    const [a, b] = resample(figures, 1, 'paired');
    const paired = differenceOf([values[1], values[0]], [b!, a!]);
    expect(compareToBase(paired, false)).toBe('better');
    const [apart] = resample([figures[1]!], 2, 'paired');
    expect(compareToBase(differenceOf([values[1], values[0]], [apart!, a!]), false)).toBe('no difference');
  });

  it('given the same seed and key > draws the same; given others > draws others', () => {
    const figures = [createMean([1, 2, 4, 8])];
    const draw = (seed: number, key: string) => Array.from(resample(figures, seed, key, 50)[0]!);
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
  });

  it('given a class with one sample > draws again until both are there', () => {
    const samples = [0, 1, 2, 3].map((i) => [{ score: i, isPositive: i === 3 }]);
    const [drawn] = resample([createAuc(samples)], 1, 'rare', 200);
    expect(drawn!.every((value) => value === 1)).toBe(true);
  });

  it('given samples of one class alone > says that there are too few', () => {
    const figure = createAuc([[{ score: 1, isPositive: true }]]);
    expect(() => resample([figure], 1, 'none')).toThrow('Too few samples');
  });

  it('given competitors with other numbers of samples > is refused', () => {
    expect(() => resample([createMean([1]), createMean([1, 2])], 1, 'odd')).toThrow('1 and 2 samples make no pairs');
  });
});

describe('intervalOf', () => {
  it('holds the middle 95 % of the figures, between neighbours in proportion', () => {
    const figures = Float64Array.from({ length: 1_001 }, (_, i) => (i * 8) % 1_001);
    const { low, high } = intervalOf(1, figures);
    expect([low, high].map((end) => end.toFixed(9))).toEqual(['25.000000000', '975.000000000']);
    expect(intervalOf(1, Float64Array.of(0, 10), 0.5)).toEqual({ value: 1, low: 2.5, high: 7.5 });
  });
});

describe('compareToBase', () => {
  it.each([
    [{ value: 1, low: 0.5, high: 2 }, true, 'better'],
    [{ value: 1, low: 0.5, high: 2 }, false, 'worse'],
    [{ value: -1, low: -2, high: -0.5 }, true, 'worse'],
    [{ value: -1, low: -2, high: -0.5 }, false, 'better'],
    [{ value: 0.1, low: -1, high: 1 }, true, 'no difference'],
    [{ value: 0, low: 0, high: 0 }, true, 'no difference'],
  ] as const)('given %o, higher is better %s > says %s', (difference, isHigherBetter, said) => {
    expect(compareToBase(difference, isHigherBetter)).toBe(said);
  });
});
