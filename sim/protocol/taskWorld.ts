/**
 * A small world for the tests of validators, committees and tasks: real rules on a real state, with the clock and the
 * subjects of tasks set by hand. Decides nothing that a rule decides.
 */
import { assert } from '../base/assert.ts';
import { ACCOUNT, F, NODE_STATE, STEP, STRIDE, TASK_KIND, VERDICT } from './layout.ts';
import { ledgerParams, P, type ParamKey } from './params.ts';
import { createState, eventAt, getParam, recordAt, type State } from './state.ts';
import { assignTask, openTask, submitResult } from './tasks.ts';
import { genesis, openAccount } from './token.ts';
import { issueKey, registerValidator, subscribe, updateReputations } from './validators.ts';

export const NO_LIST: readonly number[] = [];
const TOKEN = 1_000_000;
/** Units of every opening wallet: enough for a validator's stake and some delegations. */
export const WALLET_UNITS = 5_000 * TOKEN;

/** An era that has begun, with the supply minted and no agents. `overrides` are parameters in the registry's unit. */
export function createWorld(overrides: Partial<Record<ParamKey, number>> = {}): State {
  const s = createState();
  s.paramValues.set(ledgerParams(overrides));
  genesis(s);
  s.clockTotals[F.clockTotals.slotCount] = 1;
  s.clockTotals[F.clockTotals.beacon6] = 0x1234_5678;
  s.clockTotals[F.clockTotals.beacon7] = 0x9abc_def0;
  s.eventCount = 0;
  return s;
}

/** Sets a parameter as the ledger stores it. */
export function setParam(s: State, key: ParamKey, value: number): void {
  s.paramValues[P[key]] = value;
}

/** Fails the test at once if a rule that has to pass refuses. */
export function accept(code: number): void {
  assert(code === 0, `A step of the test's set-up was refused with code ${code}`);
}

/** A validator of a new account, subscribed. @returns its identifier */
export function addValidator(s: State): number {
  const owner = openAccount(s, WALLET_UNITS);
  accept(registerValidator(s, owner, [], NO_LIST));
  const validator = s.validatorTotals[F.validatorTotals.validatorCount]!;
  accept(issueKey(s, ACCOUNT.keeper, [validator, 1_000 + validator], NO_LIST));
  accept(subscribe(s, owner, [validator], NO_LIST));
  return validator;
}

export function readValidator(s: State, validator: number): Record<keyof typeof F.validators, number> {
  return readRecord(s.validators, validator * STRIDE.validators, F.validators);
}

export function readTask(s: State, task: number): Record<keyof typeof F.tasks, number> {
  return readRecord(s.tasks, task * STRIDE.tasks, F.tasks);
}

export function readMember(s: State, member: number): Record<keyof typeof F.members, number> {
  return readRecord(s.members, member * STRIDE.members, F.members);
}

export function readCollateral(s: State, validator: number): Record<keyof typeof F.validatorCollateral, number> {
  return readRecord(s.validatorCollateral, validator * STRIDE.validatorCollateral, F.validatorCollateral);
}

export function readTotals(s: State): Record<keyof typeof F.validatorTotals, number> {
  return readRecord(s.validatorTotals, 0, F.validatorTotals);
}

function readRecord<K extends string>(
  table: Float64Array,
  at: number,
  fields: { readonly [k in K]: number },
): Record<K, number> {
  return Object.fromEntries(Object.entries<number>(fields).map(([name, i]) => [name, table[at + i]!])) as Record<
    K,
    number
  >;
}

export function setReputation(s: State, validator: number, reputationFp: number): void {
  s.validators[validator * STRIDE.validators + F.validators.reputationFp] = reputationFp;
}

/** Moves the clock to the end of the era, with every step before `step` done. */
export function enterSettlement(s: State, step: number): void {
  const c = F.clockTotals;
  const slots = (s.clockTotals[c.settledEraCount]! + 1) * getParam(s, 'time.slots_per_era');
  s.clockTotals[c.slotCount] = slots;
  s.clockTotals[c.era] = s.clockTotals[c.settledEraCount]!;
  s.clockTotals[c.stepsDone] = step - 1;
  s.clockTotals[c.cursor] = 0;
  s.nowS = slots * getParam(s, 'time.slot_s');
}

