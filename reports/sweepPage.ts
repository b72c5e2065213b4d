/** The page of a sweep: figures, how every run is repeated, what is missing. Markup only; what it says comes from elsewhere. */
import type { Drawing } from './draw.ts';
import { contentHash, type Html, html, markup, scriptJson } from './html.ts';
import { formatCount, formatNumber, formatQuantity } from './numbers.ts';
import { STYLE } from './style.ts';
import { PICKED_FIGURE_ID, SWEEP_PAYLOAD_ID, type SweepPayload } from './sweepPayload.ts';
import type { SweepAxis } from './sweepView.ts';
import { type Cell, type Table, thinned } from './table.ts';

/** What a reader must know of the runs, besides their outcomes. */
export type SweepFacts = {
  readonly name: string;
  readonly file: string;
  readonly eras: number;
  readonly ledger: string;
  readonly inference: string;
  readonly seeds: { readonly from: number; readonly to: number };
  readonly axes: readonly SweepAxis[];
  /** Of the scenario without the axes' changes. */
  readonly scenarioHash: string;
  readonly build: string;
  readonly version: string;
  /** Finished runs, in the order of the plan. */
  readonly runs: readonly {
    readonly values: readonly string[];
    readonly seed: number;
    readonly digest: string;
    readonly command: string;
  }[];
  readonly failures: readonly { readonly what: string; readonly reason: string; readonly command: string }[];
};

export type SweepFigure = {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly data: Table;
  readonly drawing: Drawing;
};

export type SweepPageInput = {
  readonly facts: SweepFacts;
  readonly figures: readonly SweepFigure[];
  /** What the figures leave out, or ''. */
  readonly note: string;
  readonly payload: SweepPayload | null;
  /** The script, or '' for a page of pictures only. */
  readonly script: string;
};

const OWN_STYLE = `${STYLE}
.picker{display:flex;flex-wrap:wrap;align-items:baseline;gap:.4rem .7rem;margin:0 0 .7rem;font-size:.92rem}
select{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:4px;padding:.2rem .4rem;max-width:100%}
.figures>figure+figure{margin-top:0}
#runs td code{white-space:nowrap}
@media print{.picker{display:none}}
`;

const written = (cell: Cell): string => (cell === null ? '–' : typeof cell === 'number' ? formatNumber(cell) : cell);

/** Rows of the tables below figures and of the list of runs; files have all. */
const MOST_ROWS = 200;

