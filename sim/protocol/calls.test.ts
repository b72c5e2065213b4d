import { beforeEach, describe, expect, it } from 'vitest';
import { PURPOSE } from '../base/rnd.ts';
import { draw } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, MODEL_STATE, NODE_STATE, TASK_KIND } from './layout.ts';
import { MAX_FEE_UNITS, MAX_WU } from './models.ts';
import {
  addLiveModel,
  addModel,
  createModelWorld,
  enterNextSlot,
  eventsFrom,
  type ModelWorld,
  nodeOwner,
  readHost,
  readModel,
  setNodeState,
  WALLET_UNITS,
} from './modelWorld.ts';
import { attempt, dumpLedger, perform, readRecord, writeRecord } from './nodeWorld.ts';
import { planRoutes } from './routing.ts';
import type { State } from './state.ts';
import { setParam } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const { keeper, callEscrow } = ACCOUNT;
const OPEN = 1;
const ROUTED = 2;
const SERVED = 3;
const REFUNDED = 4;
const MAX_FEE = 10_000_000;

let world: ModelWorld;
let s: State;
let creator: number;
let consumer: number;
let stranger: number;
let model: number;

/** Four nodes, one Live model on two of them, fee 2 000 a call, and a consumer with a million units of call rights. */
function start(overrides: Parameters<typeof createModelWorld>[1] = {}): void {
  world = createModelWorld(4, overrides);
  ({ s, creator, consumer, stranger } = world);
  model = addLiveModel(s, creator);
  perform(s, 'buyCalls', consumer, [1_000_000]);
  s.eventCount = 0;
}

beforeEach(() => start());

function totals(): ReturnType<typeof readRecord<'callTotals'>> {
  return readRecord(s, 'callTotals', 0);
}

function readRequest(request: number): ReturnType<typeof readRecord<'requests'>> {
  return readRecord(s, 'requests', request);
}

function prepaidOf(account: number): ReturnType<typeof readRecord<'prepaid'>> {
  return readRecord(s, 'prepaid', account);
}

/** `count` requests of the consumer, routed to the first replica. @returns its node */
function routeSome(count: number, scaleMil = 1_000): number {
  const node = readHost(s, model, 0).node;
  const from = totals().slot === readRecord(s, 'clockTotals', 0).slotCount ? totals().requestCount : 0;
  for (let i = 0; i < count; i++) perform(s, 'requestInference', consumer, [model, scaleMil, MAX_FEE]);
  perform(s, 'routeRequests', keeper, [from, from + count], new Array(count).fill(node));
  return node;
}

describe('call rights', () => {
  it('buyCalls > given a wallet > moves the units into the escrow, free for the buyer', () => {
    perform(s, 'buyCalls', stranger, [500]);
    expect(prepaidOf(stranger)).toEqual({ freeUnits: 500, lockedUnits: 0 });
    expect(totals()).toMatchObject({ freeUnits: 1_000_500, lockedUnits: 0 });
    expect(eventsFrom(s)).toEqual([['Moved', stranger, callEscrow, 500, MOVE.prepay]]);
  });

  it.each([
    ['buyCalls', 0, ['AmountTooSmall', 0, 1]],
    ['buyCalls', WALLET_UNITS, ['None']],
    ['buyCalls', WALLET_UNITS + 1, ['InsufficientBalance', WALLET_UNITS, WALLET_UNITS + 1]],
    ['withdrawCalls', 0, ['AmountTooSmall', 0, 1]],
    ['withdrawCalls', 1, ['InsufficientPrepaid', 0, 1]],
  ] as const)('%s > given %i units > is answered as its limit says', (name, units, result) => {
    expect(attempt(s, name, stranger, [units])).toEqual(result);
  });

  it('withdrawCalls > given what is free > pays it back, given one unit more > InsufficientPrepaid', () => {
    perform(s, 'requestInference', consumer, [model, 1_000, 2_000]);
    expect(attempt(s, 'withdrawCalls', consumer, [998_001])).toEqual(['InsufficientPrepaid', 998_000, 998_001]);
    perform(s, 'withdrawCalls', consumer, [998_000]);
    expect(prepaidOf(consumer)).toEqual({ freeUnits: 0, lockedUnits: 2_000 });
    expect(walletUnits(s, callEscrow)).toBe(2_000);
    expect(eventsFrom(s)).toEqual([['Moved', callEscrow, consumer, 998_000, MOVE.refund]]);
  });
});

