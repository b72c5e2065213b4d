/**
 * Operators of the matchmaking service (MATCH-5): they opt in, compute the winner of each order from the public inputs, and
 * vote. The biased one votes for its own cartel where that has bid (BEH-48); one that is down says nothing.
 */
import { type Decision, PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { F, OPERATOR_SEATS, OPERATOR_STATE, ORDER_STATE, SEATS_PER_WORD, STRIDE } from '../../sim/protocol/layout.ts';

/** Values of the bits of a word of seats. */
const BITS = Array.from({ length: SEATS_PER_WORD }).reduce<number[]>((bits) => [...bits, 2 * (bits.at(-1) ?? 0.5)], []);

/** Options of `match.mode`. */
const AVS = 1;

function operatorField(view: View, seat: number, name: keyof typeof F.operators): number {
  return view.ledger.operators[(seat + 1) * STRIDE.operators + F.operators[name]]!;
}

/** The agent's seat, −1 if it has none. */
function ownSeat(view: View): number {
  for (let seat = 0; seat < OPERATOR_SEATS; seat++) {
    const isOwn = operatorField(view, seat, 'account') === view.account;
    if (isOwn && operatorField(view, seat, 'state') === OPERATOR_STATE.active) return seat;
  }
  return -1;
}

function hasVoted(view: View, order: number, seat: number): boolean {
  const at = order * STRIDE.orders;
  const word = seat < SEATS_PER_WORD ? F.orders.voted0 : F.orders.voted1;
  return Math.floor(view.ledger.orders[at + word]! / BITS[seat % SEATS_PER_WORD]!) % 2 === 1;
}

function vote(view: View, choose: (order: number) => number, out: Decision): void {
  const seat = ownSeat(view);
  if (seat < 0 || !view.connected) return;
  for (const order of view.openOrders()) {
    const at = order * STRIDE.orders;
    if (view.ledger.orders[at + F.orders.state] !== ORDER_STATE.matching || hasVoted(view, order, seat)) continue;
    if (view.nowS > view.ledger.orders[at + F.orders.expiresS]!) continue;
    const bid = choose(order);
    if (bid !== 0) out.act('voteMatch', [order, seat, bid]);
  }
}

function createOperator(name: string, choose: (view: View, order: number) => number): Strategy {
  return {
    role: 'matchmaker',
    name,
    phases: [PHASE.open, PHASE.serve],
    decide(view, _memory, _random, out) {
      if (view.param('match.mode') !== AVS) return;
      if (view.phase === PHASE.serve) vote(view, (order) => choose(view, order), out);
      else if (
        ownSeat(view) < 0 &&
        view.ledger.orderTotals[F.orderTotals.operatorCount]! < view.param('match.operators')
      )
        out.act('joinOperators', []);
    },
  };
}

/** A bid of the cartel's providers, the cheapest; 0 if there is none. */
function cartelBid(view: View, order: number): number {
  const members = view.cartel();
  const bids = view.bidsOf(order).filter((bid) => {
    const provider = view.ledger.bids[bid * STRIDE.bids + F.bids.provider]!;
    return members.includes(view.ledger.providers[provider * STRIDE.providers + F.providers.owner]!);
  });
  return bids.sort((a, b) => priceOf(view, a) - priceOf(view, b))[0] ?? 0;
}

function priceOf(view: View, bid: number): number {
  return view.ledger.bids[bid * STRIDE.bids + F.bids.priceUnits]!;
}

export const honestOperator = createOperator('honest', (view, order) => view.winnerOf(order));
export const biasedOperator = createOperator('biased', (view, order) => cartelBid(view, order) || view.winnerOf(order));
