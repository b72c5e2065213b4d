/** The rows that a chart is drawn from: the figure's table, and the order in which its series are stacked. */
import { SERIES_INDEX } from './charts.ts';
import { recordsOf, type Table, type TableRecord } from './table.ts';

export type Stack = { readonly key: string; readonly order: readonly string[] };

export function chartRows(data: Table, stack: Stack | null): TableRecord[] {
  const rows = recordsOf(data);
  if (stack === null) return rows;
  return rows.map((row) => ({ ...row, [SERIES_INDEX]: stack.order.indexOf(String(row[stack.key])) }));
}