describe('requestInference', () => {
  it('given a Live model > locks the fee, rounded up, and notes work units, rounded down but at least 1', () => {
    perform(s, 'requestInference', consumer, [model, 1, 2]);
    perform(s, 'requestInference', consumer, [model, 1_301, 2_602]);
    expect(readRequest(1)).toMatchObject({ consumer, model, node: 0, feeUnits: 2, state: OPEN, version: 1, wu: 1 });
    expect(readRequest(2)).toMatchObject({ feeUnits: 2_602, wu: 6, scaleMil: 1_301 });
    expect(prepaidOf(consumer)).toEqual({ freeUnits: 997_396, lockedUnits: 2_604 });
    expect(totals()).toMatchObject({ slot: 1, requestCount: 2, freeUnits: 997_396, lockedUnits: 2_604 });
    expect(readModel(s, model).requestCount).toBe(2);
    expect(s.eventCount).toBe(0);
  });

  it('given a fee that does not divide > charges the ceiling', () => {
    const odd = addLiveModel(s, creator, [0, 3, 11, 5]);
    perform(s, 'requestInference', consumer, [odd, 334, MAX_FEE]);
    expect(readRequest(1)).toMatchObject({ feeUnits: 2, wu: 1 });
  });

  it.each([
    ['size 0', [1, 0, MAX_FEE], ['ValueOutOfRange', 0, 1_000_000]],
    ['the largest size', [1, 500_000, 1_000_000], ['None']],
    ['too large a size', [1, 1_000_001, MAX_FEE], ['ValueOutOfRange', 1_000_001, 1_000_000]],
    ['a maximum of one unit less than the fee', [1, 1_000, 1_999], ['FeeAboveMaximum', 2_000, 1_999]],
    ['more than is prepaid', [1, 500_001, MAX_FEE], ['InsufficientPrepaid', 1_000_000, 1_000_002]],
    ['no model', [0, 1_000, MAX_FEE], ['UnknownEntity', 0, 1]],
    ['an unknown model', [2, 1_000, MAX_FEE], ['UnknownEntity', 2, 1]],
  ])('given %s > is answered as its limit says', (_, args, result) => {
    expect(attempt(s, 'requestInference', consumer, args)).toEqual(result);
  });

  it('given a model that is not Live > ModelNotLive', () => {
    const young = addModel(s, creator);
    const result = attempt(s, 'requestInference', consumer, [young, 1_000, MAX_FEE]);
    expect(result).toEqual(['ModelNotLive', young, MODEL_STATE.registered]);
    perform(s, 'removeModel', creator, [model]);
    const removed = attempt(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    expect(removed).toEqual(['ModelNotLive', model, MODEL_STATE.removed]);
  });

  it('given the dearest model and the largest call > its fee and its work units stay below 2^53', () => {
    perform(s, 'buyCalls', stranger, [WALLET_UNITS]);
    const dear = addLiveModel(s, creator, [0, MAX_FEE_UNITS, 11, MAX_WU]);
    const [name, have] = attempt(s, 'requestInference', stranger, [dear, 1_000, 10 ** 15]);
    expect([name, have]).toEqual(['InsufficientPrepaid', WALLET_UNITS]);
    const result = attempt(s, 'requestInference', stranger, [dear, 1_001, 10 ** 15]);
    expect(result).toEqual(['ValueOutOfRange', 1_001_000, MAX_WU]);
  });

  it('given requests of the last slot that are not closed > ResultsOutstanding; once closed, the count starts anew', () => {
    routeSome(2);
    enterNextSlot(s);
    const result = attempt(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    expect(result).toEqual(['ResultsOutstanding', 0, 2]);
    perform(s, 'closeRequests', keeper, [0, 1]);
    const half = attempt(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    expect(half).toEqual(['ResultsOutstanding', 1, 2]);
    perform(s, 'closeRequests', keeper, [1, 2]);
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const fresh = { slot: 2, requestCount: 1, routedCount: 0, closedCount: 0, auditedCount: 0 };
    expect(totals()).toMatchObject({ ...fresh, servedCount: 0, refundedCount: 2 });
    expect(readRequest(1)).toMatchObject({ state: OPEN, node: 0 });
  });

  it('given a record of the last slot > nothing of it is left', () => {
    const node = routeSome(1);
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    perform(s, 'rateModel', consumer, [1, 45]);
    setParam(s, 'val.audit_bps', 10_000);
    perform(s, 'closeRequests', keeper, [0, 1]);
    enterNextSlot(s);
    perform(s, 'auditRequests', keeper, [0, 1]);
    const used = { state: SERVED, answerId: 99, latencyMs: 40, ratedTenths: 45, auditTask: 3, commitmentId: 7 };
    expect(readRequest(1)).toMatchObject(used);
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const empty = { node: 0, state: OPEN, answerId: 0, latencyMs: 0, ratedTenths: 0, auditTask: 0, commitmentId: 0 };
    expect(readRequest(1)).toMatchObject(empty);
  });
});

describe('routeRequests', () => {
  it('given replicas and a 0 > assigns the requests, leaves the one without a replica open', () => {
    for (let i = 0; i < 3; i++) perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const [first, second] = [readHost(s, model, 0).node, readHost(s, model, 1).node];
    perform(s, 'routeRequests', keeper, [0, 3], [first, 0, second]);
    expect([1, 2, 3].map((request) => readRequest(request).state)).toEqual([ROUTED, OPEN, ROUTED]);
    expect(totals().routedCount).toBe(3);
    expect(eventsFrom(s)).toEqual([
      ['RequestRouted', 1, model, first],
      ['RequestRouted', 3, model, second],
    ]);
    expect(readRecord(s, 'nodeEra', first).assignedCount).toBe(1);
  });

  it('given a wrong slice or list > CursorMismatch, ValueOutOfRange, BatchMismatch', () => {
    for (let i = 0; i < 2; i++) perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    expect(attempt(s, 'routeRequests', keeper, [1, 2], [0])).toEqual(['CursorMismatch', 1, 0]);
    expect(attempt(s, 'routeRequests', keeper, [0, 3], [0, 0, 0])).toEqual(['ValueOutOfRange', 3, 2]);
    expect(attempt(s, 'routeRequests', keeper, [0, 2], [0])).toEqual(['BatchMismatch', 1, 2]);
    perform(s, 'routeRequests', keeper, [0, 1], [0]);
    expect(attempt(s, 'routeRequests', keeper, [1, 0], [])).toEqual(['ValueOutOfRange', 0, 2]);
    expect(attempt(s, 'routeRequests', consumer, [1, 2], [0])).toEqual(['OnlyKeeper', consumer, keeper]);
  });

  it('given one bad entry > refuses the whole list', () => {
    for (let i = 0; i < 2; i++) perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const hosts = [readHost(s, model, 0).node, readHost(s, model, 1).node] as const;
    const other = [1, 2, 3, 4].find((node) => !hosts.includes(node))!;
    expect(attempt(s, 'routeRequests', keeper, [0, 2], [hosts[0], other])).toEqual(['NotHosting', other, model]);
    expect(attempt(s, 'routeRequests', keeper, [0, 2], [hosts[0], 2 ** 50])).toEqual(['NotHosting', 2 ** 50, model]);
    setNodeState(s, hosts[1], NODE_STATE.offline);
    const offline = attempt(s, 'routeRequests', keeper, [0, 2], [...hosts]);
    expect(offline).toEqual(['WrongState', NODE_STATE.offline, 0]);
    setNodeState(s, hosts[1], NODE_STATE.exiting);
    expect(attempt(s, 'routeRequests', keeper, [0, 2], [...hosts])).toEqual(['None']);
  });

  it('given a request that is closed already > WrongState', () => {
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    perform(s, 'closeRequests', keeper, [0, 1]);
    const { node } = readHost(s, model, 0);
    expect(attempt(s, 'routeRequests', keeper, [0, 1], [node])).toEqual(['WrongState', REFUNDED, 0]);
    expect(attempt(s, 'routeRequests', keeper, [0, 1], [0])).toEqual(['None']);
  });

  it('given a replica that is not up yet > NotHosting', () => {
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const { node } = readHost(s, model, 0);
    setNodeState(s, node, NODE_STATE.offline);
    perform(s, 'replaceHost', keeper, [model, 0]);
    const fresh = readHost(s, model, 0).node;
    expect(attempt(s, 'routeRequests', keeper, [0, 1], [fresh])).toEqual(['NotHosting', fresh, model]);
  });
});

describe('serveRequest', () => {
  it('given a fee of 2 003 > pays 600, 1 002, 360, burns 20 and gives 21 to the foundation', () => {
    // Running sums of 30, 50, 18, 1 and 1 % of 2 003: 600.9, 1 602.4, 1 962.94, 1 982.97, 2 003.
    const odd = addLiveModel(s, creator, [0, 2_003, 11, 5]);
    perform(s, 'requestInference', consumer, [odd, 1_000, MAX_FEE]);
    const { node } = readHost(s, odd, 0);
    perform(s, 'routeRequests', keeper, [0, 1], [node]);
    s.eventCount = 0;
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    expect(eventsFrom(s)).toEqual([
      ['Moved', callEscrow, creator, 600, MOVE.callCreator],
      ['Moved', callEscrow, nodeOwner(node), 1_002, MOVE.callNode],
      ['Moved', callEscrow, ACCOUNT.validatorPot, 360, MOVE.callValidators],
      ['Burnt', callEscrow, 20],
      ['Moved', callEscrow, ACCOUNT.foundation, 21, MOVE.callFoundation],
      ['RequestServed', 1, odd, node, 5, 2_003, 40],
    ]);
    expect(readRequest(1)).toMatchObject({ state: SERVED, answerId: 99, latencyMs: 40, commitmentId: 7 });
    expect(prepaidOf(consumer)).toEqual({ freeUnits: 997_997, lockedUnits: 0 });
    expect(totals()).toMatchObject({ lockedUnits: 0, servedCount: 1 });
    expect(readModel(s, odd)).toMatchObject({ successCount: 1, errorCount: 0, eraWu: 5 });
    expect(readRecord(s, 'modelTotals', 0).eraWu).toBe(5);
    expect(readRecord(s, 'nodeEra', node)).toMatchObject({ assignedCount: 1, finishedCount: 1, acceptedWu: 5 });
  });

  it('given a part of 0 > leaves no event of it', () => {
    start({ 'dn.split_bps.burn': 0, 'dn.split_bps.foundation': 0, 'dn.split_bps.node': 5_200 });
    const node = routeSome(1);
    s.eventCount = 0;
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    expect(eventsFrom(s).map(([name]) => name)).toEqual(['Moved', 'Moved', 'Moved', 'RequestServed']);
  });

  it('given an answer at the timeout > is accepted, given one millisecond later > ValueOutOfRange', () => {
    const node = routeSome(1);
    const late = attempt(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 30_001]);
    expect(late).toEqual(['ValueOutOfRange', 30_001, 30_000]);
    expect(attempt(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 30_000])).toEqual(['None']);
  });

  it('given a request served, not routed, of another slot or unknown > is refused', () => {
    const node = routeSome(1);
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    const host = nodeOwner(node);
    perform(s, 'serveRequest', host, [1, 99, 7, 40]);
    expect(attempt(s, 'serveRequest', host, [1, 99, 7, 40])).toEqual(['WrongState', SERVED, 0]);
    expect(attempt(s, 'serveRequest', host, [2, 99, 7, 40])).toEqual(['WrongState', OPEN, 0]);
    expect(attempt(s, 'serveRequest', host, [0, 99, 7, 40])).toEqual(['UnknownEntity', 0, 2]);
    expect(attempt(s, 'serveRequest', host, [3, 99, 7, 40])).toEqual(['UnknownEntity', 3, 2]);
    enterNextSlot(s);
    expect(attempt(s, 'serveRequest', host, [2, 99, 7, 40])).toEqual(['UnknownEntity', 2, 0]);
  });

  it('given anybody but the node’s owner > NotEngagedHost; given a node that lost the replica > NotHosting', () => {
    const node = routeSome(1);
    const result = attempt(s, 'serveRequest', consumer, [1, 99, 7, 40]);
    expect(result).toEqual(['NotEngagedHost', consumer, nodeOwner(node)]);
    perform(s, 'removeModel', creator, [model]);
    expect(attempt(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40])).toEqual(['NotHosting', node, model]);
  });
});

