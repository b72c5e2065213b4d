/**
 * Matching as a reverse auction, against auction theory. Where price alone counts, the bid of the best score (F-15) is the lowest,
 * and the lease costs what was bid: a first-price auction among sellers. Sellers whose costs are drawn alike from [0, 1] bid
 * c + (1 − c)/n in its equilibrium, a line of slope 1 − 1/n. Here they do not know it: they learn their slope from the bids
 * that they see, and every auction is decided by the rules.
 *
 * Of the oracle, second prices (Vickrey) apply to the choice of the winner alone, since a provider is paid its own bid; that is
 * tested. Deferred acceptance does not apply: orders are matched one by one and for good, and a provider has no preference among
 * orders but the price that it names itself, so there is no second side that could reject one for another.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createStreams, nextDouble } from '../base/stream.ts';
import { agent, createEraWorld, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, STRIDE } from './layout.ts';
import { scoreBid, winnerOf } from './matching.ts';
import type { ParamKey } from './params.ts';
import { addProvider, enoughFor } from './providerWorld.ts';
import type { State } from './state.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ORACLE = join(ROOT, 'fixtures', 'oracles', 'auctions_matching.json');
const PUBLISHED = join(ROOT, '..', 'shared', 'oracles', 'auctions_matching.json');

type Row = { readonly n: number; readonly b0: number; readonly E_payment: number; readonly E_winner_cost: number };
type Oracle = { readonly reverse_first_price: { readonly table: Row[] } };
const rows = (JSON.parse(readFileSync(ORACLE, 'utf8')) as Oracle).reverse_first_price.table;

const K = ACCOUNT.keeper;
/** A cost or a price of 1: highest price of the order, so that the price term of F-15 loses nothing. */
const ONE = 1_000_000_000;
const HOUR_S = 3_600;

const WEIGHTS = ['region', 'price', 'feedback', 'avail', 'slashes', 'tier', 'stake', 'random'] as const;
const priceOnly = Object.fromEntries(
  WEIGHTS.map((name) => [`match.w_bps.${name}`, name === 'price' ? 10_000 : 0]),
) as Partial<Record<ParamKey, number>>;

type Auction = {
  readonly s: State;
  readonly n: number;
  /** Decides an auction with these prices. @returns seat of the winner, 0 to n − 1 */
  readonly decide: (prices: readonly number[]) => number;
};

/** An order in Matching for which n providers have bid that are alike in everything but the price. */
function createAuction(n: number): Auction {
  const s = createEraWorld({ agents: n + 1, params: { ...priceOnly, 'escrow.brackets_enforced': 0 }, capacity: 512 });
  const consumer = agent(n);
  for (let i = 0; i < n; i++) addProvider(s, agent(i), 7, enoughFor(7));
  mustPass(s, 'openEscrow', consumer, [0, 5_000 * TOKEN]);
  openOrder(s, n, new Array<number>(n).fill(ONE));
  function decide(prices: readonly number[]): number {
    prices.forEach((price, i) => {
      s.bids[(i + 1) * STRIDE.bids + F.bids.priceUnits] = price;
    });
    return winnerOf(s, 1) - 1;
  }
  return { s, n, decide };
}

/** A new order with the bids of n providers, handed to matching. @returns its number */
function openOrder(s: State, n: number, prices: readonly number[]): number {
  mustPass(s, 'createOrder', agent(n), [1, 0, 0, 1, 1, 0, 0, 0, 0, HOUR_S, ONE, 0]);
  const order = s.orderTotals[F.orderTotals.orderCount]!;
  prices.forEach((price, i) => {
    mustPass(s, 'placeBid', agent(i), [order, i + 1, price, 0]);
  });
  s.nowS = s.orders[order * STRIDE.orders + F.orders.bidUntilS]! + 1;
  mustPass(s, 'openMatching', K, [order]);
  s.eventCount = 0;
  return order;
}

function drawCosts(streams: Float64Array, n: number): number[] {
  return Array.from({ length: n }, () => Math.max(1, Math.floor(nextDouble(streams, 0) * ONE)));
}

