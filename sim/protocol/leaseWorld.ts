/**
 * Leases for tests: consumers with escrow wallets, providers, fizz nodes, and leases as a match would open them, on a real state.
 * Decides nothing that a rule decides.
 */

import { FP } from '../base/fixedPoint.ts';
import { agent, createEraWorld, mustPass, TOKEN } from './eraWorld.ts';
import { escrowCount } from './escrow.ts';
import { ACCOUNT, F, FIZZ_STATE, KIND, LEASE_STATE, ORDER_STATE, PROVIDER_STATE, SUBNET_STATE } from './layout.ts';
import { HOUR_S } from './leaseMoney.ts';
import { openLease } from './leases.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import type { ParamKey } from './params.ts';
import type { Resources } from './resources.ts';
import { lockStake } from './stake.ts';
import type { State } from './state.ts';

export const KEEPER = ACCOUNT.keeper;
export const CONSUMER = agent(0);
export const STRANGER = agent(1);
export const FIZZ_OWNER = agent(2);
/** Account of the owner of provider 1, 2, … */
export function providerOwner(provider: number): number {
  return agent(2 + provider);
}

/** The foreign asset of these tests, worth 10 tokens a unit. */
export const DOLLARS = 1;
export const SMALL: Resources = { cpuCount: 2, memoryGb: 4, storageGb: 10, gpuCount: 0 };
/** 10 units a second. */
export const PRICE_UNITS = 36_000;

/** Gateway share of the subnet of provider 1. */
export const GATEWAY_BPS = 500;

/**
 * Providers 1 in tier 4 and 2 in tier 1, both Active with 16 CPUs, 64 GB, 1 000 GB and 2 GPUs. Wallet 1 is the consumer's, with 1 000
 * tokens and 1 000 000 000 dollar units. Brackets are not enforced unless `params` says so.
 */
export function createLeaseWorld(params: Partial<Record<ParamKey, number>> = {}, capacity = 128): State {
  const s = createEraWorld({
    agents: 6,
    capacity,
    params: { 'escrow.brackets_enforced': 0, ...params },
  });
  mustPass(s, 'enableAsset', KEEPER, [DOLLARS]);
  mustPass(s, 'postPrices', KEEPER, [10 * FP, 7 * FP, 5 * FP]);
  writeRecord(s, 'providerTotals', 0, { providerCount: 2, activeCount: 2 });
  for (const provider of [1, 2]) {
    writeRecord(s, 'providers', provider, {
      owner: providerOwner(provider),
      state: PROVIDER_STATE.active,
      tier: provider === 1 ? 4 : 1,
      isMatchable: 1,
      cpuCount: 16,
      memoryGb: 64,
      storageGb: 1_000,
      gpuCount: 2,
    });
    lockStake(s, KIND.provider, provider, providerOwner(provider), 100 * TOKEN);
  }
  writeRecord(s, 'subnets', 1, { state: SUBNET_STATE.exists, isOpen: 1, gatewayBps: GATEWAY_BPS, memberCount: 1 });
  addWallet(s, CONSUMER, 1_000 * TOKEN, 1_000_000_000);
  s.nowS = 1_000;
  s.eventCount = 0;
  return s;
}

/** A wallet of an agent with so much of both assets. @returns its number */
export function addWallet(s: State, owner: number, units: number, dollarUnits: number): number {
  mustPass(s, 'openEscrow', owner, [0, units]);
  const escrow = escrowCount(s);
  if (dollarUnits > 0) {
    mustPass(s, 'issueAsset', KEEPER, [DOLLARS, owner, dollarUnits]);
    mustPass(s, 'depositEscrow', owner, [escrow, DOLLARS, dollarUnits]);
  }
  return escrow;
}

/** A fizz node of the gateway, reserved for an order, with the resources of a small lease. @returns its number */
export function addReservedFizz(s: State, gateway: number, order: number): number {
  const fizz = s.fizzTotals[F.fizzTotals.fizzCount]! + 1;
  writeRecord(s, 'fizzTotals', 0, { fizzCount: fizz });
  writeRecord(s, 'fizzNodes', fizz, { owner: FIZZ_OWNER, state: FIZZ_STATE.reserved, gateway, order, ...SMALL });
  return fizz;
}

export type LeaseTermsOfTest = {
  readonly escrow?: number;
  readonly provider?: number;
  readonly asset?: number;
  readonly priceUnits?: number;
  readonly hours?: number;
  readonly resources?: Resources;
  /** Served by a new fizz node of the provider. */
  readonly isFizz?: boolean;
};

/** A lease of an order of its own, as awarding the order opens it. @returns its number */
export function addLease(s: State, terms: LeaseTermsOfTest = {}): number {
  const { escrow = 1, provider = 1, asset = 0, priceUnits = PRICE_UNITS, hours = 2, resources = SMALL } = terms;
  const order = s.orderTotals[F.orderTotals.orderCount]! + 1;
  const durationS = hours * HOUR_S;
  writeRecord(s, 'orderTotals', 0, { orderCount: order });
  writeRecord(s, 'orders', order, { escrow, state: ORDER_STATE.leased, asset, durationS, maxPriceUnits: priceUnits });
  const fizz = terms.isFizz === true ? addReservedFizz(s, provider, order) : 0;
  const request = { order, escrow, provider, fizz, asset, priceUnits, durationS, resources };
  const lease = openLease(s, request, KEEPER);
  writeRecord(s, 'orders', order, { lease });
  return lease;
}

/** As {@link addLease}, and deployed at once. */
export function addServing(s: State, terms: LeaseTermsOfTest = {}): number {
  const lease = addLease(s, terms);
  deploy(s, lease);
  return lease;
}

/** Manifest and deployment of a lease, both now. */
export function deploy(s: State, lease: number): void {
  const { escrow, provider, fizz, state } = readLease(s, lease);
  if (state === LEASE_STATE.awaiting) mustPass(s, 'sendManifest', readRecord(s, 'escrows', escrow).owner, [lease]);
  mustPass(s, 'confirmDeployment', fizz === 0 ? providerOwner(provider) : FIZZ_OWNER, [lease]);
}

export function readLease(s: State, lease: number) {
  return readRecord(s, 'leases', lease);
}

/** Unlocked and locked units of a wallet. */
export function balancesOf(s: State, escrow = 1, asset = 0): readonly [unlockedUnits: number, lockedUnits: number] {
  const { unlockedUnits, lockedUnits } = readRecord(s, 'escrowBalances', escrow * 4 + asset);
  return [unlockedUnits, lockedUnits];
}
