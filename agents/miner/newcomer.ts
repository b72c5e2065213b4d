/** BEH-2: good hardware without a history. Enters late (the population's `enter`) and has to build its trust. */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const newcomer = createMiner({
  name: 'newcomer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  reinvestBps: (view) => numberOption(view, 'reinvest_bps'),
});
