/** BEH-21: a group with an agreed verdict. It passes what belongs to its cartel and checks the rest, to keep its reputation. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { invent, judge, keepUp, orderChecks, ownerOfTask, pendingMembers, submit } from './steps.ts';

export const colluder: Strategy = {
  role: 'validator',
  name: 'colluder',
  phases: [PHASE.open, PHASE.work, PHASE.serve],
  decide(view, memory, random, out) {
    if (view.phase === PHASE.open) {
      keepUp(view, memory, 0, out);
      return;
    }
    for (const { task, member } of pendingMembers(view)) {
      const ours = view.cartel().includes(ownerOfTask(view, task));
      if (view.phase === PHASE.work) {
        if (!ours) orderChecks(view, task, out);
      } else
        submit(
          task,
          member,
          ours ? invent(view, task, true) : judge(view, random, task, numberOption(view, 'skill_bps')),
          out,
        );
    }
  },
};
