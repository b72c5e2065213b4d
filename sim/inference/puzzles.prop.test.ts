import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PUZZLE_KIND } from '../engine/puzzleChoice.ts';
import { evaluatePuzzle } from './puzzleReference.ts';
import {
  buildPuzzle,
  buildPuzzleGraph,
  CONVOLUTION,
  computePuzzleWuMflop,
  createPuzzleInput,
  MATMUL,
  type PuzzleGraph,
  puzzles,
  STREAMING,
  SUM_LIMIT,
  VALUE_LIMIT,
  WEIGHT_LIMIT,
} from './puzzles.ts';

/** Rows enough for every layer of the graph. */
const ROWS: Readonly<Record<PuzzleGraph, number>> = { matmul: 3, convolution: 17, streaming: 5 };
const widthOf: Readonly<Record<PuzzleGraph, number>> = {
  matmul: MATMUL.width,
  convolution: CONVOLUTION.channels * CONVOLUTION.width,
  streaming: STREAMING.width,
};
/** Of half precision, the coarsest: whole numbers up to it are exact. */
const HALF_PRECISION_LIMIT = 2_048;

const inputOf = (graph: PuzzleGraph, byteOf: (i: number) => number): Int8Array =>
  Int8Array.from({ length: ROWS[graph] * widthOf[graph] }, (_, i) => byteOf(i));

describe('the sums of a puzzle', () => {
  it('given the most that any input could do > have terms that add up to less than 2^23 units', () => {
    const { channels, kernelEdge } = CONVOLUTION;
    for (const terms of [MATMUL.width, channels * kernelEdge ** 2])
      expect(terms * VALUE_LIMIT * WEIGHT_LIMIT + 0.5).toBeLessThan(SUM_LIMIT);
    const added = STREAMING.passes.reduce((sum, [operation, operand]) => {
      return operation === 'Max' ? sum : sum + (operand === 'input' ? VALUE_LIMIT : WEIGHT_LIMIT);
    }, VALUE_LIMIT);
    const rowsMax = (graph: PuzzleGraph) =>
      Math.max(...puzzles.find((p) => p.graph === graph)!.levels.map((l) => l.rows));
    expect(added).toBeLessThanOrEqual(HALF_PRECISION_LIMIT);
    expect(rowsMax('streaming') * added).toBeLessThan(SUM_LIMIT);
    for (const graph of ['matmul', 'convolution'] as const)
      expect(rowsMax(graph) * VALUE_LIMIT).toBeLessThan(SUM_LIMIT);
  });

  it.each(puzzles.map(({ graph }) => graph))(
    'given any input of %s > stay below 2^23, and what is multiplied or stored below what half precision holds',
    (graph) => {
      const extremes = [() => 127, () => -128, (i: number) => (i % 2 === 0 ? 127 : -128)].map((byteOf) =>
        inputOf(graph, byteOf),
      );
      const size = ROWS[graph] * widthOf[graph];
      const anyInput = fc.oneof(
        fc.constantFrom(...extremes),
        fc.int8Array({ minLength: size, maxLength: size, size: 'max' }),
      );
      const property = fc.property(anyInput, (input) => {
        const { sumMax, valueMax } = evaluatePuzzle(graph, ROWS[graph], input, true);
        expect(sumMax).toBeLessThan(SUM_LIMIT);
        expect(valueMax).toBeLessThanOrEqual(graph === 'streaming' ? HALF_PRECISION_LIMIT : VALUE_LIMIT);
      });
      fc.assert(property, { numRuns: 12 });
    },
  );

  it('given operands with as few bits as bfloat16 has > multiply the same numbers', () => {
    const bfloat16 = (value: number): number => {
      if (value === 0) return 0;
      const lastDigit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7);
      return Math.round(value / lastDigit) * lastDigit;
    };
    expect(bfloat16(257)).not.toBe(257);
    for (let value = -VALUE_LIMIT; value < VALUE_LIMIT; value++) expect(bfloat16(value)).toBe(value);
    for (let weight = -WEIGHT_LIMIT; weight <= WEIGHT_LIMIT; weight++)
      expect(bfloat16(weight * 2 ** -10)).toBe(weight * 2 ** -10);
  });

  it('given half a unit more or less than the sum > are cut off alike, in single precision', () => {
    const halfUnit = 2 ** -11;
    const property = fc.property(
      fc.integer({ min: 1 - SUM_LIMIT, max: SUM_LIMIT - 1 }),
      fc.double({ min: -0.49, max: 0.49, noNaN: true }),
      (sum, wrongBy) => {
        const stored = Math.fround(Math.fround(sum * 2 ** -10) + halfUnit);
        expect(stored).toBe(sum * 2 ** -10 + halfUnit);
        expect(Math.floor((sum + wrongBy) * 2 ** -10 + halfUnit)).toBe(sum >> 10);
        expect(Math.floor(stored)).toBe(sum >> 10);
      },
    );
    fc.assert(property);
  });
});

