/** A benchmark of inference as tables for a terminal and as the figures of a page. Measures and reads nothing. */
import type { BenchFigure, BenchReportInput } from '../../reports/benchReport.ts';
import {
  type BareSummary,
  CORE_DIGITS,
  explainMissing,
  type GraphSummary,
  type InferenceBench,
  type LoadSummary,
  PERCENTS,
  type Reference,
  summariseBare,
  summariseGraph,
  summariseLoad,
} from '../inference/inferenceBench.ts';
import type { LoadMode, Spread } from '../inference/loadModes.ts';
import { countOf, formatFigure, textTable } from './figureText.ts';
import { plainText } from './textTable.ts';

/** A benchmark and what is shown of it. */
export type View = {
  readonly bench: InferenceBench;
  readonly loads: readonly LoadSummary[];
  readonly graphs: readonly GraphSummary[];
  readonly bare: readonly BareSummary[];
};

export const viewOf = (bench: InferenceBench): View => ({
  bench,
  loads: bench.loads.map(summariseLoad),
  graphs: bench.graphs.map(summariseGraph),
  bare: (bench.bare ?? []).map(summariseBare),
});

const NONE = '–';
const SIGNIFICANT = 3;
const CORE_FIGURE = new Intl.NumberFormat('en', { maximumSignificantDigits: CORE_DIGITS, useGrouping: false });
const CORE_NOTE =
  'Of a core: core rate over core peak, both by the time that the core spent. Core rate: the median run; core peak: the ' +
  'median round right before it, not the best round; each the median over repetitions.';
const COARSE = new Intl.NumberFormat('en', { maximumSignificantDigits: SIGNIFICANT });

/** '9.12 (9.01–9.4)': a figure, and the range of the repetitions. */
function spreadText(spread: Spread | null, divisor = 1): string {
  if (spread === null) return NONE;
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => COARSE.format(value / divisor));
  return `${median} (${low}–${high})`;
}

const US_PER_MS = 1_000;
const PER_CENT = 100;
const BARE_TEXT =
  'Pool: one queue for all runners, inputs and answers in messages. Bare loop: each runner over inputs in its own memory. ' +
  'Measured in turns; the share is the median over turns.';
const loadText = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(' ');

export function textOf({ bench, loads, graphs, bare }: View): string {
  const { device, plan, loadAverage, reference } = bench;
  const lines = [
    `${device.class}: ${plainText(device.name)}, ${bench.runtime}, node ${bench.node}; ${countOf(bench.cores, 'core')}, ${countOf(bench.runners, 'runner')}`,
    `${bench.measuredOn}; load average ${loadText(loadAverage.before)} before, ${loadText(loadAverage.after)} after`,
    `Median of ${countOf(plan.repetitionCount, 'repetition')} (lowest–highest)`,
  ];
  if (device.isSoftware)
    lines.push('A program stands in for the card: the answers are right, the speed means nothing.');
  if (bench.lostRunnerCount > 0) lines.push(`Lost and replaced: ${countOf(bench.lostRunnerCount, 'runner')}.`);
  if (loads.length > 0) {
    const head = ['variant', 'mode', 'queries', ...PERCENTS.map((percent) => `p${percent} ms`), 'answers/s'];
    const rows = loads.map(({ variant, mode, queryCount, latencyUs, throughputPerS }) => [
      ...[plainText(variant), modeText(mode, bench), mode === 'offline' ? NONE : String(queryCount)],
      ...latencyUs.map((spread) => spreadText(spread, US_PER_MS)),
      spreadText(throughputPerS),
    ]);
    lines.push('', ...textTable([head, ...rows], 2));
    const missing = explainMissing(loads);
    if (missing !== '') lines.push(missing);
  }
  if (bare.length > 0) {
    const head = ['model', 'inferences', 'pool, answers/s', 'bare loop, answers/s', 'pool, % of bare loop'];
    const rows = bare.map(({ model, inferenceCount, poolPerS, barePerS, ratio }) => [
      ...[plainText(model), formatFigure(inferenceCount), spreadText(poolPerS), spreadText(barePerS)],
      spreadText(ratio, 1 / PER_CENT),
    ]);
    lines.push('', ...textTable([head, ...rows], 1), BARE_TEXT);
  }
  if (graphs.length > 0) {
    const head = ['graph', 'size', 'MFLOP', 'MB', 'ms', 'rate', '', 'core rate', 'core peak', 'of a core'];
    const rows = graphs.map(({ kind, size, flopCount, byteCount, wallUs, rate, unit, core }) => [
      ...[kind, String(size), formatFigure(flopCount / 1e6), formatFigure(byteCount / 1e6)],
      ...[spreadText(wallUs, US_PER_MS), spreadText(rate), unit],
      ...[core?.rate, core?.peak].map((figure) => (figure === undefined ? NONE : CORE_FIGURE.format(figure))),
      shareText(core, reference),
    ]);
    lines.push('', ...textTable([head, ...rows], 1), referenceText(bench));
  }
  return `${lines.join('\n')}\n`;
}

