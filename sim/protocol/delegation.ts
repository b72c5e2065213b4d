/**
 * Delegations to nodes, validators and providers: joining, leaving, their share of slashes and rewards, and the vesting of
 * what a Slark licence has earned. A delegation is money of its delegator that stands in for the target: it earns with it
 * and is slashed with it. Decides nothing about own stake.
 *
 * The target's record and the totals carry the sums over delegations of `units`, `addedUnits` and `unbondingUnits`; every
 * change here changes all three alike, so that a pass over the delegations meets exactly the weight that was announced.
 */
import { allocShare, max, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { currentEra, enterStep } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STEP, STRIDE } from './layout.ts';
import { holderOf } from './nft.ts';
import { R } from './rejections.ts';
import { applySlash, collateralAt, collateralOf, emitStakeChanged, enterAddedEra, slashableUnits } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

const C = F.nodeCollateral;
const D = F.delegations;
const T = F.stakeTotals;
const VEST = F.vestings;
const W = F.licenceWindows;

function delegationAt(delegation: number): number {
  return delegation * STRIDE.delegations;
}

function emitDelegationChanged(s: State, delegation: number): void {
  const at = delegationAt(delegation);
  const d = s.delegations;
  emit(s, 'DelegationChanged', delegation, d[at + D.target], d[at + D.units], d[at + D.unbondingUnits]);
}

/** Units that joined the delegation in the current era, and do not count for its rewards. */
function addedThisEra(s: State, delegation: number): number {
  const at = delegationAt(delegation);
  return s.delegations[at + D.addedEra] === currentEra(s) ? s.delegations[at + D.addedUnits]! : 0;
}

/** Units of a delegation that were there for the whole era. @rule F-9 */
export function eligibleUnits(s: State, delegation: number): number {
  return s.delegations[delegationAt(delegation) + D.units]! - addedThisEra(s, delegation);
}

/** Units of all delegations that were there for the whole era. */
function eligibleTotalUnits(s: State): number {
  const t = s.stakeTotals;
  return t[T.delegatedUnits]! - (t[T.addedEra] === currentEra(s) ? t[T.addedUnits]! : 0);
}

function addUnits(s: State, delegation: number, units: number): void {
  const era = currentEra(s);
  const d = s.delegations;
  const at = delegationAt(delegation);
  if (d[at + D.addedEra] !== era) {
    d[at + D.addedEra] = era;
    d[at + D.addedUnits] = 0;
  }
  d[at + D.units]! += units;
  d[at + D.addedUnits]! += units;

  const table = collateralOf(s, d[at + D.targetKind]!);
  const c = collateralAt(d[at + D.target]!);
  enterAddedEra(table, c, era);
  table[c + C.delegatedUnits]! += units;
  table[c + C.delegatedAddedUnits]! += units;

  const t = s.stakeTotals;
  if (t[T.addedEra] !== era) {
    t[T.addedEra] = era;
    t[T.addedUnits] = 0;
  }
  t[T.delegatedUnits]! += units;
  t[T.addedUnits]! += units;
}

/** Takes `units` out of a delegation, those that joined in this era first. */
function removeUnits(s: State, delegation: number, units: number): void {
  const d = s.delegations;
  const at = delegationAt(delegation);
  const addedUnits = min(units, addedThisEra(s, delegation));
  d[at + D.units]! -= units;
  d[at + D.addedUnits]! -= addedUnits;

  const table = collateralOf(s, d[at + D.targetKind]!);
  const c = collateralAt(d[at + D.target]!);
  table[c + C.delegatedUnits]! -= units;
  table[c + C.delegatedAddedUnits]! -= addedUnits;

  s.stakeTotals[T.delegatedUnits]! -= units;
  s.stakeTotals[T.addedUnits]! -= addedUnits;
}

/** Changes the unbonding units of a delegation and of its target by a positive or negative difference. */
function changeUnbonding(s: State, delegation: number, differenceUnits: number): void {
  const d = s.delegations;
  const at = delegationAt(delegation);
  d[at + D.unbondingUnits]! += differenceUnits;
  collateralOf(s, d[at + D.targetKind]!)[collateralAt(d[at + D.target]!) + C.unbondingUnits]! += differenceUnits;
}

