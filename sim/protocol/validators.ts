/**
 * Validators (SM-3): registration, keys, stake, exit, and their two steps of the settlement: era pay (F-36) and
 * reputation with the next era's committee weights (F-6, OP-16). What a task is worth to them is decided in `tasks.ts`.
 */
import { assert } from '../base/assert.ts';
import { allocShare, BPS, FP, MAX_INT, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { enterStep } from './clock.ts';
import { MOVE } from './events.ts';
import { alphaOf, ewma } from './ewma.ts';
import { ACCOUNT, F, KIND, STEP, STRIDE, VALIDATOR_STATE } from './layout.ts';
import { burnNft, mintNft } from './nft.ts';
import { R } from './rejections.ts';
import { lockStake, ownUnits, releaseStake, shareReward, slashPendingUnits } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

const V = F.validators;
const T = F.validatorTotals;

/** 0 if the validator exists, else the rejection. */
function refuseUnknown(s: State, validator: number): number {
  const count = s.validatorTotals[T.validatorCount]!;
  return validator >= 1 && validator <= count ? 0 : reject(s, R.UnknownEntity, validator, count);
}

/** 0 if the validator exists and belongs to `actor`, else the rejection. */
function refuseForeign(s: State, actor: number, validator: number): number {
  const unknown = refuseUnknown(s, validator);
  if (unknown !== 0) return unknown;
  const owner = s.validators[validator * STRIDE.validators + V.owner]!;
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

/** Writes the state, keeps the number of active validators and leaves the event. */
function setState(s: State, validator: number, actor: number, to: number): void {
  const at = validator * STRIDE.validators + V.state;
  const from = s.validators[at]!;
  if (from === VALIDATOR_STATE.active) s.validatorTotals[T.activeCount]! -= 1;
  if (to === VALIDATOR_STATE.active) s.validatorTotals[T.activeCount]! += 1;
  s.validators[at] = to;
  emit(s, 'Transition', KIND.validator, validator, actor, from, to);
}

/**
 * Stakes `val.stake_min` and mints the Validator NFT. Reputation starts at `trust.init_bps`.
 *
 * @rule VAL-1, OP-15
 * @rejects InsufficientBalance
 */
export const registerValidator: Rule = (s, actor) => {
  const stakeUnits = getParam(s, 'val.stake_min');
  const balance = walletUnits(s, actor);
  if (balance < stakeUnits) return reject(s, R.InsufficientBalance, balance, stakeUnits);

  const validator = s.validatorTotals[T.validatorCount]! + 1;
  const at = recordAt(s, 'validators', validator);
  s.validatorTotals[T.validatorCount] = validator;
  s.validators[at + V.owner] = actor;
  s.validators[at + V.reputationFp] = mulDivDown(getParam(s, 'trust.init_bps'), FP, BPS);
  setState(s, validator, actor, VALIDATOR_STATE.registered);
  lockStake(s, KIND.validator, validator, actor, stakeUnits);
  mintNft(s, KIND.validator, validator, actor);
  return 0;
};

/**
 * The Validator Service hands out the first secret key; the ledger keeps its identifier. Keeper only.
 *
 * @rule VAL-2
 * @rejects UnknownEntity, WrongState, ValueOutOfRange
 */
export const issueKey: Rule = (s, actor, args) => {
  const [validator, keyId] = args as readonly [number, number];
  const refused = refuseUnknown(s, validator);
  if (refused !== 0) return refused;
  const at = validator * STRIDE.validators;
  const state = s.validators[at + V.state]!;
  if (state !== VALIDATOR_STATE.registered) return reject(s, R.WrongState, state, 0);
  if (keyId === 0) return reject(s, R.ValueOutOfRange, 0, 0);

  s.validators[at + V.keyId] = keyId;
  s.validators[at + V.keyVersion] = 1;
  setState(s, validator, actor, VALIDATOR_STATE.keyed);
  return 0;
};

/**
 * The validator's service runs: from the next era's start on it can be drawn.
 *
 * @rule VAL-3
 * @rejects UnknownEntity, NotOwner, WrongState
 */
export const subscribe: Rule = (s, actor, args) => {
  const validator = args[0]!;
  const refused = refuseForeign(s, actor, validator);
  if (refused !== 0) return refused;
  const state = s.validators[validator * STRIDE.validators + V.state]!;
  if (state !== VALIDATOR_STATE.keyed) return reject(s, R.WrongState, state, 0);

  setState(s, validator, actor, VALIDATOR_STATE.active);
  return 0;
};

/**
 * Replaces the key, also with tasks in hand; reputation is not touched.
 *
 * @rule VAL-11
 * @rejects UnknownEntity, NotOwner, WrongState, ValueOutOfRange, AlreadySet
 */
export const rotateKey: Rule = (s, actor, args) => {
  const [validator, keyId] = args as readonly [number, number];
  const refused = refuseForeign(s, actor, validator);
  if (refused !== 0) return refused;
  const at = validator * STRIDE.validators;
  const state = s.validators[at + V.state]!;
  if (state < VALIDATOR_STATE.keyed || state > VALIDATOR_STATE.suspended) return reject(s, R.WrongState, state, 0);
  if (keyId === 0) return reject(s, R.ValueOutOfRange, 0, 0);
  if (keyId === s.validators[at + V.keyId]) return reject(s, R.AlreadySet, keyId, 0);

  s.validators[at + V.keyId] = keyId;
  s.validators[at + V.keyVersion]! += 1;
  return 0;
};

/**
 * Adds to the stake; a suspended validator that reaches `val.stake_min` again is active at once.
 *
 * @rule VAL-1, VAL-14
 * @rejects UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientBalance
 */
export const topUpValidator: Rule = (s, actor, args) => {
  const [validator, units] = args as readonly [number, number];
  const refused = refuseForeign(s, actor, validator);
  if (refused !== 0) return refused;
  const state = s.validators[validator * STRIDE.validators + V.state]!;
  if (state === VALIDATOR_STATE.exited) return reject(s, R.WrongState, state, 0);
  if (units === 0) return reject(s, R.AmountTooSmall, units, 1);
  const balance = walletUnits(s, actor);
  if (balance < units) return reject(s, R.InsufficientBalance, balance, units);

  lockStake(s, KIND.validator, validator, actor, units);
  const isEnough = ownUnits(s, KIND.validator, validator) >= getParam(s, 'val.stake_min');
  if (state === VALIDATOR_STATE.suspended && isEnough) setState(s, validator, actor, VALIDATOR_STATE.active);
  return 0;
};

/**
 * Leaves at once: stake back, NFT burnt, not drawn any more; the record and its reputation stay. Refused while a task
 * is in hand or a proven offence awaits its slash at the era's end. Delegations to it may be undelegated without delay.
 *
 * @rule VAL-12, VAL-13, OP-20, OP-21
 * @invariant INV-26
 * @rejects UnknownEntity, NotOwner, WrongState, ValidatorEngaged, TaskPending (with the pending slash)
 */
export const exitValidator: Rule = (s, actor, args) => {
  const validator = args[0]!;
  const refused = refuseForeign(s, actor, validator);
  if (refused !== 0) return refused;
  const at = validator * STRIDE.validators;
  const state = s.validators[at + V.state]!;
  if (state < VALIDATOR_STATE.keyed || state > VALIDATOR_STATE.suspended) return reject(s, R.WrongState, state, 0);
  const engagedCount = s.validators[at + V.engagedCount]!;
  if (engagedCount > 0) return reject(s, R.ValidatorEngaged, engagedCount, 0);
  const slashUnits = slashPendingUnits(s, KIND.validator, validator);
  if (slashUnits > 0) return reject(s, R.TaskPending, slashUnits, 0);

  setState(s, validator, actor, VALIDATOR_STATE.exited);
  releaseStake(s, KIND.validator, validator, actor, ownUnits(s, KIND.validator, validator));
  burnNft(s, KIND.validator, validator);
  return 0;
};

/** The validator has one more task in hand: it is Engaged. @rule SM-3 */
export function engage(s: State, validator: number): void {
  s.validators[validator * STRIDE.validators + V.engagedCount]! += 1;
}

/** The validator has one task less in hand. @rule SM-3 */
export function disengage(s: State, validator: number): void {
  const at = validator * STRIDE.validators + V.engagedCount;
  assert(s.validators[at]! > 0, `Validator ${validator} has no task in hand`);
  s.validators[at]! -= 1;
}

/**
 * Notes one settled task: its score for the era's mean (F-6) and its weight in the era's pay (F-36).
 *
 * @param scoreFp  0…FP
 * @param payWeightFp  reputation at assignment if aligned and not copied, else 0
 * @throws AssertionError if a sum of the era passes 2^53
 * @rule F-6, F-36
 */
export function recordResult(s: State, validator: number, scoreFp: number, payWeightFp: number): void {
  const at = validator * STRIDE.validators;
  s.validators[at + V.eraScoreFp]! += scoreFp;
  s.validators[at + V.eraTaskCount]! += 1;
  s.validators[at + V.eraPayWeightFp]! += payWeightFp;
  s.validatorTotals[T.payWeightFp]! += payWeightFp;
  assert(s.validators[at + V.eraScoreFp]! <= MAX_INT, 'The scores of an era must stay below 2^53');
  assert(s.validatorTotals[T.payWeightFp]! <= MAX_INT, 'The pay weights of an era must stay below 2^53');
}

/**
 * Settlement step 8. The pot (fees of calls and tasks, and the validators' part of the emission) is shared by the pay
 * weights of the era's aligned, independent results; the treasury takes it if there are none. Of a validator's share
 * `val.commission_bps` is its own, the rest is shared with its delegators. Rounding: `alloc`, nothing is left over.
 *
 * @rule F-36, F-9, OP-20, OP-23
 * @invariant rewards sum to the pot
 */
export const payValidators: Rule = (s, _actor, args) => {
  const [from, to] = args as readonly [number, number];
  const totals = s.validatorTotals;
  const count = totals[T.validatorCount]!;
  const refused = enterStep(s, STEP.payValidators, from, to, count);
  if (refused !== 0) return refused;

  if (from === 0) openPot(s);
  const potUnits = totals[T.potUnits]!;
  const weightFp = totals[T.payWeightFp]!;
  const commissionBps = getParam(s, 'val.commission_bps');
  let running = totals[T.runningFp]!;
  for (let validator = from + 1; validator <= to; validator++) {
    const at = validator * STRIDE.validators;
    const before = running;
    running += s.validators[at + V.eraPayWeightFp]!;
    const rewardUnits = weightFp === 0 ? 0 : allocShare(potUnits, before, running, weightFp);
    const isGone = s.validators[at + V.state] === VALIDATOR_STATE.exited;
    const sharedUnits = isGone ? 0 : rewardUnits - mulDivDown(rewardUnits, commissionBps, BPS);
    // Also with nothing to pay: it clears what the delegators' step would otherwise pay again.
    shareReward(
      s,
      KIND.validator,
      validator,
      s.validators[at + V.owner]!,
      rewardUnits,
      sharedUnits,
      ACCOUNT.validatorPot,
      MOVE.validatorReward,
    );
  }
  totals[T.runningFp] = to === count ? 0 : running;
  if (to === count) totals[T.potUnits] = 0;
  return 0;
};

function openPot(s: State): void {
  const totals = s.validatorTotals;
  const emissionUnits = s.emissionTotals[F.emissionTotals.validatorUnits]!;
  moveUnits(s, ACCOUNT.community, ACCOUNT.validatorPot, emissionUnits, MOVE.validatorReward);
  const potUnits = walletUnits(s, ACCOUNT.validatorPot);
  const hasRecipients = totals[T.payWeightFp]! > 0;
  totals[T.potUnits] = hasRecipients ? potUnits : 0;
  if (!hasRecipients) moveUnits(s, ACCOUNT.validatorPot, ACCOUNT.treasury, potUnits, MOVE.validatorReward);
}

/**
 * Settlement step 12. Reputation moves towards the mean score of the era's tasks; without a task it stays. An active
 * validator below `val.stake_min` (after slashes) is suspended. The cumulative weights for the next era's groups are
 * reputation + floor of every validator active now.
 *
 * @rule VAL-9, VAL-10, F-6, OP-16, OP-21
 * @invariant INV-34
 */
export const updateReputations: Rule = (s, actor, args) => {
  const [from, to] = args as readonly [number, number];
  const totals = s.validatorTotals;
  const count = totals[T.validatorCount]!;
  const refused = enterStep(s, STEP.updateReputations, from, to, count);
  if (refused !== 0) return refused;

  const alphaFp = alphaOf(getParam(s, 'trust.half_life_eras'));
  const stakeMinUnits = getParam(s, 'val.stake_min');
  const floorFp = mulDivDown(FP, getParam(s, 'val.select_floor_bps'), BPS);
  let cumulativeFp = totals[T.runningFp]!;
  for (let validator = from + 1; validator <= to; validator++) {
    const at = validator * STRIDE.validators;
    learnReputation(s, validator, alphaFp);
    const isActive = s.validators[at + V.state] === VALIDATOR_STATE.active;
    const isShort = isActive && ownUnits(s, KIND.validator, validator) < stakeMinUnits;
    if (isShort) setState(s, validator, actor, VALIDATOR_STATE.suspended);
    if (isActive && !isShort) cumulativeFp += s.validators[at + V.reputationFp]! + floorFp;
    s.committeeWeights[recordAt(s, 'committeeWeights', validator)] = cumulativeFp;
  }
  assert(cumulativeFp <= MAX_INT, 'The committee weights must sum to less than 2^53');
  totals[T.runningFp] = cumulativeFp;
  if (to === count) {
    totals[T.committeeCount] = count;
    totals[T.committeeWeightFp] = cumulativeFp;
    totals[T.payWeightFp] = 0;
    totals[T.runningFp] = 0;
  }
  return 0;
};

function learnReputation(s: State, validator: number, alphaFp: number): void {
  const at = validator * STRIDE.validators;
  const taskCount = s.validators[at + V.eraTaskCount]!;
  if (taskCount === 0) return;
  const meanFp = Math.floor(s.validators[at + V.eraScoreFp]! / taskCount);
  const reputationFp = ewma(s.validators[at + V.reputationFp]!, meanFp, alphaFp);
  s.validators[at + V.reputationFp] = reputationFp;
  s.validators[at + V.eraScoreFp] = 0;
  s.validators[at + V.eraTaskCount] = 0;
  s.validators[at + V.eraPayWeightFp] = 0;
  emit(s, 'ReputationUpdated', validator, reputationFp);
}
