/**
 * Invariants of Slarks and challenges (section 8: INV-18 to INV-20, INV-32, INV-33, INV-35 to 37, INV-40, INV-42, INV-44,
 * INV-68). Each reads a state and says what disagrees; none changes anything.
 */
import { max, min, mulDivDown } from '../base/fixedPoint.ts';
import { classOfTier } from './challenges.ts';
import { currentEra, isSettling } from './clock.ts';
import { isJudgingSlarks, slarkSettlements, type Tracker, tierSettlements } from './invariantTracker.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  CLASS_COUNT,
  F,
  KIND,
  MAX_TARGETS,
  PROVIDER_STATE,
  SEATS_PER_CLASS,
  SLARK_STATE,
  SLARK_TIERS,
  STRIDE,
} from './layout.ts';
import { P, type ParamKey } from './params.ts';
import { scoreOf } from './slarkRewards.ts';
import { isDrawable, type SlarkField, slarkCount, slarkField } from './slarks.ts';
import { getParam, type State } from './state.ts';
import { isState } from './transitions.ts';

const L = F.slarks;
const C = F.challenges;
const M = F.committees;
const T = F.challengeTotals;
const S = SLARK_STATE;
/** Options of parameters. */
const RETRY = 2;
const OFF = 0;

function ofTier(s: State, first: ParamKey, tier: number): number {
  return s.paramValues[P[first] + tier - 1]!;
}

/** Licences that were there at the last check that is remembered. */
function knownCount(tracker: Tracker): number {
  return max(tracker.slarks.length / STRIDE.slarks, 1) - 1;
}

function before(tracker: Tracker, licence: number, name: SlarkField): number {
  return tracker.slarks[licence * STRIDE.slarks + L[name]]!;
}

/** INV-18 */
export function licencesAreSoulbound(s: State, tracker: Tracker): string | null {
  for (let licence = 1; licence <= knownCount(tracker); licence++) {
    const [from, to] = [before(tracker, licence, 'owner'), slarkField(s, licence, 'owner')];
    const untilS = slarkField(s, licence, 'soulboundUntilS');
    if (untilS !== before(tracker, licence, 'soulboundUntilS'))
      return `Licence ${licence} is soulbound until ${untilS} s`;
    if (from !== to && s.nowS < untilS) {
      return `Licence ${licence} went from account ${from} to ${to} at ${s.nowS} s, soulbound until ${untilS} s`;
    }
  }
  return null;
}

/** INV-19: who runs a licence is named by its state, and a machine's licences are counted. */
export function clientsAreCounted(s: State): string | null {
  const carried = new Float64Array(ACCOUNT.firstAgent + s.tokenTotals[F.tokenTotals.accountCount]!);
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const state = slarkField(s, licence, 'state');
    const runner = slarkField(s, licence, 'runner');
    const asked = slarkField(s, licence, 'pendingRunner');
    const isRun = state === S.running || state === S.offline;
    if ((state === S.pending) !== (asked !== 0)) return `Licence ${licence} in state ${state} asks account ${asked}`;
    if (state !== S.banned && isRun !== (runner !== 0)) {
      return `Licence ${licence} in state ${state} is run by account ${runner}`;
    }
    if (isRun && slarkField(s, licence, 'isFoundation') === 0) {
      if (slarkField(s, licence, 'keyId') === 0) return `Licence ${licence} in state ${state} has no key`;
      carried[runner]! += 1;
    }
  }
  for (const [account, count] of carried.entries()) {
    if ((s.runners[account] ?? 0) !== count) {
      return `Account ${account} counts ${s.runners[account]} licences on its machine; it runs ${count}`;
    }
  }
  return null;
}

/** Licences by tier, the foundation's apart. */
function countTiers(count: number, read: (licence: number, name: SlarkField) => number): Float64Array {
  const counts = new Float64Array(SLARK_TIERS + 1);
  for (let licence = 1; licence <= count; licence++) {
    if (read(licence, 'isFoundation') === 0) counts[read(licence, 'tier')]! += 1;
  }
  return counts;
}

/** Settlements of Slark tiers between the check before and now; 0 also while one is half done. */
function erasBetween(s: State, tracker: Tracker): number {
  return isJudgingSlarks(s) ? 0 : slarkSettlements(s) - tracker.slarkSettlements;
}

/**
 * INV-20: whoever was promoted found a seat. When the last one came in, those who did not leave the tier and those who came
 * before held fewer seats than there are, whatever demotions brought after.
 */
