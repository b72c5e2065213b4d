/** Vega-Lite specifications of the charts about measured work: shares with intervals, distances in bands, quality against pay. */
import { base, byPlace, eraAxis, type Format, fitted, labels, legendAbove, SIZE, type Spec } from './charts.ts';
import type { EraBins } from './eraBins.ts';
import { SERIES, SHAPES } from './theme.ts';

const rowAxis = (field: string, labelLimit = 220): Spec => ({
  field,
  type: 'nominal',
  sort: byPlace,
  axis: { title: null, labelLimit, labelColor: 'var(--ink)', labelPadding: 9 },
});
const scaleOf = (order: readonly string[], range: readonly string[]): Spec => ({
  domain: order,
  range: order.map((_, i) => range[i % range.length]),
});

/** A share as a point with its interval as a line, one for each row and series; several series of a row stand side by side. */
export function shareIntervals(chart: {
  readonly count: number;
  readonly group: string;
  readonly series: string;
  readonly order: readonly string[];
  readonly colours: readonly string[];
  readonly value: string;
  readonly band: readonly [low: string, high: string];
  readonly title: string;
  /** True: series of one row would lie on each other. */
  readonly apart: boolean;
  readonly total: string;
}): Spec {
  const { count, group, series, order, colours, value, band, title, apart, total } = chart;
  const x = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { domain: [0, 1], nice: false },
    axis: { title, ...labels('share'), tickCount: 5, grid: true },
  });
  const legend = { ...legendAbove(2), symbolOpacity: 1 };
  const color = { field: series, type: 'nominal', scale: scaleOf(order, colours), legend };
  const offset = apart ? { yOffset: { field: series, type: 'nominal', sort: order } } : {};
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(90, (apart ? 36 : 26) * count) }),
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
        encoding: { x: x(band[0]), x2: { field: band[1] }, y: rowAxis(group), ...offset, color },
      },
      {
        mark: { type: 'point', filled: true, size: 80, opacity: 1, clip: false },
        encoding: {
          x: x(value),
          y: rowAxis(group),
          ...offset,
          color,
          shape: { field: series, type: 'nominal', scale: scaleOf(order, SHAPES), legend },
          tooltip: [
            { field: group, title: 'Really served' },
            { field: series, title: 'Which' },
            { field: total, title: 'Audited', format: ',' },
            { field: value, title: 'Share', format: '.1%' },
          ],
        },
      },
    ],
  };
}

/** Distance that stands for equal numbers on an axis that has no zero. */
const EQUAL_PPB = 0.2;
const FARTHEST_PPB = 5_000_000_000;

/** How far apart sketches lie, on a logarithmic axis: the stronger a cell, the larger its share of the row; lines are bands. */
export function distanceBands(chart: {
  readonly count: number;
  readonly order: readonly string[];
  readonly colours: readonly string[];
  readonly bands: readonly { readonly acceptPpb: number; readonly rejectPpb: number }[];
}): Spec {
  const { count, order, colours, bands } = chart;
  const axis = {
    title: 'Distance of the sketches (ppb, logarithmic; left: equal)',
    values: [EQUAL_PPB, 1, 100, 10_000, 1_000_000, 100_000_000],
    labelExpr: `datum.value < 1 ? 'equal' : format(datum.value, ',')`,
    grid: true,
  };
  const x = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { type: 'log', domain: [EQUAL_PPB, FARTHEST_PPB], nice: false, clamp: true },
    axis,
  });
  const edges = bands.flatMap(({ acceptPpb, rejectPpb }) => [{ edge_ppb: acceptPpb }, { edge_ppb: rejectPpb }]);
  // Words only where there is one pair of bands: two pairs would write over each other.
  const only = bands.length === 1 ? bands[0]! : null;
  const words =
    only === null
      ? []
      : [
          { at_ppb: only.acceptPpb, word: 'accepted', align: 'right', dx: -5 },
          { at_ppb: only.rejectPpb, word: 'rejected', align: 'left', dx: 5 },
        ];
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(110, 26 * count) }),
    layer: [
      ...bands.map(({ acceptPpb, rejectPpb }) => ({
        data: { values: [{ from_ppb: acceptPpb, to_ppb: rejectPpb }] },
        mark: { type: 'rect', color: 'var(--c5)', opacity: 0.16 },
        encoding: { x: x('from_ppb'), x2: { field: 'to_ppb' } },
      })),
      {
        transform: [
          { calculate: `max(${EQUAL_PPB}, datum.from_ppb)`, as: 'left_ppb' },
          { calculate: `min(${FARTHEST_PPB}, datum.to_ppb)`, as: 'right_ppb' },
        ],
        mark: { type: 'rect', cornerRadius: 2, height: { band: 0.62 } },
        encoding: {
          x: x('left_ppb'),
          x2: { field: 'right_ppb' },
          y: rowAxis('served'),
          color: {
            field: 'conduct',
            type: 'nominal',
            scale: scaleOf(order, colours),
            // Room for the names of the bands.
            legend: { ...legendAbove(4), symbolOpacity: 1, symbolType: 'square', offset: 24 },
          },
          opacity: {
            field: 'group_share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.3, 1] },
            legend: null,
          },
          tooltip: [
            { field: 'served', title: 'Really served' },
            { field: 'from_ppb', title: 'From (ppb)', format: ',' },
            { field: 'audit_count', title: 'Audits', format: ',' },
          ],
        },
      },
      {
        data: { values: edges },
        mark: { type: 'rule', strokeDash: [4, 3], color: 'var(--ink)' },
        encoding: { x: x('edge_ppb') },
      },
      ...words.map(({ at_ppb, word, align, dx }) => ({
        data: { values: [{ at_ppb, word }] },
        mark: { type: 'text', align, dx, y: -6, baseline: 'bottom', clip: false },
        encoding: { x: x('at_ppb'), text: { field: 'word' } },
      })),
    ],
  };
}

