/**
 * The text-recognition task: reading one printed line. Decides what a sample of the pool is, from a seed alone and with
 * exact ground truth, so that a held-out set costs a new seed. Does not decide who answers it or what an answer earns.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { faker } from '@faker-js/faker/locale/en';
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';
import seedrandom from 'seedrandom';
import { degrade } from './degrade.ts';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';
import { poolKeyOf } from './sampleKey.ts';

/** The models read 40 steps of 8 pixels: longer lines would measure the canvas, not the reader. */
export const TEXT_LENGTH_MAX = 24;

/** Changes whenever the same seed gives other samples; stored results of another version are refused. */
export const TASK_ID = 'text-recognition/1';

export const DEFAULT_POOL_SEED = 1;
/** Samples per difficulty level. */
export const DEFAULT_POOL_SAMPLES = 600;

/** Index in this list is the `level` of a job. */
export const levels = [
  { name: 'easy', difficulty: 0.2 },
  { name: 'medium', difficulty: 0.6 },
  { name: 'hard', difficulty: 0.75 },
] as const;

export type Sample = {
  /** 48 rows of 320 grey levels. */
  readonly grey: Uint8Array;
  readonly truth: string;
};

type Random = () => number;

/**
 * Sample `index` of the pool `seed`: the same line of text at every difficulty, so that levels and variants are
 * compared on the same words. Byte-identical on every call.
 *
 * @param root  folder that holds node_modules (the font comes from there)
 * @param difficulty  0..1
 */
export function generateSample(root: string, seed: number, index: number, difficulty: number): Sample {
  return generateLine(root, poolKeyOf(TASK_ID, seed, index), difficulty);
}

/** The line of a key of sampleKey.ts, of whatever range. Byte-identical on every call. */
export function generateLine(root: string, key: string, difficulty: number): Sample {
  const truth = generateText(seedrandom.alea(`${key}:text`));
  const random = seedrandom.alea(`${key}:image`);
  const ink = renderLine(root, truth, difficulty, random);
  return { grey: degrade(ink, { width: IMAGE_WIDTH, height: IMAGE_HEIGHT }, difficulty, random), truth };
}

/** Hash over images and truths of the first `sampleCount` samples: names a data set in a report. */
export function computeDatasetSha256(root: string, seed: number, sampleCount: number, difficulty: number): string {
  const hash = createHash('sha256');
  for (let index = 0; index < sampleCount; index++) {
    const sample = generateSample(root, seed, index, difficulty);
    hash.update(sample.grey).update(`${sample.truth}\n`);
  }
  return hash.digest('hex');
}

const kinds: readonly (() => string)[] = [
  () => faker.person.fullName(),
  () => faker.location.streetAddress(),
  () => faker.company.name(),
  () => faker.finance.amount({ min: 1, max: 99_999, symbol: '$' }),
  () => faker.date.between({ from: '1990-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' }).toISOString().slice(0, 10),
  () => faker.commerce.productName(),
  () => faker.string.alphanumeric({ length: { min: 8, max: 16 }, casing: 'upper' }),
  () => faker.internet.email().toLowerCase(),
];

/** Printable ASCII, 4 to 24 characters, no leading, trailing or double space. */
function generateText(random: Random): string {
  for (;;) {
    faker.seed(Math.floor(random() * 2 ** 32));
    const text = kinds[Math.floor(random() * kinds.length)]!();
    if (text.length >= 4 && text.length <= TEXT_LENGTH_MAX && /^[!-~]+( [!-~]+)*$/.test(text)) return text;
  }
}

const FONT = 'PowrInter';
const MARGIN = 8;
let context: SKRSContext2D | undefined;

function getContext(root: string): SKRSContext2D {
  if (context) return context;
  const path = join(root, 'node_modules/@fontsource/inter/files/inter-latin-400-normal.woff2');
  if (!GlobalFonts.registerFromPath(path, FONT)) throw new Error(`Font ${path} does not load: run npm install`);
  context = createCanvas(IMAGE_WIDTH, IMAGE_HEIGHT).getContext('2d');
  return context;
}

/** @returns coverage by ink, 0..1: the line as large as fits, slightly turned */
function renderLine(root: string, text: string, difficulty: number, random: Random): Float64Array {
  const c = getContext(root);
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.fillStyle = '#fff';
  c.fillRect(0, 0, IMAGE_WIDTH, IMAGE_HEIGHT);
  const wantedPx = 26 + 6 * random();
  c.font = `${wantedPx}px ${FONT}`;
  const room = IMAGE_WIDTH - 2 * MARGIN;
  const fontPx = Math.min(wantedPx, (wantedPx * room) / c.measureText(text).width);
  c.font = `${fontPx}px ${FONT}`;
  const width = c.measureText(text).width;
  const left = MARGIN + (room - width) * random();
  const baseline = IMAGE_HEIGHT / 2 + 0.36 * fontPx + 4 * (random() - 0.5);
  // For the few degrees used here a turn is its slope: no sine is needed, and none can differ between machines.
  const slopeMax = Math.min(0.05, 10 / width) * difficulty;
  const slope = slopeMax * (2 * random() - 1);
  c.setTransform(1, slope, -slope, 1, left, baseline - (slope * width) / 2);
  c.fillStyle = '#000';
  c.textBaseline = 'alphabetic';
  c.fillText(text, 0, 0);
  const { data } = c.getImageData(0, 0, IMAGE_WIDTH, IMAGE_HEIGHT);
  const ink = new Float64Array(IMAGE_WIDTH * IMAGE_HEIGHT);
  for (let i = 0; i < ink.length; i++) ink[i] = 1 - data[4 * i]! / 255;
  return ink;
}
