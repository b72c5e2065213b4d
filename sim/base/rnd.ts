/**
 * Counter-based protocol randomness (NUM-6), the same 52 bits in TypeScript and Solidity. 64-bit sums and products are
 * done in 32-bit halves: a draw costs about 20 ns and no allocation. For the agents' own chance see `stream.ts`.
 */
import { BPS, mulDivDown, TWO_52 } from './fixedPoint.ts';

/** Numbered list of what a draw is for; a number is never reused. */
export const PURPOSE = {
  committee: 1,
  testPlacement: 2,
  productionPlacement: 3,
  routing: 4,
  audit: 5,
  copyDetection: 6,
  rotation: 7,
  sample: 8,
  level: 9,
  target: 10,
  slarkSeat: 11,
  requirement: 12,
  misconduct: 13,
  match: 14,
  nonce: 15,
  heldOut: 16,
  salt: 17,
  sketch: 18,
} as const;

const TWO_32 = 4_294_967_296;
/** High and low half of the last result; module-level so that no pair is allocated per draw. */
let high = 0;
let low = 0;

/** (high, low) ·= (bh, bl) modulo 2^64. */
function multiply(bh: number, bl: number): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const p00 = a0 * b0;
  const mid = a1 * b0 + (p00 >>> 16);
  const mid2 = a0 * b1 + (mid % 65_536);
  const carry = a1 * b1 + Math.floor(mid / 65_536) + Math.floor(mid2 / 65_536);
  const newLow = ((mid2 & 0xffff) << 16) | (p00 & 0xffff);
  high = (carry + Math.imul(high, bl) + Math.imul(low, bh)) >>> 0;
  low = newLow >>> 0;
}

/** (high, low) ^= (high, low) >>> n, 0 < n < 32. */
function xorShiftRight(n: number): void {
  const lowShifted = ((low >>> n) | (high << (32 - n))) >>> 0;
  low = (low ^ lowShifted) >>> 0;
  high = (high ^ (high >>> n)) >>> 0;
}

/** SplitMix64's finaliser (Stafford's variant 13) on (high, low). */
function mix64(): void {
  xorShiftRight(30);
  multiply(0xbf58476d, 0x1ce4e5b9);
  xorShiftRight(27);
  multiply(0x94d049bb, 0x133111eb);
  xorShiftRight(31);
}

function add(h: number, l: number): void {
  const sum = low + l;
  high = (high + h + (sum >= TWO_32 ? 1 : 0)) >>> 0;
  low = sum >>> 0;
}

/**
 * `rnd(beacon, purpose, entity, k)` = mix64(mix64(beacon + purpose·2^48 + entity) + k) >> 12, uniform in [0, 2^52).
 *
 * @param beaconHigh,beaconLow the beacon's 64 bits in two halves
 * @param entity integer < 2^48, k integer < 2^53
 * @source NUM-6
 */
export function rnd(beaconHigh: number, beaconLow: number, purpose: number, entity: number, k: number): number {
  high = beaconHigh;
  low = beaconLow;
  add((purpose << 16) >>> 0, 0);
  add(Math.floor(entity / TWO_32), entity >>> 0);
  mix64();
  add(Math.floor(k / TWO_32), k >>> 0);
  mix64();
  return high * 1_048_576 + (low >>> 12);
}

/** Uniform integer in [0, n) from a draw of {@link rnd}. @source NUM-6 */
export function pick(draw: number, n: number): number {
  return mulDivDown(draw, n, TWO_52);
}

/** True with probability `bps`/10 000. @source NUM-6 */
export function chance(draw: number, bps: number): boolean {
  return pick(draw, BPS) < bps;
}
