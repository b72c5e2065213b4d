/** The page: header and verdicts, figures by section, counters, provenance. Markup only; what it says comes from elsewhere. */
import type { Manifest } from '../sim/engine/trace.ts';
import type { VegaSpec } from './chartRows.ts';
import type { Drawing } from './draw.ts';
import type { Figure, Section } from './figure.ts';
import { contentHash, type Html, html, markup, scriptJson } from './html.ts';
import { ranked } from './metrics.ts';
import { formatCount, formatNumber, formatQuantity, formatShare, formatWallMs } from './numbers.ts';
import { PAYLOAD_ID, type Payload, packTable } from './payload.ts';
import { sumOf } from './reading.ts';
import { STYLE } from './style.ts';
import type { Cell, Table } from './table.ts';
import { CHART_CONFIG } from './theme.ts';
import type { Verdict, VerdictState } from './verdict.ts';

export type PageInput = {
  readonly manifest: Manifest;
  readonly summary: Readonly<Record<string, number>>;
  readonly scenarioYaml: string;
  readonly changedKeys: readonly string[];
  readonly finding: string;
  readonly verdicts: readonly Verdict[];
  readonly sections: readonly Section[];
  readonly drawings: ReadonlyMap<string, Drawing>;
  /** The script, or '' for a page of pictures only. */
  readonly script: string;
};

const signs: Readonly<Record<VerdictState, readonly [sign: string, word: string]>> = {
  good: ['✓', 'Good: '],
  bad: ['✗', 'Bad: '],
  none: ['–', ''],
};

function signOf(state: VerdictState): Html {
  const [sign, word] = signs[state];
  return html`<span class="sign" aria-hidden="true">${sign}</span>${word === '' ? '' : html`<span class="spoken">${word}</span>`}`;
}

function verdictStrip(verdicts: readonly Verdict[]): Html {
  return html`<ul class="verdicts">${verdicts.map(
    ({ state, question, answer, details }) =>
      html`<li class="${state}"><h3>${question}</h3><p>${signOf(state)}${answer}</p>${
        details.length === 0
          ? ''
          : html`<ul>${details.map((item) => html`<li class="${item.state}">${signOf(item.state)}${item.text}</li>`)}</ul>`
      }</li>`,
  )}</ul>`;
}

const isNumeric = (cell: Cell): boolean =>
  typeof cell === 'number' || (typeof cell === 'string' && /^(?:[−<>]? ?\d|–$)/.test(cell));
const written = (cell: Cell): string => (cell === null ? '–' : typeof cell === 'number' ? formatNumber(cell) : cell);

/** A table that can be scrolled sideways, by keyboard too; the first column heads its rows. */
function tableOf(data: Table, caption: string, label = caption): Html {
  const numeric = data.columns.map(
    (_, i) => i > 0 && data.rows.every((row) => isNumeric(row[i] ?? null) || row[i] === null),
  );
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${data.columns.map(
    ({ title }, i) => html`<th scope="col"${numeric[i] ? markup(' class="n"') : ''}>${title}</th>`,
  )}</tr></thead><tbody>${data.rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${typeof cell === 'number' ? String(cell) : written(cell)}</th>` : html`<td${numeric[i] ? markup(' class="n"') : ''}>${written(cell)}</td>`))}</tr>`,
  )}</tbody></table></div>`;
}

function figureOf(figure: Figure, drawing: Drawing, foot: string): Html {
  const { id, title, summary, size, preview, previewNote } = figure;
  return html`<figure id="fig-${id}" class="${size}" aria-labelledby="fig-${id}-title">
<figcaption><h3 id="fig-${id}-title">${title}<a class="anchor" href="#fig-${id}" aria-label="Link to this figure">#</a></h3><p id="fig-${id}-summary">${summary}</p></figcaption>
<div class="plot" role="img" aria-label="${title}" aria-describedby="fig-${id}-summary"${size === 'full' ? markup(' tabindex="0"') : ''}>${markup(drawing.svg)}</div>
<div class="foot"><p>${foot}</p><div class="tools" hidden></div></div>
<details><summary>Data</summary>${tableOf(preview, previewNote === '' ? 'All data' : previewNote, `Data: ${title}`)}</details>
</figure>`;
}

function sectionOf(
  { id, title, figures, missing }: Section,
  drawings: ReadonlyMap<string, Drawing>,
  foot: string,
  more: Html,
): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<div class="figures">${figures.map((figure) => figureOf(figure, drawings.get(figure.id)!, foot))}${more}</div>
${missing.map((reason) => html`<p class="missing">Not shown. ${reason}</p>`)}</section>`;
}

