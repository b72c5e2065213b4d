/** What the page hands to its script: the one shape that both sides know. */

import type { VegaSpec } from './chartRows.ts';
import type { Spec } from './charts.ts';
import type { Cursor, Figure } from './figure.ts';
import type { Cell, Column, Table } from './table.ts';

/** Id of the script element that holds the payload. */
export const PAYLOAD_ID = 'report-data';

/**
 * A table by its columns, for a page that must stay small: a column is a list of its cells, or a list of its distinct cells
 * and the place of each cell in that, whichever is shorter.
 */
export type PackedTable = {
  readonly columns: readonly Column[];
  readonly cells: readonly (
    | readonly Cell[]
    | { readonly distinct: readonly Cell[]; readonly places: readonly number[] }
  )[];
};

export function packTable({ columns, rows }: Table): PackedTable {
  return {
    columns,
    cells: columns.map((_, i) => {
      const cells = rows.map((row) => row[i] ?? null);
      const distinct = [...new Set(cells)];
      const placeOf = new Map(distinct.map((value, place) => [value, place]));
      const column = { distinct, places: cells.map((cell) => placeOf.get(cell)!) };
      return JSON.stringify(column).length < JSON.stringify(cells).length ? column : cells;
    }),
  };
}

/** The table that was packed. */
export function unpackTable({ columns, cells }: PackedTable): Table {
  const lists = cells.map((column) =>
    'places' in column ? column.places.map((place) => column.distinct[place] ?? null) : column,
  );
  return { columns, rows: (lists[0] ?? []).map((_, row) => lists.map((list) => list[row] ?? null)) };
}

export type FigurePayload = {
  readonly id: string;
  readonly title: string;
  readonly isFitted: boolean;
  readonly data: PackedTable;
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
