/**
 * Which compute puzzle suits what a challenge asks for. Decides kind and size; what a puzzle computes is decided in
 * sim/inference/puzzles.ts, whose order is that of the kinds here.
 */
import { assert } from '../base/assert.ts';

/** Index of a puzzle among the puzzles of the port. */
export const PUZZLE_KIND = { matmul: 0, convolution: 1, streaming: 2 } as const;

/** What a challenge asks a machine for. */
export type PuzzleRequirement = {
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
};

export type PuzzleChoice = {
  /** Of {@link PUZZLE_KIND}. */
  readonly kind: number;
  /** 0 small, 1 medium, 2 large. */
  readonly level: number;
};

/** Gigabytes for each thread from which memory is what a machine is asked for: what clouds call optimised for memory. */
const MEMORY_GB_PER_CPU = 8;

/** From how much of what decides the kind a puzzle is of the medium and of the large size. */
const MEDIUM_AND_LARGE = {
  gpuCount: [2, 4],
  memoryGb: [64, 256],
  cpuCount: [8, 32],
} as const;

function levelOf(resource: keyof typeof MEDIUM_AND_LARGE, count: number): number {
  return MEDIUM_AND_LARGE[resource].filter((least) => count >= least).length;
}

/**
 * A convolution where a GPU is asked for; a stream through memory where memory is, by {@link MEMORY_GB_PER_CPU}; else
 * products of matrices. The more of it, the larger. Storage decides nothing: no puzzle writes to a disk.
 *
 * @param requirement  counts of at least 0
 * @rule CHAL-6
 */
export function choosePuzzle(requirement: PuzzleRequirement): PuzzleChoice {
  const { cpuCount, memoryGb, gpuCount } = requirement;
  for (const [resource, count] of Object.entries(requirement))
    assert(Number.isSafeInteger(count) && count >= 0, `A challenge asks for ${count} of ${resource}`);
  if (gpuCount > 0) return { kind: PUZZLE_KIND.convolution, level: levelOf('gpuCount', gpuCount) };
  if (memoryGb > MEMORY_GB_PER_CPU * cpuCount)
    return { kind: PUZZLE_KIND.streaming, level: levelOf('memoryGb', memoryGb) };
  return { kind: PUZZLE_KIND.matmul, level: levelOf('cpuCount', cpuCount) };
}
