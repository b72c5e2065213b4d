/**
 * BEH-55: a licence owner that moves what it has earned to the provider of the best yield, as often as it may (SLARK-12). It
 * runs its own client, honestly: only its money is restless.
 */
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { backOnly, bestProvider, earnedDelegations, measured, presentProviders } from './steps.ts';

/** What it has earned and may move, by the provider that holds it. */
function earnedUnits(view: View): Map<number, number> {
  const units = new Map<number, number>();
  for (const delegation of earnedDelegations(view)) {
    const at = delegation * STRIDE.delegations;
    const target = view.ledger.delegations[at + F.delegations.target]!;
    units.set(target, (units.get(target) ?? 0) + view.ledger.delegations[at + F.delegations.units]!);
  }
  return units;
}

/** The provider whose liveness of the last era would have paid its tokens most, with them in its collateral (F-33). */
function bestYield(view: View): number {
  const backed = earnedUnits(view);
  const ownUnits = [...backed.values()].reduce((sum, units) => sum + units, 0);
  let best = 0;
  let bestRate = 0;
  for (const provider of presentProviders(view)) {
    const at = provider * STRIDE.providerCollateral;
    const others =
      view.ledger.providerCollateral[at + F.providerCollateral.ownUnits]! +
      view.ledger.providerCollateral[at + F.providerCollateral.delegatedUnits]! -
      (backed.get(provider) ?? 0);
    const earned = view.ledger.providerEra[provider * STRIDE.providerEra + F.providerEra.rawUnits]!;
    const rate = earned / (others + ownUnits + 1);
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
  if (best !== 0) backOnly(view, best, out);
}

export const chaser = createSlark({
  name: 'chaser',
  choose: (view) => bestYield(view) || bestProvider(view),
  find: (view) => (challenge) => measured(view, challenge),
  after: (view, _memory, _random, out) => follow(view, out),
});
