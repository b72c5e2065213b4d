/**
 * Measures a whole pool on a device of this machine, every variant on every sample, and once more on the cpu where the
 * device is another one, into a profile that can be kept and replayed.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { InferenceAnswer } from '../engine/inferencePort.ts';
import { measureComputeScores } from './computeScores.ts';
import { chooseDevice, type Device, type DeviceChoice } from './devices.ts';
import { encodeDistance } from './distanceScale.ts';
import { createExecutables, type Executable, type Place } from './executables.ts';
import {
  BATCHES,
  CROSSED,
  type Divergence,
  type InferenceProfile,
  type LevelProfile,
  LOOKS,
  PROFILE_FORMAT,
  type VariantProfile,
} from './profile.ts';
import type { SessionDevice } from './runnerMessages.ts';
import { createRunnerPool, type RunnerPool } from './runnerPool.ts';
import { relativeDistancePpb } from './sketch.ts';
import { computeDatasetSha256, levels, TASK_ID } from './textRecognition.ts';

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

/** Both sides of every distance are projected under it. */
const PROFILE_NONCE = 1_234_567_890_123;
/** What a sketch is made under that somebody copies from elsewhere. */
const OTHER_NONCE = 3_210_987_654_321;
const LONGEST_LOOK = Math.max(...LOOKS);

/** Jobs that are under way at a time. */
const BATCH_JOBS = 240;
const REQUEST_LIMIT_MS = 180_000;
/** Inferences of a throughput measurement on each runner, at most as many as the pool has; in whole batches. */
const THROUGHPUT_COUNT = 48;

/** One inference of the pool: what it answered, and its projections under both nonces. */
type Measured = { readonly answer: InferenceAnswer; readonly sketch: Float32Array; readonly other: Float32Array };
/** By variant, level and sample. */
type Measurements = readonly (readonly Measured[][])[];

/**
 * Executes everything, stored or not: on the cpu once for every variant, level and sample, on a card twice.
 *
 * @throws DeviceError when the device does not work on this machine
 */
export async function measureProfile(options: MeasureProfileOptions): Promise<InferenceProfile> {
  const { root, poolSeed, poolSamples } = options;
  const device = await chooseDevice(options.device, options);
  options.onDevice?.(device);
  const reference = device.id === 'cpu' ? device : await chooseDevice('cpu', options);
  const modelDir = join(options.cacheDir ?? join(root, '.cache'), 'models');
  const executables = createExecutables({ root, modelDir, poolSeed, poolSamples });
  const sides = reference === device ? [device] : [device, reference];
  const totalCount = sides.length * executables.length * levels.length * poolSamples;
  let doneCount = 0;
  const measured: Measurements[] = [];
  for (const side of sides) {
    measured.push(
      await measurePool(options, side, executables, (count) => options.onProgress?.((doneCount += count), totalCount)),
    );
  }
  const [here, there = here] = measured as [Measurements, Measurements?];
  const throughput: (readonly (number | null)[])[] = [];
  for (const executable of executables) throughput.push(await measureThroughput(options, device, executable));
  return {
    format: PROFILE_FORMAT,
    task: TASK_ID,
    device: { class: device.class, name: device.name, cores: cpus().length },
    runnerCount: countWorkers(device, options),
    runtime: device.runtime,
    node: process.version,
    measuredOn: options.measuredOn,
    poolSeed,
    poolSamples,
    datasetSha256: levels.map(({ difficulty }) => computeDatasetSha256(root, poolSeed, poolSamples, difficulty)),
    reference: {
      class: reference.class,
      name: reference.name,
      runtime: reference.runtime,
      nonce: PROFILE_NONCE,
      otherNonce: OTHER_NONCE,
    },
    bands: null,
    calibration: null,
    computeScores: await measureComputeScores(device, options),
    variants: executables.map(({ info, recipeSha256 }, variant): VariantProfile => {
      const declarable = executables.flatMap((declared, index) =>
        isComparable(info, declared.info) ? [{ id: declared.info.id, samples: there[index]! }] : [],
      );
      return {
        id: info.id,
        sha256: info.sha256,
        recipeSha256,
        wuMflop: info.wuMflop,
        throughputPerS: throughput[variant]!,
        divergence: computeDivergence(here[variant]!.flat(), there[variant]!.flat()),
        levels: levels.map((_, level) => ({
          ...summariseLevel(here[variant]![level]!.map(({ answer }) => answer)),
          ...(reference === device
            ? {}
            : { referenceAnswerId: there[variant]![level]!.map(({ answer }) => answer.answerId) }),
          distances: Object.fromEntries(
            [...LOOKS, CROSSED].map((look) => [
              look,
              Object.fromEntries(
                declarable.map(({ id, samples }) => [
                  id,
                  encodeDistances(here[variant]![level]!, samples[level]!, look as Look),
                ]),
              ),
            ]),
          ),
        })),
      };
    }),
  };
}

/** Nobody passes a puzzle off as a model, nor one puzzle off as another: their answers are compared for equality. */
const isComparable = (claimed: Executable['info'], declared: Executable['info']): boolean =>
  claimed.id === declared.id || (claimed.kind === 'model' && declared.kind === 'model');

const countWorkers = ({ id, runnersMax }: Device, { workers }: MeasureProfileOptions): number =>
  id === 'cpu' ? (workers ?? runnersMax) : runnersMax;

