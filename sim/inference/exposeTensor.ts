/**
 * Makes an inner tensor of an ONNX model one of its outputs, without reading the model: protocol buffers merge a message
 * that comes twice, so that a second graph that holds nothing but one output adds it to the first.
 */

/** Tags (field number, wire type 2: length and bytes) of onnx.proto, IR version 3 and newer. */
const TAG = {
  modelGraph: 7,
  graphOutput: 12,
  valueName: 1,
  valueType: 2,
  typeTensor: 1,
} as const;

/** Field 1 of a tensor type, a number: its elements are float32. */
const FLOAT_ELEMENTS = Uint8Array.of(1 << 3, 1);

/**
 * @param name  a float32 tensor of the main graph that is not among its outputs yet
 * @returns bytes of the same model with that output after its own
 */
export function exposeTensor(model: Uint8Array, name: string): Uint8Array {
  const type = field(TAG.valueType, field(TAG.typeTensor, FLOAT_ELEMENTS));
  const value = Buffer.concat([field(TAG.valueName, new TextEncoder().encode(name)), type]);
  return Buffer.concat([model, field(TAG.modelGraph, field(TAG.graphOutput, value))]);
}

const field = (number: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of((number << 3) | 2), varint(content.length), content]);

/** Seven bits a byte, the lowest first; all but the last have the highest bit set. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.of(...bytes, rest);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
