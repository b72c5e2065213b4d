/**
 * BEH-17: climbs to the tier that it aims for, then stays there with as little service as the rules allow: as many slots off
 * as the tier's uptime leaves (`idle_slots`), and rests of some eras, with its machine off for a part of the day, that end
 * just before the demotion counter is full (TIER-4). The rests are the machine's (`rest_from_era`, `rest_eras`,
 * `work_eras`, `rest_slots`, `sim/engine/world.ts`); on the ledger it behaves like anybody, but that it may ask the stake back
 * that its tier does not need (`stake_back`), from the era of its first rest on.
 */
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { PROVIDER_STATE } from '../../sim/protocol/layout.ts';
import { providerField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { currentProvider, providerOwnUnits, tierStakeUnits } from './provider.ts';

/** Tokens beyond the tier's stake that it leaves there: the tier needs more than its stake. */
const SPARE = 1;

const isParked = (view: View): boolean =>
  view.options.stake_back === 'on' && view.era >= numberOption(view, 'rest_from_era');

/** Once an era: asks back what the tier that it parks in does not need (DELEG-6). */
function askBack(view: View, out: Decision): void {
  const provider = currentProvider(view);
  if (provider === 0 || view.slotOfEra !== 3 || !isParked(view)) return;
  const tier = providerField(view, provider, 'tier');
  const isThere = tier <= numberOption(view, 'stake_tier');
  if (providerField(view, provider, 'state') !== PROVIDER_STATE.active || !isThere) return;
  const units = providerOwnUnits(view, provider) - tierStakeUnits(view, tier) - SPARE * view.unitsPerToken;
  if (units > 0) out.act('unstakeProvider', [provider, units]);
}

export const parker = createMiner({
  name: 'parker',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: { margin: (view) => (isParked(view) ? SPARE : numberOption(view, 'stake_margin')) },
  before: (view, _memory, out) => askBack(view, out),
});
