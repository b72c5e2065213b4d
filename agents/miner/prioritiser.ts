/**
 * BEH-7: has sold more CPUs than it has, and throws its other work out for a challenge that would not fit beside it. It
 * passes where a spoofer of the same factor would not, and breaches the service of that hour.
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { busyCpuCount, hasRoom } from './provider.ts';
import { scaledCapacity } from './spoofer.ts';

export const prioritiser = createMiner({
  name: 'prioritiser',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    // Only CPUs are in use by other work, so only of them does eviction set any free.
    claim: (view) =>
      scaledCapacity(view, (resource) => (resource === 'cpuCount' ? numberOption(view, 'factor_mil') : 1_000)),
    evicts: (view, challenge) =>
      !hasRoom(view, challenge, busyCpuCount(view, challenge)) && hasRoom(view, challenge, 0),
  },
});
