import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import { chanceBps, createStreams, nextDouble, nextInt, nextUnit, STREAM_BYTES, streamKey } from './stream.ts';

const key = (i: number) => streamKey(7, 'demand', 'consumer', i);

/** First `count` draws of every stream, visited in turn as the engine does. */
function drawsOf(streams: Float64Array, agents: number, count: number): number[][] {
  const draws: number[][] = Array.from({ length: agents }, () => []);
  for (let k = 0; k < count; k++) for (let i = 0; i < agents; i++) draws[i]!.push(nextUnit(streams, i));
  return draws;
}

describe('nextUnit and nextDouble', () => {
  it('given the same key > are bit-equal to seedrandom.alea and its .double()', () => {
    for (const name of ['1/a/b/0', '9007199254740991/demand/miner/999999', 'ключ/🜁', '']) {
      const unit = seedrandom.alea(name);
      const double = seedrandom.alea(name);
      const streams = createStreams(2, () => name);
      for (let k = 0; k < 10_000; k++) {
        expect(nextUnit(streams, 0)).toBe(unit());
        expect(nextDouble(streams, 1)).toBe(double.double());
      }
    }
  });

  it('given any draw > it is in [0, 1)', () => {
    const streams = createStreams(1, key);
    for (let k = 0; k < 100_000; k++) {
      const x = nextDouble(streams, 0);
      if (!(x >= 0 && x < 1)) throw new Error(`${x}`);
    }
  });
});

describe('createStreams', () => {
  it('given a SharedArrayBuffer > a second view continues the same streams', () => {
    const shared = new SharedArrayBuffer(3 * STREAM_BYTES);
    const here = createStreams(3, key, shared);
    const there = new Float64Array(shared);
    const alone = createStreams(3, key);
    expect([nextUnit(here, 1), nextUnit(there, 1), nextUnit(here, 1)]).toEqual([
      nextUnit(alone, 1),
      nextUnit(alone, 1),
      nextUnit(alone, 1),
    ]);
  });

  it('given a buffer that is too small > refuses', () => {
    expect(() => createStreams(2, key, new ArrayBuffer(STREAM_BYTES))).toThrow(AssertionError);
  });

  it('given one stream more, or another order of visits > changes nobody else’s draws', () => {
    const fewer = drawsOf(createStreams(10, key), 10, 50);
    const more = drawsOf(createStreams(11, key), 11, 50);
    expect(more.slice(0, 10)).toEqual(fewer);
    const backwards = createStreams(10, key);
    for (let i = 9; i >= 0; i--) {
      const own: number[] = [];
      for (let k = 0; k < 50; k++) own.push(nextUnit(backwards, i));
      expect(own).toEqual(fewer[i]);
    }
  });

  it('given keys that differ in seed, purpose, role or index only > all streams differ', () => {
    const keys = [
      streamKey(1, 'demand', 'miner', 0),
      streamKey(2, 'demand', 'miner', 0),
      streamKey(1, 'uptime', 'miner', 0),
      streamKey(1, 'demand', 'slark', 0),
      streamKey(1, 'demand', 'miner', 1),
    ];
    const streams = createStreams(keys.length, (i) => keys[i]!);
    expect(new Set(keys.map((_, i) => nextUnit(streams, i))).size).toBe(keys.length);
  });
});

describe('streamKey', () => {
  it('given a slash in a part > refuses, because two different tuples could share a stream', () => {
    expect(streamKey(3, 'demand', 'miner', 4)).toBe('3/demand/miner/4');
    expect(() => streamKey(3, 'demand/miner', '4', 0)).toThrow(AssertionError);
    expect(() => streamKey(3, 'demand', 'a/b', 0)).toThrow(AssertionError);
  });
});

