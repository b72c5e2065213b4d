/**
 * The script of a sweep's page, run in the reader's browser: redraws each picture in place, shows the figures of a cell
 * at the pointer, lets the reader pick another metric, and hands out files. Without it the page shows what it was given.
 */
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { withRows } from './chartRows.ts';
import { DATA_NAME } from './charts.ts';
import { csvOf, jsonOf, specOf } from './files.ts';
import { formatNumber } from './numbers.ts';
import { refuseLoader } from './refuseLoader.ts';
import { PICKED_FIGURE_ID, SWEEP_PAYLOAD_ID, type SweepPayload } from './sweepPayload.ts';
import { describeSeries, drawnTableOf, type SweepSeries, tableOf } from './sweepView.ts';
import { recordsOf, thinned } from './table.ts';
import { COLOURS, withLightColours } from './theme.ts';

/** As much of the browser as is used here: the libraries of the other rooms must not see a document. */
type Dom = {
  textContent: string | null;
  className: string;
  value: string;
  href: string;
  download: string;
  hidden: boolean;
  readonly clientWidth: number;
  readonly dataset: Record<string, string>;
  readonly style: { setProperty(name: string, value: string): void };
  append(...children: readonly (Dom | string)[]): void;
  replaceChildren(...children: readonly Dom[]): void;
  setAttribute(name: string, value: string): void;
  cloneNode(deep: true): Dom;
  querySelector(selector: string): Dom | null;
  getBoundingClientRect(): { readonly width: number; readonly height: number };
  addEventListener(type: string, listener: () => void): void;
  click(): void;
  remove(): void;
};
declare const document: {
  readonly documentElement: Dom;
  readonly body: Dom;
  getElementById(id: string): Dom | null;
  createElement(name: string): Dom;
};
declare const Blob: new (parts: readonly string[], options: { readonly type: string }) => object;
declare const URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
declare const XMLSerializer: new () => { serializeToString(node: Dom): string };
declare const ResizeObserver: new (listener: () => void) => { observe(element: Dom): void };
declare const requestAnimationFrame: (callback: () => void) => void;

const payload = JSON.parse(document.getElementById(SWEEP_PAYLOAD_ID)!.textContent!) as SweepPayload;
const { axes } = payload;
const seriesOf = new Map(payload.series.map((series) => [series.name, series]));

