/**
 * Fizz nodes (SM-12): small devices that join the subnet of a gateway, back it with a delegation, and are offered, one order
 * at a time, in its bids. What a subnet votes on is in `subnets.ts`, what an era is worth in `fizzRewards.ts`; money of
 * leases and their clock belong to `leases.ts`.
 */
import { MAX_INT, max, min } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { tokenValueOf } from './assets.ts';
import { currentEra } from './clock.ts';
import { fundDelegation, openDelegation } from './delegation.ts';
import { refuseOutside } from './demand.ts';
import { MOVE } from './events.ts';
import {
  changeSubnetFree,
  dropMember,
  endReservation,
  enterFizzState,
  enterSubnetState,
  fizzAt,
  fizzCount,
  fizzResources,
  fizzState,
  forgetGateway,
  leastDelegation,
  memberUnits,
  refuseForeignFizz,
  refuseOffer,
  refuseUnknownFizz,
  startLeaving,
  writeOffer,
} from './fizzNodes.ts';
import { fizzBaseUnits } from './fizzRewards.ts';
import {
  ACCOUNT,
  F,
  FIZZ_STATE,
  KIND,
  ORDER_MODE,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from './layout.ts';
import { pauseByOutage, resumeAfterOutage } from './leases.ts';
import { providerAt, providerCount } from './providers.ts';
import { R } from './rejections.ts';
import { RESOURCE_NAMES } from './resources.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

export {
  askedUnits,
  fizzResources,
  freeFizz,
  gatewayShareBps,
  isMember,
  leastDelegation,
  memberUnits,
  releaseFrom,
  serveFizz,
  startLeaving,
  subnetFree,
} from './fizzNodes.ts';

const Z = F.fizzNodes;
const U = F.subnets;
const T = F.fizzTotals;
const S = FIZZ_STATE;

/** Most that a gateway may keep of what its members earn. */
export const MAX_GATEWAY_BPS = 5_000;
/** Option of `fizz.reward_mode`. */
const DOCS = 1;

function refuseUnknownProvider(s: State, provider: number): number {
  const count = providerCount(s);
  return provider >= 1 && provider <= count ? 0 : reject(s, R.UnknownEntity, provider, count);
}

/** 0 if the provider is Active, else WrongState. */
function refuseInactive(s: State, provider: number): number {
  const state = s.providers[providerAt(provider) + F.providers.state]!;
  return state === PROVIDER_STATE.active ? 0 : reject(s, R.WrongState, state, 0);
}

/**
 * Installs and configures a device, which belongs to no subnet yet.
 *
 * @param args peerId; cpuCount 1…32; memoryGb 1…128; storageGb ≤ 2 048; gpuCount ≤ 8; gpuTier ≤ 11, 0 if and only if there
 * is no GPU; priceUnits an hour, 1…10^11
 * @rejects AmountTooSmall (peerId), ValueOutOfRange
 * @rule FIZZ-2, FIZZ-3, SM-12
 */
export const configureFizz: Rule = (s, actor, args) => {
  const peerId = args[0]!;
  if (peerId === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const code = refuseOffer(s, args);
  if (code !== 0) return code;

  const fizz = fizzCount(s) + 1;
  const at = recordAt(s, 'fizzNodes', fizz);
  s.fizzTotals[T.fizzCount] = fizz;
  s.fizzNodes[at + Z.owner] = actor;
  s.fizzNodes[at + Z.peerId] = peerId;
  enterFizzState(s, fizz, actor, S.configured);
  writeOffer(s, fizz, args);
  return 0;
};

/**
 * Changes what a device exposes and its price, at any time in which nobody counts on it.
 *
 * @rejects UnknownEntity, NotOwner, WrongState (reserved, serving, detached, leaving), ValueOutOfRange
 * @rule FIZZ-2, SM-12
 */
export const changeFizz: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.configured && state !== S.registered && state !== S.active) {
    return reject(s, R.WrongState, state, 0);
  }
  const code = refuseOffer(s, args);
  if (code !== 0) return code;

  if (state === S.active) changeSubnetFree(s, fizz, -1);
  writeOffer(s, fizz, args);
  if (state === S.active) changeSubnetFree(s, fizz, 1);
  return 0;
};

