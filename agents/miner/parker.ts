/**
 * BEH-17: climbs to the tier that it aims for, then stays there with as little service as the rules allow: as many slots off
 * as the tier's uptime leaves (`idle_slots`), and rests of some eras, with its machine off for a part of the day, that end
 * just before the demotion counter is full (TIER-4). The rests are the machine's (`rest_from_era`, `rest_eras`,
 * `work_eras`, `rest_slots`, `sim/engine/world.ts`); on the ledger it behaves like anybody.
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const parker = createMiner({
  name: 'parker',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
});
