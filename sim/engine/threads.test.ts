import { describe, expect, it } from 'vitest';
import { createShard } from '../../agents/shard.ts';
import { runSmall, smallScenario } from '../cli/testRun.ts';
import { MEMORY_SIZE } from './agentContract.ts';
import type { AgentsPort, DecisionBatch } from './ports.ts';
import type { SharedRun } from './shared.ts';
import { createTestInference } from './testInference.ts';
import type { Group } from './testWorld.ts';

/** Everybody who has to do with what is committed to, opened, compared, swapped, held out or computed. */
const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'creator', strategy: 'overfitter', count: 1 },
  { role: 'creator', strategy: 'swapper', count: 1, options: { swap_era: 2 } },
  { role: 'creator', strategy: 'improver', count: 1, options: { cycle_eras: 1 } },
  { role: 'miner', strategy: 'steady', count: 2, options: { facets: 'both' } },
  { role: 'miner', strategy: 'steady', count: 1, options: { checks_hash: 'off' } },
  { role: 'miner', strategy: 'cheater', count: 2, options: { variant: 'en-fp16' } },
  { role: 'miner', strategy: 'parrot', count: 1 },
  { role: 'validator', strategy: 'diligent', count: 5 },
  { role: 'validator', strategy: 'copier', count: 1 },
  { role: 'slark', strategy: 'diligent', count: 4 },
  { role: 'slark', strategy: 'copier', count: 2 },
  { role: 'consumer', strategy: 'honest', count: 8 },
];

/** The agents in so many parts, as so many threads would have them. */
function createShards(shared: SharedRun, count: number): AgentsPort {
  const shards = Array.from({ length: count }, (_, shard) => createShard(shared, shard, count, MEMORY_SIZE));
  const join = (parts: readonly DecisionBatch[], column: keyof DecisionBatch) =>
    Float64Array.from(parts.flatMap((part) => Array.from(part[column])));
  return {
    async decide(phase, slotCount) {
      const parts = shards.map((shard) => shard.decide(phase, slotCount));
      return { actions: join(parts, 'actions'), orders: join(parts, 'orders'), messages: join(parts, 'messages') };
    },
    close: async () => {},
  };
}

describe('a run with proofs, sets, swaps and puzzles', () => {
  it('is the same for agents in one, two and three parts, to the last bit: ledger, rows, comparisons', async () => {
    const { inference } = smallScenario([]);
    const scenario = smallScenario(GROUPS, {
      eras: 5,
      params: { 'val.audit_bps': 5_000, 'val.samples': 5, 'place.replicas': 4, 'chal.proof': 1 },
      inference: {
        ...inference,
        puzzle: 'compute',
        sets: { publicSamples: 20, heldOutSamples: 10, rotateEras: 2 },
      },
    });
    const found = [];
    for (const parts of [1, 2, 3]) {
      const port = createTestInference({ poolSamples: 60, publicSamples: 20 });
      const { outcome, eras } = await runSmall(scenario, {
        inference: port,
        agents: (shared) => createShards(shared, parts),
      });
      found.push({
        digest: outcome.digest,
        proofs: outcome.proofs,
        eras,
        compared: port.compared,
        executed: port.executed,
      });
    }
    const [one, two, three] = found;
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    const conducts = new Set(one!.eras.flatMap(({ audits }) => audits.map(({ conduct }) => conduct)));
    expect(conducts).toEqual(new Set(['honest', 'substitute', 'copied', 'unopened']));
    expect(one!.proofs.droppedCount).toBeGreaterThan(0);
  });
});
