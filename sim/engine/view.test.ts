import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, pick, rnd } from '../base/rnd.ts';
import { createInlineAgents } from '../cli/agentPool.ts';
import { openReplay, runSmall, smallScenario } from '../cli/testRun.ts';
import { F, STRIDE, TASK_KIND } from '../protocol/layout.ts';
import { attachState, getParam } from '../protocol/state.ts';
import { PHASE, type View } from './agentContract.ts';
import { digestOf, packState } from './digest.ts';
import { hasExecuted } from './executions.ts';
import type { Scenario } from './scenario.ts';
import { answerAt, DISTANCE_SIZE, type SharedRun } from './shared.ts';
import { createTestWorld, type Group, type WorldRun } from './testWorld.ts';
import { createSight, sampleOfRequest } from './view.ts';

const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'improver', count: 2 },
  { role: 'creator', strategy: 'steady', count: 1, options: { cartel: 3 } },
  { role: 'miner', strategy: 'steady', count: 4 },
  { role: 'miner', strategy: 'cheater', count: 1 },
  { role: 'validator', strategy: 'diligent', count: 4 },
  { role: 'validator', strategy: 'colluder', count: 1, options: { cartel: 3 } },
  { role: 'validator', strategy: 'colluder', count: 1, options: { cartel: 0 } },
  { role: 'consumer', strategy: 'honest', count: 5 },
  { role: 'consumer', strategy: 'spammer', count: 1 },
  { role: 'delegator', strategy: 'yield-seeker', count: 1 },
];
const SCENARIO: Scenario = smallScenario(GROUPS, { eras: 4, params: { 'val.audit_bps': 5_000, 'val.samples': 10 } });

