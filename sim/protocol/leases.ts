/**
 * Leases (SM-6, from the match on): what they bind, what they have cost so far, who is paid, how they begin and end. The arithmetic
 * is in `leaseMoney.ts`; what may be done with a lease in `leaseActions.ts` and `leaseUpdates.ts`; how an order finds its provider
 * in `orders.ts`.
 */
import { max, min } from '../base/fixedPoint.ts';
import { addUse, escrowOwner, lockUnits, payLocked, removeUse, unlockedUnits, unlockUnits } from './escrow.ts';
import { MOVE } from './events.ts';
import { freeFizz, gatewayShareBps, serveFizz } from './fizz.ts';
import {
  ACCOUNT,
  CLOSE_REASON,
  F,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  LEASE_TERM,
  PROVIDER_STATE,
  STRIDE,
  UPDATE_STATE,
} from './layout.ts';
import {
  accruedUnits,
  coveredS,
  type LeaseClock,
  type LeaseTerms,
  type Levies,
  leviesBetween,
  lockCost,
  roundedUpS,
  usedS,
} from './leaseMoney.ts';
import { providerAt } from './providers.ts';
import type { Resources } from './resources.ts';
import { emit, getParam, recordAt, type State } from './state.ts';

const L = F.leases;
const P = F.providers;
const U = F.providerUse;
const T = F.leaseTotals;
const S = LEASE_STATE;

/** What a lease begins with: the order's terms, and the winning bid's. */
export type LeaseRequest = {
  readonly order: number;
  readonly escrow: number;
  readonly provider: number;
  /** 0: the provider serves it itself. */
  readonly fizz: number;
  readonly asset: number;
  readonly priceUnits: number;
  readonly durationS: number;
  readonly resources: Resources;
};

export function leaseCount(s: State): number {
  return s.leaseTotals[T.leaseCount]!;
}

/** First float of a lease's record. */
export function leaseAt(lease: number): number {
  return lease * STRIDE.leases;
}

/** User fee on payments in an asset; the token has none. @rule FEE-1, FEE-4, INV-52 */
export function userFeeBps(s: State, asset: number): number {
  return asset === 0 ? 0 : getParam(s, 'fee.user_foreign_bps');
}

/** Leases of a provider that are not closed, its fizz nodes' included. @rule SM-14 */
export function leaseCountOf(s: State, provider: number): number {
  return s.providerUse[provider * STRIDE.providerUse + U.leaseCount]!;
}

function resourcesAt(table: Float64Array, at: number, fields: { readonly [K in keyof Resources]: number }): Resources {
  return {
    cpuCount: table[at + fields.cpuCount]!,
    memoryGb: table[at + fields.memoryGb]!,
    storageGb: table[at + fields.storageGb]!,
    gpuCount: table[at + fields.gpuCount]!,
  };
}

/** What a provider's own leases use of what it has registered. @rule INV-53, F-12 */
export function usedOf(s: State, provider: number): Resources {
  return resourcesAt(s.providerUse, provider * STRIDE.providerUse, U);
}

/** What a provider has registered and no lease uses. @rule INV-53, LEASE-3 */
export function freeOf(s: State, provider: number): Resources {
  const has = resourcesAt(s.providers, providerAt(provider), P);
  const used = usedOf(s, provider);
  return {
    cpuCount: has.cpuCount - used.cpuCount,
    memoryGb: has.memoryGb - used.memoryGb,
    storageGb: has.storageGb - used.storageGb,
    gpuCount: has.gpuCount - used.gpuCount,
  };
}

/** What a lease has reserved. */
export function leaseResources(s: State, lease: number): Resources {
  return resourcesAt(s.leases, leaseAt(lease), L);
}

export function hasTerm(s: State, lease: number, term: number): boolean {
  return (s.leases[leaseAt(lease) + L.terms]! & term) !== 0;
}

function termsOf(s: State, lease: number): LeaseTerms {
  const at = leaseAt(lease);
  return {
    userFeeBps: s.leases[at + L.userFeeBps]!,
    foundationBps: s.leases[at + L.foundationBps]!,
    providerFeeBps: s.leases[at + L.providerFeeBps]!,
    rebateBps: s.leases[at + L.rebateBps]!,
    gatewayBps: s.leases[at + L.gatewayBps]!,
    grossBase: hasTerm(s, lease, LEASE_TERM.grossBase),
  };
}

function clockOf(s: State, lease: number): LeaseClock {
  const at = leaseAt(lease);
  const isStopped = s.leases[at + L.state] === S.down && !hasTerm(s, lease, LEASE_TERM.chargesDowntime);
  return {
    startS: s.leases[at + L.startS]!,
    endS: s.leases[at + L.endS]!,
    pausedS: s.leases[at + L.pausedS]!,
    stoppedS: isStopped ? s.leases[at + L.downSinceS]! : 0,
    isCharged: s.leases[at + L.deployedS]! > 0 || hasTerm(s, lease, LEASE_TERM.chargesUndeployed),
  };
}

