/**
 * The collateral of models, nodes, validators and providers: own stake and what others delegated, what of it counts for rewards of
 * this era, and what penalties take. Who must stake how much, and who is slashed, the families decide; what single
 * delegators have is in `delegation.ts`.
 */
import { assert } from '../base/assert.ts';
import { allocShare, BPS, max, min, mulDivDown } from '../base/fixedPoint.ts';
import { currentEra } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STRIDE } from './layout.ts';
import { recordSlash } from './slashRecord.ts';
import { emit, recordAt, type State } from './state.ts';
import { moveUnits } from './token.ts';

/** Fields of a collateral record: nodes, validators and providers have the same. */
const C = F.nodeCollateral;

type CollateralTable = 'nodeCollateral' | 'validatorCollateral' | 'providerCollateral';

function collateralTable(kind: number): CollateralTable {
  if (kind === KIND.node) return 'nodeCollateral';
  if (kind === KIND.provider) return 'providerCollateral';
  assert(kind === KIND.validator, 'Only nodes, validators and providers have collateral');
  return 'validatorCollateral';
}

/** The collateral table of a kind that can be delegated to: KIND.node, validator or provider. */
export function collateralOf(s: State, kind: number): Float64Array {
  return s[collateralTable(kind)];
}

/** First float of an entity's record in {@link collateralOf}. */
export function collateralAt(entity: number): number {
  return entity * STRIDE.nodeCollateral;
}

/** Forgets what was added in earlier eras: it counts in full from the era after. */
export function enterAddedEra(table: Float64Array, at: number, era: number): void {
  if (table[at + C.addedEra] === era) return;
  table[at + C.ownAddedUnits] = 0;
  table[at + C.delegatedAddedUnits] = 0;
  table[at + C.addedEra] = era;
}

/** Own stake of a model, node, validator or provider. */
export function ownUnits(s: State, kind: number, entity: number): number {
  if (kind === KIND.model) return s.modelCollateral[entity]!;
  return collateralOf(s, kind)[collateralAt(entity) + C.ownUnits]!;
}

/** Slashes noted and not yet applied. */
export function slashPendingUnits(s: State, kind: number, entity: number): number {
  return collateralOf(s, kind)[collateralAt(entity) + C.slashPendingUnits]!;
}

/** All that a slash may take: own stake, delegations and what is unbonding. @rule INV-9 */
export function slashableUnits(s: State, kind: number, entity: number): number {
  return collateralUnits(s, kind, entity) + collateralOf(s, kind)[collateralAt(entity) + C.unbondingUnits]!;
}

/** Own stake and delegations, without what is unbonding: what counts as an entity's collateral. @rule INV-9 */
export function collateralUnits(s: State, kind: number, entity: number): number {
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  return table[at + C.ownUnits]! + table[at + C.delegatedUnits]!;
}

/** Own stake that was there for the whole era. @rule F-9 */
export function eligibleOwnUnits(s: State, kind: number, entity: number): number {
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  const isThisEra = table[at + C.addedEra] === currentEra(s);
  return table[at + C.ownUnits]! - (isThisEra ? table[at + C.ownAddedUnits]! : 0);
}

/** Delegations that were there for the whole era. @rule F-9 */
export function eligibleDelegatedUnits(s: State, kind: number, entity: number): number {
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  const isThisEra = table[at + C.addedEra] === currentEra(s);
  return table[at + C.delegatedUnits]! - (isThisEra ? table[at + C.delegatedAddedUnits]! : 0);
}

export function emitStakeChanged(s: State, kind: number, entity: number): void {
  if (kind === KIND.model) {
    emit(s, 'StakeChanged', kind, entity, s.modelCollateral[entity]);
    return;
  }
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  emit(s, 'StakeChanged', kind, entity, table[at + C.ownUnits], table[at + C.delegatedUnits]);
}

/** Lowers own stake; what was added in this era goes first. */
export function removeOwn(s: State, kind: number, entity: number, units: number): void {
  const own = ownUnits(s, kind, entity);
  if (!(own >= units)) assert(false, `Entity ${entity} of kind ${kind} has ${own} units of stake, not ${units}`);
  if (kind === KIND.model) {
    s.modelCollateral[entity] = own - units;
    return;
  }
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  table[at + C.ownUnits] = own - units;
  if (table[at + C.addedEra] === currentEra(s)) {
    table[at + C.ownAddedUnits] = max(table[at + C.ownAddedUnits]!, units) - units;
  }
}

/**
 * Moves units of an account into an entity's own stake. They count for rewards from the next era on.
 *
 * @param kind KIND.model, node, validator or provider
 * @throws AssertionError if the account holds less
 * @rule TOK-5, NODE-1, VAL-1, MODEL-2
 */
export function lockStake(s: State, kind: number, entity: number, account: number, units: number): void {
  moveUnits(s, account, ACCOUNT.stakeVault, units, MOVE.stake);
  if (kind === KIND.model) {
    s.modelCollateral[recordAt(s, 'modelCollateral', entity)]! += units;
  } else {
    const table = collateralOf(s, kind);
    const at = recordAt(s, collateralTable(kind), entity);
    enterAddedEra(table, at, currentEra(s));
    table[at + C.ownUnits]! += units;
    table[at + C.ownAddedUnits]! += units;
  }
  emitStakeChanged(s, kind, entity);
}

