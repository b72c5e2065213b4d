import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARAMS } from '../protocol/params.ts';
import { DISTANCE_SCALE_PPB, decodeDistance, encodeDistance, SCALE_MIDDLE_PPB } from './distanceScale.ts';

const readBack = (ppb: number) => decodeDistance(encodeDistance(ppb), 0)!;

describe('the scale of distances', () => {
  it('has a printable character for every number, none of which JSON escapes', () => {
    const column = DISTANCE_SCALE_PPB.map(encodeDistance).join('');
    expect([DISTANCE_SCALE_PPB.length, new Set(column).size, column.length]).toEqual([93, 93, 93]);
    expect(JSON.stringify(column)).toBe(`"${column}"`);
    expect(DISTANCE_SCALE_PPB.map((_, place) => decodeDistance(column, place))).toEqual(DISTANCE_SCALE_PPB);
  });

  it('rises, by no step wider than a quarter', () => {
    for (let i = 2; i < DISTANCE_SCALE_PPB.length; i++) {
      const step = DISTANCE_SCALE_PPB[i]! / DISTANCE_SCALE_PPB[i - 1]!;
      expect(step).toBeGreaterThan(1);
      expect(step).toBeLessThanOrEqual(1.25);
    }
  });

  it('reads a distance back within a quarter of it, equal as equal and unequal as unequal', () => {
    expect([readBack(0), readBack(1), readBack(2_000_000_000)]).toEqual([0, 56, 2_000_000_000]);
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 2_000_000_000 }), (ppb) => {
        expect(Math.abs(Math.log(readBack(ppb) / ppb))).toBeLessThan(Math.log(1.25));
      }),
    );
  });

  it('never carries a distance over the middle of acceptance and rejection, nor towards it', () => {
    const [accept, reject] = (['val.accept_ppb.fp32', 'val.reject_ppb.fp32'] as const).map(
      (key) => PARAMS.find((spec) => spec.key === key)!.fallback,
    );
    expect(SCALE_MIDDLE_PPB).toBe(Math.floor(Math.sqrt(accept! * reject!)));
    expect([122_474, 122_475].map(readBack)).toEqual([120_000, 150_000]);
    const near = fc.integer({ min: 100_000, max: 150_000 });
    fc.assert(
      fc.property(fc.oneof(near, fc.integer({ min: 56, max: 2_000_000_000 })), (ppb) => {
        if (ppb <= SCALE_MIDDLE_PPB) expect(readBack(ppb)).toBeLessThanOrEqual(ppb);
        else expect(readBack(ppb)).toBeGreaterThanOrEqual(ppb);
        expect(readBack(readBack(ppb))).toBe(readBack(ppb));
      }),
    );
  });

  it.each([[-1], [0.5], [2_000_000_001], [Number.NaN]])('given %d ppb > is no distance', (ppb) => {
    expect(() => encodeDistance(ppb)).toThrow('is no distance');
  });

  it('given a place that a column does not have, or a character of no scale > has no distance', () => {
    expect([decodeDistance('  ', 2), decodeDistance('"', 0), decodeDistance('\\', 0)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
