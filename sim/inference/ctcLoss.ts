/**
 * Connectionist temporal classification, the loss and its gradient (Graves et al. 2006, section 4): how unlikely a text
 * is under a row of probabilities for each step, summed over all alignments. Plain arithmetic, equal on every platform.
 */
import { exp, ln } from '../base/elementary.ts';

const BLANK = 0;
const NEVER = Number.NEGATIVE_INFINITY;
/** e^-x beyond this adds nothing to a sum of doubles that holds a 1. */
const NEGLIGIBLE = 40;

/**
 * -ln P(labels | logits), in nats; its derivative by each logit goes to `gradient`: softmax minus the share of the
 * alignments, by probability, that use the class at that step.
 *
 * @param logits  rows of classCount values, one for each step; class 0 is the blank
 * @param labels  classes of the text, none of them the blank
 * @param gradient  as many values as there are logits; overwritten
 * @throws RangeError when the text is too long for the steps: no alignment exists
 */
export function ctcLoss(
  logits: Float64Array,
  classCount: number,
  labels: readonly number[],
  gradient: Float64Array,
): number {
  const stepCount = logits.length / classCount;
  const repeatCount = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
  if (labels.length + repeatCount > stepCount) {
    throw new RangeError(`A text of ${labels.length} classes, ${repeatCount} of them repeated, in ${stepCount} steps`);
  }
  // A blank before, between and after the labels.
  const states = [BLANK, ...labels.flatMap((label) => [label, BLANK])];
  const logProbabilities = logSoftmax(logits, classCount, gradient);
  const forward = computeForward(logProbabilities, classCount, states);
  const backward = computeBackward(logProbabilities, classCount, states);
  const lastRow = (stepCount - 1) * states.length;
  const logTotal = logAdd(
    forward[lastRow + states.length - 1]!,
    states.length > 1 ? forward[lastRow + states.length - 2]! : NEVER,
    NEVER,
  );
  for (let t = 0; t < stepCount; t++) {
    for (const [s, label] of states.entries()) {
      const at = t * states.length + s;
      const logShare = forward[at]! + backward[at]! - logTotal;
      if (logShare > -700) gradient[t * classCount + label]! -= exp(Math.min(0, logShare));
    }
  }
  return -logTotal;
}

/** Natural logarithms of the softmax, whose values go to `probabilities`. */
function logSoftmax(logits: Float64Array, classCount: number, probabilities: Float64Array): Float64Array {
  const logProbabilities = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += classCount) {
    let largest = NEVER;
    for (let c = 0; c < classCount; c++) largest = Math.max(largest, logits[row + c]!);
    let sum = 0;
    for (let c = 0; c < classCount; c++)
      sum += probabilities[row + c] = exp(Math.max(-700, logits[row + c]! - largest));
    const logSum = ln(sum);
    for (let c = 0; c < classCount; c++) {
      probabilities[row + c]! /= sum;
      logProbabilities[row + c] = logits[row + c]! - largest - logSum;
    }
  }
  return logProbabilities;
}

/** A label may follow the one before the blank, unless it is the same: then the blank keeps the two apart. */
const canSkip = (states: readonly number[], s: number): boolean =>
  s >= 2 && states[s] !== BLANK && states[s] !== states[s - 2];

/** Logarithm of the probability of all beginnings of alignments that are in state s at step t, step t included. */
function computeForward(logProbabilities: Float64Array, classCount: number, states: readonly number[]): Float64Array {
  const width = states.length;
  const stepCount = logProbabilities.length / classCount;
  const forward = new Float64Array(stepCount * width).fill(NEVER);
  for (let s = 0; s < Math.min(2, width); s++) forward[s] = logProbabilities[states[s]!]!;
  for (let t = 1; t < stepCount; t++) {
    const before = (t - 1) * width;
    for (let s = 0; s < width; s++) {
      const from = logAdd(
        forward[before + s]!,
        s >= 1 ? forward[before + s - 1]! : NEVER,
        canSkip(states, s) ? forward[before + s - 2]! : NEVER,
      );
      forward[t * width + s] = from + logProbabilities[t * classCount + states[s]!]!;
    }
  }
  return forward;
}

/** Logarithm of the probability of all ends of alignments that are in state s at step t, step t not included. */
function computeBackward(logProbabilities: Float64Array, classCount: number, states: readonly number[]): Float64Array {
  const width = states.length;
  const stepCount = logProbabilities.length / classCount;
  const backward = new Float64Array(stepCount * width).fill(NEVER);
  for (let s = Math.max(0, width - 2); s < width; s++) backward[(stepCount - 1) * width + s] = 0;
  for (let t = stepCount - 2; t >= 0; t--) {
    const after = (t + 1) * width;
    const row = (t + 1) * classCount;
    const enter = (s: number): number => backward[after + s]! + logProbabilities[row + states[s]!]!;
    for (let s = 0; s < width; s++) {
      backward[t * width + s] = logAdd(
        enter(s),
        s + 1 < width ? enter(s + 1) : NEVER,
        s + 2 < width && canSkip(states, s + 2) ? enter(s + 2) : NEVER,
      );
    }
  }
  return backward;
}

/** ln(e^a + e^b + e^c) */
function logAdd(a: number, b: number, c: number): number {
  const largest = Math.max(a, b, c);
  if (largest === NEVER) return NEVER;
  return largest + ln(shifted(a - largest) + shifted(b - largest) + shifted(c - largest));
}

const shifted = (x: number): number => (x === 0 ? 1 : x < -NEGLIGIBLE ? 0 : exp(x));
