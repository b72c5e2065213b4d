import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { agentsWithout, runSmall, smallScenario } from '../cli/testRun.ts';
import { F, STRIDE, TASK_KIND } from '../protocol/layout.ts';
import { attachState } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { hasExecuted } from './executions.ts';
import { createIntake } from './intake.ts';
import { COMPARE } from './ports.ts';
import { DISTANCE_SIZE } from './shared.ts';
import { createTestInference } from './testInference.ts';
import type { Group, WorldOptions } from './testWorld.ts';

const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'steady', count: 3 },
  { role: 'validator', strategy: 'diligent', count: 5 },
  { role: 'consumer', strategy: 'honest', count: 6 },
];
const SCENARIO = smallScenario(GROUPS, {
  eras: 4,
  params: { 'val.audit_bps': 5_000, 'val.samples': 5, 'place.replicas': 3 },
});
/** Puzzles come after fifteen models. */
const VARIANT_COUNT = 18;
const NONSENSE: readonly (readonly number[])[] = [
  [0, VARIANT_COUNT, 0, 0],
  [0, -2, 0, 0],
  [0, Number.NaN, 0, 0],
  [0, 0, 60, 0],
  [0, 0, -1, 0],
  [0, 0, 0, 3],
  [0, 0, 0.5, 0],
];

describe('orders', () => {
  const run = (agents: WorldOptions['agents']) =>
    runSmall(SCENARIO, {
      inference: createTestInference({ poolSamples: 60 }),
      ...(agents === undefined ? {} : { agents }),
    });
  /** All agents, and in phase work orders that the first of them did not come up with. */
  const withOrders =
    (more: (slotCount: number) => readonly (readonly number[])[]): WorldOptions['agents'] =>
    (shared) => {
      const inner = createInlineAgents(shared);
      return {
        ...inner,
        async decide(phase, slotCount) {
          const batch = await inner.decide(phase, slotCount);
          if (phase !== PHASE.work) return batch;
          return { ...batch, orders: Float64Array.from([...batch.orders, ...more(slotCount).flat()]) };
        },
      };
    };

  it('of what is no inference, and of comparisons with nothing, are ignored and counted; the run is as without them', async () => {
    const plain = await run(createInlineAgents);
    let sentCount = 0;
    const found = await run(
      withOrders((slotCount) => {
        if (slotCount % 10 !== 0) return [];
        sentCount += 1;
        // No task, the first one, which is no audit, and numbers that are none.
        const compared = [0, 1, 100_000, Number.NaN, 1.5].map((task) => [0, COMPARE, task, 0]);
        return [...NONSENSE, ...compared];
      }),
    );
    expect(sentCount).toBe(9);
    expect(found.outcome.ignoredMessages).toEqual({
      'no such inference': sentCount * NONSENSE.length,
      'nothing to compare': sentCount * 5,
    });
    expect(found.outcome.digest).toBe(plain.outcome.digest);
    expect(found.eras).toEqual(plain.eras);
  });

  it('to compare an audit whose commitment is not opened yet leave it to be compared once it is', async () => {
    let refusedCount = 0;
    let unopenedCount = 0;
    const { outcome, shared, eras } = await run((own) => {
      const s = attachState(own.tables);
      // Commitments are opened in every other slot only; comparisons are ordered of every task there is.
      const late = agentsWithout((_agent, name, slot) => name === 'revealSketch' && slot % 2 === 1)!(own);
      return {
        ...late,
        async decide(phase, slotCount) {
          const batch = await late.decide(phase, slotCount);
          if (phase !== PHASE.work) return batch;
          const tasks = Array.from({ length: s.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1);
          for (const task of tasks) {
            const isAudit = s.tasks[task * STRIDE.tasks + F.tasks.kind] === TASK_KIND.output;
            if (isAudit && s.tasks[task * STRIDE.tasks + F.tasks.sketchId] !== 0) continue;
            refusedCount += 1;
            if (isAudit) unopenedCount += 1;
          }
          const more = tasks.flatMap((task) => [0, COMPARE, task, 0]);
          return { ...batch, orders: Float64Array.from([...batch.orders, ...more]) };
        },
      };
    });
    expect(unopenedCount).toBeGreaterThan(10);
    expect(outcome.ignoredMessages).toEqual({ 'nothing to compare': refusedCount });
    const rows = eras.flatMap(({ audits }) => audits);
    expect(rows.length).toBeGreaterThan(20);
    expect(new Set(rows.map((row) => `${row.outcome} ${row.distancePpb}`))).toEqual(new Set(['passed 0']));
    const s = attachState(shared.tables);
    for (let task = 1; task <= s.taskTotals[F.taskTotals.taskCount]!; task++)
      if (s.tasks[task * STRIDE.tasks + F.tasks.sketchId] === 0) expect(shared.distances[task * DISTANCE_SIZE]).toBe(0);
  });

  it('that can be executed are the agent’s own from then on; a comparison gives it the declared execution', async () => {
    const { shared, state } = await run(createInlineAgents);
    const audited = Array.from({ length: state.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1).find((task) => {
      const at = task * STRIDE.tasks;
      return state.tasks[at + F.tasks.kind] === TASK_KIND.output && state.tasks[at + F.tasks.sketchId] !== 0;
    })!;
    const intake = createIntake(shared, state);
    const orders = [[9, COMPARE, audited, 0], [9, 0, 1, 1], ...NONSENSE].flat();
    expect(Array.from(intake.orders(Float64Array.from(orders)))).toEqual([9, COMPARE, audited, 0, 9, 0, 1, 1]);
    expect(intake.ignored()).toEqual({ 'no such inference': NONSENSE.length });
    // Validators execute what an audit declares; a consumer, the last agent, has executed nothing.
    const packed = shared.auditSamples[audited]! - 1;
    const job = [0, Math.floor(packed / 4), packed % 4] as const;
    const holders = shared.roster.agents.filter(({ agent }) => hasExecuted(shared, agent, ...job));
    expect(new Set(holders.map(({ role }) => role))).toEqual(new Set(['miner', 'validator']));
  });
});