/**
 * The owner of an Active provider says whether fizz nodes may join it, with how much at least, and what it keeps of what
 * they earn. A subnet that has voted on the share has fixed it, for as long as there is one.
 *
 * @param args minDelegationUnits: 0 for `fizz.min_delegation`; gatewayBps ≤ 5 000
 * @rejects UnknownEntity, NotOwner, WrongState, ValueOutOfRange (isOpen, gatewayBps), AlreadySet (share is fixed)
 * @rule FIZZ-3, FIZZ-11, OP-77, OP-80, OP-81
 */
export const openGateway: Rule = (s, actor, args) => {
  const [provider, isOpen, minUnits, gatewayBps] = args as readonly [number, number, number, number];
  const unknown = refuseUnknownProvider(s, provider);
  if (unknown !== 0) return unknown;
  const owner = s.providers[providerAt(provider) + F.providers.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const code =
    refuseInactive(s, provider) || refuseOutside(s, isOpen, 0, 1) || refuseOutside(s, gatewayBps, 0, MAX_GATEWAY_BPS);
  if (code !== 0) return code;
  const at = recordAt(s, 'subnets', provider);
  const currentBps = s.subnets[at + U.gatewayBps]!;
  if (s.subnets[at + U.isShareFixed] === 1 && gatewayBps !== currentBps) {
    return reject(s, R.AlreadySet, currentBps, 0);
  }

  s.subnets[at + U.isOpen] = isOpen;
  s.subnets[at + U.minDelegationUnits] = minUnits;
  s.subnets[at + U.gatewayBps] = gatewayBps;
  return 0;
};

/**
 * Registers a device under a gateway and delegates to it. The first one brings the subnet into being.
 *
 * @rejects UnknownEntity (fizz, provider), NotOwner, WrongState (fizz; provider), NotInMode (gateway is not open),
 * DelegationTooSmall, InsufficientBalance (delegation and fee; the sum told is at most MAX_INT)
 * @rule FIZZ-3, OP-77, DELEG-1, SM-12
 */
export const joinSubnet: Rule = (s, actor, args) => {
  const [fizz, gateway, units] = args as readonly [number, number, number];
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.configured) return reject(s, R.WrongState, state, 0);
  const code = refuseUnknownProvider(s, gateway) || refuseInactive(s, gateway);
  if (code !== 0) return code;
  const subnet = recordAt(s, 'subnets', gateway);
  if (s.subnets[subnet + U.isOpen] !== 1) return reject(s, R.NotInMode, 0, 1);
  const leastUnits = leastDelegation(s, gateway);
  if (units < leastUnits) return reject(s, R.DelegationTooSmall, units, leastUnits);
  const feeUnits = getParam(s, 'fizz.register_fee');
  const neededUnits = min(units + feeUnits, MAX_INT);
  const balance = walletUnits(s, actor);
  if (balance < neededUnits) return reject(s, R.InsufficientBalance, balance, neededUnits);

  moveUnits(s, actor, ACCOUNT.foundation, feeUnits, MOVE.fizzFee);
  const delegation = openDelegation(s, actor, KIND.provider, gateway, 0);
  fundDelegation(s, delegation, units);
  s.fizzNodes[fizzAt(fizz) + Z.gateway] = gateway;
  s.fizzNodes[fizzAt(fizz) + Z.delegation] = delegation;
  enterFizzState(s, fizz, actor, S.registered);
  s.subnets[subnet + U.memberCount]! += 1;
  if (s.subnets[subnet + U.state] !== SUBNET_STATE.exists) enterSubnetState(s, gateway, actor, SUBNET_STATE.exists);
  return 0;
};

