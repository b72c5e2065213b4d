/**
 * Validation tasks (SM-4): opened by the subject's own rules, assigned to a group, answered by its members, and settled
 * by consensus (F-5), which scores the members (F-6) and moves the subject once. Draws no group itself (`committee.ts`).
 */
import { BPS, FP } from '../base/fixedPoint.ts';
import { PURPOSE } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { currentEra, draw } from './clock.ts';
import { commitmentOf } from './commitment.ts';
import { drawGroup } from './committee.ts';
import { agreementFp, ballotsOf, decide, lowerMedian } from './consensus.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STRIDE, TASK_KIND, TASK_STATE, VERDICT } from './layout.ts';
import { onModelTask } from './models.ts';
import { onAudit, onNodeTask } from './nodes.ts';
import { R } from './rejections.ts';
import { addSlash } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { moveUnits } from './token.ts';
import { disengage, engage, recordResult } from './validators.ts';

const T = F.tasks;
const M = F.members;
const TOTALS = F.taskTotals;

/**
 * Opens a task about a subject and puts its fee into the task pot; audits of served outputs carry no fee, and draw the
 * nonce under which the output's sketch is taken, which nobody knew while the output was committed to. The caller has
 * checked that `owner` can pay and that no task of this kind is open for the subject.
 *
 * @param kind  one of TASK_KIND
 * @param referenceId  what exactly is checked: document or version
 * @param wu  work units of an audited output, else 0 or the version's
 * @param commitmentId  what the node bound itself to when it served the audited output; of no other kind
 * @returns the task's identifier
 * @rule VAL-5, VAL-15, OP-22, OP-23, NUM-6
 */
export function openTask(
  s: State,
  kind: number,
  subject: number,
  owner: number,
  referenceId: number,
  wu: number,
  answerId: number,
  commitmentId: number,
  actor: number,
): number {
  const task = s.taskTotals[TOTALS.taskCount]! + 1;
  const at = recordAt(s, 'tasks', task);
  const isAudit = kind === TASK_KIND.output;
  const feeUnits = isAudit ? 0 : getParam(s, 'val.task_fee');
  s.taskTotals[TOTALS.taskCount] = task;
  s.taskTotals[TOTALS.openCount]! += 1;
  s.tasks[at + T.kind] = kind;
  s.tasks[at + T.subject] = subject;
  s.tasks[at + T.owner] = owner;
  s.tasks[at + T.state] = TASK_STATE.created;
  s.tasks[at + T.feeUnits] = feeUnits;
  s.tasks[at + T.referenceId] = referenceId;
  s.tasks[at + T.wu] = wu;
  s.tasks[at + T.answerId] = answerId;
  s.tasks[at + T.openedEra] = currentEra(s);
  if (isAudit) {
    s.tasks[at + T.commitmentId] = commitmentId;
    s.tasks[at + T.nonceId] = draw(s, PURPOSE.nonce, task, 0);
  }
  emit(s, 'Transition', KIND.task, task, actor, 0, TASK_STATE.created);
  moveUnits(s, owner, ACCOUNT.taskPot, feeUnits, MOVE.taskFee);
  return task;
}

/** 0 if the task exists, else the rejection. */
function refuseUnknown(s: State, task: number): number {
  const count = s.taskTotals[TOTALS.taskCount]!;
  return task >= 1 && task <= count ? 0 : reject(s, R.UnknownEntity, task, count);
}

function isInGroup(s: State, taskAt: number, member: number): boolean {
  const first = s.tasks[taskAt + T.memberStart]!;
  return member >= first && member < first + s.tasks[taskAt + T.memberCount]!;
}

/**
 * Draws the group of a created task and starts its deadline. A member's weight in the consensus is its reputation now.
 * Keeper only.
 *
 * @rule VAL-4, OP-16, OP-17
 * @rejects UnknownEntity, WrongState, NoEligibleValidator (also before the first era's end: no weights are fixed yet)
 */
