import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { agentsWithout, nameOf, rowsOf, runSmall, smallScenario } from '../cli/testRun.ts';
import { A, type ActionName } from '../protocol/actions.ts';
import { commitmentOf } from '../protocol/commitment.ts';
import { F, STRIDE, TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { R } from '../protocol/rejections.ts';
import { attachState, type State } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { PROJECTION_COUNT, SECOND_LOOK_COUNT, UNRELATED_PPB } from './inferencePort.ts';
import type { AgentsPort, DecisionBatch } from './ports.ts';
import type { Scenario } from './scenario.ts';
import { answerAt, type SharedRun } from './shared.ts';
import {
  createTestInference,
  OTHER_NONCE_PPB,
  type TestInference,
  type TestInferenceOptions,
} from './testInference.ts';
import type { Group, WorldOptions, WorldRun } from './testWorld.ts';
import type { AuditRow } from './trace.ts';
import { trueVerdict } from './truth.ts';
import { createSight, outputsOfAudit, saltOf, sampleOfRequest, sketchIdOf, unpackAudit } from './view.ts';

/** The declared model is `en`; the first two miners run it, the third one what the test says. */
const groupsWith = (third: Pick<Group, 'strategy' | 'options'>): readonly Group[] => [
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'steady', count: 2 },
  { role: 'miner', count: 1, ...third },
  { role: 'validator', strategy: 'diligent', count: 5, options: { skill_bps: 10_000 } },
  { role: 'consumer', strategy: 'honest', count: 6 },
];
const HONEST = { strategy: 'steady', options: { reinvest_bps: 0 } };
const cheating = (variant: string) => ({ strategy: 'cheater', options: { variant } });
const SUBJECT = 'miner.1/0';

const PARAMS: Scenario['params'] = { 'val.audit_bps': 5_000, 'val.samples': 5, 'place.replicas': 3 };

type Audited = {
  readonly run: WorldRun;
  readonly inference: TestInference;
  readonly rows: readonly AuditRow[];
  /** Audits of the subject, and of the two others. */
  readonly own: readonly AuditRow[];
  readonly others: readonly AuditRow[];
};

async function audit(
  third: Pick<Group, 'strategy' | 'options'>,
  options: {
    readonly params?: Scenario['params'];
    readonly inference?: Partial<TestInferenceOptions>;
    readonly world?: Partial<WorldOptions>;
    readonly eras?: number;
  } = {},
): Promise<Audited> {
  const inference = createTestInference({ poolSamples: 60, ...options.inference });
  const scenario = smallScenario(groupsWith(third), {
    eras: options.eras ?? 5,
    params: { ...PARAMS, ...options.params },
  });
  const run = await runSmall(scenario, { inference, ...options.world });
  const rows = run.eras.flatMap(({ audits }) => audits);
  const { account } = run.roster.agents.find((info) => nameOf(info) === SUBJECT)!;
  const own = rows.filter((row) => row.account === account);
  const others = rows.filter((row) => row.account !== account);
  expect(own.length).toBeGreaterThan(10);
  expect(others.length).toBeGreaterThan(10);
  return { run, inference, rows, own, others };
}

const outcomes = (rows: readonly AuditRow[]) => [...new Set(rows.map(({ outcome }) => outcome))].sort();
/** Outcomes of audits with a given number in the column. */
const taskField = (s: Pick<State, 'tasks'>, task: number, name: keyof typeof F.tasks): number =>
  s.tasks[task * STRIDE.tasks + F.tasks[name]]!;

