/**
 * `powr hardware`: the GPU sub-tiers beside what their cards do: declared price bands, published peaks, measured scores.
 * What may be called measured is decided in sim/inference/subTierScores.ts.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { HARDWARE_TABLE, type Source } from '../engine/hardwareTable.ts';
import type { ComputeScore } from '../inference/computeScores.ts';
import {
  type CardRow,
  computeSubTierScores,
  type KeptScores,
  readKeptScores,
  type SubTierRow,
  type SubTierScores,
} from '../inference/subTierScores.ts';
import { repoRoot } from '../store/paths.ts';
import { alignCells, plainText } from './alignCells.ts';
import { EXIT } from './exitCodes.ts';
import { wantsColor } from './loadFile.ts';

const PROFILES = 'fixtures/profiles';
const NONE = '–';
const KINDS = ['matmul', 'convolution', 'attention', 'streaming'] as const;

/** Sub-tiers with the scores of every profile that keeps some, for reports too. */
export function readSubTierScores(root: string): SubTierScores {
  const folder = join(root, PROFILES);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const kept = files.sort().flatMap((name): readonly KeptScores[] => {
    const scores = readKeptScores(`${PROFILES}/${name}`, readFileSync(join(folder, name), 'utf8'));
    return scores ? [scores] : [];
  });
  return computeSubTierScores(HARDWARE_TABLE, kept);
}

/** Sources of the published peaks, and of the bands. */
function sourcesOf({ rows }: SubTierScores): readonly Source[] {
  const used = new Set([
    ...HARDWARE_TABLE.gpuClasses.flatMap(({ sources }) => sources),
    ...rows.flatMap(({ cards }) => cards.flatMap(({ publicPeak }) => publicPeak?.sources ?? [])),
  ]);
  return HARDWARE_TABLE.sources.filter(({ id }) => used.has(id));
}

const usd = (value: number): string => value.toLocaleString('en-GB');

function bandText({ lowUsd, highUsd }: SubTierRow): string {
  if (lowUsd === null) return 'no band';
  return highUsd === null ? `above ${usd(lowUsd)}` : `${usd(lowUsd)} to ${usd(highUsd)}`;
}

const figureText = (value: number | null | undefined): string => (value == null ? NONE : String(value));

function scoreText(card: CardRow, kind: ComputeScore['kind']): string {
  const score = card.scores.find((candidate) => candidate.kind === kind);
  if (!score) return 'not measured';
  const text = `${Number(score.rate.toPrecision(4))} ${score.unit}`;
  return score.basis === 'measured' ? text : `(${text})`;
}

/** One line for each card, in sub-tiers; below, where figures come from. */
export function renderHardware(scores: SubTierScores, color: boolean): string {
  const c = createColors(color);
  const head = ['card', 'TFLOPS', 'GB/s', ...KINDS];
  const cardRows = scores.rows.flatMap(({ cards }) =>
    cards.map((card) => [
      card.publicPeak?.variant ? `${card.model}, ${card.publicPeak.variant}` : card.model,
      figureText(card.publicPeak?.fp32Tflops),
      figureText(card.publicPeak?.bandwidthGbPerS),
      ...KINDS.map((kind) => scoreText(card, kind)),
    ]),
  );
  const [headCells, ...cells] = alignCells([head, ...cardRows], ['left', ...head.slice(1).map(() => 'right' as const)]);
  const lines = [
    'Price bands as the protocol declares them (ATTR-4). TFLOPS (single precision) and GB/s: peaks as published.',
    'matmul to streaming: measured by this program; in brackets: scaled from a measured card, as told below.',
    '',
    c.bold(`   ${headCells!.join('  ').trimEnd()}`),
  ];
  let at = 0;
  for (const row of scores.rows) {
    lines.push(c.bold(`${row.tier}  ${row.name}, USD ${bandText(row)}: ${row.standing}`));
    for (const _ of row.cards) lines.push(`   ${cells[at++]!.join('  ').trimEnd()}`);
  }
  const bases = scores.rows.flatMap(({ cards }) =>
    cards.flatMap((card) => [
      ...new Set(card.scores.filter(({ basis }) => basis !== 'measured').map(({ basis }) => `${card.model}: ${basis}`)),
    ]),
  );
  if (bases.length > 0) lines.push('', c.bold('Scaled'), ...bases.map(plainText));
  if (scores.others.length > 0) {
    lines.push('', c.bold('Measured devices that are no card of a sub-tier'));
    for (const { path, scores: measured } of scores.others) lines.push(plainText(otherText(path, measured)));
  }
  lines.push('', c.bold('Sources'));
  for (const { id, publisher, title, url, retrieved } of sourcesOf(scores))
    lines.push(c.dim(`${id}: ${publisher}, ${title}, ${url}${retrieved === null ? '' : `, read ${retrieved}`}`));
  return `${lines.join('\n')}\n`;
}

function otherText(path: string, { device, scores }: KeptScores['scores']): string {
  const texts = scores.map(({ kind, rate, unit, efficiency, core }) => {
    const figures = core ? `: ${core.rate} of ${core.peak}` : '';
    const share = efficiency === null ? '' : ` (${Math.round(100 * efficiency)} % of a core${figures})`;
    return `${kind} ${rate.median} ${unit}${share}`;
  });
  const note = device.isSoftware ? ', in software: its speed means nothing' : '';
  return `${device.class}, ${device.name}${note}: ${texts.join(', ')} (${path})`;
}

export function hardwareCommand(options: { readonly json?: boolean }): number {
  const scores = readSubTierScores(repoRoot());
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...scores, sources: sourcesOf(scores) }, null, 2)}\n`
      : renderHardware(scores, wantsColor(process.stdout)),
  );
  return EXIT.ok;
}
