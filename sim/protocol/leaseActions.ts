/**
 * What may be done with a lease, but for changing it (`leaseUpdates.ts`): consumer and provider bring it to life, lengthen it, are
 * paid and close it, the keeper pauses and ends it (SM-6). What that does to the lease and to its money is in `leases.ts`.
 */
import { max } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { enterStep } from './clock.ts';
import { lockUnits, unlockedUnits } from './escrow.ts';
import { CLOSE_REASON, F, FIZZ_STATE, LEASE_STATE, LEASE_TERM, STEP, STRIDE } from './layout.ts';
import { HOUR_S, lockCost, MAX_DURATION_S } from './leaseMoney.ts';
import {
  accrue,
  closeLeaseFor,
  consumerOf,
  endReasonOf,
  enterLeaseState,
  fizzOwner,
  hasTerm,
  leaseAt,
  leaseCount,
  ownerOfProvider,
  payeeOf,
  restartService,
  stopService,
} from './leases.ts';
import { rateProviderOf } from './providers.ts';
import { R } from './rejections.ts';
import { emit, getParam, reject, type State } from './state.ts';

const L = F.leases;
const T = F.leaseTotals;
const S = LEASE_STATE;

/** 0 if the lease exists, else UnknownEntity. */
function refuseUnknown(s: State, lease: number): number {
  const count = leaseCount(s);
  return lease >= 1 && lease <= count ? 0 : reject(s, R.UnknownEntity, lease, count);
}

/** 0 if the lease exists and its wallet is the actor's, else UnknownEntity or NotOwner. */
export function refuseOtherConsumer(s: State, actor: number, lease: number): number {
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const consumer = consumerOf(s, lease);
  return actor === consumer ? 0 : reject(s, R.NotOwner, actor, consumer);
}

/** 0 if the lease exists and its provider is the actor's, else UnknownEntity or NotOwner. */
export function refuseOtherProvider(s: State, actor: number, lease: number): number {
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const owner = ownerOfProvider(s, s.leases[leaseAt(lease) + L.provider]!);
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

/** 0 if the lease exists and the actor is paid for it, else UnknownEntity or NotOwner. */
function refuseOtherPayee(s: State, actor: number, lease: number): number {
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const payee = payeeOf(s, lease);
  return actor === payee ? 0 : reject(s, R.NotOwner, actor, payee);
}

/** 0 if the lease is not closed, else WrongState. */
export function refuseClosed(s: State, lease: number): number {
  const state = s.leases[leaseAt(lease) + L.state]!;
  return state === S.closed ? reject(s, R.WrongState, state, 0) : 0;
}

/** 0 before the lease's end, else DeadlinePassed. */
export function refuseOver(s: State, lease: number): number {
  const endS = s.leases[leaseAt(lease) + L.endS]!;
  return s.nowS >= endS ? reject(s, R.DeadlinePassed, s.nowS, endS) : 0;
}

/** 0 unless the lease's fizz node is in another state than that of serving it, else WrongState. */
function refuseFizzOff(s: State, lease: number): number {
  const fizz = s.leases[leaseAt(lease) + L.fizz]!;
  if (fizz === 0) return 0;
  const state = s.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes.state]!;
  return state === FIZZ_STATE.serving ? 0 : reject(s, R.WrongState, state, 0);
}

/**
 * The consumer has sent the manifest: to the provider, or to the gateway, which hands it on to the fizz node.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, DeadlinePassed
 * @rule LEASE-3, LEASE-4, FIZZ-8, SM-6
 */
export const sendManifest: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseOtherConsumer(s, actor, lease);
  if (code !== 0) return code;
  const at = leaseAt(lease);
  const state = s.leases[at + L.state]!;
  if (state !== S.awaiting) return reject(s, R.WrongState, state, 0);
  const over = refuseOver(s, lease);
  if (over !== 0) return over;

  s.leases[at + L.manifestS] = s.nowS;
  enterLeaseState(s, lease, actor, S.deploying);
  return 0;
};

/**
 * Whoever serves the lease has deployed the service, in time or late. No outage can be dated before it from now on.
 *
 * @rejects UnknownEntity, NotOwner, WrongState (lease, fizz node), DeadlinePassed
 * @rule LEASE-4, LEASE-5, FIZZ-8, OP-87, SM-6
 */
