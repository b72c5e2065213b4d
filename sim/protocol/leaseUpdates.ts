/**
 * Changes of a running lease (LEASE-11, OP-88): the consumer asks for other resources, price or duration, the provider accepts or
 * not, and a new lease of the same order takes the old one's place.
 */
import { BPS, mulDivUp } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { refuseDemand, refuseDuration, refusePrice } from './demand.ts';
import { refuseBrackets, unlockedUnits } from './escrow.ts';
import { CLOSE_REASON, F, PROVIDER_STATE, STRIDE, UPDATE_STATE } from './layout.ts';
import { refuseClosed, refuseOtherConsumer, refuseOtherProvider, refuseOver } from './leaseActions.ts';
import { lockCost } from './leaseMoney.ts';
import { closeLeaseFor, dueNow, freeOf, leaseAt, leaseResources, openLease, userFeeBps } from './leases.ts';
import { providerAt } from './providers.ts';
import { R } from './rejections.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';
import { getParam, reject, type State } from './state.ts';

const L = F.leases;
const V = F.leaseUpdates;

/** What a lease is to become. */
type Update = { readonly resources: Resources; readonly durationS: number; readonly priceUnits: number };

function updateAt(lease: number): number {
  return lease * STRIDE.leaseUpdates;
}

/** 0 if an order may ask for this, else ValueOutOfRange. */
function refuseRanges(s: State, { resources, durationS, priceUnits }: Update): number {
  return refuseDemand(s, resources) || refuseDuration(s, durationS) || refusePrice(s, priceUnits);
}

/**
 * 0 if the provider can serve the new lease once the old one is closed, and the wallet, after what the old one has cost so far,
 * can pay for it; else DeadlinePassed, WrongState, CapacityExhausted, InsufficientEscrow or BracketExceeded.
 */
function refuseUpdate(s: State, lease: number, update: Update): number {
  const over = refuseOver(s, lease);
  if (over !== 0) return over;
  const at = leaseAt(lease);
  const provider = s.leases[at + L.provider]!;
  const providerState = s.providers[providerAt(provider) + F.providers.state]!;
  if (providerState !== PROVIDER_STATE.active) return reject(s, R.WrongState, providerState, 0);
  const own = leaseResources(s, lease);
  const free = freeOf(s, provider);
  for (const name of RESOURCE_NAMES) {
    const have = free[name] + own[name];
    if (have < update.resources[name]) return reject(s, R.CapacityExhausted, have, update.resources[name]);
  }
  const escrow = s.leases[at + L.escrow]!;
  const asset = s.leases[at + L.asset]!;
  const due = dueNow(s, lease);
  const debitUnits = due.grossUnits + due.userFeeUnits;
  const haveUnits = unlockedUnits(s, escrow, asset) + s.leases[at + L.lockedUnits]! - debitUnits;
  const costUnits = lockCost(update.priceUnits, update.durationS, userFeeBps(s, asset));
  const needUnits = mulDivUp(costUnits, getParam(s, 'escrow.min_cover_bps'), BPS);
  if (haveUnits < needUnits) return reject(s, R.InsufficientEscrow, haveUnits, needUnits);
  return refuseBrackets(s, escrow, update.resources, own, asset, debitUnits);
}

/** Closes the old lease and opens the new one, from now on and under the terms of now. @rule LEASE-11, SM-6, INV-55 */
function applyUpdate(s: State, lease: number, update: Update, actor: number): void {
  const at = leaseAt(lease);
  const order = s.leases[at + L.order]!;
  closeLeaseFor(s, lease, CLOSE_REASON.updated, actor);
  const request = {
    ...update,
    order,
    escrow: s.leases[at + L.escrow]!,
    provider: s.leases[at + L.provider]!,
    fizz: 0,
    asset: s.leases[at + L.asset]!,
  };
  s.orders[order * STRIDE.orders + F.orders.lease] = openLease(s, request, actor);
}

