/**
 * Orders of compute and the bids for them (SM-6, up to the lease): who may order, who may bid for how long and at what
 * price, and how an order ends. Who can serve is decided in `eligibility.ts`, who wins in `matching.ts` or by the vote of
 * the operators in `operators.ts`; what a lease costs over time is for `leases.ts`.
 */
import { BPS, max, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';
import { PURPOSE } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { isAssetEnabled } from './assets.ts';
import { draw } from './clock.ts';
import { refuseDemand, refuseDuration, refuseOutside, refusePrice } from './demand.ts';
import {
  acceptedMask,
  bidAt,
  isBannedSelf,
  isEligible,
  openBidsOf,
  orderAt,
  orderNeeds,
  providerCode,
  setAcceptedAssets,
} from './eligibility.ts';
import { escrowCount, escrowOwner, refuseBrackets, unlockedUnits } from './escrow.ts';
import { askedUnits, releaseFrom } from './fizz.ts';
import { ASSET_COUNT, BID_STATE, F, KIND, ORDER_FLAG, ORDER_MODE, ORDER_STATE } from './layout.ts';
import { lockCost } from './leaseMoney.ts';
import { openLease, userFeeBps } from './leases.ts';
import { winnerOf } from './matching.ts';
import { providerAt, providerCount } from './providers.ts';
import { R } from './rejections.ts';
import { NO_RESOURCES } from './resources.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';

export { acceptedMask, openBidsOf, orderNeeds, providerCode, setAcceptedAssets };

const O = F.orders;
const B = F.bids;
const T = F.orderTotals;
const S = ORDER_STATE;

const MAX_GPU_TIER = 11;
const MAX_REGION = 63;
const MAX_FLAGS = 31;
const OFF = 0;
const CENTRAL = 0;

/** Number of orders, whatever their state. */
export function orderCount(s: State): number {
  return s.orderTotals[T.orderCount]!;
}

/** Number of bids on all orders. */
export function bidCount(s: State): number {
  return s.orderTotals[T.bidCount]!;
}

/** State of an order. */
export function orderState(s: State, order: number): number {
  return s.orders[orderAt(order) + O.state]!;
}

/** 0 if the order exists, else UnknownEntity. */
export function refuseUnknownOrder(s: State, order: number): number {
  const count = orderCount(s);
  return order >= 1 && order <= count ? 0 : reject(s, R.UnknownEntity, order, count);
}

/** 0 if the bid exists, else UnknownEntity. */
function refuseUnknownBid(s: State, bid: number): number {
  const count = bidCount(s);
  return bid >= 1 && bid <= count ? 0 : reject(s, R.UnknownEntity, bid, count);
}

/** 0 if the order is in `state`, else WrongState. */
function refuseState(s: State, order: number, state: number): number {
  const found = orderState(s, order);
  return found === state ? 0 : reject(s, R.WrongState, found, 0);
}

/** Who pays for the order: the present owner of its escrow. @rule ESCROW-4 */
function payerOf(s: State, order: number): number {
  return escrowOwner(s, s.orders[orderAt(order) + O.escrow]!);
}

/** 0 if the order is in Matching and has not run out of time, else WrongState or DeadlinePassed. */
export function refuseMatching(s: State, order: number): number {
  const code = refuseState(s, order, S.matching);
  if (code !== 0) return code;
  const expiresS = s.orders[orderAt(order) + O.expiresS]!;
  return s.nowS > expiresS ? reject(s, R.DeadlinePassed, s.nowS, expiresS) : 0;
}

/** 0 if the bid exists and is an open one of the order, else UnknownEntity or WrongState. */
export function refuseBidOf(s: State, order: number, bid: number): number {
  const unknown = refuseUnknownBid(s, bid);
  if (unknown !== 0) return unknown;
  const at = bidAt(bid);
  const state = s.bids[at + B.state]!;
  const isOpenHere = s.bids[at + B.order] === order && state === BID_STATE.open;
  return isOpenHere ? 0 : reject(s, R.WrongState, state, 0);
}

/** Unlocked units that a lease at this price needs to be there when it begins. @rule ORDER-1, F-16, OP-82 */
export function coverUnits(s: State, asset: number, priceUnits: number, durationS: number): number {
  const costUnits = lockCost(priceUnits, durationS, userFeeBps(s, asset));
  return mulDivUp(costUnits, getParam(s, 'escrow.min_cover_bps'), BPS);
}

/** Writes the state, keeps the counters of orders, and leaves the event. @rule SM-6 */
function enterOrderState(s: State, order: number, actor: number, to: number): void {
  const at = orderAt(order) + O.state;
  const from = s.orders[at]!;
  s.orders[at] = to;
  const totals = s.orderTotals;
  if (to === S.open) totals[T.openCount]! += 1;
  if (to === S.leased || to === S.expired || to === S.cancelled) totals[T.openCount]! -= 1;
  if (to === S.leased) totals[T.matchedCount]! += 1;
  if (to === S.expired) totals[T.expiredCount]! += 1;
  emit(s, 'Transition', KIND.order, order, actor, from, to);
}

/**
 * An open bid is out: it lost, was beaten by a better one, or its provider can serve no more. The fizz node that was
 * reserved for it is free again.
 *
 * @rule SM-6, FIZZ-7
 */
function dropBid(s: State, order: number, bid: number, actor: number): void {
  const at = bidAt(bid);
  s.bids[at + B.state] = BID_STATE.out;
  const fizz = s.bids[at + B.fizz]!;
  if (fizz !== 0) releaseFrom(s, fizz, order, actor);
}

/** An open bid of an order that goes on is out, and is counted no more. @rule SM-6 */
export function removeBid(s: State, order: number, bid: number, actor: number): void {
  s.orders[orderAt(order) + O.bidCount]! -= 1;
  dropBid(s, order, bid, actor);
}

/**
 * Ends an order that comes to no lease: all its open bids are out, the latest first.
 *
 * @param state ORDER_STATE.expired or cancelled
 * @rule SM-6, ORDER-6
 */
export function endOrder(s: State, order: number, actor: number, state: number): void {
  for (const bid of openBidsOf(s, order)) dropBid(s, order, bid, actor);
  enterOrderState(s, order, actor, state);
}

/**
 * Gives an order in Matching to an open bid whose provider can serve it: a lease begins. Where the escrow no longer covers
 * the price or has too few brackets, the order expires instead.
 *
 * @invariant INV-55, INV-56
 * @rule SM-6, MATCH-7, F-16, OP-82
 */
export function awardOrder(s: State, order: number, bid: number, actor: number): void {
  const at = orderAt(order);
  const escrow = s.orders[at + O.escrow]!;
  const asset = s.orders[at + O.asset]!;
  const durationS = s.orders[at + O.durationS]!;
  const priceUnits = s.bids[bidAt(bid) + B.priceUnits]!;
  const resources = orderNeeds(s, order);
  const isCovered = unlockedUnits(s, escrow, asset) >= coverUnits(s, asset, priceUnits, durationS);
  if (!isCovered || refuseBrackets(s, escrow, resources, NO_RESOURCES) !== 0) {
    endOrder(s, order, actor, S.expired);
    return;
  }
  s.bids[bidAt(bid) + B.state] = BID_STATE.won;
  for (const other of openBidsOf(s, order)) dropBid(s, order, other, actor);
  enterOrderState(s, order, actor, S.leased);
  const provider = s.bids[bidAt(bid) + B.provider]!;
  const fizz = s.bids[bidAt(bid) + B.fizz]!;
  const request = { order, escrow, provider, fizz, asset, priceUnits, durationS, resources };
  s.orders[at + O.lease] = openLease(s, request, actor);
}

/** Guards of what an order asks for, in the order of its arguments. */
function refuseTerms(s: State, args: readonly number[]): number {
  const [, asset, mode, cpuCount, memoryGb, storageGb, gpuCount, gpuTier, region, durationS, maxPriceUnits, flags] =
    args as OrderArgs;
  const range = refuseOutside(s, asset, 0, ASSET_COUNT - 1);
  if (range !== 0) return range;
  if (!isAssetEnabled(s, asset)) return reject(s, R.AssetNotEnabled, asset, 0);
  const isBoth = (flags & ORDER_FLAG.secured) !== 0 && (flags & ORDER_FLAG.community) !== 0;
  const outside = refuseOutside(s, mode, ORDER_MODE.provider, ORDER_MODE.fizz) || refuseOutside(s, flags, 0, MAX_FLAGS);
  if (outside !== 0) return outside;
  if (isBoth) return reject(s, R.ValueOutOfRange, flags, MAX_FLAGS);
  const isSensitive = (flags & ORDER_FLAG.sensitive) !== 0;
  if (mode === ORDER_MODE.fizz && isSensitive) return reject(s, R.SensitiveData, flags, 0);
  return (
    refuseDemand(s, { cpuCount, memoryGb, storageGb, gpuCount }) ||
    refuseOutside(s, gpuTier, 0, MAX_GPU_TIER) ||
    (gpuCount === 0 ? refuseOutside(s, gpuTier, 0, 0) : 0) ||
    refuseOutside(s, region, 0, MAX_REGION) ||
    refuseDuration(s, durationS) ||
    refusePrice(s, maxPriceUnits)
  );
}

type OrderArgs = readonly [
  escrow: number,
  asset: number,
  mode: number,
  cpuCount: number,
  memoryGb: number,
  storageGb: number,
  gpuCount: number,
  gpuTier: number,
  region: number,
  durationS: number,
  maxPriceUnits: number,
  flags: number,
];

/**
 * Asks for a lease out of an escrow. Bids are taken for `order.bid_window_blocks`; an order that has come to nothing after
 * `order.ttl_blocks` expires.
 *
 * @param args escrow; asset 0…3; mode: ORDER_MODE; cpuCount 1…4 096; memoryGb 1…65 536; storageGb ≤ 1 000 000; gpuCount
 * ≤ 64; gpuTier ≤ 11: least sub-tier, 0 without a GPU; region 0…63; durationS: whole hours, a year at most; maxPriceUnits
 * 1…10^11 per hour; flags: set of ORDER_FLAG, secured and community exclude each other
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange, AssetNotEnabled, SensitiveData, InsufficientEscrow, BracketExceeded
 * @rule ORDER-1, ORDER-2, ORDER-3, LEASE-13, FIZZ-15, TIME-1, OP-82, OP-83, F-18, SM-6
 */
export const createOrder: Rule = (s, actor, args) => {
  const [
    escrow,
    asset,
    mode,
    cpuCount,
    memoryGb,
    storageGb,
    gpuCount,
    gpuTier,
    region,
    durationS,
    maxPriceUnits,
    flags,
  ] = args as OrderArgs;
  const count = escrowCount(s);
  if (escrow < 1 || escrow > count) return reject(s, R.UnknownEntity, escrow, count);
  const owner = escrowOwner(s, escrow);
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const code = refuseTerms(s, args);
  if (code !== 0) return code;
  const ttlBlocks = getParam(s, 'order.ttl_blocks');
  const windowBlocks = getParam(s, 'order.bid_window_blocks');
  if (ttlBlocks <= windowBlocks) return reject(s, R.ValueOutOfRange, ttlBlocks, windowBlocks);
  const needUnits = coverUnits(s, asset, maxPriceUnits, durationS);
  const haveUnits = unlockedUnits(s, escrow, asset);
  if (haveUnits < needUnits) return reject(s, R.InsufficientEscrow, haveUnits, needUnits);
  const refused = refuseBrackets(s, escrow, { cpuCount, memoryGb, storageGb, gpuCount }, NO_RESOURCES);
  if (refused !== 0) return refused;

  const order = orderCount(s) + 1;
  const at = recordAt(s, 'orders', order);
  s.orderTotals[T.orderCount] = order;
  const blockS = getParam(s, 'time.block_s');
  const o = s.orders;
  o[at + O.escrow] = escrow;
  o[at + O.asset] = asset;
  o[at + O.mode] = mode;
  o[at + O.cpuCount] = cpuCount;
  o[at + O.memoryGb] = memoryGb;
  o[at + O.storageGb] = storageGb;
  o[at + O.gpuCount] = gpuCount;
  o[at + O.gpuTier] = gpuTier;
  o[at + O.region] = region;
  o[at + O.durationS] = durationS;
  o[at + O.maxPriceUnits] = maxPriceUnits;
  o[at + O.flags] = flags;
  o[at + O.createdS] = s.nowS;
  o[at + O.bidUntilS] = s.nowS + windowBlocks * blockS;
  o[at + O.expiresS] = s.nowS + ttlBlocks * blockS;
  enterOrderState(s, order, actor, S.open);
  emit(s, 'OrderCreated', order, escrow, actor, mode, durationS, maxPriceUnits);
  return 0;
};

/**
 * Least price of a bid, in units of the order's asset: a share of the order's own maximum, and what the fizz node asks for in
 * tokens, rounded up.
 *
 * @rule OP-84, FIZZ-7, NUM-7
 */
function floorUnits(s: State, order: number, fizz: number): number {
  const shareBps = getParam(s, 'match.bid_floor_bps');
  const shareUnits = mulDivDown(s.orders[orderAt(order) + O.maxPriceUnits]!, shareBps, BPS);
  if (fizz === 0) return shareUnits;
  return max(shareUnits, askedUnits(s, fizz, s.orders[orderAt(order) + O.asset]!));
}

/** 0 if the price of a bid is one that the order takes, else AmountTooSmall, FeeAboveMaximum or PriceTooLow. @rule ORDER-5, OP-84 */
function refuseBidPrice(s: State, order: number, priceUnits: number, fizz: number): number {
  if (priceUnits === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const maxUnits = s.orders[orderAt(order) + O.maxPriceUnits]!;
  if (priceUnits > maxUnits) return reject(s, R.FeeAboveMaximum, priceUnits, maxUnits);
  const floor = floorUnits(s, order, fizz);
  return priceUnits < floor ? reject(s, R.PriceTooLow, priceUnits, floor) : 0;
}

/** The open bid of the highest price, of equal ones the latest. */
function worstBidOf(s: State, order: number): number {
  const bids = openBidsOf(s, order);
  const price = (bid: number): number => s.bids[bidAt(bid) + B.priceUnits]!;
  return bids.reduce((worst, bid) => (price(bid) > price(worst) ? bid : worst), bids[0]!);
}

/** Guards of a bid besides those of the order's own state. */
function refuseBid(s: State, actor: number, order: number, provider: number, priceUnits: number, fizz: number): number {
  const at = orderAt(order);
  const mode = s.orders[at + O.mode]!;
  if ((mode === ORDER_MODE.fizz) !== (fizz !== 0)) return reject(s, R.NotInMode, mode, fizz === 0 ? 0 : 1);
  const fizzCount = s.fizzTotals[F.fizzTotals.fizzCount]!;
  if (fizz > fizzCount) return reject(s, R.UnknownEntity, fizz, fizzCount);
  const priceCode = refuseBidPrice(s, order, priceUnits, fizz);
  if (priceCode !== 0) return priceCode;
  if (isBannedSelf(s, provider, payerOf(s, order))) return reject(s, R.SelfLease, actor, 0);
  const code = providerCode(s, order, provider, fizz);
  if (code !== 0) return code;
  const isSame = (bid: number): boolean => s.bids[bidAt(bid) + B.provider] === provider;
  if (openBidsOf(s, order).some(isSame)) return reject(s, R.AlreadyBid, order, provider);
  if (s.orders[at + O.bidCount]! < getParam(s, 'order.max_bids')) return 0;
  const worstUnits = s.bids[bidAt(worstBidOf(s, order)) + B.priceUnits]!;
  return priceUnits < worstUnits ? 0 : reject(s, R.FeeAboveMaximum, priceUnits, worstUnits);
}

/** Takes a bid out of its order's list, which so never grows beyond the most bids of an order. */
function unlinkBid(s: State, order: number, bid: number): void {
  const before = s.bids[bidAt(bid) + B.previous]!;
  const last = orderAt(order) + O.lastBid;
  if (s.orders[last] === bid) {
    s.orders[last] = before;
    return;
  }
  let after = s.orders[last]!;
  while (s.bids[bidAt(after) + B.previous] !== bid) after = s.bids[bidAt(after) + B.previous]!;
  s.bids[bidAt(after) + B.previous] = before;
}

/**
 * Bids for an order, at a price per hour; in fizz mode as the gateway of a node that is reserved for the order. Where the
 * order has all the bids that it takes, a cheaper one puts the dearest out, of equal ones the latest.
 *
 * @param args order, provider, priceUnits, fizz: 0 in provider mode
 * @rejects UnknownEntity (order, provider), NotOwner, WrongState, DeadlinePassed, NotInMode, UnknownEntity (fizz),
 * AmountTooSmall, FeeAboveMaximum, PriceTooLow, SelfLease, those of {@link providerCode}, AlreadyBid, FeeAboveMaximum (the
 * dearest bid)
 * @invariant INV-54
 * @rule ORDER-4, ORDER-5, LEASE-13, OP-83, OP-84, OP-109, FIZZ-7, SM-6
 */
export const placeBid: Rule = (s, actor, args) => {
  const [order, provider, priceUnits, fizz] = args as readonly [number, number, number, number];
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  const count = providerCount(s);
  if (provider < 1 || provider > count) return reject(s, R.UnknownEntity, provider, count);
  const owner = s.providers[providerAt(provider) + F.providers.owner]!;
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const wrong = refuseState(s, order, S.open);
  if (wrong !== 0) return wrong;
  const at = orderAt(order);
  const bidUntilS = s.orders[at + O.bidUntilS]!;
  if (s.nowS > bidUntilS) return reject(s, R.DeadlinePassed, s.nowS, bidUntilS);
  const code = refuseBid(s, actor, order, provider, priceUnits, fizz);
  if (code !== 0) return code;

  if (s.orders[at + O.bidCount]! >= getParam(s, 'order.max_bids')) {
    const worst = worstBidOf(s, order);
    unlinkBid(s, order, worst);
    removeBid(s, order, worst, actor);
  }
  const bid = bidCount(s) + 1;
  const b = recordAt(s, 'bids', bid);
  s.orderTotals[T.bidCount] = bid;
  s.bids[b + B.order] = order;
  s.bids[b + B.provider] = provider;
  s.bids[b + B.priceUnits] = priceUnits;
  s.bids[b + B.fizz] = fizz;
  s.bids[b + B.state] = BID_STATE.open;
  s.bids[b + B.previous] = s.orders[at + O.lastBid]!;
  s.orders[at + O.lastBid] = bid;
  s.orders[at + O.bidCount]! += 1;
  emit(s, 'BidPlaced', order, bid, provider, priceUnits, fizz);
  return 0;
};

/** The consumer takes an order back while bids are still taken. @rejects UnknownEntity, NotOwner, WrongState @rule SM-6 */
export const cancelOrder: Rule = (s, actor, args) => {
  const order = args[0]!;
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  const owner = payerOf(s, order);
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  const code = refuseState(s, order, S.open);
  if (code !== 0) return code;

  endOrder(s, order, actor, S.cancelled);
  return 0;
};

/**
 * After the window for bids the keeper hands the order to matching: the seed of its chance and the operators who may vote
 * are settled now. Without a bid that could win the order expires.
 *
 * @rejects UnknownEntity, WrongState, DeadlineNotPassed
 * @rule ORDER-6, MATCH-5, MATCH-6, SM-6
 */
export const openMatching: Rule = (s, actor, args) => {
  const order = args[0]!;
  const code = refuseUnknownOrder(s, order) || refuseState(s, order, S.open);
  if (code !== 0) return code;
  const at = orderAt(order);
  const bidUntilS = s.orders[at + O.bidUntilS]!;
  if (s.nowS <= bidUntilS) return reject(s, R.DeadlineNotPassed, s.nowS, bidUntilS);

  if (!openBidsOf(s, order).some((bid) => isEligible(s, bid))) {
    endOrder(s, order, actor, S.expired);
    return 0;
  }
  s.orders[at + O.seed] = draw(s, PURPOSE.match, order, 0);
  s.orders[at + O.matchingS] = s.nowS;
  if (getParam(s, 'match.mode') !== CENTRAL) {
    s.orders[at + O.operatorSet0] = s.orderTotals[T.operatorSet0]!;
    s.orders[at + O.operatorSet1] = s.orderTotals[T.operatorSet1]!;
    s.orders[at + O.operatorCount] = s.orderTotals[T.operatorCount]!;
  }
  enterOrderState(s, order, actor, S.matching);
  return 0;
};

/**
 * The central engine writes the match: the best of the bids whose providers can still serve. Without one the order expires.
 *
 * @rejects UnknownEntity, NotInMode, WrongState, DeadlinePassed
 * @invariant INV-31, INV-55
 * @rule MATCH-1, MATCH-5, MATCH-7, F-15, SM-6
 */
export const matchOrder: Rule = (s, actor, args) => {
  const order = args[0]!;
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  const isCentral = getParam(s, 'match.mode') === CENTRAL;
  if (!isCentral || getParam(s, 'match.user_choice') !== OFF) return reject(s, R.NotInMode, 1, 0);
  const code = refuseMatching(s, order);
  if (code !== 0) return code;

  const winner = winnerOf(s, order);
  if (winner === 0) endOrder(s, order, actor, S.expired);
  else awardOrder(s, order, winner, actor);
  return 0;
};

/** The keeper ends an order whose time is over. @rejects UnknownEntity, WrongState, DeadlineNotPassed @rule ORDER-6, MATCH-9, SM-6 */
export const expireOrder: Rule = (s, actor, args) => {
  const order = args[0]!;
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  const state = orderState(s, order);
  if (state !== S.open && state !== S.matching) return reject(s, R.WrongState, state, 0);
  const expiresS = s.orders[orderAt(order) + O.expiresS]!;
  if (s.nowS <= expiresS) return reject(s, R.DeadlineNotPassed, s.nowS, expiresS);

  endOrder(s, order, actor, S.expired);
  return 0;
};

/**
 * Where consumers choose, the consumer gives the order to one of its bids.
 *
 * @rejects UnknownEntity (order), NotOwner, NotInMode, WrongState, DeadlinePassed, UnknownEntity (bid), WrongState (bid),
 * those of {@link providerCode}
 * @invariant INV-55
 * @rule MATCH-7, OP-86, SM-6
 */
export const chooseBid: Rule = (s, actor, args) => {
  const [order, bid] = args as readonly [number, number];
  const unknown = refuseUnknownOrder(s, order);
  if (unknown !== 0) return unknown;
  const owner = payerOf(s, order);
  if (actor !== owner) return reject(s, R.NotOwner, actor, owner);
  if (getParam(s, 'match.user_choice') === OFF) return reject(s, R.NotInMode, 0, 1);
  const code = refuseMatching(s, order) || refuseBidOf(s, order, bid);
  if (code !== 0) return code;
  const at = bidAt(bid);
  const refused = providerCode(s, order, s.bids[at + B.provider]!, s.bids[at + B.fizz]!);
  if (refused !== 0) return refused;

  awardOrder(s, order, bid, actor);
  return 0;
};
