/**
 * BEH-34: has its rewards delegated to a provider of its cartel, to lift that provider's tier (DELEG-8, OP-105), and lends it
 * part of its wallet on top.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, KIND, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { backOnly, bestProvider, measured, presentProviders } from './steps.ts';

/** The first provider of the cartel that is there; 0 if there is none. */
function ownProvider(view: View): number {
  const cartel = view.cartel();
  const isOwn = (provider: number): boolean =>
    cartel.includes(view.ledger.providers[provider * STRIDE.providers + F.providers.owner]!);
  return presentProviders(view).find(isOwn) ?? 0;
}

/** Once an era: everything to the own provider, also what had to wait for it elsewhere. */
function back(view: View, out: Decision): void {
  if (view.slotOfEra !== 4) return;
  const own = ownProvider(view);
  if (own === 0) return;
  backOnly(view, own, out);
  const units = Math.floor((view.ledger.wallets[view.account]! / BPS) * numberOption(view, 'extra_bps'));
  if (units >= view.param('deleg.min')) out.act('delegate', [KIND.provider, own, units, 0]);
}

export const selfBacker = createSlark({
  name: 'self-backer',
  choose: (view) => ownProvider(view) || bestProvider(view),
  find: (view) => (challenge) => measured(view, challenge),
  after: (view, _memory, _random, out) => back(view, out),
});
