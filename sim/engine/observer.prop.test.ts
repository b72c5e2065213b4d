import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { giniOf } from './observer.ts';

describe('giniOf', () => {
  it('depends neither on the order nor on the unit, and lies between 0 and 1 − 1/n', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 40 }), (amounts) => {
        const gini = giniOf(amounts);
        expect(giniOf([...amounts].reverse())).toBe(gini);
        expect(giniOf(amounts.map((amount) => amount * 8))).toBeCloseTo(gini, 12);
        expect(gini).toBeGreaterThanOrEqual(0);
        expect(gini).toBeLessThanOrEqual(1 - 1 / amounts.length + 1e-12);
      }),
    );
  });
});
