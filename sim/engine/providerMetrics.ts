/**
 * The metrics of a run's summary that are about providers, Slarks and challenges, by group of agents and of the whole run.
 * Reads the rows of each era, decides nothing. A run without any has no such metrics.
 */
import { FP } from '../base/fixedPoint.ts';
import { ACCOUNT, PROVIDER_TIERS } from '../protocol/layout.ts';
import { NO_EXPECTATION } from './capacityTruth.ts';
import type { ProviderRows, TierMoves } from './providerRows.ts';
import type { SharedRun } from './shared.ts';
import type { EraRow } from './trace.ts';

export type ProviderMetrics = {
  add(row: EraRow, rows: ProviderRows, tierMoves: TierMoves): void;
  /** Of a group of agents: means per agent, amounts in tokens, shares as fractions of 1. */
  ofGroup(group: string, agents: readonly number[]): Record<string, number>;
  ofRun(): Record<string, number>;
};

/** Per agent, over the run. */
const KEYS = [
  'liveness',
  'slash',
  'providerRows',
  'paidHours',
  'onlineHours',
  'challenges',
  'passed',
  'undetectedEras',
  'slarkReward',
  'licenceEras',
  'results',
  'aligned',
] as const;
type Tally = Record<(typeof KEYS)[number], number>;

const RUN_KEYS = [
  'promoted',
  'demoted',
  'liveness',
  'forfeits',
  'slashed',
  'slarkPool',
  'slarkPromoted',
  'slarkDemoted',
  'challenges',
  'passed',
  'failed',
  'inconclusive',
  'certificates',
  'missed',
  'found',
  'expected',
  'seats',
  'foundationSeats',
] as const;

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