const pairs = (items: readonly (readonly [string, string | Html])[]): Html =>
  html`<dl class="pairs">${items.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

const counts = (name: string, heading: string, values: Readonly<Record<string, number>>): Table => ({
  columns: [
    { key: 'name', title: name },
    { key: 'count', title: heading },
  ],
  rows: ranked(values).map(([key, count]) => [key, formatCount(count)]),
});

/** Rows shown at once; the others are one click away. */
const ROWS_SHOWN = 15;

function actionSection({ actions: { accepted, rejected, reasons } }: Manifest): Html {
  const totals = Object.fromEntries(
    [...Object.keys(accepted), ...Object.keys(rejected)].map((name) => [
      name,
      (accepted[name] ?? 0) + (rejected[name] ?? 0),
    ]),
  );
  const total = sumOf(Object.values(totals), (count) => count);
  const refused = sumOf(Object.values(rejected), (count) => count);
  const columns = ['Action', 'Accepted', 'Rejected'].map((title) => ({ key: title, title }));
  const rowOf = (name: string): Cell[] => {
    const no = rejected[name] ?? 0;
    return [name, formatCount(totals[name]! - no), formatCount(no)];
  };
  const byCount = ranked(totals).map(([name]) => rowOf(name));
  const byRejections = ranked(rejected).map(([name]) => rowOf(name));
  return html`<section aria-labelledby="actions"><h2 id="actions">What did the ledger accept and refuse?</h2>
<p>${formatQuantity(total, 'action')}, of which ${formatCount(refused)} (${formatShare(total === 0 ? 0 : refused / total)}) were rejected. A rejection is an answer of the rules to an agent, not an error.</p>
<div class="columns"><div class="card"><h3>Most frequent actions</h3>${tableOf({ columns, rows: byCount.slice(0, ROWS_SHOWN) }, `${Math.min(ROWS_SHOWN, byCount.length)} of ${formatQuantity(byCount.length, 'kind')}`)}${
    byCount.length <= ROWS_SHOWN
      ? ''
      : html`<details><summary>The others</summary>${tableOf({ columns, rows: byCount.slice(ROWS_SHOWN) }, 'Less frequent actions')}</details>`
  }</div>
