/**
 * Branded integers, so that a signature says which number it takes and swapped arguments do not compile; and token
 * amounts as text, exact in both directions (no float in between).
 */
import { assert } from './assert.ts';
import { FP, MAX_INT } from './fixedPoint.ts';

declare const unit: unique symbol;

/** Token amount in base units, integer in [0, 2^53). */
export type Units = number & { readonly [unit]: 'units' };
/** Ratio, 1.0 = 10^9. Multiples above 1 are allowed. */
export type Fp = number & { readonly [unit]: 'fp' };
/** Share in basis points, 1.0 = 10 000. */
export type Bps = number & { readonly [unit]: 'bps' };
/** Multiplier, 1.0 = 1 000. */
export type Mil = number & { readonly [unit]: 'mil' };

/** Decimals of the token unless a scenario says otherwise. @source NUM-1 */
export const TOKEN_DECIMALS = 6;

function checked(x: number, what: string): number {
  assert(x >= 0 && x <= MAX_INT && Math.floor(x) === x, `${what}: ${x} is not an integer in [0, 2^53)`);
  return x;
}

/** Each brands an integer in [0, 2^53); AssertionError for anything else. */
export const units = (x: number): Units => checked(x, 'units') as Units;
export const fp = (x: number): Fp => checked(x, 'fp') as Fp;
export const bps = (x: number): Bps => checked(x, 'bps') as Bps;
export const mil = (x: number): Mil => checked(x, 'mil') as Mil;

/** 1.0 as a ratio. */
export const ONE_FP = FP as Fp;

function assertDecimals(decimals: number, what: string): void {
  assert(decimals >= 0 && decimals <= 15 && Math.floor(decimals) === decimals, `${what}: decimals must be 0 to 15`);
}

/** Base units of one token: 1 followed by `decimals` zeros, 0 to 15 of them. Exact, which ** does not promise. */
export function unitsPerToken(decimals: number): Units {
  assertDecimals(decimals, 'unitsPerToken');
  let result = 1;
  for (let i = 0; i < decimals; i++) result *= 10;
  return result as Units;
}

/**
 * Amount in tokens, without trailing zeros.
 *
 * @param amountUnits integer in [0, 2^53)
 * @param decimals 0 to 15
 * @example formatUnits(12_500_000, 6) // '12.5'
 */
export function formatUnits(amountUnits: number, decimals: number): string {
  assertDecimals(decimals, 'formatUnits');
  const digits = String(checked(amountUnits, 'formatUnits')).padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - decimals);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/**
 * Base units of an amount in tokens, such as '12.5'; digits may be grouped by underscores ('1_000_000').
 *
 * @throws SyntaxError if the text is no plain decimal number (no sign, exponent or white space), RangeError if it is
 * finer than a base unit or above 2^53 − 1 base units. Both messages quote the text.
 */
export function parseUnits(text: string, decimals: number = TOKEN_DECIMALS): Units {
  assertDecimals(decimals, 'parseUnits');
  const match = /^(\d+(?:_\d+)*)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new SyntaxError(`'${text}' is not an amount: write digits, optionally a point and digits`);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) {
    throw new RangeError(`'${text}' is finer than one base unit: at most ${decimals} digits after the point`);
  }
  const digits = (match[1]!.replaceAll('_', '') + fraction.padEnd(decimals, '0')).replace(/^0+(?=\d)/, '');
  const limit = String(MAX_INT);
  // Texts of equal length compare like the numbers they spell; Number() would already have rounded.
  if (digits.length > limit.length || (digits.length === limit.length && digits > limit)) {
    throw new RangeError(`'${text}' is too large: at most ${formatUnits(MAX_INT, decimals)}`);
  }
  return Number(digits) as Units;
}
