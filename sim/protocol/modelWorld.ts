/**
 * A small world for the tests of models, hosting, calls, feedback and routing: real rules on a real state, where nodes are
 * Online from the start and the outcome of a validation task is set by hand. Decides nothing that a rule decides.
 */
import { assert } from '../base/assert.ts';
import { FP } from '../base/fixedPoint.ts';
import { ACCOUNT, F, HOST_STATE, HOSTS_PER_MODEL, MODEL_STATE, NODE_STATE, STRIDE, TASK_KIND } from './layout.ts';
import { onModelTask } from './models.ts';
import { perform, readRecord, writeOnlineNodes, writeRecord } from './nodeWorld.ts';
import { ledgerParams, type ParamKey } from './params.ts';
import { createState, EVENT_STRIDE, eventAt, getParam, type State } from './state.ts';
import { genesis, openAccount } from './token.ts';

export const UNITS_PER_TOKEN = 1_000_000;
/** Units of every opening wallet. */
export const WALLET_UNITS = 1_000 * UNITS_PER_TOKEN;
/** Domain, fee, artefact and work units of a model unless a test says otherwise. */
export const MODEL_ARGS = [0, 2_000, 11, 5] as const;

export type ModelWorld = {
  readonly s: State;
  readonly creator: number;
  readonly consumer: number;
  readonly stranger: number;
};

/** Owner of node `node` of {@link createModelWorld}. */
export function nodeOwner(node: number): number {
  return ACCOUNT.firstAgent + node - 1;
}

/** Posts the nodes, best first, as the list by trust weight. */
export function writeRanking(s: State, nodes: readonly number[]): void {
  nodes.forEach((node, i) => {
    s.ranking[i + 1] = node;
  });
  writeRecord(s, 'nodeTotals', 0, { rankedCount: nodes.length });
}

/**
 * The first slot of an era with `nodeCount` Online nodes in the list, node 1 first, then a creator, a consumer and a stranger,
 * each with a wallet. `overrides` are parameters in the registry's unit.
 */
export function createModelWorld(
  nodeCount: number,
  overrides: Partial<Record<ParamKey, number>> = {},
  capacityCount = 4,
): ModelWorld {
  const s = createState({ ratings: 16_000, ranking: 64, nodes: 64 });
  s.paramValues.set(ledgerParams(overrides));
  genesis(s);
  for (let i = 0; i < nodeCount + 3; i++) openAccount(s, WALLET_UNITS);
  writeOnlineNodes(
    s,
    Array.from({ length: nodeCount }, (_, i) => FP - i * 10_000_000),
  );
  for (let node = 1; node <= nodeCount; node++) writeRecord(s, 'nodes', node, { capacityCount });
  writeRanking(
    s,
    Array.from({ length: nodeCount }, (_, i) => i + 1),
  );
  writeRecord(s, 'clockTotals', 0, { slotCount: 1, beacon6: 0x1234_5678, beacon7: 0x9abc_def0 });
  s.eventCount = 0;
  const creator = nodeOwner(nodeCount + 1);
  return { s, creator, consumer: creator + 1, stranger: creator + 2 };
}

export function readModel(s: State, model: number): ReturnType<typeof readRecord<'models'>> {
  return readRecord(s, 'models', model);
}

export function readVersion(s: State, version: number): ReturnType<typeof readRecord<'versions'>> {
  return readRecord(s, 'versions', version);
}

export function readHost(s: State, model: number, host: number): ReturnType<typeof readRecord<'hosts'>> {
  return readRecord(s, 'hosts', model * HOSTS_PER_MODEL + host);
}

export function loadOf(s: State, node: number): number {
  return s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
}

/** Opens the next slot, with other randomness, by hand. */
export function enterNextSlot(s: State): void {
  const { slotCount } = readRecord(s, 'clockTotals', 0);
  const slot = slotCount + 1;
  writeRecord(s, 'clockTotals', 0, { slotCount: slot, beacon6: slot * 7_919, beacon7: slot * 104_729 });
  s.nowS = (slot - 1) * getParam(s, 'time.slot_s');
}

/** Events from index `from` on, as [name, ...arguments]. */
export function eventsFrom(s: State, from = 0): (string | number)[][] {
  return Array.from({ length: s.eventCount - from }, (_, i) => {
    const { name, args } = eventAt(s, from + i);
    return [name, ...Object.values(args)];
  });
}

