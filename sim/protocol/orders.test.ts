import { beforeEach, describe, expect, it } from 'vitest';
import { FP, MAX_INT } from '../base/fixedPoint.ts';
import { eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import { BID_STATE, FIZZ_STATE, KIND, ORDER_FLAG, ORDER_MODE, ORDER_STATE, PROVIDER_STATE } from './layout.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { acceptedMask, openBidsOf, providerCode } from './orders.ts';
import {
  addBid,
  addOrder,
  blockS,
  CONSUMER,
  createOrderWorld,
  HOUR_S,
  KEEPER,
  type OrderTerms,
  orderArgs,
  PROVIDER,
  providerOwner,
  readBid,
  readOrder,
  readOrderTotals,
  reserveNode,
  STRANGER,
  startMatching,
} from './orderWorld.ts';
import { P, type ParamKey } from './params.ts';
import { REJECTIONS } from './rejections.ts';
import type { State } from './state.ts';

const YEAR_S = 31_536_000;
const MOST_UNITS = 100_000_000_000;
let s: State;

function setParam(key: ParamKey, value: number): void {
  s.paramValues[P[key]] = value;
}

beforeEach(() => {
  s = createOrderWorld(3);
});

describe('setAcceptedAssets', () => {
  it('a provider that has never said > takes the token alone', () => {
    expect(acceptedMask(s, 1)).toBe(1);
  });

  it('> takes what its owner says, also nothing at all', () => {
    for (const assetMask of [15, 6, 0]) {
      mustPass(s, 'setAcceptedAssets', providerOwner(1), [1, assetMask]);
      expect(acceptedMask(s, 1)).toBe(assetMask);
      expect(acceptedMask(s, 2)).toBe(1);
    }
  });

  it('given a provider that does not exist, another owner or a set of more than four assets > is refused', () => {
    expect(attempt(s, 'setAcceptedAssets', providerOwner(1), [0, 1])).toEqual(['UnknownEntity', 0, 3]);
    expect(attempt(s, 'setAcceptedAssets', providerOwner(1), [4, 1])).toEqual(['UnknownEntity', 4, 3]);
    expect(attempt(s, 'setAcceptedAssets', STRANGER, [1, 16])).toEqual(['NotOwner', STRANGER, providerOwner(1)]);
    expect(attempt(s, 'setAcceptedAssets', providerOwner(1), [1, 16])).toEqual(['ValueOutOfRange', 16, 15]);
  });
});

describe('createOrder', () => {
  it('> writes down what is asked for, and until when bids and a match are awaited', () => {
    s.nowS = 1_000;
    const terms = { gpuCount: 1, gpuTier: 5, flags: ORDER_FLAG.secured, durationS: 7_200 };
    expect(addOrder(s, terms)).toBe(1);
    expect(readOrder(s, 1)).toMatchObject({
      ...{
        escrow: 1,
        state: ORDER_STATE.open,
        asset: 0,
        mode: 0,
        cpuCount: 2,
        memoryGb: 4,
        storageGb: 10,
        gpuCount: 1,
      },
      ...{ gpuTier: 5, region: 8, durationS: 7_200, maxPriceUnits: TOKEN, flags: 2 },
      // Blocks of 2 s: a window of 2, an end after 30.
      ...{ createdS: 1_000, bidUntilS: 1_004, expiresS: 1_060, bidCount: 0, lastBid: 0, lease: 0 },
    });
    expect(readOrderTotals(s)).toMatchObject({ orderCount: 1, openCount: 1, bidCount: 0 });
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.order, entity: 1, actor: CONSUMER, from: 0, to: ORDER_STATE.open },
      {
        ...{ name: 'OrderCreated', order: 1, escrow: 1, consumer: CONSUMER, mode: 0 },
        ...{ durationS: 7_200, maxPriceUnits: TOKEN },
      },
    ]);
  });

  it('> goes through its guards in the order of the rule', () => {
    setParam('order.ttl_blocks', 2);
    setParam('escrow.brackets_enforced', 1);
    let actor = STRANGER;
    let terms: Partial<OrderTerms> = {
      ...{ escrow: 2, asset: 4, mode: 2, flags: 32, cpuCount: 0, memoryGb: 0, storageGb: 1_000_001, gpuCount: 65 },
      ...{ gpuTier: 12, region: 64, durationS: 5_400, maxPriceUnits: 0 },
    };
    const expectRefused = (fix: Partial<OrderTerms>, ...expected: (string | number)[]): void => {
      terms = { ...terms, ...fix };
      expect(attempt(s, 'createOrder', actor, orderArgs(terms))).toEqual(expected);
    };
    expectRefused({}, 'UnknownEntity', 2, 1);
    expectRefused({ escrow: 0 }, 'UnknownEntity', 0, 1);
    expectRefused({ escrow: 1 }, 'NotOwner', STRANGER, CONSUMER);
    actor = CONSUMER;
    expectRefused({}, 'ValueOutOfRange', 4, 3);
    expectRefused({ asset: 1 }, 'AssetNotEnabled', 1, 0);
    expectRefused({ asset: 0 }, 'ValueOutOfRange', 2, 1);
    expectRefused({ mode: 1 }, 'ValueOutOfRange', 32, 31);
    expectRefused({ flags: 6 }, 'ValueOutOfRange', 6, 31);
    expectRefused({ flags: 8 }, 'SensitiveData', 8, 0);
    expectRefused({ mode: 0 }, 'ValueOutOfRange', 0, 4_096);
    expectRefused({ cpuCount: 4_097 }, 'ValueOutOfRange', 4_097, 4_096);
    expectRefused({ cpuCount: 2 }, 'ValueOutOfRange', 0, 65_536);
    expectRefused({ memoryGb: 65_537 }, 'ValueOutOfRange', 65_537, 65_536);
    expectRefused({ memoryGb: 4 }, 'ValueOutOfRange', 1_000_001, 1_000_000);
    expectRefused({ storageGb: 10 }, 'ValueOutOfRange', 65, 64);
    expectRefused({ gpuCount: 0 }, 'ValueOutOfRange', 12, 11);
    expectRefused({ gpuTier: 1 }, 'ValueOutOfRange', 1, 0);
    expectRefused({ gpuTier: 0 }, 'ValueOutOfRange', 64, 63);
    expectRefused({ region: 8 }, 'ValueOutOfRange', 5_400, YEAR_S);
    expectRefused({ durationS: 0 }, 'ValueOutOfRange', 0, YEAR_S);
    expectRefused({ durationS: YEAR_S + HOUR_S }, 'ValueOutOfRange', YEAR_S + HOUR_S, YEAR_S);
    expectRefused({ durationS: HOUR_S }, 'ValueOutOfRange', 0, MOST_UNITS);
    expectRefused({ maxPriceUnits: MOST_UNITS + 1 }, 'ValueOutOfRange', MOST_UNITS + 1, MOST_UNITS);
    expectRefused({ maxPriceUnits: 1_001 * TOKEN }, 'ValueOutOfRange', 2, 2);
    setParam('order.ttl_blocks', 3);
    expectRefused({}, 'InsufficientEscrow', 1_000 * TOKEN, 1_001 * TOKEN);
    expectRefused({ maxPriceUnits: 1_000 * TOKEN }, 'BracketExceeded', 1, 0);
    setParam('escrow.brackets_enforced', 0);
    expect(attempt(s, 'createOrder', actor, orderArgs(terms))).toEqual(['None']);
  });

  it.each<[string, Partial<OrderTerms>]>([
    ['the least of everything', { cpuCount: 1, memoryGb: 1, storageGb: 0, region: 0, maxPriceUnits: 1 }],
    [
      'the most of everything',
      { cpuCount: 4_096, memoryGb: 65_536, storageGb: 1_000_000, gpuCount: 64, gpuTier: 11, region: 63, flags: 27 },
    ],
    ['a year', { durationS: YEAR_S, maxPriceUnits: 1 }],
    ['GPUs of any class', { gpuCount: 1, gpuTier: 0 }],
    ['fizz mode with data that is not sensitive', { mode: ORDER_MODE.fizz, flags: 23 - ORDER_FLAG.community }],
    ['sensitive data in provider mode', { flags: ORDER_FLAG.sensitive }],
  ])('given %s > is accepted', (_what, terms) => {
    expect(attempt(s, 'createOrder', CONSUMER, orderArgs(terms))).toEqual(['None']);
  });

  it('in a foreign asset > must be covered with the fee of its users, and in that asset', () => {
    mustPass(s, 'enableAsset', KEEPER, [2]);
    mustPass(s, 'postPrices', KEEPER, [1_000_000_000, 1_000_000_000, 1_000_000_000]);
    mustPass(s, 'issueAsset', KEEPER, [2, CONSUMER, 1_019]);
    mustPass(s, 'depositEscrow', CONSUMER, [1, 2, 1_019]);
    const args = orderArgs({ asset: 2, maxPriceUnits: 1_000 });
    // 1 000 for the hour and 2 % on it.
    expect(attempt(s, 'createOrder', CONSUMER, args)).toEqual(['InsufficientEscrow', 1_019, 1_020]);
    mustPass(s, 'issueAsset', KEEPER, [2, CONSUMER, 1]);
    mustPass(s, 'depositEscrow', CONSUMER, [1, 2, 1]);
    expect(attempt(s, 'createOrder', CONSUMER, args)).toEqual(['None']);
  });

  it('given a cover of half the cost > needs half of it, rounded up', () => {
    setParam('escrow.min_cover_bps', 5_000);
    const dear = orderArgs({ maxPriceUnits: 2_000 * TOKEN + 1 });
    const need = 1_000 * TOKEN + 1;
    expect(attempt(s, 'createOrder', CONSUMER, dear)).toEqual(['InsufficientEscrow', 1_000 * TOKEN, need]);
    expect(attempt(s, 'createOrder', CONSUMER, orderArgs({ maxPriceUnits: 2_000 * TOKEN }))).toEqual(['None']);
  });
});

