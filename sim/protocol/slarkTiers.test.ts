import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agent, type EraWorldOptions, eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, KIND, SLARK_STATE, STEP } from './layout.ts';
import { attempt, writeRecord } from './nodeWorld.ts';
import { rankByAccuracy, rankByTier } from './slarkTiers.ts';
import {
  addFoundationSlark,
  addLicence,
  addProvider,
  addRunning,
  createSlarkWorld,
  keyWords,
  readSlark,
  setResults,
  setTier,
} from './slarkWorld.ts';
import type { State } from './state.ts';
import { enterSettlement } from './taskWorld.ts';

const OWNER = agent(0);
const K = ACCOUNT.keeper;
const S = SLARK_STATE;

/** `count` licences that run, of tier 1, opted in, and paid for every tier. */
function createTierWorld(count: number, params: EraWorldOptions['params'] = {}): State {
  const s = createSlarkWorld({ params });
  const provider = addProvider(s, agent(1));
  for (let i = 0; i < count; i++) {
    const licence = addRunning(s, OWNER, provider);
    writeRecord(s, 'slarks', licence, { optIn: 1, buyUnits: 10_000 * TOKEN });
  }
  s.eventCount = 0;
  return s;
}

/** The step of one era; the next one is of the next era. */
function update(s: State, chunk = 1_000): void {
  enterSettlement(s, STEP.updateSlarks);
  const order = rankByAccuracy(s);
  for (let from = 0; from === 0 || from < order.length; from += chunk) {
    const to = Math.min(from + chunk, order.length);
    mustPass(s, 'updateSlarks', K, [from, to], order.slice(from, to));
  }
  s.clockTotals[F.clockTotals.settledEraCount]! += 1;
}

function post(s: State, chunk = 1_000): void {
  enterSettlement(s, STEP.postSlarks);
  const order = rankByTier(s);
  for (let from = 0; from === 0 || from < order.length; from += chunk) {
    const to = Math.min(from + chunk, order.length);
    mustPass(s, 'postSlarks', K, [from, to], order.slice(from, to));
  }
}

/** Settles an era in which each licence had these results: [results, aligned, mean delay]. */
function passEra(s: State, ...results: readonly (readonly [number, number, number])[]): void {
  for (const [i, [count, aligned, delayMs]] of results.entries()) setResults(s, i + 1, count, aligned, delayMs);
  update(s);
}

function tierOf(s: State, licence = 1): number {
  return readSlark(s, licence).tier;
}

function tierCounts(s: State): number[] {
  return Array.from(s.slarkTotals.slice(F.slarkTotals.tierCount1, F.slarkTotals.tierCount6 + 1));
}