/**
 * The gateway acknowledges that the tunnel is up: the device can be polled and reserved.
 *
 * @rejects UnknownEntity, NotOwner (of the gateway; 0 outside of a subnet), WrongState (fizz; provider), DelegationTooSmall
 * @invariant INV-57
 * @rule FIZZ-3, SM-12
 */
export const acceptFizz: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const unknown = refuseUnknownFizz(s, fizz);
  if (unknown !== 0) return unknown;
  const at = fizzAt(fizz);
  const gateway = s.fizzNodes[at + Z.gateway]!;
  const owner = s.providers[providerAt(gateway) + F.providers.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const state = fizzState(s, fizz);
  if (state !== S.registered) return reject(s, R.WrongState, state, 0);
  const inactive = refuseInactive(s, gateway);
  if (inactive !== 0) return inactive;
  const units = memberUnits(s, fizz);
  const leastUnits = leastDelegation(s, gateway);
  if (units < leastUnits) return reject(s, R.DelegationTooSmall, units, leastUnits);

  // The era is stored plus 1: 0 is never.
  s.fizzNodes[at + Z.joinedEra] = currentEra(s) + 1;
  enterFizzState(s, fizz, actor, S.active);
  return 0;
};

/**
 * The device that the gateway has chosen acknowledges: it is kept for one order, for which the gateway may now bid. Its price is
 * in tokens, and so counts what an order in another asset pays at most.
 *
 * @rejects UnknownEntity (fizz, order), NotOwner, WrongState (fizz; order), DeadlinePassed, NotInMode (order of another
 * mode), FeeAboveMaximum, TierTooLow, CapacityExhausted
 * @rule FIZZ-6, FIZZ-7, NUM-7, SM-12
 */
export const reserveFizz: Rule = (s, actor, args) => {
  const [fizz, order] = args as readonly [number, number];
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.active) return reject(s, R.WrongState, state, 0);
  const orderCount = s.orderTotals[F.orderTotals.orderCount]!;
  if (order < 1 || order > orderCount) return reject(s, R.UnknownEntity, order, orderCount);
  const at = fizzAt(fizz);
  const o = order * STRIDE.orders;
  const orderState = s.orders[o + F.orders.state]!;
  if (orderState !== ORDER_STATE.open) return reject(s, R.WrongState, orderState, 0);
  const bidUntilS = s.orders[o + F.orders.bidUntilS]!;
  if (s.nowS > bidUntilS) return reject(s, R.DeadlinePassed, s.nowS, bidUntilS);
  const mode = s.orders[o + F.orders.mode]!;
  if (mode !== ORDER_MODE.fizz) return reject(s, R.NotInMode, mode, ORDER_MODE.fizz);
  const priceUnits = s.fizzNodes[at + Z.priceUnits]!;
  const maxUnits = tokenValueOf(s, s.orders[o + F.orders.maxPriceUnits]!, s.orders[o + F.orders.asset]!);
  if (priceUnits > maxUnits) return reject(s, R.FeeAboveMaximum, priceUnits, maxUnits);
  const gpuTier = s.fizzNodes[at + Z.gpuTier]!;
  const wantedTier = s.orders[o + F.orders.gpuTier]!;
  if (gpuTier < wantedTier) return reject(s, R.TierTooLow, gpuTier, wantedTier);
  const exposed = fizzResources(s, fizz);
  for (const name of RESOURCE_NAMES) {
    const neededCount = s.orders[o + F.orders[name]]!;
    if (exposed[name] < neededCount) return reject(s, R.CapacityExhausted, exposed[name], neededCount);
  }

  s.fizzNodes[at + Z.order] = order;
  enterFizzState(s, fizz, actor, S.reserved);
  return 0;
};

/**
 * The owner takes a device back that is reserved for an order which is over.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, DeadlineNotPassed (the order is open or in matching)
 * @rule SM-12
 */
