/**
 * The four ways of loading a device, as MLPerf LoadGen defines them, and what may be said of what they measured. Decides
 * when each query is issued; who answers it and what the time is are arguments.
 *
 * - single-stream: one sample, the next when it is answered.
 * - multi-stream: a query of several samples at once, the next when all are answered.
 * - server: one sample at random moments that wait for nobody (a Poisson process).
 * - offline: all samples at once.
 */
import { ln } from '../base/elementary.ts';
import { createStreams, nextUnit, streamKey } from '../base/stream.ts';

export const LOAD_MODES = ['single', 'multi', 'server', 'offline'] as const;
export type LoadMode = (typeof LOAD_MODES)[number];

export type Clock = {
  /** Since any fixed moment. */
  nowUs(): number;
  /** Resolves at that moment, or at once when it has passed. */
  waitUntilUs(momentUs: number): Promise<void>;
};

/** Resolves when sample `index` is answered. */
export type Answering = (index: number) => Promise<unknown>;

export type LoadPlan = {
  readonly mode: LoadMode;
  /** Queries; for offline the samples of the one query. */
  readonly queryCount: number;
  /** Samples of a multi-stream query. */
  readonly streamCount: number;
  /** Of the server's queries, on average. */
  readonly ratePerS: number;
  /** Of the server's moments; repetitions have seeds of their own. */
  readonly seed: number;
};

export type LoadMeasurement = {
  /** By query, from the moment it was due to its last answer; none for offline. */
  readonly latencyUs: readonly number[];
  readonly sampleCount: number;
  /** From the first issue to the last answer. */
  readonly wallUs: number;
};

export async function runLoad(plan: LoadPlan, answer: Answering, clock: Clock): Promise<LoadMeasurement> {
  const startUs = clock.nowUs();
  const { latencyUs, sampleCount } = await issue(plan, answer, clock);
  return { latencyUs, sampleCount, wallUs: clock.nowUs() - startUs };
}

async function issue(
  plan: LoadPlan,
  answer: Answering,
  clock: Clock,
): Promise<Pick<LoadMeasurement, 'latencyUs' | 'sampleCount'>> {
  const { mode, queryCount, streamCount } = plan;
  const askAll = (first: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => answer(first + i)));
  switch (mode) {
    case 'single':
    case 'multi': {
      const width = mode === 'single' ? 1 : streamCount;
      const latencyUs: number[] = [];
      for (let query = 0; query < queryCount; query++) {
        const issuedUs = clock.nowUs();
        await askAll(query * width, width);
        latencyUs.push(clock.nowUs() - issuedUs);
      }
      return { latencyUs, sampleCount: queryCount * width };
    }
    case 'server': {
      const startUs = clock.nowUs();
      const answers: Promise<number>[] = [];
      for (const [query, arrivalUs] of computeArrivalsUs(plan).entries()) {
        const dueUs = startUs + arrivalUs;
        await clock.waitUntilUs(dueUs);
        // From when it was due: a generator that is late must not make the device look fast.
        const answered = answer(query).then(() => clock.nowUs() - dueUs);
        // Its error is thrown below; until then nobody else listens.
        answered.catch(() => undefined);
        answers.push(answered);
      }
      return { latencyUs: await Promise.all(answers), sampleCount: queryCount };
    }
    case 'offline':
      await askAll(0, queryCount);
      return { latencyUs: [], sampleCount: queryCount };
  }
}

/** Moments of a Poisson process after its start: gaps are exponential with mean 1 / rate. Equal seeds, equal moments. */
export function computeArrivalsUs(plan: Pick<LoadPlan, 'queryCount' | 'ratePerS' | 'seed'>): number[] {
  const stream = createStreams(1, () => streamKey(plan.seed, 'bench-arrivals', 'server', 0));
  let momentUs = 0;
  return Array.from({ length: plan.queryCount }, () => {
    momentUs += (-ln(1 - nextUnit(stream, 0)) / plan.ratePerS) * 1e6;
    return momentUs;
  });
}

/** The share of wrong statements about a percentile that is put up with. */
const DOUBT = 0.01;

/**
 * How many samples a percentile needs: so many that, with 99 % confidence, at least two of them lie above it. The largest
 * alone is whatever went wrong once. (LoadGen's early stopping asks for the same: 64 for the 90th, 662 for the 99th.)
 *
 * @param percent  above 0 and below 100
 */
export function computeSamplesNeeded(percent: number): number {
  const below = percent / 100;
  for (let count = 2, allBelow = below * below; ; count++, allBelow *= below) {
    if (allBelow + (count * (1 - below) * allBelow) / below <= DOUBT) return count;
  }
}

/** The smallest value that at least `percent` of all do not exceed; null when there are too few values to tell. */
export function computePercentile(values: readonly number[], percent: number): number | null {
  if (values.length < computeSamplesNeeded(percent)) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
}

/** Over repetitions: the one in the middle, and how far the others lie apart. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** @returns null when a repetition has no value */
export function computeSpread(values: readonly (number | null)[]): Spread | null {
  if (values.length === 0 || values.includes(null)) return null;
  const sorted = (values as number[]).toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

/** Answers per second. */
export const computeThroughputPerS = ({ sampleCount, wallUs }: LoadMeasurement): number => (sampleCount / wallUs) * 1e6;
