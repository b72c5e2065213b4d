/**
 * BEH-12: waits for the last block of the bid window, sees the bids that are open, and undercuts the best of them as little as
 * it takes. Where nobody has bid it asks the order's maximum. It does not bid below its own cost.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { PHASE, type View } from '../../sim/engine/agentContract.ts';
import { bidField, inAsset, orderField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { costOfOrder } from './market.ts';

/** Just below the lowest open bid, 0 if that is below its own cost. */
function undercuttingPrice(view: View, provider: number, order: number): number {
  const maxUnits = orderField(view, order, 'maxPriceUnits');
  const bids = view.bidsOf(order).map((bid) => bidField(view, bid, 'priceUnits'));
  const least = Math.max(1, inAsset(view, costOfOrder(view, provider, order), orderField(view, order, 'asset')));
  if (bids.length === 0) return maxUnits;
  const below = Math.floor((Math.min(...bids) * (BPS - numberOption(view, 'undercut_bps'))) / BPS);
  return below >= least ? below : 0;
}

export const frontRunner = createMiner({
  name: 'front-runner',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: { market: { price: undercuttingPrice, bidPhase: PHASE.lastBid } },
});
