/** From a figure's specification and data to what the page holds: the compiled Vega specification and a drawn picture. */
import * as vegaModule from 'vega';
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { chartRows, type VegaSpec, withRows } from './chartRows.ts';
import type { Figure } from './figure.ts';
import { refuseLoader } from './refuseLoader.ts';
import { CHART_CONFIG } from './theme.ts';
import { tidySvg } from './tidySvg.ts';

/** Vega's own measure of text, which it offers for replacement but leaves out of its types. */
const { textMetrics } = vegaModule as unknown as { readonly textMetrics: { width: typeof textWidth } };

/** Advance widths of common sans-serif type in thousandths of the size, by character; capitals and the rest below. */
const WIDTHS = new Map(
  (
    [
      [" .,:;!|'ijlIft()[]/", 310],
      ['r-·"', 400],
      ['mM%', 900],
      ['wW', 800],
    ] as const
  ).flatMap(([characters, width]) => [...characters].map((character) => [character, width] as const)),
);
const CAPITAL = 690;
const OTHER = 580;

/**
 * There is no canvas to measure text with here, and Vega's own guess (0.8 of the size for every character) makes margins
 * half as wide again. The guess only places things; the browser sets the type.
 */
function textWidth(item: { readonly fontSize?: number; readonly limit?: number }, text: unknown): number {
  let width = 0;
  for (const character of String(text)) width += WIDTHS.get(character) ?? (/[A-Z]/.test(character) ? CAPITAL : OTHER);
  const wholeWidth = Math.floor((width * (item.fontSize ?? 11)) / 1_000);
  return item.limit === undefined || item.limit <= 0 ? wholeWidth : Math.min(wholeWidth, item.limit);
}

export type Drawing = { readonly vega: VegaSpec; readonly svg: string };

/**
 * Compiles and draws a figure. Equal figures give equal bytes: identifiers are numbered from 0 for each picture and carry
 * the figure's name, and coordinates are rounded to a tenth of a pixel.
 *
 * @throws Error of Vega if the specification is invalid (a bug), or if it asks for a URL
 */
export async function drawFigure(figure: Figure): Promise<Drawing> {
  const spec = figure.spec as unknown as TopLevelSpec;
  // Vega-Lite would write its remarks to the console, which this room does not have.
  const { spec: compiled } = compile(spec, {
    config: CHART_CONFIG as unknown as NonNullable<Parameters<typeof compile>[1]>['config'] & object,
    logger: silentLogger,
  });
  const vega = compiled as unknown as VegaSpec;
  textMetrics.width = textWidth;
  const runtime = parse(
    withRows(vega, chartRows(figure.data, figure.order)) as unknown as Parameters<typeof parse>[0],
    undefined,
    { ast: true } as object,
  );
  const view = new View(runtime, { renderer: 'none', loader: refuseLoader, expr: expressionInterpreter } as object);
  try {
    return { vega, svg: tidySvg(await view.toSVG(), figure.id) };
  } finally {
    view.finalize();
  }
}

const silentLogger = {
  level: () => silentLogger,
  error: () => silentLogger,
  warn: () => silentLogger,
  info: () => silentLogger,
  debug: () => silentLogger,
} as never;
