/**
 * BEH-39: a gateway that keeps quiet when a member of its subnet is off while a lease runs on it, so that the consumer is charged
 * on (`hides_failures`, read by `sim/engine/market.ts`), and that takes more of what its members earn once it has any (`skim_bps`).
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const skimmer = createMiner({
  name: 'skimmer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
});