describe('the puzzles', () => {
  it('are built as their hashes, operations and bytes say, levels growing', () => {
    for (const puzzle of puzzles) {
      for (const [level, { rows, inputDims, flopCount, byteCount }] of puzzle.levels.entries()) {
        expect(buildPuzzleGraph(puzzle.graph, rows)).toMatchObject({ inputDims, flopCount, byteCount });
        expect(buildPuzzle(puzzle, level).length).toBeLessThan(1_100_000);
        if (level > 0) expect(flopCount).toBeGreaterThan(1.9 * puzzle.levels[level - 1]!.flopCount);
      }
    }
    const hashes = puzzles.flatMap(({ sha256, levels }) => [sha256, ...levels.map((level) => level.sha256)]);
    expect(new Set(hashes).size).toBe(12);
    expect(puzzles.map(({ id }) => id)).toEqual(['puzzle-matmul', 'puzzle-convolution', 'puzzle-streaming']);
    expect(puzzles.map(({ graph }) => PUZZLE_KIND[graph])).toEqual([0, 1, 2]);
    expect(puzzles.map(computePuzzleWuMflop)).toEqual([1_617, 1_245, 14]);
  });

  it('given a file that was written otherwise, or a level that is not there > refuse', () => {
    const [matmul] = puzzles;
    const other = { ...matmul!, levels: matmul!.levels.map((level) => ({ ...level, sha256: '0'.repeat(64) })) };
    expect(() => buildPuzzle(other, 0)).toThrow(/Puzzle puzzle-matmul, level 0, .*has SHA-256 [0-9a-f]{64}/);
    expect(() => buildPuzzle(matmul!, 3)).toThrow('Puzzle puzzle-matmul has levels 0 to 2, not 3');
    expect(() => createPuzzleInput(matmul!, -1, 1, 0)).toThrow(RangeError);
  });

  it('given two outputs for neighbouring inputs > tell them apart', () => {
    for (const { graph } of puzzles) {
      const input = inputOf(graph, (i) => (i * 37) % 251);
      const changed = input.map((value, i) => (i === 700 ? value ^ 64 : value));
      const [a, b] = [input, changed].map((bytes) => evaluatePuzzle(graph, ROWS[graph], bytes).y);
      expect(a).not.toEqual(b);
    }
  });

  it('given products without the cut > are another function: the weights multiplied beforehand answer nothing', () => {
    const rows = 1;
    const [a, b] = [1, 2].map((scale) => Int8Array.from({ length: MATMUL.width }, (_, i) => scale * ((i % 9) - 4)));
    const [once, twice] = [a!, b!].map((input) => evaluatePuzzle('matmul', rows, input).y);
    expect(twice).not.toEqual(once!.map((value) => 2 * value));
  });
});

describe('createPuzzleInput', () => {
  it('follows from puzzle, level, seed and sample, and from nothing else', () => {
    const [matmul, convolution] = puzzles;
    const first = createPuzzleInput(matmul!, 0, 7, 3);
    expect(createPuzzleInput(matmul!, 0, 7, 3)).toEqual(first);
    const others = [
      createPuzzleInput(matmul!, 1, 7, 3),
      createPuzzleInput(matmul!, 0, 8, 3),
      createPuzzleInput(matmul!, 0, 7, 4),
      createPuzzleInput(convolution!, 0, 7, 3),
    ];
    // Of signed bytes one in 256 is the same by chance.
    for (const other of others)
      expect(first.filter((value, i) => value === other[i]).length / first.length).toBeLessThan(0.005);
  });

  it('has one byte for each number of x, of the whole range and none more often than others', () => {
    for (const puzzle of puzzles)
      for (const [level, { inputDims }] of puzzle.levels.entries()) {
        const input = createPuzzleInput(puzzle, level, 1, 0);
        expect(input.length).toBe(inputDims.reduce((a, b) => a * b, 1));
        if (level > 0) continue;
        const counts = new Float64Array(256);
        for (const value of input) counts[value + 128]!++;
        const expected = input.length / 256;
        // Six standard deviations of a count.
        for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected));
      }
  });
});