function emitTargetChanged(s: State, delegation: number): void {
  const at = delegationAt(delegation);
  emitStakeChanged(s, s.delegations[at + D.targetKind]!, s.delegations[at + D.target]!);
}

/**
 * Adds units that already lie in the delegation vault to a delegation, as if they were delegated now: they count for
 * rewards from the next era on.
 *
 * @rule DELEG-8, F-9
 */
export function autoDelegate(s: State, delegation: number, units: number): void {
  addUnits(s, delegation, units);
  emitDelegationChanged(s, delegation);
  emitTargetChanged(s, delegation);
}

/** The licence that has earned a delegation, 0 for one of any other origin. */
function earnerOf(s: State, delegation: number): number {
  return s.vestings[delegation * STRIDE.vestings + VEST.licence] ?? 0;
}

/** True if the target has not left. A delegation to a target that has left can only be undelegated. */
function hasTarget(s: State, delegation: number): boolean {
  const at = delegationAt(delegation);
  return holderOf(s, s.delegations[at + D.targetKind]!, s.delegations[at + D.target]!) !== 0;
}

/** Guard of an action on an existing delegation: it exists and is the actor's. 0, or UnknownEntity, NotOwner. */
function checkOwnDelegation(s: State, actor: number, delegation: number): number {
  const count = s.stakeTotals[T.delegationCount]!;
  if (delegation < 1 || delegation > count) return reject(s, R.UnknownEntity, delegation, count);
  const delegator = s.delegations[delegationAt(delegation) + D.delegator]!;
  return actor === delegator ? 0 : reject(s, R.NotOwner, actor, delegator);
}

/** Entities of a kind that can be delegated to. */
function targetCountOf(s: State, targetKind: number): number {
  if (targetKind === KIND.node) return s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (targetKind === KIND.validator) return s.validatorTotals[F.validatorTotals.validatorCount]!;
  return s.providerTotals[F.providerTotals.providerCount]!;
}

/** A new delegation without units. @returns its number */
export function openDelegation(
  s: State,
  delegator: number,
  targetKind: number,
  target: number,
  autoStake: number,
): number {
  const delegation = s.stakeTotals[T.delegationCount]! + 1;
  const at = recordAt(s, 'delegations', delegation);
  s.stakeTotals[T.delegationCount] = delegation;
  s.delegations[at + D.delegator] = delegator;
  s.delegations[at + D.targetKind] = targetKind;
  s.delegations[at + D.target] = target;
  s.delegations[at + D.autoStake] = autoStake;
  return delegation;
}

/**
 * Brings units of the delegator's wallet into a delegation of his: collateral of the target from now on, and of weight for
 * rewards from the next era on.
 *
 * @throws AssertionError if the wallet holds less
 * @rule DELEG-1
 */
export function fundDelegation(s: State, delegation: number, units: number): void {
  addUnits(s, delegation, units);
  const delegator = s.delegations[delegationAt(delegation) + D.delegator]!;
  moveUnits(s, delegator, ACCOUNT.delegationVault, units, MOVE.delegate);
  emitDelegationChanged(s, delegation);
  emitTargetChanged(s, delegation);
}

/**
 * Starts to unbond units of a delegation, newest first. They stop earning at once, stay slashable, and are released at the
 * settlement of the era `deleg.unbond_eras` from now; at this era's settlement if the target has left. Unbonding again
 * restarts the time of what is unbonding already.
 *
 * @param units at most what is delegated
 * @rule DELEG-6, OP-55, OP-20
 */
export function unbondDelegation(s: State, delegation: number, units: number): void {
  removeUnits(s, delegation, units);
  changeUnbonding(s, delegation, units);
  const waitEras = hasTarget(s, delegation) ? getParam(s, 'deleg.unbond_eras') : 0;
  s.delegations[delegationAt(delegation) + D.releaseEra] = currentEra(s) + waitEras;
  emitDelegationChanged(s, delegation);
  emitTargetChanged(s, delegation);
}

