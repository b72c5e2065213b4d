import { describe, expect, it } from 'vitest';
import { readHead } from './editOnnx.ts';
import { HEAD_DIR, readHeadFile } from './headFiles.ts';
import { compareWithPinned, prepareSamples, readHeadRecipes, type TrainingSet, trainByRecipes } from './headRecipes.ts';
import { getModel, readModelFile } from './models.ts';
import { keyOf, PUBLIC_SAMPLES, poolKeyOf } from './sampleKey.ts';
import { getBuiltDir, root } from './testSupport.ts';
import { TASK_ID } from './textRecognition.ts';
import { computeMeanLoss, type TrainingSample } from './trainHead.ts';
import { variants } from './variants.ts';

const tools = { root, builtDir: getBuiltDir() };
const recipes = readHeadRecipes(root);

describe('the recipes of heads', () => {
  it('are those of the variants with a head, hash by hash', () => {
    const heads = variants.flatMap(({ id, operations }) =>
      operations.flatMap((operation) => (operation.kind === 'head' ? [[id, operation.file, operation.sha256]] : [])),
    );
    expect(recipes.map(({ base, id, file, sha256 }) => [`${base}-${id}`, file, sha256])).toEqual(heads);
  });

  it.each(recipes.map(({ id, file, sha256 }) => [id, file, sha256] as const))(
    'pin the file of %s',
    (_, file, sha256) => {
      expect(readHeadFile(root, file, sha256).length).toBe(4 * 121 * 97);
    },
  );

  it('given another hash > name both and the file', () => {
    const [{ file, sha256 }] = recipes as [(typeof recipes)[0]];
    const read = () => readHeadFile(root, file, 'f'.repeat(64));
    expect(read).toThrow(`${HEAD_DIR}/${file}`);
    expect(read).toThrow(sha256);
    expect(read).toThrow('f'.repeat(64));
  });

  it('teach no sample that is held out or used to tune, and the public ones only where it is meant', () => {
    const judged = new Set([
      ...Array.from({ length: 10_000 }, (_, index) => keyOf(TASK_ID, 'held-out', 1, index)),
      ...Array.from({ length: 10_000 }, (_, index) => keyOf(TASK_ID, 'dev', 1, index)),
    ]);
    const published = new Set(Array.from({ length: PUBLIC_SAMPLES }, (_, index) => poolKeyOf(TASK_ID, 1, index)));
    for (const { id, set } of recipes) {
      const keys = Array.from({ length: set.count }, (_, index) => keyOf(TASK_ID, set.range, set.seed, index));
      expect(keys.filter((key) => judged.has(key))).toEqual([]);
      expect([id, keys.filter((key) => published.has(key)).length]).toEqual([id, id === 'over' ? 100 : 0]);
    }
  });
});

describe('training on what the network sees', () => {
  const small = { count: 64, difficulties: [0.2, 0.6, 0.75], rendering: 'in turn', seed: 1 } as const;
  const recipe = { ...recipes[0]!, set: { ...small, range: 'train' } satisfies TrainingSet, epochCount: 1 };
  const model = getModel('en');

  async function train(...learningRates: number[]): Promise<Uint8Array[]> {
    const trained: Uint8Array[] = [];
    const own = learningRates.map((learningRate) => ({ ...recipe, learningRate }));
    await trainByRecipes(own, tools, (_, bytes) => trained.push(bytes));
    return trained;
  }

  const lossOf = (bytes: Uint8Array, unseen: readonly TrainingSample[]): number => {
    const head = readHead(readModelFile(root, model));
    const numbers = new Float32Array(Uint8Array.from(bytes).buffer);
    const split = head.weights.length;
    return computeMeanLoss({ ...head, weights: numbers.slice(0, split), biases: numbers.slice(split) }, unseen);
  };

  it('for one epoch of 64 lines > is repeatable, and reads unseen lines better; against the gradient, worse', async () => {
    const unseen = await prepareSamples(model, { ...small, range: 'dev', count: 24 }, tools);
    const before = computeMeanLoss(readHead(readModelFile(root, model)), unseen);
    const [trained, untrained] = (await train(0.004, -0.004)) as [Uint8Array, Uint8Array];
    expect(await train(0.004)).toEqual([trained]);
    expect(lossOf(trained, unseen)).toBeLessThan(0.9 * before);
    expect(lossOf(untrained, unseen)).toBeGreaterThan(1.1 * before);
  }, 60_000);

  it('given other bytes than those pinned > says by how much they differ', () => {
    const pinned = readHeadFile(root, recipe.file, recipe.sha256);
    expect(compareWithPinned(root, recipe, pinned)).toEqual({ isPinned: true, largestDifference: 0 });
    const numbers = new Float32Array(Uint8Array.from(pinned).buffer);
    const moved = numbers.with(5, Math.fround(numbers[5]! + 0.25));
    const compared = compareWithPinned(root, recipe, new Uint8Array(moved.buffer));
    expect(compared.isPinned).toBe(false);
    expect(compared.largestDifference).toBeCloseTo(0.25, 6);
  });

  it('given a model that reads no text > refuses', async () => {
    await expect(prepareSamples(getModel('voice'), recipe.set, tools)).rejects.toThrow(
      'Model voice reads no text: there is no head to train',
    );
  });
});
