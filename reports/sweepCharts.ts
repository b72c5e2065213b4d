/**
 * Vega-Lite specifications of a sweep: a line with its interval for one axis, a heat map for two, heat maps side by side
 * for more. Data stay outside, so that one specification serves every metric.
 */
import { DATA_NAME, SIZE, type Spec } from './charts.ts';
import { axisKeys, DRAWN, DRAWN_AXES, numberScale, type SweepAxis } from './sweepView.ts';

const base = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', data: { name: DATA_NAME } } as const;
const fitted = (height: number): Spec => ({
  width: SIZE.full.width,
  height,
  autosize: { type: 'fit-x', contains: 'padding' },
});

/** Four significant digits, no exponent. */
const FIGURE = ',.4~r';
const tooltipOf = (axes: readonly SweepAxis[]): Spec[] => [
  ...axisKeys(axes).map((field, i) => ({ field, title: axes[i]!.path })),
  { field: 'mean', title: 'Mean', format: ',.6~r' },
  { field: 'half_width', title: '± half of the 95 % interval', format: ',.3~r' },
  { field: 'n', title: 'Runs' },
];

/** In the order of a column of numbers. */
const by = (field: string, order: 'ascending' | 'descending' = 'ascending'): Spec => ({ field, op: 'min', order });

/** Mean of each value as a line and its interval as a band; words as points with their intervals. */
function intervalLine(axis: SweepAxis): Spec {
  const scale = numberScale(axis);
  const key = axisKeys([axis])[0]!;
  const title = scale === null || scale.unit === '' ? axis.path : `${axis.path} (${scale.unit})`;
  const x =
    scale === null
      ? { field: key, type: 'ordinal', sort: by(DRAWN.across), axis: { title, labelAngle: 0 } }
      : {
          field: DRAWN.across,
          type: 'quantitative',
          scale: { zero: false, nice: false, padding: 12 },
          axis: { title, values: [...new Set(scale.numbers)].sort((a, b) => a - b), format: ',~f', labelOverlap: true },
        };
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { zero: false, nice: true },
    axis: { title: 'Mean over seeds', format: ',~f', tickCount: 6 },
  });
  const known = [{ filter: 'isValid(datum.mean)' }];
  return {
    ...base,
    ...fitted(300),
    layer: [
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark:
          scale === null
            ? { type: 'rule', color: 'var(--c0)', strokeWidth: 2, opacity: 0.55 }
            : { type: 'area', color: 'var(--c0)', opacity: 0.2 },
        encoding: { x, y: y('low'), y2: { field: 'high' } },
      },
      ...(scale === null
        ? []
        : [{ transform: known, mark: { type: 'line', color: 'var(--c0)' }, encoding: { x, y: y('mean') } }]),
      {
        transform: known,
        mark: { type: 'point', color: 'var(--c0)', filled: true, size: 60, opacity: 1 },
        encoding: { x, y: y('mean'), tooltip: tooltipOf([axis]) },
      },
    ],
  };
}

/** Cells narrower than this hold no figures; the tooltip has them. */
const LEAST_CELL = { mean: 46, all: 64 } as const;
const CELL_HEIGHT = 58;

/** Layers of a heat map: colour by mean; in each cell mean, interval and number of runs, as far as there is room. */
function heatLayers(
  axes: readonly SweepAxis[],
  cellWidth: number,
): { readonly encoding: Spec; readonly layer: Spec[] } {
  const [across, up] = [axes[0]!, axes[1]!];
  const keys = axisKeys(axes);
  const text = (field: string, dy: number, style: Spec): Spec => ({
    mark: { type: 'text', dy, color: 'var(--ink)', ...style },
    encoding: { text: { field, type: 'nominal' } },
  });
  const muted = { fontSize: 10 };
  return {
    encoding: {
      x: {
        field: keys[0],
        type: 'ordinal',
        sort: by(DRAWN.across),
        scale: { paddingInner: 0, paddingOuter: 0 },
        axis: { title: across.path, labelAngle: 0, labelOverlap: true, domain: false, ticks: false },
      },
      y: {
        field: keys[1],
        type: 'ordinal',
        sort: by(DRAWN.up, 'descending'),
        scale: { paddingInner: 0, paddingOuter: 0 },
        axis: { title: up.path, labelOverlap: true, grid: false },
      },
    },
    layer: [
      {
        transform: [{ filter: 'isValid(datum.mean)' }],
        mark: { type: 'rect', color: 'var(--c0)', stroke: 'var(--paper)', strokeWidth: 2 },
        encoding: {
          // Opacity of one colour, so that a picture serves light and dark; beyond 0.6 the figures could not be read.
          opacity: {
            field: 'mean',
            type: 'quantitative',
            scale: { range: [0.06, 0.6], zero: false, nice: false },
            legend: {
              orient: 'top',
              direction: 'horizontal',
              title: 'Mean over seeds',
              format: FIGURE,
              symbolType: 'square',
              symbolFillColor: 'var(--c0)',
              symbolStrokeWidth: 0,
            },
          },
          tooltip: tooltipOf(axes),
        },
      },
      ...(cellWidth < LEAST_CELL.mean
        ? []
        : cellWidth < LEAST_CELL.all
          ? [text(DRAWN.meanText, 0, { fontSize: 10 })]
          : [
              text(DRAWN.meanText, -15, { fontSize: 12, fontWeight: 600 }),
              text(DRAWN.intervalText, 1, muted),
              text(DRAWN.countText, 15, muted),
            ]),
    ],
  };
}

/** Room beside the cells for the labels of the axis that goes up. */
const LABEL_ROOM = 110;

/** Panels beyond this are not drawn; the table has them. */
export const MOST_PANELS = 24;
const PANEL_COLUMNS = { many: 2, few: 3 } as const;
/** Columns of cells that leave room for three panels side by side. */
const FEW_CELLS = 4;

/** Pictures side by side: one for each combination of the axes beyond the second. */
export function panelCount(axes: readonly SweepAxis[]): number {
  return axes.slice(DRAWN_AXES).reduce((count, { values }) => count * values.length, 1);
}

/** The picture of a metric over the axes of a sweep, at least one. */
export function sweepChart(axes: readonly SweepAxis[]): Spec {
  const [across, up] = axes;
  if (up === undefined) return intervalLine(across!);
  if (axes.length === DRAWN_AXES) {
    const cellWidth = (SIZE.full.width - LABEL_ROOM) / across!.values.length;
    return {
      ...base,
      ...fitted(CELL_HEIGHT * up.values.length),
      ...heatLayers(axes, cellWidth),
    };
  }
  const columns = Math.min(panelCount(axes), PANEL_COLUMNS[across!.values.length > FEW_CELLS ? 'many' : 'few']);
  const width = Math.floor(SIZE.full.width / columns) - LABEL_ROOM;
  return {
    ...base,
    transform: [{ filter: `datum.${DRAWN.panelPlace} < ${MOST_PANELS}` }],
    columns,
    spacing: { row: 22, column: 26 },
    facet: { field: DRAWN.panel, type: 'nominal', sort: by(DRAWN.panelPlace), header: { title: null } },
    spec: { width, height: CELL_HEIGHT * up.values.length, ...heatLayers(axes, width / across!.values.length) },
  };
}
