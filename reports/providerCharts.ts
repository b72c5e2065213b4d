/** Vega-Lite specifications of the charts about providers: heat maps, flows between tiers, curves over a count. */
import { base, byPlace, eraAxis, type Format, fitted, labels, legendAbove, SIZE, type Spec } from './charts.ts';
import type { EraBins } from './eraBins.ts';
import { DASHES, SERIES } from './theme.ts';

/** Strength of a cell's colour, from nothing to all of `most`. */
const strength = (field: string, most: number, title: string | null, strongest: number): Spec => ({
  field,
  type: 'quantitative',
  scale: { domain: [0, Math.max(most, 1)], range: [0.04, strongest] },
  legend:
    title === null
      ? null
      : { title, orient: 'top', direction: 'horizontal', format: 'd', tickCount: 4, symbolFillColor: 'var(--c0)' },
});

/** Counts by era and row, as cells that are the stronger the larger the count. */
export function heatOverEras(chart: {
  readonly bins: EraBins;
  readonly row: string;
  readonly rows: readonly string[];
  readonly value: string;
  readonly title: string;
  readonly most: number;
}): Spec {
  const { bins, row, rows, value, title, most } = chart;
  const last = bins.bins[bins.bins.length - 1]!;
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: 28 * rows.length }),
    transform: [
      // What is nothing is not drawn.
      { filter: `datum.${value} > 0` },
      { calculate: 'datum.era - 0.5', as: 'bar_from' },
      { calculate: `datum.era < ${last.from} ? datum.era + ${bins.size - 0.5} : ${last.to + 0.5}`, as: 'bar_to' },
    ],
    mark: { type: 'rect', color: 'var(--c0)', clip: true, stroke: 'var(--paper)', strokeWidth: 1 },
    encoding: {
      x: eraAxis(bins, 'bars'),
      x2: { field: 'bar_to' },
      y: {
        field: row,
        type: 'nominal',
        scale: { domain: rows },
        axis: { title: null, labelColor: 'var(--ink)' },
      },
      opacity: strength(value, most, title, 1),
    },
  };
}

/** Amounts by row and column, each written into its cell. */
export function heatWithTexts(chart: {
  readonly row: string;
  readonly rowCount: number;
  readonly column: string;
  readonly columns: readonly string[];
  readonly value: string;
  readonly most: number;
}): Spec {
  const { row, rowCount, column, columns, value, most } = chart;
  const axis = { title: null, labelColor: 'var(--ink)', labelAngle: 0, orient: 'top', domain: false, ticks: false };
  const x = { field: column, type: 'nominal', scale: { domain: columns }, axis };
  const y = { field: row, type: 'nominal', sort: byPlace, axis: { title: null, labelColor: 'var(--ink)' } };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(90, 30 * rowCount) }),
    layer: [
      {
        mark: { type: 'rect', color: 'var(--c0)', stroke: 'var(--paper)', strokeWidth: 1 },
        // No stronger than a text on it can stand.
        encoding: { x, y, opacity: strength(value, most, null, 0.45) },
      },
      {
        mark: { type: 'text' },
        encoding: { x, y, text: { field: value, type: 'quantitative', format: ',.3~r' } },
      },
    ],
  };
}

/** Part of the way between two points in time that a stack is wide, to either side. */
const HALF_STACK = 0.09;

/**
 * How many are in which group at some points in time, as stacks, and who went where between them, as bands. Rows without
 * `to_era` are parts of stacks, those with it are bands.
 */
export function flows(chart: {
  readonly eras: readonly number[];
  /** Bottom group first, with its colour. */
  readonly groups: readonly { readonly label: string; readonly colour: string }[];
  readonly title: string;
}): Spec {
  const { eras, groups, title } = chart;
  const [first, last] = [eras[0]!, eras[eras.length - 1]!];
  const gap = eras.length < 2 ? 1 : (last - first) / (eras.length - 1);
  const half = HALF_STACK * gap;
  const color = {
    field: 'tier',
    type: 'nominal',
    scale: { domain: groups.map(({ label }) => label), range: groups.map(({ colour }) => colour) },
    legend: { ...legendAbove(8), symbolType: 'square', symbolOpacity: 1 },
  };
  const x = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { domain: [first - half, last + half], nice: false, zero: false },
    axis: { title: 'Era', values: eras, format: 'd', grid: false },
  });
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { zero: true, nice: true },
    axis: { title, tickCount: 5, format: 'd', tickMinStep: 1 },
  });
  return {
    ...base,
    ...fitted({ width: SIZE.full.width, height: 320 }),
    layer: [
      {
        transform: [
          { filter: 'isValid(datum.to_era)' },
          { calculate: 'sequence(0, 1.01, 0.125)', as: 'way' },
          { flatten: ['way'] },
          { calculate: `datum.era + ${half} + datum.way * (datum.to_era - datum.era - ${2 * half})`, as: 'x' },
          // Starts and arrives level.
          { calculate: 'datum.way * datum.way * (3 - 2 * datum.way)', as: 'rise' },
          { calculate: 'datum.low + datum.rise * (datum.to_low - datum.low)', as: 'from_y' },
          { calculate: 'datum.high + datum.rise * (datum.to_high - datum.high)', as: 'to_y' },
        ],
        mark: { type: 'area', opacity: 0.35 },
        encoding: {
          x: x('x'),
          y: y('from_y'),
          y2: { field: 'to_y' },
          color,
          detail: [
            { field: 'era', type: 'quantitative' },
            { field: 'to_tier', type: 'nominal' },
          ],
        },
      },
      {
        transform: [
          { filter: '!isValid(datum.to_era)' },
          { calculate: `datum.era - ${half}`, as: 'left' },
          { calculate: `datum.era + ${half}`, as: 'right' },
        ],
        mark: { type: 'rect', stroke: 'var(--paper)', strokeWidth: 1 },
        encoding: { x: x('left'), x2: { field: 'right' }, y: y('low'), y2: { field: 'high' }, color },
      },
    ],
  };
}

/** Shares that fall with a count, as steps: one curve for each series, told apart by colour and dash. */
export function fallingCurves(chart: {
  readonly x: string;
  readonly xTitle: string;
  readonly series: string;
  readonly order: readonly string[];
  readonly value: string;
  readonly title: string;
  readonly format: Format;
  readonly colours?: readonly string[];
}): Spec {
  const { x, xTitle, series, order, value, title, format } = chart;
  const legend = { ...legendAbove(2), symbolType: 'stroke', symbolSize: 320 };
  return {
    ...base,
    ...fitted(SIZE.half),
    mark: { type: 'line', interpolate: 'step-after' },
    encoding: {
      x: {
        field: x,
        type: 'quantitative',
        scale: { zero: true, nice: false },
        axis: { title: xTitle, format: 'd', tickMinStep: 1, tickCount: 8 },
      },
      y: {
        field: value,
        type: 'quantitative',
        scale: { domain: [0, 1], nice: false },
        axis: { title, ...labels(format), tickCount: 5 },
      },
      color: {
        field: series,
        type: 'nominal',
        scale: { domain: order, range: chart.colours ?? SERIES.slice(0, order.length) },
        legend,
      },
      strokeDash: {
        field: series,
        type: 'nominal',
        scale: { domain: order, range: DASHES.slice(0, order.length) },
        legend,
      },
    },
  };
}