export const assignTask: Rule = (s, actor, args) => {
  const task = args[0]!;
  const refused = refuseUnknown(s, task);
  if (refused !== 0) return refused;
  const at = task * STRIDE.tasks;
  const state = s.tasks[at + T.state]!;
  if (state !== TASK_STATE.created) return reject(s, R.WrongState, state, 0);
  const activeCount = s.validatorTotals[F.validatorTotals.activeCount]!;
  const hasWeights = s.validatorTotals[F.validatorTotals.committeeWeightFp]! > 0;
  if (!hasWeights || activeCount === 0) return reject(s, R.NoEligibleValidator, activeCount, 0);
  const group = drawGroup(s, task);
  if (group.length === 0) return reject(s, R.NoEligibleValidator, activeCount, 0);

  const memberStart = s.taskTotals[TOTALS.memberCount]! + 1;
  let assignedWeightFp = 0;
  for (const [i, validator] of group.entries()) {
    const weightFp = s.validators[validator * STRIDE.validators + F.validators.reputationFp]!;
    const memberAt = recordAt(s, 'members', memberStart + i);
    s.members[memberAt + M.validator] = validator;
    s.members[memberAt + M.weightFp] = weightFp;
    s.members[memberAt + M.task] = task;
    assignedWeightFp += weightFp;
    engage(s, validator);
  }
  s.taskTotals[TOTALS.memberCount]! += group.length;
  s.tasks[at + T.state] = TASK_STATE.assigned;
  s.tasks[at + T.assignedS] = s.nowS;
  s.tasks[at + T.deadlineS] = s.nowS + getParam(s, 'val.deadline_s');
  s.tasks[at + T.memberStart] = memberStart;
  s.tasks[at + T.memberCount] = group.length;
  s.tasks[at + T.submittedCount] = 0;
  s.tasks[at + T.assignedWeightFp] = assignedWeightFp;
  s.tasks[at + T.submittedWeightFp] = 0;
  s.tasks[at + T.passWeightFp] = 0;
  emit(s, 'Transition', KIND.task, task, actor, state, TASK_STATE.assigned);
  emit(
    s,
    'TaskAssigned',
    task,
    s.tasks[at + T.kind]!,
    s.tasks[at + T.subject]!,
    s.tasks[at + T.roundCount]!,
    group.length,
  );
  return 0;
};

/**
 * The owner of an audited node opens what it had committed to: the identifiers of its output and of that output's sketch
 * under the task's nonce. Once for all rounds of the task; a commitment of 0 is opened by nothing.
 *
 * @rule VAL-15, OP-22, DFPN-17
 * @rejects UnknownEntity, ValueOutOfRange (no audit, or no sketch), WrongState, NotOwner, AlreadySubmitted, DeadlinePassed,
 *   CommitmentMismatch
 */
