/**
 * Where something stands in a text: sources, places in them, and lines and columns counted the way editors count them
 * (from 1, in UTF-16 code units). Decides nothing about YAML.
 */

/** A text that scenario values come from: a file, a preset, or the `--set` overrides, one per line. */
export type Source = {
  /** As messages name it, such as `scenarios/a.yaml`. */
  readonly label: string;
  /** Folder that paths written in this source are relative to, as seen from the scenario's folder; '' is that folder. */
  readonly folder: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
};

/** A stretch of a source, from an offset up to another, exclusive. */
export type Place = { readonly source: Source; readonly from: number; readonly to: number };

export function createSource(label: string, folder: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { label, folder, text, lineStarts };
}

/** Line and column of an offset, both from 1. */
export function lineAndColumn(source: Source, offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (source.lineStarts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - source.lineStarts[low]! + 1 };
}

/** Text of a line (from 1) without its line break. */
export function lineOf(source: Source, line: number): string {
  const start = source.lineStarts[line - 1]!;
  const next = source.lineStarts[line];
  return source.text.slice(start, next === undefined ? source.text.length : next - 1).replace(/\r$/, '');
}
