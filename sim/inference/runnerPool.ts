/**
 * Runner processes that share a queue of inferences: started when there is work, replaced when they die, stopped
 * together. Decides where an inference runs, with which others it travels and how often it is tried; not whether it has
 * to run at all.
 */
import {
  type Inference,
  type InferenceWish,
  type InferItem,
  type LoadRequest,
  type Refusal,
  type RunnerReply,
  sessionNameOf,
} from './runnerMessages.ts';
import { RunnerLostError, type RunnerProcess, startRunner } from './runnerProcess.ts';

export type { Inference, InferenceWish } from './runnerMessages.ts';

export type RunnerPoolOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  /** Processes, each with one thread: one per core for the cpu, exactly one for a card. */
  readonly workers: number;
  /** Environment of the processes, for drivers that are found through it; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Real time that loading a model may take, and one inference, or some short ones that travel together, before the process is killed. */
  readonly timeLimitMs: number;
};

export type RunnerPool = {
  /**
   * Tried again when its process is lost, until it is to blame: after {@link ENDS_MAX} processes that ended while they
   * worked on it, {@link STARTS_MAX} that ended while they loaded its model, or {@link LATE_MAX} that it kept too long.
   *
   * @throws Error in the runner's words when the model cannot be loaded or the input is not of its size
   */
  infer(model: LoadRequest, input: Uint8Array, wish?: InferenceWish): Promise<Inference>;
  /**
   * Executes `count` inferences on every runner at once, each over the inputs in its own memory: what the same work
   * costs without the pool. Nothing else may be going on.
   *
   * @returns wall time of each runner, microseconds
   */
  loop(model: LoadRequest, inputs: readonly Uint8Array[], count: number): Promise<readonly number[]>;
  /** Of the processes that are alive now. */
  pids(): readonly number[];
  /** Processes that were lost. */
  lostCount(): number;
  /** Lets running requests finish, refuses waiting ones, ends every process. */
  close(): Promise<void>;
};

const ENDS_MAX = 5;
const STARTS_MAX = 10;
const LATE_MAX = 2;
const STOP_LIMIT_MS = 5_000;

/** Inferences that are expected to take so long together share a message: what it costs vanishes beside them. */
const FRAME_US = 40_000;
const FRAME_ITEMS_MAX = 64;
/** Frames at a runner: one that it works on, and the next; beside an inference that is longer than a frame none waits. */
const FRAMES_MAX = 2;
/** Share of the latest frame in what an inference is expected to take. */
const LATEST_SHARE = 1 / 8;

type Job = {
  readonly model: LoadRequest;
  readonly session: string;
  readonly item: InferItem;
  readonly resolve: (inference: Inference) => void;
  readonly reject: (error: Error) => void;
  /** Processes that were lost with it, by how. */
  endCount: number;
  startCount: number;
  lateCount: number;
};

/** Inferences of one session that share a message. */
type Frame = { readonly jobs: readonly Job[]; readonly expectedUs: number };

/** One place for a process: the process may be another one after a crash. */
type Seat = {
  runner: RunnerProcess | undefined;
  readonly loaded: Set<string>;
  /** At the runner, or about to be. */
  readonly frames: Frame[];
  /** Loads a model, or loops: takes nothing else. */
  isReserved: boolean;
  /** When its frames are expected to be done. */
  freeAtUs: number;
};

