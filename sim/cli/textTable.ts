/** Cells of a table padded to the width of their columns, and texts of users made safe to print. */

export type Align = 'left' | 'right';

/** Width on a terminal: characters, not UTF-16 code units. */
const widthOf = (cell: string): number => [...cell].length;

/**
 * Every cell filled with spaces to the width of its column.
 *
 * @param rows    all of the same length
 * @param aligns  side of each column on which its text stands; columns beyond the list are aligned left
 */
export function alignCells(rows: readonly (readonly string[])[], aligns: readonly Align[]): string[][] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column]!)), 0),
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const space = ' '.repeat(widths[column]! - widthOf(cell));
      return aligns[column] === 'right' ? space + cell : cell + space;
    }),
  );
}

/** A text on one line that a terminal may show: whatever moves its cursor or reorders its letters becomes a dot. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '·');
}
