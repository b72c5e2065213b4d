/** BEH-19: votes without testing, pass with the probability of its prior. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { invent, keepUp, pendingMembers, submit } from './steps.ts';

export const lazy: Strategy = {
  role: 'validator',
  name: 'lazy',
  phases: [PHASE.open, PHASE.serve],
  decide(view, memory, random, out) {
    if (view.phase === PHASE.open) keepUp(view, memory, 0, out);
    else
      for (const { task, member } of pendingMembers(view))
        submit(task, member, invent(view, task, random.chance(numberOption(view, 'prior_bps'))), out);
  },
};
