/**
 * What an era was worth to a provider (F-7, F-8): liveness for its full hours, a bonus for lease hours; and what it costs it:
 * forfeited hours, slashes (F-10), misconduct. Two steps of the settlement; between them the Slarks' pool takes its part.
 */
import { allocShare, BPS, MAX_INT, MIL, max, min, mulDivCapped, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { enterStep } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, COMPLIANCE, F, KIND, PROVIDER_STATE, PROVIDER_TIERS, STEP, STRIDE } from './layout.ts';
import { P as PARAM } from './params.ts';
import { type ProviderReport, unpackProviderReport } from './providerReport.ts';
import { providerAt, providerCount } from './providers.ts';
import { applySlash, ownUnits, shareReward, slashableUnits } from './stake.ts';
import { emit, getParam, type State } from './state.ts';
import { tierMultiplierMil } from './tierRequirements.ts';
import { burnUnits, moveUnits, walletUnits } from './token.ts';

const P = F.providers;
const E = F.providerEra;
const T = F.providerTotals;
const ALL_HOURS = 16_777_215;
const HOURS = 24;

// Options of the choices used here, by their index in the parameter registry.
const GATE = 0;
const STACK = { additive: 0, additiveHardwareOnly: 1 } as const;
const TASK_MODE = { forfeitFee: 0, maxOnly: 1 } as const;
const DELEGATORS_SHARE_ALL = 0;
const DESTINATION = { harmed: 0, treasury: 1 } as const;
const CERTIFICATES = [COMPLIANCE.soc2, COMPLIANCE.hipaa, COMPLIANCE.gdpr] as const;
const LADDER_STEPS = 3;