export function createRunnerPool({ builtDir, workers, env, timeLimitMs }: RunnerPoolOptions): RunnerPool {
  const seats = Array.from(
    { length: workers },
    (): Seat => ({ runner: undefined, loaded: new Set(), frames: [], isReserved: false, freeAtUs: 0 }),
  );
  const queue = createQueue();
  /** What an inference of a session takes, of those that were tried. */
  const expectedUs = new Map<string, number>();
  const working = new Set<Promise<void>>();
  let lostCount = 0;
  let isClosed = false;
  let isPumpDue = false;

  /** Hands out what can be handed out. */
  function pump(): void {
    for (let seat = chooseSeat(); seat; seat = chooseSeat()) {
      const frame = takeFrame(seat);
      seat.frames.push(frame);
      seat.freeAtUs = Math.max(seat.freeAtUs, nowUs()) + frame.expectedUs;
      const done = work(seat, frame).finally(() => {
        working.delete(done);
        pump();
      });
      working.add(done);
    }
  }

  /** An idle one; or else one at which the next frame may wait, where it will soonest be begun. */
  function chooseSeat(): Seat | undefined {
    const next = queue.first();
    if (!next) return undefined;
    const idle = seats.find(({ frames, isReserved }) => frames.length === 0 && !isReserved);
    if (idle || !isShared(next)) return idle;
    const atRunners = seats.reduce((sum, seat) => sum + countJobs(seat), 0);
    // Who has his share waits: at the end of the queue nobody holds what another could begin.
    const share = Math.ceil((queue.size() + atRunners) / seats.length);
    return seats
      .filter(
        (seat) =>
          !seat.isReserved &&
          seat.frames.length < FRAMES_MAX &&
          seat.frames[0]!.expectedUs <= FRAME_US &&
          seat.loaded.has(next.session) &&
          countJobs(seat) < share,
      )
      .reduce<Seat | undefined>((best, seat) => (best && best.freeAtUs <= seat.freeAtUs ? best : seat), undefined);
  }

  /** Whether it may travel with others: not when nobody knows how long it takes, or after a process was lost with it. */
  function isShared({ session, endCount, startCount, lateCount }: Job): boolean {
    return expectedUs.has(session) && endCount + startCount + lateCount === 0;
  }

  function takeFrame(seat: Seat): Frame {
    const itemsMax = Math.min(FRAME_ITEMS_MAX, Math.ceil(queue.size() / (FRAMES_MAX * seats.length)));
    const jobs = [queue.take()];
    const first = jobs[0]!;
    const { session } = first;
    const eachUs = expectedUs.get(session) ?? 0;
    if (isShared(first) && seat.loaded.has(session)) {
      const isNext = (job: Job | undefined): boolean => job?.session === session && isShared(job);
      while (jobs.length < itemsMax && (jobs.length + 1) * eachUs <= FRAME_US && isNext(queue.first()))
        jobs.push(queue.take());
    }
    return { jobs, expectedUs: jobs.length * eachUs };
  }

  async function work(seat: Seat, frame: Frame): Promise<void> {
    let isLoaded = false;
    const runner = getRunner(seat);
    try {
      const { model, session } = frame.jobs[0]!;
      if (!seat.loaded.has(session)) {
        seat.isReserved = true;
        await load(seat, runner, model).finally(() => {
          seat.isReserved = false;
        });
      }
      isLoaded = true;
      const items = frame.jobs.map(({ item }) => item);
      const reply = expectReply('inferred', await runner.ask({ kind: 'infer', session, items }, timeLimitMs));
      learn(session, reply.wallUs / items.length);
      for (const [i, { resolve, reject }] of frame.jobs.entries()) {
        const result: Inference | Refusal = reply.results[i]!;
        if ('refusal' in result) reject(new Error(result.refusal));
        else resolve(result);
      }
    } catch (error) {
      if (error instanceof RunnerLostError) takeBack(seat, runner, frame, error, isLoaded);
      else for (const { reject } of frame.jobs) reject(error as Error);
    } finally {
      seat.frames.splice(seat.frames.indexOf(frame), 1);
      if (seat.frames.length === 0) seat.freeAtUs = 0;
    }
  }

  function getRunner(seat: Seat): RunnerProcess {
    if (seat.runner && !seat.runner.isAlive() && seat.frames.length <= 1) loseRunner(seat);
    if (!seat.runner) seat.runner = startRunner({ builtDir, ...(env ? { env } : {}) });
    return seat.runner;
  }

  function loseRunner(seat: Seat): void {
    lostCount++;
    seat.runner = undefined;
    seat.loaded.clear();
  }

  async function load(seat: Seat, runner: RunnerProcess, model: LoadRequest): Promise<void> {
    expectReply('loaded', await runner.ask(model, timeLimitMs));
    seat.loaded.add(sessionNameOf(model));
  }

  function learn(session: string, eachUs: number): void {
    const before = expectedUs.get(session) ?? eachUs;
    expectedUs.set(session, before + (eachUs - before) * LATEST_SHARE);
  }

  /** Back to the front of the queue, but for those that have taken enough processes with them. */
  function takeBack(seat: Seat, runner: RunnerProcess, frame: Frame, error: RunnerLostError, isLoaded: boolean): void {
    // Once for all frames that were there.
    if (seat.runner === runner) loseRunner(seat);
    for (const job of frame.jobs) {
      if (!error.hadBegun) continue;
      if (error.isLate) job.lateCount++;
      else if (isLoaded) job.endCount++;
      else job.startCount++;
    }
    const isToBlame = (job: Job) =>
      job.endCount >= ENDS_MAX || job.startCount >= STARTS_MAX || job.lateCount >= LATE_MAX;
    for (const job of frame.jobs) if (isToBlame(job) || isClosed) job.reject(error);
    queue.putBack(frame.jobs.filter((job) => !isToBlame(job) && !isClosed));
  }

  return {
    infer(model, input, wish) {
      if (isClosed) return Promise.reject(new Error('The runner pool is closed'));
      return new Promise((resolve, reject) => {
        const item = { input, ...(wish ? { wish } : {}) };
        queue.add({
          model,
          session: sessionNameOf(model),
          item,
          resolve,
          reject,
          endCount: 0,
          startCount: 0,
          lateCount: 0,
        });
        if (seats.some(({ frames, isReserved }) => frames.length === 0 && !isReserved)) pump();
        else if (!isPumpDue) {
          // What is asked for in one go shall travel together.
          isPumpDue = true;
          queueMicrotask(() => {
            isPumpDue = false;
            pump();
          });
        }
      });
    },
    async loop(model, inputs, count) {
      if (isClosed || working.size > 0 || seats.some(({ isReserved }) => isReserved))
        throw new Error('The runner pool is closed or at work');
      const request = { kind: 'loop', session: sessionNameOf(model), inputs, count } as const;
      for (const seat of seats) seat.isReserved = true;
      try {
        const runners = await Promise.all(
          seats.map(async (seat) => {
            const runner = getRunner(seat);
            await load(seat, runner, model);
            return runner;
          }),
        );
        const replies = await Promise.all(runners.map((runner) => runner.ask(request, timeLimitMs)));
        return replies.map((reply) => expectReply('looped', reply).wallUs);
      } finally {
        for (const seat of seats) seat.isReserved = false;
        pump();
      }
    },
    pids: () => seats.flatMap(({ runner }) => (runner?.isAlive() ? [runner.pid] : [])),
    lostCount: () => lostCount,
    async close() {
      isClosed = true;
      const refusal = new Error('The runner pool was closed before this inference began');
      for (let job = queue.first(); job; job = queue.first()) queue.take().reject(refusal);
      await Promise.all(working);
      await Promise.all(seats.map((seat) => seat.runner?.stop(STOP_LIMIT_MS)));
    },
  };
}

const nowUs = (): number => performance.now() * 1_000;

const countJobs = ({ frames }: Seat): number => frames.reduce((sum, { jobs }) => sum + jobs.length, 0);

function expectReply<K extends RunnerReply['kind']>(kind: K, reply: RunnerReply): Extract<RunnerReply, { kind: K }> {
  if (reply.kind !== kind) throw new Error(`The runner replied "${reply.kind}" where "${kind}" was due`);
  return reply as Extract<RunnerReply, { kind: K }>;
}

/** First in, first out; taking one does not move the others. */
function createQueue() {
  let jobs: Job[] = [];
  let taken = 0;
  return {
    add: (job: Job): void => void jobs.push(job),
    first: (): Job | undefined => jobs[taken],
    size: (): number => jobs.length - taken,
    /** Only when there is a first. */
    take(): Job {
      const job = jobs[taken++]!;
      if (taken === jobs.length || taken > QUEUE_TRIMMED_AT) {
        jobs = jobs.slice(taken);
        taken = 0;
      }
      return job;
    },
    putBack(back: readonly Job[]): void {
      jobs = [...back, ...jobs.slice(taken)];
      taken = 0;
    },
  };
}

const QUEUE_TRIMMED_AT = 1_000;
