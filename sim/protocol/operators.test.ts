import { beforeEach, describe, expect, it } from 'vitest';
import { eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import {
  ACCOUNT,
  BID_STATE,
  FIZZ_STATE,
  KIND,
  OPERATOR_STATE,
  ORDER_MODE,
  ORDER_STATE,
  PROVIDER_STATE,
} from './layout.ts';
import { winnerOf } from './matching.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import {
  addBid,
  addOrder,
  CONSUMER,
  createOrderWorld,
  KEEPER,
  providerOwner,
  readBid,
  readOrder,
  readOrderTotals,
  reserveNode,
  STRANGER,
  seatOperators,
  startMatching,
} from './orderWorld.ts';
import { P, type ParamKey } from './params.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

/** Operators of the tests: the owners of providers, who have nothing to do with it otherwise. */
const OPERATORS = [1, 2, 3, 4, 5].map(providerOwner);
let s: State;

function setParam(key: ParamKey, value: number): void {
  s.paramValues[P[key]] = value;
}

function readOperator(seat: number) {
  return readRecord(s, 'operators', seat + 1);
}

beforeEach(() => {
  s = createOrderWorld(5, { 'match.mode': 1, 'match.operators': 3 });
});

describe('joinOperators', () => {
  it('> gives the lowest free seat', () => {
    s.nowS = 9;
    const start = s.eventCount;
    seatOperators(s, OPERATORS.slice(0, 2));
    expect([0, 1].map((seat) => readOperator(seat))).toMatchObject([
      { account: OPERATORS[0], state: OPERATOR_STATE.active, joinedS: 9 },
      { account: OPERATORS[1], state: OPERATOR_STATE.active, joinedS: 9 },
    ]);
    expect(readOrderTotals(s)).toMatchObject({ operatorCount: 2, operatorSet0: 3, operatorSet1: 0 });
    expect(eventsSince(s, start)).toEqual(
      [0, 1].map((seat) => ({
        ...{ name: 'Transition', kind: KIND.operator, entity: seat + 1, actor: OPERATORS[seat], from: 0, to: 1 },
      })),
    );
  });

  it('given somebody who has a seat, or no free seat > is refused', () => {
    seatOperators(s, OPERATORS.slice(0, 3));
    expect(attempt(s, 'joinOperators', OPERATORS[2]!, [])).toEqual(['AlreadySet', 2, 0]);
    expect(attempt(s, 'joinOperators', OPERATORS[3]!, [])).toEqual(['OperatorsFull', 3, 3]);
  });

  it('> gives a vacated seat to the next, whose counts begin at 0', () => {
    seatOperators(s, OPERATORS.slice(0, 3));
    writeRecord(s, 'operators', 2, { voteCount: 4, wonCount: 3, rewardUnits: 2 });
    mustPass(s, 'leaveOperators', OPERATORS[1]!, [1]);
    s.nowS = 5;
    mustPass(s, 'joinOperators', OPERATORS[3]!, []);
    expect(readOperator(1)).toEqual({
      ...{ account: OPERATORS[3], state: OPERATOR_STATE.active, joinedS: 5, voteCount: 0, wonCount: 0, rewardUnits: 0 },
    });
    expect(readOrderTotals(s)).toMatchObject({ operatorCount: 3, operatorSet0: 7 });
  });

  it('> leaves the counts of whoever comes back to the same seat', () => {
    seatOperators(s, OPERATORS.slice(0, 1));
    writeRecord(s, 'operators', 1, { voteCount: 4, wonCount: 3, rewardUnits: 2 });
    mustPass(s, 'leaveOperators', OPERATORS[0]!, [0]);
    seatOperators(s, OPERATORS.slice(0, 1));
    expect(readOperator(0)).toMatchObject({ state: OPERATOR_STATE.active, voteCount: 4, wonCount: 3, rewardUnits: 2 });
  });

  it('> has seats in both words of the set', () => {
    s = createOrderWorld(5, { 'match.mode': 1, 'match.operators': 101 });
    for (let seat = 0; seat < 101; seat++) {
      if (seat < 51 || (seat > 52 && seat < 100)) writeRecord(s, 'operators', seat + 1, { account: 1, state: 1 });
    }
    writeRecord(s, 'orderTotals', 0, { operatorCount: 98 });
    seatOperators(s, OPERATORS.slice(0, 3));
    expect([51, 52, 100].map((seat) => readOperator(seat).account)).toEqual(OPERATORS.slice(0, 3));
    expect(readOrderTotals(s)).toMatchObject({ operatorSet0: 2 ** 51, operatorSet1: 1 + 2 ** 48, operatorCount: 101 });
    for (const [i, seat] of [51, 52, 100].entries()) mustPass(s, 'leaveOperators', OPERATORS[i]!, [seat]);
    expect(readOrderTotals(s)).toMatchObject({ operatorSet0: 0, operatorSet1: 0, operatorCount: 98 });
  });
});