/** Puts actions into the batch of a phase; they follow those of the agent's own. */
function agentsThatAlso(
  act: (shared: SharedRun, phase: number, slotCount: number) => readonly (readonly number[])[],
  edit: (shared: SharedRun, batch: DecisionBatch) => DecisionBatch = (_, batch) => batch,
): WorldOptions['agents'] {
  return (shared): AgentsPort => {
    const inner = createInlineAgents(shared);
    return {
      ...inner,
      async decide(phase, slotCount) {
        const batch = edit(shared, await inner.decide(phase, slotCount));
        const more = act(shared, phase, slotCount).flatMap(([agent, kind, ...args]) => [
          agent!,
          kind!,
          args.length,
          ...args,
        ]);
        return { ...batch, actions: Float64Array.from([...batch.actions, ...more]) };
      },
    };
  };
}

describe('an audited answer', () => {
  it('is committed to when served, audited with the next beacon, opened before anybody compares, and then judged', async () => {
    type Moment = { readonly slot: number; readonly phase: number };
    const served = new Map<number, Moment & { readonly latest: number }>();
    const revealed = new Map<number, Moment>();
    const submitted = new Map<number, Moment>();
    let state: State | undefined;
    const { rows, inference, run } = await audit(HONEST, {
      world: {
        agents(shared) {
          state = attachState(shared.tables);
          return createInlineAgents(shared);
        },
        hooks: {
          block(slot, phase, { actions, codes }) {
            actions.forEach(({ kind, args }, i) => {
              if (codes[i] !== 0) return;
              const [first, , third] = args as readonly number[];
              if (kind === A.serveRequest) served.set(third!, { slot, phase, latest: first! });
              if (kind === A.revealSketch) revealed.set(first!, { slot, phase });
              if (kind === A.submitResult && taskField(state!, first!, 'kind') === TASK_KIND.output)
                submitted.set(first!, { slot, phase });
            });
          },
        },
      },
    });
    expect(outcomes(rows)).toEqual(['passed']);
    for (const { task } of rows) {
      const committed = served.get(taskField(run.state, task, 'commitmentId'))!;
      const opened = revealed.get(task)!;
      expect([committed.phase, opened.phase]).toEqual([PHASE.serve, PHASE.open]);
      // The nonce is drawn from the beacon of the slot in which the audit is opened, one after the answer.
      expect(opened.slot).toBe(committed.slot + 1);
      const judged = submitted.get(task)!;
      expect(judged.slot * 3_600 + judged.phase).toBeGreaterThan(opened.slot * 3_600 + PHASE.work);
    }
    expect(inference.compared.map(({ declared }) => declared.nonce).sort()).toEqual(
      rows.map(({ task }) => taskField(run.state, task, 'nonceId')).sort(),
    );
  });

  it('is compared once, however many validators order it', async () => {
    const { rows, inference, run } = await audit(HONEST);
    expect(inference.compared).toHaveLength(rows.length);
    for (const { task } of rows) expect(taskField(run.state, task, 'memberCount')).toBeGreaterThan(1);
    for (const { claimed, declared, projectionCount } of inference.compared) {
      expect(claimed).toEqual(declared);
      expect(projectionCount).toBe(PROJECTION_COUNT);
    }
  });

  it('can be opened by the account that served it, and by no other with the very same numbers', async () => {
    const codes: number[] = [];
    const thief = 1;
    const { own, others } = await audit(HONEST, {
      world: {
        agents: agentsThatAlso((shared, phase) => {
          if (phase !== PHASE.open) return [];
          const s = attachState(shared.tables);
          const tasks = Array.from(shared.openAudits.subarray(1, shared.openAudits[0]! + 1));
          return tasks.flatMap((task) => {
            const owner = taskField(s, task, 'owner');
            if (owner === shared.roster.agents[thief]!.account) return [];
            const [request, slotCount] = shared.auditRequests.subarray(task * 2, task * 2 + 2);
            const saltId = saltOf(shared, owner, slotCount!, request!);
            const outputId = outputsOfAudit(shared, task).find(
              (id) => commitmentOf(id, saltId, owner) === taskField(s, task, 'commitmentId'),
            )!;
            const sketchId = sketchIdOf(outputId, taskField(s, task, 'nonceId'));
            return [[thief, A.revealSketch, task, outputId, saltId, sketchId]];
          });
        }),
        hooks: {
          block(_slot, phase, result) {
            if (phase !== PHASE.open) return;
            result.actions.forEach(({ kind, actor }, i) => {
              if (kind === A.revealSketch && actor === 32 + thief) codes.push(result.codes[i]!);
            });
          },
        },
      },
    });
    // Its own it may open; all others of the two miners beside it are refused.
    const refused = codes.filter((code) => code !== 0);
    expect(refused.length).toBeGreaterThan(10);
    expect(new Set(refused)).toEqual(new Set([R.NotOwner]));
    expect([outcomes(own), outcomes(others)]).toEqual([['passed'], ['passed']]);
  });

  it('whose commitment was copied from another node’s answer cannot be opened by whoever copied it', async () => {
    /** The third miner serves with the commitments of the slot before: an honest node's, to the output of another line. */
    const rejected: number[] = [];
    let latest = 0;
    const subject = 3;
    const { own, others } = await audit(HONEST, {
      world: {
        agents: agentsThatAlso(
          () => [],
          (_shared, batch) => {
            const actions = batch.actions.slice();
            let copied = latest;
            for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!) {
              if (actions[at + 1] !== A.serveRequest) continue;
              if (actions[at] === subject) actions[at + 5] = copied;
              else copied = latest = actions[at + 5]!;
            }
            return { ...batch, actions };
          },
        ),
        hooks: {
          block(_slot, _phase, { actions, codes }) {
            actions.forEach(({ kind }, i) => {
              if (kind === A.revealSketch && codes[i] !== 0) rejected.push(codes[i]!);
            });
          },
        },
      },
    });
    expect(outcomes(own)).toEqual(['failed']);
    expect(own.every(({ conduct, served }) => conduct === 'unopened' && served === '')).toBe(true);
    expect(outcomes(others)).toEqual(['passed']);
    // It does not try: none of its outputs is behind that commitment.
    expect(rejected).toEqual([]);
  });

  it.each([
    ['right', HONEST, 'en', { honest_rejected: 1, cheat_total: 0, cheat_missed: 0 }],
    ['of other weights', cheating('en-m3'), 'en-m3', { honest_rejected: 0, cheat_total: 1, cheat_missed: 0 }],
  ])(
    'whose commitment is not opened fails though it was executed, here %s; nothing is compared, and the simulator knows what was kept back',
    async (_, third, kept, share) => {
      const { own, others, inference, rows, run } = await audit(third, {
        world: { agents: agentsWithout((agent, name: ActionName) => agent === 3 && name === 'revealSketch') },
      });
      expect(outcomes(own)).toEqual(['failed']);
      expect(outcomes(others)).toEqual(['passed']);
      expect(inference.compared).toHaveLength(rows.length - own.length);
      for (const { conduct, served, distancePpb, declared, servedQualityBps, declaredQualityBps } of own) {
        expect({ conduct, served, distancePpb, declared }).toEqual({
          ...{ conduct: 'absent', served: kept, distancePpb: -1, declared: 'en' },
        });
        expect(declaredQualityBps).toBeGreaterThan(0);
        expect(servedQualityBps).toBeGreaterThan(0);
      }
      // That is no error of the validators: nothing is left open for the simulator either.
      const { view } = createSight(run.shared, 'all');
      for (const { task } of own) expect(trueVerdict(view, task)).toBe(VERDICT.fail);
      // It counts for what it was; what sketches detect of a variant is asked of those that were shown.
      const metrics = run.outcome.observer.summary();
      for (const [name, part] of Object.entries(share)) expect(metrics[`audits.${name}`]).toBe(part * own.length);
      expect(metrics).toMatchObject({
        'audits.absent_total': own.length,
        [`audits.absent.${kept}`]: own.length,
        'audits.unopened_total': 0,
      });
      expect(metrics['audits.detected.en-m3']).toBeUndefined();
    },
  );

  it('whose commitment is to an output that its node knows and has not executed, and which it never opens, has nothing behind it', async () => {
    const rightly = new Set<number>();
    const { own, run } = await audit(cheating('en-m3'), {
      eras: 8,
      params: { 'val.audit_bps': 10_000 },
      world: {
        agents: agentsThatAlso(
          () => [],
          (shared, batch) => {
            const actions = batch.actions.slice();
            const { clockTotals } = shared.tables;
            const [high, low] = [clockTotals[F.clockTotals.beacon6]!, clockTotals[F.clockTotals.beacon7]!];
            const slotCount = clockTotals[F.clockTotals.slotCount]!;
            const { account } = shared.roster.agents[3]!;
            for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!) {
              if (actions[at] !== 3 || actions[at + 1] !== A.serveRequest) continue;
              const request = actions[at + 3]!;
              const { sample, level } = sampleOfRequest(shared, high, low, request);
              // What the declared variant gives there, as somebody else has executed it.
              const outputId = shared.answers[answerAt(shared, 0, sample, level) + 3]!;
              if (outputId === 0) continue;
              actions[at + 5] = commitmentOf(outputId, saltOf(shared, account, slotCount, request), account);
              rightly.add(actions[at + 5]!);
            }
            return { ...batch, actions };
          },
        ),
      },
    });
    const stolen = own.filter(({ task }) => rightly.has(taskField(run.state, task, 'commitmentId')));
    expect(stolen.length).toBeGreaterThan(5);
    for (const { conduct, served, outcome } of stolen)
      expect([conduct, served, outcome]).toEqual(['unopened', '', 'failed']);
    expect(run.outcome.observer.summary()).toMatchObject({
      'audits.honest_rejected': 0,
      'audits.unopened_total': stolen.length,
    });
  });

  it('given with a sketch of something that nobody has executed > is at the distance of unrelated outputs, and fails', async () => {
    const { own, others, inference, rows } = await audit(HONEST, {
      world: {
        agents: agentsThatAlso(
          () => [],
          (_shared, batch) => {
            const actions = batch.actions.slice();
            for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!)
              if (actions[at] === 3 && actions[at + 1] === A.revealSketch) actions[at + 6]! += 1;
            return { ...batch, actions };
          },
        ),
      },
    });
    expect(new Set(own.map(({ distancePpb }) => distancePpb))).toEqual(new Set([UNRELATED_PPB]));
    expect([outcomes(own), outcomes(others)]).toEqual([['failed'], ['passed']]);
    expect(inference.compared).toHaveLength(rows.length - own.length);
  });

  it('with the sketch of an earlier audit of the same line is as far off as two nonces are, and fails', async () => {
    /** Sketches by output, as they were first revealed by anybody. */
    const earlier = new Map<number, number>();
    const { own, others } = await audit(HONEST, {
      eras: 8,
      params: { 'val.audit_bps': 10_000 },
      world: {
        agents: agentsThatAlso(
          () => [],
          (_shared, batch) => {
            const actions = batch.actions.slice();
            for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!) {
              if (actions[at + 1] !== A.revealSketch) continue;
              const outputId = actions[at + 4]!;
              if (actions[at] === 3) actions[at + 6] = earlier.get(outputId) ?? actions[at + 6]!;
              else if (!earlier.has(outputId)) earlier.set(outputId, actions[at + 6]!);
            }
            return { ...batch, actions };
          },
        ),
      },
    });
    const copied = own.filter(({ distancePpb }) => distancePpb > 0);
    expect(copied.length).toBeGreaterThan(5);
    for (const { distancePpb, outcome, served, conduct } of copied) {
      expect(distancePpb).toBeGreaterThanOrEqual(OTHER_NONCE_PPB);
      expect([outcome, served, conduct]).toEqual(['failed', 'en', 'copied']);
    }
    expect(outcomes(own.filter(({ distancePpb }) => distancePpb === 0))).toEqual(['passed']);
    expect(outcomes(others)).toEqual(['passed']);
  });
});

