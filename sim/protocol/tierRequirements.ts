/**
 * What each trust tier asks of a provider (T-TIER, F-31): collateral, metrics of the era, certificates. Says whether a tier is
 * met; what follows is decided in `tiers.ts`.
 */
import { BPS, compareProducts, MAX_INT, mulDivCapped, mulDivDown } from '../base/fixedPoint.ts';
import { COMPLIANCE, F, PROVIDER_TIERS, STRIDE } from './layout.ts';
import { P as PARAM } from './params.ts';
import type { ProviderReport } from './providerReport.ts';
import { collateralAt } from './stake.ts';
import { getParam, type State } from './state.ts';

const P = F.providers;
const C = F.providerCollateral;
/** Options of `tier.compare` and `tier.uptime_source`, by their index in the parameter registry. */
const COMPARE_AT_LEAST = 1;
const SOURCE_CHALLENGE = 1;

/** Value of the parameter of tier 1…7 in a series whose tier 1 is parameter number `first`. */
function ofTier(s: State, first: number, tier: number): number {
  return s.paramValues[first + tier - 1]!;
}

/** X(k): a tier's collateral must be more than this; at most MAX_INT. @rule TIER-1, OP-110 */
export function stakeOfTier(s: State, tier: number): number {
  return mulDivCapped(ofTier(s, PARAM['tier.stake_tokens.1'], tier), getParam(s, 'stake.scale_bps.p'), BPS, MAX_INT);
}

/**
 * Collateral that counts for the tier: own stake that was not asked back, and delegations as far as they count. Nothing of it
 * is unbonding.
 *
 * @rule TIER-2, INV-9, OP-105
 */
export function tierCollateralUnits(s: State, provider: number): number {
  const at = collateralAt(provider);
  const own = s.providerCollateral[at + C.ownUnits]! - s.providers[provider * STRIDE.providers + P.exitUnits]!;
  if (getParam(s, 'tier.count_delegations') === 0) return own;
  const delegated = s.providerCollateral[at + C.delegatedUnits]!;
  const times = getParam(s, 'tier.deleg_cap_x_own');
  const isCapped = times > 0 && compareProducts(own, times, delegated, 1) < 0;
  return own + (isCapped ? mulDivDown(own, times, 1) : delegated);
}

/** Best tier, from tier `from` on, whose collateral is met; 0 if there is none. @rule SM-9 */
export function bestCoveredTier(s: State, collateral: number, from: number): number {
  for (let tier = from; tier <= PROVIDER_TIERS; tier++) if (collateral > stakeOfTier(s, tier)) return tier;
  return 0;
}

/** a > b·percent/100, or ≥ where thresholds may be touched; all products are below 2^53. */
function passes(part: number, percent: number, whole: number, mayTouch: boolean): boolean {
  const difference = part * 100 - percent * whole;
  return mayTouch ? difference >= 0 : difference > 0;
}

/**
 * Whether the era's metrics are those of a tier: uptime, completion, response and feedback. What was not asked for is met.
 *
 * @param report the era's report
 * @rule F-31, TIER-1, FB-3, OP-31, OP-41, OP-45
 */
export function meetsMetrics(s: State, provider: number, tier: number, report: ProviderReport): boolean {
  const mayTouch = getParam(s, 'tier.compare') === COMPARE_AT_LEAST;
  const era = provider * STRIDE.providerEra;
  const byChallenge = getParam(s, 'tier.uptime_source') === SOURCE_CHALLENGE;
  const upCount = byChallenge ? s.providerEra[era + F.providerEra.passedCount]! : report.answeredCount;
  const checkCount = byChallenge ? s.providerEra[era + F.providerEra.challengeCount]! : report.expectedCount;
  if (checkCount > 0 && !passes(upCount, ofTier(s, PARAM['tier.uptime_pct.1'], tier), checkCount, mayTouch))
    return false;
  const { assignedCount, finishedCount, meanMs } = report;
  const completionPct = ofTier(s, PARAM['tier.completion_pct.1'], tier);
  if (assignedCount > 0 && !passes(finishedCount, completionPct, assignedCount, mayTouch)) return false;
  const responseMs = ofTier(s, PARAM['tier.response_ms.1'], tier);
  if (mayTouch ? meanMs > responseMs : meanMs >= responseMs) return false;
  return !hasRatings(s, provider) || isWellRated(s, provider, tier, mayTouch);
}

/** Enough ratings to count, where ratings count at all. @rule FB-3, OP-31 */
function hasRatings(s: State, provider: number): boolean {
  const ratingCount = s.providers[provider * STRIDE.providers + P.ratingCount]!;
  return getParam(s, 'tier.use_feedback') === 1 && ratingCount >= getParam(s, 'fb.min_samples');
}

function isWellRated(s: State, provider: number, tier: number, mayTouch: boolean): boolean {
  const at = provider * STRIDE.providers;
  const wantedTenths = ofTier(s, PARAM['tier.feedback_tenths.1'], tier) * s.providers[at + P.ratingCount]!;
  const sumTenths = s.providers[at + P.ratingSumTenths]!;
  return mayTouch ? sumTenths >= wantedTenths : sumTenths > wantedTenths;
}

/** True if there are enough ratings and their mean is not above what the provider's own tier asks for. @rule CHAL-3 */
export function isPoorlyRated(s: State, provider: number): boolean {
  const at = provider * STRIDE.providers;
  const isSample = s.providers[at + P.ratingCount]! >= getParam(s, 'fb.min_samples');
  return isSample && !isWellRated(s, provider, s.providers[at + P.tier]!, false);
}

/** Tier 1 is for providers with SOC 2 and an audit report. @rule TIER-1, F-31 */
export function isCertifiedFor(s: State, provider: number, tier: number): boolean {
  if (tier > 1) return true;
  const compliance = s.providers[provider * STRIDE.providers + P.compliance]!;
  return (compliance & COMPLIANCE.soc2) !== 0 && (compliance & COMPLIANCE.audit) !== 0;
}

/** Liveness multiplier of a trust tier, mil. @rule TIER-1, F-7 */
export function tierMultiplierMil(s: State, tier: number): number {
  return ofTier(s, PARAM['tier.mult_mil.1'], tier);
}
