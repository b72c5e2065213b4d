/**
 * OP-16: draws the group of a validation task by the cumulative weights that were fixed at the era's start. Changes
 * nothing; the group is assigned by `tasks.ts`, the weights are written by `validators.ts`.
 */
import { PURPOSE, pick } from '../base/rnd.ts';
import { draw } from './clock.ts';
import { F, STRIDE, VALIDATOR_STATE } from './layout.ts';
import { getParam, type State } from './state.ts';

const V = F.validators;
const T = F.tasks;

/** A group of n takes at most 16·n draws; members of the previous round are passed over in the first 8·n of them. */
const DRAWS_PER_SEAT = 16;
const FRESH_DRAWS_PER_SEAT = 8;
/** Longest registry that is walked for a group of all. */
export const MAX_WALK = 1_024;
/** More than `val.max_rounds` can be, so that (task, round) is one number. */
const ROUNDS_PER_TASK = 16;

/**
 * The validator whose cumulative weight is the first above `value`: validator v for a share of weightᵥ/W of all values.
 *
 * @param value  in [0, W), W the total of the weights
 * @rule OP-16
 * @cost log₂ of the number of validators
 */
export function validatorAt(s: State, value: number): number {
  let low = 1;
  let high = s.validatorTotals[F.validatorTotals.committeeCount]!;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (s.committeeWeights[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The group for the next round of a task, in the order of the draw: weighted by reputation plus floor, without
 * replacement, never the owner of the subject. A member that comes up again is drawn again, which has the law of
 * drawing one after the other from those that are left. If no more validators are active than a group has seats, all
 * of them, in ascending order; that walks the registry, so in one of more than {@link MAX_WALK} they are drawn too.
 *
 * @returns validators, none twice; fewer than `val.group_size` if not enough are eligible, possibly none
 * @rule VAL-4, OP-16
 */
export function drawGroup(s: State, task: number): number[] {
  const at = task * STRIDE.tasks;
  const subjectOwner = s.tasks[at + T.owner]!;
  const seats = getParam(s, 'val.group_size');
  const group: number[] = [];

  const covered = s.validatorTotals[F.validatorTotals.committeeCount]!;
  if (s.validatorTotals[F.validatorTotals.activeCount]! <= seats && covered <= MAX_WALK) {
    for (let v = 1; v <= covered; v++) if (isEligible(s, v, subjectOwner)) group.push(v);
    return group;
  }

  const weightFp = s.validatorTotals[F.validatorTotals.committeeWeightFp]!;
  const entity = task * ROUNDS_PER_TASK + s.tasks[at + T.roundCount]!;
  for (let k = 0; k < DRAWS_PER_SEAT * seats && group.length < seats; k++) {
    const v = validatorAt(s, pick(draw(s, PURPOSE.committee, entity, k), weightFp));
    if (!isEligible(s, v, subjectOwner) || group.includes(v)) continue;
    if (k < FRESH_DRAWS_PER_SEAT * seats && wasInPreviousGroup(s, at, v)) continue;
    group.push(v);
  }
  return group;
}

function isEligible(s: State, validator: number, subjectOwner: number): boolean {
  const at = validator * STRIDE.validators;
  return s.validators[at + V.state] === VALIDATOR_STATE.active && s.validators[at + V.owner] !== subjectOwner;
}

/** True if `validator` was in the task's last group; before the first one that group is empty. */
function wasInPreviousGroup(s: State, taskAt: number, validator: number): boolean {
  const first = s.tasks[taskAt + T.memberStart]!;
  const end = first + s.tasks[taskAt + T.memberCount]!;
  for (let member = first; member < end; member++) {
    if (s.members[member * STRIDE.members + F.members.validator] === validator) return true;
  }
  return false;
}