/** Seconds of a lease that its money pays for. @rule F-16, LEASE-9 */
function coveredBy(s: State, lease: number): number {
  const at = leaseAt(lease);
  return coveredS(s.leases[at + L.fundedUnits]!, s.leases[at + L.priceUnits]!, s.leases[at + L.userFeeBps]!);
}

/** Seconds up to a time that are charged, in whole hours where the lease is billed by the hour. @rule F-16, LEASE-5, FIZZ-10 */
export function elapsedS(s: State, lease: number, atS: number): number {
  const clock = clockOf(s, lease);
  const seconds = usedS(clock, atS);
  return hasTerm(s, lease, LEASE_TERM.hourUp) ? roundedUpS(seconds, clock) : seconds;
}

/** What the service has cost up to a time, without the user fee; never less than what was paid. @rule F-16, INV-50 */
export function grossUnits(s: State, lease: number, atS: number): number {
  const at = leaseAt(lease);
  const seconds = min(elapsedS(s, lease, atS), coveredBy(s, lease));
  return max(accruedUnits(s.leases[at + L.priceUnits]!, seconds), s.leases[at + L.paidUnits]!);
}

/** What would be paid if the lease accrued now. */
export function dueNow(s: State, lease: number): Levies & { readonly grossUnits: number } {
  const paidUnits = s.leases[leaseAt(lease) + L.paidUnits]!;
  const gross = grossUnits(s, lease, s.nowS);
  return { ...leviesBetween(termsOf(s, lease), paidUnits, gross), grossUnits: gross - paidUnits };
}

export function ownerOfProvider(s: State, provider: number): number {
  return s.providers[providerAt(provider) + P.owner]!;
}

/** Owner of the lease's fizz node, 0 if it has none. */
export function fizzOwner(s: State, lease: number): number {
  const fizz = s.leases[leaseAt(lease) + L.fizz]!;
  return fizz === 0 ? 0 : s.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes.owner]!;
}

/** Who serves the lease and is paid for it: the fizz node's owner, else the provider's. */
export function payeeOf(s: State, lease: number): number {
  return fizzOwner(s, lease) || ownerOfProvider(s, s.leases[leaseAt(lease) + L.provider]!);
}

/** Account that the lease's wallet belongs to now. @rule LEASE-14 */
export function consumerOf(s: State, lease: number): number {
  return escrowOwner(s, s.leases[leaseAt(lease) + L.escrow]!);
}

/** Counts a lease with its provider's; what a fizz node lends is not the provider's own. @invariant INV-53 */
function countUse(s: State, provider: number, fizz: number, resources: Resources, sign: 1 | -1): void {
  const at = recordAt(s, 'providerUse', provider);
  s.providerUse[at + U.leaseCount]! += sign;
  if (fizz !== 0) return;
  s.providerUse[at + U.cpuCount]! += sign * resources.cpuCount;
  s.providerUse[at + U.memoryGb]! += sign * resources.memoryGb;
  s.providerUse[at + U.storageGb]! += sign * resources.storageGb;
  s.providerUse[at + U.gpuCount]! += sign * resources.gpuCount;
}

export function enterLeaseState(s: State, lease: number, actor: number, to: number): void {
  const at = leaseAt(lease) + L.state;
  const from = s.leases[at]!;
  s.leases[at] = to;
  emit(s, 'Transition', KIND.lease, lease, actor, from, to);
}

/** Writes what is taken of the lease's payments, and what is charged: as parameters and tier are now, for good. @rule FEE-6 */
function fixTerms(s: State, at: number, { provider, fizz, asset }: LeaseRequest): void {
  const isFizz = fizz !== 0;
  const isTierOne = s.providers[providerAt(provider) + P.tier] === 1;
  const chargesDowntime = getParam(s, isFizz ? 'fizz.outage_accrual' : 'lease.charge_downtime') === 1;
  s.leases[at + L.userFeeBps] = userFeeBps(s, asset);
  s.leases[at + L.foundationBps] = getParam(s, isFizz ? 'fizz.foundation_bps' : 'fee.foundation_bps');
  s.leases[at + L.providerFeeBps] = asset === 0 ? 0 : getParam(s, 'fee.provider_foreign_bps');
  s.leases[at + L.rebateBps] = isTierOne ? getParam(s, 'fee.tier1_rebate_bps') : 0;
  s.leases[at + L.gatewayBps] = isFizz ? gatewayShareBps(s, provider) : 0;
  s.leases[at + L.terms] =
    getParam(s, 'fee.provider_base') * LEASE_TERM.grossBase +
    getParam(s, 'lease.charge_undeployed') * LEASE_TERM.chargesUndeployed +
    (chargesDowntime ? LEASE_TERM.chargesDowntime : 0) +
    (isFizz ? getParam(s, 'fizz.billing_unit') * LEASE_TERM.hourUp : 0);
}

