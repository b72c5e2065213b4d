/**
 * Attribute classes of declared hardware (ATTR-2 to ATTR-5): what a provider's agent computes off-chain before it proposes;
 * the ledger sees the class numbers only. Decides no multiplier and trusts nobody: challenges test what was declared.
 */
import { assert } from '../base/assert.ts';
import { min } from '../base/fixedPoint.ts';
import { getParam, type State } from './state.ts';

export const COMPUTE_CLASS = { basic: 1, general: 2, hpc: 3 } as const;
export const STORAGE_CLASS = { hdd: 1, ssd: 2, nvme: 3 } as const;
export const NET_CLASS = { low: 1, medium: 2, high: 3, ultra: 4 } as const;

const HPC_SCORE = 50_000;
const BASIC_SCORE = 20_000;
const BASIC_THREADS = 48;

/**
 * Compute class by CPU benchmark score and threads: HPC above 50 000; Basic below 20 000 with at most 48 threads; all others
 * General.
 *
 * @rule ATTR-2
 */
export function classifyCompute(threadCount: number, score: number): number {
  if (score > HPC_SCORE) return COMPUTE_CLASS.hpc;
  return threadCount <= BASIC_THREADS && score < BASIC_SCORE ? COMPUTE_CLASS.basic : COMPUTE_CLASS.general;
}

/**
 * Storage class by the medium that is more than half of the registered capacity. Where none is, the lowest class that is
 * there at all: what is not shown to be better counts as worse.
 *
 * @param hddGb,ssdGb,nvmeGb capacity of each medium
 * @rule ATTR-3, ATTR-1
 */
export function classifyStorage(hddGb: number, ssdGb: number, nvmeGb: number): number {
  const totalGb = hddGb + ssdGb + nvmeGb;
  if (2 * nvmeGb > totalGb) return STORAGE_CLASS.nvme;
  if (2 * ssdGb > totalGb) return STORAGE_CLASS.ssd;
  if (2 * hddGb > totalGb || hddGb > 0 || totalGb === 0) return STORAGE_CLASS.hdd;
  return STORAGE_CLASS.ssd;
}

/** Models by sub-tier, in the order of ATTR-4's table; number 1 is Entry 1. Ultra 3, the last, is what later documents add (OP-35). */
const GPU_MODELS: readonly (readonly string[])[] = [
  [
    'T1000',
    'P4',
    'GTX 1050',
    'GTX 1050 Ti',
    'GTX 1060',
    'GTX 1070',
    'GTX 1070 Ti',
    'GTX 1080',
    'GTX 1080 Ti',
    'RTX 2060',
    'RTX 2070',
  ],
  [
    'RTX 2080',
    'RTX 3050',
    'RTX 3060',
    'RTX 3060 Ti',
    'RTX 3070',
    'RTX 3070 Ti',
    'RTX 4060',
    'RTX 4060 Ti',
    'RTX 4070',
    'P100',
    'RTX A4000',
  ],
  ['RTX 2080 Ti', 'RTX 3080', 'RTX 3080 Ti', 'RTX 4070 Ti', 'RTX 4000', 'P40', 'T4'],
  ['RTX 3090', 'RTX 3090 Ti', 'RTX 4080', 'Titan RTX'],
  ['RTX 4090', 'A5000', 'V100', 'A10', 'L4', 'A40'],
  ['L40', 'RTX A6000', 'RTX 8000'],
  ['L40S', 'RTX 6000 Ada'],
  ['A100 40 GB'],
  ['A100 80 GB'],
  ['H100', 'GH200'],
  ['H200', 'B200'],
];

/** One spelling of a model's name: no maker, no spaces, no case. */
function plainName(model: string): string {
  return model.toLowerCase().replace(/nvidia|geforce|tesla|quadro|[^a-z0-9]/g, '');
}

const TIER_OF_MODEL: ReadonlyMap<string, number> = new Map(
  GPU_MODELS.flatMap((models, i) => models.map((model) => [plainName(model), i + 1] as const)),
);

/** The sub-tier that exists with `attr.gpu_tier11` only. */
const ULTRA_3 = 11;

