import { beforeEach, describe, expect, it } from 'vitest';
import { FP, MAX_INT } from '../base/fixedPoint.ts';
import { assetUnits, isAssetEnabled, moveAsset, priceOf, tokenValueOf, unitsWorth } from './assets.ts';
import { agent, createEraWorld, eventsSince, mustPass, send } from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT } from './layout.ts';
import { attempt, readRecord } from './nodeWorld.ts';
import { R } from './rejections.ts';
import type { State } from './state.ts';

const KEEPER = ACCOUNT.keeper;
const A = agent(0);
const B = agent(1);
let s: State;

beforeEach(() => {
  s = createEraWorld({ agents: 2, walletUnits: 500 });
});

describe('enableAsset', () => {
  it('enables a foreign asset, once and for good', () => {
    expect(isAssetEnabled(s, 2)).toBe(false);
    mustPass(s, 'enableAsset', KEEPER, [2]);
    expect([1, 2, 3].map((asset) => isAssetEnabled(s, asset))).toEqual([false, true, false]);
    expect(send(s, 'enableAsset', KEEPER, [2])).toEqual([R.AlreadySet, 1, 0]);
  });

  it('given the token or a number beyond the assets > refuses', () => {
    expect(isAssetEnabled(s, 0)).toBe(true);
    expect(send(s, 'enableAsset', KEEPER, [0])).toEqual([R.ValueOutOfRange, 0, 3]);
    expect(send(s, 'enableAsset', KEEPER, [4])).toEqual([R.ValueOutOfRange, 4, 3]);
    expect(send(s, 'enableAsset', A, [1])).toEqual([R.OnlyKeeper, A, KEEPER]);
  });
});

describe('issueAsset', () => {
  it('brings units to an agent, whether the asset is enabled or not', () => {
    mustPass(s, 'issueAsset', KEEPER, [3, A, 70]);
    expect(assetUnits(s, A, 3)).toBe(70);
    expect(readRecord(s, 'assets', 3).issuedUnits).toBe(70);
    expect(eventsSince(s)).toEqual([{ name: 'AssetMoved', asset: 3, from: 0, to: A, units: 70, reason: MOVE.issue }]);
  });

  it('given more than 2^53 − 1 units of an asset in all > refuses', () => {
    mustPass(s, 'issueAsset', KEEPER, [1, A, MAX_INT - 5]);
    expect(attempt(s, 'issueAsset', KEEPER, [1, B, 6])).toEqual(['ValueOutOfRange', 6, 5]);
    mustPass(s, 'issueAsset', KEEPER, [1, B, 5]);
  });

  it.each([
    [
      [0, A, 1],
      ['ValueOutOfRange', 0, 3],
    ],
    [
      [4, A, 1],
      ['ValueOutOfRange', 4, 3],
    ],
    [
      [1, ACCOUNT.escrow, 1],
      ['UnknownAccount', ACCOUNT.escrow, 0],
    ],
    [
      [1, A, 0],
      ['AmountTooSmall', 0, 1],
    ],
  ])('given %j > refuses with %j', (args, refusal) => {
    expect(attempt(s, 'issueAsset', KEEPER, args)).toEqual(refusal);
  });
});

describe('postPrices', () => {
  it('writes all three and tells of those that changed', () => {
    mustPass(s, 'postPrices', KEEPER, [10, 20, 30]);
    s.eventCount = 0;
    mustPass(s, 'postPrices', KEEPER, [10, 21, 30]);
    expect([0, 1, 2, 3].map((asset) => priceOf(s, asset))).toEqual([FP, 10, 21, 30]);
    expect(eventsSince(s)).toEqual([{ name: 'PricePosted', asset: 2, priceFp: 21 }]);
  });

  it.each([
    [
      [0, 1, 1],
      ['ValueOutOfRange', 0, 10 ** 15],
    ],
    [
      [1, 10 ** 15 + 1, 1],
      ['ValueOutOfRange', 10 ** 15 + 1, 10 ** 15],
    ],
    [
      [1, 1, 0],
      ['ValueOutOfRange', 0, 10 ** 15],
    ],
    [
      [10 ** 12 + 1, 1, 1],
      ['ValueOutOfRange', 10 ** 12 + 1, 10 ** 12],
    ],
  ])('given %j > refuses with %j', (prices, refusal) => {
    expect(attempt(s, 'postPrices', KEEPER, prices)).toEqual(refusal);
  });

  it('given the highest prices that are allowed > accepts them', () => {
    expect(attempt(s, 'postPrices', KEEPER, [10 ** 12, 10 ** 15, 10 ** 15])).toEqual(['None']);
  });
});

