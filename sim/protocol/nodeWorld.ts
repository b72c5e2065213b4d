/**
 * A small world for the tests of nodes, trust, rewards and placement: real rules on a real state, where the outcome of a
 * validation task and the end of an era are set by hand. Decides nothing that a rule decides.
 */
import { assert } from '../base/assert.ts';
import { FP, min } from '../base/fixedPoint.ts';
import { type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { ACCOUNT, F, FIELDS, NODE_STATE, STEP, STRIDE, TASK_KIND, type TableName } from './layout.ts';
import { onNodeTask } from './nodes.ts';
import { rankNodes } from './placement.ts';
import { REJECTIONS } from './rejections.ts';
import type { State } from './state.ts';
import { enterSettlement } from './taskWorld.ts';
import { openAccount } from './token.ts';

export const TOKEN_UNITS = 1_000_000;
/** Units of every opening wallet. */
export const OPENING_UNITS = 2_000 * TOKEN_UNITS;
/** Stake of a node unless a test says otherwise. */
export const NODE_STAKE_UNITS = 500 * TOKEN_UNITS;

/** Settlement steps of the nodes. */
export const NODE_STEPS = ['computeEraMetrics', 'scoreNodes', 'payNodes', 'updateTrust', 'postRanking'] as const;
export type SettlementName = (typeof NODE_STEPS)[number];

type FieldsOf<T extends TableName> = Record<(typeof FIELDS)[T][number], number>;

/** A record as an object. */
export function readRecord<T extends TableName>(s: State, table: T, index: number): FieldsOf<T> {
  const names: readonly string[] = FIELDS[table];
  return Object.fromEntries(names.map((name, i) => [name, s[table][index * STRIDE[table] + i]!])) as FieldsOf<T>;
}

/** Writes some fields of a record. */
export function writeRecord<T extends TableName>(
  s: State,
  table: T,
  index: number,
  values: Partial<FieldsOf<T>>,
): void {
  const names: readonly string[] = FIELDS[table];
  for (const [name, value] of Object.entries<number | undefined>(values)) {
    s[table][index * STRIDE[table] + names.indexOf(name)] = value!;
  }
}

export function readNode(s: State, node: number): FieldsOf<'nodes'> {
  return readRecord(s, 'nodes', node);
}

export function readTotals(s: State): FieldsOf<'nodeTotals'> {
  return readRecord(s, 'nodeTotals', 0);
}

/** Every table up to its last number that is not 0, and the number of events: what a rejected action must leave alone. */
export function dumpLedger(s: State): string {
  const tables = (Object.keys(FIELDS) as TableName[]).map((name) => {
    const table = s[name];
    let used = table.length;
    while (used > 0 && table[used - 1] === 0) used -= 1;
    return `${name}: ${table.slice(0, used).join(',')}`;
  });
  return [...tables, `events: ${s.events.slice(0, s.eventCount * 7).join(',')}`].join('\n');
}

/** Executes an action that must be accepted. */
export function perform(
  s: State,
  name: ActionName,
  actor: number,
  args: readonly number[],
  bulk?: readonly number[],
): void {
  const code = applyAction(s, action(name, actor, args, bulk));
  assert(code === 0, `${name}(${args.join(', ')}) was refused: ${REJECTIONS[code]}(${s.rejectHave}, ${s.rejectNeed})`);
}

/** Executes an action. @returns [rejection, have, need], or ['None'] if it was accepted; changed state is an error */
export function attempt(
  s: State,
  name: ActionName,
  actor: number,
  args: readonly number[],
  bulk?: readonly number[],
): readonly (string | number)[] {
  const before = dumpLedger(s);
  const code = applyAction(s, action(name, actor, args, bulk));
  if (code === 0) return ['None'];
  assert(dumpLedger(s) === before, `${name} was refused and has changed the ledger`);
  return [REJECTIONS[code]!, s.rejectHave, s.rejectNeed];
}

/** A new account with an opening wallet. */
export function addOwner(s: State): number {
  return openAccount(s, OPENING_UNITS);
}

/** A node of `owner` whose slot is reserved. @returns its identifier */
export function addReserved(s: State, owner: number, domains = 1, capacityCount = 4): number {
  perform(s, 'reserveSlot', owner, [domains, capacityCount]);
  return readTotals(s).nodeCount;
}

/** Settles the task that a node waits for. */
export function settleNodeTask(s: State, node: number, passed: boolean): void {
  const { pendingTask, state } = readNode(s, node);
  const kind = state === NODE_STATE.metaReview ? TASK_KIND.nodeMetadata : TASK_KIND.node;
  onNodeTask(s, pendingTask, kind, node, passed, ACCOUNT.keeper);
}

/** Brings a reserved node to `state`, one of Registered … Online, by its shortest way. */
export function advanceNode(s: State, node: number, state: number): void {
  const { owner } = readNode(s, node);
  perform(s, 'registerNode', owner, [node, 9]);
  if (state === NODE_STATE.registered) return;
  perform(s, 'submitNodeMetadata', owner, [node, 77]);
  if (state === NODE_STATE.metaReview) return;
  settleNodeTask(s, node, state !== NODE_STATE.metaRejected);
  if (state === NODE_STATE.metaApproved || state === NODE_STATE.metaRejected) return;
  perform(s, 'requestNodeValidation', owner, [node]);
  if (state === NODE_STATE.valReview) return;
  settleNodeTask(s, node, state !== NODE_STATE.valRejected);
}

/** An Online node of a new owner. @returns its identifier */
export function addOnline(s: State, domains = 1, capacityCount = 4): number {
  const node = addReserved(s, addOwner(s), domains, capacityCount);
  advanceNode(s, node, NODE_STATE.online);
  return node;
}

/** A node in any state of SM-2, of a new owner. @returns its identifier */
export function addInState(s: State, state: number): number {
  const owner = addOwner(s);
  const node = addReserved(s, owner);
  if (state === NODE_STATE.reserved) return node;
  if (state === NODE_STATE.released) {
    s.nowS = readNode(s, node).deadlineS + 1;
    perform(s, 'expireReservation', ACCOUNT.keeper, [node]);
    return node;
  }
  advanceNode(s, node, min(state, NODE_STATE.online));
  if (state === NODE_STATE.offline) perform(s, 'loseHeartbeat', ACCOUNT.keeper, [node]);
  if (state >= NODE_STATE.exiting) perform(s, 'requestExit', owner, [node]);
  if (state === NODE_STATE.removed) {
    s.clockTotals[F.clockTotals.era] = readNode(s, node).exitEra;
    perform(s, 'finaliseExit', owner, [node]);
  }
  return node;
}

/** Online nodes 1 … n with these trust weights, of accounts 32, 33, …, without stake, written straight into the state. */
export function writeOnlineNodes(s: State, trusts: readonly number[]): void {
  trusts.forEach((trustFp, i) => {
    const node = i + 1;
    const owner = ACCOUNT.firstAgent + i;
    writeRecord(s, 'nodes', node, { owner, state: NODE_STATE.online, domains: 1, capacityCount: 4, seat: node });
    writeRecord(s, 'nodeTrust', node, { trustFp, qualityFp: FP / 2 });
  });
  const n = trusts.length;
  writeRecord(s, 'nodeTotals', 0, { nodeCount: n, onlineCount: n, seatsUsedCount: n, seatsOpenedCount: n });
}

/**
 * Runs settlement steps one after the other as the keeper, each in chunks of the sizes given, in turn.
 *
 * @param steps names, with the list of `postRanking` made by `rankNodes`
 */
export function settle(s: State, steps: readonly SettlementName[], chunkSizes: readonly number[] = [1_000]): void {
  let turn = 0;
  for (const name of steps) {
    enterSettlement(s, STEP[name]);
    const list = name === 'postRanking' ? rankNodes(s) : undefined;
    const count = list === undefined ? readTotals(s).nodeCount : list.length;
    let from = 0;
    do {
      const to = min(count, from + chunkSizes[turn++ % chunkSizes.length]!);
      perform(s, name, ACCOUNT.keeper, [from, to], list?.slice(from, to));
      from = to;
    } while (from < count);
  }
}
