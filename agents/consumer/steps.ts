/** The steps that consumers take: prepaying, choosing a model, rating what came back. */
import type { AgentRandom, Decision, View } from '../../sim/engine/agentContract.ts';
import { F, REQUEST_STATE, STRIDE } from '../../sim/protocol/layout.ts';

export function prepaidUnits(view: View): number {
  return view.ledger.prepaid[view.account * STRIDE.prepaid + F.prepaid.freeUnits]!;
}

/** Buys call rights up to the budget, as far as the wallet goes (TOK-1). */
export function refill(view: View, budgetUnits: number, out: Decision): number {
  const free = prepaidUnits(view);
  const units = Math.min(budgetUnits - free, view.ledger.wallets[view.account]!);
  if (free * 2 >= budgetUnits || units <= 0) return free;
  out.act('buyCalls', [units]);
  return free + units;
}

/** Fee of a call of the given scale, rounded up as the ledger does. */
export function feeOf(view: View, model: number, scaleMil: number): number {
  return Math.ceil((view.ledger.models[model * STRIDE.models + F.models.feeUnits]! * scaleMil) / 1_000);
}

/** A model of the market, with probability by rank and price (F-21); 0 if there is none that costs at most `maxFeeUnits`. */
export function chooseModel(view: View, random: AgentRandom, maxFeeUnits: number): number {
  const offers = view
    .market()
    .filter(({ model }) => view.ledger.models[model * STRIDE.models + F.models.feeUnits]! <= maxFeeUnits);
  const total = offers.reduce((sum, offer) => sum + offer.weightFp, 0);
  if (offers.length === 0) return 0;
  if (total === 0) return offers[random.int(offers.length)]!.model;
  let left = random.unit() * total;
  for (const offer of offers) {
    left -= offer.weightFp;
    if (left < 0) return offer.model;
  }
  return offers[offers.length - 1]!.model;
}

/** Own requests of this slot that were served and not rated yet. */
export function servedRequests(view: View): number[] {
  return view.myRequests().filter((request) => {
    const at = request * STRIDE.requests;
    return (
      view.ledger.requests[at + F.requests.state] === REQUEST_STATE.served &&
      view.ledger.requests[at + F.requests.ratedTenths] === 0
    );
  });
}
