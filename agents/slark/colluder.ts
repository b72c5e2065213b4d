/** BEH-31: reports a pass for providers of its cartel whatever it measured, and works honestly otherwise. */
import { F, STRIDE, VERDICT } from '../../sim/protocol/layout.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

export const colluder = createSlark({
  name: 'colluder',
  find: (view) => (challenge) => {
    const provider = view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.provider]!;
    const owner = view.ledger.providers[provider * STRIDE.providers + F.providers.owner]!;
    return view.cartel().includes(owner) ? VERDICT.pass : measured(view, challenge);
  },
});