describe('leaveOperators', () => {
  it('> vacates the seat', () => {
    seatOperators(s, OPERATORS.slice(0, 2));
    const start = s.eventCount;
    mustPass(s, 'leaveOperators', OPERATORS[0]!, [0]);
    expect(readOperator(0)).toMatchObject({ account: OPERATORS[0], state: OPERATOR_STATE.left });
    expect(readOrderTotals(s)).toMatchObject({ operatorCount: 1, operatorSet0: 2 });
    expect(eventsSince(s, start)).toEqual([
      { name: 'Transition', kind: KIND.operator, entity: 1, actor: OPERATORS[0], from: 1, to: 2 },
    ]);
  });

  it('given no seat, another’s or one that is vacant > is refused', () => {
    seatOperators(s, OPERATORS.slice(0, 1));
    expect(attempt(s, 'leaveOperators', OPERATORS[0]!, [101])).toEqual(['ValueOutOfRange', 101, 100]);
    expect(attempt(s, 'leaveOperators', OPERATORS[1]!, [0])).toEqual(['NotOwner', OPERATORS[1], OPERATORS[0]]);
    expect(attempt(s, 'leaveOperators', OPERATORS[0]!, [100])).toEqual(['NotOwner', OPERATORS[0], 0]);
    mustPass(s, 'leaveOperators', OPERATORS[0]!, [0]);
    expect(attempt(s, 'leaveOperators', OPERATORS[0]!, [0])).toEqual(['WrongState', OPERATOR_STATE.left, 0]);
  });
});

