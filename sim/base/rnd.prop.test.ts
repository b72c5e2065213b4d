import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BPS, MAX_INT, TWO_52 } from './fixedPoint.ts';
import { chance, PURPOSE, pick, rnd } from './rnd.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const run = (numRuns: number) => ({ seed, numRuns });

const MASK = (1n << 64n) - 1n;

/** NUM-6 as written, on BigInt. */
function reference(beacon: bigint, purpose: number, entity: number, k: number): number {
  const inner = mix64(beacon + (BigInt(purpose) << 48n) + BigInt(entity));
  return Number(mix64(inner + BigInt(k)) >> 12n);
}

function mix64(x: bigint): bigint {
  let z = x & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** 32 bits with the carries' edges (0 and 2^32 − 1) as likely as the rest. */
const half = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff));
const purpose = fc.oneof(fc.constantFrom(...Object.values(PURPOSE)), fc.nat({ max: 65_535 }));
const entity = fc.oneof(fc.nat({ max: 281_474_976_710_655 }), half);
const counter = fc.oneof(fc.nat({ max: MAX_INT }), half, fc.nat({ max: 100 }));

describe('rnd', () => {
  it('given any beacon, purpose, entity and counter > equals the definition on 64-bit integers', () => {
    fc.assert(
      fc.property(half, half, purpose, entity, counter, (high, low, p, e, k) => {
        const beacon = (BigInt(high) << 32n) | BigInt(low);
        const draw = rnd(high, low, p, e, k);
        if (draw !== reference(beacon, p, e, k)) throw new Error(`rnd gives ${draw}`);
      }),
      run(300_000),
    );
  });

  it('given SplitMix64 seeded with 0 > agrees with its published outputs', () => {
    // Output n of SplitMix64 is mix64(n·γ). mix64(0) = 0, so with beacon γ·n and k = 0 the inner draw is that output.
    expect(mix64(0x9e3779b97f4a7c15n)).toBe(0xe220a8397b1dcdafn);
    expect(mix64((2n * 0x9e3779b97f4a7c15n) & MASK)).toBe(0x6e789e6aa1b965f4n);
    expect(rnd(0x9e3779b9, 0x7f4a7c15, 0, 0, 0)).toBe(Number(mix64(0xe220a8397b1dcdafn) >> 12n));
    expect(rnd(0, 0, 0, 0, 0)).toBe(0);
  });

  it('given consecutive counters > draws are uniform and uncorrelated', () => {
    // χ² of 100 cells over 100 000 draws: mean 99, deviation 14; 170 is 5 deviations. Lag-1 correlation: deviation 0.003.
    const n = 100_000;
    const cells = new Array<number>(100).fill(0);
    let products = 0;
    let last = 0.5;
    for (let k = 0; k < n; k++) {
      const unit = rnd(0x1234, 0x5678, PURPOSE.audit, 42, k) / TWO_52;
      cells[Math.floor(unit * 100)]!++;
      products += (unit - 0.5) * (last - 0.5);
      last = unit;
    }
    const chiSquare = cells.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    expect(chiSquare).toBeGreaterThan(50);
    expect(chiSquare).toBeLessThan(170);
    expect(Math.abs((12 * products) / n)).toBeLessThan(0.016);
  });

  it('given purposes that differ > draws differ', () => {
    const draws = Object.values(PURPOSE).map((p) => rnd(1, 2, p, 3, 4));
    expect(new Set(draws).size).toBe(Object.keys(PURPOSE).length);
  });
});

describe('pick', () => {
  it('given any draw and n > is ⌊draw·n/2^52⌋, below n', () => {
    fc.assert(
      fc.property(fc.nat({ max: TWO_52 - 1 }), fc.integer({ min: 1, max: MAX_INT }), (draw, n) => {
        expect(pick(draw, n)).toBe(Number((BigInt(draw) * BigInt(n)) >> 52n));
        expect(pick(draw, n)).toBeLessThan(n);
      }),
      run(50_000),
    );
  });
});

describe('chance', () => {
  it('given 0 bps > never; given 10 000 > always; in between > exactly the draws that pick below', () => {
    fc.assert(
      fc.property(fc.nat({ max: TWO_52 - 1 }), fc.nat({ max: BPS }), (draw, bps) => {
        expect(chance(draw, 0)).toBe(false);
        expect(chance(draw, BPS)).toBe(true);
        expect(chance(draw, bps)).toBe((BigInt(draw) * 10_000n) >> 52n < BigInt(bps));
      }),
      run(50_000),
    );
  });

  it.each([
    [TWO_52 / 2, 5_000, false],
    [TWO_52 / 2 - 1, 5_000, true],
    [TWO_52 / 2, 5_001, true],
  ])('given draw %d and %d bps > %s', (draw, bps, expected) => {
    expect(chance(draw, bps)).toBe(expected);
  });
});
