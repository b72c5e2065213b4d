import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUnits } from '../base/units.ts';
import { counted, fullTokens, percent, tokens } from './amounts.ts';

const decimals = fc.integer({ min: 0, max: 9 });
const amount = fc.maxSafeNat();

describe('fullTokens and tokens', () => {
  it('lose nothing: without commas they read back as the amount, a loss with its sign', () => {
    fc.assert(
      fc.property(amount, decimals, (units, digits) => {
        const full = fullTokens(units, digits);
        expect(parseUnits(full.replaceAll(',', ''), digits)).toBe(units);
        expect(parseUnits(tokens(units, digits).replace(/,| DN$/g, ''), digits)).toBe(units);
        if (units > 0) expect(fullTokens(-units, digits)).toBe(`-${full}`);
      }),
    );
  });

  it('all full amounts have the same number of decimals, so that their points stand below each other', () => {
    fc.assert(
      fc.property(amount, (units) => {
        expect(fullTokens(units, 6)).toMatch(/^\d{1,3}(,\d{3})*\.\d{6}$/);
      }),
    );
  });

  it.each([
    [0, '0 DN'],
    [1, '0.000001 DN'],
    [12_500_000, '12.5 DN'],
    [1_000_000_000, '1,000 DN'],
    [-20_000_000, '-20 DN'],
  ])('%i base units > %s', (units, text) => {
    expect(tokens(units, 6)).toBe(text);
  });
});

describe('percent', () => {
  it('rounds down, as the ledger does', () => {
    expect(percent(999_999_999)).toBe('99.99 %');
    expect(percent(1_000_000_000)).toBe('100.00 %');
  });
});

describe('counted', () => {
  it('has a plural for all but one', () => {
    expect([0, 1, 1_000].map((count) => counted(count, 'audit'))).toEqual(['0 audits', '1 audit', '1,000 audits']);
  });
});
