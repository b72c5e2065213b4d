/**
 * Tiers of Slarks (SM-10): what an era's results make of each licence, and the list by tier from which committees are drawn
 * in the next era. Decides nothing about pay, and nothing about who is drawn.
 */
import { BPS, compareProducts, max, min } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { checkStep, currentEra, enterStep } from './clock.ts';
import { ACCOUNT, CLASS_COUNT, F, KIND, SLARK_STATE, SLARK_TIERS, STEP } from './layout.ts';
import { P, type ParamKey } from './params.ts';
import { R } from './rejections.ts';
import {
  countTier,
  enterSlarkState,
  isDrawable,
  leaveMachine,
  setSlarkField,
  slarkCount,
  slarkField,
} from './slarks.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';

const T = F.slarkTotals;
/** Reason of TierChanged: the era's results. */
const BY_METRICS = 1;
const PERCENT = 100;

/** Value of a parameter that exists per tier; `first` is the key of tier 1. */
function ofTier(s: State, first: ParamKey, tier: number): number {
  return s.paramValues[P[first] + tier - 1]!;
}

/** A licence's place among all by accuracy: the figures are those of the era, read before they are cleared. */
type Standing = { readonly licence: number; readonly alignedCount: number; readonly resultCount: number };

function standingOf(s: State, licence: number): Standing {
  return {
    licence,
    alignedCount: slarkField(s, licence, 'alignedCount'),
    resultCount: slarkField(s, licence, 'resultCount'),
  };
}

/** True if a comes before b: higher accuracy, on a tie the lower identifier. No result counts as accuracy 0. */
function precedes(a: Standing, b: Standing): boolean {
  const order = compareProducts(a.alignedCount, max(b.resultCount, 1), b.alignedCount, max(a.resultCount, 1));
  return order > 0 || (order === 0 && a.licence < b.licence);
}

/** All licences by accuracy, best first: what the keeper gives to {@link updateSlarks}. @rule OP-64 */
export function rankByAccuracy(s: State): number[] {
  const standings = Array.from({ length: slarkCount(s) }, (_, i) => standingOf(s, i + 1));
  return standings.sort((a, b) => (precedes(a, b) ? -1 : 1)).map(({ licence }) => licence);
}

/** Higher tier first, then the lower identifier. */
function precedesByTier(s: State, a: number, b: number): boolean {
  const tierA = slarkField(s, a, 'tier');
  const tierB = slarkField(s, b, 'tier');
  return tierA > tierB || (tierA === tierB && a < b);
}

/** All licences that can be drawn, best tier first: what the keeper gives to {@link postSlarks}. @rule SLARK-7 */
export function rankByTier(s: State): number[] {
  const drawable: number[] = [];
  for (let licence = 1; licence <= slarkCount(s); licence++) if (isDrawable(s, licence)) drawable.push(licence);
  return drawable.sort((a, b) => (precedesByTier(s, a, b) ? -1 : 1));
}

/** True if the era's results are what a tier needs: accuracy and mean delay, of at least one result. @rule SLARK-7, SLARK-13 */
function meets(s: State, licence: number, tier: number): boolean {
  const resultCount = slarkField(s, licence, 'resultCount');
  if (resultCount === 0) return false;
  const alignedCount = slarkField(s, licence, 'alignedCount');
  return (
    alignedCount * PERCENT > ofTier(s, 'slark.acc_pct.1', tier) * resultCount &&
    slarkField(s, licence, 'meanDelayMs') < ofTier(s, 'slark.resp_ms.1', tier)
  );
}

function moveTier(s: State, licence: number, from: number, to: number): void {
  countTier(s, from, -1);
  countTier(s, to, 1);
  setSlarkField(s, licence, 'tier', to);
  setSlarkField(s, licence, 'promoEraCount', 0);
  setSlarkField(s, licence, 'demoEraCount', 0);
  emit(s, 'TierChanged', KIND.slark, licence, from, to, BY_METRICS);
}

