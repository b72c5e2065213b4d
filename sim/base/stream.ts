/**
 * Keyed streams of the agents' own chance: one independent generator per key, so that adding a stream, a thread or a
 * metric changes nobody else's draws. Protocol randomness (committees, placement) is `rnd.ts`, never a stream.
 *
 * Generator: alea of `seedrandom`. All streams lie in one Float64Array, four numbers each (s0, s1, s2, c), which may
 * sit on a SharedArrayBuffer; the step is inlined, because closures cost 20 times the memory and four times the time.
 */
import seedrandom from 'seedrandom';
import { assert } from './assert.ts';
import { BPS, MAX_INT } from './fixedPoint.ts';

/** Numbers of state per stream. */
const WIDTH = 4;
/** Bytes of state per stream: the size of a buffer for n streams is n times this. */
export const STREAM_BYTES = 32;

const TWO_M32 = 2.3283064365386963e-10; // 2^-32
const TWO_M53 = 1.1102230246251565e-16; // 2^-53
const TWO_21 = 2_097_152;

/** Key of a stream. Seeds, purposes and roles must not hold a slash; two equal keys are the same stream. */
export function streamKey(seed: number, purpose: string, role: string, index: number): string {
  assert(!purpose.includes('/') && !role.includes('/'), 'streamKey: purpose and role must not contain "/"');
  return `${seed}/${purpose}/${role}/${index}`;
}

/**
 * Creates streams 0 … count−1, each from its own key.
 *
 * @param keyOf  key of stream i, see {@link streamKey}
 * @param buffer  where the state is put, at least `count`·STREAM_BYTES bytes; own memory if left out
 * @returns state of all streams, length 4·count
 * @throws AssertionError if the buffer is too small
 */
export function createStreams(
  count: number,
  keyOf: (i: number) => string,
  buffer: ArrayBufferLike = new ArrayBuffer(count * STREAM_BYTES),
): Float64Array {
  assert(buffer.byteLength >= count * STREAM_BYTES, 'createStreams: the buffer must hold 32 bytes per stream');
  const streams = new Float64Array(buffer, 0, count * WIDTH);
  for (let i = 0; i < count; i++) {
    const { s0, s1, s2, c } = seedrandom.alea(keyOf(i), { state: true }).state();
    const at = i * WIDTH;
    streams[at] = s0;
    streams[at + 1] = s1;
    streams[at + 2] = s2;
    streams[at + 3] = c;
  }
  return streams;
}

/** Uniform in [0, 1), a multiple of 2^-32; bit-equal to seedrandom's `prng()`. About 5 ns. */
export function nextUnit(streams: Float64Array, i: number): number {
  const at = i * WIDTH;
  const t = 2_091_639 * streams[at]! + streams[at + 3]! * TWO_M32;
  const c = t | 0;
  streams[at] = streams[at + 1]!;
  streams[at + 1] = streams[at + 2]!;
  streams[at + 3] = c;
  return (streams[at + 2] = t - c);
}

/** Uniform in [0, 1), a multiple of 2^-53; bit-equal to seedrandom's `.double()`. Two steps of the stream. */
export function nextDouble(streams: Float64Array, i: number): number {
  return nextUnit(streams, i) + ((nextUnit(streams, i) * TWO_21) | 0) * TWO_M53;
}

/** Uniform integer in [0, n), 1 ≤ n < 2^53; each value is off 1/n by less than 2^-53. Two steps of the stream. */
export function nextInt(streams: Float64Array, i: number, n: number): number {
  assert(n >= 1 && n <= MAX_INT && Math.floor(n) === n, 'nextInt: n must be an integer in [1, 2^53)');
  // Never n: a double below 1 is at most 1 − 2^-53, and n·(1 − 2^-53) rounds to a number below n.
  return Math.floor(nextDouble(streams, i) * n);
}

/** True with probability `bps`/10 000 (within 2^-32). One step of the stream, also for 0 and 10 000. */
export function chanceBps(streams: Float64Array, i: number, bps: number): boolean {
  return nextUnit(streams, i) * BPS < bps;
}
