import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { PURPOSE, pick, rnd } from '../base/rnd.ts';
import { createInlineAgents } from '../cli/agentPool.ts';
import { agentsWithout, smallScenario } from '../cli/testRun.ts';
import { A } from '../protocol/actions.ts';
import { ACCOUNT, F, STRIDE, TASK_KIND, TASK_STATE } from '../protocol/layout.ts';
import { attachState } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import type { AgentsPort } from './ports.ts';
import type { SampleSets, Scenario } from './scenario.ts';
import type { SharedRun } from './shared.ts';
import { createTestInference } from './testInference.ts';
import { createTestWorld, type Group, runTestWorld, type WorldOptions, type WorldRun } from './testWorld.ts';
import { createSight, sampleOfRequest } from './view.ts';

const POOL = 200;
/** Creators that go on shipping versions, so that there are models to validate in every era. */
const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'improver', count: 3, options: { cycle_eras: 1, variant: 'en-m2' } },
  { role: 'creator', strategy: 'steady', count: 2 },
  { role: 'miner', strategy: 'steady', count: 3 },
  { role: 'validator', strategy: 'diligent', count: 7, options: { skill_bps: 10_000 } },
  { role: 'consumer', strategy: 'honest', count: 6 },
];

type Drawn = {
  readonly task: number;
  readonly kind: number;
  readonly slot: number;
  readonly group: number;
  readonly samples: readonly { readonly sample: number; readonly level: number }[];
};

type Watched = {
  readonly run: WorldRun;
  /** Every group that a task was given, with the samples that each member of it was given. */
  readonly drawn: readonly Drawn[];
  /** Samples of the requests that were served. */
  readonly live: readonly number[];
  readonly liveBySlot: readonly { readonly slot: number; readonly sample: number }[];
};

function validating(sets: SampleSets, rest: Partial<Scenario> = {}): Scenario {
  const { inference } = smallScenario([]);
  return smallScenario(GROUPS, {
    eras: 6,
    ...rest,
    params: { 'val.audit_bps': 1_000, 'val.samples': 12, ...rest.params },
    inference: { ...inference, poolSamples: POOL, sets },
  });
}

async function watch(scenario: Scenario, agents: WorldOptions['agents'] = createInlineAgents): Promise<Watched> {
  const inference = createTestInference({ poolSamples: POOL });
  const world = createTestWorld(scenario, inference);
  const drawn: Drawn[] = [];
  const liveBySlot: { slot: number; sample: number }[] = [];
  const s = attachState(world.shared.tables);
  const run = await runTestWorld(world, {
    catalogue: CATALOGUE,
    inference,
    agents(shared): AgentsPort {
      const inner = agents(shared);
      const { view, pointAt } = createSight(shared);
      return {
        ...inner,
        async decide(phase, slotCount) {
          if (phase === PHASE.work) {
            for (let task = 1; task <= s.taskTotals[F.taskTotals.taskCount]!; task++) {
              const at = task * STRIDE.tasks;
              const kind = s.tasks[at + F.tasks.kind]!;
              if (kind !== TASK_KIND.model && kind !== TASK_KIND.node) continue;
              if (s.tasks[at + F.tasks.assignedS] !== (slotCount - 1) * 3_600 + PHASE.match) continue;
              const group = s.tasks[at + F.tasks.memberStart]!;
              const seen = Array.from({ length: s.tasks[at + F.tasks.memberCount]! }, (_, i) => {
                const validator = s.members[(group + i) * STRIDE.members + F.members.validator]!;
                const account = s.validators[validator * STRIDE.validators + F.validators.owner]!;
                pointAt(shared.roster.agents[account - ACCOUNT.firstAgent]!, PHASE.work, slotCount);
                return view.samplesOfTask(task);
              });
              for (const samples of seen) expect(samples).toEqual(seen[0]);
              drawn.push({ task, kind, slot: slotCount - 1, group, samples: seen[0]! });
            }
          }
          return inner.decide(phase, slotCount);
        },
      };
    },
    hooks: {
      block(slot, phase, { actions, codes }) {
        if (phase !== PHASE.serve) return;
        const [high, low] = [s.clockTotals[F.clockTotals.beacon6]!, s.clockTotals[F.clockTotals.beacon7]!];
        actions.forEach(({ kind, args }, i) => {
          if (kind === A.serveRequest && codes[i] === 0)
            liveBySlot.push({ slot, sample: sampleOfRequest(world.shared, high, low, args[0]!).sample });
        });
      },
    },
  });
  return { run, drawn, live: liveBySlot.map(({ sample }) => sample), liveBySlot };
}

