/**
 * BEH-38: attaches to the best subnet there is and is hardly ever on (`evening_hours`), so that it shares in the subnet's standing
 * and the others answer for what it does not deliver.
 */
import { createFizzOwner } from './steps.ts';

export const freeRider = createFizzOwner({ name: 'free-rider', gateway: (_view, gateways) => gateways[0]! });
