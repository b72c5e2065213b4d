/**
 * Escrow wallets (SM-13): what consumers deposit in any enabled asset, what of it leases have locked, and the brackets that limit
 * the resources of a wallet's leases (F-18). What a lease locks and when it pays is decided in `leases.ts`.
 */
import { assert } from '../base/assert.ts';
import { compareProducts, FP, MAX_INT, max, min, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { assetUnits, isAssetEnabled, moveAsset, priceOf, refuseAsset, tokenValueOf, unitsWorth } from './assets.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, ASSET_COUNT, DOLLAR_ASSET, F, STRIDE } from './layout.ts';
import { R } from './rejections.ts';
import type { Resources } from './resources.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { isAgentAccount } from './token.ts';

const E = F.escrows;
const B = F.escrowBalances;
const T = F.escrowTotals;

/** What one bracket allows: of machines without GPU, and of a GPU task. @source T-BRACKET */
const STANDARD_ROW = { cpuCount: 8, memoryGb: 32, storageGb: 512 } as const;
const GPU_TASK_ROW = { cpuCount: 32, memoryGb: 128, storageGb: 1_024, gpuCount: 1 } as const;

export function escrowCount(s: State): number {
  return s.escrowTotals[T.escrowCount]!;
}

/** First float of a wallet's record. */
function escrowAt(escrow: number): number {
  return escrow * STRIDE.escrows;
}

/** First float of what a wallet has of an asset. */
function balanceAt(escrow: number, asset: number): number {
  return (escrow * ASSET_COUNT + asset) * STRIDE.escrowBalances;
}

/** Account that the wallet belongs to now; its leases and orders go with it. @rule ESCROW-4, LEASE-14 */
export function escrowOwner(s: State, escrow: number): number {
  return s.escrows[escrowAt(escrow) + E.owner]!;
}

/** Units that the owner may withdraw or use. */
export function unlockedUnits(s: State, escrow: number, asset: number): number {
  return s.escrowBalances[balanceAt(escrow, asset) + B.unlockedUnits]!;
}

/** Units that leases have locked. */
export function lockedUnits(s: State, escrow: number, asset: number): number {
  return s.escrowBalances[balanceAt(escrow, asset) + B.lockedUnits]!;
}

/** 0 if the wallet exists, else UnknownEntity. */
function refuseUnknownEscrow(s: State, escrow: number): number {
  const count = escrowCount(s);
  return escrow >= 1 && escrow <= count ? 0 : reject(s, R.UnknownEntity, escrow, count);
}

/** 0 if the wallet exists and belongs to `actor`, else UnknownEntity or NotOwner. */
function refuseForeignEscrow(s: State, actor: number, escrow: number): number {
  const unknown = refuseUnknownEscrow(s, escrow);
  if (unknown !== 0) return unknown;
  const owner = escrowOwner(s, escrow);
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

function emitChanged(s: State, escrow: number, asset: number): void {
  const at = balanceAt(escrow, asset);
  const balances = s.escrowBalances;
  emit(
    s,
    'EscrowChanged',
    escrow,
    asset,
    balances[at + B.unlockedUnits],
    balances[at + B.lockedUnits],
    escrowOwner(s, escrow),
  );
}

/** Adds to what a wallet has unlocked and locked of an asset, and to the sums of all wallets; either may be negative. @invariant INV-48 */
function change(s: State, escrow: number, asset: number, unlockedBy: number, lockedBy: number): void {
  const at = balanceAt(escrow, asset);
  s.escrowBalances[at + B.unlockedUnits]! += unlockedBy;
  s.escrowBalances[at + B.lockedUnits]! += lockedBy;
  s.escrowTotals[T.unlockedUnits0 + asset]! += unlockedBy;
  s.escrowTotals[T.lockedUnits0 + asset]! += lockedBy;
}

/**
 * Locks units for a lease; for 0 units nothing happens.
 *
 * @throws AssertionError if fewer are unlocked
 * @rule SM-13, LEASE-2, ESCROW-6
 */
export function lockUnits(s: State, escrow: number, asset: number, units: number): void {
  if (units === 0) return;
  const haveUnits = unlockedUnits(s, escrow, asset);
  if (!(haveUnits >= units)) assert(false, `Escrow ${escrow} has ${haveUnits} units unlocked and cannot lock ${units}`);
  change(s, escrow, asset, -units, units);
  emitChanged(s, escrow, asset);
}

/**
 * Unlocks what a closed lease has left; for 0 units nothing happens.
 *
 * @throws AssertionError if fewer are locked
 * @rule SM-13, LEASE-8, ESCROW-6
 */
export function unlockUnits(s: State, escrow: number, asset: number, units: number): void {
  if (units === 0) return;
  const haveUnits = lockedUnits(s, escrow, asset);
  if (!(haveUnits >= units)) assert(false, `Escrow ${escrow} has ${haveUnits} units locked and cannot unlock ${units}`);
  change(s, escrow, asset, units, -units);
  emitChanged(s, escrow, asset);
}

/**
 * Pays locked units out to an account; for 0 units nothing happens.
 *
 * @param reason one of MOVE in events.ts
 * @throws AssertionError if fewer are locked
 * @rule SM-13, LEASE-6, ESCROW-6, ESCROW-7
 */
export function payLocked(s: State, escrow: number, asset: number, to: number, units: number, reason: number): void {
  if (units === 0) return;
  const haveUnits = lockedUnits(s, escrow, asset);
  if (!(haveUnits >= units)) assert(false, `Escrow ${escrow} has ${haveUnits} units locked and cannot pay ${units}`);
  change(s, escrow, asset, 0, -units);
  moveAsset(s, asset, ACCOUNT.escrow, to, units, reason);
}

/** Counts resources with a wallet's leases, by what they need: machines without GPU, or GPU tasks. */
function count(s: State, escrow: number, resources: Resources, sign: 1 | -1): void {
  const at = escrowAt(escrow);
  const e = s.escrows;
  e[at + E.leaseCount]! += sign;
  const isGpuTask = resources.gpuCount > 0;
  e[at + (isGpuTask ? E.gpuTaskCpuCount : E.cpuCount)]! += sign * resources.cpuCount;
  e[at + (isGpuTask ? E.gpuTaskMemoryGb : E.memoryGb)]! += sign * resources.memoryGb;
  e[at + (isGpuTask ? E.gpuTaskStorageGb : E.storageGb)]! += sign * resources.storageGb;
  e[at + E.gpuTaskGpuCount]! += sign * resources.gpuCount;
}

/** A lease of the wallet has begun. @rule F-18, INV-56 */
export function addUse(s: State, escrow: number, resources: Resources): void {
  count(s, escrow, resources, 1);
}

/** A lease of the wallet was closed. @rule F-18 */
export function removeUse(s: State, escrow: number, resources: Resources): void {
  count(s, escrow, resources, -1);
}

function bracketsOfRow(use: Resources, row: { readonly [K in keyof Resources]?: number }): number {
  let needed = 0;
  for (const name of ['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const)
    if (row[name] !== undefined) needed = max(needed, mulDivUp(use[name], 1, row[name]));
  return needed;
}

/** Value of all that a wallet holds, locked or not, in units of the token; at most MAX_INT. @rule F-18 */
export function escrowValue(s: State, escrow: number, spentAsset = 0, spentUnits = 0): number {
  let value = 0;
  for (let asset = 0; asset < ASSET_COUNT; asset++) {
    const units = unlockedUnits(s, escrow, asset) + lockedUnits(s, escrow, asset);
    value = min(MAX_INT, value + tokenValueOf(s, asset === spentAsset ? units - spentUnits : units, asset));
  }
  return value;
}

/**
 * Brackets that the wallet's open leases need together with `added` and without `removed`, and brackets that its money fills:
 * none until the dollar has a price.
 *
 * @param spentUnits of `spentAsset`, about to leave the wallet
 * @rule F-18, ESCROW-5, OP-89
 */
export function bracketsOf(
  s: State,
  escrow: number,
  added: Resources,
  removed: Resources,
  spentAsset = 0,
  spentUnits = 0,
): { readonly needed: number; readonly held: number } {
  const at = escrowAt(escrow);
  const e = s.escrows;
  const of = (isGpuTask: boolean, field: number, name: keyof Resources): number => {
    const gained = added.gpuCount > 0 === isGpuTask ? added[name] : 0;
    const lost = removed.gpuCount > 0 === isGpuTask ? removed[name] : 0;
    return e[at + field]! + gained - lost;
  };
  const standard = {
    cpuCount: of(false, E.cpuCount, 'cpuCount'),
    memoryGb: of(false, E.memoryGb, 'memoryGb'),
    storageGb: of(false, E.storageGb, 'storageGb'),
    gpuCount: 0,
  };
  const gpuTasks = {
    cpuCount: of(true, E.gpuTaskCpuCount, 'cpuCount'),
    memoryGb: of(true, E.gpuTaskMemoryGb, 'memoryGb'),
    storageGb: of(true, E.gpuTaskStorageGb, 'storageGb'),
    gpuCount: of(true, E.gpuTaskGpuCount, 'gpuCount'),
  };
  const costUnits = mulDivUp(getParam(s, 'escrow.bracket_usd'), priceOf(s, DOLLAR_ASSET), FP);
  return {
    needed: bracketsOfRow(standard, STANDARD_ROW) + bracketsOfRow(gpuTasks, GPU_TASK_ROW),
    held: costUnits === 0 ? 0 : mulDivDown(escrowValue(s, escrow, spentAsset, spentUnits), 1, costUnits),
  };
}

/** 0 if the wallet's money allows its leases with `added` and without `removed`, else BracketExceeded. @rule F-18, INV-56 */
export function refuseBrackets(
  s: State,
  escrow: number,
  added: Resources,
  removed: Resources,
  spentAsset = 0,
  spentUnits = 0,
): number {
  if (getParam(s, 'escrow.brackets_enforced') === 0) return 0;
  const { needed, held } = bracketsOf(s, escrow, added, removed, spentAsset, spentUnits);
  return needed > held ? reject(s, R.BracketExceeded, needed, held) : 0;
}

/** 0 if `actor` can pay units of an enabled asset in, else AmountTooSmall or InsufficientBalance. */
function refusePayment(s: State, actor: number, asset: number, units: number): number {
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const balance = assetUnits(s, actor, asset);
  return balance < units ? reject(s, R.InsufficientBalance, balance, units) : 0;
}

function deposit(s: State, actor: number, escrow: number, asset: number, units: number): void {
  moveAsset(s, asset, actor, ACCOUNT.escrow, units, MOVE.escrowDeposit);
  change(s, escrow, asset, units, 0);
  emitChanged(s, escrow, asset);
}

/**
 * Opens a wallet with a first deposit worth at least `escrow.min_deposit` tokens. An account may have any number of them.
 *
 * @rejects ValueOutOfRange (asset), AssetNotEnabled (also if a foreign asset has no price yet), AmountTooSmall,
 * InsufficientBalance
 * @rule ESCROW-1, ESCROW-4, OP-82, SM-13
 */
export const openEscrow: Rule = (s, actor, args) => {
  const [asset, units] = args as readonly [number, number];
  const code = refuseAsset(s, asset);
  if (code !== 0) return code;
  const priceFp = priceOf(s, asset);
  if (!isAssetEnabled(s, asset) || priceFp === 0) return reject(s, R.AssetNotEnabled, asset, 0);
  const leastUnits = getParam(s, 'escrow.min_deposit');
  if (compareProducts(units, priceFp, leastUnits, FP) < 0)
    return reject(s, R.AmountTooSmall, units, unitsWorth(s, leastUnits, asset));
  const unpaid = refusePayment(s, actor, asset, units);
  if (unpaid !== 0) return unpaid;

  const escrow = escrowCount(s) + 1;
  recordAt(s, 'escrowBalances', (escrow + 1) * ASSET_COUNT - 1);
  s.escrows[recordAt(s, 'escrows', escrow) + E.owner] = actor;
  s.escrowTotals[T.escrowCount] = escrow;
  deposit(s, actor, escrow, asset, units);
  return 0;
};

/**
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange (asset), AssetNotEnabled, AmountTooSmall, InsufficientBalance
 * @rule ESCROW-1, ESCROW-2, SM-13
 */
export const depositEscrow: Rule = (s, actor, args) => {
  const [escrow, asset, units] = args as readonly [number, number, number];
  const code = refuseForeignEscrow(s, actor, escrow) || refuseAsset(s, asset);
  if (code !== 0) return code;
  if (!isAssetEnabled(s, asset)) return reject(s, R.AssetNotEnabled, asset, 0);
  const unpaid = refusePayment(s, actor, asset, units);
  if (unpaid !== 0) return unpaid;

  deposit(s, actor, escrow, asset, units);
  return 0;
};

/**
 * Takes unlocked units out, of any asset.
 *
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange (asset), AmountTooSmall, InsufficientEscrow
 * @rule ESCROW-3, LEASE-7, SM-13
 */
export const withdrawEscrow: Rule = (s, actor, args) => {
  const [escrow, asset, units] = args as readonly [number, number, number];
  const code = refuseForeignEscrow(s, actor, escrow) || refuseAsset(s, asset);
  if (code !== 0) return code;
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const haveUnits = unlockedUnits(s, escrow, asset);
  if (haveUnits < units) return reject(s, R.InsufficientEscrow, haveUnits, units);

  moveAsset(s, asset, ACCOUNT.escrow, actor, units, MOVE.escrowWithdraw);
  change(s, escrow, asset, -units, 0);
  emitChanged(s, escrow, asset);
  return 0;
};

/**
 * Gives a wallet with all that is in it, its orders and its leases, to another agent.
 *
 * @rejects UnknownEntity, NotOwner, UnknownAccount, AlreadySet
 * @rule ESCROW-4, LEASE-14, INV-55, SM-13
 */
export const transferEscrow: Rule = (s, actor, args) => {
  const [escrow, to] = args as readonly [number, number];
  const code = refuseForeignEscrow(s, actor, escrow);
  if (code !== 0) return code;
  if (!isAgentAccount(s, to)) return reject(s, R.UnknownAccount, to, 0);
  if (to === actor) return reject(s, R.AlreadySet, to, 0);

  s.escrows[escrowAt(escrow) + E.owner] = to;
  emitChanged(s, escrow, 0);
  return 0;
};
