import { beforeAll, describe, expect, it } from 'vitest';
import { createStreams, nextInt } from '../base/stream.ts';
import { ACTION_NAMES, ACTIONS, type ActionName } from './actions.ts';
import { applyAction } from './apply.ts';
import { EV, MOVE } from './events.ts';
import { leastDelegation, memberUnits } from './fizzNodes.ts';
import {
  ASSET_COUNT,
  CLOSE_REASON,
  F,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  OPERATOR_STATE,
  ORDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from './layout.ts';
import { MARKET_VARIANTS } from './marketWalk.ts';
import { createWalk } from './randomWalk.ts';
import { REJECTIONS } from './rejections.ts';
import { EVENT_STRIDE, type State } from './state.ts';
import { isTransition } from './transitions.ts';

const MARKET: readonly string[] = ['Assets', 'Escrow', 'Orders', 'Leases', 'Fizz'];
const ACTIONS_PER_SLOT = 150;
const STEPS = 48_000;
/** Seed of the first variant’s history: with it, the rare ways of a lease are all taken. */
const FIRST_SEED = 6;

/** What one history has come to. */
type Reached = {
  readonly accepted: Map<string, number>;
  readonly refused: Map<string, number>;
  /** `kind: from > to` */
  readonly transitions: Set<string>;
  readonly rejections: Set<string>;
  readonly s: State;
  /** Rewards of fizz nodes that were paid; slashes after which an Active fizz node backed its gateway with too little. */
  fizzRewards: number;
  shortBySlash: number;
  /** Slashes of providers with open leases. */
  slashedServing: number;
};

function count(of: Map<string, number>, name: string): void {
  of.set(name, (of.get(name) ?? 0) + 1);
}

function shortMembers(s: State): number {
  let short = 0;
  for (let fizz = 1; fizz <= s.fizzTotals[F.fizzTotals.fizzCount]!; fizz++) {
    const at = fizz * STRIDE.fizzNodes;
    if (s.fizzNodes[at + F.fizzNodes.state] !== FIZZ_STATE.active) continue;
    if (memberUnits(s, fizz) < leastDelegation(s, s.fizzNodes[at + F.fizzNodes.gateway]!)) short += 1;
  }
  return short;
}

/** Notes what the events of the last action tell. */
function readEvents(s: State, reached: Reached): void {
  for (let i = 0; i < s.eventCount; i++) {
    const [code, a, b, , d, e] = s.events.subarray(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    if (code === EV.Transition) reached.transitions.add(`${a}: ${d} > ${e}`);
    if (code === EV.RewardPaid && a === KIND.fizz && e === MOVE.fizzReward) reached.fizzRewards += 1;
    const isSlash = code === EV.Slashed && a === KIND.provider;
    if (isSlash && s.providerUse[b! * STRIDE.providerUse + F.providerUse.leaseCount]! > 0) reached.slashedServing += 1;
  }
}

function walkMarket(seed: number, params: Readonly<Record<string, number>>): Reached {
  const streams = createStreams(1, () => `market/${seed}`);
  const { s, steps } = createWalk((n) => nextInt(streams, 0, n), ACTIONS_PER_SLOT, params);
  const reached: Reached = {
    ...{ accepted: new Map(), refused: new Map(), transitions: new Set(), rejections: new Set(), s },
    ...{ fizzRewards: 0, shortBySlash: 0, slashedServing: 0 },
  };
  for (let i = 0; i < STEPS; i++) {
    const { nowS, action } = steps.next().value!;
    s.nowS = nowS;
    s.eventCount = 0;
    const name = ACTION_NAMES[action.kind]!;
    const short =
      name === 'slashDelegations' || name === 'releaseDelegations' || name === 'assessProviders' ? shortMembers(s) : -1;
    const code = applyAction(s, action);
    count(code === 0 ? reached.accepted : reached.refused, name);
    if (code !== 0) reached.rejections.add(REJECTIONS[code]!);
    if (short >= 0 && shortMembers(s) > short) reached.shortBySlash += 1;
    readEvents(s, reached);
  }
  return reached;
}

/** Transitions that the machine of a kind has, among states 0 … most. */
function transitionsOf(kind: number, most: number): string[] {
  const found: string[] = [];
  for (let from = 0; from <= most; from++)
    for (let to = 0; to <= most; to++) if (isTransition(kind, from, to)) found.push(`${kind}: ${from} > ${to}`);
  return found;
}

function leaseFields(s: State, field: number): number[] {
  const leases = s.leaseTotals[F.leaseTotals.leaseCount]!;
  return Array.from({ length: leases }, (_, i) => s.leases[(i + 1) * STRIDE.leases + field]!);
}

describe('the market’s part of a random walk', () => {
  let histories: readonly Reached[];
  const missing = (wanted: readonly string[], has: (reached: Reached, name: string) => boolean): string[] =>
    wanted.filter((name) => !histories.some((reached) => has(reached, name)));
  beforeAll(() => {
    histories = MARKET_VARIANTS.map(({ params }, i) => walkMarket(FIRST_SEED + i, params));
  });
  const market = ACTION_NAMES.filter((name) => MARKET.includes(ACTIONS[name].contract));

  it('reaches every action of assets, escrow, orders, leases and fizz nodes', () => {
    expect(missing(market, ({ accepted }, name) => accepted.has(name))).toEqual([]);
  });

  it('is refused each of them now and then, but the two steps of the settlement', () => {
    const steps: readonly ActionName[] = ['accrueLeases', 'postMedian'];
    const actions = market.filter((name) => !steps.includes(name));
    expect(missing(actions, ({ refused }, name) => refused.has(name))).toEqual([]);
  });

  it('accepts more than half of them in every variant', () => {
    for (const { accepted, refused } of histories) {
      const sum = (of: Map<string, number>): number => market.reduce((units, name) => units + (of.get(name) ?? 0), 0);
      expect(sum(accepted)).toBeGreaterThan(sum(refused));
    }
  });

  it.each([
    ['SM-6, orders', KIND.order, ORDER_STATE.cancelled],
    ['SM-6, leases', KIND.lease, LEASE_STATE.closed],
    ['SM-12, fizz nodes', KIND.fizz, FIZZ_STATE.leaving],
    ['SM-12, subnets', KIND.subnet, SUBNET_STATE.dissolved],
    ['MATCH-5, operators', KIND.operator, OPERATOR_STATE.left],
  ])('takes every transition of %s', (_, kind, most) => {
    const wanted = transitionsOf(kind, most);
    expect(wanted.length).toBeGreaterThan(2);
    expect(missing(wanted, ({ transitions }, name) => transitions.has(name))).toEqual([]);
  });

  it('SM-13 > wallets are paid into and out of, locked, paid from, unlocked and handed over, in the token and in two assets', () => {
    const used = ['openEscrow', 'depositEscrow', 'withdrawEscrow', 'transferEscrow'] as const;
    for (const { accepted } of histories) for (const name of used) expect(accepted.get(name)).toBeGreaterThan(2);
    for (let asset = 0; asset < ASSET_COUNT - 1; asset++) {
      const paid = histories.flatMap(({ s }) =>
        leaseFields(s, F.leases.paidUnits).filter((_, i) => leaseFields(s, F.leases.asset)[i] === asset),
      );
      expect([asset, paid.filter((units) => units > 0).length > 2]).toEqual([asset, true]);
    }
  });

  it('closes leases for every reason', () => {
    const reasons = new Set(histories.flatMap(({ s }) => leaseFields(s, F.leases.closeReason)));
    reasons.delete(0);
    expect([...reasons].sort()).toEqual(Object.values(CLOSE_REASON));
  });

  it('meets every rejection that the market has brought', () => {
    const wanted = REJECTIONS.slice(REJECTIONS.indexOf('AssetNotEnabled'), REJECTIONS.indexOf('CommitmentMismatch'));
    expect(wanted.length).toBe(15);
    expect(missing(wanted, ({ rejections }, name) => rejections.has(name))).toEqual([]);
  });

  it('pays fizz nodes by the docs’ rule where that is the mode, and only there', () => {
    const [docs, ...others] = histories.map(({ fizzRewards }) => fizzRewards);
    expect(docs).toBeGreaterThan(10);
    expect(others).toEqual([0, 0]);
  });

  it('slashes providers with leases, and members below what their gateway wants', () => {
    expect(histories.reduce((sum, { slashedServing }) => sum + slashedServing, 0)).toBeGreaterThan(0);
    expect(histories.reduce((sum, { shortBySlash }) => sum + shortBySlash, 0)).toBeGreaterThan(0);
  });
});
