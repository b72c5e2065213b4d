/**
 * Invariants of rewards, emission and time (section 8: INV-40 to INV-47, INV-67). Each reads a state and says what
 * disagrees; none changes anything.
 */
import { BPS, mulDivDown } from '../base/fixedPoint.ts';
import { currentEra, isSettling } from './clock.ts';
import { scheduleUnits } from './emission.ts';
import type { Tracker } from './invariantTracker.ts';
import { ACCOUNT, F, REQUEST_STATE, STEP, STRIDE } from './layout.ts';
import { delegationTargets } from './ledgerInvariants.ts';
import { getParam, type State } from './state.ts';

const C = F.nodeCollateral;
const D = F.delegations;
const E = F.emissionTotals;
const CLOCK = F.clockTotals;

/** INV-40 */
export function payoutsAreThePools(s: State): string | null {
  const e = s.emissionTotals;
  const pools = e[E.powrUnits]! + e[E.validatorUnits]! + e[E.creatorUnits]! + e[E.stakerUnits]! + e[E.foundationUnits]!;
  if (pools !== e[E.eraUnits]) return `The pools of the era are ${pools} units; its emission is ${e[E.eraUnits]}`;
  const minted = s.tokenTotals[F.tokenTotals.maxSupplyUnits]!;
  const granted = mulDivDown(minted, getParam(s, 'econ.alloc_bps.community'), BPS);
  const expected = granted - e[E.emittedUnits]!;
  const left = s.wallets[ACCOUNT.community]!;
  const stepsDone = s.clockTotals[CLOCK.stepsDone]!;
  const isPaying = stepsDone >= STEP.openEmission && stepsDone < STEP.payCreators;
  const isRight = isPaying ? left >= expected : left === expected;
  return isRight
    ? livenessFitsItsPool(s, stepsDone)
    : `The community account holds ${left} units; of ${granted}, ${e[E.emittedUnits]} were emitted, so ${expected} should be left`;
}

/** Liveness before scaling is known from the assessment on, what of it is paid from the Slarks' step on. */
function livenessFitsItsPool(s: State, stepsDone: number): string | null {
  const t = s.providerTotals;
  const paid = t[F.providerTotals.poolUnits]!;
  const pool = getParam(s, 'live.pool_era');
  if (paid > pool) return `${paid} units of liveness are paid; the pool of an era is ${pool}`;
  const isClosed = !isSettling(s) || stepsDone >= STEP.paySlarks;
  const raw = t[F.providerTotals.rawUnits]!;
  return !isClosed || paid <= raw ? null : `${paid} units of liveness are paid; ${raw} were earned`;
}

/** INV-42: what is paid is no longer owed. A fee is locked until its request is finished, a reward until its era is. */
export function nothingIsPaidTwice(s: State): string | null {
  return feesAreLockedOnce(s) ?? (isSettling(s) ? null : noRewardIsLeft(s));
}

function feesAreLockedOnce(s: State): string | null {
  const end = ACCOUNT.firstAgent + s.tokenTotals[F.tokenTotals.accountCount]!;
  const fees = new Float64Array(end);
  const requests = s.callTotals[F.callTotals.requestCount]!;
  let total = 0;
  for (let request = 1; request <= requests; request++) {
    const at = request * STRIDE.requests;
    const state = s.requests[at + F.requests.state]!;
    if (state !== REQUEST_STATE.open && state !== REQUEST_STATE.routed) continue;
    fees[s.requests[at + F.requests.consumer]!]! += s.requests[at + F.requests.feeUnits]!;
    total += s.requests[at + F.requests.feeUnits]!;
  }
  let free = 0;
  for (let account = 0; account < end; account++) {
    const locked = s.prepaid[account * STRIDE.prepaid + F.prepaid.lockedUnits]!;
    free += s.prepaid[account * STRIDE.prepaid + F.prepaid.freeUnits]!;
    if (locked !== fees[account]) {
      return `Account ${account} has ${locked} units locked; its unfinished requests cost ${fees[account]}`;
    }
  }
  const counted = s.callTotals[F.callTotals.lockedUnits]!;
  if (counted !== total) return `${counted} units are counted as locked; unfinished requests cost ${total}`;
  const countedFree = s.callTotals[F.callTotals.freeUnits]!;
  return countedFree === free
    ? null
    : `${countedFree} units are counted as free call rights; the accounts have ${free}`;
}

