/**
 * The engine's port to real inference: takes jobs, gives integers. Decides on which devices an answer is executed, or that
 * it is taken from a profile, and says how many of each; what an answer is worth is the protocol's business.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Compared,
  Comparison,
  InferenceAnswer,
  InferenceJob,
  InferencePort,
  InferenceStats,
  SketchJob,
  VariantInfo,
} from '../engine/inferencePort.ts';
import {
  chooseDevice,
  countRunners,
  type Device,
  type DeviceChoice,
  type DeviceClass,
  readCpuName,
  readRuntime,
} from './devices.ts';
import { assertInPool, assertNonce, createExecutables, describeJob, describeVariants } from './executables.ts';
import { createHost, type ExecutionPlace, type InferenceHost, placeOf, type StoredPolicy } from './inferenceHost.ts';
import { CROSSED, createProfileReader, type InferenceProfile, readBands, readProfile } from './profile.ts';
import {
  adapterOf,
  computeResultKey,
  computeSketchKey,
  openResultStore,
  openSketchStore,
  type ResultStore,
  type SketchStore,
  type StoredSketch,
} from './resultStore.ts';
import type { SessionDevice } from './runnerMessages.ts';
import { createRunnerPool } from './runnerPool.ts';
import { PROJECTION_COUNT, relativeDistancePpb } from './sketch.ts';

/** `same` as everybody; `auto` another device than that where one works, which a driver in software never counts as. */
export type ValidatorDevice = 'same' | 'auto' | SessionDevice;

export type InferenceOptions = {
  /** `measure` executes what this machine has not executed before; `replay` executes nothing. */
  readonly mode: 'measure' | 'replay';
  /**
   * Measure: what executes; a device that is already chosen is not tried again. Replay: whose profile is read, the cpu's
   * for `auto`, because what works here does not matter to it.
   */
  readonly device: DeviceChoice | Device;
  /** What executes the declared side of comparisons, default `same`. A replay has the device that its profile was held against. */
  readonly validatorDevice?: ValidatorDevice;
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
  /** Measure only: execute every job once more, even if this machine has a result of it, and keep the new one. */
  readonly fresh?: boolean;
  /**
   * Measure only: execute every job once more; where this machine has a result of it, the new one must be equal to the last
   * bit, and the stored latency counts.
   */
  readonly reexecute?: boolean;
  /**
   * Replay only: where an answer is looked for first. The committed profile (default) gives the same answers on every
   * machine; this machine's own results give those of its own measuring runs.
   */
  readonly prefer?: 'profile' | 'own-results';
};

/** The committed profile of a device, relative to the root. */
export const profilePathOf = (device: DeviceClass): string => `fixtures/profiles/${device}.json`;
export const PROFILE_PATH = profilePathOf('cpu');

const REQUEST_LIMIT_MS = 30_000;
/** A driver in software compiles and runs a model in seconds, in tens of seconds on a busy machine. */
const SOFTWARE_LIMIT_MS = 180_000;

/** Said of the validators' device where it is the miners' too. */
const SAME_NOTE = ", the miners' own: what was declared is compared with itself, at no distance";

type Stores = { readonly results: () => ResultStore; readonly sketches: () => SketchStore; close(): void };

/**
 * @throws DeviceError when a device does not work on this machine
 * @throws Error when the profile is not there or of another version, or a model file is not the pinned one
 */
export async function openInference(options: InferenceOptions): Promise<InferencePort> {
  const { poolSamples, root } = options;
  if (!Number.isSafeInteger(poolSamples) || poolSamples < 1) throw new RangeError(`A pool of ${poolSamples} samples`);
  const cacheDir = options.cacheDir ?? join(root, '.cache');
  const stores = openStores(join(cacheDir, 'inference'));
  return options.mode === 'replay'
    ? openReplay({ ...options, cacheDir }, stores)
    : openMeasuring({ ...options, cacheDir }, stores);
}

/** Opened on first use: a replay that the profile answers leaves no file behind. */
function openStores(dir: string): Stores {
  let results: ResultStore | undefined;
  let sketches: SketchStore | undefined;
  return {
    results: () => (results ??= openResultStore(dir)),
    sketches: () => (sketches ??= openSketchStore(dir)),
    close() {
      results?.close();
      sketches?.close();
    },
  };
}

