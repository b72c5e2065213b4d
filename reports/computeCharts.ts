/** Vega-Lite specifications of the charts about the compute market: strands of money, panels, bands, spreads, shares. */
import { base, byPlace, eraAxis, type Format, fitted, labels, legendAbove, PLACE, SIZE, type Spec } from './charts.ts';
import type { EraBins } from './eraBins.ts';
import { DASHES, SERIES, SHAPES } from './theme.ts';

/** Width of a bar of a column, as a part of the distance of two columns, to either side. */
const HALF_BAR = 0.012;

/**
 * Who paid, what for, who received: bars in three columns, and strands between them in the colour of the payer. Rows with
 * `low_there` are halves of strands, the others bars.
 */
export function moneyStrands(chart: {
  readonly payers: readonly string[];
  /** Bars of the fullest column. */
  readonly mostBars: number;
  readonly headings: readonly string[];
}): Spec {
  const { payers, mostBars, headings } = chart;
  const x = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { domain: [-0.42, 2.42], nice: false, zero: false },
    axis: {
      title: null,
      orient: 'top',
      values: [0, 1, 2],
      labelExpr: `[${headings.map((heading) => `'${heading}'`).join(', ')}][datum.value]`,
      labelColor: 'var(--muted)',
      domain: false,
      ticks: false,
      grid: false,
    },
  });
  // From the top down, as it is read.
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { reverse: true, zero: true, nice: false },
    axis: null,
  });
  const color = {
    field: 'payer',
    type: 'nominal',
    scale: { domain: payers, range: payers.map((_, i) => SERIES[i % SERIES.length]) },
    legend: null,
  };
  const text = (column: number, align: string, at: number): Spec => ({
    transform: [
      { filter: `!isValid(datum.low_there) && datum.column === ${column}` },
      { calculate: '(datum.low + datum.high) / 2', as: 'middle' },
      { calculate: `datum.column + ${at}`, as: 'beside' },
      { calculate: "datum.bar + '  ' + format(datum.paid_tokens, ',.3~r')", as: 'text' },
    ],
    mark: { type: 'text', align, baseline: 'middle', clip: false },
    encoding: { x: x('beside'), y: y('middle'), text: { field: 'text' } },
  });
  return {
    ...base,
    ...fitted({ width: SIZE.full.width, height: Math.max(180, 26 * mostBars + 110) }),
    layer: [
      {
        transform: [
          { filter: 'isValid(datum.low_there)' },
          { calculate: 'sequence(0, 1.01, 0.0625)', as: 'way' },
          { flatten: ['way'] },
          { calculate: `datum.column + ${HALF_BAR} + datum.way * ${1 - 2 * HALF_BAR}`, as: 'x' },
          // Starts and arrives level.
          { calculate: 'datum.way * datum.way * (3 - 2 * datum.way)', as: 'rise' },
          { calculate: 'datum.low + datum.rise * (datum.low_there - datum.low)', as: 'from_y' },
          { calculate: 'datum.high + datum.rise * (datum.high_there - datum.high)', as: 'to_y' },
        ],
        mark: { type: 'area', opacity: 0.32 },
        encoding: {
          x: x('x'),
          y: y('from_y'),
          y2: { field: 'to_y' },
          color,
          detail: ['column', 'reason', 'receiver'].map((field) => ({ field, type: 'nominal' })),
        },
      },
      {
        transform: [
          { filter: '!isValid(datum.low_there)' },
          { calculate: `datum.column - ${HALF_BAR}`, as: 'left' },
          { calculate: `datum.column + ${HALF_BAR}`, as: 'right' },
        ],
        mark: { type: 'rect', color: 'var(--ink)', opacity: 0.75 },
        encoding: { x: x('left'), x2: { field: 'right' }, y: y('low'), y2: { field: 'high' } },
      },
      text(0, 'right', -0.02),
      text(1, 'left', 0.02),
      text(2, 'left', 0.02),
    ],
  };
}

/** Room for the axis of a panel that has its own. */
const PANEL_GAP = 56;

/** One course a panel, each with an axis of its own: for measures that have nothing in common but time. */
export function coursePanels(chart: {
  readonly bins: EraBins;
  readonly panel: string;
  readonly panels: readonly string[];
  readonly value: string;
  readonly title: string;
  readonly band?: readonly [low: string, high: string];
}): Spec {
  const { bins, panel, panels, value, title, band } = chart;
  const axis = eraAxis(bins, 'points').axis as Spec;
  const x = { ...eraAxis(bins, 'points'), axis: { ...axis, tickCount: 5 } };
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    // Labels that stand in line with those of the other panels.
    scale: { zero: true, nice: 4 },
    axis: { title, ...labels('number'), tickCount: 4 },
  });
  const colour = {
    field: panel,
    type: 'nominal',
    scale: { domain: panels, range: SERIES.slice(0, panels.length) },
    legend: null,
  };
  const area = band === undefined ? [] : [{ mark: { type: 'area', opacity: 0.16 }, y: y(band[0]), to: band[1] }];
  return {
    ...base,
    transform: [{ filter: `isValid(datum.${PLACE}) && datum.${PLACE} < ${panels.length}` }],
    columns: panels.length,
    bounds: 'flush',
    spacing: PANEL_GAP,
    facet: { field: panel, type: 'nominal', sort: byPlace, header: { title: null } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: Math.floor((SIZE.half.width - PANEL_GAP * panels.length) / panels.length),
      height: SIZE.half.height - 50,
      layer: [
        ...area.map(({ mark, y: low, to }) => ({ mark, encoding: { x, y: low, y2: { field: to }, color: colour } })),
        { mark: { type: 'line' }, encoding: { x, y: y(value), color: colour } },
      ],
    },
  };
}

