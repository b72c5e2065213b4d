/** BEH-18: executes every check and submits in time. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { judge, keepUp, orderChecks, pendingMembers, submit } from './steps.ts';

export const diligent: Strategy = {
  role: 'validator',
  name: 'diligent',
  phases: [PHASE.open, PHASE.work, PHASE.serve],
  decide(view, memory, random, out) {
    if (view.phase === PHASE.open) keepUp(view, memory, numberOption(view, 'rotate_eras'), out);
    else if (view.phase === PHASE.work) for (const { task } of pendingMembers(view)) orderChecks(view, task, out);
    else
      for (const { task, member } of pendingMembers(view))
        submit(task, member, judge(view, random, task, numberOption(view, 'skill_bps')), out);
  },
};
