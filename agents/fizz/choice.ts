/**
 * Which of its members a gateway offers for which order (FIZZ-6), and which gateway goes for which order. A gateway tells its
 * members through the tunnel; each of them works the same out here. Whether a member takes what it is offered is its own plan's.
 */
import { PHASE, type View } from '../../sim/engine/agentContract.ts';
import {
  chooseFizz,
  type FizzCandidate,
  type FizzWish,
  isServable,
  selectionWeights,
} from '../../sim/protocol/fizzRewards.ts';
import { F, FIZZ_STATE, ORDER_MODE, ORDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { fizzField, mayBid, neededBy, orderField } from '../ledger.ts';

/** Gateways that go for one order: several, so that there is a choice, and not all, so that other orders get members as well. */
export const GATEWAYS_PER_ORDER = 4;
/** An order for a fizz node, in the token, whose window is still open when gateways bid, a block after their members acknowledge. */
type OpenOrder = { readonly order: number; readonly wish: FizzWish };

function openFizzOrders(view: View): OpenOrder[] {
  const isOpen = (order: number): boolean =>
    orderField(view, order, 'mode') === ORDER_MODE.fizz &&
    orderField(view, order, 'state') === ORDER_STATE.open &&
    orderField(view, order, 'asset') === 0 &&
    view.nowS + PHASE.lastBid - PHASE.bid <= orderField(view, order, 'bidUntilS');
  return view
    .openOrders()
    .filter(isOpen)
    .map((order) => ({
      order,
      wish: {
        maxPriceUnits: orderField(view, order, 'maxPriceUnits'),
        gpuTier: orderField(view, order, 'gpuTier'),
        needed: neededBy(view, order),
      },
    }));
}

function candidateOf(view: View, fizz: number): FizzCandidate {
  const delegation = fizzField(view, fizz, 'delegation') * STRIDE.delegations;
  return {
    fizz,
    ...view.challengesOfMember(fizz),
    delegationUnits: view.ledger.delegations[delegation + F.delegations.units]!,
    priceUnits: fizzField(view, fizz, 'priceUnits'),
    gpuTier: fizzField(view, fizz, 'gpuTier'),
    exposed: {
      cpuCount: fizzField(view, fizz, 'cpuCount'),
      memoryGb: fizzField(view, fizz, 'memoryGb'),
      storageGb: fizzField(view, fizz, 'storageGb'),
      gpuCount: fizzField(view, fizz, 'gpuCount'),
    },
  };
}

/** Active members of each subnet that has any, by gateway, ascending. All of it is public. */
function subnetsOf(view: View): Map<number, FizzCandidate[]> {
  const subnets = new Map<number, FizzCandidate[]>();
  for (let gateway = 1; gateway <= view.ledger.providerTotals[F.providerTotals.providerCount]!; gateway++) {
    if (view.ledger.subnets[gateway * STRIDE.subnets + F.subnets.memberCount] === 0) continue;
    const active = view.membersOf(gateway).filter((fizz) => fizzField(view, fizz, 'state') === FIZZ_STATE.active);
    if (active.length > 0)
      subnets.set(
        gateway,
        active.map((fizz) => candidateOf(view, fizz)),
      );
  }
  return subnets;
}

/**
 * Orders that the members of some gateways are to acknowledge in this slot, by member. The gateways that have a device for
 * an order take turns by its number: first each goes through the orders for which it is first, ascending, then through those
 * for which it is second, and so on, to {@link GATEWAYS_PER_ORDER}. For each it chooses among the members that are not
 * given to another order and answer its polls.
 *
 * @param gateways of which the agent is a member: of others it cannot poll anybody
 * @rule FIZZ-6, FIZZ-5, FIZZ-7
 */
export function offersOf(view: View, gateways: readonly number[]): ReadonlyMap<number, number> {
  const offers = new Map<number, number>();
  const orders = openFizzOrders(view);
  if (orders.length === 0) return offers;
  const subnets = subnetsOf(view);
  const turns = orders.map((open) => {
    const able = [...subnets]
      .filter(
        ([gateway, members]) => mayBid(view, gateway, open.order) && members.some((one) => isServable(one, open.wish)),
      )
      .map(([gateway]) => gateway);
    return new Map(able.map((gateway, place) => [gateway, (open.order + place) % able.length]));
  });
  const weights = selectionWeights(view.param);
  for (const gateway of gateways) {
    let free = (subnets.get(gateway) ?? []).filter(({ fizz }) => view.answersPolls(fizzField(view, fizz, 'owner')));
    for (let turn = 0; turn < GATEWAYS_PER_ORDER; turn++) {
      orders.forEach(({ order, wish }, i) => {
        if (turns[i]!.get(gateway) !== turn) return;
        const chosen = chooseFizz(free, wish, weights);
        if (chosen === 0) return;
        offers.set(chosen, order);
        free = free.filter(({ fizz }) => fizz !== chosen);
      });
    }
  }
  return offers;
}
