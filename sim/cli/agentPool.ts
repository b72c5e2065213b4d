/**
 * The agents behind the engine's port: shards of the roster on piscina workers, or all of them in the calling thread.
 * Decisions are joined in shard order, so the number of threads changes nothing.
 */
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { createShard } from '../../agents/shard.ts';
import type { ShardTask } from '../../agents/worker.ts';
import { MEMORY_SIZE } from '../engine/agentContract.ts';
import type { AgentsPort, DecisionBatch } from '../engine/ports.ts';
import type { SharedRun } from '../engine/shared.ts';

function joinColumns(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * @param threads worker threads, at least 1
 * @param builtDir folder of the current build, which holds the threads' entry
 */
export function createAgentPool(run: SharedRun, threads: number, builtDir: string): AgentsPort {
  const pool = new Piscina<ShardTask, DecisionBatch>({
    filename: join(builtDir, 'agents', 'worker.js'),
    workerData: run,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    async decide(phase, slotCount) {
      const parts = await Promise.all(
        Array.from({ length: threads }, (_, shard) => pool.run({ shard, shardCount: threads, phase, slotCount })),
      );
      return {
        actions: joinColumns(parts.map((p) => p.actions)),
        orders: joinColumns(parts.map((p) => p.orders)),
        messages: joinColumns(parts.map((p) => p.messages)),
      };
    },
    close: () => pool.close(),
  };
}

/** The same agents in the calling thread: for tests that look inside, and for tools that need no threads. */
export function createInlineAgents(run: SharedRun): AgentsPort {
  const shard = createShard(run, 0, 1, MEMORY_SIZE);
  return {
    decide: async (phase, slotCount) => shard.decide(phase, slotCount),
    close: async () => {},
  };
}
