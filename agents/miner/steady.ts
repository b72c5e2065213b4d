/** BEH-1: true specifications, work as declared, stake topped up from income, exit by the queue. */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const steady = createMiner({
  name: 'steady',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  reinvestBps: (view) => numberOption(view, 'reinvest_bps'),
  exitEra: (view) => numberOption(view, 'exit_era'),
});
