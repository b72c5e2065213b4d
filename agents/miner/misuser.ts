/** BEH-15: looks at, copies or sells what consumers have on its machine, while a lease runs; else it behaves like anybody. */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const misuser = createMiner({
  name: 'misuser',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: { market: { misuses: (view, _lease, random) => random.chance(numberOption(view, 'misuse_bps')) } },
});
