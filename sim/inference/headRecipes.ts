/**
 * How the heads under fixtures/models/heads were trained, and how to train them again. Decides on what samples and with
 * which settings; the arithmetic is in trainHead.ts, and what a variant makes of a head in editOnnx.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutHead, formatHead, readHead } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { HEAD_DIR, RECIPE_FORMAT, RECIPE_PATH, readHeadFile } from './headFiles.ts';
import { getModel, type Model, readClasses, readModelFile } from './models.ts';
import { startRunner } from './runnerProcess.ts';
import { keyOf, type SampleRange } from './sampleKey.ts';
import { generateLine, TASK_ID } from './textRecognition.ts';
import { type TrainingSample, trainHead } from './trainHead.ts';

/** The samples 0 .. count - 1 of a range, each at one of the difficulties in turn, or each at all of them. */
export type TrainingSet = {
  readonly range: SampleRange;
  readonly seed: number;
  readonly count: number;
  readonly difficulties: readonly number[];
  readonly rendering: 'in turn' | 'all';
};

export type HeadRecipe = {
  readonly id: string;
  /** Model of the registry, and the hash of its file. */
  readonly base: string;
  readonly baseSha256: string;
  /** Name of the task with its version: another version has other samples. */
  readonly task: string;
  readonly set: TrainingSet;
  /** Of the order of samples. */
  readonly seed: number;
  readonly epochCount: number;
  readonly batchSamples: number;
  /** Of the first step of Adam; falls linearly to zero. */
  readonly learningRate: number;
  /** In {@link HEAD_DIR}. */
  readonly file: string;
  readonly sha256: string;
};

/**
 * @param root  folder that holds fixtures
 * @throws Error when the file of recipes is of another format or task
 */
export function readHeadRecipes(root: string): readonly HeadRecipe[] {
  const read = JSON.parse(readFileSync(join(root, RECIPE_PATH), 'utf8')) as { format: string; heads: HeadRecipe[] };
  if (read.format !== RECIPE_FORMAT)
    throw new Error(`${RECIPE_PATH} has format "${read.format}", wanted "${RECIPE_FORMAT}"`);
  for (const { id, base, baseSha256, task } of read.heads) {
    if (task !== TASK_ID) throw new Error(`Head ${id} was trained on task "${task}", this version has "${TASK_ID}"`);
    if (getModel(base).weights.sha256 !== baseSha256) throw new Error(`Head ${id} belongs to another file of ${base}`);
  }
  return read.heads;
}

export type TrainingTools = {
  /** Folder that holds node_modules and fixtures. */
  readonly root: string;
  readonly builtDir: string;
};

/** A recipe whose result need not be known. */
export type HeadTraining = Omit<HeadRecipe, 'file' | 'sha256'>;

/**
 * Trains heads by their recipes, and tells each when it is done. Writes nothing.
 *
 * @param onHead  with the bytes of the head's file
 * @param onEpoch  told after every epoch: the mean loss of its samples, in nats
 */
export async function trainByRecipes<T extends HeadTraining>(
  recipes: readonly T[],
  tools: TrainingTools,
  onHead: (recipe: T, bytes: Uint8Array) => void,
  onEpoch?: (recipe: T, epoch: number, lossNats: number) => void,
): Promise<void> {
  // Recipes that share a set share what the network sees of it.
  const prepared = new Map<string, TrainingSample[]>();
  for (const recipe of recipes) {
    const model = getModel(recipe.base);
    const name = JSON.stringify([recipe.base, recipe.set]);
    const samples = prepared.get(name) ?? (await prepareSamples(model, recipe.set, tools));
    prepared.set(name, samples);
    const head = trainHead(readHead(readModelFile(tools.root, model)), samples, {
      ...recipe,
      ...(onEpoch ? { onEpoch: (epoch: number, lossNats: number) => onEpoch(recipe, epoch, lossNats) } : {}),
    });
    onHead(recipe, formatHead(head));
  }
}

export type PinComparison = {
  readonly isPinned: boolean;
  /** Between a number of the head and the same one of the pinned head: features may differ on another processor. */
  readonly largestDifference: number;
};

/** @throws Error naming both hashes when the pinned file is another one */
export function compareWithPinned(root: string, { file, sha256 }: HeadRecipe, bytes: Uint8Array): PinComparison {
  const [trained, pinned] = [bytes, readHeadFile(root, file, sha256)].map(toFloats) as [Float32Array, Float32Array];
  const largestDifference = trained.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (pinned[i] ?? Number.NaN))),
    0,
  );
  return { isPinned: sha256Hex(bytes) === sha256, largestDifference };
}

const toFloats = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);

/** Images in one execution: loading the model takes longer than a few of them. */
const BATCH_IMAGES = 50;
const EXECUTION_LIMIT_MS = 120_000;

/** Draws the set and lets the network, without its last layer, see every image; in a runner process of its own. */
export async function prepareSamples(
  model: Model,
  set: TrainingSet,
  { root, builtDir }: TrainingTools,
): Promise<TrainingSample[]> {
  if (model.kind !== 'recogniser') throw new Error(`Model ${model.id} reads no text: there is no head to train`);
  const { widthPx, heightPx } = model.input;
  const plane = widthPx * heightPx;
  const body = cutHead(readModelFile(root, model));
  const classes = readClasses(root, model);
  const lines = listRenderings(set).map(({ key, difficulty }) => generateLine(root, key, difficulty));
  const runner = startRunner({ builtDir });
  const samples: TrainingSample[] = [];
  try {
    for (let first = 0; first < lines.length; first += BATCH_IMAGES) {
      const batch = lines.slice(first, first + BATCH_IMAGES);
      const x = new Float32Array(3 * plane * batch.length);
      for (const [i, { grey }] of batch.entries()) {
        for (let channel = 0; channel < 3; channel++) {
          const at = (3 * i + channel) * plane;
          for (let p = 0; p < plane; p++) x[at + p] = (grey[p]! / 255 - 0.5) / 0.5;
        }
      }
      const dims = [batch.length, 3, heightPx, widthPx];
      const reply = await runner.ask({ kind: 'probe', device: 'cpu', model: body, x, dims }, EXECUTION_LIMIT_MS);
      if (reply.kind !== 'probed') throw new Error(`The runner replied "${reply.kind}" to a probe`);
      const width = reply.y.length / batch.length;
      for (const [i, { truth }] of batch.entries()) {
        const features = reply.y.slice(i * width, (i + 1) * width);
        samples.push({ features, labels: toLabels(truth, classes) });
      }
    }
  } finally {
    await runner.stop(EXECUTION_LIMIT_MS);
  }
  return samples;
}

function listRenderings({ range, seed, count, difficulties, rendering }: TrainingSet) {
  return Array.from({ length: count }, (_, index) => {
    const key = keyOf(TASK_ID, range, seed, index);
    const own = rendering === 'all' ? difficulties : [difficulties[index % difficulties.length]!];
    return own.map((difficulty) => ({ key, difficulty }));
  }).flat();
}

function toLabels(text: string, classes: readonly string[]): number[] {
  return [...text].map((character) => {
    const label = classes.indexOf(character);
    if (label < 1) throw new Error(`The model has no class for "${character}" of "${text}"`);
    return label;
  });
}