describe('updateSlarks, SM-10', () => {
  it('given the next tier’s results for 3 eras > promotes by one tier, and starts counting again', () => {
    const s = createTierWorld(1);
    passEra(s, [100, 93, 299]);
    passEra(s, [100, 93, 299]);
    expect([tierOf(s), readSlark(s, 1).promoEraCount]).toEqual([1, 2]);
    passEra(s, [100, 93, 299]);
    expect([tierOf(s), readSlark(s, 1).promoEraCount]).toEqual([2, 0]);
    expect(tierCounts(s)).toEqual([0, 1, 0, 0, 0, 0]);
    expect(eventsSince(s)).toEqual([{ name: 'TierChanged', kind: KIND.slark, entity: 1, from: 1, to: 2, reason: 1 }]);
  });

  it('given perfect results > still rises one tier at a time, and tier 6 is the end', () => {
    const s = createTierWorld(1);
    const tiers: number[] = [];
    for (let era = 0; era < 20; era++) {
      passEra(s, [10, 10, 1]);
      tiers.push(tierOf(s));
    }
    expect(tiers).toEqual([1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 6]);
  });

  it.each([
    ['accuracy of exactly 92 % (more is needed)', [100, 92, 10]],
    ['a mean delay of exactly 300 ms (less is needed)', [100, 100, 300]],
  ] as const)('given %s > meets tier 1 and not tier 2: the count starts again', (_, results) => {
    const s = createTierWorld(1);
    passEra(s, [100, 100, 10]);
    expect(readSlark(s, 1).promoEraCount).toBe(1);
    passEra(s, results);
    expect(readSlark(s, 1)).toMatchObject({ tier: 1, promoEraCount: 0, demoEraCount: 0 });
  });

  it('given no measured delay > the delay is met', () => {
    const s = createTierWorld(1);
    passEra(s, [10, 10, 0]);
    expect(readSlark(s, 1).promoEraCount).toBe(1);
  });

  it.each([
    ['opted out', { optIn: 0 }],
    ['paid exactly what tier 2 costs (more is needed)', { buyUnits: 200 * TOKEN }],
  ])('given %s > waits with its count until that has changed', (_, fields) => {
    const s = createTierWorld(1);
    writeRecord(s, 'slarks', 1, fields);
    for (let era = 0; era < 5; era++) passEra(s, [10, 10, 1]);
    expect(readSlark(s, 1)).toMatchObject({ tier: 1, promoEraCount: 3 });
    writeRecord(s, 'slarks', 1, { optIn: 1, buyUnits: 200 * TOKEN + 1 });
    passEra(s, [10, 10, 1]);
    expect(tierOf(s)).toBe(2);
  });

  it('given one seat and two candidates > the more accurate takes it, on a tie the lower number (INV-20)', () => {
    const s = createTierWorld(3, { 'slark.seats.2': 1 });
    for (let era = 0; era < 3; era++) passEra(s, [100, 95, 1], [100, 99, 1], [50, 50, 1]);
    expect([1, 2, 3].map((licence) => tierOf(s, licence))).toEqual([1, 1, 2]);
    passEra(s, [100, 98, 1], [100, 98, 1], [50, 10, 1]);
    // Licence 3 holds the seat: nobody else is promoted, however good.
    expect([1, 2, 3].map((licence) => tierOf(s, licence))).toEqual([1, 1, 2]);
    passEra(s, [100, 98, 1], [100, 98, 1], [50, 10, 1]);
    // Licence 3, last in the order, is demoted after the others were judged.
    expect([1, 2, 3].map((licence) => tierOf(s, licence))).toEqual([1, 1, 1]);
    passEra(s, [100, 98, 1], [100, 98, 1], [50, 40, 1]);
    expect([1, 2, 3].map((licence) => tierOf(s, licence))).toEqual([2, 1, 1]);
  });

  it('given the tier missed in 2 eras > demotes by one, even into a full tier', () => {
    const s = createTierWorld(2, { 'slark.seats.2': 1 });
    setTier(s, 1, 3);
    setTier(s, 2, 2);
    passEra(s, [100, 95, 1], [100, 95, 1]);
    expect(readSlark(s, 1)).toMatchObject({ tier: 3, demoEraCount: 1 });
    passEra(s, [100, 95, 1], [100, 95, 1]);
    expect([tierOf(s, 1), tierOf(s, 2)]).toEqual([2, 2]);
    expect(readSlark(s, 1).demoEraCount).toBe(0);
    expect(tierCounts(s)).toEqual([0, 2, 0, 0, 0, 0]);
  });

  it('given an era that meets the tier between two that miss it > does not demote', () => {
    const s = createTierWorld(1);
    setTier(s, 1, 3);
    for (const aligned of [90, 96, 90, 96]) passEra(s, [100, aligned, 1]);
    expect(tierOf(s)).toBe(3);
  });

  it('given tier 1 missed for ever > stays, its count at most slark.demo_eras', () => {
    const s = createTierWorld(1);
    for (let era = 0; era < 5; era++) passEra(s, [100, 60, 1]);
    expect(readSlark(s, 1)).toMatchObject({ tier: 1, demoEraCount: 2, state: S.running });
  });

  it('given a licence that was drawn and handed in nothing > it missed its tier', () => {
    const s = createTierWorld(1);
    setTier(s, 1, 3);
    for (let era = 0; era < 2; era++) passEra(s, [0, 0, 0]);
    expect(tierOf(s)).toBe(2);
  });

  it('given a licence that was not drawn > nothing is counted', () => {
    const s = createTierWorld(1);
    passEra(s, [10, 10, 1]);
    update(s);
    expect(readSlark(s, 1)).toMatchObject({ promoEraCount: 1, demoEraCount: 0 });
  });

  it('given a Slark of the foundation > keeps tier 6 and is never banned', () => {
    const s = createSlarkWorld();
    addFoundationSlark(s);
    for (let era = 0; era < 5; era++) passEra(s, [10, 0, 900]);
    expect(readSlark(s, 1)).toMatchObject({ tier: 6, state: S.running, resultCount: 0 });
  });

  it('clears the counts of every licence for the next era', () => {
    const s = createTierWorld(2);
    writeRecord(s, 'slarks', 2, { state: S.banned });
    passEra(s, [10, 9, 70], [10, 9, 70]);
    for (const licence of [1, 2]) {
      expect(readSlark(s, licence)).toMatchObject({
        selectedCount: 0,
        resultCount: 0,
        alignedCount: 0,
        meanDelayMs: 0,
      });
    }
  });
});

