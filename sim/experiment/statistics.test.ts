import { describe, expect, it } from 'vitest';
import {
  groupRatio,
  intervalOf,
  meanOf,
  pairedInterval,
  standardDeviationOf,
  tProbability,
  tQuantile,
} from './statistics.ts';

describe('tQuantile', () => {
  // Two-sided quantiles as printed in Student's table: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  it.each([
    [1, 6.314, 12.706, 63.657],
    [2, 2.92, 4.303, 9.925],
    [3, 2.353, 3.182, 5.841],
    [4, 2.132, 2.776, 4.604],
    [5, 2.015, 2.571, 4.032],
    [6, 1.943, 2.447, 3.707],
    [7, 1.895, 2.365, 3.499],
    [8, 1.86, 2.306, 3.355],
    [9, 1.833, 2.262, 3.25],
    [10, 1.812, 2.228, 3.169],
    [15, 1.753, 2.131, 2.947],
    [20, 1.725, 2.086, 2.845],
    [29, 1.699, 2.045, 2.756],
    [30, 1.697, 2.042, 2.75],
    [60, 1.671, 2.0, 2.66],
    [100, 1.66, 1.984, 2.626],
  ])('given %i degrees of freedom > 90 %%: %f, 95 %%: %f, 99 %%: %f', (degrees, p90, p95, p99) => {
    expect(tQuantile(0.9, degrees)).toBeCloseTo(p90, 3);
    expect(tQuantile(0.95, degrees)).toBeCloseTo(p95, 3);
    expect(tQuantile(0.99, degrees)).toBeCloseTo(p99, 3);
  });

  it('given one or two degrees of freedom > equals the closed forms to the last digits', () => {
    for (const confidence of [0.1, 0.5, 0.95, 0.999, 0.999999]) {
      const cauchy = Math.tan((Math.PI * confidence) / 2);
      expect(tQuantile(confidence, 1) / cauchy).toBeCloseTo(1, 9);
      const two = confidence * Math.sqrt(2 / (1 - confidence * confidence));
      expect(tQuantile(confidence, 2) / two).toBeCloseTo(1, 9);
    }
  });

  it('given many degrees of freedom > comes to the normal quantile', () => {
    expect(tQuantile(0.95, 1_000_000)).toBeCloseTo(1.959964 + (1.959964 ** 3 + 1.959964) / 4_000_000, 6);
  });

  it('is where the probability reaches the confidence', () => {
    for (const degrees of [1, 2, 3, 8, 17, 250])
      for (const confidence of [0.5, 0.8, 0.95, 0.9999])
        expect(tProbability(tQuantile(confidence, degrees), degrees)).toBeCloseTo(confidence, 12);
  });

  it.each([
    [0, 5],
    [1, 5],
    [0.95, 0],
    [0.95, 2.5],
    [Number.NaN, 3],
  ])('given a confidence of %f and %f degrees > refuses', (confidence, degrees) => {
    expect(() => tQuantile(confidence, degrees)).toThrow(RangeError);
  });
});

describe('intervalOf', () => {
  // Sum 12, squares about the mean of 4: 1 + 0 + 1 = 2, so sd 1; t(0.975, 2) = 4.302653 over √3.
  it('given 3, 4, 5 > mean 4, sd 1 and the interval worked by hand', () => {
    const { n, mean, sd, low, high, halfWidth, t } = intervalOf([3, 4, 5]);
    expect([n, mean, sd]).toEqual([3, 4, 1]);
    expect(halfWidth).toBeCloseTo(4.302653 / Math.sqrt(3), 6);
    expect([low, high]).toEqual([4 - halfWidth, 4 + halfWidth]);
    expect(t).toBeCloseTo(4 * Math.sqrt(3), 12);
  });

  it('given a constant that doubles cannot hold > does not vary', () => {
    const { mean, sd, halfWidth, t } = intervalOf([0.1, 0.1, 0.1]);
    expect([mean, sd, halfWidth, t]).toEqual([0.1, 0, 0, Number.POSITIVE_INFINITY]);
    expect(intervalOf([0, 0]).t).toBe(0);
  });

  it('given fewer than two numbers > refuses', () => {
    expect(() => intervalOf([1])).toThrow(RangeError);
    expect(standardDeviationOf([1])).toBeNaN();
  });
});

describe('pairedInterval', () => {
  // Student (1908), The Probable Error of a Mean, Biometrika 6: additional hours of sleep of ten patients under two
  // drugs. The paper's mean difference is 1.58; R's t.test(paired = TRUE) gives t = 4.0621, interval 0.7001 to 2.4599.
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

  it("given Student's sleep data > the published mean, t and interval", () => {
    const { n, mean, low, high, t } = pairedInterval(first, second);
    expect(n).toBe(10);
    expect(mean).toBeCloseTo(1.58, 12);
    expect(t).toBeCloseTo(4.0621, 4);
    expect(low).toBeCloseTo(0.7001142, 6);
    expect(high).toBeCloseTo(2.4598858, 6);
  });

  it('given the same pairs the other way round > the interval mirrored', () => {
    const there = pairedInterval(first, second);
    const back = pairedInterval(second, first);
    expect([back.low, back.high]).toEqual([-there.high, -there.low]);
  });

  it('given unequal numbers > refuses', () => {
    expect(() => pairedInterval([1, 2], [1])).toThrow(RangeError);
  });
});

describe('groupRatio', () => {
  // Means 5, 9, 10 about 8: between 6·(9 + 1 + 4) = 84 over 2; within 16 + 24 + 28 = 68 over 15; F = 42 / 4.5333.
  it('given three groups of six > the F worked by hand', () => {
    const groups = [
      [6, 8, 4, 5, 3, 4],
      [8, 12, 9, 11, 6, 8],
      [13, 9, 11, 8, 7, 12],
    ];
    expect(groups.map(meanOf)).toEqual([5, 9, 10]);
    expect(groupRatio(groups)).toBeCloseTo(42 / (68 / 15), 12);
  });

  it('given nothing that varies, or one group > 0; given groups that differ without spread > infinite', () => {
    expect(groupRatio([[1, 1], [1]])).toBe(0);
    expect(groupRatio([[1, 2]])).toBe(0);
    expect(
      groupRatio([
        [1, 1],
        [2, 2],
      ]),
    ).toBe(Number.POSITIVE_INFINITY);
  });

  it('given one number in each group > more for the wider spread', () => {
    expect(groupRatio([[1], [3]])).toBeGreaterThan(groupRatio([[1.9], [2.1]]));
  });
});
