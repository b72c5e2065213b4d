import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISTANCE_SCALE_PPB, decodeDistance, encodeDistance } from './distanceScale.ts';

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

  it('reads a distance back within an eighth of it, equal as equal and unequal as unequal', () => {
    expect([readBack(0), readBack(1), readBack(2_000_000_000)]).toEqual([0, 56, 2_000_000_000]);
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 2_000_000_000 }), (ppb) => {
        expect(Math.abs(Math.log(readBack(ppb) / ppb))).toBeLessThan(Math.log(1.125));
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
