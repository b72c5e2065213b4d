/**
 * Trust tiers of providers (SM-9): at each era's end, one step up or down by metrics, or down as far as the collateral goes.
 * What a tier asks for is in `tierRequirements.ts`. Fills the lists from which the next epoch's targets are taken.
 */
import { min } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { noteMissed, queueTarget, resetTargets } from './challenges.ts';
import { currentEra, enterStep } from './clock.ts';
import { ACCOUNT, F, PROVIDER_STATE, PROVIDER_TIERS, STEP, STRIDE } from './layout.ts';
import { type ProviderReport, unpackProviderReport } from './providerReport.ts';
import {
  enterProviderState,
  enterTier,
  freeOwnUnits,
  payExit,
  providerAt,
  providerCount,
  TIER_REASON,
} from './providers.ts';
import { getParam, type State } from './state.ts';
import {
  bestCoveredTier,
  isCertifiedFor,
  isPoorlyRated,
  meetsMetrics,
  stakeOfTier,
  tierCollateralUnits,
} from './tierRequirements.ts';

const P = F.providers;
/** Options of `tier.below7` and `tier.promo_step`, by their index in the parameter registry. */
const BELOW = { stay: 0, noMatch: 1, deactivate: 2 } as const;
const STEP_JUMP = 1;

/** An Active provider falls back to Registered, in the tier of a newcomer: it has to stake anew. @rule SM-14 */
function leaveService(s: State, provider: number): void {
  enterTier(s, provider, getParam(s, 'tier.initial'), TIER_REASON.start);
  enterProviderState(s, provider, ACCOUNT.keeper, PROVIDER_STATE.registered);
}

/**
 * Collateral that is not more than the tier's, or no own stake at all, for longer than the grace: the provider falls to the
 * best tier that its collateral is enough for. Without own stake, or where it is enough for not even tier 7, it leaves
 * service: then that is the one change of tier that the settlement makes.
 *
 * @returns true if the tier has been settled by this
 * @invariant INV-39
 * @rule SM-9, SM-14, TIER-4, OP-39, INV-11
 */
function settleShortfall(s: State, provider: number): boolean {
  const at = providerAt(provider);
  const tier = s.providers[at + P.tier]!;
  const freeUnits = freeOwnUnits(s, provider);
  const collateral = tierCollateralUnits(s, provider);
  if (freeUnits > 0 && collateral > stakeOfTier(s, tier)) {
    s.providers[at + P.shortEraCount] = 0;
    return false;
  }
  if (s.providers[at + P.shortEraCount]! < getParam(s, 'tier.stake_grace_eras')) {
    s.providers[at + P.shortEraCount]! += 1;
    return false;
  }
  if (freeUnits === 0 || collateral <= stakeOfTier(s, PROVIDER_TIERS)) {
    s.providers[at + P.isMatchable] = 0;
    leaveService(s, provider);
  } else {
    enterTier(s, provider, bestCoveredTier(s, collateral, tier + 1), TIER_REASON.shortfall);
  }
  return true;
}

/** An era that missed the present tier. @rule SM-9, TIER-4, OP-43 */
function countMiss(s: State, provider: number): void {
  const at = providerAt(provider);
  const tier = s.providers[at + P.tier]!;
  const demoEras = getParam(s, 'tier.demo_eras');
  const missed = min(s.providers[at + P.demoEraCount]! + 1, demoEras);
  s.providers[at + P.promoEraCount] = 0;
  s.providers[at + P.demoEraCount] = missed;
  if (tier < PROVIDER_TIERS) {
    if (missed >= demoEras) enterTier(s, provider, tier + 1, TIER_REASON.metrics);
    return;
  }
  const below7 = getParam(s, 'tier.below7');
  if (below7 === BELOW.noMatch) s.providers[at + P.isMatchable] = 0;
  if (below7 === BELOW.deactivate) leaveService(s, provider);
}

