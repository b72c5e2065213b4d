/**
 * Executes jobs on one device, each once: what is stored or under way is not executed again, unless that is what was
 * asked for. Decides nothing about what the results are compared with.
 */
import type { InferenceJob, SketchJob, VariantInfo } from '../engine/inferencePort.ts';
import type { Device } from './devices.ts';
import { describeJob, type Executable } from './executables.ts';
import {
  adapterOf,
  computeResultKey,
  computeSketchKey,
  type ResultStore,
  type SketchStore,
  type StoredResult,
  type StoredSketch,
} from './resultStore.ts';
import type { InferenceWish, SessionDevice } from './runnerMessages.ts';
import type { RunnerPool } from './runnerPool.ts';

/** What becomes of a result that is stored already: it counts, it is replaced, or it must come out once more. */
export type StoredPolicy = 'reuse' | 'replace' | 'confirm';

/** Where sessions are created, and what their results are told apart by. */
export type ExecutionPlace = {
  readonly session: SessionDevice;
  readonly class: string;
  readonly name: string;
  readonly runtime: string;
};

export const placeOf = ({ id, class: deviceClass, name, runtime }: Device): ExecutionPlace => ({
  session: id,
  class: deviceClass,
  name,
  runtime,
});

export type HostOptions = {
  readonly place: ExecutionPlace;
  readonly pool: RunnerPool;
  /** Runner processes of the pool. */
  readonly workers: number;
  readonly executables: readonly Executable[];
  readonly policy: StoredPolicy;
  /** Opened on first use. */
  readonly results: () => ResultStore;
  readonly sketches: () => SketchStore;
};

/** A result, and whether it was executed for this call or taken from an earlier execution. */
export type Outcome<T> = { readonly value: T; readonly isExecuted: boolean };

export type InferenceHost = {
  readonly place: ExecutionPlace;
  infer(job: InferenceJob): Promise<Outcome<StoredResult>>;
  sketch(job: SketchJob, projectionCount: number): Promise<Outcome<StoredSketch>>;
  /** Waits for what is under way, however it ends. The pool is not the host's to close. */
  settle(): Promise<void>;
};

/** Another execution of the same job gave something else. */
export class ReexecutionError extends Error {
  override readonly name = 'ReexecutionError';
}

export function createHost(options: HostOptions): InferenceHost {
  const { place, pool, workers, executables, policy } = options;
  const infos: readonly VariantInfo[] = executables.map(({ info }) => info);
  // Two jobs per runner in the making: enough to keep it busy, and the next image is drawn while it works.
  const gate = createGate(2 * workers);
  const underWay = new Map<string, Promise<unknown>>();

  const keyOf = (job: InferenceJob): string => {
    const { class: deviceClass, runtime, name } = place;
    const adapter = adapterOf(deviceClass, name);
    return computeResultKey({ ...executables[job.variant]!.identityOf(job), deviceClass, runtime, adapter });
  };

  async function execute(job: InferenceJob, wish?: InferenceWish) {
    const executable = executables[job.variant]!;
    try {
      return await pool.infer(executable.loadRequestOf(job, place.session), executable.inputOf(job), wish);
    } catch (cause) {
      throw new Error(`Inference for ${describeJob(job, infos)} failed: ${(cause as Error).message}`, { cause });
    }
  }

  async function answer(job: InferenceJob): Promise<Outcome<StoredResult>> {
    const stored = policy === 'replace' ? undefined : options.results().get(keyOf(job));
    if (stored && policy === 'reuse') return { value: stored, isExecuted: false };
    const { text, latencyUs, outputId } = await execute(job);
    if (stored) {
      assertSame(job, 'output', outputId, stored.outputId);
      assertSame(job, 'text', text, stored.text);
      return { value: stored, isExecuted: true };
    }
    const value = { text, latencyUs, outputId };
    options.results().put(keyOf(job), value);
    return { value, isExecuted: true };
  }

  async function project(job: SketchJob, projectionCount: number): Promise<Outcome<StoredSketch>> {
    const key = computeSketchKey(keyOf(job), job.nonce, projectionCount);
    const stored = policy === 'replace' ? undefined : options.sketches().get(key);
    if (stored && policy === 'reuse') return { value: stored, isExecuted: false };
    const { sketches, text, outputId } = await execute(job, { nonces: [job.nonce], projectionCount });
    const value = { sketch: sketches[0]!, text, outputId };
    if (stored) {
      assertSame(job, 'output', outputId, stored.outputId);
      assertSame(job, 'sketch', value.sketch.join(' '), stored.sketch.join(' '));
      assertSame(job, 'text', text, stored.text);
    } else options.sketches().put(key, value);
    return { value, isExecuted: true };
  }

  function assertSame(job: InferenceJob, what: string, now: number | string, before: number | string): void {
    if (now === before) return;
    throw new ReexecutionError(
      `Executed again on ${place.name}, ${describeJob(job, infos)} has ${what} ${now}; before it was ${before}`,
    );
  }

  /** Who asks while the first asker's job is under way, or after it, shares its outcome, which then was executed before. */
  async function once<T>(key: string, make: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const known = underWay.get(key) as Promise<Outcome<T>> | undefined;
    if (known) return { value: (await known).value, isExecuted: false };
    const made = gate(make);
    underWay.set(key, made);
    made.catch(() => underWay.delete(key));
    return made;
  }

  return {
    place,
    infer: (job) => once(`${job.variant}/${job.level}/${job.sample}`, () => answer(job)),
    sketch: (job, projectionCount) =>
      once(`${job.variant}/${job.level}/${job.sample}/${job.nonce}/${projectionCount}`, () =>
        project(job, projectionCount),
      ),
    async settle() {
      await Promise.allSettled(underWay.values());
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
