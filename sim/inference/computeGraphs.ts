/**
 * ONNX graphs with known operations and bytes, for measuring what a device reaches of what it could: matrix products,
 * convolutions, attention, and a stream through memory. Decides what they compute and counts it; not who runs them.
 *
 * Every graph maps float32 x to a vector y that is small, so that fetching the answer costs nothing. No graph spends its
 * time in sines or exponentials, of which devices compute different last digits.
 */
import onnxProto from 'onnx-proto';
import type { Device } from './devices.ts';
import { countElements, fillValues } from './graphValues.ts';

/** What limits a graph, and so what it is measured in: arithmetic (GFLOP/s) or memory (GB/s). */
export type GraphBound = 'compute' | 'memory';

export type ComputeGraph = {
  readonly kind: GraphKind;
  readonly size: number;
  readonly bound: GraphBound;
  /** ONNX model. */
  readonly model: Uint8Array;
  /** Shape of x, which holds the values of salt `INPUT_SALT`. */
  readonly inputDims: readonly number[];
  /** Additions, multiplications, comparisons, divisions and exponentials, each counted as one; a fused pair as two. */
  readonly flopCount: number;
  /** Of float32 tensors, read and written by each operation as if nothing stayed in a cache. Views cost nothing. */
  readonly byteCount: number;
};

export type GraphKindSpec = {
  readonly id: GraphKind;
  readonly bound: GraphBound;
  /** What its size counts. */
  readonly sizeName: string;
  /** Large enough for a core to reach what it can, and no larger than its caches hold. */
  readonly coreSize: number;
  /** Large enough for the hundreds of processors of a card. */
  readonly cardSize: number;
  /** Small enough for a driver in software. */
  readonly softwareSize: number;
  /** Sizes must be multiples of it and at least it. */
  readonly sizeStep: number;
  readonly sizeMax: number;
};

export type GraphKind = 'matmul' | 'convolution' | 'attention' | 'streaming';

/** So many that a run's fixed cost, some 0.2 ms, is a hundredth of it. */
const MATMUL_LAYERS = 128;
const CONVOLUTION_LAYERS = 8;
const CONVOLUTION_CHANNELS = 128;
const KERNEL_EDGE = 3;
const ATTENTION_LAYERS = 4;
const ATTENTION_WIDTH = 512;
const ATTENTION_HEADS = 8;
const STREAMING_PASSES = 8;
/** Each layer takes a kernel's edge less one away. */
const CONVOLUTION_EDGE_MIN = CONVOLUTION_LAYERS * (KERNEL_EDGE - 1) + 1;

export const graphKinds: readonly GraphKindSpec[] = [
  {
    id: 'matmul',
    bound: 'compute',
    sizeName: 'rows and columns',
    ...{ coreSize: 256, cardSize: 2_048, softwareSize: 64, sizeStep: 1, sizeMax: 16_384 },
  },
  {
    id: 'convolution',
    bound: 'compute',
    sizeName: `pixels of an edge, from ${CONVOLUTION_EDGE_MIN}`,
    ...{ coreSize: 80, cardSize: 256, softwareSize: 18, sizeStep: 1, sizeMax: 4_096 },
  },
  {
    id: 'attention',
    bound: 'compute',
    sizeName: 'tokens',
    ...{ coreSize: 256, cardSize: 2_048, softwareSize: 16, sizeStep: 1, sizeMax: 16_384 },
  },
  {
    id: 'streaming',
    bound: 'memory',
    sizeName: 'numbers in a tensor',
    ...{ coreSize: 2 ** 24, cardSize: 2 ** 25, softwareSize: 2 ** 20, sizeStep: 1_024, sizeMax: 2 ** 28 },
  },
];

/** The size that suits a device. */
export function sizeFor(kind: GraphKind, device: Pick<Device, 'id' | 'isSoftware'>): number {
  const { coreSize, cardSize, softwareSize } = graphKinds.find(({ id }) => id === kind)!;
  if (device.isSoftware) return softwareSize;
  return device.id === 'cpu' ? coreSize : cardSize;
}

