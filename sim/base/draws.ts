/**
 * Poisson, normal and exponential draws from keyed streams, by inversion: one uniform double per draw, whatever the
 * parameter, so that two variants of a scenario stay in step and a larger parameter never gives a smaller draw.
 * Plain arithmetic only, equal on every platform. The inverses are exported for designs that bring their own uniforms.
 */
import { assert } from './assert.ts';
import { exp, ln } from './elementary.ts';
import { nextDouble } from './stream.ts';

/** Poisson draw of mean `lambda`, 0 ≤ lambda ≤ 10 000. About 0.1 to 0.5 µs. See {@link poissonQuantile}. */
export function nextPoisson(streams: Float64Array, i: number, lambda: number): number {
  return poissonQuantile(nextDouble(streams, i), lambda);
}

/** Standard normal draw. See {@link normalQuantile}. */
export function nextNormal(streams: Float64Array, i: number): number {
  return normalQuantile(nextDouble(streams, i));
}

/** Exponential draw of mean 1. */
export function nextExponential(streams: Float64Array, i: number): number {
  return exponentialQuantile(nextDouble(streams, i));
}

/** x with 1 − e^−x = u, 0 ≤ u < 1. */
export function exponentialQuantile(u: number): number {
  return 0 - ln(1 - u); // not −ln, which would give −0
}

/** Below this mean the Poisson walk starts at 0, from here on at the mode. */
const WALK_FROM_MODE = 32;
const TWO_PI = 6.283185307179586;
const TAIL = 1e-17;
/** 2^-54: half of the step of a uniform double. */
const SMALLEST_TAIL = 5.551115123125783e-17;

/**
 * Smallest k with P(X ≤ k) > u for X Poisson of mean `lambda`. Non-decreasing in u and in lambda. Cumulative
 * probabilities are right to about 1e-14, so the order may slip by one step where u is within that of 0 or 1.
 *
 * @throws AssertionError unless 0 ≤ u < 1 and 0 ≤ lambda ≤ 10 000
 */
export function poissonQuantile(u: number, lambda: number): number {
  assert(u >= 0 && u < 1, 'poissonQuantile: u must be in [0, 1)');
  assert(lambda >= 0 && lambda <= 10_000, 'poissonQuantile: lambda must be in [0, 10000]');
  return lambda < WALK_FROM_MODE ? quantileFromZero(u, lambda) : quantileFromMode(u, lambda);
}

function quantileFromZero(u: number, lambda: number): number {
  const probability = exp(-lambda);
  return walkUp(u, lambda, 0, probability, probability);
}

/** First k from `start` up with cumulative > u; the end of the tail if rounding keeps the sum below u. */
function walkUp(u: number, lambda: number, start: number, startProbability: number, startCumulative: number): number {
  let k = start;
  let probability = startProbability;
  let cumulative = startCumulative;
  while (cumulative <= u && (probability > TAIL || k < lambda)) {
    k += 1;
    probability *= lambda / k;
    cumulative += probability;
  }
  return k;
}

/**
 * Walk from m = ⌊lambda⌋, about √lambda steps instead of lambda. With p(k; λ) = e^−λ λ^k / k! and F its sum up to k:
 * p(m; m) comes from Stirling, F(m; m) from Ramanujan, and p and F at λ = m + f from h(t) = p(m; m + t) / p(m; m),
 * because dF(m; λ)/dλ = −p(m; λ). h solves (m + t)·h′ = −t·h, which gives its Taylor coefficients one by one.
 */
function quantileFromMode(u: number, lambda: number): number {
  const m = Math.floor(lambda);
  const f = lambda - m;
  const atMode = probabilityAtOwnMean(m);
  let older = 0;
  let coefficient = 1;
  let power = 1;
  let h = 0;
  let integral = 0;
  for (let j = 0; j <= 24; j++) {
    h += coefficient * power;
    power *= f;
    integral += (coefficient * power) / (j + 1);
    const next = -(j * coefficient + older) / (m * (j + 1));
    older = coefficient;
    coefficient = next;
  }
  let k = m;
  let probability = atMode * h;
  let cumulative = 0.5 + atMode * (1 - ramanujanTheta(m) - integral);
  if (cumulative <= u) return walkUp(u, lambda, k, probability, cumulative);
  while (k > 0 && cumulative - probability > u) {
    cumulative -= probability;
    probability *= k / lambda;
    k -= 1;
  }
  return k;
}

/** p(m; m) = m^m e^−m / m!, by Stirling's series; relative error below 1e-15 for m ≥ 32. */
function probabilityAtOwnMean(m: number): number {
  const inverse = 1 / m;
  const square = inverse * inverse;
  const correction = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return exp(-correction) / Math.sqrt(TWO_PI * m);
}

const THETA = [1 / 3, 4 / 135, -8 / 2835, -16 / 8505, 8992 / 12_629_925, 334_144 / 492_567_075] as const;

/** Ramanujan's θ(m): e^m / 2 = Σ_{k<m} m^k/k! + θ·m^m/m!, asymptotic series; error below 1e-12 for m ≥ 32. */
function ramanujanTheta(m: number): number {
  return polynomial(THETA, 1 / m);
}

/** Σ coefficients[k]·x^k, by Horner. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
}

// Wichura, algorithm AS 241 (PPND16), Applied Statistics 37 (1988): three ranges, each a ratio of two polynomials.
const CENTRE_TOP = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
] as const;
const CENTRE_BOTTOM = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
] as const;
const MIDDLE_TOP = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
] as const;
const MIDDLE_BOTTOM = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
] as const;
const FAR_TOP = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
] as const;
const FAR_BOTTOM = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
] as const;

/**
 * x with P(Z ≤ x) = u for Z standard normal, relative error about 1e-15, tails included. Non-decreasing in u;
 * u = 0 is read as 2^-54 (x = −8.3).
 *
 * @throws AssertionError unless 0 ≤ u < 1
 */
export function normalQuantile(u: number): number {
  assert(u >= 0 && u < 1, 'normalQuantile: u must be in [0, 1)');
  const fromCentre = u - 0.5;
  if (fromCentre >= -0.425 && fromCentre <= 0.425) {
    const r = 0.180625 - fromCentre * fromCentre;
    return (fromCentre * polynomial(CENTRE_TOP, r)) / polynomial(CENTRE_BOTTOM, r);
  }
  const tail = fromCentre < 0 ? (u === 0 ? SMALLEST_TAIL : u) : 1 - u;
  const root = Math.sqrt(-ln(tail));
  const size =
    root <= 5
      ? polynomial(MIDDLE_TOP, root - 1.6) / polynomial(MIDDLE_BOTTOM, root - 1.6)
      : polynomial(FAR_TOP, root - 5) / polynomial(FAR_BOTTOM, root - 5);
  return fromCentre < 0 ? -size : size;
}
