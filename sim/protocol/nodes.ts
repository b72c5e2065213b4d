/**
 * The life of a node from reserved slot to removal (SM-2), and the counts of its work that rewards and trust are computed
 * from. Does not compute them: see `powr.ts`, `trust.ts` and `placement.ts`.
 */
import { assert } from '../base/assert.ts';
import { BPS, MAX_INT, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { currentEra } from './clock.ts';
import { ACCOUNT, F, KIND, NODE_STATE, STRIDE, TASK_KIND } from './layout.ts';
import { burnNft, mintNft } from './nft.ts';
import { REPORT_WORDS } from './nodeReport.ts';
import { R } from './rejections.ts';
import { lockStake, ownUnits, penaliseStake, releaseStake } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { openTask } from './tasks.ts';
import { walletUnits } from './token.ts';
import { initTrust, recordOffence } from './trust.ts';

/** Every set of up to 32 domains is a number up to this. */
const MAX_DOMAINS = 4_294_967_295;
/** Most deployments that a node may offer to hold at once. */
export const MAX_CAPACITY = 1_000;
/** Option of `node.deadline_target`: the deadline ends with the registration, not when the node is Online. */
const TARGET_REGISTERED = 0;

const N = F.nodes;

function field(s: State, node: number, index: number): number {
  return s.nodes[node * STRIDE.nodes + index]!;
}

function setField(s: State, node: number, index: number, value: number): void {
  s.nodes[node * STRIDE.nodes + index] = value;
}

function addTotal(s: State, index: number, difference: number): void {
  s.nodeTotals[index] = s.nodeTotals[index]! + difference;
}

/** First two guards of an action on a node: it exists, and the sender owns it. @returns 0 or a rejection */
function guardOwned(s: State, actor: number, node: number): number {
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (node === 0 || node > count) return reject(s, R.UnknownEntity, node, count);
  const owner = field(s, node, N.owner);
  return owner === actor ? 0 : reject(s, R.NotOwner, actor, owner);
}

function guardExists(s: State, node: number): number {
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  return node === 0 || node > count ? reject(s, R.UnknownEntity, node, count) : 0;
}

function guardOffer(s: State, domains: number, capacityCount: number): number {
  if (domains === 0 || domains > MAX_DOMAINS) return reject(s, R.ValueOutOfRange, domains, MAX_DOMAINS);
  if (capacityCount === 0 || capacityCount > MAX_CAPACITY) {
    return reject(s, R.ValueOutOfRange, capacityCount, MAX_CAPACITY);
  }
  return 0;
}

/** A deadline of 0 is none. */
function guardDeadline(s: State, node: number): number {
  const deadlineS = field(s, node, N.deadlineS);
  return deadlineS > 0 && s.nowS > deadlineS ? reject(s, R.DeadlinePassed, s.nowS, deadlineS) : 0;
}

function guardBalance(s: State, account: number, units: number): number {
  const balance = walletUnits(s, account);
  return balance < units ? reject(s, R.InsufficientBalance, balance, units) : 0;
}

function enterState(s: State, node: number, state: number, actor: number): void {
  const before = field(s, node, N.state);
  setField(s, node, N.state, state);
  emit(s, 'Transition', KIND.node, node, actor, before, state);
}

/** Takes the node out of its slot; the slot is free at once (INV-17). */
function freeSeat(s: State, node: number): void {
  addTotal(s, F.nodeTotals.freedCount, 1);
  const freed = s.nodeTotals[F.nodeTotals.freedCount]!;
  s.freedSeats[recordAt(s, 'freedSeats', freed)] = field(s, node, N.seat);
  addTotal(s, F.nodeTotals.seatsUsedCount, -1);
  setField(s, node, N.seat, 0);
}

/** The slot freed last, else one never used. */
function takeSeat(s: State): number {
  addTotal(s, F.nodeTotals.seatsUsedCount, 1);
  const freed = s.nodeTotals[F.nodeTotals.freedCount]!;
  if (freed === 0) {
    addTotal(s, F.nodeTotals.seatsOpenedCount, 1);
    return s.nodeTotals[F.nodeTotals.seatsOpenedCount]!;
  }
  const seat = s.freedSeats[freed]!;
  s.freedSeats[freed] = 0;
  addTotal(s, F.nodeTotals.freedCount, -1);
  return seat;
}

/**
 * Reserves a node slot for a new node, against its stake.
 *
 * @param args domains: one bit per supported domain; capacityCount: deployments it can hold, 1 to 1 000
 * @rule NODE-1, NODE-16, SM-2, TRUST-5, INV-16
 */
export const reserveSlot: Rule = (s, actor, args) => {
  const domains = args[0]!;
  const capacityCount = args[1]!;
  const code = guardOffer(s, domains, capacityCount);
  if (code !== 0) return code;
  const used = s.nodeTotals[F.nodeTotals.seatsUsedCount]!;
  const slots = getParam(s, 'node.slots');
  if (used >= slots) return reject(s, R.NodeSlotsExhausted, used, slots);
  const stakeUnits = getParam(s, 'node.stake_min');
  const poor = guardBalance(s, actor, stakeUnits);
  if (poor !== 0) return poor;

  const node = s.nodeTotals[F.nodeTotals.nodeCount]! + 1;
  for (const table of ['nodes', 'nodeEra', 'nodeReports'] as const) recordAt(s, table, node);
  addTotal(s, F.nodeTotals.nodeCount, 1);
  setField(s, node, N.owner, actor);
  setField(s, node, N.seat, takeSeat(s));
  setField(s, node, N.deadlineS, s.nowS + getParam(s, 'node.reserve_deadline_s'));
  setField(s, node, N.domains, domains);
  setField(s, node, N.capacityCount, capacityCount);
  initTrust(s, node);
  if (stakeUnits > 0) lockStake(s, KIND.node, node, actor, stakeUnits);
  enterState(s, node, NODE_STATE.reserved, actor);
  return 0;
};

/**
 * Registers a reserved node whose endpoint conforms to the API: mints its NFT.
 *
 * @param args endpointId: identifier of the endpoint that passed the conformance test, 0 if none did
 * @rule NODE-3, NODE-4, SM-2, INV-15
 */
export const registerNode: Rule = (s, actor, args) => {
  const node = args[0]!;
  const endpointId = args[1]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.reserved) return reject(s, R.WrongState, state, 0);
  const late = guardDeadline(s, node);
  if (late !== 0) return late;
  if (endpointId === 0) return reject(s, R.EndpointNotConformant, endpointId, 0);

  if (getParam(s, 'node.deadline_target') === TARGET_REGISTERED) setField(s, node, N.deadlineS, 0);
  enterState(s, node, NODE_STATE.registered, actor);
  mintNft(s, KIND.node, node, actor);
  return 0;
};

