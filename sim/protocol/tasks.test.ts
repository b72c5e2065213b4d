import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { PURPOSE } from '../base/rnd.ts';
import { draw } from './clock.ts';
import { commitmentOf } from './commitment.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, MODEL_STATE, NODE_STATE, STRIDE, TASK_KIND, TASK_STATE, VERDICT } from './layout.ts';
import type { ParamKey } from './params.ts';
import { R } from './rejections.ts';
import type { State } from './state.ts';
import { assignTask, flagCopy, openTask, revealSketch, settleTask, submitResult } from './tasks.ts';
import {
  accept,
  addValidator,
  assign,
  createWorld,
  eventsOf,
  fixWeights,
  forgetEvents,
  NO_LIST,
  openAudit,
  openNodeTask,
  ownerOfMember,
  readCollateral,
  readMember,
  readTask,
  readTotals,
  readValidator,
  setParam,
  setReputation,
  snapshot,
  submit,
} from './taskWorld.ts';
import { openAccount, walletUnits } from './token.ts';

const keeper = ACCOUNT.keeper;
const { pass, fail, none } = VERDICT;
const HALF = FP / 2;
const DEADLINE_S = 3_600;
const TOKEN = 1_000_000;

/** Five active validators with fixed weights, and an account that owns subjects. */
function createBench(overrides: Partial<Record<ParamKey, number>> = {}, validators = 5): { s: State; owner: number } {
  const s = createWorld(overrides);
  for (let i = 0; i < validators; i++) addValidator(s);
  const owner = openAccount(s, 100 * TOKEN);
  fixWeights(s);
  forgetEvents(s);
  return { s, owner };
}

function refusal(s: State, act: () => number): [code: number, have: number, need: number] {
  const before = snapshot(s);
  const code = act();
  expect(snapshot(s)).toBe(before);
  return [code, s.rejectHave, s.rejectNeed];
}

function settle(s: State, task: number): void {
  expect(settleTask(s, keeper, [task], NO_LIST)).toBe(0);
}

/** Assigns an audit and submits these verdicts, `none` for a no-show, which the deadline ends. @returns task and members */
function answer(s: State, task: number, verdicts: readonly number[]): number[] {
  const members = assign(s, task);
  verdicts.forEach((verdict, i) => {
    if (verdict !== none) accept(submit(s, members[i]!, verdict));
  });
  if (verdicts.includes(none)) s.nowS += DEADLINE_S + 1;
  return members;
}

describe('openTask', () => {
  it('given a fee > records the task and puts the fee into the task pot', () => {
    const { s, owner } = createBench({ 'val.task_fee': 3 });
    const task = openTask(s, TASK_KIND.model, 7, owner, 12, 34, 56, 78, owner);
    expect(task).toBe(1);
    expect(readTask(s, task)).toMatchObject({
      kind: TASK_KIND.model,
      subject: 7,
      owner,
      state: TASK_STATE.created,
      referenceId: 12,
      wu: 34,
      answerId: 56,
      commitmentId: 0,
      nonceId: 0,
      outputId: 0,
      sketchId: 0,
      feeUnits: 3 * TOKEN,
      roundCount: 0,
      outcome: 0,
      openedEra: 1,
    });
    expect(s.taskTotals[F.taskTotals.openCount]).toBe(1);
    expect(walletUnits(s, ACCOUNT.taskPot)).toBe(3 * TOKEN);
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.task, 1, owner, 0, TASK_STATE.created],
      ['Moved', owner, ACCOUNT.taskPot, 3 * TOKEN, MOVE.taskFee],
    ]);
  });

  it('given an audit of an output > is free of charge', () => {
    const { s, owner } = createBench({ 'val.task_fee': 3 });
    const task = openAudit(s, owner, 10);
    expect(readTask(s, task).feeUnits).toBe(0);
    expect(walletUnits(s, ACCOUNT.taskPot)).toBe(0);
  });

  it('given an audit of an output > draws its nonce from the beacon of the slot it is opened in, anew for each task', () => {
    const { s, owner } = createBench();
    const first = openAudit(s, owner, 10, 99);
    const second = openAudit(s, owner, 10, 99);
    expect(readTask(s, first)).toMatchObject({ commitmentId: 99, nonceId: draw(s, PURPOSE.nonce, first, 0) });
    expect(readTask(s, second).nonceId).toBe(draw(s, PURPOSE.nonce, second, 0));
    expect(readTask(s, second).nonceId).not.toBe(readTask(s, first).nonceId);
    s.clockTotals[F.clockTotals.beacon7]! += 1;
    expect(draw(s, PURPOSE.nonce, first, 0)).not.toBe(readTask(s, first).nonceId);
  });
});

