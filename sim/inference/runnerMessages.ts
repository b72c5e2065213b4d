/** What a runner process can be asked and what it replies. Inputs travel as bytes: an image a twelfth of its floats. */

/** Devices that a run can be on. */
export type DeviceId = 'cpu' | 'webgpu' | 'cuda';

/** Everything that a session can be created on; wasm only to learn how far honest executions differ. */
export type SessionDevice = DeviceId | 'wasm';

/** How a session executes. What is left out is what every measured answer was made with: one thread, all, one at a time. */
export type SessionOptions = {
  /** Threads of one inference. */
  readonly threads?: 1 | 2;
  /** How far the runtime may rewrite the graph. */
  readonly optimisation?: 'all' | 'extended' | 'basic' | 'disabled';
  /** The input stands so many times in one batch; the first answer counts. */
  readonly batch?: number;
};

/** How to feed a model and to read what it gives. */
export type ModelForm = RecogniserForm | ClassifierForm | VoiceForm | PuzzleForm;

type ImageForm = {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly inputName: string;
  readonly outputName: string;
  /** The tensor before the softmax. */
  readonly logitsName: string;
};

/** Input: grey levels, row by row. Answer: a line of text, decoded from the logits. */
export type RecogniserForm = ImageForm & {
  readonly kind: 'recogniser';
  /** Text of each class; the first is the blank. */
  readonly classes: readonly string[];
};

/** Input: grey levels, row by row. Answer: a probability for each class. */
export type ClassifierForm = ImageForm & {
  readonly kind: 'classifier';
  /** What the last layer reads: compared together with the logits. */
  readonly featuresName: string;
};

/** Input: sound as 16-bit integers, little endian. Answer: a probability for each whole frame. */
export type VoiceForm = {
  readonly kind: 'voice';
  readonly rateHz: number;
  readonly frameSamples: number;
  /** Of the frame before, in front of each frame. */
  readonly contextSamples: number;
  readonly inputName: string;
  readonly outputName: string;
  /** The number before the sigmoid: the logits of a clip are one for each frame. */
  readonly logitsName: string;
  readonly stateName: string;
  readonly nextStateName: string;
  readonly stateDims: readonly number[];
  readonly rateName: string;
};

/** Input: whole numbers as signed bytes. Answer: none but the identifier of the output, in which no zero is negative. */
export type PuzzleForm = {
  readonly kind: 'puzzle';
  readonly inputName: string;
  readonly inputDims: readonly number[];
  readonly outputName: string;
};

/** A model file, what to execute it on, and how to read it. */
export type LoadRequest = {
  readonly kind: 'load';
  /** Path, or the bytes themselves. */
  readonly file: string | Uint8Array;
  /** The runner hashes the bytes it gives to the session and refuses others. */
  readonly sha256: string;
  readonly device: SessionDevice;
  readonly options?: SessionOptions;
  readonly form: ModelForm;
};

/** Names a session in later requests: the same file under other options is another session. */
export function sessionNameOf({ sha256, device, options }: LoadRequest): string {
  const { threads = 1, optimisation = 'all', batch = 1 } = options ?? {};
  return `${sha256}:${device}:${threads}:${optimisation}:${batch}`;
}

/** What is wanted of an inference beside its answer. */
export type InferenceWish = {
  /** Integers below 2^53: the logits are projected under each. */
  readonly nonces?: readonly number[];
  /** Numbers of a projection, default 16. */
  readonly projectionCount?: number;
  readonly wantsLogits?: boolean;
};

export type Inference = {
  /** Of a recogniser: the decoded line. Else ''. */
  readonly text: string;
  /** Of a classifier: the probability of each class. Of a voice detector: of each frame. Else none. */
  readonly scores: readonly number[];
  /** The low 52 bits of the SHA-256 of the logits (of a puzzle: of its output) as float32, little endian. */
  readonly outputId: number;
  /** Wall time from the bytes of the input to text or scores. Identifier and projections come after it. */
  readonly latencyUs: number;
  /** One for each nonce. */
  readonly sketches: readonly Float32Array[];
  /** Only when wanted. */
  readonly logits?: Float32Array;
};

export type InferItem = { readonly input: Uint8Array; readonly wish?: InferenceWish };

/** Several inferences in one message, executed in this order. */
export type InferRequest = {
  readonly kind: 'infer';
  /** Of {@link sessionNameOf}; loaded before. */
  readonly session: string;
  readonly items: readonly InferItem[];
};

/** An InferRequest as it is sent: the inputs follow one another through a pipe of their own, which copies them once. */
export type InferMessage = {
  readonly kind: 'infer';
  readonly session: string;
  readonly byteCounts: readonly number[];
  /** Absent when nothing is wished for any of them. */
  readonly wishes?: readonly (InferenceWish | undefined)[];
};

/** Number of that pipe in the runner. */
export const INPUT_PIPE = 3;

/** Executes over inputs in turn, without a message in between: what the same work costs without a pool. */
export type LoopRequest = {
  readonly kind: 'loop';
  readonly session: string;
  readonly inputs: readonly Uint8Array[];
  readonly count: number;
};

/** Executes one input in several sessions and holds each against the first: the numbers stay in the runner. */
export type DivergeRequest = {
  readonly kind: 'diverge';
  /** Of {@link sessionNameOf}; loaded before. One may stand there twice. */
  readonly sessions: readonly string[];
  readonly input: Uint8Array;
  /** Of the sketches that are compared. */
  readonly nonce: number;
};

/** Relative distances from the first session, ppb. */
export type Divergent = {
  readonly logitsPpb: number;
  readonly sketchPpb: number;
  /** Another text, or another decision for a class or a frame. */
  readonly isAnswerChanged: boolean;
};

/** One for each session but the first. */
export type DivergeReply = { readonly kind: 'diverged'; readonly results: readonly Divergent[] };

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

export type RunnerRequest = LoadRequest | InferRequest | LoopRequest | DivergeRequest | ProbeRequest | TimeRequest;
export type RunnerMessage = Exclude<RunnerRequest, InferRequest> | InferMessage;

export type LoadReply = { readonly kind: 'loaded' };

/** An inference that cannot be had, whoever tries: the runner is still well. */
export type Refusal = { readonly refusal: string };

export type InferReply = {
  readonly kind: 'inferred';
  /** In the order of the items. */
  readonly results: readonly (Inference | Refusal)[];
  /** Of all items, with everything that was wanted of them. */
  readonly wallUs: number;
};

export type LoopReply = { readonly kind: 'looped'; readonly wallUs: number };

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
  /** Time that cores spent on each timed run: unlike the above it does not grow when others have the cores meanwhile. */
  readonly cpuUs: readonly number[];
  /** Of the last run. */
  readonly y: Float32Array;
};

/** The request could not be fulfilled and never will be; the runner is still well. */
export type FailedReply = { readonly kind: 'failed'; readonly message: string };

export type RunnerReply = LoadReply | InferReply | LoopReply | DivergeReply | ProbeReply | TimeReply | FailedReply;