/** @throws RangeError when the size is not one that the graph can have */
export function buildComputeGraph(kind: GraphKind, size: number): ComputeGraph {
  assertGraphSize(kind, size);
  return { kind, size, bound: graphKinds.find(({ id }) => id === kind)!.bound, ...builders[kind](size) };
}

/** @throws RangeError when the size is not one that the graph can have */
export function assertGraphSize(kind: GraphKind, size: number): void {
  const { sizeStep, sizeMax, sizeName } = graphKinds.find(({ id }) => id === kind)!;
  const sizeMin = kind === 'convolution' ? CONVOLUTION_EDGE_MIN : sizeStep;
  if (!Number.isSafeInteger(size) || size < sizeMin || size > sizeMax || size % sizeStep !== 0) {
    const step = sizeStep === 1 ? '' : `, a multiple of ${sizeStep}`;
    throw new RangeError(`Size ${size} of graph ${kind} (${sizeName}): wanted ${sizeMin} to ${sizeMax}${step}`);
  }
}

export type Built = Pick<ComputeGraph, 'model' | 'inputDims' | 'flopCount' | 'byteCount'>;

const builders: Readonly<Record<GraphKind, (size: number) => Built>> = {
  matmul: (size) => buildMatmul({ size, layers: MATMUL_LAYERS }),
  convolution: (edge) => buildConvolution({ edge, channels: CONVOLUTION_CHANNELS, layers: CONVOLUTION_LAYERS }),
  attention: (tokens) =>
    buildAttention({ tokens, width: ATTENTION_WIDTH, heads: ATTENTION_HEADS, layers: ATTENTION_LAYERS }),
  streaming: (length) => buildStreaming({ length, passes: STREAMING_PASSES }),
};

/** x W W …, and the mean of every column. x and W are square; all layers share W. */
export function buildMatmul({ size, layers }: { readonly size: number; readonly layers: number }): Built {
  const graph = createGraphBuilder([size, size]);
  const weight = graph.weight([size, size], size);
  let value = graph.input;
  for (let layer = 0; layer < layers; layer++) value = graph.matMul(value, weight);
  return graph.finish(graph.mean(value, [0]));
}

/** Convolutions of 3 × 3 without padding, so that every tap of every pixel counts; then the mean of every channel. */
export function buildConvolution(shape: {
  readonly edge: number;
  readonly channels: number;
  readonly layers: number;
}): Built {
  const { edge, channels, layers } = shape;
  const graph = createGraphBuilder([1, channels, edge, edge]);
  const weight = graph.weight([channels, channels, KERNEL_EDGE, KERNEL_EDGE], channels * KERNEL_EDGE * KERNEL_EDGE);
  let value = graph.input;
  for (let layer = 0; layer < layers; layer++) value = graph.convolution(value, weight);
  return graph.finish(graph.mean(value, [0, 2, 3]));
}

/** Layers of attention with several heads and a way around each; then the mean over the tokens. */
export function buildAttention(shape: {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
}): Built {
  const { tokens, width, heads, layers } = shape;
  const headWidth = width / heads;
  const graph = createGraphBuilder([tokens, width]);
  const [query, key, content, out] = [0, 1, 2, 3].map(() => graph.weight([width, width], width));
  const scale = graph.constant(powerOfTwoNear(1 / headWidth ** 0.5));
  const split = (value: Tensor, order: readonly number[]): Tensor =>
    graph.transpose(graph.reshape(value, [tokens, heads, headWidth]), order);
  let value = graph.input;
  for (let layer = 0; layer < layers; layer++) {
    const queries = split(graph.matMul(value, query!), [1, 0, 2]);
    const keys = split(graph.matMul(value, key!), [1, 2, 0]);
    const contents = split(graph.matMul(value, content!), [1, 0, 2]);
    const shares = graph.softmax(graph.elementwise('Mul', graph.matMul(queries, keys), scale));
    const mixed = graph.transpose(graph.matMul(shares, contents), [1, 0, 2]);
    value = graph.elementwise('Add', graph.matMul(graph.reshape(mixed, [tokens, width]), out!), value);
  }
  return graph.finish(graph.mean(value, [0]));
}

