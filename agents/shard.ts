/** A shard of the roster: every agent whose turn it is looks, decides, and its decisions are written down as numbers. */

import { assert } from '../sim/base/assert.ts';
import type { AgentRandom, Decision, Phase, View } from '../sim/engine/agentContract.ts';
import { PHASE } from '../sim/engine/agentContract.ts';
import { COMPARE, type DecisionBatch, MESSAGE } from '../sim/engine/ports.ts';
import type { SharedRun } from '../sim/engine/shared.ts';
import { createSight } from '../sim/engine/view.ts';
import { A, ACTIONS, type ActionName } from '../sim/protocol/actions.ts';
import { strategyOf } from './registry.ts';

export type Shard = { decide(phase: Phase, slotCount: number): DecisionBatch };

/** @returns the agents [first, last) of shard `shard` of `shardCount`: contiguous, so that shards in order give agents in order */
export function shardBounds(
  agentCount: number,
  shard: number,
  shardCount: number,
): { readonly first: number; readonly last: number } {
  return {
    first: Math.floor((agentCount * shard) / shardCount),
    last: Math.floor((agentCount * (shard + 1)) / shardCount),
  };
}

export function createShard(run: SharedRun, shard: number, shardCount: number, memorySize: number): Shard {
  const { first, last } = shardBounds(run.roster.agents.length, shard, shardCount);
  const sight = createSight(run);
  const members = run.roster.agents.slice(first, last).map((info) => ({
    info,
    strategy: strategyOf(info.role, info.strategy),
    memory: run.memory.subarray(info.agent * memorySize, (info.agent + 1) * memorySize),
  }));
  const view: View = sight.view;
  const random: AgentRandom = sight.random;
  let actions: number[] = [];
  let orders: number[] = [];
  let messages: number[] = [];
  let agent = 0;
  let phase: Phase = PHASE.open;
  const out: Decision = {
    act(name: ActionName, args) {
      assert(phase !== PHASE.work, `Agent ${agent} acts in phase work; only inference can be ordered there`);
      assert(
        args.length === ACTIONS[name].args.length,
        `Agent ${agent}: ${name} takes ${ACTIONS[name].args.length} arguments, got ${args.length}`,
      );
      actions.push(agent, A[name], args.length, ...args);
    },
    infer(variant, sample, level) {
      assert(
        phase === PHASE.work,
        `Agent ${agent} orders inference in phase ${phase}; that is possible in phase work only`,
      );
      orders.push(agent, variant, sample, level);
    },
    compare(task) {
      assert(
        phase === PHASE.work,
        `Agent ${agent} orders a comparison in phase ${phase}; that is possible in phase work only`,
      );
      orders.push(agent, COMPARE, task, 0);
    },
    swap(model, variant) {
      assert(phase === PHASE.open, `Agent ${agent} swaps a file in phase ${phase}; that is possible in open only`);
      messages.push(agent, MESSAGE.swap, model, variant, 0, 0);
    },
    respond(challenge, answerId, responseMs, evicts) {
      assert(
        phase === PHASE.serve,
        `Agent ${agent} answers a challenge in phase ${phase}; that is possible in serve only`,
      );
      messages.push(agent, MESSAGE.respond, challenge, answerId, responseMs, evicts ? 1 : 0);
    },
    judge(challenge, licence, verdict, delayMs) {
      assert(
        phase === PHASE.reveal || phase === PHASE.close,
        `Agent ${agent} judges a challenge in phase ${phase}; that is possible in reveal and close only`,
      );
      messages.push(agent, MESSAGE.judge, challenge, licence, verdict, delayMs);
    },
    misuse(lease) {
      assert(phase === PHASE.serve, `Agent ${agent} misuses a lease in phase ${phase}; that is possible in serve only`);
      messages.push(agent, MESSAGE.misuse, lease, 0, 0, 0);
    },
  };
  return {
    decide(nextPhase, slotCount) {
      phase = nextPhase;
      actions = [];
      orders = [];
      messages = [];
      for (const { info, strategy, memory } of members) {
        if (slotCount <= info.entrySlot || !strategy.phases.includes(phase)) continue;
        agent = info.agent;
        sight.pointAt(info, phase, slotCount);
        strategy.decide(view, memory, random, out);
      }
      return {
        actions: Float64Array.from(actions),
        orders: Float64Array.from(orders),
        messages: Float64Array.from(messages),
      };
    },
  };
}
