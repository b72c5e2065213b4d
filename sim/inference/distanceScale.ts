/**
 * Distances as one character each, for columns that are kept with the source. The scale is logarithmic, the E12 series of
 * preferred numbers: twelve steps to a decade, so that a distance is read back within a tenth of what was measured.
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

/** Printable ASCII, without the two that JSON escapes. */
const CODES = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((code) => code !== '"' && code !== '\\')
  .join('');

/**
 * The character of the nearest number of the scale, by ratio; 0 has one of its own and no other distance shares it.
 *
 * @throws RangeError when it is no distance
 */
export function encodeDistance(ppb: number): string {
  if (!Number.isSafeInteger(ppb) || ppb < 0 || ppb > UNRELATED_PPB) throw new RangeError(`${ppb} ppb is no distance`);
  if (ppb === 0) return CODES[0]!;
  let index = 1;
  // The geometric middle of two neighbours, squared, so that no root rounds.
  while (
    index + 1 < DISTANCE_SCALE_PPB.length &&
    ppb * ppb > DISTANCE_SCALE_PPB[index]! * DISTANCE_SCALE_PPB[index + 1]!
  )
    index++;
  return CODES[index]!;
}

/** @returns undefined when the column has no such place or an unknown character there */
export function decodeDistance(column: string, place: number): number | undefined {
  const code = column[place];
  return code === undefined ? undefined : DISTANCE_SCALE_PPB[CODES.indexOf(code)];
}
