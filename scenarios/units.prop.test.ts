import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity, type QuantityForm, type QuantityUnit } from './units.ts';

const UNITS: readonly QuantityUnit[] = [
  'tokens',
  'bps',
  'fp',
  'ppb',
  'mil',
  's',
  'ms',
  'eras',
  'slots',
  'count',
  'quarters',
  'tenths',
];
const form = fc.record<QuantityForm>({
  unit: fc.constantFrom(...UNITS),
  bare: fc.boolean(),
  decimals: fc.integer({ min: 3, max: 9 }),
});
const SCALE: Readonly<Partial<Record<QuantityUnit, number>>> = { bps: 2, fp: 7, ppb: 7, mil: 3 };

describe('formatQuantity', () => {
  it('writes what parseQuantity reads back to the same integer', () => {
    fc.assert(
      fc.property(form, fc.maxSafeNat(), (f, amount) => {
        expect(parseQuantity(formatQuantity(amount, f), f)).toEqual({ ok: true, amount: BigInt(amount) });
      }),
    );
  });
});

describe('parseQuantity', () => {
  it('is exact: a decimal is the integer of its digits, or refused when that is not whole', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<'tokens' | 'bps' | 'fp' | 'ppb' | 'mil'>('tokens', 'bps', 'fp', 'ppb', 'mil'),
        fc.integer({ min: 3, max: 9 }),
        fc.nat({ max: 999_999_999 }),
        fc.stringMatching(/^[0-9]{1,10}$/),
        (unit, decimals, whole, fraction) => {
          const digits = unit === 'tokens' ? decimals : SCALE[unit]!;
          const word = { tokens: ' DN', bps: '%', fp: '%', ppb: '%', mil: 'x' }[unit];
          const result = parseQuantity(`${whole}.${fraction}${word}`, { unit, bare: false, decimals });
          const significant = fraction.replace(/0+$/, '');
          if (significant.length > digits) expect(result).toMatchObject({ ok: false, code: 'E108' });
          else expect(result).toEqual({ ok: true, amount: BigInt(`${whole}${significant.padEnd(digits, '0')}`) });
        },
      ),
    );
  });
  it('never throws and never guesses: whatever the text, it is refused or it is digits with a unit', () => {
    fc.assert(
      fc.property(
        form,
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9.,_ -]{0,12}[a-zA-Z% ]{0,6}$/), fc.double(), fc.constant(null)),
        (f, value) => {
          const result = parseQuantity(value, f);
          if (result.ok && typeof value === 'string') expect(value.trim()).toMatch(/^\d[\d_]*(\.\d+)? ?[a-zA-Z%]+$/);
          if (result.ok && typeof value === 'number') expect(Number.isInteger(value) && value >= 0).toBe(true);
        },
      ),
    );
  });
});