function noRewardIsLeft(s: State): string | null {
  for (const { name, table, count } of delegationTargets(s)) {
    for (let i = 1; i <= count; i++) {
      const at = i * STRIDE.nodeCollateral;
      if (table[at + C.rewardUnits] !== 0 || table[at + C.rewardWeight] !== 0) {
        return `${table[at + C.rewardUnits]} units for the delegators of ${name} ${i} are left after the settlement`;
      }
    }
  }
  const pot = s.validatorTotals[F.validatorTotals.potUnits]!;
  if (pot !== 0) return `${pot} units of the validators’ pot are left after the settlement`;
  const validators = s.validatorTotals[F.validatorTotals.validatorCount]!;
  let weight = 0;
  for (let i = 1; i <= validators; i++) weight += s.validators[i * STRIDE.validators + F.validators.eraPayWeightFp]!;
  const weightFp = s.validatorTotals[F.validatorTotals.payWeightFp]!;
  if (weight !== weightFp) return `Validators have earned pay weight ${weight}; ${weightFp} is counted`;
  const models = s.modelTotals[F.modelTotals.modelCount]!;
  let wu = 0;
  for (let i = 1; i <= models; i++) wu += s.models[i * STRIDE.models + F.models.eraWu]!;
  const eraWu = s.modelTotals[F.modelTotals.eraWu]!;
  return wu === eraWu ? null : `Models have served ${wu} work units in the era; ${eraWu} are counted`;
}

/** INV-43: the weights that a reward is shared by are those of its delegations, newcomers of the era excluded. */
export function newcomersAreNotPaid(s: State): string | null {
  const era = currentEra(s);
  const delegations = s.stakeTotals[F.stakeTotals.delegationCount]!;
  let total = 0;
  for (const { kind, name, table, count } of delegationTargets(s)) {
    const added = new Float64Array(count + 1);
    for (let i = 1; i <= delegations; i++) {
      const at = i * STRIDE.delegations;
      if (s.delegations[at + D.targetKind] !== kind || s.delegations[at + D.addedEra] !== era) continue;
      const units = s.delegations[at + D.addedUnits]!;
      if (units > s.delegations[at + D.units]!) {
        return `${units} units of delegation ${i} came in this era; it has ${s.delegations[at + D.units]}`;
      }
      added[s.delegations[at + D.target]!]! += units;
    }
    for (let i = 1; i <= count; i++) {
      const at = i * STRIDE.nodeCollateral;
      total += added[i]!;
      const isThisEra = table[at + C.addedEra] === era;
      const counted = isThisEra ? table[at + C.delegatedAddedUnits]! : 0;
      if (counted !== added[i]) {
        return `${name} ${i} counts ${counted} units delegated within the era; its delegations have ${added[i]}`;
      }
      if (isThisEra && table[at + C.ownAddedUnits]! > table[at + C.ownUnits]!) {
        return `${table[at + C.ownAddedUnits]} units of the own stake of ${name} ${i} came in this era; it has ${table[at + C.ownUnits]}`;
      }
    }
  }
  const t = F.stakeTotals;
  const counted = s.stakeTotals[t.addedEra] === era ? s.stakeTotals[t.addedUnits]! : 0;
  return counted === total
    ? null
    : `${counted} units are counted as delegated within the era; the targets have ${total}`;
}

/** INV-47 */
export function emissionKeepsToTheSchedule(s: State, tracker: Tracker): string | null {
  const settled = s.clockTotals[CLOCK.settledEraCount]!;
  const isOpened = s.clockTotals[CLOCK.stepsDone]! >= STEP.openEmission;
  const eras = settled + (isOpened ? 1 : 0);
  const emitted = s.emissionTotals[E.emittedUnits]!;
  const eraUnits = s.emissionTotals[E.eraUnits]!;
  if (eras === 0) return emitted === 0 ? null : `${emitted} units were emitted before the first era’s end`;
  const allowed = scheduleUnits(s, eras - 1);
  if (eraUnits > allowed) return `Era ${eras - 1} emitted ${eraUnits} units; the schedule allows ${allowed}`;
  if (emitted < tracker.emittedUnits) return `Emitted units fell from ${tracker.emittedUnits} to ${emitted}`;
  if (emitted < eraUnits) return `${emitted} units were ever emitted, ${eraUnits} of them in the last era`;
  const left = s.wallets[ACCOUNT.community]!;
  return left >= 0 ? null : `The community account holds ${left} units`;
}

/** INV-67 */
export function timeGoesForward(s: State, tracker: Tracker): string | null {
  const slots = s.clockTotals[CLOCK.slotCount]!;
  const settled = s.clockTotals[CLOCK.settledEraCount]!;
  const era = s.clockTotals[CLOCK.era]!;
  if (s.nowS < tracker.nowS) return `Time went back from ${tracker.nowS} s to ${s.nowS} s`;
  if (slots < tracker.slotCount) return `Opened slots fell from ${tracker.slotCount} to ${slots}`;
  if (settled < tracker.settledEraCount) return `Settled eras fell from ${tracker.settledEraCount} to ${settled}`;
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  const expected = slots === 0 ? 0 : mulDivDown(slots - 1, 1, slotsPerEra);
  if (era !== expected) return `The era is ${era}; ${slots} slots of ${slotsPerEra} an era make it ${expected}`;
  const complete = mulDivDown(slots, 1, slotsPerEra);
  if (settled > complete || settled < era) {
    return `${settled} eras are settled in era ${era}, of which ${complete} are complete`;
  }
  return null;
}
