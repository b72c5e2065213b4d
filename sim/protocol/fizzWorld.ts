/**
 * A small world for the tests of fizz nodes and subnets: real rules on a real state. Decides nothing that a rule decides.
 */
import { agent, createEraWorld, type EraWorldOptions, mustPass, TOKEN } from './eraWorld.ts';
import { fizzCount } from './fizzNodes.ts';
import { ACCOUNT, F, FIZZ_STATE, ORDER_MODE, STRIDE } from './layout.ts';
import { readRecord } from './nodeWorld.ts';
import { addProvider, enoughFor } from './providerWorld.ts';
import type { State } from './state.ts';

/** Owner of provider 1, the gateway; of the devices; of the escrow wallets. */
export const GATEWAY_OWNER = agent(0);
export const DEVICE_OWNER = agent(1);
export const CONSUMER = agent(2);
export const STRANGER = agent(3);
export const KEEPER = ACCOUNT.keeper;
export const GATEWAY = 1;
/** What a member delegates unless a test says otherwise: the least that the gateway takes. */
export const LEAST_UNITS = 10 * TOKEN;

/** What `configureFizz` says after the peer: 8 CPUs, 16 GB, 500 GB, no GPU, a token an hour. */
export const OFFER: readonly number[] = [8, 16, 500, 0, 0, TOKEN];

/** A world with an open gateway, provider 1 of tier 7, that keeps 2 % and takes the least delegation of the parameter. */
export function createFizzWorld(params: EraWorldOptions['params'] = {}): State {
  const s = createEraWorld({
    agents: 8,
    capacity: 256,
    params: { 'escrow.brackets_enforced': 0, 'tier.below7': 1, ...params },
  });
  addProvider(s, GATEWAY_OWNER, 7, enoughFor(7));
  mustPass(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 1, 0, 200]);
  s.eventCount = 0;
  return s;
}

/** A device that belongs to no subnet. @returns its number */
export function addDevice(s: State, owner = DEVICE_OWNER, offer: readonly number[] = OFFER): number {
  mustPass(s, 'configureFizz', owner, [9_000 + fizzCount(s), ...offer]);
  return fizzCount(s);
}

/** A device that has joined and waits for its gateway. @returns its number */
export function addRegistered(s: State, owner = DEVICE_OWNER, units = LEAST_UNITS, gateway = GATEWAY): number {
  const fizz = addDevice(s, owner);
  mustPass(s, 'joinSubnet', owner, [fizz, gateway, units]);
  return fizz;
}

/** An Active member. @returns its number */
export function addMember(s: State, owner = DEVICE_OWNER, units = LEAST_UNITS, gateway = GATEWAY): number {
  const fizz = addRegistered(s, owner, units, gateway);
  mustPass(s, 'acceptFizz', s.providers[gateway * STRIDE.providers + F.providers.owner]!, [fizz]);
  return fizz;
}

/** An open order in fizz mode for 4 CPUs, 8 GB, 100 GB and ten hours, at most 2 tokens an hour. @returns its number */
export function addOrder(s: State, mode: number = ORDER_MODE.fizz, maxPriceUnits = 2 * TOKEN): number {
  mustPass(s, 'openEscrow', CONSUMER, [0, 100 * TOKEN]);
  const escrow = s.escrowTotals[F.escrowTotals.escrowCount]!;
  mustPass(s, 'createOrder', CONSUMER, [escrow, 0, mode, 4, 8, 100, 0, 0, 0, 36_000, maxPriceUnits, 0]);
  return s.orderTotals[F.orderTotals.orderCount]!;
}

/** A member that is reserved for an order. @returns both numbers */
export function addReserved(s: State): { readonly fizz: number; readonly order: number } {
  const fizz = addMember(s);
  const order = addOrder(s);
  mustPass(s, 'reserveFizz', DEVICE_OWNER, [fizz, order]);
  return { fizz, order };
}

/** The gateway bids with the device that is reserved for an order, and wins. @returns the lease */
export function lease(s: State, fizz: number, order: number): number {
  mustPass(s, 'placeBid', GATEWAY_OWNER, [order, GATEWAY, TOKEN, fizz]);
  s.nowS += 5;
  mustPass(s, 'openMatching', KEEPER, [order]);
  mustPass(s, 'matchOrder', KEEPER, [order]);
  return s.leaseTotals[F.leaseTotals.leaseCount]!;
}

/** A member with a lease. @returns all three numbers */
export function addServing(s: State): { readonly fizz: number; readonly order: number; readonly lease: number } {
  const { fizz, order } = addReserved(s);
  return { fizz, order, lease: lease(s, fizz, order) };
}

/** A device in any state of SM-12, by its shortest way. @returns its number */
export function addInState(s: State, state: number): number {
  if (state === FIZZ_STATE.configured) return addDevice(s);
  if (state === FIZZ_STATE.registered) return addRegistered(s);
  if (state === FIZZ_STATE.reserved) return addReserved(s).fizz;
  if (state === FIZZ_STATE.serving || state === FIZZ_STATE.detached) {
    const { fizz } = addServing(s);
    if (state === FIZZ_STATE.detached) mustPass(s, 'detachFizz', KEEPER, [fizz, s.nowS]);
    return fizz;
  }
  const fizz = addMember(s);
  if (state === FIZZ_STATE.leaving) mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
  return fizz;
}

export function readFizz(s: State, fizz: number) {
  return readRecord(s, 'fizzNodes', fizz);
}

export function readSubnet(s: State, gateway = GATEWAY) {
  return readRecord(s, 'subnets', gateway);
}

export function readDelegation(s: State, delegation: number) {
  return readRecord(s, 'delegations', delegation);
}
