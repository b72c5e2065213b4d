/** The numbers in inputs and weights of compute graphs: filled alike by every process, so that no large tensor is sent. */

/** Value `i` of the tensor `salt`: a multiple of 2^-9 in [-1, 1), which every device holds exactly. */
export function valueAt(salt: number, i: number): number {
  let hash = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 22) / 512 - 1;
}

/** @param scale  power of two, which keeps the values exact */
export function fillValues(salt: number, length: number, scale = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = valueAt(salt, i) * scale;
  return values;
}

/** Which tensor of a graph is filled with which salt. */
export const INPUT_SALT = 0;

export const countElements = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
