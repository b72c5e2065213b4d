/**
 * What challenges can and cannot find, in closed form: the chance that a provider which claims more than it has passes
 * (F-13), and that a committee with colluders decides wrongly (F-14). Off-chain; no rule of the ledger reads it.
 */
import { BPS, FP, max, min, mulDivDown } from '../base/fixedPoint.ts';
import type { RequirementRange } from './requirement.ts';

/** Of so many equally likely requirements, those that the target can meet. */
export type PassCounts = { readonly passing: number; readonly total: number };

/**
 * How many of the requirements that a range can draw a target meets: those up to what it truly has and does not use.
 *
 * P(pass) = passing / total = min(1, (max(0, true − used) + 1 − lo) / (hi + 1 − lo)), never below 0.
 *
 * @param range of the requirement, as drawn from the registered figure
 * @rule F-13
 */
export function countPassing(range: RequirementRange, trueCount: number, usedCount: number): PassCounts {
  const total = range.hi + 1 - range.lo;
  const upTo = max(trueCount, usedCount) - usedCount + 1;
  return { passing: min(max(upTo, range.lo) - range.lo, total), total };
}

/** Chance to meet the requirements of all resources, which are drawn independently. Rounds down. @rule F-13 */
export function passProbabilityFp(resources: readonly PassCounts[]): number {
  return resources.reduce((fp, { passing, total }) => mulDivDown(fp, passing, total), FP);
}

/** Chance that `challengeCount` challenges find nothing. Rounds down. @rule F-13 */
export function undetectedFp(passFp: number, challengeCount: number): number {
  let fp = FP;
  for (let i = 0; i < challengeCount && fp > 0; i++) fp = mulDivDown(fp, passFp, FP);
  return fp;
}

/**
 * Chance that a committee of 2N+1 decides wrongly, if each member independently colludes with chance `colluderBps`/BPS and
 * colluders all say what is false: N+1 colluders are needed. Exact but for rounding down: too low by less than 10⁻⁷.
 *
 * @param n N, 0 to 10
 * @rule F-14
 */
export function wrongDecisionFp(n: number, colluderBps: number): number {
  const size = 2 * n + 1;
  // Chance of k colluders among the members looked at so far.
  let chances = [FP];
  for (let member = 0; member < size; member++) {
    chances = Array.from({ length: member + 2 }, (_, k) => {
      const stays = mulDivDown(chances[k] ?? 0, BPS - colluderBps, BPS);
      const joins = k === 0 ? 0 : mulDivDown(chances[k - 1]!, colluderBps, BPS);
      return stays + joins;
    });
  }
  let wrongFp = 0;
  for (let k = n + 1; k <= size; k++) wrongFp += chances[k]!;
  return wrongFp;
}
