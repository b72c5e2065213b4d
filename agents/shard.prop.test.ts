import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shardBounds } from './shard.ts';

describe('shardBounds', () => {
  it('cuts the roster into contiguous parts that hold every agent once, of sizes that differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 64 }), (agentCount, shardCount) => {
        const parts = Array.from({ length: shardCount }, (_, shard) => shardBounds(agentCount, shard, shardCount));
        expect(parts[0]!.first).toBe(0);
        expect(parts[shardCount - 1]!.last).toBe(agentCount);
        for (const [i, part] of parts.entries()) if (i > 0) expect(part.first).toBe(parts[i - 1]!.last);
        const sizes = parts.map(({ first, last }) => last - first);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
