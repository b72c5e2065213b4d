/**
 * Distances as one character each, for columns that are kept with the source. The scale is logarithmic, the E12 series of
 * preferred numbers: twelve steps to a decade, so that a distance is read back within a quarter of what was measured. What
 * lies below the middle between honest work and cheats is rounded down, what lies above it up: a replay may say more
 * clearly on which side an execution was, and never puts it on the other one.
 */
import { UNRELATED_PPB } from './sketch.ts';

const E12 = [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82];

/** Equal, then the E12 numbers from 56 ppb (float32 tells no less) below 2 * 10^9 ppb, then unrelated. */
export const DISTANCE_SCALE_PPB: readonly number[] = [
  0,
  ...Array.from({ length: 9 }, (_, decade) => E12.map((mantissa) => mantissa * 10 ** decade))
    .flat()
    .filter((ppb) => ppb >= 56 && ppb < UNRELATED_PPB),
  UNRELATED_PPB,
];

/**
 * Geometric middle of acceptance and rejection as the registry has them for class fp32, 50,000 and 300,000 ppb, rounded
 * down: that number and what is smaller lies below.
 */
export const SCALE_MIDDLE_PPB = 122_474;

/** Printable ASCII, without the two that JSON escapes. */
const CODES = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((code) => code !== '"' && code !== '\\')
  .join('');

/**
 * The character of the next number of the scale away from {@link SCALE_MIDDLE_PPB}: the greatest that is no greater, or
 * beyond the middle the least that is no less. 0 has one of its own and no other distance shares it: what is smaller than
 * the scale has its smallest.
 *
 * @throws RangeError when it is no distance
 */
export function encodeDistance(ppb: number): string {
  if (!Number.isSafeInteger(ppb) || ppb < 0 || ppb > UNRELATED_PPB) throw new RangeError(`${ppb} ppb is no distance`);
  if (ppb === 0) return CODES[0]!;
  const index =
    ppb <= SCALE_MIDDLE_PPB
      ? Math.max(
          1,
          DISTANCE_SCALE_PPB.findLastIndex((step) => step <= ppb),
        )
      : DISTANCE_SCALE_PPB.findIndex((step) => step >= ppb);
  return CODES[index]!;
}

/** @returns undefined when the column has no such place or an unknown character there */
export function decodeDistance(column: string, place: number): number | undefined {
  const code = column[place];
  return code === undefined ? undefined : DISTANCE_SCALE_PPB[CODES.indexOf(code)];
}
