/**
 * A small world for the tests of tokens, stake, delegation and settlement: real rules on a real state, with nodes and
 * validators that work by decree. Decides nothing that a rule decides.
 */
import { assert } from '../base/assert.ts';
import { FP } from '../base/fixedPoint.ts';
import { type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { createBeacons } from './beacons.ts';
import { commitBeacon } from './clock.ts';
import { ACCOUNT, ASSET_COUNT, F, FIELDS, KIND, NODE_STATE, SLASHED_ERAS, STRIDE, type TableName } from './layout.ts';
import { mintNft } from './nft.ts';
import { ledgerParams, PARAMS, type ParamKey } from './params.ts';
import { ERA_STEPS } from './processEra.ts';
import { lockStake } from './stake.ts';
import { createState, eventAt, getParam, recordAt, type State } from './state.ts';
import { genesis, openAccount } from './token.ts';
import { recordResult } from './validators.ts';

export const TOKEN = 1_000_000;
const BEACON_SEED = 7;
const BEACON_SLOTS = 128;
const { commitment, beacons } = createBeacons(BEACON_SEED, BEACON_SLOTS);

export type EraWorldOptions = {
  /** Agents, of account 32 on. */
  readonly agents?: number;
  /** Units of every opening wallet. */
  readonly walletUnits?: number;
  /** Online nodes and active validators, each of an agent of its own (taken from the first on), with the least stake. */
  readonly nodes?: number;
  readonly validators?: number;
  /** Parameters in the registry's unit. */
  readonly params?: Partial<Record<ParamKey, number>>;
  /** Most records of each table (parameters have what they need). */
  readonly capacity?: number;
  /** Most records of single tables, where `capacity` would be too few. */
  readonly capacities?: Partial<Record<TableName, number>>;
};

/** Account of agent 0, 1, … */
export function agent(index: number): number {
  return ACCOUNT.firstAgent + index;
}

/** A world at the start of slot 0, with empty event buffer. Eras have two slots unless `params` says otherwise. */
export function createEraWorld(options: EraWorldOptions = {}): State {
  const capacity = options.capacity ?? 128;
  const capacities = Object.fromEntries((Object.keys(FIELDS) as TableName[]).map((name) => [name, capacity]));
  const s = createState({
    ...capacities,
    paramValues: PARAMS.length,
    assetWallets: (capacity + 1) * ASSET_COUNT,
    escrowBalances: (capacity + 1) * ASSET_COUNT,
    slashedEras: (capacity + 1) * SLASHED_ERAS,
    ...options.capacities,
  });
  s.paramValues.set(ledgerParams({ 'time.slots_per_era': 2, ...options.params }));
  genesis(s);
  commitBeacon(s, commitment.words);
  for (let i = 0; i < (options.agents ?? 0); i++) openAccount(s, options.walletUnits ?? 10_000 * TOKEN);
  openNextSlot(s);
  for (let i = 0; i < (options.nodes ?? 0); i++) addNode(s, agent(i));
  for (let i = 0; i < (options.validators ?? 0); i++) addValidator(s, agent((options.nodes ?? 0) + i));
  s.eventCount = 0;
  return s;
}

/** Sends an action and expects it to pass. */
export function mustPass(
  s: State,
  name: ActionName,
  actor: number,
  args: readonly number[],
  bulk?: readonly number[],
): void {
  const code = applyAction(s, action(name, actor, args, bulk));
  assert(code === 0, `${name} was refused with code ${code} (${s.rejectHave}, ${s.rejectNeed})`);
}

/** Sends an action: its code, with (have, need) of the rejection. */
export function send(s: State, name: ActionName, actor: number, args: readonly number[]): readonly number[] {
  const code = applyAction(s, action(name, actor, args));
  return code === 0 ? [0] : [code, s.rejectHave, s.rejectNeed];
}

/** An online node with the least stake, without the way there. @returns its identifier */
export function addNode(s: State, owner: number): number {
  const totals = s.nodeTotals;
  const node = (totals[F.nodeTotals.nodeCount]! += 1);
  totals[F.nodeTotals.onlineCount]! += 1;
  const at = recordAt(s, 'nodes', node);
  s.nodes[at + F.nodes.owner] = owner;
  s.nodes[at + F.nodes.state] = NODE_STATE.online;
  for (const field of [
    'trustFp',
    'completionFp',
    'accuracyFp',
    'stabilityFp',
    'speedFp',
    'behaviourFp',
    'qualityFp',
  ] as const) {
    s.nodeTrust[recordAt(s, 'nodeTrust', node) + F.nodeTrust[field]] = FP / 2;
  }
  lockStake(s, KIND.node, node, owner, getParam(s, 'node.stake_min'));
  mintNft(s, KIND.node, node, owner);
  return node;
}

/** An active validator with the least stake. @returns its identifier */
export function addValidator(s: State, owner: number): number {
  mustPass(s, 'registerValidator', owner, []);
  const validator = s.validatorTotals[F.validatorTotals.validatorCount]!;
  mustPass(s, 'issueKey', ACCOUNT.keeper, [validator, 1]);
  mustPass(s, 'subscribe', owner, [validator]);
  return validator;
}

/** Work of a node in this era, accepted without audit. */
export function doWork(s: State, node: number, wu: number): void {
  s.nodeEra[node * STRIDE.nodeEra + F.nodeEra.acceptedWu]! += wu;
}

/** A settled task of a validator in this era, aligned with the others. */
export function doTask(s: State, validator: number, payWeightFp: number): void {
  recordResult(s, validator, FP, payWeightFp);
}

export function openNextSlot(s: State): void {
  const slot = s.clockTotals[F.clockTotals.slotCount]!;
  s.nowS = slot * getParam(s, 'time.slot_s');
  mustPass(s, 'openSlot', ACCOUNT.keeper, beacons[slot]!.words);
}

/** The beacon of a slot, as openSlot takes it. */
export function beaconOf(slot: number): readonly number[] {
  return beacons[slot]!.words;
}

/** Lets the rest of the era pass: its settlement is due then. */
export function finishEra(s: State): void {
  const endSlot = (s.clockTotals[F.clockTotals.settledEraCount]! + 1) * getParam(s, 'time.slots_per_era');
  while (s.clockTotals[F.clockTotals.slotCount]! < endSlot) openNextSlot(s);
  s.nowS = endSlot * getParam(s, 'time.slot_s');
}

/** Whole steps. */
export function wholeSteps(_from: number, count: number): number {
  return count;
}

/**
 * Settles the era, all steps or those up to (without) `until`.
 *
 * @param chunkEnd where the chunk that starts at `from` ends, in (from, count]
 */
export function settle(
  s: State,
  chunkEnd: (from: number, count: number) => number = wholeSteps,
  until?: ActionName,
): void {
  for (const step of ERA_STEPS) {
    if (step.name === until) return;
    if (isDone(s, step.name)) continue;
    const count = step.count(s);
    const list = step.bulk?.(s);
    const whole = step.whole?.(s);
    let from = 0;
    do {
      const to = count === 0 ? 0 : chunkEnd(from, count);
      mustPass(s, step.name, ACCOUNT.keeper, [from, to], whole ?? list?.slice(from, to));
      from = to;
    } while (from < count);
  }
}

function isDone(s: State, name: ActionName): boolean {
  return ERA_STEPS.findIndex((step) => step.name === name) < s.clockTotals[F.clockTotals.stepsDone]!;
}

/** Lets the era end, settles it, and opens the next. */
export function passEra(s: State, chunkEnd?: (from: number, count: number) => number): void {
  finishEra(s);
  settle(s, chunkEnd);
  openNextSlot(s);
}

/** A state with the same tables, and no events. */
export function copyState(s: State): State {
  const names = Object.keys(FIELDS) as TableName[];
  const copy = createState(Object.fromEntries(names.map((name) => [name, s[name].length / STRIDE[name] - 1])));
  for (const name of names) copy[name].set(s[name]);
  copy.nowS = s.nowS;
  return copy;
}

/** Copy of all tables, to compare states. */
export function snapshot(s: State): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries((Object.keys(FIELDS) as TableName[]).map((name) => [name, Array.from(s[name])]));
}

export type PlainEvent = { readonly name: string } & Readonly<Record<string, number | string>>;

/** Events since number `start` of the buffer, flat. */
export function eventsSince(s: State, start = 0): PlainEvent[] {
  return Array.from({ length: s.eventCount - start }, (_, i) => {
    const event = eventAt(s, start + i);
    return { name: event.name, ...event.args };
  });
}

/** One record of a table by field names. */
export function record<T extends 'delegations' | 'nodeCollateral' | 'validatorCollateral'>(
  s: State,
  table: T,
  index: number,
): Readonly<Record<keyof (typeof F)[T], number>> {
  const at = index * STRIDE[table];
  return Object.fromEntries(FIELDS[table].map((field, i) => [field, s[table][at + i]!])) as never;
}
