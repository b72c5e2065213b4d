import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import {
  exponentialQuantile,
  nextExponential,
  nextNormal,
  nextPoisson,
  normalQuantile,
  poissonQuantile,
} from './draws.ts';
import { createStreams, nextDouble, streamKey } from './stream.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);

function newStream(): Float64Array {
  return createStreams(1, (i) => streamKey(11, 'law', 'test', i));
}

/** Probabilities of a Poisson law for k = 0, 1, …, from logarithms, so by another road than the code under test. */
function poissonLaw(lambda: number): number[] {
  const law: number[] = [];
  let logFactorial = 0;
  for (let k = 0; k <= lambda + 12 * Math.sqrt(lambda) + 40; k++) {
    if (k > 0) logFactorial += Math.log(k);
    law.push(Math.exp(k * Math.log(lambda) - lambda - logFactorial));
  }
  return law;
}

/** P(Z > x) for x ≥ 0: Taylor series of the integral below 3, Laplace's continued fraction beyond. */
function normalTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let k = 3; k < 200; k += 2) sum += term *= (x * x) / k;
    return 0.5 - density * sum;
  }
  let fraction = x;
  for (let k = 400; k >= 1; k--) fraction = x + k / fraction;
  return density / fraction;
}

function normalCumulative(x: number): number {
  return x < 0 ? normalTail(-x) : 1 - normalTail(x);
}

/** χ² against a law on 0, 1, 2, …, in standard deviations from its mean; neighbours are pooled to cells of 25 or more. */
function chiSquareZ(draws: readonly number[], law: readonly number[]): number {
  const counts = new Array<number>(law.length).fill(0);
  for (const k of draws) counts[k]!++;
  let [cells, chiSquare, expected, count] = [0, 0, 0, 0];
  let rest = draws.length;
  law.forEach((probability, k) => {
    expected += probability * draws.length;
    count += counts[k]!;
    if (expected < 25 || rest - expected < 25) return;
    chiSquare += (count - expected) ** 2 / expected;
    rest -= expected;
    cells++;
    [expected, count] = [0, 0];
  });
  chiSquare += (count - rest) ** 2 / rest;
  return (chiSquare - cells) / Math.sqrt(2 * cells);
}

/** Kolmogorov's distance from a continuous law, times √n: above 1.95 in one of a thousand samples. */
function kolmogorov(draws: readonly number[], cumulative: (x: number) => number): number {
  const sorted = [...draws].sort((a, b) => a - b);
  const gaps = sorted.map((x, i) => {
    const f = cumulative(x);
    return Math.max(f - i / sorted.length, (i + 1) / sorted.length - f);
  });
  return gaps.reduce((a, b) => Math.max(a, b), 0) * Math.sqrt(sorted.length);
}

function sample(count: number, draw: (streams: Float64Array) => number): number[] {
  const streams = newStream();
  return Array.from({ length: count }, () => draw(streams));
}

describe('poissonQuantile', () => {
  it.each([0.001, 0.5, 1, 3.7, 17.25, 31.999, 32, 32.5, 33.999, 64, 100.25, 999.9, 5000.5, 10_000])(
    'given lambda = %d > gives the k whose cumulative probability first passes u',
    (lambda) => {
      const law = poissonLaw(lambda);
      let below = 0;
      law.forEach((probability, k) => {
        // Just inside both ends of the interval of u that belongs to k; log-based reference sums are good to 1e-10.
        if (probability > 1e-8) {
          expect(poissonQuantile(Math.max(0, below + 1e-9), lambda), `lower end of ${k}`).toBe(k);
          expect(poissonQuantile(Math.min(1 - 1e-16, below + probability - 1e-9), lambda), `upper end of ${k}`).toBe(k);
        }
        below += probability;
      });
    },
  );

  it('given u at its ends > stays finite', () => {
    const largest = 1 - Number.EPSILON / 2;
    for (const lambda of [0, 0.001, 1, 31.9, 32, 1_000, 10_000]) {
      expect(poissonQuantile(0, lambda)).toBeLessThanOrEqual(lambda);
      const top = poissonQuantile(largest, lambda);
      expect(top).toBeGreaterThanOrEqual(lambda);
      expect(top).toBeLessThan(lambda + 10 * Math.sqrt(lambda) + 40);
    }
  });

  it('given lambda = 0 > is 0', () => {
    expect(poissonQuantile(0.999999, 0)).toBe(0);
  });

  it('given a larger u or a larger lambda > never gives less', () => {
    // Cumulative probabilities are right to 1e-14, so the order holds as far as u is finer than that from both ends.
    const u = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });
    const lambda = fc.oneof(
      fc.double({ min: 0, max: 10_000, noNaN: true }),
      fc.double({ min: 31, max: 35, noNaN: true }),
      fc.tuple(fc.nat({ max: 200 }), fc.constantFrom(0, 1e-9, 0.5, 1 - 1e-9)).map(([n, f]) => n + f),
    );
    fc.assert(
      fc.property(u, u, lambda, lambda, (u1, u2, l1, l2) => {
        expect(poissonQuantile(Math.min(u1, u2), l1)).toBeLessThanOrEqual(poissonQuantile(Math.max(u1, u2), l1));
        expect(poissonQuantile(u1, Math.min(l1, l2))).toBeLessThanOrEqual(poissonQuantile(u1, Math.max(l1, l2)));
      }),
      { seed, numRuns: 20_000 },
    );
  });

  it.each([
    [-0.1, 1],
    [1, 1],
    [0.5, -1],
    [0.5, 10_001],
    [0.5, Number.NaN],
    [Number.NaN, 1],
  ])('given u = %d, lambda = %d > refuses', (u, lambda) => {
    expect(() => poissonQuantile(u, lambda)).toThrow(AssertionError);
  });
});

