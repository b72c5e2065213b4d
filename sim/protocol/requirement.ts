/**
 * Out of which range a challenge draws what it asks of a resource (F-12). Does not draw, and does not know what is in use.
 */
import { BPS, min, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';

/** Both ends can be drawn. */
export type RequirementRange = { readonly lo: number; readonly hi: number };

/**
 * Range of a requirement: from `minBps` to `maxBps` of what is free, rounded down; the upper end of GPUs rounded up, so
 * that a single free one can be asked for. Never more than is free; a lower bound above the upper one is the upper one.
 *
 * @param freeCount registered less what is in use, at least 0
 * @param isRoundedUp whether the upper end is rounded up (OP-74)
 * @rule F-12, CHAL-6, CHAL-7
 */
export function requirementRange(
  freeCount: number,
  minBps: number,
  maxBps: number,
  isRoundedUp: boolean,
): RequirementRange {
  const hi = isRoundedUp ? mulDivUp(freeCount, maxBps, BPS) : mulDivDown(freeCount, maxBps, BPS);
  return { lo: min(mulDivDown(freeCount, minBps, BPS), hi), hi };
}