export const releaseFizz: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.reserved) return reject(s, R.WrongState, state, 0);
  const o = s.fizzNodes[fizzAt(fizz) + Z.order]! * STRIDE.orders;
  const orderState = s.orders[o + F.orders.state]!;
  if (orderState === ORDER_STATE.open || orderState === ORDER_STATE.matching) {
    return reject(s, R.DeadlineNotPassed, s.nowS, s.orders[o + F.orders.expiresS]!);
  }

  endReservation(s, fizz, actor);
  return 0;
};

/** Leaves the subnet, or starts to switch the gateway. @rejects UnknownEntity, NotOwner, WrongState @rule SM-12 */
export const leaveSubnet: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.registered && state !== S.active) return reject(s, R.WrongState, state, 0);

  startLeaving(s, fizz, actor);
  return 0;
};

/**
 * Once its delegation is unbonded and paid, the device may join again, here or elsewhere.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, ExitQueueNotOver
 * @rule SM-12, DELEG-6
 */
export const finishLeave: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (state !== S.leaving) return reject(s, R.WrongState, state, 0);
  const d = s.fizzNodes[fizzAt(fizz) + Z.delegation]! * STRIDE.delegations;
  if (s.delegations[d + F.delegations.unbondingUnits]! > 0) {
    return reject(s, R.ExitQueueNotOver, currentEra(s), s.delegations[d + F.delegations.releaseEra]!);
  }

  forgetGateway(s, fizz, actor);
  return 0;
};

/**
 * The keeper brings the gateway's word that a device is gone: its lease is off.
 *
 * @rejects UnknownEntity, WrongState, ValueOutOfRange (since before the lease was accrued to, or after now)
 * @rule FIZZ-9, OP-79, SM-12
 */
export const detachFizz: Rule = (s, actor, args) => {
  const [fizz, sinceS] = args as readonly [number, number];
  const unknown = refuseUnknownFizz(s, fizz);
  if (unknown !== 0) return unknown;
  const state = fizzState(s, fizz);
  if (state !== S.serving) return reject(s, R.WrongState, state, 0);
  const lease = s.fizzNodes[fizzAt(fizz) + Z.lease]!;
  const at = lease * STRIDE.leases;
  const leastS = max(s.leases[at + F.leases.startS]!, s.leases[at + F.leases.accruedS]!);
  if (sinceS < leastS || sinceS > s.nowS) return reject(s, R.ValueOutOfRange, sinceS, s.nowS);

  s.fizzNodes[fizzAt(fizz) + Z.detachedS] = sinceS;
  enterFizzState(s, fizz, actor, S.detached);
  pauseByOutage(s, lease, sinceS);
  return 0;
};

/**
 * The keeper brings the gateway's word that a device is back: its lease goes on.
 *
 * @rejects UnknownEntity, WrongState, ValueOutOfRange (at a time before it was gone, or after now)
 * @rule FIZZ-9, OP-79, SM-12
 */
export const reattachFizz: Rule = (s, actor, args) => {
  const [fizz, atS] = args as readonly [number, number];
  const unknown = refuseUnknownFizz(s, fizz);
  if (unknown !== 0) return unknown;
  const state = fizzState(s, fizz);
  if (state !== S.detached) return reject(s, R.WrongState, state, 0);
  const at = fizzAt(fizz);
  const sinceS = s.fizzNodes[at + Z.detachedS]!;
  if (atS < sinceS || atS > s.nowS) return reject(s, R.ValueOutOfRange, atS, s.nowS);

  enterFizzState(s, fizz, actor, S.serving);
  resumeAfterOutage(s, s.fizzNodes[at + Z.lease]!, sinceS, atS);
  s.fizzNodes[at + Z.detachedS] = 0;
  return 0;
};

