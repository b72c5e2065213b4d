/** BEH-34: has its rewards delegated to a provider of its cartel, to lift that provider's tier (DELEG-8, OP-105). */
import type { View } from '../../sim/engine/agentContract.ts';
import { F, STRIDE } from '../../sim/protocol/layout.ts';
import { createSlark } from './behave.ts';
import { bestProvider, measured, presentProviders } from './steps.ts';

function ownProvider(view: View): number {
  const cartel = view.cartel();
  const own = presentProviders(view).find((provider) =>
    cartel.includes(view.ledger.providers[provider * STRIDE.providers + F.providers.owner]!),
  );
  return own ?? bestProvider(view);
}

export const selfBacker = createSlark({
  name: 'self-backer',
  choose: ownProvider,
  find: (view) => (challenge) => measured(view, challenge),
});
