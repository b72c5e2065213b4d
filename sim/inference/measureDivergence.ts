/**
 * Executes models in every honest way that this machine has, and what may be passed off as them, and measures how far
 * each lies from the model on the cpu with one thread and all optimisations. Decides what is tried; what the distances
 * mean is decided in calibrate.ts.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Series, Standing } from './calibrate.ts';
import { chooseDevice, type Device, type DeviceClass } from './devices.ts';
import { editOnnx, type Operation } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { createLoadRequest, createModelRequest } from './loadRequest.ts';
import { getModel, type ModelKind, readModelFile } from './models.ts';
import { generateOrientation } from './orientation.ts';
import type { Exclusion } from './profile.ts';
import { type Divergent, type LoadRequest, type SessionOptions, sessionNameOf } from './runnerMessages.ts';
import { type RunnerProcess, startRunner } from './runnerProcess.ts';
import { keyOf } from './sampleKey.ts';
import { generateLine, levels, TASK_ID } from './textRecognition.ts';
import { calibrationVariants, variants } from './variants.ts';
import { CLIP_FRAMES, FRAME_SAMPLES, generateVoiceClip } from './voiceActivity.ts';

export const CALIBRATED_MODELS = ['en', 'ch', 'latin', 'orientation', 'voice'] as const;
export type CalibratedModel = (typeof CALIBRATED_MODELS)[number];

export type MeasureDivergenceOptions = {
  readonly root: string;
  readonly builtDir: string;
  readonly cacheDir?: string;
  readonly models: readonly CalibratedModel[];
  /** Of each model, on the cpu and on a card. */
  readonly sampleCount: number;
  /** Of each model, in the runtime's build for browsers; 0 leaves it out. */
  readonly wasmCount: number;
  /** Of each model, on a driver in software; 0 leaves it out. */
  readonly softwareCount: number;
  /** Of the samples: those of the range dev, which nobody is judged on. */
  readonly seed: number;
  /** Runner processes on the cpu, default one per core. */
  readonly workers?: number;
  readonly onProgress?: (doneCount: number, totalCount: number, what: string) => void;
};

export type Divergences = {
  readonly series: readonly Series[];
  /** Places that were to be tried and do not count, and why. */
  readonly exclusions: readonly Exclusion[];
};

/** A place whose every execution of a model is at least so far away does not compute that model. */
const WRONG_PPB = 100_000_000;
/** Of a clip, on a driver in software: each frame takes it a tenth of a second. */
const SOFTWARE_FRAMES = 24;

const HONEST: Standing = { fp32: 'honest', reduced: 'honest' };
/** Ten bits of mantissa stand in for a device that computes with so many: here none does. */
const STOOD_FOR: Standing = { fp32: 'cheat', reduced: 'honest' };
const MILD_CHEAT: Standing = { fp32: 'cheat', reduced: null };
const COARSE_CHEAT: Standing = { fp32: 'cheat', reduced: 'cheat' };

type Configuration = {
  readonly id: string;
  readonly standing: Standing;
  readonly request: LoadRequest;
};

/** A place where a model is executed, in processes of their own, each of which also executes the reference. */
type Trial = {
  readonly place: DeviceClass | 'wasm';
  readonly device: Device;
  readonly runnerCount: number;
  readonly sampleCount: number;
  readonly configurations: readonly Configuration[];
};

/** As every measured answer is executed, but for what stands here. */
const HONEST_OPTIONS: readonly (readonly [id: string, options: SessionOptions])[] = [
  ['repeated', {}],
  ['2 threads', { threads: 2 }],
  ['optimisation extended', { optimisation: 'extended' }],
  ['optimisation basic', { optimisation: 'basic' }],
  ['optimisation disabled', { optimisation: 'disabled' }],
  ['disabled, 2 threads', { optimisation: 'disabled', threads: 2 }],
  ['batch of 4', { batch: 4 }],
];

const STAND_IN: Operation = { kind: 'mantissaBits', bits: 10 };
/** With more, a cheat is as near to honest work as the stand-in is. */
const COARSE_BITS_MAX = 5;