/** Bid of a seller that asks for a share of what its cost leaves. */
const bidOf = (cost: number, markup: number): number => Math.round(cost + markup * (ONE - cost));

/** The prices without the one of a seat, which asks for the most that is allowed. */
const without = (prices: readonly number[], seat: number): number[] =>
  prices.map((price, i) => (i === seat ? ONE : price));

const MARKUP_STEPS = 1_000;
/** Cost from which on a seller judges its markup. The cheapest sellers bid at the edge of all bids, where no line is a best reply. */
const LEAST_JUDGED_COST = 0.2;

/**
 * The markup that would have earned most against the lowest rival bids seen, whatever the own cost had been: with q = 1 − rival,
 * a markup m sells to costs 1 − x with x > q/(1 − m) and earns m·x then; over x in [0, X] that is m/2·(X² − (q/(1 − m))²).
 */
function bestReply(rivals: readonly number[], leastCost = LEAST_JUDGED_COST): number {
  const span = 1 - leastCost;
  const gaps = rivals.map((price) => 1 - price / ONE).sort((a, b) => b - a);
  let squares = gaps.reduce((sum, gap) => sum + gap * gap, 0);
  let first = 0;
  let best = 0;
  let most = -1;
  // The higher the markup, the fewer auctions could have been won: those of the widest gaps go first.
  for (let step = 0; step < MARKUP_STEPS; step++) {
    const left = 1 - step / MARKUP_STEPS;
    for (; first < gaps.length && gaps[first]! >= left * span; first++) squares -= gaps[first]! * gaps[first]!;
    const earned = (step / MARKUP_STEPS) * ((gaps.length - first) * span * span - squares / (left * left));
    if (earned > most) [best, most] = [step / MARKUP_STEPS, earned];
  }
  return best;
}

const BLOCKS = 20;
const EPOCHS = 30;
const AUCTIONS_PER_EPOCH = 50;
const MEASURED_AUCTIONS = 500;
/** Quantile 0.9995 of Student's t with 19 degrees of freedom: an interval of 99.9 %. */
const T_19 = 3.8834;

type Block = { readonly slope: number; readonly payment: number; readonly winnerCost: number };

/**
 * Sellers of all kinds at first, from those who bid their cost to those who ask for nearly everything, reply to the later half
 * of what they have seen; then they stay as they are, and what they are paid is measured.
 */
function learn(auction: Auction, seed: string): Block {
  const { n, decide } = auction;
  const streams = createStreams(1, () => `auctions/1/${n}/${seed}`);
  let markups = Array.from({ length: n }, () => nextDouble(streams, 0));
  markups[0] = 0;
  const seen: number[][] = Array.from({ length: n }, () => []);

  function hold(): { winner: number; prices: number[]; costs: number[] } {
    const costs = drawCosts(streams, n);
    const prices = costs.map((cost, i) => bidOf(cost, markups[i]!));
    return { winner: decide(prices), prices, costs };
  }

  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let i = 0; i < AUCTIONS_PER_EPOCH; i++) {
      const { winner, prices } = hold();
      // The winner's rival is who would have won without it.
      const second = decide(without(prices, winner));
      for (let seat = 0; seat < n; seat++) seen[seat]!.push(prices[seat === winner ? second : winner]!);
    }
    markups = seen.map((rivals) => bestReply(rivals.slice(Math.floor(rivals.length / 2))));
  }

  let payment = 0;
  let winnerCost = 0;
  for (let i = 0; i < MEASURED_AUCTIONS; i++) {
    const { winner, prices, costs } = hold();
    payment += prices[winner]! / ONE / MEASURED_AUCTIONS;
    winnerCost += costs[winner]! / ONE / MEASURED_AUCTIONS;
  }
  return { slope: 1 - markups.reduce((sum, markup) => sum + markup, 0) / n, payment, winnerCost };
}

type Interval = { readonly mean: number; readonly low: number; readonly high: number };

