/**
 * What the jobs of a pool execute: model variants on lines of text, and compute puzzles on numbers. Decides which bytes go into which file and what the
 * outcome is worth; neither where it is executed nor whether it has to be (see inferenceHost.ts).
 */
import { BPS } from '../base/fixedPoint.ts';
import type { InferenceAnswer, InferenceJob, VariantInfo } from '../engine/inferencePort.ts';
import { sha256Hex } from './hash.ts';
import { createLoadRequest, createPuzzleRequest } from './loadRequest.ts';
import { getModel } from './models.ts';
import { buildPuzzle, computePuzzleWuMflop, createPuzzleInput, type Puzzle, puzzles } from './puzzles.ts';
import type { ResultIdentity, StoredResult } from './resultStore.ts';
import type { LoadRequest, SessionDevice } from './runnerMessages.ts';
import { computeAnswerId, computeQualityBps } from './score.ts';
import { generateSample, levels, type Sample, TASK_ID } from './textRecognition.ts';
import { computeRecipeSha256, computeWuMflop, type Variant, variants } from './variants.ts';

/** Where a job's sample lies in the pool. */
export type Place = { readonly sample: number; readonly level: number };

/** One entry of `InferencePort.variants`, as something that can be executed. */
export type Executable = {
  readonly info: VariantInfo;
  readonly recipeSha256: string;
  /** Several inputs may go in one batch. */
  readonly takesBatches: boolean;
  /** All that decides a result, but for device and runtime. */
  identityOf(place: Place): Omit<ResultIdentity, 'deviceClass' | 'runtime' | 'adapter'>;
  inputOf(place: Place): Uint8Array;
  /** @throws Error naming both hashes when a file is not the pinned one */
  loadRequestOf(place: Place, device: SessionDevice): LoadRequest;
  answerOf(place: Place, result: StoredResult): InferenceAnswer;
  /** Of {@link answerOf}, where nothing else of the answer is wanted. */
  answerIdOf(result: Pick<StoredResult, 'text' | 'outputId'>): number;
};

export type PoolOptions = {
  /** Folder that holds node_modules and fixtures. */
  readonly root: string;
  /** For built models. */
  readonly modelDir: string;
  readonly poolSeed: number;
  /** Samples per level. */
  readonly poolSamples: number;
};

const PUZZLE_TASK_ID = 'compute-puzzle/1';

/** Rendered samples kept in memory, 15 KB each. */
const SAMPLES_KEPT = 2_000;

/** In the order of `InferencePort.variants`. */
export function createExecutables(options: PoolOptions): readonly Executable[] {
  const renderSample = createRenderer(options);
  return [
    ...variants.map((variant) => createReader(variant, options, renderSample)),
    ...puzzles.map((puzzle) => createSolver(puzzle, options)),
  ];
}

/** As {@link createExecutables} describes them; needs neither a pool nor a file. */
export const describeVariants = (): readonly VariantInfo[] => [
  ...variants.map(describeVariant),
  ...puzzles.map(describePuzzle),
];

/** Hash of everything but the sample that decides a result, by id. */
export const readRecipes = (): ReadonlyMap<string, string> =>
  new Map([
    ...variants.map((variant) => [variant.id, computeRecipeSha256(variant)] as const),
    ...puzzles.map((puzzle) => [puzzle.id, computePuzzleRecipe(puzzle)] as const),
  ]);

const describeVariant = (variant: Variant): VariantInfo => ({
  id: variant.id,
  wuMflop: computeWuMflop(variant),
  sha256: variant.sha256,
  precision: getModel(variant.base).precision,
  kind: 'model',
});

const describePuzzle = (puzzle: Puzzle): VariantInfo => ({
  id: puzzle.id,
  wuMflop: computePuzzleWuMflop(puzzle),
  sha256: puzzle.sha256,
  precision: 'fp32',
  kind: 'puzzle',
});

const computePuzzleRecipe = ({ id, sha256, levels: sizes }: Puzzle): string =>
  sha256Hex(JSON.stringify([PUZZLE_TASK_ID, id, sha256, sizes.map(({ inputDims }) => inputDims)]));

type RenderedSample = Sample & { readonly sha256: string };