export function seatsAreRespected(s: State, tracker: Tracker): string | null {
  const now = countTiers(slarkCount(s), (licence, name) => slarkField(s, licence, name));
  for (let tier = 1; tier <= SLARK_TIERS; tier++) {
    const counted = s.slarkTotals[F.slarkTotals.tierCount1 + tier - 1]!;
    if (counted !== now[tier]) return `${counted} licences are counted in tier ${tier}; there are ${now[tier]}`;
  }
  if (erasBetween(s, tracker) !== 1) return null;
  const known = knownCount(tracker);
  const earlier = countTiers(known, (licence, name) => before(tracker, licence, name));
  for (let tier = 2; tier <= SLARK_TIERS; tier++) {
    const seats = ofTier(s, 'slark.seats.1', tier);
    let promoted = 0;
    let left = 0;
    for (let licence = 1; licence <= known; licence++) {
      const [from, to] = [before(tracker, licence, 'tier'), slarkField(s, licence, 'tier')];
      if (to === tier && from < tier) promoted += 1;
      if (from === tier && to !== tier) left += 1;
    }
    if (seats > 0 && promoted > 0 && earlier[tier]! - left + promoted > seats) {
      return `Tier ${tier} of ${seats} seats had ${earlier[tier]} licences; ${left} left and ${promoted} were promoted into it`;
    }
  }
  return null;
}

/** INV-35, of Slarks */
export function slarkTiersAreTiers(s: State, tracker: Tracker): string | null {
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const tier = slarkField(s, licence, 'tier');
    if (tier < 1 || tier > SLARK_TIERS) return `Licence ${licence} is of tier ${tier}`;
    if (licence > knownCount(tracker) || isJudgingSlarks(s)) continue;
    const from = before(tracker, licence, 'tier');
    const eras = erasBetween(s, tracker);
    if (max(tier, from) - min(tier, from) > eras) {
      return `Licence ${licence} went from tier ${from} to ${tier} in ${eras} eras`;
    }
  }
  return null;
}

/** INV-36, of Slarks */
export function slarkPromotionsAreEarned(s: State, tracker: Tracker): string | null {
  if (erasBetween(s, tracker) !== 1) return null;
  const promoEras = getParam(s, 'slark.promo_eras');
  for (let licence = 1; licence <= knownCount(tracker); licence++) {
    const tier = slarkField(s, licence, 'tier');
    if (tier <= before(tracker, licence, 'tier')) continue;
    const eras = before(tracker, licence, 'promoEraCount') + 1;
    const paid = slarkField(s, licence, 'buyUnits');
    const price = ofTier(s, 'slark.buy_tokens.1', tier);
    if (eras < promoEras) return `Licence ${licence} was promoted to tier ${tier} after ${eras} eras of ${promoEras}`;
    if (paid <= price)
      return `Licence ${licence} is of tier ${tier} with ${paid} units paid; more than ${price} are needed`;
  }
  return null;
}

/** INV-37, of Slarks */
export function slarkDemotionsAreDue(s: State, tracker: Tracker): string | null {
  if (erasBetween(s, tracker) !== 1) return null;
  const demoEras = getParam(s, 'slark.demo_eras');
  for (let licence = 1; licence <= knownCount(tracker); licence++) {
    const [from, tier] = [before(tracker, licence, 'tier'), slarkField(s, licence, 'tier')];
    const eras = before(tracker, licence, 'demoEraCount') + 1;
    if (tier < from && eras < demoEras) {
      return `Licence ${licence} was demoted to tier ${tier} after ${eras} eras of ${demoEras}`;
    }
  }
  return null;
}

/** INV-39, of Slarks: a tier that has just been entered starts with empty counters. */
export function slarkCountersStartAnew(s: State, tracker: Tracker): string | null {
  if (erasBetween(s, tracker) !== 1) return null;
  for (let licence = 1; licence <= knownCount(tracker); licence++) {
    const [promo, demo] = [slarkField(s, licence, 'promoEraCount'), slarkField(s, licence, 'demoEraCount')];
    if (slarkField(s, licence, 'tier') !== before(tracker, licence, 'tier') && promo + demo !== 0) {
      return `Licence ${licence} has changed its tier and counts ${promo} and ${demo} eras`;
    }
  }
  return null;
}

function challengeField(s: State, challenge: number, index: number): number {
  return s.challenges[challenge * STRIDE.challenges + index]!;
}

function committeeField(s: State, challengeClass: number, index: number): number {
  return s.committees[challengeClass * STRIDE.committees + index]!;
}

