import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FP, MAX_INT } from '../base/fixedPoint.ts';
import { action } from './actions.ts';
import { applyAction } from './apply.ts';
import { copyState, eventsSince, finishEra, mustPass, passEra, settle, TOKEN } from './eraWorld.ts';
import { BID_STATE, F, KIND, ORDER_MODE, PROVIDER_STATE, STEP } from './layout.ts';
import { medianCollateral, recordSlash, scoreBid, slashCountOf, winnerOf } from './matching.ts';
import { attempt, dumpLedger, readRecord, writeRecord } from './nodeWorld.ts';
import {
  addBid,
  addOrder,
  createOrderWorld,
  KEEPER,
  type OrderTerms,
  readBid,
  readOrderTotals,
  reserveNode,
} from './orderWorld.ts';
import { P, type ParamKey } from './params.ts';
import { applySlash } from './stake.ts';
import type { State } from './state.ts';
import { enterSettlement } from './taskWorld.ts';

let s: State;

function setParam(key: ParamKey, value: number): void {
  s.paramValues[P[key]] = value;
}

beforeEach(() => {
  s = createOrderWorld(3);
});

/** NUM-6 in big integers: `pick(rnd(seed, 14, provider, 0), FP)`. */
function randomTerm(seed: number, provider: number): number {
  const mask = (1n << 64n) - 1n;
  const mix = (x: bigint): bigint => {
    let z = x & mask;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return z ^ (z >> 31n);
  };
  const first = mix(BigInt(seed) + (14n << 48n) + BigInt(provider));
  return Number(((mix(first) >> 12n) * BigInt(FP)) >> 52n);
}

describe('scoreBid, term by term', () => {
  function termsOf(terms: Partial<OrderTerms>, provider: Record<string, number>, priceUnits = 1) {
    const order = addOrder(s, terms);
    const bid = addBid(s, order, 1, priceUnits);
    writeRecord(s, 'providers', 1, provider);
    return scoreBid(s, order, bid).terms;
  }

  it.each([
    ['the same', 8, 8, FP],
    ['of the same continent', 8, 15, 700_000_000],
    ['just beyond it', 16, 15, 400_000_000],
    ['just before it', 7, 8, 400_000_000],
  ])('region: %s > is so near', (_what, region, wanted, expected) => {
    expect(termsOf({ region: wanted }, { region }).region).toBe(expected);
  });

  it.each([
    [250_000, 1_000_000, 750_000_000],
    [1_000_000, 1_000_000, 0],
    [1, 3, 666_666_666],
  ])('price: %i of %i > is the share saved, rounded down', (priceUnits, maxPriceUnits, expected) => {
    expect(termsOf({ maxPriceUnits }, {}, priceUnits).price).toBe(expected);
  });

  it.each([
    [0, 0, 500_000_000],
    [3, 120, 800_000_000],
    [3, 100, 666_666_666],
    [3, 160, FP],
  ])('feedback: %i ratings of %i tenths together, of 50 each > are such a share', (ratingCount, sum, expected) => {
    expect(termsOf({}, { ratingCount, ratingSumTenths: sum }).feedback).toBe(expected);
  });

  it('avail: > is the least share of any resource that stays free', () => {
    // 2 of 10 CPUs, 4 of 40 GB, 10 of 100 GB: 80, 90 and 90 %.
    expect(termsOf({}, {}).avail).toBe(800_000_000);
    expect(termsOf({ cpuCount: 1, memoryGb: 30 }, {}).avail).toBe(250_000_000);
    writeRecord(s, 'providerUse', 1, { cpuCount: 3 });
    expect(scoreBid(s, 1, 1).terms.avail).toBe(500_000_000);
    writeRecord(s, 'providers', 1, { gpuCount: 4 });
    writeRecord(s, 'providerUse', 1, { gpuCount: 3 });
    expect(scoreBid(s, 1, 1).terms.avail).toBe(250_000_000);
  });

  it('avail: of a fizz node > is measured by the node alone', () => {
    const order = addOrder(s, { mode: ORDER_MODE.fizz, cpuCount: 3, memoryGb: 1, storageGb: 0 });
    const bid = addBid(s, order, 1, 1, reserveNode(s, order, 1, 1));
    writeRecord(s, 'providerUse', 1, { cpuCount: 10 });
    // 1 of the node's 4 CPUs is left.
    expect(scoreBid(s, order, bid).terms.avail).toBe(250_000_000);
  });

  it.each([
    [0, FP],
    [1, 500_000_000],
    [2, 333_333_333],
  ])('slashes: %i eras > leave such a share', (eras, expected) => {
    for (let era = 0; era < eras; era++) {
      writeRecord(s, 'clockTotals', 0, { era });
      recordSlash(s, 1);
    }
    expect(termsOf({}, {}).slashes).toBe(expected);
  });

  it.each([
    [1, FP],
    [4, 571_428_571],
    [7, 142_857_142],
  ])('tier: %i > counts so many sevenths', (tier, expected) => {
    expect(termsOf({}, { tier }).tier).toBe(expected);
  });

  it.each<[string, number, Record<string, number>, number, number]>([
    ['100 tokens, cap 4 · 50', 50 * TOKEN, {}, 0, 500_000_000],
    ['100 + 50 delegated − 30 asked back', 50 * TOKEN, { exitUnits: 30 * TOKEN }, 50 * TOKEN, 600_000_000],
    ['more than the cap', 24 * TOKEN, {}, 0, FP],
    ['no median', 0, {}, 0, FP],
    ['a third', 75 * TOKEN, {}, 0, 333_333_333],
    // 100 tokens of 250 million.
    ['a median of all there is: the cap is the supply', MAX_INT, {}, 0, 400],
  ])('stake: %s > is such a share of the cap', (_what, medianUnits, provider, delegatedUnits, expected) => {
    writeRecord(s, 'tokenTotals', 0, { maxSupplyUnits: 250_000_000 * TOKEN });
    writeRecord(s, 'orderTotals', 0, { medianUnits });
    writeRecord(s, 'providerCollateral', 1, { delegatedUnits });
    expect(termsOf({}, provider).stake).toBe(expected);
  });

  it('random: > is the draw of the order’s seed for the provider, whatever the slot’s beacon', () => {
    addOrder(s);
    addBid(s, 1, 1, 1);
    for (const seed of [0, 1, 4_294_967_295, 4_294_967_296, 4_503_599_627_370_495]) {
      writeRecord(s, 'orders', 1, { seed });
      writeRecord(s, 'clockTotals', 0, { beacon6: seed % 97, beacon7: 5 });
      expect(scoreBid(s, 1, 1)).toMatchObject({
        randomFp: randomTerm(seed, 1),
        terms: { random: randomTerm(seed, 1) },
      });
    }
  });
});

