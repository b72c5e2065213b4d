/** What strategies of several roles read off the market's tables: fields of an entity, what an order needs, amounts in an asset. */
import { FP } from '../sim/base/fixedPoint.ts';
import type { View } from '../sim/engine/agentContract.ts';
import { F, STRIDE } from '../sim/protocol/layout.ts';
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