/** INV-32 */
export function committeesDecide(s: State): string | null {
  for (let c = 1; c <= CLASS_COUNT; c++) {
    const seatCount = committeeField(s, c, M.seatCount);
    const signers = committeeField(s, c, M.signerCount);
    const majority = (seatCount + 1) / 2;
    const size = 2 * getParam(s, 'chal.n') + 1;
    if (seatCount !== 0 && seatCount !== size) return `The committee of class ${c} has ${seatCount} seats of ${size}`;
    const isAnswered = committeeField(s, c, M.state) === CHALLENGE_STATE.answered;
    if ((isAnswered || signers > 0) && (signers < majority || signers > seatCount)) {
      return `The committee of class ${c} has ${seatCount} seats and decided with ${signers} signers`;
    }
    const seats = Array.from(s.seats.slice(c * SEATS_PER_CLASS, c * SEATS_PER_CLASS + seatCount));
    if (new Set(seats).size !== seatCount) return `A licence sits twice in the committee of class ${c}: ${seats}`;
  }
  return outcomesAreDecided(s);
}

/** A first try that has an outcome got it from a committee, where undecided ones are tried again. */
function outcomesAreDecided(s: State): string | null {
  const totals = s.challengeTotals;
  let open = 0;
  for (let i = 1; i <= totals[T.challengeCount]!; i++) {
    const state = challengeField(s, i, C.state);
    const c = challengeField(s, i, C.class);
    if (!isState(KIND.challenge, state) || c < 1 || c > CLASS_COUNT) {
      return `Challenge ${i} of class ${c} is in state ${state}, which its machine does not have`;
    }
    if (state < CHALLENGE_STATE.passed) open += 1;
    const isFirst = challengeField(s, i, C.retried) === 0 && getParam(s, 'chal.inconclusive') === RETRY;
    const isDecided = state === CHALLENGE_STATE.passed || state === CHALLENGE_STATE.failed;
    if (isFirst && isDecided && committeeField(s, c, M.signerCount) === 0) {
      return `Challenge ${i} of class ${c} is in state ${state}; nobody has signed`;
    }
  }
  const closed = totals[T.decidedCount]! + totals[T.inconclusiveCount]!;
  const all = totals[T.firstId]! + totals[T.challengeCount]!;
  return closed + open === all
    ? null
    : `${closed} challenges are counted as closed, ${open} are open; there were ${all}`;
}

/** Tier that was in force in an era, from the present figures or those of the check before; 0 if neither tells. */
function tierInForce(era: number, now: readonly [settled: number, tier: number], earlier: typeof now): number {
  if (now[0] === era) return now[1];
  return earlier[0] === era ? earlier[1] : 0;
}

/** Era of the slot whose challenges the table holds. */
function eraOfTable(s: State): number {
  return mulDivDown(max(s.challengeTotals[T.slot]!, 1) - 1, 1, getParam(s, 'time.slots_per_era'));
}

/** INV-33, with the tiers that were in force when the committee was drawn. */
export function seatsAreEligible(s: State, tracker: Tracker): string | null {
  const era = eraOfTable(s);
  for (let i = 1; i <= s.challengeTotals[T.challengeCount]!; i++) {
    const provider = challengeField(s, i, C.provider);
    const tier = tierInForce(
      era,
      [tierSettlements(s, provider), s.providers[provider * STRIDE.providers + F.providers.tier]!],
      [tracker.tierSettlements[provider] ?? -1, tracker.providers[provider * STRIDE.providers + F.providers.tier] ?? 0],
    );
    const c = challengeField(s, i, C.class);
    if (tier > 0 && c !== classOfTier(tier)) return `Provider ${provider} of tier ${tier} was challenged in class ${c}`;
  }
  for (let c = 1; c <= CLASS_COUNT; c++) {
    for (let seat = 0; seat < committeeField(s, c, M.seatCount); seat++) {
      const licence = s.seats[c * SEATS_PER_CLASS + seat]!;
      if (licence < 1 || licence > slarkCount(s)) return `Seat ${seat} of class ${c} is held by licence ${licence}`;
      const isKnown = licence <= knownCount(tracker);
      const tier = tierInForce(
        era,
        [isJudgingSlarks(s) ? -1 : slarkSettlements(s), slarkField(s, licence, 'tier')],
        [tracker.slarkSettlements, isKnown ? before(tracker, licence, 'tier') : 0],
      );
      if (tier > 0 && tier < c) return `Licence ${licence} of tier ${tier} has a seat in class ${c}`;
    }
  }
  return null;
}

/** INV-40, of Slarks: outside a settlement nothing of a pool is left. */
export function slarkPoolIsPaid(s: State): string | null {
  if (isSettling(s)) return null;
  const t = s.slarkTotals;
  const left = s.wallets[ACCOUNT.slarkPool]!;
  const [pool, running] = [t[F.slarkTotals.poolUnits], t[F.slarkTotals.runningScore]];
  return left === 0 && pool === 0 && running === 0
    ? null
    : `${left} units of the Slarks’ pool are left after the settlement; ${pool} to share, ${running} shared`;
}