<div class="card"><h3>Rejected actions</h3>${byRejections.length === 0 ? html`<p>None.</p>` : tableOf({ columns, rows: byRejections }, 'Actions with rejections')}</div>
<div class="card"><h3>Reasons of rejections</h3>${Object.keys(reasons).length === 0 ? html`<p>None.</p>` : tableOf(counts('Reason', 'Count', reasons), 'Rejections by reason')}</div></div></section>`;
}

function chainFacts({ chain }: Manifest): Html {
  if (chain === null) return html``;
  const signedShare = chain.transactionCount === 0 ? 0 : chain.signedTransactionCount / chain.transactionCount;
  return html`<div class="card"><h3>Chain</h3>${pairs([
    ['Node', `anvil ${chain.anvil}`],
    ['Blocks', formatCount(chain.blockCount)],
    ['Transactions', formatCount(chain.transactionCount)],
    ['Signed by agents', `${formatCount(chain.signedTransactionCount)} (${formatShare(signedShare)})`],
    ['Gas', formatCount(chain.gasUsed)],
    ['Actions per second (wall)', formatNumber(chain.actionsPerWallS)],
    ['Gas per second (wall)', formatNumber(chain.gasPerWallS)],
  ])}<details><summary>Calls to the node</summary>${tableOf(counts('Method', 'Calls', chain.rpcCalls), 'Calls by method')}</details></div>`;
}

function inferenceSection({ inference, demand }: Manifest): Html {
  const variants = Object.entries(inference.byVariant).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = ['Variant', 'Executed', 'Replayed'].map((title) => ({ key: title, title }));
  const rows = variants.map(([name, { executedCount, replayedCount }]) => [
    name,
    formatCount(executedCount),
    formatCount(replayedCount),
  ]);
  const figure = (x: number | null, unit = ''): string =>
    x === null ? 'not in the trace' : `${formatNumber(x)}${unit}`;
  return html`<section aria-labelledby="inference"><h2 id="inference">What was executed?</h2><div class="columns"><div class="card"><h3>Inference</h3>${pairs(
    [
      ['Mode', inference.mode],
      ['Device', inference.device],
      ['Runtime', inference.runtime],
      ['Executed', formatCount(inference.executedCount)],
      ['From stored measurements', formatCount(inference.replayedCount)],
      ['Validators ran on', inference.validatorDevice],
      ['Sketches compared', formatCount(inference.comparedCount)],
      ['Executed for that', formatCount(inference.sketchedCount)],
    ],
  )}</div>${rows.length === 0 ? '' : html`<div class="card"><h3>Inference by variant</h3>${tableOf({ columns, rows }, 'Inferences by model variant')}</div>`}${
    demand === null
      ? ''
      : html`<div class="card"><h3>Demand from a recorded trace</h3>${pairs([
          ['Requests', formatCount(demand.requestCount)],
          ['Median input', figure(demand.medianInputTokens, ' tokens of text')],
          ['Median output', figure(demand.medianOutputTokens, ' tokens of text')],
          ['Variation of gaps between arrivals', figure(demand.interArrivalCv)],
          ['Index of dispersion in 10 s', figure(demand.dispersionIndex10s)],
        ])}</div>`
  }</div></section>`;
}

/** The scenario with the lines of changed parameters marked. */
function scenarioText(yaml: string, changedKeys: readonly string[]): Html {
  const changed = new Set(changedKeys);
  const lines = yaml.replace(/\n$/, '').split('\n');
  return html`${lines.map((line, i) => {
    const key = /^\s+"?([a-z0-9_.]+)"?:/.exec(line)?.[1];
    const end = i === lines.length - 1 ? '' : '\n';
    return key !== undefined && changed.has(key) ? html`<mark>${line}</mark>${end}` : html`${line}${end}`;
  })}`;
}

function provenanceSection({ manifest, summary, scenarioYaml, changedKeys }: PageInput): Html {
  const { host, versions } = manifest;
  const metricRows = Object.entries(summary)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, formatNumber(value)]);
  return html`<section aria-labelledby="provenance"><h2 id="provenance">How can this be repeated?</h2><div class="columns"><div class="card"><h3>Provenance</h3>${pairs(
    [
      ['Scenario', manifest.scenarioFile],
      ['Scenario hash', html`<code>${manifest.scenarioHash}</code>`],
      ['Seed', String(manifest.seed)],
      ['Digest of the run', html`<code>${manifest.digest}</code>`],
      ['Ledger', manifest.ledger],
      [
        'Agents',
        Object.entries(manifest.roles)
          .map(([role, count]) => formatQuantity(count, role === 'fizz' ? 'fizz node' : role))
          .join(', '),
      ],
      ['Threads', String(manifest.threads)],
      ['Started', manifest.startedAt],
      ['Wall time', formatWallMs(manifest.wallMs)],
    ],
  )}</div><div class="card"><h3>Machine and versions</h3>${pairs([
    ['Processor', `${host.cpu}, ${formatQuantity(host.cores, 'core')}`],
    ['Memory', `${formatNumber(host.memoryGb)} GB`],
    ['Platform', host.platform],
    ['Device of inference', manifest.inference.device],
    ...Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)),
  ])}</div></div>
