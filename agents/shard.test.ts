import { describe, expect, it } from 'vitest';
import { openReplay, smallScenario } from '../sim/cli/testRun.ts';
import { MEMORY_SIZE, PHASE } from '../sim/engine/agentContract.ts';
import { createTestWorld } from '../sim/engine/testWorld.ts';
import { A } from '../sim/protocol/actions.ts';
import { createShard } from './shard.ts';

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
    expect(first.decide(PHASE.close, 1)).toEqual({
      actions: new Float64Array(0),
      orders: new Float64Array(0),
      messages: new Float64Array(0),
    });
  });
});
