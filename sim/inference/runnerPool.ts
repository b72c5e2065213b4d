/**
 * Runner processes that share a queue of inferences: started when there is work, replaced when they die, stopped
 * together. Decides where an inference runs and how often it is tried; not whether it has to run at all.
 */
import type { LoadRequest } from './runnerMessages.ts';
import { RunnerLostError, type RunnerProcess, startRunner } from './runnerProcess.ts';

export type RunnerPoolOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  /** Processes, each with one thread: one per core for the cpu, exactly one for a card. */
  readonly workers: number;
  /** Environment of the processes, for drivers that are found through it; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Real time one request may take, loading the model included, before its process is killed. */
  readonly timeLimitMs: number;
};

export type Inference = { readonly text: string; readonly latencyUs: number };

export type RunnerPool = {
  /** Tried twice if its process is lost. */
  infer(model: LoadRequest, grey: Uint8Array): Promise<Inference>;
  /** Of the processes that are alive now. */
  pids(): readonly number[];
  /** Processes that were lost and replaced. */
  lostCount(): number;
  /** Lets running requests finish, refuses waiting ones, ends every process. */
  close(): Promise<void>;
};

const STOP_LIMIT_MS = 5_000;

type Job = {
  readonly model: LoadRequest;
  readonly grey: Uint8Array;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: Error) => void;
};

/** One place for a process: the process may be another one after a crash. */
type Seat = { runner: RunnerProcess | undefined; loaded: Set<string>; working: Promise<void> | undefined };

export function createRunnerPool({ builtDir, workers, env, timeLimitMs }: RunnerPoolOptions): RunnerPool {
  const seats = Array.from(
    { length: workers },
    (): Seat => ({ runner: undefined, loaded: new Set(), working: undefined }),
  );
  const queue: Job[] = [];
  let lostCount = 0;
  let isClosed = false;

  async function attempt(seat: Seat, { model, grey }: Job): Promise<Inference> {
    if (!seat.runner?.isAlive()) {
      seat.runner = startRunner({ builtDir, ...(env ? { env } : {}) });
      seat.loaded = new Set();
    }
    if (!seat.loaded.has(model.sha256)) {
      await seat.runner.ask(model, timeLimitMs);
      seat.loaded.add(model.sha256);
    }
    const reply = await seat.runner.ask({ kind: 'infer', sha256: model.sha256, grey }, timeLimitMs);
    if (reply.kind !== 'inferred') throw new Error(`The runner replied "${reply.kind}" to an inference`);
    return { text: reply.text, latencyUs: reply.latencyUs };
  }

  async function attemptTwice(seat: Seat, job: Job): Promise<Inference> {
    try {
      return await attempt(seat, job);
    } catch (error) {
      if (!(error instanceof RunnerLostError)) throw error;
      lostCount++;
      seat.runner = undefined;
      return attempt(seat, job);
    }
  }

  async function work(seat: Seat): Promise<void> {
    for (let job = queue.shift(); job; job = queue.shift()) {
      await attemptTwice(seat, job).then(job.resolve, job.reject);
    }
    seat.working = undefined;
  }

  return {
    infer(model, grey) {
      if (isClosed) return Promise.reject(new Error('The runner pool is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ model, grey, resolve, reject });
        const idle = seats.find((seat) => !seat.working);
        if (idle) idle.working = work(idle);
      });
    },
    pids: () => seats.flatMap(({ runner }) => (runner?.isAlive() ? [runner.pid] : [])),
    lostCount: () => lostCount,
    async close() {
      isClosed = true;
      for (const job of queue.splice(0))
        job.reject(new Error('The runner pool was closed before this inference began'));
      await Promise.all(seats.map((seat) => seat.working));
      await Promise.all(seats.map((seat) => seat.runner?.stop(STOP_LIMIT_MS)));
    },
  };
}