/** What was declared down, what was served across: rejected of audited in each cell, and the nearest distance beneath. */
export function pairMatrix(chart: { readonly declared: readonly string[]; readonly served: readonly string[] }): Spec {
  const { declared, served } = chart;
  const axisOf = (field: string, order: readonly string[], title: string): Spec => ({
    field,
    type: 'nominal',
    scale: { domain: order, paddingInner: 0, paddingOuter: 0 },
    axis: { title, labelAngle: 0, labelLimit: 110, domain: false, ticks: false, grid: false },
  });
  const encoding = {
    x: { ...axisOf('served', served, 'Really served') },
    y: axisOf('declared', declared, 'Declared'),
  };
  const words = (calculate: string, dy: number, fontSize: number): Spec => ({
    transform: [{ calculate, as: 'word' }],
    mark: { type: 'text', dy, fontSize, color: 'var(--ink)' },
    encoding: { ...encoding, text: { field: 'word', type: 'nominal' } },
  });
  return {
    ...base,
    ...fitted({ width: SIZE.full.width, height: Math.max(90, 40 * declared.length) }),
    layer: [
      {
        transform: [
          { calculate: `datum.declared === datum.served ? 'as declared' : 'another variant'`, as: 'which' },
          { calculate: 'datum.rejected_count / datum.audit_count', as: 'rejected_share' },
        ],
        mark: { type: 'rect', stroke: 'var(--paper)', strokeWidth: 2 },
        encoding: {
          ...encoding,
          color: {
            field: 'which',
            type: 'nominal',
            scale: scaleOf(['as declared', 'another variant'], ['var(--c0)', 'var(--c1)']),
            legend: { ...legendAbove(2), symbolType: 'square', symbolOpacity: 0.5 },
          },
          // Beyond 0.5 the words could not be read.
          opacity: {
            field: 'rejected_share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.15, 0.5] },
            legend: null,
          },
          tooltip: [
            { field: 'declared', title: 'Declared' },
            { field: 'served', title: 'Really served' },
            { field: 'audit_count', title: 'Audited', format: ',' },
            { field: 'rejected_count', title: 'Rejected', format: ',' },
            { field: 'nearest_ppb', title: 'Nearest (ppb)', format: ',' },
            { field: 'farthest_ppb', title: 'Farthest (ppb)', format: ',' },
          ],
        },
      },
      words(`datum.rejected_count + ' of ' + datum.audit_count`, -7, 12),
      words(`isValid(datum.nearest_ppb) ? format(datum.nearest_ppb, ',.3~r') : ''`, 9, 10),
    ],
  };
}

const qualityAxis = (title: string, tickCount = 5): Spec => ({
  field: 'true_quality_share',
  type: 'quantitative',
  scale: { zero: false, nice: true, padding: 10 },
  axis: { title, ...labels('share'), tickCount, grid: true },
});

/** One point for each miner: true quality of what it served against its reward, area by requests. */
export function rewardScatter(order: readonly string[]): Spec {
  const legend = { ...legendAbove(4), symbolOpacity: 1 };
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: 260 }),
    mark: { type: 'point', filled: true, opacity: 0.75 },
    encoding: {
      x: qualityAxis('True quality of what the miner served'),
      y: {
        field: 'reward_tokens',
        type: 'quantitative',
        scale: { zero: true, nice: true },
        axis: { title: 'PoWR reward (tokens in the run)', ...labels('number'), tickCount: 5, grid: true },
      },
      size: { field: 'served_count', type: 'quantitative', scale: { range: [30, 300], zero: true }, legend: null },
      color: { field: 'strategy', type: 'nominal', scale: scaleOf(order, SERIES), legend },
      shape: { field: 'strategy', type: 'nominal', scale: scaleOf(order, SHAPES), legend },
      tooltip: [
        { field: 'miner', title: 'Miner' },
        { field: 'strategy', title: 'Strategy' },
        { field: 'true_quality_share', title: 'True quality', format: '.1%' },
        { field: 'reward_tokens', title: 'PoWR reward (tokens)', format: ',.1f' },
        { field: 'served_count', title: 'Requests served', format: ',' },
        { field: 'found', title: 'Found by audits' },
      ],
    },
  };
}

