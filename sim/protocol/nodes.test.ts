import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_INT } from '../base/fixedPoint.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, NODE_STATE, TASK_KIND } from './layout.ts';
import { holderOf } from './nft.ts';
import { addLoad, onAudit, onNodeTask, recordRouted, recordServedByNode, removeLoad } from './nodes.ts';
import {
  addInState,
  addOnline,
  addOwner,
  addReserved,
  advanceNode,
  attempt,
  NODE_STAKE_UNITS,
  OPENING_UNITS,
  perform,
  readNode,
  readRecord,
  readTotals,
  settleNodeTask,
  writeRecord,
} from './nodeWorld.ts';
import { ownUnits } from './stake.ts';
import type { State } from './state.ts';
import { createWorld, eventsOf, forgetEvents, setParam } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const { keeper, stakeVault, treasury } = ACCOUNT;
const STATES = Object.entries(NODE_STATE);
const WEEK_S = 604_800;

let s: State;
beforeEach(() => {
  s = createWorld();
});

/** The rejection of an owner's action in each state of SM-2 in which it is not listed. */
function statesThatRefuse(
  name: Parameters<typeof attempt>[1],
  args: (node: number) => number[],
  byKeeper = false,
): string[] {
  return STATES.filter(([, state]) => {
    const world = createWorld();
    const node = addInState(world, state);
    const actor = byKeeper ? keeper : readNode(world, node).owner;
    const [code, have] = attempt(world, name, actor, args(node));
    return code === 'WrongState' && have === state;
  }).map(([key]) => key);
}

const allBut = (...listed: (keyof typeof NODE_STATE)[]): string[] =>
  STATES.map(([key]) => key).filter((key) => !listed.includes(key as keyof typeof NODE_STATE));

