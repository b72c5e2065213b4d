/**
 * BEH-11: bids below what a machine costs, to win leases, and then does not keep its word: it never deploys, or it ends the
 * lease once it has lasted a while. What it asks is a share of its cost.
 */
import type { View } from '../../sim/engine/agentContract.ts';
import { inAsset, leaseField, orderField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { costOfOrder } from './market.ts';

const HOUR_S = 3_600;
const MIL = 1_000;

/** Its cost for an order times the factor, in the order's asset. */
function factorPrice(view: View, provider: number, order: number): number {
  const units = Math.ceil((costOfOrder(view, provider, order) * numberOption(view, 'bid_factor_mil')) / MIL);
  return Math.max(1, inAsset(view, units, orderField(view, order, 'asset')));
}

export const underpricer = createMiner({
  name: 'underpricer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    market: {
      price: factorPrice,
      deploys: (view) => view.options.deploys === 'on',
      closes(view, lease) {
        const hours = numberOption(view, 'close_hours');
        return hours > 0 && view.nowS >= leaseField(view, lease, 'startS') + hours * HOUR_S;
      },
    },
  },
});
