/**
 * The Slarks' era pool (F-11): what goes into it, and what of it each licence gets, part delegated, part liquid. What an
 * aligned result is, `challenges.ts` decides; forfeits and slashes come from `liveness.ts`.
 */
import { allocShare, BPS, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { enterStep } from './clock.ts';
import { autoDelegate, openDelegation } from './delegation.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STEP, STRIDE } from './layout.ts';
import { closeLiveness } from './liveness.ts';
import { holderOf } from './nft.ts';
import { P } from './params.ts';
import { setSlarkField, slarkCount, slarkField } from './slarks.ts';
import { emit, getParam, recordAt, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

const T = F.slarkTotals;

/** Multiplier of a Slark tier, in thousandths. @rule SLARK-7 */
export function slarkMultiplierMil(s: State, tier: number): number {
  return s.paramValues[P['slark.mult_mil.1'] + tier - 1]!;
}

/** A licence's weight in the era's pool: results that equalled the majority, by the multiplier of its tier. @rule F-11, OP-65 */
export function scoreOf(s: State, licence: number): number {
  if (slarkField(s, licence, 'isFoundation') === 1) return 0;
  return slarkField(s, licence, 'alignedCount') * slarkMultiplierMil(s, slarkField(s, licence, 'tier'));
}

/** Fills the pool: forfeits, slashes and the fixed part. Without a Slark that earned any of it, all goes to the foundation. */
function fillPool(s: State): void {
  closeLiveness(s);
  if (s.slarkTotals[T.scoreSum] === 0) {
    moveUnits(s, ACCOUNT.slarkPool, ACCOUNT.foundation, walletUnits(s, ACCOUNT.slarkPool), MOVE.slarkReward);
  } else {
    const fixedUnits = min(getParam(s, 'slark.pool_era'), walletUnits(s, ACCOUNT.foundation));
    moveUnits(s, ACCOUNT.foundation, ACCOUNT.slarkPool, fixedUnits, MOVE.slarkReward);
  }
  s.slarkTotals[T.poolUnits] = walletUnits(s, ACCOUNT.slarkPool);
  s.slarkTotals[T.runningScore] = 0;
}

/** True if a delegation backs a provider, or will at the settlement's end and backs nobody who has left until then. */
function backs(s: State, delegation: number, provider: number): boolean {
  const target = s.delegations[delegation * STRIDE.delegations + F.delegations.target]!;
  const nextTarget = s.vestings[delegation * STRIDE.vestings + F.vestings.nextTarget]!;
  return target === provider || (nextTarget === provider && holderOf(s, KIND.provider, target) !== 0);
}

/** The licence's delegation to its chosen provider, also one that moves there; a new one if it has no such. */
function delegationOf(s: State, licence: number, owner: number): number {
  const provider = slarkField(s, licence, 'provider');
  const current = slarkField(s, licence, 'delegation');
  if (current !== 0 && backs(s, current, provider)) return current;
  const delegation = openDelegation(s, owner, KIND.provider, provider, 0);
  s.vestings[recordAt(s, 'vestings', delegation) + F.vestings.licence] = licence;
  setSlarkField(s, licence, 'delegation', delegation);
  return delegation;
}

/**
 * Pays a licence its share: the liquid part to its owner, the rest onto its delegation in the owner's name. If the chosen
 * provider has left, the rest is withheld and goes to the foundation.
 *
 * @invariant INV-44: delegated or withheld = ⌊share · slark.delegate_bps⌋, liquid = the rest
 */
function payLicence(s: State, licence: number, shareUnits: number): void {
  const owner = slarkField(s, licence, 'owner');
  const provider = slarkField(s, licence, 'provider');
  const delegatedUnits = provider !== 0 ? mulDivDown(shareUnits, getParam(s, 'slark.delegate_bps'), BPS) : 0;
  const liquidUnits = shareUnits - delegatedUnits;
  if (liquidUnits > 0) {
    moveUnits(s, ACCOUNT.slarkPool, owner, liquidUnits, MOVE.slarkReward);
    emit(s, 'RewardPaid', KIND.slark, licence, owner, liquidUnits, MOVE.slarkReward);
  }
  if (delegatedUnits > 0 && holderOf(s, KIND.provider, provider) === 0) {
    moveUnits(s, ACCOUNT.slarkPool, ACCOUNT.foundation, delegatedUnits, MOVE.slarkReward);
  } else if (delegatedUnits > 0) {
    moveUnits(s, ACCOUNT.slarkPool, ACCOUNT.delegationVault, delegatedUnits, MOVE.slarkReward);
    autoDelegate(s, delegationOf(s, licence, owner), delegatedUnits);
    emit(s, 'RewardPaid', KIND.slark, licence, owner, delegatedUnits, MOVE.delegate);
  }
}

/**
 * Settlement step over licences: shares the era's pool by score. A licence that was banned or handed over keeps the score
 * of the era; the pool goes to whoever owns it now. If the chosen provider has left, the foundation gets the part that
 * would have been delegated: what cannot back a provider is not earned, and never liquid at once.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-40: what is paid = the pool; INV-44: liquid + delegated (or withheld) = share
 * @rule F-11, SLARK-5, SLARK-10, SLARK-11, DELEG-8, OP-65, OP-66
 */
export const paySlarks: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = slarkCount(s);
  const code = enterStep(s, STEP.paySlarks, from, to, count);
  if (code !== 0) return code;

  const t = s.slarkTotals;
  if (from === 0) fillPool(s);
  const poolUnits = t[T.poolUnits]!;
  const scoreSum = t[T.scoreSum]!;
  for (let licence = from + 1; licence <= to; licence++) {
    const score = scoreOf(s, licence);
    if (score === 0) continue;
    const before = t[T.runningScore]!;
    t[T.runningScore] = before + score;
    payLicence(s, licence, allocShare(poolUnits, before, before + score, scoreSum));
  }
  if (to === count) {
    t[T.poolUnits] = 0;
    t[T.runningScore] = 0;
    t[T.scoreSum] = 0;
  }
  return 0;
};