describe('reserveSlot', () => {
  it('given a free node slot and the stake > reserves the slot, locks the stake and sets the deadline', () => {
    const owner = addOwner(s);
    s.nowS = 1_000;
    forgetEvents(s);
    perform(s, 'reserveSlot', owner, [0b101, 4]);
    expect(readNode(s, 1)).toMatchObject({ owner, state: NODE_STATE.reserved, seat: 1, domains: 5, capacityCount: 4 });
    expect(readNode(s, 1).deadlineS).toBe(1_000 + WEEK_S);
    expect(walletUnits(s, owner)).toBe(OPENING_UNITS - NODE_STAKE_UNITS);
    expect(ownUnits(s, KIND.node, 1)).toBe(NODE_STAKE_UNITS);
    expect(eventsOf(s)).toEqual([
      ['Moved', owner, stakeVault, NODE_STAKE_UNITS, MOVE.stake],
      ['StakeChanged', KIND.node, 1, NODE_STAKE_UNITS, 0],
      ['Transition', KIND.node, 1, owner, 0, NODE_STATE.reserved],
    ]);
  });

  it('given a new node > starts every indicator, the quality and the trust weight at trust.init_bps', () => {
    setParam(s, 'trust.init_bps', 3_333);
    const node = addReserved(s, addOwner(s));
    expect(readRecord(s, 'nodeTrust', node)).toEqual({
      trustFp: 333_300_000,
      completionFp: 333_300_000,
      accuracyFp: 333_300_000,
      stabilityFp: 333_300_000,
      speedFp: 333_300_000,
      behaviourFp: 333_300_000,
      qualityFp: 333_300_000,
      offenceEra: 0,
    });
  });

  it.each([
    [
      [0, 4],
      ['ValueOutOfRange', 0, 4_294_967_295],
    ],
    [[1, 4], ['None']],
    [[4_294_967_295, 4], ['None']],
    [
      [4_294_967_296, 4],
      ['ValueOutOfRange', 4_294_967_296, 4_294_967_295],
    ],
    [
      [1, 0],
      ['ValueOutOfRange', 0, 1_000],
    ],
    [[1, 1_000], ['None']],
    [
      [1, 1_001],
      ['ValueOutOfRange', 1_001, 1_000],
    ],
  ])('given domains and capacity %j > %j', (args, result) => {
    expect(attempt(s, 'reserveSlot', addOwner(s), args)).toEqual(result);
  });

  it('given as many nodes as slots > NodeSlotsExhausted, until one leaves', () => {
    setParam(s, 'node.slots', 2);
    const first = addReserved(s, addOwner(s));
    addReserved(s, addOwner(s));
    const late = addOwner(s);
    expect(attempt(s, 'reserveSlot', late, [1, 4])).toEqual(['NodeSlotsExhausted', 2, 2]);
    s.nowS = readNode(s, first).deadlineS + 1;
    perform(s, 'expireReservation', keeper, [first]);
    expect(attempt(s, 'reserveSlot', late, [1, 4])).toEqual(['None']);
    expect(readNode(s, 3).seat).toBe(1);
    expect(readTotals(s)).toMatchObject({ nodeCount: 3, seatsUsedCount: 2, seatsOpenedCount: 2, freedCount: 0 });
  });

  it('given a wallet of exactly the stake > reserves; given one unit less > InsufficientBalance', () => {
    const owner = addOwner(s);
    setParam(s, 'node.stake_min', OPENING_UNITS + 1);
    expect(attempt(s, 'reserveSlot', owner, [1, 4])).toEqual(['InsufficientBalance', OPENING_UNITS, OPENING_UNITS + 1]);
    setParam(s, 'node.stake_min', OPENING_UNITS);
    expect(attempt(s, 'reserveSlot', owner, [1, 4])).toEqual(['None']);
  });

  it('given several guards that fail > the first of domains, capacity, slots, balance names the rejection', () => {
    setParam(s, 'node.slots', 0);
    setParam(s, 'node.stake_min', OPENING_UNITS + 1);
    const owner = addOwner(s);
    expect(attempt(s, 'reserveSlot', owner, [0, 0])[0]).toBe('ValueOutOfRange');
    expect(attempt(s, 'reserveSlot', owner, [1, 0])).toEqual(['ValueOutOfRange', 0, 1_000]);
    expect(attempt(s, 'reserveSlot', owner, [1, 1])[0]).toBe('NodeSlotsExhausted');
    setParam(s, 'node.slots', 1);
    expect(attempt(s, 'reserveSlot', owner, [1, 1])[0]).toBe('InsufficientBalance');
  });

  it('given a stake of 0 > reserves without a move', () => {
    setParam(s, 'node.stake_min', 0);
    const owner = addOwner(s);
    forgetEvents(s);
    perform(s, 'reserveSlot', owner, [1, 4]);
    expect(eventsOf(s)).toEqual([['Transition', KIND.node, 1, owner, 0, NODE_STATE.reserved]]);
  });

  it('given an account that is no agent > UnknownAccount', () => {
    expect(attempt(s, 'reserveSlot', 31, [1, 4])).toEqual(['UnknownAccount', 31, 0]);
    expect(attempt(s, 'reserveSlot', keeper, [1, 4])).toEqual(['UnknownAccount', keeper, 0]);
  });
});

