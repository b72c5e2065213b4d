/**
 * The records of fizz nodes and of subnets: what a member is, what it has free and delegated, and the steps of SM-12 that
 * rules of several files take. Which of them may be taken when is decided in `fizz.ts`, `subnets.ts`, `orders.ts` and
 * `leases.ts`.
 */
import { max } from '../base/fixedPoint.ts';
import { unitsWorth } from './assets.ts';
import { delegationUnits, unbondDelegation } from './delegation.ts';
import { refuseOutside, refusePrice } from './demand.ts';
import { F, FIZZ_STATE, KIND, STRIDE, SUBNET_STATE } from './layout.ts';
import { R } from './rejections.ts';
import { NO_RESOURCES, type Resources } from './resources.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';

const Z = F.fizzNodes;
const U = F.subnets;
const S = FIZZ_STATE;

/** Most that a device may expose, in the order of the arguments of `configureFizz` after the peer. @source X-SP-5 */
const MOST = { cpuCount: 32, memoryGb: 128, storageGb: 2_048, gpuCount: 8, gpuTier: 11 } as const;

/** Number of fizz nodes, whatever their state. */
export function fizzCount(s: State): number {
  return s.fizzTotals[F.fizzTotals.fizzCount]!;
}

/** First float of a fizz node's record. */
export function fizzAt(fizz: number): number {
  return fizz * STRIDE.fizzNodes;
}

/** First float of the record of a gateway's subnet. */
export function subnetAt(gateway: number): number {
  return gateway * STRIDE.subnets;
}

/** True from Active to Detached: the gateway has acknowledged it, and it has a say in the subnet. @rule FIZZ-14, OP-81 */
export function mayVote(state: number): boolean {
  return state >= S.active && state <= S.detached;
}

/** True from Registered to Detached: it belongs to a subnet and backs its gateway. @rule SM-12, INV-57 */
export function isMember(state: number): boolean {
  return state >= S.registered && state <= S.detached;
}

export function fizzState(s: State, fizz: number): number {
  return s.fizzNodes[fizzAt(fizz) + Z.state]!;
}

/** What a fizz node exposes, in use or not. @rule FIZZ-2 */
export function fizzResources(s: State, fizz: number): Resources {
  const at = fizzAt(fizz);
  return {
    cpuCount: s.fizzNodes[at + Z.cpuCount]!,
    memoryGb: s.fizzNodes[at + Z.memoryGb]!,
    storageGb: s.fizzNodes[at + Z.storageGb]!,
    gpuCount: s.fizzNodes[at + Z.gpuCount]!,
  };
}

/** What a device asks for an hour, its price in tokens, in units of an asset, rounded up; at most MAX_INT. @rule FIZZ-7, NUM-7 */
export function askedUnits(s: State, fizz: number, asset: number): number {
  return unitsWorth(s, s.fizzNodes[fizzAt(fizz) + Z.priceUnits]!, asset);
}

/** What a gateway keeps of what its members earn. @rule FIZZ-11, OP-80 */
export function gatewayShareBps(s: State, gateway: number): number {
  return s.subnets[subnetAt(gateway) + U.gatewayBps]!;
}

/** Least that a member must have delegated to its gateway. @rule FIZZ-3, OP-77 */
export function leastDelegation(s: State, gateway: number): number {
  const ownUnits = s.subnets[subnetAt(gateway) + U.minDelegationUnits]!;
  return max(ownUnits === 0 ? getParam(s, 'fizz.min_delegation') : ownUnits, getParam(s, 'deleg.min'));
}

/** What a fizz node has delegated to its gateway, without what is unbonding; 0 outside of a subnet. */
export function memberUnits(s: State, fizz: number): number {
  const delegation = s.fizzNodes[fizzAt(fizz) + Z.delegation]!;
  return delegation === 0 ? 0 : delegationUnits(s, delegation);
}

/** 0 if the fizz node exists, else UnknownEntity. */
export function refuseUnknownFizz(s: State, fizz: number): number {
  const count = fizzCount(s);
  return fizz >= 1 && fizz <= count ? 0 : reject(s, R.UnknownEntity, fizz, count);
}

