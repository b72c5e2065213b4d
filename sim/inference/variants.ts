/**
 * The models that may answer requests: base models as they are, and recipes that make a cheaper or a damaged one of
 * them. Decides what a variant is and makes sure that what is loaded is exactly that; not who runs it.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { editOnnx, type Operation } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { readHeadFile } from './headFiles.ts';
import { IMAGE_WIDTH } from './imageShape.ts';
import { assertSha256, getModel, packageFilePath, readModelFile } from './models.ts';

export type Recipe = {
  readonly id: string;
  /** Model of the registry. */
  readonly base: string;
  /** None: the base file itself. */
  readonly operations: readonly Operation[];
};

export type Variant = Recipe & {
  /** Hash of the file that is loaded. Building is deterministic, so it is known before anything is built. */
  readonly sha256: string;
};

/** Index in this list is the `variant` of a job. The first is the reference: undamaged and the best all round. */
export const variants: readonly Variant[] = [
  { id: 'en', base: 'en', operations: [], sha256: getModel('en').weights.sha256 },
  { id: 'ch', base: 'ch', operations: [], sha256: getModel('ch').weights.sha256 },
  { id: 'latin', base: 'latin', operations: [], sha256: getModel('latin').weights.sha256 },
  {
    id: 'en-m4',
    base: 'en',
    operations: [{ kind: 'mantissaBits', bits: 4 }],
    sha256: '85245eefb1dda40da88fcc9bb7f2de79c6d4ea027da70dd7ca3b4ff9906d842b',
  },
  {
    id: 'en-m3',
    base: 'en',
    operations: [{ kind: 'mantissaBits', bits: 3 }],
    sha256: '579486e485b86e513cb2a9bbbf2d7fd9e80a02f1bfdaf1f5d4e06ebabeb658f3',
  },
  {
    id: 'en-m2',
    base: 'en',
    operations: [{ kind: 'mantissaBits', bits: 2 }],
    sha256: 'c9c0b0520e3108c1d75704d1d902fca0aae76792eaaacdb1e7cbd6dd7965a08e',
  },
  {
    id: 'en-int8',
    base: 'en',
    operations: [{ kind: 'int8PerChannel' }],
    sha256: '724a0dd43d2ab225c8a28bb0a05e505666a38d09db0a851a0d567ff5ee0aff3d',
  },
  {
    id: 'en-w70',
    base: 'en',
    operations: [{ kind: 'inputWidth', widthPx: 224 }],
    sha256: '68f05151e10f5a5df00e4847a79ee0605d17d936de853d0ee7475319756f7b0d',
  },
  {
    id: 'en-fp16',
    base: 'en',
    operations: [{ kind: 'fp16' }],
    sha256: 'f8a656865c383d890a90c6c4905dd8eaedf6971684aa0fac886bd256d88c240d',
  },
  {
    id: 'en-mm3',
    base: 'en',
    operations: [{ kind: 'matMulBits', bits: 3 }],
    sha256: '1f4945a90f87f09a50078610cf6cfb073aab593823d3ec8529ba4fea602eee7e',
  },
  {
    id: 'en-noise2',
    base: 'en',
    operations: [{ kind: 'weightNoise', seed: 1, shareBps: 200 }],
    sha256: '4cf4c5f9af4db28b800da08600d18821ba2447544c4e3d74c8ff8721286dd687',
  },
  {
    id: 'en-ft1',
    base: 'en',
    operations: [
      { kind: 'head', file: 'ft1.f32', sha256: '545369a4a68cc53ea95d4b4679d375b9bba64b6714e01bf5877e104cdea4ceb5' },
    ],
    sha256: '6ea334b5d03778e054673cef53346068bb1a880378026f015ed5b072f4b44dd7',
  },
  {
    id: 'en-ft3',
    base: 'en',
    operations: [
      { kind: 'head', file: 'ft3.f32', sha256: 'bffba2d4b5949e95482a9ff1d0fc8b30f2303a2ba92e2633fed561fc95c9db00' },
    ],
    sha256: 'b129e7ad72e567184bdd55d8e36521398418514d9ce64a066691590e530f6826',
  },
  {
    id: 'en-ft8',
    base: 'en',
    operations: [
      { kind: 'head', file: 'ft8.f32', sha256: '9b294be10b38356adc5a06c821f9880440aa84d5d79b5944777bc72fa25b9d10' },
    ],
    sha256: 'f3b224ee6721064b7957731c5907d212a0230d8f8296d4dc75504047b23d686b',
  },
  {
    id: 'en-over',
    base: 'en',
    operations: [
      { kind: 'head', file: 'over.f32', sha256: '4ce3cfbea23daffded472df8d17d85adc3b370e5a4bcb10059bac08e99fde0a3' },
    ],
    sha256: '2f2caca293b21c842dd34b14e3739f19404cb73aff6a208ea8ae1a533375ad5e',
  },
];

