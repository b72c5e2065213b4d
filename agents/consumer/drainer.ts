/**
 * BEH-43: takes out of its escrow wallet whatever is not locked, once an order has been matched and again before anything is
 * accrued, puts in only what the next order needs, and may hand its wallets to others of its cartel while leases run on them.
 */
import { type Decision, PHASE, type View } from '../../sim/engine/agentContract.ts';
import { ASSET_COUNT } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { balanceOf, createRenter } from './renter.ts';

function drain(view: View, out: Decision): void {
  for (const escrow of view.myEscrows()) {
    // An order that waits would be called off for want of cover.
    if (view.ordersOf(escrow).length > 0 && view.options.keeps_cover === 'on') continue;
    for (let asset = 0; asset < ASSET_COUNT; asset++) {
      const { unlocked } = balanceOf(view, escrow, asset);
      if (unlocked > 0) out.act('withdrawEscrow', [escrow, asset, unlocked]);
    }
  }
}

/** Hands a wallet with leases on to another account of the cartel, every other slot. */
function handOn(view: View, out: Decision): void {
  const others = view.cartel().filter((account) => account !== view.account);
  const to = others[(view.slotCount + view.populationIndex) % Math.max(1, others.length)];
  if (to === undefined || numberOption(view, 'transfers') === 0 || view.slotCount % 2 !== 0) return;
  for (const escrow of view.myEscrows()) if (view.leasesOf(escrow).length > 0) out.act('transferEscrow', [escrow, to]);
}

export const drainer = createRenter({
  name: 'drainer',
  after(view, out) {
    if (view.phase === PHASE.open) return;
    drain(view, out);
    if (view.phase === PHASE.close) handOn(view, out);
  },
});
