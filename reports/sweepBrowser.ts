/**
 * The script of a sweep's page, run in the reader's browser: redraws each picture in place, shows the figures of a cell
 * at the pointer, lets the reader pick another metric, and hands out files. Without it the page shows what it was given.
 */

import { type Dom, element, enliven, nextFrame, offer, page, pictureOf, showTip, tip } from './browserPage.ts';
import { withRows } from './chartRows.ts';
import { DATA_NAME } from './charts.ts';
import { csvOf, jsonOf, specOf } from './files.ts';
import { formatNumber } from './numbers.ts';
import { PICKED_FIGURE_ID, SWEEP_PAYLOAD_ID, type SweepPayload } from './sweepPayload.ts';
import { describeSeries, drawnTableOf, type SweepSeries, tableOf } from './sweepView.ts';
import { recordsOf, thinned } from './table.ts';

const payload = JSON.parse(page.getElementById(SWEEP_PAYLOAD_ID)!.textContent!) as SweepPayload;
const { axes } = payload;
const seriesOf = new Map(payload.series.map((series) => [series.name, series]));

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

const MOST_ROWS = 200;

/** The table below the picture, made anew. */
function dataTable(series: SweepSeries): Dom {
  const { columns, rows } = tableOf(axes, series);
  const shown = thinned(rows, MOST_ROWS);
  const table = page.createElement('table');
  const head = page.createElement('tr');
  const cell = (tag: string, text: string, isNumber: boolean): Dom => element(tag, isNumber ? 'n' : '', text);
  for (const [i, { title }] of columns.entries()) head.append(cell('th', title, i >= axes.length));
  const thead = page.createElement('thead');
  thead.append(head);
  const body = page.createElement('tbody');
  for (const row of shown) {
    const line = page.createElement('tr');
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
  page.body.append(tip);
  for (const { id, series: name } of payload.figures) {
    const figure = page.getElementById(`fig-${id}`)!;
    const plot = figure.querySelector('.plot')!;
    let shown = seriesOf.get(name)!;
    addTools(figure, plot, () => shown);
    const spec = withRows(payload.vega, recordsOf(drawnTableOf(axes, shown)));
    const view = await enliven(plot, spec, payload.isFitted, (values, at) => showTip(null, values, at));
    if (id === PICKED_FIGURE_ID)
      addPicker(figure, shown, async (series) => {
        shown = series;
        await view.data(DATA_NAME, recordsOf(drawnTableOf(axes, series)) as object[]).runAsync();
      });
    await nextFrame();
  }
  page.documentElement.dataset.charts = 'live';
}

void start();
