import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { editOnnx } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { getModel, models, readModelFile } from './models.ts';
import {
  calibrationRecipes,
  calibrationVariants,
  computeRecipeSha256,
  computeWuMflop,
  prepareVariant,
  type Variant,
  variants,
} from './variants.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = mkdtempSync(join(tmpdir(), 'powr-variants-'));
afterAll(() => rmSync(modelDir, { recursive: true }));
const getVariant = (id: string): Variant => variants.find((variant) => variant.id === id)!;

describe('prepareVariant', () => {
  it.each(variants.map(({ id }) => [id]))('given %s > gives a file with the hash that the recipe pins', (id) => {
    const path = prepareVariant(root, modelDir, getVariant(id));
    expect(sha256Hex(readFileSync(path))).toBe(getVariant(id).sha256);
  });

  it('given a damaged file from an earlier run > builds it again', () => {
    const variant = getVariant('en-int8');
    const path = prepareVariant(root, modelDir, variant);
    appendFileSync(path, 'x');
    expect(sha256Hex(readFileSync(prepareVariant(root, modelDir, variant)))).toBe(variant.sha256);
  });

  it('given a recipe whose result is not the pinned one > names both hashes', () => {
    const wrong = { ...getVariant('en-m3'), sha256: getVariant('en-m4').sha256 };
    const prepare = () => prepareVariant(root, join(modelDir, 'wrong'), wrong);
    expect(prepare).toThrow(wrong.sha256);
    expect(prepare).toThrow(getVariant('en-m3').sha256);
  });
});

describe('the variants', () => {
  it('have distinct ids, files and recipes', () => {
    for (const key of [({ id }: Variant) => id, ({ sha256 }: Variant) => sha256, computeRecipeSha256]) {
      expect(new Set(variants.map(key)).size).toBe(variants.length);
    }
  });

  it.each([
    ['en', 1_342],
    ['ch', 1_405],
    ['latin', 1_281],
    ['en-m2', 1_342], // fewer bits, as many operations
    ['en-int8', 1_342],
    ['en-w70', 940], // 1342.27 * 224 / 320
    ['en-fp16', 1_342],
    ['en-over', 1_342],
  ])('%s costs %i work units a request', (id, wuMflop) => {
    expect(computeWuMflop(getVariant(id))).toBe(wuMflop);
  });

  it('keep the places that jobs name them by: new ones come last', () => {
    expect(variants.map(({ id }) => id).join(' ')).toBe(
      'en ch latin en-m4 en-m3 en-m2 en-int8 en-w70 en-fp16 en-mm3 en-noise2 en-ft1 en-ft3 en-ft8 en-over',
    );
  });

  it('in 16 bits take about half of the space', () => {
    const share =
      statSync(prepareVariant(root, modelDir, getVariant('en-fp16'))).size / readModelFile(root, getModel('en')).length;
    expect(share).toBeLessThan(0.51);
  });

  it('in 8 bits take about a quarter of the space', () => {
    const share =
      statSync(prepareVariant(root, modelDir, getVariant('en-int8'))).size / readModelFile(root, getModel('en')).length;
    expect(share).toBeLessThan(0.28);
  });
});

describe('calibrationVariants', () => {
  it('gives every recipe as a file of its own, whose hash is that of the file; another time the same', () => {
    const built = calibrationVariants(root, modelDir);
    expect(built.map(({ id }) => id)).toEqual(calibrationRecipes.map(({ id }) => id));
    expect(new Set([...built, ...variants].map(({ sha256 }) => sha256)).size).toBe(built.length + variants.length);
    for (const variant of built) {
      expect(sha256Hex(readFileSync(prepareVariant(root, modelDir, variant)))).toBe(variant.sha256);
    }
    expect(calibrationVariants(root, modelDir)).toEqual(built);
  }, 60_000);

  it('damages every model of the registry but the one whose variants are listed', () => {
    expect(new Set(calibrationRecipes.map(({ base }) => base))).toEqual(
      new Set(models.map(({ id }) => id).filter((id) => id !== 'en')),
    );
  });
});

describe('editOnnx', () => {
  it('given 3 mantissa bits > leaves 20 zero bits in every weight and does not touch the original', () => {
    const original = readModelFile(root, getModel('en'));
    const edited = editOnnx(original, [{ kind: 'mantissaBits', bits: 3 }]);
    expect(edited.length).toBe(original.length);
    expect(sha256Hex(original)).toBe(getModel('en').weights.sha256);
    const tensors = onnxProto.onnx.ModelProto.decode(edited).graph!.node!.flatMap(
      ({ attribute }) => attribute?.[0]?.t ?? [],
    );
    const weights = tensors.filter(({ dataType, dims }) => dataType === 1 && dims!.length > 0);
    expect(weights.length).toBeGreaterThan(200);
    for (const { rawData } of weights) {
      const bits = new Uint32Array(rawData!.buffer.slice(rawData!.byteOffset, rawData!.byteOffset + rawData!.length));
      if (bits.length > 1) expect(bits.every((word) => word % 2 ** 20 === 0)).toBe(true);
    }
  });
});
