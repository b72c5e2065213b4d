/**
 * Who wins an order (F-15): the score of a bid, the winner among the bids that can serve, and the median collateral that the
 * stake term is measured by. Reads the ledger only, but for the median; anybody who computes it from the same ledger gets
 * the same winner. What follows from a match is decided in `orders.ts` and `operators.ts`.
 */
import { BPS, FP, MAX_INT, MIL, min, mulDivCapped, mulDivDown } from '../base/fixedPoint.ts';
import { PURPOSE, pick, rnd } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { checkStep, currentEra, enterStep } from './clock.ts';
import { bidAt, isEligible, openBidsOf, orderAt, orderNeeds } from './eligibility.ts';
import { fizzResources } from './fizz.ts';
import { F, ORDER_FLAG, PROVIDER_STATE, PROVIDER_TIERS, STEP } from './layout.ts';
import { freeOf } from './leases.ts';
import { certificatesMil } from './liveness.ts';
import { freeOwnUnits, providerAt, providerCount } from './providers.ts';
import { R } from './rejections.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';
import { recordSlash, slashCountOf } from './slashRecord.ts';
import { collateralAt } from './stake.ts';
import { emit, getParam, reject, type State } from './state.ts';

export { recordSlash, slashCountOf };

const O = F.orders;
const B = F.bids;
const P = F.providers;
const T = F.orderTotals;

/** Regions of one continent have numbers that are equal but for their last three bits. */
const REGIONS_PER_CONTINENT = 8;
const TWO_32 = 4_294_967_296;
const TERMS = ['region', 'price', 'feedback', 'avail', 'slashes', 'tier', 'stake', 'random'] as const;

/** Inputs of a score by name, each in [0, FP]. */
export type ScoreTerms = Readonly<Record<(typeof TERMS)[number], number>>;
export type Score = { readonly scoreFp: number; readonly randomFp: number; readonly terms: ScoreTerms };

/** Collateral that counts for matching: own stake that was not asked back, and all delegations. @rule F-15 */
export function matchCollateralUnits(s: State, provider: number): number {
  const delegatedUnits = s.providerCollateral[collateralAt(provider) + F.providerCollateral.delegatedUnits]!;
  return freeOwnUnits(s, provider) + delegatedUnits;
}

function continentOf(region: number): number {
  return mulDivDown(region, 1, REGIONS_PER_CONTINENT);
}

/** Nearness of two regions. @rule F-15, MATCH-2 */
function regionFp(s: State, a: number, b: number): number {
  if (a === b) return FP;
  const isOneContinent = continentOf(a) === continentOf(b);
  return getParam(s, isOneContinent ? 'region.matrix.continent' : 'region.matrix.other');
}

/** Mean rating as a share of the best one; one half where nobody has rated. @rule F-15 */
function feedbackFp(s: State, provider: number): number {
  const at = providerAt(provider);
  const ratingCount = s.providers[at + P.ratingCount]!;
  if (ratingCount === 0) return FP / 2;
  const bestTenths = ratingCount * getParam(s, 'fb.scale_tenths');
  return min(FP, mulDivDown(FP, s.providers[at + P.ratingSumTenths]!, bestTenths));
}

function registeredOf(s: State, provider: number): Resources {
  const at = providerAt(provider);
  return {
    cpuCount: s.providers[at + P.cpuCount]!,
    memoryGb: s.providers[at + P.memoryGb]!,
    storageGb: s.providers[at + P.storageGb]!,
    gpuCount: s.providers[at + P.gpuCount]!,
  };
}

/** Least share of a resource that stays free once the order is served. @rule F-15 */
function availFp(free: Resources, needs: Resources, total: Resources): number {
  let least = FP;
  for (const name of RESOURCE_NAMES) {
    if (total[name] > 0) least = min(least, mulDivDown(FP, free[name] - needs[name], total[name]));
  }
  return least;
}

/** Collateral as a share of what counts at most; all of it where no median has been posted. @rule F-15, OP-84 */
function stakeFp(s: State, provider: number): number {
  const maxUnits = s.tokenTotals[F.tokenTotals.maxSupplyUnits]!;
  const times = getParam(s, 'match.stake_cap_x_median');
  const capUnits = mulDivCapped(s.orderTotals[T.medianUnits]!, times, 1, maxUnits);
  return capUnits === 0 ? FP : mulDivDown(FP, min(matchCollateralUnits(s, provider), capUnits), capUnits);
}

/** The chance of a provider in an order: the same for whoever computes it from the order's seed. @rule F-15, MATCH-4, MATCH-6 */
function randomFp(seed: number, provider: number): number {
  return pick(rnd(mulDivDown(seed, 1, TWO_32), seed % TWO_32, PURPOSE.match, provider, 0), FP);
}

function termsOf(s: State, order: number, bid: number): ScoreTerms {
  const at = orderAt(order);
  const b = bidAt(bid);
  const provider = s.bids[b + B.provider]!;
  const fizz = s.bids[b + B.fizz]!;
  const p = providerAt(provider);
  const maxUnits = s.orders[at + O.maxPriceUnits]!;
  const total = fizz === 0 ? registeredOf(s, provider) : fizzResources(s, fizz);
  // Nothing but the order itself is on a fizz node.
  const free = fizz === 0 ? freeOf(s, provider) : total;
  return {
    region: regionFp(s, s.providers[p + P.region]!, s.orders[at + O.region]!),
    price: mulDivDown(FP, maxUnits - s.bids[b + B.priceUnits]!, maxUnits),
    feedback: feedbackFp(s, provider),
    avail: availFp(free, orderNeeds(s, order), total),
    slashes: mulDivDown(FP, 1, 1 + slashCountOf(s, provider)),
    tier: mulDivDown(FP, PROVIDER_TIERS + 1 - s.providers[p + P.tier]!, PROVIDER_TIERS),
    stake: stakeFp(s, provider),
    random: randomFp(s.orders[at + O.seed]!, provider),
  };
}

