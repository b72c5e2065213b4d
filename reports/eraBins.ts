/** Long runs in few points: eras are put together so that a chart stays readable and small however long the run is. */

/** No figure shows more points in time than this. */
export const MAX_BINS = 60;

export type EraBins = {
  /** Eras in a bin; 1 if nothing had to be put together. */
  readonly size: number;
  /** First and last era of each bin. */
  readonly bins: readonly { readonly from: number; readonly to: number }[];
  /** Number of the bin of an era. */
  indexOf(era: number): number;
};

/** Bins of equal size over the eras 0 to `eraCount` − 1; the last may be shorter. */
export function binEras(eraCount: number, maxBins = MAX_BINS): EraBins {
  const size = Math.max(1, Math.ceil(eraCount / maxBins));
  const bins = Array.from({ length: Math.ceil(eraCount / size) }, (_, i) => ({
    from: i * size,
    to: Math.min(eraCount, (i + 1) * size) - 1,
  }));
  return { size, bins, indexOf: (era) => Math.floor(era / size) };
}
