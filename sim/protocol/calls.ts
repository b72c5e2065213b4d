/**
 * Calls of models (MODEL-10): prepaid call rights, requests of the current slot, what a served call pays to whom (F-32),
 * refunds, audits and ratings. Which replica a request goes to is computed in `routing.ts` and only checked here.
 */
import { alloc, MIL, max, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';
import { chance, PURPOSE } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { draw, slotCount } from './clock.ts';
import { MOVE } from './events.ts';
import { addRating } from './feedback.ts';
import { ACCOUNT, F, MODEL_STATE, NODE_STATE, REQUEST_STATE, STRIDE, TASK_KIND } from './layout.ts';
import { isHosting, MAX_WU, recordFailed, recordRequested, recordServedByModel } from './models.ts';
import { recordRouted, recordServedByNode } from './nodes.ts';
import { rateProvider } from './providers.ts';
import { R } from './rejections.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { openTask } from './tasks.ts';
import { burnUnits, moveUnits, walletUnits } from './token.ts';

const Q = F.requests;
const C = F.callTotals;
const PREPAID = F.prepaid;

/** Largest call: a thousand times the size that a model's fee and work units are quoted for. */
export const MAX_SCALE_MIL = 1_000_000;

/** Requests of the current slot: 0 as long as nobody has asked for anything in it. */
function currentRequestCount(s: State): number {
  return s.callTotals[C.slot] === slotCount(s) ? s.callTotals[C.requestCount]! : 0;
}

/** Refuses an identifier that is no request of the current slot. */
function refuseUnknown(s: State, request: number): number {
  const count = currentRequestCount(s);
  return request >= 1 && request <= count ? 0 : reject(s, R.UnknownEntity, request, count);
}

/** Refuses a slice [from, to) that does not continue at `cursor`, or goes beyond the requests. */
function refuseSlice(s: State, from: number, to: number, cursor: number): number {
  const count = s.callTotals[C.requestCount]!;
  if (from !== cursor) return reject(s, R.CursorMismatch, from, cursor);
  return to < from || to > count ? reject(s, R.ValueOutOfRange, to, count) : 0;
}

/** Unlocks the fee of a request that is finished. The account's record takes `backUnits` of it back. */
function unlockFee(s: State, request: number, backUnits: number): void {
  const at = request * STRIDE.requests;
  const feeUnits = s.requests[at + Q.feeUnits]!;
  const account = s.requests[at + Q.consumer]! * STRIDE.prepaid;
  s.prepaid[account + PREPAID.lockedUnits]! -= feeUnits;
  s.prepaid[account + PREPAID.freeUnits]! += backUnits;
  s.callTotals[C.lockedUnits]! -= feeUnits;
  s.callTotals[C.freeUnits]! += backUnits;
}

/**
 * Buys call rights: units go to the escrow of calls and stay the account's own until a request locks them.
 *
 * @rejects AmountTooSmall, InsufficientBalance
 * @rule TOK-1, MODEL-10
 */
export const buyCalls: Rule = (s, actor, args) => {
  const units = args[0]!;
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const balanceUnits = walletUnits(s, actor);
  if (balanceUnits < units) return reject(s, R.InsufficientBalance, balanceUnits, units);

  s.prepaid[recordAt(s, 'prepaid', actor) + PREPAID.freeUnits]! += units;
  s.callTotals[C.freeUnits]! += units;
  moveUnits(s, actor, ACCOUNT.callEscrow, units, MOVE.prepay);
  return 0;
};

/**
 * Takes unused call rights back.
 *
 * @rejects AmountTooSmall, InsufficientPrepaid
 * @rule TOK-1
 */
export const withdrawCalls: Rule = (s, actor, args) => {
  const units = args[0]!;
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const at = recordAt(s, 'prepaid', actor);
  const freeUnits = s.prepaid[at + PREPAID.freeUnits]!;
  if (freeUnits < units) return reject(s, R.InsufficientPrepaid, freeUnits, units);

  s.prepaid[at + PREPAID.freeUnits] = freeUnits - units;
  s.callTotals[C.freeUnits]! -= units;
  moveUnits(s, ACCOUNT.callEscrow, actor, units, MOVE.refund);
  return 0;
};

/**
 * Asks for one call of a model, `scaleMil`/1000 times the size that its fee is quoted for, and locks the fee, rounded up.
 * The first request of a slot takes the place of the last slot's requests, which must be closed.
 *
 * @rejects UnknownEntity, ModelNotLive, ValueOutOfRange, FeeAboveMaximum, InsufficientPrepaid, ResultsOutstanding
 * @rule MODEL-10, TOK-1, OP-9
 */
export const requestInference: Rule = (s, actor, args) => {
  const model = args[0]!;
  const scaleMil = args[1]!;
  const maxFeeUnits = args[2]!;
  const modelCount = s.modelTotals[F.modelTotals.modelCount]!;
  if (model < 1 || model > modelCount) return reject(s, R.UnknownEntity, model, modelCount);
  const m = model * STRIDE.models;
  const state = s.models[m + F.models.state]!;
  if (state !== MODEL_STATE.live) return reject(s, R.ModelNotLive, model, state);
  if (scaleMil < 1 || scaleMil > MAX_SCALE_MIL) return reject(s, R.ValueOutOfRange, scaleMil, MAX_SCALE_MIL);
  const version = s.models[m + F.models.liveVersion]!;
  const wu = max(1, mulDivDown(s.versions[version * STRIDE.versions + F.versions.wu]!, scaleMil, MIL));
  if (wu > MAX_WU) return reject(s, R.ValueOutOfRange, wu, MAX_WU);
  const feeUnits = mulDivUp(s.models[m + F.models.feeUnits]!, scaleMil, MIL);
  if (feeUnits > maxFeeUnits) return reject(s, R.FeeAboveMaximum, feeUnits, maxFeeUnits);
  const account = recordAt(s, 'prepaid', actor);
  const freeUnits = s.prepaid[account + PREPAID.freeUnits]!;
  if (freeUnits < feeUnits) return reject(s, R.InsufficientPrepaid, freeUnits, feeUnits);
  const slot = slotCount(s);
  const isNewSlot = s.callTotals[C.slot] !== slot;
  const closedCount = s.callTotals[C.closedCount]!;
  const oldCount = s.callTotals[C.requestCount]!;
  if (isNewSlot && closedCount !== oldCount) return reject(s, R.ResultsOutstanding, closedCount, oldCount);

  if (isNewSlot) {
    s.callTotals[C.slot] = slot;
    s.callTotals[C.routedCount] = 0;
    s.callTotals[C.closedCount] = 0;
    s.callTotals[C.auditedCount] = 0;
  }
  const request = isNewSlot ? 1 : oldCount + 1;
  s.callTotals[C.requestCount] = request;
  const at = recordAt(s, 'requests', request);
  s.requests[at + Q.consumer] = actor;
  s.requests[at + Q.model] = model;
  s.requests[at + Q.node] = 0;
  s.requests[at + Q.feeUnits] = feeUnits;
  s.requests[at + Q.state] = REQUEST_STATE.open;
  s.requests[at + Q.version] = version;
  s.requests[at + Q.wu] = wu;
  s.requests[at + Q.scaleMil] = scaleMil;
  s.requests[at + Q.answerId] = 0;
  s.requests[at + Q.latencyMs] = 0;
  s.requests[at + Q.ratedTenths] = 0;
  s.requests[at + Q.auditTask] = 0;
  s.requests[at + Q.commitmentId] = 0;
  s.prepaid[account + PREPAID.freeUnits] = freeUnits - feeUnits;
  s.prepaid[account + PREPAID.lockedUnits]! += feeUnits;
  s.callTotals[C.freeUnits]! -= feeUnits;
  s.callTotals[C.lockedUnits]! += feeUnits;
  recordRequested(s, model);
  return 0;
};

/**
 * Assigns requests [from, to) to the nodes of the list; 0 leaves a request without a replica, to be refunded. Keeper only.
 *
 * @rejects CursorMismatch, ValueOutOfRange, BatchMismatch, WrongState (request closed, node neither Online nor Exiting), NotHosting
 * @invariant INV-25
 * @rule MODEL-10, F-23
 */
export const routeRequests: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const refused = refuseSlice(s, from, to, s.callTotals[C.routedCount]!);
  if (refused !== 0) return refused;
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  for (let i = 0; i < bulk.length; i++) {
    const code = refuseRoute(s, from + i + 1, bulk[i]!);
    if (code !== 0) return code;
  }

  s.callTotals[C.routedCount] = to;
  for (let i = 0; i < bulk.length; i++) {
    const node = bulk[i]!;
    if (node === 0) continue;
    const request = from + i + 1;
    const at = request * STRIDE.requests;
    s.requests[at + Q.node] = node;
    s.requests[at + Q.state] = REQUEST_STATE.routed;
    recordRouted(s, node);
    emit(s, 'RequestRouted', request, s.requests[at + Q.model]!, node);
  }
  return 0;
};

