/** BEH-36: exposes what its device has, while it is switched on: always, or in the evening and at weekends (`sim/engine/world.ts`). */
import { createFizzOwner } from './steps.ts';

export const evening = createFizzOwner({ name: 'evening' });