describe('every action on a node', () => {
  it.each([
    ['registerNode', [9]],
    ['editNode', [1, 4]],
    ['submitNodeMetadata', [77]],
    ['requestNodeValidation', []],
    ['topUpNode', [1]],
    ['requestExit', []],
    ['finaliseExit', []],
  ] as const)('%s > given no such node UnknownEntity, given another account NotOwner', (name, rest) => {
    const owner = addOwner(s);
    const node = addReserved(s, owner);
    const other = addOwner(s);
    expect(attempt(s, name, owner, [0, ...rest])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(s, name, owner, [2, ...rest])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(s, name, other, [node, ...rest])).toEqual(['NotOwner', other, owner]);
    expect(attempt(s, name, owner, [node, ...rest])[0]).not.toBe('NotOwner');
  });

  it.each(['expireReservation', 'loseHeartbeat', 'restoreHeartbeat', 'reportExitError'] as const)(
    '%s > given no such node UnknownEntity, given anybody but the keeper OnlyKeeper',
    (name) => {
      const owner = addOwner(s);
      const node = addReserved(s, owner);
      expect(attempt(s, name, keeper, [0])).toEqual(['UnknownEntity', 0, 1]);
      expect(attempt(s, name, keeper, [2])).toEqual(['UnknownEntity', 2, 1]);
      expect(attempt(s, name, owner, [node])).toEqual(['OnlyKeeper', owner, keeper]);
    },
  );

  it('given a state in which the event is not listed > WrongState (SM-2)', () => {
    expect(statesThatRefuse('registerNode', (node) => [node, 9])).toEqual(allBut('reserved'));
    expect(statesThatRefuse('editNode', (node) => [node, 1, 4])).toEqual(
      allBut('registered', 'metaRejected', 'valRejected'),
    );
    expect(statesThatRefuse('submitNodeMetadata', (node) => [node, 77])).toEqual(allBut('registered', 'metaRejected'));
    expect(statesThatRefuse('requestNodeValidation', (node) => [node])).toEqual(allBut('metaApproved', 'valRejected'));
    expect(statesThatRefuse('topUpNode', (node) => [node, 1])).toEqual(['removed', 'released']);
    expect(statesThatRefuse('requestExit', (node) => [node])).toEqual(allBut('online', 'offline'));
    expect(statesThatRefuse('finaliseExit', (node) => [node])).toEqual(allBut('exiting'));
    expect(statesThatRefuse('expireReservation', (node) => [node], true)).toEqual([
      'online',
      'offline',
      'exiting',
      'removed',
      'released',
    ]);
    expect(statesThatRefuse('loseHeartbeat', (node) => [node], true)).toEqual(allBut('online'));
    expect(statesThatRefuse('restoreHeartbeat', (node) => [node], true)).toEqual(allBut('offline'));
    expect(statesThatRefuse('reportExitError', (node) => [node], true)).toEqual(allBut('exiting'));
  });
});

describe('registerNode', () => {
  it('given a reserved node > is Registered and its owner holds its NFT', () => {
    const node = addInState(s, NODE_STATE.reserved);
    const { owner } = readNode(s, node);
    expect(holderOf(s, KIND.node, node)).toBe(0);
    forgetEvents(s);
    perform(s, 'registerNode', owner, [node, 9]);
    expect(holderOf(s, KIND.node, node)).toBe(owner);
    expect(readNode(s, node).deadlineS).toBe(WEEK_S);
    expect(eventsOf(s)).toEqual([['Transition', KIND.node, node, owner, NODE_STATE.reserved, NODE_STATE.registered]]);
  });

  it('given the last second before the deadline > registers; given one more > DeadlinePassed', () => {
    const node = addInState(s, NODE_STATE.reserved);
    const { owner } = readNode(s, node);
    s.nowS = WEEK_S + 1;
    expect(attempt(s, 'registerNode', owner, [node, 9])).toEqual(['DeadlinePassed', WEEK_S + 1, WEEK_S]);
    s.nowS = WEEK_S;
    expect(attempt(s, 'registerNode', owner, [node, 0])).toEqual(['EndpointNotConformant', 0, 0]);
    expect(attempt(s, 'registerNode', owner, [node, 1])).toEqual(['None']);
  });

  it('given node.deadline_target = registered > ends the deadline for good', () => {
    setParam(s, 'node.deadline_target', 0);
    const node = addInState(s, NODE_STATE.metaApproved);
    expect(readNode(s, node).deadlineS).toBe(0);
    s.nowS = 10 * WEEK_S;
    expect(attempt(s, 'expireReservation', keeper, [node])).toEqual(['DeadlineNotPassed', 10 * WEEK_S, 0]);
    expect(attempt(s, 'requestNodeValidation', readNode(s, node).owner, [node])).toEqual(['None']);
  });
});

describe('editNode', () => {
  it('given a node after a failed check > takes the new offer and may be checked again', () => {
    const node = addInState(s, NODE_STATE.metaRejected);
    const { owner } = readNode(s, node);
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 78])).toEqual(['ChangeRequired', node, 0]);
    expect(attempt(s, 'editNode', owner, [node, 0, 4])).toEqual(['ValueOutOfRange', 0, 4_294_967_295]);
    expect(attempt(s, 'editNode', owner, [node, 6, 1_001])).toEqual(['ValueOutOfRange', 1_001, 1_000]);
    perform(s, 'editNode', owner, [node, 6, 9]);
    expect(readNode(s, node)).toMatchObject({ domains: 6, capacityCount: 9, documentId: 0, needsChange: 0 });
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 78])).toEqual(['None']);
  });
});

