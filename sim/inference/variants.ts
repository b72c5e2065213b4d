/**
 * The models that may answer requests: base models as they are, and recipes that make a cheaper or a damaged one of
 * them. Decides what a variant is and makes sure that what is loaded is exactly that; not who runs it.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editOnnx, type Operation } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { IMAGE_WIDTH } from './imageShape.ts';
import { assertSha256, getModel, packageFilePath, readModelFile } from './models.ts';

export type Variant = {
  readonly id: string;
  /** Model of the registry. */
  readonly base: string;
  /** None: the base file itself. */
  readonly operations: readonly Operation[];
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
];

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
  const { weights, dictionary, decoder, inputName, outputName } = getModel(variant.base);
  return sha256Hex(
    JSON.stringify([
      weights.sha256,
      variant.operations,
      variant.sha256,
      dictionary.sha256,
      decoder,
      inputName,
      outputName,
    ]),
  );
}

/**
 * Path of the variant's model file, built into `modelDir` if it is not there yet.
 *
 * @param root  folder that holds node_modules
 * @throws Error naming both hashes when base file or result is not the pinned one
 */
export function prepareVariant(root: string, modelDir: string, variant: Variant): string {
  const model = getModel(variant.base);
  if (variant.operations.length === 0) {
    readModelFile(root, model);
    return packageFilePath(root, model.weights);
  }
  const path = join(modelDir, `${variant.id}-${variant.sha256.slice(0, 16)}.onnx`);
  if (isBuilt(path, variant.sha256)) return path;
  const bytes = editOnnx(readModelFile(root, model), variant.operations);
  assertSha256(bytes, variant.sha256, `Variant ${variant.id}, as built from ${model.id},`);
  mkdirSync(modelDir, { recursive: true });
  // Renamed into place, so that a process that builds the same variant never sees half a file.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, bytes);
  renameSync(partial, path);
  return path;
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