/** Price, seat and consent for a promotion into `tier`. @invariant INV-20 @rule SLARK-8, OP-63, OP-64 */
function mayEnter(s: State, licence: number, tier: number): boolean {
  const seats = ofTier(s, 'slark.seats.1', tier);
  return (
    slarkField(s, licence, 'buyUnits') > ofTier(s, 'slark.buy_tokens.1', tier) &&
    (seats === 0 || s.slarkTotals[T.tierCount1 + tier - 1]! < seats) &&
    slarkField(s, licence, 'optIn') === 1
  );
}

/** One era of SM-10 for a licence that was drawn or handed in results. */
function judgeTier(s: State, licence: number): void {
  const tier = slarkField(s, licence, 'tier');
  if (tier < SLARK_TIERS && meets(s, licence, tier + 1)) {
    const promoEras = getParam(s, 'slark.promo_eras');
    const promoEraCount = min(slarkField(s, licence, 'promoEraCount') + 1, promoEras);
    setSlarkField(s, licence, 'demoEraCount', 0);
    setSlarkField(s, licence, 'promoEraCount', promoEraCount);
    if (promoEraCount === promoEras && mayEnter(s, licence, tier + 1)) moveTier(s, licence, tier, tier + 1);
  } else if (meets(s, licence, tier)) {
    setSlarkField(s, licence, 'promoEraCount', 0);
    setSlarkField(s, licence, 'demoEraCount', 0);
  } else {
    const demoEras = getParam(s, 'slark.demo_eras');
    const demoEraCount = min(slarkField(s, licence, 'demoEraCount') + 1, demoEras);
    setSlarkField(s, licence, 'promoEraCount', 0);
    setSlarkField(s, licence, 'demoEraCount', demoEraCount);
    if (demoEraCount === demoEras && tier > 1) moveTier(s, licence, tier, tier - 1);
  }
}

/**
 * Eras of low accuracy in a row ban a licence, also one whose running was ended before the settlement; an era without
 * results says nothing.
 *
 * @rule OP-61, SLARK-3, SM-5
 */
function judgeBan(s: State, licence: number): void {
  const resultCount = slarkField(s, licence, 'resultCount');
  if (resultCount === 0) return;
  const isLow = slarkField(s, licence, 'alignedCount') * BPS < getParam(s, 'slark.ban_accuracy_bps') * resultCount;
  const lowEraCount = isLow ? slarkField(s, licence, 'lowEraCount') + 1 : 0;
  setSlarkField(s, licence, 'lowEraCount', lowEraCount);
  const state = slarkField(s, licence, 'state');
  if (!isLow || lowEraCount < getParam(s, 'slark.ban_eras')) return;
  if (state === SLARK_STATE.running || state === SLARK_STATE.offline) leaveMachine(s, licence);
  setSlarkField(s, licence, 'pendingRunner', 0);
  enterSlarkState(s, licence, ACCOUNT.keeper, SLARK_STATE.banned);
}

function judge(s: State, licence: number): void {
  const isJudged =
    slarkField(s, licence, 'isFoundation') === 0 && slarkField(s, licence, 'state') !== SLARK_STATE.banned;
  if (isJudged) {
    if (slarkField(s, licence, 'resultCount') > 0 || slarkField(s, licence, 'selectedCount') > 0) {
      judgeTier(s, licence);
    }
    judgeBan(s, licence);
  }
  setSlarkField(s, licence, 'selectedCount', 0);
  setSlarkField(s, licence, 'resultCount', 0);
  setSlarkField(s, licence, 'alignedCount', 0);
  setSlarkField(s, licence, 'meanDelayMs', 0);
  setSlarkField(s, licence, 'judgedEra', currentEra(s) + 1);
}

/** True if an earlier chunk of the era's settlement has judged the licence: its counts are cleared and say nothing any more. */
function isJudgedAlready(s: State, licence: number): boolean {
  return slarkField(s, licence, 'judgedEra') === currentEra(s) + 1;
}

