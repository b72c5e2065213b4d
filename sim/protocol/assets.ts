/**
 * Payment assets (TOK-4): the token, number 0, and the foreign assets 1 to 3, with the wallets of the foreign ones and the prices
 * that the keeper posts for them. Only here do units of a foreign asset change hands; why they do is decided elsewhere.
 */
import { assert } from '../base/assert.ts';
import { FP, MAX_INT, mulDivCapped, mulDivUp } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { MOVE } from './events.ts';
import { ASSET_COUNT, DOLLAR_ASSET, F, STRIDE } from './layout.ts';
import { R } from './rejections.ts';
import { emit, recordAt, reject, type State } from './state.ts';
import { isAgentAccount, moveUnits, walletUnits } from './token.ts';

const A = F.assets;
const LAST_ASSET = ASSET_COUNT - 1;

/** Highest price that is accepted; of the dollar, of which brackets are priced, one that leaves room to multiply. */
const MAX_PRICE_FP = 1_000_000_000_000_000;
const MAX_DOLLAR_PRICE_FP = 1_000_000_000_000;

/** Units of an asset in the wallet of an account; asset 0 is the token. */
export function assetUnits(s: State, account: number, asset: number): number {
  return asset === 0 ? walletUnits(s, account) : s.assetWallets[account * ASSET_COUNT + asset]!;
}

/**
 * Moves units of an asset between two accounts; for 0 units nothing happens, not even an event.
 *
 * @param reason one of MOVE in events.ts
 * @throws AssertionError if the wallet holds less: whoever lets an action through has checked the balance
 * @invariant INV-2, INV-3
 * @rule TOK-4, TOK-5
 */
export function moveAsset(s: State, asset: number, from: number, to: number, units: number, reason: number): void {
  if (asset === 0) {
    moveUnits(s, from, to, units, reason);
    return;
  }
  if (units === 0) return;
  const balanceUnits = assetUnits(s, from, asset);
  if (!(balanceUnits >= units))
    assert(false, `Account ${from} holds ${balanceUnits} units of asset ${asset} and cannot move ${units}`);
  s.assetWallets[from * ASSET_COUNT + asset] = balanceUnits - units;
  s.assetWallets[recordAt(s, 'assetWallets', to * ASSET_COUNT + asset)]! += units;
  emit(s, 'AssetMoved', asset, from, to, units, reason);
}

/** Tokens for a unit of the asset, an FP ratio; 0 if none was posted. @rule NUM-7 */
export function priceOf(s: State, asset: number): number {
  return asset === 0 ? FP : s.assets[asset * STRIDE.assets + A.priceFp]!;
}

/** True if an asset may be paid with; the token always. @rule TOK-4 */
export function isAssetEnabled(s: State, asset: number): boolean {
  return asset === 0 || s.assets[asset * STRIDE.assets + A.isEnabled] === 1;
}

/** Value of units of an asset in units of the token, rounded down, at most MAX_INT. @rule NUM-7, F-18 */
export function tokenValueOf(s: State, units: number, asset: number): number {
  return asset === 0 ? units : mulDivCapped(units, priceOf(s, asset), FP, MAX_INT);
}

/** Units of an asset that are worth so many of the token, rounded up; MAX_INT if none are, or more would be needed. @rule NUM-7, OP-82 */
export function unitsWorth(s: State, tokenUnits: number, asset: number): number {
  const priceFp = priceOf(s, asset);
  const isPayable = priceFp > 0 && mulDivCapped(tokenUnits, FP, priceFp, MAX_INT) < MAX_INT;
  return isPayable ? mulDivUp(tokenUnits, FP, priceFp) : MAX_INT;
}

/** 0 if the number is a payment asset's, the token included, else ValueOutOfRange. */
export function refuseAsset(s: State, asset: number): number {
  return asset <= LAST_ASSET ? 0 : reject(s, R.ValueOutOfRange, asset, LAST_ASSET);
}

