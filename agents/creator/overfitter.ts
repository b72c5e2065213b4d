/** BEH-25: ships a model that was trained on the public benchmark set alone: brilliant there, and elsewhere no better than its base. */
import { createSteady } from './steady.ts';

export const overfitter = createSteady('overfitter');