describe('submitNodeMetadata', () => {
  it('given a document > opens a metadata task for the fee and waits for it', () => {
    setParam(s, 'val.task_fee', 3);
    const node = addInState(s, NODE_STATE.registered);
    const { owner } = readNode(s, node);
    s.nowS = 500;
    forgetEvents(s);
    perform(s, 'submitNodeMetadata', owner, [node, 77]);
    const { pendingTask } = readNode(s, node);
    expect(readNode(s, node)).toMatchObject({ state: NODE_STATE.metaReview, documentId: 77, pausedAtS: 500 });
    expect(readRecord(s, 'tasks', pendingTask)).toMatchObject({
      kind: TASK_KIND.nodeMetadata,
      subject: node,
      owner,
      feeUnits: 3,
    });
    expect(eventsOf(s).map(([name, kind]) => [name, kind])).toEqual([
      ['Transition', KIND.node],
      ['Transition', KIND.task],
      ['Moved', owner],
    ]);
  });

  it('given no document > ValueOutOfRange; given a passed deadline > DeadlinePassed', () => {
    const node = addInState(s, NODE_STATE.registered);
    const { owner } = readNode(s, node);
    s.nowS = WEEK_S + 1;
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 0])).toEqual(['ValueOutOfRange', 0, 0]);
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 1])).toEqual(['DeadlinePassed', WEEK_S + 1, WEEK_S]);
    s.nowS = WEEK_S;
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 1])).toEqual(['None']);
  });

  it('given one unit less than the fee > InsufficientBalance, for either review', () => {
    const node = addInState(s, NODE_STATE.registered);
    const { owner } = readNode(s, node);
    const balance = walletUnits(s, owner);
    setParam(s, 'val.task_fee', balance + 1);
    expect(attempt(s, 'submitNodeMetadata', owner, [node, 1])).toEqual(['InsufficientBalance', balance, balance + 1]);
    setParam(s, 'val.task_fee', 0);
    perform(s, 'submitNodeMetadata', owner, [node, 1]);
    settleNodeTask(s, node, true);
    setParam(s, 'val.task_fee', balance + 1);
    expect(attempt(s, 'requestNodeValidation', owner, [node])).toEqual(['InsufficientBalance', balance, balance + 1]);
    setParam(s, 'val.task_fee', balance);
    expect(attempt(s, 'requestNodeValidation', owner, [node])).toEqual(['None']);
  });
});

describe('requestNodeValidation', () => {
  it('given a node that failed > must be changed first; given a passed deadline > DeadlinePassed', () => {
    const node = addInState(s, NODE_STATE.valRejected);
    const { owner } = readNode(s, node);
    s.nowS = WEEK_S + 1;
    expect(attempt(s, 'requestNodeValidation', owner, [node])).toEqual(['ChangeRequired', node, 0]);
    perform(s, 'editNode', owner, [node, 1, 4]);
    expect(attempt(s, 'requestNodeValidation', owner, [node])).toEqual(['DeadlinePassed', WEEK_S + 1, WEEK_S]);
    s.nowS = WEEK_S;
    expect(attempt(s, 'requestNodeValidation', owner, [node])).toEqual(['None']);
    const { pendingTask } = readNode(s, node);
    expect(readRecord(s, 'tasks', pendingTask)).toMatchObject({ kind: TASK_KIND.node, subject: node });
  });
});