describe('providerCode', () => {
  it.each<[string, Partial<OrderTerms>, Record<string, number>, (string | number)[]]>([
    ['Suspended', {}, { state: PROVIDER_STATE.suspended, isMatchable: 0 }, ['WrongState', 4, 0]],
    ['not matchable', {}, { isMatchable: 0 }, ['NotMatchable', 1, 0]],
    ['of tier 4 for a secured order', { flags: 2 }, { tier: 4 }, ['TierExcluded', 4, 2]],
    ['of tier 3 for a community order', { flags: 5 }, { tier: 3, region: 9 }, ['TierExcluded', 3, 5]],
    ['of another region where the region is a must', { flags: 1 }, { region: 9 }, ['RegionMismatch', 9, 8]],
    ['of a GPU class below', { gpuCount: 1, gpuTier: 5 }, { gpuCount: 0, gpuTier: 4 }, ['TierTooLow', 4, 5]],
    ['with too few CPUs', { cpuCount: 11, memoryGb: 41 }, {}, ['CapacityExhausted', 10, 11]],
    ['with too little memory', { memoryGb: 41, storageGb: 101 }, {}, ['CapacityExhausted', 40, 41]],
    ['with too little storage', { storageGb: 101, gpuCount: 1 }, {}, ['CapacityExhausted', 100, 101]],
    ['without a GPU', { gpuCount: 1 }, {}, ['CapacityExhausted', 0, 1]],
  ])('a provider %s > cannot serve', (_what, terms, provider, expected) => {
    const order = addOrder(s, terms);
    writeRecord(s, 'providers', 1, provider);
    expect([REJECTIONS[providerCode(s, order, 1, 0)], s.rejectHave, s.rejectNeed]).toEqual(expected);
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, 0])).toEqual(expected);
  });

  it.each<[string, Partial<OrderTerms>, Record<string, number>]>([
    ['with exactly what is asked for', { cpuCount: 10, memoryGb: 40, storageGb: 100 }, {}],
    ['of tier 3 for a secured order', { flags: 2 }, { tier: 3 }],
    ['of tier 4 for a community order', { flags: 4 }, { tier: 4 }],
    ['of another region where the region is a wish', {}, { region: 9 }],
    ['of the GPU class asked for', { gpuCount: 2, gpuTier: 5 }, { gpuCount: 2, gpuTier: 5 }],
  ])('a provider %s > can serve', (_what, terms, provider) => {
    const order = addOrder(s, terms);
    writeRecord(s, 'providers', 1, provider);
    expect(providerCode(s, order, 1, 0)).toBe(0);
  });

  it('a provider without own stake > cannot serve, whatever is delegated to it', () => {
    const order = addOrder(s);
    writeRecord(s, 'providerCollateral', 1, { ownUnits: 0, delegatedUnits: 100 * TOKEN });
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, 0])).toEqual(['InsufficientStake', 0, 1]);
  });

  it('a provider whose leases use what it has > cannot serve', () => {
    const order = addOrder(s, { cpuCount: 4 });
    writeRecord(s, 'providerUse', 1, { cpuCount: 7 });
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, 0])).toEqual(['CapacityExhausted', 3, 4]);
    writeRecord(s, 'providerUse', 1, { cpuCount: 6 });
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, 0])).toEqual(['None']);
  });

  it('a provider that does not take the asset > cannot serve', () => {
    const order = addOrder(s);
    mustPass(s, 'setAcceptedAssets', providerOwner(1), [1, 14]);
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, 0])).toEqual(['AssetNotAccepted', 0, 14]);
  });

  it('for a fizz node > asks the gateway all but what it has itself, and the node that it is reserved for the order', () => {
    const order = addOrder(s, { mode: ORDER_MODE.fizz, cpuCount: 11, gpuCount: 1, gpuTier: 5 });
    const other = addOrder(s, { mode: ORDER_MODE.fizz });
    const fizz = reserveNode(s, order, 1, 1);
    expect(providerCode(s, order, 1, fizz)).toBe(0);
    expect(attempt(s, 'placeBid', providerOwner(2), [order, 2, 1, fizz])).toEqual(['WrongState', 4, 0]);
    expect(attempt(s, 'placeBid', providerOwner(1), [other, 1, 1, fizz])).toEqual(['WrongState', 4, 0]);
    writeRecord(s, 'fizzNodes', fizz, { state: FIZZ_STATE.active });
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, fizz])).toEqual(['WrongState', 3, 0]);
    writeRecord(s, 'providers', 1, { isMatchable: 0 });
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 1, fizz])).toEqual(['NotMatchable', 1, 0]);
  });
});

