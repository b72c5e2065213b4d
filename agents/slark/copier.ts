/** BEH-35: measures nothing; waits and repeats what most of the others have handed in. Where nobody has, it says nothing or guesses. */
import { VERDICT } from '../../sim/protocol/layout.ts';
import { createSlark } from './behave.ts';

export const copier = createSlark({
  name: 'copier',
  isLate: true,
  measures: false,
  find: (view) => (challenge) => {
    const verdicts = view.verdictsOn(challenge);
    if (verdicts.length === 0) return view.options.alone === 'pass' ? VERDICT.pass : VERDICT.none;
    const passes = verdicts.filter((verdict) => verdict === VERDICT.pass).length;
    return passes * 2 >= verdicts.length ? VERDICT.pass : VERDICT.fail;
  },
});