/**
 * Pays units of an entity's own stake out to an account.
 *
 * @throws AssertionError if the stake is smaller
 * @rule TOK-5, VAL-13
 */
export function releaseStake(s: State, kind: number, entity: number, account: number, units: number): void {
  removeOwn(s, kind, entity, units);
  moveUnits(s, ACCOUNT.stakeVault, account, units, MOVE.unstake);
  emitStakeChanged(s, kind, entity);
}

/**
 * Takes at most `units` of an entity's own stake at once; a shortfall is not owed. Delegations are not touched.
 *
 * @returns units taken; 0 leaves no event
 * @invariant INV-7: what is taken ≤ the stake
 * @rule SLASH-6
 */
export function penaliseStake(s: State, kind: number, entity: number, units: number, toAccount: number): number {
  const takenUnits = min(units, ownUnits(s, kind, entity));
  if (takenUnits === 0) return 0;
  removeOwn(s, kind, entity, takenUnits);
  moveUnits(s, ACCOUNT.stakeVault, toAccount, takenUnits, MOVE.penalty);
  emit(s, 'Slashed', kind, entity, takenUnits);
  emitStakeChanged(s, kind, entity);
  return takenUnits;
}

/**
 * Notes a slash of a share of all that can be slashed: own stake, delegations and what is unbonding. It is applied when
 * the era is settled. Rounds down.
 *
 * @param kind KIND.node or KIND.validator
 * @rule SLASH-7, DELEG-5
 */
export function addSlash(s: State, kind: number, entity: number, bps: number): void {
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  table[at + C.slashPendingUnits]! += mulDivDown(slashableUnits(s, kind, entity), bps, BPS);
}

/**
 * Takes the own part of a slash at once and announces the rest to the entity's delegations, which pay in the step that is
 * theirs, by what they have delegated and what is unbonding. Matching remembers the era in which a provider was slashed.
 *
 * @param slashUnits all that is slashed, at most what can be slashed
 * @param sharedUnits part of it that own stake and delegations bear in proportion; the rest is the own stake's alone
 * @param toAccount account that gets the own part
 * @invariant INV-7, INV-8: a slash ≤ the collateral present, its parts sum to it
 * @rule SLASH-6, SLASH-7, OP-60, F-15
 */
export function applySlash(
  s: State,
  kind: number,
  entity: number,
  slashUnits: number,
  sharedUnits: number,
  toAccount: number,
): void {
  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  const own = table[at + C.ownUnits]!;
  const weight = slashableUnits(s, kind, entity);
  const ownPart = slashUnits - sharedUnits + (weight === 0 ? 0 : allocShare(sharedUnits, 0, own, weight));
  const isShared = weight > own && sharedUnits > 0;
  table[at + C.slashUnits] = isShared ? sharedUnits : 0;
  table[at + C.slashWeight] = isShared ? weight : 0;
  table[at + C.runningUnits] = isShared ? own : 0;
  removeOwn(s, kind, entity, ownPart);
  moveUnits(s, ACCOUNT.stakeVault, toAccount, ownPart, MOVE.slash);
  emit(s, 'Slashed', kind, entity, slashUnits);
  emitStakeChanged(s, kind, entity);
  if (kind === KIND.provider && slashUnits > 0) recordSlash(s, entity);
}

/**
 * Pays an entity its reward of the era. Of `poolUnits` the owner gets the share of his own stake, the rest is set aside
 * for the delegators, to whom `payDelegators` brings it; both by stake that was there for the whole era, own stake first
 * in the running sum. Without delegations everything is the owner's. Must be called for every entity at each settlement,
 * also with 0.
 *
 * @param poolUnits part of `rewardUnits` that is shared with delegators
 * @param fromAccount account of the protocol that pays
 * @param reason one of MOVE
 * @throws AssertionError if poolUnits > rewardUnits, or the paying account holds less
 * @invariant INV-43: owner's and delegators' parts sum to the reward; nobody is paid for stake that came within the era
 * @rule F-9, DELEG-2, OP-53, OP-20
 */
export function shareReward(
  s: State,
  kind: number,
  entity: number,
  ownerAccount: number,
  rewardUnits: number,
  poolUnits: number,
  fromAccount: number,
  reason: number,
): void {
  assert(poolUnits <= rewardUnits, 'shareReward: the shared pool is larger than the reward');
  const ownEligible = eligibleOwnUnits(s, kind, entity);
  const delegatedEligible = eligibleDelegatedUnits(s, kind, entity);
  const isShared = delegatedEligible > 0 && poolUnits > 0;
  const weight = isShared ? ownEligible + delegatedEligible : 0;
  const ownShare = isShared ? allocShare(poolUnits, 0, ownEligible, weight) : poolUnits;
  const ownerUnits = rewardUnits - poolUnits + ownShare;

  const table = collateralOf(s, kind);
  const at = collateralAt(entity);
  table[at + C.rewardUnits] = isShared ? poolUnits : 0;
  table[at + C.rewardWeight] = weight;
  table[at + C.runningUnits] = isShared ? ownEligible : 0;
  moveUnits(s, fromAccount, ownerAccount, ownerUnits, reason);
  moveUnits(s, fromAccount, ACCOUNT.delegationVault, poolUnits - ownShare, reason);
  if (ownerUnits > 0) emit(s, 'RewardPaid', kind, entity, ownerAccount, ownerUnits, reason);
}