describe('placeBid', () => {
  it('> goes through its guards in the order of the rule', () => {
    const order = addOrder(s);
    const bidder = providerOwner(1);
    setParam('match.bid_floor_bps', 5_000);
    setParam('anti.self_lease_ban', 1);
    writeRecord(s, 'orders', 1, { state: ORDER_STATE.matching });
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    s.nowS = 5;
    expect(attempt(s, 'placeBid', STRANGER, [0, 4, 0, 1])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(s, 'placeBid', STRANGER, [2, 4, 0, 1])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(s, 'placeBid', STRANGER, [order, 0, 0, 1])).toEqual(['UnknownEntity', 0, 3]);
    expect(attempt(s, 'placeBid', STRANGER, [order, 4, 0, 1])).toEqual(['UnknownEntity', 4, 3]);
    expect(attempt(s, 'placeBid', STRANGER, [order, 1, 0, 1])).toEqual(['NotOwner', STRANGER, bidder]);
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 1])).toEqual(['WrongState', ORDER_STATE.matching, 0]);
    writeRecord(s, 'orders', 1, { state: ORDER_STATE.open });
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 1])).toEqual(['DeadlinePassed', 5, 4]);
    s.nowS = 4;
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 1])).toEqual(['NotInMode', 0, 1]);
    writeRecord(s, 'orders', 1, { mode: ORDER_MODE.fizz });
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 0])).toEqual(['NotInMode', 1, 0]);
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 1])).toEqual(['UnknownEntity', 1, 0]);
    writeRecord(s, 'orders', 1, { mode: ORDER_MODE.provider });
    expect(attempt(s, 'placeBid', bidder, [order, 1, 0, 0])).toEqual(['AmountTooSmall', 0, 1]);
    expect(attempt(s, 'placeBid', bidder, [order, 1, TOKEN + 1, 0])).toEqual(['FeeAboveMaximum', TOKEN + 1, TOKEN]);
    expect(attempt(s, 'placeBid', bidder, [order, 1, 499_999, 0])).toEqual(['PriceTooLow', 499_999, 500_000]);
    writeRecord(s, 'providers', 1, { owner: CONSUMER });
    expect(attempt(s, 'placeBid', CONSUMER, [order, 1, 500_000, 0])).toEqual(['SelfLease', CONSUMER, 0]);
    setParam('anti.self_lease_ban', 0);
    expect(attempt(s, 'placeBid', CONSUMER, [order, 1, 500_000, 0])).toEqual([
      'WrongState',
      PROVIDER_STATE.suspended,
      0,
    ]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.active });
    expect(attempt(s, 'placeBid', CONSUMER, [order, 1, 500_000, 0])).toEqual(['None']);
    setParam('order.max_bids', 1);
    expect(attempt(s, 'placeBid', CONSUMER, [order, 1, 500_001, 0])).toEqual(['AlreadyBid', order, 1]);
    expect(attempt(s, 'placeBid', providerOwner(2), [order, 2, 500_000, 0])).toEqual([
      ...['FeeAboveMaximum', 500_000, 500_000],
    ]);
  });

  it('> is taken up to the last second of the window and at the maximum, and asks for nothing but a place in the list', () => {
    const order = addOrder(s);
    s.nowS = 4;
    const start = s.eventCount;
    expect(addBid(s, order, 2, TOKEN)).toBe(1);
    expect(addBid(s, order, 1, 1)).toBe(2);
    expect(readBid(s, 2)).toMatchObject({
      order,
      provider: 1,
      priceUnits: 1,
      fizz: 0,
      state: BID_STATE.open,
      previous: 1,
    });
    expect(readOrder(s, order)).toMatchObject({ bidCount: 2, lastBid: 2 });
    expect(openBidsOf(s, order)).toEqual([2, 1]);
    expect(eventsSince(s, start)).toEqual([
      { name: 'BidPlaced', order, bid: 1, provider: 2, priceUnits: TOKEN, fizz: 0 },
      { name: 'BidPlaced', order, bid: 2, provider: 1, priceUnits: 1, fizz: 0 },
    ]);
  });

  it('with the ban on self-leases off > is taken from the consumer’s own provider', () => {
    const order = addOrder(s);
    writeRecord(s, 'providers', 1, { owner: CONSUMER });
    expect(attempt(s, 'placeBid', CONSUMER, [order, 1, 1, 0])).toEqual(['None']);
  });

  it('with the ban on > looks at who owns the escrow now', () => {
    setParam('anti.self_lease_ban', 1);
    const order = addOrder(s);
    mustPass(s, 'transferEscrow', CONSUMER, [1, providerOwner(1)]);
    const bidder = providerOwner(1);
    expect(attempt(s, 'placeBid', bidder, [order, 1, 1, 0])).toEqual(['SelfLease', bidder, 0]);
    expect(attempt(s, 'placeBid', providerOwner(2), [order, 2, 1, 0])).toEqual(['None']);
  });

  it('for a fizz node > must ask for what the node asks for', () => {
    const order = addOrder(s, { mode: ORDER_MODE.fizz });
    const fizz = reserveNode(s, order, 1, 300);
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 299, fizz])).toEqual(['PriceTooLow', 299, 300]);
    expect(attempt(s, 'placeBid', providerOwner(1), [order, 1, 300, fizz])).toEqual(['None']);
  });

  it('for a fizz node on an order in another asset > must be worth what the node asks for, at the price of now', () => {
    mustPass(s, 'enableAsset', KEEPER, [2]);
    mustPass(s, 'setAcceptedAssets', providerOwner(1), [1, 4]);
    mustPass(s, 'issueAsset', KEEPER, [2, CONSUMER, 1_020]);
    mustPass(s, 'depositEscrow', CONSUMER, [1, 2, 1_020]);
    const order = addOrder(s, { mode: ORDER_MODE.fizz, asset: 2, maxPriceUnits: 1_000 });
    const fizz = reserveNode(s, order, 1, 301);
    const bid = (units: number) => attempt(s, 'placeBid', providerOwner(1), [order, 1, units, fizz]);
    // Nothing in an asset without a price is worth it.
    expect(bid(1_000)).toEqual(['PriceTooLow', 1_000, MAX_INT]);
    // 100 units are worth 300 of the token, 101 are worth 303.
    mustPass(s, 'postPrices', KEEPER, [FP, 3 * FP, FP]);
    expect(bid(100)).toEqual(['PriceTooLow', 100, 101]);
    mustPass(s, 'postPrices', KEEPER, [FP, FP / 2, FP]);
    expect(bid(601)).toEqual(['PriceTooLow', 601, 602]);
    setParam('match.bid_floor_bps', 7_000);
    expect(bid(699)).toEqual(['PriceTooLow', 699, 700]);
    expect(bid(700)).toEqual(['None']);
  });
});

