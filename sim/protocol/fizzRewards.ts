/**
 * Figures of fizz nodes and subnets that are worked out off-chain: the era reward of the docs' rule (F-24), the metrics of a
 * subnet (F-25), and which device a gateway offers for an order (FIZZ-6). Measures nothing and moves nothing.
 */
import { assert } from '../base/assert.ts';
import { BPS, compareProducts, FP, MAX_INT, max, min, mulDivDown } from '../base/fixedPoint.ts';
import type { ParamKey } from './params.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';
import { getParam, type State } from './state.ts';

/** Percent that a shortfall of a resource weighs, with a GPU and without. @source F-24 */
const SHORTFALL_WEIGHTS = {
  withGpu: { cpuCount: 20, memoryGb: 10, storageGb: 10, gpuCount: 60 },
  withoutGpu: { cpuCount: 50, memoryGb: 25, storageGb: 25, gpuCount: 0 },
} as const;
const ALL_WEIGHT = 100;
/** Of what is not known yet: neither good nor bad. */
const UNKNOWN_FP = FP / 2;

/** Part of each resource that was exposed and not delivered, 0 … BPS. */
export type Shortfalls = Resources;

/** Base of F-24: what an era of full delivery is worth to a device. @rule F-24 */
export function fizzBaseUnits(s: State, cpuCount: number, gpuCount: number): number {
  return gpuCount * getParam(s, 'fizz.base_era.gpu') + cpuCount * getParam(s, 'fizz.base_era.cpu');
}

/**
 * Era reward by the docs' rule: nothing below the uptime gate, else the base less what the device fell short of. Rounds down.
 *
 * @param hasGpu which weights apply
 * @param isUp whether the uptime reached the gate
 * @example 500 points, shortfalls of 10/5/0/20 %: 500 · 0.855 = 427.5
 * @rule F-24, FIZZ-16
 */
export function docsRewardUnits(baseUnits: number, hasGpu: boolean, isUp: boolean, shortfallsBps: Shortfalls): number {
  if (!isUp) return 0;
  const weights = hasGpu ? SHORTFALL_WEIGHTS.withGpu : SHORTFALL_WEIGHTS.withoutGpu;
  let lost = 0;
  for (const name of RESOURCE_NAMES) lost += min(shortfallsBps[name], BPS) * weights[name];
  return mulDivDown(baseUnits, BPS * ALL_WEIGHT - lost, BPS * ALL_WEIGHT);
}

/** What an era has shown of a device: in how many of its slots it was there, and what of the exposed it delivered. */
export type Delivery = {
  readonly exposed: Resources;
  readonly delivered: Resources;
  readonly onSlots: number;
  readonly slots: number;
};

/** F-24 for a device in a ledger; each shortfall is rounded down to a basis point. @rule F-24, FIZZ-16, OP-44 */
export function fizzRewardUnits(s: State, { exposed, delivered, onSlots, slots }: Delivery): number {
  const short = (name: keyof Resources): number =>
    exposed[name] === 0 ? 0 : mulDivDown(BPS, exposed[name] - min(delivered[name], exposed[name]), exposed[name]);
  const isUp = slots > 0 && compareProducts(onSlots, BPS, slots, getParam(s, 'fizz.uptime_gate_bps')) >= 0;
  return docsRewardUnits(fizzBaseUnits(s, exposed.cpuCount, exposed.gpuCount), exposed.gpuCount > 0, isUp, {
    cpuCount: short('cpuCount'),
    memoryGb: short('memoryGb'),
    storageGb: short('storageGb'),
    gpuCount: short('gpuCount'),
  });
}

/** What an era has shown of a gateway or of a member. */
export type SubnetPart = {
  readonly workUnits: number;
  /** Weight of whoever had no work: the units that it exposes. */
  readonly exposedUnits: number;
  readonly uptimeBps: number;
  /** Of no meaning without work. */
  readonly completionBps: number;
  readonly responseMs: number;
  /** Mean rating as a part of the best one. */
  readonly feedbackBps: number;
};

/** Of a subnet in which nobody worked only the uptime is known. */
export type SubnetFigures = {
  readonly uptimeBps: number;
  readonly completionBps: number | null;
  readonly responseMs: number | null;
  readonly feedbackBps: number | null;
};

/** Weighted mean, rounded down; null without weight. @throws AssertionError if the sum of the products is no exact integer */
function weightedMean(values: readonly (readonly [weight: number, value: number])[]): number | null {
  let weight = 0;
  let sum = 0;
  for (const [w, value] of values) {
    weight += w;
    sum += w * value;
  }
  assert(sum <= MAX_INT, 'subnetFigures: work units times metrics must sum to less than 2^53');
  return weight === 0 ? null : mulDivDown(sum, 1, weight);
}

