/**
 * BEH-16: as much capacity as it can offer, of mediocre quality: it serves everybody with cheaper weights. How much the
 * machine has is physics (`machine_times`, `sim/engine/world.ts`).
 */
import { numberOption, variantOption } from '../options.ts';
import { createMiner } from './behave.ts';

export const hoarder = createMiner({
  name: 'hoarder',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice(view) {
    const cheap = variantOption(view, 'variant');
    return () => cheap;
  },
});
