/** The port behind which points are run: on this machine by `localEngine.ts`. What a job is, and how its end is told. */

/** One point, with everything that a process needs to run it and to say what it ran. */
export type Job = {
  readonly id: string;
  /** Scenario file, and what is changed in it. */
  readonly file: string;
  readonly overrides: readonly string[];
  /** Hash that the loaded scenario must have: the file may have been edited since the plan was made. */
  readonly scenarioHash: string;
  readonly build: string;
  readonly seed: number;
  /** Directory of the study. */
  readonly directory: string;
  /** The command that runs the point alone, for its manifest. */
  readonly command: string;
};

export type JobEnd = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type EngineHooks = {
  /** True for a point that somebody else has finished meanwhile. */
  isFinished(job: Job): Promise<boolean>;
  /** Share of a running point that is done, 0 to 1. */
  progress(job: Job, share: number): void;
  /** Called once for each job that was run or found finished, in the order in which they end. */
  end(job: Job, end: JobEnd): void;
};

/** Runs jobs somewhere. Every finished point lies under its name in the directory of its study. */
export type StudyEngine = {
  /** Resolves when every job has ended, or after `stop`. Never rejects for what a job does. */
  run(jobs: readonly Job[], hooks: EngineHooks): Promise<void>;
  /** Ends what is running, and resolves when nothing is left. Points in progress are lost. */
  stop(): Promise<void>;
};

/** From a worker process to whoever started it. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'end'; readonly end: JobEnd };
