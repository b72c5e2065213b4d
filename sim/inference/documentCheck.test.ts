import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDetection } from './detectionResult.ts';
import {
  checkDocument,
  type DocumentCase,
  generateDocument,
  probabilityOf,
  SCORE_MAX,
  SCORE_MIDDLE,
  VERDICT_PROBABILITY,
} from './documentCheck.ts';
import { keyOf, RANGES } from './sampleKey.ts';
import { root } from './testSupport.ts';
import { generateLine, TASK_ID } from './textRecognition.ts';

let cases: readonly DocumentCase[] = [];
beforeAll(() => {
  cases = Array.from({ length: 300 }, (_, index) => generateDocument(root, 'dev', 3, index, 0.2));
});

describe('generateDocument', () => {
  it('given the same arguments > gives the same bytes, whatever was drawn in between', () => {
    const first = generateDocument(root, 'held-out', 1, 7, 0.75);
    generateDocument(root, 'train', 2, 3, 0.2);
    expect(generateDocument(root, 'held-out', 1, 7, 0.75)).toEqual(first);
  });

  it('given any range > shows the image of the reading task with the same key', () => {
    for (const range of RANGES) {
      const { grey, truth } = generateLine(root, keyOf(TASK_ID, range, 2, 5), 0.6);
      expect(generateDocument(root, range, 2, 5, 0.6)).toMatchObject({ grey, truth });
    }
  });

  it('given another difficulty > claims the same', () => {
    for (let index = 0; index < 20; index++) {
      const [easy, hard] = [0.2, 0.75].map((d) => generateDocument(root, 'dev', 1, index, d));
      expect(hard).toMatchObject({ claim: easy!.claim, isManipulated: easy!.isManipulated });
    }
  });

  it('given 300 cases > half of them are manipulated, within chance', () => {
    // Four standard deviations of 300 throws of a coin.
    expect(Math.abs(cases.filter(({ isManipulated }) => isManipulated).length - 150)).toBeLessThan(35);
  });

  it('given a manipulated case > exactly one character differs, a digit from a digit, a letter from one of its case', () => {
    const manipulated = cases.filter(({ isManipulated }) => isManipulated);
    const kinds = [/[0-9]/, /[a-z]/, /[A-Z]/];
    for (const { truth, claim } of manipulated) {
      expect(claim.length).toBe(truth.length);
      const changed = [...truth].flatMap((old, at) => (old === claim[at] ? [] : [[old, claim[at]!] as const]));
      expect(changed).toHaveLength(1);
      const [old, other] = changed[0]!;
      expect(kinds.find((kind) => kind.test(old))!.test(other)).toBe(true);
    }
    const seen = manipulated.map(({ truth, claim }) => [...truth].find((old, at) => old !== claim[at])!);
    for (const kind of kinds) expect(seen.some((old) => kind.test(old))).toBe(true);
  });

  it('given a true case > claims what the image shows', () => {
    for (const { truth, claim, isManipulated } of cases) expect(claim === truth).toBe(!isManipulated);
  });
});

const classes = ['', ...'0123456789ABC', ' '];

/** A network that is nearly sure of one class in each step, and of a second one where there is one. */
function logitsOf(steps: readonly (string | readonly [string, string])[], sureness = 10): Float32Array {
  return Float32Array.from(
    steps.flatMap((step) => {
      const [first, second] = typeof step === 'string' ? [step] : step;
      return classes.map((text) => (text === first ? sureness : text === second ? sureness - 1 : 0));
    }),
  );
}