describe('closeRequests', () => {
  it('given requests open, routed and served > refunds the first two, fee free again, and counts two failures', () => {
    const node = routeSome(2);
    perform(s, 'requestInference', consumer, [model, 500, MAX_FEE]);
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    s.eventCount = 0;
    perform(s, 'closeRequests', keeper, [0, 3]);
    expect(eventsFrom(s)).toEqual([
      ['RequestRefunded', 2, model, node, 2_000],
      ['RequestRefunded', 3, model, 0, 1_000],
    ]);
    expect(prepaidOf(consumer)).toEqual({ freeUnits: 998_000, lockedUnits: 0 });
    expect(totals()).toMatchObject({ closedCount: 3, refundedCount: 2, freeUnits: 998_000, lockedUnits: 0 });
    expect(readModel(s, model)).toMatchObject({ requestCount: 3, successCount: 1, errorCount: 2 });
    expect(walletUnits(s, callEscrow)).toBe(998_000);
  });

  it('given a removed model > refunds what is open', () => {
    routeSome(1);
    perform(s, 'removeModel', creator, [model]);
    perform(s, 'closeRequests', keeper, [0, 1]);
    expect(prepaidOf(consumer)).toEqual({ freeUnits: 1_000_000, lockedUnits: 0 });
  });

  it('given a wrong slice > CursorMismatch, ValueOutOfRange', () => {
    routeSome(2);
    expect(attempt(s, 'closeRequests', keeper, [1, 2])).toEqual(['CursorMismatch', 1, 0]);
    expect(attempt(s, 'closeRequests', keeper, [0, 3])).toEqual(['ValueOutOfRange', 3, 2]);
    perform(s, 'closeRequests', keeper, [0, 2]);
    expect(attempt(s, 'closeRequests', keeper, [0, 2])).toEqual(['CursorMismatch', 0, 2]);
  });
});