describe('the list of an order’s bids', () => {
  /** Four providers on an order that takes three bids; prices of providers 1 to 3. */
  function fill(prices: readonly number[]): number {
    s = createOrderWorld(4, { 'order.max_bids': 3 });
    const order = addOrder(s);
    prices.forEach((price, i) => {
      addBid(s, order, i + 1, price);
    });
    return order;
  }

  it.each<[string, number[], number, number[]]>([
    ['first', [9, 5, 5], 1, [4, 3, 2]],
    ['middle', [5, 9, 5], 2, [4, 3, 1]],
    ['last', [5, 5, 9], 3, [4, 2, 1]],
    ['latest of the dearest', [9, 9, 5], 2, [4, 3, 1]],
    ['latest of equal ones', [9, 9, 9], 3, [4, 2, 1]],
  ])('when full > loses the %s to a cheaper bid, which is unlinked', (_which, prices, out, rest) => {
    const order = fill(prices);
    addBid(s, order, 4, 8);
    expect(readBid(s, out).state).toBe(BID_STATE.out);
    expect(openBidsOf(s, order)).toEqual(rest);
    expect(readOrder(s, order)).toMatchObject({ bidCount: 3, lastBid: 4 });
    // The bid that is out is not on the way through the list.
    const walk: number[] = [];
    for (let bid = readOrder(s, order).lastBid; bid !== 0; bid = readBid(s, bid).previous) walk.push(bid);
    expect(walk).toEqual(rest);
  });

  it('when full > takes no bid that is not cheaper than the dearest', () => {
    const order = fill([5, 9, 5]);
    expect(attempt(s, 'placeBid', providerOwner(4), [order, 4, 9, 0])).toEqual(['FeeAboveMaximum', 9, 9]);
    expect(attempt(s, 'placeBid', providerOwner(4), [order, 4, 8, 0])).toEqual(['None']);
  });

  it('> takes a new bid from whoever was put out', () => {
    const order = fill([5, 9, 5]);
    addBid(s, order, 4, 8);
    expect(attempt(s, 'placeBid', providerOwner(2), [order, 2, 8, 0])).toEqual(['FeeAboveMaximum', 8, 8]);
    expect(addBid(s, order, 2, 7)).toBe(5);
    expect(openBidsOf(s, order)).toEqual([5, 3, 1]);
  });

  it('when full > frees the fizz node of the bid that is put out', () => {
    s = createOrderWorld(2, { 'order.max_bids': 1 });
    const order = addOrder(s, { mode: ORDER_MODE.fizz });
    const first = reserveNode(s, order, 1, 1);
    const second = reserveNode(s, order, 2, 1);
    addBid(s, order, 1, 9, first);
    const start = s.eventCount;
    addBid(s, order, 2, 8, second);
    expect(readRecord(s, 'fizzNodes', first)).toMatchObject({ state: FIZZ_STATE.active, order: 0 });
    expect(readRecord(s, 'fizzNodes', second)).toMatchObject({ state: FIZZ_STATE.reserved, order });
    expect(eventsSince(s, start).map(({ name }) => name)).toEqual(['Transition', 'BidPlaced']);
  });
});

