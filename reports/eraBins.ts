/** Long runs in few points: eras are put together so that a chart stays readable and small however long the run is. */

/** No figure shows more points in time than this. */
export const MAX_BINS = 60;

export type EraBins = {
  /** Eras in a bin, save the last; 1 if nothing had to be put together. */
  readonly size: number;
  /** First and last era of each bin. */
  readonly bins: readonly { readonly from: number; readonly to: number }[];
  /** Number of the bin of an era. */
  indexOf(era: number): number;
};

/**
 * Bins of equal size over the eras 0 to `eraCount` − 1, but for the last: from half a bin to one and a half, because a
 * mean of few eras would stick out for no reason.
 */
export function binEras(eraCount: number, maxBins = MAX_BINS): EraBins {
  const size = Math.max(1, Math.ceil(eraCount / maxBins));
  const count = Math.max(Math.min(eraCount, 1), Math.floor(eraCount / size + 0.5));
  const bins = Array.from({ length: count }, (_, i) => ({
    from: i * size,
    to: i === count - 1 ? eraCount - 1 : (i + 1) * size - 1,
  }));
  return { size, bins, indexOf: (era) => Math.min(count - 1, Math.floor(era / size)) };
}