/**
 * Changes what a node offers while no check of it is under way; after a failed check this is the change that the next one
 * needs.
 *
 * @rule NODE-5, NODE-7, SM-2
 */
export const editNode: Rule = (s, actor, args) => {
  const node = args[0]!;
  const domains = args[1]!;
  const capacityCount = args[2]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.registered && state !== NODE_STATE.metaRejected && state !== NODE_STATE.valRejected) {
    return reject(s, R.WrongState, state, 0);
  }
  const refused = guardOffer(s, domains, capacityCount);
  if (refused !== 0) return refused;

  setField(s, node, N.domains, domains);
  setField(s, node, N.capacityCount, capacityCount);
  setField(s, node, N.documentId, 0);
  setField(s, node, N.needsChange, 0);
  return 0;
};

/** Hands the node over to a validation task; its deadline stands still until the task is settled (OP-13). */
function openReview(s: State, node: number, actor: number, state: number, taskKind: number, reference: number): void {
  setField(s, node, N.pausedAtS, s.nowS);
  enterState(s, node, state, actor);
  setField(s, node, N.pendingTask, openTask(s, taskKind, node, actor, reference, 0, 0, 0, actor));
}

/**
 * Submits the node's metadata document for review, for the fee of a task.
 *
 * @param args documentId: identifier of the stored document, not 0
 * @rule NODE-5, NODE-6, SM-2
 */
