/**
 * Makes another model out of a model: the operations a variant's recipe may name. Works on the bytes of an ONNX file
 * and knows neither which models exist nor why anybody would want a worse one.
 */
import onnxProto from 'onnx-proto';
import { nextNormal } from '../base/draws.ts';
import { createStreams, streamKey } from '../base/stream.ts';

const { onnx } = onnxProto;
type GraphProto = onnxProto.onnx.IGraphProto;
type NodeProto = onnxProto.onnx.INodeProto;
type TensorProto = onnxProto.onnx.ITensorProto;

export type Operation =
  /** Rounds every weight to this many mantissa bits, 1..22 (float32 has 23); same size, same cost, other answers. */
  | { readonly kind: 'mantissaBits'; readonly bits: number }
  /** Rounds the weights of matrix products alone to integers of this many bits, 2..8, with one scale per output channel. */
  | { readonly kind: 'matMulBits'; readonly bits: number }
  /** Stores the weights as half-precision numbers: half the size, same operations. */
  | { readonly kind: 'fp16' }
  /** Stores the kernels as 8-bit integers with one scale per output channel: a quarter of the size, same operations. */
  | { readonly kind: 'int8PerChannel' }
  /** Adds normal noise to every weight, its standard deviation this share of the tensor's root mean square. */
  | { readonly kind: 'weightNoise'; readonly seed: number; readonly shareBps: number }
  /** Puts other numbers into the last linear layer: a file of its weights and biases (see {@link Head}). */
  | { readonly kind: 'head'; readonly file: string; readonly sha256: string }
  /** Shrinks the image to this width before the first layer: fewer operations, coarser letters. */
  | { readonly kind: 'inputWidth'; readonly widthPx: number };

/** The last linear layer of a recogniser: logits = features x weights + biases. */
export type Head = {
  readonly featureCount: number;
  readonly classCount: number;
  /** featureCount rows of classCount. */
  readonly weights: Float32Array;
  readonly biases: Float32Array;
};

/** @returns the bytes of a file that an operation names, checked against its hash */
export type ReadOperationFile = (file: string, sha256: string) => Uint8Array;

const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;
const FLOAT16 = 10;

/**
 * @param bytes  an ONNX file with float32 weights, in Constant nodes or initialisers; not changed
 * @param readOperationFile  needed by operations that name a file
 * @returns the bytes of the edited file; equal arguments give equal bytes
 * @throws RangeError for an operation with a number out of range; Error when the model has not what an operation changes
 */
export function editOnnx(
  bytes: Uint8Array,
  operations: readonly Operation[],
  readOperationFile: ReadOperationFile = refuseFile,
): Uint8Array {
  return operations.reduce((edited, operation) => applyOperation(edited, operation, readOperationFile), bytes);
}

function refuseFile(file: string): never {
  throw new Error(`An operation needs the file ${file}, and there is nobody to read it`);
}

function applyOperation(bytes: Uint8Array, operation: Operation, readOperationFile: ReadOperationFile): Uint8Array {
  switch (operation.kind) {
    case 'mantissaBits':
      assertWithin('mantissaBits', operation.bits, 1, 22);
      return patchWeights(bytes, (weights) => roundMantissas(weights, operation.bits));
    case 'matMulBits':
      assertWithin('matMulBits', operation.bits, 2, 8);
      return patchWeights(bytes, (weights, name, dims, factors) => {
        if (factors.has(name) && dims.length === 2) roundPerChannel(weights, dims, 1, 2 ** (operation.bits - 1) - 1);
      });
    case 'weightNoise': {
      assertWithin('weightNoise', operation.shareBps, 1, 10_000);
      const stream = createStreams(1, () => streamKey(operation.seed, 'weight-noise', 'model', 0));
      return patchWeights(bytes, (weights) => addNoise(weights, operation.shareBps / 10_000, stream));
    }
    case 'head':
      return replaceHead(bytes, readOperationFile(operation.file, operation.sha256));
    case 'fp16':
      return editGraph(bytes, (graph) => rewriteWeights(graph, storeAsHalf));
    case 'int8PerChannel':
      return editGraph(bytes, (graph) => rewriteWeights(graph, quantiseKernel));
    case 'inputWidth':
      return editGraph(bytes, (graph) => narrowInput(graph, operation.widthPx));
  }
}