describe('an answer that its node has not executed', () => {
  /** What the audits of the third miner and of the others came to, by conduct and outcome; what it executed; who answered how often. */
  async function watch(third: Pick<Group, 'strategy' | 'options'>, agents: WorldOptions['agents']) {
    const inference = createTestInference({ poolSamples: 60 });
    const scenario = smallScenario(groupsWith(third), { eras: 12, params: PARAMS });
    const servedCounts = new Map<number, number>();
    const run = await runSmall(scenario, {
      inference,
      ...(agents === undefined ? {} : { agents }),
      hooks: {
        block(_slot, _phase, { actions, codes }) {
          actions.forEach(({ kind, actor }, i) => {
            if (kind === A.serveRequest && codes[i] === 0) servedCounts.set(actor, (servedCounts.get(actor) ?? 0) + 1);
          });
        },
      },
    });
    const { account } = run.roster.agents.find((info) => nameOf(info) === SUBJECT)!;
    const rows = run.eras.flatMap(({ audits }) => audits);
    const executedWu = rowsOf(run, SUBJECT).reduce((sum, row) => sum + row.executedWu, 0);
    return {
      own: rows.filter((row) => row.account === account),
      others: rows.filter((row) => row.account !== account),
      ...{ executedWu, servedCount: servedCounts.get(account) ?? 0, inference },
    };
  }

  it('given with the very sketch that an execution would have > is refused all the same: who has not executed has nothing to project', async () => {
    let forged = 0;
    const { own, others, executedWu, inference } = await watch(
      { strategy: 'parrot', options: {} },
      agentsThatAlso(
        () => [],
        (shared, batch) => {
          const actions = batch.actions.slice();
          for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!) {
            if (actions[at] !== 3 || actions[at + 1] !== A.revealSketch) continue;
            const nonceId = taskField(attachState(shared.tables), actions[at + 3]!, 'nonceId');
            actions[at + 6] = sketchIdOf(actions[at + 4]!, nonceId);
            forged += 1;
          }
          return { ...batch, actions };
        },
      ),
    );
    expect(forged).toBeGreaterThan(10);
    const shown = own.filter(({ conduct }) => conduct !== 'unopened');
    expect(new Set(shown.map(({ conduct }) => conduct))).toEqual(new Set(['copied']));
    expect(shown).toHaveLength(forged);
    expect(new Set(shown.map(({ distancePpb }) => distancePpb))).toEqual(new Set([UNRELATED_PPB]));
    expect([outcomes(own), outcomes(others)]).toEqual([['failed'], ['passed']]);
    expect(executedWu).toBe(0);
    expect(inference.compared).toHaveLength(others.length);
  });

  it('is none at all for who counts on the executions of others: it sees no answer, and has none to give', async () => {
    const agents: WorldOptions['agents'] = (shared) => {
      const inner = createInlineAgents(shared);
      return {
        ...inner,
        async decide(phase, slotCount) {
          const batch = await inner.decide(phase, slotCount);
          const orders = Array.from({ length: batch.orders.length / 4 }, (_, i) =>
            batch.orders.subarray(i * 4, i * 4 + 4),
          );
          return {
            ...batch,
            orders: Float64Array.from(orders.filter(([agent]) => agent !== 3).flatMap((o) => [...o])),
          };
        },
      };
    };
    const idle = await watch(HONEST, agents);
    expect([idle.servedCount, idle.own.length, idle.executedWu]).toEqual([0, 0, 0]);
    expect(outcomes(idle.others)).toEqual(['passed']);
    expect((await watch(HONEST, createInlineAgents)).servedCount).toBeGreaterThan(50);
  });
});