describe('cancelOrder', () => {
  it('> puts all bids out, the latest first, and frees their fizz nodes', () => {
    const order = addOrder(s, { mode: ORDER_MODE.fizz });
    const nodes = [1, 2].map((provider) => reserveNode(s, order, provider, 1));
    addBid(s, order, 1, 5, nodes[0]);
    addBid(s, order, 2, 5, nodes[1]);
    const start = s.eventCount;
    mustPass(s, 'cancelOrder', CONSUMER, [order]);
    expect([1, 2].map((bid) => readBid(s, bid).state)).toEqual([BID_STATE.out, BID_STATE.out]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.cancelled, bidCount: 2, lease: 0 });
    expect(readOrderTotals(s)).toMatchObject({ openCount: 0, expiredCount: 0, matchedCount: 0 });
    expect(eventsSince(s, start).map(({ kind, entity, to }) => [kind, entity, to])).toEqual([
      [KIND.fizz, nodes[1], FIZZ_STATE.active],
      [KIND.fizz, nodes[0], FIZZ_STATE.active],
      [KIND.order, order, ORDER_STATE.cancelled],
    ]);
  });

  it('given an order that does not exist, another’s or one that is open no more > is refused', () => {
    const order = addOrder(s);
    expect(attempt(s, 'cancelOrder', CONSUMER, [2])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(s, 'cancelOrder', STRANGER, [order])).toEqual(['NotOwner', STRANGER, CONSUMER]);
    addBid(s, order, 1, 1);
    startMatching(s, order);
    expect(attempt(s, 'cancelOrder', CONSUMER, [order])).toEqual(['WrongState', ORDER_STATE.matching, 0]);
  });

  it('> is for whoever owns the escrow now', () => {
    const order = addOrder(s);
    mustPass(s, 'transferEscrow', CONSUMER, [1, STRANGER]);
    expect(attempt(s, 'cancelOrder', CONSUMER, [order])).toEqual(['NotOwner', CONSUMER, STRANGER]);
    expect(attempt(s, 'cancelOrder', STRANGER, [order])).toEqual(['None']);
  });
});

