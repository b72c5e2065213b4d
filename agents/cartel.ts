/** What a cartel knows about committees: who sits where is public, and who belongs to it is known to its members. */
import type { View } from '../sim/engine/agentContract.ts';
import { F, SEATS_PER_CLASS, STRIDE } from '../sim/protocol/layout.ts';

/** Class of the committee that challenges a target of this slot. */
export function classOf(view: View, challenge: number): number {
  return view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.class]!;
}

/** Account that owns the provider that is challenged. */
export function targetOwner(view: View, challenge: number): number {
  const provider = view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.provider]!;
  return view.ledger.providers[provider * STRIDE.providers + F.providers.owner]!;
}

/** Seats of a class whose clients members of the own cartel run. */
export function cartelSeatCount(view: View, challengeClass: number): number {
  const members = view.cartel();
  const seatCount = view.ledger.committees[challengeClass * STRIDE.committees + F.committees.seatCount]!;
  let count = 0;
  for (let seat = 0; seat < seatCount; seat++) {
    const licence = view.ledger.seats[challengeClass * SEATS_PER_CLASS + seat]!;
    if (members.includes(view.ledger.slarks[licence * STRIDE.slarks + F.slarks.runner]!)) count += 1;
  }
  return count;
}

/**
 * Whether the cartel goes through with a false word about a challenge: always, or only where it has the N+1 seats that
 * decide, and a lone voice would cost accuracy for nothing. Option `when`.
 */
export function dares(view: View, challenge: number): boolean {
  return view.options.when !== 'decisive' || cartelSeatCount(view, classOf(view, challenge)) > view.param('chal.n');
}
