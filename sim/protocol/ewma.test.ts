/** Vectors of the α table: made here from the definition, in integers without a limit. UPDATE_VECTORS=1 writes them anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { alphaOf, ewma, MAX_HALF_LIFE_ERAS } from './ewma.ts';

const file = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/vectors/trust/alpha.json');

/**
 * FP − round(FP·2^(−1/h)), exact: n rounds FP·2^(−1/h) iff n is the largest integer with n − ½ ≤ FP·2^(−1/h), which is
 * 2·(2n − 1)^h ≤ (2·FP)^h.
 */
function referenceAlpha(h: bigint): number {
  const one = BigInt(FP);
  const limit = (2n * one) ** h;
  let low = 0n;
  let high = one + 1n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (2n * (2n * middle - 1n) ** h <= limit) low = middle;
    else high = middle;
  }
  return Number(one - low);
}

const halfLives = Array.from({ length: MAX_HALF_LIFE_ERAS }, (_, i) => i + 1);

describe('alphaOf', () => {
  it('given every half-life of 1 to 120 eras > is FP − round(FP·2^(−1/h)) to the last unit', () => {
    expect(halfLives.map(alphaOf)).toEqual(halfLives.map((h) => referenceAlpha(BigInt(h))));
  });

  it('given the half-lives that F-1 names > has the values that F-1 names', () => {
    expect([1, 2, 3, 5, 7, 10, 14, 30, 60].map(alphaOf)).toEqual([
      500_000_000, 292_893_219, 206_299_474, 129_449_437, 94_276_336, 66_967_008, 48_304_847, 22_840_032, 11_485_980,
    ]);
  });

  it('given the vector file > holds the same table', () => {
    const cases = halfLives.map((h) => ({ args: [h], result: referenceAlpha(BigInt(h)) }));
    if (process.env.UPDATE_VECTORS === '1') {
      mkdirSync(dirname(file), { recursive: true });
      const lines = cases.map((c) => `    ${JSON.stringify(c)}`).join(',\n');
      writeFileSync(file, `{\n  "function": "alphaOf",\n  "cases": [\n${lines}\n  ]\n}\n`);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ function: 'alphaOf', cases });
  });

  it.each([0, 121, 1.5, -1])('given a half-life of %d eras > is an assertion, for no parameter has that value', (h) => {
    expect(() => alphaOf(h)).toThrow('not in the table');
  });
});

describe('ewma', () => {
  const ratio = fc.integer({ min: 0, max: FP });
  const alpha = fc.constantFrom(...halfLives.map(alphaOf), 0, FP);

  it.each([
    // indicator, sample, α: result, by hand
    [500_000_000, 1_000_000_000, 500_000_000, 750_000_000], // half of the way up
    [500_000_000, 0, 500_000_000, 250_000_000], // half of the way down
    [0, 1, 500_000_000, 0], // ⌊½⌋
    [1, 0, 500_000_000, 0], // 1 − ⌈½⌉
    [1_000_000_000, 0, 94_276_336, 905_723_664], // FP − α
    [0, 1_000_000_000, 94_276_336, 94_276_336], // α
    [7, 7, 500_000_000, 7],
  ])('given I = %d, x = %d, α = %d > is %d', (indicator, sample, alphaFp, result) => {
    expect(ewma(indicator, sample, alphaFp)).toBe(result);
  });

  it('given any ratios > is the floor of the weighted mean, and lies between indicator and sample', () => {
    fc.assert(
      fc.property(ratio, ratio, alpha, (indicator, sample, alphaFp) => {
        const result = ewma(indicator, sample, alphaFp);
        const sum = BigInt(FP - alphaFp) * BigInt(indicator) + BigInt(alphaFp) * BigInt(sample);
        expect(BigInt(result)).toBe(sum / BigInt(FP));
        expect(result).toBeGreaterThanOrEqual(Math.min(indicator, sample));
        expect(result).toBeLessThanOrEqual(Math.max(indicator, sample));
      }),
    );
  });

  it.each([1, 2, 7, 30, 120])('given h = %d and as many eras at 0 > has lost half, up to a unit an era', (h) => {
    let indicator = FP;
    for (let era = 0; era < h; era++) indicator = ewma(indicator, 0, alphaOf(h));
    expect(Math.abs(indicator - FP / 2)).toBeLessThanOrEqual(2 * h);
  });
});
