/**
 * The compute puzzles of the Slarks' challenges: graphs of whole numbers whose answer is the same on every device, so that
 * a hash of it settles who has computed it. Decides what is computed and why it is exact; not who gets which puzzle, nor
 * who runs it.
 *
 * Why it is exact. Every number that is multiplied is a whole number of at most 8 bits times a power of two, so bfloat16,
 * half precision and TF32 hold it as float32 does. Every sum has terms whose magnitudes add up to less than 2^23 such
 * units, so a float32 holds each partial sum, in whatever order it is added up, and half a unit beside it. What must not
 * be less than float32 is the accumulator. That half a unit is added to each sum before its lower bits are cut off: an
 * algorithm that were wrong by less than half a unit would still cut off the same. The convolution has gaps between its
 * taps, because libraries that replace one without gaps by a transform (Winograd, Fourier) divide by what is no power of
 * two.
 *
 * Why it has to be computed. Between two products the numbers are cut off and limited, which no product of the weights
 * alone does; and the input follows from the seed, which nobody knows before the puzzle is revealed.
 */
import { type Built, createGraphBuilder, type Tensor } from './computeGraphs.ts';
import { countElements, fillBytes, fillIntegers } from './graphValues.ts';
import { sha256Hex } from './hash.ts';
import { assertSha256 } from './models.ts';

export type PuzzleGraph = 'matmul' | 'convolution' | 'streaming';

/** A puzzle of one size. */
export type PuzzleLevel = {
  /** Rows of the input, the only thing in which the levels of a puzzle differ. */
  readonly rows: number;
  readonly inputDims: readonly number[];
  /** As compute graphs are counted. */
  readonly flopCount: number;
  readonly byteCount: number;
  /** Of the ONNX model. Building is deterministic, so it is known before anything is built. */
  readonly sha256: string;
};

export type Puzzle = {
  readonly kind: 'puzzle';
  readonly id: string;
  readonly graph: PuzzleGraph;
  /** Over the hashes of the levels: names the puzzle as a model's hash names a variant. */
  readonly sha256: string;
  /** By difficulty: some 1 to 3, 2 to 9 and 12 to 20 ms of one core; tensors of 0.5 to 17 MB. */
  readonly levels: readonly PuzzleLevel[];
};

/** Magnitudes of the whole numbers: of the input and between two products, and of weights. */
export const VALUE_LIMIT = 128;
export const WEIGHT_LIMIT = 127;
/** Magnitudes of the terms of a sum, in units of its smallest digit, add up to less. */
export const SUM_LIMIT = 2 ** 23;
/** Bits that are cut off a sum: what is left has about the spread of what went in. */
export const CUT_BITS = 10;

export const MATMUL = { width: 512, layers: 4 } as const;
export const CONVOLUTION = { channels: 32, width: 64, kernelEdge: 3, dilation: 2, layers: 4 } as const;
export const STREAMING = {
  width: 1_024,
  /** One operation per number and pass, with the input or with a row of weights. */
  passes: [
    ['Sub', 'weight'],
    ['Max', 'input'],
    ['Add', 'input'],
    ['Max', 'weight'],
    ['Sub', 'input'],
    ['Max', 'input'],
    ['Add', 'weight'],
    ['Max', 'weight'],
  ],
} as const;

/** Which tensor is filled with which salt. */
export const WEIGHT_SALT = 101;

const dimsOf: Readonly<Record<PuzzleGraph, (rows: number) => readonly number[]>> = {
  matmul: (rows) => [rows, MATMUL.width],
  convolution: (rows) => [1, CONVOLUTION.channels, rows, CONVOLUTION.width],
  streaming: (rows) => [rows, STREAMING.width],
};

/** Rows, operations, bytes and hash of each level. The numbers follow from the graphs; a test counts them again. */
function describePuzzle(
  graph: PuzzleGraph,
  levels: readonly (readonly [rows: number, flopCount: number, byteCount: number, sha256: string])[],
): Puzzle {
  return {
    kind: 'puzzle',
    id: `puzzle-${graph}`,
    graph,
    sha256: sha256Hex(levels.map(([, , , sha256]) => sha256).join()),
    levels: levels.map(([rows, flopCount, byteCount, sha256]) => {
      return { rows, inputDims: dimsOf[graph](rows), flopCount, byteCount, sha256 };
    }),
  };
}

/** Index in this list is the kind of a puzzle (see sim/engine/puzzleChoice.ts). */
export const puzzles: readonly Puzzle[] = [
  describePuzzle('matmul', [
    [256, 539_098_624, 21_497_904, '735e3eee5f8ab7fd81b6f71c275dd311c7b2c560986cc3b92cba9e5f9bb2ae49'],
    [768, 1_617_296_896, 56_100_912, 'b49ac8201ad71d50b16fc9dc4a1669eab407b71ae8c35bb1ad1e3dee71fbd36c'],
    [2_048, 4_312_792_576, 142_608_432, 'affb711a48e0b39b2d8a17c4efd4e79c91a03bfc2955a5ccbf3350267f624c44'],
  ]),
  describePuzzle('convolution', [
    [160, 603_048_448, 26_409_504, '2e59738862875351571cfef6d7b899c4a2a402ba59108c3134614368e43c431d'],
    [320, 1_244_727_808, 54_262_304, '1b4abc84768d43aff4814b0e0d0240ab3338f52ffbb1907ad0c3dded86c6e4f3'],
    [640, 2_528_086_528, 109_967_904, 'a6317a2a66a214c0d62b1739982efc156d7fbe7e8c8457b9ab8a116c68bec0c5'],
  ]),
  describePuzzle('streaming', [
    [512, 4_717_568, 44_060_672, '5d20fb2e39837405468f2df48142401cb92e1591a986236f14df7bd3ac39cf59'],
    [1_536, 14_154_752, 132_141_056, '989fce60428a5756e2a7ef637bd20d3d09e5c5c758881cdf1d1d4f1a729669a0'],
    [4_096, 37_747_712, 352_342_016, '089352d291050dd4de0928a34e2465bfbb1ce15dda068567ac8806df2297965b'],
  ]),
];