function refuseRoute(s: State, request: number, node: number): number {
  if (node === 0) return 0;
  const at = request * STRIDE.requests;
  const state = s.requests[at + Q.state]!;
  if (state !== REQUEST_STATE.open) return reject(s, R.WrongState, state, 0);
  const model = s.requests[at + Q.model]!;
  if (!isHosting(s, model, node)) return reject(s, R.NotHosting, node, model);
  const nodeState = s.nodes[node * STRIDE.nodes + F.nodes.state]!;
  const isServing = nodeState === NODE_STATE.online || nodeState === NODE_STATE.exiting;
  return isServing ? 0 : reject(s, R.WrongState, nodeState, 0);
}

/**
 * The node returns the answer, in time: the fee is divided among creator, node, the validators' pot, burning and the
 * foundation, at once and once. The commitment binds the node to its output before it can know whether that is audited;
 * 0 commits to nothing, and is never opened.
 *
 * @param args request, answerId, commitmentId (see `commitment.ts`), latencyMs as measured
 * @rejects UnknownEntity, WrongState, NotEngagedHost, NotHosting, ValueOutOfRange
 * @invariant the five parts sum to the fee; INV-42
 * @rule TOK-2, MODEL-10, MODEL-16, F-32, OP-4, OP-9, VAL-15
 */
