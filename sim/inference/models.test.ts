import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import { getModel, models, packageFilePath, readClasses, readModelFile } from './models.ts';

const root = join(import.meta.dirname, '..', '..');
const temporary = mkdtempSync(join(tmpdir(), 'powr-models-'));
afterAll(() => rmSync(temporary, { recursive: true }));

describe('readModelFile', () => {
  it.each(models.map((model) => [model.id, model] as const))(
    'given the installed file of %s > reads it',
    (_, model) => {
      expect(readModelFile(root, model).length).toBeGreaterThan(7_000_000);
    },
  );

  it('given a file with another content > names both hashes', () => {
    const model = getModel('en');
    const path = packageFilePath(temporary, model.weights);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'other weights');
    const read = () => readModelFile(temporary, model);
    expect(read).toThrow(sha256Hex('other weights'));
    expect(read).toThrow(model.weights.sha256);
  });
});

describe('the model registry', () => {
  it.each(models.map((model) => [model.id, model] as const))('names tensors that %s really has', (_, model) => {
    const graph = onnxProto.onnx.ModelProto.decode(readModelFile(root, model)).graph!;
    expect(graph.input!.map(({ name }) => name)).toEqual([model.inputName]);
    expect(graph.output!.map(({ name }) => name)).toEqual([model.outputName]);
    const softmax = graph.node!.find(({ output }) => output?.[0] === model.outputName);
    expect([softmax?.opType, softmax?.input]).toEqual(['Softmax', [model.logitsName]]);
  });

  it('refuses an id it does not know, and says which it has', () => {
    expect(() => getModel('klingon')).toThrow('No base model "klingon": the registry has en, ch, latin');
  });
});

describe('readClasses', () => {
  it.each(models.map((model) => [model.id, model] as const))(
    'given %s > starts with the blank and ends with a space',
    (_, model) => {
      const classes = readClasses(root, model);
      expect([classes.length, classes[0], classes.at(-1)]).toEqual([model.classCount, '', ' ']);
    },
  );
});
