/** BEH-46: puts nearly all it has behind one provider, to lift it to tier 1 and keep it there (OP-105). */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { F, KIND, PROVIDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';

export const whale: Strategy = {
  role: 'delegator',
  name: 'whale',
  phases: [PHASE.open],
  decide(view, _memory, _random, out) {
    if (view.slotOfEra !== 1 || view.myDelegations().length > 0) return;
    const count = view.ledger.providerTotals[F.providerTotals.providerCount]!;
    const rank = numberOption(view, 'target');
    for (let provider = 1; provider <= count; provider++) {
      const at = provider * STRIDE.providers;
      if (view.ledger.providers[at + F.providers.state] !== PROVIDER_STATE.active || provider < rank) continue;
      const units = Math.floor((view.ledger.wallets[view.account]! / BPS) * numberOption(view, 'share_bps'));
      if (units >= view.param('deleg.min')) out.act('delegate', [KIND.provider, provider, units, 1]);
      return;
    }
  },
};