describe('bands', () => {
  /** Every comparison comes to these distances: of the first look, and of the second. */
  const looks = (firstPpb: number, secondPpb = firstPpb): Partial<TestInferenceOptions> => ({
    distanceOf: (_claimed, _declared, projectionCount) => (projectionCount === PROJECTION_COUNT ? firstPpb : secondPpb),
  });
  const secondLooks = ({ compared }: TestInference) =>
    compared.filter(({ projectionCount }) => projectionCount === SECOND_LOOK_COUNT).length;

  // Accepted up to 50 000 ppb, rejected beyond 300 000; the geometric middle is 122 474.
  it.each([
    ['noise of honest devices within the band', 12_345, 'passed'],
    ['the very edge of acceptance', 50_000, 'passed'],
    ['more than the band of rejection', 300_001, 'failed'],
    ['an output that has nothing in common', UNRELATED_PPB, 'failed'],
  ])('given %s (%i ppb) > the audit has %s, at the first look', async (_, ppb, outcome) => {
    const { rows, inference } = await audit(HONEST, { inference: looks(ppb) });
    expect(outcomes(rows)).toEqual([outcome]);
    expect(new Set(rows.map((row) => `${row.distancePpb}/${row.isSecondLook}`))).toEqual(new Set([`${ppb}/0`]));
    expect(secondLooks(inference)).toBe(0);
  });

  it.each([
    [50_001, 122_474, 'passed'],
    [300_000, 122_474, 'passed'],
    [50_001, 122_475, 'failed'],
    [300_000, 299_999, 'failed'],
  ])(
    'given %i ppb, between acceptance and rejection > there is a second look with four times the projections, and at %i ppb it has %s',
    async (firstPpb, secondPpb, outcome) => {
      const { rows, inference } = await audit(HONEST, { inference: looks(firstPpb, secondPpb) });
      expect(SECOND_LOOK_COUNT).toBe(4 * PROJECTION_COUNT);
      expect(secondLooks(inference)).toBe(rows.length);
      expect(outcomes(rows)).toEqual([outcome]);
      expect(new Set(rows.map((row) => `${row.distancePpb}/${row.isSecondLook}`))).toEqual(new Set([`${secondPpb}/1`]));
    },
  );

  it.each([
    [{}, 'failed'],
    [{ en: 'reduced' }, 'passed'],
  ] as const)(
    'of the precision class of the declared model decide: given %o and 10 000 000 ppb > has %s',
    async (precisions, outcome) => {
      const { rows } = await audit(HONEST, { inference: { ...looks(10_000_000), precisions } });
      expect(outcomes(rows)).toEqual([outcome]);
    },
  );

  it('of the reduced class are those of its own parameters', async () => {
    const reduced = { ...looks(400, 250), precisions: { en: 'reduced' } } as const;
    const params = { 'val.accept_ppb.reduced': 100, 'val.reject_ppb.reduced': 900 };
    const { rows, inference } = await audit(HONEST, { inference: reduced, params });
    // The geometric middle is 300.
    expect(outcomes(rows)).toEqual(['passed']);
    expect(secondLooks(inference)).toBe(rows.length);
  });

  it('that touch leave nothing to look at twice', async () => {
    const params = { 'val.accept_ppb.fp32': 300_000, 'val.reject_ppb.fp32': 300_000 };
    const { rows, inference } = await audit(HONEST, { inference: looks(300_000), params });
    expect([outcomes(rows), secondLooks(inference)]).toEqual([['passed'], 0]);
  });
});