describe('auditRequests', () => {
  function serveSome(count: number): number {
    const node = routeSome(count);
    for (let request = 1; request <= count; request++) {
      perform(s, 'serveRequest', nodeOwner(node), [request, 90 + request, 7, 40]);
    }
    return node;
  }

  it('given every served request is audited > opens a task about the node, without a fee, for each', () => {
    start({ 'val.audit_bps': 10_000, 'val.task_fee': 0 });
    const node = serveSome(2);
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    perform(s, 'closeRequests', keeper, [0, 3]);
    setParam(s, 'val.task_fee', 700);
    enterNextSlot(s);
    const first = readRecord(s, 'taskTotals', 0).taskCount + 1;
    s.eventCount = 0;
    perform(s, 'auditRequests', keeper, [0, 3]);
    expect([1, 2, 3].map((request) => readRequest(request).auditTask)).toEqual([first, first + 1, 0]);
    const task = { kind: TASK_KIND.output, subject: node, owner: nodeOwner(node), referenceId: 1, wu: 5, answerId: 92 };
    expect(readRecord(s, 'tasks', first + 1)).toMatchObject({ ...task, feeUnits: 0, commitmentId: 7 });
    expect(readRecord(s, 'tasks', first + 1).nonceId).toBe(draw(s, PURPOSE.nonce, first + 1, 0));
    expect(eventsFrom(s)).toEqual([
      ['Transition', KIND.task, first, keeper, 0, 1],
      ['Transition', KIND.task, first + 1, keeper, 0, 1],
    ]);
  });

  it('given audits are switched off > opens none', () => {
    start({ 'val.audit_bps': 0 });
    serveSome(5);
    perform(s, 'closeRequests', keeper, [0, 5]);
    enterNextSlot(s);
    const { taskCount } = readRecord(s, 'taskTotals', 0);
    perform(s, 'auditRequests', keeper, [0, 5]);
    expect(readRecord(s, 'taskTotals', 0).taskCount).toBe(taskCount);
    expect(totals().auditedCount).toBe(5);
  });

  it('given the slot of the requests itself, or two slots later > SlotOutOfOrder', () => {
    serveSome(1);
    expect(attempt(s, 'auditRequests', keeper, [0, 1])).toEqual(['SlotOutOfOrder', 1, 0]);
    enterNextSlot(s);
    expect(attempt(s, 'auditRequests', keeper, [0, 2])).toEqual(['ValueOutOfRange', 2, 1]);
    expect(attempt(s, 'auditRequests', keeper, [0, 1])).toEqual(['None']);
    expect(attempt(s, 'auditRequests', keeper, [0, 1])).toEqual(['CursorMismatch', 0, 1]);
    enterNextSlot(s);
    expect(attempt(s, 'auditRequests', keeper, [1, 1])).toEqual(['SlotOutOfOrder', 1, 2]);
  });

  it('given no slot was ever opened > asks for slot 0', () => {
    writeRecord(s, 'clockTotals', 0, { slotCount: 0 });
    s.callTotals[F.callTotals.slot] = 5;
    expect(attempt(s, 'auditRequests', keeper, [0, 0])).toEqual(['SlotOutOfOrder', 5, 0]);
  });
});

