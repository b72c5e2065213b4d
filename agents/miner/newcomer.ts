/**
 * BEH-2: no history. Enters late (the population's `enter`) on the hardware that the population names, and has to build its
 * trust against nodes that have one.
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const newcomer = createMiner({
  name: 'newcomer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  reinvestBps: (view) => numberOption(view, 'reinvest_bps'),
});