/** Tier that a provider which has met the tier above for long enough moves to; 0 if it has to wait. @rule OP-38, TIER-3 */
function promotionTarget(s: State, provider: number, report: ProviderReport): number {
  const tier = s.providers[providerAt(provider) + P.tier]!;
  const collateral = tierCollateralUnits(s, provider);
  const best = getParam(s, 'tier.promo_step') === STEP_JUMP ? 1 : tier - 1;
  for (let target = best; target < tier; target++) {
    const isMet = target === tier - 1 || meetsMetrics(s, provider, target, report);
    if (isMet && isCertifiedFor(s, provider, target) && collateral > stakeOfTier(s, target)) return target;
  }
  return 0;
}

/** An era that met the present tier's metrics, and perhaps the next tier's. @rule SM-9, TIER-3, TIER-5 */
function countMet(s: State, provider: number, report: ProviderReport): void {
  const at = providerAt(provider);
  const tier = s.providers[at + P.tier]!;
  s.providers[at + P.demoEraCount] = 0;
  s.providers[at + P.isMatchable] = 1;
  if (tier === 1 || !meetsMetrics(s, provider, tier - 1, report)) {
    s.providers[at + P.promoEraCount] = 0;
    return;
  }
  const promoEras = getParam(s, 'tier.promo_eras');
  const met = min(s.providers[at + P.promoEraCount]! + 1, promoEras);
  s.providers[at + P.promoEraCount] = met;
  const target = met < promoEras ? 0 : promotionTarget(s, provider, report);
  if (target !== 0) enterTier(s, provider, target, TIER_REASON.metrics);
}

/** An era without a single heartbeat that was expected leaves the counters as they are. @rule SM-9, TIER-8 */
function settleTier(s: State, provider: number): void {
  if (settleShortfall(s, provider)) return;
  const report = unpackProviderReport(s.providerReports, provider * STRIDE.providerReports);
  // Nothing was asked of it, as of one that became Active in the era's last slot: nothing was observed.
  if (report.expectedCount === 0) return;
  const tier = s.providers[providerAt(provider) + P.tier]!;
  const isMet = isCertifiedFor(s, provider, tier) && meetsMetrics(s, provider, tier, report);
  if (isMet) countMet(s, provider, report);
  else countMiss(s, provider);
}

/** Where an Active provider waits to be challenged in the next epoch. @rule CHAL-3 */
function queueForChallenge(s: State, provider: number): void {
  if (s.providers[providerAt(provider) + P.challengedEra] === 0) queueTarget(s, provider, 'new');
  else queueTarget(s, provider, isPoorlyRated(s, provider) ? 'poor' : 'rest');
}

/** What is counted within an era starts anew; since when a provider is offline is carried over. @rule TIER-8 */
function clearEra(s: State, provider: number): void {
  const era = provider * STRIDE.providerEra;
  s.providerEra[era + F.providerEra.failedHours] = 0;
  s.providerEra[era + F.providerEra.challengeCount] = 0;
  s.providerEra[era + F.providerEra.passedCount] = 0;
  s.providerEra[era + F.providerEra.inconclusiveCount] = 0;
  const report = provider * STRIDE.providerReports;
  s.providerReports.fill(0, report, report + F.providerReports.offlineSinceS);
}

/**
 * Settlement step over providers: trust tiers for the next era, own stake that is due back, and the lists of the next epoch's
 * targets; who was Active and not challenged is counted. The era's report and counts of challenges are forgotten.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-35, INV-36, INV-37, INV-39
 * @rule SM-9, F-31, TIER-2, TIER-3, TIER-4, TIER-5, TIER-9, DELEG-6, CHAL-3, CHAL-4, OP-72
 */
export const updateTiers: Rule = (s, _actor, args) => {
  const [from, to] = args as readonly [number, number];
  const code = enterStep(s, STEP.updateTiers, from, to, providerCount(s));
  if (code !== 0) return code;

  const mark = currentEra(s) + 1;
  if (from === 0) resetTargets(s);
  for (let provider = from + 1; provider <= to; provider++) {
    const state = providerAt(provider) + P.state;
    if (s.providers[state] === PROVIDER_STATE.active) {
      if (s.providers[providerAt(provider) + P.challengedEra] !== mark) noteMissed(s);
      settleTier(s, provider);
    }
    payExit(s, provider);
    if (s.providers[state] === PROVIDER_STATE.active) queueForChallenge(s, provider);
    clearEra(s, provider);
  }
  return 0;
};