describe('onNodeTask', () => {
  it.each([
    [NODE_STATE.metaReview, true, NODE_STATE.metaApproved, 0],
    [NODE_STATE.metaReview, false, NODE_STATE.metaRejected, 1],
    [NODE_STATE.valReview, true, NODE_STATE.online, 0],
    [NODE_STATE.valReview, false, NODE_STATE.valRejected, 1],
  ])('given state %d and passed = %s > is in state %d, change needed %d', (from, passed, to, needsChange) => {
    const node = addInState(s, from);
    const before = readTotals(s).onlineCount;
    forgetEvents(s);
    settleNodeTask(s, node, passed);
    expect(readNode(s, node)).toMatchObject({ state: to, needsChange, pendingTask: 0 });
    expect(readTotals(s).onlineCount).toBe(before + (to === NODE_STATE.online ? 1 : 0));
    expect(eventsOf(s)).toEqual([['Transition', KIND.node, node, keeper, from, to]]);
  });

  it('given a review of 5 000 s > the deadline is 5 000 s later; once Online there is none', () => {
    const node = addInState(s, NODE_STATE.registered);
    const { owner } = readNode(s, node);
    s.nowS = 100;
    perform(s, 'submitNodeMetadata', owner, [node, 77]);
    s.nowS = 5_100;
    settleNodeTask(s, node, true);
    expect(readNode(s, node).deadlineS).toBe(WEEK_S + 5_000);
    perform(s, 'requestNodeValidation', owner, [node]);
    settleNodeTask(s, node, true);
    expect(readNode(s, node).deadlineS).toBe(0);
  });

  it('given another task, or the same one twice > is an assertion', () => {
    const node = addInState(s, NODE_STATE.metaReview);
    const { pendingTask } = readNode(s, node);
    expect(() => onNodeTask(s, pendingTask + 1, TASK_KIND.nodeMetadata, node, true, keeper)).toThrow('waits for');
    expect(() => onNodeTask(s, pendingTask, TASK_KIND.node, node, true, keeper)).toThrow('waits for');
    onNodeTask(s, pendingTask, TASK_KIND.nodeMetadata, node, true, keeper);
    expect(() => onNodeTask(s, pendingTask, TASK_KIND.nodeMetadata, node, true, keeper)).toThrow('waits for');
  });
});

describe('topUpNode', () => {
  it('given units of the wallet > adds them to the stake; given none > AmountTooSmall', () => {
    const node = addOnline(s);
    const { owner } = readNode(s, node);
    const balance = walletUnits(s, owner);
    expect(attempt(s, 'topUpNode', owner, [node, 0])).toEqual(['AmountTooSmall', 0, 1]);
    expect(attempt(s, 'topUpNode', owner, [node, balance + 1])).toEqual(['InsufficientBalance', balance, balance + 1]);
    expect(attempt(s, 'topUpNode', owner, [node, balance])).toEqual(['None']);
    expect(ownUnits(s, KIND.node, node)).toBe(NODE_STAKE_UNITS + balance);
  });
});

describe('expireReservation', () => {
  it('given the deadline itself > DeadlineNotPassed; given one second more > the slot is free and 5 % of the stake lost', () => {
    const node = addInState(s, NODE_STATE.metaApproved);
    const { owner, deadlineS } = readNode(s, node);
    s.nowS = deadlineS;
    expect(attempt(s, 'expireReservation', keeper, [node])).toEqual(['DeadlineNotPassed', deadlineS, deadlineS]);
    s.nowS = deadlineS + 1;
    forgetEvents(s);
    perform(s, 'expireReservation', keeper, [node]);
    const penalty = NODE_STAKE_UNITS / 20;
    expect(eventsOf(s)).toEqual([
      ['Moved', stakeVault, treasury, penalty, MOVE.penalty],
      ['Slashed', KIND.node, node, penalty],
      ['StakeChanged', KIND.node, node, NODE_STAKE_UNITS - penalty, 0],
      ['Moved', stakeVault, owner, NODE_STAKE_UNITS - penalty, MOVE.unstake],
      ['StakeChanged', KIND.node, node, 0, 0],
      ['Transition', KIND.node, node, keeper, NODE_STATE.metaApproved, NODE_STATE.released],
    ]);
    expect(holderOf(s, KIND.node, node)).toBe(0);
    expect(readNode(s, node).seat).toBe(0);
    expect(readTotals(s)).toMatchObject({ seatsUsedCount: 0, freedCount: 1 });
    expect(s.freedSeats[1]).toBe(1);
  });

  it('given a review under way > TaskPending: the clock stands still', () => {
    const node = addInState(s, NODE_STATE.metaReview);
    s.nowS = 2 * WEEK_S;
    expect(attempt(s, 'expireReservation', keeper, [node])).toEqual(['TaskPending', readNode(s, node).pendingTask, 0]);
  });

  it.each([
    [0, NODE_STAKE_UNITS],
    [10_000, 0],
  ])('given a penalty of %d bps > the owner gets %d units back', (bps, back) => {
    setParam(s, 'node.deadline_penalty_bps', bps);
    const node = addInState(s, NODE_STATE.released);
    expect(walletUnits(s, readNode(s, node).owner)).toBe(OPENING_UNITS - NODE_STAKE_UNITS + back);
    expect(walletUnits(s, treasury)).toBe(NODE_STAKE_UNITS - back);
  });
});