/** Units of a delegation, without those that are unbonding. */
export function delegationUnits(s: State, delegation: number): number {
  return s.delegations[delegationAt(delegation) + D.units]!;
}

/**
 * Opens a delegation to a node, a validator or a provider. It is collateral of the target from now on and counts for
 * rewards from the next era on. With `autoStake` = 1 its rewards join it, with 0 they go to the delegator's wallet.
 *
 * @rejects ValueOutOfRange (targetKind, autoStake), UnknownEntity, WrongState (target is not there), DelegationTooSmall,
 * InsufficientBalance
 * @rule DELEG-1, DELEG-7, OP-53
 */
export const delegate: Rule = (s, actor, args) => {
  const targetKind = args[0]!;
  const target = args[1]!;
  const units = args[2]!;
  const autoStake = args[3]!;
  if (targetKind !== KIND.node && targetKind !== KIND.validator && targetKind !== KIND.provider) {
    return reject(s, R.ValueOutOfRange, targetKind, KIND.provider);
  }
  const targetCount = targetCountOf(s, targetKind);
  if (target < 1 || target > targetCount) return reject(s, R.UnknownEntity, target, targetCount);
  if (holderOf(s, targetKind, target) === 0) return reject(s, R.WrongState, 0, 0);
  const minUnits = getParam(s, 'deleg.min');
  if (units < minUnits) return reject(s, R.DelegationTooSmall, units, minUnits);
  if (autoStake > 1) return reject(s, R.ValueOutOfRange, autoStake, 1);
  const balanceUnits = walletUnits(s, actor);
  if (balanceUnits < units) return reject(s, R.InsufficientBalance, balanceUnits, units);

  fundDelegation(s, openDelegation(s, actor, targetKind, target, autoStake), units);
  return 0;
};

/**
 * Adds units to a delegation whose target has not left. They count for rewards from the next era on. What a licence has
 * earned takes no units of a wallet: they would move and vest by rules that are not theirs.
 *
 * @rejects UnknownEntity, NotOwner, WrongState (earned by a licence), AmountTooSmall, WrongState (target has no NFT),
 * InsufficientBalance
 * @rule DELEG-1, SLARK-12
 */
export const increaseDelegation: Rule = (s, actor, args) => {
  const delegation = args[0]!;
  const units = args[1]!;
  const code = checkOwnDelegation(s, actor, delegation);
  if (code !== 0) return code;
  const licence = earnerOf(s, delegation);
  if (licence !== 0) return reject(s, R.WrongState, licence, 0);
  if (units < 1) return reject(s, R.AmountTooSmall, units, 1);
  if (!hasTarget(s, delegation)) return reject(s, R.WrongState, 0, 0);
  const balanceUnits = walletUnits(s, actor);
  if (balanceUnits < units) return reject(s, R.InsufficientBalance, balanceUnits, units);

  fundDelegation(s, delegation, units);
  return 0;
};

/**
 * Starts to unbond part of a delegation ({@link unbondDelegation}).
 *
 * @rejects UnknownEntity, NotOwner, AmountTooSmall, InsufficientStake
 * @rule DELEG-6, OP-55, OP-20
 */
export const undelegate: Rule = (s, actor, args) => {
  const delegation = args[0]!;
  const units = args[1]!;
  const code = checkOwnDelegation(s, actor, delegation);
  if (code !== 0) return code;
  if (units < 1) return reject(s, R.AmountTooSmall, units, 1);
  const delegatedUnits = delegationUnits(s, delegation);
  if (units > delegatedUnits) return reject(s, R.InsufficientStake, delegatedUnits, units);

  unbondDelegation(s, delegation, units);
  return 0;
};

/**
 * Says whether the delegation's rewards join it (1) or go to the delegator's wallet (0).
 *
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange
 * @rule F-9
 */
