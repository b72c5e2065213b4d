import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import {
  buildAttention,
  buildComputeGraph,
  buildConvolution,
  buildMatmul,
  buildStreaming,
  graphKinds,
} from './computeGraphs.ts';

describe('the counts of a compute graph', () => {
  it('given one product of 2 × 2 > are those of four sums of two products, and of two means', () => {
    const { flopCount, byteCount, inputDims } = buildMatmul({ size: 2, layers: 1 });
    expect(inputDims).toEqual([2, 2]);
    // 8 multiplications and 8 additions to zero; two means of one addition and one division each.
    expect(flopCount).toBe(16 + 4);
    // Product: x, W and its result, of 4 numbers each. Mean: 4 numbers read, 2 written.
    expect(byteCount).toBe(4 * (12 + 6));
  });

  it('given layers > add up, and share their weight in the model', () => {
    const [one, three] = [1, 3].map((layers) => buildMatmul({ size: 64, layers }));
    expect(three!.flopCount - one!.flopCount).toBe(2 * 2 * 64 ** 3);
    expect(three!.byteCount - one!.byteCount).toBe(2 * 3 * 4 * 64 ** 2);
    expect(three!.model.length - one!.model.length).toBeLessThan(200);
  });

  it('given two convolutions over 5 × 5 pixels of two channels > are those of 9 and 1 pixels with 18 taps each', () => {
    const { flopCount, byteCount } = buildConvolution({ edge: 5, channels: 2, layers: 2 });
    // Per layer channels × pixels × taps, a multiplication and an addition each; then two means of one number.
    expect(flopCount).toBe(2 * 2 * 9 * 18 + 2 * 2 * 1 * 18 + 2);
    // Read 50 and weights of 36, written 18; read 18 and 36, written 2; read 2, written 2.
    expect(byteCount).toBe(4 * (50 + 36 + 18 + (18 + 36 + 2) + (2 + 2)));
  });

  it('given attention of 3 tokens, 4 wide, with 2 heads > are those of its products, shares and sums', () => {
    const { flopCount, byteCount } = buildAttention({ tokens: 3, width: 4, heads: 2, layers: 1 });
    const projections = 4 * (2 * 3 * 4 * 4);
    const scores = 2 * (2 * 3 * 3 * 2);
    const scaled = 2 * 3 * 3;
    // Each of the 6 rows of 3: 2 comparisons, 3 differences, 3 exponentials, 2 additions, 3 divisions.
    const shares = 6 * 13;
    const mixed = 2 * (2 * 3 * 2 * 3);
    const around = 12;
    const means = 12;
    expect(flopCount).toBe(projections + scores + scaled + shares + mixed + around + means);
    const numbers = {
      projections: 4 * (12 + 16 + 12),
      transposes: 4 * (12 + 12),
      scores: 12 + 12 + 18,
      scaled: 18 + 1 + 18,
      shares: 18 + 18,
      mixed: 18 + 12 + 12,
      around: 12 + 12 + 12,
      means: 12 + 4,
    };
    expect(byteCount).toBe(4 * Object.values(numbers).reduce((sum, count) => sum + count, 0));
  });

  it('given a stream of three passes > are one operation for each number and pass, and its reads and writes', () => {
    const { flopCount, byteCount } = buildStreaming({ length: 2_048, passes: 3 });
    expect(flopCount).toBe(3 * 2_048 + 2_048);
    // First pass: x and a constant to a result. Others: a result and x to a result. Mean: read all, write 1,024.
    expect(byteCount).toBe(4 * (2_048 + 1 + 2_048 + 2 * 3 * 2_048 + 2_048 + 1_024));
  });
});

describe('buildComputeGraph', () => {
  it('given any kind at its sizes > says what limits it, and fetches no more than a few kilobytes', () => {
    for (const { id, softwareSize, bound } of graphKinds) {
      const graph = buildComputeGraph(id, softwareSize);
      expect(graph).toMatchObject({ kind: id, size: softwareSize, bound });
      const [output] = onnxProto.onnx.ModelProto.decode(graph.model).graph!.output!;
      const [dim] = output!.type!.tensorType!.shape!.dim!;
      expect(Number(dim!.dimValue)).toBeLessThanOrEqual(1_024);
    }
  });

  it.each([
    ['matmul', 0, 'Size 0 of graph matmul (rows and columns): wanted 1 to 16384'],
    ['matmul', 1.5, 'Size 1.5 of graph matmul'],
    ['convolution', 16, 'wanted 17 to 4096'],
    ['streaming', 1_000, 'a multiple of 1024'],
  ] as const)('given %s of size %d > refuses it and says which sizes there are', (kind, size, message) => {
    expect(() => buildComputeGraph(kind, size)).toThrow(message);
  });
});