describe('heartbeats', () => {
  it('given a lost heartbeat > Offline since then, and not counted as Online until it is back', () => {
    const node = addOnline(s);
    s.nowS = 777;
    perform(s, 'loseHeartbeat', keeper, [node]);
    expect(readNode(s, node).state).toBe(NODE_STATE.offline);
    expect(readTotals(s).onlineCount).toBe(0);
    expect(readRecord(s, 'nodeReports', node).offlineSinceS).toBe(777);
    forgetEvents(s);
    perform(s, 'restoreHeartbeat', keeper, [node]);
    expect(readTotals(s).onlineCount).toBe(1);
    expect(readRecord(s, 'nodeReports', node).offlineSinceS).toBe(0);
    expect(eventsOf(s)).toEqual([['Transition', KIND.node, node, keeper, NODE_STATE.offline, NODE_STATE.online]]);
  });
});

describe('the exit queue', () => {
  it('given seven eras > ExitQueueNotOver before, then stake back, NFT burnt and slot free in one event', () => {
    s.clockTotals[F.clockTotals.era] = 3;
    const node = addInState(s, NODE_STATE.exiting);
    const { owner } = readNode(s, node);
    expect(readNode(s, node).exitEra).toBe(10);
    s.clockTotals[F.clockTotals.era] = 9;
    expect(attempt(s, 'finaliseExit', owner, [node])).toEqual(['ExitQueueNotOver', 9, 10]);
    s.clockTotals[F.clockTotals.era] = 10;
    forgetEvents(s);
    perform(s, 'finaliseExit', owner, [node]);
    expect(eventsOf(s)).toEqual([
      ['Moved', stakeVault, owner, NODE_STAKE_UNITS, MOVE.unstake],
      ['StakeChanged', KIND.node, node, 0, 0],
      ['Transition', KIND.node, node, owner, NODE_STATE.exiting, NODE_STATE.removed],
    ]);
    expect(holderOf(s, KIND.node, node)).toBe(0);
    expect(readNode(s, node)).toMatchObject({ state: NODE_STATE.removed, seat: 0 });
    expect(readTotals(s)).toMatchObject({ seatsUsedCount: 0, freedCount: 1, onlineCount: 0 });
  });

  it('given a deployment > StillHosting; given an open task > TaskPending', () => {
    setParam(s, 'node.exit_eras', 0);
    const node = addInState(s, NODE_STATE.exiting);
    const { owner } = readNode(s, node);
    writeRecord(s, 'nodes', node, { loadCount: 1, pendingTask: 5 });
    expect(attempt(s, 'finaliseExit', owner, [node])).toEqual(['StillHosting', 1, 0]);
    writeRecord(s, 'nodes', node, { loadCount: 0 });
    expect(attempt(s, 'finaliseExit', owner, [node])).toEqual(['TaskPending', 5, 0]);
    writeRecord(s, 'nodes', node, { pendingTask: 0 });
    expect(attempt(s, 'finaliseExit', owner, [node])).toEqual(['None']);
  });

  it('given an Offline node > leaves the count of Online nodes alone', () => {
    const node = addInState(s, NODE_STATE.offline);
    addOnline(s);
    perform(s, 'requestExit', readNode(s, node).owner, [node]);
    expect(readTotals(s).onlineCount).toBe(1);
  });

  it('given as many errors as the budget > costs nothing; given one more > 2 % of what is left, each time', () => {
    setParam(s, 'node.exit_error_budget', 2);
    const node = addInState(s, NODE_STATE.exiting);
    perform(s, 'reportExitError', keeper, [node]);
    perform(s, 'reportExitError', keeper, [node]);
    expect(ownUnits(s, KIND.node, node)).toBe(500_000_000);
    perform(s, 'reportExitError', keeper, [node]);
    expect(ownUnits(s, KIND.node, node)).toBe(490_000_000);
    perform(s, 'reportExitError', keeper, [node]);
    expect(ownUnits(s, KIND.node, node)).toBe(480_200_000);
    expect(walletUnits(s, treasury)).toBe(19_800_000);
    expect(readNode(s, node).exitErrorCount).toBe(4);
  });
});

