/**
 * What the engine may ask of inference: answers of model variants to the samples of a task pool, as integers. Decides
 * neither which models exist nor on what device they run, and never sees pixels, weights or decoded text.
 */

/** One request: a variant answers one sample of the pool at one difficulty. */
export type InferenceJob = {
  /** Index in `InferencePort.variants`. */
  readonly variant: number;
  /** 0 .. poolSamples - 1. */
  readonly sample: number;
  /** 0 easy, 1 medium, 2 hard. */
  readonly level: number;
};

/** What the variant really produced. Equal answers have equal `answerId`s, whichever variant gave them. */
export type InferenceAnswer = {
  /** The low 52 bits of the SHA-256 of the decoded text. */
  readonly answerId: number;
  /** 10,000 minus the character error rate in basis points, never below 0. */
  readonly qualityBps: number;
  /** Wall time of the execution that gave the answer. */
  readonly latencyUs: number;
};

export type VariantInfo = {
  readonly id: string;
  /** Work units of one request: the model's millions of floating-point operations, rounded. */
  readonly wuMflop: number;
  /** Hash of the model file that is loaded. No two variants share a file. */
  readonly sha256: string;
};

/** Executed plus replayed is the number of answers given. */
export type InferenceStats = {
  readonly device: string;
  readonly runtime: string;
  /** Inferences executed for this port. */
  readonly executedCount: number;
  /** Answers given from an earlier execution: stored, or made by this port for an equal job. */
  readonly replayedCount: number;
  readonly byVariant: Readonly<Record<string, { readonly executedCount: number; readonly replayedCount: number }>>;
};

export type InferencePort = {
  /** The reference variant first. */
  readonly variants: readonly VariantInfo[];
  readonly poolSamples: number;
  /**
   * Answers in job order. Equal jobs, in one call or in concurrent ones, are executed once.
   *
   * @throws RangeError for a job outside the pool; Error when an answer cannot be had (never a guess)
   */
  infer(jobs: readonly InferenceJob[]): Promise<readonly InferenceAnswer[]>;
  stats(): InferenceStats;
  /** Ends every process the port started. */
  close(): Promise<void>;
};