/** Number of hours of a bitmap. */
export function countHours(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

export function createProviderMetrics(run: SharedRun): ProviderMetrics {
  const tallies: Tally[] = run.roster.agents.map(() => zeros(KEYS));
  const totals = zeros(RUN_KEYS);
  /** Tiers of each agent's active providers in the last era. */
  let tiers = new Map<number, number[]>();
  const detected = new Set<number>();
  const entered = new Array<number>(PROVIDER_TIERS + 1).fill(0);
  const left = new Array<number>(PROVIDER_TIERS + 1).fill(0);
  let last: EraRow | null = null;
  let hasProviders = false;
  let hasSlarks = false;
  const tokens = (units: number): number => units / run.unitsPerToken;

  return {
    add(row, { providers, slarks, challenges }, tierMoves) {
      last = row;
      for (let tier = 1; tier <= PROVIDER_TIERS; tier++) {
        entered[tier]! += tierMoves.entered[tier]!;
        left[tier]! += tierMoves.left[tier]!;
      }
      hasProviders ||= providers.length > 0;
      hasSlarks ||= slarks.length > 0;
      totals.promoted += row.providerPromotedCount;
      totals.demoted += row.providerDemotedCount;
      totals.liveness += row.livenessUnits;
      totals.forfeits += row.forfeitUnits;
      totals.slashed += row.providerSlashedUnits;
      totals.slarkPool += row.slarkPoolUnits;
      totals.slarkPromoted += row.slarkPromotedCount;
      totals.slarkDemoted += row.slarkDemotedCount;
      totals.challenges += row.challengeCount;
      totals.passed += row.challengePassedCount;
      totals.failed += row.challengeFailedCount;
      totals.inconclusive += row.challengeInconclusiveCount;
      totals.certificates += row.certificateCount;
      totals.missed += row.coverageMissedCount;
      totals.found += row.overClaimFoundCount;
      totals.seats += row.seatCount;
      totals.foundationSeats += row.foundationSeatCount;
      for (const { overClaimMil, expectedPassShare, outcome } of challenges)
        if (overClaimMil > 1_000 && outcome !== 'inconclusive' && expectedPassShare !== NO_EXPECTATION)
          totals.expected += 1 - expectedPassShare;
      tiers = new Map();
      for (const provider of providers) {
        const agent = provider.account - ACCOUNT.firstAgent;
        const own = tallies[agent]!;
        own.liveness += provider.ownerUnits;
        own.providerRows += 1;
        own.slash += provider.slashUnits;
        own.paidHours += provider.hourCount;
        own.onlineHours += countHours(provider.fullBits);
        own.challenges += provider.challengeCount;
        own.passed += provider.passedCount;
        if (provider.failedCount > 0) detected.add(provider.provider);
        if (provider.stateBefore === 'active') {
          if (provider.overClaimMil > 1_000 && !detected.has(provider.provider)) own.undetectedEras += 1;
        }
        if (provider.stateAfter === 'active') tiers.set(agent, [...(tiers.get(agent) ?? []), provider.tierAfter]);
      }
      for (const licence of slarks) {
        const own = tallies[licence.account - ACCOUNT.firstAgent];
        if (own === undefined) continue;
        own.licenceEras += 1;
        own.slarkReward += licence.liquidUnits + licence.delegatedUnits;
        own.results += licence.resultCount;
        own.aligned += licence.alignedCount;
      }
    },
    ofGroup(group, agents) {
      const sum = (key: keyof Tally): number => agents.reduce((total, agent) => total + tallies[agent]![key], 0);
      const n = agents.length;
      const out: Record<string, number> = {};
      if (sum('providerRows') > 0) {
        out[`liveness.${group}`] = tokens(sum('liveness')) / n;
        out[`slashed.${group}`] = tokens(sum('slash')) / n;
        out[`hours_paid.${group}`] = sum('paidHours') / n;
        out[`hours_online.${group}`] = sum('onlineHours') / n;
        out[`undetected_eras.${group}`] = sum('undetectedEras') / n;
        if (sum('challenges') > 0) out[`challenges_passed.${group}`] = sum('passed') / sum('challenges');
        const own = agents.flatMap((agent) => tiers.get(agent) ?? []);
        if (own.length > 0) out[`tier.${group}`] = own.reduce((total, tier) => total + tier, 0) / own.length;
      }
      if (sum('licenceEras') > 0) {
        out[`slark_reward.${group}`] = tokens(sum('slarkReward')) / n;
        if (sum('results') > 0) out[`slark_accuracy.${group}`] = sum('aligned') / sum('results');
      }
      return out;
    },
    ofRun() {
      const out: Record<string, number> = {};
      const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
      if (hasProviders) {
        out['providers.active'] = last?.providerCount ?? 0;
        out['tiers.promoted'] = totals.promoted;
        out['tiers.demoted'] = totals.demoted;
        for (let tier = 1; tier <= PROVIDER_TIERS; tier++) {
          out[`tiers.entered.${tier}`] = entered[tier]!;
          out[`tiers.left.${tier}`] = left[tier]!;
        }
        out['liveness.total'] = tokens(totals.liveness);
        out['forfeits.total'] = tokens(totals.forfeits);
        out['slashed.providers'] = tokens(totals.slashed);
        out['challenges.total'] = totals.challenges;
        out['challenges.passed_share'] = share(totals.passed, totals.challenges);
        out['challenges.failed_share'] = share(totals.failed, totals.challenges);
        out['challenges.inconclusive_share'] = share(totals.inconclusive, totals.challenges);
        out['challenges.missed'] = totals.missed;
        out['certificates.total'] = totals.certificates;
        out['overclaims.found'] = totals.found;
        out['overclaims.expected'] = totals.expected;
        out['seats.foundation_share'] = share(totals.foundationSeats, totals.seats);
        out['hhi.delegations'] = (last?.delegationHhiFp ?? 0) / FP;
      }
      if (hasSlarks) {
        out['slarks.running'] = last?.slarkCount ?? 0;
        out['slarks.promoted'] = totals.slarkPromoted;
        out['slarks.demoted'] = totals.slarkDemoted;
        out['slark_pool.total'] = tokens(totals.slarkPool);
      }
      return out;
    },
  };
}