/** One operation per number and pass: a maximum with x, a difference to x, and so on; then the mean of 1,024 parts. */
export function buildStreaming({ length, passes }: { readonly length: number; readonly passes: number }): Built {
  const columns = Math.min(1_024, length);
  const graph = createGraphBuilder([length / columns, columns]);
  let value = graph.elementwise('Sub', graph.input, graph.constant(0.5));
  for (let pass = 1; pass < passes; pass++)
    value = graph.elementwise(pass % 2 === 1 ? 'Max' : 'Sub', value, graph.input);
  return graph.finish(graph.mean(value, [0]));
}

export type Tensor = { readonly name: string; readonly dims: readonly number[] };
type Attribute = { readonly name: string; readonly type: number; readonly i?: number; readonly ints?: number[] };

const FLOAT_BYTES = 4;

const powerOfTwoNear = (value: number): number => 2 ** Math.round(Math.log2(value));

/** Writes a graph node by node and counts what each does. Its input is x, its output y. */
export function createGraphBuilder(inputDims: readonly number[]) {
  const { onnx } = onnxProto;
  const { FLOAT, INT64 } = onnx.TensorProto.DataType;
  const { INT, INTS } = onnx.AttributeProto.AttributeType;
  const nodes: object[] = [];
  const initializers: object[] = [];
  const input: Tensor = { name: 'x', dims: inputDims };
  let flopCount = 0;
  let byteCount = 0;
  let tensorCount = 0;
  const nextName = (): string => `t${tensorCount++}`;
  const bytesOf = ({ dims }: Tensor): number => FLOAT_BYTES * countElements(dims);
  const valueInfo = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });

  function initializer(dims: readonly number[], values: Float32Array | BigInt64Array): string {
    const name = nextName();
    const dataType = values instanceof Float32Array ? FLOAT : INT64;
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    initializers.push({ name, dims: [...dims], dataType, rawData });
    return name;
  }

  function node(
    opType: string,
    inputs: readonly Tensor[],
    dims: readonly number[],
    flops: number,
    attribute: readonly Attribute[] = [],
  ): Tensor {
    const output = { name: nextName(), dims };
    nodes.push({ opType, input: inputs.map(({ name }) => name), output: [output.name], attribute });
    flopCount += flops;
    byteCount += bytesOf(output) + inputs.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    return output;
  }

  return {
    input,
    /** @param fanIn  numbers that enter one sum; with it values keep their size from layer to layer */
    weight(dims: readonly number[], fanIn: number): Tensor {
      const scale = powerOfTwoNear((3 / fanIn) ** 0.5);
      return { name: initializer(dims, fillValues(1 + initializers.length, countElements(dims), scale)), dims };
    },
    constant: (value: number): Tensor => ({ name: initializer([], Float32Array.of(value)), dims: [] }),
    values: (dims: readonly number[], values: Float32Array): Tensor => ({ name: initializer(dims, values), dims }),
    matMul(a: Tensor, b: Tensor): Tensor {
      const dims = [...a.dims.slice(0, -1), b.dims.at(-1)!];
      return node('MatMul', [a, b], dims, 2 * countElements(dims) * a.dims.at(-1)!);
    },
    /**
     * @param dilation  pixels from one tap to the next
     * @param bias      added to every pixel of its channel
     */
    convolution(value: Tensor, weight: Tensor, dilation = 1, bias?: Tensor): Tensor {
      const [batch, , height, width] = value.dims;
      const [channelsOut, channelsIn, kernelHeight, kernelWidth] = weight.dims;
      const left = (edge: number, kernelEdge: number): number => edge - (kernelEdge - 1) * dilation;
      const dims = [batch!, channelsOut!, left(height!, kernelHeight!), left(width!, kernelWidth!)];
      const taps = channelsIn! * kernelHeight! * kernelWidth!;
      const flops = countElements(dims) * (2 * taps + (bias ? 1 : 0));
      const attributes = dilation === 1 ? [] : [{ name: 'dilations', type: INTS, ints: [dilation, dilation] }];
      return node('Conv', [value, weight, ...(bias ? [bias] : [])], dims, flops, attributes);
    },
    /** b may be of fewer axes than a: it then stands for all of the others. */
    elementwise: (opType: 'Add' | 'Sub' | 'Mul' | 'Max', a: Tensor, b: Tensor): Tensor =>
      node(opType, [a, b], a.dims, countElements(a.dims)),
    floor: (value: Tensor): Tensor => node('Floor', [value], value.dims, countElements(value.dims)),
    /** Two comparisons for each number. */
    clip: (value: Tensor, low: Tensor, high: Tensor): Tensor =>
      node('Clip', [value, low, high], value.dims, 2 * countElements(value.dims)),
    /** Over the last axis: for n numbers n - 1 comparisons, n differences, n exponentials, n - 1 additions, n divisions. */
    softmax(value: Tensor): Tensor {
      const length = value.dims.at(-1)!;
      const rows = countElements(value.dims) / length;
      return node('Softmax', [value], value.dims, rows * (5 * length - 2), [{ name: 'axis', type: INT, i: -1 }]);
    },
    /** n - 1 additions and one division for n numbers. */
    mean(value: Tensor, axes: readonly number[]): Tensor {
      const dims = value.dims.filter((_, axis) => !axes.includes(axis));
      const attributes = [
        { name: 'axes', type: INTS, ints: [...axes] },
        { name: 'keepdims', type: INT, i: 0 },
      ];
      return node('ReduceMean', [value], dims, countElements(value.dims), attributes);
    },
    sum(value: Tensor, axes: readonly number[]): Tensor {
      const dims = value.dims.filter((_, axis) => !axes.includes(axis));
      const axesName = initializer([axes.length], BigInt64Array.from(axes.map(BigInt)));
      const output = { name: nextName(), dims };
      const attribute = [{ name: 'keepdims', type: INT, i: 0 }];
      nodes.push({ opType: 'ReduceSum', input: [value.name, axesName], output: [output.name], attribute });
      flopCount += countElements(value.dims) - countElements(dims);
      byteCount += bytesOf(value) + bytesOf(output);
      return output;
    },
    transpose(value: Tensor, order: readonly number[]): Tensor {
      const dims = order.map((axis) => value.dims[axis]!);
      return node('Transpose', [value], dims, 0, [{ name: 'perm', type: INTS, ints: [...order] }]);
    },
    /** A view: no bytes move. */
    reshape(value: Tensor, dims: readonly number[]): Tensor {
      const shape = initializer([dims.length], BigInt64Array.from(dims.map(BigInt)));
      const output = { name: nextName(), dims };
      nodes.push({ opType: 'Reshape', input: [value.name, shape], output: [output.name] });
      return output;
    },
    finish(output: Tensor): Built {
      nodes.push({ opType: 'Identity', input: [output.name], output: ['y'] });
      const model = onnx.ModelProto.encode(
        onnx.ModelProto.fromObject({
          irVersion: 8,
          opsetImport: [{ domain: '', version: 17 }],
          graph: {
            name: 'compute',
            node: nodes,
            input: [valueInfo('x', inputDims)],
            output: [valueInfo('y', output.dims)],
            initializer: initializers,
          },
        }),
      ).finish();
      return { model, inputDims, flopCount, byteCount };
    },
  };
}