type Resolved = InferenceOptions & { readonly cacheDir: string };

async function openMeasuring(options: Resolved, stores: Stores): Promise<InferencePort> {
  const { root, poolSamples, cacheDir, builtDir } = options;
  const device = typeof options.device === 'string' ? await chooseDevice(options.device, options) : options.device;
  const executables = createExecutables({ ...options, modelDir: join(cacheDir, 'models') });
  const infos = executables.map(({ info }) => info);
  const policy: StoredPolicy = options.fresh ? 'replace' : options.reexecute ? 'confirm' : 'reuse';
  const pools: ReturnType<typeof createRunnerPool>[] = [];
  const hostOn = (machine: Device, place: ExecutionPlace): InferenceHost => {
    const workers = countWorkers(machine, options);
    const timeLimitMs = machine.isSoftware ? SOFTWARE_LIMIT_MS : REQUEST_LIMIT_MS;
    const pool = createRunnerPool({ builtDir, workers, env: machine.env, timeLimitMs });
    pools.push(pool);
    return createHost({ place, pool, workers, executables, policy, ...stores });
  };
  const miners = hostOn(device, placeOf(device));
  const chosen = await chooseValidatorDevice(options, device);
  const validators = chosen.place.class === miners.place.class ? miners : hostOn(chosen.machine, chosen.place);
  const counter = createCounter(infos);
  let isClosed = false;
  const assertOpen = (): void => {
    if (isClosed) throw new Error('The inference port is closed');
  };

  async function sketch(host: InferenceHost, job: SketchJob, projectionCount: number): Promise<StoredSketch> {
    const { value, isExecuted } = await host.sketch(job, projectionCount);
    if (isExecuted) counter.countSketched();
    return value;
  }

  return {
    variants: infos,
    poolSamples,
    bands: readBands(join(root, profilePathOf(device.class))),
    async infer(jobs) {
      assertOpen();
      for (const job of jobs) assertInPool(job, infos.length, poolSamples);
      return Promise.all(
        jobs.map(async (job) => {
          const { value, isExecuted } = await miners.infer(job);
          counter.countAnswer(infos[job.variant]!.id, isExecuted);
          return executables[job.variant]!.answerOf(job, value);
        }),
      );
    },
    async compare(comparisons, projectionCount = PROJECTION_COUNT) {
      assertOpen();
      for (const comparison of comparisons) assertComparable(comparison, infos.length, poolSamples);
      return Promise.all(
        comparisons.map(async ({ claimed, declared }) => {
          const [shown, own] = await Promise.all([
            sketch(miners, claimed, projectionCount),
            sketch(validators, declared, projectionCount),
          ]);
          counter.countCompared();
          return {
            distancePpb: relativeDistancePpb(shown.sketch, own.sketch),
            declaredAnswerId: executables[declared.variant]!.answerIdOf(own),
          };
        }),
      );
    },
    stats: () => ({
      device: `${device.id}: ${device.name}, ${countRunners(countWorkers(device, options))}`,
      runtime: device.runtime,
      validatorDevice: `${validators.place.session}: ${validators.place.name}${validators === miners ? SAME_NOTE : ''}`,
      ...counter.read(),
    }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.all(pools.map((pool) => pool.close()));
      await Promise.all([miners.settle(), validators.settle()]);
      stores.close();
    },
  };
}

const countWorkers = ({ id, runnersMax }: Device, { workers }: InferenceOptions): number =>
  id === 'cpu' ? (workers ?? runnersMax) : runnersMax;

type Chosen = { readonly machine: Device; readonly place: ExecutionPlace };

/** @throws DeviceError when the device that was asked for does not work on this machine */
async function chooseValidatorDevice(options: Resolved, device: Device): Promise<Chosen> {
  const wanted = options.validatorDevice ?? 'same';
  if (wanted === 'same' || wanted === device.id) return { machine: device, place: placeOf(device) };
  if (wanted === 'wasm') {
    const machine = await chooseDevice('cpu', options);
    return { machine, place: wasmPlaceOf(machine, options.root) };
  }
  const other = device.id === 'cpu' ? 'auto' : 'cpu';
  const machine = await chooseDevice(wanted === 'auto' ? other : wanted, options);
  return { machine, place: placeOf(machine) };
}

