/**
 * Invariants of providers, their tiers and their liveness (section 8: INV-11, INV-14, INV-35 to INV-37, INV-39, INV-41). Each
 * reads a state and says what disagrees; none changes anything.
 */
import { MAX_INT, mulDivCapped, mulDivDown } from '../base/fixedPoint.ts';
import { isSettling } from './clock.ts';
import type { Tracker } from './invariantTracker.ts';
import { foundationUnitsAt, settlementProgress, tierSettlements } from './invariantTracker.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, PROVIDER_TIERS, STEP, STRIDE } from './layout.ts';
import { eraLivenessUnits } from './liveness.ts';
import { unpackProviderReport } from './providerReport.ts';
import { freeOwnUnits, providerAt, providerCount } from './providers.ts';
import { ownUnits } from './stake.ts';
import { getParam, type State } from './state.ts';
import { stakeOfTier, tierCollateralUnits } from './tierRequirements.ts';

const P = F.providers;
const E = F.providerEra;
const D = F.delegations;
const CLOCK = F.clockTotals;

/** True from the end of a settlement until the next slot opens: nobody has acted since. */
function isJustSettled(s: State): boolean {
  const settledSlots = mulDivDown(s.clockTotals[CLOCK.settledEraCount]!, getParam(s, 'time.slots_per_era'), 1);
  return !isSettling(s) && s.clockTotals[CLOCK.slotCount] === settledSlots;
}

/** INV-11. Within an era a stake may be asked back; what follows is settled at its end. */
export function activeProvidersAreCovered(s: State): string | null {
  const isSettled = isJustSettled(s);
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const at = providerAt(provider);
    const own = ownUnits(s, KIND.provider, provider);
    const exitUnits = s.providers[at + P.exitUnits]!;
    if (exitUnits > own) return `Provider ${provider} has asked ${exitUnits} units back; its own stake is ${own}`;
    if (!isSettled || s.providers[at + P.state] !== PROVIDER_STATE.active) continue;
    if (s.providers[at + P.shortEraCount]! > 0) continue;
    const tier = s.providers[at + P.tier]!;
    const free = freeOwnUnits(s, provider);
    const collateral = tierCollateralUnits(s, provider);
    if (free === 0 || collateral <= stakeOfTier(s, tier)) {
      return `Active provider ${provider} of tier ${tier} has own stake ${free} and collateral ${collateral}; more than ${stakeOfTier(s, tier)} is needed`;
    }
  }
  return null;
}

/**
 * INV-14: the budget in use is what the foundation has ever delegated, less what it took back and what left with a provider.
 * What slashes have taken of it stays in use.
 */
export function foundationIsCounted(s: State, tracker: Tracker): string | null {
  let sum = 0;
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const delegation = s.providers[providerAt(provider) + P.foundationDelegation]!;
    if (delegation === 0) continue;
    const at = delegation * STRIDE.delegations;
    const delegator = s.delegations[at + D.delegator]!;
    const target = s.delegations[at + D.target]!;
    if (delegator !== ACCOUNT.foundation || target !== provider) {
      return `Delegation ${delegation} of account ${delegator} to ${target} is noted as the foundation’s to provider ${provider}`;
    }
    sum += foundationUnitsAt(s, provider);
  }
  const counted = s.providerTotals[F.providerTotals.foundationUnits]!;
  if (sum > counted) return `The foundation has ${sum} units with providers; ${counted} are counted`;
  const expected = expectedFoundationUnits(s, tracker);
  return expected === null || expected === counted
    ? null
    : `${counted} units of the foundation’s budget are counted as in use; by what happened since the last check it is ${expected}`;
}

/**
 * The budget in use by that of the last check: more by what was delegated since, less by what is gone. Within a settlement
 * nobody delegates or takes back. Null across the first or last step of a settlement: slashes and actions cannot be told apart.
 */
function expectedFoundationUnits(s: State, tracker: Tracker): number | null {
  const before = tracker.foundation;
  const progress = settlementProgress(s);
  if (before.progress.length === 0) return null;
  const wasSettling = before.progress[1]! + before.progress[2]! > 0;
  if (wasSettling && isSettling(s) && progress[0] === before.progress[0]) return before.countedUnits;
  if (progress.some((value, i) => value !== before.progress[i])) return null;
  let expected = before.countedUnits;
  for (let provider = 1; provider <= providerCount(s); provider++) {
    expected += foundationUnitsAt(s, provider) - (before.units[provider] ?? 0);
  }
  return expected;
}

/** INV-35 */
export function tiersAreTiers(s: State, tracker: Tracker): string | null {
  const isOneStep = getParam(s, 'tier.promo_step') === 0;
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const tier = s.providers[providerAt(provider) + P.tier]!;
    if (tier < 1 || tier > PROVIDER_TIERS) return `Provider ${provider} is in tier ${tier}`;
    const change = tierChange(s, tracker, provider);
    if (change === null) continue;
    if (isOneStep && change.from - change.to > 1)
      return `Provider ${provider} rose from tier ${change.from} to ${change.to} in one era`;
    if (change.to - change.from > 1 && isUncovered(s, provider, change.from) === false)
      return `Provider ${provider} fell from tier ${change.from} to ${change.to} in one era, and its collateral was enough`;
  }
  return null;
}

type TierChange = {
  readonly from: number;
  readonly to: number;
  readonly promoEraCount: number;
  readonly demoEraCount: number;
};

/**
 * The change of an Active provider's tier over the one settlement of tiers since the last check, if there was just one; null
 * if there was none, or the provider has left service meanwhile.
 */