function tableMarkup(data: Table, caption: string, label: string): Html {
  const numeric = data.columns.map((_, i) => data.rows.every((row) => typeof row[i] === 'number' || row[i] === null));
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${data.columns.map(
    ({ title }, i) => html`<th scope="col"${numeric[i] ? markup(' class="n"') : ''}>${title}</th>`,
  )}</tr></thead><tbody>${data.rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => html`<td${numeric[i] ? markup(' class="n"') : ''}>${written(cell)}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

function figureMarkup({ id, title, summary, data, drawing }: SweepFigure, foot: string): Html {
  const rows = thinned(data.rows, MOST_ROWS);
  const caption =
    rows.length < data.rows.length ? `${rows.length} of ${formatCount(data.rows.length)} rows` : 'All combinations';
  return html`<figure id="fig-${id}" class="full" aria-labelledby="fig-${id}-title">
${id === PICKED_FIGURE_ID ? html`<label class="picker" hidden>Metric <select></select></label>` : ''}<figcaption><h3 id="fig-${id}-title"><span>${title}</span><a class="anchor" href="#fig-${id}" aria-label="Link to this figure">#</a></h3><p id="fig-${id}-summary">${summary}</p></figcaption>
<div class="plot" role="img" aria-labelledby="fig-${id}-title" aria-describedby="fig-${id}-summary">${markup(drawing.svg)}</div>
<div class="foot"><p>${foot}</p><div class="tools" hidden></div></div>
<details><summary>Data</summary><div class="data">${tableMarkup({ columns: data.columns, rows }, caption, `Data: ${title}`)}</div></details>
</figure>`;
}

const pairs = (items: readonly (readonly [string, string | Html])[]): Html =>
  html`<dl class="pairs">${items.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

function missingSection({ failures }: SweepFacts): Html {
  if (failures.length === 0) return html``;
  return html`<section aria-labelledby="missing"><h2 id="missing">What is missing?</h2><div class="card"><p>${formatQuantity(failures.length, 'run')} failed. Cells of the figures count only the runs that finished.</p><ul>${failures.map(
    ({ what, reason, command }) => html`<li>${what}: ${reason}<code class="command">${command}</code></li>`,
  )}</ul></div></section>`;
}

function runsSection(facts: SweepFacts): Html {
  const shown = facts.runs.slice(0, MOST_ROWS);
  const note =
    shown.length < facts.runs.length
      ? `The first ${shown.length} of ${formatQuantity(facts.runs.length, 'run')}; the command printed all.`
      : formatQuantity(facts.runs.length, 'run');
  return html`<section aria-labelledby="runs"><h2 id="runs">How can each run be repeated?</h2><div class="columns"><div class="card"><h3>Provenance</h3>${pairs(
    [
      ['Scenario', facts.file],
      ['Scenario hash', html`<code>${facts.scenarioHash}</code>`],
      ['Seeds', `${facts.seeds.from} to ${facts.seeds.to}`],
      ['Ledger', facts.ledger],
      ['Inference', facts.inference],
      ['Build', html`<code>${facts.build}</code>`],
    ],
  )}</div><div class="card"><h3>Axes</h3>${pairs(facts.axes.map(({ path, values }) => [path, values.join(', ')] as const))}</div></div>
<div class="card"><h3>Commands</h3><p class="missing">The same command gives the same digest on any machine with the same version, while inference is replayed.</p><details><summary>${note}</summary><div class="scroll" role="region" aria-label="Runs" tabindex="0"><table><thead><tr>${facts.axes.map(
    ({ path }) => html`<th scope="col">${path}</th>`,
  )}<th scope="col" class="n">Seed</th><th scope="col">Digest</th><th scope="col">Command</th></tr></thead><tbody>${shown.map(
    ({ values, seed, digest, command }) =>
      html`<tr>${values.map((value) => html`<td>${value}</td>`)}<td class="n">${String(seed)}</td><td><code>${digest.slice(0, 16)}</code></td><td><code>${command}</code></td></tr>`,
  )}</tbody></table></div></details></div></section>`;
}

/** The whole document. It loads nothing: the content policy allows one style sheet and one script by their hashes. */
export function renderSweepPage({ facts, figures, note, payload, script }: SweepPageInput): string {
  const policy = `default-src 'none'; style-src ${contentHash(OWN_STYLE)};${script === '' ? '' : ` script-src ${contentHash(script)};`} base-uri 'none'; form-action 'none'`;
  const combinations = facts.axes.reduce((count, { values }) => count * values.length, 1);
  const seedCount = facts.seeds.to - facts.seeds.from + 1;
  const foot = `${facts.name} ${facts.scenarioHash.slice(0, 8)} · seeds ${facts.seeds.from}..${facts.seeds.to} · ${formatQuantity(facts.eras, 'era')}`;
  const first = figures[0];
  const links = [
    ['outcomes', 'Outcomes'],
    ...(facts.failures.length === 0 ? [] : [['missing', 'Missing'] as const]),
    ['runs', 'Repeat'],
  ] as const;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${markup(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="PoWR Lab"><title>${facts.name}, sweep: PoWR Lab report</title>
<style>${markup(OWN_STYLE)}</style></head><body>
<header class="head"><div><p class="eyebrow">PoWR Lab sweep report</p><h1>${facts.name}</h1>
<ul class="facts"><li>${formatQuantity(combinations, 'combination')}</li><li>${formatQuantity(seedCount, 'seed')}</li><li>${formatQuantity(facts.runs.length, 'run')}</li><li>${formatQuantity(facts.eras, 'era')}</li><li>ledger ${facts.ledger}</li><li>scenario ${facts.scenarioHash.slice(0, 8)}</li></ul>
<p class="lead">${first === undefined ? 'No metric depends on the axes.' : `${first.title}. ${first.summary}`}</p></div></header>
<nav aria-label="Sections"><ul>${links.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main><section aria-labelledby="outcomes"><h2 id="outcomes">What do the axes do?</h2>
<div class="figures">${figures.map((figure) => figureMarkup(figure, foot))}</div>
${note === '' ? '' : html`<p class="missing">${note}</p>`}</section>
${missingSection(facts)}
${runsSection(facts)}
</main><footer>Made by PoWR Lab ${facts.version} from the stored runs of the sweep. The table with every run and metric lies beside this file as sweep.csv and summary.parquet.</footer>
${script === '' || payload === null ? '' : html`<script type="application/json" id="${SWEEP_PAYLOAD_ID}">${scriptJson(payload)}</script><script>${markup(script)}</script>`}
</body></html>
`;
  return page.markup;
}