/** Work units of a puzzle of the middle size: its operations in millions. */
export const computePuzzleWuMflop = ({ levels }: Puzzle): number => Math.round(levels[1]!.flopCount / 1e6);

/**
 * ONNX model of a puzzle: maps float32 x, of the level's dims, to a small vector y.
 *
 * @throws RangeError for a level that is not there; Error naming both hashes when another encoder wrote another file
 */
export function buildPuzzle(puzzle: Puzzle, level: number): Uint8Array {
  const { model } = buildPuzzleGraph(puzzle.graph, levelOf(puzzle, level).rows);
  assertSha256(model, levelOf(puzzle, level).sha256, `Puzzle ${puzzle.id}, level ${level}, as built here,`);
  return model;
}

/**
 * Input of a puzzle: signed bytes, one for each number of x, row by row.
 *
 * @param seed    of the pool of tasks
 * @param sample  of the pool: which of the puzzles of this kind and level
 * @throws RangeError for a level that is not there
 */
export function createPuzzleInput(puzzle: Puzzle, level: number, seed: number, sample: number): Int8Array {
  const { inputDims } = levelOf(puzzle, level);
  const hash = sha256Hex(`${puzzle.id}/${level}/${seed}/${sample}`);
  const word = (at: number): number => Number.parseInt(hash.slice(8 * at, 8 * at + 8), 16);
  return fillBytes([word(0), word(1), word(2), word(3)], countElements(inputDims));
}

function levelOf({ id, levels }: Puzzle, level: number): PuzzleLevel {
  const found = levels[level];
  if (!found) throw new RangeError(`Puzzle ${id} has levels 0 to ${levels.length - 1}, not ${level}`);
  return found;
}

/** @param rows  of the input */
export const buildPuzzleGraph = (graph: PuzzleGraph, rows: number): Built => builders[graph](dimsOf[graph](rows));

const builders: Readonly<Record<PuzzleGraph, (dims: readonly number[]) => Built>> = {
  matmul: buildMatmul,
  convolution: buildConvolution,
  streaming: buildStreaming,
};

type GraphBuilder = ReturnType<typeof createGraphBuilder>;

/** Weights carry the cut: times 2^-10 they are as exact as before, and the product needs no scaling. */
const CUT = 2 ** -CUT_BITS;
const HALF_UNIT = CUT / 2;

function weightsOf(graph: GraphBuilder, dims: readonly number[], scale: number): Tensor {
  return graph.values(
    dims,
    Float32Array.from(fillIntegers(WEIGHT_SALT, countElements(dims), WEIGHT_LIMIT), (w) => w * scale),
  );
}

/** What a sum becomes before the next product: whole numbers again, and of 8 bits. */
function createCutter(graph: GraphBuilder): (sum: Tensor) => Tensor {
  const [low, high] = [graph.constant(-VALUE_LIMIT), graph.constant(VALUE_LIMIT - 1)];
  return (sum) => graph.clip(graph.floor(sum), low, high);
}

/** Layers of x W, cut; then the sum of every column. All layers share W. */
function buildMatmul(dims: readonly number[]): Built {
  const graph = createGraphBuilder(dims);
  const weight = weightsOf(graph, [MATMUL.width, MATMUL.width], CUT);
  const half = graph.constant(HALF_UNIT);
  const cut = createCutter(graph);
  let value = graph.input;
  for (let layer = 0; layer < MATMUL.layers; layer++)
    value = cut(graph.elementwise('Add', graph.matMul(value, weight), half));
  return graph.finish(graph.sum(value, [0]));
}

/** Layers of convolution with gaps and without padding, cut; then the sum of every column of every channel. */
function buildConvolution(dims: readonly number[]): Built {
  const { channels, kernelEdge, dilation, layers } = CONVOLUTION;
  const graph = createGraphBuilder(dims);
  const weight = weightsOf(graph, [channels, channels, kernelEdge, kernelEdge], CUT);
  const half = graph.values([channels], new Float32Array(channels).fill(HALF_UNIT));
  const cut = createCutter(graph);
  let value = graph.input;
  for (let layer = 0; layer < layers; layer++) value = cut(graph.convolution(value, weight, dilation, half));
  return graph.finish(graph.sum(value, [0, 2]));
}

/** One operation per number and pass; then the sum of every column. */
function buildStreaming(dims: readonly number[]): Built {
  const graph = createGraphBuilder(dims);
  const weight = weightsOf(graph, [STREAMING.width], 1);
  let value = graph.input;
  for (const [operation, operand] of STREAMING.passes)
    value = graph.elementwise(operation, value, operand === 'input' ? graph.input : weight);
  return graph.finish(graph.sum(value, [0]));
}