/** The cpu, through the runtime's build for browsers. */
function wasmPlaceOf({ name }: Device, root: string): ExecutionPlace {
  const manifest = readFileSync(join(root, 'node_modules/onnxruntime-web/package.json'), 'utf8');
  return { session: 'wasm', class: 'wasm', name, runtime: `onnxruntime-web ${JSON.parse(manifest).version}` };
}

function openReplay(options: Resolved, stores: Stores): InferencePort {
  const { root, poolSeed, poolSamples, prefer, device, validatorDevice = 'same' } = options;
  const id = typeof device !== 'string' ? device.id : device === 'auto' ? 'cpu' : device;
  const path = profilePathOf(id);
  if (!existsSync(join(root, path))) {
    throw new Error(
      `Replay needs a measured profile of ${id}, and there is no ${path}. Measure one on a machine that has the device, ` +
        `\`powr profile --device ${id}\`, or use --inference measure, or --device cpu`,
    );
  }
  const profile = readProfile(join(root, path));
  // A driver in software gives a card's answers but not its latencies, and must not be taken for one.
  if (profile.device.class !== id) throw new Error(`${path} was measured on ${profile.device.class}, not on ${id}`);
  const reference = profile.reference.class;
  const isHeldAgainst = (wanted: ValidatorDevice) => (wanted === 'same' ? id : wanted) === reference;
  if (validatorDevice !== 'auto' && !isHeldAgainst(validatorDevice)) {
    throw new Error(
      `${path} was held against executions on ${reference}, not on ${validatorDevice === 'same' ? id : validatorDevice}: ` +
        'use validator_device: auto, or --inference measure',
    );
  }
  const reader = createProfileReader(profile, poolSeed);
  const own = createOwnLookUps(
    { ...options, device: id },
    {
      miner: typeof device === 'string' ? profile.device.name : device.name,
      validator: profile.reference,
    },
    stores,
  );
  const infos = describeVariants();
  const counter = createCounter(infos);
  let isClosed = false;

  /** @throws Error naming the first job that neither has */
  function findAll<Job, Found>(
    jobs: readonly Job[],
    [fromProfile, fromOwn]: readonly [(job: Job) => Found | undefined, (job: Job) => Found | undefined],
    describe: (job: Job) => string,
  ): readonly Found[] {
    if (isClosed) throw new Error('The inference port is closed');
    const [first, second] = prefer === 'own-results' ? [fromOwn, fromProfile] : [fromProfile, fromOwn];
    const found = jobs.map((job) => first(job) ?? second(job));
    const missing = jobs.filter((_, i) => found[i] === undefined);
    if (missing.length > 0) {
      throw new Error(
        `Replay has no stored ${describe(missing[0]!)} (pool seed ${poolSeed}, ${id}, ${own.runtime})` +
          `${missing.length > 1 ? `; ${missing.length - 1} more are missing` : ''}. Run once with --inference measure ` +
          `on this machine, or use pool seed ${profile.poolSeed} with at most ${profile.poolSamples} samples, which ` +
          `${path} covers.`,
      );
    }
    return found as Found[];
  }

  return {
    variants: infos,
    poolSamples,
    bands: profile.bands ?? undefined,
    async infer(jobs) {
      for (const job of jobs) assertInPool(job, infos.length, poolSamples);
      const answers = findAll<InferenceJob, InferenceAnswer>(
        jobs,
        [(job) => reader.answerOf(infos[job.variant]!.id, job), own.answerOf],
        (job) => `answer for ${describeJob(job, infos)}`,
      );
      for (const job of jobs) counter.countAnswer(infos[job.variant]!.id, false);
      return answers;
    },
    async compare(comparisons, projectionCount = PROJECTION_COUNT) {
      for (const comparison of comparisons) assertComparable(comparison, infos.length, poolSamples);
      const compared = findAll<Comparison, Compared>(
        comparisons,
        [
          ({ claimed, declared }) => {
            // The columns hold two executions on one sample, under one nonce or under two.
            if (claimed.sample !== declared.sample || claimed.level !== declared.level) return undefined;
            const look = claimed.nonce === declared.nonce ? projectionCount : CROSSED;
            const { id: declaredId } = infos[declared.variant]!;
            const distancePpb = reader.distanceOf(infos[claimed.variant]!.id, declaredId, claimed, look);
            const declaredAnswerId = reader.referenceAnswerIdOf(declaredId, declared);
            return distancePpb === undefined || declaredAnswerId === undefined
              ? undefined
              : { distancePpb, declaredAnswerId };
          },
          (comparison) => own.compare(comparison, projectionCount),
        ],
        ({ claimed, declared }) =>
          `distance of ${describeJob(claimed, infos)}, to ${describeJob(declared, infos)}, ${projectionCount} projections`,
      );
      for (const _ of comparisons) counter.countCompared();
      return compared;
    },
    stats: () => ({ ...describeReplay(profile, path, prefer), ...counter.read() }),
    async close() {
      if (!isClosed) stores.close();
      isClosed = true;
    },
  };
}

