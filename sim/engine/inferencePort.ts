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
  /** The low 52 bits of the SHA-256 of the output before decoding: equal for equal numbers, to the last bit. */
  readonly outputId: number;
};

/** The output of a job, projected under a nonce. */
export type SketchJob = InferenceJob & {
  /** Integer below 2^52. */
  readonly nonce: number;
};

/** Two executions to hold against each other: what somebody claims to have run, and what he had declared. */
export type Comparison = { readonly claimed: SketchJob; readonly declared: SketchJob };

/** What comes of a comparison. */
export type Compared = {
  /** Relative distance of the sketches, ppb of the declared one: 0 for equal numbers, at most {@link UNRELATED_PPB}. */
  readonly distancePpb: number;
  /** `answerId` of the text that the execution of the declared side gave, where validators execute. */
  readonly declaredAnswerId: number;
};

/** Distance of outputs that have nothing in common, ppb; none is farther. */
export const UNRELATED_PPB = 2_000_000_000;

/** Numbers in a sketch; a second look takes more. */
export const PROJECTION_COUNT = 16;
export const SECOND_LOOK_COUNT = 64;

/** How far honest executions of one model may differ: at most `acceptPpb`; beyond `rejectPpb` it was another model. */
export type Bands = { readonly acceptPpb: number; readonly rejectPpb: number };
/** `reduced`: devices that compute with fewer bits than float32, compared among themselves only. */
export type Precision = 'fp32' | 'reduced';

export type VariantInfo = {
  readonly id: string;
  /** Work units of one request: the model's millions of floating-point operations, rounded. */
  readonly wuMflop: number;
  /** Hash of the model file that is loaded. No two variants share a file. */
  readonly sha256: string;
  readonly precision: Precision;
  /** A model that answers requests, or a compute graph that serves as a challenge's puzzle. */
  readonly kind: 'model' | 'puzzle';
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
  /** Comparisons answered, and the sketches executed for them (the rest were known). */
  readonly comparedCount: number;
  readonly sketchedCount: number;
  /** Where validators execute. */
  readonly validatorDevice: string;
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
  /**
   * How far each pair's sketches are apart, and what the declared side reads. The claimed job is executed where jobs are
   * executed, the declared one where validators execute: text and sketch of it are of one and the same execution. Where both
   * are one device, equal jobs are one execution, and a comparison of what was declared with itself is an identity.
   *
   * @param projectionCount  numbers in a sketch, default {@link PROJECTION_COUNT}
   * @throws RangeError for a job outside the pool; Error when a sketch cannot be had (never a guess)
   */
  compare(comparisons: readonly Comparison[], projectionCount?: number): Promise<readonly Compared[]>;
  /** As calibrated on the device, by precision class; undefined where nobody calibrated it. */
  readonly bands: Readonly<Record<Precision, Bands>> | undefined;
  stats(): InferenceStats;
  /** Ends every process the port started. */
  close(): Promise<void>;
};