describe('updateSlarks, bans (OP-61)', () => {
  it('given accuracy below 50 % in 3 eras > bans, frees the machine, and is drawn no more', () => {
    const s = createTierWorld(1);
    for (let era = 0; era < 2; era++) passEra(s, [100, 49, 1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.running, lowEraCount: 2 });
    s.eventCount = 0;
    passEra(s, [100, 49, 1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.banned, runner: OWNER });
    expect(s.runners[OWNER]).toBe(0);
    expect(s.slarkTotals[F.slarkTotals.drawableCount]).toBe(0);
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.slark, entity: 1, actor: K, from: S.running, to: S.banned },
    ]);
  });

  it('given 50 % exactly, or an era without results between > the count starts again, or stands still', () => {
    const s = createTierWorld(1);
    for (const aligned of [49, 49, 50, 49, 49]) passEra(s, [100, aligned, 1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.running, lowEraCount: 2 });
    update(s);
    expect(readSlark(s, 1).lowEraCount).toBe(2);
  });

  it('given an Offline licence, or one whose running was ended, or for which a runner is asked > bans it', () => {
    const s = createTierWorld(3);
    mustPass(s, 'loseClient', K, [1]);
    mustPass(s, 'endRunner', OWNER, [2]);
    mustPass(s, 'endRunner', OWNER, [3]);
    mustPass(s, 'requestRunner', OWNER, [3, agent(1), 1]);
    s.eventCount = 0;
    for (let era = 0; era < 3; era++) passEra(s, [10, 0, 1], [10, 0, 1], [10, 0, 1]);
    expect(eventsSince(s)).toEqual(
      [S.offline, S.owned, S.pending].map((from, i) => {
        return { name: 'Transition', kind: KIND.slark, entity: i + 1, actor: K, from, to: S.banned };
      }),
    );
    expect(readSlark(s, 3).pendingRunner).toBe(0);
    expect(s.runners[OWNER]).toBe(0);
  });
});

