/** BEH-33: runs more licences on its machine than it carries: above capacity each one fails with the excess share (OP-61). */
import { VERDICT } from '../../sim/protocol/layout.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

const BPS = 10_000;

export const overloaded = createSlark({
  name: 'overloaded',
  find: (view, random) => {
    const run = view.licencesRun().length;
    const carried = view.param('slark.licences_per_machine');
    const failBps = run > carried ? Math.floor(((run - carried) * BPS) / run) : 0;
    return (challenge) => {
      if (!random.chance(failBps)) return measured(view, challenge);
      // Half of what fails is never handed in, half is wrong.
      if (random.chance(BPS / 2)) return VERDICT.none;
      return measured(view, challenge) === VERDICT.pass ? VERDICT.fail : VERDICT.pass;
    };
  },
});
