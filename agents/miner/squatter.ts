/**
 * BEH-14: reserves node slots of the model market and never goes online, so that nobody else can have them; when a reservation
 * has run out it reserves anew, as long as its wallet lasts.
 */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { F } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { nodesInPlay, reserve } from './steps.ts';

export const squatter: Strategy = {
  role: 'miner',
  name: 'squatter',
  phases: [PHASE.open],
  decide(view, _memory, _random, out) {
    const free = view.param('node.slots') - view.ledger.nodeTotals[F.nodeTotals.seatsUsedCount]!;
    const affordable = Math.floor(view.ledger.wallets[view.account]! / view.param('node.stake_min'));
    const wanted = numberOption(view, 'nodes') - nodesInPlay(view).length;
    for (let i = 0; i < Math.min(wanted, free, affordable); i++) reserve(view, 1, out);
  },
};