export const setAutoStake: Rule = (s, actor, args) => {
  const delegation = args[0]!;
  const autoStake = args[1]!;
  const code = checkOwnDelegation(s, actor, delegation);
  if (code !== 0) return code;
  if (autoStake > 1) return reject(s, R.ValueOutOfRange, autoStake, 1);

  s.delegations[delegationAt(delegation) + D.autoStake] = autoStake;
  return 0;
};

/**
 * Settlement step over validators: takes the own part of each pending slash and announces the rest to the delegations.
 * The slash is at most what is there, shared by `alloc` over own stake, then the delegations with what they unbond.
 * Slashed units go to the treasury.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-7, INV-8: a slash ≤ the collateral present, its parts sum to it
 * @rule SLASH-6, SLASH-7, VAL-14
 */
export const slashOwnStake: Rule = (s, _actor, args) => {
  const to = args[1]!;
  const count = s.validatorTotals[F.validatorTotals.validatorCount]!;
  const code = enterStep(s, STEP.slashOwnStake, args[0]!, to, count);
  if (code !== 0) return code;

  const table = s.validatorCollateral;
  for (let validator = args[0]! + 1; validator <= to; validator++) {
    const at = collateralAt(validator);
    const pendingUnits = table[at + C.slashPendingUnits]!;
    if (pendingUnits === 0) continue;
    table[at + C.slashPendingUnits] = 0;
    const slashUnits = min(pendingUnits, slashableUnits(s, KIND.validator, validator));
    applySlash(s, KIND.validator, validator, slashUnits, slashUnits, ACCOUNT.treasury);
  }
  return 0;
};

/**
 * Settlement step over delegations: takes each delegation's part of the slash of its target, from what is delegated and
 * what is unbonding in proportion. The target's slash is forgotten when its last delegation has paid. What a provider's
 * delegators lose waits with the own part for its destination (T-DEST); of others the treasury gets it.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-8, INV-12
 * @rule SLASH-7, SLASH-10, DELEG-5
 */
export const slashDelegations: Rule = (s, _actor, args) => {
  const to = args[1]!;
  const code = enterStep(s, STEP.slashDelegations, args[0]!, to, s.stakeTotals[T.delegationCount]!);
  if (code !== 0) return code;

  const d = s.delegations;
  for (let delegation = args[0]! + 1; delegation <= to; delegation++) {
    const at = delegationAt(delegation);
    const table = collateralOf(s, d[at + D.targetKind]!);
    const c = collateralAt(d[at + D.target]!);
    const slashWeight = table[c + C.slashWeight]!;
    if (slashWeight === 0) continue;
    const unbondingUnits = d[at + D.unbondingUnits]!;
    const units = d[at + D.units]! + unbondingUnits;
    if (units === 0) continue;
    const before = table[c + C.runningUnits]!;
    const after = min(before + units, slashWeight);
    const partUnits = allocShare(table[c + C.slashUnits]!, before, after, slashWeight);
    if (after === slashWeight) {
      table[c + C.slashUnits] = 0;
      table[c + C.slashWeight] = 0;
      table[c + C.runningUnits] = 0;
    } else {
      table[c + C.runningUnits] = after;
    }
    if (partUnits === 0) continue;
    const unbondingPart = mulDivDown(partUnits, unbondingUnits, units);
    changeUnbonding(s, delegation, -unbondingPart);
    removeUnits(s, delegation, partUnits - unbondingPart);
    const toAccount = d[at + D.targetKind] === KIND.provider ? ACCOUNT.slashPot : ACCOUNT.treasury;
    moveUnits(s, ACCOUNT.delegationVault, toAccount, partUnits, MOVE.slash);
    emitDelegationChanged(s, delegation);
    if (partUnits > unbondingPart) emitTargetChanged(s, delegation);
  }
  return 0;
};