const openPool = (options: MeasureProfileOptions, device: Device): RunnerPool =>
  createRunnerPool({
    builtDir: options.builtDir,
    workers: countWorkers(device, options),
    env: device.env,
    timeLimitMs: REQUEST_LIMIT_MS,
  });

async function measurePool(
  options: MeasureProfileOptions,
  device: Device,
  executables: readonly Executable[],
  onDone: (count: number) => void,
): Promise<Measurements> {
  const measurements = executables.map(() => levels.map((): Measured[] => []));
  const pool = openPool(options, device);
  const measure = async (executable: Executable, place: Place, session: SessionDevice): Promise<Measured> => {
    const wish = { nonces: [PROFILE_NONCE, OTHER_NONCE], projectionCount: LONGEST_LOOK };
    const result = await pool.infer(executable.loadRequestOf(place, session), executable.inputOf(place), wish);
    const [sketch, other] = result.sketches as [Float32Array, Float32Array];
    return { answer: executable.answerOf(place, result), sketch, other: other.subarray(0, LOOKS[0]) };
  };
  try {
    // All variants of a sample follow each other, so that a busy minute of the machine hits every variant alike.
    const batchSamples = Math.max(1, Math.floor(BATCH_JOBS / (executables.length * levels.length)));
    for (let first = 0; first < options.poolSamples; first += batchSamples) {
      const jobs: Promise<unknown>[] = [];
      for (let sample = first; sample < Math.min(first + batchSamples, options.poolSamples); sample++) {
        for (const level of levels.keys()) {
          for (const [variant, executable] of executables.entries()) {
            const keep = (made: Measured): void => {
              measurements[variant]![level]![sample] = made;
            };
            jobs.push(measure(executable, { sample, level }, device.id).then(keep));
          }
        }
      }
      await Promise.all(jobs);
      onDone(jobs.length);
    }
    return measurements;
  } finally {
    await pool.close();
  }
}

/** By batch. A pool for itself: a session keeps the memory of the largest batch it has seen. */
async function measureThroughput(
  options: MeasureProfileOptions,
  device: Device,
  executable: Executable,
): Promise<(number | null)[]> {
  const place = { sample: 0, level: 1 };
  const request = executable.loadRequestOf(place, device.id);
  const inputs = [executable.inputOf(place)];
  const pool = openPool(options, device);
  try {
    const found: (number | null)[] = [];
    for (const batch of BATCHES) {
      // A driver in software needs seconds for one; and a pool of a few samples is not worth as many in a batch.
      const isMeasured = batch === 1 || (!device.isSoftware && executable.takesBatches && batch <= options.poolSamples);
      if (!isMeasured) {
        found.push(null);
        continue;
      }
      const count = device.isSoftware ? 1 : Math.ceil(Math.min(THROUGHPUT_COUNT, options.poolSamples) / batch);
      const wallUs = await pool.loop({ ...request, options: { batch } }, inputs, count);
      found.push(Math.round((wallUs.length * count * batch * 1e6) / Math.max(...wallUs)));
    }
    return found;
  } finally {
    await pool.close();
  }
}

type Look = number | typeof CROSSED;

const distanceOf = (claimed: Measured, declared: Measured, look: Look): number =>
  look === CROSSED
    ? relativeDistancePpb(claimed.other, declared.sketch.subarray(0, LOOKS[0]))
    : relativeDistancePpb(claimed.sketch.subarray(0, look), declared.sketch.subarray(0, look));

const encodeDistances = (claimed: readonly Measured[], declared: readonly Measured[], look: Look): string =>
  claimed.map((one, sample) => encodeDistance(distanceOf(one, declared[sample]!, look))).join('');

function computeDivergence(here: readonly Measured[], there: readonly Measured[]): Divergence {
  const ppb = here.map((one, i) => distanceOf(one, there[i]!, LONGEST_LOOK)).sort((a, b) => a - b);
  return {
    identicalCount: here.filter(({ answer }, i) => answer.outputId === there[i]!.answer.outputId).length,
    p50Ppb: quantileOf(ppb, 50),
    maxPpb: ppb.at(-1)!,
    answerChangedCount: here.filter(({ answer }, i) => answer.answerId !== there[i]!.answer.answerId).length,
  };
}

const quantileOf = (sorted: readonly number[], percent: number): number =>
  sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;

function summariseLevel(answers: readonly InferenceAnswer[]): Omit<LevelProfile, 'distances' | 'referenceAnswerId'> {
  const qualityBps = answers.map((answer) => answer.qualityBps);
  const latencyUs = answers.map((answer) => answer.latencyUs);
  const sorted = [...latencyUs].sort((a, b) => a - b);
  return {
    meanCerBps: 10_000 - Math.round(qualityBps.reduce((sum, q) => sum + q, 0) / answers.length),
    exactBps: Math.round((10_000 * qualityBps.filter((q) => q === 10_000).length) / answers.length),
    latencyP50Us: quantileOf(sorted, 50),
    latencyP95Us: quantileOf(sorted, 95),
    latencyP99Us: quantileOf(sorted, 99),
    answerId: answers.map((answer) => answer.answerId),
    outputId: answers.map((answer) => answer.outputId),
    qualityBps,
    latencyUs,
  };
}
