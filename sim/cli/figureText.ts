/** Figures, and tables of figures, as text for a terminal. */
import { type Align, alignCells } from './textTable.ts';

const FIGURE = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SMALLEST = 1e-6;

/** Five significant digits; the smallest amounts with an exponent. */
export function formatFigure(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < SMALLEST ? value.toExponential(2) : FIGURE.format(value);
}

const MOST_DECIMALS = 12;

/**
 * Writes numbers with as many decimals as their uncertainty has digits worth reading, here two: 547 for ± 17, 4,000.039
 * for ± 0.011. Without an uncertainty, as {@link formatFigure}.
 */
export function figureWriter(uncertainty: number | null): (value: number) => string {
  if (uncertainty === null || !(uncertainty > 0) || !Number.isFinite(uncertainty)) return formatFigure;
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, 1 - Math.floor(Math.log10(uncertainty))));
  const format = new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (value) => format.format(value).replace(/^-(0(?:\.0*)?)$/, '$1');
}

/** Rows under a heading, columns two spaces apart: the first `leftCount` columns left-aligned, the others right-aligned. */
export function textTable(rows: readonly (readonly string[])[], leftCount: number): string[] {
  const aligns = (rows[0] ?? []).map((_, column): Align => (column < leftCount ? 'left' : 'right'));
  return alignCells(rows, aligns).map((cells) => cells.join('  ').trimEnd());
}

/** '1 run', '2 runs'. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${WHOLE.format(count)} ${count === 1 ? noun : plural}`;
}
