/**
 * Matchmaking operators (MATCH-5): who has a seat, and the votes by which a quorum of them writes the match. Decides no
 * winner of its own: honest operators vote for `winnerOf`.
 */
import { assert } from '../base/assert.ts';
import { BPS, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { bidAt, isEligible, openBidsOf, orderAt } from './eligibility.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, OPERATOR_SEATS, OPERATOR_STATE, ORDER_STATE, SEATS_PER_WORD, STRIDE } from './layout.ts';
import {
  awardOrder,
  endOrder,
  orderState,
  refuseBidOf,
  refuseMatching,
  refuseUnknownOrder,
  removeBid,
} from './orders.ts';
import { R } from './rejections.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

const P = F.operators;
const O = F.orders;
const B = F.bids;
const T = F.orderTotals;
const S = OPERATOR_STATE;
const CENTRAL = 0;
const OFF = 0;

/** Value of each bit of a word. */
const BITS: readonly number[] = valuesOfBits(SEATS_PER_WORD);

function valuesOfBits(count: number): number[] {
  const values = [1];
  while (values.length < count) values.push(2 * values[values.length - 1]!);
  return values;
}

/** First float of the record of a seat. */
function seatAt(seat: number): number {
  return (seat + 1) * STRIDE.operators;
}

/** A set of seats is two words: 52 bits and 49. Place of a seat's word after the first, and the bit's value in it. */
function placeOf(seat: number): { readonly word: number; readonly bit: number } {
  const word = seat < SEATS_PER_WORD ? 0 : 1;
  return { word, bit: BITS[seat - word * SEATS_PER_WORD]! };
}

/** True if the seat is in the set whose first word is `table[at]`. */
function hasSeat(table: Float64Array, at: number, seat: number): boolean {
  const { word, bit } = placeOf(seat);
  return mulDivDown(table[at + word]!, 1, bit) % 2 === 1;
}

/** Puts a seat into a set that it is not in. */
function addSeat(table: Float64Array, at: number, seat: number): void {
  const { word, bit } = placeOf(seat);
  table[at + word]! += bit;
}

/** Takes a seat out of a set that it is in. */
function removeSeat(table: Float64Array, at: number, seat: number): void {
  const { word, bit } = placeOf(seat);
  table[at + word]! -= bit;
}

/** Seats of a set, ascending. */
function seatsOf(table: Float64Array, at: number): number[] {
  return Array.from({ length: OPERATOR_SEATS }, (_, seat) => seat).filter((seat) => hasSeat(table, at, seat));
}

function enterOperatorState(s: State, seat: number, actor: number, to: number): void {
  const at = seatAt(seat) + P.state;
  const from = s.operators[at]!;
  s.operators[at] = to;
  emit(s, 'Transition', KIND.operator, seat + 1, actor, from, to);
}

/** The lowest seat that nobody has. @throws AssertionError if there is none: whoever asks has counted them */
function freeSeat(s: State): number {
  let seat = 0;
  while (seat < OPERATOR_SEATS && s.operators[seatAt(seat) + P.state] === S.active) seat += 1;
  assert(seat < OPERATOR_SEATS, 'No seat of an operator is free');
  return seat;
}

/**
 * Takes a seat among the matchmaking operators: the lowest free one. It may vote on the orders that enter matching from then
 * on. Nothing is staked for it, nobody can be put out of it: an operator that does not vote, or votes against the score, keeps
 * its seat and loses rewards alone.
 *
 * @rejects AlreadySet(seat, 0), OperatorsFull
 * @rule MATCH-5, OP-85, SLASH-11
 */
export const joinOperators: Rule = (s, actor) => {
  for (let seat = 0; seat < OPERATOR_SEATS; seat++) {
    const at = seatAt(seat);
    if (s.operators[at + P.state] === S.active && s.operators[at + P.account] === actor)
      return reject(s, R.AlreadySet, seat, 0);
  }
  const seats = getParam(s, 'match.operators');
  const active = s.orderTotals[T.operatorCount]!;
  if (active >= seats) return reject(s, R.OperatorsFull, active, seats);

  const seat = freeSeat(s);
  const at = recordAt(s, 'operators', seat + 1);
  if (s.operators[at + P.account] !== actor) {
    s.operators[at + P.account] = actor;
    s.operators[at + P.voteCount] = 0;
    s.operators[at + P.wonCount] = 0;
    s.operators[at + P.rewardUnits] = 0;
  }
  s.operators[at + P.joinedS] = s.nowS;
  addSeat(s.orderTotals, T.operatorSet0, seat);
  s.orderTotals[T.operatorCount] = active + 1;
  enterOperatorState(s, seat, actor, S.active);
  return 0;
};

/** Gives a seat up. Its votes stay. @rejects ValueOutOfRange, NotOwner, WrongState @rule MATCH-5, OP-85 */
export const leaveOperators: Rule = (s, actor, args) => {
  const seat = args[0]!;
  if (seat >= OPERATOR_SEATS) return reject(s, R.ValueOutOfRange, seat, OPERATOR_SEATS - 1);
  const at = seatAt(seat);
  const account = s.operators[at + P.account]!;
  if (actor !== account) return reject(s, R.NotOwner, actor, account);
  const state = s.operators[at + P.state]!;
  if (state !== S.active) return reject(s, R.WrongState, state, 0);

  removeSeat(s.orderTotals, T.operatorSet0, seat);
  s.orderTotals[T.operatorCount]! -= 1;
  enterOperatorState(s, seat, actor, S.left);
  return 0;
};

/** 0 if the actor has the seat, had it when the order entered matching, and has not voted on the order. */
function refuseVoter(s: State, actor: number, order: number, seat: number): number {
  if (seat >= OPERATOR_SEATS) return reject(s, R.ValueOutOfRange, seat, OPERATOR_SEATS - 1);
  const at = seatAt(seat);
  const account = s.operators[at + P.state] === S.active ? s.operators[at + P.account]! : 0;
  if (actor !== account) return reject(s, R.NotOwner, actor, account);
  const o = orderAt(order);
  const hasJoinedLate = s.operators[at + P.joinedS]! > s.orders[o + O.matchingS]!;
  if (hasJoinedLate || !hasSeat(s.orders, o + O.operatorSet0, seat)) return reject(s, R.NotAssigned, seat, 0);
  return hasSeat(s.orders, o + O.voted0, seat) ? reject(s, R.AlreadyVoted, order, seat) : 0;
}

/**
 * Shares the reward of a match among those who voted for it and whose seat nobody else has taken since: as much for each match,
 * whatever its lease is worth.
 *
 * @rule LIVE-9, OP-51
 */
function rewardVoters(s: State, order: number, voters: readonly number[]): void {
  const potUnits = min(getParam(s, 'match.op_reward'), walletUnits(s, ACCOUNT.foundation));
  const shareUnits = mulDivDown(potUnits, 1, voters.length);
  const matchingS = s.orders[orderAt(order) + O.matchingS]!;
  for (const seat of voters) {
    const at = seatAt(seat);
    if (s.operators[at + P.joinedS]! > matchingS) continue;
    moveUnits(s, ACCOUNT.foundation, s.operators[at + P.account]!, shareUnits, MOVE.matchReward);
    s.operators[at + P.wonCount]! += 1;
    s.operators[at + P.rewardUnits]! += shareUnits;
  }
}

/** A quorum has found a bid the winner: it gets the order if its provider can still serve, else those votes are free again. @rule SM-6, MATCH-5 */
function applyQuorum(s: State, order: number, bid: number, voters: readonly number[], actor: number): void {
  if (isEligible(s, bid)) {
    awardOrder(s, order, bid, actor);
    if (orderState(s, order) === ORDER_STATE.leased) rewardVoters(s, order, voters);
    return;
  }
  removeBid(s, order, bid, actor);
  for (const seat of voters) removeSeat(s.orders, orderAt(order) + O.voted0, seat);
  if (!openBidsOf(s, order).some((other) => isEligible(s, other))) endOrder(s, order, actor, ORDER_STATE.expired);
}

/**
 * An operator who had his seat when the order entered matching votes for a bid, once. With the vote that makes the quorum the
 * match is written. A bid that has the quorum and whose provider can serve no more is out, and its voters may vote again.
 *
 * @rejects UnknownEntity (order), NotInMode, WrongState, DeadlinePassed, ValueOutOfRange, NotOwner, NotAssigned, AlreadyVoted,
 * UnknownEntity (bid), WrongState (bid)
 * @invariant INV-55
 * @rule MATCH-5, MATCH-6, MATCH-7, OP-51, OP-85, SM-6
 */
export const voteMatch: Rule = (s, actor, args) => {
  const [order, seat, bid] = args as readonly [number, number, number];
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  if (getParam(s, 'match.mode') === CENTRAL) return reject(s, R.NotInMode, 0, 1);
  if (getParam(s, 'match.user_choice') !== OFF) return reject(s, R.NotInMode, 1, 0);
  const code = refuseMatching(s, order) || refuseVoter(s, actor, order, seat) || refuseBidOf(s, order, bid);
  if (code !== 0) return code;

  const o = orderAt(order);
  const voted = bidAt(bid) + B.voters0;
  addSeat(s.orders, o + O.voted0, seat);
  addSeat(s.bids, voted, seat);
  s.operators[seatAt(seat) + P.voteCount]! += 1;
  const voters = seatsOf(s.bids, voted);
  emit(s, 'MatchVoted', order, seat, bid, voters.length);
  const isQuorum = voters.length * BPS >= getParam(s, 'match.quorum_bps') * s.orders[o + O.operatorCount]!;
  if (isQuorum) applyQuorum(s, order, bid, voters, actor);
  return 0;
};
