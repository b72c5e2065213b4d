/** The report of a sweep: one HTML file as a text. Reads nothing but its arguments, so equal sweeps give equal bytes. */
import { drawFigure } from './draw.ts';
import { MOST_PANELS, panelCount, sweepChart } from './sweepCharts.ts';
import { renderSweepPage, type SweepFacts, type SweepFigure } from './sweepPage.ts';
import { PICKED_FIGURE_ID, type SweepPayload } from './sweepPayload.ts';
import { describeSeries, drawnTableOf, type SweepSeries, tableOf } from './sweepView.ts';
import { CHART_CONFIG } from './theme.ts';

export type SweepReportInput = {
  readonly facts: SweepFacts;
  /** Metrics with a figure of their own; the first is the one that a reader may exchange. */
  readonly outcomes: readonly SweepSeries[];
  /** All metrics, to choose from. */
  readonly metrics: readonly SweepSeries[];
  /** The browser script (`buildReportRuntime` of `sim/store`). Absent: pictures and tables only, without any script. */
  readonly runtime?: string;
};

/** Six digits are more than a picture shows. */
function rounded(x: number | null): number | null {
  return x === null ? null : Number(x.toPrecision(6));
}

/**
 * One HTML document that needs nothing else: no network, no file, and with script switched off still the pictures and
 * tables of `outcomes`.
 *
 * @throws Error if a chart cannot be compiled or drawn (a bug)
 */
export async function renderSweepReport(input: SweepReportInput): Promise<string> {
  const { facts, outcomes, metrics, runtime = '' } = input;
  const { axes } = facts;
  const spec = sweepChart(axes);
  const figures: SweepFigure[] = [];
  for (const [i, series] of outcomes.entries()) {
    const id = i === 0 ? PICKED_FIGURE_ID : `outcome-${i}`;
    const { title, summary } = describeSeries(axes, series);
    const drawing = await drawFigure({
      id,
      title,
      summary,
      size: 'full',
      data: drawnTableOf(axes, series),
      order: null,
      spec,
      preview: { columns: [], rows: [] },
      previewNote: '',
      cursor: null,
    });
    figures.push({ id, title, summary, data: tableOf(axes, series), drawing });
  }
  const names = new Set(outcomes.map(({ name }) => name));
  const series = [...outcomes, ...metrics.filter(({ name }) => !names.has(name))].map(({ name, cells }) => ({
    name,
    cells: cells.map(({ n, mean, halfWidth }) => ({ n, mean: rounded(mean), halfWidth: rounded(halfWidth) })),
  }));
  const payload: SweepPayload | null =
    figures[0] === undefined
      ? null
      : {
          fileStem: `${facts.name.replace(/[^A-Za-z0-9_-]+/g, '-')}-sweep`,
          config: CHART_CONFIG,
          axes,
          vegaLite: spec,
          vega: figures[0].drawing.vega,
          isFitted: 'autosize' in spec,
          figures: figures.map(({ id }, i) => ({ id, series: outcomes[i]!.name })),
          series,
        };
  const panels = panelCount(axes);
  return renderSweepPage({
    facts,
    figures,
    note:
      panels > MOST_PANELS
        ? `Each figure shows the first ${MOST_PANELS} of ${panels} panels; its data and sweep.csv have all.`
        : '',
    payload,
    script: runtime,
  });
}