/**
 * A member whose delegation has become too small, by a slash or by its owner, is not offered any more until the gateway
 * acknowledges it anew.
 *
 * @rejects UnknownEntity, WrongState, ValueOutOfRange (delegation, minimum: it is enough)
 * @invariant INV-57
 * @rule SM-12
 */
export const flagFizz: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const unknown = refuseUnknownFizz(s, fizz);
  if (unknown !== 0) return unknown;
  const state = fizzState(s, fizz);
  if (state !== S.active) return reject(s, R.WrongState, state, 0);
  const units = memberUnits(s, fizz);
  const leastUnits = leastDelegation(s, s.fizzNodes[fizzAt(fizz) + Z.gateway]!);
  if (units >= leastUnits) return reject(s, R.ValueOutOfRange, units, leastUnits);

  enterFizzState(s, fizz, actor, S.registered);
  return 0;
};

/**
 * The gateway has left: a member without lease belongs to nobody. Its delegation comes back at the settlement, like all that
 * backed the provider.
 *
 * @rejects UnknownEntity, WrongState (fizz; provider)
 * @rule SM-12
 */
export const releaseMember: Rule = (s, actor, args) => {
  const fizz = args[0]!;
  const unknown = refuseUnknownFizz(s, fizz);
  if (unknown !== 0) return unknown;
  const state = fizzState(s, fizz);
  if (state !== S.registered && state !== S.active && state !== S.reserved) return reject(s, R.WrongState, state, 0);
  const gateway = s.fizzNodes[fizzAt(fizz) + Z.gateway]!;
  const providerState = s.providers[providerAt(gateway) + F.providers.state]!;
  if (providerState !== PROVIDER_STATE.deactivated) return reject(s, R.WrongState, providerState, 0);

  forgetGateway(s, fizz, actor);
  dropMember(s, gateway, actor);
  return 0;
};

/**
 * The keeper posts the era's rewards of the devices at positions from … to − 1 by the docs' rule (`fizzRewards.ts`); each
 * device has its turn once in an era. The later ones get less if the foundation runs out.
 *
 * @rejects NotInMode, CursorMismatch, ValueOutOfRange (to, devices; units, base of the device), BatchMismatch
 * @rule F-24, FIZZ-16, OP-44
 */
export const rewardFizz: Rule = (s, _actor, args, bulk) => {
  const [from, to] = args as readonly [number, number];
  const mode = getParam(s, 'fizz.reward_mode');
  if (mode !== DOCS) return reject(s, R.NotInMode, mode, DOCS);
  // The era is stored plus 1: 0 is never.
  const era = currentEra(s) + 1;
  const cursor = s.fizzTotals[T.rewardedEra] === era ? s.fizzTotals[T.rewardedCount]! : 0;
  if (from !== cursor) return reject(s, R.CursorMismatch, from, cursor);
  const count = fizzCount(s);
  if (to < from || to > count) return reject(s, R.ValueOutOfRange, to, count);
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  for (let i = 0; i < bulk.length; i++) {
    const { cpuCount, gpuCount } = fizzResources(s, from + 1 + i);
    const mostUnits = fizzBaseUnits(s, cpuCount, gpuCount);
    if (bulk[i]! > mostUnits) return reject(s, R.ValueOutOfRange, bulk[i]!, mostUnits);
  }

  for (let i = 0; i < bulk.length; i++) {
    const fizz = from + 1 + i;
    const units = min(bulk[i]!, walletUnits(s, ACCOUNT.foundation));
    if (units === 0) continue;
    const owner = s.fizzNodes[fizzAt(fizz) + Z.owner]!;
    moveUnits(s, ACCOUNT.foundation, owner, units, MOVE.fizzReward);
    emit(s, 'RewardPaid', KIND.fizz, fizz, owner, units, MOVE.fizzReward);
  }
  s.fizzTotals[T.rewardedEra] = era;
  s.fizzTotals[T.rewardedCount] = to;
  return 0;
};
