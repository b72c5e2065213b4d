/**
 * Trains the last linear layer of a recogniser: gradient descent on the CTC loss, the rest of the network as it is.
 * Decides how numbers change, from features and texts alone; not which samples they come from (see headRecipes.ts).
 * Plain arithmetic in a fixed order: equal features give equal heads, to the last bit, on every platform.
 */
import { createStreams, nextInt, streamKey } from '../base/stream.ts';
import { ctcLoss } from './ctcLoss.ts';
import type { Head } from './editOnnx.ts';

/** What the network sees of one line, and what the line says. */
export type TrainingSample = {
  /** One row of featureCount values for each step. */
  readonly features: Float32Array;
  /** Classes of the text. */
  readonly labels: readonly number[];
};

export type TrainingOptions = {
  /** Of the order of samples. */
  readonly seed: number;
  readonly epochCount: number;
  readonly batchSamples: number;
  /** Of the first step; falls linearly to zero over the training. */
  readonly learningRate: number;
  /** Told after every epoch: the mean loss of its samples, each at its own moment, in nats. */
  readonly onEpoch?: (epoch: number, lossNats: number) => void;
};

// Adam (Kingma and Ba 2015), with the constants of its authors.
const MOMENTUM = 0.9;
const SQUARE_MOMENTUM = 0.999;
const EPSILON = 1e-8;

/** @returns the trained head; `head` is not changed */
export function trainHead(head: Head, samples: readonly TrainingSample[], options: TrainingOptions): Head {
  const { seed, epochCount, batchSamples, learningRate } = options;
  const model = createLayer(head);
  const adam = createAdam(model.parameters.length);
  const order = Array.from(samples.keys());
  const stepCount = epochCount * Math.ceil(samples.length / batchSamples);
  let step = 0;
  for (let epoch = 0; epoch < epochCount; epoch++) {
    shuffle(order, streamKey(seed, 'head-training', 'order', epoch));
    let lossSum = 0;
    for (let first = 0; first < order.length; first += batchSamples) {
      const batch = order.slice(first, first + batchSamples);
      const gradient = new Float64Array(model.parameters.length);
      for (const i of batch) lossSum += addGradient(model, samples[i]!, gradient);
      for (let i = 0; i < gradient.length; i++) gradient[i]! /= batch.length;
      adam.descend(model.parameters, gradient, learningRate * (1 - step / stepCount));
      step++;
    }
    options.onEpoch?.(epoch, lossSum / samples.length);
  }
  return {
    ...head,
    weights: Float32Array.from(model.parameters.subarray(0, head.weights.length)),
    biases: Float32Array.from(model.parameters.subarray(head.weights.length)),
  };
}

/** Mean CTC loss of the samples, in nats. */
export function computeMeanLoss(head: Head, samples: readonly TrainingSample[]): number {
  const layer = createLayer(head);
  const lossSum = samples.reduce((sum, { features, labels }) => {
    const logits = computeLogits(layer, features);
    return sum + ctcLoss(logits, layer.classCount, labels, new Float64Array(logits.length));
  }, 0);
  return lossSum / samples.length;
}

/** Weights and biases in double precision, in the order of a head file. */
type Layer = { readonly featureCount: number; readonly classCount: number; readonly parameters: Float64Array };

function createLayer({ featureCount, classCount, weights, biases }: Head): Layer {
  const parameters = new Float64Array(weights.length + biases.length);
  parameters.set(weights);
  parameters.set(biases, weights.length);
  return { featureCount, classCount, parameters };
}

function computeLogits({ featureCount, classCount, parameters }: Layer, features: Float32Array): Float64Array {
  const biases = parameters.subarray(featureCount * classCount);
  const stepCount = features.length / featureCount;
  const logits = new Float64Array(stepCount * classCount);
  for (let t = 0; t < stepCount; t++) {
    const row = t * classCount;
    logits.set(biases, row);
    for (let f = 0; f < featureCount; f++) {
      const feature = features[t * featureCount + f]!;
      const at = f * classCount;
      for (let c = 0; c < classCount; c++) logits[row + c]! += feature * parameters[at + c]!;
    }
  }
  return logits;
}

/** @returns the loss of the sample; its derivative by each parameter is added to `gradient` */
function addGradient(layer: Layer, { features, labels }: TrainingSample, gradient: Float64Array): number {
  const { featureCount, classCount } = layer;
  const logits = computeLogits(layer, features);
  const byLogit = new Float64Array(logits.length);
  const loss = ctcLoss(logits, classCount, labels, byLogit);
  const biasesAt = featureCount * classCount;
  for (let t = 0; t < logits.length / classCount; t++) {
    const row = t * classCount;
    for (let f = 0; f < featureCount; f++) {
      const feature = features[t * featureCount + f]!;
      const at = f * classCount;
      for (let c = 0; c < classCount; c++) gradient[at + c]! += feature * byLogit[row + c]!;
    }
    for (let c = 0; c < classCount; c++) gradient[biasesAt + c]! += byLogit[row + c]!;
  }
  return loss;
}

function createAdam(parameterCount: number) {
  const mean = new Float64Array(parameterCount);
  const square = new Float64Array(parameterCount);
  let meanBias = 1;
  let squareBias = 1;
  return {
    descend(parameters: Float64Array, gradient: Float64Array, learningRate: number): void {
      meanBias *= MOMENTUM;
      squareBias *= SQUARE_MOMENTUM;
      for (let i = 0; i < parameterCount; i++) {
        const g = gradient[i]!;
        mean[i] = MOMENTUM * mean[i]! + (1 - MOMENTUM) * g;
        square[i] = SQUARE_MOMENTUM * square[i]! + (1 - SQUARE_MOMENTUM) * g * g;
        const spread = Math.sqrt(square[i]! / (1 - squareBias)) + EPSILON;
        parameters[i]! -= (learningRate * mean[i]!) / (1 - meanBias) / spread;
      }
    },
  };
}

/** Fisher and Yates, by a stream of its own. */
function shuffle(order: number[], key: string): void {
  const stream = createStreams(1, () => key);
  for (let last = order.length - 1; last > 0; last--) {
    const other = nextInt(stream, 0, last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
}