/** The last licence of the chunk before; the totals are free for it between steps 6 and 18. */
function readBorder(s: State): Standing {
  const t = s.slarkTotals;
  return { licence: t[T.poolUnits]!, alignedCount: t[T.runningScore]!, resultCount: t[T.scoreSum]! };
}

function writeBorder(s: State, border: Standing): void {
  s.slarkTotals[T.poolUnits] = border.licence;
  s.slarkTotals[T.runningScore] = border.alignedCount;
  s.slarkTotals[T.scoreSum] = border.resultCount;
}

const NO_BORDER: Standing = { licence: 0, alignedCount: 0, resultCount: 0 };

/**
 * Settlement step over all licences in the order of their accuracy, which decides who takes the last seat of a tier. The
 * keeper gives the order, and every entry is checked: a licence, not judged yet in this era, and strictly behind its
 * predecessor. As many distinct licences as there are, in strict order, are all of them. Then the era's counts of each are cleared.
 *
 * @rejects BatchMismatch(given, to − from), RankingInvalid(position, licence), both after the guards of the step itself
 * @invariant INV-20, INV-35, INV-36, INV-37
 * @rule SM-10, SM-5, SLARK-7, SLARK-8, SLARK-9, OP-61, OP-64
 */
export const updateSlarks: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = slarkCount(s);
  const refused = checkStep(s, STEP.updateSlarks, from, to, count);
  if (refused !== 0) return refused;
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  let before = from === 0 ? NO_BORDER : readBorder(s);
  for (let i = 0; i < bulk.length; i++) {
    const licence = bulk[i]!;
    const isListable = licence >= 1 && licence <= count && !isJudgedAlready(s, licence);
    const standing = isListable ? standingOf(s, licence) : NO_BORDER;
    if (!isListable || (before.licence > 0 && !precedes(before, standing))) {
      return reject(s, R.RankingInvalid, from + i, licence);
    }
    before = standing;
  }
  enterStep(s, STEP.updateSlarks, from, to, count);
  for (const licence of bulk) judge(s, licence);
  writeBorder(s, to === count ? NO_BORDER : before);
  return 0;
};

/**
 * Settlement step over the licences that can be drawn: the keeper posts them for the next era, best tier first, and every
 * entry is checked. The licences of tier c and above are then the first so many of the list, for each class c.
 *
 * @rejects BatchMismatch(given, to − from), RankingInvalid(position, licence), both after the guards of the step itself
 * @invariant INV-33: class c is served by Slarks of tier c and above
 * @rule SLARK-7, CHAL-1
 */
export const postSlarks: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = s.slarkTotals[T.drawableCount]!;
  const refused = checkStep(s, STEP.postSlarks, from, to, count);
  if (refused !== 0) return refused;
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  let before = from === 0 ? 0 : s.slarkOrder[from]!;
  for (let i = 0; i < bulk.length; i++) {
    const licence = bulk[i]!;
    const isListed = licence >= 1 && licence <= slarkCount(s) && isDrawable(s, licence);
    if (!isListed || (before > 0 && !precedesByTier(s, before, licence))) {
      return reject(s, R.RankingInvalid, from + i, licence);
    }
    before = licence;
  }
  enterStep(s, STEP.postSlarks, from, to, count);
  const t = s.slarkTotals;
  if (from === 0) for (let c = 0; c < CLASS_COUNT; c++) t[T.classCount1 + c] = 0;
  bulk.forEach((licence, i) => {
    const position = from + i + 1;
    s.slarkOrder[recordAt(s, 'slarkOrder', position)] = licence;
    const tier = slarkField(s, licence, 'tier');
    for (let c = 0; c < tier; c++) t[T.classCount1 + c] = position;
  });
  if (to === count) t[T.orderedCount] = count;
  return 0;
};
