/**
 * One inference: the bytes of an input become the tensors a model wants, and what it gives becomes text, scores and
 * logits. Knows neither processes nor messages, and runs in any ONNX Runtime.
 */
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node';
import { ctcGreedy } from './ctcGreedy.ts';
import type { ClassifierForm, ModelForm, PuzzleForm, RecogniserForm, VoiceForm } from './runnerMessages.ts';

export type Execution = {
  readonly text: string;
  readonly scores: readonly number[];
  /** What executions are compared by: of a classifier its features too, of a puzzle its output. */
  readonly logits: Float32Array;
};

/**
 * One input after the other: what the tensors are made of is used again.
 *
 * @throws RangeError for an input that is not of the model's size
 */
export type Executor = (input: Uint8Array) => Promise<Execution>;

/** A session, and the class of tensors that its runtime takes. */
export type Engine = { readonly session: InferenceSession; readonly Tensor: TensorConstructor };

/** @throws RangeError when something else than images is to go in batches */
export function createExecutor(engine: Engine, form: ModelForm, batch: number): Executor {
  if (batch !== 1 && form.kind !== 'recogniser' && form.kind !== 'classifier')
    throw new RangeError(`A batch of ${batch}: only images go in batches`);
  switch (form.kind) {
    case 'recogniser':
      return recognise(engine, form, batch);
    case 'classifier':
      return classify(engine, form, batch);
    case 'voice':
      return detectVoice(engine, form);
    case 'puzzle':
      return solve(engine, form);
  }
}

/** An input that the model takes, all zeros, the smallest there is. */
export function createEmptyInput(form: ModelForm): Uint8Array {
  switch (form.kind) {
    case 'recogniser':
    case 'classifier':
      return new Uint8Array(form.widthPx * form.heightPx);
    case 'voice':
      return new Uint8Array(form.frameSamples * BYTES_PER_SAMPLE);
    case 'puzzle':
      return new Uint8Array(countValues(form.inputDims));
  }
}

const BYTES_PER_SAMPLE = 2;
const CHANNELS = 3;

/** What the networks see of each grey level. */
const GREY_VALUES = Float32Array.from({ length: 256 }, (_, level) => (level / 255 - 0.5) / 0.5);

const countValues = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

function recognise(engine: Engine, form: RecogniserForm, batch: number): Executor {
  const run = createImageRun(engine, form, batch, [form.logitsName]);
  return async (grey) => {
    const logits = floatsOf(await run(grey), form.logitsName, batch);
    // Paper at the edges is sometimes read as a space; nobody asked for it.
    return { text: ctcGreedy(logits, form.classes).trim(), scores: [], logits };
  };
}

function classify(engine: Engine, form: ClassifierForm, batch: number): Executor {
  const { outputName, featuresName, logitsName } = form;
  const run = createImageRun(engine, form, batch, [outputName, featuresName, logitsName]);
  return async (grey) => {
    const outputs = await run(grey);
    const features = floatsOf(outputs, featuresName, batch);
    const last = floatsOf(outputs, logitsName, batch);
    const logits = new Float32Array(features.length + last.length);
    logits.set(features);
    logits.set(last, features.length);
    return { text: '', scores: Array.from(floatsOf(outputs, outputName, batch)), logits };
  };
}

function createImageRun(
  { session, Tensor }: Engine,
  { widthPx, heightPx, inputName }: RecogniserForm | ClassifierForm,
  batch: number,
  wanted: readonly string[],
): (grey: Uint8Array) => Promise<InferenceSession.OnnxValueMapType> {
  const plane = widthPx * heightPx;
  const x = new Float32Array(batch * CHANNELS * plane);
  const feeds = { [inputName]: new Tensor('float32', x, [batch, CHANNELS, heightPx, widthPx]) };
  return (grey) => {
    if (grey.length !== plane)
      throw new RangeError(`An input of ${grey.length} bytes: the model reads images of ${widthPx} x ${heightPx}`);
    for (let i = 0; i < plane; i++) x[i] = GREY_VALUES[grey[i]!]!;
    for (let copy = 1; copy < batch * CHANNELS; copy++) x.copyWithin(copy * plane, 0, plane);
    return session.run(feeds, wanted);
  };
}

function detectVoice({ session, Tensor }: Engine, form: VoiceForm): Executor {
  const { frameSamples, contextSamples, outputName, logitsName, nextStateName } = form;
  const frameBytes = frameSamples * BYTES_PER_SAMPLE;
  const x = new Float32Array(contextSamples + frameSamples);
  const frame = new Tensor('float32', x, [1, x.length]);
  const rate = new Tensor('int64', BigInt64Array.of(BigInt(form.rateHz)), []);
  const silence = new Tensor('float32', new Float32Array(countValues(form.stateDims)), form.stateDims);
  const wanted = [outputName, logitsName, nextStateName];
  return async (clip) => {
    if (clip.length === 0 || clip.length % frameBytes !== 0)
      throw new RangeError(`An input of ${clip.length} bytes: the model hears whole frames of ${frameBytes} bytes`);
    const samples = new DataView(clip.buffer, clip.byteOffset, clip.byteLength);
    const frameCount = clip.length / frameBytes;
    const logits = new Float32Array(frameCount);
    const scores: number[] = [];
    let state: Tensor = silence;
    x.fill(0);
    for (let at = 0; at < frameCount; at++) {
      x.copyWithin(0, frameSamples);
      for (let i = 0; i < frameSamples; i++)
        x[contextSamples + i] = samples.getInt16(at * frameBytes + i * BYTES_PER_SAMPLE, true) / 32_768;
      const outputs = await session.run(
        { [form.inputName]: frame, [form.stateName]: state, [form.rateName]: rate },
        wanted,
      );
      scores.push(floatsOf(outputs, outputName, 1)[0]!);
      logits[at] = floatsOf(outputs, logitsName, 1)[0]!;
      state = outputs[nextStateName] as Tensor;
    }
    return { text: '', scores, logits };
  };
}

function solve({ session, Tensor }: Engine, { inputName, inputDims, outputName }: PuzzleForm): Executor {
  const x = new Float32Array(countValues(inputDims));
  const feeds = { [inputName]: new Tensor('float32', x, inputDims) };
  return async (values) => {
    if (values.length !== x.length)
      throw new RangeError(`An input of ${values.length} bytes: the puzzle takes ${x.length} whole numbers`);
    x.set(new Int8Array(values.buffer, values.byteOffset, values.byteLength));
    const y = floatsOf(await session.run(feeds, [outputName]), outputName, 1);
    // Devices that agree on every number may still disagree on the sign of zero.
    for (let i = 0; i < y.length; i++) y[i]! += 0;
    return { text: '', scores: [], logits: y };
  };
}

/** The first of a batch. */
function floatsOf(outputs: InferenceSession.OnnxValueMapType, name: string, batch: number): Float32Array {
  const data = outputs[name]!.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`The output ${name} is not of float32`);
  return batch === 1 ? data : data.subarray(0, data.length / batch);
}
