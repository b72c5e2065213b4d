import { beforeAll, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { runSmall, smallScenario } from '../cli/testRun.ts';
import { F, STRIDE, TASK_KIND, TASK_STATE, VERDICT } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import { isFitDocument } from './checks.ts';
import { decodeDocument, encodeDocument } from './documents.ts';
import type { WorldRun } from './testWorld.ts';
import { trueVerdict } from './truth.ts';
import { createSight } from './view.ts';

describe('isFitDocument', () => {
  it.each([
    [9, false, 0.9, VERDICT.pass],
    [8, false, 0.9, VERDICT.fail],
    [8, false, 0.8, VERDICT.pass],
    [10, false, 1, VERDICT.pass],
    [10, true, 0, VERDICT.fail],
    [0, false, 0, VERDICT.pass],
  ])('given %i of ten fields, flagged %s, and a minimum of %d > %i', (fieldCount, flagged, minimum, verdict) => {
    expect(isFitDocument(decodeDocument(encodeDocument(fieldCount, flagged, 5)), minimum * FP)).toBe(
      verdict === VERDICT.pass,
    );
  });
});

describe('trueVerdict', () => {
  let run: WorldRun;
  let settled: number[] = [];
  const kindOf = (task: number) => run.state.tasks[task * STRIDE.tasks + F.tasks.kind]!;
  const outcomeOf = (task: number) => run.state.tasks[task * STRIDE.tasks + F.tasks.outcome]!;
  const judge = (task: number) => trueVerdict(createSight(run.shared, 'all').view, task);
  const ofKind = (kind: number) => settled.filter((task) => kindOf(task) === kind);

  beforeAll(async () => {
    run = await runSmall(
      smallScenario(
        [
          { role: 'creator', strategy: 'steady', count: 1 },
          { role: 'creator', strategy: 'steady', count: 1, options: { variant: 'en-m2' } },
          { role: 'creator', strategy: 'spammer', count: 1 },
          { role: 'miner', strategy: 'steady', count: 2 },
          { role: 'miner', strategy: 'cheater', count: 2 },
          { role: 'validator', strategy: 'diligent', count: 5, options: { skill_bps: 10_000 } },
          { role: 'consumer', strategy: 'honest', count: 5 },
        ],
        { eras: 5, params: { 'val.audit_bps': 5_000, 'val.samples': 10, 'val.meta_false_bps': 0 } },
      ),
    );
    const count = run.state.taskTotals[F.taskTotals.taskCount]!;
    settled = Array.from({ length: count }, (_, i) => i + 1).filter(
      (task) => run.state.tasks[task * STRIDE.tasks + F.tasks.state] === TASK_STATE.settled,
    );
  });

  it.each(Object.entries(TASK_KIND))('%s > is the outcome that flawless validators come to', (name, kind) => {
    const tasks = ofKind(kind);
    expect(tasks.length).toBeGreaterThan(1);
    expect(tasks.map((task) => ({ task, verdict: judge(task) }))).toEqual(
      tasks.map((task) => ({ task, verdict: outcomeOf(task) })),
    );
    const outcomes = new Set(tasks.map(outcomeOf));
    // Nodes of this scenario are all fit; of everything else there is good and bad.
    expect([...outcomes].sort()).toEqual(
      name === 'node' || name === 'nodeMetadata' ? [VERDICT.pass] : [VERDICT.pass, VERDICT.fail],
    );
  });

  it('an output > passes if and only if the declared weights really give this answer', () => {
    const [task] = ofKind(TASK_KIND.output).filter((one) => outcomeOf(one) === VERDICT.pass);
    const at = task! * STRIDE.tasks + F.tasks.answerId;
    const answerId = run.state.tasks[at]!;
    run.state.tasks[at] = answerId + 1;
    expect(judge(task!)).toBe(VERDICT.fail);
    run.state.tasks[at] = answerId;
    expect(judge(task!)).toBe(VERDICT.pass);
  });

  it('an artefact that nobody knows > fails, whatever it is asked about', () => {
    for (const kind of [TASK_KIND.output, TASK_KIND.model]) {
      const task = ofKind(kind)[0]!;
      const at = run.state.tasks[task * STRIDE.tasks + F.tasks.referenceId]! * STRIDE.versions + F.versions.artefactId;
      const artefactId = run.state.versions[at]!;
      run.state.versions[at] = 1;
      expect(judge(task)).toBe(VERDICT.fail);
      run.state.versions[at] = artefactId;
    }
  });

  it('a node > fails where its own machine takes longer than is allowed', () => {
    const task = ofKind(TASK_KIND.node)[0]!;
    const limit = run.state.paramValues[P['val.p95_ms']]!;
    run.state.paramValues[P['val.p95_ms']] = 1;
    expect(judge(task)).toBe(VERDICT.fail);
    run.state.paramValues[P['val.p95_ms']] = limit;
    expect(judge(task)).toBe(VERDICT.pass);
  });

  it('given nothing measured > is not known', () => {
    const { shared } = run;
    const answers = shared.answers.slice();
    shared.answers.fill(0);
    for (const kind of [TASK_KIND.model, TASK_KIND.output, TASK_KIND.node])
      expect(judge(ofKind(kind)[0]!)).toBe(VERDICT.none);
    shared.answers.set(answers);
  });
});
