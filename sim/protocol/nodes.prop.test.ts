import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP, MAX_INT } from '../base/fixedPoint.ts';
import { type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { ACCOUNT, KIND, NODE_STATE } from './layout.ts';
import { holderOf } from './nft.ts';
import { addLoad, onAudit, recordRouted, recordServedByNode, removeLoad } from './nodes.ts';
import {
  addOwner,
  dumpLedger,
  NODE_STEPS,
  readNode,
  readRecord,
  readTotals,
  settle,
  settleNodeTask,
} from './nodeWorld.ts';
import { ownUnits } from './stake.ts';
import { getParam, type State } from './state.ts';
import { createWorld, enterNextEra, eventsOf, forgetEvents, setParam } from './taskWorld.ts';
import { isWorking } from './trust.ts';

const { reserved, registered, metaReview, metaApproved, metaRejected, valReview, valRejected } = NODE_STATE;
const { online, offline, exiting, removed, released } = NODE_STATE;
const { keeper } = ACCOUNT;

/** SM-2: which state may follow which. */
const SUCCESSORS: Readonly<Record<number, readonly number[]>> = {
  0: [reserved],
  [reserved]: [registered, released],
  [registered]: [metaReview, released],
  [metaReview]: [metaApproved, metaRejected],
  [metaApproved]: [valReview, released],
  [metaRejected]: [metaReview, released],
  [valReview]: [online, valRejected],
  [valRejected]: [valReview, released],
  [online]: [offline, exiting],
  [offline]: [online, exiting],
  [exiting]: [removed],
  [removed]: [],
  [released]: [],
};

type Step = {
  readonly what: (typeof STEPS)[number];
  readonly node: number;
  readonly owner: number;
  readonly x: number;
};
const ACTION_STEPS = [
  'reserveSlot',
  'registerNode',
  'editNode',
  'submitNodeMetadata',
  'requestNodeValidation',
  'topUpNode',
  'expireReservation',
  'requestExit',
  'finaliseExit',
  'loseHeartbeat',
  'restoreHeartbeat',
  'reportExitError',
  'reportNodes',
] as const satisfies readonly ActionName[];
const STEPS = [...ACTION_STEPS, 'walk', 'walk', 'walk', 'walk', 'wait', 'endEra', 'work', 'load', 'unload'] as const;

/** What the owner of a node would do next on its way to Online and out again. */
const NEXT: Readonly<Record<number, ActionName>> = {
  [reserved]: 'registerNode',
  [registered]: 'submitNodeMetadata',
  [metaApproved]: 'requestNodeValidation',
  [metaRejected]: 'editNode',
  [valRejected]: 'editNode',
  [exiting]: 'finaliseExit',
};

function argsOf(name: ActionName, { node, x }: Step): readonly [args: number[], bulk?: number[]] {
  if (name === 'reserveSlot') return [[(x % 4) + 1, (x % 3) + 1]];
  if (name === 'registerNode' || name === 'submitNodeMetadata') return [[node, 1 + (x % 3)]];
  if (name === 'editNode') return [[node, (x % 4) + 1, (x % 3) + 1]];
  if (name === 'topUpNode') return [[node, x % 1_000]];
  if (name === 'reportNodes')
    return [
      [Math.max(node, 1) - 1, Math.max(node, 1)],
      [x, (x * 7) % MAX_INT, (x * 4_294_967_296) % MAX_INT, x],
    ];
  return [[node]];
}

function act(s: State, name: ActionName, step: Step, owner: number): void {
  const [args, bulk] = argsOf(name, step);
  const isKeepers = ['expireReservation', 'loseHeartbeat', 'restoreHeartbeat', 'reportExitError', 'reportNodes'];
  const before = dumpLedger(s);
  const code = applyAction(s, action(name, isKeepers.includes(name) ? keeper : owner, args, bulk));
  if (code !== 0) expect(dumpLedger(s)).toBe(before);
}

function take(s: State, step: Step): void {
  const { what, x } = step;
  const count = readTotals(s).nodeCount;
  const node = count === 0 ? 0 : 1 + (step.node % count);
  const at = { ...step, node };
  const state = node === 0 ? 0 : readNode(s, node).state;
  const owner = ACCOUNT.firstAgent + step.owner;
  if (what === 'wait') {
    const deadlineS = getParam(s, 'node.reserve_deadline_s');
    s.nowS += x % 4 === 0 ? x % (deadlineS + 2) : x % 3_600;
  } else if (what === 'endEra') {
    settle(s, NODE_STEPS, [1 + (x % 3), 1 + (x % 5)]);
    enterNextEra(s);
  } else if (what === 'walk') {
    const name = NEXT[state];
    if (state === metaReview || state === valReview) settleNodeTask(s, node, x % 4 !== 0);
    else if (name !== undefined) act(s, name, at, readNode(s, node).owner);
  } else if (what === 'work') {
    if (!isWorking(state)) return;
    recordRouted(s, node);
    if (x % 3 > 0) recordServedByNode(s, node, x % 1_000);
    if (x % 3 > 1) onAudit(s, node, x % 1_000, x % 10_001, x % 2 === 0);
  } else if (what === 'load') {
    if (state === online && readNode(s, node).loadCount < readNode(s, node).capacityCount) addLoad(s, node);
  } else if (what === 'unload') {
    if (node > 0 && readNode(s, node).loadCount > 0) removeLoad(s, node);
  } else {
    act(s, what, at, x % 8 === 0 || node === 0 || what === 'reserveSlot' ? owner : readNode(s, node).owner);
  }
}

function expectInvariants(s: State, supplyUnits: number): void {
  const totals = readTotals(s);
  const nodes = Array.from({ length: totals.nodeCount }, (_, i) => ({ id: i + 1, ...readNode(s, i + 1) }));

  for (const [name, kind, node, , from, to] of eventsOf(s)) {
    if (name === 'Transition' && kind === KIND.node) {
      expect(SUCCESSORS[from as number], `INV-22: node ${node} from ${from} to ${to}`).toContain(to);
    }
  }
  for (const node of nodes) {
    const hasNft = node.state >= registered && node.state <= exiting;
    expect(holderOf(s, KIND.node, node.id), `INV-15: node ${node.id}`).toBe(hasNft ? node.owner : 0);
    expect(node.seat === 0, `INV-17: node ${node.id}`).toBe(node.state >= removed);
    if (node.state >= removed) expect(ownUnits(s, KIND.node, node.id)).toBe(0);
    const { offenceEra: _, ...ratios } = readRecord(s, 'nodeTrust', node.id);
    for (const value of Object.values(ratios)) expect(value >= 0 && value <= FP, 'INV-34').toBe(true);
  }
  const seats = nodes.map((n) => n.seat).filter((seat) => seat > 0);
  const free = Array.from(s.freedSeats.slice(1, totals.freedCount + 1));
  expect(new Set([...seats, ...free]).size, 'INV-16').toBe(totals.seatsOpenedCount);
  expect(s.freedSeats.slice(totals.freedCount + 1).every((seat) => seat === 0)).toBe(true);
  expect(seats.length, 'INV-16').toBe(totals.seatsUsedCount);
  expect(totals.seatsUsedCount + totals.freedCount, 'INV-16').toBe(totals.seatsOpenedCount);
  expect(totals.seatsUsedCount, 'INV-16').toBeLessThanOrEqual(getParam(s, 'node.slots'));
  expect(nodes.filter((n) => n.state === online)).toHaveLength(totals.onlineCount);

  const staked = nodes.reduce((sum, n) => sum + ownUnits(s, KIND.node, n.id), 0);
  expect(s.wallets[ACCOUNT.stakeVault]).toBe(staked);
  expect(s.wallets.reduce((sum, units) => sum + units, 0)).toBe(supplyUnits);
}

describe('any history of nodes', () => {
  it('given any actions in any order > keeps INV-15, INV-16, INV-17, INV-22 and INV-34, and every token', () => {
    const step = fc.record({
      what: fc.constantFrom(...STEPS),
      node: fc.nat(5),
      owner: fc.nat(2),
      x: fc.nat(2 ** 31),
    });
    const reached = new Set<number>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 160, size: 'max' }), fc.nat(2), (steps, exitEras) => {
        const s = createWorld();
        setParam(s, 'node.slots', 4);
        setParam(s, 'node.exit_eras', exitEras);
        setParam(s, 'node.exit_error_budget', 1);
        setParam(s, 'val.task_fee', 5);
        for (let i = 0; i < 3; i++) addOwner(s);
        const supplyUnits = s.wallets.reduce((sum, units) => sum + units, 0);
        for (const next of steps) {
          forgetEvents(s);
          take(s, next);
          expectInvariants(s, supplyUnits);
          for (let node = readTotals(s).nodeCount; node > 0; node--) reached.add(readNode(s, node).state);
        }
      }),
      { numRuns: 40, seed: 20_250_101 },
    );
    // A history that never gets anywhere would prove nothing.
    expect([...reached].sort((a, b) => a - b)).toEqual(Object.values(NODE_STATE));
  });
});
