/**
 * The puzzles once more, in whole numbers and as plainly as loops can say them: what an executed puzzle is compared with.
 * Notes on the way how large the sums become, which is what their exactness rests on.
 */
import { countElements, fillIntegers } from './graphValues.ts';
import {
  CONVOLUTION,
  CUT_BITS,
  MATMUL,
  type PuzzleGraph,
  STREAMING,
  VALUE_LIMIT,
  WEIGHT_LIMIT,
  WEIGHT_SALT,
} from './puzzles.ts';

export type PuzzleEvaluation = {
  /** As the puzzle's y, row by row. */
  readonly y: Float64Array;
  /** Greatest magnitude of a number that enters a product or, where there are none, any operation. */
  readonly valueMax: number;
  /** Magnitudes of the terms of the greatest sum, added up, in units of its smallest digit; of a product only if noted. */
  readonly sumMax: number;
};

type Notes = { sumMax: number; valueMax: number; readonly notesProducts: boolean };

/**
 * @param rows           of the input
 * @param input          one number for each of x, row by row
 * @param notesProducts  note the sums of products too, in twice the time
 */
export function evaluatePuzzle(
  graph: PuzzleGraph,
  rows: number,
  input: Int8Array,
  notesProducts = false,
): PuzzleEvaluation {
  const notes: Notes = { sumMax: 0, valueMax: 0, notesProducts };
  const x = Int32Array.from(input);
  noteValues(x, notes);
  const y = evaluators[graph](rows, x, notes);
  return { y, valueMax: notes.valueMax, sumMax: notes.sumMax };
}

const evaluators: Readonly<Record<PuzzleGraph, (rows: number, x: Int32Array, notes: Notes) => Float64Array>> = {
  matmul: evaluateMatmul,
  convolution: evaluateConvolution,
  streaming: evaluateStreaming,
};

const weightsOf = (dims: readonly number[]): Int32Array => fillIntegers(WEIGHT_SALT, countElements(dims), WEIGHT_LIMIT);

/** Half a unit is added and cut off again: no whole number feels it. */
const cut = (sum: number): number => Math.max(-VALUE_LIMIT, Math.min(VALUE_LIMIT - 1, sum >> CUT_BITS));

function addProducts(sums: Int32Array, factor: number, values: Int32Array, first: number): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += Math.imul(factor, values[first + i]!);
}

function evaluateMatmul(rows: number, x: Int32Array, notes: Notes): Float64Array {
  const { width, layers } = MATMUL;
  const weight = weightsOf([width, width]);
  const magnitude = weight.map(Math.abs);
  let value = x;
  for (let layer = 0; layer < layers; layer++) {
    const next = new Int32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const sums = new Int32Array(width);
      const sumsOfMagnitudes = new Int32Array(width);
      for (let k = 0; k < width; k++) {
        const factor = value[row * width + k]!;
        addProducts(sums, factor, weight, k * width);
        if (notes.notesProducts) addProducts(sumsOfMagnitudes, Math.abs(factor), magnitude, k * width);
      }
      next.set(sums.map(cut), row * width);
      noteSums(sumsOfMagnitudes, notes);
    }
    value = next;
    noteValues(value, notes);
  }
  return sumColumns(value, rows, width, notes);
}

function evaluateConvolution(rows: number, x: Int32Array, notes: Notes): Float64Array {
  const { channels, width, kernelEdge, dilation, layers } = CONVOLUTION;
  const weight = weightsOf([channels, channels, kernelEdge, kernelEdge]);
  let [value, height, side] = [x, rows, width as number];
  for (let layer = 0; layer < layers; layer++) {
    const [nextHeight, nextSide] = [height - (kernelEdge - 1) * dilation, side - (kernelEdge - 1) * dilation];
    const magnitude = value.map(Math.abs);
    const next = new Int32Array(channels * nextHeight * nextSide);
    for (let out = 0; out < channels; out++)
      for (let row = 0; row < nextHeight; row++) {
        const sums = new Int32Array(nextSide);
        const sumsOfMagnitudes = new Int32Array(nextSide);
        for (let channel = 0; channel < channels; channel++)
          for (let dy = 0; dy < kernelEdge; dy++)
            for (let dx = 0; dx < kernelEdge; dx++) {
              const factor = weight[((out * channels + channel) * kernelEdge + dy) * kernelEdge + dx]!;
              const first = (channel * height + row + dy * dilation) * side + dx * dilation;
              addProducts(sums, factor, value, first);
              if (notes.notesProducts) addProducts(sumsOfMagnitudes, Math.abs(factor), magnitude, first);
            }
        next.set(sums.map(cut), (out * nextHeight + row) * nextSide);
        noteSums(sumsOfMagnitudes, notes);
      }
    [value, height, side] = [next, nextHeight, nextSide];
    noteValues(value, notes);
  }
  const perChannel = Array.from({ length: channels }, (_, channel) =>
    sumColumns(value.subarray(channel * height * side, (channel + 1) * height * side), height, side, notes),
  );
  return Float64Array.from(perChannel.flatMap((sums) => [...sums]));
}

function evaluateStreaming(rows: number, x: Int32Array, notes: Notes): Float64Array {
  const { width, passes } = STREAMING;
  const weight = weightsOf([width]);
  const value = Int32Array.from(x);
  for (const [operation, operand] of passes) {
    for (let i = 0; i < value.length; i++) {
      const other = operand === 'input' ? x[i]! : weight[i % width]!;
      if (operation === 'Max') value[i] = Math.max(value[i]!, other);
      else value[i]! += operation === 'Add' ? other : -other;
    }
    noteValues(value, notes);
  }
  return sumColumns(value, rows, width, notes);
}

function noteValues(values: Int32Array, notes: Notes): void {
  for (const value of values) if (Math.abs(value) > notes.valueMax) notes.valueMax = Math.abs(value);
}

function noteSums(sums: Int32Array | Float64Array, notes: Notes): void {
  for (const sum of sums) if (sum > notes.sumMax) notes.sumMax = sum;
}

function sumColumns(value: Int32Array, rows: number, width: number, notes: Notes): Float64Array {
  const sums = new Float64Array(width);
  const sumsOfMagnitudes = new Float64Array(width);
  for (let i = 0; i < rows * width; i++) {
    sums[i % width]! += value[i]!;
    sumsOfMagnitudes[i % width]! += Math.abs(value[i]!);
  }
  noteSums(sumsOfMagnitudes, notes);
  return sums;
}
