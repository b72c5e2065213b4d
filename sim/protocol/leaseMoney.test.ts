import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assert } from '../base/assert.ts';
import { BPS, mulDivDown } from '../base/fixedPoint.ts';
import {
  accruedUnits,
  coveredS,
  HOUR_S,
  type LeaseClock,
  type LeaseTerms,
  levies,
  leviesBetween,
  lockCost,
  MAX_DURATION_S,
  MAX_PRICE_UNITS,
  roundedUpS,
  usedS,
} from './leaseMoney.ts';

const NATIVE: LeaseTerms = {
  userFeeBps: 0,
  foundationBps: 2_000,
  providerFeeBps: 0,
  rebateBps: 0,
  gatewayBps: 0,
  grossBase: false,
};
const FOREIGN: LeaseTerms = { ...NATIVE, userFeeBps: 200, providerFeeBps: 200 };

function partsOf(terms: LeaseTerms, grossUnits: number): readonly number[] {
  const { payeeUnits, gatewayUnits, foundationUnits, providerFeeUnits, userFeeUnits } = levies(terms, grossUnits);
  return [payeeUnits, gatewayUnits, foundationUnits, providerFeeUnits, userFeeUnits];
}

describe('levies of an accrual of 10 000 units: payee, gateway, foundation, provider fee, user fee (F-17)', () => {
  it.each([
    ['paid in tokens', NATIVE, [8_000, 0, 2_000, 0, 0]],
    ['paid in a foreign asset', FOREIGN, [7_840, 0, 2_000, 160, 200]],
    ['foreign, fee of the gross', { ...FOREIGN, grossBase: true }, [7_800, 0, 2_000, 200, 200]],
    ['foreign, half of the fee rebated', { ...FOREIGN, rebateBps: 5_000 }, [7_920, 0, 2_000, 80, 200]],
    ['foreign, all of the fee rebated', { ...FOREIGN, rebateBps: BPS }, [8_000, 0, 2_000, 0, 200]],
    ['a fizz node’s, in tokens', { ...NATIVE, gatewayBps: 200 }, [7_840, 160, 2_000, 0, 0]],
    ['a fizz node’s, foreign', { ...FOREIGN, gatewayBps: 200 }, [7_684, 156, 2_000, 160, 200]],
    [
      'all of it commission, fee of the gross',
      { ...FOREIGN, foundationBps: BPS, grossBase: true },
      [0, 0, BPS, 0, 200],
    ],
    [
      'a gross fee above what is left',
      { ...FOREIGN, foundationBps: 9_900, providerFeeBps: 1_000, grossBase: true },
      [0, 0, 9_900, 100, 200],
    ],
  ] as const)('%s', (_title, terms, parts) => {
    expect(partsOf(terms, 10_000)).toEqual(parts);
  });
});

const anyTerms: fc.Arbitrary<LeaseTerms> = fc.record({
  userFeeBps: fc.nat({ max: 1_000 }),
  foundationBps: fc.nat({ max: BPS }),
  providerFeeBps: fc.nat({ max: 1_000 }),
  rebateBps: fc.nat({ max: BPS }),
  gatewayBps: fc.nat({ max: 5_000 }),
  grossBase: fc.boolean(),
});

describe('levies', () => {
  it('given any terms and any amounts in between > the parts of the increments sum to the parts of the whole', () => {
    fc.assert(
      fc.property(
        anyTerms,
        fc.array(fc.integer({ min: 1, max: 10 ** 13 }), { minLength: 1, maxLength: 12 }),
        (terms, steps) => {
          let paid = 0;
          const sums = [0, 0, 0, 0, 0];
          for (const step of steps) {
            const { payeeUnits, gatewayUnits, foundationUnits, providerFeeUnits, userFeeUnits } = leviesBetween(
              terms,
              paid,
              paid + step,
            );
            const parts = [payeeUnits, gatewayUnits, foundationUnits, providerFeeUnits, userFeeUnits];
            assert(
              parts.every((part) => part >= 0),
              `an increment has a negative part: ${parts}`,
            );
            const whole = parts.slice(0, 4).reduce((a, b) => a + b);
            assert(whole === step, `the parts of ${step} sum to ${whole}`);
            parts.forEach((part, i) => {
              sums[i]! += part;
            });
            paid += step;
          }
          expect(sums).toEqual(partsOf(terms, paid));
        },
      ),
      { numRuns: 400, seed: 16 },
    );
  });

  it('given steps of one unit > no part of any of them is negative', () => {
    fc.assert(
      fc.property(anyTerms, fc.nat({ max: 1_000_000 }), (terms, from) => {
        for (let paid = from; paid < from + 40; paid++) {
          const one = leviesBetween(terms, paid, paid + 1);
          for (const [name, part] of Object.entries(one)) assert(part >= 0, `${name} of unit ${paid} is ${part}`);
        }
      }),
      { numRuns: 300, seed: 16 },
    );
  });

  it('given the fee is taken of the gross and fits into what is left > it is the share of the gross, or a unit more or less', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 ** 13 }),
        fc.nat({ max: 9_000 }),
        fc.nat({ max: 1_000 }),
        (gross, foundationBps, providerFeeBps) => {
          const { providerFeeUnits } = levies({ ...FOREIGN, foundationBps, providerFeeBps, grossBase: true }, gross);
          const difference = providerFeeUnits - mulDivDown(gross, providerFeeBps, BPS);
          assert(Math.abs(difference) <= 1, `${providerFeeUnits} differs by ${difference}`);
        },
      ),
      { numRuns: 400, seed: 16 },
    );
  });
});

