/** The claim that a reader looks for first: in which roles honest work paid better than cheating, in this run. */
import { contestedRoles, meanIncomeByIntent } from './metrics.ts';
import { formatList, formatNumber } from './numbers.ts';
import { pluralOf, type Reading, sumOf } from './reading.ts';

export type Comparison = {
  readonly role: 'miner' | 'validator' | 'creator' | 'slark' | 'fizz';
  /** Mean income per agent over the run, tokens: of honest agents, and of all others of the role. */
  readonly honestTokens: number;
  readonly otherTokens: number;
};

/** One comparison for each role in which honest agents compete with others. */
export function compareIntents(reading: Reading): Comparison[] {
  return contestedRoles(reading).map((role) => {
    const groups = meanIncomeByIntent(reading, role);
    const others = groups.filter(({ intent }) => intent !== 'honest');
    const count = sumOf(others, (group) => group.count);
    return {
      role,
      honestTokens: groups.find(({ intent }) => intent === 'honest')!.tokens,
      otherTokens: sumOf(others, (group) => group.tokens * group.count) / count,
    };
  });
}

/** Incomes closer than this share are called the same. */
const SAME = 0.02;

function outcomeOf({ honestTokens, otherTokens }: Comparison): 'better' | 'worse' | 'same' | 'nothing' {
  if (honestTokens === 0 && otherTokens === 0) return 'nothing';
  if (Math.abs(honestTokens - otherTokens) < SAME * otherTokens) return 'same';
  return honestTokens > otherTokens ? 'better' : 'worse';
}

function factor({ honestTokens, otherTokens }: Comparison): string {
  if (otherTokens === 0) return 'others earned nothing';
  if (honestTokens === 0) return 'honest ones earned nothing';
  return `${formatNumber(honestTokens / otherTokens)} times`;
}

/**
 * 'honest work paid better than cheating for miners and validators, worse for creators', or null if there is nothing to
 * compare.
 *
 * @param isDetailed  adds how many times as much an honest agent earned
 */
export function honestyClaim(comparisons: readonly Comparison[], isDetailed: boolean): string | null {
  const parts = (['better', 'worse', 'same'] as const).flatMap((outcome) => {
    const roles = comparisons.filter((comparison) => outcomeOf(comparison) === outcome);
    if (roles.length === 0) return [];
    const names = roles.map(
      (comparison) => `${pluralOf(comparison.role)}${isDetailed ? ` (${factor(comparison)})` : ''}`,
    );
    return [{ outcome, names: formatList(names) }];
  });
  if (parts.length === 0) return null;
  const written = parts.map(({ outcome, names }, i) => {
    if (outcome === 'same') return i === 0 ? `as much as cheating for ${names}` : `as much for ${names}`;
    return i === 0 ? `${outcome} than cheating for ${names}` : `${outcome} for ${names}`;
  });
  return `honest work paid ${written.join(', ')}`;
}