/**
 * Opens a lease from now on and locks its money, or what of it there is. The guards are the caller's.
 *
 * @returns its number
 * @rule LEASE-1, LEASE-2, LEASE-3, LEASE-13, ESCROW-6, F-16, SM-6
 */
export function openLease(s: State, request: LeaseRequest, actor: number): number {
  const { order, escrow, provider, fizz, asset, priceUnits, durationS, resources } = request;
  const lease = leaseCount(s) + 1;
  const at = recordAt(s, 'leases', lease);
  recordAt(s, 'leaseUpdates', lease);
  s.leaseTotals[T.leaseCount] = lease;
  const l = s.leases;
  l[at + L.order] = order;
  l[at + L.escrow] = escrow;
  l[at + L.provider] = provider;
  l[at + L.fizz] = fizz;
  l[at + L.asset] = asset;
  l[at + L.priceUnits] = priceUnits;
  l[at + L.startS] = s.nowS;
  l[at + L.accruedS] = s.nowS;
  l[at + L.endS] = s.nowS + durationS;
  l[at + L.cpuCount] = resources.cpuCount;
  l[at + L.memoryGb] = resources.memoryGb;
  l[at + L.storageGb] = resources.storageGb;
  l[at + L.gpuCount] = resources.gpuCount;
  fixTerms(s, at, request);
  const costUnits = lockCost(priceUnits, durationS, l[at + L.userFeeBps]!);
  const lockedUnits = min(costUnits, unlockedUnits(s, escrow, asset));
  lockUnits(s, escrow, asset, lockedUnits);
  l[at + L.fundedUnits] = lockedUnits;
  l[at + L.lockedUnits] = lockedUnits;
  const place = (s.leaseTotals[T.openCount]! += 1);
  s.openLeases[recordAt(s, 'openLeases', place)] = lease;
  l[at + L.place] = place;
  addUse(s, escrow, resources);
  countUse(s, provider, fizz, resources, 1);
  enterLeaseState(s, lease, actor, S.awaiting);
  emit(s, 'LeaseCreated', lease, order, provider, escrowOwner(s, escrow), priceUnits, l[at + L.endS]);
  if (fizz !== 0) serveFizz(s, fizz, lease, actor);
  return lease;
}

/**
 * Pays everybody what the lease has come to since the last time, out of what it has locked.
 *
 * @invariant INV-49, INV-50, INV-51: what is paid and what stays locked sum to what was locked
 * @rule LEASE-5, LEASE-6, F-16, F-17, FEE-7, FIZZ-11
 */
export function accrue(s: State, lease: number): void {
  const at = leaseAt(lease);
  const l = s.leases;
  const due = dueNow(s, lease);
  l[at + L.accruedS] = max(l[at + L.accruedS]!, s.nowS);
  if (due.grossUnits === 0) return;
  l[at + L.paidUnits]! += due.grossUnits;
  l[at + L.lockedUnits]! -= due.grossUnits + due.userFeeUnits;
  const pay = (to: number, units: number, reason: number): void =>
    payLocked(s, l[at + L.escrow]!, l[at + L.asset]!, to, units, reason);
  pay(payeeOf(s, lease), due.payeeUnits, MOVE.leasePayment);
  pay(ownerOfProvider(s, l[at + L.provider]!), due.gatewayUnits, MOVE.gatewayShare);
  pay(ACCOUNT.foundation, due.foundationUnits, MOVE.commission);
  pay(ACCOUNT.foundation, due.userFeeUnits, MOVE.userFee);
  pay(ACCOUNT.foundation, due.providerFeeUnits, MOVE.providerFee);
  const feeUnits = due.userFeeUnits + due.providerFeeUnits;
  emit(s, 'LeaseAccrued', lease, due.grossUnits, due.payeeUnits, due.foundationUnits, feeUnits, due.gatewayUnits);
}

/** Takes a lease off the list of those that are not closed; the last one takes its place. */
function leaveOpenList(s: State, lease: number): void {
  const at = leaseAt(lease) + L.place;
  const place = s.leases[at]!;
  const last = s.leaseTotals[T.openCount]!;
  const moved = s.openLeases[last]!;
  s.openLeases[place] = moved;
  s.leases[leaseAt(moved) + L.place] = place;
  s.openLeases[last] = 0;
  s.leases[at] = 0;
  s.leaseTotals[T.openCount] = last - 1;
}

