/**
 * Measures models on a device: under the load modes, and through the pool of runners beside a bare loop of each runner.
 * Decides neither how queries come (see loadModes.ts) nor what is said of what was measured (see inferenceBench.ts).
 */
import { join } from 'node:path';
import type { Device } from './devices.ts';
import type { BareMeasurement, BareSeries, LoadSeries } from './inferenceBench.ts';
import { type Clock, type LoadMeasurement, type LoadMode, runLoad } from './loadModes.ts';
import { createLoadRequest, createModelRequest } from './loadRequest.ts';
import { models } from './models.ts';
import type { LoadRequest, ModelForm } from './runnerMessages.ts';
import { createRunnerPool, type RunnerPool } from './runnerPool.ts';
import { generateSample, levels } from './textRecognition.ts';
import { variants } from './variants.ts';

/** What can be measured: variants, and models of the registry that are none. */
export const benchableIds: readonly string[] = [
  ...new Set([...variants.map(({ id }) => id), ...models.map(({ id }) => id)]),
];

export type MeasureModelsOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly cacheDir?: string;
  readonly modes: readonly LoadMode[];
  /** Of {@link benchableIds}, for the load modes. */
  readonly variants: readonly string[];
  /** Of {@link benchableIds}, for the bare loop. */
  readonly bare: readonly string[];
  readonly queryCount: number;
  readonly streamCount: number;
  readonly ratePerS: number | null;
  readonly repetitionCount: number;
  readonly seed: number;
  /** Told before each measurement. */
  readonly onNext: (what: string) => void;
};

export type ModelSeries = {
  readonly loads: readonly LoadSeries[];
  readonly bare: readonly BareSeries[];
  readonly lostRunnerCount: number;
};

/** What is measured, and its inputs. */
type Subject = { readonly request: LoadRequest; readonly inputs: readonly Uint8Array[] };
type Subjects = ReadonlyMap<string, Subject>;

const REQUEST_LIMIT_MS = 120_000;
/** Different images, rendered beforehand; more would measure the memory that holds them. */
const IMAGE_COUNT = 24;
const IMAGE_LEVEL = 1;
/** A clip for the voice detector: a second, almost. */
const CLIP_FRAMES = 31;
/** Of a turn of the bare loop: beside it the filling and draining of a queue is little. */
const BARE_TURN_US = 1_000_000;
/** Loops that tell how many inferences a turn takes, and their length; the shortest was the least disturbed. */
const BARE_TRIALS = 3;
const BARE_TRIAL_COUNT = 30;

/** @throws RangeError when there is neither a variant nor a model of a name */
export async function measureModels(
  device: Device,
  workers: number,
  options: MeasureModelsOptions,
): Promise<ModelSeries> {
  const ids = [...new Set([...(options.modes.length > 0 ? options.variants : []), ...options.bare])];
  if (ids.length === 0) return { loads: [], bare: [], lostRunnerCount: 0 };
  const { root, seed, builtDir } = options;
  const modelDir = join(options.cacheDir ?? join(root, '.cache'), 'models');
  const images = Array.from(
    { length: IMAGE_COUNT },
    (_, index) => generateSample(root, seed, index, levels[IMAGE_LEVEL].difficulty).grey,
  );
  const subjects = new Map(
    ids.map((id): [string, Subject] => {
      const request = createRequest(root, modelDir, id, device.id);
      return [id, { request, inputs: createInputs(images, request.form) }];
    }),
  );
  const pool = createRunnerPool({ builtDir, workers, env: device.env, timeLimitMs: REQUEST_LIMIT_MS });
  try {
    // As many at once as there are runners: each loads the model and runs it before anything is measured.
    for (const { request, inputs } of subjects.values())
      await Promise.all(Array.from({ length: workers }, () => pool.infer(request, inputs[0]!)));
    const loads = await measureLoads(options, pool, subjects);
    const bare = await measureBare(options, pool, workers, subjects);
    return { loads, bare, lostRunnerCount: pool.lostCount() };
  } finally {
    await pool.close();
  }
}

