/** What the page hands to its script: the one shape that both sides know. */

import type { VegaSpec } from './chartRows.ts';
import type { Spec } from './charts.ts';
import type { Cursor, Figure } from './figure.ts';
import type { Table } from './table.ts';

/** Id of the script element that holds the payload. */
export const PAYLOAD_ID = 'report-data';

export type FigurePayload = {
  readonly id: string;
  readonly title: string;
  readonly isFitted: boolean;
  readonly data: Table;
  readonly order: Figure['order'];
  /** As the author of the chart wrote it, and as it is drawn but for the config that all have in common. */
  readonly vegaLite: Spec;
  readonly vega: VegaSpec;
  readonly cursor: Cursor | null;
};

export type Payload = {
  /** Stem of the names of downloaded files. */
  readonly fileStem: string;
  /** Of the authors' charts, and of those that are drawn. */
  readonly config: Spec;
  readonly vegaConfig: unknown;
  readonly figures: readonly FigurePayload[];
};
