/** What strategies of several roles read off the market's tables: fields of an entity, what an order needs, amounts in an asset. */
import { FP } from '../sim/base/fixedPoint.ts';
import type { View } from '../sim/engine/agentContract.ts';
import { F, ORDER_FLAG, PROVIDER_STATE, STRIDE } from '../sim/protocol/layout.ts';
import type { Resources } from '../sim/protocol/resources.ts';

export function providerField(view: View, provider: number, name: keyof typeof F.providers): number {
  return view.ledger.providers[provider * STRIDE.providers + F.providers[name]]!;
}

export function orderField(view: View, order: number, name: keyof typeof F.orders): number {
  return view.ledger.orders[order * STRIDE.orders + F.orders[name]]!;
}

export function leaseField(view: View, lease: number, name: keyof typeof F.leases): number {
  return view.ledger.leases[lease * STRIDE.leases + F.leases[name]]!;
}

export function bidField(view: View, bid: number, name: keyof typeof F.bids): number {
  return view.ledger.bids[bid * STRIDE.bids + F.bids[name]]!;
}

export function fizzField(view: View, fizz: number, name: keyof typeof F.fizzNodes): number {
  return view.ledger.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes[name]]!;
}

export function neededBy(view: View, order: number): Resources {
  return {
    cpuCount: orderField(view, order, 'cpuCount'),
    memoryGb: orderField(view, order, 'memoryGb'),
    storageGb: orderField(view, order, 'storageGb'),
    gpuCount: orderField(view, order, 'gpuCount'),
  };
}

/** Whether a consumer has used a lease of its, and paid for it: only then is its rating taken (FB-4). */
export function canRate(view: View, lease: number): boolean {
  return leaseField(view, lease, 'manifestS') > 0 && leaseField(view, lease, 'paidUnits') > 0;
}

/** Units of an asset for units of the token, rounded up. */
export function inAsset(view: View, units: number, asset: number): number {
  return asset === 0 ? units : Math.ceil((units / view.priceFp(asset)) * FP);
}

/** Trust tiers that count as secured; the others are the community's (ORDER-2). */
const SECURED_TIERS = 3;

/** Whether a provider may be matched to an order at all, whatever it offers: its state, OP-43, tier filter and region (ORDER-5). */
export function mayBid(view: View, provider: number, order: number): boolean {
  if (providerField(view, provider, 'state') !== PROVIDER_STATE.active) return false;
  if (providerField(view, provider, 'isMatchable') !== 1) return false;
  const flags = orderField(view, order, 'flags');
  const has = (flag: number): boolean => Math.floor(flags / flag) % 2 === 1;
  const isSecured = providerField(view, provider, 'tier') <= SECURED_TIERS;
  if ((has(ORDER_FLAG.secured) && !isSecured) || (has(ORDER_FLAG.community) && isSecured)) return false;
  return !has(ORDER_FLAG.regionHard) || providerField(view, provider, 'region') === orderField(view, order, 'region');
}