export const submitNodeMetadata: Rule = (s, actor, args) => {
  const node = args[0]!;
  const documentId = args[1]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.registered && state !== NODE_STATE.metaRejected) return reject(s, R.WrongState, state, 0);
  if (field(s, node, N.needsChange) !== 0) return reject(s, R.ChangeRequired, node, 0);
  if (documentId === 0) return reject(s, R.ValueOutOfRange, 0, 0);
  const late = guardDeadline(s, node);
  if (late !== 0) return late;
  const poor = guardBalance(s, actor, getParam(s, 'val.task_fee'));
  if (poor !== 0) return poor;

  setField(s, node, N.documentId, documentId);
  openReview(s, node, actor, NODE_STATE.metaReview, TASK_KIND.nodeMetadata, documentId);
  return 0;
};

/** Asks for the full validation of a node, for the fee of a task. @rule NODE-7, SM-2 */
export const requestNodeValidation: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.metaApproved && state !== NODE_STATE.valRejected) return reject(s, R.WrongState, state, 0);
  if (field(s, node, N.needsChange) !== 0) return reject(s, R.ChangeRequired, node, 0);
  const late = guardDeadline(s, node);
  if (late !== 0) return late;
  const poor = guardBalance(s, actor, getParam(s, 'val.task_fee'));
  if (poor !== 0) return poor;

  openReview(s, node, actor, NODE_STATE.valReview, TASK_KIND.node, field(s, node, N.documentId));
  return 0;
};

/**
 * Takes the outcome of a metadata or node task.
 *
 * @param actor who settled the task
 * @rule NODE-6, NODE-7, NODE-8, SM-2, INV-27
 */
export function onNodeTask(
  s: State,
  task: number,
  taskKind: number,
  node: number,
  passed: boolean,
  actor: number,
): void {
  const expected = taskKind === TASK_KIND.nodeMetadata ? NODE_STATE.metaReview : NODE_STATE.valReview;
  assert(
    field(s, node, N.pendingTask) === task && field(s, node, N.state) === expected,
    `Task ${task} is not the one that node ${node} waits for`,
  );
  setField(s, node, N.pendingTask, 0);
  const deadlineS = field(s, node, N.deadlineS);
  if (deadlineS > 0) setField(s, node, N.deadlineS, deadlineS + s.nowS - field(s, node, N.pausedAtS));
  if (!passed) {
    setField(s, node, N.needsChange, 1);
    enterState(s, node, expected === NODE_STATE.metaReview ? NODE_STATE.metaRejected : NODE_STATE.valRejected, actor);
  } else if (expected === NODE_STATE.metaReview) {
    enterState(s, node, NODE_STATE.metaApproved, actor);
  } else {
    setField(s, node, N.deadlineS, 0);
    addTotal(s, F.nodeTotals.onlineCount, 1);
    enterState(s, node, NODE_STATE.online, actor);
  }
}

/** Adds to the stake of a node that is not Removed or Released. @rule NODE-1, SM-2 */
export const topUpNode: Rule = (s, actor, args) => {
  const node = args[0]!;
  const units = args[1]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state > NODE_STATE.exiting) return reject(s, R.WrongState, state, 0);
  if (units === 0) return reject(s, R.AmountTooSmall, units, 1);
  const poor = guardBalance(s, actor, units);
  if (poor !== 0) return poor;

  lockStake(s, KIND.node, node, actor, units);
  return 0;
};

/**
 * The keeper ends a reservation whose deadline has passed: part of the stake is lost to the treasury, the rest goes back,
 * the slot is free.
 *
 * @rule NODE-2, SM-2, INV-15, INV-16, INV-17
 */
