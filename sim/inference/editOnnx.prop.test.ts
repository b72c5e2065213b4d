import fc from 'fast-check';
import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { cutHead, editOnnx, formatHead, type Operation, readHead, toHalf } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { getModel, readModelFile } from './models.ts';
import { root } from './testSupport.ts';

const { onnx } = onnxProto;
const FLOAT = 1;

/** Every float32 tensor of more than one value, by name: Constant nodes and initialisers. */
function listTensors(bytes: Uint8Array) {
  const graph = onnx.ModelProto.decode(bytes).graph!;
  const constants = graph.node!.flatMap((node) => {
    const tensor = node.opType === 'Constant' ? node.attribute?.[0]?.t : undefined;
    return tensor ? [{ name: node.output![0]!, tensor }] : [];
  });
  const initialisers = graph.initializer!.map((tensor) => ({ name: tensor.name!, tensor }));
  return [...constants, ...initialisers]
    .filter(({ tensor }) => tensor.dataType === FLOAT && tensor.rawData!.length > 4)
    .map(({ name, tensor }) => {
      const raw = tensor.rawData!;
      const values = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
      return { name, dims: tensor.dims!.map(Number), values };
    });
}

const originals = new Map(['en', 'orientation', 'voice'].map((id) => [id, readModelFile(root, getModel(id))]));

/** Sum of squared differences of all weights, over the sum of squares. */
function computeError(original: Uint8Array, edited: Uint8Array): number {
  const others = new Map(listTensors(edited).map(({ name, values }) => [name, values]));
  let difference = 0;
  let size = 0;
  for (const { name, values } of listTensors(original)) {
    values.forEach((value, i) => {
      difference += (others.get(name)![i]! - value) ** 2;
      size += value ** 2;
    });
  }
  return difference / size;
}

const perWeight: readonly Operation[] = [
  { kind: 'mantissaBits', bits: 5 },
  { kind: 'matMulBits', bits: 3 },
  { kind: 'weightNoise', seed: 1, shareBps: 200 },
];

describe.each([...originals])('editOnnx of %s', (id, original) => {
  it.each(perWeight)('given $kind > changes weights, keeps the size and leaves the original alone', (operation) => {
    const before = sha256Hex(original);
    const edited = editOnnx(original, [operation]);
    expect(edited.length).toBe(original.length);
    expect(sha256Hex(original)).toBe(before);
    // The network of the voice multiplies no matrices outside its recurrent layer.
    expect(computeError(original, edited) > 0).toBe(!(id === 'voice' && operation.kind === 'matMulBits'));
  });

  it.each([...perWeight, { kind: 'fp16' } as const])('given $kind twice > gives equal bytes', (operation) => {
    expect(sha256Hex(editOnnx(original, [operation]))).toBe(sha256Hex(editOnnx(original, [operation])));
  });

  it('given mantissa bits, applied to its own result > changes nothing more', () => {
    const operation: Operation = { kind: 'mantissaBits', bits: 4 };
    const once = editOnnx(original, [operation]);
    expect(sha256Hex(editOnnx(once, [operation]))).toBe(sha256Hex(once));
  });

  it('given fewer mantissa bits > is farther from the original', () => {
    const errors = [12, 9, 7, 5, 3, 1].map((bits) =>
      computeError(original, editOnnx(original, [{ kind: 'mantissaBits', bits }])),
    );
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(new Set(errors).size).toBe(errors.length);
  });

  it('given half precision > stores half the bytes, and every weight is within half a step of it', () => {
    const edited = editOnnx(original, [{ kind: 'fp16' }]);
    const graph = onnx.ModelProto.decode(edited).graph!;
    expect(listTensors(edited)).toEqual([]);
    const halves = new Map(
      graph.node!.flatMap((node) => {
        const tensor = node.attribute?.[0]?.t;
        return tensor?.dataType === 10 ? [[node.output![0]!, tensor.rawData!] as const] : [];
      }),
    );
    for (const { name, values } of listTensors(original)) {
      const raw = halves.get(`${name}.half`)!;
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      expect(raw.byteLength).toBe(2 * values.length);
      const isNear = values.every((value, i) => {
        const stored = fromHalf(view.getUint16(2 * i, true));
        return Math.abs(stored - value) <= Math.max(Math.abs(value) * 2 ** -11, 2 ** -25);
      });
      expect(isNear, name).toBe(true);
      expect(graph.node!.find(({ output }) => output?.[0] === name)?.opType).toBe('Cast');
    }
  });

  it('given another seed of noise > adds other noise of the same strength', () => {
    const [one, two] = [1, 2].map((seed) => editOnnx(original, [{ kind: 'weightNoise', seed, shareBps: 200 }]));
    expect(sha256Hex(one!)).not.toBe(sha256Hex(two!));
    // 2 % of the root mean square is 0.0004 of the square.
    for (const edited of [one!, two!]) {
      expect(Math.abs(computeError(original, edited) / 0.0004 - 1)).toBeLessThan(0.1);
    }
  });
});

