/** What a runner process can be asked and what it replies. Pixels travel as grey bytes: a twelfth of the floats. */

/** Devices a session can be created on. */
export type DeviceId = 'cpu' | 'webgpu' | 'cuda';

/** A model file and how to read its output. */
export type LoadRequest = {
  readonly kind: 'load';
  readonly path: string;
  /** The runner hashes the bytes it gives to the session and refuses others. Names the model in later requests. */
  readonly sha256: string;
  readonly device: DeviceId;
  readonly inputName: string;
  readonly outputName: string;
  readonly classes: readonly string[];
};

export type InferRequest = {
  readonly kind: 'infer';
  readonly sha256: string;
  /** 48 rows of 320 grey levels. */
  readonly grey: Uint8Array;
  /** Send the model's numbers too, for comparing executions. */
  readonly wantsOutput?: boolean;
};

/** Runs a model that maps float32 x to y, with every node on the device, to learn whether that works at all. */
export type ProbeRequest = {
  readonly kind: 'probe';
  readonly device: DeviceId;
  readonly model: Uint8Array;
  readonly x: Float32Array;
  /** Shape of x; default a vector. */
  readonly dims?: readonly number[];
};

/** Runs a compute graph several times, with every node on the device, and times each run. */
export type TimeRequest = {
  readonly kind: 'time';
  readonly device: DeviceId;
  /** Maps float32 x to y. */
  readonly model: Uint8Array;
  /** Shape of x; the runner fills it itself (see graphValues.ts). */
  readonly dims: readonly number[];
  /** Runs before those that are timed: they allocate and compile. */
  readonly warmUpCount: number;
  readonly runCount: number;
};

export type RunnerRequest = LoadRequest | InferRequest | ProbeRequest | TimeRequest;

export type LoadReply = { readonly kind: 'loaded' };

export type InferReply = {
  readonly kind: 'inferred';
  readonly text: string;
  /** Wall time from grey bytes to text. */
  readonly latencyUs: number;
  /** Only when the request wants it. */
  readonly output?: Float32Array;
};

export type ProbeReply = {
  readonly kind: 'probed';
  readonly y: Float32Array;
  readonly runtimeVersion: string;
  /** Shared libraries of this process after the run: they tell which driver did the work. */
  readonly libraries: readonly string[];
};

export type TimeReply = {
  readonly kind: 'timed';
  /** Of each timed run, from numbers in memory to numbers in memory. */
  readonly wallUs: readonly number[];
  /** Of the last run. */
  readonly y: Float32Array;
};

/** The request could not be fulfilled and never will be; the runner is still well. */
export type FailedReply = { readonly kind: 'failed'; readonly message: string };

export type RunnerReply = LoadReply | InferReply | ProbeReply | TimeReply | FailedReply;
