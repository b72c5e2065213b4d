import { beforeEach, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { addRating, choiceWeights, listModels, marketRankFp, RATINGS_PER_MODEL } from './feedback.ts';
import { addLiveModel, addModel, createModelWorld, readModel } from './modelWorld.ts';
import { writeRecord } from './nodeWorld.ts';
import { PARAMS } from './params.ts';
import type { State } from './state.ts';

let s: State;
let creator: number;
let model: number;

function start(overrides: Parameters<typeof createModelWorld>[1] = {}): void {
  ({ s, creator } = createModelWorld(4, overrides));
  model = addModel(s, creator);
}

beforeEach(() => start());

describe('addRating', () => {
  it('given fewer ratings than the window > counts all of them', () => {
    for (const tenths of [50, 10, 30]) addRating(s, 'models', model, tenths);
    expect(readModel(s, model)).toMatchObject({ ratingSumTenths: 90, ratingCount: 3, ratingNext: 3 });
  });

  it('given more ratings than the window > only the latest count', () => {
    start({ 'fb.window': 3 });
    for (const tenths of [50, 10, 30, 20, 40]) addRating(s, 'models', model, tenths);
    expect(readModel(s, model)).toMatchObject({ ratingSumTenths: 90, ratingCount: 3, ratingNext: 2 });
  });

  it('given a window of one > the last rating is the mean', () => {
    start({ 'fb.window': 1 });
    for (const tenths of [50, 10]) addRating(s, 'models', model, tenths);
    expect(readModel(s, model)).toMatchObject({ ratingSumTenths: 10, ratingCount: 1, ratingNext: 0 });
  });

  it('given the full window of one model > does not touch the next model’s', () => {
    start({ 'fb.window': 1_000 });
    const next = addModel(s, creator);
    addRating(s, 'models', next, 33);
    for (let i = 0; i < 1_001; i++) addRating(s, 'models', model, 50);
    expect(readModel(s, next)).toMatchObject({ ratingSumTenths: 33, ratingCount: 1 });
    expect(readModel(s, model)).toMatchObject({ ratingSumTenths: 50_000, ratingCount: 1_000, ratingNext: 1 });
  });

  it('the places of a model are as many as the largest window', () => {
    expect(PARAMS.find((spec) => spec.key === 'fb.window')!.max).toBe(RATINGS_PER_MODEL);
  });
});

describe('marketRankFp', () => {
  it('given a model of which nothing is known > one half of everything but the volume', () => {
    // (3 500 + 2 500 + 2 000 + 1 500)/10 000 / 2
    expect(marketRankFp(s, model)).toBe(475_000_000);
  });

  it('given a history > the weighted sum of its five parts', () => {
    writeRecord(s, 'models', model, {
      requestCount: 10,
      successCount: 8,
      errorCount: 1,
      ratingSumTenths: 120,
      ratingCount: 3,
      checkCount: 3,
      checkPassedCount: 2,
    });
    // 0.35·0.8 + 0.25·120/150 + 0.2·⌊2/3⌋ + 0.15·0.9 + 0.05·3/32
    const parts = [2_800_000_000_000, 2_000_000_000_000, 2_000 * 666_666_666, 1_350_000_000_000, 500 * 93_750_000];
    expect(marketRankFp(s, model)).toBe(Math.floor(parts.reduce((a, b) => a + b) / 10_000));
  });

  it('given a better share of anything > does not rank lower', () => {
    const base = { requestCount: 100, successCount: 50, errorCount: 40, ratingSumTenths: 100, ratingCount: 10 };
    writeRecord(s, 'models', model, { ...base, checkCount: 4, checkPassedCount: 2 });
    const rank = marketRankFp(s, model);
    for (const better of [
      { successCount: 51 },
      { errorCount: 39 },
      { ratingSumTenths: 101 },
      { checkPassedCount: 3 },
    ]) {
      writeRecord(s, 'models', model, { ...base, checkCount: 4, checkPassedCount: 2, ...better });
      expect(marketRankFp(s, model)).toBeGreaterThan(rank);
    }
  });

  it('given a perfect model > stays within 1.0', () => {
    const all = 2 ** 40;
    const perfect = { requestCount: all, successCount: all, ratingSumTenths: 500, ratingCount: 10 };
    writeRecord(s, 'models', model, { ...perfect, checkCount: 9, checkPassedCount: 9 });
    expect(marketRankFp(s, model)).toBe(FP);
  });
});

describe('listModels', () => {
  it('given Live models > lists them by rank, on a tie by identifier, and nothing that is not Live', () => {
    const [second, third, fourth] = [0, 1, 2].map(() => addLiveModel(s, creator)) as [number, number, number];
    writeRecord(s, 'models', fourth, { requestCount: 10, successCount: 10 });
    expect(listModels(s)).toEqual([fourth, second, third]);
  });
});

describe('choiceWeights', () => {
  it('given equal ranks > the median fee m weighs one half, a fee f weighs m/(m + f)', () => {
    const models = [1_000, 2_000, 6_000].map((feeUnits) => addLiveModel(s, creator, [0, feeUnits, 1, 1]));
    const rank = marketRankFp(s, models[0]!);
    const squared = Math.floor((rank * rank) / FP);
    // m = 2 000: 2/3, 1/2, 1/4
    const attractiveness = [666_666_666, 500_000_000, 250_000_000];
    expect(choiceWeights(s, models)).toEqual(attractiveness.map((a) => Math.floor((squared * a) / FP)));
  });

  it('given a model that is as good as free > it weighs less than twice the median', () => {
    const [free, usual] = [1, 2_000].map((feeUnits) => addLiveModel(s, creator, [0, feeUnits, 1, 1]));
    const other = addLiveModel(s, creator, [0, 2_000, 1, 1]);
    const [freeWeight, usualWeight] = choiceWeights(s, [free!, usual!, other]);
    expect(freeWeight).toBeLessThan(2 * usualWeight!);
    expect(freeWeight).toBeGreaterThan(usualWeight!);
  });

  it('given equal prices > the weight is the rank to the power of choice_exp4 quarters', () => {
    start({ 'rank.choice_exp4': 0 });
    const models = [addLiveModel(s, creator), addLiveModel(s, creator)];
    writeRecord(s, 'models', models[0]!, { requestCount: 10, successCount: 10 });
    expect(choiceWeights(s, models)).toEqual([FP / 2, FP / 2]);
  });

  it('given no models > no weights', () => {
    expect(choiceWeights(s, [])).toEqual([]);
  });
});