/** Gives `units` of a reward to a delegation: they lie in the vault already if it auto-stakes, else in `fromAccount`. */
function payDelegation(s: State, delegation: number, units: number, fromAccount: number, reason: number): void {
  const at = delegationAt(delegation);
  const delegator = s.delegations[at + D.delegator]!;
  if (s.delegations[at + D.autoStake] === 1) {
    if (fromAccount !== ACCOUNT.delegationVault) moveUnits(s, fromAccount, ACCOUNT.delegationVault, units, reason);
    autoDelegate(s, delegation, units);
  } else {
    moveUnits(s, fromAccount, delegator, units, reason);
  }
  emit(s, 'RewardPaid', KIND.delegation, delegation, delegator, units, reason);
}

/**
 * Settlement step over delegations: shares the stakers' part of the emission by what was delegated for the whole era,
 * whoever the target. If nothing was, the foundation gets it.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-40: what is paid = the pool; INV-43: nothing for units that came within the era
 * @rule ECON-2, F-9, DELEG-1
 */
export const payStakers: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const t = s.stakeTotals;
  const count = t[T.delegationCount]!;
  const code = enterStep(s, STEP.payStakers, from, to, count);
  if (code !== 0) return code;

  if (from === 0) {
    t[T.poolUnits] = s.emissionTotals[F.emissionTotals.stakerUnits]!;
    t[T.poolWeight] = eligibleTotalUnits(s);
    t[T.runningUnits] = 0;
    if (t[T.poolWeight] === 0) {
      moveUnits(s, ACCOUNT.community, ACCOUNT.foundation, t[T.poolUnits]!, MOVE.stakerReward);
      t[T.poolUnits] = 0;
    }
  }
  const poolUnits = t[T.poolUnits]!;
  const poolWeight = t[T.poolWeight]!;
  if (poolUnits > 0) {
    for (let delegation = from + 1; delegation <= to; delegation++) {
      const before = t[T.runningUnits]!;
      const after = before + eligibleUnits(s, delegation);
      t[T.runningUnits] = after;
      const shareUnits = allocShare(poolUnits, before, after, poolWeight);
      if (shareUnits > 0) payDelegation(s, delegation, shareUnits, ACCOUNT.community, MOVE.stakerReward);
    }
  }
  if (to === count) {
    t[T.poolUnits] = 0;
    t[T.poolWeight] = 0;
    t[T.runningUnits] = 0;
  }
  return 0;
};

/**
 * Settlement step over delegations: brings each delegation its share of what `shareReward` set aside for its target's
 * delegators; those of a gateway's fizz nodes are among them. The target's reward is forgotten when its last delegation has been paid, so that it is never paid twice.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-42, INV-43
 * @rule F-9, FIZZ-12, DELEG-2, OP-20, OP-53
 */
export const payDelegators: Rule = (s, _actor, args) => {
  const to = args[1]!;
  const code = enterStep(s, STEP.payDelegators, args[0]!, to, s.stakeTotals[T.delegationCount]!);
  if (code !== 0) return code;

  const d = s.delegations;
  for (let delegation = args[0]! + 1; delegation <= to; delegation++) {
    const at = delegationAt(delegation);
    const table = collateralOf(s, d[at + D.targetKind]!);
    const c = collateralAt(d[at + D.target]!);
    const rewardWeight = table[c + C.rewardWeight]!;
    if (rewardWeight === 0) continue;
    const eligible = eligibleUnits(s, delegation);
    if (eligible === 0) continue;
    const before = table[c + C.runningUnits]!;
    const after = min(before + eligible, rewardWeight);
    const shareUnits = allocShare(table[c + C.rewardUnits]!, before, after, rewardWeight);
    if (after === rewardWeight) {
      table[c + C.rewardUnits] = 0;
      table[c + C.rewardWeight] = 0;
      table[c + C.runningUnits] = 0;
    } else {
      table[c + C.runningUnits] = after;
    }
    if (shareUnits > 0) {
      payDelegation(s, delegation, shareUnits, ACCOUNT.delegationVault, MOVE.delegatorReward);
    }
  }
  return 0;
};

/**
 * Pays out what has vested since the last settlement of what a Slark licence had earned and its owner had undelegated.
 *
 * @rule SLARK-12, F-35, OP-67
 */