describe('openMatching', () => {
  it('with a bid that could win > settles the seed and the time, and in central mode no operators', () => {
    mustPass(s, 'joinOperators', STRANGER, []);
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    s.nowS = 5;
    mustPass(s, 'openMatching', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.matching, matchingS: 5, operatorCount: 0 });
    expect(readOrder(s, order).seed).toBeGreaterThan(0);
    expect(readOrderTotals(s).openCount).toBe(1);
  });

  it('with operators > settles who may vote', () => {
    s = createOrderWorld(1, { 'match.mode': 1 });
    mustPass(s, 'joinOperators', STRANGER, []);
    mustPass(s, 'joinOperators', CONSUMER, []);
    mustPass(s, 'leaveOperators', STRANGER, [0]);
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    startMatching(s, order);
    expect(readOrder(s, order)).toMatchObject({ operatorSet0: 2, operatorSet1: 0, operatorCount: 1 });
  });

  it('without a bid, or with none that could win > lets the order expire', () => {
    const order = addOrder(s);
    s.nowS = 5;
    mustPass(s, 'openMatching', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, seed: 0, matchingS: 0 });
    const next = addOrder(s);
    addBid(s, next, 1, 1);
    writeRecord(s, 'providers', 1, { isMatchable: 0 });
    startMatching(s, next);
    expect(readOrder(s, next)).toMatchObject({ state: ORDER_STATE.expired });
    expect(readBid(s, 1).state).toBe(BID_STATE.out);
    expect(readOrderTotals(s)).toMatchObject({ openCount: 0, expiredCount: 2 });
  });

  it('given an order that does not exist, is not open or can still be bid for > is refused', () => {
    const order = addOrder(s);
    expect(attempt(s, 'openMatching', KEEPER, [2])).toEqual(['UnknownEntity', 2, 1]);
    s.nowS = 4;
    expect(attempt(s, 'openMatching', KEEPER, [order])).toEqual(['DeadlineNotPassed', 4, 4]);
    expect(attempt(s, 'openMatching', CONSUMER, [order])).toEqual(['OnlyKeeper', CONSUMER, KEEPER]);
    mustPass(s, 'cancelOrder', CONSUMER, [order]);
    expect(attempt(s, 'openMatching', KEEPER, [order])).toEqual(['WrongState', ORDER_STATE.cancelled, 0]);
  });
});

