/**
 * BEH-13: rents its own machine. Its account opens an escrow wallet, orders machines at a price for which nobody else would serve,
 * bids for them, deploys, rates itself, and is given the bonus for the hours of lease. The money goes round, but for commissions.
 * With a partner of its cartel it hands the wallet over before it bids, so that on the ledger somebody else rents (ESCROW-4).
 * Orders of others it serves like anybody.
 */
import { type AgentRandom, type Decision, PHASE, type View } from '../../sim/engine/agentContract.ts';
import { F, LEASE_STATE, ORDER_FLAG, ORDER_MODE, STRIDE } from '../../sim/protocol/layout.ts';
import { bidField, canRate, leaseField, orderField, providerField } from '../ledger.ts';
import { milliTokens, numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { costPlusPrice, freeResources } from './market.ts';

const HOUR_S = 3_600;
const MEMORY_PER_CPU_GB = 2;

/** Who rents from it: its own account, or another one of its cartel. */
function renterOf(view: View): number {
  if (view.options.partner !== 'on') return view.account;
  return view.cartel().find((account) => account !== view.account) ?? view.account;
}

function isWashOrder(view: View, order: number): boolean {
  const escrow = orderField(view, order, 'escrow') * STRIDE.escrows;
  return view.ledger.escrows[escrow + F.escrows.owner] === renterOf(view);
}

/** Orders from itself: as many leases at a time as it is told, in its own region, as far as its machine is free. */
function orderFromItself(view: View, random: AgentRandom, provider: number, out: Decision): void {
  if (!random.chance(numberOption(view, 'lease_bps')) || !view.connected) return;
  const depositUnits = numberOption(view, 'deposit_tokens') * view.unitsPerToken;
  if (view.myEscrows().length === 0 && view.ledger.wallets[view.account]! >= depositUnits)
    out.act('openEscrow', [0, depositUnits]);
  const cpuCount = numberOption(view, 'wash_cpu');
  const memoryGb = cpuCount * MEMORY_PER_CPU_GB;
  const free = freeResources(view, provider);
  let left = Math.min(Math.floor(free.cpuCount / cpuCount), Math.floor(free.memoryGb / memoryGb));
  for (const escrow of view.myEscrows()) {
    const missing = numberOption(view, 'wash_leases') - view.leasesOf(escrow).length - view.ordersOf(escrow).length;
    const count = Math.min(missing, left);
    for (let i = 0; i < count; i++) {
      out.act('createOrder', [
        escrow,
        0,
        ORDER_MODE.provider,
        cpuCount,
        memoryGb,
        1,
        0,
        0,
        providerField(view, provider, 'region'),
        numberOption(view, 'wash_hours') * HOUR_S,
        milliTokens(view, 'wash_price_milli'),
        ORDER_FLAG.regionHard,
      ]);
      left -= 1;
    }
    if (count > 0 && renterOf(view) !== view.account) out.act('transferEscrow', [escrow, renterOf(view)]);
  }
}

/** Bids for the orders that it has placed, all of them, before it looks at anybody else's. */
function bidForOwn(view: View, provider: number, out: Decision): void {
  if (!view.connected) return;
  for (const order of view.openOrders()) {
    if (!isWashOrder(view, order) || view.nowS > orderField(view, order, 'bidUntilS')) continue;
    if (view.bidsOf(order).some((bid) => bidField(view, bid, 'provider') === provider)) continue;
    out.act('placeBid', [order, provider, milliTokens(view, 'wash_price_milli'), 0]);
  }
}

/** The consumer's part: it sends the manifest and, once a lease is over, gives the best rating. */
function useOwn(view: View, out: Decision): void {
  for (const escrow of view.myEscrows()) {
    if (view.phase === PHASE.serve) {
      for (const lease of view.leasesOf(escrow))
        if (leaseField(view, lease, 'state') === LEASE_STATE.awaiting) out.act('sendManifest', [lease]);
    } else if (view.phase === PHASE.close) {
      for (const lease of view.closedLeasesOf(escrow))
        if (canRate(view, lease)) out.act('rateLease', [lease, view.param('fb.scale_tenths')]);
    }
  }
}

export const washer = createMiner({
  name: 'washer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    market: {
      price: (view, provider, order) => (isWashOrder(view, order) ? 0 : costPlusPrice(view, provider, order)),
      before(view, random, provider, out) {
        if (view.phase === PHASE.open) orderFromItself(view, random, provider, out);
        else if (view.phase === PHASE.bid) bidForOwn(view, provider, out);
        else useOwn(view, out);
      },
    },
  },
});