export const serveRequest: Rule = (s, actor, args) => {
  const request = args[0]!;
  const answerId = args[1]!;
  const commitmentId = args[2]!;
  const latencyMs = args[3]!;
  const unknown = refuseUnknown(s, request);
  if (unknown !== 0) return unknown;
  const at = request * STRIDE.requests;
  const state = s.requests[at + Q.state]!;
  if (state !== REQUEST_STATE.routed) return reject(s, R.WrongState, state, 0);
  const node = s.requests[at + Q.node]!;
  const nodeOwner = s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
  if (actor !== nodeOwner) return reject(s, R.NotEngagedHost, actor, nodeOwner);
  const model = s.requests[at + Q.model]!;
  // A node that hosted when the request came keeps it, also if a rotation has meanwhile moved the model elsewhere.
  if (s.models[model * STRIDE.models + F.models.state] === MODEL_STATE.removed)
    return reject(s, R.NotHosting, node, model);
  const timeoutMs = getParam(s, 'req.timeout_ms');
  if (latencyMs > timeoutMs) return reject(s, R.ValueOutOfRange, latencyMs, timeoutMs);

  const feeUnits = s.requests[at + Q.feeUnits]!;
  const wu = s.requests[at + Q.wu]!;
  s.requests[at + Q.state] = REQUEST_STATE.served;
  s.requests[at + Q.answerId] = answerId;
  s.requests[at + Q.latencyMs] = latencyMs;
  s.requests[at + Q.commitmentId] = commitmentId;
  unlockFee(s, request, 0);
  s.callTotals[C.servedCount]! += 1;
  payFee(s, feeUnits, s.models[model * STRIDE.models + F.models.owner]!, nodeOwner);
  recordServedByModel(s, model, wu);
  recordServedByNode(s, node, wu);
  emit(s, 'RequestServed', request, model, node, wu, feeUnits, latencyMs);
  return 0;
};

/** Divides a fee out of the escrow. `dn.split_bps` sums to 10 000, so nothing stays behind. @rule F-32 */
function payFee(s: State, feeUnits: number, creator: number, nodeOwner: number): void {
  const [creatorUnits, nodeUnits, validatorUnits, burntUnits, foundationUnits] = alloc(feeUnits, [
    getParam(s, 'dn.split_bps.creator'),
    getParam(s, 'dn.split_bps.node'),
    getParam(s, 'dn.split_bps.validators'),
    getParam(s, 'dn.split_bps.burn'),
    getParam(s, 'dn.split_bps.foundation'),
  ]) as [number, number, number, number, number];
  moveUnits(s, ACCOUNT.callEscrow, creator, creatorUnits, MOVE.callCreator);
  moveUnits(s, ACCOUNT.callEscrow, nodeOwner, nodeUnits, MOVE.callNode);
  moveUnits(s, ACCOUNT.callEscrow, ACCOUNT.validatorPot, validatorUnits, MOVE.callValidators);
  burnUnits(s, ACCOUNT.callEscrow, burntUnits);
  moveUnits(s, ACCOUNT.callEscrow, ACCOUNT.foundation, foundationUnits, MOVE.callFoundation);
}

