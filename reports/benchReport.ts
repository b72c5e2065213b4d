/** The charts of benchmarks as one HTML page without script: a figure for each unit, a point and a range for each row. */
import { base, byPlace, fitted, labels, SIZE, type Spec } from './charts.ts';
import { drawFigure } from './draw.ts';
import { contentHash, type Html, html, markup } from './html.ts';
import { formatNumber } from './numbers.ts';
import { STYLE } from './style.ts';
import { type Table, table } from './table.ts';

/** A median over repetitions, and how far these lie apart. */
export type BenchRow = {
  /** Unique within its figure. */
  readonly name: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
};

export type BenchFigure = {
  /** Of letters, digits and hyphens; unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Of the axis, with its unit. */
  readonly axis: string;
  readonly rows: readonly BenchRow[];
  /** What the three numbers of a row are; default median, lowest and highest. */
  readonly heads?: readonly [middle: string, low: string, high: string];
};

export type BenchReportInput = {
  readonly title: string;
  /** What was measured on, for each benchmark. */
  readonly facts: readonly { readonly heading: string; readonly pairs: readonly (readonly [string, string])[] }[];
  /** Those without rows are left out. */
  readonly figures: readonly BenchFigure[];
  /** What a reader must know beside them; may be empty. */
  readonly notes: readonly string[];
};

const LABEL_PX_MAX = 320;
const LETTER_PX = 6.6;

function chartOf({ axis: title, rows }: BenchFigure): Spec {
  const axis = { title, ...labels('number'), tickCount: 8, grid: true };
  const longest = rows.reduce((most, { name }) => Math.max(most, name.length), 0);
  const y = {
    field: 'name',
    type: 'nominal',
    sort: byPlace,
    // Not measured but counted: the browser's letters may be wider than those that were counted on.
    axis: {
      title: null,
      labelLimit: LABEL_PX_MAX,
      minExtent: Math.min(LABEL_PX_MAX, LETTER_PX * longest),
      labelColor: 'var(--ink)',
    },
  };
  const x = (field: string): Spec => ({ field, type: 'quantitative', scale: { zero: true }, axis });
  return {
    ...base,
    ...fitted({ width: SIZE.full.width, height: Math.max(60, 26 * rows.length) }),
    layer: [
      { mark: { type: 'bar', color: 'var(--c0)', opacity: 0.3 }, encoding: { x: x('median'), y } },
      {
        mark: { type: 'rule', strokeWidth: 2, color: 'var(--ink)' },
        encoding: { x: x('low'), x2: { field: 'high' }, y },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1, color: 'var(--c0)' },
        encoding: { x: x('median'), y },
      },
    ],
  };
}

const tableOf = ({ axis, rows, heads: [middle, low, high] = ['Median', 'Lowest', 'Highest'] }: BenchFigure): Table =>
  table(
    { name: 'Measured', median: `${middle}: ${axis}`, low, high },
    rows.map(({ name, median, low, high }) => [name, median, low, high]),
  );

async function figureOf(figure: BenchFigure): Promise<Html> {
  const { id, title, summary, rows } = figure;
  const data = tableOf(figure);
  const { svg } = await drawFigure({
    ...{ id, title, summary, size: 'full', data, spec: chartOf(figure), cursor: null },
    order: { key: 'name', labels: rows.map(({ name }) => name) },
    preview: data,
    previewNote: '',
  });
  const head = data.columns.map(
    (column, i) => html`<th scope="col"${i > 0 ? markup(' class="n"') : ''}>${column.title}</th>`,
  );
  const body = rows.map(
    ({ name, median, low, high }) =>
      html`<tr><th scope="row">${name}</th>${[median, low, high].map((value) => html`<td class="n">${formatNumber(value)}</td>`)}</tr>`,
  );
  return html`<figure id="fig-${id}" class="full" aria-labelledby="fig-${id}-title">
<figcaption><h3 id="fig-${id}-title">${title}</h3><p id="fig-${id}-summary">${summary}</p></figcaption>
<div class="plot" role="img" aria-labelledby="fig-${id}-title" aria-describedby="fig-${id}-summary">${markup(svg)}</div>
<details><summary>Data</summary><div class="scroll" role="region" aria-label="Data: ${title}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></details>
</figure>`;
}

/**
 * One HTML document that loads nothing.
 *
 * @throws Error if a chart cannot be compiled or drawn (a bug)
 */
export async function renderBenchReport({ title, facts, figures, notes }: BenchReportInput): Promise<string> {
  const drawn: Html[] = [];
  for (const figure of figures) if (figure.rows.length > 0) drawn.push(await figureOf(figure));
  const policy = `default-src 'none'; style-src ${contentHash(STYLE)}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${markup(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="PoWR Lab"><title>${title}: PoWR Lab</title>
<style>${markup(STYLE)}</style></head><body>
<header class="head"><div><p class="eyebrow">PoWR Lab benchmark</p><h1>${title}</h1></div></header>
<main><section aria-labelledby="measured"><h2 id="measured">What was measured?</h2>
<div class="figures">${drawn}</div>${notes.map((note) => html`<p class="missing">${note}</p>`)}</section>
<section aria-labelledby="machine"><h2 id="machine">On what?</h2><div class="columns">${facts.map(
    ({ heading, pairs }) =>
      html`<div class="card"><h3>${heading}</h3><dl class="pairs">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`,
  )}</div></section>
</main></body></html>
`.markup;
}
