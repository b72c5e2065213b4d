import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import { MAX_INT } from './fixedPoint.ts';
import { type Bps, bps, formatUnits, fp, mil, parseUnits, type Units, units, unitsPerToken } from './units.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);

describe('formatUnits', () => {
  it.each([
    [12_500_000, 6, '12.5'],
    [0, 6, '0'],
    [1, 6, '0.000001'],
    [1_000_000, 6, '1'],
    [1_000_001, 6, '1.000001'],
    [7, 0, '7'],
    [70, 0, '70'],
    [MAX_INT, 6, '9007199254.740991'],
    [MAX_INT, 15, '9.007199254740991'],
  ])('given %d units of %d decimals > writes %s', (amountUnits, decimals, text) => {
    expect(formatUnits(amountUnits, decimals)).toBe(text);
  });

  it.each([
    [-1, 6],
    [0.5, 6],
    [MAX_INT + 1, 6],
    [1, 16],
    [1, -1],
  ])('given %d units of %d decimals > refuses', (amountUnits, decimals) => {
    expect(() => formatUnits(amountUnits, decimals)).toThrow(AssertionError);
  });
});

describe('parseUnits', () => {
  it.each([
    ['12.5', 12_500_000],
    ['0', 0],
    ['000', 0],
    ['0.000001', 1],
    ['1.500000000', 1_500_000],
    ['007', 7_000_000],
    ['1_000_000', 1_000_000_000_000],
    ['9007199254.740991', MAX_INT],
  ])('given %j > is %d units', (text, amountUnits) => {
    expect(parseUnits(text)).toBe(amountUnits);
  });

  it('given an amount that a float would round > is exact', () => {
    expect(4.35 * 100).not.toBe(435);
    expect(parseUnits('4.35', 2)).toBe(435);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '1.',
    '.5',
    '1e3',
    '1,5',
    '0x10',
    '1__0',
    '_1',
    '1_',
    '1.0_0',
    'NaN',
    '١',
    '1\n',
  ])('given %j > is a SyntaxError', (text) => {
    expect(() => parseUnits(text)).toThrow(SyntaxError);
  });

  it.each([
    ['0.0000001', "'0.0000001' is finer than one base unit: at most 6 digits after the point"],
    ['9007199254.740992', "'9007199254.740992' is too large: at most 9007199254.740991"],
    ['99999999999999999999', "'99999999999999999999' is too large: at most 9007199254.740991"],
  ])('given %j > is a RangeError that says what is allowed', (text, message) => {
    expect(() => parseUnits(text)).toThrow(new RangeError(message));
  });

  it('given any amount, written and read with any decimals > is the same amount', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat({ max: MAX_INT }), fc.nat({ max: 1_000 })), fc.nat({ max: 15 }), (x, decimals) => {
        expect(parseUnits(formatUnits(x, decimals), decimals)).toBe(x);
      }),
      { seed, numRuns: 20_000 },
    );
  });
});

describe('unitsPerToken', () => {
  it.each([
    [0, 1],
    [6, 1_000_000],
    [15, 1_000_000_000_000_000],
  ])('given %d decimals > is %d', (decimals, amountUnits) => {
    expect(unitsPerToken(decimals)).toBe(amountUnits);
    expect(parseUnits('1', decimals)).toBe(amountUnits);
  });

  it('given more decimals than 2^53 holds > refuses', () => {
    expect(() => unitsPerToken(16)).toThrow(AssertionError);
  });
});

describe('units, fp, bps, mil', () => {
  it('given an integer in [0, 2^53) > brand it; given anything else > refuse', () => {
    for (const brand of [units, fp, bps, mil]) {
      expect(brand(MAX_INT)).toBe(MAX_INT);
      for (const bad of [-1, 0.5, MAX_INT + 1, Number.NaN]) expect(() => brand(bad)).toThrow(AssertionError);
    }
  });

  it('given a share where an amount is asked for, or a bare number > does not compile', () => {
    const take = (amountUnits: Units, shareBps: Bps) => amountUnits + shareBps;
    expect(take(units(1), bps(2))).toBe(3);
    // @ts-expect-error the arguments are swapped
    take(bps(2), units(1));
    // @ts-expect-error a bare number has no unit
    take(1, bps(2));
  });
});