describe('assignTask', () => {
  it('given a created task > engages its group at their present reputation and starts the deadline', () => {
    const { s, owner } = createBench();
    setReputation(s, 2, 700);
    const task = openNodeTask(s, owner);
    forgetEvents(s);
    s.nowS += 60;
    const members = assign(s, task);
    expect(members).toEqual([1, 2, 3, 4, 5]);
    expect(readTask(s, task)).toMatchObject({
      state: TASK_STATE.assigned,
      assignedS: s.nowS,
      deadlineS: s.nowS + DEADLINE_S,
      memberStart: 1,
      memberCount: 5,
      assignedWeightFp: 4 * HALF + 700,
      submittedCount: 0,
    });
    expect(readMember(s, 2)).toMatchObject({ validator: 2, weightFp: 700, verdict: none, copied: 0, task });
    for (let v = 1; v <= 5; v++) expect(readValidator(s, v).engagedCount).toBe(1);
    expect(s.taskTotals[F.taskTotals.memberCount]).toBe(5);
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.task, task, keeper, TASK_STATE.created, TASK_STATE.assigned],
      ['TaskAssigned', task, TASK_KIND.nodeMetadata, 1, 0, 5],
    ]);
  });

  it('given more validators than seats > a group of exactly the seats', () => {
    const { s, owner } = createBench({ 'val.group_size': 3 }, 9);
    const task = openAudit(s, owner, 1);
    expect(assign(s, task)).toEqual([1, 2, 3]);
    const drawn = [1, 2, 3].map((member) => readMember(s, member).validator);
    expect(new Set(drawn).size).toBe(3);
  });

  it('given a subject of one of the validators’ owners > leaves that one out (INV-28)', () => {
    const { s } = createBench();
    const task = openAudit(s, readValidator(s, 3).owner, 1);
    const drawn = assign(s, task).map((member) => readMember(s, member).validator);
    expect(drawn).toEqual([1, 2, 4, 5]);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const call = (id: number) => () => assignTask(s, keeper, [id], NO_LIST);
    expect(refusal(s, call(0))).toEqual([R.UnknownEntity, 0, 1]);
    expect(refusal(s, call(2))).toEqual([R.UnknownEntity, 2, 1]);
    assign(s, task);
    expect(refusal(s, call(task))).toEqual([R.WrongState, TASK_STATE.assigned, 0]);
  });

  it('given weights that are not fixed yet, no active validator, or only the subject’s owner > NoEligibleValidator', () => {
    const young = createWorld();
    const owner = openAccount(young, 0);
    addValidator(young);
    const early = openAudit(young, owner, 1);
    expect(refusal(young, () => assignTask(young, keeper, [early], NO_LIST))).toEqual([R.NoEligibleValidator, 1, 0]);

    const { s } = createBench({}, 1);
    const own = openAudit(s, readValidator(s, 1).owner, 1);
    expect(refusal(s, () => assignTask(s, keeper, [own], NO_LIST))).toEqual([R.NoEligibleValidator, 1, 0]);
    s.validatorTotals[F.validatorTotals.activeCount] = 0;
    expect(refusal(s, () => assignTask(s, keeper, [own], NO_LIST))).toEqual([R.NoEligibleValidator, 0, 0]);
  });

  it('given no floor and no reputation > NoEligibleValidator: all weights are 0', () => {
    const { s, owner } = createBench({ 'val.select_floor_bps': 0, 'trust.init_bps': 0 }, 2);
    const task = openAudit(s, owner, 1);
    expect(refusal(s, () => assignTask(s, keeper, [task], NO_LIST))).toEqual([R.NoEligibleValidator, 2, 0]);
  });
});

