/**
 * Vega-Lite specifications of the kinds of chart that a report uses. Data stay outside (`data: { name: 'table' }`); texts
 * of users occur as data only, never in an expression or an address.
 */
import type { EraBins } from './eraBins.ts';
import { DASHES, INTENT_LOOK, SERIES, SHAPES } from './theme.ts';

export type Spec = Readonly<Record<string, unknown>>;

/** Width and height of a picture that fills half of the page, and all of it. */
export const SIZE = { half: { width: 520, height: 230 }, full: { width: 1_106 } } as const;

/** Name of the data set that a chart's rows are put into. */
export const DATA_NAME = 'table';
/** Field that holds a row's place in the order of stacked parts, panels or bars. */
export const PLACE = 'place';
export const byPlace = { field: PLACE, op: 'min' } as const;

export const base = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', data: { name: DATA_NAME } } as const;
/** The drawing takes the width it is given, axes and legend included. */
export const fitted = (size: { readonly width: number; readonly height: number }): Spec => ({
  ...size,
  autosize: { type: 'fit-x', contains: 'padding' },
});

/** Extent of the era axis: of the points in time, or of the bars that stand for whole eras. */
export function eraDomain(bins: EraBins, kind: 'points' | 'bars'): readonly [number, number] {
  const last = bins.bins[bins.bins.length - 1];
  if (last === undefined) return [0, 1];
  if (kind === 'bars') return [-0.5, last.to + 0.5];
  return [0, Math.max(last.from, 1)];
}

export function eraAxis(bins: EraBins, kind: 'points' | 'bars'): Spec {
  return {
    field: kind === 'bars' ? 'bar_from' : 'era',
    type: 'quantitative',
    ...(kind === 'bars' ? { bin: 'binned' } : {}),
    scale: { domain: eraDomain(bins, kind), nice: false, zero: false },
    axis: {
      title: bins.size === 1 ? 'Era' : `Era (each point: ${bins.size} eras)`,
      format: 'd',
      tickMinStep: 1,
      tickCount: 8,
    },
  };
}

/** Numbers as axes write them. Shares are fractions of 1. */
const formats = { number: ',~f', amount: '~s', share: '.0%', percent: '~%', ratio: '.3~f' } as const;
export type Format = keyof typeof formats;

/** Up to four digits are written out, larger amounts with a prefix: '2,500', '20k'. */
export const amountFormat = (largest: number): Format => (largest < 10_000 ? 'number' : 'amount');

/** Number format of an axis. Vega gives all labels of an `s` axis one prefix, zero too: '0k' is written '0'. */
export const labels = (format: Format): Spec => ({
  format: formats[format],
  ...(format === 'amount' ? { labelExpr: "datum.value === 0 ? '0' : datum.label" } : {}),
});

export const legendAbove = (columns: number): Spec => ({
  orient: 'top',
  direction: 'horizontal',
  title: null,
  columns,
});

/** A click on a legend entry picks its series out; without a click all are equal. */
const picked = (series: string): Spec => ({
  params: [{ name: 'pick', select: { type: 'point', fields: [series] }, bind: 'legend' }],
});
const fadedUnlessPicked: Spec = { condition: { param: 'pick', value: 1, empty: true }, value: 0.15 };

type SeriesChart = {
  readonly bins: EraBins;
  readonly series: string;
  /** Series in the order of colours and legend. */
  readonly order: readonly string[];
  readonly value: string;
  readonly title: string;
  readonly format: Format;
  readonly domain?: readonly [number, number];
  readonly legendColumns?: number;
  readonly colours?: readonly string[];
};

function valueAxis({ value, title, format, domain }: SeriesChart, zero: boolean): Spec {
  return {
    field: value,
    type: 'quantitative',
    scale: domain === undefined ? { zero, nice: true } : { domain, nice: false },
    axis: { title, ...labels(format), tickCount: 5 },
  };
}

/** Amounts per era, stacked: the whole and its parts. First of the order at the bottom. */
export function stackedBars(chart: SeriesChart): Spec {
  const { bins, series, order } = chart;
  const last = bins.bins[bins.bins.length - 1]!;
  return {
    ...base,
    ...fitted(SIZE.half),
    ...picked(series),
    transform: [
      { calculate: 'datum.era - 0.5', as: 'bar_from' },
      { calculate: `datum.era < ${last.from} ? datum.era + ${bins.size - 0.5} : ${last.to + 0.5}`, as: 'bar_to' },
    ],
    mark: { type: 'bar', clip: true },
    encoding: {
      x: eraAxis(bins, 'bars'),
      x2: { field: 'bar_to' },
      y: { ...valueAxis(chart, true), stack: 'zero' },
      color: {
        field: series,
        type: 'nominal',
        scale: { domain: order, range: chart.colours ?? SERIES.slice(0, order.length) },
        legend: { ...legendAbove(chart.legendColumns ?? 3), symbolType: 'square' },
      },
      order: { field: PLACE, type: 'quantitative' },
      opacity: fadedUnlessPicked,
    },
  };
}

