import { describe, expect, it } from 'vitest';
import {
  type Answering,
  type Clock,
  computeArrivalsUs,
  computePercentile,
  computeSamplesNeeded,
  computeSpread,
  computeThroughputPerS,
  type LoadMeasurement,
  type LoadPlan,
  runLoad,
} from './loadModes.ts';

/** Time that passes only when everybody waits, in which each answer takes a core for so long. */
function createWorld(coreCount: number, serviceUs: (index: number) => number) {
  let now = 0;
  const waiting: { readonly atUs: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    nowUs: () => now,
    waitUntilUs: (atUs) => (atUs <= now ? Promise.resolve() : new Promise((wake) => void waiting.push({ atUs, wake }))),
  };
  const freeUs = Array<number>(coreCount).fill(0);
  const asked: number[] = [];
  const askedUs: number[] = [];
  const answer: Answering = (index) => {
    asked.push(index);
    askedUs.push(now);
    const core = freeUs.indexOf(Math.min(...freeUs));
    freeUs[core] = Math.max(now, freeUs[core]!) + serviceUs(index);
    return clock.waitUntilUs(freeUs[core]!);
  };
  async function run(plan: LoadPlan): Promise<LoadMeasurement> {
    let result: LoadMeasurement | undefined;
    void runLoad(plan, answer, clock).then((measured) => (result = measured));
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (result) return result;
      waiting.sort((a, b) => a.atUs - b.atUs);
      const next = waiting.shift()!;
      now = next.atUs;
      next.wake();
    }
  }
  return { run, asked, askedUs };
}

const plan = { mode: 'single', queryCount: 4, streamCount: 3, ratePerS: 1_000, seed: 1 } as const;
const rising = (index: number): number => 100 * (index + 1);

describe('runLoad', () => {
  it('given single-stream > issues each query when the one before is answered, whatever cores there are', async () => {
    const { run, asked } = createWorld(2, rising);
    expect(await run(plan)).toEqual({ latencyUs: [100, 200, 300, 400], sampleCount: 4, wallUs: 1_000 });
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  it('given multi-stream > issues all samples of a query at once, and counts until the last of them', async () => {
    const { run, asked } = createWorld(2, rising);
    // Samples 0, 1, 2 on two cores: 0 and then 2 take 400 together. Then 3 and 5 take 1,000, then 6 and 8 take 1,600.
    expect(await run({ ...plan, mode: 'multi', queryCount: 3 })).toEqual({
      latencyUs: [400, 1_000, 1_600],
      sampleCount: 9,
      wallUs: 3_000,
    });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('given server > issues at its moments without waiting, and counts waiting in the queue', async () => {
    const server = { ...plan, mode: 'server' } as const;
    const arrivals = computeArrivalsUs(server);
    const { run, askedUs } = createWorld(1, () => 5_000);
    const { latencyUs, sampleCount, wallUs } = await run(server);
    expect(askedUs).toEqual(arrivals);
    // All arrive while the first is served, so that they are answered one after the other from the first arrival on.
    expect(arrivals.at(-1)! - arrivals[0]!).toBeLessThan(5_000);
    for (const [i, arrivalUs] of arrivals.entries()) {
      expect(latencyUs[i]).toBeCloseTo(arrivals[0]! + 5_000 * (i + 1) - arrivalUs, 6);
    }
    expect(sampleCount).toBe(4);
    expect(wallUs).toBeCloseTo(arrivals[0]! + 20_000, 6);
  });

  it('given server and an answer that fails > fails with its reason', async () => {
    const clock: Clock = { nowUs: () => 0, waitUntilUs: () => Promise.resolve() };
    const answer: Answering = (index) => (index === 1 ? Promise.reject(new Error('no card')) : Promise.resolve());
    await expect(runLoad({ ...plan, mode: 'server' }, answer, clock)).rejects.toThrow('no card');
  });

  it('given offline > issues everything at once, and has no latency of a query', async () => {
    const { run } = createWorld(2, () => 100);
    const measured = await run({ ...plan, mode: 'offline', queryCount: 7 });
    expect(measured).toEqual({ latencyUs: [], sampleCount: 7, wallUs: 400 });
    expect(computeThroughputPerS(measured)).toBe(17_500);
  });
});

describe('computeArrivalsUs', () => {
  const many = computeArrivalsUs({ queryCount: 20_000, ratePerS: 50, seed: 3 });
  const gaps = many.map((momentUs, i) => momentUs - (many[i - 1] ?? 0));

  it('given a seed > gives its moments again, and other ones for another seed', () => {
    expect(computeArrivalsUs({ queryCount: 20_000, ratePerS: 50, seed: 3 })).toEqual(many);
    expect(computeArrivalsUs({ queryCount: 20_000, ratePerS: 50, seed: 4 })).not.toEqual(many);
  });

  it('given many > has gaps of an exponential distribution: its mean, its deviation, its share above the mean', () => {
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = (gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) ** 0.5;
    // Three standard errors of each: 1 / sqrt(20,000) is 0.7 %.
    expect(Math.abs(mean / 20_000 - 1)).toBeLessThan(0.022);
    expect(Math.abs(deviation / 20_000 - 1)).toBeLessThan(0.03);
    expect(Math.abs(gaps.filter((gap) => gap > 20_000).length / gaps.length - Math.exp(-1))).toBeLessThan(0.011);
  });
});

describe('computeSamplesNeeded', () => {
  it.each([
    [50, 11],
    [90, 64],
    [95, 130],
    [99, 662],
  ])('given percentile %i > wants %i samples, as LoadGen does', (percent, count) => {
    expect(computeSamplesNeeded(percent)).toBe(count);
  });
});

describe('computePercentile', () => {
  const downFrom = (count: number) => Array.from({ length: count }, (_, i) => count - i);

  it('given enough values in any order > is the smallest that so many do not exceed', () => {
    expect(computePercentile(downFrom(130), 95)).toBe(124);
    expect(computePercentile(downFrom(200), 95)).toBe(190);
    expect(computePercentile(downFrom(11), 50)).toBe(6);
  });

  it('given one value too few > tells nothing', () => {
    expect(computePercentile(downFrom(129), 95)).toBeNull();
    expect(computePercentile([], 50)).toBeNull();
  });
});

describe('computeSpread', () => {
  it('given repetitions > has the middle one, or the middle of the middle two, and both ends', () => {
    expect(computeSpread([5, 1, 3])).toEqual({ median: 3, low: 1, high: 5 });
    expect(computeSpread([8, 1, 2, 4])).toEqual({ median: 3, low: 1, high: 8 });
  });

  it('given a repetition without a value > tells nothing', () => {
    expect(computeSpread([1, null, 3])).toBeNull();
    expect(computeSpread([])).toBeNull();
  });
});