function describeReplay(
  { device, runtime, reference }: InferenceProfile,
  path: string,
  prefer: InferenceOptions['prefer'],
): Pick<InferenceStats, 'device' | 'runtime' | 'validatorDevice'> {
  const measured = device.class === 'cpu' ? `${device.name}, ${device.cores} cores` : device.name;
  const here = device.class === 'cpu' ? readCpuName() : 'this machine';
  const source = prefer === 'own-results' ? `${here} (own results)` : `${measured} (${path})`;
  return {
    device: `${device.class}: ${source}`,
    runtime,
    validatorDevice:
      `${reference.class}: ${prefer === 'own-results' ? `${here} (own results)` : `${reference.name} (${path})`}` +
      (reference.class === device.class ? SAME_NOTE : ''),
  };
}

/**
 * Looks up what this machine has executed itself, of the present runtime, whatever a profile was measured with.
 *
 * @param names  of the cards, as far as they are some: another card's results are not those of this one
 */
function createOwnLookUps(
  options: Resolved & { readonly device: SessionDevice },
  names: { readonly miner: string; readonly validator: { readonly class: string; readonly name: string } },
  { results, sketches }: Stores,
) {
  const { root, device } = options;
  const runtime = readRuntime(root);
  const executables = createExecutables({ ...options, modelDir: join(options.cacheDir, 'models') });
  const miner = { class: device, name: names.miner };
  const keyOf = (job: InferenceJob, side: { readonly class: string; readonly name: string }): string =>
    computeResultKey({
      ...executables[job.variant]!.identityOf(job),
      ...{ deviceClass: side.class, runtime, adapter: adapterOf(side.class, side.name) },
    });
  const sketchOf = (job: SketchJob, side: Parameters<typeof keyOf>[1], projectionCount: number) =>
    sketches().get(computeSketchKey(keyOf(job, side), job.nonce, projectionCount));
  return {
    runtime,
    answerOf(job: InferenceJob): InferenceAnswer | undefined {
      const result = results().get(keyOf(job, miner));
      return result && executables[job.variant]!.answerOf(job, result);
    },
    compare({ claimed, declared }: Comparison, projectionCount: number): Compared | undefined {
      const shown = sketchOf(claimed, miner, projectionCount);
      const own = shown && sketchOf(declared, names.validator, projectionCount);
      return (
        own && {
          distancePpb: relativeDistancePpb(shown.sketch, own.sketch),
          declaredAnswerId: executables[declared.variant]!.answerIdOf(own),
        }
      );
    },
  };
}

/** @throws RangeError when a side is no job of the pool, or no nonce */
function assertComparable({ claimed, declared }: Comparison, variantCount: number, poolSamples: number): void {
  for (const job of [claimed, declared]) {
    assertInPool(job, variantCount, poolSamples);
    assertNonce(job.nonce);
  }
}

function createCounter(infos: readonly VariantInfo[]) {
  const byVariant = Object.fromEntries(infos.map(({ id }) => [id, { executedCount: 0, replayedCount: 0 }]));
  let comparedCount = 0;
  let sketchedCount = 0;
  return {
    countAnswer: (id: string, isExecuted: boolean) =>
      void byVariant[id]![isExecuted ? 'executedCount' : 'replayedCount']++,
    countCompared: () => void comparedCount++,
    countSketched: () => void sketchedCount++,
    read() {
      const counts = Object.values(byVariant);
      return {
        executedCount: counts.reduce((sum, { executedCount }) => sum + executedCount, 0),
        replayedCount: counts.reduce((sum, { replayedCount }) => sum + replayedCount, 0),
        byVariant: structuredClone(byVariant),
        comparedCount,
        sketchedCount,
      };
    },
  };
}