/** Where there is none, the reason if it fits; the whole of it stands below the table. */
function shareText(core: GraphSummary['core'], reference: Reference | null): string {
  if (core !== null) return `${(100 * core.efficiency).toFixed(0)} %`;
  if (reference === null) return NONE;
  // There is a peak, but not one beside each repetition.
  if (reference.known) return 'unknown';
  return reference.reason.length > 20 ? 'no measure' : plainText(reference.reason);
}

function modeText(mode: LoadMode, { plan }: InferenceBench): string {
  switch (mode) {
    case 'multi':
      return `multi, ${plan.streamCount} at once`;
    case 'server':
      return `server, ${formatFigure(plan.ratePerS ?? 0)} per second`;
    case 'offline':
      return `offline, ${plan.queryCount} at once`;
    case 'single':
      return mode;
  }
}

function referenceText({ reference, device }: InferenceBench): string {
  if (reference === null) return '';
  if (device.class !== 'cpu')
    return 'Times include sending x to the card and fetching y; there is no peak of a card to compare with.';
  if (!reference.known) return `Nothing to compare with: ${plainText(reference.reason)}.`;
  const { gflopPerS, gbPerS, medianGflopPerS, medianGbPerS, compiler } = reference;
  const roundText = (name: string, gflop: number, gb: number) =>
    `${name} ${formatFigure(gflop)} GFLOP/s, ${formatFigure(gb)} GB/s`;
  const rounds = [
    roundText('best round', gflopPerS, gbPerS),
    ...(medianGflopPerS === undefined || medianGbPerS === undefined
      ? []
      : [roundText('median round', medianGflopPerS, medianGbPerS)]),
  ];
  return `Peak of a core: ${rounds.join('; ')} (bench/reference/peak.c, ${plainText(compiler)}). ${CORE_NOTE}`;
}

