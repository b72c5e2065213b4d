import { describe, expect, it } from 'vitest';
import { nextNormal } from '../base/draws.ts';
import { FP } from '../base/fixedPoint.ts';
import { createStreams } from '../base/stream.ts';
import { recordRun, smallScenario } from '../cli/testRun.ts';
import { createEraWorld } from '../protocol/eraWorld.ts';
import type { ParamKey } from '../protocol/params.ts';
import { createOracle, type Prices } from './oracle.ts';
import type { Group } from './testWorld.ts';

const [GBM, FILE] = [1, 2];
const SLOTS = 24;
/** Parameters of the dollar at 48.6 tokens. */
const FIRST: Prices = [48_600_000_000, 7_290_000_000_000, 145_800_000_000_000];
const HIGHEST: Prices = [1_000_000_000_000, 1_000_000_000_000_000, 1_000_000_000_000_000];

type Params = Partial<Record<ParamKey, number>>;

/** Prices of the slots from 0. */
function pricesOf(params: Params, count = 10 * SLOTS, seed = 1, path: readonly Prices[] = []): Prices[] {
  const s = createEraWorld({ agents: 1, capacity: 64, params });
  const oracle = createOracle(seed, path);
  return Array.from({ length: count }, (_, slot) => [...oracle.pricesOf(s, slot)] as unknown as Prices);
}

const gbm = (volBps: number, params: Params = {}): Params => ({
  'oracle.model': GBM,
  'oracle.vol_bps_day': volBps,
  ...params,
});
const of = (prices: readonly Prices[], asset: number): number[] => prices.map((row) => row[asset]!);
/** Standard deviation of the changes from slot to slot, in proportion. */
function deviationOf(prices: readonly number[]): number {
  const changes = prices.slice(1).map((price, i) => price / prices[i]! - 1);
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  return Math.sqrt(changes.reduce((sum, change) => sum + (change - mean) ** 2, 0) / changes.length);
}

describe('oracle.model const', () => {
  it('gives the prices of the parameters in every slot, whatever the volatility', () => {
    for (const prices of pricesOf({ 'oracle.vol_bps_day': 3_000 })) expect(prices).toEqual(FIRST);
    const cheap = pricesOf({ 'oracle.price_mil.1': 1, 'oracle.price_mil.3': 2_500 });
    expect(cheap[9]).toEqual([FP / 1_000, FIRST[1], 2.5 * FP]);
  });
});

describe('oracle.model gbm', () => {
  it('starts at the prices of the parameters and moves in every slot, each asset on its own', () => {
    const prices = pricesOf(gbm(200));
    expect(prices[0]).toEqual(FIRST);
    for (const asset of [0, 1, 2]) expect(new Set(of(prices, asset)).size).toBe(prices.length);
    const ratios = (asset: number): number[] => of(prices, asset).map((price) => price / FIRST[asset]!);
    expect(ratios(0)).not.toEqual(ratios(1));
    expect(ratios(1)).not.toEqual(ratios(2));
  });

  it('stands still without volatility', () => {
    for (const prices of pricesOf(gbm(0))) expect(prices).toEqual(FIRST);
  });

  it.each([50, 200, 1_000])('moves by the %i bps of a day: in an hour by the 24th part of its variance', (volBps) => {
    const deviation = deviationOf(of(pricesOf(gbm(volBps), 4_000), 0));
    expect(deviation / (volBps / 10_000 / Math.sqrt(24))).toBeGreaterThan(0.95);
    expect(deviation / (volBps / 10_000 / Math.sqrt(24))).toBeLessThan(1.05);
  });

  it('takes the same path for the same seed, and another for another', () => {
    expect(pricesOf(gbm(200))).toEqual(pricesOf(gbm(200)));
    expect(pricesOf(gbm(200), 10, 2)).not.toEqual(pricesOf(gbm(200), 10, 1));
  });

  it('moves an asset by the same draws whatever the prices of the others', () => {
    const dear = pricesOf(gbm(200, { 'oracle.price_mil.1': 1_000 }));
    expect(of(dear, 1)).toEqual(of(pricesOf(gbm(200)), 1));
    expect(of(dear, 0)).not.toEqual(of(pricesOf(gbm(200)), 0));
  });

  it.each([1, 2, 3])('moves asset %i by one draw a slot of a stream of its own', (number) => {
    const streams = createStreams(1, () => `1/oracle/${number}`);
    const moved = of(pricesOf(gbm(200), 50), number - 1);
    for (let slot = 1; slot < moved.length; slot++) {
      const factor = 1 + (0.02 / Math.sqrt(24)) * nextNormal(streams, 0);
      expect(Math.abs(moved[slot]! - moved[slot - 1]! * factor)).toBeLessThanOrEqual(1);
    }
  });

  it('gives whole numbers that a ledger takes, also at both ends of the range', () => {
    const ends: readonly Params[] = [
      { 'oracle.price_mil.1': 1_000_000, 'oracle.price_mil.2': 1_000_000_000, 'oracle.price_mil.3': 1_000_000_000 },
      { 'oracle.price_mil.1': 1, 'oracle.price_mil.2': 1, 'oracle.price_mil.3': 1 },
    ];
    let highest = 0;
    for (const end of ends) {
      for (const prices of pricesOf(gbm(3_000, end), 5_000)) {
        prices.forEach((priceFp, asset) => {
          expect(Number.isInteger(priceFp) && priceFp >= 1 && priceFp <= HIGHEST[asset]!).toBe(true);
          if (priceFp === HIGHEST[asset]) highest += 1;
        });
      }
    }
    expect(highest).toBeGreaterThan(3);
  });

  it('leaves all draws of agents and machines as they were', async () => {
    const groups: readonly Group[] = [
      { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron' } },
      { role: 'slark', strategy: 'diligent', count: 2 },
      {
        role: 'consumer',
        strategy: 'renter',
        count: 4,
        openTokens: 20_000,
        options: { lease_bps: 3_000, foreign_bps: 0 },
      },
    ];
    const run = (params: Params) =>
      recordRun(smallScenario(groups, { eras: 2, params: { 'escrow.brackets_enforced': 0, ...params } }));
    const [still, moving] = [await run({}), await run(gbm(500))];
    const assetPrices = ({ run: { state } }: typeof still) => Array.from(state.assets);
    expect(assetPrices(moving)).not.toEqual(assetPrices(still));
    expect(moving.streams).toEqual(still.streams);
    expect(moving.worlds).toEqual(still.worlds);
    expect(still.decisions.flatMap(({ by }) => [...by.values()].flat()).join()).toContain('createOrder');
  });
});

describe('oracle.model file', () => {
  const path: readonly Prices[] = [
    [48_600, 7_290_000, 145_800_000],
    [50_001, 1, 1_000_000_000],
    [1, 2, 3],
  ];

  it('gives a row for each slot, in thousandths of a token, and stays at the last one', () => {
    const prices = pricesOf({ 'oracle.model': FILE }, 5, 1, path);
    const inFp = (row: Prices): number[] => row.map((mil) => (mil * FP) / 1_000);
    expect(prices).toEqual([...path, path[2]!, path[2]!].map(inFp));
  });

  it('has no effect under another model', () => {
    expect(pricesOf({}, 3, 1, path)).toEqual([FIRST, FIRST, FIRST]);
    expect(pricesOf(gbm(200), 30, 1, path)).toEqual(pricesOf(gbm(200), 30));
  });

  it('without a row stops the run: it never guesses', () => {
    expect(() => pricesOf({ 'oracle.model': FILE })).toThrow('there are no recorded prices');
  });
});
