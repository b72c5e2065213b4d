/**
 * BEH-30: measures every target and reports what it measured, at once. Runs licences of others too, as far as its machine
 * has room.
 */
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

export const diligent = createSlark({
  name: 'diligent',
  find: (view) => (challenge) => measured(view, challenge),
  hostCount: (view) => numberOption(view, 'hosts'),
});
