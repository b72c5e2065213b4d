/**
 * BEH-7: has sold more CPUs than it has, as models of its node and as leases, and throws all of that out for a challenge that
 * would not fit beside it. It passes where a spoofer of the same factor would not, and breaches the service of that hour.
 */
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { hasRoom, hasRoomAlone } from './provider.ts';
import { scaledCapacity } from './spoofer.ts';

export const prioritiser = createMiner({
  name: 'prioritiser',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    // Other work uses up CPUs long before anything else, so only of them does eviction set enough free.
    claim: (view) =>
      scaledCapacity(view, (resource) => (resource === 'cpuCount' ? numberOption(view, 'factor_mil') : 1_000)),
    evicts: (view, challenge) => !hasRoom(view, challenge) && hasRoomAlone(view, challenge),
  },
});
