import { afterAll, describe, expect, it } from 'vitest';
import { buildAttention, buildConvolution, buildMatmul, buildStreaming } from './computeGraphs.ts';
import { countElements, valueAt } from './graphValues.ts';
import { startRunner } from './runnerProcess.ts';
import { getBuiltDir } from './testSupport.ts';

/** The same graphs once more, in double precision and as plainly as they can be written. */
type Matrix = readonly (readonly number[])[];

const matrix = (salt: number, rows: number, columns: number, scale = 1): Matrix =>
  Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => valueAt(salt, r * columns + c) * scale),
  );
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, c) => row.reduce((sum, value, k) => sum + value * b[k]![c]!, 0)));
const transposed = (a: Matrix): Matrix => a[0]!.map((_, c) => a.map((row) => row[c]!));
const columnMeans = (a: Matrix): number[] =>
  transposed(a).map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);

function matmulReference(size: number, layers: number, scale: number): number[] {
  let value = matrix(0, size, size);
  for (let layer = 0; layer < layers; layer++) value = product(value, matrix(1, size, size, scale));
  return columnMeans(value);
}

function convolutionReference(edge: number, channels: number, layers: number, scale: number): number[] {
  let side = edge;
  let pixel = (channel: number, row: number, column: number): number =>
    valueAt(0, (channel * edge + row) * edge + column);
  for (let layer = 0; layer < layers; layer++) {
    const [before, next] = [pixel, side - 2];
    const values = Array.from({ length: channels * next * next }, (_, i) => {
      const [out, row, column] = [Math.floor(i / next / next), Math.floor(i / next) % next, i % next];
      let sum = 0;
      for (let channel = 0; channel < channels; channel++)
        for (let dy = 0; dy < 3; dy++)
          for (let dx = 0; dx < 3; dx++)
            sum +=
              before(channel, row + dy, column + dx) *
              valueAt(1, ((out * channels + channel) * 3 + dy) * 3 + dx) *
              scale;
      return sum;
    });
    pixel = (channel, row, column) => values[(channel * next + row) * next + column]!;
    side = next;
  }
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) sum += pixel(channel, row, column);
    return sum / side / side;
  });
}

function attentionReference(shape: {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly scale: number;
  readonly scoreScale: number;
}): number[] {
  const { tokens, width, heads, layers, scale, scoreScale } = shape;
  const headWidth = width / heads;
  const [query, key, content, out] = [1, 2, 3, 4].map((salt) => matrix(salt, width, width, scale));
  let value = matrix(0, tokens, width);
  for (let layer = 0; layer < layers; layer++) {
    const [queries, keys, contents] = [query!, key!, content!].map((weight) => product(value, weight));
    const mixed = Array.from({ length: tokens }, () => [] as number[]);
    for (let head = 0; head < heads; head++) {
      const part = (a: Matrix): Matrix => a.map((row) => row.slice(head * headWidth, (head + 1) * headWidth));
      const scores = product(part(queries!), transposed(part(keys!)));
      const shares = scores.map((row) => {
        const powers = row.map((score) => Math.exp(score * scoreScale));
        const sum = powers.reduce((a, b) => a + b, 0);
        return powers.map((power) => power / sum);
      });
      for (const [token, row] of product(shares, part(contents!)).entries()) mixed[token]!.push(...row);
    }
    const before = value;
    value = product(mixed, out!).map((row, token) => row.map((cell, i) => cell + before[token]![i]!));
  }
  return columnMeans(value);
}

function streamingReference(length: number, passes: number): number[] {
  const sums = Array<number>(1_024).fill(0);
  for (let i = 0; i < length; i++) {
    const x = valueAt(0, i);
    let value = x - 0.5;
    for (let pass = 1; pass < passes; pass++) value = pass % 2 === 1 ? Math.max(value, x) : value - x;
    sums[i % 1_024]! += value / (length / 1_024);
  }
  return sums;
}

const runner = startRunner({ builtDir: getBuiltDir() });
afterAll(() => runner.stop(5_000));

async function time(graph: { readonly model: Uint8Array; readonly inputDims: readonly number[] }) {
  const { model, inputDims: dims } = graph;
  const reply = await runner.ask({ kind: 'time', device: 'cpu', model, dims, warmUpCount: 1, runCount: 2 }, 30_000);
  if (reply.kind !== 'timed') throw new Error(reply.kind);
  return reply;
}

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const norm = (values: readonly number[]) => Math.hypot(...values);
  expect(norm(expected)).toBeGreaterThan(1e-3);
  expect(norm(expected.map((value, i) => value - actual[i]!)) / norm(expected)).toBeLessThan(1e-5);
}

describe('a compute graph on the cpu', () => {
  it('given matrix products > computes the same as three loops', async () => {
    expectClose((await time(buildMatmul({ size: 12, layers: 3 }))).y, matmulReference(12, 3, 0.5));
  });

  it('given convolutions > computes the same as six loops', async () => {
    const { y } = await time(buildConvolution({ edge: 9, channels: 3, layers: 2 }));
    expectClose(y, convolutionReference(9, 3, 2, 0.25));
  });

  it('given attention > computes the same as its definition', async () => {
    const shape = { tokens: 5, width: 12, heads: 3, layers: 2 };
    expectClose((await time(buildAttention(shape))).y, attentionReference({ ...shape, scale: 0.5, scoreScale: 0.5 }));
  });

  it('given a stream > computes the same as one loop', async () => {
    expectClose((await time(buildStreaming({ length: 4_096, passes: 8 }))).y, streamingReference(4_096, 8));
  });

  it('given runs to time > gives one time for each, and none for those that warm up', async () => {
    const { wallUs, y } = await time(buildMatmul({ size: 8, layers: 1 }));
    expect(wallUs).toHaveLength(2);
    expect(Math.min(...wallUs)).toBeGreaterThan(0);
    expect(y.length).toBe(countElements([8]));
  });
});
