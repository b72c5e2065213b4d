import { describe, expect, it } from 'vitest';
import { fillBytes, fillIntegers, fillValues } from './graphValues.ts';

const LENGTH = 4_099;
const shareEqual = (a: Int8Array, b: Int8Array): number => a.filter((value, i) => value === b[i]).length / a.length;

describe('fillBytes', () => {
  it('given the same key > gives the same bytes, of which shorter ones are the beginning', () => {
    expect(fillBytes([1, 2, 3, 4], LENGTH)).toEqual(fillBytes([1, 2, 3, 4], LENGTH));
    expect(fillBytes([1, 2, 3, 4], LENGTH).subarray(0, 6)).toEqual(fillBytes([1, 2, 3, 4], 6));
  });

  it('given another word in any place of the key > gives other bytes', () => {
    const key: readonly [number, number, number, number] = [7, 0xffff_ffff, 0, 12_345];
    const bytes = fillBytes(key, LENGTH);
    for (const place of key.keys())
      for (const change of [1, 0x8000_0000]) {
        const other = key.with(place, (key[place]! ^ change) >>> 0) as [number, number, number, number];
        expect(shareEqual(bytes, fillBytes(other, LENGTH))).toBeLessThan(0.02);
      }
  });
});

describe('fillIntegers', () => {
  it('gives whole numbers of the range, both ends among them, and other ones for another salt', () => {
    const values = fillIntegers(5, 2_000, 3);
    expect(new Set(values)).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]));
    expect(fillIntegers(6, 2_000, 3)).not.toEqual(values);
  });
});

describe('fillValues', () => {
  it('gives multiples of 2^-9 from -1 to below 1, times the scale', () => {
    for (const value of fillValues(1, 2_000, 0.25)) {
      expect(Number.isInteger(value * 4 * 512)).toBe(true);
      expect(value >= -0.25 && value < 0.25).toBe(true);
    }
  });
});
