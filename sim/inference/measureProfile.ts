/** Measures a whole pool on this machine, every variant on every sample, into a profile that can be kept and replayed. */
import { cpus } from 'node:os';
import type { InferenceAnswer, InferenceJob } from '../engine/inferencePort.ts';
import { openInference, readCpuName, readRuntime } from './openInference.ts';
import { type InferenceProfile, type LevelProfile, PROFILE_FORMAT } from './profile.ts';
import { computeDatasetSha256, levels, TASK_ID } from './textRecognition.ts';
import { computeRecipeSha256, computeWuMflop, variants } from './variants.ts';

export type MeasureProfileOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly poolSeed: number;
  readonly poolSamples: number;
  readonly cacheDir?: string;
  readonly workers?: number;
  /** ISO 8601; recorded, not read. */
  readonly measuredOn: string;
  /** Told after every batch. */
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
};

const BATCH_SAMPLES = 20;

/** Executes everything, stored or not: `variants.length * 3 * poolSamples` inferences. */
export async function measureProfile(options: MeasureProfileOptions): Promise<InferenceProfile> {
  const { root, poolSeed, poolSamples } = options;
  const port = await openInference({ ...options, mode: 'measure', device: 'cpu', fresh: true });
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
    device: { class: 'cpu', name: readCpuName(), cores: cpus().length },
    runtime: readRuntime(root),
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
