/**
 * BEH-33: means well and runs more licences on its machine than it carries. What fails then is physics, the same for every
 * client (OP-61): the ledger bounds only the licences of others that a machine takes, not its own.
 */
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

export const overloaded = createSlark({
  name: 'overloaded',
  find: (view) => (challenge) => measured(view, challenge),
});