describe('nextPoisson', () => {
  it.each([0.3, 4, 31.9, 32.1, 500, 9_999.5])('given lambda = %d > draws follow the law', (lambda) => {
    const draws = sample(100_000, (streams) => nextPoisson(streams, 0, lambda));
    expect(Math.abs(chiSquareZ(draws, poissonLaw(lambda)))).toBeLessThan(5);
  });

  it.each([0.3, 4, 32.1, 500])('given a law whose mean is 3 %% off (%d) > this test notices', (lambda) => {
    const draws = sample(100_000, (streams) => nextPoisson(streams, 0, lambda));
    expect(chiSquareZ(draws, poissonLaw(lambda * 1.03))).toBeGreaterThan(5);
  });
});

describe('normalQuantile', () => {
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [1e-9, -5.9978070150076865],
    [0.8413447460685429, 1],
  ])('given u = %d > is the tabulated %d', (u, x) => {
    expect(normalQuantile(u)).toBeCloseTo(x, 14);
  });

  it('given any u > the normal integral at the result is u, tails to 1e-12 relative', () => {
    const us = [...Array.from({ length: 999 }, (_, i) => (i + 1) / 1_000), 0.0749999, 0.0750001];
    const tails = Array.from({ length: 45 }, (_, i) => 2 ** -(i + 6));
    for (const u of [...us, ...tails, 1.4e-11, 1.3e-11]) {
      expect(Math.abs(normalCumulative(normalQuantile(u)) / u - 1), `u = ${u}`).toBeLessThan(1e-12);
    }
  });

  it('given 1 − u > is the negative', () => {
    for (let i = 1; i < 1_000; i++) expect(normalQuantile(1 - i / 1_024) + normalQuantile(i / 1_024)).toBe(0);
  });

  it('given u = 0 > is finite, as far out as the last u below 1', () => {
    expect(normalQuantile(0)).toBeLessThan(-8.2);
    expect(normalQuantile(0)).toBeGreaterThan(-8.4);
    expect(() => normalQuantile(1)).toThrow(AssertionError);
  });
});

describe('nextNormal', () => {
  const draws = sample(200_000, (streams) => nextNormal(streams, 0));

  it('given many draws > they follow the law, tails too', () => {
    expect(kolmogorov(draws, normalCumulative)).toBeLessThan(1.95);
    for (const x of [2, 3, 3.5]) {
      const beyond = draws.filter((z) => Math.abs(z) > x).length;
      const expected = 2 * normalTail(x) * draws.length;
      expect(Math.abs(beyond - expected) / Math.sqrt(expected), `beyond ${x}`).toBeLessThan(5);
    }
  });

  it('given a deviation or a mean 1 % off > this test notices', () => {
    expect(
      kolmogorov(
        draws.map((z) => z * 1.02),
        normalCumulative,
      ),
    ).toBeGreaterThan(1.95);
    expect(
      kolmogorov(
        draws.map((z) => z + 0.01),
        normalCumulative,
      ),
    ).toBeGreaterThan(1.95);
  });
});

describe('nextExponential', () => {
  const cumulative = (x: number) => 1 - Math.exp(-x);
  const draws = sample(200_000, (streams) => nextExponential(streams, 0));

  it('given many draws > they follow the law', () => {
    expect(kolmogorov(draws, cumulative)).toBeLessThan(1.95);
  });

  it('given a mean 2 % off > this test notices', () => {
    expect(
      kolmogorov(
        draws.map((x) => x * 1.02),
        cumulative,
      ),
    ).toBeGreaterThan(1.95);
  });

  it('given u = 0 > is 0, and the largest u > is finite', () => {
    expect(exponentialQuantile(0)).toBe(0);
    expect(exponentialQuantile(1 - Number.EPSILON / 2)).toBeCloseTo(36.7368, 4);
  });
});

describe('every draw', () => {
  it.each([
    ['nextPoisson, small mean', (s: Float64Array) => nextPoisson(s, 0, 0.1)],
    ['nextPoisson, large mean', (s: Float64Array) => nextPoisson(s, 0, 5_000)],
    ['nextNormal', (s: Float64Array) => nextNormal(s, 0)],
    ['nextExponential', (s: Float64Array) => nextExponential(s, 0)],
  ] as const)('%s > takes one double of its stream, whatever comes out', (_, draw) => {
    const [drawn, counted] = [newStream(), newStream()];
    for (let k = 0; k < 100; k++) {
      draw(drawn);
      nextDouble(counted, 0);
      expect(drawn).toEqual(counted);
    }
  });

  it('given a frozen list > the bits are the same on every machine', () => {
    const streams = newStream();
    expect([
      nextNormal(streams, 0),
      nextNormal(streams, 0),
      nextExponential(streams, 0),
      nextPoisson(streams, 0, 12.5),
      nextPoisson(streams, 0, 2_500.75),
    ]).toMatchInlineSnapshot(`
      [
        1.4905590688927002,
        0.6574588029834512,
        1.053333950293128,
        19,
        2525,
      ]
    `);
  });
});