/** Means over eras with the range of the middle 80 %, one line and band for each series, and the line of zero. */
export function meanBands(chart: {
  readonly bins: EraBins;
  readonly series: string;
  readonly order: readonly string[];
  readonly value: string;
  readonly band: readonly [low: string, high: string];
  readonly title: string;
  readonly format: Format;
}): Spec {
  const { bins, series, order, value, band, title, format } = chart;
  const legend = { ...legendAbove(3), symbolType: 'stroke', symbolSize: 320, symbolOpacity: 1 };
  const scaleOf = (range: readonly unknown[]): Spec => ({ domain: order, range: range.slice(0, order.length) });
  const color = { field: series, type: 'nominal', scale: scaleOf(SERIES), legend };
  const x = eraAxis(bins, 'points');
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { zero: true, nice: true },
    axis: { title, ...labels(format), tickCount: 5 },
  });
  return {
    ...base,
    ...fitted(SIZE.half),
    layer: [
      {
        mark: { type: 'area', opacity: 0.16 },
        encoding: { x, y: y(band[0]), y2: { field: band[1] }, color },
      },
      { mark: { type: 'rule', strokeDash: [3, 3] }, encoding: { y: { datum: 0 } } },
      {
        mark: { type: 'line' },
        encoding: {
          x,
          y: y(value),
          color,
          strokeDash: { field: series, type: 'nominal', scale: scaleOf(DASHES), legend },
        },
      },
    ],
  };
}

/** A mean as a point and the range of the middle 80 % as a line, one for each row, in the order of the rows' places. */
export function spreads(chart: {
  readonly count: number;
  readonly group: string;
  readonly value: string;
  readonly band: readonly [low: string, high: string];
  readonly series: string;
  readonly order: readonly string[];
  readonly title: string;
  readonly format: Format;
}): Spec {
  const { count, group, value, band, series, order, title, format } = chart;
  const axis = { title, ...labels(format), tickCount: 6, grid: true };
  const y = {
    field: group,
    type: 'nominal',
    sort: byPlace,
    axis: { title: null, labelLimit: 220, labelColor: 'var(--ink)', labelPadding: 9 },
  };
  const scaleOf = (range: readonly string[]): Spec => ({ domain: order, range: range.slice(0, order.length) });
  const legend = { ...legendAbove(3), symbolOpacity: 1 };
  const color = { field: series, type: 'nominal', scale: scaleOf(SERIES), legend };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(60, 24 * count) }),
    layer: [
      { mark: { type: 'rule', strokeDash: [3, 3] }, encoding: { x: { datum: 0 } } },
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
        encoding: {
          x: { field: band[0], type: 'quantitative', axis },
          x2: { field: band[1] },
          y,
          color,
        },
      },
      {
        mark: { type: 'point', filled: true, size: 80, opacity: 1 },
        encoding: {
          x: { field: value, type: 'quantitative', axis },
          y,
          color,
          shape: { field: series, type: 'nominal', scale: scaleOf(SHAPES), legend },
          tooltip: [
            { field: group, title: 'Group' },
            { field: value, title: 'Mean', format: ',.3~r' },
            { field: band[0], title: '10th percentile', format: ',.3~r' },
            { field: band[1], title: '90th percentile', format: ',.3~r' },
          ],
        },
      },
    ],
  };
}

/** Several shares of each group on one line, so that one is seen against the others. */
export function shareDots(chart: {
  readonly count: number;
  readonly group: string;
  readonly measure: string;
  readonly order: readonly string[];
  readonly value: string;
  readonly title: string;
}): Spec {
  const { count, group, measure, order, value, title } = chart;
  const y = {
    field: group,
    type: 'nominal',
    sort: byPlace,
    axis: { title: null, labelLimit: 220, labelColor: 'var(--ink)', labelPadding: 9 },
  };
  const legend = { ...legendAbove(3), symbolOpacity: 1 };
  const scaleOf = (range: readonly string[]): Spec => ({ domain: order, range: range.slice(0, order.length) });
  const axis = { title, ...labels('share'), tickCount: 6, grid: true };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(90, 30 * count) }),
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.4 },
        encoding: {
          x: { field: value, type: 'quantitative', aggregate: 'min', scale: { zero: true }, axis },
          x2: { field: value, aggregate: 'max' },
          y,
        },
      },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: {
          x: { field: value, type: 'quantitative', scale: { zero: true }, axis },
          y,
          color: { field: measure, type: 'nominal', scale: scaleOf(SERIES), legend },
          shape: { field: measure, type: 'nominal', scale: scaleOf(SHAPES), legend },
          tooltip: [
            { field: group, title: 'Providers' },
            { field: measure, title: 'Share' },
            { field: value, title: 'Share', format: '.1%' },
          ],
        },
      },
    ],
  };
}