function assertWithin(kind: Operation['kind'], value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`Operation ${kind} takes a whole number from ${min} to ${max}, not ${value}`);
}

function editGraph(bytes: Uint8Array, edit: (graph: GraphProto) => void): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  if (!model.graph) throw new Error('The ONNX file holds no graph');
  edit(model.graph);
  return onnx.ModelProto.encode(model).finish();
}

/** A float32 tensor of the graph: where its name stands and where its numbers lie. */
type Weights = { readonly name: string; readonly tensor: TensorProto };

/** Single values are exponents and epsilons of the arithmetic, not weights. */
const isWeights = (tensor: TensorProto | null | undefined): tensor is TensorProto =>
  tensor?.dataType === FLOAT && (tensor.rawData?.length ?? 0) > 4;

function weightsOfNode(node: NodeProto): Weights | undefined {
  if (node.opType !== 'Constant') return undefined;
  const tensor = node.attribute?.[0]?.t;
  return isWeights(tensor) ? { name: node.output![0]!, tensor } : undefined;
}

function listWeights(graph: GraphProto): Weights[] {
  const constants = (graph.node ?? []).flatMap((node) => weightsOfNode(node) ?? []);
  const initialisers = (graph.initializer ?? []).filter(isWeights).map((tensor) => ({ name: tensor.name!, tensor }));
  return [...constants, ...initialisers];
}

const dimsOf = (tensor: TensorProto): number[] => tensor.dims?.map(Number) ?? [];

function readFloats(tensor: TensorProto): Float32Array {
  const raw = tensor.rawData!;
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

/** Changes a tensor's numbers in place; `factors` are the names of the right-hand sides of matrix products. */
type Patch = (weights: Float32Array, name: string, dims: readonly number[], factors: ReadonlySet<string>) => void;

/**
 * Patches every tensor in a copy of the file: the decoder hands out views of the bytes it decodes, so nothing is encoded
 * again and only weight bytes differ.
 */
function patchWeights(bytes: Uint8Array, patch: Patch): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const { graph } = onnx.ModelProto.decode(copy);
  if (!graph) throw new Error('The ONNX file holds no graph');
  const products = (graph.node ?? []).filter(({ opType }) => opType === 'MatMul');
  const factors = new Set(products.map(({ input }) => input![1]!));
  for (const { name, tensor } of listWeights(graph)) {
    const weights = readFloats(tensor);
    patch(weights, name, dimsOf(tensor), factors);
    tensor.rawData!.set(new Uint8Array(weights.buffer));
  }
  return copy;
}

/** To the nearest, with ties away from zero. */
function roundMantissas(weights: Float32Array, bits: number): void {
  const words = new Uint32Array(weights.buffer);
  const shift = 23 - bits;
  for (let i = 0; i < words.length; i++) words[i] = ((words[i]! + 2 ** (shift - 1)) >>> shift) << shift;
}

/** w = round(w / scale) * scale, where scale = max |w| / levelMax over an output channel. */
function roundPerChannel(weights: Float32Array, dims: readonly number[], channelAxis: number, levelMax: number): void {
  const { channelOf, scales } = computeScales(weights, dims, channelAxis, levelMax);
  for (let i = 0; i < weights.length; i++) {
    const scale = scales[channelOf(i)]!;
    if (scale !== 0) weights[i] = Math.round(weights[i]! / scale) * scale;
  }
}

function addNoise(weights: Float32Array, share: number, stream: Float64Array): void {
  const sumOfSquares = weights.reduce((sum, w) => sum + w * w, 0);
  const deviation = share * Math.sqrt(sumOfSquares / weights.length);
  for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! + deviation * nextNormal(stream, 0);
}

/** Nodes that give a tensor of the same name and shape; undefined leaves it as it is. */
type Rewrite = (weights: Float32Array, name: string, dims: readonly number[]) => NodeProto[] | undefined;

