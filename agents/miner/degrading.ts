/** BEH-3: honest work on hardware that slows down and drops off the network. The world reads the outage and drift options. */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

export const degrading = createMiner({
  name: 'degrading',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
});