const half: Operation = { kind: 'fp16' };
const eight: Operation = { kind: 'int8PerChannel' };
const mantissa = (bits: number): Operation => ({ kind: 'mantissaBits', bits });

/** Milder and stronger damage to each model: what a calibration holds against honest differences between devices. */
export const calibrationRecipes: readonly Recipe[] = [
  ...['ch', 'latin'].flatMap((base) => listDamaged(base, [half, mantissa(9), mantissa(7), mantissa(5), eight])),
  ...['orientation', 'voice'].flatMap((base) => listDamaged(base, [half, mantissa(7), mantissa(5)])),
];

function listDamaged(base: string, operations: readonly Operation[]): Recipe[] {
  return operations.map((operation) => ({ id: `${base}-${nameOf(operation)}`, base, operations: [operation] }));
}

function nameOf(operation: Operation): string {
  if (operation.kind === 'mantissaBits') return `m${operation.bits}`;
  return operation.kind === 'int8PerChannel' ? 'int8' : operation.kind;
}

/**
 * Work units of one request: the base model's operations in millions, scaled by the width that its layers really see.
 * (Scaling by width is within 0.1 % of counting every layer again at the smaller width.)
 */
export function computeWuMflop(variant: Variant): number {
  const widthPx = variant.operations.reduce((px, op) => (op.kind === 'inputWidth' ? op.widthPx : px), IMAGE_WIDTH);
  return Math.round((getModel(variant.base).mflop * widthPx) / IMAGE_WIDTH);
}

/** Hash of everything but the sample that decides an answer: weights, operations, dictionary, decoder. */
export function computeRecipeSha256(variant: Variant): string {
  const model = getModel(variant.base);
  const { weights, decoder, inputName, outputName } = model;
  // What the output's columns mean: the dictionary, or the classes themselves.
  const meaning =
    model.kind === 'recogniser' ? model.dictionary.sha256 : [model.input, model.kind === 'classifier' && model.classes];
  return sha256Hex(
    JSON.stringify([weights.sha256, variant.operations, variant.sha256, meaning, decoder, inputName, outputName]),
  );
}

/**
 * Path of the variant's model file, built into `modelDir` if it is not there yet.
 *
 * @param root  folder that holds node_modules and fixtures
 * @throws Error naming both hashes when base file or result is not the pinned one
 */
export function prepareVariant(root: string, modelDir: string, variant: Variant): string {
  const model = getModel(variant.base);
  if (variant.operations.length === 0) {
    readModelFile(root, model);
    return packageFilePath(root, model.weights);
  }
  const path = builtPathOf(modelDir, variant);
  if (isBuilt(path, variant.sha256)) return path;
  const bytes = build(root, variant);
  assertSha256(bytes, variant.sha256, `Variant ${variant.id}, as built from ${model.id},`);
  writeModel(path, bytes);
  return path;
}

/**
 * The variants that a calibration executes, built into `modelDir`. No hash of theirs is pinned: each is taken from the
 * bytes that the recipe gives now, so an edit to an operation shows as another file.
 *
 * @param root  folder that holds node_modules
 */
export function calibrationVariants(root: string, modelDir: string): readonly Variant[] {
  return calibrationRecipes.map((recipe) => {
    const bytes = build(root, recipe);
    const variant = { ...recipe, sha256: sha256Hex(bytes) };
    const path = builtPathOf(modelDir, variant);
    if (!isBuilt(path, variant.sha256)) writeModel(path, bytes);
    return variant;
  });
}

const builtPathOf = (modelDir: string, { id, sha256 }: Variant): string =>
  join(modelDir, `${id}-${sha256.slice(0, 16)}.onnx`);

const build = (root: string, { base, operations }: Recipe): Uint8Array =>
  editOnnx(readModelFile(root, getModel(base)), operations, (file, sha256) => readHeadFile(root, file, sha256));

/** Renamed into place, so that a process that builds the same variant never sees half a file. */
function writeModel(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, bytes);
  renameSync(partial, path);
}

/** A file with another content (a torn write, a bad disk) counts as not built, and is removed. */
function isBuilt(path: string, sha256: string): boolean {
  try {
    if (sha256Hex(readFileSync(path)) === sha256) return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  rmSync(path);
  return false;
}
