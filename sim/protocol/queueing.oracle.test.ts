/**
 * Leases under canonical arrivals, against queueing theory: c providers with room for one lease each, Poisson arrivals, service
 * times in whole seconds. Every order goes through the real rules, from the bids to the close of the lease.
 *
 * The ledger itself keeps no queue: a provider without room may not bid (LEASE-3, ORDER-5), and an order without a bid expires
 * (ORDER-6). So consumers who never come again make a loss system (Erlang B); consumers who queue, first come first served, and
 * order when a provider is free make a delay system (Erlang C, Pollaczek and Khinchine).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ln } from '../base/elementary.ts';
import { createStreams, nextDouble } from '../base/stream.ts';
import type { ActionName } from './actions.ts';
import { agent, createEraWorld, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, LEASE_STATE, ORDER_STATE, STRIDE } from './layout.ts';
import { addProvider, enoughFor, PLAIN_SPEC } from './providerWorld.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ORACLE = join(ROOT, 'fixtures', 'oracles', 'queueing.json');
const PUBLISHED = join(ROOT, '..', 'shared', 'oracles', 'queueing.json');

type DelayRow = {
  readonly c: number;
  readonly rho: number;
  readonly ErlangC: number;
  readonly ErlangB: number;
  readonly Wq_over_service: number;
  readonly p99_wait_over_service: number;
};
type ServiceRow = { readonly rho: number; readonly cv2: number; readonly Wq_over_S: number };
type Oracle = { readonly mmc: { readonly table: DelayRow[] }; readonly mg1: { readonly table: ServiceRow[] } };

const oracle = JSON.parse(readFileSync(ORACLE, 'utf8')) as Oracle;
const K = ACCOUNT.keeper;

/** Mean service time: so long that a second is nothing beside it. */
const SERVICE_S = 20_000;
/** Bids are taken for a block of one second, and an order is matched in the second after: every order takes that long. */
const ORDERING_S = 2;
const YEAR_S = 31_536_000;
/** An hour costs as many units as it has seconds: a second costs one unit. */
const PRICE_UNITS = 3_600;
const [, , CPU_COUNT, MEMORY_GB, STORAGE_GB] = PLAIN_SPEC as readonly [number, number, number, number, number];

const CUSTOMERS = 31_001;
/** Service times that vary as much as this, or providers that are used as much as this, make waits vary so much that more are needed. */
const WILD_CV2 = 4;
const HEAVY_RHO = 0.9;
/** Customers who come before the queue has forgotten that it began empty. */
const WARM_UP = 1_000;
const BATCHES = 20;
/** Quantiles 0.9995 of Student's t with 19 and 18 degrees of freedom: intervals of 99.9 %. */
const T_19 = 3.8834;
const T_18 = 3.9216;

/** Draws a service time of mean 1, from two numbers in (0, 1). */
type Law = (u: number, v: number) => number;
const exponential: Law = (u) => -ln(u);
const constant: Law = () => 1;
/** Two exponentials with balanced means: the variance is `cv2`, above 1. */
function hyperexponential(cv2: number): Law {
  const p = (1 + Math.sqrt((cv2 - 1) / (cv2 + 1))) / 2;
  return (u, v) => -ln(u) / (v < p ? 2 * p : 2 * (1 - p));
}

type Market = {
  readonly seed: string;
  readonly c: number;
  readonly rho: number;
  readonly customerCount?: number;
  readonly law?: Law;
  /** True: who finds no provider free does not come again. */
  readonly isLost?: boolean;
};

type Outcome = {
  /** Of each customer served: seconds between coming and the start of the lease, ordering itself apart. */
  readonly waitS: readonly number[];
  /** Of each customer, in order of coming: 1 if the order expired. */
  readonly lost: readonly number[];
  /** Sum over time of the number of customers in the queue. */
  readonly queueS: number;
  /** Of each customer: work brought beyond what the providers can do until the next one comes, in mean service times; mean 0. */
  readonly excess: readonly number[];
  /** Leases whose charge was not their service time. */
  readonly wrongChargeCount: number;
};