/**
 * Closes requests [from, to): whoever got no answer has the fee back among his call rights. Keeper only.
 *
 * @rejects CursorMismatch, ValueOutOfRange
 * @rule MODEL-10, OP-9
 */
export const closeRequests: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const refused = refuseSlice(s, from, to, s.callTotals[C.closedCount]!);
  if (refused !== 0) return refused;

  s.callTotals[C.closedCount] = to;
  for (let request = from + 1; request <= to; request++) {
    const at = request * STRIDE.requests;
    const state = s.requests[at + Q.state];
    if (state !== REQUEST_STATE.open && state !== REQUEST_STATE.routed) continue;
    const feeUnits = s.requests[at + Q.feeUnits]!;
    const model = s.requests[at + Q.model]!;
    s.requests[at + Q.state] = REQUEST_STATE.refunded;
    unlockFee(s, request, feeUnits);
    s.callTotals[C.refundedCount]! += 1;
    recordFailed(s, model);
    emit(s, 'RequestRefunded', request, model, s.requests[at + Q.node]!, feeUnits);
  }
  return 0;
};

/**
 * Draws audits among the served requests [from, to) of the slot before, with the present slot's beacon, so that nobody knew at
 * serving time what would be audited. Keeper only.
 *
 * @rejects SlotOutOfOrder, CursorMismatch, ValueOutOfRange
 * @rule VAL-15, OP-22
 */
export const auditRequests: Rule = (s, actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const slot = s.callTotals[C.slot]!;
  const lastSlot = max(slotCount(s), 1) - 1;
  if (slot !== lastSlot) return reject(s, R.SlotOutOfOrder, slot, lastSlot);
  const refused = refuseSlice(s, from, to, s.callTotals[C.auditedCount]!);
  if (refused !== 0) return refused;

  const auditBps = getParam(s, 'val.audit_bps');
  s.callTotals[C.auditedCount] = to;
  for (let request = from + 1; request <= to; request++) {
    const at = request * STRIDE.requests;
    if (s.requests[at + Q.state] !== REQUEST_STATE.served) continue;
    if (!chance(draw(s, PURPOSE.audit, request, 0), auditBps)) continue;
    const node = s.requests[at + Q.node]!;
    const owner = s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
    const version = s.requests[at + Q.version]!;
    const wu = s.requests[at + Q.wu]!;
    const answerId = s.requests[at + Q.answerId]!;
    const commitmentId = s.requests[at + Q.commitmentId]!;
    const task = openTask(s, TASK_KIND.output, node, owner, version, wu, answerId, commitmentId, actor);
    s.requests[at + Q.auditTask] = task;
  }
  return 0;
};

/**
 * The consumer rates the answer he got in this slot, once. The rating goes to the model and, if there is one and it is
 * Active, to the provider that the serving node is linked to.
 *
 * @rejects UnknownEntity, NotYourRequest, WrongState, AlreadyRated, ValueOutOfRange
 * @rule FB-1, FB-2, FB-4, MODEL-11, OP-30
 */
export const rateModel: Rule = (s, actor, args) => {
  const request = args[0]!;
  const tenths = args[1]!;
  const unknown = refuseUnknown(s, request);
  if (unknown !== 0) return unknown;
  const at = request * STRIDE.requests;
  const consumer = s.requests[at + Q.consumer]!;
  if (actor !== consumer) return reject(s, R.NotYourRequest, actor, consumer);
  const state = s.requests[at + Q.state]!;
  if (state !== REQUEST_STATE.served) return reject(s, R.WrongState, state, 0);
  if (s.requests[at + Q.ratedTenths] !== 0) return reject(s, R.AlreadyRated, request, 0);
  const scaleTenths = getParam(s, 'fb.scale_tenths');
  if (tenths < 1 || tenths > scaleTenths) return reject(s, R.ValueOutOfRange, tenths, scaleTenths);

  const model = s.requests[at + Q.model]!;
  s.requests[at + Q.ratedTenths] = tenths;
  addRating(s, 'models', model, tenths);
  const m = model * STRIDE.models;
  const sumTenths = s.models[m + F.models.ratingSumTenths]!;
  emit(s, 'ModelRated', model, actor, tenths, sumTenths, s.models[m + F.models.ratingCount]!);
  rateProvider(s, s.requests[at + Q.node]!, actor, tenths);
  return 0;
};
