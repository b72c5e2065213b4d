/**
 * The page's script, run in the reader's browser: redraws each picture in place at the width it has, reads values off at
 * the pointer or by arrow keys, and hands out files. Without it the page is complete; it decides nothing about contents.
 */

import {
  type Box,
  type Dom,
  element,
  enliven,
  hideTip,
  nextFrame,
  offer,
  page,
  pictureOf,
  showTip,
  tip,
} from './browserPage.ts';
import { chartRows, withRows } from './chartRows.ts';
import { csvOf, jsonOf, specOf } from './files.ts';
import { formatNumber, formatShare } from './numbers.ts';
import { type FigurePayload, PAYLOAD_ID, type Payload, unpackTable } from './payload.ts';
import { recordsOf, type Table, type TableRecord } from './table.ts';

/** A figure with its table as everybody but the page's text knows it. */
type Shown = Omit<FigurePayload, 'data'> & { readonly data: Table };

const payload = JSON.parse(page.getElementById(PAYLOAD_ID)!.textContent!) as Payload;

function addTools(figure: Dom, plot: Dom, shown: Shown): void {
  const tools = figure.querySelector('.tools')!;
  const stem = `${payload.fileStem}-${shown.id}`;
  const tool = (label: string, content: () => string, extension: string, type: string): void => {
    const button = element('button', '', label);
    button.setAttribute('type', 'button');
    button.setAttribute('aria-label', `Download ${label}: ${shown.title}`);
    button.addEventListener('click', () => offer(`${stem}.${extension}`, type, content()));
    tools.append(button);
  };
  tool('CSV', () => csvOf(shown.data), 'csv', 'text/csv');
  tool('JSON', () => jsonOf(shown.data), 'json', 'application/json');
  tool(
    'Vega-Lite',
    () => specOf(shown.title, shown.vegaLite, payload.config, chartRows(shown.data, shown.order)),
    'vl.json',
    'application/json',
  );
  tool('SVG', () => pictureOf(plot), 'svg', 'image/svg+xml');
  tools.hidden = false;
}

function writeValue(cell: unknown, format: 'number' | 'share' | 'ratio'): string {
  if (typeof cell !== 'number') return '–';
  return format === 'share' ? formatShare(cell) : format === 'ratio' ? cell.toFixed(3) : formatNumber(cell);
}

/** Reads values off a chart over eras: by pointer anywhere in a panel, by arrow keys era by era. */
function addCursor(plot: Dom, shown: Shown): void {
  const { cursor } = shown;
  if (cursor === null) return;
  const { domain, panels } = cursor;
  const rows = recordsOf(shown.data);
  const eras = [...new Set(rows.map((row) => row.era as number))];
  const line = element('div', 'cursor');
  line.hidden = true;
  const spoken = element('output', 'spoken');
  plot.append(line, spoken);
  let chosen = -1;
  let panel = 0;

  const panelBoxes = (): Box[] => {
    const grounds = [...plot.querySelectorAll(panels === null ? '.root > g > .background' : '.cell > g > .background')];
    return grounds.map((ground) => ground.getBoundingClientRect());
  };
  const linesOf = (era: number): (readonly [string, string])[] => {
    const here = (row: TableRecord): boolean =>
      row.era === era && (panels === null || row[panels.key] === panels.labels[panel]);
    return rows.filter(here).map((row) => {
      const value = writeValue(row[cursor.value], cursor.format);
      const band = cursor.band?.map((key) => writeValue(row[key], cursor.format)).join(' to ');
      return [String(row[cursor.series]), band === undefined ? value : `${value} (${band})`];
    });
  };
  const show = (index: number, box: Box, y: number): readonly (readonly [string, string])[] => {
    chosen = index;
    const era = eras[index]!;
    const inside = (era - domain[0]) / (domain[1] - domain[0]);
    const frame = plot.getBoundingClientRect();
    line.style.setProperty('left', `${box.left - frame.left + plot.scrollLeft + inside * box.width}px`);
    line.style.setProperty('top', `${box.top - frame.top}px`);
    line.style.setProperty('height', `${box.height}px`);
    line.hidden = false;
    const values = linesOf(era);
    showTip(`Era ${era}`, values, { x: box.left + inside * box.width, y });
    return values;
  };
  const hide = (): void => {
    line.hidden = true;
    hideTip();
  };
  plot.addEventListener('pointermove', ({ clientX, clientY }) => {
    const boxes = panelBoxes();
    const hit = boxes.findIndex(
      (box) =>
        clientX >= box.left - 4 &&
        clientX <= box.left + box.width + 4 &&
        clientY >= box.top &&
        clientY <= box.top + box.height,
    );
    if (hit === -1) return hide();
    panel = hit;
    const box = boxes[hit]!;
    const era = domain[0] + ((clientX - box.left) / box.width) * (domain[1] - domain[0]);
    let nearest = 0;
    eras.forEach((candidate, i) => {
      if (Math.abs(candidate - era) < Math.abs(eras[nearest]! - era)) nearest = i;
    });
    show(nearest, box, clientY);
  });
  plot.addEventListener('pointerleave', hide);
  plot.addEventListener('blur', hide);
  plot.addEventListener('keydown', (event) => {
    const panelCount = panels?.labels.length ?? 1;
    if (event.key === 'Escape') return hide();
    if (event.key === 'ArrowRight') chosen = Math.min(eras.length - 1, chosen + 1);
    else if (event.key === 'ArrowLeft') chosen = Math.max(0, chosen - 1);
    else if (event.key === 'Home') chosen = 0;
    else if (event.key === 'End') chosen = eras.length - 1;
    else if (event.key === 'ArrowDown' && panelCount > 1) panel = (panel + 1) % panelCount;
    else if (event.key === 'ArrowUp' && panelCount > 1) panel = (panel + panelCount - 1) % panelCount;
    else return;
    event.preventDefault();
    const box = panelBoxes()[panel];
    if (box === undefined) return;
    const values = show(Math.max(0, chosen), box, box.top + box.height / 2);
    spoken.textContent = `Era ${eras[Math.max(0, chosen)]}: ${values.map(([name, value]) => `${name} ${value}`).join(', ')}`;
  });
}

async function start(): Promise<void> {
  page.body.append(tip);
  for (const packed of payload.figures) {
    const shown: Shown = { ...packed, data: unpackTable(packed.data) };
    const figure = page.getElementById(`fig-${shown.id}`)!;
    const plot = figure.querySelector('.plot')!;
    addTools(figure, plot, shown);
    if (shown.cursor !== null) plot.tabIndex = 0;
    addCursor(plot, shown);
    const spec = withRows({ ...shown.vega, config: payload.vegaConfig }, chartRows(shown.data, shown.order));
    await enliven(plot, spec, shown.isFitted, ([heading, ...lines], at) => showTip(heading![1], lines, at));
    await nextFrame();
  }
  page.documentElement.dataset.charts = 'live';
}

void start();
