/**
 * The money of a lease as pure arithmetic: what its duration costs, for how long an amount lasts, and how what the consumer has
 * paid is divided (F-16, F-17). Knows no state; amounts are base units of the lease's asset.
 */
import { BPS, compareProducts, max, min, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';

/** Prices are per hour. */
export const HOUR_S = 3_600;
/** Longest lease, extensions included: 365 days. */
export const MAX_DURATION_S = 31_536_000;
/** Highest price per hour: a year of it, with all levies, stays far below 2^53. */
export const MAX_PRICE_UNITS = 100_000_000_000;

/** What is taken of a lease's payments, fixed when it begins (FEE-6). */
export type LeaseTerms = {
  /** On top of the price, paid by the consumer. */
  readonly userFeeBps: number;
  /** Commission, of the whole payment. */
  readonly foundationBps: number;
  readonly providerFeeBps: number;
  /** Share of the provider fee that is not taken. */
  readonly rebateBps: number;
  /** Share of the gateway in what is left for a fizz node; 0 for a lease of a provider. */
  readonly gatewayBps: number;
  /** True if the provider fee is taken of the whole payment, false if of what the commission leaves. */
  readonly grossBase: boolean;
};

/** How a payment is divided. The consumer pays the sum of all; without `userFeeUnits` it is the price of the service. */
export type Levies = {
  readonly userFeeUnits: number;
  readonly foundationUnits: number;
  readonly providerFeeUnits: number;
  readonly gatewayUnits: number;
  /** Of the provider, or of the fizz node. */
  readonly payeeUnits: number;
};

/** What a lease has used up of its money and its time. */
export type LeaseClock = {
  readonly startS: number;
  readonly endS: number;
  /** Seconds that are not charged, ended pauses only. */
  readonly pausedS: number;
  /** Since when the service does not run and is not charged; 0: it is charged. */
  readonly stoppedS: number;
  /** False while nothing is charged because the service was never deployed. */
  readonly isCharged: boolean;
};

/**
 * Units to be locked for a lease of that many seconds: the price, rounded up, and the user fee on it, rounded up.
 *
 * @rule F-16, LEASE-2
 */
export function lockCost(priceUnits: number, durationS: number, userFeeBps: number): number {
  const costUnits = mulDivUp(priceUnits, durationS, HOUR_S);
  return costUnits + mulDivUp(costUnits, userFeeBps, BPS);
}

/**
 * Seconds of service that an amount pays for, user fee included: the largest number whose accrual and fee it covers, at most
 * {@link MAX_DURATION_S}.
 *
 * @param fundedUnits < 2^53 − 1
 * @rule F-16, LEASE-9
 */
export function coveredS(fundedUnits: number, priceUnits: number, userFeeBps: number): number {
  const leastUnits = mulDivDown(fundedUnits, BPS, BPS + userFeeBps);
  // Where the fee is rounded down, one unit more may be covered, and never two.
  const isNextCovered = leastUnits + 1 + mulDivDown(leastUnits + 1, userFeeBps, BPS) <= fundedUnits;
  const grossUnits = isNextCovered ? leastUnits + 1 : leastUnits;
  // ⌊p·s/3600⌋ ≤ gross for all s below this bound.
  const isLonger = compareProducts(grossUnits + 1, HOUR_S, MAX_DURATION_S, priceUnits) > 0;
  return isLonger ? MAX_DURATION_S : mulDivUp(grossUnits + 1, HOUR_S, priceUnits) - 1;
}

/** Seconds up to a time that are to be paid, not yet rounded to a billing unit. @rule F-16, LEASE-5, OP-79, OP-87 */
export function usedS(clock: LeaseClock, atS: number): number {
  if (!clock.isCharged) return 0;
  const untilS = min(atS, clock.endS);
  const stopS = clock.stoppedS === 0 ? untilS : min(untilS, clock.stoppedS);
  return stopS - clock.startS - clock.pausedS;
}

/** Seconds of hours begun, but not more than the lease's own. @rule FIZZ-10, OP-79 */
export function roundedUpS(seconds: number, clock: LeaseClock): number {
  return min(mulDivUp(seconds, 1, HOUR_S) * HOUR_S, clock.endS - clock.startS);
}

/** What so many seconds cost, rounded down. @rule F-16, INV-50 */
export function accruedUnits(priceUnits: number, seconds: number): number {
  return mulDivDown(priceUnits, seconds, HOUR_S);
}

/** Provider fee on a payment of which the commission leaves `baseUnits`, before any rebate. */
function providerFee(terms: LeaseTerms, baseUnits: number): number {
  const { providerFeeBps, foundationBps } = terms;
  if (!terms.grossBase) return mulDivDown(baseUnits, providerFeeBps, BPS);
  if (foundationBps === BPS) return 0;
  // The same share of the whole, written as a share of the base, so that no part of an increment can be negative.
  return min(baseUnits, mulDivDown(baseUnits, providerFeeBps, BPS - foundationBps));
}

/**
 * Divides all that a lease has accrued so far. Each part only grows with it, so that the differences between two accruals are what
 * is to be paid now, and any number of withdrawals comes to the same sums.
 *
 * @param grossUnits what the service has cost so far, without the user fee
 * @returns the parts; all but the user fee sum to `grossUnits`
 * @invariant INV-51, INV-52
 * @rule F-17, FEE-1, FEE-2, FEE-5, FEE-7, FIZZ-11
 */
export function levies(terms: LeaseTerms, grossUnits: number): Levies {
  const userFeeUnits = mulDivDown(grossUnits, terms.userFeeBps, BPS);
  const foundationUnits = mulDivDown(grossUnits, terms.foundationBps, BPS);
  const baseUnits = grossUnits - foundationUnits;
  const fullFeeUnits = providerFee(terms, baseUnits);
  const providerFeeUnits = fullFeeUnits - mulDivDown(fullFeeUnits, terms.rebateBps, BPS);
  const restUnits = baseUnits - providerFeeUnits;
  const gatewayUnits = mulDivDown(restUnits, terms.gatewayBps, BPS);
  return { userFeeUnits, foundationUnits, providerFeeUnits, gatewayUnits, payeeUnits: restUnits - gatewayUnits };
}

/** What is to be paid now: the parts of `grossUnits` less those of what was paid before. @rule F-17 */
export function leviesBetween(terms: LeaseTerms, paidUnits: number, grossUnits: number): Levies {
  const before = levies(terms, paidUnits);
  const after = levies(terms, max(paidUnits, grossUnits));
  return {
    userFeeUnits: after.userFeeUnits - before.userFeeUnits,
    foundationUnits: after.foundationUnits - before.foundationUnits,
    providerFeeUnits: after.providerFeeUnits - before.providerFeeUnits,
    gatewayUnits: after.gatewayUnits - before.gatewayUnits,
    payeeUnits: after.payeeUnits - before.payeeUnits,
  };
}
