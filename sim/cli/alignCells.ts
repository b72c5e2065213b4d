/** Rows as aligned columns of text. Knows nothing of what is in them; colours are put on by the caller, after the padding. */

/** Columns of a text on a terminal, near enough: one per code point. */
function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width += 1;
  return width;
}

/** A text that cannot move the cursor, colour what follows or end its line: control characters are spelled out. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === '\n'
      ? '\\n'
      : character === '\t'
        ? '\\t'
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export type Align = 'left' | 'right';

/**
 * Pads every cell to the width of its column. Rows may be of different lengths; a row's last cell is not padded if it is
 * aligned left.
 *
 * @param aligns one per column; 'left' where there is none
 * @returns cells, padded, in the shape of `rows`
 */
export function alignCells(rows: readonly (readonly string[])[], aligns: readonly Align[]): string[][] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  return rows.map((row) =>
    row.map((cell, i) => {
      const space = ' '.repeat(widths[i]! - widthOf(cell));
      if (aligns[i] === 'right') return `${space}${cell}`;
      return i === row.length - 1 ? cell : `${cell}${space}`;
    }),
  );
}
