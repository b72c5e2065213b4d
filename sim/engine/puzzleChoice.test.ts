import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePuzzle, PUZZLE_KIND, type PuzzleRequirement } from './puzzleChoice.ts';

const { matmul, convolution, streaming } = PUZZLE_KIND;
const asking = (wanted: Partial<PuzzleRequirement>): PuzzleRequirement => ({
  ...{ cpuCount: 0, memoryGb: 0, storageGb: 0, gpuCount: 0 },
  ...wanted,
});

describe('choosePuzzle (CHAL-6)', () => {
  it.each([
    ['nothing', {}, matmul, 0],
    ['a thread', { cpuCount: 1 }, matmul, 0],
    ['7 threads', { cpuCount: 7, memoryGb: 16 }, matmul, 0],
    ['8 threads', { cpuCount: 8, memoryGb: 16 }, matmul, 1],
    ['31 threads', { cpuCount: 31 }, matmul, 1],
    ['32 threads', { cpuCount: 32 }, matmul, 2],
    ['8 GB for each thread', { cpuCount: 4, memoryGb: 32 }, matmul, 0],
    ['more than 8 GB for each thread', { cpuCount: 4, memoryGb: 33 }, streaming, 0],
    ['memory alone', { memoryGb: 1 }, streaming, 0],
    ['63 GB', { cpuCount: 1, memoryGb: 63 }, streaming, 0],
    ['64 GB', { cpuCount: 1, memoryGb: 64 }, streaming, 1],
    ['256 GB', { cpuCount: 8, memoryGb: 256 }, streaming, 2],
    ['a GPU', { gpuCount: 1, cpuCount: 64, memoryGb: 1_024 }, convolution, 0],
    ['2 GPUs', { gpuCount: 2 }, convolution, 1],
    ['4 GPUs', { gpuCount: 4 }, convolution, 2],
    ['a disk', { storageGb: 100_000 }, matmul, 0],
  ])('given a challenge that asks for %s > chooses the puzzle that needs it', (_, wanted, kind, level) => {
    expect(choosePuzzle(asking(wanted))).toEqual({ kind, level });
  });

  const count = fc.integer({ min: 0, max: 10_000 });
  const anyRequirement = fc.record({ cpuCount: count, memoryGb: count, storageGb: count, gpuCount: count });

  it('given any requirement > chooses a puzzle that there is', () => {
    const property = fc.property(anyRequirement, (requirement) => {
      const { kind, level } = choosePuzzle(requirement);
      expect(Object.values(PUZZLE_KIND)).toContain(kind);
      expect([0, 1, 2]).toContain(level);
    });
    fc.assert(property);
  });

  it('given more of what decided the kind > never chooses a smaller one', () => {
    const deciding = { [matmul]: 'cpuCount', [convolution]: 'gpuCount', [streaming]: 'memoryGb' } as const;
    const property = fc.property(anyRequirement, count, (requirement, more) => {
      const before = choosePuzzle(requirement);
      const resource = deciding[before.kind as keyof typeof deciding];
      const after = choosePuzzle({ ...requirement, [resource]: requirement[resource] + more });
      expect(after.kind).toBe(before.kind);
      expect(after.level).toBeGreaterThanOrEqual(before.level);
    });
    fc.assert(property);
  });

  it('given a count that is none > refuses it', () => {
    expect(() => choosePuzzle(asking({ gpuCount: -1 }))).toThrow('A challenge asks for -1 of gpuCount');
    expect(() => choosePuzzle(asking({ memoryGb: 0.5 }))).toThrow('0.5 of memoryGb');
  });
});
