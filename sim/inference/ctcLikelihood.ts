/**
 * How likely a text is, given what a network said of each step of an image: the sum over every way of spreading the text
 * over the steps (Graves et al. 2006, section 4.1, the forward variables). Judges nothing: see documentCheck.ts.
 */

/** What a network said of an image, step by step, as logarithms of probabilities. */
export type StepChances = {
  readonly stepCount: number;
  /** Of the blank, by step. */
  readonly blank: Float64Array;
  /** Of a character, by step; undefined for one that the network has no class for. */
  of(character: string): Float64Array | undefined;
};

const IMPOSSIBLE = Number.NEGATIVE_INFINITY;

/** ln(e^a + e^b) without overflow. */
function addLogs(a: number, b: number): number {
  if (a === IMPOSSIBLE) return b;
  if (b === IMPOSSIBLE) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/**
 * @param logits  stepCount rows of classes.length values before the softmax, row by row
 * @param classes  text of each class; index 0 is the blank. Classes of the same text count together
 * @throws RangeError when the logits are no whole number of rows
 */
export function computeStepChances(logits: Float32Array, classes: readonly string[]): StepChances {
  const classCount = classes.length;
  const stepCount = logits.length / classCount;
  if (!Number.isInteger(stepCount)) throw new RangeError(`${logits.length} logits in rows of ${classCount} classes`);
  const totals = Float64Array.from({ length: stepCount }, (_, step) => {
    const row = logits.subarray(step * classCount, (step + 1) * classCount);
    let largest = IMPOSSIBLE;
    for (const value of row) if (value > largest) largest = value;
    let sum = 0;
    for (const value of row) sum += Math.exp(value - largest);
    return largest + Math.log(sum);
  });
  const columnOf = (index: number): Float64Array =>
    Float64Array.from(totals, (total, step) => logits[step * classCount + index]! - total);
  const columns = new Map<string, Float64Array | undefined>();
  return {
    stepCount,
    blank: columnOf(0),
    of(character) {
      if (!columns.has(character)) {
        const own = classes.flatMap((text, index) => (index > 0 && text === character ? [columnOf(index)] : []));
        columns.set(
          character,
          own.length === 0 ? undefined : own.reduce((sum, column) => sum.map((a, i) => addLogs(a, column[i]!))),
        );
      }
      return columns.get(character);
    },
  };
}

/**
 * ln P(text | image). Minus infinity for a text with a character that the network has no class for, or with more
 * characters than the steps can hold (equal neighbours need a blank between them).
 */
export function computeLogLikelihood(chances: StepChances, text: string): number {
  const { stepCount, blank } = chances;
  const characters = [...text];
  const columns: Float64Array[] = [blank];
  for (const character of characters) {
    const column = chances.of(character);
    if (column === undefined) return IMPOSSIBLE;
    columns.push(column, blank);
  }
  // One place for each character and each gap; a step stays, moves on, or skips a gap between unequal characters.
  const placeCount = columns.length;
  let before = new Float64Array(placeCount).fill(IMPOSSIBLE);
  // A path starts in the first gap or at the first character: as if it had stood before the gap.
  let after = new Float64Array(placeCount).fill(IMPOSSIBLE);
  if (stepCount === 0) return characters.length === 0 ? 0 : IMPOSSIBLE;
  before[0] = blank[0]!;
  if (placeCount > 1) before[1] = columns[1]![0]!;
  for (let step = 1; step < stepCount; step++) {
    for (let place = 0; place < placeCount; place++) {
      let sum = before[place]!;
      if (place > 0) sum = addLogs(sum, before[place - 1]!);
      const isCharacter = place % 2 === 1;
      if (isCharacter && place > 1 && characters[(place - 1) / 2] !== characters[(place - 3) / 2])
        sum = addLogs(sum, before[place - 2]!);
      after[place] = sum + columns[place]![step]!;
    }
    [before, after] = [after, before];
  }
  return placeCount === 1 ? before[0]! : addLogs(before[placeCount - 1]!, before[placeCount - 2]!);
}

/** A character of the best reading, and the steps that show it. */
export type ReadCharacter = { readonly character: string; readonly firstStep: number; readonly lastStep: number };

/**
 * The likeliest class of every step, repeats merged, blanks dropped, as ctcGreedy.ts reads it, with the place of each
 * character.
 *
 * @param logits  as for {@link computeStepChances}
 */
export function readBestPath(logits: Float32Array, classes: readonly string[]): readonly ReadCharacter[] {
  const classCount = classes.length;
  const read: { character: string; firstStep: number; lastStep: number }[] = [];
  let previous = 0;
  for (let step = 0; (step + 1) * classCount <= logits.length; step++) {
    let best = 0;
    for (let c = 1; c < classCount; c++)
      if (logits[step * classCount + c]! > logits[step * classCount + best]!) best = c;
    if (best !== 0) {
      if (best === previous) read.at(-1)!.lastStep = step;
      else read.push({ character: classes[best]!, firstStep: step, lastStep: step });
    }
    previous = best;
  }
  return read;
}