function releaseVested(s: State, delegation: number, era: number): void {
  const v = s.vestings;
  const at = delegation * STRIDE.vestings;
  const vestUnits = v[at + VEST.vestUnits] ?? 0;
  if (vestUnits === 0) return;
  const vestEras = getParam(s, 'slark.vest_eras');
  const elapsedEras = min(era - v[at + VEST.startEra]!, vestEras);
  const dueUnits = mulDivDown(vestUnits, elapsedEras, vestEras) - v[at + VEST.vestedUnits]!;
  if (dueUnits === 0) return;
  v[at + VEST.vestedUnits]! += dueUnits;
  if (v[at + VEST.vestedUnits] === vestUnits) {
    v[at + VEST.vestUnits] = 0;
    v[at + VEST.vestedUnits] = 0;
    v[at + VEST.startEra] = 0;
  }
  const delegator = s.delegations[delegationAt(delegation) + D.delegator]!;
  moveUnits(s, ACCOUNT.delegationVault, delegator, dueUnits, MOVE.release);
  emit(s, 'VestingChanged', delegation, v[at + VEST.vestUnits], v[at + VEST.vestedUnits]);
}

/**
 * Of units that a Slark licence has earned and that have unbonded: what of them vests. Within a window of
 * `slark.vest_eras` eras from its first release, all delegations of a licence together release up to
 * `slark.vest_threshold` at once.
 *
 * @returns units that stay in the vault, 0 for a delegation of any other origin
 * @rule SLARK-12, F-35, OP-67
 */
function takeVesting(s: State, delegation: number, era: number, units: number): number {
  const v = s.vestings;
  const at = delegation * STRIDE.vestings;
  const vestEras = getParam(s, 'slark.vest_eras');
  const licence = earnerOf(s, delegation);
  if (licence === 0 || vestEras === 0) return 0;
  const window = s.licenceWindows;
  const w = recordAt(s, 'licenceWindows', licence);
  // The window's era is stored plus 1: 0 is none.
  const windowEra = window[w + W.windowEra]!;
  if (windowEra === 0 || era + 1 >= windowEra + vestEras) {
    window[w + W.windowEra] = era + 1;
    window[w + W.windowUnits] = 0;
  }
  const usedUnits = window[w + W.windowUnits]!;
  const freeUnits = min(units, max(getParam(s, 'slark.vest_threshold'), usedUnits) - usedUnits);
  window[w + W.windowUnits] = usedUnits + freeUnits;
  const restUnits = units - freeUnits;
  if (restUnits > 0) {
    v[at + VEST.vestUnits] = v[at + VEST.vestUnits]! - v[at + VEST.vestedUnits]! + restUnits;
    v[at + VEST.vestedUnits] = 0;
    v[at + VEST.startEra] = era;
  }
  return restUnits;
}

/** Lets go what has unbonded and is due; of what a licence has earned, the part above the threshold starts to vest. */
function releaseUnbonded(s: State, delegation: number, era: number): void {
  const at = delegationAt(delegation);
  const units = s.delegations[at + D.unbondingUnits]!;
  if (units === 0 || era < s.delegations[at + D.releaseEra]!) return;
  changeUnbonding(s, delegation, -units);
  const vestUnits = takeVesting(s, delegation, era, units);
  moveUnits(s, ACCOUNT.delegationVault, s.delegations[at + D.delegator]!, units - vestUnits, MOVE.release);
  emitDelegationChanged(s, delegation);
  if (vestUnits > 0) {
    const v = delegation * STRIDE.vestings;
    emit(s, 'VestingChanged', delegation, s.vestings[v + VEST.vestUnits], s.vestings[v + VEST.vestedUnits]);
  }
}

/**
 * Brings a delegation to the provider that `redelegate` has named, if that is still there. Its units count as added in the
 * era that is settled, so for rewards from the next on. It stays where it is if anything of it unbonds by then: those units
 * answer for the old target, and a delegation has one.
 *
 * @rule SLARK-12, DELEG-8
 */
