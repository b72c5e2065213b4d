/**
 * BEH-55: a licence owner that moves what it has earned to the provider of the best yield, as often as it may (SLARK-12). It
 * lets others run its client where somebody offers to: the rewards are the owner's all the same (SLARK-5).
 */
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, SLARK_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { measured, presentProviders, slarkField } from './steps.ts';

/** Liveness of the last era per unit of collateral: what a delegated token earned there (F-33). */
function bestYield(view: View): number {
  let best = 0;
  let bestRate = -1;
  for (const provider of presentProviders(view)) {
    const at = provider * STRIDE.providerCollateral;
    const collateral =
      view.ledger.providerCollateral[at + F.providerCollateral.ownUnits]! +
      view.ledger.providerCollateral[at + F.providerCollateral.delegatedUnits]!;
    const earned = view.ledger.providerEra[provider * STRIDE.providerEra + F.providerEra.rawUnits]!;
    const rate = collateral === 0 ? 0 : earned / collateral;
    if (rate > bestRate) {
      best = provider;
      bestRate = rate;
    }
  }
  return best;
}

function follow(view: View, out: Decision): void {
  if (view.slotOfEra !== 4 || view.era % numberOption(view, 'every_eras') !== 0) return;
  const best = bestYield(view);
  if (best === 0) return;
  for (const licence of view.myLicences()) {
    if (slarkField(view, licence, 'state') === SLARK_STATE.banned || slarkField(view, licence, 'provider') === best)
      continue;
    out.act('chooseProvider', [licence, best]);
  }
  for (const delegation of view.myDelegations()) {
    const at = delegation * STRIDE.delegations;
    const isEarned = view.ledger.vestings[delegation * STRIDE.vestings + F.vestings.licence]! > 0;
    const units = view.ledger.delegations[at + F.delegations.units]!;
    if (isEarned && units > 0 && view.ledger.delegations[at + F.delegations.target] !== best)
      out.act('redelegate', [delegation, best]);
  }
}

export const chaser = createSlark({
  name: 'chaser',
  choose: bestYield,
  find: (view) => (challenge) => measured(view, challenge),
  after: (view, _memory, _random, out) => follow(view, out),
});