/** Courses over eras, one line each, told apart by colour and dash. */
export function lines(
  chart: SeriesChart & { readonly points?: boolean; readonly step?: boolean; readonly zero?: boolean },
): Spec {
  const { bins, series, order } = chart;
  const legend = { ...legendAbove(chart.legendColumns ?? 2), symbolType: 'stroke', symbolSize: 320 };
  return {
    ...base,
    ...fitted(SIZE.half),
    ...picked(series),
    mark: {
      type: 'line',
      clip: false,
      ...(chart.step === true ? { interpolate: 'step-after' } : {}),
      ...(chart.points === true ? { point: { filled: true, size: 22 } } : {}),
    },
    encoding: {
      x: eraAxis(bins, 'points'),
      y: valueAxis(chart, chart.zero === true),
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
      opacity: fadedUnlessPicked,
    },
  };
}

/** Panels in a row of small multiples of a full-width picture. */
export const FAN_COLUMNS = 4;

/** Spread of the agents of each strategy over eras, one panel each: median, middle half, middle 90 %. */
export function fans(chart: {
  readonly bins: EraBins;
  readonly order: readonly { readonly label: string; readonly intent: keyof typeof INTENT_LOOK }[];
  readonly title: string;
}): Spec {
  const { bins, order, title } = chart;
  const columns = Math.max(1, Math.min(FAN_COLUMNS, order.length));
  const colour = {
    field: 'strategy',
    type: 'nominal',
    scale: { domain: order.map(({ label }) => label), range: order.map(({ intent }) => INTENT_LOOK[intent].colour) },
    legend: null,
  };
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: { title, ...labels('ratio'), values: [0, 0.25, 0.5, 0.75, 1] },
  });
  const x = { ...eraAxis(bins, 'points'), axis: { title: 'Era', format: 'd', tickMinStep: 1, tickCount: 4 } };
  return {
    ...base,
    columns,
    spacing: { row: 18, column: 18 },
    facet: { field: 'strategy', type: 'nominal', sort: byPlace, header: { title: null } },
    spec: {
      width: Math.floor((SIZE.full.width - 48 - 18 * (columns - 1)) / columns),
      height: 130,
      layer: [
        { mark: { type: 'area', opacity: 0.16 }, encoding: { x, y: y('p05'), y2: { field: 'p95' }, color: colour } },
        { mark: { type: 'area', opacity: 0.3 }, encoding: { x, y: y('p25'), y2: { field: 'p75' }, color: colour } },
        { mark: { type: 'line' }, encoding: { x, y: y('p50'), color: colour } },
      ],
    },
  };
}

/** Room for the axis of a panel that has its own. */
const PANEL_GAP = 64;

/** Mean income by intent with the range of the middle 80 % of the agents, one panel for each role. */
export function intentBands(chart: {
  readonly bins: EraBins;
  readonly roles: readonly string[];
  readonly intents: readonly (keyof typeof INTENT_LOOK)[];
  readonly title: string;
  readonly format: Format;
}): Spec {
  const { bins, roles, intents, title, format } = chart;
  const scaleOf = (range: readonly unknown[]): Spec => ({ domain: intents, range });
  const legend = { ...legendAbove(3), symbolType: 'stroke', symbolSize: 320, symbolOpacity: 1 };
  const color = { field: 'intent', type: 'nominal', scale: scaleOf(intents.map((i) => INTENT_LOOK[i].colour)), legend };
  const strokeDash = {
    field: 'intent',
    type: 'nominal',
    scale: scaleOf(intents.map((i) => INTENT_LOOK[i].dash)),
    legend,
  };
  const x = eraAxis(bins, 'points');
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    // A label at the top of every panel: one with and one without would not stand in line.
    scale: { zero: true, nice: 4 },
    axis: { title, ...labels(format), tickCount: 4 },
  });
  return {
    ...base,
    columns: roles.length,
    // Axes of panels have labels of different widths; flush bounds keep the panels themselves in line.
    bounds: 'flush',
    spacing: PANEL_GAP,
    facet: { field: 'role', type: 'nominal', sort: byPlace, header: { title: null } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: Math.floor((SIZE.full.width - PANEL_GAP * roles.length) / roles.length),
      height: 190,
      layer: [
        {
          mark: { type: 'area', opacity: 0.16, clip: true },
          encoding: { x, y: y('p10_tokens'), y2: { field: 'p90_tokens' }, color },
        },
        { mark: { type: 'line' }, encoding: { x, y: y('mean_tokens'), color, strokeDash } },
      ],
    },
  };
}