/** 0 if the number is a foreign asset's, else ValueOutOfRange. */
function refuseForeignAsset(s: State, asset: number): number {
  return asset >= 1 && asset <= LAST_ASSET ? 0 : reject(s, R.ValueOutOfRange, asset, LAST_ASSET);
}

/** Governance enables a foreign asset for payments, for good. Keeper only. @rejects ValueOutOfRange, AlreadySet @rule TOK-4 */
export const enableAsset: Rule = (s, _actor, args) => {
  const asset = args[0]!;
  const code = refuseForeignAsset(s, asset);
  if (code !== 0) return code;
  if (isAssetEnabled(s, asset)) return reject(s, R.AlreadySet, 1, 0);

  s.assets[asset * STRIDE.assets + A.isEnabled] = 1;
  return 0;
};

/**
 * Units of a foreign asset reach an agent from outside. Keeper only.
 *
 * @rejects ValueOutOfRange (asset; units of an asset that there would be too many of), UnknownAccount, AmountTooSmall
 * @rule TOK-4
 */
export const issueAsset: Rule = (s, _actor, args) => {
  const [asset, account, units] = args as readonly [number, number, number];
  const code = refuseForeignAsset(s, asset);
  if (code !== 0) return code;
  if (!isAgentAccount(s, account)) return reject(s, R.UnknownAccount, account, 0);
  if (units === 0) return reject(s, R.AmountTooSmall, 0, 1);
  const roomUnits = MAX_INT - s.assets[asset * STRIDE.assets + A.issuedUnits]!;
  if (units > roomUnits) return reject(s, R.ValueOutOfRange, units, roomUnits);

  s.assetWallets[recordAt(s, 'assetWallets', account * ASSET_COUNT + asset)]! += units;
  s.assets[asset * STRIDE.assets + A.issuedUnits]! += units;
  emit(s, 'AssetMoved', asset, 0, account, units, MOVE.issue);
  return 0;
};

/**
 * The keeper posts the prices of the foreign assets, all three, FP ratios. Only a price that has changed leaves an event.
 *
 * @param args price1Fp 1…10^12, price2Fp and price3Fp 1…10^15
 * @rejects ValueOutOfRange
 * @rule NUM-7
 */
export const postPrices: Rule = (s, _actor, args) => {
  for (const priceFp of args)
    if (priceFp === 0 || priceFp > MAX_PRICE_FP) return reject(s, R.ValueOutOfRange, priceFp, MAX_PRICE_FP);
  const dollarFp = args[DOLLAR_ASSET - 1]!;
  if (dollarFp > MAX_DOLLAR_PRICE_FP) return reject(s, R.ValueOutOfRange, dollarFp, MAX_DOLLAR_PRICE_FP);

  args.forEach((priceFp, i) => {
    const asset = i + 1;
    if (priceFp === priceOf(s, asset)) return;
    s.assets[asset * STRIDE.assets + A.priceFp] = priceFp;
    emit(s, 'PricePosted', asset, priceFp);
  });
  return 0;
};

/**
 * An agent pays another agent in a foreign asset, enabled or not. As with tokens, 0 units are accepted and nothing happens.
 *
 * @rejects ValueOutOfRange, UnknownAccount, InsufficientBalance
 * @rule TOK-4, TOK-5
 */
export const transferAsset: Rule = (s, actor, args) => {
  const [asset, to, units] = args as readonly [number, number, number];
  const code = refuseForeignAsset(s, asset);
  if (code !== 0) return code;
  if (!isAgentAccount(s, to)) return reject(s, R.UnknownAccount, to, 0);
  const balanceUnits = assetUnits(s, actor, asset);
  if (balanceUnits < units) return reject(s, R.InsufficientBalance, balanceUnits, units);

  moveAsset(s, asset, actor, to, units, MOVE.transfer);
  return 0;
};
