/** Names what a model gave, before anything is decoded from it: equal numbers, to the last bit, have equal names. */
import { createHash } from 'node:crypto';

/** The low 52 bits of the SHA-256 of the numbers as float32, little endian, as all machines here store them. */
export function computeOutputId(output: Float32Array): number {
  const bytes = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
  return Number.parseInt(createHash('sha256').update(bytes).digest('hex').slice(-13), 16);
}
