/**
 * What the scripts of both pages share, run in the reader's browser: the part of the document they use, files handed
 * out, a picture taken along, and the box of figures beside the pointer.
 */
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { refuseLoader } from './refuseLoader.ts';
import { COLOURS, withLightColours } from './theme.ts';

/** As much of the browser as is used here: the libraries of the other rooms must not see a document. */
export type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
export type Point = {
  readonly clientX: number;
  readonly clientY: number;
  readonly key: string;
  preventDefault(): void;
};
export type Dom = {
  textContent: string | null;
  className: string;
  id: string;
  value: string;
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
declare const Blob: new (parts: readonly string[], options: { readonly type: string }) => object;
declare const URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
declare const XMLSerializer: new () => { serializeToString(node: Dom): string };
declare const ResizeObserver: new (listener: () => void) => { observe(element: Dom): void };
declare const requestAnimationFrame: (callback: () => void) => void;
type Page = {
  readonly documentElement: Dom;
  readonly body: Dom;
  getElementById(id: string): Dom | null;
  createElement(name: string): Dom;
};

declare const document: Page;

export const page = document;

export function element(name: string, className: string, text = ''): Dom {
  const made = page.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

export function offer(name: string, type: string, content: string): void {
  const link = page.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  page.body.append(link);
  link.click();
  link.remove();
  requestAnimationFrame(() => URL.revokeObjectURL(link.href));
}

/** The picture alone, with colours and a background of its own, for use elsewhere. */
export function pictureOf(plot: Dom): string {
  const svg = plot.querySelector('svg')!.cloneNode(true);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('font-family', 'system-ui, Arial, sans-serif');
  // As a rectangle: the page's content policy refuses style attributes, in copies too.
  const ground = `<rect width="100%" height="100%" fill="${COLOURS['--paper']![0]}"/>`;
  const text = new XMLSerializer().serializeToString(svg).replace('>', `>${ground}`);
  return `${withLightColours(text)}\n`;
}

export const tip = element('div', 'tip');
tip.hidden = true;

export function showTip(
  heading: string | null,
  lines: readonly (readonly [string, string])[],
  at: { readonly x: number; readonly y: number },
): void {
  const list = element('dl', '');
  for (const [name, value] of lines) list.append(element('dt', '', name), element('dd', '', value));
  tip.replaceChildren(...(heading === null ? [] : [element('strong', '', heading)]), list);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const pageWidth = page.documentElement.clientWidth;
  const left = at.x + 14 + width > pageWidth ? at.x - width - 14 : at.x + 14;
  tip.style.setProperty('left', `${Math.max(4, left)}px`);
  tip.style.setProperty('top', `${Math.max(4, at.y - height / 2)}px`);
}

export const hideTip = (): void => {
  tip.hidden = true;
};

/** Until the browser has drawn once more. */
export const nextFrame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()));

type Pairs = readonly (readonly [string, string])[];

/**
 * Draws a Vega specification where a picture stands; that one stays until the new one is ready. `tell` shows the names
 * and values of the mark at the pointer. A fitted one follows the width of its place, in CSS pixels.
 */
export async function enliven(
  plot: Dom,
  spec: object,
  isFitted: boolean,
  tell: (values: Pairs, at: { readonly x: number; readonly y: number }) => void,
): Promise<View> {
  const runtime = parse(spec as Parameters<typeof parse>[0], undefined, { ast: true } as object);
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
    const { clientX: x, clientY: y } = event as Pick<Point, 'clientX' | 'clientY'>;
    tell(
      Object.entries(value).map(([name, text]) => [name, String(text)] as const),
      { x, y },
    );
  });
  let drawnWidth = 0;
  const refit = async (): Promise<void> => {
    const width = plot.clientWidth;
    if (!isFitted || width === 0 || width === drawnWidth) return;
    drawnWidth = width;
    await view.width(width).runAsync();
  };
  await view.runAsync();
  plot.querySelector('svg')!.remove();
  plot.append(stage);
  stage.querySelector('svg')!.setAttribute('aria-hidden', 'true');
  await refit();
  new ResizeObserver(() => void refit()).observe(plot);
  return view;
}
