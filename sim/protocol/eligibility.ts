/**
 * Which bids of an order can win (ORDER-5, MATCH-2): what an order asks for, which assets a provider takes, and whether a
 * provider or one of its fizz nodes can serve. Decides nothing about prices (`orders.ts`) or about who wins (`matching.ts`).
 */
import type { Rule } from './actions.ts';
import { BID_STATE, F, FIZZ_STATE, KIND, ORDER_FLAG, PROVIDER_STATE, STRIDE } from './layout.ts';
import { freeOf } from './leases.ts';
import { providerAt, providerCount } from './providers.ts';
import { R } from './rejections.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';
import { ownUnits } from './stake.ts';
import { getParam, recordAt, reject, type State } from './state.ts';

const O = F.orders;
const B = F.bids;
const M = F.providerMarket;
const Z = F.fizzNodes;
/** Any subset of the four assets. */
const MAX_ASSET_MASK = 15;
/** What a provider accepts that has never said: the token alone. */
const TOKEN_ONLY = 1;
const SECURED_TIERS = 3;
const OFF = 0;

/** First float of an order's record. */
export function orderAt(order: number): number {
  return order * STRIDE.orders;
}

/** First float of a bid's record. */
export function bidAt(bid: number): number {
  return bid * STRIDE.bids;
}

/** What the order's lease would use. @rule ORDER-2 */
export function orderNeeds(s: State, order: number): Resources {
  const at = orderAt(order);
  return {
    cpuCount: s.orders[at + O.cpuCount]!,
    memoryGb: s.orders[at + O.memoryGb]!,
    storageGb: s.orders[at + O.storageGb]!,
    gpuCount: s.orders[at + O.gpuCount]!,
  };
}

/** Open bids of an order, the latest first. */
export function openBidsOf(s: State, order: number): number[] {
  const bids: number[] = [];
  for (let bid = s.orders[orderAt(order) + O.lastBid]!; bid !== 0; bid = s.bids[bidAt(bid) + B.previous]!) {
    if (s.bids[bidAt(bid) + B.state] === BID_STATE.open) bids.push(bid);
  }
  return bids;
}

/** Set of the assets that a provider takes: bit a is asset a. @rule PROV-6 */
export function acceptedMask(s: State, provider: number): number {
  const at = provider * STRIDE.providerMarket;
  return s.providerMarket[at + M.isAssetsSet] === 1 ? s.providerMarket[at + M.assetMask]! : TOKEN_ONLY;
}

/**
 * A provider says which assets it takes in payment, from its next bid or match on; running leases go on as they are.
 *
 * @param args provider; assetMask: bit a is asset a
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange
 * @rule PROV-6
 */
export const setAcceptedAssets: Rule = (s, actor, args) => {
  const [provider, assetMask] = args as readonly [number, number];
  const count = providerCount(s);
  if (provider < 1 || provider > count) return reject(s, R.UnknownEntity, provider, count);
  const owner = s.providers[providerAt(provider) + F.providers.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  if (assetMask > MAX_ASSET_MASK) return reject(s, R.ValueOutOfRange, assetMask, MAX_ASSET_MASK);

  const at = recordAt(s, 'providerMarket', provider);
  s.providerMarket[at + M.assetMask] = assetMask;
  s.providerMarket[at + M.isAssetsSet] = 1;
  return 0;
};

/** 0 if the provider itself has the GPU class and the resources that the order asks for. @rule ORDER-5 */
function refuseCapacity(s: State, order: number, provider: number): number {
  const gpuTier = s.providers[providerAt(provider) + F.providers.gpuTier]!;
  const wantedTier = s.orders[orderAt(order) + O.gpuTier]!;
  if (gpuTier < wantedTier) return reject(s, R.TierTooLow, gpuTier, wantedTier);
  const free = freeOf(s, provider);
  const needs = orderNeeds(s, order);
  for (const name of RESOURCE_NAMES) {
    if (free[name] < needs[name]) return reject(s, R.CapacityExhausted, free[name], needs[name]);
  }
  return 0;
}

/** 0 if the fizz node is reserved for the order by this gateway: its own resources were looked at then. @rule FIZZ-7 */
function refuseFizz(s: State, order: number, provider: number, fizz: number): number {
  const at = fizz * STRIDE.fizzNodes;
  const state = s.fizzNodes[at + Z.state]!;
  const isForOrder = s.fizzNodes[at + Z.order] === order && s.fizzNodes[at + Z.gateway] === provider;
  return state === FIZZ_STATE.reserved && isForOrder ? 0 : reject(s, R.WrongState, state, 0);
}

/**
 * Whether a provider, with `fizz` ≠ 0 as the gateway of that node, can serve an order now: Active, staked, to be matched at
 * all, in an asset that it takes, of a tier and in a region that the order admits, with enough free. Changes nothing.
 *
 * @returns 0, or the code of the rejection: WrongState, InsufficientStake, NotMatchable, AssetNotAccepted, TierExcluded,
 * RegionMismatch, TierTooLow, CapacityExhausted
 * @invariant INV-54
 * @rule ORDER-2, ORDER-5, MATCH-2, PROV-6, OP-43
 */
export function providerCode(s: State, order: number, provider: number, fizz: number): number {
  const p = providerAt(provider);
  const at = orderAt(order);
  const state = s.providers[p + F.providers.state]!;
  if (state !== PROVIDER_STATE.active) return reject(s, R.WrongState, state, 0);
  if (ownUnits(s, KIND.provider, provider) === 0) return reject(s, R.InsufficientStake, 0, 1);
  if (s.providers[p + F.providers.isMatchable] === OFF) return reject(s, R.NotMatchable, provider, 0);
  const asset = s.orders[at + O.asset]!;
  const mask = acceptedMask(s, provider);
  if (((mask >>> asset) & 1) === 0) return reject(s, R.AssetNotAccepted, asset, mask);
  const flags = s.orders[at + O.flags]!;
  const tier = s.providers[p + F.providers.tier]!;
  const isExcluded =
    ((flags & ORDER_FLAG.secured) !== 0 && tier > SECURED_TIERS) ||
    ((flags & ORDER_FLAG.community) !== 0 && tier <= SECURED_TIERS);
  if (isExcluded) return reject(s, R.TierExcluded, tier, flags);
  const region = s.providers[p + F.providers.region]!;
  const wanted = s.orders[at + O.region]!;
  if ((flags & ORDER_FLAG.regionHard) !== 0 && region !== wanted) return reject(s, R.RegionMismatch, region, wanted);
  return fizz === 0 ? refuseCapacity(s, order, provider) : refuseFizz(s, order, provider, fizz);
}

/** True if the bid is open and its provider can serve the order now. @rule ORDER-5, F-15 */
export function isEligible(s: State, bid: number): boolean {
  const at = bidAt(bid);
  if (s.bids[at + B.state] !== BID_STATE.open) return false;
  return providerCode(s, s.bids[at + B.order]!, s.bids[at + B.provider]!, s.bids[at + B.fizz]!) === 0;
}

/** True if the registered owner of a provider also owns the escrow, where that is banned. @rule OP-109 */
export function isBannedSelf(s: State, provider: number, escrowOwnerAccount: number): boolean {
  if (getParam(s, 'anti.self_lease_ban') === OFF) return false;
  return s.providers[providerAt(provider) + F.providers.owner] === escrowOwnerAccount;
}
