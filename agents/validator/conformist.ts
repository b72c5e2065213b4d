/** BEH-23: measures like everybody, but votes the majority it expects (a pass) with the weight of its prior. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { VERDICT } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { judge, keepUp, orderChecks, pendingMembers, submit } from './steps.ts';

export const conformist: Strategy = {
  role: 'validator',
  name: 'conformist',
  phases: [PHASE.open, PHASE.work, PHASE.serve],
  decide(view, memory, random, out) {
    if (view.phase === PHASE.open) keepUp(view, memory, 0, out);
    else if (view.phase === PHASE.work) for (const { task } of pendingMembers(view)) orderChecks(view, task, out);
    else {
      for (const { task, member } of pendingMembers(view)) {
        const measured = judge(view, random, task, numberOption(view, 'skill_bps'));
        submit(
          task,
          member,
          random.chance(numberOption(view, 'prior_bps')) ? { ...measured, verdict: VERDICT.pass } : measured,
          out,
        );
      }
    }
  },
};
