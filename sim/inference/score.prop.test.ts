import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeAnswerId, computeCerBps, computeQualityBps } from './score.ts';

describe('computeCerBps', () => {
  it.each([
    ['Harvey', 'Harvey', 0],
    ['Harvey', 'Harvay', 1_667], // 1 / 6
    ['abcd', '', 10_000],
    ['ab', 'uvwxyz', 30_000],
  ])('given truth "%s" read as "%s" > is %i', (truth, decoded, cerBps) => {
    expect(computeCerBps(truth, decoded)).toBe(cerBps);
  });
});

const texts = fc.string({ minLength: 1, maxLength: 24 });

describe('computeQualityBps', () => {
  it('is an integer from 0 to 10,000, and 10,000 for the truth alone', () => {
    fc.assert(
      fc.property(texts, texts, (truth, decoded) => {
        const qualityBps = computeQualityBps(truth, decoded);
        return (
          Number.isInteger(qualityBps) &&
          qualityBps >= 0 &&
          (qualityBps === 10_000) === (truth === decoded) &&
          qualityBps <= 10_000
        );
      }),
      { seed: 7 },
    );
  });
});

describe('computeAnswerId', () => {
  it('is the end of the SHA-256', () => {
    // SHA-256 of the empty text is e3b0c442...9b934ca495991b7852b855.
    expect(computeAnswerId('')).toBe(0x991b7852b855 + 5 * 2 ** 48);
  });

  it('is an integer of 52 bits that equal texts share', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const id = computeAnswerId(text);
        return Number.isInteger(id) && id >= 0 && id < 2 ** 52 && id === computeAnswerId(text);
      }),
      { seed: 7 },
    );
  });
});
