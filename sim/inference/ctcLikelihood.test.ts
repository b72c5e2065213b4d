import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctcGreedy } from './ctcGreedy.ts';
import { computeLogLikelihood, computeStepChances, readBestPath } from './ctcLikelihood.ts';

const classes = ['', 'a', 'b', ' '];

const logitsOf = (stepCount: number, more: readonly string[] = classes) =>
  fc
    .array(fc.double({ min: -6, max: 6, noNaN: true }), {
      minLength: stepCount * more.length,
      maxLength: stepCount * more.length,
    })
    .map((values) => Float32Array.from(values));

/** Probability of every text, by walking every path. */
function enumerate(logits: Float32Array, names: readonly string[]): Map<string, number> {
  const stepCount = logits.length / names.length;
  const sums = new Map<string, number>();
  const walk = (step: number, previous: number, text: string, probability: number): void => {
    if (step === stepCount) {
      sums.set(text, (sums.get(text) ?? 0) + probability);
      return;
    }
    const row = logits.slice(step * names.length, (step + 1) * names.length);
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    for (const [c, name] of names.entries())
      walk(step + 1, c, c === 0 || c === previous ? text : text + name, (probability * Math.exp(row[c]!)) / total);
  };
  walk(0, 0, '', 1);
  return sums;
}

describe('computeLogLikelihood', () => {
  it.each([1, 2, 3, 4, 5])(
    'given %i steps > is the sum over all paths that read as the text, for every text',
    (steps) => {
      fc.assert(
        fc.property(logitsOf(steps), (logits) => {
          const chances = computeStepChances(logits, classes);
          for (const [text, probability] of enumerate(logits, classes))
            expect(computeLogLikelihood(chances, text)).toBeCloseTo(Math.log(probability), 9);
        }),
        { seed: 7, numRuns: 20 },
      );
    },
  );

  it('given two classes of one text > takes either for the character', () => {
    const names = ['', 'a', ' ', ' '];
    const logits = Float32Array.of(0, 1, 2, 3);
    const both = (Math.exp(2) + Math.exp(3)) / (1 + Math.E + Math.exp(2) + Math.exp(3));
    expect(computeLogLikelihood(computeStepChances(logits, names), ' ')).toBeCloseTo(Math.log(both), 9);
  });

  it('given what cannot be > is minus infinity: an unknown character, or too many of them', () => {
    const chances = computeStepChances(new Float32Array(2 * classes.length), classes);
    expect(computeLogLikelihood(chances, 'ac')).toBe(Number.NEGATIVE_INFINITY);
    expect(computeLogLikelihood(chances, 'aba')).toBe(Number.NEGATIVE_INFINITY);
    expect(computeLogLikelihood(chances, 'aa')).toBe(Number.NEGATIVE_INFINITY);
    expect(computeLogLikelihood(chances, 'ab')).toBeCloseTo(Math.log(1 / 16), 9);
  });

  it('given logits far from 0 > neither overflows nor loses the text', () => {
    const chances = computeStepChances(Float32Array.of(-3e4, 3e4, 0, 0, 3e4, -3e4, 0, 0), classes);
    expect(computeLogLikelihood(chances, 'a')).toBeCloseTo(0, 9);
  });
});

describe('computeStepChances', () => {
  it('given half a row > is refused', () => {
    expect(() => computeStepChances(new Float32Array(6), classes)).toThrow('6 logits in rows of 4 classes');
  });
});

describe('readBestPath', () => {
  it('given any logits > reads what greedy decoding reads', () => {
    fc.assert(
      fc.property(logitsOf(12), (logits) => {
        const read = readBestPath(logits, classes);
        expect(read.map(({ character }) => character).join('')).toBe(ctcGreedy(logits, classes));
      }),
      { seed: 7 },
    );
  });

  it('given a reading > says which steps show each character', () => {
    const hot = (best: readonly number[]): Float32Array =>
      Float32Array.from(best.flatMap((c) => classes.map((_, i) => (i === c ? 5 : 0))));
    expect(readBestPath(hot([0, 1, 1, 0, 1, 2, 0]), classes)).toEqual([
      { character: 'a', firstStep: 1, lastStep: 2 },
      { character: 'a', firstStep: 4, lastStep: 4 },
      { character: 'b', firstStep: 5, lastStep: 5 },
    ]);
  });
});