/**
 * The consumer asks for another lease in place of a running one. The provider has to accept it, unless governance has decided
 * otherwise: then the consumer sets the new price, a unit an hour if it likes, and the provider's remedy is to close the lease.
 * An earlier request is forgotten. Leases of fizz nodes cannot be changed.
 *
 * @param args the resources, duration and hourly price of the new lease
 * @rejects UnknownEntity, NotOwner, WrongState, DeadlinePassed, NotInMode, ValueOutOfRange; where nobody has to accept it those
 * of {@link acceptUpdate}
 * @rule LEASE-11, OP-88, SM-6
 */
export const proposeUpdate: Rule = (s, actor, args) => {
  const [lease, cpuCount, memoryGb, storageGb, gpuCount, durationS, priceUnits] = args as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const code = refuseOtherConsumer(s, actor, lease) || refuseClosed(s, lease) || refuseOver(s, lease);
  if (code !== 0) return code;
  if (s.leases[leaseAt(lease) + L.fizz] !== 0) return reject(s, R.NotInMode, 1, 0);
  const update = { resources: { cpuCount, memoryGb, storageGb, gpuCount }, durationS, priceUnits };
  const needsAccept = getParam(s, 'lease.update_needs_accept') === 1;
  const refused = refuseRanges(s, update) || (needsAccept ? 0 : refuseUpdate(s, lease, update));
  if (refused !== 0) return refused;

  if (!needsAccept) {
    applyUpdate(s, lease, update, actor);
    return 0;
  }
  const at = updateAt(lease);
  const u = s.leaseUpdates;
  u[at + V.state] = UPDATE_STATE.proposed;
  u[at + V.cpuCount] = cpuCount;
  u[at + V.memoryGb] = memoryGb;
  u[at + V.storageGb] = storageGb;
  u[at + V.gpuCount] = gpuCount;
  u[at + V.durationS] = durationS;
  u[at + V.priceUnits] = priceUnits;
  return 0;
};

/** 0 if the consumer asks for an update of the lease, else WrongState. */
function refuseNotProposed(s: State, lease: number): number {
  const state = s.leaseUpdates[updateAt(lease) + V.state]!;
  return state === UPDATE_STATE.proposed ? 0 : reject(s, R.WrongState, state, 0);
}

/**
 * The provider accepts: the old lease is closed, the new one runs from now on. The money is looked at as it is after the old
 * lease has accrued.
 *
 * @rejects UnknownEntity, NotOwner, WrongState (lease, update, provider), DeadlinePassed, CapacityExhausted, InsufficientEscrow,
 * BracketExceeded
 * @rule LEASE-11, OP-88, INV-53, INV-56, SM-6
 */
export const acceptUpdate: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseOtherProvider(s, actor, lease) || refuseClosed(s, lease) || refuseNotProposed(s, lease);
  if (code !== 0) return code;
  const at = updateAt(lease);
  const u = s.leaseUpdates;
  const update = {
    resources: {
      cpuCount: u[at + V.cpuCount]!,
      memoryGb: u[at + V.memoryGb]!,
      storageGb: u[at + V.storageGb]!,
      gpuCount: u[at + V.gpuCount]!,
    },
    durationS: u[at + V.durationS]!,
    priceUnits: u[at + V.priceUnits]!,
  };
  const refused = refuseUpdate(s, lease, update);
  if (refused !== 0) return refused;

  applyUpdate(s, lease, update, actor);
  return 0;
};

/** The provider does not accept: the lease stays as it is. @rejects UnknownEntity, NotOwner, WrongState @rule LEASE-11, OP-88 */
export const rejectUpdate: Rule = (s, actor, args) => {
  const lease = args[0]!;
  const code = refuseOtherProvider(s, actor, lease) || refuseNotProposed(s, lease);
  if (code !== 0) return code;

  s.leaseUpdates[updateAt(lease) + V.state] = UPDATE_STATE.none;
  return 0;
};
