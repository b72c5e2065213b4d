/**
 * Invariants of validators, validation tasks and reputations (section 8: INV-26 to INV-28, INV-34). Each reads a state and
 * says what disagrees; none changes anything.
 */
import { FP } from '../base/fixedPoint.ts';
import { F, STRIDE, TASK_KIND, TASK_STATE, VALIDATOR_STATE, VERDICT } from './layout.ts';
import type { State } from './state.ts';

const T = F.tasks;
const M = F.members;
const V = F.validators;

function taskCount(s: State): number {
  return s.taskTotals[F.taskTotals.taskCount]!;
}

/** INV-26 */
export function engagedValidatorsStay(s: State): string | null {
  const count = s.validatorTotals[F.validatorTotals.validatorCount]!;
  const inHand = new Float64Array(count + 1);
  const tasks = taskCount(s);
  for (let task = 1; task <= tasks; task++) {
    const at = task * STRIDE.tasks;
    if (s.tasks[at + T.state] !== TASK_STATE.assigned) continue;
    const first = s.tasks[at + T.memberStart]!;
    const end = first + s.tasks[at + T.memberCount]!;
    for (let member = first; member < end; member++) {
      inHand[s.members[member * STRIDE.members + M.validator]!]! += 1;
    }
  }
  for (let validator = 1; validator <= count; validator++) {
    const engaged = s.validators[validator * STRIDE.validators + V.engagedCount]!;
    const state = s.validators[validator * STRIDE.validators + V.state]!;
    if (engaged !== inHand[validator]) {
      return `Validator ${validator} counts ${engaged} tasks in hand; it is in ${inHand[validator]} groups`;
    }
    if (state === VALIDATOR_STATE.exited && engaged > 0)
      return `Validator ${validator} has left with ${engaged} tasks in hand`;
  }
  return null;
}

/** The task that a subject waits for. */
function pendingTaskOf(s: State, kind: number, subject: number): number {
  const isNode = kind === TASK_KIND.node || kind === TASK_KIND.nodeMetadata;
  return isNode
    ? s.nodes[subject * STRIDE.nodes + F.nodes.pendingTask]!
    : s.models[subject * STRIDE.models + F.models.pendingTask]!;
}

/** INV-27 */
export function tasksSettleOnce(s: State): string | null {
  const tasks = taskCount(s);
  let open = 0;
  for (let task = 1; task <= tasks; task++) {
    const at = task * STRIDE.tasks;
    const kind = s.tasks[at + T.kind]!;
    const subject = s.tasks[at + T.subject]!;
    const outcome = s.tasks[at + T.outcome]!;
    const isSettled = s.tasks[at + T.state] === TASK_STATE.settled;
    if (isSettled !== (outcome !== VERDICT.none)) {
      return `Task ${task} in state ${s.tasks[at + T.state]} has outcome ${outcome}`;
    }
    if (!isSettled) open += 1;
    if (kind === TASK_KIND.output) continue;
    const pending = pendingTaskOf(s, kind, subject);
    if (isSettled === (pending === task)) {
      return `Task ${task} is ${isSettled ? 'settled' : 'open'}; its subject ${subject} waits for task ${pending}`;
    }
  }
  const counted = s.taskTotals[F.taskTotals.openCount]!;
  return counted === open ? null : `${counted} tasks are counted as open; ${open} are`;
}

/** INV-28 */
export function membersSubmitOnce(s: State): string | null {
  const members = s.taskTotals[F.taskTotals.memberCount]!;
  for (let member = 1; member <= members; member++) {
    const at = member * STRIDE.members;
    const task = s.members[at + M.task]!;
    const validator = s.members[at + M.validator]!;
    const owner = s.validators[validator * STRIDE.validators + V.owner]!;
    if (s.members[at + M.verdict]! > VERDICT.fail) return `Member ${member} has verdict ${s.members[at + M.verdict]}`;
    if (task < 1 || task > taskCount(s)) return `Member ${member} is assigned to task ${task}, which does not exist`;
    if (s.tasks[task * STRIDE.tasks + T.owner] === owner) {
      return `Validator ${validator} is assigned to task ${task} on a subject of its own account ${owner}`;
    }
  }
  const tasks = taskCount(s);
  for (let task = 1; task <= tasks; task++) {
    const wrong = resultsAddUp(s, task);
    if (wrong !== null) return wrong;
  }
  return null;
}

function resultsAddUp(s: State, task: number): string | null {
  const at = task * STRIDE.tasks;
  const first = s.tasks[at + T.memberStart]!;
  const end = first + s.tasks[at + T.memberCount]!;
  const sums = { submittedCount: 0, assignedWeightFp: 0, submittedWeightFp: 0, passWeightFp: 0 };
  for (let member = first; member < end; member++) {
    const memberAt = member * STRIDE.members;
    if (s.members[memberAt + M.task] !== task) {
      return `Member ${member} is in the group of task ${task} and assigned to task ${s.members[memberAt + M.task]}`;
    }
    const weight = s.members[memberAt + M.weightFp]!;
    const verdict = s.members[memberAt + M.verdict]!;
    sums.assignedWeightFp += weight;
    if (verdict === VERDICT.none) continue;
    sums.submittedCount += 1;
    sums.submittedWeightFp += weight;
    if (verdict === VERDICT.pass) sums.passWeightFp += weight;
  }
  for (const name of ['submittedCount', 'assignedWeightFp', 'submittedWeightFp', 'passWeightFp'] as const) {
    const stored = s.tasks[at + T[name]]!;
    if (stored !== sums[name]) return `Task ${task} has ${name} ${stored}; its members add up to ${sums[name]}`;
  }
  return null;
}

/** INV-34 */
export function ratiosAreRatios(s: State): string | null {
  const t = F.nodeTrust;
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= nodes; node++) {
    for (let field = t.trustFp; field <= t.qualityFp; field++) {
      const value = s.nodeTrust[node * STRIDE.nodeTrust + field]!;
      if (!(value >= 0 && value <= FP)) return `Trust field ${field} of node ${node} is ${value}, outside [0, 10^9]`;
    }
  }
  const validators = s.validatorTotals[F.validatorTotals.validatorCount]!;
  for (let validator = 1; validator <= validators; validator++) {
    const reputation = s.validators[validator * STRIDE.validators + V.reputationFp]!;
    if (!(reputation >= 0 && reputation <= FP)) {
      return `The reputation of validator ${validator} is ${reputation}, outside [0, 10^9]`;
    }
  }
  return null;
}
