/** The rows that a chart is drawn from: the figure's table, and for each row its place in an order of labels. */
import { DATA_NAME, PLACE, type Spec } from './charts.ts';
import { recordsOf, type Table, type TableRecord } from './table.ts';

/** Order of the labels of a column: of stacked parts, panels or bars. */
export type Order = { readonly key: string; readonly labels: readonly string[] };

/**
 * Rows with their place in the order as a number. Vega-Lite would take a list of labels too, but writes it into an
 * expression; as data, a label stays a label whatever it says.
 */
export function chartRows(data: Table, order: Order | null): TableRecord[] {
  const rows = recordsOf(data);
  if (order === null) return rows;
  const places = new Map(order.labels.map((label, place) => [label, place]));
  return rows.map((row) => ({ ...row, [PLACE]: places.get(String(row[order.key])) ?? order.labels.length }));
}

/** A Vega specification; `data` holds the data sets in order. */
export type VegaSpec = { readonly data: readonly { readonly name: string; readonly values?: unknown }[] } & Spec;

/** The specification with its rows in place. */
export function withRows(spec: VegaSpec, rows: readonly TableRecord[]): VegaSpec {
  return { ...spec, data: spec.data.map((set) => (set.name === DATA_NAME ? { ...set, values: rows } : set)) };
}
