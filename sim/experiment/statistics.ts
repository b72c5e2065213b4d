/**
 * Means, and how far they can be trusted: Student's t intervals of one sample and of paired differences. Knows samples
 * only, not what was measured.
 */

/** Confidence of every interval that the commands print. */
export const CONFIDENCE = 0.95;

export function meanOf(sample: readonly number[]): number {
  return sample.reduce((sum, x) => sum + x, 0) / sample.length;
}

/** Standard deviation of a sample (divisor n − 1), by the two-pass formula; NaN for fewer than two numbers. */
export function standardDeviationOf(sample: readonly number[]): number {
  const first = sample[0];
  if (first === undefined || sample.length < 2) return Number.NaN;
  // Rounding of the mean must not make a constant look as if it varied.
  if (sample.every((x) => x === first)) return 0;
  const mean = meanOf(sample);
  return Math.sqrt(sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sample.length - 1));
}

/**
 * P(|T| ≤ t) of Student's t with a whole number of degrees of freedom: a finite sum of positive terms, so nothing is lost
 * to cancellation.
 *
 * @source Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even)
 */
export function tProbability(t: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`${degrees} degrees of freedom`);
  const angle = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let power = odd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= (cosine * cosine * (power + 1)) / (power + 2);
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

const quantiles = new Map<string, number>();

/**
 * The t that a fraction `confidence` of Student's distribution lies within, on both sides of 0: 2.262 for 0.95 and 9.
 *
 * @param confidence between 0 and 1, exclusive
 * @param degrees    degrees of freedom, a whole number from 1
 * @throws RangeError for other arguments
 */
export function tQuantile(confidence: number, degrees: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`a confidence of ${confidence}`);
  const key = `${confidence}/${degrees}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  let low = 0;
  let high = 1;
  while (tProbability(high, degrees) < confidence) high *= 2;
  // Halved until the two ends are neighbours among the doubles.
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (tProbability(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  quantiles.set(key, high);
  return high;
}

export type Interval = {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation of the sample. */
  readonly sd: number;
  readonly low: number;
  readonly high: number;
  readonly halfWidth: number;
  /** Mean over its standard error; infinite if every number is the same and not 0, 0 if every number is 0. */
  readonly t: number;
};

/**
 * Mean with its two-sided interval, mean ± t · sd / √n, t of Student's distribution with n − 1 degrees of freedom for
 * every n: for many it is the normal one.
 *
 * @throws RangeError for fewer than two numbers
 */
export function intervalOf(sample: readonly number[], confidence: number = CONFIDENCE): Interval {
  const n = sample.length;
  if (n < 2) throw new RangeError(`an interval needs at least two numbers, there are ${n}`);
  const sd = standardDeviationOf(sample);
  const mean = sd === 0 ? sample[0]! : meanOf(sample);
  const error = sd / Math.sqrt(n);
  const halfWidth = tQuantile(confidence, n - 1) * error;
  return {
    n,
    mean,
    sd,
    low: mean - halfWidth,
    high: mean + halfWidth,
    halfWidth,
    t: mean === 0 ? 0 : mean / error,
  };
}

/**
 * Interval of the mean of the differences b − a, place by place.
 *
 * @throws RangeError unless both have the same number, at least two
 */
export function pairedInterval(a: readonly number[], b: readonly number[], confidence: number = CONFIDENCE): Interval {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} numbers make no pairs`);
  return intervalOf(
    b.map((x, i) => x - a[i]!),
    confidence,
  );
}

/**
 * How much more the groups' means differ than chance makes them: the F of a one-way analysis of variance. Infinite if
 * groups differ and nothing varies within them, 0 if nothing varies or there are no two groups. Groups of one count
 * towards the spread between groups only; without any spread to compare with, the spread of the means decides.
 */
export function groupRatio(groups: readonly (readonly number[])[]): number {
  const filled = groups.filter((group) => group.length > 0);
  const all = filled.flat();
  const first = all[0];
  if (filled.length < 2 || first === undefined || all.every((x) => x === first)) return 0;
  const mean = meanOf(all);
  const between = filled.reduce((sum, group) => sum + group.length * (meanOf(group) - mean) ** 2, 0);
  const within = filled.reduce((sum, group) => {
    const own = meanOf(group);
    return sum + (group.every((x) => x === group[0]) ? 0 : group.reduce((acc, x) => acc + (x - own) ** 2, 0));
  }, 0);
  const freedom = all.length - filled.length;
  if (freedom === 0) return between / Math.max(mean * mean, Number.MIN_VALUE);
  return between / (filled.length - 1) / (within / freedom);
}
