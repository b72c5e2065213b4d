/**
 * What a runner is told to load a model: file, hash, and how to feed and read it. Decides nothing about the model (see
 * models.ts, variants.ts) nor about its execution (see runner.ts).
 */
import { sha256Hex } from './hash.ts';
import { getModel, type Model, packageFilePath, readClasses, readModelFile } from './models.ts';
import type { LoadRequest, ModelForm, SessionDevice, SessionOptions } from './runnerMessages.ts';
import { prepareVariant, type Variant } from './variants.ts';

/**
 * @param modelDir  for built models
 * @throws Error naming both hashes when a file is not the pinned one
 */
export function createLoadRequest(
  root: string,
  modelDir: string,
  variant: Variant,
  device: SessionDevice,
  options?: SessionOptions,
): LoadRequest {
  return {
    kind: 'load',
    file: prepareVariant(root, modelDir, variant),
    sha256: variant.sha256,
    device,
    ...(options ? { options } : {}),
    form: formOf(root, getModel(variant.base)),
  };
}

/**
 * A model of the registry as it is, also one that is no variant.
 *
 * @throws Error naming both hashes when its file is not the pinned one
 */
export function createModelRequest(
  root: string,
  modelId: string,
  device: SessionDevice,
  options?: SessionOptions,
): LoadRequest {
  const model = getModel(modelId);
  readModelFile(root, model);
  return {
    kind: 'load',
    file: packageFilePath(root, model.weights),
    sha256: model.weights.sha256,
    device,
    ...(options ? { options } : {}),
    form: formOf(root, model),
  };
}

/**
 * A graph that maps float32 to float32, its input filled with whole numbers.
 *
 * @param model  an ONNX file in memory
 */
export function createPuzzleRequest(
  model: Uint8Array,
  inputDims: readonly number[],
  device: SessionDevice,
  options?: SessionOptions,
): LoadRequest {
  return {
    kind: 'load',
    file: model,
    sha256: sha256Hex(model),
    device,
    ...(options ? { options } : {}),
    form: { kind: 'puzzle', inputName: 'x', inputDims, outputName: 'y' },
  };
}

function formOf(root: string, model: Model): ModelForm {
  const { inputName, outputName, logitsName } = model;
  const names = { inputName, outputName, logitsName };
  switch (model.kind) {
    case 'recogniser': {
      const { widthPx, heightPx } = model.input;
      return { kind: 'recogniser', widthPx, heightPx, ...names, classes: readClasses(root, model) };
    }
    case 'classifier': {
      const { widthPx, heightPx } = model.input;
      return { kind: 'classifier', widthPx, heightPx, ...names, featuresName: model.featuresName };
    }
    case 'voice': {
      const { rateHz, frameSamples, contextSamples } = model.input;
      const { stateName, nextStateName, stateDims, rateName } = model;
      return {
        ...{ kind: 'voice', rateHz, frameSamples, contextSamples },
        ...names,
        ...{ stateName, nextStateName, stateDims, rateName },
      };
    }
  }
}