describe('val.proof', () => {
  it('text > the same answers from half-precision weights pass; sketch > every one of them is rejected', async () => {
    const text = await audit(cheating('en-fp16'), { params: { 'val.proof': 0 } });
    expect([outcomes(text.own), outcomes(text.others)]).toEqual([['passed'], ['passed']]);
    expect(text.inference.compared).toEqual([]);
    expect(text.own.every(({ served, declared }) => served === 'en-fp16' && declared === 'en')).toBe(true);

    const sketch = await audit(cheating('en-fp16'));
    expect([outcomes(sketch.own), outcomes(sketch.others)]).toEqual([['failed'], ['passed']]);
    // It is the same work, and the same lines: the answers do not tell the two apart.
    for (const { servedQualityBps, declaredQualityBps } of [...text.own, ...sketch.own])
      expect(servedQualityBps).toBe(declaredQualityBps);
  });

  it('text > an answer counts although its commitment is never opened', async () => {
    const { own } = await audit(HONEST, {
      params: { 'val.proof': 0 },
      world: { agents: agentsWithout((agent, name: ActionName) => agent === 3 && name === 'revealSketch') },
    });
    expect(outcomes(own)).toEqual(['passed']);
    expect(own.every(({ conduct, served }) => conduct === 'absent' && served === 'en')).toBe(true);
  });

  it('sketch > what reads otherwise fails, however close its sketch is', async () => {
    const { own, others } = await audit(cheating('en-m3'), { inference: { distanceOf: () => 1 } });
    const changed = own.filter((row) => row.servedQualityBps !== row.declaredQualityBps);
    expect(changed.length).toBeGreaterThan(5);
    expect([outcomes(changed), outcomes(others)]).toEqual([['failed'], ['passed']]);
    expect(outcomes(own)).toEqual(['failed', 'passed']);
  });
});

