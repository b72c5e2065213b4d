/** `powr models`: which models there are, what is made of them, and the training of heads once more. */
import { statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '../inference/editOnnx.ts';
import { compareWithPinned, type HeadRecipe, readHeadRecipes, trainByRecipes } from '../inference/headRecipes.ts';
import { type Model, models, packageFilePath } from '../inference/models.ts';
import { computeWuMflop, variants } from '../inference/variants.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { alignCells } from './alignCells.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';

/** In words, as the notice of the models puts it. */
export function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'mantissaBits':
      return `weights rounded to ${operation.bits} mantissa bits`;
    case 'matMulBits':
      return `weights of matrix products rounded to ${operation.bits}-bit integers with a scale per output channel`;
    case 'fp16':
      return 'weights stored in half precision';
    case 'int8PerChannel':
      return 'kernels stored as 8-bit integers with a scale per output channel';
    case 'weightNoise':
      return `normal noise of ${operation.shareBps / 100} % of each tensor's root mean square added to the weights`;
    case 'head':
      return `last linear layer trained further: ${operation.file}`;
    case 'inputWidth':
      return `input narrowed to ${operation.widthPx} pixels before the first layer`;
  }
}

function describeModel(root: string, model: Model) {
  const { id, kind, precision, weights, weightsLicence, weightsNotice, mflop, input } = model;
  return {
    id,
    kind,
    precision,
    input,
    mflop,
    sizeBytes: statSync(packageFilePath(root, weights)).size,
    sha256: weights.sha256,
    file: `${weights.package}/${weights.path}`,
    licence: weightsLicence,
    notice: weightsNotice,
    variants: variants
      .filter(({ base }) => base === id)
      .map((variant) => ({
        id: variant.id,
        index: variants.indexOf(variant),
        wuMflop: computeWuMflop(variant),
        sha256: variant.sha256,
        operations: variant.operations,
      })),
  };
}

type ModelDescription = ReturnType<typeof describeModel>;

function renderModels(descriptions: readonly ModelDescription[]): string {
  const head = ['model', 'kind', 'precision', 'MFLOP', 'size', 'licence', 'SHA-256'];
  const rows = descriptions.map(({ id, kind, precision, mflop, sizeBytes, licence, sha256 }) => [
    ...[id, kind, precision, mflop.toFixed(2), `${(sizeBytes / 1e6).toFixed(2)} MB`, licence, sha256.slice(0, 16)],
  ]);
  const cells = alignCells([head, ...rows], ['left', 'left', 'left', 'right', 'right']);
  const variantRows = descriptions.flatMap((model) =>
    model.variants.map(({ id, index, wuMflop, sha256, operations }) => [
      ...[String(index), id, `${wuMflop}`, sha256.slice(0, 16)],
      operations.map(describeOperation).join(', ') || 'the file itself',
    ]),
  );
  variantRows.sort((a, b) => Number(a[0]) - Number(b[0]));
  const variantHead = ['job', 'variant', 'MFLOP', 'SHA-256', 'what was done to the model'];
  const variantCells = alignCells([variantHead, ...variantRows], ['right', 'left', 'right']);
  const linesOf = (table: readonly (readonly string[])[]): string =>
    table.map((row) => `${row.join('  ').trimEnd()}\n`).join('');
  return `${linesOf(cells)}\n${linesOf(variantCells)}`;
}

/** @throws InferenceError when an installed file is not there */
export function modelsCommand(options: { readonly json?: boolean }): number {
  let descriptions: readonly ModelDescription[];
  try {
    descriptions = models.map((model) => describeModel(repoRoot(), model));
  } catch (cause) {
    throw new InferenceError(`${(cause as Error).message}: run npm install`, { cause });
  }
  process.stdout.write(
    options.json === true ? `${JSON.stringify(descriptions, null, 2)}\n` : renderModels(descriptions),
  );
  return EXIT.ok;
}

export type TrainOptions = {
  /** Heads to train; none: all. */
  readonly only: readonly string[];
  /** Folder for the trained heads; without it nothing is written. */
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

/**
 * @param recipes  default those of the repository
 * @throws UsageError for a head that no recipe has; StoreError when a head cannot be written; InferenceError when the
 *   network does not run
 */
export async function trainCommand(
  options: TrainOptions,
  builtDir: string,
  recipes: readonly HeadRecipe[] = readHeadRecipes(repoRoot()),
): Promise<number> {
  for (const id of options.only) {
    if (recipes.some((recipe) => recipe.id === id)) continue;
    throw new UsageError(`No head is ${id}. Heads: ${recipes.map((recipe) => recipe.id).join(', ')}`);
  }
  const { out } = options;
  if (out !== undefined) {
    await access(out).catch((error: unknown) => {
      throw storeErrorOf(error, out);
    });
  }
  const wanted = recipes.filter(({ id }) => options.only.length === 0 || options.only.includes(id));
  const epochCount = wanted.reduce((sum, recipe) => sum + recipe.epochCount, 0);
  const trained: { recipe: HeadRecipe; bytes: Uint8Array }[] = [];
  const progress = createProgress(process.stderr, options.quiet === true);
  let doneCount = 0;
  try {
    await trainByRecipes(
      wanted,
      { root: repoRoot(), builtDir },
      (recipe, bytes) => trained.push({ recipe, bytes }),
      ({ id }, epoch, lossNats) =>
        progress.update(++doneCount, epochCount, `${id}, epoch ${epoch + 1}: loss ${lossNats.toFixed(2)} nats`),
    );
  } catch (cause) {
    throw new InferenceError((cause as Error).message, { cause });
  } finally {
    progress.finish();
  }
  const results = trained.map(({ recipe, bytes }) => ({
    id: recipe.id,
    sha256: recipe.sha256,
    ...compareWithPinned(repoRoot(), recipe, bytes),
  }));
  if (out !== undefined) {
    for (const { recipe, bytes } of trained) {
      await replaceFile(join(out, recipe.file), bytes);
    }
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else {
    for (const { id, isPinned, largestDifference } of results) {
      process.stdout.write(
        isPinned
          ? `${id}: the pinned head, byte for byte\n`
          : `${id}: another head than the pinned one; numbers differ by at most ${largestDifference.toPrecision(3)}. ` +
              'Another processor may see features that differ in the last bits\n',
      );
    }
  }
  return results.every(({ isPinned }) => isPinned) ? EXIT.ok : EXIT.failed;
}