describe('matMulBits', () => {
  const original = originals.get('en')!;

  it('given b bits > leaves 2^b - 1 values at most in a column of a matrix, and kernels as they are', () => {
    const before = new Map(listTensors(original).map(({ name, values }) => [name, values]));
    const edited = listTensors(editOnnx(original, [{ kind: 'matMulBits', bits: 3 }]));
    const changed = edited.filter(({ name, values }) => values.some((value, i) => value !== before.get(name)![i]));
    expect(changed.length).toBeGreaterThan(5);
    for (const { dims, values } of changed) {
      expect(dims.length).toBe(2);
      const column = values.filter((_, i) => i % dims[1]! === 0);
      expect(new Set(column).size).toBeLessThanOrEqual(7);
    }
  });

  it('given fewer bits > is farther from the original', () => {
    const errors = [8, 6, 4, 3, 2].map((bits) =>
      computeError(original, editOnnx(original, [{ kind: 'matMulBits', bits }])),
    );
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(new Set(errors).size).toBe(errors.length);
  });

  it.each([1, 9, 2.5])('given %s bits > refuses', (bits) => {
    expect(() => editOnnx(original, [{ kind: 'matMulBits', bits }])).toThrow(
      `Operation matMulBits takes a whole number from 2 to 8, not ${bits}`,
    );
  });
});

describe('a head', () => {
  const original = originals.get('en')!;
  const replace = (bytes: Uint8Array) => editOnnx(original, [{ kind: 'head', file: 'any', sha256: '' }], () => bytes);

  it('of the model itself > changes nothing', () => {
    const head = readHead(original);
    expect([head.featureCount, head.classCount]).toEqual([120, 97]);
    expect(sha256Hex(replace(formatHead(head)))).toBe(sha256Hex(original));
  });

  it('that is put in > is what the edited model ends in, and nothing else differs', () => {
    const head = readHead(original);
    const other = { ...head, weights: head.weights.map((w) => w / 2), biases: head.biases.map((b) => b + 1) };
    const edited = replace(formatHead(other));
    expect(readHead(edited)).toEqual(other);
    const before = listTensors(original);
    const names = listTensors(edited).filter(({ values }, i) => values.some((v, at) => v !== before[i]!.values[at]));
    expect(names.map(({ name }) => name).sort()).toEqual(['linear_8.b_0', 'linear_8.w_0']);
  });

  it('of another size > is refused', () => {
    expect(() => replace(new Uint8Array(8))).toThrow('The head has 8 bytes, the model needs 46948');
  });

  it('without anybody to read its file > is refused', () => {
    expect(() => editOnnx(original, [{ kind: 'head', file: 'ft1.f32', sha256: '' }])).toThrow('ft1.f32');
  });

  it('cut off > leaves a smaller model that maps x to y', () => {
    const { graph } = onnx.ModelProto.decode(cutHead(original));
    expect(graph!.output!.map(({ name }) => name)).toEqual(['y']);
    expect(graph!.node!.some(({ output }) => output?.[0] === 'softmax_2.tmp_0')).toBe(false);
  });
});

/** The value of a half-precision number, by the definition of the format. */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const size =
    exponent === 31
      ? mantissa === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? mantissa * 2 ** -24
        : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits >= 0x8000 ? -size : size;
}

describe('toHalf', () => {
  it('given every half-precision number > gives its own bits', () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => !Number.isNaN(fromHalf(bits)));
    expect(all.filter((bits) => toHalf(fromHalf(bits)) !== bits)).toEqual([]);
    expect(all.length).toBe(2 * (31 * 1024 + 1));
    expect(Number.isNaN(fromHalf(toHalf(Number.NaN)))).toBe(true);
  });

  it('given a number between two > gives the nearer, and of two equally near the even one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), (bits) => {
        const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
        const middle = (low + high) / 2;
        const step = high - low;
        expect(toHalf(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
        expect(toHalf(middle - step / 64)).toBe(bits);
        expect(toHalf(middle + step / 64)).toBe(bits + 1);
        expect(toHalf(-(middle + step / 64))).toBe(0x8000 | (bits + 1));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [2 ** -24, 1], // the smallest
    [2 ** -25, 0], // half of it: a tie, and zero is even
    [2 ** -25 * 1.001, 1],
    [2 ** -26, 0],
    [3 * 2 ** -25, 2], // a tie between one and two
    [65_519, 0x7bff],
  ])('given %s > gives bits %i', (value, bits) => {
    expect(toHalf(value)).toBe(bits);
  });

  it('given a number beyond the largest > refuses instead of an infinity', () => {
    expect(() => toHalf(65_520)).toThrow('65520 is too large for half precision');
  });
});