describe('view', () => {
  let run: WorldRun;
  let sight: ReturnType<typeof createSight>;
  beforeAll(async () => {
    run = await runSmall(SCENARIO);
    sight = createSight(run.shared);
  });
  const slotCount = 4 * 24;
  /** The view of an agent. */
  function of(role: string, index = 0): View {
    const info = run.roster.agents.filter((agent) => agent.role === role)[index]!;
    sight.pointAt(info, PHASE.serve, slotCount);
    return sight.view;
  }

  it('tells where and when one is', () => {
    const view = of('miner', 2);
    expect([view.account, view.roleIndex, view.populationIndex]).toEqual([37, 2, 2]);
    expect([view.slotCount, view.slotOfEra, view.phase, view.nowS]).toEqual([96, 23, 120, 95 * 3_600 + 120]);
    expect(view.unitsPerToken).toBe(1_000_000);
  });

  it('shows what one owns, and only that', () => {
    const owned = (
      own: (view: View) => readonly number[],
      role: string,
      count: number,
      owner: (entity: number) => number,
    ) =>
      Array.from({ length: count }, (_, i) => {
        const view = of(role, i);
        for (const entity of own(view)) expect(owner(entity)).toBe(view.account);
        return [...own(view)];
      }).flat();
    const s = run.state;
    const nodes = owned(
      (view) => view.myNodes(),
      'miner',
      5,
      (node) => s.nodes[node * STRIDE.nodes + F.nodes.owner]!,
    );
    expect(nodes.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    const models = owned(
      (view) => view.myModels(),
      'creator',
      3,
      (model) => s.models[model * STRIDE.models + F.models.owner]!,
    );
    expect(models.sort((a, b) => a - b)).toEqual([1, 2, 3]);
    const validators = owned(
      (view) => view.myValidators(),
      'validator',
      6,
      (validator) => s.validators[validator * STRIDE.validators + F.validators.owner]!,
    );
    expect(validators).toHaveLength(6);
    expect(of('delegator').myDelegations().length).toBe(s.stakeTotals[F.stakeTotals.delegationCount]);
    expect(of('consumer').myNodes()).toEqual([]);
  });

  it('given a slot in which nothing was asked for > shows no requests, although the ledger holds those of the last one', () => {
    const s = run.state;
    const node = s.requests[STRIDE.requests + F.requests.node]!;
    const at = s.callTotals[F.callTotals.slot]!;
    const miner = run.roster.agents.find(({ account }) => account === s.nodes[node * STRIDE.nodes + F.nodes.owner])!;
    sight.pointAt(miner, PHASE.serve, at);
    expect(sight.view.requestsOfNode(node)).toContain(1);
    sight.pointAt(miner, PHASE.serve, at + 1);
    expect(sight.view.requestsOfNode(node)).toEqual([]);
    expect(sight.view.myRequests()).toEqual([]);
  });

  it('shows the market in order of rank, with the models that are live', () => {
    const offers = of('consumer').market();
    expect(offers).toHaveLength(run.state.modelTotals[F.modelTotals.liveCount]!);
    expect(offers.map(({ rankFp }) => rankFp)).toEqual([...offers.map(({ rankFp }) => rankFp)].sort((a, b) => b - a));
    for (const { weightFp } of offers) expect(weightFp).toBeGreaterThan(0);
  });

  it('names the variants by artefact, name and work, and no others', () => {
    const view = of('miner');
    for (let variant = 0; variant < view.variantCount; variant++) {
      expect(view.variantOf(view.artefactOf(variant))).toBe(variant);
      expect(view.wuOf(variant)).toBe(run.shared.variants[variant]!.wu);
      expect(view.variantNamed(run.shared.variants[variant]!.id)).toBe(variant);
    }
    expect(view.variantOf(123)).toBe(-1);
    // What comes after the models are puzzles: nobody can declare one.
    const models = run.shared.variants.filter(({ isPuzzle }) => !isPuzzle);
    expect(view.variantCount).toBe(models.length);
    expect(() => view.artefactOf(view.variantCount)).toThrow(`There is no variant number ${models.length}`);
    expect(() => view.wuOf(-1)).toThrow('There is no variant number -1');
    expect(() => view.variantNamed('en-m1')).toThrow(/There is no variant en-m1; known are en, /);
  });

  it('shows an agent the answers that it has ordered, and nothing of what others have', () => {
    const { variants, answers } = run.shared;
    const counts = new Map<string, number>();
    let heldByOthers = 0;
    for (const [role, index] of [
      ['validator', 0],
      ['validator', 1],
      ['miner', 0],
      ['consumer', 0],
    ] as const) {
      const view = of(role, index);
      const { agent } = run.roster.agents.find(({ account }) => account === view.account)!;
      let count = 0;
      for (let variant = 0; variant < variants.length; variant++)
        for (let level = 0; level < 3; level++)
          for (let sample = 0; sample < 60; sample++) {
            const isMeasured = answers[answerAt(run.shared, variant, sample, level)] !== 0;
            const isOwn = hasExecuted(run.shared, agent, variant, sample, level);
            expect(view.answer(variant, sample, level) !== undefined).toBe(isMeasured && isOwn);
            if (isOwn) count += 1;
            else if (isMeasured) heldByOthers += 1;
          }
      counts.set(`${role} ${index}`, count);
    }
    expect(counts.get('validator 0')).toBeGreaterThan(10);
    expect(counts.get('miner 0')).toBeGreaterThan(10);
    expect(counts.get('consumer 0')).toBe(0);
    expect(heldByOthers).toBeGreaterThan(50);
  });

  it('tells the distance of an audited sketch to those who have executed what was declared, and to nobody else', () => {
    const s = run.state;
    const everybody = createSight(run.shared, 'all').view;
    const compared = Array.from({ length: s.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1).filter(
      (task) => run.shared.distances[task * DISTANCE_SIZE] !== 0,
    );
    const tally = { told: 0, untold: 0 };
    for (const task of compared) {
      const { sample, level } = everybody.sampleOfAudit(task);
      const version = s.tasks[task * STRIDE.tasks + F.tasks.referenceId]! * STRIDE.versions;
      const declared = everybody.variantOf(s.versions[version + F.versions.artefactId]!);
      for (const info of run.roster.agents) {
        sight.pointAt(info, PHASE.serve, slotCount);
        const isHolder = hasExecuted(run.shared, info.agent, declared, sample, level);
        expect(sight.view.distanceOf(task)).toEqual(isHolder ? everybody.distanceOf(task) : undefined);
        tally[isHolder ? 'told' : 'untold'] += 1;
      }
    }
    expect(tally.told).toBeGreaterThan(compared.length);
    expect(tally.untold).toBeGreaterThan(compared.length);
    expect(compared.length).toBeGreaterThan(10);
  });

  it('tells a consumer what the answer to its own request is worth, and nobody else', () => {
    const s = run.state;
    const at = s.callTotals[F.callTotals.slot]!;
    const everybody = createSight(run.shared, 'all').view;
    let known = 0;
    for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
      const consumer = s.requests[request * STRIDE.requests + F.requests.consumer]!;
      const answerId = s.requests[request * STRIDE.requests + F.requests.answerId]!;
      const { sample, level } = everybody.sampleOf(request);
      const given = run.shared.variants.findIndex(
        (_, variant) => everybody.answer(variant, sample, level)?.answerId === answerId,
      );
      for (const info of run.roster.agents) {
        sight.pointAt(info, PHASE.close, at);
        const isOwn = info.account === consumer && given >= 0;
        const worth = isOwn ? everybody.answer(given, sample, level)!.qualityBps : -1;
        expect(sight.view.qualityOf(request)).toBe(worth);
        if (isOwn) known += 1;
      }
    }
    expect(known).toBeGreaterThan(0);
  });

  it('shows the simulator all measured answers, and nothing where nobody measured', async () => {
    const { view } = createSight(run.shared, 'all');
    const port = await openReplay(60);
    const known: { variant: number; sample: number; level: number }[] = [];
    for (let variant = 0; variant < view.variantCount; variant++) {
      for (let level = 0; level < 3; level++) {
        for (let sample = 0; sample < 60; sample++)
          if (view.answer(variant, sample, level) !== undefined) known.push({ variant, sample, level });
      }
    }
    expect(known.length).toBeGreaterThan(50);
    expect(known.length).toBeLessThan(view.variantCount * 180);
    const answers = await port.infer(known);
    expect(known.map(({ variant, sample, level }) => view.answer(variant, sample, level))).toEqual(answers);
    // Level 0 has no share in this scenario.
    expect(view.answer(0, 0, 0)).toBeUndefined();
  });

  it('gives all members of a task the same samples, which nobody knows before the assignment', () => {
    const s = run.state;
    const task = Array.from({ length: s.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1).find(
      (id) => s.tasks[id * STRIDE.tasks + F.tasks.kind] === TASK_KIND.model,
    )!;
    const samples = of('validator', 0).samplesOfTask(task);
    expect(samples).toHaveLength(10);
    expect(of('validator', 1).samplesOfTask(task)).toEqual(samples);
    for (const { sample, level } of samples) {
      expect(sample).toBeLessThan(60);
      expect([1, 2]).toContain(level);
    }
    const { taskSeeds } = run.shared;
    const seed = taskSeeds[task]!;
    taskSeeds[task] = seed + 1;
    expect(of('validator', 0).samplesOfTask(task)).not.toEqual(samples);
    taskSeeds[task] = 0;
    expect(() => of('validator', 0).samplesOfTask(task)).toThrow(`Task ${task} has no group yet`);
    taskSeeds[task] = seed;
  });

  it('tells the sample of an audited request to those who audit it; there is none for another task', () => {
    const s = run.state;
    const kindOf = (task: number) => s.tasks[task * STRIDE.tasks + F.tasks.kind];
    const tasks = Array.from({ length: s.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1);
    const audits = tasks.filter((task) => kindOf(task) === TASK_KIND.output);
    expect(audits.length).toBeGreaterThan(10);
    for (const task of audits) {
      const { sample, level } = of('validator').sampleOfAudit(task);
      // What the audited answer was given to: the variant of the model, or the cheater's, answered so.
      const answers = Array.from(
        { length: of('validator').variantCount },
        (_, variant) => createSight(run.shared, 'all').view.answer(variant, sample, level)?.answerId,
      );
      expect(answers).toContain(s.tasks[task * STRIDE.tasks + F.tasks.answerId]);
    }
    expect(() => of('validator').sampleOfAudit(tasks.find((task) => kindOf(task) !== TASK_KIND.output)!)).toThrow(
      'is no audit',
    );
  });

  it('draws sample and difficulty of a request from the beacon of its slot', () => {
    const drawn = Array.from({ length: 2_000 }, (_, request) => sampleOfRequest(run.shared, 7, 9, request + 1));
    expect(drawn[0]!.sample).toBe(pick(rnd(7, 9, PURPOSE.sample, 1, 0), 60));
    const share = (level: number) => drawn.filter((one) => one.level === level).length / drawn.length;
    expect(share(0)).toBe(0);
    expect(Math.abs(share(1) - 0.5)).toBeLessThan(0.05);
    expect(new Set(drawn.map(({ sample }) => sample)).size).toBe(60);
  });

  it('shows a cartel to its members, across groups and roles; to nobody else, and none under number 0', () => {
    const accounts = run.roster.agents
      .filter(({ population }) => population === 1 || population === 5)
      .map(({ account }) => account);
    expect(accounts).toHaveLength(2);
    expect(of('validator', 4).cartel()).toEqual(accounts);
    expect(of('creator', 2).cartel()).toEqual(accounts);
    expect(of('validator', 5).cartel()).toEqual([]);
    expect(of('miner', 0).cartel()).toEqual([]);
    expect(of('consumer', 5).cartel()).toEqual([]);
  });

  it('probes the node’s true hardware, and shows a miner its own', () => {
    for (const index of [0, 1, 4]) {
      const own = of('miner', index);
      const hardware = { hardwareMil: own.hardwareMil, rttMs: own.rttMs, failBps: own.failBps };
      expect(own.connected).toBe(true);
      const [node] = own.myNodes();
      expect(of('validator').probeNode(node!)).toEqual(hardware);
    }
  });

  it('knows the parameters, as the ledger has them', () => {
    expect(of('miner').param('val.audit_bps')).toBe(5_000);
    expect(of('miner').param('node.stake_min')).toBe(getParam(run.state, 'node.stake_min'));
  });

  it('cannot be written to: the compiler refuses', () => {
    const attempt = (view: View): void => {
      // @ts-expect-error the ledger is to look at
      view.ledger.wallets[32] = 1_000_000;
      // @ts-expect-error no table can be replaced
      view.ledger.wallets = [];
      // @ts-expect-error nor can time be moved
      view.era = 5;
      // @ts-expect-error what one owns is told, not set
      view.myNodes().push(1);
      // @ts-expect-error options are the scenario's
      view.options.nodes = 7;
      // @ts-expect-error the market is a list to read
      view.market()[0].rankFp = 0;
    };
    expect(attempt).toBeTypeOf('function');
  });
});

describe('a decision', () => {
  /** A sum over what is shared besides the ledger and the agents' own memory and streams, as far as a small run fills it. */
  function footprint(run: SharedRun): string {
    const { lists } = run;
    const columns = [
      ...[run.answers, run.executions, run.world, run.market, run.arrivalStarts, run.setSeeds, run.taskSeeds],
      ...[run.auditSamples, run.auditRequests, run.openAudits, run.distances, run.builds],
      ...Object.values(lists).flatMap(({ head, tail, next }) => [head, tail, next]),
    ];
    return columns
      .map((column) => {
        let sum = 0;
        for (let i = 0; i < Math.min(column.length, 2_000); i++) sum = (sum * 31 + column[i]!) % 1_000_000_007;
        return sum;
      })
      .join();
  }

  it('of any strategy changes neither the ledger nor anything else that is shared', async () => {
    const everybody: Group[] = [
      ...GROUPS,
      { role: 'creator', strategy: 'spammer', count: 1 },
      { role: 'creator', strategy: 'cloner', count: 1 },
      { role: 'creator', strategy: 'overfitter', count: 1 },
      { role: 'creator', strategy: 'swapper', count: 1, options: { swap_era: 1 } },
      { role: 'miner', strategy: 'parrot', count: 1 },
      { role: 'miner', strategy: 'newcomer', count: 1, entrySlot: 30 },
      { role: 'miner', strategy: 'degrading', count: 1 },
      { role: 'miner', strategy: 'oscillator', count: 1 },
      { role: 'miner', strategy: 'whitewasher', count: 1 },
      { role: 'validator', strategy: 'lazy', count: 1 },
      { role: 'validator', strategy: 'copier', count: 1 },
      { role: 'validator', strategy: 'conformist', count: 1 },
      { role: 'consumer', strategy: 'brigader', count: 1 },
    ];
    const scenario = { ...SCENARIO, eras: 3, populations: smallScenario(everybody).populations };
    let decisions = 0;
    await runSmall(scenario, {
      agents(shared) {
        const inner = createInlineAgents(shared);
        const state = attachState(shared.tables);
        return {
          ...inner,
          async decide(phase, slotCount) {
            const before = `${digestOf(packState(state))} ${footprint(shared)}`;
            const batch = await inner.decide(phase, slotCount);
            expect(`${digestOf(packState(state))} ${footprint(shared)}`).toBe(before);
            decisions += batch.actions.length;
            return batch;
          },
        };
      },
    });
    expect(decisions).toBeGreaterThan(1_000);
  });

  it('of one agent leaves memory and streams of all others alone', async () => {
    const { shared, roster } = createTestWorld(SCENARIO, await openReplay(60));
    const sight = createSight(shared);
    const before = shared.streams.slice();
    const me = roster.agents[4]!;
    sight.pointAt(me, PHASE.open, 1);
    sight.random.unit();
    sight.random.int(10);
    sight.random.chance(5_000);
    sight.random.poisson(2);
    sight.random.normal();
    const changed = Array.from({ length: before.length / 4 }, (_, i) => i).filter(
      (i) => before.slice(i * 4, i * 4 + 4).join() !== shared.streams.slice(i * 4, i * 4 + 4).join(),
    );
    expect(changed).toEqual([me.agent]);
  });
});

describe('arrivals', () => {
  const arrivalsOf = async (demand: Group['demand'], slots: number): Promise<number[]> => {
    const scenario = smallScenario([{ role: 'consumer', strategy: 'honest', count: 1, demand: demand ?? null }]);
    const { shared, roster } = createTestWorld(scenario, await openReplay(60));
    const sight = createSight(shared);
    return Array.from({ length: slots }, (_, slot) => {
      sight.pointAt(roster.agents[0]!, PHASE.open, slot + 1);
      return sight.view.arrivals().length;
    });
  };

  it('given Poisson demand > has its mean and its variance', async () => {
    const counts = await arrivalsOf({ kind: 'poisson', ratePerSlotMil: 1_500 }, 4_000);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(Math.abs(mean - 1.5)).toBeLessThan(0.08);
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.12);
  });

  it('given no demand > there is none', async () => {
    expect(await arrivalsOf(null, 10)).toEqual(Array.from({ length: 10 }, () => 0));
  });
});