function play({ seed, c, rho, customerCount = CUSTOMERS, law = exponential, isLost = false }: Market): Outcome {
  const s = createEraWorld({
    agents: c + 1,
    params: {
      'time.block_s': 1,
      'order.bid_window_blocks': 1,
      'order.ttl_blocks': 100_000,
      'escrow.brackets_enforced': 0,
    },
    capacities: { orders: customerCount, bids: customerCount * c, leases: customerCount, leaseUpdates: customerCount },
  });
  const consumer = agent(c);
  for (let i = 0; i < c; i++) addProvider(s, agent(i), 7, enoughFor(7));
  const send = (name: ActionName, actor: number, args: readonly number[]): void => {
    s.eventCount = 0;
    mustPass(s, name, actor, args);
  };
  send('openEscrow', consumer, [0, 9_000 * TOKEN]);

  const streams = createStreams(3, (i) => `queueing/1/${seed}/${i}`);
  const uniform = (i: number): number => 1 - nextDouble(streams, i);
  let arrivalTime = s.nowS;
  const nextArrivalS = (): number => {
    arrivalTime += (-ln(uniform(0)) * SERVICE_S) / (c * rho);
    return Math.floor(arrivalTime);
  };

  const arrivedS: number[] = [];
  const serviceS: number[] = [];
  const waitS: number[] = [];
  const lost: number[] = [];
  /** Customers who wait, first come first; those before `head` are gone. */
  let head = 0;
  const inFlight: { order: number; customer: number; dueS: number }[] = [];
  const busyUntilS = new Array<number>(c).fill(Number.POSITIVE_INFINITY);
  const leaseOf = new Array<number>(c).fill(0);
  let orderCount = 0;
  let queueS = 0;
  let wrongChargeCount = 0;

  function order(customer: number): void {
    const terms = [CPU_COUNT, MEMORY_GB, STORAGE_GB, 0, 0, 0, YEAR_S, PRICE_UNITS, 0];
    send('createOrder', consumer, [1, 0, 0, ...terms]);
    orderCount += 1;
    for (let i = 0; i < c; i++) {
      if (leaseOf[i] === 0) send('placeBid', agent(i), [orderCount, i + 1, PRICE_UNITS, 0]);
    }
    inFlight.push({ order: orderCount, customer, dueS: s.nowS + ORDERING_S });
  }

  function match({ order, customer }: (typeof inFlight)[number]): void {
    const at = order * STRIDE.orders;
    send('openMatching', K, [order]);
    if (s.orders[at + F.orders.state] === ORDER_STATE.matching) send('matchOrder', K, [order]);
    lost[customer] = s.orders[at + F.orders.state] === ORDER_STATE.expired ? 1 : 0;
    if (lost[customer] === 1) return;
    const lease = s.orders[at + F.orders.lease]!;
    const provider = s.leases[lease * STRIDE.leases + F.leases.provider]!;
    send('sendManifest', consumer, [lease]);
    send('confirmDeployment', agent(provider - 1), [lease]);
    waitS.push(s.leases[lease * STRIDE.leases + F.leases.startS]! - arrivedS[customer]! - ORDERING_S);
    leaseOf[provider - 1] = lease;
    serviceS[lease] = Math.max(1, Math.round(law(uniform(1), uniform(2)) * SERVICE_S));
    busyUntilS[provider - 1] = s.nowS + serviceS[lease]!;
  }

  function close(i: number): void {
    const lease = leaseOf[i]!;
    send('closeLease', consumer, [lease]);
    const at = lease * STRIDE.leases;
    const isRight =
      s.leases[at + F.leases.state] === LEASE_STATE.closed && s.leases[at + F.leases.paidUnits] === serviceS[lease];
    if (!isRight) wrongChargeCount += 1;
    leaseOf[i] = 0;
    busyUntilS[i] = Number.POSITIVE_INFINITY;
  }

  let comingS = nextArrivalS();
  for (;;) {
    const timeS = Math.min(comingS, inFlight[0]?.dueS ?? Number.POSITIVE_INFINITY, ...busyUntilS);
    if (timeS === Number.POSITIVE_INFINITY) break;
    queueS += (arrivedS.length - head) * (timeS - s.nowS);
    s.nowS = timeS;
    for (let i = 0; i < c; i++) if (busyUntilS[i] === timeS) close(i);
    while (inFlight[0]?.dueS === timeS) match(inFlight.shift()!);
    while (comingS === timeS) {
      arrivedS.push(timeS);
      comingS = arrivedS.length < customerCount ? nextArrivalS() : Number.POSITIVE_INFINITY;
    }
    const freeCount = leaseOf.filter((lease) => lease === 0).length;
    while (head < arrivedS.length && (isLost || freeCount > inFlight.length)) order(head++);
  }
  // Leases are numbered in the order of coming where nobody is lost.
  const excess = isLost
    ? []
    : arrivedS.map((_, i) => {
        // The last customer is in no batch: nobody comes after it.
        const gapS = (arrivedS[i + 1] ?? Number.NaN) - arrivedS[i]!;
        return (serviceS[i + 1]! - c * gapS) / SERVICE_S - 1 + 1 / rho;
      });
  return { waitS, lost, queueS, excess, wrongChargeCount };
}

