/**
 * What a validation task should have come to (OP-107): known to the simulator, never to the agents. Compared with the
 * consensus, it tells how often the validators were wrong.
 */
import { BPS, FP, mulDivDown } from '../base/fixedPoint.ts';
import { F, STRIDE, TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { getParam, type State } from '../protocol/state.ts';
import type { View } from './agentContract.ts';
import { DOCUMENT_FIELDS, decodeDocument } from './documents.ts';
import type { SharedRun } from './shared.ts';

/** The verdict on a document: enough fields, nothing critical. @rule F-19 */
export function judgeDocument(documentId: number, metaMinFp: number): number {
  const { fieldCount, flagged } = decodeDocument(documentId);
  return !flagged && mulDivDown(FP, fieldCount, DOCUMENT_FIELDS) >= metaMinFp ? VERDICT.pass : VERDICT.fail;
}

/**
 * @param sight  a view on the run, for the samples of the task
 * @returns the true verdict, or VERDICT.none where too little was measured to know it
 */
export function trueVerdict(run: SharedRun, s: State, sight: View, task: number): number {
  const at = task * STRIDE.tasks;
  const kind = s.tasks[at + F.tasks.kind]!;
  const reference = s.tasks[at + F.tasks.referenceId]!;
  if (kind === TASK_KIND.modelMetadata || kind === TASK_KIND.nodeMetadata) {
    const documentId =
      kind === TASK_KIND.nodeMetadata ? reference : s.versions[reference * STRIDE.versions + F.versions.documentId]!;
    return judgeDocument(documentId, getParam(s, 'val.meta_min'));
  }
  if (kind === TASK_KIND.node) {
    const { hardwareMil, rttMs } = sight.probeNode(s.tasks[at + F.tasks.subject]!);
    const slowestUs = slowestLatencyUs(run);
    return slowestUs === 0
      ? VERDICT.none
      : (slowestUs * hardwareMil) / 1_000_000 + rttMs <= getParam(s, 'val.p95_ms')
        ? VERDICT.pass
        : VERDICT.fail;
  }
  const variant = sight.variantOf(s.versions[reference * STRIDE.versions + F.versions.artefactId]!);
  if (variant < 0) return VERDICT.fail;
  if (kind === TASK_KIND.output) {
    const { sample, level } = sight.sampleOfAudit(task);
    const answer = sight.answer(variant, sample, level);
    return answer === undefined
      ? VERDICT.none
      : answer.answerId === s.tasks[at + F.tasks.answerId]
        ? VERDICT.pass
        : VERDICT.fail;
  }
  let sumBps = 0;
  let count = 0;
  for (const { sample, level } of sight.samplesOfTask(task)) {
    const answer = sight.answer(variant, sample, level);
    if (answer === undefined) continue;
    sumBps += answer.qualityBps;
    count += 1;
  }
  return count === 0
    ? VERDICT.none
    : mulDivDown(sumBps, FP, count * BPS) >= getParam(s, 'val.acc_min')
      ? VERDICT.pass
      : VERDICT.fail;
}

/** Latency of the slowest measured answer so far, µs. */
function slowestLatencyUs(run: SharedRun): number {
  let slowest = 0;
  for (let at = 2; at < run.answers.length; at += 3) if (run.answers[at]! > slowest) slowest = run.answers[at]!;
  return slowest;
}