describe('transferAsset', () => {
  it('moves units between agents, and nothing for 0 of them', () => {
    mustPass(s, 'issueAsset', KEEPER, [1, A, 70]);
    s.eventCount = 0;
    mustPass(s, 'transferAsset', A, [1, B, 0]);
    expect(eventsSince(s)).toEqual([]);
    mustPass(s, 'transferAsset', A, [1, B, 30]);
    expect([assetUnits(s, A, 1), assetUnits(s, B, 1)]).toEqual([40, 30]);
    expect(eventsSince(s)).toEqual([
      { name: 'AssetMoved', asset: 1, from: A, to: B, units: 30, reason: MOVE.transfer },
    ]);
  });

  it.each([
    [
      [0, B, 1],
      ['ValueOutOfRange', 0, 3],
    ],
    [
      [4, B, 1],
      ['ValueOutOfRange', 4, 3],
    ],
    [
      [1, ACCOUNT.escrow, 1],
      ['UnknownAccount', ACCOUNT.escrow, 0],
    ],
    [
      [1, B, 1],
      ['InsufficientBalance', 0, 1],
    ],
  ])('given %j > refuses with %j', (args, refusal) => {
    expect(attempt(s, 'transferAsset', A, args)).toEqual(refusal);
  });
});

describe('moveAsset', () => {
  it('given asset 0 > moves tokens', () => {
    moveAsset(s, 0, A, B, 100, MOVE.transfer);
    expect([assetUnits(s, A, 0), assetUnits(s, B, 0)]).toEqual([400, 600]);
    expect(eventsSince(s)).toEqual([{ name: 'Moved', from: A, to: B, units: 100, reason: MOVE.transfer }]);
  });

  it('given more than the wallet holds > stops the run', () => {
    expect(() => moveAsset(s, 1, A, B, 1, MOVE.transfer)).toThrow('holds 0 units of asset 1');
  });
});

describe('tokenValueOf', () => {
  it('is the units’ price, rounded down, and 0 without a price', () => {
    expect(tokenValueOf(s, 7, 0)).toBe(7);
    expect(tokenValueOf(s, 7, 1)).toBe(0);
    mustPass(s, 'postPrices', KEEPER, [1_500_000_000, 1, 10 ** 15]);
    expect(tokenValueOf(s, 7, 1)).toBe(10);
  });

  it('given more than 2^53 − 1 tokens > is 2^53 − 1', () => {
    mustPass(s, 'postPrices', KEEPER, [1, 1, 10 ** 15]);
    expect(tokenValueOf(s, MAX_INT, 3)).toBe(MAX_INT);
    expect(tokenValueOf(s, 9_007_199_254, 3)).toBe(9_007_199_254_000_000);
  });
});

describe('unitsWorth', () => {
  it('> is the least number of units of an asset that are worth so many of the token', () => {
    mustPass(s, 'postPrices', KEEPER, [3 * FP, FP / 4, 7]);
    expect(unitsWorth(s, 10, 0)).toBe(10);
    for (const tokenUnits of [1, 2, 3, 10, 1_000_000]) {
      for (const asset of [1, 2, 3]) {
        const units = unitsWorth(s, tokenUnits, asset);
        expect(tokenValueOf(s, units, asset)).toBeGreaterThanOrEqual(tokenUnits);
        expect(tokenValueOf(s, units - 1, asset)).toBeLessThan(tokenUnits);
      }
    }
    expect([1, 2, 3].map((asset) => unitsWorth(s, 10, asset))).toEqual([4, 40, 1_428_571_429]);
  });

  it('given an asset without a price, or more units than there can be > is 2^53 − 1', () => {
    expect(unitsWorth(s, 1, 1)).toBe(MAX_INT);
    mustPass(s, 'postPrices', KEEPER, [1, 1, 1]);
    expect(unitsWorth(s, 9_007_199, 1)).toBe(9_007_199 * FP);
    expect(unitsWorth(s, 9_007_200, 1)).toBe(MAX_INT);
  });
});