export const expireReservation: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardExists(s, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state >= NODE_STATE.online) return reject(s, R.WrongState, state, 0);
  const deadlineS = field(s, node, N.deadlineS);
  if (deadlineS === 0 || s.nowS <= deadlineS) return reject(s, R.DeadlineNotPassed, s.nowS, deadlineS);
  const pendingTask = field(s, node, N.pendingTask);
  if (pendingTask !== 0) return reject(s, R.TaskPending, pendingTask, 0);

  const own = ownUnits(s, KIND.node, node);
  const penaltyUnits = mulDivDown(own, getParam(s, 'node.deadline_penalty_bps'), BPS);
  if (penaltyUnits > 0) penaliseStake(s, KIND.node, node, penaltyUnits, ACCOUNT.treasury);
  leave(s, node, own - penaltyUnits);
  if (state !== NODE_STATE.reserved) burnNft(s, KIND.node, node);
  enterState(s, node, NODE_STATE.released, actor);
  return 0;
};

/** Frees the slot and gives the rest of the stake back. */
function leave(s: State, node: number, restUnits: number): void {
  freeSeat(s, node);
  if (restUnits > 0) releaseStake(s, KIND.node, node, field(s, node, N.owner), restUnits);
}

/** The keeper reports that an Online node's heartbeat is lost. @rule NODE-12, SM-2 */
export const loseHeartbeat: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardExists(s, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.online) return reject(s, R.WrongState, state, 0);

  addTotal(s, F.nodeTotals.onlineCount, -1);
  s.nodeReports[node * STRIDE.nodeReports + F.nodeReports.offlineSinceS] = s.nowS;
  enterState(s, node, NODE_STATE.offline, actor);
  return 0;
};

/** The keeper reports that an Offline node's heartbeat is back. @rule NODE-12, SM-2 */
export const restoreHeartbeat: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardExists(s, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.offline) return reject(s, R.WrongState, state, 0);

  addTotal(s, F.nodeTotals.onlineCount, 1);
  s.nodeReports[node * STRIDE.nodeReports + F.nodeReports.offlineSinceS] = 0;
  enterState(s, node, NODE_STATE.online, actor);
  return 0;
};

/** Enters the exit queue; deployments go on serving until they are moved. @rule NODE-13, SM-2 */
export const requestExit: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.online && state !== NODE_STATE.offline) return reject(s, R.WrongState, state, 0);

  if (state === NODE_STATE.online) addTotal(s, F.nodeTotals.onlineCount, -1);
  setField(s, node, N.exitEra, currentEra(s) + getParam(s, 'node.exit_eras'));
  setField(s, node, N.exitErrorCount, 0);
  enterState(s, node, NODE_STATE.exiting, actor);
  return 0;
};

/** The keeper counts an error of an exiting node; each one above the budget costs part of the stake. @rule NODE-13, SM-2 */
export const reportExitError: Rule = (s, _actor, args) => {
  const node = args[0]!;
  const code = guardExists(s, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.exiting) return reject(s, R.WrongState, state, 0);

  const errors = field(s, node, N.exitErrorCount) + 1;
  setField(s, node, N.exitErrorCount, errors);
  if (errors > getParam(s, 'node.exit_error_budget')) {
    const own = ownUnits(s, KIND.node, node);
    const penaltyUnits = mulDivDown(own, getParam(s, 'node.exit_penalty_bps'), BPS);
    if (penaltyUnits > 0) penaliseStake(s, KIND.node, node, penaltyUnits, ACCOUNT.treasury);
  }
  return 0;
};

/**
 * Leaves the network at the end of the exit queue: stake back, NFT burnt, slot free. Era rewards need no payment here:
 * each was paid when its era was settled.
 *
 * @rule NODE-13, NODE-14, SM-2, INV-15, INV-16, INV-17
 */
