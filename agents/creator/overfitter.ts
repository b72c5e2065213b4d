/** BEH-25: ships a model that was trained on the public benchmark set alone: brilliant there, poor on what consumers ask. */
import { createSteady } from './steady.ts';

export const overfitter = createSteady('overfitter');
