/**
 * The document check: an image of a printed line and a text that is claimed to stand there. In half of the cases one
 * character of the claim is another one. Decides what a case is, and what follows from what a reading network gave for
 * the image; not who runs the network or what an answer earns.
 *
 * @rule DFPN-12, DFPN-15 (ImageAuthenticity)
 */
import seedrandom from 'seedrandom';
import {
  computeLogLikelihood,
  computeStepChances,
  type ReadCharacter,
  readBestPath,
  type StepChances,
} from './ctcLikelihood.ts';
import type { Detection, DetectionResult } from './detectionResult.ts';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';
import { keyOf, type SampleRange } from './sampleKey.ts';
import { generateLine, TASK_ID as LINE_TASK_ID } from './textRecognition.ts';

/** Changes whenever the same seed gives other cases, or a case is judged otherwise. */
export const DOCUMENT_TASK_ID = 'document-check/1';

export type DocumentCase = {
  /** 48 rows of 320 grey levels. */
  readonly grey: Uint8Array;
  /** What the image shows. */
  readonly truth: string;
  /** What it is said to show. */
  readonly claim: string;
  readonly isManipulated: boolean;
};

type Random = () => number;

/**
 * Case `index` of a set: the image is that of the text-recognition task with the same key, so that a model that has
 * learnt those images by heart shows it here too. The claim does not depend on the difficulty. Byte-identical on every
 * call.
 *
 * @param root  folder that holds node_modules
 * @param difficulty  0..1
 */
export function generateDocument(
  root: string,
  range: SampleRange,
  seed: number,
  index: number,
  difficulty: number,
): DocumentCase {
  const { grey, truth } = generateLine(root, keyOf(LINE_TASK_ID, range, seed, index), difficulty);
  const random = seedrandom.alea(`${keyOf(DOCUMENT_TASK_ID, range, seed, index)}:claim`);
  const isManipulated = random() < 0.5;
  return { grey, truth, claim: isManipulated ? changeOneCharacter(truth, random) : truth, isManipulated };
}

/** Digits that are taken for each other on bad print. */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ 0: '689', 1: '47', 2: '37', 3: '589', 4: '19', 5: '368', 6: '058', 7: '12', 8: '0369', 9: '048' },
};
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SMALL = CAPITALS.toLowerCase();

/** One letter or digit becomes another: a digit one that looks like it, a letter any of its case. */
function changeOneCharacter(text: string, random: Random): string {
  const places = [...text].flatMap((character, at) => (/[0-9A-Za-z]/.test(character) ? [at] : []));
  if (places.length === 0) throw new Error(`"${text}" has neither letter nor digit to change`);
  const at = places[Math.floor(random() * places.length)]!;
  const old = text[at]!;
  const others = lookAlikes[old] ?? (old >= 'a' ? SMALL : CAPITALS).replace(old, '');
  return text.slice(0, at) + others[Math.floor(random() * others.length)]! + text.slice(at + 1);
}

export type DocumentCheck = {
  /**
   * How much likelier the best reading is than the claim: ln P(read | image) - ln P(claim | image), each the greater of
   * its values with and without spaces. At most {@link SCORE_MAX}.
   */
  readonly score: number;
  /** That the claim is not what the image shows, 0..1. */
  readonly probability: number;
  readonly result: DetectionResult;
};

/** For claims that the network cannot read at all. */
export const SCORE_MAX = 1_000;
/**
 * From score to probability: a logistic curve of ln(1 + score), because on bad print true claims score high too, some of
 * them very high. Fitted by maximum likelihood on 400 cases of the range `dev`, seed 1, at each of the three levels, read
 * by the undamaged model: at this score a claim is as likely true as not.
 */
export const SCORE_MIDDLE = 4.25;
const STEEPNESS = 2.2;
/** A verdict is given from this probability on, for either side; in between the check is inconclusive. */
export const VERDICT_PROBABILITY = 0.6;

/** That a claim with this score is not what the image shows. */
export const probabilityOf = (score: number): number =>
  1 / (1 + ((1 + SCORE_MIDDLE) / (1 + Math.max(0, score))) ** STEEPNESS);
const percentOf = (probability: number): number => Math.round(100 * probability);

/**
 * @param logits  of a recogniser for the image, rows of classes.length values before the softmax
 * @param classes  text of each class; index 0 is the blank
 */