/** The event buffer as numbers. */
export function eventNumbers(s: State): number[] {
  return [...s.events.slice(0, s.eventCount * EVENT_STRIDE)];
}

/** A registered model of `creator`. @returns its identifier */
export function addModel(s: State, creator: number, args: readonly number[] = MODEL_ARGS): number {
  perform(s, 'registerModel', creator, args);
  return readRecord(s, 'modelTotals', 0).modelCount;
}

/** State of what is under validation: of the candidate once a version is live. */
export function walkOf(s: State, model: number): number {
  const { liveVersion, state, candidateState } = readModel(s, model);
  return liveVersion === 0 ? state : candidateState;
}

/** Settles the task that a model waits for. */
export function settleModelTask(s: State, model: number, passed: boolean): void {
  const { pendingTask } = readModel(s, model);
  const kind = walkOf(s, model) === MODEL_STATE.metaReview ? TASK_KIND.modelMetadata : TASK_KIND.model;
  onModelTask(s, pendingTask, kind, model, passed, ACCOUNT.keeper);
}

const CAN_BE_TESTED: ReadonlySet<number> = new Set([
  MODEL_STATE.metaApproved,
  MODEL_STATE.testFailed,
  MODEL_STATE.funcRejected,
]);

/** One step of the shortest way from registration to Live, for a first version or a candidate. */
function advanceOnce(s: State, model: number): void {
  const { owner, testNode } = readModel(s, model);
  const walk = walkOf(s, model);
  if (walk === MODEL_STATE.registered) perform(s, 'submitModelMetadata', owner, [model, 77]);
  else if (walk === MODEL_STATE.metaReview || walk === MODEL_STATE.funcReview) settleModelTask(s, model, true);
  else if (CAN_BE_TESTED.has(walk)) perform(s, 'requestTest', owner, [model]);
  else if (walk === MODEL_STATE.testDeploying) perform(s, 'confirmTestDeployment', nodeOwner(testNode), [model]);
  else if (walk === MODEL_STATE.testDeployed) perform(s, 'openModelValidation', owner, [model]);
  else if (walk === MODEL_STATE.prodDeploying) confirmHosts(s, model);
  else assert(false, `No way leads on from state ${walk}`);
}

/** Confirms every replica that is being deployed, or whose successor is. */
export function confirmHosts(s: State, model: number): void {
  for (let host = 0; host < HOSTS_PER_MODEL; host++) {
    const { node, nextNode, state } = readHost(s, model, host);
    if (state === HOST_STATE.deploying) perform(s, 'confirmHost', nodeOwner(node), [model, host]);
    if (state === HOST_STATE.rotating) perform(s, 'confirmHost', nodeOwner(nextNode), [model, host]);
  }
}

/** Brings a model, or the candidate of a Live one, to `state` by its shortest way. */
export function advanceModel(s: State, model: number, state: number): void {
  if (state === MODEL_STATE.removed) {
    perform(s, 'removeModel', readModel(s, model).owner, [model]);
    return;
  }
  if (state === MODEL_STATE.metaRejected || state === MODEL_STATE.funcRejected) {
    advanceModel(s, model, state === MODEL_STATE.metaRejected ? MODEL_STATE.metaReview : MODEL_STATE.funcReview);
    settleModelTask(s, model, false);
    return;
  }
  if (state === MODEL_STATE.testFailed) {
    advanceModel(s, model, MODEL_STATE.testDeploying);
    perform(s, 'failTestDeployment', nodeOwner(readModel(s, model).testNode), [model, 2]);
    return;
  }
  const isDone = (): boolean =>
    state === MODEL_STATE.live ? readModel(s, model).candidateVersion === 0 : walkOf(s, model) === state;
  while (!isDone()) advanceOnce(s, model);
}

/** A Live model of `creator`. @returns its identifier */
export function addLiveModel(s: State, creator: number, args: readonly number[] = MODEL_ARGS): number {
  const model = addModel(s, creator, args);
  advanceModel(s, model, MODEL_STATE.live);
  return model;
}

/** Sets the state of a node by hand. */
export function setNodeState(s: State, node: number, state: number): void {
  const { onlineCount } = readRecord(s, 'nodeTotals', 0);
  const was = readRecord(s, 'nodes', node).state;
  const delta = Number(state === NODE_STATE.online) - Number(was === NODE_STATE.online);
  writeRecord(s, 'nodes', node, { state });
  writeRecord(s, 'nodeTotals', 0, { onlineCount: onlineCount + delta });
}
