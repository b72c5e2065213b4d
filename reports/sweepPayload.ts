/** What the page of a sweep hands to its script: the one shape that both sides know. */
import type { VegaSpec } from './chartRows.ts';
import type { Spec } from './charts.ts';
import type { SweepAxis, SweepSeries } from './sweepView.ts';

/** Id of the script element that holds the payload, and of the figure whose metric a reader picks. */
export const SWEEP_PAYLOAD_ID = 'sweep-data';
export const PICKED_FIGURE_ID = 'picked';

export type SweepPayload = {
  /** Stem of the names of downloaded files. */
  readonly fileStem: string;
  readonly config: Spec;
  readonly axes: readonly SweepAxis[];
  /** As the author of the chart wrote it, and as it is drawn; the same for every metric. */
  readonly vegaLite: Spec;
  readonly vega: VegaSpec;
  /** Whether the picture takes the width that it has. */
  readonly isFitted: boolean;
  /** Figures on the page, by the name of the series that they show. */
  readonly figures: readonly { readonly id: string; readonly series: string }[];
  readonly series: readonly SweepSeries[];
};