describe('checkDocument', () => {
  const steps = ['', 'A', '1', '1', ' ', 'B', '', '8', '', ''];

  it('given a claim that the image shows > is sure that it is authentic, and has nothing to show', () => {
    const { score, result } = checkDocument(logitsOf(steps), classes, 'A1 B8');
    expect(score).toBeCloseTo(0, 9);
    expect(result).toEqual({ verdict: 'Authentic', confidence: 97, detections: [] });
  });

  it('given a claim with one other digit > says which, and where the image shows it', () => {
    const { score, result } = checkDocument(logitsOf(steps), classes, 'A1 B3');
    expect(score).toBeGreaterThan(8);
    expect(result).toEqual({
      verdict: 'Manipulated',
      confidence: expect.any(Number),
      detections: [
        {
          type: 'character-substituted',
          confidence: result.confidence,
          region: { x: 224, y: 0, width: 32, height: 48 },
          metadata: { position: 4, claimed: '3', shown: '8' },
        },
      ],
    });
    expect(result.confidence).toBeGreaterThan(80);
  });

  it('given a claim with a character more or less > shows the gap, or the character', () => {
    expect(checkDocument(logitsOf(steps), classes, 'A1 BC8').result.detections).toMatchObject([
      { type: 'character-missing', region: { x: 160, width: 96 }, metadata: { position: 4, claimed: 'C', shown: '' } },
    ]);
    expect(checkDocument(logitsOf(steps), classes, 'A1 B').result.detections).toMatchObject([
      { type: 'character-added', region: { x: 224, width: 32 }, metadata: { position: 4, claimed: '', shown: '8' } },
    ]);
  });

  it('given a claim with a space that the image hardly shows > holds it for authentic', () => {
    const unspaced = steps.map((step) => (step === ' ' ? '' : step));
    for (const shown of [steps, unspaced]) {
      const { score, result } = checkDocument(logitsOf(shown), classes, 'A1 B8');
      expect(score).toBeCloseTo(0, 3);
      expect(result.verdict).toBe('Authentic');
    }
  });

  it('given evidence that is neither strong nor weak > is inconclusive, and says what is doubtful', () => {
    const { probability, result } = checkDocument(logitsOf(['', 'A', '', '8', ''], SCORE_MIDDLE), classes, 'A3');
    expect(Math.abs(probability - 0.5)).toBeLessThan(VERDICT_PROBABILITY - 0.5);
    expect(result).toMatchObject({ verdict: 'Inconclusive', detections: [{ metadata: { claimed: '3', shown: '8' } }] });
  });

  it('given a claim whose spaces alone are clearly elsewhere > doubts the line, and no character of it', () => {
    const { result } = checkDocument(logitsOf(['A', ' ', '1', 'B', '', '8']), classes, 'A1 B8');
    expect(result).toMatchObject({
      verdict: 'Manipulated',
      detections: [{ type: 'line-uncertain', region: { x: 0, y: 0, width: 320, height: 48 } }],
    });
  });

  it('given a claim that the network has no class for > scores the most there is', () => {
    const { score, result } = checkDocument(logitsOf(steps), classes, 'A1 ß8');
    expect(score).toBe(SCORE_MAX);
    expect(result).toMatchObject({ verdict: 'Manipulated', confidence: 100 });
  });

  it('given any logits and any claim > gives a result within the schema, its confidence that of its verdict', () => {
    const step = fc.array(fc.double({ min: -4, max: 12, noNaN: true }), { minLength: 15, maxLength: 15 });
    const claims = fc.string({ unit: fc.constantFrom(...'0123456789ABCxyz '), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), claims, (rows, claim) => {
        const { probability, result } = checkDocument(Float32Array.from(rows.flat()), classes, claim);
        expect(parseDetection(JSON.stringify(result))).toEqual(result);
        expect(result.confidence).toBe(Math.round(100 * Math.max(probability, 1 - probability)));
        for (const { region } of result.detections) expect(region!.x + region!.width).toBeLessThanOrEqual(320);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('probabilityOf', () => {
  it('is a half at the middle, rises with the score, and stays a probability', () => {
    expect(probabilityOf(SCORE_MIDDLE)).toBe(0.5);
    const scores = [-5, 0, 1, 3, 6, 20, SCORE_MAX];
    const probabilities = scores.map(probabilityOf);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => a - b));
    for (const probability of probabilities) expect(probability > 0 && probability < 1).toBe(true);
  });
});
