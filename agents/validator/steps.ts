/**
 * The steps that every validator takes (SM-3) and the honest way to judge a task: by its document, by probing the node, or
 * by executing the model's own weights on the task's samples (F-19, F-20, VAL-15).
 */
import type { AgentRandom, Decision, View } from '../../sim/engine/agentContract.ts';
import { assessTask, checksOfTask, needsComparison } from '../../sim/engine/checks.ts';
import { F, STRIDE, VALIDATOR_STATE, VERDICT } from '../../sim/protocol/layout.ts';

export type Judgement = { readonly verdict: number; readonly qualityBps: number; readonly reportId: number };

function validatorState(view: View, validator: number): number {
  return view.ledger.validators[validator * STRIDE.validators + F.validators.state]!;
}

/** Registers, takes the key into use, restores a lost minimum. Memory 0: era of the last key rotation. */
export function keepUp(view: View, memory: Float64Array, rotateEras: number, out: Decision): void {
  const mine = view.myValidators().filter((validator) => validatorState(view, validator) !== VALIDATOR_STATE.exited);
  const wallet = view.ledger.wallets[view.account]!;
  if (mine.length === 0 && wallet >= view.param('val.stake_min')) out.act('registerValidator', []);
  for (const validator of mine) {
    const state = validatorState(view, validator);
    if (state === VALIDATOR_STATE.keyed) out.act('subscribe', [validator]);
    if (state === VALIDATOR_STATE.suspended) {
      const missing =
        view.param('val.stake_min') -
        view.ledger.validatorCollateral[validator * STRIDE.validatorCollateral + F.validatorCollateral.ownUnits]!;
      if (missing > 0 && wallet >= missing) out.act('topUpValidator', [validator, missing]);
    }
    if (
      state === VALIDATOR_STATE.active &&
      rotateEras > 0 &&
      view.slotOfEra === 0 &&
      view.era - memory[0]! >= rotateEras
    ) {
      memory[0] = view.era;
      out.act('rotateKey', [validator, validator * 4_096 + 2 + view.era]);
    }
  }
}

/** Members of open tasks that still owe a result, with their tasks. */
export function pendingMembers(view: View): { member: number; task: number }[] {
  return view
    .myValidators()
    .flatMap((validator) => view.openMembersOf(validator))
    .filter((member) => view.ledger.members[member * STRIDE.members + F.members.verdict] === VERDICT.none)
    .map((member) => ({ member, task: view.ledger.members[member * STRIDE.members + F.members.task]! }));
}

function taskField(view: View, task: number, field: keyof typeof F.tasks): number {
  return view.ledger.tasks[task * STRIDE.tasks + F.tasks[field]]!;
}

/** Orders the executions that an honest judgement of the task needs. */
export function orderChecks(view: View, task: number, out: Decision): void {
  for (const { variant, sample, level } of checksOfTask(view, task)) out.infer(variant, sample, level);
  if (needsComparison(view, task)) out.compare(task);
}

/** Report of a check: no two validators' reports are the same unless one copies. */
function reportIdOf(view: View, task: number): number {
  return (task * 65_536 + (view.account % 65_536)) * 16 + 1;
}

/** The judgement of a validator that executes every check, before any slip of its own. */
function judgeTruly(view: View, random: AgentRandom, task: number): Judgement {
  const { passes, qualityBps } = assessTask(view, task, {
    errorCount(failBps, probeCount) {
      let errors = 0;
      for (let i = 0; i < probeCount; i++) if (random.chance(failBps)) errors += 1;
      return errors;
    },
    seesFalseFlag: () => random.chance(view.param('val.meta_false_bps')),
  });
  return { verdict: passes ? VERDICT.pass : VERDICT.fail, qualityBps, reportId: reportIdOf(view, task) };
}

/** What a validator of a given skill comes to: with the rest of the chance it reads its own result wrongly. */
export function judge(view: View, random: AgentRandom, task: number, skillBps: number): Judgement {
  const truly = judgeTruly(view, random, task);
  if (random.chance(skillBps)) return truly;
  return { ...truly, verdict: truly.verdict === VERDICT.pass ? VERDICT.fail : VERDICT.pass };
}

/** A report made up without testing. */
export function invent(view: View, task: number, passes: boolean): Judgement {
  return {
    verdict: passes ? VERDICT.pass : VERDICT.fail,
    qualityBps: passes ? 9_500 : 0,
    reportId: reportIdOf(view, task),
  };
}

export function submit(task: number, member: number, judgement: Judgement, out: Decision): void {
  out.act('submitResult', [task, member, judgement.verdict, judgement.reportId, judgement.qualityBps]);
}

/** Results of a task that are already public, in the order of the group. */
export function publishedResults(view: View, task: number): Judgement[] {
  const start = taskField(view, task, 'memberStart');
  const results: Judgement[] = [];
  for (let member = start; member < start + taskField(view, task, 'memberCount'); member++) {
    const at = member * STRIDE.members;
    const verdict = view.ledger.members[at + F.members.verdict]!;
    if (verdict !== VERDICT.none)
      results.push({
        verdict,
        qualityBps: view.ledger.members[at + F.members.qualityBps]!,
        reportId: view.ledger.members[at + F.members.reportId]!,
      });
  }
  return results;
}

export function ownerOfTask(view: View, task: number): number {
  return taskField(view, task, 'owner');
}
