/**
 * Invariants of the compute market (section 8: INV-48 to INV-58, and what INV-1 and INV-22 say of it). Each reads a state and
 * says what disagrees; none changes anything. A lease that is closed and an order that is over do not change any more, so
 * each is looked at for the last time by the first check that finds it so.
 */
import { BPS, MAX_INT, max, min, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';
import { assetUnits } from './assets.ts';
import { bracketsOf } from './escrow.ts';
import { EV } from './events.ts';
import { isMember, leastDelegation, memberUnits } from './fizzNodes.ts';
import type { Tracker } from './invariantTracker.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  BID_STATE,
  F,
  FIELDS,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  LEASE_TERM,
  OPERATOR_SEATS,
  OPERATOR_STATE,
  ORDER_MODE,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from './layout.ts';
import { HOUR_S, levies } from './leaseMoney.ts';
import { recordIsWhole } from './ledgerInvariants.ts';
import { NO_RESOURCES, RESOURCE_NAMES } from './resources.ts';
import { EVENT_STRIDE, getParam, type State } from './state.ts';

const L = F.leases;
const O = F.orders;
const B = F.bids;
const Z = F.fizzNodes;
const U = F.subnets;
const V = F.escrowBalances;
const LEASE_PARTIES = ['order', 'escrow', 'provider', 'fizz', 'asset', 'priceUnits', 'startS'] as const;
const LEASE_FIXED = ['userFeeBps', 'foundationBps', 'providerFeeBps', 'rebateBps', 'gatewayBps', 'terms'] as const;
const EMPTY = new Float64Array(0);

function leaseField(s: State, lease: number, field: number): number {
  return s.leases[lease * STRIDE.leases + field]!;
}

function orderField(s: State, order: number, field: number): number {
  return s.orders[order * STRIDE.orders + field]!;
}

function fizzField(s: State, fizz: number, field: number): number {
  return s.fizzNodes[fizz * STRIDE.fizzNodes + field]!;
}

function leaseCount(s: State): number {
  return s.leaseTotals[F.leaseTotals.leaseCount]!;
}

function providerCount(s: State): number {
  return s.providerTotals[F.providerTotals.providerCount]!;
}

function isClosed(s: State, lease: number): boolean {
  return leaseField(s, lease, L.state) === LEASE_STATE.closed;
}

/** Leases that may have changed since the last check: those that were not closed then, and those that came since. */
function* freshLeases(s: State, tracker: Tracker): Generator<number, void, void> {
  yield* tracker.market.leases.keys();
  const count = leaseCount(s);
  for (let lease = tracker.market.leaseCount + 1; lease <= count; lease++) yield lease;
}

/** Orders that may have changed since the last check: those that were not over then, and those that came since. */
function* freshOrders(s: State, tracker: { readonly market: MarketMemory }): Generator<number, void, void> {
  yield* tracker.market.orders;
  const count = s.orderTotals[F.orderTotals.orderCount]!;
  for (let order = tracker.market.orderCount + 1; order <= count; order++) yield order;
}

/** INV-2, of bids, orders and leases. */
export function freshAmountsAreWhole(s: State, tracker: Tracker): string | null {
  const bids = s.orderTotals[F.orderTotals.bidCount]!;
  for (let bid = tracker.market.bidCount + 1; bid <= bids; bid++) {
    const found = recordIsWhole(s, 'bids', bid);
    if (found !== null) return found;
  }
  for (const order of freshOrders(s, tracker)) {
    const found = recordIsWhole(s, 'orders', order);
    if (found !== null) return found;
  }
  for (const lease of freshLeases(s, tracker)) {
    const found = recordIsWhole(s, 'leases', lease) ?? recordIsWhole(s, 'leaseUpdates', lease);
    if (found !== null) return found;
  }
  return null;
}

/** User fee that belongs to what a lease has paid. */
function userFeeUnits(s: State, lease: number): number {
  return mulDivDown(leaseField(s, lease, L.paidUnits), leaseField(s, lease, L.userFeeBps), BPS);
}

/** INV-1, of the foreign assets: what was issued lies in the wallets. */
export function sumOfForeignAccounts(s: State): string | null {
  const end = ACCOUNT.firstAgent + s.tokenTotals[F.tokenTotals.accountCount]!;
  for (let asset = 1; asset < ASSET_COUNT; asset++) {
    let sum = 0;
    for (let account = 0; account < end; account++) sum += s.assetWallets[account * ASSET_COUNT + asset] ?? 0;
    const issued = s.assets[asset * STRIDE.assets + F.assets.issuedUnits]!;
    if (sum !== issued) return `All accounts hold ${sum} units of asset ${asset}; ${issued} were issued`;
  }
  return null;
}

/** INV-48 */
export function escrowIsSolvent(s: State): string | null {
  const { escrowCount, unlockedUnits0, lockedUnits0 } = F.escrowTotals;
  const count = s.escrowTotals[escrowCount]!;
  for (let asset = 0; asset < ASSET_COUNT; asset++) {
    let unlocked = 0;
    let locked = 0;
    for (let escrow = 1; escrow <= count; escrow++) {
      const at = (escrow * ASSET_COUNT + asset) * STRIDE.escrowBalances;
      unlocked += s.escrowBalances[at + V.unlockedUnits]!;
      locked += s.escrowBalances[at + V.lockedUnits]!;
    }
    const counted = [s.escrowTotals[unlockedUnits0 + asset]!, s.escrowTotals[lockedUnits0 + asset]!];
    if (counted[0] !== unlocked || counted[1] !== locked) {
      return `The wallets have ${unlocked} units of asset ${asset} unlocked and ${locked} locked; ${counted[0]} and ${counted[1]} are counted`;
    }
    const held = assetUnits(s, ACCOUNT.escrow, asset);
    if (held !== unlocked + locked) {
      return `The escrow holds ${held} units of asset ${asset} and owes ${unlocked} unlocked and ${locked} locked`;
    }
  }
  return null;
}

/** INV-49, and the list of the leases that are not closed. */
export function locksAreOfLeases(s: State, tracker: Tracker): string | null {
  const wallets = s.escrowTotals[F.escrowTotals.escrowCount]!;
  const sums = new Float64Array((wallets + 1) * ASSET_COUNT);
  let open = 0;
  for (const lease of freshLeases(s, tracker)) {
    const units = leaseField(s, lease, L.lockedUnits);
    const place = leaseField(s, lease, L.place);
    if (isClosed(s, lease)) {
      if (units !== 0) return `Closed lease ${lease} has ${units} units locked`;
      if (place !== 0) return `Closed lease ${lease} has place ${place} among the open ones`;
      continue;
    }
    open += 1;
    if (s.openLeases[place] !== lease)
      return `Lease ${lease} is at place ${place}, where lease ${s.openLeases[place]} is`;
    sums[leaseField(s, lease, L.escrow) * ASSET_COUNT + leaseField(s, lease, L.asset)]! += units;
  }
  const counted = s.leaseTotals[F.leaseTotals.openCount]!;
  if (counted !== open) return `${counted} leases are counted as open; there are ${open}`;
  if ((s.openLeases[open + 1] ?? 0) !== 0) return `Lease ${s.openLeases[open + 1]} is at a place that is not in use`;
  for (let at = ASSET_COUNT; at < sums.length; at++) {
    const locked = s.escrowBalances[at * STRIDE.escrowBalances + V.lockedUnits]!;
    if (locked !== sums[at]) {
      return `Wallet ${mulDivDown(at, 1, ASSET_COUNT)} has ${locked} units of asset ${at % ASSET_COUNT} locked; its leases have ${sums[at]}`;
    }
  }
  return null;
}

/** Units that the seconds of a lease up to a time come to. An outage that lasted to the end is not charged. */
function dueUnits(s: State, lease: number, atS: number): number {
  const at = lease * STRIDE.leases;
  const l = s.leases;
  const terms = l[at + L.terms]!;
  const [startS, endS, downS] = [l[at + L.startS]!, l[at + L.endS]!, l[at + L.downSinceS]!];
  if (l[at + L.deployedS] === 0 && (terms & LEASE_TERM.chargesUndeployed) === 0) return 0;
  const isStopped = downS > 0 && (terms & LEASE_TERM.chargesDowntime) === 0;
  const untilS = min(min(atS, endS), isStopped ? downS : MAX_INT);
  const seconds = untilS - startS - l[at + L.pausedS]!;
  const isByHour = (terms & LEASE_TERM.hourUp) !== 0;
  const chargedS = isByHour ? min(mulDivUp(seconds, 1, HOUR_S) * HOUR_S, endS - startS) : seconds;
  return mulDivDown(l[at + L.priceUnits]!, chargedS, HOUR_S);
}

/** INV-50 */
export function accrualsAreDue(s: State, tracker: Tracker): string | null {
  for (const lease of freshLeases(s, tracker)) {
    const paid = leaseField(s, lease, L.paidUnits);
    const before = tracker.market.leases.get(lease)?.[L.paidUnits] ?? 0;
    if (paid < before) return `Lease ${lease} has paid ${paid} units; it had paid ${before}`;
    const funded = leaseField(s, lease, L.fundedUnits);
    const debit = paid + userFeeUnits(s, lease);
    if (debit > funded) return `Lease ${lease} has cost ${debit} units; ${funded} were ever locked`;
    const due = dueUnits(s, lease, leaseField(s, lease, isClosed(s, lease) ? L.closedS : L.accruedS));
    if (paid > due) return `Lease ${lease} has paid ${paid} units; its seconds have come to ${due}`;
    if (paid === due || !isClosed(s, lease)) continue;
    const price = leaseField(s, lease, L.priceUnits);
    const next = mulDivDown(price, mulDivUp(paid + 1, HOUR_S, price), HOUR_S);
    if (next + mulDivDown(next, leaseField(s, lease, L.userFeeBps), BPS) <= funded) {
      return `Closed lease ${lease} has paid ${paid} units of ${due}, and a second more was funded`;
    }
  }
  return null;
}

/** INV-51 */
export function debitsAreShared(s: State, tracker: Tracker): string | null {
  for (const lease of freshLeases(s, tracker)) {
    const at = lease * STRIDE.leases;
    const [paid, funded, locked] = [L.paidUnits, L.fundedUnits, L.lockedUnits].map((field) => s.leases[at + field]!);
    const fee = userFeeUnits(s, lease);
    if (!isClosed(s, lease) && paid! + fee + locked! !== funded) {
      return `Lease ${lease} has paid ${paid} units and a fee of ${fee}, ${locked} are locked; ${funded} were`;
    }
    const parts = levies(
      {
        userFeeBps: s.leases[at + L.userFeeBps]!,
        foundationBps: s.leases[at + L.foundationBps]!,
        providerFeeBps: s.leases[at + L.providerFeeBps]!,
        rebateBps: s.leases[at + L.rebateBps]!,
        gatewayBps: s.leases[at + L.gatewayBps]!,
        grossBase: (s.leases[at + L.terms]! & LEASE_TERM.grossBase) !== 0,
      },
      paid!,
    );
    const sum = parts.payeeUnits + parts.gatewayUnits + parts.foundationUnits + parts.providerFeeUnits;
    if (sum !== paid || parts.userFeeUnits !== fee || min(parts.payeeUnits, parts.providerFeeUnits) < 0) {
      return `What lease ${lease} has paid, ${paid} units, is shared as ${JSON.stringify(parts)}`;
    }
    const [fizz, gatewayBps] = [s.leases[at + L.fizz]!, s.leases[at + L.gatewayBps]!];
    if (fizz === 0 && gatewayBps !== 0) return `Lease ${lease} without a fizz node pays ${gatewayBps} bps to a gateway`;
  }
  return null;
}

/** INV-52, of leases: payment in the token bears neither user nor provider fee. */
export function tokenBearsNoFee(s: State, tracker: Tracker): string | null {
  for (const lease of freshLeases(s, tracker)) {
    if (leaseField(s, lease, L.asset) !== 0) continue;
    const fees = [leaseField(s, lease, L.userFeeBps), leaseField(s, lease, L.providerFeeBps)];
    if (fees[0] !== 0 || fees[1] !== 0)
      return `Lease ${lease} in the token bears fees of ${fees[0]} and ${fees[1]} bps`;
  }
  return null;
}

const USE = STRIDE.providerUse;
const ESCROW = F.escrows;

/** What the open leases take of each provider and of each wallet, in the layout of `providerUse` and `escrows`. */
function usesOf(s: State): { readonly providers: Float64Array; readonly wallets: Float64Array } {
  const providers = new Float64Array((providerCount(s) + 1) * USE);
  const wallets = new Float64Array((s.escrowTotals[F.escrowTotals.escrowCount]! + 1) * STRIDE.escrows);
  const open = s.leaseTotals[F.leaseTotals.openCount]!;
  for (let place = 1; place <= open; place++) {
    const lease = s.openLeases[place]!;
    const provider = leaseField(s, lease, L.provider) * USE;
    const wallet = leaseField(s, lease, L.escrow) * STRIDE.escrows;
    const isOwn = leaseField(s, lease, L.fizz) === 0;
    const isGpuTask = leaseField(s, lease, L.gpuCount) > 0;
    const first = isGpuTask ? ESCROW.gpuTaskCpuCount : ESCROW.cpuCount;
    providers[provider + F.providerUse.leaseCount]! += 1;
    wallets[wallet + ESCROW.leaseCount]! += 1;
    RESOURCE_NAMES.forEach((name, i) => {
      const units = leaseField(s, lease, L[name]);
      if (isOwn) providers[provider + F.providerUse[name]]! += units;
      if (name !== 'gpuCount' || isGpuTask) wallets[wallet + first + i]! += units;
    });
  }
  return { providers, wallets };
}

/** INV-53, of providers and wallets: what is in use is what open leases have reserved, and a provider has it. */
function usesAreOfLeases(s: State): string | null {
  const { providers, wallets } = usesOf(s);
  for (let provider = 1; provider <= providerCount(s); provider++) {
    for (const name of [...RESOURCE_NAMES, 'leaseCount'] as const) {
      const used = s.providerUse[provider * USE + F.providerUse[name]] ?? 0;
      const found = providers[provider * USE + F.providerUse[name]]!;
      if (used !== found) return `Provider ${provider} counts ${name} ${used} in use; its leases have ${found}`;
      if (name === 'leaseCount') continue;
      const has = s.providers[provider * STRIDE.providers + F.providers[name]]!;
      if (used > has) return `Provider ${provider} has ${name} ${used} in use of ${has}`;
    }
  }
  for (let at = STRIDE.escrows; at < wallets.length; at++) {
    const field = at % STRIDE.escrows;
    if (field === ESCROW.owner || s.escrows[at] === wallets[at]) continue;
    return `Wallet ${mulDivDown(at, 1, STRIDE.escrows)} counts ${FIELDS.escrows[field]} ${s.escrows[at]}; its leases have ${wallets[at]}`;
  }
  return null;
}

/** INV-53, of fizz nodes: what is free of a subnet is what its Active members expose, and a lease fits its node. */
function fizzUsesFit(s: State): string | null {
  const count = s.fizzTotals[F.fizzTotals.fizzCount]!;
  const free = new Float64Array((providerCount(s) + 1) * STRIDE.subnets);
  for (let fizz = 1; fizz <= count; fizz++) {
    const state = fizzField(s, fizz, Z.state);
    const lease = fizzField(s, fizz, Z.lease);
    const isServing = state === FIZZ_STATE.serving || state === FIZZ_STATE.detached;
    if (isServing !== (lease !== 0)) return `Fizz node ${fizz} in state ${state} has lease ${lease}`;
    if (isServing && (isClosed(s, lease) || leaseField(s, lease, L.fizz) !== fizz)) {
      return `Fizz node ${fizz} serves lease ${lease} in state ${leaseField(s, lease, L.state)}, which is on node ${leaseField(s, lease, L.fizz)}`;
    }
    const subnet = fizzField(s, fizz, Z.gateway) * STRIDE.subnets + U.freeCpuCount;
    for (const [i, name] of RESOURCE_NAMES.entries()) {
      const has = fizzField(s, fizz, Z[name]);
      if (state === FIZZ_STATE.active) free[subnet + i]! += has;
      if (isServing && leaseField(s, lease, L[name]) > has)
        return `Lease ${lease} has ${name} ${leaseField(s, lease, L[name])} on fizz node ${fizz}, which has ${has}`;
    }
  }
  for (let gateway = 1; gateway <= providerCount(s); gateway++) {
    for (const [i, name] of RESOURCE_NAMES.entries()) {
      const at = gateway * STRIDE.subnets + U.freeCpuCount + i;
      const counted = s.subnets[at] ?? 0;
      if (counted !== free[at])
        return `Subnet ${gateway} counts ${name} ${counted} as free; its Active members have ${free[at]}`;
    }
  }
  return null;
}

/** INV-53 */
export function resourcesAreThere(s: State): string | null {
  return usesAreOfLeases(s) ?? fizzUsesFit(s);
}

/** INV-54, what a state shows: a bid on an order of its mode, at a price that it takes, in its window and its asset. */
export function bidsAreTakable(s: State, tracker: Tracker): string | null {
  const count = s.orderTotals[F.orderTotals.bidCount]!;
  for (let bid = tracker.market.bidCount + 1; bid <= count; bid++) {
    const at = bid * STRIDE.bids;
    const [order, provider, price, fizz] = [B.order, B.provider, B.priceUnits, B.fizz].map((f) => s.bids[at + f]!);
    const most = orderField(s, order!, O.maxPriceUnits);
    if (price! < 1 || price! > most) return `Bid ${bid} asks ${price} units; order ${order} pays ${most} at most`;
    if ((orderField(s, order!, O.mode) === ORDER_MODE.fizz) !== (fizz !== 0))
      return `Bid ${bid} with fizz node ${fizz} is on order ${order} of mode ${orderField(s, order!, O.mode)}`;
    const untilS = orderField(s, order!, O.bidUntilS);
    if (untilS < tracker.nowS)
      return `Bid ${bid} came after ${tracker.nowS} s on order ${order}, open to bids until ${untilS} s`;
    const state = s.providers[provider! * STRIDE.providers + F.providers.state]!;
    if (state < PROVIDER_STATE.registered || state === PROVIDER_STATE.rejected)
      return `Bid ${bid} is of provider ${provider} in state ${state}, which was never staked`;
    const asset = orderField(s, order!, O.asset);
    const isSet = s.providerMarket[provider! * STRIDE.providerMarket + F.providerMarket.isAssetsSet];
    if (asset !== 0 && isSet !== 1)
      return `Bid ${bid} is in asset ${asset}; provider ${provider} takes the token alone`;
  }
  return null;
}

/** What the list of an order's bids shows: no provider bids twice, and one wins if and only if there is a lease. */
function bidsOfOrder(s: State, order: number): string | null {
  const state = orderField(s, order, O.state);
  const isOver = state !== ORDER_STATE.open && state !== ORDER_STATE.matching;
  const providers = new Set<number>();
  let won = 0;
  for (let bid = orderField(s, order, O.lastBid); bid !== 0; bid = s.bids[bid * STRIDE.bids + B.previous]!) {
    const at = bid * STRIDE.bids;
    const found = s.bids[at + B.state]!;
    const provider = s.bids[at + B.provider]!;
    if (s.bids[at + B.order] !== order || s.bids[at + B.previous]! >= bid)
      return `Bid ${bid} on order ${s.bids[at + B.order]} is in the list of order ${order}`;
    if (found === BID_STATE.won) won = bid;
    if (found !== BID_STATE.open) continue;
    if (isOver) return `Bid ${bid} is open; its order ${order} is in state ${state}`;
    if (providers.has(provider)) return `Provider ${provider} has two open bids on order ${order}`;
    providers.add(provider);
  }
  const lease = orderField(s, order, O.lease);
  if ((state === ORDER_STATE.leased) !== (lease !== 0) || (lease !== 0) !== (won !== 0))
    return `Order ${order} in state ${state} has lease ${lease} and winning bid ${won}`;
  const winner = s.bids[won * STRIDE.bids + B.provider]!;
  return won === 0 || leaseField(s, lease, L.provider) === winner
    ? null
    : `Bid ${won} of provider ${winner} won order ${order}; lease ${lease} is of provider ${leaseField(s, lease, L.provider)}`;
}

/** INV-55 */
export function ordersHaveOneLease(s: State, tracker: Tracker): string | null {
  const leased = new Map<number, number>();
  for (const lease of freshLeases(s, tracker)) {
    const order = leaseField(s, lease, L.order);
    const before = tracker.market.leases.get(lease);
    for (const name of [...LEASE_PARTIES, ...LEASE_FIXED]) {
      if (before !== undefined && before[L[name]] !== leaseField(s, lease, L[name]))
        return `Lease ${lease} has ${name} ${leaseField(s, lease, L[name])}; it began with ${before[L[name]]}`;
    }
    if (orderField(s, order, O.escrow) !== leaseField(s, lease, L.escrow))
      return `Lease ${lease} is paid from wallet ${leaseField(s, lease, L.escrow)}; its order ${order} from ${orderField(s, order, O.escrow)}`;
    if (isClosed(s, lease)) continue;
    if (leased.has(order)) return `Order ${order} has open leases ${leased.get(order)} and ${lease}`;
    leased.set(order, lease);
    if (orderField(s, order, O.lease) !== lease)
      return `Order ${order} has lease ${orderField(s, order, O.lease)}; lease ${lease} of it is open`;
  }
  for (const order of freshOrders(s, tracker)) {
    const found = bidsOfOrder(s, order);
    if (found !== null) return found;
  }
  return null;
}

/** True if units have left the escrow, or a price has changed, after an event of the call in progress. */
function hasEscrowPaid(s: State, from: number): boolean {
  const { Moved, AssetMoved, PricePosted } = EV;
  for (let i = from + 1; i < s.eventCount; i++) {
    const [code, a, b] = s.events.subarray(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    if (code === PricePosted) return true;
    if ((code === Moved && a === ACCOUNT.escrow) || (code === AssetMoved && b === ACCOUNT.escrow)) return true;
  }
  return false;
}

/**
 * INV-56: as long as the events of the call in progress tell of a lease that has begun in it, and of nothing by which the
 * wallet has become poorer since, the wallet's brackets are enough.
 */
export function bracketsAreHeld(s: State): string | null {
  if (getParam(s, 'escrow.brackets_enforced') === 0) return null;
  for (let i = 0; i < s.eventCount; i++) {
    if (s.events[i * EVENT_STRIDE] !== EV.LeaseCreated) continue;
    const lease = s.events[i * EVENT_STRIDE + 1]!;
    if (lease > leaseCount(s) || leaseField(s, lease, L.startS) !== s.nowS || hasEscrowPaid(s, i)) continue;
    const escrow = leaseField(s, lease, L.escrow);
    const { needed, held } = bracketsOf(s, escrow, NO_RESOURCES, NO_RESOURCES);
    if (needed > held)
      return `Wallet ${escrow} needs ${needed} brackets for its leases and holds ${held}; lease ${lease} has begun`;
  }
  return null;
}

/** Fizz node that has just been acknowledged, by the last event of the call in progress; 0 if there is none. */
function acceptedFizz(s: State): number {
  const [code, kind, fizz, , from, to] = s.events.subarray(max(0, s.eventCount - 1) * EVENT_STRIDE);
  const isAccepted = code === EV.Transition && kind === KIND.fizz && from === FIZZ_STATE.registered;
  return s.eventCount > 0 && isAccepted && to === FIZZ_STATE.active ? fizz! : 0;
}

/**
 * INV-57: who belongs to a subnet backs its gateway, and whoever is acknowledged backs it with enough. Who falls below that
 * later stays Active until it is flagged.
 */
export function membersBackTheirGateway(s: State, tracker: Tracker): string | null {
  const count = s.fizzTotals[F.fizzTotals.fizzCount]!;
  for (let fizz = 1; fizz <= count; fizz++) {
    const [state, gateway, delegation, owner] = [Z.state, Z.gateway, Z.delegation, Z.owner].map((f) =>
      fizzField(s, fizz, f),
    );
    if ((state === FIZZ_STATE.configured) !== (gateway === 0) || (gateway === 0) !== (delegation === 0))
      return `Fizz node ${fizz} in state ${state} has gateway ${gateway} and delegation ${delegation}`;
    if ((state === FIZZ_STATE.reserved) !== (fizzField(s, fizz, Z.order) !== 0))
      return `Fizz node ${fizz} in state ${state} is kept for order ${fizzField(s, fizz, Z.order)}`;
    if (gateway === 0) continue;
    const at = delegation! * STRIDE.delegations;
    const [delegator, kind, target] = [F.delegations.delegator, F.delegations.targetKind, F.delegations.target].map(
      (field) => s.delegations[at + field],
    );
    if (delegator !== owner || kind !== KIND.provider || target !== gateway)
      return `Fizz node ${fizz} of account ${owner} at gateway ${gateway} has delegation ${delegation} of account ${delegator} to entity ${target} of kind ${kind}`;
  }
  const fizz = acceptedFizz(s);
  if (fizz === 0 || fizz > count || fizzField(s, fizz, Z.state) !== FIZZ_STATE.active) return null;
  const gateway = fizzField(s, fizz, Z.gateway);
  const least = leastDelegation(s, gateway);
  const units = memberUnits(s, fizz);
  return units < least && least === tracker.market.leastDelegations[gateway]
    ? `Fizz node ${fizz} was acknowledged with ${units} units delegated; gateway ${gateway} wants ${least}`
    : null;
}

/** INV-58 */
export function subnetsHaveOneGateway(s: State): string | null {
  const providers = providerCount(s);
  const members = new Float64Array(providers + 1);
  const count = s.fizzTotals[F.fizzTotals.fizzCount]!;
  for (let fizz = 1; fizz <= count; fizz++) {
    const gateway = fizzField(s, fizz, Z.gateway);
    if (gateway > providers) return `Fizz node ${fizz} has gateway ${gateway}; there are ${providers} providers`;
    if (isMember(fizzField(s, fizz, Z.state))) members[gateway]! += 1;
  }
  for (let gateway = 1; gateway <= providers; gateway++) {
    const at = gateway * STRIDE.subnets;
    const counted = s.subnets[at + U.memberCount] ?? 0;
    if (counted !== members[gateway]) return `Subnet ${gateway} counts ${counted} members; it has ${members[gateway]}`;
    const state = s.subnets[at + U.state] ?? 0;
    if ((state === SUBNET_STATE.exists) !== counted > 0)
      return `Subnet ${gateway} in state ${state} has ${counted} members`;
  }
  return null;
}

/** INV-22, the counts of orders and operators. */
export function marketCountsMatch(s: State, tracker: Tracker): string | null {
  const t = F.orderTotals;
  let open = 0;
  for (const order of freshOrders(s, tracker)) {
    const state = orderField(s, order, O.state);
    if (state === ORDER_STATE.open || state === ORDER_STATE.matching) open += 1;
  }
  let active = 0;
  for (let seat = 1; seat <= OPERATOR_SEATS; seat++)
    if (s.operators[seat * STRIDE.operators + F.operators.state] === OPERATOR_STATE.active) active += 1;
  const counts = [
    ['Open orders', s.orderTotals[t.openCount]!, open],
    ['Active operators', s.orderTotals[t.operatorCount]!, active],
  ] as const;
  for (const [name, counted, found] of counts)
    if (counted !== found) return `${name}: ${counted} are counted, ${found} are there`;
  return null;
}

/** What the invariants of the market remember of the last check. */
export type MarketMemory = {
  leaseCount: number;
  /** Records of the leases that were not closed, by their numbers. */
  leases: Map<number, Float64Array>;
  bidCount: number;
  orderCount: number;
  /** Orders that were not over. */
  orders: readonly number[];
  /** Least delegation of a member, by gateway. */
  leastDelegations: Float64Array;
};

export function createMarketMemory(): MarketMemory {
  return { leaseCount: 0, leases: new Map(), bidCount: 0, orderCount: 0, orders: [], leastDelegations: EMPTY };
}

/** Remembers the present state for the next check. */
export function rememberMarket(s: State, tracker: { market: MarketMemory }): void {
  const memory = tracker.market;
  memory.leaseCount = leaseCount(s);
  memory.leases = new Map();
  const open = s.leaseTotals[F.leaseTotals.openCount]!;
  for (let place = 1; place <= open; place++) {
    const lease = s.openLeases[place]!;
    memory.leases.set(lease, s.leases.slice(lease * STRIDE.leases, (lease + 1) * STRIDE.leases));
  }
  memory.bidCount = s.orderTotals[F.orderTotals.bidCount]!;
  memory.orders = [...freshOrders(s, tracker)].filter((order) => orderField(s, order, O.state) < ORDER_STATE.leased);
  memory.orderCount = s.orderTotals[F.orderTotals.orderCount]!;
  memory.leastDelegations = Float64Array.from({ length: providerCount(s) + 1 }, (_, i) => leastDelegation(s, i));
}
