import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openReplay, smallScenario } from '../sim/cli/testRun.ts';
import { MEMORY_SIZE, PHASE } from '../sim/engine/agentContract.ts';
import { createTestWorld } from '../sim/engine/testWorld.ts';
import { A } from '../sim/protocol/actions.ts';
import { createShard, shardBounds } from './shard.ts';

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

describe('createShard', () => {
  const scenario = smallScenario([
    { role: 'miner', strategy: 'steady', count: 2 },
    { role: 'miner', strategy: 'newcomer', count: 2, entrySlot: 3 },
    { role: 'validator', strategy: 'diligent', count: 1 },
  ]);

  it('asks the agents of its part only, from the slot on in which they enter, in the phases that they subscribe to', async () => {
    const { shared } = createTestWorld(scenario, await openReplay(60));
    const first = createShard(shared, 0, 2, MEMORY_SIZE);
    const second = createShard(shared, 1, 2, MEMORY_SIZE);
    // Agent, action, number of arguments, arguments.
    const reserve = (agent: number) => [agent, A.reserveSlot, 2, 4_294_967_295, 8];
    expect(Array.from(first.decide(PHASE.open, 1).actions)).toEqual([...reserve(0), ...reserve(1)]);
    expect(Array.from(second.decide(PHASE.open, 3).actions)).toEqual([4, A.registerValidator, 0]);
    expect(Array.from(second.decide(PHASE.open, 4).actions)).toEqual([
      ...reserve(2),
      ...reserve(3),
      4,
      A.registerValidator,
      0,
    ]);
    expect(first.decide(PHASE.close, 1)).toEqual({ actions: new Float64Array(0), orders: new Float64Array(0) });
  });
});
