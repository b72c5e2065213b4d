/**
 * BEH-31: in league with providers. It reports a pass for those of its cartel whatever it measured; or reports what it
 * measured and warns them beforehand, so that they make room (`warned` of the spoofer). Works honestly otherwise.
 */
import { VERDICT } from '../../sim/protocol/layout.ts';
import { dares, targetOwner } from '../cartel.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

export const colluder = createSlark({
  name: 'colluder',
  find: (view) => (challenge) => {
    const lies = view.options.mode === 'report' && view.cartel().includes(targetOwner(view, challenge));
    return lies && dares(view, challenge) ? VERDICT.pass : measured(view, challenge);
  },
});
