/**
 * What a validation task should have come to (OP-107): known to the simulator, never to the agents. Compared with the
 * consensus, it tells how often the validators were wrong.
 */
import { BPS } from '../base/fixedPoint.ts';
import { VERDICT } from '../protocol/layout.ts';
import type { View } from './agentContract.ts';
import { assessTask, type Perception } from './checks.ts';

/** Sees a node's failure share itself, not a sample of it, and no flags that are not there. */
const OMNISCIENT: Perception = {
  errorCount: (failBps, probeCount) => Math.floor((failBps * probeCount) / BPS),
  seesFalseFlag: () => false,
};

/**
 * @param sight a view on the run
 * @returns the true verdict, or VERDICT.none where an execution that it needs is missing
 */
export function trueVerdict(sight: View, task: number): number {
  const { passes, known } = assessTask(sight, task, OMNISCIENT);
  if (!known) return VERDICT.none;
  return passes ? VERDICT.pass : VERDICT.fail;
}