describe('submitResult', () => {
  it('given a member’s verdict > stores it and adds its weight', () => {
    const { s, owner } = createBench();
    setReputation(s, 2, 300);
    const task = openAudit(s, owner, 1);
    assign(s, task);
    s.nowS += 100;
    forgetEvents(s);
    expect(submitResult(s, ownerOfMember(s, 1), [task, 1, pass, 41, 8_000], NO_LIST)).toBe(0);
    expect(submitResult(s, ownerOfMember(s, 2), [task, 2, fail, 42, 0], NO_LIST)).toBe(0);
    expect(readMember(s, 1)).toMatchObject({ verdict: pass, submittedS: s.nowS, reportId: 41, qualityBps: 8_000 });
    expect(readTask(s, task)).toMatchObject({ submittedCount: 2, submittedWeightFp: HALF + 300, passWeightFp: HALF });
    expect(eventsOf(s)).toEqual([
      ['ResultSubmitted', task, 1, pass, 41, 8_000],
      ['ResultSubmitted', task, 2, fail, 42, 0],
    ]);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const other = openAudit(s, owner, 1);
    const call = (actor: number, args: readonly number[]) => () => submitResult(s, actor, args, NO_LIST);
    expect(refusal(s, call(owner, [3, 0, 0, 0, 0]))).toEqual([R.UnknownEntity, 3, 2]);
    expect(refusal(s, call(owner, [task, 0, 0, 0, 0]))).toEqual([R.WrongState, TASK_STATE.created, 0]);
    assign(s, task);
    const otherMembers = assign(s, other);
    const deadlineS = s.nowS + DEADLINE_S;
    expect(refusal(s, call(owner, [task, 0, 0, 0, 0]))).toEqual([R.NotAssigned, 0, 0]);
    expect(refusal(s, call(owner, [task, 6, 0, 0, 0]))).toEqual([R.NotAssigned, 6, 0]);
    expect(refusal(s, call(owner, [other, 5, 0, 0, 0]))).toEqual([R.NotAssigned, 5, 0]);
    expect(otherMembers).toEqual([6, 7, 8, 9, 10]);
    const member = ownerOfMember(s, 1);
    expect(refusal(s, call(owner, [task, 1, 0, 0, 0]))).toEqual([R.NotOwner, owner, member]);
    s.nowS = deadlineS + 1;
    expect(refusal(s, call(member, [task, 1, 0, 0, 0]))).toEqual([R.DeadlinePassed, deadlineS + 1, deadlineS]);
    s.nowS = deadlineS;
    expect(refusal(s, call(member, [task, 1, 0, 0, 10_001]))).toEqual([R.ValueOutOfRange, 0, 2]);
    expect(refusal(s, call(member, [task, 1, 3, 0, 10_001]))).toEqual([R.ValueOutOfRange, 3, 2]);
    expect(refusal(s, call(member, [task, 1, 2, 0, 10_001]))).toEqual([R.ValueOutOfRange, 10_001, 10_000]);
    expect(refusal(s, call(member, [task, 1, 2, 0, 10_000]))).toEqual([R.ValueOutOfRange, 0, 0]);
    expect(call(member, [task, 1, 2, 1, 10_000])()).toBe(0);
    s.nowS = deadlineS + 1;
    expect(refusal(s, call(member, [task, 1, 1, 1, 0]))).toEqual([R.AlreadySubmitted, 1, fail]);
  });
});

