/** From a figure's specification and data to what the page holds: the compiled Vega specification and a drawn picture. */
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { chartRows } from './chartRows.ts';
import { DATA_NAME, type Spec } from './charts.ts';
import type { Figure } from './figures.ts';
import { refuseLoader } from './refuseLoader.ts';
import type { TableRecord } from './table.ts';
import { CHART_CONFIG } from './theme.ts';

/** A Vega specification; `data` holds the data sets in order. */
export type VegaSpec = { readonly data: readonly { readonly name: string; readonly values?: unknown }[] } & Spec;
export type Drawing = { readonly vega: VegaSpec; readonly svg: string };

/** The specification with its rows in place. */
export function withRows(spec: VegaSpec, rows: readonly TableRecord[]): VegaSpec {
  return { ...spec, data: spec.data.map((set) => (set.name === DATA_NAME ? { ...set, values: rows } : set)) };
}

/**
 * Compiles and draws a figure. Equal figures give equal bytes: identifiers are numbered from 0 for each picture and carry
 * the figure's name, and coordinates are rounded to a hundredth of a pixel.
 *
 * @throws Error of Vega if the specification is invalid (a bug), or if it asks for a URL
 */
export async function drawFigure(figure: Figure): Promise<Drawing> {
  const spec = figure.spec as unknown as TopLevelSpec;
  // Texts of users occur in domains and sort orders; Vega-Lite's remarks about them would go to nobody.
  const { spec: compiled } = compile(spec, { config: CHART_CONFIG as unknown as NonNullable<Parameters<typeof compile>[1]>['config'] & object, logger: silentLogger });
  const vega = compiled as unknown as VegaSpec;
  const runtime = parse(withRows(vega, chartRows(figure.data, figure.stack)) as unknown as Parameters<typeof parse>[0], undefined, { ast: true } as object);
  const view = new View(runtime, { renderer: 'none', loader: refuseLoader, expr: expressionInterpreter } as object);
  try {
    return { vega, svg: tidySvg(await view.toSVG(), figure.id) };
  } finally {
    view.finalize();
  }
}

const silentLogger = { level: () => silentLogger, error: () => silentLogger, warn: () => silentLogger, info: () => silentLogger, debug: () => silentLogger } as never;

const round = (digits: string): string => String(Math.round(Number(digits) * 100) / 100);

function tidySvg(svg: string, id: string): string {
  const names = new Map<string, string>();
  const nameOf = (old: string): string => {
    if (!names.has(old)) names.set(old, `svg-${id}-${names.size}`);
    return names.get(old)!;
  };
  return svg
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(/ (?:font-family|xmlns:xlink|version)="[^"]*"/g, '')
        .replace(/ id="([^"]*)"/g, (_, old: string) => ` id="${nameOf(old)}"`)
        .replace(/url\(#([^)]*)\)/g, (_, old: string) => `url(#${nameOf(old)})`)
        .replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, round),
    )
    .replace('<svg ', '<svg aria-hidden="true" focusable="false" ');
}
