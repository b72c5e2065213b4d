/**
 * exp and ln from + − × ÷ alone. IEEE 754 fixes those four to the last bit, so results are equal on every platform,
 * which Math.exp and Math.log do not promise. For draws of chance and statistics; rules of the protocol use `fixedPoint.ts`.
 */
import { assert } from './assert.ts';

const LN2_HIGH = 0.6931471803691238; // ln 2 to 32 bits, so that its product with an exponent is exact
const LN2_LOW = 1.9082149292705877e-10; // the rest of ln 2

/** 2^n for −1022 ≤ n ≤ 1023, exact. */
function powerOfTwo(n: number): number {
  let result = 1;
  let factor = n < 0 ? 0.5 : 2;
  for (let left = n < 0 ? -n : n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/**
 * e^x, relative error below 1e-15.
 *
 * @throws AssertionError unless |x| ≤ 700
 */
export function exp(x: number): number {
  assert(x >= -700 && x <= 700, 'exp: |x| must be at most 700');
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW; // |r| ≤ ln 2 / 2
  let sum = 1;
  for (let k = 14; k >= 1; k--) sum = 1 + (sum * r) / k; // Taylor in Horner's form; the first term left out is < 1e-18
  return sum * powerOfTwo(n);
}

/**
 * Natural logarithm, relative error below 1e-15 (absolute near x = 1).
 *
 * @throws AssertionError unless 2^-1022 ≤ x < ∞
 */
export function ln(x: number): number {
  assert(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY, 'ln: x must be a positive normal number');
  let mantissa = x;
  let exponent = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const factor = powerOfTwo(step);
    if (mantissa >= factor) {
      mantissa /= factor;
      exponent += step;
    } else if (mantissa * factor <= 1) {
      mantissa *= factor;
      exponent -= step;
    }
  }
  // mantissa now lies in (0.5, 2): bring it to [√½, √2).
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  } else if (mantissa >= 2 * Math.SQRT1_2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2·artanh(s), s = (m − 1)/(m + 1), |s| < 0.172: 10 terms reach 1e-17.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 21; k >= 3; k -= 2) sum = (sum + 1 / k) * square;
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * s * sum + 2 * s);
}