describe('matchOrder', () => {
  it('> gives the order to the winner: one lease at its price, all other bids out', () => {
    const order = addOrder(s, { durationS: 2 * HOUR_S });
    addBid(s, order, 1, 800_000);
    addBid(s, order, 2, 100_000);
    addBid(s, order, 3, 900_000);
    startMatching(s, order);
    const start = s.eventCount;
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect([1, 2, 3].map((bid) => readBid(s, bid).state)).toEqual([BID_STATE.out, BID_STATE.won, BID_STATE.out]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.leased, lease: 1, bidCount: 3 });
    expect(readOrderTotals(s)).toMatchObject({ openCount: 0, matchedCount: 1, expiredCount: 0 });
    expect(readRecord(s, 'leases', 1)).toMatchObject({
      ...{ order, escrow: 1, provider: 2, fizz: 0, asset: 0, priceUnits: 100_000, lockedUnits: 200_000 },
      ...{ startS: 5, endS: 5 + 2 * HOUR_S, cpuCount: 2, memoryGb: 4, storageGb: 10, gpuCount: 0 },
    });
    const events = eventsSince(s, start);
    expect(events[0]).toMatchObject({ name: 'Transition', kind: KIND.order, from: 2, to: ORDER_STATE.leased });
    expect(events.at(-1)).toMatchObject({ name: 'LeaseCreated', lease: 1, order, provider: 2, consumer: CONSUMER });
  });

  it('with a fizz node that won > the node serves, the others are free', () => {
    const order = addOrder(s, { mode: ORDER_MODE.fizz });
    const nodes = [1, 2].map((provider) => reserveNode(s, order, provider, 1));
    addBid(s, order, 1, TOKEN, nodes[0]);
    addBid(s, order, 2, 1, nodes[1]);
    startMatching(s, order);
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(nodes.map((fizz) => readRecord(s, 'fizzNodes', fizz).state)).toEqual([
      FIZZ_STATE.active,
      FIZZ_STATE.serving,
    ]);
    expect(readRecord(s, 'leases', 1)).toMatchObject({ provider: 2, fizz: nodes[1] });
    expect(readRecord(s, 'providerUse', 2)).toMatchObject({ cpuCount: 0, leaseCount: 1 });
  });

  it('with a winner that can serve no more > takes the next best', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 800_000);
    addBid(s, order, 2, 1);
    startMatching(s, order);
    writeRecord(s, 'providers', 2, { state: PROVIDER_STATE.suspended });
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(readRecord(s, 'leases', 1).provider).toBe(1);
    expect(readBid(s, 2).state).toBe(BID_STATE.out);
  });

  it('with nobody left who can serve > lets the order expire', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    startMatching(s, order);
    writeRecord(s, 'providerCollateral', 1, { ownUnits: 0 });
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
  });

  it('with an escrow that no longer covers the winner’s price > lets the order expire', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 900_000);
    startMatching(s, order);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, 1_000 * TOKEN - 899_999]);
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
    expect(readBid(s, 1).state).toBe(BID_STATE.out);
  });

  it('with an escrow that covers just the winner’s price > begins the lease', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 900_000);
    startMatching(s, order);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, 1_000 * TOKEN - 900_000]);
    mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.leased, lease: 1 });
  });

  it('with brackets that another lease has used up meanwhile > lets the order expire', () => {
    // A bracket costs 15 tokens: 15 are enough for one machine of 8 CPUs.
    s = createOrderWorld(2, { 'escrow.brackets_enforced': 1 });
    mustPass(s, 'postPrices', KEEPER, [1_000_000_000, 1, 1]);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, 980 * TOKEN]);
    const orders = [1, 2].map(() => addOrder(s, { cpuCount: 8 }));
    for (const order of orders) addBid(s, order, order, 1);
    for (const order of orders) startMatching(s, order);
    for (const order of orders) mustPass(s, 'matchOrder', KEEPER, [order]);
    expect(orders.map((order) => readOrder(s, order).state)).toEqual([ORDER_STATE.leased, ORDER_STATE.expired]);
  });

  it('given a wrong mode, state or time > is refused', () => {
    const order = addOrder(s);
    expect(attempt(s, 'matchOrder', KEEPER, [2])).toEqual(['UnknownEntity', 2, 1]);
    setParam('match.mode', 1);
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['NotInMode', 1, 0]);
    setParam('match.mode', 0);
    setParam('match.user_choice', 1);
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['NotInMode', 1, 0]);
    setParam('match.user_choice', 0);
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['WrongState', ORDER_STATE.open, 0]);
    addBid(s, order, 1, 1);
    startMatching(s, order);
    s.nowS = 61;
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['DeadlinePassed', 61, 60]);
    s.nowS = 60;
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['None']);
    expect(attempt(s, 'matchOrder', KEEPER, [order])).toEqual(['WrongState', ORDER_STATE.leased, 0]);
  });
});

