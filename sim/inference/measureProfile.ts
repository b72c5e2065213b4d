/** Measures a whole pool on a device of this machine, every variant on every sample, into a profile that can be kept and replayed. */
import { cpus } from 'node:os';
import type { InferenceAnswer, InferenceJob } from '../engine/inferencePort.ts';
import { chooseDevice, type Device, type DeviceChoice } from './devices.ts';
import { openInference } from './openInference.ts';
import { type InferenceProfile, type LevelProfile, PROFILE_FORMAT } from './profile.ts';
import { computeDatasetSha256, levels, TASK_ID } from './textRecognition.ts';
import { computeRecipeSha256, computeWuMflop, variants } from './variants.ts';

export type MeasureProfileOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly poolSeed: number;
  readonly poolSamples: number;
  readonly device: DeviceChoice;
  readonly cacheDir?: string;
  /** Runner processes on the cpu, default one per core. */
  readonly workers?: number;
  /** ISO 8601; recorded, not read. */
  readonly measuredOn: string;
  /** Told once the device is known, before anything is measured on it. */
  readonly onDevice?: (device: Device) => void;
  /** Told after every batch. */
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
};

const BATCH_SAMPLES = 20;

/**
 * Executes everything, stored or not: `variants.length * 3 * poolSamples` inferences.
 *
 * @throws DeviceError when the device does not work on this machine
 */
export async function measureProfile(options: MeasureProfileOptions): Promise<InferenceProfile> {
  const { root, poolSeed, poolSamples } = options;
  const device = await chooseDevice(options.device, options);
  options.onDevice?.(device);
  const port = await openInference({ ...options, mode: 'measure', device, fresh: true });
  const answers = variants.map(() => levels.map((): InferenceAnswer[] => []));
  const totalCount = variants.length * levels.length * poolSamples;
  try {
    // All variants of a sample follow each other, so that a busy minute of the machine hits every variant alike.
    for (let first = 0; first < poolSamples; first += BATCH_SAMPLES) {
      const jobs: InferenceJob[] = [];
      for (let sample = first; sample < Math.min(first + BATCH_SAMPLES, poolSamples); sample++) {
        for (const level of levels.keys()) for (const variant of variants.keys()) jobs.push({ variant, sample, level });
      }
      const given = await port.infer(jobs);
      for (const [i, { variant, sample, level }] of jobs.entries()) answers[variant]![level]![sample] = given[i]!;
      options.onProgress?.((first / poolSamples) * totalCount + jobs.length, totalCount);
    }
  } finally {
    await port.close();
  }
  return {
    format: PROFILE_FORMAT,
    task: TASK_ID,
    device: { class: device.class, name: device.name, cores: cpus().length },
    runtime: device.runtime,
    node: process.version,
    measuredOn: options.measuredOn,
    poolSeed,
    poolSamples,
    datasetSha256: levels.map(({ difficulty }) => computeDatasetSha256(root, poolSeed, poolSamples, difficulty)),
    variants: variants.map((variant, i) => ({
      id: variant.id,
      sha256: variant.sha256,
      recipeSha256: computeRecipeSha256(variant),
      wuMflop: computeWuMflop(variant),
      levels: answers[i]!.map(summariseLevel),
    })),
  };
}

function summariseLevel(answers: readonly InferenceAnswer[]): LevelProfile {
  const qualityBps = answers.map((answer) => answer.qualityBps);
  const latencyUs = answers.map((answer) => answer.latencyUs);
  const sorted = [...latencyUs].sort((a, b) => a - b);
  const quantile = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
  return {
    meanCerBps: 10_000 - Math.round(qualityBps.reduce((sum, q) => sum + q, 0) / answers.length),
    exactBps: Math.round((10_000 * qualityBps.filter((q) => q === 10_000).length) / answers.length),
    latencyP50Us: quantile(50),
    latencyP95Us: quantile(95),
    answerId: answers.map((answer) => answer.answerId),
    qualityBps,
    latencyUs,
  };
}
