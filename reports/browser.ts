/**
 * The page's script, run in the reader's browser: redraws each picture in place at the width it has, reads values off at
 * the pointer or by arrow keys, and hands out files. Without it the page is complete; it decides nothing about contents.
 */
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { chartRows, withRows } from './chartRows.ts';
import { csvOf, jsonOf, specOf } from './files.ts';
import { formatNumber, formatShare } from './numbers.ts';
import { type FigurePayload, PAYLOAD_ID, type Payload } from './payload.ts';
import { refuseLoader } from './refuseLoader.ts';
import { recordsOf, type TableRecord } from './table.ts';
import { COLOURS, withLightColours } from './theme.ts';

/** As much of the browser as is used here: the libraries of the other rooms must not see a document. */
type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
type Point = { readonly clientX: number; readonly clientY: number; readonly key: string; preventDefault(): void };
type Dom = {
  textContent: string | null;
  className: string;
  id: string;
  href: string;
  download: string;
  hidden: boolean;
  tabIndex: number;
  readonly clientWidth: number;
  readonly scrollLeft: number;
  readonly firstElementChild: Dom | null;
  readonly dataset: Record<string, string>;
  readonly style: Record<string, string> & { setProperty(name: string, value: string): void };
  readonly classList: { add(name: string): void };
  append(...children: readonly (Dom | string)[]): void;
  replaceChildren(...children: readonly Dom[]): void;
  setAttribute(name: string, value: string): void;
  cloneNode(deep: true): Dom;
  querySelector(selector: string): Dom | null;
  querySelectorAll(selector: string): Iterable<Dom>;
  getBoundingClientRect(): Box;
  addEventListener(type: string, listener: (event: Point) => void): void;
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

const payload = JSON.parse(document.getElementById(PAYLOAD_ID)!.textContent!) as Payload;

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

function addTools(figure: Dom, plot: Dom, shown: FigurePayload): void {
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

const tip = element('div', 'tip');
tip.hidden = true;

function showTip(
  heading: string,
  lines: readonly (readonly [string, string])[],
  at: { readonly x: number; readonly y: number },
): void {
  const list = element('dl', '');
  for (const [name, value] of lines) list.append(element('dt', '', name), element('dd', '', value));
  tip.replaceChildren(element('strong', '', heading), list);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const page = document.documentElement.clientWidth;
  const left = at.x + 14 + width > page ? at.x - width - 14 : at.x + 14;
  tip.style.setProperty('left', `${Math.max(4, left)}px`);
  tip.style.setProperty('top', `${Math.max(4, at.y - height / 2)}px`);
}

const hideTip = (): void => {
  tip.hidden = true;
};

function writeValue(cell: unknown, format: 'number' | 'share' | 'ratio'): string {
  if (typeof cell !== 'number') return '–';
  return format === 'share' ? formatShare(cell) : format === 'ratio' ? cell.toFixed(3) : formatNumber(cell);
}

/** Reads values off a chart over eras: by pointer anywhere in a panel, by arrow keys era by era. */
function addCursor(plot: Dom, shown: FigurePayload): void {
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

type Hover = { readonly clientX: number; readonly clientY: number };

/** Draws the figure anew where it stands; the picture that was there stays until the new one is ready. */
async function enliven(plot: Dom, shown: FigurePayload): Promise<void> {
  const spec = withRows(shown.vega, chartRows(shown.data, shown.order));
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
    if (typeof value !== 'object' || value === null) return hideTip();
    const [[, heading], ...lines] = Object.entries(value) as [[string, unknown], ...[string, unknown][]];
    const { clientX, clientY } = event as Hover;
    showTip(
      String(heading),
      lines.map(([name, text]) => [name, String(text)] as const),
      { x: clientX, y: clientY },
    );
  });
  let drawnWidth = 0;
  const refit = async (): Promise<void> => {
    const width = plot.clientWidth;
    if (!shown.isFitted || width === 0 || width === drawnWidth) return;
    drawnWidth = width;
    await view.width(width).runAsync();
  };
  await view.runAsync();
  plot.querySelector('svg')!.remove();
  plot.append(stage);
  stage.querySelector('svg')!.setAttribute('aria-hidden', 'true');
  await refit();
  new ResizeObserver(() => void refit()).observe(plot);
}

async function start(): Promise<void> {
  document.body.append(tip);
  for (const shown of payload.figures) {
    const figure = document.getElementById(`fig-${shown.id}`)!;
    const plot = figure.querySelector('.plot')!;
    addTools(figure, plot, shown);
    if (shown.cursor !== null) plot.tabIndex = 0;
    addCursor(plot, shown);
    await enliven(plot, shown);
    await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
  }
  document.documentElement.dataset.charts = 'live';
}

void start();