export const confirmDeployment: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseOtherPayee(s, actor, lease);
  if (code !== 0) return code;
  const at = leaseAt(lease);
  const l = s.leases;
  const state = l[at + L.state]!;
  const isLate = state === S.down && l[at + L.deployedS] === 0 && l[at + L.manifestS] !== 0;
  if (state !== S.deploying && !isLate) return reject(s, R.WrongState, state, 0);
  const off = refuseOver(s, lease) || refuseFizzOff(s, lease);
  if (off !== 0) return off;

  if (!hasTerm(s, lease, LEASE_TERM.chargesUndeployed)) l[at + L.pausedS] = s.nowS - l[at + L.startS]!;
  else if (isLate && !hasTerm(s, lease, LEASE_TERM.chargesDowntime))
    l[at + L.pausedS]! += s.nowS - l[at + L.downSinceS]!;
  l[at + L.deployedS] = s.nowS;
  l[at + L.accruedS] = max(l[at + L.accruedS]!, s.nowS);
  l[at + L.downSinceS] = 0;
  enterLeaseState(s, lease, actor, S.serving);
  return 0;
};

/** Whoever serves the lease takes what it has come to. @rejects UnknownEntity, NotOwner, WrongState @rule LEASE-6, SM-6 */
export const withdrawLease: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseOtherPayee(s, actor, lease) || refuseClosed(s, lease);
  if (code !== 0) return code;

  accrue(s, lease);
  return 0;
};

/**
 * The consumer lengthens a running lease at its price, by whole hours, and locks the money for them.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, DeadlinePassed, ValueOutOfRange, InsufficientEscrow
 * @rule LEASE-10, F-16, SM-6
 */
export const extendLease: Rule = (s, actor, args) => {
  const [lease, addedS] = args as readonly [number, number];
  const code = refuseOtherConsumer(s, actor, lease) || refuseClosed(s, lease) || refuseOver(s, lease);
  if (code !== 0) return code;
  const at = leaseAt(lease);
  const l = s.leases;
  const wholeS = l[at + L.endS]! - l[at + L.startS]! + addedS;
  if (addedS === 0 || addedS % HOUR_S !== 0 || wholeS > MAX_DURATION_S)
    return reject(s, R.ValueOutOfRange, addedS, MAX_DURATION_S);
  const escrow = l[at + L.escrow]!;
  const asset = l[at + L.asset]!;
  const costUnits = lockCost(l[at + L.priceUnits]!, addedS, l[at + L.userFeeBps]!);
  const haveUnits = unlockedUnits(s, escrow, asset);
  if (haveUnits < costUnits) return reject(s, R.InsufficientEscrow, haveUnits, costUnits);

  lockUnits(s, escrow, asset, costUnits);
  l[at + L.fundedUnits]! += costUnits;
  l[at + L.lockedUnits]! += costUnits;
  l[at + L.endS]! += addedS;
  emit(s, 'LeaseExtended', lease, l[at + L.endS], l[at + L.lockedUnits]);
  return 0;
};

/**
 * Either side closes the lease early; there is no fee for it.
 *
 * @rejects UnknownEntity, NotOwner (neither the consumer nor one of those who serve it), WrongState
 * @rule LEASE-8, SM-6
 */
export const closeLease: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const consumer = consumerOf(s, lease);
  const isServer =
    actor === ownerOfProvider(s, s.leases[leaseAt(lease) + L.provider]!) || actor === fizzOwner(s, lease);
  if (actor !== consumer && !isServer) return reject(s, R.NotOwner, actor, consumer);
  const closed = refuseClosed(s, lease);
  if (closed !== 0) return closed;

  closeLeaseFor(s, lease, actor === consumer ? CLOSE_REASON.consumer : CLOSE_REASON.provider, actor);
  return 0;
};

