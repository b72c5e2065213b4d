/**
 * BEH-6: switches its machine on for part of each period only, to be paid for liveness with less of it. An hour is paid
 * whole or not at all, so by default it switches with the time slots. The period is the machine's (`duty_on_s` of every
 * `duty_period_s`, `sim/engine/world.ts`); on the ledger it behaves like anybody.
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const farmer = createMiner({
  name: 'farmer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
});