describe('rateModel', () => {
  it('given a served request > adds the rating once', () => {
    const node = routeSome(2);
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    s.eventCount = 0;
    perform(s, 'rateModel', consumer, [1, 50]);
    expect(eventsFrom(s)).toEqual([['ModelRated', model, consumer, 50, 50, 1]]);
    expect(attempt(s, 'rateModel', consumer, [1, 50])).toEqual(['AlreadyRated', 1, 0]);
    expect(attempt(s, 'rateModel', consumer, [2, 50])).toEqual(['WrongState', ROUTED, 0]);
    expect(attempt(s, 'rateModel', stranger, [1, 50])).toEqual(['NotYourRequest', stranger, consumer]);
    expect(attempt(s, 'rateModel', consumer, [3, 50])).toEqual(['UnknownEntity', 3, 2]);
  });

  it.each([
    [0, ['ValueOutOfRange', 0, 50]],
    [1, ['None']],
    [50, ['None']],
    [51, ['ValueOutOfRange', 51, 50]],
  ])('given %i tenths on a scale of 50 > is answered as its limit says', (tenths, result) => {
    const node = routeSome(1);
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    expect(attempt(s, 'rateModel', consumer, [1, tenths])).toEqual(result);
  });

  it('given the next slot > UnknownEntity', () => {
    const node = routeSome(1);
    perform(s, 'serveRequest', nodeOwner(node), [1, 99, 7, 40]);
    enterNextSlot(s);
    expect(attempt(s, 'rateModel', consumer, [1, 50])).toEqual(['UnknownEntity', 1, 0]);
  });
});

