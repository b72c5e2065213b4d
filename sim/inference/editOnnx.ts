/**
 * Makes another model out of a model: the operations a variant's recipe may name. Works on the bytes of an ONNX file
 * and knows neither which models exist nor why anybody would want a worse one.
 */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
type GraphProto = onnxProto.onnx.IGraphProto;
type NodeProto = onnxProto.onnx.INodeProto;
type TensorProto = onnxProto.onnx.ITensorProto;

export type Operation =
  /** Rounds every weight to this many mantissa bits, 1..22 (float32 has 23); same size, same cost, other answers. */
  | { readonly kind: 'mantissaBits'; readonly bits: number }
  /** Stores the kernels as 8-bit integers with one scale per output channel: a quarter of the size, same operations. */
  | { readonly kind: 'int8PerChannel' }
  /** Shrinks the image to this width before the first layer: fewer operations, coarser letters. */
  | { readonly kind: 'inputWidth'; readonly widthPx: number };

const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;

/**
 * @param bytes  an ONNX file whose weights are float32 Constant nodes, as Paddle's converter writes them; not changed
 * @returns the bytes of the edited file; equal arguments give equal bytes
 */
export function editOnnx(bytes: Uint8Array, operations: readonly Operation[]): Uint8Array {
  return operations.reduce(applyOperation, bytes);
}

function applyOperation(bytes: Uint8Array, operation: Operation): Uint8Array {
  switch (operation.kind) {
    case 'mantissaBits':
      return roundMantissas(bytes, operation.bits);
    case 'int8PerChannel':
      return editGraph(bytes, quantiseKernels);
    case 'inputWidth':
      return editGraph(bytes, (graph) => narrowInput(graph, operation.widthPx));
  }
}

function editGraph(bytes: Uint8Array, edit: (graph: GraphProto) => void): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  if (!model.graph) throw new Error('The ONNX file holds no graph');
  edit(model.graph);
  return onnx.ModelProto.encode(model).finish();
}

/** The float32 tensor of a Constant node, or undefined. */
function floatConstant(node: NodeProto): TensorProto | undefined {
  if (node.opType !== 'Constant') return undefined;
  const tensor = node.attribute?.[0]?.t;
  return tensor?.dataType === FLOAT && tensor.rawData?.length ? tensor : undefined;
}

const hasMultipleValues = (tensor: TensorProto): boolean => tensor.rawData!.length > 4;

function readFloats(tensor: TensorProto): Float32Array {
  const raw = tensor.rawData!;
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

/**
 * Rounds in place, to the nearest with ties away from zero, in a copy of the file: the decoder hands out views of the
 * bytes it decodes, so nothing is encoded again and only weight bytes differ.
 */
function roundMantissas(bytes: Uint8Array, bits: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const shift = 23 - bits;
  for (const node of onnx.ModelProto.decode(copy).graph?.node ?? []) {
    const tensor = floatConstant(node);
    // Single values are exponents and epsilons of the arithmetic, not weights.
    if (!tensor || !hasMultipleValues(tensor)) continue;
    const raw = tensor.rawData!;
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    for (let at = 0; at < raw.byteLength; at += 4) {
      const rounded = ((view.getUint32(at, true) + 2 ** (shift - 1)) >>> shift) << shift;
      view.setUint32(at, rounded, true);
    }
  }
  return copy;
}

/** Symmetric: scale = max |w| / 127 over an output channel, w = round(w / scale) * scale, restored by Cast and Mul. */
function quantiseKernels(graph: GraphProto): void {
  const nodes: NodeProto[] = [];
  for (const node of graph.node ?? []) {
    const tensor = floatConstant(node);
    const dims = tensor?.dims?.map(Number) ?? [];
    if (!tensor || (dims.length !== 2 && dims.length !== 4)) {
      nodes.push(node);
      continue;
    }
    const name = node.output![0]!;
    // Conv kernels are [out, in, h, w]; MatMul weights are [in, out].
    const channelAxis = dims.length === 4 ? 0 : 1;
    const { quantised, scales } = quantise(readFloats(tensor), dims, channelAxis);
    const scaleDims = dims.map((size, axis) => (axis === channelAxis ? size : 1));
    nodes.push(
      constant(`${name}.int8`, INT8, dims, new Uint8Array(quantised.buffer)),
      constant(`${name}.scale`, FLOAT, scaleDims, new Uint8Array(scales.buffer)),
      onnx.NodeProto.create({
        opType: 'Cast',
        input: [`${name}.int8`],
        output: [`${name}.cast`],
        attribute: [{ name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: FLOAT }],
      }),
      onnx.NodeProto.create({ opType: 'Mul', input: [`${name}.cast`, `${name}.scale`], output: [name] }),
    );
  }
  graph.node = nodes;
}

function quantise(weights: Float32Array, dims: readonly number[], channelAxis: number) {
  const channelCount = dims[channelAxis]!;
  const inner = dims.slice(channelAxis + 1).reduce((product, size) => product * size, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channelCount;
  const scales = new Float32Array(channelCount);
  for (let i = 0; i < weights.length; i++) {
    const c = channelOf(i);
    scales[c] = Math.max(scales[c]!, Math.abs(weights[i]!) / 127);
  }
  const quantised = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const scale = scales[channelOf(i)]!;
    quantised[i] = scale === 0 ? 0 : Math.round(weights[i]! / scale);
  }
  return { quantised, scales };
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
