/**
 * F-5: what a group's weighted verdicts decide, and the quality that they agree on. Works on sums and counts only, so
 * that nothing depends on who submitted first (INV-29); who is in the group and what follows is `tasks.ts`.
 */
import { BPS, compareProducts, FP, mulDivDown } from '../base/fixedPoint.ts';
import { VERDICT } from './layout.ts';

/** Weights of a group (FP), or its head counts if all weights are 0. pass ≤ submitted ≤ assigned. */
export type Ballots = { readonly assigned: number; readonly submitted: number; readonly pass: number };

/**
 * The ballots of a group: by weight, or one vote each if every assigned weight is 0.
 *
 * @param weights  sums of weights, FP
 * @param counts  the same sums with every weight taken as 1
 * @rule F-5
 */
export function ballotsOf(weights: Ballots, counts: Ballots): Ballots {
  return weights.assigned === 0 ? counts : weights;
}

/**
 * Passed or failed if a quorum submitted and strictly more than `passBps` of the submitted weight agrees. The threshold
 * is at least one half, so pass and fail exclude each other.
 *
 * @param quorumBps  1…10 000, share of the assigned weight that has to be submitted
 * @param passBps  5 000…10 000
 * @returns VERDICT.pass, VERDICT.fail, or VERDICT.none if unresolved (tie or no quorum)
 * @rule F-5, VAL-7
 */
export function decide(ballots: Ballots, quorumBps: number, passBps: number): number {
  const { assigned, submitted, pass } = ballots;
  if (compareProducts(submitted, BPS, quorumBps, assigned) < 0) return VERDICT.none;
  if (compareProducts(pass, BPS, passBps, submitted) > 0) return VERDICT.pass;
  if (compareProducts(submitted - pass, BPS, passBps, submitted) > 0) return VERDICT.fail;
  return VERDICT.none;
}

/** Share of the submitted weight that passed, FP, rounded down; 0 if nothing was submitted. @rule F-5 */
export function agreementFp(ballots: Ballots): number {
  return ballots.submitted === 0 ? 0 : mulDivDown(FP, ballots.pass, ballots.submitted);
}

/**
 * Lower median: the smallest value v with 2·#(≤ v) ≥ n. Found by counting, so nothing is sorted; groups are ≤ 51.
 *
 * @returns 0 of no values
 * @source NUM-3
 */
export function lowerMedian(values: readonly number[]): number {
  let median = -1;
  for (const candidate of values) {
    if (median !== -1 && candidate >= median) continue;
    let notAbove = 0;
    for (const value of values) if (value <= candidate) notAbove += 1;
    if (2 * notAbove >= values.length) median = candidate;
  }
  return median === -1 ? 0 : median;
}
