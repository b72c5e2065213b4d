/** BEH-20: waits until others have published, then repeats the first report it finds. Without one it makes up a pass. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { invent, keepUp, pendingMembers, publishedResults, submit } from './steps.ts';

export const copier: Strategy = {
  role: 'validator',
  name: 'copier',
  phases: [PHASE.open, PHASE.reveal],
  decide(view, memory, random, out) {
    if (view.phase === PHASE.open) {
      keepUp(view, memory, 0, out);
      return;
    }
    for (const { task, member } of pendingMembers(view)) {
      const copied = publishedResults(view, task)[0];
      if (copied === undefined) submit(task, member, invent(view, task, true), out);
      else
        submit(
          task,
          member,
          random.chance(numberOption(view, 'noise_bps')) ? { ...copied, reportId: copied.reportId + 1 } : copied,
          out,
        );
    }
  },
};
