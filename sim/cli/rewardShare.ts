/** How a reward is shared between an owner and its delegators, as an amount and in words. */
import { allocShare } from '../base/fixedPoint.ts';
import { tokens } from './amounts.ts';

/** The owner's part of a reward of which `poolUnits` are shared with delegators. @rule F-9 */
export function ownerUnits(rewardUnits: number, poolUnits: number, ownUnits: number, delegatedUnits: number): number {
  const isShared = delegatedUnits > 0 && poolUnits > 0;
  return (
    rewardUnits - poolUnits + (isShared ? allocShare(poolUnits, 0, ownUnits, ownUnits + delegatedUnits) : poolUnits)
  );
}

/** ` Of it 90 % is shared by stake: own 500 of 700 DN`, or nothing where nobody has delegated. */
export function sharedText(
  poolUnits: number,
  ownUnits: number,
  delegatedUnits: number,
  rules: { readonly decimals: number },
): string {
  if (delegatedUnits === 0 || poolUnits === 0) return '';
  return `; ${tokens(poolUnits, rules.decimals)} of it are shared by stake, own ${tokens(ownUnits, rules.decimals)} of ${tokens(ownUnits + delegatedUnits, rules.decimals)}`;
}