/** Whether ten bits are clearly better. Half precision has as many, and 8 bits of a matrix product are near them. */
const isCoarse = (operations: readonly Operation[]): boolean =>
  operations.every(
    (operation) =>
      operation.kind !== 'fp16' &&
      !((operation.kind === 'mantissaBits' || operation.kind === 'matMulBits') && operation.bits > COARSE_BITS_MAX),
  );

const LOAD_LIMIT_MS = 180_000;
const REQUEST_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 5_000;

/**
 * @throws DeviceError when not even the cpu works
 * @throws Error when a model file is not the pinned one, or an execution fails
 */
export async function measureDivergence(options: MeasureDivergenceOptions): Promise<Divergences> {
  const cpu = await chooseDevice('cpu', options);
  const { devices, exclusions: absent } = await findOtherDevices(options);
  const exclusions = [...absent];
  const series: Series[] = [];
  const countOf = (device: Device): number => (device.isSoftware ? options.softwareCount : options.sampleCount);
  const perModel = options.sampleCount + options.wasmCount + devices.reduce((sum, device) => sum + countOf(device), 0);
  let doneCount = 0;
  for (const modelId of options.models) {
    const trials = [
      createCpuTrial(options, cpu, modelId),
      createWasmTrial(options, cpu, modelId),
      ...devices.map((device) => createDeviceTrial(options, device, modelId, countOf(device))),
    ].filter(({ sampleCount }) => sampleCount > 0);
    for (const trial of trials) {
      const onDone = () =>
        options.onProgress?.(++doneCount, perModel * options.models.length, `${modelId} on ${trial.place}`);
      for (const one of await runTrial(options, trial, modelId, onDone)) {
        const wrong = findWrong(one);
        if (wrong === undefined) series.push(one);
        else exclusions.push({ model: modelId, place: one.place, reason: wrong });
      }
    }
  }
  return { series, exclusions };
}

/** Why a place that should execute a model honestly cannot be believed to, or undefined. */
function findWrong({ model, place, standing, observations }: Series): string | undefined {
  const nearest = observations.reduce((least, { logitsPpb }) => Math.min(least, logitsPpb), Number.POSITIVE_INFINITY);
  if (standing.fp32 !== 'honest' || place === 'cpu' || nearest < WRONG_PPB) return undefined;
  return `it computes something else than ${model}: the nearest of ${observations.length} is ${nearest} ppb away`;
}

/** Cards, and a driver in software if it is asked for. */
async function findOtherDevices(
  options: MeasureDivergenceOptions,
): Promise<{ readonly devices: readonly Device[]; readonly exclusions: Divergences['exclusions'] }> {
  const devices: Device[] = [];
  const exclusions: Exclusion[] = [];
  for (const id of ['webgpu', 'cuda'] as const) {
    try {
      const device = await chooseDevice(id, options);
      if (!device.isSoftware || options.softwareCount > 0) devices.push(device);
    } catch (error) {
      exclusions.push({ model: null, place: id, reason: (error as Error).message.split('\n')[0]! });
    }
  }
  return { devices, exclusions };
}

function createCpuTrial(options: MeasureDivergenceOptions, cpu: Device, modelId: CalibratedModel): Trial {
  const { root } = options;
  const kind: ModelKind = getModel(modelId).kind;
  const honest = HONEST_OPTIONS.filter(([, { batch }]) => batch === undefined || kind !== 'voice').map(
    ([id, session]): Configuration => ({
      id,
      standing: HONEST,
      request: createModelRequest(root, modelId, 'cpu', session),
    }),
  );
  return {
    place: 'cpu',
    device: cpu,
    runnerCount: options.workers ?? availableParallelism(),
    sampleCount: options.sampleCount,
    configurations: [...honest, ...createCheats(options, modelId)],
  };
}

