/**
 * Colours and type of the charts. A colour is a CSS variable in the page, so that one picture serves light and dark;
 * a downloaded picture or specification gets the light values. Colours of neighbours differ for colour-blind readers
 * too, and series also differ by dash or shape.
 */

/** Values of the variables, light and dark. All series have a contrast of 3 to 1 or more with the paper. */
export const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  '--paper': ['#ffffff', '#171a1f'],
  '--page': ['#f5f6f8', '#0f1115'],
  '--ink': ['#1a1d23', '#e8eaee'],
  '--muted': ['#545b67', '#a4abb7'],
  '--line': ['#d9dde3', '#333943'],
  '--grid': ['#e8ebef', '#282d35'],
  '--accent': ['#0b5cad', '#7db8f5'],
  '--good': ['#136c45', '#5fcf9b'],
  '--bad': ['#b3261e', '#ff8f85'],
  '--warn': ['#8a5300', '#f2b45c'],
  '--mark': ['#fff1c2', '#4a3d12'],
  '--c0': ['#1f6fb8', '#6db3f2'],
  '--c1': ['#c8590a', '#f59a52'],
  '--c2': ['#157a58', '#4cc79d'],
  '--c3': ['#8b4aa8', '#cf9be6'],
  '--c4': ['#b8324f', '#f5869c'],
  '--c5': ['#857208', '#d8c653'],
  '--c6': ['#2596a8', '#67d0df'],
  '--c7': ['#6f4e37', '#c9a489'],
  '--c8': ['#d6689a', '#f2a3c6'],
  '--c9': ['#6b7280', '#a3acb9'],
};

export const SERIES: readonly string[] = Array.from({ length: 10 }, (_, i) => `var(--c${i})`);
export const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [1, 3],
  [12, 4],
  [6, 2, 2, 2, 2, 2],
  [3, 3],
  [8, 2],
];
export const SHAPES: readonly string[] = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
];

/** Colour, dash and shape of each intent, the same in all figures. */
export const INTENT_LOOK = {
  honest: { colour: 'var(--c0)', dash: [1, 0], shape: 'circle' },
  opportunistic: { colour: 'var(--c5)', dash: [6, 3], shape: 'square' },
  malicious: { colour: 'var(--c1)', dash: [2, 2], shape: 'triangle-up' },
} as const;

/** Replaces the variables by their light values. */
export function withLightColours(text: string): string {
  return text.replace(/var\((--[a-z0-9]+)\)/g, (whole, name: string) => COLOURS[name]?.[0] ?? whole);
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Vega-Lite's config of all charts. */
export const CHART_CONFIG = {
  background: 'transparent',
  font,
  // The picture has one name and description; a label on each of its marks would be noise to a screen reader.
  aria: false,
  padding: 2,
  view: { stroke: null },
  axis: {
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    gridColor: 'var(--grid)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelPadding: 4,
    tickSize: 4,
  },
  axisX: { grid: false, titleAnchor: 'middle' },
  axisY: { domain: false, ticks: false, titleAnchor: 'middle' },
  legend: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--muted)',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    symbolSize: 90,
    symbolStrokeWidth: 2.5,
    labelLimit: 250,
    rowPadding: 3,
    columnPadding: 14,
  },
  header: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--muted)',
    labelFontSize: 12,
    labelFontWeight: 600,
    title: null,
    labelPadding: 6,
    labelLimit: 220,
  },
  bar: { binSpacing: 1 },
  line: { strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
  rule: { color: 'var(--muted)' },
  text: { color: 'var(--ink)', fontSize: 11 },
} as const;