/** Takes the clock out of a settlement that is not to be finished, so that accounts may act again. */
export function leaveSettlement(s: State): void {
  s.clockTotals[F.clockTotals.stepsDone] = 0;
  s.clockTotals[F.clockTotals.cursor] = 0;
}

/** Ends the settlement and opens the first slot of the next era. */
export function enterNextEra(s: State): void {
  const c = F.clockTotals;
  s.clockTotals[c.settledEraCount]! += 1;
  s.clockTotals[c.era] = s.clockTotals[c.settledEraCount]!;
  s.clockTotals[c.slotCount]! += 1;
  s.clockTotals[c.stepsDone] = 0;
}

/** Settles reputations and fixes the weights of the next era's groups, in one chunk. */
export function fixWeights(s: State): void {
  enterSettlement(s, STEP.updateReputations);
  const count = s.validatorTotals[F.validatorTotals.validatorCount]!;
  accept(updateReputations(s, ACCOUNT.keeper, [0, count], NO_LIST));
  enterNextEra(s);
}

/** A node in metadata review that waits for the next task to be opened, and the task. */
export function openNodeTask(s: State, owner: number): number {
  const node = s.nodeTotals[F.nodeTotals.nodeCount]! + 1;
  const at = recordAt(s, 'nodes', node);
  s.nodeTotals[F.nodeTotals.nodeCount] = node;
  s.nodes[at + F.nodes.owner] = owner;
  s.nodes[at + F.nodes.state] = NODE_STATE.metaReview;
  const task = openTask(s, TASK_KIND.nodeMetadata, node, owner, 77, 0, 0, 0, owner);
  s.nodes[at + F.nodes.pendingTask] = task;
  return task;
}

/** An audit of an output of `wu` work units; its subject is node 1. */
export function openAudit(s: State, owner: number, wu: number, commitmentId = 0): number {
  return openTask(s, TASK_KIND.output, 1, owner, 3, wu, 55, commitmentId, ACCOUNT.keeper);
}

/** Assigns a task. @returns its members, in the order of the draw */
export function assign(s: State, task: number): number[] {
  accept(assignTask(s, ACCOUNT.keeper, [task], NO_LIST));
  const { memberStart, memberCount } = readTask(s, task);
  return Array.from({ length: memberCount }, (_, i) => memberStart + i);
}

/** Account that has to submit for `member`. */
export function ownerOfMember(s: State, member: number): number {
  return readValidator(s, readMember(s, member).validator).owner;
}

/** Submits for a member. @returns the rule's code */
export function submit(s: State, member: number, verdict: number = VERDICT.pass, qualityBps = 9_000): number {
  const { task } = readMember(s, member);
  return submitResult(s, ownerOfMember(s, member), [task, member, verdict, 4_000 + member, qualityBps], NO_LIST);
}

/** Events since the last {@link forgetEvents}, as [name, ...arguments]. */
export function eventsOf(s: State): (string | number)[][] {
  return Array.from({ length: s.eventCount }, (_, i) => {
    const { name, args } = eventAt(s, i);
    return [name, ...Object.values(args)];
  });
}

export function forgetEvents(s: State): void {
  s.eventCount = 0;
}

/** A copy of everything that a rejected action must leave alone. */
export function snapshot(s: State): string {
  const parts: string[] = [String(s.eventCount)];
  for (const name of [
    'wallets',
    'tokenTotals',
    'validatorHolders',
    'validatorCollateral',
    'validators',
    'committeeWeights',
    'validatorTotals',
    'tasks',
    'members',
    'taskTotals',
    'nodes',
    'nodeEra',
    'clockTotals',
  ] as const) {
    let used = s[name].length;
    while (used > 0 && s[name][used - 1] === 0) used -= 1;
    parts.push(`${name}:${s[name].slice(0, used).join(',')}`);
  }
  return parts.join('\n');
}
