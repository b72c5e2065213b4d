/** BEH-30: measures every target and reports what it measured, at once. */
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

export const diligent = createSlark({
  name: 'diligent',
  find: (view) => (challenge) => measured(view, challenge),
});