const samplesOf = (drawn: readonly Drawn[]) => drawn.flatMap(({ samples }) => samples.map(({ sample }) => sample));
const byRotation = (drawn: readonly Drawn[], rotateEras: number): Set<number>[] => {
  const found: Set<number>[] = [];
  for (const { slot, samples } of drawn) {
    const rotation = Math.floor(slot / (24 * rotateEras));
    for (const { sample } of samples) (found[rotation] ??= new Set()).add(sample);
  }
  return found.filter((set) => set !== undefined);
};

describe('sets of samples', () => {
  it('without rotation > models are validated on the public samples for ever, and consumers ask for all others', async () => {
    const { drawn, live } = await watch(validating({ publicSamples: 40, heldOutSamples: 20, rotateEras: 0 }));
    const samples = samplesOf(drawn);
    expect(samples.length).toBeGreaterThan(100);
    expect(Math.max(...samples)).toBeLessThan(40);
    expect(Math.min(...live)).toBeGreaterThanOrEqual(40);
    // Late as early.
    const slots = drawn.map(({ slot }) => slot);
    expect(Math.max(...slots) - Math.min(...slots)).toBeGreaterThan(3 * 24);
    // Every public one is in use sooner or later, and most of the others are asked for.
    expect(new Set(samples).size).toBe(40);
    expect(new Set(live).size).toBeGreaterThan(100);
  });

  it('without public samples > everything is drawn from the whole pool', async () => {
    const { drawn, live } = await watch(validating({ publicSamples: 0, heldOutSamples: 20, rotateEras: 0 }));
    for (const samples of [samplesOf(drawn), live]) {
      expect(samples.length).toBeGreaterThan(100);
      expect(Math.min(...samples)).toBeLessThan(20);
      expect(Math.max(...samples)).toBeGreaterThanOrEqual(180);
    }
  });

  it('that rotate > are held out of the samples that are not public: at most as many as are said at a time, others in the next rotation', async () => {
    const { drawn } = await watch(validating({ publicSamples: 40, heldOutSamples: 15, rotateEras: 2 }));
    const rotations = byRotation(drawn, 2);
    expect(rotations).toHaveLength(3);
    for (const set of rotations) {
      expect(Math.min(...set)).toBeGreaterThanOrEqual(40);
      expect(set.size).toBeLessThanOrEqual(15);
      expect(set.size).toBeGreaterThan(5);
    }
    for (const [i, set] of rotations.entries())
      for (const other of rotations.slice(i + 1))
        expect([...set].filter((sample) => !other.has(sample))).not.toEqual([]);
  });

  it('that rotate > are asked for by nobody while they are held out', async () => {
    const { drawn, liveBySlot } = await watch(validating({ publicSamples: 40, heldOutSamples: 60, rotateEras: 2 }));
    for (const [rotation, heldOut] of byRotation(drawn, 2).entries()) {
      const asked = liveBySlot.filter(({ slot }) => Math.floor(slot / 48) === rotation).map(({ sample }) => sample);
      // In the first rotation there is no model yet that anybody could ask.
      if (rotation === 0) continue;
      expect(asked.length).toBeGreaterThan(50);
      expect(Math.min(...asked)).toBeGreaterThanOrEqual(40);
      expect(asked.filter((sample) => heldOut.has(sample))).toEqual([]);
    }
  });

  it.each([1, 2, 3])(
    'with rotate_eras %i > the set changes at the start of these eras, and at no other time',
    async (rotateEras) => {
      const seeds: string[] = [];
      await watch(validating({ publicSamples: 40, heldOutSamples: 15, rotateEras }), (shared) => {
        const inner = createInlineAgents(shared);
        return {
          ...inner,
          decide(phase, slotCount) {
            if (phase === PHASE.open) seeds.push(Array.from(shared.setSeeds).join());
            return inner.decide(phase, slotCount);
          },
        };
      });
      const changes = seeds.flatMap((seed, slot) => (slot > 0 && seed !== seeds[slot - 1] ? [slot] : []));
      const wanted = Array.from({ length: 6 / rotateEras - 1 }, (_, i) => (i + 1) * rotateEras * 24);
      expect(changes).toEqual(wanted);
    },
  );

  it('follow from the beacon of the first slot of the rotation, which nobody could know before: it is nowhere in what agents see', async () => {
    const scenario = validating({ publicSamples: 40, heldOutSamples: 15, rotateEras: 2 });
    const seen: { readonly slotCount: number; readonly found: number }[] = [];
    const words = createTestWorld(scenario, createTestInference({ poolSamples: POOL })).plan.beacons[48]!.words;
    const holds = (column: ArrayLike<number>): boolean => {
      for (let i = 0; i + 1 < column.length; i++) if (column[i] === words[6] && column[i + 1] === words[7]) return true;
      return false;
    };
    const columnsOf = (shared: SharedRun) => [
      ...Object.values(shared.tables),
      ...[shared.setSeeds, shared.taskSeeds, shared.market, shared.streams, shared.memory, shared.puzzles],
    ];
    const { drawn, run } = await watch(scenario, (shared) => {
      const inner = createInlineAgents(shared);
      return {
        ...inner,
        decide(phase, slotCount) {
          const isNear = slotCount >= 47 && slotCount <= 50;
          if (isNear) seen.push({ slotCount, found: columnsOf(shared).filter(holds).length });
          return inner.decide(phase, slotCount);
        },
      };
    });
    // Slot 48 counts as the 49th.
    expect(seen.filter(({ slotCount }) => slotCount < 49).every(({ found }) => found === 0)).toBe(true);
    expect(seen.filter(({ slotCount }) => slotCount === 49).every(({ found }) => found === 2)).toBe(true);
    // Drawn one after the other from those that are left.
    const left = Array.from({ length: POOL - 40 }, (_, i) => 40 + i);
    const elements: number[] = [];
    for (let i = 0; i < 15; i++) {
      const j = i + pick(rnd(words[6]!, words[7]!, PURPOSE.heldOut, i, 0), left.length - i);
      [left[i], left[j]] = [left[j]!, left[i]!];
      elements.push(left[i]!);
    }
    expect(new Set(elements).size).toBe(15);
    const second = samplesOf(drawn.filter(({ slot }) => slot >= 48 && slot < 96));
    expect(second.length).toBeGreaterThan(50);
    for (const sample of second) expect(elements).toContain(sample);
    expect(run.scenario.inference.sets.rotateEras).toBe(2);
  });
});

