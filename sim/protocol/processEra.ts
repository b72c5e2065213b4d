/**
 * The end of an era, as TIME-4 lists it: the table of contents of the settlement. Each entry is one step, over a number
 * of positions; a ledger may run a step in chunks of any size. Number 14, missing here, belongs to governance, a family that
 * this build does not have; (2) is settled when a result is certified, for the era to sum up.
 */
import type { Action } from './actions.ts';
import { action } from './actions.ts';
import { ACCOUNT, F } from './layout.ts';
import { medianCollateral } from './matching.ts';
import { rankNodes } from './placement.ts';
import { rankByAccuracy, rankByTier } from './slarkTiers.ts';
import type { State } from './state.ts';

type SettlementStep = {
  /** Step of TIME-4. */
  readonly time4: number;
  readonly name: Parameters<typeof action>[0];
  /** Positions that the step runs over. */
  readonly count: (s: State) => number;
  /** The list that the step takes, one entry per position. */
  readonly bulk?: (s: State) => readonly number[];
  /** A list that every chunk takes whole, in place of `bulk`. */
  readonly whole?: (s: State) => readonly number[];
};

const nodes = (s: State): number => s.nodeTotals[F.nodeTotals.nodeCount]!;
const models = (s: State): number => s.modelTotals[F.modelTotals.modelCount]!;
const validators = (s: State): number => s.validatorTotals[F.validatorTotals.validatorCount]!;
const providers = (s: State): number => s.providerTotals[F.providerTotals.providerCount]!;
const licences = (s: State): number => s.slarkTotals[F.slarkTotals.slarkCount]!;
const delegations = (s: State): number => s.stakeTotals[F.stakeTotals.delegationCount]!;

/** @rule TIME-4 */
export const ERA_STEPS: readonly SettlementStep[] = [
  { time4: 1, name: 'accrueLeases', count: (s) => s.leaseTotals[F.leaseTotals.openCount]! },
  { time4: 3, name: 'computeEraMetrics', count: nodes },
  { time4: 4, name: 'assessProviders', count: providers },
  { time4: 3, name: 'openEmission', count: () => 1 },
  { time4: 6, name: 'slashOwnStake', count: validators },
  { time4: 6, name: 'slashDelegations', count: delegations },
  { time4: 7, name: 'paySlarks', count: licences },
  { time4: 8, name: 'payProviders', count: providers },
  { time4: 8, name: 'payStakers', count: delegations },
  { time4: 9, name: 'scoreNodes', count: nodes },
  { time4: 9, name: 'payNodes', count: nodes },
  { time4: 10, name: 'payValidators', count: validators },
  { time4: 10, name: 'payCreators', count: models },
  { time4: 10, name: 'payDelegators', count: delegations },
  { time4: 11, name: 'updateTrust', count: nodes },
  { time4: 11, name: 'updateReputations', count: validators },
  { time4: 12, name: 'updateTiers', count: providers },
  { time4: 12, name: 'updateSlarks', count: licences, bulk: rankByAccuracy },
  { time4: 12, name: 'postSlarks', count: (s) => s.slarkTotals[F.slarkTotals.drawableCount]!, bulk: rankByTier },
  { time4: 13, name: 'releaseDelegations', count: delegations },
  { time4: 13, name: 'postMedian', count: providers, whole: (s) => [medianCollateral(s)] },
  { time4: 15, name: 'postRanking', count: (s) => s.nodeTotals[F.nodeTotals.onlineCount]!, bulk: rankNodes },
  { time4: 15, name: 'rotateModels', count: models },
];

/**
 * The keeper's actions that settle the era, one step after the other, in chunks of at most `chunkSize` positions.
 * A generator, because the size of a step and the ranking are read from the state that the steps before have left.
 */
export function* eraSettlement(s: State, chunkSize: number): Generator<Action, void, void> {
  for (const step of ERA_STEPS) {
    const count = step.count(s);
    const list = step.bulk?.(s);
    const whole = step.whole?.(s);
    let from = 0;
    do {
      const to = Math.min(from + chunkSize, count);
      yield action(step.name, ACCOUNT.keeper, [from, to], whole ?? list?.slice(from, to));
      from = to;
    } while (from < count);
  }
}