export const finaliseExit: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = guardOwned(s, actor, node);
  if (code !== 0) return code;
  const state = field(s, node, N.state);
  if (state !== NODE_STATE.exiting) return reject(s, R.WrongState, state, 0);
  const era = currentEra(s);
  const exitEra = field(s, node, N.exitEra);
  if (era < exitEra) return reject(s, R.ExitQueueNotOver, era, exitEra);
  const load = field(s, node, N.loadCount);
  if (load !== 0) return reject(s, R.StillHosting, load, 0);
  const pendingTask = field(s, node, N.pendingTask);
  if (pendingTask !== 0) return reject(s, R.TaskPending, pendingTask, 0);

  leave(s, node, ownUnits(s, KIND.node, node));
  burnNft(s, KIND.node, node);
  enterState(s, node, NODE_STATE.removed, actor);
  return 0;
};

/**
 * The keeper posts the era's reports of the nodes at positions from … to − 1, four words each (`nodeReport.ts`).
 *
 * Guards: ValueOutOfRange(from, to) if from > to; ValueOutOfRange(to, nodes); BatchMismatch(given, 4·(to − from));
 * ValueOutOfRange(word, 2^53 − 1).
 *
 * @rule TIER-8, NODE-12
 */
export const reportNodes: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (from > to) return reject(s, R.ValueOutOfRange, from, to);
  if (to > count) return reject(s, R.ValueOutOfRange, to, count);
  const words = REPORT_WORDS * (to - from);
  if (bulk.length !== words) return reject(s, R.BatchMismatch, bulk.length, words);
  for (let i = 0; i < words; i++) if (bulk[i]! > MAX_INT) return reject(s, R.ValueOutOfRange, bulk[i]!, MAX_INT);

  s.nodeReports.set(bulk, (from + 1) * STRIDE.nodeReports);
  return 0;
};

function addToEra(s: State, node: number, index: number, amount: number): void {
  const at = node * STRIDE.nodeEra + index;
  s.nodeEra[at] = s.nodeEra[at]! + amount;
}

/** A request was assigned to the node. @rule F-2 */
export function recordRouted(s: State, node: number): void {
  addToEra(s, node, F.nodeEra.assignedCount, 1);
}

/**
 * The node served a request of `wu` work units. They count as accepted until an audit says otherwise.
 *
 * @rule F-2, F-4, NODE-11, POWR-2
 */
export function recordServedByNode(s: State, node: number, wu: number): void {
  addToEra(s, node, F.nodeEra.finishedCount, 1);
  addToEra(s, node, F.nodeEra.acceptedWu, wu);
}

/**
 * Takes the outcome of the audit of one served request. Rejected work counts neither as contribution nor, with quality 0,
 * towards the mean quality, and is a confirmed offence: the node was paid for another answer.
 *
 * @rule F-2, F-4, POWR-2, POWR-3, INV-27
 */
export function onAudit(s: State, node: number, wu: number, qualityBps: number, accepted: boolean): void {
  addToEra(s, node, F.nodeEra.checkedCount, 1);
  addToEra(s, node, F.nodeEra.auditedWu, wu);
  if (accepted) {
    addToEra(s, node, F.nodeEra.acceptedCount, 1);
    addToEra(s, node, F.nodeEra.auditedWuBps, mulDivDown(wu, qualityBps, 1));
  } else {
    const acceptedWu = s.nodeEra[node * STRIDE.nodeEra + F.nodeEra.acceptedWu]!;
    // The work may have been served in an era that is settled already.
    addToEra(s, node, F.nodeEra.acceptedWu, -min(acceptedWu, wu));
    recordOffence(s, node);
  }
}

/** The node hosts one more deployment. @rule SM-2 */
export function addLoad(s: State, node: number): void {
  const load = field(s, node, N.loadCount);
  assert(load < field(s, node, N.capacityCount), `Node ${node} has no capacity left for another deployment`);
  setField(s, node, N.loadCount, load + 1);
}

/** The node hosts one fewer deployment. @rule SM-2 */
export function removeLoad(s: State, node: number): void {
  const load = field(s, node, N.loadCount);
  assert(load > 0, `Node ${node} hosts nothing that could be removed`);
  setField(s, node, N.loadCount, load - 1);
}
