import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import { getModel, models, packageFilePath, readClasses, readModelFile } from './models.ts';
import { calibrationRecipes, variants } from './variants.ts';

const root = join(import.meta.dirname, '..', '..');
const temporary = mkdtempSync(join(tmpdir(), 'powr-models-'));
afterAll(() => rmSync(temporary, { recursive: true }));

describe('readModelFile', () => {
  it.each(models.map((model) => [model.id, model] as const))(
    'given the installed file of %s > reads it',
    (_, model) => {
      expect(sha256Hex(readModelFile(root, model))).toBe(model.weights.sha256);
    },
  );

  it.each(models.map((model) => [model.id, model] as const))(
    'given another file for %s > names both hashes',
    (_, model) => {
      const path = packageFilePath(temporary, model.weights);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'other weights');
      const read = () => readModelFile(temporary, model);
      expect(read).toThrow(sha256Hex('other weights'));
      expect(read).toThrow(model.weights.sha256);
    },
  );
});

describe('the model registry', () => {
  it.each(models.map((model) => [model.id, model] as const))('names tensors that %s really has', (_, model) => {
    const graph = onnxProto.onnx.ModelProto.decode(readModelFile(root, model)).graph!;
    const isVoice = model.kind === 'voice';
    expect(graph.input!.map(({ name }) => name)).toEqual(
      isVoice ? [model.inputName, model.stateName, model.rateName] : [model.inputName],
    );
    expect(graph.output!.map(({ name }) => name)).toEqual(
      isVoice ? [model.outputName, model.nextStateName] : [model.outputName],
    );
    const last = graph.node!.find(({ input }) => input?.[0] === model.logitsName);
    expect(last?.opType).toBe(isVoice ? 'Sigmoid' : 'Softmax');
    if (!isVoice) expect(last?.output).toEqual([model.outputName]);
  });

  it.each(models.map((model) => [model.id, model] as const))(
    'says what %s may be used under, as the notice that goes with the source does',
    (_, model) => {
      const text = readFileSync(join(root, 'fixtures/models/NOTICE.md'), 'utf8');
      expect(text).toContain(model.weights.sha256);
      expect(text).toContain(model.weights.path);
      expect(text).toContain(model.weightsLicence === 'MIT' ? 'Permission is hereby granted' : 'Apache License');
    },
  );

  it('names in the notice every variant, because it changes what the licence covers', () => {
    const text = readFileSync(join(root, 'fixtures/models/NOTICE.md'), 'utf8');
    const changed = [...variants.filter(({ operations }) => operations.length > 0), ...calibrationRecipes];
    expect(changed.filter(({ id }) => !text.includes(`\`${id}\``)).map(({ id }) => id)).toEqual([]);
  });

  it('has its packages at one exact version, as installed', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const { weights } of models) {
      const installed = JSON.parse(readFileSync(join(root, 'node_modules', weights.package, 'package.json'), 'utf8'));
      expect(dependencies[weights.package]).toBe(installed.version);
    }
  });

  // Counted by hand for the voice: the spectrum, four convolutions, the recurrent layer, the last product.
  it('counts the operations of a frame of voice', () => {
    const products =
      258 * 4 * 256 + 128 * 4 * 129 * 3 + 64 * 2 * 128 * 3 + 64 * 64 * 3 + 128 * 64 * 3 + 2 * 512 * 128 + 128;
    expect(getModel('voice').mflop).toBeCloseTo((2 * products) / 1e6, 2);
  });

  it('refuses an id it does not know, and says which it has', () => {
    expect(() => getModel('klingon')).toThrow(
      'No base model "klingon": the registry has en, ch, latin, orientation, voice',
    );
  });
});

describe('readClasses', () => {
  it.each(models.filter(({ kind }) => kind === 'recogniser').map((model) => [model.id, model] as const))(
    'given %s > starts with the blank and ends with a space',
    (_, model) => {
      const classes = readClasses(root, model);
      expect([classes.length, classes[0], classes.at(-1)]).toEqual([model.classCount, '', ' ']);
    },
  );

  it('given a model that reads no text > names what its columns mean', () => {
    expect(readClasses(root, getModel('orientation'))).toEqual(['upright', 'turned']);
    expect(readClasses(root, getModel('voice'))).toEqual(['speech']);
  });
});