function tierChange(s: State, tracker: Tracker, provider: number): TierChange | null {
  const at = providerAt(provider);
  const before = tracker.providers;
  if (at >= before.length || tierSettlements(s, provider) - (tracker.tierSettlements[provider] ?? 0) !== 1) return null;
  const isSame =
    before[at + P.state] === PROVIDER_STATE.active &&
    s.providers[at + P.state] === PROVIDER_STATE.active &&
    before[at + P.activeEra] === s.providers[at + P.activeEra];
  if (!isSame) return null;
  const from = before[at + P.tier]!;
  const to = s.providers[at + P.tier]!;
  const [promoEraCount, demoEraCount] = [before[at + P.promoEraCount]!, before[at + P.demoEraCount]!];
  return { from, to, promoEraCount, demoEraCount };
}

/** Whether the collateral is not more than a tier's; null once accounts could have changed it since tiers were settled. */
function isUncovered(s: State, provider: number, tier: number): boolean | null {
  if (!isSettling(s) && !isJustSettled(s)) return null;
  return tierCollateralUnits(s, provider) <= stakeOfTier(s, tier);
}

/** INV-36 */
export function promotionsAreEarned(s: State, tracker: Tracker): string | null {
  const promoEras = getParam(s, 'tier.promo_eras');
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const change = tierChange(s, tracker, provider);
    if (change === null || change.to >= change.from) continue;
    const { from, to, promoEraCount } = change;
    if (promoEraCount + 1 < promoEras)
      return `Provider ${provider} rose from tier ${from} to ${to} after ${promoEraCount + 1} eras; ${promoEras} are needed`;
    if (isUncovered(s, provider, to) === true) return `Provider ${provider} rose to tier ${to} without its collateral`;
  }
  return null;
}

/** INV-37 */
export function demotionsAreDue(s: State, tracker: Tracker): string | null {
  const demoEras = getParam(s, 'tier.demo_eras');
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const change = tierChange(s, tracker, provider);
    if (change === null || change.to <= change.from) continue;
    const { from, to, demoEraCount } = change;
    if (demoEraCount + 1 < demoEras && isUncovered(s, provider, from) === false)
      return `Provider ${provider} fell from tier ${from} to ${to} after ${demoEraCount + 1} eras; ${demoEras} are needed`;
  }
  return null;
}

/** INV-39: the counters start at 0 with each tier, so nothing else can follow in the same era. */
export function countersStartAnew(s: State, tracker: Tracker): string | null {
  const limits = [
    [P.promoEraCount, getParam(s, 'tier.promo_eras')],
    [P.demoEraCount, getParam(s, 'tier.demo_eras')],
    [P.shortEraCount, getParam(s, 'tier.stake_grace_eras')],
  ] as const;
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const at = providerAt(provider);
    for (const [field, limit] of limits) {
      const count = s.providers[at + field]!;
      if (count > limit) return `A counter of provider ${provider} is ${count}; it ends at ${limit}`;
    }
    const promoEraCount = s.providers[at + P.promoEraCount]!;
    const demoEraCount = s.providers[at + P.demoEraCount]!;
    if (promoEraCount > 0 && demoEraCount > 0)
      return `Provider ${provider} has met the better tier for ${promoEraCount} eras and missed its own for ${demoEraCount}`;
    const change = tierChange(s, tracker, provider);
    if (change !== null && change.from !== change.to && promoEraCount + demoEraCount > 0)
      return `Provider ${provider} changed tier and counts ${promoEraCount + demoEraCount} eras of the new one already`;
    const broken = leaversStartAnew(s, tracker, provider);
    if (broken !== null) return broken;
  }
  return null;
}

/** Whoever left service in the last settlement of tiers is in the tier of a newcomer, and nothing is counted. */
function leaversStartAnew(s: State, tracker: Tracker, provider: number): string | null {
  const at = providerAt(provider);
  const hasLeft =
    at < tracker.providers.length &&
    tierSettlements(s, provider) !== tracker.tierSettlements[provider] &&
    tracker.providers[at + P.state] === PROVIDER_STATE.active &&
    s.providers[at + P.state] === PROVIDER_STATE.registered;
  if (!hasLeft) return null;
  const [tier, first] = [s.providers[at + P.tier]!, getParam(s, 'tier.initial')];
  if (tier !== first) return `Provider ${provider} left service and is in tier ${tier}, not ${first}`;
  const counted = [P.promoEraCount, P.demoEraCount, P.shortEraCount].some((field) => s.providers[at + field]! > 0);
  return counted ? `Provider ${provider} left service and eras are counted already` : null;
}

/** INV-41: from the assessment until tiers and reports are settled, liveness is no more than the report allows. */
export function livenessIsForFullHours(s: State): string | null {
  const stepsDone = s.clockTotals[CLOCK.stepsDone]!;
  const isReadable = stepsDone >= STEP.assessProviders && stepsDone < STEP.updateTiers - 1;
  if (!isReadable) return null;
  const slots = getParam(s, 'time.slots_per_era');
  for (let provider = 1; provider <= providerCount(s); provider++) {
    const era = provider * STRIDE.providerEra;
    const report = unpackProviderReport(s.providerReports, provider * STRIDE.providerReports);
    const failedHours = s.providerEra[era + E.failedHours]!;
    let payable = report.activeHours & report.fullHours & ~report.cooledHours & ~failedHours;
    let most = 0;
    for (; payable !== 0; payable &= payable - 1) most += 1;
    const hourCount = s.providerEra[era + E.hourCount]!;
    if (hourCount > most) return `Provider ${provider} is paid for ${hourCount} hours; ${most} were full`;
    const rawUnits = s.providerEra[era + E.rawUnits]!;
    const mostUnits = mulDivCapped(eraLivenessUnits(s, provider), hourCount, slots, MAX_INT);
    if (rawUnits > mostUnits)
      return `Provider ${provider} has earned ${rawUnits} units of liveness in ${hourCount} hours`;
  }
  return null;
}