function rewriteWeights(graph: GraphProto, rewrite: Rewrite): void {
  const kept: TensorProto[] = [];
  const first: NodeProto[] = [];
  for (const tensor of graph.initializer ?? []) {
    const nodes = isWeights(tensor) ? rewrite(readFloats(tensor), tensor.name!, dimsOf(tensor)) : undefined;
    if (nodes) first.push(...nodes);
    else kept.push(tensor);
  }
  const rest = (graph.node ?? []).flatMap((node) => {
    const weights = weightsOfNode(node);
    return (weights && rewrite(readFloats(weights.tensor), weights.name, dimsOf(weights.tensor))) ?? [node];
  });
  graph.initializer = kept;
  graph.node = [...first, ...rest];
}

function storeAsHalf(weights: Float32Array, name: string, dims: readonly number[]): NodeProto[] {
  const halves = new Uint16Array(weights.length);
  for (let i = 0; i < weights.length; i++) halves[i] = toHalf(weights[i]!);
  return [constant(`${name}.half`, FLOAT16, dims, new Uint8Array(halves.buffer)), castToFloat(`${name}.half`, name)];
}

const floatOf = new Float32Array(1);
const wordOf = new Uint32Array(floatOf.buffer);

/**
 * The bits of the nearest half-precision number, ties to even: 5 bits of exponent, 10 of mantissa, subnormals below 2^-14.
 *
 * @throws RangeError for a finite value beyond 65,504, the largest half; infinities and NaN stay what they are
 */
export function toHalf(value: number): number {
  floatOf[0] = value;
  const word = wordOf[0]!;
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const mantissa = word & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  // Bits to drop: 13 of a normal half, one more for each power of two below 2^-14.
  const drop = exponent >= 113 ? 13 : 13 + 113 - exponent;
  if (drop > 24) return sign;
  const whole = exponent >= 113 ? ((exponent - 112) << 23) | mantissa : 0x800000 | mantissa;
  const kept = whole >>> drop;
  const rest = whole & (2 ** drop - 1);
  const half = 2 ** (drop - 1);
  // A carry out of the mantissa raises the exponent, as it should.
  const rounded = kept + (rest > half || (rest === half && kept % 2 === 1) ? 1 : 0);
  if (rounded >= 0x7c00) throw new RangeError(`${value} is too large for half precision`);
  return sign | rounded;
}

/** Of kernels and matrices: round(w / scale) in 8 bits, scale = max |w| / 127 over an output channel; Cast and Mul restore. */
function quantiseKernel(weights: Float32Array, name: string, dims: readonly number[]): NodeProto[] | undefined {
  if (dims.length !== 2 && dims.length !== 4) return undefined;
  // Conv kernels are [out, in, h, w]; MatMul weights are [in, out].
  const channelAxis = dims.length === 4 ? 0 : 1;
  const { channelOf, scales } = computeScales(weights, dims, channelAxis, 127);
  const quantised = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const scale = scales[channelOf(i)]!;
    quantised[i] = scale === 0 ? 0 : Math.round(weights[i]! / scale);
  }
  const scaleDims = dims.map((size, axis) => (axis === channelAxis ? size : 1));
  return [
    constant(`${name}.int8`, INT8, dims, new Uint8Array(quantised.buffer)),
    constant(`${name}.scale`, FLOAT, scaleDims, new Uint8Array(scales.buffer)),
    castToFloat(`${name}.int8`, `${name}.cast`),
    onnx.NodeProto.create({ opType: 'Mul', input: [`${name}.cast`, `${name}.scale`], output: [name] }),
  ];
}

/** Scales that bring the largest weight of each channel to `levelMax`. */
function computeScales(weights: Float32Array, dims: readonly number[], channelAxis: number, levelMax: number) {
  const channelCount = dims[channelAxis]!;
  const inner = dims.slice(channelAxis + 1).reduce((product, size) => product * size, 1);
  const channelOf = (i: number): number => Math.floor(i / inner) % channelCount;
  const scales = new Float32Array(channelCount);
  for (let i = 0; i < weights.length; i++) {
    const c = channelOf(i);
    scales[c] = Math.max(scales[c]!, Math.abs(weights[i]!) / levelMax);
  }
  return { channelOf, scales };
}

