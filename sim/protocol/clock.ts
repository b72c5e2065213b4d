/**
 * Time as the ledger counts it: which slot and era it is, the randomness of the slot, and which settlement step may be
 * taken now. Decides order only; what happens in a step is the business of the family that takes it.
 */
import { mulDivDown } from '../base/fixedPoint.ts';
import { keccak256Hex } from '../base/hash.ts';
import { rnd } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { F, STEP } from './layout.ts';
import { R } from './rejections.ts';
import { emit, getParam, reject, type State } from './state.ts';

const C = F.clockTotals;
/** The beacon's 256 bits are stored in eight fields, the most significant 32 bits first. */
const BEACON_WORDS = 8;
const MAX_WORD = 4_294_967_295;
const STEP_COUNT = Object.keys(STEP).length;

/** Era of the current slot; during settlement, the era that is being settled. @source TIME-3 */
export function currentEra(s: State): number {
  return s.clockTotals[C.era]!;
}

/** Slots opened so far; the current slot is one less. @source TIME-2 */
export function slotCount(s: State): number {
  return s.clockTotals[C.slotCount]!;
}

/** True between two steps or chunks of a settlement: nobody but the keeper's settlement may act then. @rule TIME-4 */
export function isSettling(s: State): boolean {
  return s.clockTotals[C.stepsDone]! > 0 || s.clockTotals[C.cursor]! > 0;
}

/**
 * A draw from the beacon of the current slot, uniform in [0, 2^52).
 *
 * @param purpose one of `PURPOSE` in base/rnd.ts
 * @param entity integer < 2^48; k integer < 2^53, counts the draws of one purpose and entity
 * @source NUM-6
 * @rule NUM-6
 */
export function draw(s: State, purpose: number, entity: number, k: number): number {
  return rnd(s.clockTotals[C.beacon6]!, s.clockTotals[C.beacon7]!, purpose, entity, k);
}

/**
 * keccak256 of a 256-bit value, as eight words of 32 bits, most significant first: the beacon that has to be committed
 * before `words` can be revealed. @source NUM-6
 */
export function hashBeacon(words: readonly number[]): number[] {
  const bytes = new Uint8Array(BEACON_WORDS * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < BEACON_WORDS; i++) view.setUint32(i * 4, words[i]!);
  const hash = keccak256Hex(bytes);
  return Array.from({ length: BEACON_WORDS }, (_, i) => Number.parseInt(hash.slice(i * 8, i * 8 + 8), 16));
}

/** Genesis: stores the commitment to the beacon of slot 0, which is its hash. @source NUM-6 */
export function commitBeacon(s: State, commitment: readonly number[]): void {
  for (let i = 0; i < BEACON_WORDS; i++) s.clockTotals[C.beacon0 + i] = commitment[i]!;
}

/**
 * Opens the slot that the block's time lies in and reveals its beacon b_s. Slots are opened one by one, the first slot of
 * an era only when all eras before it are settled, and b_s must hash to the beacon stored before it.
 *
 * @rejects ValueOutOfRange, SlotOutOfOrder, EraNotSettled, BeaconMismatch
 * @rule TIME-2, TIME-3, NUM-6
 */
export const openSlot: Rule = (s, _actor, args) => {
  for (let i = 0; i < BEACON_WORDS; i++) {
    if (args[i]! > MAX_WORD) return reject(s, R.ValueOutOfRange, args[i]!, MAX_WORD);
  }
  const totals = s.clockTotals;
  const slot = totals[C.slotCount]!;
  const slotByTime = mulDivDown(s.nowS, 1, getParam(s, 'time.slot_s'));
  if (slotByTime !== slot) return reject(s, R.SlotOutOfOrder, slotByTime, slot);
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  const era = mulDivDown(slot, 1, slotsPerEra);
  // No step of a settlement can be open elsewhere: enterStep takes the first step only when the era's last slot is open.
  const settled = totals[C.settledEraCount]!;
  if (slot % slotsPerEra === 0 && settled !== era) return reject(s, R.EraNotSettled, settled, era);
  const hash = hashBeacon(args);
  for (let i = 0; i < BEACON_WORDS; i++) {
    if (hash[i] !== totals[C.beacon0 + i]) return reject(s, R.BeaconMismatch, 0, 0);
  }

  for (let i = 0; i < BEACON_WORDS; i++) totals[C.beacon0 + i] = args[i]!;
  totals[C.slotCount] = slot + 1;
  totals[C.era] = era;
  emit(s, 'SlotOpened', slot, era);
  return 0;
};

/**
 * Whether positions [from, to) of a settlement step may be worked on now: the guard of {@link enterStep} alone, for
 * steps that have guards of their own to pass before anything changes.
 *
 * An empty chunk is only allowed where the step has no positions: otherwise what a step does once, at `from` = 0, could
 * be done twice.
 *
 * @param count positions of the whole step
 * @returns 0, or the code of the rejection: StepOutOfOrder, CursorMismatch, ValueOutOfRange
 */
export function checkStep(s: State, step: number, from: number, to: number, count: number): number {
  const totals = s.clockTotals;
  const endSlot = mulDivDown(totals[C.settledEraCount]! + 1, getParam(s, 'time.slots_per_era'), 1);
  const isDue = totals[C.slotCount] === endSlot && s.nowS >= mulDivDown(endSlot, getParam(s, 'time.slot_s'), 1);
  if (!isDue) return reject(s, R.StepOutOfOrder, step, 0);
  const expected = totals[C.stepsDone]! + 1;
  if (step !== expected) return reject(s, R.StepOutOfOrder, step, expected);
  const cursor = totals[C.cursor]!;
  if (from !== cursor) return reject(s, R.CursorMismatch, from, cursor);
  if (to > count || (to <= from && count > 0)) return reject(s, R.ValueOutOfRange, to, count);
  return 0;
}

/**
 * Enters positions [from, to) of a settlement step of `count` positions, in the order of TIME-4; the step is complete
 * when `to` reaches `count`, the era is settled when the last step is. Every step is called at least once, as (0, 0) if
 * it has no positions. A step must call this before it does its work.
 *
 * @returns 0, or the code of the rejection: StepOutOfOrder, CursorMismatch, ValueOutOfRange
 * @invariant INV-67: each era is settled exactly once, in order
 * @rule TIME-4
 */
export function enterStep(s: State, step: number, from: number, to: number, count: number): number {
  const code = checkStep(s, step, from, to, count);
  if (code !== 0) return code;
  const totals = s.clockTotals;
  if (to < count) {
    totals[C.cursor] = to;
    return 0;
  }
  totals[C.cursor] = 0;
  totals[C.stepsDone] = step;
  if (step === STEP_COUNT) {
    totals[C.stepsDone] = 0;
    totals[C.settledEraCount]! += 1;
    emit(s, 'EraSettled', totals[C.era]!, s.emissionTotals[F.emissionTotals.eraUnits]!);
  }
  return 0;
}