/**
 * Closes a lease: accrues to now, gives the rest back to the wallet and frees what was reserved.
 *
 * @param reason one of CLOSE_REASON
 * @invariant INV-49, INV-51, INV-53
 * @rule LEASE-8, LEASE-9, LEASE-13, ESCROW-6, ESCROW-7, SM-6
 */
export function closeLeaseFor(s: State, lease: number, reason: number, actor: number): void {
  const at = leaseAt(lease);
  const l = s.leases;
  accrue(s, lease);
  const escrow = l[at + L.escrow]!;
  const provider = l[at + L.provider]!;
  const fizz = l[at + L.fizz]!;
  const refundUnits = l[at + L.lockedUnits]!;
  unlockUnits(s, escrow, l[at + L.asset]!, refundUnits);
  l[at + L.lockedUnits] = 0;
  leaveOpenList(s, lease);
  const resources = leaseResources(s, lease);
  removeUse(s, escrow, resources);
  countUse(s, provider, fizz, resources, -1);
  l[at + L.closeReason] = reason;
  l[at + L.closedS] = s.nowS;
  s.leaseUpdates[lease * STRIDE.leaseUpdates + F.leaseUpdates.state] = UPDATE_STATE.none;
  enterLeaseState(s, lease, actor, S.closed);
  emit(s, 'LeaseClosed', lease, reason, l[at + L.paidUnits], refundUnits, escrowOwner(s, escrow), provider);
  if (fizz !== 0) freeFizz(s, fizz, actor);
}

/** The service does not run any more: what it costs stands still, unless downtime is charged. @rule LEASE-12, OP-87 */
export function stopService(s: State, lease: number, sinceS: number, actor: number): void {
  const at = leaseAt(lease);
  s.leases[at + L.downSinceS] = sinceS;
  s.leases[at + L.breachCount]! += 1;
  enterLeaseState(s, lease, actor, S.down);
}

/** The service runs again, or what was done for it goes on. */
export function restartService(s: State, lease: number, atS: number, actor: number, to: number): void {
  const at = leaseAt(lease);
  const l = s.leases;
  const endS = l[at + L.endS]!;
  if (!hasTerm(s, lease, LEASE_TERM.chargesDowntime))
    l[at + L.pausedS]! += min(atS, endS) - min(l[at + L.downSinceS]!, endS);
  l[at + L.accruedS] = max(l[at + L.accruedS]!, atS);
  l[at + L.downSinceS] = 0;
  enterLeaseState(s, lease, actor, to);
}

/** The lease's fizz node is gone; nothing changes for a lease that is down already. @rule FIZZ-9, OP-79 */
export function pauseByOutage(s: State, lease: number, sinceS: number): void {
  const state = s.leases[leaseAt(lease) + L.state]!;
  if (state === S.awaiting || state === S.deploying || state === S.serving)
    stopService(s, lease, sinceS, ACCOUNT.keeper);
}

/** The fizz node is back; a lease that was down for another reason stays down. @rule FIZZ-9, OP-79 */
export function resumeAfterOutage(s: State, lease: number, sinceS: number, atS: number): void {
  const at = leaseAt(lease);
  if (s.leases[at + L.state] !== S.down || s.leases[at + L.downSinceS] !== sinceS) return;
  const isDeployed = s.leases[at + L.deployedS]! > 0;
  const before = s.leases[at + L.manifestS] === 0 ? S.awaiting : isDeployed ? S.serving : S.deploying;
  restartService(s, lease, atS, ACCOUNT.keeper, before);
}

/** Why a lease may be ended now, one of CLOSE_REASON: its time or its money is over, or whoever serves it is gone. 0: it may not. @rule LEASE-9, OP-79, SM-6 */
export function endReasonOf(s: State, lease: number): number {
  const at = leaseAt(lease);
  const l = s.leases;
  if (l[at + L.state] === S.closed) return 0;
  if (s.nowS >= l[at + L.endS]!) return CLOSE_REASON.ended;
  // An hour that has been paid for as a whole is used up second by second, too.
  if (usedS(clockOf(s, lease), s.nowS) >= coveredBy(s, lease)) return CLOSE_REASON.exhausted;
  const fizz = l[at + L.fizz]! * STRIDE.fizzNodes;
  const isDetached = fizz !== 0 && s.fizzNodes[fizz + F.fizzNodes.state] === FIZZ_STATE.detached;
  if (isDetached && s.nowS >= s.fizzNodes[fizz + F.fizzNodes.detachedS]! + getParam(s, 'fizz.outage_close_s'))
    return CLOSE_REASON.outage;
  const isServed = s.providers[providerAt(l[at + L.provider]!) + P.state] === PROVIDER_STATE.active;
  return isServed ? 0 : CLOSE_REASON.providerLost;
}