describe('the own execution of validators', () => {
  it('decides the text too: where their device reads a variant otherwise, its honest answers fail', async () => {
    const { rows } = await audit(HONEST, { inference: { readsOtherwise: (variant) => variant === 'en' } });
    for (const { declared, outcome, isSameText, distancePpb } of rows) {
      expect(distancePpb).toBe(0);
      expect([outcome, isSameText]).toEqual(declared === 'en' ? ['failed', 0] : ['passed', 1]);
    }
    expect(rows.some(({ declared }) => declared === 'en')).toBe(true);
  });
});

describe('rows of audits', () => {
  it('say what was declared, what was really served and how good both are, in the era in which they were decided', async () => {
    const { run, own, others, rows, inference } = await audit(cheating('en-m3'));
    const reference = createTestInference({ poolSamples: 60 });
    const qualityOf = async (id: string, { sample, level }: AuditRow) =>
      (await reference.infer([{ variant: inference.variantOf(id), sample, level }]))[0]!.qualityBps;
    for (const row of rows) {
      expect(row).toMatchObject({ declared: 'en', acceptPpb: 50_000, rejectPpb: 300_000 });
      expect(taskField(run.state, row.task, 'subject')).toBe(row.node);
      expect(unpackAudit(run.shared, row.task)).toEqual({ sample: row.sample, level: row.level });
      expect(row.declaredQualityBps).toBe(await qualityOf('en', row));
      expect(row.servedQualityBps).toBe(await qualityOf(row.served, row));
      expect(taskField(run.state, row.task, 'outcome')).toBe(row.outcome === 'passed' ? VERDICT.pass : VERDICT.fail);
    }
    const kindsOf = (some: readonly AuditRow[]) =>
      new Set(some.map(({ served, strategy, conduct }) => `${served}/${strategy}/${conduct}`));
    expect(kindsOf(own)).toEqual(new Set(['en-m3/cheater/substitute']));
    expect(kindsOf(others)).toEqual(new Set(['en/steady/honest']));
    // The fake reads otherwise by variant and line; equal lines are equally good.
    expect(new Set(own.map(({ isSameText }) => isSameText))).toEqual(new Set([0, 1]));
    for (const row of own) expect(row.isSameText === 1).toBe(row.servedQualityBps === row.declaredQualityBps);
    for (const { isSameText } of others) expect(isSameText).toBe(1);
    for (const { distancePpb } of own) expect(distancePpb).toBeGreaterThanOrEqual(50_000_000);
    for (const { distancePpb } of others) expect(distancePpb).toBe(0);
    for (const { era, audits } of run.eras) for (const row of audits) expect(row.era).toBe(era.era);
    const decided = run.eras.map(({ era }) => era.auditCount);
    expect(run.eras.map(({ audits }) => audits.length)).toEqual(decided);
  });

  it('are kept of runs that record agents, and counted by what was served in all', async () => {
    const { own, others, run } = await audit(cheating('en-m3'));
    const metrics = run.outcome.observer.summary();
    expect(metrics['audits.served.en-m3']).toBe(own.length);
    expect(metrics['audits.rejected.en-m3']).toBe(own.filter(({ outcome }) => outcome === 'failed').length);
    const failed = own.filter(({ outcome }) => outcome === 'failed').length;
    const sameText = own.filter(({ isSameText }) => isSameText === 1).length;
    expect(sameText).toBeGreaterThan(0);
    expect(metrics).toMatchObject({
      'audits.served.en-m3': own.length,
      'audits.rejected.en-m3': failed,
      'audits.honest.en-m3': 0,
      'audits.substituted.en-m3': own.length,
      'audits.detected.en-m3': failed / own.length,
      'audits.served.en': others.length,
      'audits.rejected.en': 0,
      'audits.honest.en': others.length,
      'audits.honest_rejected': 0,
      'audits.cheat_total': own.length,
      'audits.text_missed': sameText,
      'audits.unopened_total': 0,
    });
  });
});