describe('updateSlarks, the order', () => {
  it('is by accuracy, no results counting as 0, on a tie by number', () => {
    const s = createTierWorld(4);
    setResults(s, 1, 0, 0);
    setResults(s, 2, 3, 2);
    setResults(s, 3, 100, 90);
    setResults(s, 4, 6, 4);
    expect(rankByAccuracy(s)).toEqual([3, 2, 4, 1]);
  });

  it.each([
    ['two entries swapped', [2, 1], ['RankingInvalid', 1, 1]],
    ['an entry twice', [1, 1], ['RankingInvalid', 1, 1]],
    ['a licence that does not exist', [1, 3], ['RankingInvalid', 1, 3]],
    ['licence 0', [0, 1], ['RankingInvalid', 0, 0]],
    ['too few entries', [1], ['BatchMismatch', 1, 2]],
  ] as const)('given %s > is refused', (_, order, refusal) => {
    const s = createTierWorld(2);
    setResults(s, 1, 10, 9);
    setResults(s, 2, 10, 8);
    enterSettlement(s, STEP.updateSlarks);
    expect(attempt(s, 'updateSlarks', K, [0, 2], order)).toEqual(refusal);
  });

  it('given a second chunk that starts with a better licence than the first ended with > is refused', () => {
    const s = createTierWorld(3);
    for (const [i, aligned] of [7, 9, 8].entries()) setResults(s, i + 1, 10, aligned);
    enterSettlement(s, STEP.updateSlarks);
    mustPass(s, 'updateSlarks', K, [0, 1], [3]);
    expect(attempt(s, 'updateSlarks', K, [1, 3], [2, 1])).toEqual(['RankingInvalid', 1, 2]);
  });

  it('given a licence that an earlier chunk has judged > is refused, though its counts are cleared and would fit', () => {
    const s = createTierWorld(3);
    for (const [i, aligned] of [4, 9, 1].entries()) setResults(s, i + 1, 10, aligned);
    enterSettlement(s, STEP.updateSlarks);
    mustPass(s, 'updateSlarks', K, [0, 2], [2, 1]);
    expect(attempt(s, 'updateSlarks', K, [2, 3], [2])).toEqual(['RankingInvalid', 2, 2]);
    expect(attempt(s, 'updateSlarks', K, [2, 3], [1])).toEqual(['RankingInvalid', 2, 1]);
    mustPass(s, 'updateSlarks', K, [2, 3], [3]);
  });

  it('given any results > chunks of any size give the same ledger, and every true order is accepted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.nat(400)), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 4 }),
        (results, chunk) => {
          const worlds = [1_000, chunk].map((size) => {
            const s = createTierWorld(results.length, {
              'slark.promo_eras': 1,
              'slark.demo_eras': 1,
              'slark.ban_eras': 1,
            });
            for (const [i, [count, aligned, delayMs]] of results.entries()) {
              setResults(s, i + 1, count, Math.min(count, aligned), delayMs);
            }
            update(s, size);
            post(s, size);
            return s;
          });
          expect(worlds[1]!.slarks).toEqual(worlds[0]!.slarks);
          expect(worlds[1]!.slarkTotals).toEqual(worlds[0]!.slarkTotals);
          expect(worlds[1]!.slarkOrder).toEqual(worlds[0]!.slarkOrder);
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });
});

describe('postSlarks', () => {
  it('lists the licences that can be drawn, best tier first, and counts them by class', () => {
    const s = createTierWorld(5);
    for (const [i, tier] of [2, 6, 1, 6, 3].entries()) setTier(s, i + 1, tier);
    mustPass(s, 'loseClient', K, [4]);
    addLicence(s, OWNER);
    addFoundationSlark(s);
    post(s, 2);
    expect(Array.from(s.slarkOrder.slice(1, 5))).toEqual([2, 5, 1, 3]);
    expect(Array.from(s.slarkTotals.slice(F.slarkTotals.classCount1, F.slarkTotals.classCount6 + 1))).toEqual([
      4, 3, 2, 1, 1, 1,
    ]);
    expect(s.slarkTotals[F.slarkTotals.orderedCount]).toBe(4);
  });

  it('given none that can be drawn > the list is empty', () => {
    const s = createTierWorld(1);
    post(s);
    expect(s.slarkTotals[F.slarkTotals.classCount1]).toBe(1);
    s.clockTotals[F.clockTotals.stepsDone] = 0;
    mustPass(s, 'loseClient', K, [1]);
    post(s);
    expect(s.slarkTotals[F.slarkTotals.classCount1]).toBe(0);
    expect(s.slarkTotals[F.slarkTotals.orderedCount]).toBe(0);
  });

  it.each([
    ['the lower tier first', [1, 2], ['RankingInvalid', 1, 2]],
    ['an entry twice', [2, 2], ['RankingInvalid', 1, 2]],
    ['a licence that is not running', [2, 3], ['RankingInvalid', 1, 3]],
    ['a licence that does not exist', [2, 9], ['RankingInvalid', 1, 9]],
    ['too many entries', [2, 1, 3], ['BatchMismatch', 3, 2]],
  ] as const)('given %s > is refused', (_, order, refusal) => {
    const s = createTierWorld(2);
    setTier(s, 2, 2);
    const licence = addLicence(s, OWNER);
    mustPass(s, 'registerSlarkKey', OWNER, [licence], keyWords(licence));
    enterSettlement(s, STEP.postSlarks);
    expect(attempt(s, 'postSlarks', K, [0, 2], order)).toEqual(refusal);
  });
});