/**
 * Score of a bid whose provider can serve the order: the weighted mean of its terms, raised by the provider's certificates
 * if the order asks for them. Rounds down after each step.
 *
 * @rule F-15, MATCH-1, MATCH-3, OP-37, OP-84
 */
export function scoreBid(s: State, order: number, bid: number): Score {
  const terms = termsOf(s, order, bid);
  let weighted = 0;
  for (const name of TERMS) weighted += getParam(s, `match.w_bps.${name}`) * terms[name];
  const meanFp = mulDivDown(weighted, 1, BPS);
  const wantsCompliance = (s.orders[orderAt(order) + O.flags]! & ORDER_FLAG.compliance) !== 0;
  const compliance = s.providers[providerAt(s.bids[bidAt(bid) + B.provider]!) + P.compliance]!;
  const scoreFp = wantsCompliance ? mulDivDown(meanFp, certificatesMil(s, compliance), MIL) : meanFp;
  return { scoreFp, randomFp: terms.random, terms };
}

/**
 * The bid that wins an order: of the open bids whose providers can serve it now, the one of the highest score, on a tie of
 * the higher random term, then of the lower provider. Changes nothing.
 *
 * @returns 0 if there is none
 * @invariant INV-31: the same for whoever computes it, in whatever order the bids came
 * @rule F-15, MATCH-6
 */
export function winnerOf(s: State, order: number): number {
  let winner = 0;
  let best: Score | undefined;
  for (const bid of openBidsOf(s, order)) {
    if (!isEligible(s, bid)) continue;
    const score = scoreBid(s, order, bid);
    if (best !== undefined && !precedes(s, bid, score, winner, best)) continue;
    winner = bid;
    best = score;
  }
  return winner;
}

/** True if bid a wins over bid b. */
function precedes(s: State, a: number, scoreA: Score, b: number, scoreB: Score): boolean {
  if (scoreA.scoreFp !== scoreB.scoreFp) return scoreA.scoreFp > scoreB.scoreFp;
  if (scoreA.randomFp !== scoreB.randomFp) return scoreA.randomFp > scoreB.randomFp;
  return s.bids[bidAt(a) + B.provider]! < s.bids[bidAt(b) + B.provider]!;
}

function isActive(s: State, provider: number): boolean {
  return s.providers[providerAt(provider) + P.state] === PROVIDER_STATE.active;
}

/** Median collateral of the Active providers, the lower one of two; 0 without providers: what the keeper posts. @rule F-15 */
export function medianCollateral(s: State): number {
  const collaterals: number[] = [];
  for (let provider = 1; provider <= providerCount(s); provider++) {
    if (isActive(s, provider)) collaterals.push(matchCollateralUnits(s, provider));
  }
  collaterals.sort((a, b) => a - b);
  return collaterals.length === 0 ? 0 : collaterals[mulDivDown(collaterals.length - 1, 1, 2)]!;
}

/**
 * Settlement step over providers: the keeper posts the median collateral of the Active ones for the next era's matching, and
 * it is counted whether it is the median: fewer than half are below it, half of them or more are not above it.
 *
 * Warning: every chunk takes the number of the first one; if that is not the median, the last chunk is never accepted.
 *
 * @param bulk the median alone, in every chunk
 * @rejects BatchMismatch(given, 1), ValueOutOfRange, RankingInvalid(to, median) in a later chunk,
 * RankingInvalid(providers, median) in the last; all after the guards of the step itself
 * @rule F-15, TIME-4, OP-84
 */
export const postMedian: Rule = (s, _actor, args, bulk) => {
  const [from, to] = args as readonly [number, number];
  const count = providerCount(s);
  const refused = checkStep(s, STEP.postMedian, from, to, count);
  if (refused !== 0) return refused;
  if (bulk.length !== 1) return reject(s, R.BatchMismatch, bulk.length, 1);
  const median = bulk[0]!;
  if (median > MAX_INT) return reject(s, R.ValueOutOfRange, median, MAX_INT);
  const totals = s.orderTotals;
  const isFirst = from === 0;
  if (!isFirst && median !== totals[T.medianUnits]) return reject(s, R.RankingInvalid, to, median);
  let below = isFirst ? 0 : totals[T.medianBelowCount]!;
  let notAbove = isFirst ? 0 : totals[T.medianNotAboveCount]!;
  let total = isFirst ? 0 : totals[T.medianTotalCount]!;
  for (let provider = from + 1; provider <= to; provider++) {
    if (!isActive(s, provider)) continue;
    const collateral = matchCollateralUnits(s, provider);
    total += 1;
    if (collateral < median) below += 1;
    if (collateral <= median) notAbove += 1;
  }
  const isMedian = total === 0 ? median === 0 : 2 * below < total && total <= 2 * notAbove;
  if (to === count && !isMedian) return reject(s, R.RankingInvalid, total, median);

  if (to === count) emit(s, 'MedianPosted', currentEra(s), median);
  enterStep(s, STEP.postMedian, from, to, count);
  totals[T.medianUnits] = median;
  totals[T.medianBelowCount] = below;
  totals[T.medianNotAboveCount] = notAbove;
  totals[T.medianTotalCount] = total;
  return 0;
};