describe('revealSketch', () => {
  const [outputId, saltId, sketchId] = [4_001, 4_002, 4_003];

  /** An audit of an output that its owner committed to. */
  function openSealed(s: State, owner: number): number {
    return openAudit(s, owner, 1, commitmentOf(outputId, saltId, owner));
  }

  function reveal(s: State, actor: number, task: number): number {
    return revealSketch(s, actor, [task, outputId, saltId, sketchId], NO_LIST);
  }

  it('given what was committed to > keeps output and sketch, before the task is assigned or after', () => {
    const { s, owner } = createBench();
    const early = openSealed(s, owner);
    const late = openSealed(s, owner);
    assign(s, late);
    s.nowS += DEADLINE_S;
    forgetEvents(s);
    for (const task of [early, late]) {
      expect(reveal(s, owner, task)).toBe(0);
      expect(readTask(s, task)).toMatchObject({ outputId, sketchId });
    }
    expect(eventsOf(s)).toEqual([
      ['SketchRevealed', early, 1, outputId, sketchId],
      ['SketchRevealed', late, 1, outputId, sketchId],
    ]);
  });

  it('given an output, a salt or a sender that is not the committed one > CommitmentMismatch (VAL-15)', () => {
    const { s, owner } = createBench();
    const stranger = openAccount(s, 0);
    const committed = commitmentOf(outputId, saltId, owner);
    const task = openSealed(s, owner);
    const stolen = openAudit(s, stranger, 1, committed);
    const call = (actor: number, id: number, output: number, salt: number) => () =>
      revealSketch(s, actor, [id, output, salt, sketchId], NO_LIST);
    const mismatch = (output: number, salt: number, account: number) => [
      R.CommitmentMismatch,
      commitmentOf(output, salt, account),
      committed,
    ];
    expect(refusal(s, call(owner, task, outputId + 1, saltId))).toEqual(mismatch(outputId + 1, saltId, owner));
    expect(refusal(s, call(owner, task, outputId, saltId - 1))).toEqual(mismatch(outputId, saltId - 1, owner));
    expect(refusal(s, call(owner, task, saltId, outputId))).toEqual(mismatch(saltId, outputId, owner));
    expect(refusal(s, call(stranger, stolen, outputId, saltId))).toEqual(mismatch(outputId, saltId, stranger));
    expect(call(owner, task, outputId, saltId)()).toBe(0);
  });

  it('given a node that committed to nothing > has nothing that it could open', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const opened = commitmentOf(outputId, saltId, owner);
    expect(refusal(s, () => reveal(s, owner, task))).toEqual([R.CommitmentMismatch, opened, 0]);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const { s, owner } = createBench();
    const stranger = openAccount(s, 0);
    const node = openNodeTask(s, owner);
    const task = openSealed(s, owner);
    const settled = openSealed(s, owner);
    const call = (actor: number, args: readonly number[]) => () => revealSketch(s, actor, args, NO_LIST);
    expect(refusal(s, call(stranger, [0, 0, 0, 0]))).toEqual([R.UnknownEntity, 0, 3]);
    expect(refusal(s, call(stranger, [4, 0, 0, 0]))).toEqual([R.UnknownEntity, 4, 3]);
    const kinds = [R.ValueOutOfRange, TASK_KIND.nodeMetadata, TASK_KIND.output];
    expect(refusal(s, call(stranger, [node, 0, 0, 0]))).toEqual(kinds);
    answer(s, settled, [pass, pass, pass, pass, pass]);
    settle(s, settled);
    expect(refusal(s, call(stranger, [settled, 0, 0, 0]))).toEqual([R.WrongState, TASK_STATE.settled, 0]);
    assign(s, task);
    const { deadlineS } = readTask(s, task);
    s.nowS = deadlineS + 1;
    expect(refusal(s, call(stranger, [task, 0, 0, 0]))).toEqual([R.NotOwner, stranger, owner]);
    expect(refusal(s, call(owner, [task, 0, 0, 0]))).toEqual([R.DeadlinePassed, deadlineS + 1, deadlineS]);
    s.nowS = deadlineS;
    expect(refusal(s, call(owner, [task, 0, 0, 0]))).toEqual([R.ValueOutOfRange, 0, 0]);
    const opened = [R.CommitmentMismatch, commitmentOf(0, 0, owner), commitmentOf(outputId, saltId, owner)];
    expect(refusal(s, call(owner, [task, 0, 0, 1]))).toEqual(opened);
    expect(reveal(s, owner, task)).toBe(0);
    s.nowS = deadlineS + 1;
    expect(refusal(s, call(owner, [task, 0, 0, 0]))).toEqual([R.AlreadySubmitted, task, sketchId]);
  });

  it('given a task without agreement > its next round keeps what was revealed, or can still be revealed to', () => {
    const { s, owner } = createBench();
    const open = openSealed(s, owner);
    const sealed = openSealed(s, owner);
    expect(reveal(s, owner, open)).toBe(0);
    for (const task of [open, sealed]) {
      answer(s, task, [pass, none, none, none, none]);
      settle(s, task);
    }
    const { nonceId } = readTask(s, open);
    // The deadline of the first round has passed, that of the second has not begun.
    expect(reveal(s, owner, sealed)).toBe(0);
    for (const task of [open, sealed]) {
      assign(s, task);
      expect(readTask(s, task)).toMatchObject({ roundCount: 1, outputId, sketchId });
      expect(refusal(s, () => reveal(s, owner, task))).toEqual([R.AlreadySubmitted, task, sketchId]);
    }
    expect(readTask(s, open).nonceId).toBe(nonceId);
  });
});

describe('flagCopy', () => {
  it('given a submitted result > marks it once', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const members = assign(s, task);
    accept(submit(s, members[1]!));
    forgetEvents(s);
    expect(flagCopy(s, keeper, [members[1]!], NO_LIST)).toBe(0);
    expect(readMember(s, members[1]!).copied).toBe(1);
    expect(eventsOf(s)).toEqual([['CopyFlagged', task, readMember(s, members[1]!).validator]]);
    expect(refusal(s, () => flagCopy(s, keeper, [members[1]!], NO_LIST))).toEqual([R.AlreadyCopied, members[1]!, 0]);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const call = (member: number) => () => flagCopy(s, keeper, [member], NO_LIST);
    expect(refusal(s, call(0))).toEqual([R.UnknownEntity, 0, 0]);
    const members = answer(s, task, [pass, fail, none, none, none]);
    expect(refusal(s, call(6))).toEqual([R.UnknownEntity, 6, 5]);
    expect(refusal(s, call(members[2]!))).toEqual([R.NotAssigned, 3, 0]);
    settle(s, task); // no quorum: the task waits for its second group
    expect(refusal(s, call(members[0]!))).toEqual([R.WrongState, TASK_STATE.created, 0]);
    assign(s, task);
    expect(refusal(s, call(members[0]!))).toEqual([R.NotAssigned, 1, 0]);
  });
});

