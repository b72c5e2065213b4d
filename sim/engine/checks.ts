/**
 * The checks of validation tasks (F-19, F-20, VAL-15): which inferences they take and what follows from the results. Honest
 * validators judge by them, and so does the simulator's own truth; the two differ in what they can see of a node's errors.
 *
 * F-20 also names unsafe answers. Text recognition has none, so that share is 0 here.
 */
import { BPS, FP, mulDivDown } from '../base/fixedPoint.ts';
import { F, STRIDE, TASK_KIND } from '../protocol/layout.ts';
import type { MeasuredAnswer, View } from './agentContract.ts';
import { DOCUMENT_FIELDS } from './documents.ts';

export type Check = { readonly variant: number; readonly sample: number; readonly level: number };

export type Assessment = {
  readonly passes: boolean;
  /** Quality to report, bps. */
  readonly qualityBps: number;
  /** False if an answer that the assessment needs has not been executed. */
  readonly known: boolean;
};

/** What an assessor sees besides the answers: failures among probes of a node, and flags that are not there. */
export type Perception = { errorCount(failBps: number, probeCount: number): number; seesFalseFlag(): boolean };

/** Values of `val.proof`. */
const PROOF = { text: 0, sketch: 1 } as const;
/** The variant with which nodes are probed: the reference. */
const PROBE_VARIANT = 0;
/** The hard level stands for perturbed input: robustness is accuracy there. */
const HARD = 2;
const PERCENTILE = 95;

function field(view: View, task: number, name: keyof typeof F.tasks): number {
  return view.ledger.tasks[task * STRIDE.tasks + F.tasks[name]]!;
}

/** Variant that a task's version declares; −1 if its artefact is none that is known. */
function declaredVariant(view: View, task: number): number {
  const version = field(view, task, 'referenceId') * STRIDE.versions;
  return view.variantOf(view.ledger.versions[version + F.versions.artefactId]!);
}

/** Inferences on which an honest judgement of the task rests; none for metadata and for unknown artefacts. */
export function checksOfTask(view: View, task: number): readonly Check[] {
  const kind = field(view, task, 'kind');
  if (kind === TASK_KIND.modelMetadata || kind === TASK_KIND.nodeMetadata) return [];
  const variant = kind === TASK_KIND.node ? PROBE_VARIANT : declaredVariant(view, task);
  if (variant < 0) return [];
  const samples = kind === TASK_KIND.output ? [view.sampleOfAudit(task)] : view.samplesOfTask(task);
  return samples.map(({ sample, level }) => ({ variant, sample, level }));
}

/** The value below which 95 % of the values lie (nearest rank). */
function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((PERCENTILE * sorted.length) / 100) - 1] ?? 0;
}

function meanBps(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length);
}

const UNKNOWN: Assessment = { passes: false, qualityBps: 0, known: false };
const REFUSED: Assessment = { passes: false, qualityBps: 0, known: true };

/** True if a document has enough of the required fields and nothing critical. @rule F-19 */
export function isFitDocument(content: ReturnType<View['document']>, metaMinFp: number): boolean {
  return !content.flagged && mulDivDown(FP, content.fieldCount, DOCUMENT_FIELDS) >= metaMinFp;
}

/** Metadata: what the document says, and what a validator may see in it that is not there. @rule F-19 */
function assessDocument(view: View, task: number, perception: Perception): Assessment {
  const reference = field(view, task, 'referenceId');
  const documentId =
    field(view, task, 'kind') === TASK_KIND.nodeMetadata
      ? reference
      : view.ledger.versions[reference * STRIDE.versions + F.versions.documentId]!;
  const content = view.document(documentId);
  // Looked for in any document, so that what an assessor draws does not depend on what it finds.
  const falseFlag = perception.seesFalseFlag();
  return {
    passes: isFitDocument(content, view.param('val.meta_min')) && !falseFlag,
    qualityBps: Math.floor((content.fieldCount * BPS) / DOCUMENT_FIELDS),
    known: true,
  };
}

/**
 * Audit of one answer: its text must be the one that the declared model gives, its commitment must have been opened, and the
 * sketch of what was executed must lie within the band of an honest execution (`val.proof: text` asks for the text alone).
 *
 * @rule VAL-15, OP-22
 */
function assessOutput(view: View, task: number, own: MeasuredAnswer): Assessment {
  const answerId = field(view, task, 'answerId');
  if (view.param('val.proof') === PROOF.text)
    return { passes: own.answerId === answerId, qualityBps: own.qualityBps, known: true };
  // Whoever does not open his commitment in time has proven nothing.
  if (field(view, task, 'sketchId') === 0) return { ...REFUSED, qualityBps: own.qualityBps };
  const distance = view.distanceOf(task);
  if (distance === undefined) return UNKNOWN;
  // Text and sketch are held against one execution, the validators' own.
  const sameText = distance.declaredAnswerId === answerId;
  const passes = sameText && distance.ppb <= view.acceptedPpb(task, distance.second);
  return { passes, qualityBps: own.qualityBps, known: true };
}

/** True if an audit needs the sketches compared: there is one to hold against an own execution. */
export function needsComparison(view: View, task: number): boolean {
  return (
    field(view, task, 'kind') === TASK_KIND.output &&
    view.param('val.proof') === PROOF.sketch &&
    field(view, task, 'sketchId') !== 0
  );
}

/**
 * The verdict that the measured answers lead to.
 *
 * @rule F-19, F-20, VAL-5, VAL-15
 */
export function assessTask(view: View, task: number, perception: Perception): Assessment {
  const kind = field(view, task, 'kind');
  if (kind === TASK_KIND.modelMetadata || kind === TASK_KIND.nodeMetadata)
    return assessDocument(view, task, perception);
  const checks = checksOfTask(view, task);
  if (checks.length === 0) return REFUSED;
  const answers = checks.flatMap(({ variant, sample, level }) => {
    const answer = view.answer(variant, sample, level);
    return answer === undefined ? [] : [{ ...answer, level }];
  });
  if (answers.length < checks.length) return UNKNOWN;
  if (kind === TASK_KIND.output) return assessOutput(view, task, answers[0]!);
  const slowestUs = percentile95(answers.map(({ latencyUs }) => latencyUs));
  const limitMs = view.param('val.p95_ms');
  if (kind === TASK_KIND.node) {
    const probe = view.probeNode(field(view, task, 'subject'));
    const errors = perception.errorCount(probe.failBps, answers.length);
    const fast = (slowestUs * probe.hardwareMil) / 1_000_000 + probe.rttMs <= limitMs;
    const reliable = mulDivDown(FP, errors, answers.length) <= view.param('val.err_max');
    return { passes: fast && reliable, qualityBps: BPS, known: true };
  }
  const qualityBps = meanBps(answers.map((answer) => answer.qualityBps));
  const hard = answers.filter(({ level }) => level === HARD);
  const robust =
    hard.length === 0 || meanBps(hard.map((answer) => answer.qualityBps)) * (FP / BPS) >= view.param('val.rob_min');
  const accurate = qualityBps * (FP / BPS) >= view.param('val.acc_min');
  return { passes: accurate && robust && slowestUs / 1_000 <= limitMs, qualityBps, known: true };
}