function moveToNextTarget(s: State, delegation: number): void {
  const v = delegation * STRIDE.vestings;
  const provider = s.vestings[v + VEST.nextTarget] ?? 0;
  if (provider === 0) return;
  s.vestings[v + VEST.nextTarget] = 0;
  const at = delegationAt(delegation);
  const units = s.delegations[at + D.units]!;
  const isUnbonding = s.delegations[at + D.unbondingUnits]! > 0;
  if (units === 0 || isUnbonding || holderOf(s, KIND.provider, provider) === 0) return;
  removeUnits(s, delegation, units);
  emitTargetChanged(s, delegation);
  s.delegations[at + D.target] = provider;
  autoDelegate(s, delegation, units);
}

/**
 * Settlement step over delegations: pays out what has vested, then what has unbonded, less what slashes took meanwhile. Of
 * what a Slark licence has earned, the part above a threshold starts to vest instead; with units that vest already it
 * starts anew as one. What a licence has earned goes last to the provider that `redelegate` has named.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-12: nothing is released before its time
 * @rule DELEG-6, OP-55, SLARK-12, F-35
 */
export const releaseDelegations: Rule = (s, _actor, args) => {
  const to = args[1]!;
  const code = enterStep(s, STEP.releaseDelegations, args[0]!, to, s.stakeTotals[T.delegationCount]!);
  if (code !== 0) return code;

  const era = currentEra(s);
  const d = s.delegations;
  for (let delegation = args[0]! + 1; delegation <= to; delegation++) {
    const at = delegationAt(delegation);
    releaseVested(s, delegation, era);
    const delegatedUnits = d[at + D.units]!;
    if (delegatedUnits > 0 && !hasTarget(s, delegation)) {
      // Whoever it backed has left: nothing can be earned or slashed there any more (SM-3: delegations released).
      removeUnits(s, delegation, delegatedUnits);
      changeUnbonding(s, delegation, delegatedUnits);
      d[at + D.releaseEra] = era;
      emitTargetChanged(s, delegation);
    }
    releaseUnbonded(s, delegation, era);
    moveToNextTarget(s, delegation);
  }
  return 0;
};

/**
 * Names another provider for a delegation that a Slark licence has earned. All its units go there at the settlement, without
 * unbonding; until then they earn and are slashed where they are. Naming the present target again lets it stay.
 *
 * @rejects UnknownEntity (delegation, provider), NotOwner, WrongState (not earned by a licence, provider is not there),
 * AlreadySet (it is there and stays), TaskPending (units are unbonding), AmountTooSmall, DelegationTooSmall
 * @rule SLARK-12, DELEG-8
 */
export const redelegate: Rule = (s, actor, args) => {
  const delegation = args[0]!;
  const provider = args[1]!;
  const code = checkOwnDelegation(s, actor, delegation);
  if (code !== 0) return code;
  if (earnerOf(s, delegation) === 0) return reject(s, R.WrongState, 0, 0);
  const providerCount = s.providerTotals[F.providerTotals.providerCount]!;
  if (provider < 1 || provider > providerCount) return reject(s, R.UnknownEntity, provider, providerCount);
  if (holderOf(s, KIND.provider, provider) === 0) return reject(s, R.WrongState, 0, 0);
  const at = delegationAt(delegation);
  const nextAt = delegation * STRIDE.vestings + VEST.nextTarget;
  const stays = s.delegations[at + D.target] === provider;
  if (stays && s.vestings[nextAt] === 0) return reject(s, R.AlreadySet, provider, 0);
  const unbondingUnits = s.delegations[at + D.unbondingUnits]!;
  if (unbondingUnits > 0) return reject(s, R.TaskPending, unbondingUnits, 0);
  const units = s.delegations[at + D.units]!;
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const minUnits = getParam(s, 'deleg.min');
  if (units < minUnits) return reject(s, R.DelegationTooSmall, units, minUnits);

  s.vestings[nextAt] = stays ? 0 : provider;
  return 0;
};
