/**
 * Providers (SM-14): registration, own stake, cases of misconduct, what the foundation delegates to newcomers, their reports
 * and their ratings. What an era was worth to them is decided in `liveness.ts`, their trust tier in `tiers.ts`, the class of
 * their hardware in `attributes.ts`.
 */
import { BPS, MAX_INT, max, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { queueNew } from './challenges.ts';
import { currentEra } from './clock.ts';
import { delegationUnits, fundDelegation, openDelegation, unbondDelegation } from './delegation.ts';
import { addRating } from './feedback.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, STRIDE } from './layout.ts';
import { PROVIDER_REPORT_WORDS } from './providerReport.ts';
import { R } from './rejections.ts';
import { lockStake, ownUnits, releaseStake, slashableUnits } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { stakeOfTier, tierCollateralUnits } from './tierRequirements.ts';
import { isAgentAccount, walletUnits } from './token.ts';

const P = F.providers;
const T = F.providerTotals;
const S = PROVIDER_STATE;

/** Reasons of TierChanged. */
export const TIER_REASON = { metrics: 1, shortfall: 2, start: 3 } as const;

/** Most that a proposal may declare, by argument of `proposeProvider` after the node. Of `gpuTier` where sub-tier 11 is off. */
const MOST = {
  region: 63,
  cpuCount: 4_096,
  memoryGb: 65_536,
  storageGb: 1_000_000,
  gpuCount: 64,
  gpuTier: 10,
  computeTier: 3,
  storageTier: 3,
  netTier: 4,
  compliance: 15,
} as const;

/** Number of providers, whatever their state. */
export function providerCount(s: State): number {
  return s.providerTotals[T.providerCount]!;
}

/** First float of a provider's record. */
export function providerAt(provider: number): number {
  return provider * STRIDE.providers;
}

/** 0 if the provider exists, else UnknownEntity. */
function refuseUnknown(s: State, provider: number): number {
  const count = providerCount(s);
  return provider >= 1 && provider <= count ? 0 : reject(s, R.UnknownEntity, provider, count);
}

/** 0 if the provider exists and belongs to `actor`, else UnknownEntity or NotOwner. */
function refuseForeign(s: State, actor: number, provider: number): number {
  const unknown = refuseUnknown(s, provider);
  if (unknown !== 0) return unknown;
  const owner = s.providers[providerAt(provider) + P.owner]!;
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

/** 0 if the value lies in [least, most], else ValueOutOfRange. */
function refuseOutside(s: State, value: number, least: number, most: number): number {
  return value >= least && value <= most ? 0 : reject(s, R.ValueOutOfRange, value, most);
}

/** Writes the state, keeps the number of Active providers and leaves the event. @rule SM-14 */
export function enterProviderState(s: State, provider: number, actor: number, to: number): void {
  const at = providerAt(provider) + P.state;
  const from = s.providers[at]!;
  if (from === S.active) s.providerTotals[T.activeCount]! -= 1;
  if (to === S.active) s.providerTotals[T.activeCount]! += 1;
  s.providers[at] = to;
  emit(s, 'Transition', KIND.provider, provider, actor, from, to);
}

/** Writes the trust tier with all counters back at 0, and leaves the event if the tier is another one. @rule TIER-5 */
export function enterTier(s: State, provider: number, tier: number, reason: number): void {
  const at = providerAt(provider);
  const from = s.providers[at + P.tier]!;
  s.providers[at + P.tier] = tier;
  s.providers[at + P.promoEraCount] = 0;
  s.providers[at + P.demoEraCount] = 0;
  s.providers[at + P.shortEraCount] = 0;
  if (from !== tier) emit(s, 'TierChanged', KIND.provider, provider, from, tier, reason);
}

/** Own stake that the owner has not asked back. */
export function freeOwnUnits(s: State, provider: number): number {
  return ownUnits(s, KIND.provider, provider) - s.providers[providerAt(provider) + P.exitUnits]!;
}

/** Guards of what a proposal declares, in the order of its arguments but for the region and the classes. */
function refuseSpec(s: State, args: readonly number[]): number {
  const [, region, cpuCount, memoryGb, storageGb, gpuCount, gpuTier, computeTier, storageTier, netTier, compliance] =
    args as readonly [number, number, number, number, number, number, number, number, number, number, number];
  const code =
    refuseOutside(s, cpuCount, 1, MOST.cpuCount) ||
    refuseOutside(s, memoryGb, 1, MOST.memoryGb) ||
    refuseOutside(s, storageGb, 0, MOST.storageGb) ||
    refuseOutside(s, gpuCount, 0, MOST.gpuCount) ||
    refuseOutside(s, region, 0, MOST.region) ||
    refuseOutside(s, gpuTier, 0, MOST.gpuTier + getParam(s, 'attr.gpu_tier11'));
  if (code !== 0) return code;
  if (gpuCount > 0 !== gpuTier > 0) return reject(s, R.ValueOutOfRange, gpuTier, gpuCount);
  return (
    refuseOutside(s, computeTier, 1, MOST.computeTier) ||
    refuseOutside(s, storageTier, 1, MOST.storageTier) ||
    refuseOutside(s, netTier, 1, MOST.netTier) ||
    refuseOutside(s, compliance, 0, MOST.compliance)
  );
}

/** 0 if the node may be linked to a new provider of `actor`; node 0 is none. */
function refuseNode(s: State, actor: number, node: number): number {
  if (node === 0) return 0;
  const nodeCount = s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (node > nodeCount) return reject(s, R.UnknownEntity, node, nodeCount);
  const owner = s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const linked = s.nodeProviders[node] ?? 0;
  return linked === 0 ? 0 : reject(s, R.AlreadySet, linked, 0);
}

/**
 * Proposes a provider, declaring its hardware; an attribute that is not declared is to be given as its lowest class. It is
 * approved at once unless governance has started to curate.
 *
 * @param args node: a node of the owner that it is to be linked to, 0 for none; region 0…63; cpuCount 1…4 096; memoryGb
 * 1…65 536; storageGb ≤ 1 000 000; gpuCount ≤ 64; gpuTier 0…10, with `attr.gpu_tier11` 0…11, 0 if and only if there is no
 * GPU; computeTier 1…3; storageTier 1…3; netTier 1…4; compliance: set of COMPLIANCE
 * @rejects UnknownEntity (node), NotOwner (node), AlreadySet (node), ValueOutOfRange
 * @rule PROV-1, PROV-2, PROV-4, ATTR-1, ATTR-4, TIER-9, OP-32, OP-35, SM-14
 */
export const proposeProvider: Rule = (s, actor, args) => {
  const node = args[0]!;
  const code = refuseNode(s, actor, node) || refuseSpec(s, args);
  if (code !== 0) return code;

  const before = providerCount(s);
  const provider = before + 1;
  for (const table of ['providerCollateral', 'providerEra', 'providerReports'] as const) recordAt(s, table, provider);
  const at = recordAt(s, 'providers', provider);
  s.providerTotals[T.providerCount] = provider;
  const p = s.providers;
  p[at + P.owner] = actor;
  p[at + P.node] = node;
  p[at + P.region] = args[1]!;
  p[at + P.cpuCount] = args[2]!;
  p[at + P.memoryGb] = args[3]!;
  p[at + P.storageGb] = args[4]!;
  p[at + P.gpuCount] = args[5]!;
  p[at + P.gpuTier] = args[6]!;
  p[at + P.computeTier] = args[7]!;
  p[at + P.storageTier] = args[8]!;
  p[at + P.netTier] = args[9]!;
  p[at + P.compliance] = args[10]!;
  if (node !== 0) s.nodeProviders[recordAt(s, 'nodeProviders', node)] = provider;
  enterProviderState(s, provider, actor, S.proposed);
  enterTier(s, provider, getParam(s, 'tier.initial'), TIER_REASON.start);
  const curateAfter = getParam(s, 'prov.curate_after');
  const isApproved = getParam(s, 'prov.auto_approve') === 1 && (curateAfter === 0 || before < curateAfter);
  if (isApproved) enterProviderState(s, provider, ACCOUNT.keeper, S.registered);
  return 0;
};

/** The keeper brings the vote's outcome: the proposal is approved. @rejects UnknownEntity, WrongState @rule PROV-2, SM-14 */
export const approveProvider: Rule = (s, actor, args) => {
  const provider = args[0]!;
  const code = refuseUnknown(s, provider);
  if (code !== 0) return code;
  const state = s.providers[providerAt(provider) + P.state]!;
  if (state !== S.proposed) return reject(s, R.WrongState, state, 0);

  enterProviderState(s, provider, actor, S.registered);
  return 0;
};

/** The keeper brings the vote's outcome: the proposal is rejected. @rejects UnknownEntity, WrongState @rule PROV-2, SM-14 */
export const rejectProvider: Rule = (s, actor, args) => {
  const provider = args[0]!;
  const code = refuseUnknown(s, provider);
  if (code !== 0) return code;
  const state = s.providers[providerAt(provider) + P.state]!;
  if (state !== S.proposed) return reject(s, R.WrongState, state, 0);

  unlinkNode(s, provider);
  enterProviderState(s, provider, actor, S.rejected);
  return 0;
};

/** The node may be linked to another provider again. */
function unlinkNode(s: State, provider: number): void {
  const node = s.providers[providerAt(provider) + P.node]!;
  if (node !== 0) s.nodeProviders[node] = 0;
}

/**
 * Adds to a provider's own stake. A Registered provider whose own stake, without what was asked back, is more than its tier
 * needs becomes Active: it can be matched and challenged, and earns by its reports.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientBalance
 * @rule PROV-3, OP-110, SM-14
 */
export const stakeProvider: Rule = (s, actor, args) => {
  const [provider, units] = args as readonly [number, number];
  const code = refuseForeign(s, actor, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.registered && state !== S.active && state !== S.suspended) return reject(s, R.WrongState, state, 0);
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const balance = walletUnits(s, actor);
  if (balance < units) return reject(s, R.InsufficientBalance, balance, units);

  lockStake(s, KIND.provider, provider, actor, units);
  if (state !== S.registered || freeOwnUnits(s, provider) <= stakeOfTier(s, s.providers[at + P.tier]!)) return 0;
  s.providers[at + P.isMatchable] = 1;
  // The era is stored plus 1: 0 is never.
  s.providers[at + P.activeEra] = currentEra(s) + 1;
  s.providers[at + P.promoEraCount] = 0;
  s.providers[at + P.demoEraCount] = 0;
  s.providers[at + P.shortEraCount] = 0;
  enterProviderState(s, provider, actor, S.active);
  queueNew(s, provider);
  return 0;
};

/**
 * Asks part of the own stake back. It is collateral of no tier any more, but can be slashed until it is paid, at the
 * settlement of the era `deleg.unbond_eras` from now. Asking again restarts the time of all that was asked for.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientStake
 * @rule DELEG-6, OP-55, SM-14
 */
export const unstakeProvider: Rule = (s, actor, args) => {
  const [provider, units] = args as readonly [number, number];
  const code = refuseForeign(s, actor, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.registered && state !== S.active) return reject(s, R.WrongState, state, 0);
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const freeUnits = freeOwnUnits(s, provider);
  if (units > freeUnits) return reject(s, R.InsufficientStake, freeUnits, units);

  s.providers[at + P.exitUnits]! += units;
  s.providers[at + P.exitEra] = currentEra(s) + getParam(s, 'deleg.unbond_eras');
  return 0;
};

/**
 * Leaves the network: the own stake comes back after unbonding, delegations are released when the era is settled, the node
 * can be linked again. Not while one of its leases is open.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, LeasesOpen
 * @rule SM-14
 */
export const deregisterProvider: Rule = (s, actor, args) => {
  const provider = args[0]!;
  const code = refuseForeign(s, actor, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.registered && state !== S.active) return reject(s, R.WrongState, state, 0);
  const leaseCount = s.providerUse[provider * STRIDE.providerUse + F.providerUse.leaseCount]!;
  if (leaseCount > 0) return reject(s, R.LeasesOpen, leaseCount, 0);

  s.providers[at + P.exitUnits] = ownUnits(s, KIND.provider, provider);
  s.providers[at + P.exitEra] = currentEra(s) + getParam(s, 'deleg.unbond_eras');
  unlinkNode(s, provider);
  // What the foundation has here comes back at the settlement, and may back others.
  const delegation = s.providers[at + P.foundationDelegation]!;
  if (delegation !== 0) s.providerTotals[T.foundationUnits]! -= delegationUnits(s, delegation);
  enterProviderState(s, provider, actor, S.deactivated);
  return 0;
};

/**
 * A Suspended provider whose case is closed works again, if it has own stake and its collateral is more than its tier needs.
 * It waits for a challenge like one that has just become Active.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, ChangeRequired (case open), InsufficientStake
 * @invariant INV-68
 * @rule SM-14, SLASH-1, CHAL-4, INV-11
 */
export const resumeProvider: Rule = (s, actor, args) => {
  const provider = args[0]!;
  const code = refuseForeign(s, actor, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.suspended) return reject(s, R.WrongState, state, 0);
  if (s.providers[at + P.misconductUnits]! > 0) return reject(s, R.ChangeRequired, provider, 0);
  const neededUnits = stakeOfTier(s, s.providers[at + P.tier]!);
  const collateral = freeOwnUnits(s, provider) === 0 ? 0 : tierCollateralUnits(s, provider);
  if (collateral <= neededUnits) return reject(s, R.InsufficientStake, collateral, neededUnits);

  enterProviderState(s, provider, actor, S.active);
  queueNew(s, provider);
  return 0;
};

/**
 * The keeper brings an upheld case of misconduct: an Active provider is Suspended at once, what is slashed is fixed now and
 * taken at the era's end with what the provider has earned in it. Leaving does not dodge a case: one that has left answers
 * while its own stake is unbonding, and stays Deactivated.
 *
 * @param args harmedAccount: who is to be compensated, 0 for nobody; harmUnits: with how much at most
 * @rejects UnknownEntity, WrongState (neither Active, nor Deactivated with own stake), AlreadySet (a case is open),
 * ValueOutOfRange (harm without a harmed account or the reverse), UnknownAccount
 * @rule SLASH-1, SLASH-10, OP-56, SM-14
 */
export const upholdMisconduct: Rule = (s, actor, args) => {
  const [provider, harmedAccount, harmUnits] = args as readonly [number, number, number];
  const code = refuseUnknown(s, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  const hasLeft = state === S.deactivated && ownUnits(s, KIND.provider, provider) > 0;
  if (state !== S.active && !hasLeft) return reject(s, R.WrongState, state, 0);
  const openUnits = s.providers[at + P.misconductUnits]!;
  if (openUnits > 0) return reject(s, R.AlreadySet, openUnits, 0);
  if ((harmedAccount === 0) !== (harmUnits === 0)) return reject(s, R.ValueOutOfRange, harmUnits, 0);
  if (harmedAccount !== 0 && !isAgentAccount(s, harmedAccount)) return reject(s, R.UnknownAccount, harmedAccount, 0);

  const slashable = slashableUnits(s, KIND.provider, provider);
  s.providers[at + P.misconductUnits] = max(1, mulDivDown(slashable, getParam(s, 'slash.misconduct_bps'), BPS));
  s.providers[at + P.harmedAccount] = harmedAccount;
  s.providers[at + P.harmUnits] = harmUnits;
  if (!hasLeft) enterProviderState(s, provider, actor, S.suspended);
  return 0;
};

/** The keeper writes which certificates a provider has. @rejects UnknownEntity, ValueOutOfRange @rule ATTR-6, ATTR-7, TIER-1 */
export const setCompliance: Rule = (s, _actor, args) => {
  const [provider, compliance] = args as readonly [number, number];
  const code = refuseUnknown(s, provider) || refuseOutside(s, compliance, 0, MOST.compliance);
  if (code !== 0) return code;

  s.providers[providerAt(provider) + P.compliance] = compliance;
  return 0;
};

/**
 * The foundation backs an Active provider with strong GPUs, once, within its budget.
 *
 * @rejects UnknownEntity, WrongState, TierTooLow, AlreadySet, BudgetExhausted, InsufficientBalance
 * @rule DELEG-4, OP-54
 */
export const delegateFoundation: Rule = (s, _actor, args) => {
  const provider = args[0]!;
  const code = refuseUnknown(s, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.active) return reject(s, R.WrongState, state, 0);
  const gpuTier = s.providers[at + P.gpuTier]!;
  const minTier = getParam(s, 'fdeleg.min_gpu_subtier');
  if (gpuTier < minTier) return reject(s, R.TierTooLow, gpuTier, minTier);
  const backed = s.providers[at + P.foundationDelegation]!;
  if (backed !== 0) return reject(s, R.AlreadySet, backed, 0);
  const units = getParam(s, 'fdeleg.amount');
  const budgetUnits = getParam(s, 'fdeleg.budget');
  const afterUnits = s.providerTotals[T.foundationUnits]! + units;
  if (afterUnits > budgetUnits) return reject(s, R.BudgetExhausted, afterUnits, budgetUnits);
  const balance = walletUnits(s, ACCOUNT.foundation);
  if (balance < units) return reject(s, R.InsufficientBalance, balance, units);

  const delegation = openDelegation(s, ACCOUNT.foundation, KIND.provider, provider, 0);
  s.providers[at + P.foundationDelegation] = delegation;
  s.providerTotals[T.foundationUnits] = afterUnits;
  fundDelegation(s, delegation, units);
  return 0;
};

/**
 * The foundation takes its delegation back from a provider that was busy enough in the last settled era. It unbonds like any
 * other and comes back less what slashes took. Where a provider has left, its delegation is released and its part of the
 * budget is free already.
 *
 * @rejects UnknownEntity, WrongState (neither Active nor Suspended; nothing delegated), ValueOutOfRange (utilisation,
 * threshold)
 * @invariant INV-14
 * @rule DELEG-4, OP-54
 */
export const reclaimFoundation: Rule = (s, _actor, args) => {
  const provider = args[0]!;
  const code = refuseUnknown(s, provider);
  if (code !== 0) return code;
  const at = providerAt(provider);
  const state = s.providers[at + P.state]!;
  if (state !== S.active && state !== S.suspended) return reject(s, R.WrongState, state, 0);
  const delegation = s.providers[at + P.foundationDelegation]!;
  const units = delegation === 0 ? 0 : delegationUnits(s, delegation);
  if (units === 0) return reject(s, R.WrongState, 0, 0);
  const utilisationBps = s.providerEra[provider * STRIDE.providerEra + F.providerEra.utilisationBps]!;
  const thresholdBps = getParam(s, 'fdeleg.reclaim_util_bps');
  if (utilisationBps <= thresholdBps) return reject(s, R.ValueOutOfRange, utilisationBps, thresholdBps);

  s.providerTotals[T.foundationUnits]! -= units;
  unbondDelegation(s, delegation, units);
  return 0;
};

/**
 * The keeper posts the era's reports of the providers at positions from … to − 1, eight words each (`providerReport.ts`).
 *
 * @rejects ValueOutOfRange (from, to; to, providers), BatchMismatch, ValueOutOfRange (word)
 * @rule TIER-8, LIVE-5
 */
export const reportProviders: Rule = (s, _actor, args, bulk) => {
  const [from, to] = args as readonly [number, number];
  const count = providerCount(s);
  if (from > to) return reject(s, R.ValueOutOfRange, from, to);
  if (to > count) return reject(s, R.ValueOutOfRange, to, count);
  const words = PROVIDER_REPORT_WORDS * (to - from);
  if (bulk.length !== words) return reject(s, R.BatchMismatch, bulk.length, words);
  for (let i = 0; i < words; i++) if (bulk[i]! > MAX_INT) return reject(s, R.ValueOutOfRange, bulk[i]!, MAX_INT);

  s.providerReports.set(bulk, (from + 1) * STRIDE.providerReports);
  return 0;
};

/** Notes a consumer's rating of a provider, if that is Active. @rule FB-1, FB-4 */
export function rateProviderOf(s: State, provider: number, account: number, tenths: number): void {
  const at = providerAt(provider);
  if (s.providers[at + P.state] !== S.active) return;
  addRating(s, 'providers', provider, tenths);
  emit(
    s,
    'ProviderRated',
    provider,
    account,
    tenths,
    s.providers[at + P.ratingSumTenths],
    s.providers[at + P.ratingCount],
  );
}

/** Notes the rating of an answer for the provider that the serving node is linked to, if there is one. @rule FB-1, FB-4 */
export function rateProvider(s: State, node: number, account: number, tenths: number): void {
  const provider = s.nodeProviders[node] ?? 0;
  if (provider !== 0) rateProviderOf(s, provider, account, tenths);
}

/** Pays out own stake that was asked back and is due, less what slashes took; never while a case is open. @rule DELEG-6, SLASH-1, SM-14, INV-12 */
export function payExit(s: State, provider: number): void {
  const at = providerAt(provider);
  const exitUnits = s.providers[at + P.exitUnits]!;
  if (exitUnits === 0 || currentEra(s) < s.providers[at + P.exitEra]!) return;
  if (s.providers[at + P.misconductUnits]! > 0) return;
  s.providers[at + P.exitUnits] = 0;
  const owner = s.providers[at + P.owner]!;
  releaseStake(s, KIND.provider, provider, owner, min(exitUnits, ownUnits(s, KIND.provider, provider)));
}
