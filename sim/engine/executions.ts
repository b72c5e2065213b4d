/**
 * Who has executed what: every inference of a run is measured once, but its result is only theirs who ordered it. Kept by
 * the engine as the orders come in, over the same places as the measured answers; the agents' views read it.
 */
import { ANSWER_SIZE, answerAt, type SharedRun } from './shared.ts';

const LEVEL_COUNT = 3;

function isBelow(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count;
}

/** Whether there is such an inference: a variant of the run, a sample of its pool, a level of difficulty. */
export function isInference(run: SharedRun, variant: number, sample: number, level: number): boolean {
  return isBelow(variant, run.variants.length) && isBelow(sample, run.poolSamples) && isBelow(level, LEVEL_COUNT);
}

/** Byte in which the answer of (variant, level, sample) has its bit for an agent, and that bit. */
function placeOf(
  run: SharedRun,
  agent: number,
  variant: number,
  sample: number,
  level: number,
): readonly [number, number] {
  const bytesPerAgent = run.executions.length / run.roster.agents.length;
  const index = answerAt(run, variant, sample, level) / ANSWER_SIZE;
  return [agent * bytesPerAgent + (index >> 3), 1 << (index & 7)];
}

/** Notes that an agent has ordered an inference, one that there is. */
export function noteExecution(run: SharedRun, agent: number, variant: number, sample: number, level: number): void {
  const [at, bit] = placeOf(run, agent, variant, sample, level);
  run.executions[at]! |= bit;
}

/** Whether an agent has ordered an inference, in this slot or before; what the machine gave it then, it has. */
export function hasExecuted(run: SharedRun, agent: number, variant: number, sample: number, level: number): boolean {
  if (!isInference(run, variant, sample, level)) return false;
  const [at, bit] = placeOf(run, agent, variant, sample, level);
  return (run.executions[at]! & bit) !== 0;
}
