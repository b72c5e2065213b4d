/**
 * The engine's port to real inference: takes jobs, gives integers. Decides whether an answer is executed, or taken from
 * an earlier execution, and says how many of each; what an answer is worth is the protocol's business.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceAnswer, InferenceJob, InferencePort, VariantInfo } from '../engine/inferencePort.ts';
import { chooseDevice, countRunners, type Device, type DeviceChoice, readCpuName, readRuntime } from './devices.ts';
import { sha256Hex } from './hash.ts';
import { getModel, readClasses } from './models.ts';
import { type InferenceProfile, readProfile } from './profile.ts';
import { computeResultKey, openResultStore, type ResultStore, type StoredResult } from './resultStore.ts';
import type { DeviceId, LoadRequest } from './runnerMessages.ts';
import { createRunnerPool } from './runnerPool.ts';
import { computeAnswerId, computeQualityBps } from './score.ts';
import { generateSample, levels, type Sample, TASK_ID } from './textRecognition.ts';
import { computeRecipeSha256, computeWuMflop, prepareVariant, type Variant, variants } from './variants.ts';

export type InferenceOptions = {
  /** `measure` executes what this machine has not executed before; `replay` executes nothing. */
  readonly mode: 'measure' | 'replay';
  /**
   * Measure: what executes; a device that is already chosen is not tried again. Replay: whose profile is read, the cpu's
   * for `auto`, because what works here does not matter to it.
   */
  readonly device: DeviceChoice | Device;
  readonly poolSeed: number;
  /** Samples per level. */
  readonly poolSamples: number;
  /** Folder of the built files. */
  readonly builtDir: string;
  /** Folder that holds node_modules and fixtures. */
  readonly root: string;
  /** For built models and stored results; default `<root>/.cache`. */
  readonly cacheDir?: string;
  /** Runner processes on the cpu, default one per core, as more gain nothing; a card has exactly one. */
  readonly workers?: number;
  /** Measure only: execute every job once more, even if this machine has a result of it. */
  readonly fresh?: boolean;
  /**
   * Replay only: where an answer is looked for first. The committed profile (default) gives the same answers on every
   * machine; this machine's own results give those of its own measuring runs.
   */
  readonly prefer?: 'profile' | 'own-results';
};

/** The committed profile of a device, relative to the root. */
export const profilePathOf = (device: DeviceId): string => `fixtures/profiles/${device}-reference.json`;
export const PROFILE_PATH = profilePathOf('cpu');

const REQUEST_LIMIT_MS = 30_000;
/** A driver in software compiles and runs a model in seconds, in tens of seconds on a busy machine. */
const SOFTWARE_LIMIT_MS = 180_000;
/** Rendered samples kept in memory, 15 KB each. */
const SAMPLES_KEPT = 2_000;

type RenderedSample = Sample & { readonly sha256: string };

/** Looks a job up without executing anything. */
type Lookup = (job: InferenceJob) => InferenceAnswer | undefined;

/**
 * @throws DeviceError when the device does not work on this machine
 * @throws Error when the profile is not there or of another version, or a model file is not the pinned one
 */
