/**
 * Entry of an agents' thread: holds a shard of the roster and answers one question per phase, what its agents do. Reads
 * the shared columns, writes only its own agents' memory and streams.
 */
import { workerData } from 'node:worker_threads';
import { MEMORY_SIZE, type Phase } from '../sim/engine/agentContract.ts';
import type { DecisionBatch } from '../sim/engine/ports.ts';
import type { SharedRun } from '../sim/engine/shared.ts';
import { createShard } from './shard.ts';

/** One question: shard `shard` of `shardCount`, in a phase of a slot. */
export type ShardTask = {
  readonly shard: number;
  readonly shardCount: number;
  readonly phase: Phase;
  readonly slotCount: number;
};

const run = workerData as SharedRun;
const shards = new Map<number, ReturnType<typeof createShard>>();

export default function decide(task: ShardTask): DecisionBatch {
  const key = task.shard * 1_024 + task.shardCount;
  let shard = shards.get(key);
  if (shard === undefined) {
    shard = createShard(run, task.shard, task.shardCount, MEMORY_SIZE);
    shards.set(key, shard);
  }
  return shard.decide(task.phase, task.slotCount);
}
