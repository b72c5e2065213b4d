import { describe, expect, it } from 'vitest';
import { createStreams, nextUnit, streamKey } from '../base/stream.ts';
import type { Head } from './editOnnx.ts';
import { computeMeanLoss, type TrainingSample, trainHead } from './trainHead.ts';

const CLASSES = 4;
const STEPS = 6;
const FEATURES = CLASSES;

/** Lines of two labels: at each step the feature of the class that stands there is one, blurred by noise. */
function drawSamples(seed: number, count: number): TrainingSample[] {
  const stream = createStreams(1, () => streamKey(seed, 'test', 'lines', 0));
  return Array.from({ length: count }, () => {
    const labels = [0, 1].map(() => 1 + Math.floor(3 * nextUnit(stream, 0)));
    const steps = [labels[0]!, labels[0]!, 0, labels[1]!, labels[1]!, 0];
    const features = Float32Array.from({ length: STEPS * FEATURES }, (_, i) => {
      const isHere = steps[Math.floor(i / FEATURES)] === i % FEATURES;
      return (isHere ? 1 : 0) + 0.2 * (nextUnit(stream, 0) - 0.5);
    });
    return { features, labels };
  });
}

const blank: Head = {
  featureCount: FEATURES,
  classCount: CLASSES,
  weights: new Float32Array(FEATURES * CLASSES),
  biases: new Float32Array(CLASSES),
};
const options = { seed: 1, epochCount: 5, batchSamples: 8, learningRate: 0.05 };
const taught = drawSamples(1, 64);
const unseen = drawSamples(2, 64);

describe('trainHead', () => {
  it('given more epochs > reads unseen lines better', () => {
    const losses = [0, 1, 3, 8].map((epochCount) =>
      computeMeanLoss(trainHead(blank, taught, { ...options, epochCount }), unseen),
    );
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
  });

  it('given the opposite direction > unlearns: the sign of the gradient decides', () => {
    const away = trainHead(blank, taught, { ...options, learningRate: -options.learningRate });
    expect(computeMeanLoss(away, unseen)).toBeGreaterThan(computeMeanLoss(blank, unseen));
  });

  it('given equal arguments > gives equal heads; given another order of samples > another', () => {
    const first = trainHead(blank, taught, options);
    expect(trainHead(blank, taught, options)).toEqual(first);
    expect(trainHead(blank, taught, { ...options, seed: 2 })).not.toEqual(first);
  });

  it('leaves the head that it starts from as it is', () => {
    const before = structuredClone(blank);
    trainHead(blank, taught, options);
    expect(blank).toEqual(before);
  });

  it('takes first steps of the size of the learning rate', () => {
    const one = trainHead(blank, taught.slice(0, 8), { ...options, epochCount: 1 });
    // Adam's first step has that size for every parameter, whatever its gradient.
    for (const value of [...one.weights, ...one.biases]) expect(Math.abs(value)).toBeCloseTo(0.05, 3);
  });

  it('tells the loss of every epoch', () => {
    const told: number[] = [];
    trainHead(blank, taught, { ...options, onEpoch: (epoch, lossNats) => (told[epoch] = lossNats) });
    expect(told).toHaveLength(5);
    expect(told[4]!).toBeLessThan(told[0]!);
  });
});