function createReader(
  variant: Variant,
  { root, modelDir }: PoolOptions,
  renderSample: (place: Place) => RenderedSample,
): Executable {
  const recipeSha256 = computeRecipeSha256(variant);
  const requests = new Map<SessionDevice, LoadRequest>();
  return {
    info: describeVariant(variant),
    recipeSha256,
    // Its resizing names all four dimensions, the batch among them.
    takesBatches: variant.operations.every(({ kind }) => kind !== 'inputWidth'),
    identityOf: (place) => ({
      task: TASK_ID,
      modelSha256: variant.sha256,
      recipeSha256,
      sampleSha256: renderSample(place).sha256,
    }),
    inputOf: (place) => renderSample(place).grey,
    loadRequestOf(_, device) {
      let request = requests.get(device);
      if (!request) requests.set(device, (request = createLoadRequest(root, modelDir, variant, device)));
      return request;
    },
    answerOf: (place, { text, latencyUs, outputId }) => ({
      answerId: computeAnswerId(text),
      qualityBps: computeQualityBps(renderSample(place).truth, text),
      latencyUs,
      outputId,
    }),
    answerIdOf: ({ text }) => computeAnswerId(text),
  };
}

/** Its numbers are its answer, and they are right or wrong: there is nothing between. */
function createSolver(puzzle: Puzzle, { poolSeed }: PoolOptions): Executable {
  const recipeSha256 = computePuzzleRecipe(puzzle);
  const requests = new Map<string, LoadRequest>();
  return {
    info: describePuzzle(puzzle),
    recipeSha256,
    takesBatches: false,
    identityOf: ({ sample, level }) => ({
      task: PUZZLE_TASK_ID,
      modelSha256: puzzle.levels[level]!.sha256,
      recipeSha256,
      // The input follows from these, and is megabytes.
      sampleSha256: sha256Hex(JSON.stringify([puzzle.id, level, poolSeed, sample])),
    }),
    inputOf: ({ sample, level }) => {
      const values = createPuzzleInput(puzzle, level, poolSeed, sample);
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
    loadRequestOf({ level }, device) {
      const key = `${device}/${level}`;
      let request = requests.get(key);
      if (!request) {
        const { inputDims } = puzzle.levels[level]!;
        requests.set(key, (request = createPuzzleRequest(buildPuzzle(puzzle, level), inputDims, device)));
      }
      return request;
    },
    answerOf: (_, { latencyUs, outputId }) => ({ answerId: outputId, qualityBps: BPS, latencyUs, outputId }),
    answerIdOf: ({ outputId }) => outputId,
  };
}

function createRenderer({ root, poolSeed, poolSamples }: PoolOptions): (place: Place) => RenderedSample {
  const rendered = new Map<number, RenderedSample>();
  return ({ sample, level }) => {
    const index = level * poolSamples + sample;
    let made = rendered.get(index);
    if (!made) {
      const drawn = generateSample(root, poolSeed, sample, levels[level]!.difficulty);
      made = { ...drawn, sha256: sha256Hex(drawn.grey) };
      if (rendered.size === SAMPLES_KEPT) rendered.delete(rendered.keys().next().value!);
      rendered.set(index, made);
    }
    return made;
  };
}

export const describeJob = (job: InferenceJob, infos: readonly VariantInfo[]): string =>
  `variant ${infos[job.variant]!.id}, sample ${job.sample}, level ${levels[job.level]!.name}`;

/** @throws RangeError when the pool has no such job */
export function assertInPool(job: InferenceJob, variantCount: number, poolSamples: number): void {
  const check = (name: string, value: number, count: number) => {
    if (Number.isInteger(value) && value >= 0 && value < count) return;
    throw new RangeError(`Inference job has ${name} ${value}, the pool has ${name}s 0 to ${count - 1}`);
  };
  check('variant', job.variant, variantCount);
  check('sample', job.sample, poolSamples);
  check('level', job.level, levels.length);
}

/** @throws RangeError when it is no nonce */
export function assertNonce(nonce: number): void {
  if (Number.isSafeInteger(nonce) && nonce >= 0) return;
  throw new RangeError(`A sketch has the nonce ${nonce}; it has to be a whole number from 0`);
}
