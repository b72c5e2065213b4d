/**
 * Prices of the foreign assets (NUM-7): where they come from is outside the protocol, so a run takes them as given. A
 * constant, a random walk in the price's own proportion, or a recorded path; one price per asset and slot.
 */
import { assert } from '../base/assert.ts';
import { nextNormal } from '../base/draws.ts';
import { createStreams } from '../base/stream.ts';
import { getParam, type State } from '../protocol/state.ts';

/** Options of `oracle.model`. */
const GBM = 1;
const FILE = 2;
const BPS = 10_000;
/** √24: slots of a day. */
const SLOTS_PER_DAY_ROOT = 4.898979485566356;
/** FP per thousandth of a token. */
const FP_PER_MIL = 1_000_000;
/** Bounds of `postPrices`: the dollar's upper one is lower. */
const LEAST_FP = 1;
const MOST_FP = 1_000_000_000_000_000;
const MOST_DOLLAR_FP = 1_000_000_000_000;

/** Prices of assets 1 to 3, FP-scaled. */
export type Prices = readonly [number, number, number];

export type Oracle = {
  /** Prices of a slot; slots must be asked for in order. */
  pricesOf(s: State, slot: number): Prices;
};

function clamp(priceFp: number, asset: number): number {
  return Math.min(asset === 0 ? MOST_DOLLAR_FP : MOST_FP, Math.max(LEAST_FP, Math.round(priceFp)));
}

/**
 * @param path  a recorded path for `oracle.model` file: tokens per unit of assets 1 to 3, in thousandths, one row per slot;
 *   the last row stays
 * @rule NUM-7, OP-2
 */
export function createOracle(seed: number, path: readonly Prices[]): Oracle {
  const streams = createStreams(3, (asset) => `${seed}/oracle/${asset + 1}`);
  let current: number[] | null = null;
  return {
    pricesOf(s, slot) {
      const first: Prices = [
        getParam(s, 'oracle.price_mil.1') * FP_PER_MIL,
        getParam(s, 'oracle.price_mil.2') * FP_PER_MIL,
        getParam(s, 'oracle.price_mil.3') * FP_PER_MIL,
      ];
      const model = getParam(s, 'oracle.model');
      if (model === FILE) {
        assert(path.length > 0, 'oracle.model is file, and there are no recorded prices');
        const row = path[Math.min(slot, path.length - 1)]!;
        return row.map((mil, asset) => clamp(mil * FP_PER_MIL, asset)) as unknown as Prices;
      }
      if (current === null || model !== GBM) current = [...first];
      else {
        const sigma = getParam(s, 'oracle.vol_bps_day') / BPS / SLOTS_PER_DAY_ROOT;
        current = current.map((priceFp, asset) => clamp(priceFp * (1 + sigma * nextNormal(streams, asset)), asset));
      }
      return current as unknown as Prices;
    },
  };
}