export function checkDocument(logits: Float32Array, classes: readonly string[], claim: string): DocumentCheck {
  const chances = computeStepChances(logits, classes);
  const line = trimSpaces(readBestPath(logits, classes));
  const bestLn = likelihoodOf(chances, textOf(line));
  const scoreOf = (text: string): number => Math.min(SCORE_MAX, bestLn - likelihoodOf(chances, text));
  const score = scoreOf(claim);
  const probability = probabilityOf(score);
  const sureness = Math.max(probability, 1 - probability);
  const verdict = sureness < VERDICT_PROBABILITY ? 'Inconclusive' : probability > 0.5 ? 'Manipulated' : 'Authentic';
  const confidence = percentOf(sureness);
  if (verdict === 'Authentic') return { score, probability, result: { verdict, confidence, detections: [] } };
  const detections = findDifferences(line, claim).map((difference): Detection => {
    const { type, position, claimed, shown, readAt } = difference;
    // The reading with this one difference as claimed: how much speaks against it alone?
    const changed = textOf(line.slice(0, readAt)) + claimed + textOf(line.slice(readAt + (shown === '' ? 0 : 1)));
    return {
      type,
      confidence: percentOf(probabilityOf(scoreOf(changed))),
      region: regionOf(line, difference, chances.stepCount),
      metadata: { position, claimed, shown },
    };
  });
  if (detections.length === 0)
    detections.push({
      type: 'line-uncertain',
      confidence: percentOf(probability),
      region: { x: 0, y: 0, width: IMAGE_WIDTH, height: IMAGE_HEIGHT },
    });
  return { score, probability, result: { verdict, confidence, detections } };
}

const textOf = (line: readonly ReadCharacter[]): string => line.map(({ character }) => character).join('');
const isSpace = ({ character }: ReadCharacter): boolean => character === ' ';

/** Paper at the edges is sometimes read as a space. */
function trimSpaces(line: readonly ReadCharacter[]): readonly ReadCharacter[] {
  const first = line.findIndex((read) => !isSpace(read));
  return first < 0 ? [] : line.slice(first, line.findLastIndex((read) => !isSpace(read)) + 1);
}

/** Narrow gaps are read or not, and nobody means anything by them. */
function likelihoodOf(chances: StepChances, text: string): number {
  const bare = text.replaceAll(' ', '');
  const spaced = computeLogLikelihood(chances, text);
  return bare === text ? spaced : Math.max(spaced, computeLogLikelihood(chances, bare));
}

type Difference = {
  readonly type: 'character-substituted' | 'character-missing' | 'character-added';
  /** Place in the claim: of the character, or of the one that follows it. */
  readonly position: number;
  /** '' when the image shows a character more. */
  readonly claimed: string;
  /** '' when the image shows none. */
  readonly shown: string;
  /** Place in the reading: of the character, or of the one that follows it. */
  readonly readAt: number;
};

/** The fewest changes that turn the reading into the claim, spaces left out of account, in order. */
function findDifferences(line: readonly ReadCharacter[], claim: string): Difference[] {
  const shownAt = line.flatMap((read, at) => (isSpace(read) ? [] : [at]));
  const claimedAt = [...claim].flatMap((character, at) => (character === ' ' ? [] : [at]));
  const width = claimedAt.length + 1;
  const costs = new Int32Array((shownAt.length + 1) * width);
  const shownOf = (i: number): string => line[shownAt[i]!]!.character;
  const changeCost = (i: number, j: number): number => (shownOf(i) === claim[claimedAt[j]!] ? 0 : 1);
  for (let i = 0; i <= shownAt.length; i++) {
    for (let j = 0; j < width; j++) {
      if (i === 0 || j === 0) costs[i * width + j] = i + j;
      else {
        const changed = costs[(i - 1) * width + j - 1]! + changeCost(i - 1, j - 1);
        costs[i * width + j] = Math.min(changed, costs[(i - 1) * width + j]! + 1, costs[i * width + j - 1]! + 1);
      }
    }
  }
  const found: Difference[] = [];
  const add = (type: Difference['type'], i: number, j: number): void => {
    const shown = type === 'character-missing' ? '' : shownOf(i);
    const claimed = type === 'character-added' ? '' : claim[claimedAt[j]!]!;
    const position = claimedAt[j] ?? claim.length;
    found.push({ type, position, claimed, shown, readAt: shownAt[i] ?? line.length });
  };
  let [i, j] = [shownAt.length, claimedAt.length];
  while (i > 0 || j > 0) {
    const cost = costs[i * width + j]!;
    if (i > 0 && j > 0 && cost === costs[(i - 1) * width + j - 1]! + changeCost(i - 1, j - 1)) {
      [i, j] = [i - 1, j - 1];
      if (changeCost(i, j) === 1) add('character-substituted', i, j);
    } else if (i > 0 && cost === costs[(i - 1) * width + j]! + 1) add('character-added', --i, j);
    else add('character-missing', i, --j);
  }
  return found.reverse();
}

/** The steps of the character that is shown, or the gap where one is missing. */
function regionOf(
  line: readonly ReadCharacter[],
  { shown, readAt }: Difference,
  stepCount: number,
): NonNullable<Detection['region']> {
  const isShown = shown !== '';
  const firstStep = isShown ? line[readAt]!.firstStep : (line[readAt - 1]?.lastStep ?? 0);
  const lastStep = isShown ? line[readAt]!.lastStep : (line[readAt]?.firstStep ?? stepCount - 1);
  const x = Math.floor((firstStep * IMAGE_WIDTH) / stepCount);
  const end = Math.ceil(((lastStep + 1) * IMAGE_WIDTH) / stepCount);
  return { x, y: 0, width: end - x, height: IMAGE_HEIGHT };
}