/** Room for the axis of a panel that has its own. */
const PANEL_GAP = 64;

/** One point for each model and panel: true quality of its answers against a measure of each panel’s own. */
export function modelPanels(chart: { readonly order: readonly string[]; readonly panels: readonly string[] }): Spec {
  const { order, panels } = chart;
  const legend = { ...legendAbove(6), symbolOpacity: 1 };
  return {
    ...base,
    columns: panels.length,
    bounds: 'flush',
    spacing: PANEL_GAP,
    facet: { field: 'measure', type: 'nominal', sort: byPlace, header: { title: null, labelLimit: 320 } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: Math.floor((SIZE.full.width - PANEL_GAP * panels.length) / panels.length),
      height: 210,
      mark: { type: 'point', filled: true, opacity: 0.8, size: 110 },
      encoding: {
        x: qualityAxis('True quality of its answers', 4),
        y: {
          field: 'value',
          type: 'quantitative',
          scale: { zero: false, nice: 4, padding: 10 },
          axis: { title: null, ...labels('number'), tickCount: 4, grid: true },
        },
        color: { field: 'strategy', type: 'nominal', scale: scaleOf(order, SERIES), legend },
        shape: { field: 'strategy', type: 'nominal', scale: scaleOf(order, SHAPES), legend },
        tooltip: [
          { field: 'model', title: 'Model' },
          { field: 'strategy', title: 'Strategy' },
          { field: 'variant', title: 'Variant on the ledger' },
          { field: 'true_quality_share', title: 'True quality', format: '.1%' },
          { field: 'value', title: 'Value', format: ',.3~r' },
          { field: 'served_count', title: 'Requests served', format: ',' },
        ],
      },
    },
  };
}

/** Where each of some things stood over the eras, as bars in the colour of the stand; lines are eras of their own. */
export function stands(chart: {
  readonly bins: EraBins;
  readonly count: number;
  readonly order: readonly string[];
  readonly colours: readonly string[];
  readonly marks: readonly number[];
}): Spec {
  const { bins, count, order, colours, marks } = chart;
  // Whole eras, however many a point of other charts stands for.
  const axis = { ...(eraAxis(bins, 'bars').axis as Spec), title: 'Era' };
  const x = (field: string): Spec => ({ ...eraAxis(bins, 'bars'), bin: undefined, field, axis });
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(90, 22 * count) }),
    layer: [
      {
        transform: [
          { calculate: 'datum.from_era - 0.5', as: 'left' },
          { calculate: 'datum.to_era + 0.5', as: 'right' },
        ],
        mark: { type: 'rect', height: { band: 0.7 }, stroke: 'var(--paper)', strokeWidth: 1 },
        encoding: {
          x: x('left'),
          x2: { field: 'right' },
          y: { ...rowAxis('model', 260), scale: { paddingInner: 0, paddingOuter: 0 } },
          color: {
            field: 'stand',
            type: 'nominal',
            scale: scaleOf(order, colours),
            legend: { ...legendAbove(4), symbolType: 'square' },
          },
          tooltip: [
            { field: 'model', title: 'Model' },
            { field: 'stand', title: 'Stand' },
            { field: 'from_era', title: 'From era', format: 'd' },
            { field: 'to_era', title: 'To era', format: 'd' },
            { field: 'variant', title: 'Variant at the end of it' },
          ],
        },
      },
      ...(marks.length === 0
        ? []
        : [
            {
              data: { values: marks.map((era) => ({ at: era - 0.5 })) },
              mark: { type: 'rule', strokeDash: [4, 3], color: 'var(--ink)' },
              encoding: { x: x('at') },
            },
          ]),
    ],
  };
}

/** Counts of each row by part, as stacked bars that lie. */
export function lyingStacks(chart: {
  readonly count: number;
  readonly name: string;
  readonly part: string;
  readonly order: readonly string[];
  readonly colours: readonly string[];
  readonly value: string;
  readonly title: string;
  readonly format: Format;
}): Spec {
  const { count, name, part, order, colours, value, title, format } = chart;
  return {
    ...base,
    ...fitted({ width: SIZE.half.width, height: Math.max(60, 22 * count) }),
    mark: { type: 'bar' },
    encoding: {
      x: {
        field: value,
        type: 'quantitative',
        stack: 'zero',
        axis: { title, ...labels(format), tickCount: 6, grid: true },
      },
      y: rowAxis(name),
      color: {
        field: part,
        type: 'nominal',
        scale: scaleOf(order, colours),
        legend: { ...legendAbove(2), symbolType: 'square' },
      },
      order: { field: part, type: 'nominal', sort: 'ascending' },
      tooltip: [
        { field: name, title: 'Variant' },
        { field: part, title: 'How' },
        { field: value, title: 'Answers', format: ',' },
      ],
    },
  };
}