export function reportOf(views: readonly View[]): BenchReportInput {
  const isOne = views.length === 1;
  /** Names must differ within a figure: a second benchmark of a device gets its number. */
  const labels = views.map(({ bench }, i) => {
    const same = views.filter((view) => view.bench.device.class === bench.device.class);
    return same.length === 1 ? bench.device.class : `${bench.device.class} ${i + 1}`;
  });
  const nameOf = (i: number, name: string): string => (isOne ? name : `${labels[i]}: ${name}`);
  const scaled = ({ median, low, high }: Spread, divisor: number) => ({
    median: median / divisor,
    low: low / divisor,
    high: high / divisor,
  });
  const latencyFigures = PERCENTS.map(
    (percent, at): BenchFigure => ({
      id: `latency-p${percent}`,
      title: `Latency, ${percent}th percentile`,
      summary:
        'From the moment a query was due to its last answer. Bar and point: median of the repetitions; line: all.',
      axis: 'Milliseconds',
      rows: views.flatMap(({ bench, loads }, i) =>
        loads.flatMap(({ variant, mode, latencyUs }) => {
          const spread = latencyUs[at];
          return spread
            ? [{ name: nameOf(i, `${variant}, ${modeText(mode, bench)}`), ...scaled(spread, US_PER_MS) }]
            : [];
        }),
      ),
    }),
  );
  const throughput: BenchFigure = {
    id: 'throughput',
    title: 'Throughput',
    summary: 'Answers per second, of samples and not of queries.',
    axis: 'Answers per second',
    rows: views.flatMap(({ bench, loads }, i) =>
      loads.map(({ variant, mode, throughputPerS }) => ({
        name: nameOf(i, `${variant}, ${modeText(mode, bench)}`),
        ...throughputPerS,
      })),
    ),
  };
  const bareFigure: BenchFigure = {
    id: 'bare',
    title: 'Pool of runners beside a bare loop',
    summary: BARE_TEXT,
    axis: 'Answers per second of the pool, % of the bare loop',
    rows: views.flatMap(({ bare }, i) =>
      bare.map(({ model, ratio }) => ({ name: nameOf(i, model), ...scaled(ratio, 1 / PER_CENT) })),
    ),
  };
  const references = views
    .map(({ bench }, i) => ({ label: labels[i]!, text: referenceText(bench) }))
    .filter(({ text }) => text !== '')
    .map(({ label, text }) => (isOne ? text : `${label}: ${text}`))
    .join(' ');
  const graphFigures = (['GFLOP/s', 'GB/s'] as const).map(
    (unit): BenchFigure => ({
      id: unit === 'GFLOP/s' ? 'arithmetic' : 'memory',
      title: unit === 'GFLOP/s' ? 'Arithmetic of compute graphs' : 'Memory of compute graphs',
      summary: references,
      axis: unit,
      rows: views.flatMap(({ bench, graphs }, i) => [
        ...graphs
          .filter((graph) => graph.unit === unit)
          .map(({ kind, size, rate }) => ({ name: nameOf(i, `${kind} ${size}`), ...rate })),
        ...peakRows(bench, unit).map((row) => ({ ...row, name: nameOf(i, row.name) })),
      ]),
    }),
  );
  return {
    title: isOne ? `Inference on ${views[0]!.bench.device.name}` : `Inference, ${views.length} benchmarks`,
    facts: views.map(({ bench }, i) => ({ heading: labels[i]!, pairs: factsOf(bench) })),
    figures: [throughput, ...latencyFigures, bareFigure, ...graphFigures],
    notes: [
      ...new Set([
        explainMissing(views.flatMap(({ loads }) => loads)),
        ...views.map(({ bench }) => (bench.device.isSoftware ? `${bench.device.name}: its speed means nothing.` : '')),
      ]),
    ].filter((note) => note !== ''),
  };
}

function peakRows({ reference, graphs }: InferenceBench, unit: GraphSummary['unit']): BenchFigure['rows'] {
  const isMeasured = graphs.some(({ bound }) => (bound === 'compute') === (unit === 'GFLOP/s'));
  if (!isMeasured || !reference?.known) return [];
  const best = unit === 'GFLOP/s' ? reference.gflopPerS : reference.gbPerS;
  const median = (unit === 'GFLOP/s' ? reference.medianGflopPerS : reference.medianGbPerS) ?? best;
  const name = median === best ? 'peak of a core, best round' : 'peak of a core, median and best round';
  return [{ name, median, low: median, high: best }];
}

function factsOf(bench: InferenceBench): readonly (readonly [string, string])[] {
  const { device, plan, loadAverage } = bench;
  return [
    ['Device', device.name],
    ['Runtime', `${bench.runtime}, node ${bench.node}`],
    ['Cores', String(bench.cores)],
    ['Runners', String(bench.runners)],
    ['Load average', `${loadText(loadAverage.before)} before, ${loadText(loadAverage.after)} after`],
    ['Measured', bench.measuredOn],
    ['Queries', String(plan.queryCount)],
    ['Repetitions', String(plan.repetitionCount)],
    ['Seed', String(plan.seed)],
    ...(bench.lostRunnerCount > 0 ? [['Lost runners', String(bench.lostRunnerCount)] as const] : []),
  ];
}
