/**
 * What the report of a sweep is made of, and the rows, title and sentence of one metric: for the page and, when a reader
 * picks another metric, for its script.
 */
import { formatCount, formatNumber, formatQuantity } from './numbers.ts';
import { type Table, table } from './table.ts';

export type SweepAxis = {
  /** Path in the scenario. */
  readonly path: string;
  /** As the scenario writes them, in its order. */
  readonly values: readonly string[];
};

/** What the seeds of one combination say of a metric. */
export type SweepCell = {
  readonly n: number;
  /** null if no run has it. */
  readonly mean: number | null;
  /** Half the width of the interval; null for fewer than two runs. */
  readonly halfWidth: number | null;
};

/** A metric with a cell for each combination, the last axis running fastest. */
export type SweepSeries = { readonly name: string; readonly cells: readonly SweepCell[] };

/** A number axis, if every value is a number and all have one unit. */
export type NumberScale = { readonly numbers: readonly number[]; readonly unit: string };

export function numberScale({ values }: SweepAxis): NumberScale | null {
  const parts = values.map((value) => /^(-?\d+(?:\.\d+)?)( ?[A-Za-z%]*)$/.exec(value));
  const units = new Set(parts.map((part) => part?.[2]?.trim().replace(/^(era|slot)s$/, '$1')));
  if (parts.includes(null) || units.size !== 1) return null;
  return { numbers: parts.map((part) => Number(part![1])), unit: [...units][0]! };
}

/** Names of the axes' columns: their paths without points, which Vega would take for members. */
export function axisKeys(axes: readonly SweepAxis[]): string[] {
  const plain = axes.map(({ path }) => path.replace(/[^A-Za-z0-9]+/g, '_'));
  return plain.map((key, i) => (plain.indexOf(key) === i && !RESERVED.includes(key) ? key : `${key}_${i + 1}`));
}

const RESERVED = ['mean', 'half_width', 'low', 'high', 'n'];

/** Indexes into the axes' values of each combination, the last axis running fastest. */
export function combinationsOf(axes: readonly SweepAxis[]): number[][] {
  return axes.reduce<number[][]>(
    (before, { values }) => before.flatMap((indexes) => values.map((_, i) => [...indexes, i])),
    [[]],
  );
}

/** 'val.samples 5, val.audit_bps 100' */
function combinationText(axes: readonly SweepAxis[], indexes: readonly number[]): string {
  return axes.map(({ path, values }, i) => `${path} ${values[indexes[i]!]!}`).join(', ');
}

/** Axes of a picture: the first across, the second up, the others one panel for each of their combinations. */
export const DRAWN_AXES = 2;

export function panelText(axes: readonly SweepAxis[], indexes: readonly number[]): string {
  return combinationText(axes.slice(DRAWN_AXES), indexes.slice(DRAWN_AXES));
}

/** One row for each combination, as files and tables have it. */
export function tableOf(axes: readonly SweepAxis[], { cells }: SweepSeries): Table {
  const keys = axisKeys(axes);
  return table(
    {
      ...Object.fromEntries(axes.map(({ path }, i) => [keys[i]!, path])),
      mean: 'Mean',
      half_width: '± half of the 95 % interval',
      low: 'Low end',
      high: 'High end',
      n: 'Runs',
    },
    combinationsOf(axes).map((indexes, i) => {
      const { n, mean, halfWidth } = cells[i]!;
      const hasInterval = mean !== null && halfWidth !== null;
      return [
        ...axes.map(({ values }, axis) => values[indexes[axis]!]!),
        mean,
        halfWidth,
        hasInterval ? mean - halfWidth : null,
        hasInterval ? mean + halfWidth : null,
        n,
      ];
    }),
  );
}

/** Digits of the range of the means that are written. */
const RANGE_UNITS = 100;
const MOST_DECIMALS = 9;