describe('samples of a task', () => {
  const sets = { publicSamples: 40, heldOutSamples: 15, rotateEras: 1 };

  it('are not known before a group is assigned, not even to the simulator', async () => {
    let waiting = 0;
    await watch(validating(sets), (shared) => {
      const inner = createInlineAgents(shared);
      const s = attachState(shared.tables);
      const { view, pointAt } = createSight(shared);
      return {
        ...inner,
        decide(phase, slotCount) {
          pointAt(shared.roster.agents[0]!, phase, slotCount);
          for (let task = 1; task <= s.taskTotals[F.taskTotals.taskCount]!; task++) {
            if (s.tasks[task * STRIDE.tasks + F.tasks.state] !== TASK_STATE.created) continue;
            if (shared.auditSamples[task] !== 0) continue;
            waiting += 1;
            expect(() => view.samplesOfTask(task)).toThrow(`Task ${task} has no group yet`);
          }
          return inner.decide(phase, slotCount);
        },
      };
    });
    expect(waiting).toBeGreaterThan(20);
  });

  it('are the same for all members of a group, and others for the next group when the first one comes to nothing', async () => {
    // In every fifth slot nobody submits: groups of these slots miss the quorum, and others are drawn.
    const { drawn } = await watch(
      validating(sets),
      agentsWithout((_agent, name, slot) => name === 'submitResult' && slot % 5 === 4),
    );
    const groups = new Map<number, Drawn[]>();
    for (const one of drawn) groups.set(one.task, [...(groups.get(one.task) ?? []), one]);
    const repeated = [...groups.values()].filter((rounds) => rounds.length > 1);
    expect(repeated.length).toBeGreaterThan(5);
    for (const [first, ...later] of repeated) {
      for (const { samples, group, slot } of later) {
        expect(samples).toHaveLength(first!.samples.length);
        expect(samples).not.toEqual(first!.samples);
        expect(group).toBeGreaterThan(first!.group);
        expect(slot).toBeGreaterThan(first!.slot);
      }
    }
    // Two tasks do not share theirs.
    const firsts = [...groups.values()].map(([first]) => JSON.stringify(first!.samples));
    expect(new Set(firsts).size).toBe(firsts.length);
  });
});