function intervalOf(values: readonly number[]): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1);
  const half = T_19 * Math.sqrt(variance / values.length);
  return { mean, low: mean - half, high: mean + half };
}

const isWithin = (value: number, { low, high }: Interval): boolean => value >= low && value <= high;
const shown = ({ mean, low, high }: Interval): string => `${mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;

describe('the oracle', () => {
  it('is the formulas that it names', () => {
    expect(rows.map(({ n }) => n)).toEqual([2, 3, 5, 10]);
    for (const { n, b0, E_payment, E_winner_cost } of rows) {
      expect([b0, E_payment, E_winner_cost]).toEqual([1 / n, 2 / (n + 1), 1 / (n + 1)]);
    }
  });

  it.skipIf(!existsSync(PUBLISHED))('is what was published (skipped where ../shared is absent)', () => {
    const published = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as Oracle;
    expect(rows).toEqual(published.reverse_first_price.table.filter(({ n }) => n <= 10));
  });
});

describe('matching by price alone (F-15)', () => {
  it('given bids that differ in the last unit > the lowest wins, whoever bid it, and scores are what is left of the maximum', () => {
    const { s, decide } = createAuction(5);
    for (let seat = 0; seat < 5; seat++) {
      expect(decide([0, 1, 2, 3, 4].map((i) => (i === seat ? 699_999_999 : 700_000_000)))).toBe(seat);
      expect(scoreBid(s, 1, seat + 1).scoreFp).toBe(300_000_001);
    }
  });

  it('given whole auctions, from the order to the lease > the cheapest provider has the lease, at the price that it bid', () => {
    const n = 4;
    const { s } = createAuction(n);
    const streams = createStreams(1, () => 'auctions/1/whole');
    for (let i = 0; i < 60; i++) {
      const prices = drawCosts(streams, n).map((cost) => bidOf(cost, 1 / n));
      const order = openOrder(s, n, prices);
      mustPass(s, 'matchOrder', K, [order]);
      const lease = s.orders[order * STRIDE.orders + F.orders.lease]! * STRIDE.leases;
      const least = Math.min(...prices);
      expect([s.leases[lease + F.leases.provider], s.leases[lease + F.leases.priceUnits]]).toEqual([
        prices.indexOf(least) + 1,
        least,
      ]);
      mustPass(s, 'closeLease', agent(n), [i + 1]);
      s.eventCount = 0;
    }
  });
});

describe('bestReply of these tests', () => {
  it.each([2, 3, 5, 10])(
    'given rivals of %i sellers who bid their cost > is the equilibrium markup all the same',
    (n) => {
      // The lowest of n − 1 costs by its quantiles: 1 − u^(1/(n − 1)).
      const rivals = Array.from({ length: 20_000 }, (_, i) => ONE * (1 - ((i + 0.5) / 20_000) ** (1 / (n - 1))));
      expect(bestReply(rivals)).toBeCloseTo(1 / n, 2);
    },
  );

  it('given a rival who always asks for one half > is where m/2·(1 − 0.25/(1 − m)²) is most', () => {
    const best = bestReply([ONE / 2], 0);
    const earned = (markup: number): number => (markup / 2) * (1 - 0.25 / ((1 - markup) * (1 - markup)));
    expect(earned(best)).toBeGreaterThan(earned(best - 0.001));
    expect(earned(best)).toBeGreaterThan(earned(best + 0.001));
  });
});

describe.each(rows)('$n sellers who learn', ({ n, E_payment, E_winner_cost }) => {
  let blocks: readonly Block[] = [];
  beforeAll(() => {
    const auction = createAuction(n);
    blocks = Array.from({ length: BLOCKS }, (_, i) => learn(auction, String(i)));
  });

  it('come to bid with the slope of the equilibrium, within 99.9 %, and with none that is near', () => {
    const slope = intervalOf(blocks.map((block) => block.slope));
    const payment = intervalOf(blocks.map((block) => block.payment));
    const winnerCost = intervalOf(blocks.map((block) => block.winnerCost));
    console.log(
      `n ${n}: slope ${(1 - 1 / n).toFixed(4)} ${shown(slope)}; payment ${E_payment.toFixed(4)} ${shown(payment)}; ` +
        `cost of the winner ${E_winner_cost.toFixed(4)} ${shown(winnerCost)}`,
    );
    expect(isWithin(1 - 1 / n, slope)).toBe(true);
    // Bidding the cost; the equilibria of one seller more and of one less.
    for (const wrong of [1, 1 - 1 / (n + 1), 1 - 1 / (n - 1)]) expect(isWithin(wrong, slope)).toBe(false);
  });

  it('are paid what the equilibrium pays, and the cheapest of them serves', () => {
    const payment = intervalOf(blocks.map((block) => block.payment));
    const winnerCost = intervalOf(blocks.map((block) => block.winnerCost));
    expect([isWithin(E_payment, payment), isWithin(E_winner_cost, winnerCost)]).toEqual([true, true]);
    // The winner's cost alone, and what one seller more or less would bring.
    for (const wrong of [1 / (n + 1), 2 / (n + 2), 2 / n]) expect(isWithin(wrong, payment)).toBe(false);
  });
});

describe('the choice of the winner, were the second price paid (Vickrey)', () => {
  const n = 5;
  const auction = createAuction(n);
  const DEVIATIONS = Array.from({ length: 21 }, (_, i) => Math.max(1, (i * ONE) / 20));

  /** What a seller earns with these prices. */
  function profitOf(prices: readonly number[], seat: number, costs: readonly number[], isSecondPrice: boolean): number {
    if (auction.decide(prices) !== seat) return 0;
    const paid = isSecondPrice ? prices[auction.decide(without(prices, seat))]! : prices[seat]!;
    return paid - costs[seat]!;
  }

  /** The most that a seller could have earned more than by bidding its cost. */
  function regretOf(costs: readonly number[], seat: number, isSecondPrice: boolean): number {
    const honest = profitOf(costs, seat, costs, isSecondPrice);
    const others = DEVIATIONS.map((bid) =>
      profitOf(
        costs.map((cost, i) => (i === seat ? bid : cost)),
        seat,
        costs,
        isSecondPrice,
      ),
    );
    return Math.max(...others) - honest;
  }

  it('makes honest bids the best in every single auction, and pays on average what the equilibrium pays', () => {
    const streams = createStreams(1, () => 'auctions/1/vickrey');
    const paid: number[] = [];
    for (let i = 0; i < 100; i++) {
      const costs = drawCosts(streams, n);
      for (let seat = 0; seat < n; seat++) expect(regretOf(costs, seat, true)).toBeLessThanOrEqual(0);
    }
    for (let block = 0; block < BLOCKS; block++) {
      let sum = 0;
      for (let i = 0; i < MEASURED_AUCTIONS; i++) {
        const costs = drawCosts(streams, n);
        sum += costs[auction.decide(without(costs, auction.decide(costs)))]! / ONE;
      }
      paid.push(sum / MEASURED_AUCTIONS);
    }
    const payment = intervalOf(paid);
    console.log(`n ${n}, second price: payment ${(2 / (n + 1)).toFixed(4)} ${shown(payment)}`);
    expect(isWithin(2 / (n + 1), payment)).toBe(true);
  });

  it('does not, as leases are paid: who bids its cost earns nothing, and the cheapest regrets it', () => {
    const streams = createStreams(1, () => 'auctions/1/regret');
    let regretted = 0;
    for (let i = 0; i < 50; i++) {
      const costs = drawCosts(streams, n);
      const cheapest = auction.decide(costs);
      if (regretOf(costs, cheapest, false) > 0) regretted += 1;
      for (let seat = 0; seat < n; seat++) expect(profitOf(costs, seat, costs, false)).toBe(0);
    }
    // All but those in which no deviation of the grid lies between the lowest cost and the next.
    expect(regretted).toBeGreaterThan(35);
  });
});