describe('servedQualityBps', () => {
  it('of miners, creators and models is the mean quality of what consumers really got in the era', async () => {
    type Sums = { sum: number; count: number };
    const byEra: Map<string, Sums>[] = [];
    const served: { readonly era: number; readonly miner: string; readonly sample: number; readonly level: number }[] =
      [];
    let shared: SharedRun | undefined;
    const { run, inference } = await audit(cheating('en-m3'), {
      world: {
        agents(own) {
          shared = own;
          return createInlineAgents(own);
        },
        hooks: {
          block(slot, phase, { actions, codes }) {
            if (phase !== PHASE.serve) return;
            const totals = shared!.tables.clockTotals;
            actions.forEach(({ kind, actor, args }, i) => {
              if (kind !== A.serveRequest || codes[i] !== 0) return;
              const [high, low] = [totals[F.clockTotals.beacon6]!, totals[F.clockTotals.beacon7]!];
              const { sample, level } = sampleOfRequest(shared!, high, low, args[0]!);
              const miner = nameOf(shared!.roster.agents[actor - 32]!);
              served.push({ era: Math.floor(slot / 24), miner, sample, level });
            });
          },
        },
      },
    });
    for (const { era, miner, sample, level } of served) {
      const variant = inference.variantOf(miner === SUBJECT ? 'en-m3' : 'en');
      const [answer] = await inference.infer([{ variant, sample, level }]);
      for (const name of [miner, 'creator.0/0']) {
        const sums = ((byEra[era] ??= new Map()).get(name) ?? byEra[era]!.set(name, { sum: 0, count: 0 }).get(name))!;
        sums.sum += answer!.qualityBps;
        sums.count += 1;
      }
    }
    const meanOf = (era: number, name: string): number => {
      const sums = byEra[era]?.get(name);
      return sums === undefined ? -1 : Math.round(sums.sum / sums.count);
    };
    for (const name of ['miner.0/0', 'miner.0/1', SUBJECT, 'creator.0/0']) {
      const rows = rowsOf(run, name);
      expect(rows.map(({ servedQualityBps }) => servedQualityBps)).toEqual(rows.map(({ era }) => meanOf(era, name)));
    }
    for (const { era, models } of run.eras) expect(models[0]!.servedQualityBps).toBe(meanOf(era.era, 'creator.0/0'));
    // The cheater's is worse, and nobody has any in an era without answers.
    const last = run.eras.length - 1;
    expect(meanOf(last, SUBJECT)).toBeLessThan(meanOf(last, 'miner.0/0'));
    expect(rowsOf(run, 'consumer.0/0')[last]!.servedQualityBps).toBe(-1);
  });
});