describe('a new version', () => {
  it('given a request before the switch > is served and audited as the version it was asked of', () => {
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    writeRecord(s, 'models', model, { liveVersion: 9, feeUnits: 5_000 });
    writeRecord(s, 'versions', 9, { wu: 8 });
    perform(s, 'requestInference', consumer, [model, 1_000, MAX_FEE]);
    perform(s, 'routeRequests', keeper, [0, 2], planRoutes(s, 0, 2));
    for (const request of [1, 2]) {
      perform(s, 'serveRequest', nodeOwner(readRequest(request).node), [request, 1, 7, 1]);
    }
    expect([readRequest(1), readRequest(2)]).toMatchObject([
      { version: 1, wu: 5, feeUnits: 2_000 },
      { version: 9, wu: 8, feeUnits: 5_000 },
    ]);
    expect(readModel(s, model).eraWu).toBe(13);
  });
});

describe('chunks of the keeper', () => {
  it('given the slot’s work in chunks of any size > the same ledger and the same events', () => {
    const dumps = [1, 2, 3, 7].map((size) => {
      start({ 'val.audit_bps': 5_000 });
      for (let i = 0; i < 7; i++) perform(s, 'requestInference', consumer, [model, 1_000 + i, MAX_FEE]);
      const plan = planRoutes(s, 0, 7);
      const slices = Array.from({ length: Math.ceil(7 / size) }, (_, i) => [i * size, Math.min(7, (i + 1) * size)]);
      for (const [from, to] of slices) perform(s, 'routeRequests', keeper, [from!, to!], plan.slice(from, to));
      for (const request of [1, 2, 3, 5, 6]) {
        perform(s, 'serveRequest', nodeOwner(plan[request - 1]!), [request, 1, 7, 40]);
      }
      for (const slice of slices) perform(s, 'closeRequests', keeper, slice);
      enterNextSlot(s);
      for (const slice of slices) perform(s, 'auditRequests', keeper, slice);
      return dumpLedger(s);
    });
    expect(new Set(dumps).size).toBe(1);
  });
});