/** The keeper ends what is over. @rejects UnknownEntity, WrongState, DeadlineNotPassed @rule LEASE-9, FIZZ-9, SM-6 */
export const endLease: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseUnknown(s, lease) || refuseClosed(s, lease);
  if (code !== 0) return code;
  const reason = endReasonOf(s, lease);
  if (reason === 0) return reject(s, R.DeadlineNotPassed, s.nowS, s.leases[leaseAt(lease) + L.endS]!);

  closeLeaseFor(s, lease, reason, actor);
  return 0;
};

/**
 * The keeper has seen that a service does not run, or was not deployed in time. Not what was already accrued.
 *
 * @rejects UnknownEntity, WrongState, NotInMode (the gateway tells of its fizz nodes' outages), ValueOutOfRange
 * @rule LEASE-4, LEASE-12, OP-87, SM-6
 */
export const pauseLease: Rule = (s, actor, args) => {
  const [lease, sinceS] = args as readonly [number, number];
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const at = leaseAt(lease);
  const l = s.leases;
  const state = l[at + L.state]!;
  if (state !== S.deploying && state !== S.serving) return reject(s, R.WrongState, state, 0);
  const isDeploying = state === S.deploying;
  if (l[at + L.fizz] !== 0 && !isDeploying) return reject(s, R.NotInMode, 1, 0);
  const dueS = isDeploying ? l[at + L.manifestS]! + getParam(s, 'lease.deploy_sla_s') : l[at + L.deployedS]!;
  if (sinceS < max(l[at + L.accruedS]!, dueS) || sinceS > s.nowS) return reject(s, R.ValueOutOfRange, sinceS, s.nowS);

  stopService(s, lease, sinceS, actor);
  return 0;
};

/**
 * The keeper has seen that the service runs again.
 *
 * @rejects UnknownEntity, WrongState (lease, fizz node), ChangeRequired (it was never deployed), ValueOutOfRange
 * @rule LEASE-12, OP-87, SM-6
 */
export const resumeLease: Rule = (s, actor, args) => {
  const [lease, atS] = args as readonly [number, number];
  const unknown = refuseUnknown(s, lease);
  if (unknown !== 0) return unknown;
  const at = leaseAt(lease);
  const state = s.leases[at + L.state]!;
  if (state !== S.down) return reject(s, R.WrongState, state, 0);
  if (s.leases[at + L.deployedS] === 0) return reject(s, R.ChangeRequired, lease, 0);
  const off = refuseFizzOff(s, lease);
  if (off !== 0) return off;
  if (atS < s.leases[at + L.downSinceS]! || atS > s.nowS) return reject(s, R.ValueOutOfRange, atS, s.nowS);

  restartService(s, lease, atS, actor, S.serving);
  return 0;
};

/**
 * The consumer rates a closed lease that it has paid for, once; the rating is the provider's, if it is Active.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, AlreadyRated, AmountTooSmall (nothing was paid), ValueOutOfRange
 * @rule FB-1, FB-2, FB-4, SM-6
 */
export const rateLease: Rule = (s, actor, args) => {
  const [lease, tenths] = args as readonly [number, number];
  const code = refuseOtherConsumer(s, actor, lease);
  if (code !== 0) return code;
  const at = leaseAt(lease);
  const state = s.leases[at + L.state]!;
  if (state !== S.closed) return reject(s, R.WrongState, state, 0);
  if (s.leases[at + L.ratedTenths] !== 0) return reject(s, R.AlreadyRated, lease, 0);
  if (s.leases[at + L.paidUnits] === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const scaleTenths = getParam(s, 'fb.scale_tenths');
  if (tenths < 1 || tenths > scaleTenths) return reject(s, R.ValueOutOfRange, tenths, scaleTenths);

  s.leases[at + L.ratedTenths] = tenths;
  rateProviderOf(s, s.leases[at + L.provider]!, actor, tenths);
  return 0;
};

/** Settlement step (1), over the places of the leases that are not closed: they accrue; none of them is closed by it. @rule TIME-4, LEASE-5 */
export const accrueLeases: Rule = (s, _actor, args) => {
  const [from, to] = args as readonly [number, number];
  const code = enterStep(s, STEP.accrueLeases, from, to, s.leaseTotals[T.openCount]!);
  if (code !== 0) return code;
  for (let place = from + 1; place <= to; place++) accrue(s, s.openLeases[place]!);
  return 0;
};