/** Mean of each group as a point and the range of its members as a line, best first. */
export function ranges(chart: {
  /** Number of groups; their order is that of the rows' places. */
  readonly count: number;
  readonly intents: readonly (keyof typeof INTENT_LOOK)[];
  readonly title: string;
  readonly format: Format;
}): Spec {
  const { count, intents, title, format } = chart;
  const y = {
    field: 'group',
    type: 'nominal',
    sort: byPlace,
    axis: { title: null, labelLimit: 220, labelColor: 'var(--ink)' },
  };
  const color = {
    field: 'intent',
    type: 'nominal',
    scale: { domain: intents, range: intents.map((i) => INTENT_LOOK[i].colour) },
    legend: legendAbove(3),
  };
  const axis = { title, ...labels(format), tickCount: 6, grid: true };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(60, 24 * count) }),
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
        encoding: {
          x: { field: 'min_tokens', type: 'quantitative', axis },
          x2: { field: 'max_tokens' },
          y,
          color,
        },
      },
      {
        mark: { type: 'point', filled: true, size: 80, opacity: 1 },
        encoding: {
          x: { field: 'mean_tokens', type: 'quantitative', axis },
          y,
          color,
          shape: {
            field: 'intent',
            type: 'nominal',
            scale: { domain: intents, range: intents.map((i) => INTENT_LOOK[i].shape) },
            legend: legendAbove(3),
          },
          tooltip: [
            { field: 'group', title: 'Group' },
            { field: 'agent_count', title: 'Agents' },
            { field: 'mean_tokens', title: 'Mean (tokens)', format: ',.1f' },
            { field: 'min_tokens', title: 'Least (tokens)', format: ',.1f' },
            { field: 'max_tokens', title: 'Most (tokens)', format: ',.1f' },
          ],
        },
      },
    ],
  };
}

/** Lorenz curves with the line of equality. */
export function lorenz(order: readonly string[]): Spec {
  const axis = (title: string): Spec => ({ title, format: '.0%', tickCount: 5, grid: true });
  const legend = { ...legendAbove(2), symbolType: 'stroke', symbolSize: 320 };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: 300 }),
    layer: [
      {
        data: { values: [{ x: 0, y: 0, to: 1 }] },
        mark: { type: 'rule', strokeDash: [3, 3] },
        encoding: {
          x: { field: 'x', type: 'quantitative' },
          y: { field: 'y', type: 'quantitative' },
          x2: { field: 'to' },
          y2: { field: 'to' },
        },
      },
      {
        mark: { type: 'line' },
        encoding: {
          x: {
            field: 'agent_share',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            axis: axis('Share of agents, poorest first'),
          },
          y: { field: 'wealth_share', type: 'quantitative', scale: { domain: [0, 1] }, axis: axis('Share of wealth') },
          color: {
            field: 'time',
            type: 'nominal',
            scale: { domain: order, range: ['var(--c9)', 'var(--c0)'].slice(-order.length) },
            legend,
          },
          strokeDash: {
            field: 'time',
            type: 'nominal',
            scale: {
              domain: order,
              range: [
                [6, 3],
                [1, 0],
              ].slice(-order.length),
            },
            legend,
          },
        },
      },
    ],
  };
}

/** One point for each model: measured quality against market rank, area by requests. */
export function scatter(order: readonly string[]): Spec {
  const axis = (title: string, format: string): Spec => ({ title, format, tickCount: 5, grid: true });
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: 300 }),
    mark: { type: 'point', filled: true, opacity: 0.8, stroke: 'var(--paper)', strokeWidth: 1 },
    encoding: {
      x: {
        field: 'quality_share',
        type: 'quantitative',
        scale: { zero: false, nice: true, padding: 12 },
        axis: axis('Measured quality (share of the answer that is right)', '.0%'),
      },
      y: {
        field: 'rank',
        type: 'quantitative',
        scale: { zero: false, nice: true, padding: 12 },
        axis: axis('Market rank', formats.ratio),
      },
      size: { field: 'request_count', type: 'quantitative', scale: { range: [40, 500], zero: true }, legend: null },
      color: {
        field: 'strategy',
        type: 'nominal',
        scale: { domain: order, range: SERIES.slice(0, order.length) },
        legend: legendAbove(4),
      },
      shape: {
        field: 'strategy',
        type: 'nominal',
        scale: { domain: order, range: SHAPES.slice(0, order.length) },
        legend: legendAbove(4),
      },
      tooltip: [
        { field: 'model', title: 'Model' },
        { field: 'strategy', title: 'Strategy' },
        { field: 'variant', title: 'Variant' },
        { field: 'quality_share', title: 'Measured quality', format: '.1%' },
        { field: 'rank', title: 'Market rank', format: '.3f' },
        { field: 'request_count', title: 'Requests', format: ',' },
      ],
    },
  };
}

/** Amounts by name, in the order of the rows' places. */
export function rankedBars(chart: {
  readonly count: number;
  readonly name: string;
  readonly value: string;
  readonly title: string;
}): Spec {
  const { count, name, value, title } = chart;
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(60, 20 * count) }),
    mark: { type: 'bar', color: 'var(--c0)' },
    encoding: {
      x: { field: value, type: 'quantitative', axis: { title, ...labels('amount'), tickCount: 6, grid: true } },
      y: {
        field: name,
        type: 'nominal',
        sort: byPlace,
        axis: { title: null, labelLimit: 220, labelColor: 'var(--ink)' },
      },
      tooltip: [
        { field: name, title: 'Action' },
        { field: value, title: 'Gas', format: ',' },
        { field: 'gas_share', title: 'Share', format: '.1%' },
      ],
    },
  };
}
