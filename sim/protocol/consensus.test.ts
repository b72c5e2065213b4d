import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { agreementFp, ballotsOf, decide, lowerMedian } from './consensus.ts';
import { VERDICT } from './layout.ts';

const { none, pass, fail } = VERDICT;

describe('decide', () => {
  describe('given the default quorum of 66.67 % and a majority of more than one half', () => {
    it.each([
      // assigned, submitted, pass -> outcome
      [5 * FP, 5 * FP, 5 * FP, pass],
      [5 * FP, 5 * FP, 3 * FP, pass],
      [5 * FP, 5 * FP, 2 * FP, fail],
      [5 * FP, 5 * FP, 0, fail],
      [4 * FP, 4 * FP, 2 * FP, none], // a tie
      [4 * FP, 4 * FP, 2 * FP + 1, pass],
      [4 * FP, 4 * FP, 2 * FP - 1, fail],
      [10_000, 6_667, 6_667, pass], // exactly the quorum
      [10_000, 6_666, 6_666, none], // one below it
      [5 * FP, 0, 0, none],
    ])('assigned %i, submitted %i, pass %i > outcome %i', (assigned, submitted, passed, outcome) => {
      expect(decide({ assigned, submitted, pass: passed }, 6_667, 5_000)).toBe(outcome);
    });
  });

  it('given a threshold of three quarters > exactly three quarters do not pass, and the rest cannot fail it', () => {
    expect(decide({ assigned: 4, submitted: 4, pass: 3 }, 1, 7_500)).toBe(none);
    expect(decide({ assigned: 8, submitted: 8, pass: 7 }, 1, 7_500)).toBe(pass);
    expect(decide({ assigned: 8, submitted: 8, pass: 1 }, 1, 7_500)).toBe(fail);
  });

  it('given any ballots > passes exactly when the mirrored ballots fail', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 51 * FP }),
        fc.nat({ max: 10_000 }),
        fc.nat({ max: 10_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 5_000, max: 10_000 }),
        (assigned, submittedPart, passPart, quorumBps, passBps) => {
          const submitted = Math.floor((assigned / 10_000) * submittedPart);
          const passed = Math.floor((submitted / 10_000) * passPart);
          const outcome = decide({ assigned, submitted, pass: passed }, quorumBps, passBps);
          const mirrored = decide({ assigned, submitted, pass: submitted - passed }, quorumBps, passBps);
          expect(mirrored).toBe(outcome === pass ? fail : outcome === fail ? pass : none);
        },
      ),
    );
  });
});

describe('ballotsOf', () => {
  const counts = { assigned: 5, submitted: 4, pass: 3 };

  it('given a group of which one member has weight > counts weights', () => {
    const weights = { assigned: 1, submitted: 0, pass: 0 };
    expect(ballotsOf(weights, counts)).toBe(weights);
  });

  it('given a group whose weights are all 0 > gives every member one vote', () => {
    expect(ballotsOf({ assigned: 0, submitted: 0, pass: 0 }, counts)).toBe(counts);
  });
});

describe('agreementFp', () => {
  it.each([
    [3, 2, 666_666_666], // 2/3, rounded down
    [5 * FP, 5 * FP, FP],
    [5 * FP, 0, 0],
    [0, 0, 0],
  ])('submitted %i, pass %i > %i', (submitted, passed, agreeFp) => {
    expect(agreementFp({ assigned: submitted, submitted, pass: passed })).toBe(agreeFp);
  });
});

describe('lowerMedian', () => {
  it.each([
    [[], 0],
    [[7], 7],
    [[9, 1], 1],
    [[9, 1, 5], 5],
    [[4, 3, 2, 1], 2],
    [[0, 0, 9_000, 9_000], 0],
    [[8_000, 8_000, 8_000], 8_000],
  ])('%j > %i', (values, median) => {
    expect(lowerMedian(values)).toBe(median);
  });

  it('given any values in any order > is the element at ⌊(n − 1)/2⌋ of the sorted list', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 51 }), (values) => {
        const sorted = [...values].sort((a, b) => a - b);
        expect(lowerMedian(values)).toBe(sorted[Math.floor((values.length - 1) / 2)]);
      }),
    );
  });
});