describe('voteMatch', () => {
  const [A, B, C] = OPERATORS as [number, number, number];
  let order: number;

  /** Three operators, of whom two are not enough at 6 667 bps; bids 1 and 2 of providers 1 and 2. */
  function matchingWorld(quorumBps = 6_667): void {
    setParam('match.quorum_bps', quorumBps);
    seatOperators(s, [A, B, C]);
    order = addOrder(s);
    addBid(s, order, 1, 100);
    addBid(s, order, 2, 900_000);
    startMatching(s, order);
  }

  it('> is counted, and the vote that makes the quorum writes the match', () => {
    matchingWorld();
    const start = s.eventCount;
    mustPass(s, 'voteMatch', A, [order, 0, 1]);
    mustPass(s, 'voteMatch', C, [order, 2, 1]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.matching, voted0: 5 });
    expect(readBid(s, 1)).toMatchObject({ state: BID_STATE.open, voters0: 5, voters1: 0 });
    mustPass(s, 'voteMatch', B, [order, 1, 1]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.leased, lease: 1, voted0: 7 });
    expect(eventsSince(s, start).filter(({ name }) => name === 'MatchVoted')).toEqual([
      { name: 'MatchVoted', order, seat: 0, bid: 1, voterCount: 1 },
      { name: 'MatchVoted', order, seat: 2, bid: 1, voterCount: 2 },
      { name: 'MatchVoted', order, seat: 1, bid: 1, voterCount: 3 },
    ]);
    expect([0, 1, 2].map((seat) => readOperator(seat).voteCount)).toEqual([1, 1, 1]);
  });

  it('> gives the order to whom the quorum votes for, not to whom the score would choose', () => {
    matchingWorld(6_666);
    expect(winnerOf(s, order)).toBe(1);
    mustPass(s, 'voteMatch', A, [order, 0, 2]);
    mustPass(s, 'voteMatch', B, [order, 1, 2]);
    expect(readRecord(s, 'leases', 1).provider).toBe(2);
  });

  it('for several bids > makes no quorum, and the order can expire', () => {
    matchingWorld();
    mustPass(s, 'voteMatch', A, [order, 0, 1]);
    mustPass(s, 'voteMatch', B, [order, 1, 2]);
    mustPass(s, 'voteMatch', C, [order, 2, 1]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.matching, voted0: 7 });
    s.nowS = 61;
    mustPass(s, 'expireOrder', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired });
  });

  it('> goes through its guards in the order of the rule', () => {
    setParam('match.mode', 0);
    setParam('match.user_choice', 1);
    seatOperators(s, [A, B]);
    order = addOrder(s);
    addBid(s, order, 1, 1);
    const other = addOrder(s);
    addBid(s, other, 1, 1);
    expect(attempt(s, 'voteMatch', C, [3, 101, 3])).toEqual(['UnknownEntity', 3, 2]);
    expect(attempt(s, 'voteMatch', C, [order, 101, 3])).toEqual(['NotInMode', 0, 1]);
    setParam('match.mode', 1);
    expect(attempt(s, 'voteMatch', C, [order, 101, 3])).toEqual(['NotInMode', 1, 0]);
    setParam('match.user_choice', 0);
    expect(attempt(s, 'voteMatch', C, [order, 101, 3])).toEqual(['WrongState', ORDER_STATE.open, 0]);
    startMatching(s, order);
    s.nowS = 61;
    expect(attempt(s, 'voteMatch', C, [order, 101, 3])).toEqual(['DeadlinePassed', 61, 60]);
    s.nowS = 60;
    expect(attempt(s, 'voteMatch', C, [order, 101, 3])).toEqual(['ValueOutOfRange', 101, 100]);
    expect(attempt(s, 'voteMatch', C, [order, 100, 3])).toEqual(['NotOwner', C, 0]);
    expect(attempt(s, 'voteMatch', C, [order, 0, 3])).toEqual(['NotOwner', C, A]);
    mustPass(s, 'joinOperators', C, []);
    expect(attempt(s, 'voteMatch', C, [order, 2, 3])).toEqual(['NotAssigned', 2, 0]);
    expect(attempt(s, 'voteMatch', A, [order, 0, 3])).toEqual(['UnknownEntity', 3, 2]);
    expect(attempt(s, 'voteMatch', A, [order, 0, 0])).toEqual(['UnknownEntity', 0, 2]);
    expect(attempt(s, 'voteMatch', A, [order, 0, 2])).toEqual(['WrongState', BID_STATE.open, 0]);
    mustPass(s, 'voteMatch', A, [order, 0, 1]);
    expect(attempt(s, 'voteMatch', A, [order, 0, 3])).toEqual(['AlreadyVoted', order, 0]);
    writeRecord(s, 'bids', 1, { state: BID_STATE.out });
    expect(attempt(s, 'voteMatch', B, [order, 1, 1])).toEqual(['WrongState', BID_STATE.out, 0]);
  });

  it('of somebody who took a vacated seat since > is not counted, nor can the seat’s old operator vote', () => {
    matchingWorld();
    mustPass(s, 'leaveOperators', B, [1]);
    expect(attempt(s, 'voteMatch', B, [order, 1, 1])).toEqual(['NotOwner', B, 0]);
    s.nowS += 1;
    mustPass(s, 'joinOperators', OPERATORS[3]!, []);
    expect(attempt(s, 'voteMatch', OPERATORS[3]!, [order, 1, 1])).toEqual(['NotAssigned', 1, 0]);
    expect(attempt(s, 'voteMatch', B, [order, 1, 1])).toEqual(['NotOwner', B, OPERATORS[3]]);
  });

  it('> needs the quorum of those there at the start, also when some have left', () => {
    matchingWorld();
    mustPass(s, 'leaveOperators', C, [2]);
    mustPass(s, 'voteMatch', A, [order, 0, 1]);
    mustPass(s, 'voteMatch', B, [order, 1, 1]);
    expect(readOrder(s, order).state).toBe(ORDER_STATE.matching);
  });

  it('> takes votes of seats in both words', () => {
    s = createOrderWorld(5, { 'match.mode': 1, 'match.operators': 101, 'match.quorum_bps': 10_000 });
    for (const [i, seat] of [51, 52, 100].entries()) {
      writeRecord(s, 'operators', seat + 1, { account: OPERATORS[i]!, state: OPERATOR_STATE.active });
    }
    writeRecord(s, 'orderTotals', 0, { operatorCount: 3, operatorSet0: 2 ** 51, operatorSet1: 1 + 2 ** 48 });
    order = addOrder(s);
    addBid(s, order, 1, 1);
    startMatching(s, order);
    for (const [i, seat] of [100, 51, 52].entries()) {
      expect(readOrder(s, order).state).toBe(ORDER_STATE.matching);
      mustPass(s, 'voteMatch', OPERATORS[(i + 2) % 3]!, [order, seat, 1]);
    }
    expect(readBid(s, 1)).toMatchObject({ voters0: 2 ** 51, voters1: 1 + 2 ** 48 });
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.leased, voted0: 2 ** 51, voted1: 1 + 2 ** 48 });
  });

  describe('the reward of a match', () => {
    it('> is shared by those who voted for it, rounded down, out of the foundation’s wallet', () => {
      setParam('match.op_reward', 100);
      matchingWorld(6_666);
      const before = [A, B, C, ACCOUNT.foundation].map((account) => walletUnits(s, account));
      mustPass(s, 'voteMatch', C, [order, 2, 2]);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      const after = [A, B, C, ACCOUNT.foundation].map((account) => walletUnits(s, account));
      expect(after.map((units, i) => units - before[i]!)).toEqual([50, 50, 0, -100]);
      expect([0, 1, 2].map((seat) => readOperator(seat))).toMatchObject([
        { voteCount: 1, wonCount: 1, rewardUnits: 50 },
        { voteCount: 1, wonCount: 1, rewardUnits: 50 },
        { voteCount: 1, wonCount: 0, rewardUnits: 0 },
      ]);
    });

    it('> leaves what cannot be shared evenly, and never more than the foundation has', () => {
      matchingWorld();
      writeRecord(s, 'wallets', ACCOUNT.foundation, { units: 8 });
      for (const [seat, actor] of [A, B, C].entries()) mustPass(s, 'voteMatch', actor, [order, seat, 1]);
      expect([0, 1, 2].map((seat) => readOperator(seat).rewardUnits)).toEqual([2, 2, 2]);
      expect(walletUnits(s, ACCOUNT.foundation)).toBe(2);
    });

    it('> goes to a voter who has left, and not to somebody who has taken his seat', () => {
      setParam('match.op_reward', 90);
      matchingWorld();
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      mustPass(s, 'leaveOperators', A, [0]);
      s.nowS += 1;
      mustPass(s, 'joinOperators', OPERATORS[3]!, []);
      mustPass(s, 'leaveOperators', B, [1]);
      const accounts = [A, B, C, OPERATORS[3]!, ACCOUNT.foundation];
      const before = accounts.map((account) => walletUnits(s, account));
      mustPass(s, 'voteMatch', C, [order, 2, 1]);
      expect(accounts.map((account, i) => walletUnits(s, account) - before[i]!)).toEqual([0, 30, 30, 0, -60]);
      expect([0, 1, 2].map((seat) => readOperator(seat).wonCount)).toEqual([0, 1, 1]);
    });

    it('FINDING: is the same whatever the lease is worth: of a cheap one the foundation gets less commission than the match costs it', () => {
      matchingWorld(6_666);
      const rewardUnits = 100_000;
      expect(s.paramValues[P['match.op_reward']]).toBe(rewardUnits);
      const opening = walletUnits(s, ACCOUNT.foundation);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      // An hour at 100 units: a commission of 20 units, for a match of 0.1 tokens.
      s.nowS = readRecord(s, 'leases', 1).endS!;
      mustPass(s, 'endLease', KEEPER, [1]);
      expect(readRecord(s, 'leases', 1).paidUnits).toBe(100);
      expect(walletUnits(s, ACCOUNT.foundation) - opening).toBe(20 - rewardUnits);
      // At a commission of 20 % a lease pays for its match from 0.5 tokens on.
      order = addOrder(s);
      addBid(s, order, 1, TOKEN / 2);
      startMatching(s, order);
      const before = walletUnits(s, ACCOUNT.foundation);
      mustPass(s, 'voteMatch', A, [order, 0, 3]);
      mustPass(s, 'voteMatch', B, [order, 1, 3]);
      s.nowS = readRecord(s, 'leases', 2).endS!;
      mustPass(s, 'endLease', KEEPER, [2]);
      expect(walletUnits(s, ACCOUNT.foundation)).toBe(before);
    });

    it('> is not paid where the match comes to no lease', () => {
      matchingWorld(6_666);
      mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, 1_000 * TOKEN]);
      const before = walletUnits(s, ACCOUNT.foundation);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
      expect(walletUnits(s, ACCOUNT.foundation)).toBe(before);
      expect(readOperator(0).wonCount).toBe(0);
    });
  });

  describe('a bid with the quorum whose provider can serve no more', () => {
    it('> is out, and its voters vote again', () => {
      matchingWorld(6_666);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.matching, voted0: 0, bidCount: 1 });
      expect(readBid(s, 1)).toMatchObject({ state: BID_STATE.out, voters0: 3 });
      expect(attempt(s, 'voteMatch', A, [order, 0, 1])).toEqual(['WrongState', BID_STATE.out, 0]);
      mustPass(s, 'voteMatch', A, [order, 0, 2]);
      mustPass(s, 'voteMatch', B, [order, 1, 2]);
      expect(readRecord(s, 'leases', 1).provider).toBe(2);
      expect([0, 1].map((seat) => readOperator(seat))).toMatchObject([
        { voteCount: 2, wonCount: 1 },
        { voteCount: 2, wonCount: 1 },
      ]);
    });

    it('> leaves the votes for other bids', () => {
      matchingWorld(6_666);
      mustPass(s, 'voteMatch', C, [order, 2, 2]);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      expect(readOrder(s, order).voted0).toBe(4);
      mustPass(s, 'voteMatch', B, [order, 1, 2]);
      expect(readOrder(s, order).state).toBe(ORDER_STATE.leased);
    });

    it('with no other bid that can win > ends the order', () => {
      matchingWorld(6_666);
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      for (const provider of [1, 2]) writeRecord(s, 'providers', provider, { state: PROVIDER_STATE.suspended });
      mustPass(s, 'voteMatch', B, [order, 1, 1]);
      expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
      expect([1, 2].map((bid) => readBid(s, bid).state)).toEqual([BID_STATE.out, BID_STATE.out]);
      expect(readOrderTotals(s)).toMatchObject({ openCount: 0, expiredCount: 1 });
    });

    it('> frees its fizz node', () => {
      setParam('match.quorum_bps', 5_000);
      seatOperators(s, [A]);
      order = addOrder(s, { mode: ORDER_MODE.fizz });
      const nodes = [1, 2].map((provider) => reserveNode(s, order, provider, 1));
      addBid(s, order, 1, 1, nodes[0]);
      addBid(s, order, 2, 1, nodes[1]);
      startMatching(s, order);
      writeRecord(s, 'providers', 1, { isMatchable: 0 });
      mustPass(s, 'voteMatch', A, [order, 0, 1]);
      expect(readRecord(s, 'fizzNodes', nodes[0]!)).toMatchObject({ state: FIZZ_STATE.active, order: 0 });
      expect(readRecord(s, 'fizzNodes', nodes[1]!)).toMatchObject({ state: FIZZ_STATE.reserved, order });
      expect(attempt(s, 'voteMatch', STRANGER, [order, 0, 2])).toEqual(['NotOwner', STRANGER, A]);
    });
  });
});