describe('settleTask', () => {
  describe('given all results and a majority to pass', () => {
    it('scores aligned members 1.0 with their weight as pay, others 0, and moves the subject', () => {
      const { s, owner } = createBench({ 'val.task_fee': 2 });
      const task = openNodeTask(s, owner);
      answer(s, task, [pass, pass, pass, fail, fail]);
      forgetEvents(s);
      settle(s, task);
      expect(readTask(s, task)).toMatchObject({ state: TASK_STATE.settled, outcome: pass, qualityBps: 9_000 });
      for (const v of [1, 2, 3]) {
        expect(readValidator(s, v)).toMatchObject({
          eraScoreFp: FP,
          eraTaskCount: 1,
          eraPayWeightFp: HALF,
          engagedCount: 0,
        });
      }
      for (const v of [4, 5]) {
        expect(readValidator(s, v)).toMatchObject({
          eraScoreFp: 0,
          eraTaskCount: 1,
          eraPayWeightFp: 0,
          engagedCount: 0,
        });
      }
      expect(readTotals(s).payWeightFp).toBe(3 * HALF);
      expect(s.taskTotals[F.taskTotals.openCount]).toBe(0);
      expect(s.taskTotals[F.taskTotals.settledCount]).toBe(1);
      expect(walletUnits(s, ACCOUNT.taskPot)).toBe(0);
      expect(walletUnits(s, ACCOUNT.validatorPot)).toBe(2 * TOKEN);
      expect(s.nodes[STRIDE.nodes + F.nodes.state]).toBe(NODE_STATE.metaApproved);
      expect(s.nodes[STRIDE.nodes + F.nodes.pendingTask]).toBe(0);
      expect(eventsOf(s)).toEqual([
        ['Transition', KIND.task, task, keeper, TASK_STATE.assigned, TASK_STATE.settled],
        ['TaskTallied', task, TASK_KIND.nodeMetadata, 1, pass, 600_000_000, 9_000],
        ['Moved', ACCOUNT.taskPot, ACCOUNT.validatorPot, 2 * TOKEN, MOVE.taskFee],
        ['Transition', KIND.node, 1, keeper, NODE_STATE.metaReview, NODE_STATE.metaApproved],
      ]);
    });
  });

  it('given a majority to fail > the subject fails and the others are aligned', () => {
    const { s, owner } = createBench();
    const task = openNodeTask(s, owner);
    answer(s, task, [pass, fail, fail, fail, pass]);
    settle(s, task);
    expect(readTask(s, task).outcome).toBe(fail);
    expect(s.nodes[STRIDE.nodes + F.nodes.state]).toBe(NODE_STATE.metaRejected);
    expect([1, 2, 3, 4, 5].map((v) => readValidator(s, v).eraScoreFp)).toEqual([0, FP, FP, FP, 0]);
  });

  it('given a minority with more reputation > the weights decide, not the heads (VAL-7)', () => {
    const { s, owner } = createBench();
    setReputation(s, 1, FP);
    for (const v of [2, 3, 4, 5]) setReputation(s, v, FP / 8);
    const task = openNodeTask(s, owner);
    answer(s, task, [fail, pass, pass, pass, pass]);
    settle(s, task);
    expect(readTask(s, task).outcome).toBe(fail);
  });

  it('given a group without any reputation > every member has one vote, and none is paid', () => {
    const { s, owner } = createBench();
    for (let v = 1; v <= 5; v++) setReputation(s, v, 0);
    const task = openNodeTask(s, owner);
    answer(s, task, [pass, pass, pass, fail, none]);
    forgetEvents(s);
    settle(s, task);
    expect(readTask(s, task).outcome).toBe(pass);
    expect(eventsOf(s)[1]).toEqual(['TaskTallied', task, TASK_KIND.nodeMetadata, 1, pass, 750_000_000, 9_000]);
    expect(readTotals(s).payWeightFp).toBe(0);
    expect(readValidator(s, 1).eraScoreFp).toBe(FP);
  });

  it('given a member without reputation among others with it > its verdict has no weight', () => {
    const { s, owner } = createBench({}, 3);
    setReputation(s, 1, 0);
    const task = openNodeTask(s, owner);
    answer(s, task, [pass, fail, fail]);
    settle(s, task);
    expect(readTask(s, task).outcome).toBe(fail);
  });

  it('given results outstanding > ResultsOutstanding until the deadline has passed', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const members = assign(s, task);
    for (const member of members.slice(0, 4)) accept(submit(s, member));
    s.nowS = readTask(s, task).deadlineS;
    expect(refusal(s, () => settleTask(s, keeper, [task], NO_LIST))).toEqual([R.ResultsOutstanding, 4, 5]);
    s.nowS += 1;
    settle(s, task);
    expect(readTask(s, task).outcome).toBe(pass);
    expect(readValidator(s, 5)).toMatchObject({ eraScoreFp: 0, eraTaskCount: 1, engagedCount: 0 });
  });

  it('given a task that is settled or does not exist > refuses (INV-27)', () => {
    const { s, owner } = createBench();
    const task = openAudit(s, owner, 1);
    const call = (id: number) => () => settleTask(s, keeper, [id], NO_LIST);
    expect(refusal(s, call(task))).toEqual([R.WrongState, TASK_STATE.created, 0]);
    expect(refusal(s, call(2))).toEqual([R.UnknownEntity, 2, 1]);
    answer(s, task, [pass, pass, pass, pass, pass]);
    settle(s, task);
    expect(refusal(s, call(task))).toEqual([R.WrongState, TASK_STATE.settled, 0]);
  });

  describe('given a result at the end of the first twentieth of the window', () => {
    it.each([
      [DEADLINE_S / 20, FP],
      [DEADLINE_S / 20 + 1, 800_000_000],
      [DEADLINE_S, 800_000_000],
    ])('%i s after the assignment > scores %i, with full pay (F-6)', (afterS, scoreFp) => {
      const { s, owner } = createBench();
      const task = openAudit(s, owner, 1);
      const members = assign(s, task);
      const startS = s.nowS;
      for (const member of members.slice(1)) accept(submit(s, member));
      s.nowS = startS + afterS;
      accept(submit(s, members[0]!));
      settle(s, task);
      expect(readValidator(s, 1)).toMatchObject({ eraScoreFp: scoreFp, eraPayWeightFp: HALF });
    });

    it('given a window that twenty does not divide > a result is late from the next whole second on', () => {
      const { s, owner } = createBench({ 'val.deadline_s': 61 });
      const task = openAudit(s, owner, 1);
      const members = assign(s, task);
      const startS = s.nowS;
      s.nowS = startS + 3;
      for (const member of members.slice(1)) accept(submit(s, member));
      s.nowS = startS + 4;
      accept(submit(s, members[0]!));
      settle(s, task);
      expect(readValidator(s, 1).eraScoreFp).toBe(800_000_000);
      expect(readValidator(s, 2).eraScoreFp).toBe(FP);
    });
  });

  describe('given a copied result', () => {
    it('counts in the consensus, but its author gets score 0, no pay and a pending slash', () => {
      const { s, owner } = createBench();
      const task = openAudit(s, owner, 1);
      const members = answer(s, task, [pass, pass, pass, fail, fail]);
      accept(flagCopy(s, keeper, [members[0]!], NO_LIST));
      accept(flagCopy(s, keeper, [members[4]!], NO_LIST));
      settle(s, task);
      expect(readTask(s, task).outcome).toBe(pass);
      expect(readValidator(s, 1)).toMatchObject({ eraScoreFp: 0, eraTaskCount: 1, eraPayWeightFp: 0 });
      // 5 % of 1 000 tokens, whether aligned or not.
      for (const v of [1, 5]) expect(readCollateral(s, v).slashPendingUnits).toBe(50 * TOKEN);
      for (const v of [2, 3, 4]) expect(readCollateral(s, v).slashPendingUnits).toBe(0);
    });

    it('given no slash for copies > only the score is lost', () => {
      const { s, owner } = createBench({ 'val.slash_copy_bps': 0 });
      const task = openAudit(s, owner, 1);
      const members = answer(s, task, [pass, pass, pass, pass, pass]);
      accept(flagCopy(s, keeper, [members[0]!], NO_LIST));
      settle(s, task);
      expect(readCollateral(s, 1).slashPendingUnits).toBe(0);
      expect(readValidator(s, 1).eraScoreFp).toBe(0);
    });
  });

  it('given a no-show and a slash for it > the slash is pending, with or without consensus', () => {
    const { s, owner } = createBench({ 'val.slash_noshow_bps': 100 });
    const decided = openAudit(s, owner, 1);
    answer(s, decided, [pass, pass, pass, pass, none]);
    settle(s, decided);
    expect(readCollateral(s, 5).slashPendingUnits).toBe(10 * TOKEN);
    const open = openAudit(s, owner, 1);
    answer(s, open, [pass, none, none, none, none]);
    settle(s, open);
    expect(readCollateral(s, 5).slashPendingUnits).toBe(20 * TOKEN);
    expect(readCollateral(s, 2).slashPendingUnits).toBe(10 * TOKEN);
    expect(readCollateral(s, 1).slashPendingUnits).toBe(0);
  });

  describe('given no consensus', () => {
    it('with rounds left > waits for a fresh group; submitters are not scored, no-shows are', () => {
      const { s, owner } = createBench();
      const task = openNodeTask(s, owner);
      answer(s, task, [pass, pass, fail, fail, none]);
      forgetEvents(s);
      settle(s, task);
      expect(readTask(s, task)).toMatchObject({
        state: TASK_STATE.created,
        roundCount: 1,
        outcome: 0,
        memberStart: 1,
        memberCount: 5,
      });
      expect(readValidator(s, 1)).toMatchObject({ eraTaskCount: 0, engagedCount: 0 });
      expect(readValidator(s, 5)).toMatchObject({ eraTaskCount: 1, eraScoreFp: 0, engagedCount: 0 });
      expect(s.taskTotals[F.taskTotals.openCount]).toBe(1);
      expect(s.nodes[STRIDE.nodes + F.nodes.state]).toBe(NODE_STATE.metaReview);
      expect(eventsOf(s)).toEqual([
        ['Transition', KIND.task, task, keeper, TASK_STATE.assigned, TASK_STATE.created],
        ['TaskTallied', task, TASK_KIND.nodeMetadata, 1, none, HALF, 0],
      ]);
    });

    it('the next group starts from nothing and is appended behind the old one', () => {
      const { s, owner } = createBench();
      const task = openAudit(s, owner, 1);
      answer(s, task, [pass, pass, fail, fail, none]);
      settle(s, task);
      expect(assign(s, task)).toEqual([6, 7, 8, 9, 10]);
      expect(readTask(s, task)).toMatchObject({
        roundCount: 1,
        submittedCount: 0,
        submittedWeightFp: 0,
        passWeightFp: 0,
      });
      expect(readMember(s, 1).verdict).toBe(pass);
    });

    it('in the last round > the subject fails, nobody is aligned, the fee is the validators’ all the same', () => {
      const { s, owner } = createBench({ 'val.max_rounds': 1, 'val.task_fee': 2 });
      const task = openNodeTask(s, owner);
      answer(s, task, [pass, pass, fail, fail, none]);
      forgetEvents(s);
      settle(s, task);
      expect(readTask(s, task)).toMatchObject({
        state: TASK_STATE.settled,
        outcome: fail,
        qualityBps: 0,
        roundCount: 0,
      });
      expect(s.nodes[STRIDE.nodes + F.nodes.state]).toBe(NODE_STATE.metaRejected);
      expect([1, 2, 3, 4, 5].map((v) => readValidator(s, v).eraTaskCount)).toEqual([0, 0, 0, 0, 1]);
      expect(readTotals(s).payWeightFp).toBe(0);
      expect(walletUnits(s, ACCOUNT.validatorPot)).toBe(2 * TOKEN);
      expect(eventsOf(s)[1]).toEqual(['TaskTallied', task, TASK_KIND.nodeMetadata, 1, fail, HALF, 0]);
    });

    it('three times > fails in the third round and not before', () => {
      const { s, owner } = createBench();
      const task = openNodeTask(s, owner);
      for (const state of [TASK_STATE.created, TASK_STATE.created, TASK_STATE.settled]) {
        assign(s, task);
        s.nowS += DEADLINE_S + 1;
        settle(s, task);
        expect(readTask(s, task).state).toBe(state);
      }
      expect(readTask(s, task)).toMatchObject({ outcome: fail, roundCount: 2 });
    });
  });

  describe('given an audit', () => {
    it('that passes > the node’s work counts with the lower median of the aligned, independent qualities', () => {
      const { s, owner } = createBench();
      s.nodeEra[STRIDE.nodeEra + F.nodeEra.acceptedWu] = 40;
      const task = openAudit(s, owner, 40);
      const members = assign(s, task);
      const qualities = [7_000, 100, 9_000, 8_000, 6_000];
      const verdicts = [pass, fail, pass, pass, pass];
      members.forEach((member, i) => {
        accept(submit(s, member, verdicts[i]!, qualities[i]!));
      });
      // Without the copy 6 000, 8 000 and 9 000 remain; with the one that is not aligned it would be 6 000.
      accept(flagCopy(s, keeper, [members[0]!], NO_LIST));
      settle(s, task);
      expect(readTask(s, task).qualityBps).toBe(8_000);
      const era = STRIDE.nodeEra;
      expect(s.nodeEra[era + F.nodeEra.checkedCount]).toBe(1);
      expect(s.nodeEra[era + F.nodeEra.acceptedCount]).toBe(1);
      expect(s.nodeEra[era + F.nodeEra.auditedWuBps]).toBe(40 * 8_000);
    });

    it('that fails > the node’s work no longer counts', () => {
      const { s, owner } = createBench();
      s.nodeEra[STRIDE.nodeEra + F.nodeEra.acceptedWu] = 40;
      const task = openAudit(s, owner, 30);
      answer(s, task, [fail, fail, fail, fail, fail]);
      settle(s, task);
      expect(s.nodeEra[STRIDE.nodeEra + F.nodeEra.acceptedWu]).toBe(10);
      expect(s.nodeEra[STRIDE.nodeEra + F.nodeEra.acceptedCount]).toBe(0);
    });
  });

  it('given a task on a model > its family is told', () => {
    const { s, owner } = createBench();
    s.modelTotals[F.modelTotals.modelCount] = 1;
    s.models[STRIDE.models + F.models.owner] = owner;
    s.models[STRIDE.models + F.models.state] = MODEL_STATE.metaReview;
    s.models[STRIDE.models + F.models.candidateVersion] = 1;
    const task = openTask(s, TASK_KIND.modelMetadata, 1, owner, 1, 0, 0, 0, owner);
    s.models[STRIDE.models + F.models.pendingTask] = task;
    answer(s, task, [pass, pass, pass, pass, pass]);
    settle(s, task);
    expect(s.models[STRIDE.models + F.models.state]).toBe(MODEL_STATE.metaApproved);
    expect(s.versions[STRIDE.versions + F.versions.metadataPassed]).toBe(1);
  });
});