export async function openInference(options: InferenceOptions): Promise<InferencePort> {
  const { mode, poolSeed, poolSamples, root } = options;
  if (!Number.isSafeInteger(poolSamples) || poolSamples < 1) throw new RangeError(`A pool of ${poolSamples} samples`);
  const cacheDir = options.cacheDir ?? join(root, '.cache');
  let opened: ResultStore | undefined;
  // Opened on first use: a replay that the profile answers leaves no file behind.
  const store: () => ResultStore = () => (opened ??= openResultStore(join(cacheDir, 'inference')));
  const renderSample = createRenderer(root, poolSeed, poolSamples);
  const keyOf = (job: InferenceJob, deviceClass: string, runtime: string): string => {
    const variant = variants[job.variant]!;
    return computeResultKey({
      task: TASK_ID,
      modelSha256: variant.sha256,
      recipeSha256: computeRecipeSha256(variant),
      sampleSha256: renderSample(job).sha256,
      deviceClass,
      runtime,
    });
  };
  const answerOf = (job: InferenceJob, { text, latencyUs }: StoredResult): InferenceAnswer => ({
    answerId: computeAnswerId(text),
    qualityBps: computeQualityBps(renderSample(job).truth, text),
    latencyUs,
  });
  const createLookupOwn =
    (deviceClass: string, runtime: string): Lookup =>
    (job) => {
      const result = store().get(keyOf(job, deviceClass, runtime));
      return result && answerOf(job, result);
    };

  if (mode === 'replay') return openReplay(options, createLookupOwn, () => opened?.close());

  const device =
    typeof options.device === 'string' ? await chooseDevice(options.device, { ...options, cacheDir }) : options.device;
  const lookUpOwn = createLookupOwn(device.class, device.runtime);
  const workers = device.id === 'cpu' ? (options.workers ?? device.runnersMax) : device.runnersMax;
  const timeLimitMs = device.isSoftware ? SOFTWARE_LIMIT_MS : REQUEST_LIMIT_MS;
  const pool = createRunnerPool({ builtDir: options.builtDir, workers, env: device.env, timeLimitMs });
  const loadRequests = new Map<Variant, LoadRequest>();
  const loadRequestOf = (variant: Variant): LoadRequest => {
    let request = loadRequests.get(variant);
    if (!request)
      loadRequests.set(variant, (request = createLoadRequest(root, join(cacheDir, 'models'), variant, device.id)));
    return request;
  };
  const counter = createCounter();
  // Two jobs per runner in the making: enough to keep it busy, and the next image is drawn while it works.
  const gate = createGate(2 * workers);
  const answers = new Map<number, Promise<InferenceAnswer>>();
  let isClosed = false;

  async function answer(job: InferenceJob): Promise<InferenceAnswer> {
    const variant = variants[job.variant]!;
    const stored = options.fresh ? undefined : lookUpOwn(job);
    if (stored) {
      counter.countReplayed(variant.id);
      return stored;
    }
    try {
      const result = await pool.infer(loadRequestOf(variant), renderSample(job).grey);
      store().put(keyOf(job, device.class, device.runtime), result);
      counter.countExecuted(variant.id);
      return answerOf(job, result);
    } catch (cause) {
      throw new Error(`Inference for ${describeJob(job)} failed: ${(cause as Error).message}`, { cause });
    }
  }

  function answerOnce(job: InferenceJob): Promise<InferenceAnswer> {
    const index = (job.level * poolSamples + job.sample) * variants.length + job.variant;
    const known = answers.get(index);
    if (known) {
      return known.then((given) => {
        counter.countReplayed(variants[job.variant]!.id);
        return given;
      });
    }
    const made = gate(() => answer(job));
    answers.set(index, made);
    made.catch(() => answers.delete(index));
    return made;
  }

  return {
    variants: describeVariants(),
    poolSamples,
    async infer(jobs) {
      if (isClosed) throw new Error('The inference port is closed');
      for (const job of jobs) assertInPool(job, poolSamples);
      return Promise.all(jobs.map(answerOnce));
    },
    stats: () => ({
      device: `${device.id}: ${device.name}, ${countRunners(workers)}`,
      runtime: device.runtime,
      ...counter.read(),
    }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await pool.close();
      await Promise.allSettled(answers.values());
      opened?.close();
    },
  };
}

function openReplay(
  { root, poolSeed, poolSamples, prefer, device }: InferenceOptions,
  createLookupOwn: (deviceClass: string, runtime: string) => Lookup,
  closeStore: () => void,
): InferencePort {
  const id = typeof device !== 'string' ? device.id : device === 'auto' ? 'cpu' : device;
  const path = profilePathOf(id);
  if (!existsSync(join(root, path))) {
    throw new Error(
      `Replay needs a measured profile of ${id}, and there is no ${path}. Measure one on a machine that has the device, ` +
        `\`powr profile --device ${id} --out ${path}\`, or use --inference measure, or --device cpu`,
    );
  }
  const profile = readProfile(join(root, path));
  // A driver in software gives a card's answers but not its latencies, and must not be taken for one.
  if (profile.device.class !== id) throw new Error(`${path} was measured on ${profile.device.class}, not on ${id}`);
  // Own results count when they are of the present runtime, whatever the profile was measured with.
  const runtime = readRuntime(root);
  const lookUpOwn = createLookupOwn(id, runtime);
  const lookUpProfile = createProfileLookup(profile, poolSeed);
  const lookUps = prefer === 'own-results' ? [lookUpOwn, lookUpProfile] : [lookUpProfile, lookUpOwn];
  const counter = createCounter();
  let isClosed = false;
  return {
    variants: describeVariants(),
    poolSamples,
    async infer(jobs) {
      if (isClosed) throw new Error('The inference port is closed');
      for (const job of jobs) assertInPool(job, poolSamples);
      const found = jobs.map((job) => lookUps[0]!(job) ?? lookUps[1]!(job));
      const missing = jobs.filter((_, i) => !found[i]);
      if (missing.length > 0) {
        throw new Error(
          `Replay has no stored answer for ${describeJob(missing[0]!)} (pool seed ${poolSeed}, ${id}, ${runtime})` +
            `${missing.length > 1 ? `; ${missing.length - 1} more are missing` : ''}. Run once with --inference measure ` +
            `on this machine, or use pool seed ${profile.poolSeed} with at most ${profile.poolSamples} samples, which ` +
            `${path} covers.`,
        );
      }
      for (const job of jobs) counter.countReplayed(variants[job.variant]!.id);
      return found as InferenceAnswer[];
    },
    stats: () => {
      const { name, cores } = profile.device;
      const measured = id === 'cpu' ? `${name}, ${cores} cores` : name;
      const here = id === 'cpu' ? readCpuName() : 'this machine';
      const source = prefer === 'own-results' ? `${here} (own results)` : `${measured} (${path})`;
      return { device: `${id}: ${source}`, runtime: profile.runtime, ...counter.read() };
    },
    async close() {
      if (!isClosed) closeStore();
      isClosed = true;
    },
  };
}

