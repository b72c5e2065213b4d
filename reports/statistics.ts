/** The few statistics that the figures show, on plain numbers. */
import { FP, root2 } from '../sim/base/fixedPoint.ts';

/** Quantile of a sample by linear interpolation (type 7 of Hyndman and Fan); 0 ≤ p ≤ 1. NaN for an empty sample. */
export function quantileOf(sample: readonly number[], p: number): number {
  if (sample.length === 0) return Number.NaN;
  const sorted = Float64Array.from(sample).sort();
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/** NaN for an empty sample. */
export function meanOf(sample: readonly number[]): number {
  return sample.reduce((sum, x) => sum + x, 0) / sample.length;
}

/**
 * Lorenz curve of non-negative amounts: after the k poorest of n, k = 0 to n, the share of all that they hold together.
 * The diagonal if nobody holds anything.
 */
export function lorenzOf(amounts: readonly number[]): number[] {
  const sorted = Float64Array.from(amounts).sort();
  const total = sorted.reduce((sum, x) => sum + x, 0);
  const curve = [0];
  let held = 0;
  sorted.forEach((x, i) => {
    held += x;
    curve.push(total === 0 ? (i + 1) / sorted.length : held / total);
  });
  return curve;
}

/**
 * Gini coefficient of non-negative amounts: one minus twice the area under the Lorenz curve. Between 0 and (n − 1) / n,
 * as of a whole population; 0 for none, or if nobody holds anything.
 */
export function giniOf(amounts: readonly number[]): number {
  const curve = lorenzOf(amounts);
  const n = amounts.length;
  if (n === 0) return 0;
  let area = 0;
  for (let k = 1; k <= n; k++) area += (curve[k - 1]! + curve[k]!) / (2 * n);
  return 1 - 2 * area;
}

/**
 * Kaplan and Meier's estimate: after `at` units of time, the share of those observed that have not ended, those who were
 * observed for less left out of account from then on. One point per time at which one ended, and 0 with share 1.
 */
export function survivalOf(
  lives: readonly { readonly length: number; readonly isEnded: boolean }[],
): { at: number; share: number; atRisk: number; ended: number }[] {
  const times = [...new Set(lives.filter(({ isEnded }) => isEnded).map(({ length }) => length))].sort((a, b) => a - b);
  let share = 1;
  const curve = times.map((at) => {
    const atRisk = lives.filter(({ length }) => length >= at).length;
    const ended = lives.filter(({ length, isEnded }) => isEnded && length === at).length;
    share *= 1 - ended / atRisk;
    return { at, share, atRisk, ended };
  });
  return [{ at: 0, share: 1, atRisk: lives.length, ended: 0 }, ...curve];
}

/**
 * How often two orders agree: of all pairs that differ in both, the share that both put the same way round (0.5 is
 * chance, 1 full agreement), and their number.
 */
export function concordanceOf(pairs: readonly { readonly x: number; readonly y: number }[]): {
  share: number;
  pairCount: number;
} {
  let same = 0;
  let pairCount = 0;
  pairs.forEach((a, i) => {
    for (const b of pairs.slice(i + 1)) {
      const sign = Math.sign(a.x - b.x) * Math.sign(a.y - b.y);
      if (sign === 0) continue;
      pairCount += 1;
      if (sign > 0) same += 1;
    }
  });
  return { share: pairCount === 0 ? Number.NaN : same / pairCount, pairCount };
}

/** Quantile of the standard normal distribution for a two-sided interval of 95 %. */
const Z_95 = 1.959964;

/**
 * Wilson's interval of 95 % for a share of which `count` of `total` independent trials speak: within [0, 1], and of some width
 * even where all or none do. Null without a trial.
 */
export function wilsonOf(count: number, total: number): { readonly low: number; readonly high: number } | null {
  if (total === 0) return null;
  const share = count / total;
  const z2 = (Z_95 * Z_95) / total;
  const spread = root2(Math.round(z2 * (share * (1 - share) + z2 / 4) * FP)) / FP;
  return {
    low: count === 0 ? 0 : (share + z2 / 2 - spread) / (1 + z2),
    high: count === total ? 1 : (share + z2 / 2 + spread) / (1 + z2),
  };
}