describe('the order of submissions', () => {
  it('given the same results in any order > leaves the same state and the same outcome (INV-29)', () => {
    const result = fc.record({
      verdict: fc.constantFrom(pass, fail, none),
      qualityBps: fc.nat({ max: 10_000 }),
      reputationFp: fc.oneof(fc.constant(0), fc.nat({ max: FP })),
      isCopied: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(result, { minLength: 1, maxLength: 9 }), fc.infiniteStream(fc.nat()), (results, order) => {
        const run = (indices: readonly number[]): string => {
          const { s, owner } = createBench({ 'val.group_size': 9 }, results.length);
          results.forEach(({ reputationFp }, i) => {
            setReputation(s, i + 1, reputationFp);
          });
          const task = openAudit(s, owner, 25);
          const members = assign(s, task);
          for (const i of indices) {
            const { verdict, qualityBps, isCopied } = results[i]!;
            if (verdict === none) continue;
            accept(submit(s, members[i]!, verdict, qualityBps));
            if (isCopied) accept(flagCopy(s, keeper, [members[i]!], NO_LIST));
          }
          s.nowS += DEADLINE_S + 1;
          settle(s, task);
          return snapshot(s);
        };
        const inOrder = results.map((_, i) => i);
        const keys = results.map(() => order.next().value as number);
        const shuffled = [...inOrder].sort((a, b) => keys[a]! - keys[b]!);
        expect(run(shuffled)).toBe(run(inOrder));
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

describe('a rejected submission', () => {
  it('given a validator that is drawn for two tasks > submits once for each (INV-28)', () => {
    const { s, owner } = createBench({}, 1);
    setParam(s, 'val.group_size', 1);
    const first = openAudit(s, owner, 1);
    const second = openAudit(s, owner, 1);
    const [a] = assign(s, first);
    const [b] = assign(s, second);
    expect(readValidator(s, 1).engagedCount).toBe(2);
    expect(submit(s, a!)).toBe(0);
    expect(submit(s, a!)).toBe(R.AlreadySubmitted);
    expect(submit(s, b!)).toBe(0);
    settle(s, first);
    expect(readValidator(s, 1).engagedCount).toBe(1);
  });
});