/** Writes the means of a series with as many decimals as it takes to tell them apart. */
export function meanWriter({ cells }: SweepSeries): (mean: number) => string {
  const means = cells.flatMap(({ mean }) => (mean === null ? [] : [mean]));
  const range = means.reduce((a, b) => Math.max(a, b), -Infinity) - means.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(range > 0)) return formatNumber;
  let decimals = 0;
  let unit = 1;
  while (range / unit < RANGE_UNITS && decimals < MOST_DECIMALS) {
    decimals += 1;
    unit /= 10;
  }
  return (mean) => formatCount(Number(mean.toFixed(decimals)));
}

/** Columns that only pictures need: places on the axes (a number axis has its numbers), panel and its place, texts. */
export const DRAWN = {
  across: 'drawn_across',
  up: 'drawn_up',
  panel: 'panel',
  panelPlace: 'panel_place',
  meanText: 'mean_text',
  intervalText: 'interval_text',
  countText: 'n_text',
} as const;

/**
 * The same rows as a picture needs them. Order is given by numbers: a list of words would become part of an expression,
 * and as data a word stays a word whatever it says.
 */
export function drawnTableOf(axes: readonly SweepAxis[], series: SweepSeries): Table {
  const { columns, rows } = tableOf(axes, series);
  const numbers = axes.length === 1 ? (numberScale(axes[0]!)?.numbers ?? null) : null;
  const panels = new Map<string, number>();
  const meanText = meanWriter(series);
  return {
    columns: [...columns, ...Object.values(DRAWN).map((key) => ({ key, title: key }))],
    rows: combinationsOf(axes).map((indexes, i) => {
      const panel = panelText(axes, indexes);
      if (!panels.has(panel)) panels.set(panel, panels.size);
      const across = indexes[0]!;
      const { n, mean, halfWidth } = series.cells[i]!;
      return [
        ...rows[i]!,
        numbers?.[across] ?? across,
        indexes[1] ?? 0,
        panel,
        panels.get(panel)!,
        mean === null ? 'no run' : meanText(mean),
        halfWidth === null ? '' : `± ${formatNumber(halfWidth)}`,
        mean === null ? '' : `n ${n}`,
      ];
    }),
  };
}

/** Title and sentence of a metric's figure. */
export function describeSeries(
  axes: readonly SweepAxis[],
  series: SweepSeries,
): { readonly title: string; readonly summary: string } {
  const { name, cells } = series;
  const combinations = combinationsOf(axes);
  const meanText = meanWriter(series);
  const known = cells.flatMap(({ mean, halfWidth, n }, i) => (mean === null ? [] : [{ i, mean, halfWidth, n }]));
  const [first] = known;
  if (first === undefined) return { title: `${name}: no run has it`, summary: 'No run of the sweep has this metric.' };
  let [low, high] = [first, first];
  for (const cell of known) {
    if (cell.mean < low.mean) low = cell;
    if (cell.mean > high.mean) high = cell;
  }
  const counts = known.map(({ n }) => n);
  const [fewest, most] = [counts.reduce((a, b) => Math.min(b, a)), counts.reduce((a, b) => Math.max(b, a))];
  const runs = fewest === most ? formatQuantity(most, 'run') : `${fewest} to ${formatQuantity(most, 'run')}`;
  const missing = cells.length - known.length;
  const valueText = ({ mean, halfWidth }: typeof first): string =>
    halfWidth === null ? meanText(mean) : `${meanText(mean)} ± ${formatNumber(halfWidth)}`;
  const each = `Each combination: mean of ${runs}${most < 2 ? ', without an interval' : ', ± half of its 95 % interval (Student)'}.`;
  const rest = missing === 0 ? '' : ` ${formatQuantity(missing, 'combination')} without a run.`;
  if (low.mean === high.mean)
    return { title: `${name} is ${formatNumber(low.mean)} everywhere`, summary: `${each}${rest}` };
  return {
    title: `${name}: ${meanText(low.mean)} to ${meanText(high.mean)}`,
    summary: `Lowest with ${combinationText(axes, combinations[low.i]!)} (${valueText(low)}), highest with ${combinationText(axes, combinations[high.i]!)} (${valueText(high)}). ${each}${rest}`,
  };
}
