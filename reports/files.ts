/** A figure's data and specification as files to take away. */
import { DATA_NAME, type Spec } from './charts.ts';
import type { TableRecord } from './table.ts';
import { type Cell, recordsOf, type Table } from './table.ts';
import { withLightColours } from './theme.ts';

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  // A spreadsheet would execute a text that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Table as CSV (RFC 4180), keys as header. A text that a spreadsheet would take for a formula is preceded by an apostrophe. */
export function csvOf(data: Table): string {
  const lines = [data.columns.map(({ key }) => csvCell(key)), ...data.rows.map((row) => row.map(csvCell))];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Table as JSON: an array of objects. */
export function jsonOf(data: Table): string {
  return `${JSON.stringify(recordsOf(data), null, 1)}\n`;
}

/** A Vega-Lite specification that needs nothing else: title, data and config in it, colours for a light background. */
export function specOf(title: string, spec: Spec, config: Spec, rows: readonly TableRecord[]): string {
  const { $schema, ...rest } = spec;
  const whole = {
    $schema,
    title: { text: title, anchor: 'start' },
    ...rest,
    data: { name: DATA_NAME, values: rows },
    config,
  };
  return `${withLightColours(JSON.stringify(whole, null, 1))}\n`;
}
