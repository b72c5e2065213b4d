/**
 * Exact integer arithmetic in float64: the only arithmetic that rules use beyond +, − and comparisons (NUM-2 to NUM-5).
 * Every input and every quotient is an integer in [0, 2^53); products up to 2^106 exist only inside these functions.
 */
import { assert } from './assert.ts';

/** 1.0 of a share, in basis points. */
export const BPS = 10_000;
/** 1.0 of a multiplier. */
export const MIL = 1_000;
/** 1.0 of a ratio. */
export const FP = 1_000_000_000;
/** Largest integer that the ledger stores: 2^53 − 1. */
export const MAX_INT = 9_007_199_254_740_991;
/** One more than the largest draw of {@link rnd}: 2^52. */
export const TWO_52 = 4_503_599_627_370_496;

const SPLIT = 134_217_729; // 2^27 + 1: Veltkamp's constant, splits a float64 into two halves of 26 bits

function isAmount(x: number): boolean {
  return x >= 0 && x <= MAX_INT && Math.floor(x) === x;
}

/** a·b − fl(a·b), exact (Dekker's product): the part of the product that float64 rounds away. */
function productError(a: number, b: number, product: number): number {
  const aBig = a * SPLIT;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * SPLIT;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/**
 * Floor quotient of a·b > 2^53 by c, or some number above MAX_INT if the quotient is. The estimate is off by at most a
 * few units; the exact residual corrects it.
 */
function divideLargeProduct(a: number, b: number, c: number, product: number): number {
  const error = productError(a, b, product);
  let q = Math.floor(product / c);
  // A quotient below 2^53 is never estimated above it, and from 2^53 on steps of 1 would be rounded away for ever.
  while (q <= MAX_INT + 1) {
    const back = q * c;
    // product and back are within a factor of two, so their difference is exact; both errors are below 2^52.
    const residual = product - back + (error - productError(q, c, back));
    if (residual < 0) q -= 1;
    else if (residual >= c && q <= MAX_INT) q += 1;
    else return q;
  }
  return q;
}

/**
 * `md(a, b, c)` = ⌊a·b/c⌋, exact.
 *
 * @throws AssertionError unless 0 ≤ a, b, c < 2^53 are integers, c > 0 and the quotient is < 2^53
 * @source NUM-2, NUM-3
 */
export function mulDivDown(a: number, b: number, c: number): number {
  assert(
    isAmount(a) && isAmount(b) && isAmount(c) && c > 0,
    'mulDivDown: operands must be integers in [0, 2^53), c > 0',
  );
  const product = a * b;
  const q = product <= MAX_INT ? Math.floor(product / c) : divideLargeProduct(a, b, c, product);
  assert(q <= MAX_INT, 'mulDivDown: quotient must be < 2^53');
  return q;
}

/**
 * min(⌊a·b/c⌋, limit), exact: for quotients that may be too large for {@link mulDivDown}.
 *
 * @throws AssertionError unless 0 ≤ a, b, c, limit < 2^53 are integers; c > 0 is the caller's duty
 * @source NUM-2, NUM-3
 */
export function mulDivCapped(a: number, b: number, c: number, limit: number): number {
  return compareProducts(a, b, limit, c) >= 0 ? limit : mulDivDown(a, b, c);
}

/** `mdu(a, b, c)` = ⌈a·b/c⌉, exact. Same bounds as {@link mulDivDown}. @source NUM-3 */
export function mulDivUp(a: number, b: number, c: number): number {
  const q = mulDivDown(a, b, c);
  const up = compareProducts(q, c, a, b) < 0 ? q + 1 : q;
  assert(up <= MAX_INT, 'mulDivUp: quotient must be < 2^53');
  return up;
}

/** Sign of a·b − c·d (−1, 0 or 1), exact. @source NUM-2 (`cmp`) */
export function compareProducts(a: number, b: number, c: number, d: number): number {
  assert(
    isAmount(a) && isAmount(b) && isAmount(c) && isAmount(d),
    'compareProducts: operands must be integers in [0, 2^53)',
  );
  const left = a * b;
  const right = c * d;
  // Rounding is monotone, so different float products decide; equal ones are told apart by their exact errors.
  if (left !== right) return left < right ? -1 : 1;
  const leftError = productError(a, b, left);
  const rightError = productError(c, d, right);
  return leftError === rightError ? 0 : leftError < rightError ? -1 : 1;
}

/** ⌊√(x·FP)⌋: the square root of an FP ratio. @source NUM-5 */
export function root2(x: number): number {
  return rootOfProduct(x, FP);
}

/** ⌊√(a·b)⌋: the geometric middle of two integers, rounded down. */
export function rootOfProduct(a: number, b: number): number {
  let r = Math.floor(Math.sqrt(a * b));
  while (compareProducts(r, r, a, b) > 0) r -= 1;
  while (r < MAX_INT && compareProducts(r + 1, r + 1, a, b) <= 0) r += 1;
  return r;
}

/** Fourth root of an FP ratio. @source NUM-5 */
export function root4(x: number): number {
  return root2(root2(x));
}

/**
 * x raised to `quarters`/4, both as FP ratios; multiples of four take the exact path of repeated multiplication.
 * `pow4(x, 0)` = FP, also for x = 0. Rounds down after each multiplication. @source NUM-5
 */
export function pow4(x: number, quarters: number): number {
  const base = quarters % 4 === 0 ? x : root4(x);
  const times = quarters % 4 === 0 ? quarters / 4 : quarters;
  let result = FP;
  for (let i = 0; i < times; i++) result = mulDivDown(result, base, FP);
  return result;
}

/**
 * Share of one recipient of `alloc(total, w)`: ⌊total·after/sum⌋ − ⌊total·before/sum⌋, where before and after are the
 * running sums of the weights in ascending entity ID. The shares of all recipients sum to `total`. `sum` = 0 is the
 * caller's case (the named sink takes everything). @source NUM-4
 */
export function allocShare(total: number, before: number, after: number, sum: number): number {
  return mulDivDown(total, after, sum) - mulDivDown(total, before, sum);
}

/** All shares of `alloc(total, weights)`; zeros if all weights are 0. @source NUM-4 */
export function alloc(total: number, weights: readonly number[]): number[] {
  let sum = 0;
  for (const w of weights) sum += w;
  assert(sum <= MAX_INT, 'alloc: the sum of the weights must be < 2^53');
  let before = 0;
  return weights.map((w) => {
    const after = before + w;
    const share = sum === 0 ? 0 : allocShare(total, before, after, sum);
    before = after;
    return share;
  });
}

/** The larger / smaller of two integers; written out because rules may not call a variadic on hot paths. */
export function min(a: number, b: number): number {
  // biome-ignore lint/complexity/useMathMinMax: see above
  return a < b ? a : b;
}
export function max(a: number, b: number): number {
  // biome-ignore lint/complexity/useMathMinMax: see above
  return a > b ? a : b;
}
