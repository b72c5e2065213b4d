/**
 * The orientation check: a printed line, upright or turned upside down. Decides what a case is, from a key alone and
 * with exact truth; not who answers it.
 */
import seedrandom from 'seedrandom';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';
import { keyOf, type SampleRange } from './sampleKey.ts';
import { generateLine } from './textRecognition.ts';

/** Changes whenever the same seed gives other cases. */
export const ORIENTATION_TASK_ID = 'orientation/1';

/** Width that the classifier was made for. */
export const ORIENTATION_WIDTH = 192;

export type OrientationCase = {
  /** 48 rows of 192 grey levels. */
  readonly grey: Uint8Array;
  /** True: by 180 degrees. */
  readonly isTurned: boolean;
};

/**
 * Case `index` of a set: the line is squeezed to the classifier's width; half of the lines are turned. Line and turn do
 * not depend on the difficulty. Byte-identical on every call.
 *
 * @param root  folder that holds node_modules
 * @param difficulty  0..1
 */
export function generateOrientation(
  root: string,
  range: SampleRange,
  seed: number,
  index: number,
  difficulty: number,
): OrientationCase {
  const key = keyOf(ORIENTATION_TASK_ID, range, seed, index);
  const isTurned = seedrandom.alea(`${key}:turn`)() < 0.5;
  const squeezed = squeeze(generateLine(root, key, difficulty).grey);
  return { grey: isTurned ? squeezed.reverse() : squeezed, isTurned };
}

/** Greatest whole number that divides both widths: 64 pixels. */
const COMMON = 64;
/** Each pixel of the narrow image covers WIDE parts, each of the wide one NARROW. */
const WIDE = IMAGE_WIDTH / COMMON;
const NARROW = ORIENTATION_WIDTH / COMMON;

/** Each pixel is the mean of the part of the wide line that it covers, rounded: whole numbers throughout. */
function squeeze(grey: Uint8Array): Uint8Array {
  const narrow = new Uint8Array(ORIENTATION_WIDTH * IMAGE_HEIGHT);
  for (let y = 0; y < IMAGE_HEIGHT; y++) {
    for (let x = 0; x < ORIENTATION_WIDTH; x++) {
      let sum = 0;
      for (let part = x * WIDE; part < (x + 1) * WIDE; part++)
        sum += grey[y * IMAGE_WIDTH + Math.floor(part / NARROW)]!;
      narrow[y * ORIENTATION_WIDTH + x] = Math.round(sum / WIDE);
    }
  }
  return narrow;
}
