/** Tables between the metrics and everything that shows them: charts, HTML, CSV. Rows are lists, in the columns' order. */

export type Cell = number | string | null;
export type Column = {
  /** Name in the data; the unit last. */
  readonly key: string;
  /** Heading for people, with the unit. */
  readonly title: string;
};
export type Table = { readonly columns: readonly Column[]; readonly rows: readonly (readonly Cell[])[] };

/** Columns from 'key: title' pairs in order. */
export function table(columns: Readonly<Record<string, string>>, rows: readonly (readonly Cell[])[]): Table {
  return { columns: Object.entries(columns).map(([key, title]) => ({ key, title })), rows };
}

/** The cells of one column. */
export function cellsOf(data: Table, key: string): Cell[] {
  const at = data.columns.findIndex((column) => column.key === key);
  return data.rows.map((row) => row[at] ?? null);
}

/** Rows as objects, as Vega wants them. */
export function recordsOf(data: Table): Record<string, Cell>[] {
  return data.rows.map((row) => Object.fromEntries(data.columns.map(({ key }, i) => [key, row[i] ?? null])));
}

/** Distinct texts of a column in order of appearance. */
export function labelsOf(data: Table, key: string): string[] {
  return [...new Set(cellsOf(data, key).map(String))];
}
