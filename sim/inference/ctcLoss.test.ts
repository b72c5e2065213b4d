import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctcLoss } from './ctcLoss.ts';

const CLASSES = 3;

/** Softmax by its definition, in the language's own exponential: nothing here shares code with what is tested. */
function softmax(row: readonly number[]): number[] {
  const powers = row.map((value) => Math.exp(value));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

const rowsOf = (logits: Float64Array): number[][] =>
  Array.from({ length: logits.length / CLASSES }, (_, t) => [...logits.subarray(t * CLASSES, (t + 1) * CLASSES)]);

/** What an alignment says: repeats merged, blanks dropped. */
const collapse = (path: readonly number[]): number[] => path.filter((c, t) => c !== 0 && c !== path[t - 1]);

/** Sums the probability of every one of the CLASSES ^ steps alignments that say the labels. */
function computeLossByEnumeration(logits: Float64Array, labels: readonly number[]): number {
  const probabilities = rowsOf(logits).map(softmax);
  let total = 0;
  for (let code = 0; code < CLASSES ** probabilities.length; code++) {
    const path = probabilities.map((_, t) => Math.floor(code / CLASSES ** t) % CLASSES);
    if (collapse(path).join() !== labels.join()) continue;
    total += path.reduce((product, c, t) => product * probabilities[t]![c]!, 1);
  }
  return -Math.log(total);
}

const lossOf = (logits: Float64Array, labels: readonly number[]): number =>
  ctcLoss(logits, CLASSES, labels, new Float64Array(logits.length));

const stepsNeeded = (labels: readonly number[]): number =>
  labels.length + labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;

/** Logits of one to six steps, and labels that fit into them. */
const problems = fc.array(fc.constantFrom(1, 2), { maxLength: 4 }).chain((labels) =>
  fc.integer({ min: Math.max(1, stepsNeeded(labels)), max: Math.max(6, stepsNeeded(labels)) }).chain((stepCount) =>
    fc
      .array(fc.double({ min: -6, max: 6, noNaN: true }), {
        minLength: stepCount * CLASSES,
        maxLength: stepCount * CLASSES,
      })
      .map((values) => ({ labels, logits: Float64Array.from(values) })),
  ),
);

describe('ctcLoss', () => {
  it('is the logarithm of the sum over all alignments, written out', () => {
    fc.assert(
      fc.property(problems, ({ logits, labels }) => {
        expect(lossOf(logits, labels)).toBeCloseTo(computeLossByEnumeration(logits, labels), 9);
      }),
    );
  });

  it('has the gradient that small changes of each logit show', () => {
    const h = 1e-5;
    fc.assert(
      fc.property(problems, ({ logits, labels }) => {
        const gradient = new Float64Array(logits.length);
        ctcLoss(logits, CLASSES, labels, gradient);
        for (let i = 0; i < logits.length; i++) {
          const [up, down] = [h, -h].map((shift) => lossOf(logits.with(i, logits[i]! + shift), labels));
          expect(gradient[i]).toBeCloseTo((up! - down!) / (2 * h), 6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has a gradient that sums to zero at each step: only differences of logits matter', () => {
    fc.assert(
      fc.property(problems, ({ logits, labels }) => {
        const gradient = new Float64Array(logits.length);
        ctcLoss(logits, CLASSES, labels, gradient);
        for (const row of rowsOf(gradient)) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
      }),
    );
  });

  it.each([
    { labels: [], stepCount: 2, expected: 2 * Math.log(3) }, // two blanks
    { labels: [1], stepCount: 1, expected: Math.log(3) },
    { labels: [1, 1], stepCount: 3, expected: 3 * Math.log(3) }, // 1, blank, 1 and nothing else
    { labels: [1, 2], stepCount: 3, expected: Math.log(27 / 5) }, // 112, 122, -12, 1-2, 12-
  ])('given equal logits, labels $labels, $stepCount steps > is $expected', ({ labels, stepCount, expected }) => {
    expect(lossOf(new Float64Array(stepCount * CLASSES), labels)).toBeCloseTo(expected, 12);
  });

  it('given logits far beyond the range of the exponential > stays finite', () => {
    const gradient = new Float64Array(6);
    const loss = ctcLoss(Float64Array.of(-2_000, 0, 3_000, 5_000, -2_000, 0), CLASSES, [1], gradient);
    // The likeliest alignments say 2: one must pay 3000 for class 1 first, or 5000 for the blank second.
    expect(loss).toBeCloseTo(3_000, 6);
    for (const value of gradient) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });

  it('given a text that no alignment can say > says why', () => {
    expect(() => lossOf(new Float64Array(6), [1, 1])).toThrow('A text of 2 classes, 1 of them repeated, in 2 steps');
  });
});
