import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import { exp, ln } from './elementary.ts';

/** Points spread evenly over [from, to]. */
function grid(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Relative difference, absolute below 1. */
function difference(got: number, wanted: number): number {
  return Math.abs(got - wanted) / Math.max(Math.abs(wanted), Number.MIN_VALUE);
}

describe('exp', () => {
  it('given x in [−700, 700] > is within 1e-15 of the library’s exponential', () => {
    const worst = Math.max(
      ...[...grid(-700, 700, 20_001), ...grid(-1, 1, 20_001)].map((x) => difference(exp(x), Math.exp(x))),
    );
    expect(worst).toBeLessThan(1e-15);
  });

  it('given 0, ln 2 and multiples > is exact where the result is', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(Math.LN2)).toBe(2);
  });

  it.each([700.5, -701, Number.NaN, Number.POSITIVE_INFINITY])('given %d > refuses', (x) => {
    expect(() => exp(x)).toThrow(AssertionError);
  });

  it('given a frozen list > the bits are the same on every machine', () => {
    expect([-0.5, 1.5, 10, -20.25, 0.001].map(exp)).toEqual([
      0.6065306597126334, 4.4816890703380645, 22026.465794806718, 1.6052280551856116e-9, 1.0010005001667084,
    ]);
  });
});

describe('ln', () => {
  it('given x of any magnitude > is within 1e-15 of the library’s logarithm', () => {
    const points = [...grid(-700, 700, 20_001).map(Math.exp), ...grid(0.5, 2, 20_001), ...grid(1e-9, 1, 20_001)];
    expect(Math.max(...points.filter((x) => x !== 1).map((x) => difference(ln(x), Math.log(x))))).toBeLessThan(1e-15);
  });

  it('given 1 > is 0; given powers of two > is that multiple of ln 2', () => {
    expect(ln(1)).toBe(0);
    expect(ln(2)).toBe(Math.LN2);
    expect(ln(2 ** -1022)).toBe(-1022 * Math.LN2);
    expect(ln(Number.MAX_VALUE)).toBe(Math.log(Number.MAX_VALUE));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE])('given %d > refuses', (x) => {
    expect(() => ln(x)).toThrow(AssertionError);
  });

  it('given a frozen list > the bits are the same on every machine', () => {
    expect([0.2, 3, 1e-300, 123456.789, 0.9999999].map(ln)).toEqual([
      -1.6094379124341003, 1.0986122886681098, -690.7755278982137, 11.723646487185881, -1.0000000494736474e-7,
    ]);
  });
});