describe('scoreBid', () => {
  /** Region 0.7, price 0.75, feedback 0.8, avail 0.8, slashes 0.333…, tier 4/7, stake 0.5. */
  function scoreWorld(flags: number): void {
    addOrder(s, { region: 15, flags });
    addBid(s, 1, 1, 250_000);
    writeRecord(s, 'orders', 1, { seed: 99 });
    writeRecord(s, 'providers', 1, { ratingCount: 3, ratingSumTenths: 120 });
    for (const era of [0, 1]) {
      writeRecord(s, 'clockTotals', 0, { era });
      recordSlash(s, 1);
    }
    writeRecord(s, 'orderTotals', 0, { medianUnits: 50 * TOKEN });
  }
  const WITHOUT_RANDOM = 6_215_476_189_500;
  const expectedScore = (): number => Math.floor((WITHOUT_RANDOM + 500 * randomTerm(99, 1)) / 10_000);

  it('> is the weighted mean of the terms', () => {
    scoreWorld(0);
    // 1500·0.7 + 2500·0.75 + 1000·0.8 + 1000·0.8 + 1000·0.333333333 + 1500·0.571428571 + 1000·0.5, times 10^9.
    expect(scoreBid(s, 1, 1).scoreFp).toBe(expectedScore());
  });

  it.each([
    [0, 1_000],
    [1, 1_050],
    [3, 1_102],
    [7, 1_150],
    [8, 1_000],
  ])('with certificates %i, where the order asks for them > is raised to %i thousandths', (compliance, mil) => {
    scoreWorld(16);
    writeRecord(s, 'providers', 1, { compliance });
    expect(scoreBid(s, 1, 1).scoreFp).toBe(Math.floor((expectedScore() * mil) / 1_000));
  });

  it('where the order does not ask for certificates > is not raised', () => {
    scoreWorld(0);
    writeRecord(s, 'providers', 1, { compliance: 7 });
    expect(scoreBid(s, 1, 1).scoreFp).toBe(expectedScore());
  });
});