<div class="card"><h3>Command</h3><code class="command">${manifest.command}</code><p class="missing">The same scenario, seed and measured answers give the same digest, whatever the machine and the number of threads.</p>
<details><summary>Parameters: the resolved scenario${changedKeys.length === 0 ? '' : `, ${formatQuantity(changedKeys.length, 'changed parameter')} marked`}</summary><pre tabindex="0">${scenarioText(scenarioYaml, changedKeys)}</pre></details>
<details><summary>All ${formatQuantity(metricRows.length, 'metric')} of the run</summary>${tableOf(
    {
      columns: [
        { key: 'metric', title: 'Metric' },
        { key: 'value', title: 'Value' },
      ],
      rows: metricRows,
    },
    'Amounts in tokens, shares as fractions of 1',
  )}</details></div></section>`;
}

/** Digits that a mean or a share keeps in the page's data: more than it is good for, and a third as long to write. Counts stay. */
const DIGITS = 5;
const shortenedCell = (cell: Cell): Cell =>
  typeof cell !== 'number' || Number.isSafeInteger(cell) ? cell : Number(cell.toPrecision(DIGITS));

function shortened({ columns, rows }: Table): Table {
  return {
    columns,
    rows: rows.map((row) => row.map(shortenedCell)),
  };
}

/** Every chart is compiled with one config, which is compiled alike: it is handed on once. */
function withoutConfig({ config: _, ...vega }: VegaSpec): VegaSpec {
  return vega;
}

function payloadOf({ manifest, sections, drawings }: PageInput): Payload {
  return {
    fileStem: `${manifest.name.replace(/[^A-Za-z0-9_-]+/g, '-')}-s${manifest.seed}`,
    config: CHART_CONFIG,
    vegaConfig: [...drawings.values()][0]?.vega.config,
    figures: sections.flatMap(({ figures }) =>
      figures.map(({ id, title, data, order, spec, cursor }) => ({
        id,
        title,
        isFitted: 'autosize' in spec,
        data: packTable(shortened(data)),
        order,
        vegaLite: spec,
        vega: withoutConfig(drawings.get(id)!.vega),
        cursor,
      })),
    ),
  };
}

/** The whole document. It loads nothing: the content policy allows one style sheet and one script by their hashes. */
export function renderPage(input: PageInput): string {
  const { manifest, finding, verdicts, sections, drawings, script } = input;
  const policy = `default-src 'none'; style-src ${contentHash(STYLE)};${script === '' ? '' : ` script-src ${contentHash(script)};`} base-uri 'none'; form-action 'none'`;
  const foot = `${manifest.name} ${manifest.scenarioHash.slice(0, 8)} · seed ${manifest.seed} · ${formatQuantity(manifest.erasDone, 'era')}`;
  const agents = sumOf(Object.values(manifest.roles), (count) => count);
  const links = [
    ...sections.map(({ id, name }) => [id, name] as const),
    ['actions', 'Actions'] as const,
    ['inference', 'Execution'] as const,
    ['provenance', 'Repeat'] as const,
  ];
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${markup(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="PoWR Lab"><title>${manifest.name}, seed ${manifest.seed}: PoWR Lab report</title>
<style>${markup(STYLE)}</style></head><body>
<header class="head"><div><p class="eyebrow">PoWR Lab run report</p><h1>${manifest.name}</h1>
<ul class="facts"><li>seed ${manifest.seed}</li><li>${formatQuantity(manifest.erasDone, 'era')}</li><li>${formatQuantity(agents, 'agent')}</li><li>ledger ${manifest.ledger}</li><li>scenario ${manifest.scenarioHash.slice(0, 8)}</li></ul>
<p class="lead">${finding}</p></div></header>
<nav aria-label="Sections"><ul>${links.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main><h2 class="spoken" id="verdict">Verdict</h2>${verdictStrip(verdicts)}
${sections.map((part) => sectionOf(part, drawings, foot, part.id === 'chain' ? chainFacts(manifest) : html``))}
${actionSection(manifest)}
${inferenceSection(manifest)}
${provenanceSection(input)}
</main><footer>Made by PoWR Lab ${manifest.versions.powrlab ?? ''} from the stored tables of the run. Eras are simulated; only times called wall are real.</footer>
${script === '' ? '' : html`<script type="application/json" id="${PAYLOAD_ID}">${scriptJson(payloadOf(input))}</script><script>${markup(script)}</script>`}
</body></html>
`;
  return page.markup;
}
