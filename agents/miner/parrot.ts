/**
 * BEH-8, BEH-50: executes nothing. It repeats what others have revealed about the same line of text, and makes the rest up. The
 * sketch that it hands in when it is audited is copied too, and was made under another nonce.
 */
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, STRIDE, TASK_KIND } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { createMiner } from './behave.ts';
import { waitingRequests } from './steps.ts';

/** Audits that it looks back over, the latest ones. */
const MEMORY_OF_AUDITS = 500;

function taskField(view: View, task: number, name: keyof typeof F.tasks): number {
  return view.ledger.tasks[task * STRIDE.tasks + F.tasks[name]]!;
}

/** The latest audit in which somebody revealed what a version gives on a sample; 0 if there is none. */
function findRevealed(view: View, version: number, sample: number, level: number): number {
  const last = view.ledger.taskTotals[F.taskTotals.taskCount]!;
  for (let task = last; task > Math.max(0, last - MEMORY_OF_AUDITS); task--) {
    if (taskField(view, task, 'kind') !== TASK_KIND.output || taskField(view, task, 'sketchId') === 0) continue;
    if (taskField(view, task, 'referenceId') !== version) continue;
    const seen = view.sampleOfAudit(task);
    if (seen.sample === sample && seen.level === level) return task;
  }
  return 0;
}

/** Time in which an answer is looked up, ms. */
const LOOKUP_MS = 1;

export const parrot = createMiner({
  name: 'parrot',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => (_request, declared) => declared,
  order: () => {},
  serve(view, random, out) {
    for (const request of waitingRequests(view)) {
      const { sample, level } = view.sampleOf(request);
      const version = view.ledger.requests[request * STRIDE.requests + F.requests.version]!;
      const source = findRevealed(view, version, sample, level);
      const answerId = source === 0 ? 1 + random.int(2 ** 31) : taskField(view, source, 'answerId');
      const commitmentId = source === 0 ? 0 : view.commitmentTo(taskField(view, source, 'outputId'), request);
      out.act('serveRequest', [request, answerId, commitmentId, LOOKUP_MS + view.rttMs]);
    }
  },
  prove(view: View, out: Decision) {
    for (const task of view.myAudits()) {
      const opening = view.openingOf(task);
      if (opening === undefined) continue;
      const { sample, level } = view.sampleOfAudit(task);
      const source = findRevealed(view, taskField(view, task, 'referenceId'), sample, level);
      if (source !== 0)
        out.act('revealSketch', [task, opening.outputId, opening.saltId, taskField(view, source, 'sketchId')]);
    }
  },
});