describe('winnerOf', () => {
  /** All scores are 0. */
  function weighNothing(): void {
    const terms = ['region', 'price', 'feedback', 'avail', 'slashes', 'tier', 'stake', 'random'] as const;
    for (const name of terms) setParam(`match.w_bps.${name}`, 0);
  }

  it('without bids, or without one that can serve > is nobody', () => {
    const order = addOrder(s);
    expect(winnerOf(s, order)).toBe(0);
    addBid(s, order, 1, 1);
    writeRecord(s, 'providers', 1, { isMatchable: 0 });
    expect(winnerOf(s, order)).toBe(0);
  });

  it('> looks at open bids only', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    const second = addBid(s, order, 2, TOKEN);
    writeRecord(s, 'bids', 1, { state: BID_STATE.out });
    expect(winnerOf(s, order)).toBe(second);
  });

  it('> changes nothing', () => {
    const order = addOrder(s);
    addBid(s, order, 1, 1);
    addBid(s, order, 2, 1);
    const before = dumpLedger(s);
    winnerOf(s, order);
    expect(dumpLedger(s)).toBe(before);
  });

  it('on equal scores > is the bid of the higher random term', () => {
    weighNothing();
    const order = addOrder(s);
    for (const provider of [1, 2, 3]) addBid(s, order, provider, 1);
    const winners = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      writeRecord(s, 'orders', order, { seed });
      const best = [1, 2, 3].reduce((a, b) => (randomTerm(seed, a) >= randomTerm(seed, b) ? a : b));
      expect(readBid(s, winnerOf(s, order)).provider).toBe(best);
      winners.add(best);
    }
    expect(winners.size).toBe(3);
  });

  it.each([[[2, 10]], [[10, 2]]])(
    'on equal scores and equal random terms, bids of providers %j > is that of the lower provider',
    (bidders) => {
      s = createOrderWorld(10);
      const order = addOrder(s);
      for (const provider of bidders) addBid(s, order, provider, 1);
      // A seed for which the draws of providers 2 and 10 are the same.
      const seed = 8_327_673;
      writeRecord(s, 'orders', order, { seed });
      expect([randomTerm(seed, 2), randomTerm(seed, 10)]).toEqual([450_664_786, 450_664_786]);
      expect(readBid(s, winnerOf(s, order)).provider).toBe(2);
    },
  );

  const attributes = fc.record({
    region: fc.integer({ min: 0, max: 20 }),
    tier: fc.integer({ min: 1, max: 7 }),
    ratingCount: fc.integer({ min: 0, max: 3 }),
    ratingSumTenths: fc.integer({ min: 0, max: 150 }),
    compliance: fc.integer({ min: 0, max: 15 }),
    isMatchable: fc.integer({ min: 0, max: 1 }),
    priceUnits: fc.integer({ min: 1, max: 4 }),
    order: fc.integer(),
  });

  it('> does not depend on the order in which the bids came (INV-31)', () => {
    fc.assert(
      fc.property(
        fc.array(attributes, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 0, max: 2 ** 52 - 1 }),
        fc.boolean(),
        (providers, seed, isWeighed) => {
          const indexes = providers.map((_, i) => i);
          const shuffled = [...indexes].sort((a, b) => providers[a]!.order - providers[b]!.order);
          const winners = [indexes, shuffled].map((sequence) => {
            s = createOrderWorld(providers.length);
            if (!isWeighed) weighNothing();
            const order = addOrder(s, { flags: 16, maxPriceUnits: 4 });
            for (const i of sequence) addBid(s, order, i + 1, providers[i]!.priceUnits);
            providers.forEach(({ priceUnits: _price, order: _order, ...fields }, i) => {
              writeRecord(s, 'providers', i + 1, fields);
            });
            writeRecord(s, 'orders', order, { seed });
            const winner = winnerOf(s, order);
            return winner === 0 ? 0 : readBid(s, winner).provider;
          });
          expect(winners[1]).toBe(winners[0]);
          expect(winners[0] === 0).toBe(providers.every(({ isMatchable }) => isMatchable === 0));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('> is the best by score, then by the random term, then by the number of the provider', () => {
    fc.assert(
      fc.property(
        fc.array(attributes, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 2 ** 52 - 1 }),
        (providers, seed) => {
          s = createOrderWorld(providers.length);
          const order = addOrder(s, { flags: 16, maxPriceUnits: 4 });
          writeRecord(s, 'orders', order, { seed });
          const bids = providers.map(({ priceUnits }, i) => addBid(s, order, i + 1, priceUnits));
          providers.forEach(({ priceUnits: _price, order: _order, ...fields }, i) => {
            writeRecord(s, 'providers', i + 1, fields);
          });
          const ranked = bids
            .filter((_, i) => providers[i]!.isMatchable === 1)
            .map((bid) => ({ bid, ...scoreBid(s, order, bid) }))
            .sort((a, b) => b.scoreFp - a.scoreFp || b.randomFp - a.randomFp || a.bid - b.bid);
          expect(winnerOf(s, order)).toBe(ranked[0]?.bid ?? 0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('recordSlash', () => {
  function slashIn(era: number): void {
    writeRecord(s, 'clockTotals', 0, { era });
    recordSlash(s, 1);
  }

  it('> counts an era once, for the provider slashed', () => {
    slashIn(3);
    slashIn(3);
    expect(readRecord(s, 'providerMarket', 1)).toMatchObject({ slashedEraCount: 1, lastSlashedEra: 4 });
    expect([1, 2, 3].map((provider) => slashCountOf(s, provider))).toEqual([1, 0, 0]);
    slashIn(4);
    expect(slashCountOf(s, 1)).toBe(2);
  });

  it('> is remembered for as many eras as the window has, its own included', () => {
    slashIn(5);
    writeRecord(s, 'clockTotals', 0, { era: 34 });
    expect(slashCountOf(s, 1)).toBe(1);
    writeRecord(s, 'clockTotals', 0, { era: 35 });
    expect(slashCountOf(s, 1)).toBe(0);
  });

  it('> leaves out what is older than the window, and counts all within', () => {
    setParam('match.slash_window_eras', 10);
    for (const era of [0, 4, 5, 9]) slashIn(era);
    // The ten eras up to 13, 14 and 15 begin with 4, 5 and 6.
    for (const [era, count] of [
      [13, 3],
      [14, 2],
      [15, 1],
    ] as const) {
      writeRecord(s, 'clockTotals', 0, { era });
      expect(slashCountOf(s, 1)).toBe(count);
    }
  });

  it('> remembers 64 eras, the latest', () => {
    setParam('match.slash_window_eras', 365);
    for (let era = 0; era < 70; era++) slashIn(era);
    expect(slashCountOf(s, 1)).toBe(64);
    expect(readRecord(s, 'providerMarket', 1).slashedEraCount).toBe(70);
    // The seventh-first era is the oldest one remembered: mark 7 at place 6.
    expect(Array.from(s.slashedEras.slice(64, 128)).sort((a, b) => a - b)[0]).toBe(7);
    setParam('match.slash_window_eras', 10);
    expect(slashCountOf(s, 1)).toBe(10);
  });

  it('> is called when collateral of a provider is taken, and for no other entity', () => {
    s = createOrderWorld(2);
    applySlash(s, KIND.provider, 1, 5, 5, KEEPER);
    applySlash(s, KIND.provider, 2, 0, 0, KEEPER);
    writeRecord(s, 'validatorCollateral', 2, { ownUnits: 9 });
    applySlash(s, KIND.validator, 2, 5, 5, KEEPER);
    expect([1, 2].map((provider) => slashCountOf(s, provider))).toEqual([1, 0]);
  });

  it('> is told by the settlement of an era with an upheld case', () => {
    s = createOrderWorld(2, { 'live.base_era.cpu': 0 });
    mustPass(s, 'upholdMisconduct', KEEPER, [1, 0, 0]);
    passEra(s);
    expect([1, 2].map((provider) => slashCountOf(s, provider))).toEqual([1, 0]);
    expect(readRecord(s, 'providerMarket', 1).lastSlashedEra).toBe(1);
    passEra(s);
    expect(readRecord(s, 'providerMarket', 1).slashedEraCount).toBe(1);
  });
});

describe('postMedian', () => {
  /** A world before the step, with Active providers of these collaterals. */
  function medianWorld(collaterals: readonly number[]): void {
    s = createOrderWorld(collaterals.length);
    collaterals.forEach((ownUnits, i) => {
      writeRecord(s, 'providerCollateral', i + 1, { ownUnits });
    });
    enterSettlement(s, STEP.postMedian);
  }

  function post(from: number, to: number, list: readonly number[]): readonly (string | number)[] {
    return attempt(s, 'postMedian', KEEPER, [from, to], list);
  }

  it.each<[number[], number]>([
    [[], 0],
    [[7], 7],
    [[9, 5], 5],
    [[9, 5, 7], 7],
    [[9, 5, 7, 8], 7],
    [[5, 5, 9, 9], 5],
    [[5, 9, 9, 9], 9],
    [[0, 0, 3], 0],
  ])('of %j > is %i, the lower of two', (collaterals, median) => {
    medianWorld(collaterals);
    expect(medianCollateral(s)).toBe(median);
    const n = collaterals.length;
    for (const wrong of [median + 1, median === 0 ? 2 : median - 1]) {
      expect(post(0, n, [wrong])).toEqual(['RankingInvalid', n, wrong]);
    }
    const start = s.eventCount;
    expect(post(0, n, [median])).toEqual(['None']);
    expect(readOrderTotals(s)).toMatchObject({ medianUnits: median, medianTotalCount: n });
    expect(eventsSince(s, start)).toEqual([{ name: 'MedianPosted', era: 0, medianUnits: median }]);
    expect(s.clockTotals[F.clockTotals.stepsDone]).toBe(STEP.postMedian);
  });

  it('> counts Active providers only, own stake without what was asked back, and delegations', () => {
    medianWorld([90, 50, 70]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    writeRecord(s, 'providers', 2, { exitUnits: 20 });
    writeRecord(s, 'providerCollateral', 2, { delegatedUnits: 5 });
    expect(medianCollateral(s)).toBe(35);
    expect(post(0, 3, [35])).toEqual(['None']);
    expect(readOrderTotals(s)).toMatchObject({ medianBelowCount: 0, medianNotAboveCount: 1, medianTotalCount: 2 });
  });

  it('without an Active provider > is 0 and nothing else', () => {
    medianWorld([90]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.registered });
    expect(post(0, 1, [90])).toEqual(['RankingInvalid', 0, 90]);
    expect(post(0, 1, [0])).toEqual(['None']);
  });

  it('> refuses what is not one number, or too large a one', () => {
    medianWorld([5, 5]);
    expect(post(0, 2, [])).toEqual(['BatchMismatch', 0, 1]);
    expect(post(0, 2, [5, 5])).toEqual(['BatchMismatch', 2, 1]);
    expect(post(0, 2, [MAX_INT + 1])).toEqual(['ValueOutOfRange', MAX_INT + 1, MAX_INT]);
  });

  it('in chunks > takes one number throughout and judges it at the end', () => {
    medianWorld([9, 5, 7]);
    expect(post(0, 2, [7])).toEqual(['None']);
    expect(readOrderTotals(s)).toMatchObject({ medianUnits: 7, medianBelowCount: 1, medianNotAboveCount: 1 });
    expect(post(1, 3, [7])).toEqual(['CursorMismatch', 1, 2]);
    // Also a number that the last chunk would not judge, because it is not the last one.
    writeRecord(s, 'providerTotals', 0, { providerCount: 4 });
    expect(post(2, 3, [5])).toEqual(['RankingInvalid', 3, 5]);
    writeRecord(s, 'providerTotals', 0, { providerCount: 3 });
    expect(post(2, 3, [5])).toEqual(['RankingInvalid', 3, 5]);
    expect(post(2, 3, [7])).toEqual(['None']);
    expect(readOrderTotals(s)).toMatchObject({ medianBelowCount: 1, medianNotAboveCount: 2, medianTotalCount: 3 });
  });

  it('in chunks, given a wrong number from the first on > is refused in the last', () => {
    medianWorld([9, 5, 7]);
    expect(post(0, 2, [9])).toEqual(['None']);
    expect(post(2, 3, [9])).toEqual(['RankingInvalid', 3, 9]);
  });

  it('out of turn > is refused', () => {
    medianWorld([9]);
    enterSettlement(s, STEP.releaseDelegations);
    expect(post(0, 1, [9])).toEqual(['StepOutOfOrder', STEP.postMedian, STEP.releaseDelegations]);
  });

  it('> counts afresh in the next era, in a settlement like any other step', () => {
    s = createOrderWorld(3, { 'live.base_era.cpu': 0 });
    passEra(s, (from) => from + 1);
    passEra(s);
    expect(readOrderTotals(s)).toMatchObject({
      ...{ medianUnits: 100 * TOKEN, medianBelowCount: 0, medianNotAboveCount: 3, medianTotalCount: 3 },
    });
    finishEra(s);
    settle(s, undefined, 'postMedian');
    expect(post(0, 3, [100 * TOKEN])).toEqual(['None']);
  });

  it('> takes the median and no other number, in chunks of any size', () => {
    const collaterals = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 9 });
    fc.assert(
      fc.property(collaterals, fc.integer({ min: 1, max: 4 }), (list, chunk) => {
        medianWorld(list);
        const median = [...list].sort((a, b) => a - b)[Math.ceil(list.length / 2) - 1] ?? 0;
        for (let candidate = 0; candidate <= 7; candidate++) {
          const copy = copyState(s);
          let from = 0;
          let code = 0;
          do {
            const to = Math.min(list.length, from + chunk);
            code = applyAction(copy, action('postMedian', KEEPER, [from, to], [candidate]));
            from = to;
          } while (from < list.length && code === 0);
          expect(code === 0).toBe(candidate === median);
        }
      }),
      { numRuns: 40 },
    );
  });
});