/** INV-42, of Slarks: the score that is paid for is that of the licences, each result counted once; and the counts agree. */
export function scoresAreCountedOnce(s: State): string | null {
  let score = 0;
  let drawable = 0;
  let foundation = 0;
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const results = slarkField(s, licence, 'resultCount');
    const aligned = slarkField(s, licence, 'alignedCount');
    if (aligned > results) return `Licence ${licence} has ${results} results, ${aligned} of them aligned`;
    score += scoreOf(s, licence);
    foundation += slarkField(s, licence, 'isFoundation');
    if (isDrawable(s, licence)) drawable += 1;
  }
  const t = s.slarkTotals;
  if (t[F.slarkTotals.drawableCount] !== drawable || t[F.slarkTotals.foundationCount] !== foundation) {
    return `${t[F.slarkTotals.drawableCount]} licences are counted as drawable and ${t[F.slarkTotals.foundationCount]} as the foundation’s; there are ${drawable} and ${foundation}`;
  }
  const counted = t[F.slarkTotals.scoreSum]!;
  return isSettling(s) || counted === score ? null : `A score of ${counted} is counted; the licences have ${score}`;
}

/** Where what a licence has earned is to go, and what its delegations have released at once in their window. */
function earnedMovesAreSound(s: State): string | null {
  const providers = s.providerTotals[F.providerTotals.providerCount]!;
  for (let delegation = 1; delegation <= s.stakeTotals[F.stakeTotals.delegationCount]!; delegation++) {
    const at = delegation * STRIDE.vestings;
    const next = s.vestings[at + F.vestings.nextTarget] ?? 0;
    if (next === 0) continue;
    const licence = s.vestings[at + F.vestings.licence]!;
    const target = s.delegations[delegation * STRIDE.delegations + F.delegations.target]!;
    if (licence === 0 || next > providers || next === target) {
      return `Delegation ${delegation} to provider ${target}, earned by licence ${licence}, is to go to provider ${next}`;
    }
  }
  const threshold = getParam(s, 'slark.vest_threshold');
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const released = s.licenceWindows[licence * STRIDE.licenceWindows + F.licenceWindows.windowUnits]!;
    if (released > threshold) return `Licence ${licence} has released ${released} units at once; ${threshold} are free`;
  }
  return null;
}

/** INV-44, what a state shows of it: what a licence earns is delegated in its owner's name, to a provider. */
export function rewardsAreTheOwners(s: State): string | null {
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const delegation = slarkField(s, licence, 'delegation');
    if (delegation === 0) continue;
    const at = delegation * STRIDE.delegations;
    const [delegator, kind] = [
      s.delegations[at + F.delegations.delegator],
      s.delegations[at + F.delegations.targetKind],
    ];
    const earner = s.vestings[delegation * STRIDE.vestings + F.vestings.licence];
    if (delegator !== slarkField(s, licence, 'owner') || kind !== KIND.provider || earner !== licence) {
      return `Licence ${licence} of account ${slarkField(s, licence, 'owner')} feeds delegation ${delegation} of account ${delegator}, earned by licence ${earner}, to an entity of kind ${kind}`;
    }
  }
  return earnedMovesAreSound(s);
}

/** INV-68: once an era is settled whose last slot was scheduled, whoever was Active through it was challenged in it. */
export function providersAreCovered(s: State, tracker: Tracker): string | null {
  const era = currentEra(s);
  const settled = s.clockTotals[F.clockTotals.settledEraCount]!;
  const isEnd =
    !isSettling(s) &&
    settled === era + 1 &&
    s.challengeTotals[T.slot] === mulDivDown(settled, getParam(s, 'time.slots_per_era'), 1);
  const isPromised =
    getParam(s, 'chal.coverage_enforced') !== OFF &&
    getParam(s, 'chal.targets_per_slot') === 0 &&
    s.challengeTotals[T.challengeCount]! < MAX_TARGETS;
  if (!isEnd || !isPromised) return null;
  // Who resumed in the last slot came too late for its challenges; all others were queued as new ones.
  const lastSlots = s.challengeTotals[T.slot]!;
  const count = s.providerTotals[F.providerTotals.providerCount]!;
  for (let provider = 1; provider <= count; provider++) {
    const at = provider * STRIDE.providers;
    const isSince = s.providers[at + F.providers.activeEra]! <= era;
    const isLate =
      tracker.states.providers[provider] === PROVIDER_STATE.suspended ||
      tracker.resumedSlots.get(provider) === lastSlots;
    if (s.providers[at + F.providers.state] !== PROVIDER_STATE.active || !isSince || isLate) continue;
    const challenged = s.providers[at + F.providers.challengedEra]!;
    if (challenged !== settled) {
      return `Provider ${provider} was Active throughout era ${era} and was challenged last in era ${challenged - 1}`;
    }
  }
  return null;
}