describe('streams of neighbouring keys', () => {
  // Six statistics of 20 000 neighbours, each standard normal under independence; generators that take the key badly
  // (xor128, xorwow) reach 200 here. 5 deviations: one false alarm in 300 000 seeds.
  const agents = 20_000;
  const draws = drawsOf(createStreams(agents, key), agents, 4);

  /** Correlation of (x, y) pairs of uniforms in deviations from 0. */
  function correlationZ(pairs: (readonly [number, number])[]): number {
    const sum = pairs.reduce((total, [x, y]) => total + (x - 0.5) * (y - 0.5), 0);
    return (12 * sum) / Math.sqrt(pairs.length);
  }

  /** Draw k of one stream with draw k + lag of the stream `apart` further on, k = 0, 1, 2. */
  function pairsOf(all: number[][], apart: number, lag: number): (readonly [number, number])[] {
    return all.slice(apart).flatMap((own, i) => [0, 1, 2].map((k) => [all[i]![k]!, own[k + lag]!] as const));
  }

  it.each([0, 1, 2, 3])('given draw %d of every stream > it is uniform over the streams', (k) => {
    const cells = new Array<number>(100).fill(0);
    for (const own of draws) cells[Math.floor(own[k]! * 100)]!++;
    const chiSquare = cells.reduce((sum, count) => sum + (count - agents / 100) ** 2 / (agents / 100), 0);
    expect(Math.abs(chiSquare - 99) / Math.sqrt(198)).toBeLessThan(5);
  });

  it.each([
    [1, 0],
    [2, 0],
    [10, 0],
    [1, 1],
    [100, 1],
  ])('given streams %d apart, lag %d > draws are uncorrelated', (apart, lag) => {
    expect(Math.abs(correlationZ(pairsOf(draws, apart, lag)))).toBeLessThan(5);
  });

  it('given one stream > successive draws are uncorrelated', () => {
    expect(Math.abs(correlationZ(pairsOf(draws, 0, 1)))).toBeLessThan(5);
  });

  it('given a generator that keys badly (xor128) > these statistics notice', () => {
    const bad = Array.from({ length: agents }, (_, i) => {
      const next = seedrandom.xor128(key(i));
      return [next(), next(), next(), next()];
    });
    expect(Math.abs(correlationZ(pairsOf(bad, 1, 0)))).toBeGreaterThan(50);
  });
});

describe('nextInt', () => {
  it.each([1, 2, 3, 7, 100])('given n = %d > every value below n, equally often', (n) => {
    const streams = createStreams(1, key);
    const counts = new Array<number>(n).fill(0);
    for (let k = 0; k < 50_000; k++) counts[nextInt(streams, 0, n)]!++;
    const expected = 50_000 / n;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.length).toBe(n);
    expect(chiSquare).toBeLessThan(n - 1 + 5 * Math.sqrt(2 * n));
  });

  it('given n = 2^53 − 1 > uses all bits, and never reaches n', () => {
    const streams = createStreams(1, key);
    let odd = 0;
    for (let k = 0; k < 10_000; k++) {
      const x = nextInt(streams, 0, Number.MAX_SAFE_INTEGER);
      expect(x).toBeLessThan(Number.MAX_SAFE_INTEGER);
      odd += x % 2;
    }
    expect(Math.abs(odd - 5_000)).toBeLessThan(250);
  });

  it('given the largest double below 1 > n times it still rounds below n', () => {
    for (const n of [1, 3, 10_000, 2 ** 31 + 1, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER]) {
      expect(Math.floor((1 - Number.EPSILON / 2) * n)).toBe(n - 1);
    }
  });

  it.each([0, -1, 1.5, 2 ** 53, Number.NaN])('given n = %d > refuses', (n) => {
    expect(() => nextInt(createStreams(1, key), 0, n)).toThrow(AssertionError);
  });
});

describe('chanceBps', () => {
  it('given 0 > never; given 10 000 > always; given 2 500 > a quarter of the draws', () => {
    const streams = createStreams(1, key);
    let hits = 0;
    for (let k = 0; k < 40_000; k++) {
      expect(chanceBps(streams, 0, 0)).toBe(false);
      expect(chanceBps(streams, 0, 10_000)).toBe(true);
      if (chanceBps(streams, 0, 2_500)) hits++;
    }
    expect(Math.abs(hits - 10_000)).toBeLessThan(5 * Math.sqrt(40_000 * 0.25 * 0.75));
  });

  it('given any share > takes one step of the stream, so that variants stay in step', () => {
    const [a, b] = [createStreams(1, key), createStreams(1, key)];
    chanceBps(a, 0, 0);
    chanceBps(b, 0, 10_000);
    expect(a).toEqual(b);
  });
});