describe('lockCost', () => {
  it('is the price of the duration and the user fee on it, both rounded up', () => {
    expect(lockCost(3_600, 7_200, 0)).toBe(7_200);
    expect(lockCost(1, 3_601, 0)).toBe(2);
    expect(lockCost(10_000, HOUR_S, 200)).toBe(10_200);
    expect(lockCost(10_001, HOUR_S, 200)).toBe(10_202);
  });

  it('given the dearest and longest lease with the highest fee > stays far below 2^53', () => {
    expect(lockCost(MAX_PRICE_UNITS, MAX_DURATION_S, 1_000)).toBe(963_600_000_000_000);
  });

  it('given any lease > covers it to its last second, and is not a unit more than rounding asks for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_PRICE_UNITS }),
        fc.integer({ min: 1, max: 8_760 }),
        fc.nat({ max: 1_000 }),
        (price, hours, fee) => {
          const locked = lockCost(price, hours * HOUR_S, fee);
          const gross = accruedUnits(price, hours * HOUR_S);
          assert(coveredS(locked, price, fee) >= hours * HOUR_S, 'the last second is not covered');
          assert(locked - gross - mulDivDown(gross, fee, BPS) <= 1, 'more was locked than is needed');
        },
      ),
      { numRuns: 400, seed: 16 },
    );
  });
});

describe('coveredS', () => {
  /** Whether an amount pays for so many seconds, by F-16 and F-17 themselves. */
  function isCovered(funded: number, price: number, fee: number, seconds: number): boolean {
    const gross = mulDivDown(price, seconds, HOUR_S);
    return gross + mulDivDown(gross, fee, BPS) <= funded;
  }

  it.each([
    [0, 1, 0, 3_599],
    [0, 3_600, 0, 0],
    [0, MAX_PRICE_UNITS, 0, 0],
    [100, 3_600, 0, 100],
    [100, 3_600, 200, 99],
    [102, 3_600, 200, 100],
    [49, 3_600, 200, 49],
    [50, 3_600, 200, 49],
    [10 ** 15, 1, 0, MAX_DURATION_S],
  ])('given %i units at %i an hour with a fee of %i bps > is %i s', (funded, price, fee, seconds) => {
    expect(coveredS(funded, price, fee)).toBe(seconds);
  });

  it('given any small amount > is the last second that trying them one by one finds', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 3_000 }),
        fc.integer({ min: 200, max: 100_000 }),
        fc.nat({ max: 1_000 }),
        (funded, price, fee) => {
          let seconds = 0;
          while (isCovered(funded, price, fee, seconds + 1)) seconds += 1;
          expect(coveredS(funded, price, fee)).toBe(seconds);
        },
      ),
      { numRuns: 200, seed: 16 },
    );
  });

  it('given any amount > the second is covered and, unless it is the longest lease, the next is not', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10 ** 15 }),
        fc.integer({ min: 1, max: MAX_PRICE_UNITS }),
        fc.nat({ max: 1_000 }),
        (funded, price, fee) => {
          const seconds = coveredS(funded, price, fee);
          assert(isCovered(funded, price, fee, seconds), `${seconds} s are not covered`);
          assert(seconds <= MAX_DURATION_S, 'longer than the longest lease');
          if (seconds < MAX_DURATION_S)
            assert(!isCovered(funded, price, fee, seconds + 1), `${seconds + 1} s are covered`);
        },
      ),
      { numRuns: 1_000, seed: 16 },
    );
  });
});

describe('the clock of a lease', () => {
  const clock: LeaseClock = { startS: 100, endS: 7_300, pausedS: 0, stoppedS: 0, isCharged: true };

  it.each([
    ['runs with time', clock, 1_100, 1_000],
    ['ends with the lease', clock, 9_000, 7_200],
    ['leaves out pauses', { ...clock, pausedS: 400 }, 1_100, 600],
    ['stands still while the service is down', { ...clock, stoppedS: 600 }, 1_100, 500],
    ['does not run back for a pause that has not come', { ...clock, stoppedS: 2_000 }, 1_100, 1_000],
    ['is at 0 until it is charged', { ...clock, isCharged: false }, 1_100, 0],
  ] as const)('%s', (_title, one, atS, seconds) => {
    expect(usedS(one, atS)).toBe(seconds);
  });

  it('given billing by the hour > counts hours begun, and no more than the lease has', () => {
    expect(roundedUpS(0, clock)).toBe(0);
    expect(roundedUpS(1, clock)).toBe(3_600);
    expect(roundedUpS(3_600, clock)).toBe(3_600);
    expect(roundedUpS(3_601, clock)).toBe(7_200);
    expect(roundedUpS(7_200, { ...clock, endS: 7_000 })).toBe(6_900);
  });
});