type Interval = { readonly mean: number; readonly low: number; readonly high: number };

function meansOfBatches(values: readonly number[]): number[] {
  const size = Math.floor((values.length - WARM_UP) / BATCHES);
  return Array.from({ length: BATCHES }, (_, i) => {
    const batch = values.slice(WARM_UP + i * size, WARM_UP + (i + 1) * size);
    return batch.reduce((sum, value) => sum + value, 0) / size;
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of a stationary series with its interval of 99.9 %, by means of batches that are long enough to be independent. */
function batchMeans(values: readonly number[]): Interval {
  const means = meansOfBatches(values);
  const mean = meanOf(means);
  const variance = means.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (BATCHES - 1);
  const half = T_19 * Math.sqrt(variance / BATCHES);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * The same, with the chance of the draws taken out: the means are put on a line over what each batch was given more than it
 * should have been, and the interval is that of the line where this is 0.
 *
 * @param excess of each customer, of mean 0 by construction
 */
function controlledMeans(values: readonly number[], excess: readonly number[]): Interval {
  const y = meansOfBatches(values);
  const x = meansOfBatches(excess);
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const sumXx = x.reduce((sum, value) => sum + (value - meanX) * (value - meanX), 0);
  const slope = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0) / sumXx;
  const mean = meanY - slope * meanX;
  const squares = y.reduce((sum, value, i) => sum + (value - mean - slope * x[i]!) * (value - mean - slope * x[i]!), 0);
  const half = T_18 * Math.sqrt((squares / (BATCHES - 2)) * (1 / BATCHES + (meanX * meanX) / sumXx));
  return { mean, low: mean - half, high: mean + half };
}

const isWithin = (value: number, { low, high }: Interval): boolean => value >= low && value <= high;
const shown = ({ mean, low, high }: Interval): string => `${mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;

/** Erlang's chances with c servers under an offered load of a, by the recursion of the loss formula. */
function erlang(c: number, a: number): { readonly loss: number; readonly delay: number } {
  let loss = 1;
  for (let k = 1; k <= c; k++) loss = (a * loss) / (k + a * loss);
  return { loss, delay: loss / (1 - (a / c) * (1 - loss)) };
}

describe('erlang of these tests', () => {
  it.each(oracle.mmc.table)('c = $c, rho = $rho > agrees with the oracle', ({ c, rho, ...row }) => {
    const { loss, delay } = erlang(c, c * rho);
    expect([loss, delay]).toEqual([expect.closeTo(row.ErlangB, 12), expect.closeTo(row.ErlangC, 12)]);
    expect(delay / (c * (1 - rho))).toBeCloseTo(row.Wq_over_service, 12);
  });

  it.skipIf(!existsSync(PUBLISHED))('the oracle is what was published (skipped where ../shared is absent)', () => {
    const published = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as Oracle;
    for (const row of oracle.mmc.table) expect(published.mmc.table).toContainEqual(row);
    for (const row of oracle.mg1.table) expect(published.mg1.table).toContainEqual(row);
    expect([oracle.mmc.table.length, oracle.mg1.table.length]).toEqual([7, 6]);
  });
});

describe('leases of consumers who queue (LEASE-3, ORDER-5, MATCH-1)', () => {
  it.each(oracle.mmc.table)(
    'given $c providers used at $rho > wait as Erlang C says, within 99.9 %, and as no formula that is near',
    ({ c, rho, ErlangC, ErlangB, Wq_over_service, p99_wait_over_service }) => {
      const customerCount = rho < HEAVY_RHO ? CUSTOMERS : 4 * CUSTOMERS;
      const { waitS, lost, queueS, excess, wrongChargeCount } = play({
        seed: `delay/${c}/${rho}`,
        c,
        rho,
        customerCount,
      });
      expect([waitS.length, lost.includes(1), wrongChargeCount]).toEqual([customerCount, false, 0]);
      // Little's law, to the second: the queue's length summed over time is what all have waited.
      expect(queueS).toBe(waitS.reduce((sum, wait) => sum + wait, 0));

      const estimate = (value: (wait: number) => number): Interval => controlledMeans(waitS.map(value), excess);
      const waits = estimate((wait) => (wait > 0 ? 1 : 0));
      const mean = estimate((wait) => wait / SERVICE_S);
      const tail = estimate((wait) => (wait > p99_wait_over_service * SERVICE_S ? 1 : 0));
      console.log(
        `c ${c} rho ${rho}: P(wait) ${ErlangC.toFixed(4)} ${shown(waits)}; Wq ${Wq_over_service.toFixed(4)} ${shown(mean)}; ` +
          `P(wait > p99) 0.0100 ${shown(tail)}`,
      );
      expect(isWithin(ErlangC, waits)).toBe(true);
      expect(isWithin(Wq_over_service, mean)).toBe(true);
      expect(isWithin(0.01, tail)).toBe(true);

      const more = erlang(c + 1, c * rho);
      const wrong: Readonly<Record<string, readonly [chance: number, meanWait: number]>> = {
        'Erlang B': [ErlangB, ErlangB / (c * (1 - rho))],
        'one provider more': [more.delay, more.delay / (c + 1 - c * rho)],
        // The truth itself where there is one provider.
        'one provider of c times the speed': [rho, rho / (c * (1 - rho))],
        'constant service times': [ErlangC, Wq_over_service / 2],
      };
      const accepted = Object.entries(wrong)
        .filter(([, [chance, meanWait]]) => isWithin(chance, waits) && isWithin(meanWait, mean))
        .map(([name]) => name);
      expect(accepted).toEqual(c === 1 ? ['one provider of c times the speed'] : []);
    },
  );

  // Variance 1 is Erlang C with one provider, above.
  it.each(oracle.mg1.table.filter(({ rho, cv2 }) => cv2 === 0 || (cv2 === WILD_CV2 && rho === 0.5)))(
    'given one provider used at $rho and service times of variance $cv2 > wait as Pollaczek and Khinchine say',
    ({ rho, cv2, Wq_over_S }) => {
      const { waitS, excess, wrongChargeCount } = play({
        seed: `service/${rho}/${cv2}`,
        c: 1,
        rho,
        law: cv2 === 0 ? constant : hyperexponential(cv2),
        customerCount: cv2 === WILD_CV2 ? 2 * CUSTOMERS : CUSTOMERS,
      });
      const estimate = (value: (wait: number) => number): Interval => controlledMeans(waitS.map(value), excess);
      const waits = estimate((wait) => (wait > 0 ? 1 : 0));
      const mean = estimate((wait) => wait / SERVICE_S);
      console.log(`rho ${rho} cv2 ${cv2}: Wq ${Wq_over_S.toFixed(4)} ${shown(mean)}; P(wait) ${rho} ${shown(waits)}`);
      expect([isWithin(Wq_over_S, mean), isWithin(rho, waits), wrongChargeCount]).toEqual([true, true, 0]);
      // The formula of another variance is refused.
      for (const other of [0, 1, 4].filter((one) => one !== cv2)) {
        expect([other, isWithin((Wq_over_S * (1 + other)) / (1 + cv2), mean)]).toEqual([other, false]);
      }
    },
  );
});

describe('orders of consumers who do not come again (ORDER-6)', () => {
  it.each(oracle.mmc.table.filter(({ c, rho }) => c !== 3 && rho >= 0.7))(
    'given $c providers offered $rho each > as many orders expire as Erlang B says, within 99.9 %',
    ({ c, rho, ErlangB, ErlangC }) => {
      const { waitS, lost } = play({ seed: `loss/${c}/${rho}`, c, rho, isLost: true });
      const rate = batchMeans(lost);
      console.log(`c ${c} offered ${rho}: expired ${ErlangB.toFixed(4)} ${shown(rate)}`);
      expect(lost).toHaveLength(CUSTOMERS);
      // Nobody waits: who finds a provider has the lease as soon as ordering takes.
      expect(waitS.every((wait) => wait === 0)).toBe(true);
      expect(isWithin(ErlangB, rate)).toBe(true);
      expect(isWithin(ErlangC, rate)).toBe(false);
      expect(isWithin(erlang(c + 1, c * rho).loss, rate)).toBe(false);
    },
  );
});
