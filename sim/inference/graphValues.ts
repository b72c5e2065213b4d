/** The numbers in inputs and weights of compute graphs: filled alike by every process, so that no large tensor is sent. */

/** 32 bits, equal for equal arguments on every machine. */
function hashOf(salt: number, i: number): number {
  let hash = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Value `i` of the tensor `salt`: a multiple of 2^-9 in [-1, 1), which every device holds exactly. */
export const valueAt = (salt: number, i: number): number => (hashOf(salt, i) >>> 22) / 512 - 1;

/** @param scale  power of two, which keeps the values exact */
export function fillValues(salt: number, length: number, scale = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = valueAt(salt, i) * scale;
  return values;
}

/** Whole numbers from -limit to limit. @param limit  at most 2^15 */
export function fillIntegers(salt: number, length: number, limit: number): Int32Array {
  const values = new Int32Array(length);
  for (let i = 0; i < length; i++) values[i] = (hashOf(salt, i) % (2 * limit + 1)) - limit;
  return values;
}

/** Signed bytes, each from the whole of a key of four words of 32 bits. */
export function fillBytes(key: readonly [number, number, number, number], length: number): Int8Array {
  const bytes = new Int8Array(length);
  const [a, b, c, d] = key;
  for (let i = 0; i < length; i += 4) {
    const word = hashOf(hashOf(a, i) ^ b, hashOf(c, i) ^ d);
    for (let byte = 0; byte < 4 && i + byte < length; byte++) bytes[i + byte] = word >>> (8 * byte);
  }
  return bytes;
}

/** Which tensor of a graph is filled with which salt. */
export const INPUT_SALT = 0;

export const countElements = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
