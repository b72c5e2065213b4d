/** BEH-9: works honestly for some eras, which builds its trust, cheats for some, and builds it up again. */
import { numberOption, variantOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const oscillator = createMiner({
  name: 'oscillator',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice(view) {
    const honestEras = numberOption(view, 'honest_eras');
    const cycleEras = honestEras + numberOption(view, 'cheat_eras');
    if (view.era % cycleEras < honestEras) return asDeclared;
    const cheap = variantOption(view, 'variant');
    return () => cheap;
  },
});