/** The last linear layer: MatMul and Add before the softmax that gives the graph's output. */
function findHead(graph: GraphProto) {
  const producerOf = (name: string | undefined): NodeProto | undefined =>
    graph.node?.find(({ output }) => name !== undefined && output?.[0] === name);
  const add = producerOf(producerOf(graph.output?.[0]?.name ?? undefined)?.input?.[0]);
  const product = producerOf(add?.input?.[0]);
  const tensors = listWeights(graph);
  const weights = tensors.find(({ name }) => name === product?.input?.[1])?.tensor;
  const biases = tensors.find(({ name }) => name === add?.input?.[1])?.tensor;
  const isLinear = add?.opType === 'Add' && product?.opType === 'MatMul';
  if (!isLinear || !weights || !biases) throw new Error('The ONNX file does not end in a linear layer and a softmax');
  const [featureCount, classCount] = dimsOf(weights) as [number, number];
  return { featuresName: product.input![0]!, weights, biases, featureCount, classCount };
}

function decodeGraph(bytes: Uint8Array): GraphProto {
  const { graph } = onnx.ModelProto.decode(bytes);
  if (!graph) throw new Error('The ONNX file holds no graph');
  return graph;
}

export function readHead(bytes: Uint8Array): Head {
  const { weights, biases, featureCount, classCount } = findHead(decodeGraph(bytes));
  return { featureCount, classCount, weights: readFloats(weights), biases: readFloats(biases) };
}

/** The bytes of a head file: float32, little endian, the weights row by row, then the biases. */
export function formatHead({ weights, biases }: Head): Uint8Array {
  const all = Float32Array.of(...weights, ...biases);
  return new Uint8Array(all.buffer);
}

/** In place, in a copy, as {@link patchWeights}. */
function replaceHead(bytes: Uint8Array, head: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const { weights, biases } = findHead(decodeGraph(copy));
  const split = weights.rawData!.length;
  const wanted = split + biases.rawData!.length;
  if (head.length !== wanted) throw new Error(`The head has ${head.length} bytes, the model needs ${wanted}`);
  weights.rawData!.set(head.subarray(0, split));
  biases.rawData!.set(head.subarray(split));
  return copy;
}

/** Everything before the last linear layer, as a model that maps x to y: the features that a head is trained on. */
export function cutHead(bytes: Uint8Array): Uint8Array {
  return editGraph(bytes, (graph) => {
    const { featuresName } = findHead(graph);
    const last = graph.node!.findIndex(({ output }) => output?.[0] === featuresName);
    graph.node = graph.node!.slice(0, last + 1);
    graph.node.push(onnx.NodeProto.create({ opType: 'Identity', input: [featuresName], output: ['y'] }));
    graph.output = [onnx.ValueInfoProto.create({ name: 'y', type: { tensorType: { elemType: FLOAT } } })];
  });
}

/** Puts a linear Resize to [1, 3, 48, widthPx] between the graph's input and its readers. */
function narrowInput(graph: GraphProto, widthPx: number): void {
  const input = graph.input?.[0]?.name;
  if (!input) throw new Error('The ONNX graph has no input');
  const narrow = `${input}.narrow`;
  for (const node of graph.node ?? []) {
    node.input = node.input?.map((name) => (name === input ? narrow : name)) ?? [];
  }
  graph.node!.unshift(
    constant(`${narrow}.roi`, FLOAT, [0], new Uint8Array(0)),
    constant(`${narrow}.scales`, FLOAT, [0], new Uint8Array(0)),
    constant(`${narrow}.sizes`, INT64, [4], new Uint8Array(BigInt64Array.from([1n, 3n, 48n, BigInt(widthPx)]).buffer)),
    onnx.NodeProto.create({
      opType: 'Resize',
      input: [input, `${narrow}.roi`, `${narrow}.scales`, `${narrow}.sizes`],
      output: [narrow],
      attribute: [
        { name: 'mode', type: onnx.AttributeProto.AttributeType.STRING, s: new TextEncoder().encode('linear') },
      ],
    }),
  );
}

function constant(name: string, dataType: number, dims: readonly number[], rawData: Uint8Array): NodeProto {
  return onnx.NodeProto.create({
    opType: 'Constant',
    output: [name],
    attribute: [
      {
        name: 'value',
        type: onnx.AttributeProto.AttributeType.TENSOR,
        t: { dims: [...dims], dataType, rawData },
      },
    ],
  });
}

const castToFloat = (from: string, to: string): NodeProto =>
  onnx.NodeProto.create({
    opType: 'Cast',
    input: [from],
    output: [to],
    attribute: [{ name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: FLOAT }],
  });