function element(name: string, className: string, text = ''): Dom {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function offer(name: string, type: string, content: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  requestAnimationFrame(() => URL.revokeObjectURL(link.href));
}

/** The picture alone, with colours and a background of its own, for use elsewhere. */
function pictureOf(plot: Dom): string {
  const svg = plot.querySelector('svg')!.cloneNode(true);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('font-family', 'system-ui, Arial, sans-serif');
  // As a rectangle: the page's content policy refuses style attributes, in copies too.
  const ground = `<rect width="100%" height="100%" fill="${COLOURS['--paper']![0]}"/>`;
  const text = new XMLSerializer().serializeToString(svg).replace('>', `>${ground}`);
  return `${withLightColours(text)}\n`;
}

function addTools(figure: Dom, plot: Dom, shown: () => SweepSeries): void {
  const tools = figure.querySelector('.tools')!;
  const tool = (label: string, extension: string, type: string, content: (series: SweepSeries) => string): void => {
    const button = element('button', '', label);
    button.setAttribute('type', 'button');
    button.setAttribute('aria-label', `Download ${label}`);
    button.addEventListener('click', () => {
      const series = shown();
      const stem = `${payload.fileStem}-${series.name.replace(/[^A-Za-z0-9_-]+/g, '-')}`;
      offer(`${stem}.${extension}`, type, content(series));
    });
    tools.append(button);
  };
  tool('CSV', 'csv', 'text/csv', (series) => csvOf(tableOf(axes, series)));
  tool('JSON', 'json', 'application/json', (series) => jsonOf(tableOf(axes, series)));
  tool('Vega-Lite', 'vl.json', 'application/json', (series) =>
    specOf(describeSeries(axes, series).title, payload.vegaLite, payload.config, recordsOf(drawnTableOf(axes, series))),
  );
  tool('SVG', 'svg', 'image/svg+xml', () => pictureOf(plot));
  tools.hidden = false;
}

const tip = element('div', 'tip');
tip.hidden = true;

function showTip(lines: readonly (readonly [string, string])[], x: number, y: number): void {
  const list = element('dl', '');
  for (const [name, value] of lines) list.append(element('dt', '', name), element('dd', '', value));
  tip.replaceChildren(list);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const page = document.documentElement.clientWidth;
  const left = x + 14 + width > page ? x - width - 14 : x + 14;
  tip.style.setProperty('left', `${Math.max(4, left)}px`);
  tip.style.setProperty('top', `${Math.max(4, y - height / 2)}px`);
}

type Drawn = { show(series: SweepSeries): Promise<void> };

/** Draws the figure anew where it stands; the picture that was there stays until the new one is ready. */
async function enliven(plot: Dom, first: SweepSeries): Promise<Drawn> {
  const spec = withRows(payload.vega, recordsOf(drawnTableOf(axes, first)));
  const runtime = parse(spec as unknown as Parameters<typeof parse>[0], undefined, { ast: true } as object);
  const stage = element('div', 'stage');
  const view = new View(runtime, {
    renderer: 'svg',
    container: stage,
    hover: true,
    loader: refuseLoader,
    expr: expressionInterpreter,
  } as object);
  view.tooltip((_handler: unknown, event: unknown, _item: unknown, value: unknown) => {
    if (typeof value !== 'object' || value === null) {
      tip.hidden = true;
      return;
    }
    const { clientX, clientY } = event as { readonly clientX: number; readonly clientY: number };
    showTip(
      Object.entries(value).map(([name, text]) => [name, String(text)] as const),
      clientX,
      clientY,
    );
  });
  let drawnWidth = 0;
  const refit = async (): Promise<void> => {
    const width = plot.clientWidth;
    if (!payload.isFitted || width === 0 || width === drawnWidth) return;
    drawnWidth = width;
    await view.width(width).runAsync();
  };
  await view.runAsync();
  plot.querySelector('svg')!.remove();
  plot.append(stage);
  stage.querySelector('svg')!.setAttribute('aria-hidden', 'true');
  await refit();
  new ResizeObserver(() => void refit()).observe(plot);
  return {
    async show(series) {
      await view.data(DATA_NAME, recordsOf(drawnTableOf(axes, series)) as object[]).runAsync();
    },
  };
}

const MOST_ROWS = 200;

/** The table below the picture, made anew. */
function dataTable(series: SweepSeries): Dom {
  const { columns, rows } = tableOf(axes, series);
  const shown = thinned(rows, MOST_ROWS);
  const table = document.createElement('table');
  const head = document.createElement('tr');
  const cell = (tag: string, text: string, isNumber: boolean): Dom => element(tag, isNumber ? 'n' : '', text);
  for (const [i, { title }] of columns.entries()) head.append(cell('th', title, i >= axes.length));
  const thead = document.createElement('thead');
  thead.append(head);
  const body = document.createElement('tbody');
  for (const row of shown) {
    const line = document.createElement('tr');
    for (const [i, value] of row.entries()) {
      const text = value === null ? '–' : typeof value === 'number' ? formatNumber(value) : value;
      line.append(cell('td', text, i >= axes.length));
    }
    body.append(line);
  }
  table.append(thead, body);
  const scroll = element('div', 'scroll');
  scroll.setAttribute('tabindex', '0');
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', `Data: ${series.name}`);
  scroll.append(table);
  return scroll;
}

function addPicker(figure: Dom, first: SweepSeries, show: (series: SweepSeries) => Promise<void>): void {
  const picker = figure.querySelector('.picker')!;
  const select = figure.querySelector('select')!;
  for (const { name } of payload.series) {
    const option = element('option', '', name);
    option.value = name;
    select.append(option);
  }
  select.value = first.name;
  select.addEventListener('change', () => {
    const series = seriesOf.get(select.value);
    if (series === undefined) return;
    const { title, summary } = describeSeries(axes, series);
    figure.querySelector('figcaption h3 span')!.textContent = title;
    figure.querySelector('figcaption p')!.textContent = summary;
    figure.querySelector('.data')!.replaceChildren(dataTable(series));
    void show(series);
  });
  picker.hidden = false;
}

async function start(): Promise<void> {
  document.body.append(tip);
  for (const { id, series: name } of payload.figures) {
    const figure = document.getElementById(`fig-${id}`)!;
    const plot = figure.querySelector('.plot')!;
    let shown = seriesOf.get(name)!;
    addTools(figure, plot, () => shown);
    const drawn = await enliven(plot, shown);
    if (id === PICKED_FIGURE_ID)
      addPicker(figure, shown, async (series) => {
        shown = series;
        await drawn.show(series);
      });
    await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
  }
  document.documentElement.dataset.charts = 'live';
}

void start();