/** 0 if the fizz node exists and belongs to `actor`, else UnknownEntity or NotOwner. */
export function refuseForeignFizz(s: State, actor: number, fizz: number): number {
  const code = refuseUnknownFizz(s, fizz);
  if (code !== 0) return code;
  const owner = s.fizzNodes[fizzAt(fizz) + Z.owner]!;
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

/** Resources of the Active members of a gateway's subnet; none where there is no subnet. @rule F-12 */
export function subnetFree(s: State, gateway: number): Resources {
  const at = subnetAt(gateway);
  if (at >= s.subnets.length) return NO_RESOURCES;
  return {
    cpuCount: s.subnets[at + U.freeCpuCount]!,
    memoryGb: s.subnets[at + U.freeMemoryGb]!,
    storageGb: s.subnets[at + U.freeStorageGb]!,
    gpuCount: s.subnets[at + U.freeGpuCount]!,
  };
}

/** What a device exposes becomes free in its subnet (sign 1), or is not any more (sign −1). @rule F-12 */
export function changeSubnetFree(s: State, fizz: number, sign: 1 | -1): void {
  const { cpuCount, memoryGb, storageGb, gpuCount } = fizzResources(s, fizz);
  const at = recordAt(s, 'subnets', s.fizzNodes[fizzAt(fizz) + Z.gateway]!);
  s.subnets[at + U.freeCpuCount]! += sign * cpuCount;
  s.subnets[at + U.freeMemoryGb]! += sign * memoryGb;
  s.subnets[at + U.freeStorageGb]! += sign * storageGb;
  s.subnets[at + U.freeGpuCount]! += sign * gpuCount;
}

/** Guards of what is exposed and of its price, the last six arguments of `configureFizz` and `changeFizz`. */
export function refuseOffer(s: State, args: readonly number[]): number {
  const [, cpuCount, memoryGb, storageGb, gpuCount, gpuTier, priceUnits] = args as typeof args &
    readonly [number, number, number, number, number, number, number];
  const code =
    refuseOutside(s, cpuCount, 1, MOST.cpuCount) ||
    refuseOutside(s, memoryGb, 1, MOST.memoryGb) ||
    refuseOutside(s, storageGb, 0, MOST.storageGb) ||
    refuseOutside(s, gpuCount, 0, MOST.gpuCount) ||
    refuseOutside(s, gpuTier, 0, MOST.gpuTier);
  if (code !== 0) return code;
  if (gpuCount > 0 !== gpuTier > 0) return reject(s, R.ValueOutOfRange, gpuTier, gpuCount);
  return refusePrice(s, priceUnits);
}

/** Writes the last six arguments of `configureFizz` and `changeFizz`. */
export function writeOffer(s: State, fizz: number, args: readonly number[]): void {
  const at = fizzAt(fizz);
  s.fizzNodes[at + Z.cpuCount] = args[1]!;
  s.fizzNodes[at + Z.memoryGb] = args[2]!;
  s.fizzNodes[at + Z.storageGb] = args[3]!;
  s.fizzNodes[at + Z.gpuCount] = args[4]!;
  s.fizzNodes[at + Z.gpuTier] = args[5]!;
  s.fizzNodes[at + Z.priceUnits] = args[6]!;
  emit(s, 'FizzChanged', fizz, s.fizzNodes[at + Z.gateway], args[6], args[1], args[4]);
}

/** Writes the state, keeps what the subnet has free, and leaves the event. @rule SM-12, F-12 */
export function enterFizzState(s: State, fizz: number, actor: number, to: number): void {
  const at = fizzAt(fizz);
  const from = s.fizzNodes[at + Z.state]!;
  if (from === S.active) changeSubnetFree(s, fizz, -1);
  if (to === S.active) changeSubnetFree(s, fizz, 1);
  s.fizzNodes[at + Z.state] = to;
  emit(s, 'Transition', KIND.fizz, fizz, actor, from, to);
}

/** Writes the state of a gateway's subnet and leaves the event. @rule SM-12 */
export function enterSubnetState(s: State, gateway: number, actor: number, to: number): void {
  const at = subnetAt(gateway) + U.state;
  const from = s.subnets[at]!;
  s.subnets[at] = to;
  emit(s, 'Transition', KIND.subnet, gateway, actor, from, to);
}

/** A member less; the last dissolves the subnet, and with it the vote that fixed the gateway's share: that stays as it is. @rule SM-12, OP-81 */
export function dropMember(s: State, gateway: number, actor: number): void {
  const at = subnetAt(gateway);
  s.subnets[at + U.memberCount]! -= 1;
  if (s.subnets[at + U.memberCount] !== 0) return;
  s.subnets[at + U.isShareFixed] = 0;
  enterSubnetState(s, gateway, actor, SUBNET_STATE.dissolved);
}

/** Reserved → Active: the order is nothing to the device any more. */
export function endReservation(s: State, fizz: number, actor: number): void {
  s.fizzNodes[fizzAt(fizz) + Z.order] = 0;
  enterFizzState(s, fizz, actor, S.active);
}

/** What follows when an order is over, or a bid out: the device that was reserved for this very order is free again. @rule SM-12 */
export function releaseFrom(s: State, fizz: number, order: number, actor: number): void {
  if (fizzState(s, fizz) !== S.reserved || s.fizzNodes[fizzAt(fizz) + Z.order] !== order) return;
  endReservation(s, fizz, actor);
}

/** The order it was reserved for has become a lease. @rule SM-12 */
export function serveFizz(s: State, fizz: number, lease: number, actor: number): void {
  s.fizzNodes[fizzAt(fizz) + Z.order] = 0;
  s.fizzNodes[fizzAt(fizz) + Z.lease] = lease;
  enterFizzState(s, fizz, actor, S.serving);
}

/** Its lease is closed. @rule SM-12 */
export function freeFizz(s: State, fizz: number, actor: number): void {
  s.fizzNodes[fizzAt(fizz) + Z.lease] = 0;
  s.fizzNodes[fizzAt(fizz) + Z.detachedS] = 0;
  enterFizzState(s, fizz, actor, S.active);
}

/**
 * A member that has no lease leaves its subnet: what it has delegated unbonds. The votes that it has cast stay.
 *
 * @rule SM-12, DELEG-6
 */
export function startLeaving(s: State, fizz: number, actor: number): void {
  const at = fizzAt(fizz);
  const units = memberUnits(s, fizz);
  s.fizzNodes[at + Z.order] = 0;
  enterFizzState(s, fizz, actor, S.leaving);
  if (units > 0) unbondDelegation(s, s.fizzNodes[at + Z.delegation]!, units);
  dropMember(s, s.fizzNodes[at + Z.gateway]!, actor);
}

/** The device belongs to no subnet any more. */
export function forgetGateway(s: State, fizz: number, actor: number): void {
  const at = fizzAt(fizz);
  enterFizzState(s, fizz, actor, S.configured);
  s.fizzNodes[at + Z.gateway] = 0;
  s.fizzNodes[at + Z.delegation] = 0;
  s.fizzNodes[at + Z.order] = 0;
}