/** The stand-in for fewer bits, and every listed variant of the model. */
function createCheats({ root, cacheDir }: MeasureDivergenceOptions, modelId: CalibratedModel): Configuration[] {
  const modelDir = join(cacheDir ?? join(root, '.cache'), 'models');
  const file = editOnnx(readModelFile(root, getModel(modelId)), [STAND_IN]);
  const request = { ...createModelRequest(root, modelId, 'cpu'), file, sha256: sha256Hex(file) };
  const listed = [...variants, ...calibrationVariants(root, modelDir)].filter(
    ({ base, operations }) => base === modelId && operations.length > 0,
  );
  return [
    { id: '10-bit mantissas', standing: STOOD_FOR, request },
    ...listed.map((variant) => ({
      id: variant.id,
      standing: isCoarse(variant.operations) ? COARSE_CHEAT : MILD_CHEAT,
      request: createLoadRequest(root, modelDir, variant, 'cpu'),
    })),
  ];
}

const createWasmTrial = (options: MeasureDivergenceOptions, cpu: Device, modelId: CalibratedModel): Trial => ({
  place: 'wasm',
  device: cpu,
  runnerCount: options.workers ?? availableParallelism(),
  sampleCount: options.wasmCount,
  configurations: [{ id: 'wasm', standing: HONEST, request: createModelRequest(options.root, modelId, 'wasm') }],
});

const createDeviceTrial = (
  options: MeasureDivergenceOptions,
  device: Device,
  modelId: CalibratedModel,
  sampleCount: number,
): Trial => ({
  place: device.class,
  device,
  runnerCount: 1,
  sampleCount,
  configurations: [
    { id: device.name, standing: HONEST, request: createModelRequest(options.root, modelId, device.id) },
  ],
});

async function runTrial(
  options: MeasureDivergenceOptions,
  { place, device, runnerCount, sampleCount, configurations }: Trial,
  modelId: CalibratedModel,
  onDone: () => void,
): Promise<Series[]> {
  const reference = createModelRequest(options.root, modelId, 'cpu');
  const requests = [reference, ...configurations.map(({ request }) => request)];
  const observed = configurations.map((): Divergent[] => []);
  let next = 0;
  /** Each runner takes the next sample that nobody has. */
  const work = async (runner: RunnerProcess): Promise<void> => {
    try {
      for (const request of requests) await runner.ask(request, LOAD_LIMIT_MS);
      for (let index = next++; index < sampleCount; index = next++) {
        const request = {
          kind: 'diverge',
          sessions: requests.map(sessionNameOf),
          input: generateInput(options, modelId, index, device),
          nonce: NONCE_STEP * (index + 1),
        } as const;
        const reply = await runner.ask(request, REQUEST_LIMIT_MS);
        if (reply.kind !== 'diverged') throw new Error(`The runner replied "${reply.kind}" to a comparison`);
        for (const [i, result] of reply.results.entries()) observed[i]![index] = result;
        onDone();
      }
    } finally {
      await runner.stop(STOP_LIMIT_MS);
    }
  };
  const runners = Array.from({ length: Math.min(runnerCount, sampleCount) }, () =>
    startRunner({ builtDir: options.builtDir, env: device.env }),
  );
  const settled = await Promise.allSettled(runners.map(work));
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  return configurations.map(({ id, standing }, i) => ({
    model: modelId,
    configuration: id,
    place,
    standing,
    observations: observed[i]!,
  }));
}

/** Every sample is projected under a nonce of its own. */
const NONCE_STEP = 1_000_003_000_037;

/** The three difficulties in turn. */
function generateInput(
  { root, seed }: MeasureDivergenceOptions,
  modelId: CalibratedModel,
  index: number,
  { isSoftware }: Device,
): Uint8Array {
  const { difficulty } = levels[index % levels.length]!;
  switch (getModel(modelId).kind) {
    case 'recogniser':
      return generateLine(root, keyOf(TASK_ID, 'dev', seed, index), difficulty).grey;
    case 'classifier':
      return generateOrientation(root, 'dev', seed, index, difficulty).grey;
    case 'voice':
      return generateVoiceClip('dev', seed, index, difficulty).pcm.subarray(
        0,
        2 * FRAME_SAMPLES * (isSoftware ? SOFTWARE_FRAMES : CLIP_FRAMES),
      );
  }
}