export const revealSketch: Rule = (s, actor, args) => {
  const [task, outputId, saltId, sketchId] = args as readonly [number, number, number, number];
  const refused = refuseUnknown(s, task);
  if (refused !== 0) return refused;
  const at = task * STRIDE.tasks;
  const kind = s.tasks[at + T.kind]!;
  if (kind !== TASK_KIND.output) return reject(s, R.ValueOutOfRange, kind, TASK_KIND.output);
  const state = s.tasks[at + T.state]!;
  if (state === TASK_STATE.settled) return reject(s, R.WrongState, state, 0);
  const owner = s.tasks[at + T.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const earlier = s.tasks[at + T.sketchId]!;
  if (earlier !== 0) return reject(s, R.AlreadySubmitted, task, earlier);
  const deadlineS = s.tasks[at + T.deadlineS]!;
  if (state === TASK_STATE.assigned && s.nowS > deadlineS) return reject(s, R.DeadlinePassed, s.nowS, deadlineS);
  if (sketchId === 0) return reject(s, R.ValueOutOfRange, 0, 0);
  const opened = commitmentOf(outputId, saltId, actor);
  const committed = s.tasks[at + T.commitmentId]!;
  if (opened !== committed) return reject(s, R.CommitmentMismatch, opened, committed);

  s.tasks[at + T.outputId] = outputId;
  s.tasks[at + T.sketchId] = sketchId;
  emit(s, 'SketchRevealed', task, s.tasks[at + T.subject]!, outputId, sketchId);
  return 0;
};

/**
 * A member's signed verdict, measured quality and report. Plain submission: readable by who submits later (OP-17).
 *
 * @rule VAL-6, OP-17
 * @invariant INV-28
 * @rejects UnknownEntity, WrongState, NotAssigned, NotOwner, AlreadySubmitted, DeadlinePassed, ValueOutOfRange
 */
export const submitResult: Rule = (s, actor, args) => {
  const [task, member, verdict, reportId, qualityBps] = args as readonly [number, number, number, number, number];
  const refused = refuseUnknown(s, task);
  if (refused !== 0) return refused;
  const at = task * STRIDE.tasks;
  const state = s.tasks[at + T.state]!;
  if (state !== TASK_STATE.assigned) return reject(s, R.WrongState, state, 0);
  if (!isInGroup(s, at, member)) return reject(s, R.NotAssigned, member, 0);
  const memberAt = member * STRIDE.members;
  const validator = s.members[memberAt + M.validator]!;
  const owner = s.validators[validator * STRIDE.validators + F.validators.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const earlier = s.members[memberAt + M.verdict]!;
  if (earlier !== VERDICT.none) return reject(s, R.AlreadySubmitted, member, earlier);
  const deadlineS = s.tasks[at + T.deadlineS]!;
  if (s.nowS > deadlineS) return reject(s, R.DeadlinePassed, s.nowS, deadlineS);
  if (verdict !== VERDICT.pass && verdict !== VERDICT.fail) {
    return reject(s, R.ValueOutOfRange, verdict, VERDICT.fail);
  }
  if (qualityBps > BPS) return reject(s, R.ValueOutOfRange, qualityBps, BPS);
  if (reportId === 0) return reject(s, R.ValueOutOfRange, 0, 0);

  const weightFp = s.members[memberAt + M.weightFp]!;
  s.members[memberAt + M.verdict] = verdict;
  s.members[memberAt + M.submittedS] = s.nowS;
  s.members[memberAt + M.reportId] = reportId;
  s.members[memberAt + M.qualityBps] = qualityBps;
  s.tasks[at + T.submittedCount]! += 1;
  s.tasks[at + T.submittedWeightFp]! += weightFp;
  if (verdict === VERDICT.pass) s.tasks[at + T.passWeightFp]! += weightFp;
  emit(s, 'ResultSubmitted', task, validator, verdict, reportId, qualityBps);
  return 0;
};

/**
 * The copy detector found the member's report copied. It stays in the consensus, but is worth nothing to its author.
 * Keeper only.
 *
 * @rule VAL-9, OP-19
 * @rejects UnknownEntity, WrongState, NotAssigned (no result in the present round), AlreadyCopied
 */
export const flagCopy: Rule = (s, _actor, args) => {
  const member = args[0]!;
  const count = s.taskTotals[TOTALS.memberCount]!;
  if (member < 1 || member > count) return reject(s, R.UnknownEntity, member, count);
  const memberAt = member * STRIDE.members;
  const task = s.members[memberAt + M.task]!;
  const at = task * STRIDE.tasks;
  const state = s.tasks[at + T.state]!;
  if (state !== TASK_STATE.assigned) return reject(s, R.WrongState, state, 0);
  const hasSubmitted = s.members[memberAt + M.verdict] !== VERDICT.none;
  if (!hasSubmitted || !isInGroup(s, at, member)) return reject(s, R.NotAssigned, member, 0);
  if (s.members[memberAt + M.copied] !== 0) return reject(s, R.AlreadyCopied, member, 0);

  s.members[memberAt + M.copied] = 1;
  emit(s, 'CopyFlagged', task, s.members[memberAt + M.validator]!);
  return 0;
};

/**
 * Tallies a task when all members have submitted or the deadline has passed. Decided, or undecided in the last round
 * (then failed): members are scored, the fee goes to the validators' era pot, and the subject moves. Undecided before:
 * the task waits for a fresh group, and only no-shows are scored. Keeper only.
 *
 * @rule VAL-7, VAL-8, VAL-9, VAL-14, F-5, F-6, OP-18, OP-21
 * @invariant INV-27, INV-29
 * @rejects UnknownEntity, WrongState, ResultsOutstanding
 */
export const settleTask: Rule = (s, actor, args) => {
  const task = args[0]!;
  const refused = refuseUnknown(s, task);
  if (refused !== 0) return refused;
  const at = task * STRIDE.tasks;
  const state = s.tasks[at + T.state]!;
  if (state !== TASK_STATE.assigned) return reject(s, R.WrongState, state, 0);
  const submittedCount = s.tasks[at + T.submittedCount]!;
  const memberCount = s.tasks[at + T.memberCount]!;
  if (submittedCount < memberCount && s.nowS <= s.tasks[at + T.deadlineS]!) {
    return reject(s, R.ResultsOutstanding, submittedCount, memberCount);
  }

  const ballots = ballotsOf(
    {
      assigned: s.tasks[at + T.assignedWeightFp]!,
      submitted: s.tasks[at + T.submittedWeightFp]!,
      pass: s.tasks[at + T.passWeightFp]!,
    },
    { assigned: memberCount, submitted: submittedCount, pass: countPasses(s, at) },
  );
  const consensus = decide(ballots, getParam(s, 'val.quorum_bps'), getParam(s, 'val.pass_bps'));
  const roundCount = s.tasks[at + T.roundCount]! + 1;
  if (consensus === VERDICT.none && roundCount < getParam(s, 'val.max_rounds')) {
    s.tasks[at + T.roundCount] = roundCount;
    s.tasks[at + T.state] = TASK_STATE.created;
    emit(s, 'Transition', KIND.task, task, actor, state, TASK_STATE.created);
    emitTally(s, task, VERDICT.none, agreementFp(ballots), 0);
    scoreMembers(s, at, consensus);
    return 0;
  }

  const outcome = consensus === VERDICT.none ? VERDICT.fail : consensus;
  const qualityBps = agreedQualityBps(s, at, consensus);
  s.tasks[at + T.outcome] = outcome;
  s.tasks[at + T.qualityBps] = qualityBps;
  s.tasks[at + T.state] = TASK_STATE.settled;
  s.taskTotals[TOTALS.openCount]! -= 1;
  s.taskTotals[TOTALS.settledCount]! += 1;
  emit(s, 'Transition', KIND.task, task, actor, state, TASK_STATE.settled);
  emitTally(s, task, outcome, agreementFp(ballots), qualityBps);
  scoreMembers(s, at, consensus);
  moveUnits(s, ACCOUNT.taskPot, ACCOUNT.validatorPot, s.tasks[at + T.feeUnits]!, MOVE.taskFee);
  advanceSubject(s, task, outcome === VERDICT.pass, qualityBps, actor);
  return 0;
};

function emitTally(s: State, task: number, outcome: number, agreeFp: number, qualityBps: number): void {
  const at = task * STRIDE.tasks;
  emit(s, 'TaskTallied', task, s.tasks[at + T.kind]!, s.tasks[at + T.subject]!, outcome, agreeFp, qualityBps);
}

function countPasses(s: State, taskAt: number): number {
  const first = s.tasks[taskAt + T.memberStart]!;
  const end = first + s.tasks[taskAt + T.memberCount]!;
  let passes = 0;
  for (let member = first; member < end; member++) {
    if (s.members[member * STRIDE.members + M.verdict] === VERDICT.pass) passes += 1;
  }
  return passes;
}

/** Lower median of the qualities of the aligned, independent results; 0 if there is none. */
function agreedQualityBps(s: State, taskAt: number, consensus: number): number {
  if (consensus === VERDICT.none) return 0;
  const first = s.tasks[taskAt + T.memberStart]!;
  const end = first + s.tasks[taskAt + T.memberCount]!;
  const qualities: number[] = [];
  for (let member = first; member < end; member++) {
    const at = member * STRIDE.members;
    if (s.members[at + M.verdict] === consensus && s.members[at + M.copied] === 0) {
      qualities.push(s.members[at + M.qualityBps]!);
    }
  }
  return lowerMedian(qualities);
}

/** A result is late once this part of its window is over: one twentieth. F-6 names lateness and no figure. */
const LATE_PART = 20;

/**
 * Releases the members and scores them (F-6): no-show 0, copied 0, not aligned 0, aligned 1.0, or less the late penalty
 * after the first twentieth of the window. That is three minutes of the default hour: who works at once submits in phase
 * 120, who waits for the results of others in phase 330 or later. Without consensus only no-shows are scored.
 */
function scoreMembers(s: State, taskAt: number, consensus: number): void {
  const first = s.tasks[taskAt + T.memberStart]!;
  const end = first + s.tasks[taskAt + T.memberCount]!;
  const assignedS = s.tasks[taskAt + T.assignedS]!;
  const allowedS = s.tasks[taskAt + T.deadlineS]! - assignedS;
  const latePenaltyFp = getParam(s, 'val.late_penalty');
  const noShowBps = getParam(s, 'val.slash_noshow_bps');
  const copyBps = getParam(s, 'val.slash_copy_bps');
  for (let member = first; member < end; member++) {
    const at = member * STRIDE.members;
    const validator = s.members[at + M.validator]!;
    const verdict = s.members[at + M.verdict]!;
    if (verdict === VERDICT.none) {
      recordResult(s, validator, 0, 0);
      if (noShowBps > 0) addSlash(s, KIND.validator, validator, noShowBps);
    } else if (consensus !== VERDICT.none) {
      const isCopied = s.members[at + M.copied] !== 0;
      const isRewarded = verdict === consensus && !isCopied;
      const isLate = LATE_PART * (s.members[at + M.submittedS]! - assignedS) > allowedS;
      const scoreFp = isLate ? FP - latePenaltyFp : FP;
      recordResult(s, validator, isRewarded ? scoreFp : 0, isRewarded ? s.members[at + M.weightFp]! : 0);
      if (isCopied && copyBps > 0) addSlash(s, KIND.validator, validator, copyBps);
    }
    disengage(s, validator);
  }
}

/** Tells the subject's family, once per task (INV-27). */
function advanceSubject(s: State, task: number, isPassed: boolean, qualityBps: number, actor: number): void {
  const at = task * STRIDE.tasks;
  const kind = s.tasks[at + T.kind]!;
  const subject = s.tasks[at + T.subject]!;
  if (kind === TASK_KIND.output) onAudit(s, subject, s.tasks[at + T.wu]!, qualityBps, isPassed);
  else if (kind === TASK_KIND.nodeMetadata || kind === TASK_KIND.node)
    onNodeTask(s, task, kind, subject, isPassed, actor);
  else onModelTask(s, task, kind, subject, isPassed, actor);
}