/** The columns of a profile that was measured on this pool; a pool of fewer samples is its beginning. */
function createProfileLookup(profile: InferenceProfile, poolSeed: number): Lookup {
  if (profile.poolSeed !== poolSeed) return () => undefined;
  const measured = variants.map(({ id }) => profile.variants.find((candidate) => candidate.id === id));
  return ({ variant, sample, level }) => {
    const columns = measured[variant]?.levels[level];
    const answerId = columns?.answerId[sample];
    if (!columns || answerId === undefined) return undefined;
    return { answerId, qualityBps: columns.qualityBps[sample]!, latencyUs: columns.latencyUs[sample]! };
  };
}

function createRenderer(root: string, poolSeed: number, poolSamples: number): (job: InferenceJob) => RenderedSample {
  const rendered = new Map<number, RenderedSample>();
  return ({ sample, level }) => {
    const index = level * poolSamples + sample;
    let made = rendered.get(index);
    if (!made) {
      const drawn = generateSample(root, poolSeed, sample, levels[level]!.difficulty);
      made = { ...drawn, sha256: sha256Hex(drawn.grey) };
      if (rendered.size === SAMPLES_KEPT) rendered.delete(rendered.keys().next().value!);
      rendered.set(index, made);
    }
    return made;
  };
}

/**
 * What a runner of `device` is told to load the variant.
 *
 * @param modelDir  for built models
 * @throws Error naming both hashes when a file is not the pinned one
 */
export function createLoadRequest(root: string, modelDir: string, variant: Variant, device: DeviceId): LoadRequest {
  const model = getModel(variant.base);
  return {
    kind: 'load',
    path: prepareVariant(root, modelDir, variant),
    sha256: variant.sha256,
    device,
    inputName: model.inputName,
    outputName: model.outputName,
    classes: readClasses(root, model),
  };
}

function createCounter() {
  const byVariant = Object.fromEntries(variants.map(({ id }) => [id, { executedCount: 0, replayedCount: 0 }]));
  return {
    countExecuted: (id: string) => void byVariant[id]!.executedCount++,
    countReplayed: (id: string) => void byVariant[id]!.replayedCount++,
    read() {
      const counts = Object.values(byVariant);
      return {
        executedCount: counts.reduce((sum, { executedCount }) => sum + executedCount, 0),
        replayedCount: counts.reduce((sum, { replayedCount }) => sum + replayedCount, 0),
        byVariant: structuredClone(byVariant),
      };
    },
  };
}

/** Lets at most `limit` tasks run at a time, in the order they came. */
function createGate(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

const describeVariants = (): readonly VariantInfo[] =>
  variants.map((variant) => ({ id: variant.id, wuMflop: computeWuMflop(variant), sha256: variant.sha256 }));

const describeJob = ({ variant, sample, level }: InferenceJob): string =>
  `variant ${variants[variant]!.id}, sample ${sample}, level ${levels[level]!.name}`;

function assertInPool({ variant, sample, level }: InferenceJob, poolSamples: number): void {
  const check = (name: string, value: number, count: number) => {
    if (Number.isInteger(value) && value >= 0 && value < count) return;
    throw new RangeError(`Inference job has ${name} ${value}, the pool has ${name}s 0 to ${count - 1}`);
  };
  check('variant', variant, variants.length);
  check('sample', sample, poolSamples);
  check('level', level, levels.length);
}