async function measureLoads(
  { variants: ids, modes, seed, queryCount, streamCount, ratePerS, repetitionCount, onNext }: MeasureModelsOptions,
  pool: RunnerPool,
  subjects: Subjects,
): Promise<readonly LoadSeries[]> {
  const loads = ids.flatMap((variant) =>
    modes.map((mode) => ({ variant, mode, repetitions: [] as LoadMeasurement[] })),
  );
  for (let repetition = 0; repetition < repetitionCount; repetition++) {
    for (const { variant, mode, repetitions } of loads) {
      onNext(`${variant} ${mode}`);
      const { request, inputs } = subjects.get(variant)!;
      const plan = { mode, queryCount, streamCount, ratePerS: ratePerS ?? 0, seed: seed + repetition };
      const answer = (index: number) => pool.infer(request, inputs[index % inputs.length]!);
      repetitions.push(rounded(await runLoad(plan, answer, realClock)));
    }
  }
  return loads;
}

async function measureBare(
  { bare, queryCount, repetitionCount, onNext }: MeasureModelsOptions,
  pool: RunnerPool,
  workers: number,
  subjects: Subjects,
): Promise<readonly BareSeries[]> {
  const series = bare.map((model) => ({ model, repetitions: [] as BareMeasurement[] }));
  /** Of each runner. */
  const shares = new Map<string, number>();
  for (let repetition = 0; repetition < repetitionCount; repetition++) {
    for (const { model, repetitions } of series) {
      const { request, inputs } = subjects.get(model)!;
      let share = shares.get(model);
      if (share === undefined) {
        let trialUs = Number.POSITIVE_INFINITY;
        for (let trial = 0; trial < BARE_TRIALS; trial++)
          trialUs = Math.min(trialUs, ...(await pool.loop(request, inputs, BARE_TRIAL_COUNT)));
        trialUs /= BARE_TRIAL_COUNT;
        shares.set(model, (share = Math.ceil(Math.max(queryCount / workers, BARE_TURN_US / trialUs))));
      }
      const inferenceCount = share * workers;
      const answer = (index: number) => pool.infer(request, inputs[index % inputs.length]!);
      const plan = { mode: 'offline', queryCount: inferenceCount, streamCount: 1, ratePerS: 0, seed: 0 } as const;
      let poolWallUs = 0;
      let bareWallUs: readonly number[] = [];
      // Now the one is first, now the other: neither profits from what the first leaves warm.
      for (const isPool of repetition % 2 === 0 ? [true, false] : [false, true]) {
        onNext(`${model} ${isPool ? 'through the pool' : 'in a bare loop'}`);
        if (isPool) poolWallUs = Math.round((await runLoad(plan, answer, realClock)).wallUs);
        else bareWallUs = await pool.loop(request, inputs, share);
      }
      repetitions.push({ inferenceCount, poolWallUs, bareWallUs });
    }
  }
  return series;
}

function createRequest(root: string, modelDir: string, id: string, device: Device['id']): LoadRequest {
  const variant = variants.find((candidate) => candidate.id === id);
  if (variant) return createLoadRequest(root, modelDir, variant, device);
  if (!benchableIds.includes(id)) throw new RangeError(`No variant ${id}: there are ${benchableIds.join(', ')}`);
  return createModelRequest(root, id, device);
}

/** Of the size that the model takes; what they show does not matter to how long it takes. */
function createInputs(images: readonly Uint8Array[], form: ModelForm): readonly Uint8Array[] {
  if (form.kind === 'puzzle') throw new RangeError('Puzzles are measured as graphs');
  if (form.kind !== 'voice') return images.map((image) => image.subarray(0, form.widthPx * form.heightPx));
  const sawtooth = Int16Array.from({ length: CLIP_FRAMES * form.frameSamples }, (_, i) => ((i * 37) % 8_191) - 4_095);
  return [new Uint8Array(sawtooth.buffer)];
}

/** The clock tells no more than microseconds. */
const rounded = ({ latencyUs, sampleCount, wallUs }: LoadMeasurement): LoadMeasurement => ({
  latencyUs: latencyUs.map(Math.round),
  sampleCount,
  wallUs: Math.round(wallUs),
});

/** Timers are a millisecond or more late: the rest is waited for by looking at the clock between events. */
const TIMER_LATE_US = 2_000;

const realClock: Clock = {
  nowUs: () => performance.now() * 1_000,
  async waitUntilUs(momentUs) {
    const sleepUs = momentUs - realClock.nowUs() - TIMER_LATE_US;
    if (sleepUs > 0) await new Promise((resolve) => setTimeout(resolve, sleepUs / 1_000));
    while (realClock.nowUs() < momentUs) await new Promise((resolve) => setImmediate(resolve));
  },
};
