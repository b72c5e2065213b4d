/** What a figure of the report is, and the parts that figures of one kind have in common. */
import type { Order } from './chartRows.ts';
import { eraDomain, type Spec } from './charts.ts';
import { formatCount, formatNumber, formatShare } from './numbers.ts';
import type { Reading } from './reading.ts';
import { acrossEras, cellsOf, labelsOf, type Table, type TableRecord, thinned } from './table.ts';

/** How the browser reads values off a chart over eras at the pointer, or at the era chosen by the arrow keys. */
export type Cursor = {
  /** Extent of the era axis in every panel. */
  readonly domain: readonly [number, number];
  readonly series: string;
  readonly value: string;
  readonly band?: readonly [low: string, high: string];
  readonly format: 'number' | 'share' | 'ratio';
  /** Column whose value names the panel, and the panels in order; null for a chart of one panel. */
  readonly panels: Order | null;
};

export type Figure = {
  /** Without the prefix `fig-`. Stable: links to it must keep working. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly size: 'half' | 'full';
  readonly data: Table;
  /** Order of stacked parts, panels or bars. */
  readonly order: Order | null;
  readonly spec: Spec;
  readonly preview: Table;
  /** What the preview leaves out, or ''. */
  readonly previewNote: string;
  readonly cursor: Cursor | null;
};

export type Section = {
  readonly id: string;
  /** In the page's navigation. */
  readonly name: string;
  /** The question that its figures answer. */
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Figures that are not there, and why. */
  readonly missing: readonly string[];
};

/** A figure, or the reason why there is none. */
export type Made = Figure | string;

export const noAgents = 'the scenario does not record agents';

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const number = (value: unknown): string => (typeof value === 'number' ? formatNumber(value) : '–');
export const shareText = (value: unknown): string => (typeof value === 'number' ? formatShare(value) : '–');
export const ratioText = (value: unknown): string => (typeof value === 'number' ? value.toFixed(3) : '–');
const formatters = { number, share: shareText, ratio: ratioText } as const;

/** Largest sum of a column over the rows of an era: the height of the highest stack. */
export function largestStack(data: Table, value: string): number {
  const sums = new Map<number, number>();
  const amounts = cellsOf(data, value) as number[];
  cellsOf(data, 'era').forEach((era, i) => {
    sums.set(era as number, (sums.get(era as number) ?? 0) + amounts[i]!);
  });
  return largestOf([...sums.values()]);
}

/** The largest number of a list, 0 for none. */
export function largestOf(values: readonly (number | string | null)[]): number {
  return values.reduce<number>((most, value) => (typeof value === 'number' && value > most ? value : most), 0);
}

/** The parts of a figure that follow from its being a chart of series over eras. */
export function overEras(
  reading: Reading,
  data: Table,
  what: {
    readonly kind: 'points' | 'bars';
    readonly series: string;
    readonly value: string;
    readonly format: Cursor['format'];
    readonly band?: readonly [string, string];
    readonly panels?: Cursor['panels'];
  },
): Pick<Figure, 'data' | 'preview' | 'previewNote' | 'cursor' | 'order'> {
  const { kind, series, value, format, band } = what;
  const write = formatters[format];
  const textOf = (row: TableRecord): string =>
    band === undefined ? write(row[value]) : `${write(row[value])} (${write(row[band[0]])} to ${write(row[band[1]])})`;
  const preview = acrossEras(data, series, textOf);
  return {
    data,
    preview: preview.data,
    previewNote:
      preview.shown < preview.total ? `${preview.shown} of ${preview.total} points in time; the CSV has all.` : '',
    order: what.panels ?? (kind === 'bars' ? { key: series, labels: labelsOf(data, series) } : null),
    cursor: {
      domain: eraDomain(reading.bins, kind),
      series,
      value,
      ...(band === undefined ? {} : { band }),
      format,
      panels: what.panels ?? null,
    },
  };
}

/** A table as it is, as far as forty rows. Labels of the column `inOrderOf` are drawn in the order of the rows. */
export function listed(
  data: Table,
  formats: Readonly<Record<string, Cursor['format']>>,
  inOrderOf: string | null = null,
): Pick<Figure, 'data' | 'preview' | 'previewNote' | 'cursor' | 'order'> {
  const rows = thinned(data.rows, 40);
  return {
    data,
    preview: {
      columns: data.columns,
      rows: rows.map((row) =>
        row.map((cell, i) => {
          const format = formats[data.columns[i]!.key];
          return format === undefined ? cell : formatters[format](cell);
        }),
      ),
    },
    previewNote:
      rows.length < data.rows.length ? `${rows.length} of ${formatCount(data.rows.length)} rows; the CSV has all.` : '',
    order: inOrderOf === null ? null : { key: inOrderOf, labels: labelsOf(data, inOrderOf) },
    cursor: null,
  };
}
