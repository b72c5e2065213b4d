/**
 * Orders for tests: a consumer with an escrow, providers that can bid, and a fizz node, on a real state. Decides nothing that
 * a rule decides.
 */
import { agent, createEraWorld, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, FIZZ_STATE, KIND, PROVIDER_STATE } from './layout.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import type { ParamKey } from './params.ts';
import { lockStake } from './stake.ts';
import { getParam, type State } from './state.ts';

export const KEEPER = ACCOUNT.keeper;
export const CONSUMER = agent(0);
export const STRANGER = agent(1);
/** Account of the owner of provider 1, 2, … */
export function providerOwner(provider: number): number {
  return agent(1 + provider);
}

export const HOUR_S = 3_600;
export const TOKEN_ASSET = 0;
const ESCROW_UNITS = 1_000 * TOKEN;

/** What `createOrder` takes, by name. The defaults: 2 CPUs, 4 GB, 10 GB for an hour, at most 1 token per hour, region 8. */
export const ORDER = {
  escrow: 1,
  asset: 0,
  mode: 0,
  cpuCount: 2,
  memoryGb: 4,
  storageGb: 10,
  gpuCount: 0,
  gpuTier: 0,
  region: 8,
  durationS: HOUR_S,
  maxPriceUnits: TOKEN,
  flags: 0,
} as const;
export type OrderTerms = { readonly [K in keyof typeof ORDER]: number };

/** What providers have that are written without more: 10 CPUs, 40 GB, 100 GB, no GPU, region 8, tier 4, middling classes. */
export const PROVIDER = {
  ...{ cpuCount: 10, memoryGb: 40, storageGb: 100, region: 8, tier: 4 },
  ...{ computeTier: 2, storageTier: 2, netTier: 2, activeEra: 1, challengedEra: 1 },
} as const;

export function orderArgs(terms: Partial<OrderTerms> = {}): number[] {
  return Object.values({ ...ORDER, ...terms });
}

/**
 * A world of slot 0 with the consumer's escrow 1 of 1 000 tokens and Active providers 1 … n, each of an owner of its own
 * with 100 tokens of stake. Brackets are not enforced unless `params` says so.
 */
export function createOrderWorld(providerTotal: number, params: Partial<Record<ParamKey, number>> = {}): State {
  const s = createEraWorld({
    agents: 2 + providerTotal,
    capacity: 160,
    params: { 'escrow.brackets_enforced': 0, ...params },
  });
  mustPass(s, 'openEscrow', CONSUMER, [TOKEN_ASSET, ESCROW_UNITS]);
  writeRecord(s, 'providerTotals', 0, { providerCount: providerTotal, activeCount: providerTotal });
  for (let provider = 1; provider <= providerTotal; provider++) {
    const owner = providerOwner(provider);
    writeRecord(s, 'providers', provider, { owner, state: PROVIDER_STATE.active, isMatchable: 1, ...PROVIDER });
    lockStake(s, KIND.provider, provider, owner, 100 * TOKEN);
  }
  s.eventCount = 0;
  return s;
}

/** Sends `createOrder`. @returns the order's number */
export function addOrder(s: State, terms: Partial<OrderTerms> = {}): number {
  mustPass(s, 'createOrder', CONSUMER, orderArgs(terms));
  return s.orderTotals[F.orderTotals.orderCount]!;
}

/** Sends `placeBid` for the owner of the provider. @returns the bid's number */
export function addBid(s: State, order: number, provider: number, priceUnits: number, fizz = 0): number {
  mustPass(s, 'placeBid', providerOwner(provider), [order, provider, priceUnits, fizz]);
  return s.orderTotals[F.orderTotals.bidCount]!;
}

/** Passes the window for bids and hands the order to matching. */
export function startMatching(s: State, order: number): void {
  s.nowS = readOrder(s, order).bidUntilS + 1;
  mustPass(s, 'openMatching', KEEPER, [order]);
}

/** A fizz node that a gateway has reserved for an order, written straight into the state. @returns its number */
export function reserveNode(s: State, order: number, gateway: number, priceUnits: number): number {
  const fizz = s.fizzTotals[F.fizzTotals.fizzCount]! + 1;
  writeRecord(s, 'fizzTotals', 0, { fizzCount: fizz });
  writeRecord(s, 'fizzNodes', fizz, {
    owner: STRANGER,
    state: FIZZ_STATE.reserved,
    gateway,
    cpuCount: 4,
    memoryGb: 16,
    storageGb: 40,
    priceUnits,
    order,
  });
  return fizz;
}

export function readOrder(s: State, order: number) {
  return readRecord(s, 'orders', order);
}

export function readBid(s: State, bid: number) {
  return readRecord(s, 'bids', bid);
}

export function readOrderTotals(s: State) {
  return readRecord(s, 'orderTotals', 0);
}

/** Gives operators of these accounts seats 0, 1, … */
export function seatOperators(s: State, accounts: readonly number[]): void {
  for (const account of accounts) mustPass(s, 'joinOperators', account, []);
}

export function blockS(s: State): number {
  return getParam(s, 'time.block_s');
}
