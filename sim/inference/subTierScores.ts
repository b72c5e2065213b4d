/**
 * The GPU sub-tiers of ATTR-4 by what their cards do: the price band that the protocol declares, the peaks that others
 * publish of the cards in it, and what was measured on a device of it. Decides what may be called measured: nothing is
 * invented, and what is scaled from another device says from which, and by which public figure.
 */
import type { GpuPeakRow, HardwareTable } from '../engine/hardwareTable.ts';
import type { ComputeScore, ComputeScores } from './computeScores.ts';

/** A profile's scores, and where they are kept. */
export type KeptScores = { readonly path: string; readonly scores: ComputeScores };

export type CardScore = Pick<ComputeScore, 'kind' | 'unit'> & {
  readonly rate: number;
  /** `measured`, or from which device and by which public figure it is scaled. */
  readonly basis: string;
};

export type CardRow = {
  readonly model: string;
  readonly memoryGb: number;
  /** Published peaks; null where no source that was read gives them. Never measured here. */
  readonly publicPeak: GpuPeakRow | null;
  /** None: not measured. */
  readonly scores: readonly CardScore[];
};

export type Range = { readonly low: number; readonly high: number };

export type SubTierRow = {
  /** 1 to 11. */
  readonly tier: number;
  readonly name: string;
  /** Null where the band is open. */
  readonly lowUsd: number | null;
  readonly highUsd: number | null;
  readonly cards: readonly CardRow[];
  /** Over the cards whose peaks are known. */
  readonly publicTflops: Range | null;
  readonly publicGbPerS: Range | null;
  /** Names of devices of this sub-tier that were measured. */
  readonly measuredDevices: readonly string[];
  readonly standing: 'measured' | 'scaled' | 'not measured';
};

export type SubTierScores = {
  readonly rows: readonly SubTierRow[];
  /** Measured devices that are no card of a sub-tier: processors, drivers in software, parts of a card, unknown cards. */
  readonly others: readonly KeptScores[];
};

type MeasuredCard = { readonly model: string; readonly tier: number; readonly kept: KeptScores };

/** @rule ATTR-4 */
export function computeSubTierScores(
  table: Pick<HardwareTable, 'gpus' | 'gpuClasses' | 'gpuPeaks'>,
  kept: readonly KeptScores[],
): SubTierScores {
  const measured = kept.flatMap((entry): MeasuredCard[] => {
    const { device } = entry.scores;
    const isCard = device.class === 'webgpu' || device.class === 'cuda';
    const card = isCard && !device.isSoftware ? findCard(table, device.name) : undefined;
    return card ? [{ ...card, kept: entry }] : [];
  });
  const peakOf = (model: string): GpuPeakRow | null => table.gpuPeaks.find((row) => row.model === model) ?? null;
  const rows = table.gpuClasses.map(({ tier, name, lowUsd, highUsd }): SubTierRow => {
    const cards = table.gpus
      .filter((gpu) => gpu.tier === tier)
      .map(({ model, memoryGb }): CardRow => {
        const scores = scoresOf(model, tier, measured, peakOf);
        return { model, memoryGb, publicPeak: peakOf(model), scores };
      });
    const measuredHere = measured.filter((card) => card.tier === tier);
    return {
      ...{ tier, name, lowUsd, highUsd, cards },
      publicTflops: rangeOf(cards.map(({ publicPeak }) => publicPeak?.fp32Tflops ?? null)),
      publicGbPerS: rangeOf(cards.map(({ publicPeak }) => publicPeak?.bandwidthGbPerS ?? null)),
      measuredDevices: measuredHere.map(({ kept: { scores } }) => scores.device.name),
      standing: standingOf(measuredHere.length > 0, cards),
    };
  });
  return { rows, others: kept.filter((entry) => !measured.some((card) => card.kept === entry)) };
}

function standingOf(isMeasured: boolean, cards: readonly CardRow[]): SubTierRow['standing'] {
  if (isMeasured) return 'measured';
  return cards.some(({ scores }) => scores.length > 0) ? 'scaled' : 'not measured';
}

function scoresOf(
  model: string,
  tier: number,
  measured: readonly MeasuredCard[],
  peakOf: (model: string) => GpuPeakRow | null,
): readonly CardScore[] {
  const own = measured.find((card) => card.model === model);
  if (own)
    return own.kept.scores.scores.map(({ kind, unit, rate }) => ({ kind, unit, rate: rate.median, basis: 'measured' }));
  // From the measured card that is nearest, which is likeliest to be built alike.
  const distance = (card: MeasuredCard): number => Math.abs(card.tier - tier);
  const [from] = measured.toSorted((a, b) => distance(a) - distance(b));
  if (!from) return [];
  const [to, base] = [peakOf(model), peakOf(from.model)];
  return from.kept.scores.scores.flatMap(({ kind, unit, rate }): CardScore[] => {
    const isCompute = unit === 'GFLOP/s';
    const [wanted, known] = [to, base].map((peak) => (isCompute ? peak?.fp32Tflops : peak?.bandwidthGbPerS) ?? null);
    if (wanted == null || known == null) return [];
    const figure = isCompute ? 'FP32 peak' : 'bandwidth';
    const figures = `${known} to ${wanted} ${isCompute ? 'TFLOPS' : 'GB/s'}`;
    const basis = `scaled from ${from.kept.scores.device.name} by public ${figure}, ${figures}`;
    return [{ kind, unit, rate: (rate.median * wanted) / known, basis }];
  });
}

function rangeOf(values: readonly (number | null)[]): Range | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : { low: Math.min(...known), high: Math.max(...known) };
}

/** Words after which a name means another device than the card: for notebooks, a stronger sister, a slice of the card. */
const OTHER_DEVICE = ['laptop', 'mobile', 'max', 'super', 'mig', 'vgpu', 'grid'];

/** Words and numbers of a name apart: `A100-SXM4-80GB` is a100, sxm4, 80, gb. */
const wordsOf = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .replace(/(\d)(gb)\b/g, '$1 $2')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

/** The card that a device names: the one with the most words, all of which are in the name. */
function findCard(
  { gpus }: Pick<HardwareTable, 'gpus'>,
  name: string,
): { readonly model: string; readonly tier: number } | undefined {
  const words = wordsOf(name);
  if (words.some((word) => OTHER_DEVICE.includes(word))) return undefined;
  const found = gpus.filter(({ model }) => wordsOf(model).every((word) => words.includes(word)));
  return found.toSorted((a, b) => wordsOf(b.model).length - wordsOf(a.model).length)[0];
}

/** Scores of a profile file, or undefined where it keeps none. */
export function readKeptScores(path: string, text: string): KeptScores | undefined {
  const { computeScores } = JSON.parse(text) as { readonly computeScores?: ComputeScores };
  return computeScores === undefined ? undefined : { path, scores: computeScores };
}