describe('reportNodes', () => {
  it('given four words for each node > stores them in order', () => {
    addOnline(s);
    addOnline(s);
    addOnline(s);
    perform(s, 'reportNodes', keeper, [1, 3], [1, 2, 3, 4, 5, 6, 7, MAX_INT]);
    expect(readRecord(s, 'nodeReports', 1)).toMatchObject({ beats: 0 });
    expect(Object.values(readRecord(s, 'nodeReports', 2))).toEqual([1, 2, 3, 4]);
    expect(Object.values(readRecord(s, 'nodeReports', 3))).toEqual([5, 6, 7, MAX_INT]);
  });

  it.each([
    [
      [0, 2],
      [1, 2, 3, 4, 5, 6, 7],
      ['BatchMismatch', 7, 8],
    ],
    [
      [0, 2],
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      ['BatchMismatch', 9, 8],
    ],
    [[0, 3], [], ['ValueOutOfRange', 3, 2]],
    [[2, 1], [], ['ValueOutOfRange', 2, 1]],
    [[1, 1], [], ['None']],
    [
      [1, 2],
      [1, 2, MAX_INT + 1, 4],
      ['ValueOutOfRange', MAX_INT + 1, MAX_INT],
    ],
    [[1, 2], [1, 2, MAX_INT, 4], ['None']],
  ])('given slice %j of two nodes and words %j > %j', (slice, words, result) => {
    addOnline(s);
    addOnline(s);
    expect(attempt(s, 'reportNodes', keeper, slice, words)).toEqual(result);
  });
});

describe('the counts of an era', () => {
  it('given requests routed and served > count assignments, finished work and contribution', () => {
    const node = addOnline(s);
    recordRouted(s, node);
    recordRouted(s, node);
    recordServedByNode(s, node, 40);
    expect(readRecord(s, 'nodeEra', node)).toMatchObject({ assignedCount: 2, finishedCount: 1, acceptedWu: 40 });
  });

  it('given audits > accepted work weighs its quality, rejected work counts 0 and is no contribution', () => {
    const node = addOnline(s);
    recordServedByNode(s, node, 40);
    recordServedByNode(s, node, 100);
    onAudit(s, node, 40, 9_500, true);
    onAudit(s, node, 100, 9_000, false);
    expect(readRecord(s, 'nodeEra', node)).toMatchObject({
      checkedCount: 2,
      acceptedCount: 1,
      auditedWu: 140,
      auditedWuBps: 380_000,
      acceptedWu: 40,
    });
  });

  it('given rejected work of an era that is settled > takes no more than there is', () => {
    const node = addOnline(s);
    recordServedByNode(s, node, 40);
    onAudit(s, node, 100, 0, false);
    expect(readRecord(s, 'nodeEra', node).acceptedWu).toBe(0);
  });
});

describe('addLoad and removeLoad', () => {
  it('given a node with room for one > holds one, and a second or a removal too many is an assertion', () => {
    const node = addOnline(s, 1, 1);
    addLoad(s, node);
    expect(readNode(s, node).loadCount).toBe(1);
    expect(() => addLoad(s, node)).toThrow('no capacity');
    removeLoad(s, node);
    expect(() => removeLoad(s, node)).toThrow('hosts nothing');
  });
});

describe('the way to Online', () => {
  it('given checks that pass > takes the states of SM-2 in order', () => {
    const node = addReserved(s, addOwner(s));
    forgetEvents(s);
    advanceNode(s, node, NODE_STATE.online);
    const states = eventsOf(s)
      .filter(([name, kind]) => name === 'Transition' && kind === KIND.node)
      .map((event) => event[5]);
    expect(states).toEqual([
      NODE_STATE.registered,
      NODE_STATE.metaReview,
      NODE_STATE.metaApproved,
      NODE_STATE.valReview,
      NODE_STATE.online,
    ]);
  });
});
