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

export type TableRecord = Readonly<Record<string, Cell>>;

/** Rows as objects with the columns' keys. */
export function recordsOf(data: Table): TableRecord[] {
  return data.rows.map((row) => Object.fromEntries(data.columns.map(({ key }, i) => [key, row[i] ?? null])));
}

/** Evenly chosen items, the first and the last among them; all if there are no more than `count`. */
export function thinned<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

/**
 * A table over eras with a column for each series, for reading: at most `eraCount` eras, the first and the last among
 * them.
 *
 * @param textOf  what stands in the cell of a row of `data`
 */
export function acrossEras(
  data: Table,
  series: string,
  textOf: (row: TableRecord) => string,
  eraCount = 12,
): { readonly data: Table; readonly shown: number; readonly total: number } {
  const labels = labelsOf(data, series);
  const eras = [...new Set(cellsOf(data, 'era') as number[])];
  const chosen = thinned(eras, eraCount);
  const cells = new Map(recordsOf(data).map((row) => [`${row.era} ${row[series]}`, textOf(row)]));
  return {
    data: {
      columns: [{ key: 'era', title: 'Era' }, ...labels.map((label) => ({ key: label, title: label }))],
      rows: chosen.map((era) => [era, ...labels.map((label) => cells.get(`${era} ${label}`) ?? '–')]),
    },
    shown: chosen.length,
    total: eras.length,
  };
}

/** Distinct texts of a column in order of appearance. */
export function labelsOf(data: Table, key: string): string[] {
  return [...new Set(cellsOf(data, key).map(String))];
}