describe('expireOrder', () => {
  it('> ends an order in Open or Matching after its time', () => {
    const orders = [addOrder(s), addOrder(s)];
    addBid(s, orders[1]!, 1, 1);
    startMatching(s, orders[1]!);
    s.nowS = 30 * blockS(s);
    for (const order of orders) {
      expect(attempt(s, 'expireOrder', KEEPER, [order])).toEqual(['DeadlineNotPassed', 60, 60]);
    }
    s.nowS += 1;
    for (const order of orders) {
      mustPass(s, 'expireOrder', KEEPER, [order]);
      expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
    }
    expect(readBid(s, 1).state).toBe(BID_STATE.out);
    expect(readOrderTotals(s)).toMatchObject({ openCount: 0, expiredCount: 2 });
  });

  it('given an order that does not exist or is over > is refused', () => {
    const order = addOrder(s);
    mustPass(s, 'cancelOrder', CONSUMER, [order]);
    s.nowS = 61;
    expect(attempt(s, 'expireOrder', KEEPER, [0])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(s, 'expireOrder', KEEPER, [order])).toEqual(['WrongState', ORDER_STATE.cancelled, 0]);
  });
});

describe('chooseBid', () => {
  beforeEach(() => {
    s = createOrderWorld(3, { 'match.user_choice': 1 });
  });

  it('> gives the order to the bid that the consumer wants, however dear', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    addBid(s, order, 2, TOKEN);
    startMatching(s, order);
    mustPass(s, 'chooseBid', CONSUMER, [order, 2]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.leased, lease: 1 });
    expect(readRecord(s, 'leases', 1)).toMatchObject({ provider: 2, priceUnits: TOKEN });
    expect(readBid(s, 1).state).toBe(BID_STATE.out);
  });

  it('> goes through its guards in the order of the rule', () => {
    setParam('match.user_choice', 0);
    const order = addOrder(s);
    const other = addOrder(s);
    addBid(s, order, 1, 1);
    addBid(s, other, 2, 1);
    expect(attempt(s, 'chooseBid', STRANGER, [3, 3])).toEqual(['UnknownEntity', 3, 2]);
    expect(attempt(s, 'chooseBid', STRANGER, [order, 3])).toEqual(['NotOwner', STRANGER, CONSUMER]);
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 3])).toEqual(['NotInMode', 0, 1]);
    setParam('match.user_choice', 1);
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 3])).toEqual(['WrongState', ORDER_STATE.open, 0]);
    startMatching(s, order);
    s.nowS = 61;
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 3])).toEqual(['DeadlinePassed', 61, 60]);
    s.nowS = 60;
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 0])).toEqual(['UnknownEntity', 0, 2]);
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 3])).toEqual(['UnknownEntity', 3, 2]);
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 2])).toEqual(['WrongState', BID_STATE.open, 0]);
    writeRecord(s, 'bids', 1, { state: BID_STATE.out });
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 1])).toEqual(['WrongState', BID_STATE.out, 0]);
    writeRecord(s, 'bids', 1, { state: BID_STATE.open });
    writeRecord(s, 'providers', 1, { isMatchable: 0 });
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 1])).toEqual(['NotMatchable', 1, 0]);
    writeRecord(s, 'providers', 1, { isMatchable: 1 });
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 1])).toEqual(['None']);
  });

  it('with an escrow that no longer covers the price > lets the order expire', () => {
    const order = addOrder(s);
    addBid(s, order, 1, TOKEN);
    startMatching(s, order);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, 1_000 * TOKEN - 1]);
    mustPass(s, 'chooseBid', CONSUMER, [order, 1]);
    expect(readOrder(s, order)).toMatchObject({ state: ORDER_STATE.expired, lease: 0 });
  });
});

describe('one order', () => {
  it('has at most one lease: nothing matches it a second time (INV-55)', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    addBid(s, order, 2, 2);
    startMatching(s, order);
    mustPass(s, 'matchOrder', KEEPER, [order]);
    setParam('match.user_choice', 1);
    expect(attempt(s, 'chooseBid', CONSUMER, [order, 2])).toEqual(['WrongState', ORDER_STATE.leased, 0]);
    setParam('match.user_choice', 0);
    expect(attempt(s, 'openMatching', KEEPER, [order])).toEqual(['WrongState', ORDER_STATE.leased, 0]);
    expect(readRecord(s, 'leaseTotals', 0)).toMatchObject({ leaseCount: 1 });
    expect(PROVIDER.cpuCount - readRecord(s, 'providerUse', 1).cpuCount).toBe(8);
  });
});