/** Hours of a bitmap. */
function countHours(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Sum of two amounts, at most the largest amount: no claim may stop a settlement. @rule NUM-2 */
function sumUnits(a: number, b: number): number {
  return min(a + b, MAX_INT);
}

/**
 * Multiplier of a resource: of its hardware and of the trust tier, and with `additive` what storage and connectivity are
 * better or worse than plain.
 *
 * @param hardwareMil,trustMil,storageMil,netMil multipliers, 1 000 is plain
 * @returns mil, not below 0
 * @rule F-7, LIVE-3, OP-48, INV-45
 */
export function livenessMultiplierMil(
  stack: number,
  hardwareMil: number,
  trustMil: number,
  storageMil: number,
  netMil: number,
): number {
  if (stack === STACK.additive) return max(hardwareMil + trustMil + storageMil + netMil, 2 * MIL) - 2 * MIL;
  if (stack === STACK.additiveHardwareOnly) return hardwareMil + trustMil;
  return mulDivDown(hardwareMil, trustMil, MIL);
}

/**
 * B of F-7: liveness of an era of which every hour counts, at the provider's units and trust tier now. 0 in tier 7, where
 * tier 7 earns nothing.
 *
 * @returns units, each category rounded down; at most MAX_INT
 * @rule F-7, LIVE-2, LIVE-3, TIER-7, OP-40, OP-46
 */
export function eraLivenessUnits(s: State, provider: number): number {
  const p = s.providers;
  const at = providerAt(provider);
  const tier = p[at + P.tier]!;
  if (tier === PROVIDER_TIERS && getParam(s, 'tier7.mode') === GATE) return 0;
  const stack = getParam(s, 'live.stack');
  const trustMil = tierMultiplierMil(s, tier);
  const storageMil = s.paramValues[PARAM['attr.mult_mil.storage.1'] + p[at + P.storageTier]! - 1]!;
  const netMil = s.paramValues[PARAM['attr.mult_mil.net.1'] + p[at + P.netTier]! - 1]!;
  const computeMil = s.paramValues[PARAM['attr.mult_mil.compute.1'] + p[at + P.computeTier]! - 1]!;
  const cpuMil = livenessMultiplierMil(stack, computeMil, trustMil, storageMil, netMil);
  const cpuUnits = mulDivDown(p[at + P.cpuCount]!, getParam(s, 'live.base_era.cpu'), 1);
  let units = mulDivCapped(cpuUnits, cpuMil, MIL, MAX_INT);
  if (p[at + P.gpuCount]! > 0) {
    const classMil = s.paramValues[PARAM['attr.mult_mil.gpu.1'] + p[at + P.gpuTier]! - 1]!;
    const gpuMil = livenessMultiplierMil(stack, classMil, trustMil, storageMil, netMil);
    const gpuUnits = mulDivDown(p[at + P.gpuCount]!, getParam(s, 'live.base_era.gpu'), 1);
    units = sumUnits(units, mulDivCapped(gpuUnits, gpuMil, MIL, MAX_INT));
  }
  return units;
}

/**
 * Hours of failed challenges, each with the hours after it that are forfeited too. Those end with the era: what would reach
 * into the next one is not forfeited there, because each era is settled by its own report.
 *
 * @rule LIVE-10, OP-52
 */
function forfeitedByChallenge(s: State, failedHours: number): number {
  const slots = getParam(s, 'chal.fail_forfeit_slots');
  let bits = 0;
  for (let i = 0; i < min(slots, HOURS); i++) bits |= failedHours << i;
  return bits & ALL_HOURS;
}

/** Hours that are paid, and hours whose liveness is forfeited. Of the others nothing follows. @rule F-7, F-10, LIVE-4, LIVE-5 */
function judgeHours(s: State, report: ProviderReport, failedHours: number): { counted: number; forfeited: number } {
  // A full hour in a cooldown accrues nothing (LIVE-5); one that was not full is forfeited all the same (SLASH-3).
  const judged = report.activeHours & ~(report.cooledHours & report.fullHours);
  const failed = judged & forfeitedByChallenge(s, failedHours);
  const rest = judged & ~failed;
  const breached = rest & report.taskHours & report.breachedHours;
  if (getParam(s, 'slash.task_mode') === TASK_MODE.maxOnly) {
    // A breach costs stake alone: its hour is paid if it was full, and else neither paid nor forfeited.
    return { counted: rest & report.fullHours, forfeited: failed | (rest & ~report.fullHours & ~breached) };
  }
  const counted = rest & report.fullHours & ~breached;
  return { counted, forfeited: judged & ~counted };
}

/**
 * Operational slashes of the era, before they are held against the collateral; at most MAX_INT. The fee of a breached hour is
 * the mean over the breached hours.
 *
 * @rule F-10, SLASH-4, SLASH-5, SLASH-8
 */
function operationalUnits(s: State, report: ProviderReport, hourUnits: number): number {
  const breachedCount = countHours(report.activeHours & report.taskHours & report.breachedHours);
  const feeUnits = breachedCount === 0 ? 0 : mulDivDown(report.feeUnits, 1, breachedCount);
  const isFeeOnly = getParam(s, 'slash.task_mode') === TASK_MODE.forfeitFee;
  const breachUnits = isFeeOnly ? feeUnits : max(hourUnits, feeUnits);
  const isPerHour = getParam(s, 'slash.standby_mode') === 1;
  const outageCount = report.streakCount + (isPerHour ? report.extraHourCount : 0);
  const taskUnits = mulDivCapped(breachedCount, breachUnits, 1, MAX_INT);
  return sumUnits(taskUnits, mulDivCapped(outageCount, hourUnits, 1, MAX_INT));
}

/** Bonus of the highest milestone that the era's lease hours reach, raised by the certificates. @rule F-8, LIVE-6, ATTR-6, OP-37 */
export function bonusOf(s: State, leaseHours: number, compliance: number): number {
  let units = 0;
  for (let i = 0; i < LADDER_STEPS; i++) {
    const hours = s.paramValues[PARAM['bonus.ladder_hours.1'] + i]!;
    if (hours > 0 && hours <= leaseHours) units = s.paramValues[PARAM['bonus.ladder_tokens.1'] + i]!;
  }
  return mulDivDown(units, certificatesMil(s, compliance), MIL);
}

/** What certificates are worth: a factor each, up to a limit. @returns mil, 1 000 without any @rule F-8, F-15, ATTR-6, OP-37 */
export function certificatesMil(s: State, compliance: number): number {
  let factorMil = MIL;
  for (const certificate of CERTIFICATES) {
    if ((compliance & certificate) === 0) continue;
    factorMil = mulDivDown(factorMil, getParam(s, 'attr.compliance_mil'), MIL);
  }
  return min(factorMil, getParam(s, 'attr.compliance_cap_mil'));
}

/**
 * Takes what the era's slashes come to: misconduct first, then the operational ones, never more than there is. The own part
 * goes to the slash pot now, the delegations' part in their step.
 *
 * @returns operational units that are taken
 * @rule SLASH-1, SLASH-6, SLASH-7, OP-60
 */
function slashProvider(s: State, provider: number, operational: number): number {
  const at = providerAt(provider);
  const slashable = slashableUnits(s, KIND.provider, provider);
  const own = ownUnits(s, KIND.provider, provider);
  const misconductUnits = min(s.providers[at + P.misconductUnits]!, slashable);
  const isSharedByAll = getParam(s, 'slash.delegators_share') === DELEGATORS_SHARE_ALL;
  const ownMisconduct = slashable === 0 ? 0 : allocShare(misconductUnits, 0, own, slashable);
  const takenUnits = min(operational, isSharedByAll ? slashable - misconductUnits : own - ownMisconduct);
  s.providerEra[provider * STRIDE.providerEra + E.misconductTakenUnits] = misconductUnits;
  const slashUnits = misconductUnits + takenUnits;
  if (slashUnits === 0) return 0;
  const sharedUnits = isSharedByAll ? slashUnits : misconductUnits;
  applySlash(s, KIND.provider, provider, slashUnits, sharedUnits, ACCOUNT.slashPot);
  s.providers[at + P.exitUnits] = min(s.providers[at + P.exitUnits]!, ownUnits(s, KIND.provider, provider));
  return takenUnits;
}

function assess(s: State, provider: number): void {
  const at = providerAt(provider);
  const era = provider * STRIDE.providerEra;
  const slots = getParam(s, 'time.slots_per_era');
  const report = unpackProviderReport(s.providerReports, provider * STRIDE.providerReports);
  const fullUnits = eraLivenessUnits(s, provider);
  const { counted, forfeited } = judgeHours(s, report, s.providerEra[era + E.failedHours]!);
  const taskCount = countHours(report.activeHours & report.taskHours);
  const hourCount = countHours(counted);
  let earnedUnits = mulDivCapped(fullUnits, hourCount, slots, MAX_INT);
  if (getParam(s, 'live.idle_scaling') === 1)
    earnedUnits = mulDivDown(earnedUnits, max(slots, taskCount) - taskCount, slots);
  const totals = s.providerTotals;
  // All claims together stay an amount; what is above the pool is scaled down to it later (F-7).
  const roomUnits = MAX_INT - sumUnits(totals[T.rawUnits]!, totals[T.forfeitUnits]!);
  const rawUnits = min(earnedUnits, roomUnits);
  const forfeitUnits = min(mulDivCapped(fullUnits, countHours(forfeited), slots, MAX_INT), roomUnits - rawUnits);
  const bonusUnits = bonusOf(s, report.leaseHours, s.providers[at + P.compliance]!);
  const slashUnits = slashProvider(s, provider, operationalUnits(s, report, mulDivDown(fullUnits, 1, slots)));

  s.providerEra[era + E.rawUnits] = rawUnits;
  s.providerEra[era + E.forfeitUnits] = forfeitUnits;
  s.providerEra[era + E.bonusUnits] = bonusUnits;
  s.providerEra[era + E.hourCount] = hourCount;
  s.providerEra[era + E.utilisationBps] = mulDivDown(taskCount, BPS, slots);
  totals[T.rawUnits]! += rawUnits;
  totals[T.forfeitUnits]! += forfeitUnits;
  totals[T.bonusUnits] = sumUnits(totals[T.bonusUnits]!, bonusUnits);
  totals[T.slashUnits]! += slashUnits;
  emit(s, 'ProviderAssessed', provider, hourCount, rawUnits, forfeitUnits, slashUnits, bonusUnits);
}

/** Whoever has stake to answer with: leaving does not undo the era in which it was left (SLASH-4, SLASH-5). */
function isAssessed(s: State, provider: number, state: number): boolean {
  if (state === PROVIDER_STATE.deactivated) return ownUnits(s, KIND.provider, provider) > 0;
  return state === PROVIDER_STATE.active || state === PROVIDER_STATE.suspended;
}

/**
 * Settlement step over providers: liveness and forfeits before they are scaled to the pool, bonus, and the slashes of the era,
 * whose own parts are taken. Assessed is who is Active or Suspended, and who has left with its stake still unbonding.
 *
 * Sums stop at MAX_INT, so that nothing that is reported can stop a settlement.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-7, INV-13, INV-41
 * @rule TIME-4, F-7, F-8, F-10, LIVE-4, LIVE-5, LIVE-10, SLASH-1, SLASH-3, SLASH-4, SLASH-5
 */
export const assessProviders: Rule = (s, _actor, args) => {
  const [from, to] = args as readonly [number, number];
  const code = enterStep(s, STEP.assessProviders, from, to, providerCount(s));
  if (code !== 0) return code;

  if (from === 0) {
    s.providerTotals[T.rawUnits] = 0;
    s.providerTotals[T.forfeitUnits] = 0;
    s.providerTotals[T.bonusUnits] = 0;
    s.providerTotals[T.slashUnits] = 0;
  }
  for (let provider = from + 1; provider <= to; provider++) {
    const state = s.providers[providerAt(provider) + P.state]!;
    if (isAssessed(s, provider, state)) assess(s, provider);
    else {
      const era = provider * STRIDE.providerEra;
      s.providerEra.fill(0, era + E.rawUnits, era + E.utilisationBps + 1);
    }
  }
  return 0;
};

/**
 * Scales the era's liveness and forfeits to what the foundation pays at most, and moves the Slarks' part of forfeits and of
 * operational slashes into their pool; the rest is or becomes the foundation's. To be called once in an era, at the first
 * position of `paySlarks`.
 *
 * @invariant INV-40: liveness and forfeits ≤ `live.pool_era`
 * @rule F-7, F-11, SLASH-10, OP-46
 */
export function closeLiveness(s: State): void {
  const totals = s.providerTotals;
  const rawUnits = totals[T.rawUnits]!;
  const claimed = sumUnits(rawUnits, totals[T.forfeitUnits]!);
  const poolUnits = min(getParam(s, 'live.pool_era'), walletUnits(s, ACCOUNT.foundation));
  const isScaled = claimed > poolUnits;
  const paidUnits = isScaled ? allocShare(poolUnits, 0, rawUnits, claimed) : rawUnits;
  const forfeitUnits = isScaled ? poolUnits - paidUnits : totals[T.forfeitUnits]!;
  const slashUnits = totals[T.slashUnits]!;
  const shareBps = getParam(s, 'slash.slark_share_bps');
  const slashShare = mulDivDown(slashUnits, shareBps, BPS);
  totals[T.poolUnits] = paidUnits;
  moveUnits(s, ACCOUNT.foundation, ACCOUNT.slarkPool, mulDivDown(forfeitUnits, shareBps, BPS), MOVE.forfeit);
  moveUnits(s, ACCOUNT.slashPot, ACCOUNT.slarkPool, slashShare, MOVE.slash);
  moveUnits(s, ACCOUNT.slashPot, ACCOUNT.foundation, slashUnits - slashShare, MOVE.slash);
}

/** Pays what misconduct cost, and what the provider had earned in the era, to whom it belongs, and closes the case. @rule SLASH-1, SLASH-10, OP-56 */
function payRestitution(s: State, provider: number, earnedUnits: number): void {
  const at = providerAt(provider);
  const pot = s.providerEra[provider * STRIDE.providerEra + E.misconductTakenUnits]! + earnedUnits;
  moveUnits(s, ACCOUNT.foundation, ACCOUNT.slashPot, earnedUnits, MOVE.forfeit);
  const destination = getParam(s, 'slash.misconduct_dest');
  if (destination === DESTINATION.harmed) {
    const harmedUnits = min(s.providers[at + P.harmUnits]!, pot);
    moveUnits(s, ACCOUNT.slashPot, s.providers[at + P.harmedAccount]!, harmedUnits, MOVE.restitution);
    moveUnits(s, ACCOUNT.slashPot, ACCOUNT.foundation, pot - harmedUnits, MOVE.restitution);
  } else if (destination === DESTINATION.treasury) {
    moveUnits(s, ACCOUNT.slashPot, ACCOUNT.treasury, pot, MOVE.restitution);
  } else {
    burnUnits(s, ACCOUNT.slashPot, pot);
  }
  s.providers[at + P.misconductUnits] = 0;
  s.providers[at + P.harmedAccount] = 0;
  s.providers[at + P.harmUnits] = 0;
}

/**
 * Settlement step over providers: liveness, scaled to its pool by `alloc`, and bonus, shared with delegators (F-9); of a
 * provider with a case of misconduct both are restitution. If the foundation runs out, the later ones get less.
 *
 * @rejects as {@link enterStep}
 * @invariant INV-40, INV-42, INV-43
 * @rule F-7, F-8, F-9, FIZZ-12, LIVE-2, LIVE-7, SLASH-1, DELEG-2
 */
export const payProviders: Rule = (s, _actor, args) => {
  const [from, to] = args as readonly [number, number];
  const code = enterStep(s, STEP.payProviders, from, to, providerCount(s));
  if (code !== 0) return code;

  const totals = s.providerTotals;
  const rawSum = totals[T.rawUnits]!;
  const sharedBps = getParam(s, 'deleg.pool_share_bps');
  let running = from === 0 ? 0 : totals[T.runningUnits]!;
  for (let provider = from + 1; provider <= to; provider++) {
    const at = providerAt(provider);
    const era = provider * STRIDE.providerEra;
    const before = running;
    running += s.providerEra[era + E.rawUnits]!;
    const liveUnits = rawSum === 0 ? 0 : allocShare(totals[T.poolUnits]!, before, running, rawSum);
    const earnedUnits = min(liveUnits + s.providerEra[era + E.bonusUnits]!, walletUnits(s, ACCOUNT.foundation));
    const isCase = s.providers[at + P.misconductUnits]! > 0;
    if (isCase) payRestitution(s, provider, earnedUnits);
    const rewardUnits = isCase ? 0 : earnedUnits;
    const sharedUnits = mulDivDown(rewardUnits, sharedBps, BPS);
    const owner = s.providers[at + P.owner]!;
    // Also with nothing to pay: it clears what the delegators' step would otherwise pay again.
    shareReward(s, KIND.provider, provider, owner, rewardUnits, sharedUnits, ACCOUNT.foundation, MOVE.livenessReward);
  }
  totals[T.runningUnits] = running;
  return 0;
};
