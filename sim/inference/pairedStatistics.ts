/**
 * How far a figure of a set of samples can be trusted, and whether one competitor's differs from another's on the same
 * samples: the percentile bootstrap (Efron and Tibshirani 1993, chapter 13). Knows figures and samples, not what was
 * measured.
 *
 * Samples are drawn with replacement, as many as there are, and the figure is computed again of those; an interval holds
 * the middle 95 % of such figures. All competitors are drawn alike, so that a difference is one on the same samples. Where
 * a sample has several observations (frames of a clip), it is drawn with all of them. A drawn set that has no figure (an
 * AUC of one class) is drawn again.
 */
import { createStreams, nextInt, streamKey } from '../base/stream.ts';

export const CONFIDENCE = 0.95;
/** Drawn sets of an interval: enough that its ends stand still in the digits that are printed. */
export const RESAMPLE_COUNT = 2_000;
const REDRAWS_MAX = 1_000;

/** A judgement of one observation: how much speaks for the positive class, and whether it is of that class. */
export type Scored = { readonly score: number; readonly isPositive: boolean };

/**
 * A figure of samples 0 .. sampleCount - 1, each counted so often as it was drawn; NaN when those drawn have none.
 */
export type Figure = {
  readonly sampleCount: number;
  of(drawnCounts: Uint16Array): number;
};

/** @param values  one of each sample */
export function createMean(values: readonly number[]): Figure {
  const all = Float64Array.from(values);
  return {
    sampleCount: all.length,
    of(drawnCounts) {
      let [sum, count] = [0, 0];
      for (let i = 0; i < all.length; i++) {
        sum += drawnCounts[i]! * all[i]!;
        count += drawnCounts[i]!;
      }
      return sum / count;
    },
  };
}

/**
 * Area under the receiver operating characteristic: how often a positive observation scores above a negative one, ties
 * counted half (Mann and Whitney). Sorted once, so that a drawn set costs one pass.
 *
 * @param samples  the observations of each sample
 */
export function createAuc(samples: readonly (readonly Scored[])[]): Figure {
  const sorted = samples.flatMap((observations, sample) => observations.map((one) => ({ ...one, sample })));
  sorted.sort((a, b) => a.score - b.score);
  const sampleOf = Uint32Array.from(sorted, ({ sample }) => sample);
  const isPositive = Uint8Array.from(sorted, (one) => (one.isPositive ? 1 : 0));
  const isTied = Uint8Array.from(sorted, ({ score }, i) => (score === sorted[i + 1]?.score ? 1 : 0));
  return {
    sampleCount: samples.length,
    of(drawnCounts) {
      let [below, positives, tiedNegatives, tiedPositives, doubledWins] = [0, 0, 0, 0, 0];
      for (let i = 0; i < sampleOf.length; i++) {
        const weight = drawnCounts[sampleOf[i]!]!;
        if (isPositive[i] === 1) tiedPositives += weight;
        else tiedNegatives += weight;
        if (isTied[i] === 1) continue;
        doubledWins += tiedPositives * (2 * below + tiedNegatives);
        positives += tiedPositives;
        below += tiedNegatives;
        [tiedNegatives, tiedPositives] = [0, 0];
      }
      return doubledWins / (2 * positives * below);
    },
  };
}

/** The figure of every sample once. */
export const computeFigure = (figure: Figure): number => figure.of(new Uint16Array(figure.sampleCount).fill(1));

export type Estimate = { readonly value: number; readonly low: number; readonly high: number };

/**
 * Figures of drawn sets: `replicates[c][r]` is that of competitor c in drawn set r, the same set for all of them.
 *
 * @param figures  of the same samples, for each competitor
 * @param key  of the draws: equal keys draw equal sets
 * @throws RangeError when the competitors have not the same number of samples, or there is none
 * @throws Error when hardly a drawn set has a figure
 */
export function resample(
  figures: readonly Figure[],
  seed: number,
  key: string,
  resampleCount: number = RESAMPLE_COUNT,
): readonly Float64Array[] {
  const sampleCount = figures[0]?.sampleCount ?? 0;
  if (sampleCount === 0) throw new RangeError('There are no samples to draw from');
  const odd = figures.find((figure) => figure.sampleCount !== sampleCount);
  if (odd) throw new RangeError(`${sampleCount} and ${odd.sampleCount} samples make no pairs`);
  const stream = createStreams(1, () => streamKey(seed, 'bootstrap', key, 0));
  const replicates = figures.map(() => new Float64Array(resampleCount));
  const drawnCounts = new Uint16Array(sampleCount);
  let redrawCount = 0;
  for (let r = 0; r < resampleCount; r++) {
    for (;;) {
      drawnCounts.fill(0);
      for (let i = 0; i < sampleCount; i++) drawnCounts[nextInt(stream, 0, sampleCount)]! += 1;
      const drawn = figures.map((figure) => figure.of(drawnCounts));
      if (!drawn.some(Number.isNaN)) {
        for (const [c, value] of drawn.entries()) replicates[c]![r] = value;
        break;
      }
      if (++redrawCount > REDRAWS_MAX + resampleCount)
        throw new Error(`Too few samples: ${sampleCount} give no figure when drawn with replacement`);
    }
  }
  return replicates;
}

/** The middle of the drawn figures around the figure itself: type 7 quantiles of Hyndman and Fan. */
export function intervalOf(value: number, replicates: Float64Array, confidence: number = CONFIDENCE): Estimate {
  const sorted = replicates.toSorted();
  const quantile = (share: number): number => {
    const at = (sorted.length - 1) * share;
    const below = Math.floor(at);
    const low = sorted[below]!;
    return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (at - below);
  };
  return { value, low: quantile((1 - confidence) / 2), high: quantile((1 + confidence) / 2) };
}

/** Interval of a - b from figures drawn in pairs, or each by itself for sets that share no sample. */
export function differenceOf(
  values: readonly [number, number],
  replicates: readonly [Float64Array, Float64Array],
): Estimate {
  const [a, b] = replicates;
  return intervalOf(
    values[0] - values[1],
    a.map((value, r) => value - b[r]!),
  );
}

export type Comparison = 'better' | 'worse' | 'no difference';

/** A difference to the base is one when its interval leaves 0 out. */
export function compareToBase({ low, high }: Estimate, isHigherBetter: boolean): Comparison {
  if (low <= 0 && high >= 0) return 'no difference';
  return low > 0 === isHigherBetter ? 'better' : 'worse';
}
