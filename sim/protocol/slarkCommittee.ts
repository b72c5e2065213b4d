/**
 * The committee of a (slot, class): 2N+1 Slarks drawn from the era's list by tier, the foundation's where none is to be
 * had (CHAL-1, OP-69). Decides who sits where; what they find is for `challenges.ts`.
 */
import { PURPOSE, pick } from '../base/rnd.ts';
import { currentEra, draw } from './clock.ts';
import { F } from './layout.ts';
import { isDrawable, isRunning, setSlarkField, slarkCount, slarkField } from './slarks.ts';
import { getParam, type State } from './state.ts';

const MAX_DRAWS = 16;
/** Classes are numbered 1 … 6: the draws of a slot's classes are apart by this much. */
const CLASSES_PER_SLOT = 8;
const OFF = 0;

/** Licences by seat. */
export type Committee = { readonly licences: readonly number[]; readonly foundationSeatCount: number };

function drawSeat(
  s: State,
  slot: number,
  challengeClass: number,
  seat: number,
  refuses: (z: number) => boolean,
): number {
  const listed = s.slarkTotals[F.slarkTotals.classCount1 + challengeClass - 1]!;
  if (listed === 0) return 0;
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    const drawn = draw(s, PURPOSE.slarkSeat, slot * CLASSES_PER_SLOT + challengeClass, seat * MAX_DRAWS + attempt);
    const licence = s.slarkOrder[1 + pick(drawn, listed)]!;
    if (isDrawable(s, licence) && !refuses(licence)) return licence;
  }
  return 0;
}

/** The first Slark of the foundation that runs and has no seat yet; 0 if there is none. */
function nextOfFoundation(s: State, seated: readonly number[]): number {
  for (let licence = 1; licence <= slarkCount(s); licence++) {
    const isFoundation = slarkField(s, licence, 'isFoundation') === 1;
    if (isFoundation && isRunning(s, licence) && !seated.includes(licence)) return licence;
  }
  return 0;
}

/**
 * Draws `size` distinct licences of the era's list that are still running, of tier `challengeClass` and above, with equal
 * chance; where 16 draws find none, a Slark of the foundation takes the seat. Changes nothing.
 *
 * @param targets providers challenged by this committee; with `slark.conflict_exclusion`, Slarks that back one have no seat
 * @returns fewer than `size` licences if a seat cannot be filled
 * @invariant INV-32, INV-33
 * @rule CHAL-1, CHAL-9, SLARK-7, SLARK-14, OP-68, OP-69
 */
export function drawCommittee(
  s: State,
  slot: number,
  challengeClass: number,
  size: number,
  targets: readonly number[],
): Committee {
  const isExcluding = getParam(s, 'slark.conflict_exclusion') !== OFF;
  const licences: number[] = [];
  let foundationSeatCount = 0;
  const refuses = (licence: number): boolean =>
    licences.includes(licence) || (isExcluding && targets.includes(slarkField(s, licence, 'provider')));
  for (let seat = 0; seat < size; seat++) {
    const drawn = drawSeat(s, slot, challengeClass, seat, refuses);
    const licence = drawn === 0 ? nextOfFoundation(s, licences) : drawn;
    if (licence === 0) break;
    if (drawn === 0) foundationSeatCount += 1;
    licences.push(licence);
  }
  return { licences, foundationSeatCount };
}

/**
 * Notes that the licences have been drawn.
 *
 * @returns how many of them for the first time in this era, the foundation's apart
 * @rule SM-10, CHAL-2
 */
export function recordSelected(s: State, licences: readonly number[]): number {
  const mark = currentEra(s) + 1;
  let firstTimes = 0;
  for (const licence of licences) {
    const isFirst = slarkField(s, licence, 'selectedEra') !== mark;
    if (isFirst && slarkField(s, licence, 'isFoundation') === 0) firstTimes += 1;
    setSlarkField(s, licence, 'selectedCount', slarkField(s, licence, 'selectedCount') + 1);
    setSlarkField(s, licence, 'selectedEra', mark);
  }
  return firstTimes;
}