/**
 * Sub-tier of a GPU whose model is in the table, in any usual spelling; 0 if it names none such.
 *
 * @param hasUltra3 option of `attr.gpu_tier11`; without it nobody has classed the models of Ultra 3
 * @rule ATTR-4, OP-35
 */
export function gpuTierOfModel(model: string, hasUltra3: boolean): number {
  const tier = TIER_OF_MODEL.get(plainName(model)) ?? 0;
  return tier === ULTRA_3 && !hasUltra3 ? 0 : tier;
}

/** Option of `attr.gpu_gap`. */
export const GPU_GAP = { down: 0, up: 1, split: 2 } as const;
/** Border in the middle of the price gap, for `split`. */
const GAP_MIDDLE_USD = 6_250;

/** True if a price in (5 000, 7 500] USD belongs to Medium 2 rather than High 1. @rule ATTR-4, OP-35 */
function gapGoesDown(priceUsd: number, gap: number): boolean {
  if (gap === GPU_GAP.down) return true;
  return gap === GPU_GAP.split && priceUsd < GAP_MIDDLE_USD;
}

/**
 * Sub-tier of a GPU by unit price. Ultra 3 is not reached by price.
 *
 * @param gap option of `attr.gpu_gap`: where 5 000 to 7 500 USD belong
 * @rule ATTR-4, OP-35
 */
export function gpuTierOfPrice(priceUsd: number, gap: number): number {
  assert(priceUsd >= 0, `A GPU's price is ${priceUsd}, not ≥ 0`);
  const below = [500, 1_000, 1_500, 2_000, 3_500, 5_000].findIndex((limit) => priceUsd < limit);
  if (below >= 0) return below + 1;
  // Medium is "< 5 000" and High is "> 7 500": what lies between is the gap, its ends included.
  if (priceUsd <= 7_500) return gapGoesDown(priceUsd, gap) ? 6 : 7;
  return 7 + [11_250, 15_000, 25_000, Number.POSITIVE_INFINITY].findIndex((limit) => priceUsd <= limit);
}

export type Gpu = { readonly model: string; readonly priceUsd: number };

/**
 * Sub-tier of a GPU: by its model if ATTR-4 names it, else by its price; by its price alone with `attr.gpu_lookup` =
 * price_only.
 *
 * @returns 1…10, with `attr.gpu_tier11` 1…11
 * @rule ATTR-4, OP-35
 */
export function classifyGpu(s: State, gpu: Gpu): number {
  const byPrice = gpuTierOfPrice(gpu.priceUsd, getParam(s, 'attr.gpu_gap'));
  if (getParam(s, 'attr.gpu_lookup') === 1) return byPrice;
  const byModel = gpuTierOfModel(gpu.model, getParam(s, 'attr.gpu_tier11') === 1);
  return byModel === 0 ? byPrice : byModel;
}

/** Lower borders of Medium and High, and what Ultra must be more than, in Mbps, of one direction. */
type Borders = { readonly medium: number; readonly high: number; readonly gap: number };
const DOWN: Borders = { medium: 100, high: 500, gap: 1_000 };
const UP: Borders = { medium: 75, high: 400, gap: 800 };
const ULTRA_MBPS = 5_000;
const GAP_UP = 1;

function classifyDirection(mbps: number, borders: Borders, gap: number): number {
  if (mbps < borders.medium) return NET_CLASS.low;
  if (mbps < borders.high) return NET_CLASS.medium;
  if (mbps > ULTRA_MBPS || (gap === GAP_UP && mbps >= borders.gap)) return NET_CLASS.ultra;
  return NET_CLASS.high;
}

/**
 * Connectivity class: the lower class of the two directions. From 1 000 down or 800 up to 5 000 Mbps the sources name none;
 * `attr.net_gap` says which.
 *
 * @rule ATTR-5, OP-36
 */
export function classifyNet(s: State, downMbps: number, upMbps: number): number {
  const gap = getParam(s, 'attr.net_gap');
  return min(classifyDirection(downMbps, DOWN, gap), classifyDirection(upMbps, UP, gap));
}
