import { describe, expect, it } from 'vitest';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';
import { generateOrientation, ORIENTATION_TASK_ID, ORIENTATION_WIDTH } from './orientation.ts';
import { keyOf } from './sampleKey.ts';
import { root } from './testSupport.ts';
import { generateLine } from './textRecognition.ts';

const caseOf = (index: number, difficulty = 0.2) => generateOrientation(root, 'dev', 1, index, difficulty);

describe('generateOrientation', () => {
  it('given the same arguments > gives the same bytes, whatever was drawn in between', () => {
    const first = caseOf(7, 0.75);
    generateOrientation(root, 'public', 2, 3, 0.2);
    expect(caseOf(7, 0.75)).toEqual(first);
  });

  it('given 200 cases > half of them are turned, within chance, at every difficulty alike', () => {
    const turns = Array.from({ length: 200 }, (_, index) => caseOf(index).isTurned);
    expect(Math.abs(turns.filter(Boolean).length - 100)).toBeLessThan(29);
    for (let index = 0; index < 10; index++) expect(caseOf(index, 0.75).isTurned).toBe(turns[index]);
  });

  it('given a case > is the line squeezed by area, first pixel last when it is turned', () => {
    for (let index = 0; index < 6; index++) {
      const { grey, isTurned } = caseOf(index);
      expect(grey).toHaveLength(ORIENTATION_WIDTH * IMAGE_HEIGHT);
      const line = generateLine(root, keyOf(ORIENTATION_TASK_ID, 'dev', 1, index), 0.2).grey;
      const upright = isTurned ? grey.toReversed() : grey;
      for (const y of [0, 20, 47]) {
        // Three narrow pixels cover five wide ones: 1 + 2/3, 1/3 + 1 + 1/3, 2/3 + 1.
        const [a, b, c, d, e] = line.subarray(y * IMAGE_WIDTH + 100, y * IMAGE_WIDTH + 105) as unknown as number[];
        const expected = [(3 * a! + 2 * b!) / 5, (b! + 3 * c! + d!) / 5, (2 * d! + 3 * e!) / 5].map(Math.round);
        expect(Array.from(upright.subarray(y * ORIENTATION_WIDTH + 60, y * ORIENTATION_WIDTH + 63))).toEqual(expected);
      }
    }
  });

  it('given turned and upright cases > both occur among the first', () => {
    expect(new Set(Array.from({ length: 10 }, (_, index) => caseOf(index).isTurned)).size).toBe(2);
  });
});
