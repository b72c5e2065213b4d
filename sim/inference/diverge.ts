/**
 * One input through several sessions, and how far each lies from the first: compared where they were executed, because
 * the numbers would be megabytes and the distances are a line. Decides nothing about what is honest (see calibrate.ts).
 */
import type { Executor } from './execute.ts';
import type { Divergent, DivergeReply, DivergeRequest } from './runnerMessages.ts';
import { PROJECTION_COUNT, projectLogits, relativeDistancePpb } from './sketch.ts';

export async function diverge(
  { sessions, input, nonce }: DivergeRequest,
  getExecutor: (session: string) => Executor,
): Promise<DivergeReply> {
  const [first, ...others] = sessions;
  if (first === undefined) throw new RangeError('Nothing to compare with');
  const reference = await getExecutor(first)(input);
  const sketch = projectLogits(reference.logits, nonce, PROJECTION_COUNT);
  const results: Divergent[] = [];
  for (const session of others) {
    const { text, scores, logits } = await getExecutor(session)(input);
    results.push({
      logitsPpb: relativeDistancePpb(logits, reference.logits),
      sketchPpb: relativeDistancePpb(projectLogits(logits, nonce, PROJECTION_COUNT), sketch),
      isAnswerChanged: text !== reference.text || decide(scores) !== decide(reference.scores),
    });
  }
  return { kind: 'diverged', results };
}

/** What a user would take from the scores: which are above one half. */
const decide = (scores: readonly number[]): string => scores.map((score) => (score > 0.5 ? 1 : 0)).join('');
