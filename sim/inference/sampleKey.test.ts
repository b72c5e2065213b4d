import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, PUBLIC_SAMPLES, poolKeyOf, RANGES, type SampleRange } from './sampleKey.ts';

const place = fc.record({
  range: fc.constantFrom(...RANGES),
  seed: fc.nat(3),
  index: fc.nat(PUBLIC_SAMPLES + 20),
});
const exists = ({ range, index }: { readonly range: SampleRange; readonly index: number }): boolean =>
  range !== 'public' || index < PUBLIC_SAMPLES;

describe('keyOf', () => {
  it('given two places > gives one key only to one place, whatever the ranges', () => {
    fc.assert(
      fc.property(place.filter(exists), place.filter(exists), (a, b) => {
        const isSame = a.range === b.range && a.seed === b.seed && a.index === b.index;
        return isSame === (keyOf('t/1', a.range, a.seed, a.index) === keyOf('t/1', b.range, b.seed, b.index));
      }),
      { seed: 7, numRuns: 5_000 },
    );
  });

  it('given all samples of all ranges > they are as many as their keys', () => {
    const keys = RANGES.flatMap((range) =>
      [0, 1, 12].flatMap((seed) =>
        Array.from({ length: PUBLIC_SAMPLES }, (_, index) => keyOf('t/1', range, seed, index)),
      ),
    );
    expect(new Set(keys).size).toBe(RANGES.length * 3 * PUBLIC_SAMPLES);
  });

  it('given a pool > its first hundred samples are public, the others held out', () => {
    expect(keyOf('t/1', 'public', 5, 99)).toBe(poolKeyOf('t/1', 5, 99));
    expect(keyOf('t/1', 'held-out', 5, 0)).toBe(poolKeyOf('t/1', 5, 100));
  });

  it.each([
    ['public', 1, PUBLIC_SAMPLES],
    ['held-out', 1, -1],
    ['train', -1, 0],
    ['dev', 0.5, 0],
    ['held-out', 1, Number.NaN],
  ] as const)('given %s of seed %s, sample %s > is refused', (range, seed, index) => {
    expect(() => keyOf('t/1', range, seed, index)).toThrow(RangeError);
  });
});
