/**
 * BEH-47: backs the best provider, or the one that it is told to begin with, and asks its tokens back on bad news: a failed challenge, or a suspension. What is
 * unbonding stays slashable (DELEG-6), so the question is whether it is early enough.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { F, KIND, PROVIDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';

/** Memory 0: slots since the first bad news about the backed provider. From memory 1 on: providers that it has left and does not return to. */
const NEWS = 0;
const LEFT = 1;

function isBadNews(view: View, provider: number): boolean {
  const state = view.ledger.providers[provider * STRIDE.providers + F.providers.state]!;
  const failedHours = view.ledger.providerEra[provider * STRIDE.providerEra + F.providerEra.failedHours]!;
  return state !== PROVIDER_STATE.active || failedHours > 0;
}

function bestActive(view: View, hasLeft: (provider: number) => boolean): number {
  const count = view.ledger.providerTotals[F.providerTotals.providerCount]!;
  let best = 0;
  for (let provider = 1; provider <= count; provider++) {
    const at = provider * STRIDE.providers;
    if (hasLeft(provider) || isBadNews(view, provider)) continue;
    if (
      best === 0 ||
      view.ledger.providers[at + F.providers.tier]! < view.ledger.providers[best * STRIDE.providers + F.providers.tier]!
    )
      best = provider;
  }
  return best;
}

export const dodger: Strategy = {
  role: 'delegator',
  name: 'dodger',
  phases: [PHASE.open],
  decide(view, memory, _random, out) {
    const field = (delegation: number, name: 'units' | 'target'): number =>
      view.ledger.delegations[delegation * STRIDE.delegations + F.delegations[name]]!;
    const backed = view.myDelegations().filter((delegation) => field(delegation, 'units') > 0);
    const bad = backed.filter((delegation) => isBadNews(view, field(delegation, 'target')));
    if (bad.length > 0 || memory[NEWS]! > 0) memory[NEWS] = memory[NEWS]! + 1;
    if (memory[NEWS]! > numberOption(view, 'react_slots')) {
      memory[NEWS] = 0;
      for (const delegation of backed) {
        memory.copyWithin(LEFT + 1, LEFT);
        memory[LEFT] = field(delegation, 'target');
        out.act('undelegate', [delegation, field(delegation, 'units')]);
      }
      return;
    }
    if (backed.length > 0 || view.slotOfEra !== 1 || view.era < 1) return;
    const hasLeft = (candidate: number): boolean => memory.indexOf(candidate, LEFT) >= 0;
    const wanted = numberOption(view, 'target');
    const isWanted = wanted > 0 && wanted <= view.ledger.providerTotals[F.providerTotals.providerCount]!;
    const provider = isWanted && !hasLeft(wanted) && !isBadNews(view, wanted) ? wanted : bestActive(view, hasLeft);
    const units = Math.floor((view.ledger.wallets[view.account]! / BPS) * numberOption(view, 'share_bps'));
    if (provider !== 0 && units >= view.param('deleg.min')) out.act('delegate', [KIND.provider, provider, units, 0]);
  },
};