/**
 * Metrics of a subnet: means over the gateway and its members by what they have worked; who had no work counts for the
 * uptime alone, by what it exposes. The subnet's stake is the gateway's collateral, and so is its tier.
 *
 * @param parts the gateway and its members, in any order
 * @rule F-25, TIER-10, FIZZ-13
 */
export function subnetFigures(parts: readonly SubnetPart[]): SubnetFigures {
  const mean = (metric: 'completionBps' | 'responseMs' | 'feedbackBps'): number | null =>
    weightedMean(parts.map((part) => [part.workUnits, part[metric]]));
  const uptimeBps = weightedMean(
    parts.map((part) => [part.workUnits === 0 ? part.exposedUnits : part.workUnits, part.uptimeBps]),
  );
  return {
    uptimeBps: uptimeBps ?? 0,
    completionBps: mean('completionBps'),
    responseMs: mean('responseMs'),
    feedbackBps: mean('feedbackBps'),
  };
}

/** An Active member of the gateway that is to choose. */
export type FizzCandidate = {
  readonly fizz: number;
  /** Challenges of which it had a part, and those that it delivered. */
  readonly challengeCount: number;
  readonly passedCount: number;
  readonly delegationUnits: number;
  readonly priceUnits: number;
  readonly gpuTier: number;
  readonly exposed: Resources;
};

/** What an order asks for. */
export type FizzWish = { readonly maxPriceUnits: number; readonly gpuTier: number; readonly needed: Resources };

/** Weights of a gateway's choice in BPS; they sum to BPS. */
export type FizzWeights = {
  readonly challenges: number;
  readonly delegation: number;
  readonly price: number;
  readonly capacity: number;
};

/** @param param reads a parameter: of the ledger, or of an agent's view of it. @rule FIZZ-6, OP-78 */
export function selectionWeights(param: (key: ParamKey) => number): FizzWeights {
  return {
    challenges: param('fizz.sel_w_bps.challenges'),
    delegation: param('fizz.sel_w_bps.delegation'),
    price: param('fizz.sel_w_bps.price'),
    capacity: param('fizz.sel_w_bps.capacity'),
  };
}

/** Whether a device has what an order asks for, at its price. @rule FIZZ-6, FIZZ-7 */
export function isServable({ priceUnits, gpuTier, exposed }: FizzCandidate, wish: FizzWish): boolean {
  if (priceUnits > wish.maxPriceUnits || gpuTier < wish.gpuTier) return false;
  return RESOURCE_NAMES.every((name) => exposed[name] >= wish.needed[name]);
}

/** Smallest part of a resource that is left free when the order is served; FP ratio. */
function capacityFp(exposed: Resources, needed: Resources): number {
  let leastFp = FP;
  for (const name of RESOURCE_NAMES) {
    if (exposed[name] > 0) leastFp = min(leastFp, mulDivDown(FP, exposed[name] - needed[name], exposed[name]));
  }
  return leastFp;
}

/**
 * Score of a device for an order: the weighted sum of its share of challenges passed (one half before its first), its
 * delegation against the largest of the candidates, how far its price is below the most, and what stays free. FP ratio,
 * rounded down.
 *
 * @param largestUnits largest delegation among the candidates
 * @rule FIZZ-6, OP-78
 */
export function scoreFizz(
  candidate: FizzCandidate,
  wish: FizzWish,
  largestUnits: number,
  weights: FizzWeights,
): number {
  const { challengeCount, passedCount, delegationUnits, priceUnits, exposed } = candidate;
  const challengesFp = challengeCount === 0 ? UNKNOWN_FP : mulDivDown(FP, passedCount, challengeCount);
  const delegationFp = largestUnits === 0 ? 0 : mulDivDown(FP, delegationUnits, largestUnits);
  const priceFp = mulDivDown(FP, wish.maxPriceUnits - priceUnits, wish.maxPriceUnits);
  const sum =
    weights.challenges * challengesFp +
    weights.delegation * delegationFp +
    weights.price * priceFp +
    weights.capacity * capacityFp(exposed, wish.needed);
  return mulDivDown(sum, 1, BPS);
}

/**
 * The device that a gateway offers for an order: the one with the highest score among those that can serve it, on a tie the
 * lower number; 0 if none can.
 *
 * @rule FIZZ-6, OP-78
 */
export function chooseFizz(candidates: readonly FizzCandidate[], wish: FizzWish, weights: FizzWeights): number {
  const able = candidates.filter((candidate) => isServable(candidate, wish));
  const largestUnits = able.reduce((most, { delegationUnits }) => max(most, delegationUnits), 0);
  let best = { fizz: 0, scoreFp: -1 };
  for (const candidate of able) {
    const scoreFp = scoreFizz(candidate, wish, largestUnits, weights);
    const isBetter = scoreFp > best.scoreFp || (scoreFp === best.scoreFp && candidate.fizz < best.fizz);
    if (isBetter) best = { fizz: candidate.fizz, scoreFp };
  }
  return best.fizz;
}
