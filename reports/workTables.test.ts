/** Tables about measured work, by hand on audits, agents and models few enough to count. */
import { describe, expect, it } from 'vitest';
import type { SampleSets } from '../sim/engine/scenario.ts';
import type { AgentRow, AuditRow, ModelRow, RunTables } from '../sim/engine/trace.ts';
import { makeSections } from './figures.ts';
import { readTables } from './reading.ts';
import { syntheticRun } from './syntheticRun.ts';
import { recordsOf } from './table.ts';
import * as tables from './workTables.ts';

const small = syntheticRun({ eras: 4, size: 1 });
const audited = syntheticRun({ eras: 12, size: 5 });
const anAudit = audited.audits[0]!;

function withRows(rows: {
  readonly audits?: readonly Partial<AuditRow>[];
  readonly agents?: readonly Partial<AgentRow>[];
  readonly models?: readonly Partial<ModelRow>[];
}): RunTables {
  const { audits, agents, models } = rows;
  return {
    ...small,
    audits: (audits ?? []).map((row) => ({ ...anAudit, ...row })),
    ...(agents === undefined ? {} : { agents: agents.map((row) => ({ ...small.agents[0]!, ...row })) }),
    ...(models === undefined ? {} : { models: models.map((row) => ({ ...small.models[0]!, ...row })) }),
  };
}
const groupsOf = (audits: readonly Partial<AuditRow>[]): tables.AuditGroup[] =>
  tables.auditGroups(readTables(withRows({ audits })));

const honest = { conduct: 'honest', declared: 'en', served: 'en', outcome: 'passed', distancePpb: 0, isSameText: 1 };
const fp16 = { conduct: 'substitute', declared: 'en', served: 'en-fp16', outcome: 'failed', distancePpb: 900_000 };
const m3 = { conduct: 'substitute', declared: 'en', served: 'en-m3', outcome: 'failed', distancePpb: 80_000_000 };
const copied = { conduct: 'copied', declared: 'en', served: 'en', outcome: 'failed', distancePpb: 1_000_000_000 };
const absent = { conduct: 'absent', declared: 'en', served: 'en', outcome: 'failed', distancePpb: -1 };
const unopened = { conduct: 'unopened', served: '', outcome: 'failed', distancePpb: -1 };

describe('auditGroups', () => {
  it('puts honest answers first, then variants from the nearest to the farthest, then copies, what was never shown and what was not executed', () => {
    const groups = groupsOf([unopened, m3, copied, fp16, absent, honest, m3]);
    expect(groups.map(({ label, rows }) => `${label} ${rows.length}`)).toEqual([
      'as declared 1',
      'en-fp16 1',
      'en-m3 2',
      'copied sketch 1',
      'never shown 1',
      'no execution 1',
    ]);
  });

  it('tells a variant that was declared from the same variant in the place of another', () => {
    const groups = groupsOf([{ ...honest, declared: 'en-m3', served: 'en-m3' }, m3]);
    expect(groups.map(({ label, conduct }) => `${label} ${conduct}`)).toEqual([
      'as declared honest',
      'en-m3 substitute',
    ]);
  });
});

describe('detectionTable', () => {
  it('counts what was rejected of each group, with Wilson’s interval', () => {
    const rows = recordsOf(
      tables.detectionTable(
        groupsOf([honest, honest, { ...honest, outcome: 'failed' }, fp16, { ...fp16, outcome: 'passed' }]),
      ),
    );
    expect(rows).toEqual([
      {
        ...{ served: 'as declared', conduct: 'as declared', audit_count: 3, rejected_count: 1, rejected_share: 1 / 3 },
        ...{ low_share: expect.closeTo(0.0615, 4), high_share: expect.closeTo(0.7923, 4) },
      },
      {
        ...{ served: 'en-fp16', conduct: 'another variant', audit_count: 2, rejected_count: 1, rejected_share: 0.5 },
        ...{ low_share: expect.closeTo(0.0945, 4), high_share: expect.closeTo(0.9055, 4) },
      },
    ]);
  });
});

describe('textTable', () => {
  it('judges the same audits by the verdict and by the text, those whose right text is unknown left out', () => {
    const audits = [
      { ...fp16, isSameText: 1 },
      { ...fp16, isSameText: 0 },
      { ...fp16, isSameText: 1, outcome: 'passed' },
      { ...fp16, isSameText: -1 },
      honest,
    ];
    const rows = recordsOf(tables.textTable(groupsOf(audits)));
    expect(rows.map((row) => [row.served, row.check, row.audit_count, row.caught_count])).toEqual([
      ['en-fp16', tables.CHECKS[0], 3, 2],
      ['en-fp16', tables.CHECKS[1], 3, 1],
    ]);
  });
});

describe('distanceTable', () => {
  const binsOf = (distances: readonly number[]): unknown[] =>
    recordsOf(tables.distanceTable(groupsOf(distances.map((distancePpb) => ({ ...fp16, distancePpb }))))).map((row) => [
      row.from_ppb,
      row.to_ppb,
      row.audit_count,
      row.group_share,
    ]);

  it('puts equal numbers apart, and a distance into the bin that begins with it', () => {
    expect(binsOf([0, 0, 1, 4, 5, 1_999])).toEqual([
      [0, 1, 2, 2 / 6],
      [1, 2, 1, 1 / 6],
      [2, 5, 1, 1 / 6],
      [5, 10, 1, 1 / 6],
      [1_000, 2_000, 1, 1 / 6],
    ]);
  });

  it('has room for the farthest that there is, and leaves out what was not compared', () => {
    expect(binsOf([2_000_000_000, -1])).toEqual([[2_000_000_000, 5_000_000_000, 1, 1]]);
  });
});

describe('minerTable', () => {
  const miner = { role: 'miner', strategy: 'cheater', account: 50, name: 'Ada', rewardUnits: 2_000_000 } as const;

  it('weighs the quality of each era by what was served in it, and adds rewards up', () => {
    const agents = [
      { ...miner, era: 0, servedQualityBps: 9_000, servedCount: 1 },
      { ...miner, era: 1, servedQualityBps: 6_000, servedCount: 3 },
      { ...miner, era: 2, servedQualityBps: -1, servedCount: 0 },
    ];
    const audits = [
      { ...m3, account: 50 },
      { ...m3, account: 50 },
      { ...unopened, account: 50 },
      { ...absent, account: 50 },
      { ...fp16, account: 51 },
    ];
    expect(recordsOf(tables.minerTable(readTables(withRows({ agents, audits }))))).toEqual([
      {
        ...{ miner: 'Ada', strategy: 'cheater', intent: 'honest', true_quality_share: 0.675, reward_tokens: 6 },
        ...{ served_count: 4, found: 'en-m3 2, never shown 1, no execution 1' },
      },
    ]);
  });

  it('leaves out who served nothing of a known quality, and who is no miner', () => {
    const agents = [
      { ...miner, servedQualityBps: -1, servedCount: 5 },
      { ...miner, account: 51, role: 'creator' as const, servedQualityBps: 9_000, servedCount: 5 },
    ];
    expect(tables.minerTable(readTables(withRows({ agents }))).rows).toEqual([]);
  });
});

describe('modelTable', () => {
  const model = {
    ...{ model: 7, creator: 'Eve', strategy: 'overfitter', variant: 'en-over', incomeUnits: 500_000 },
    validatedQualityBps: 9_900,
  };

  it('holds what was validated last against the answers of that version alone', () => {
    const models = [
      { ...model, era: 1, versionNumber: 1, servedQualityBps: 6_000, servedCount: 3 },
      { ...model, era: 2, versionNumber: 2, servedQualityBps: 9_000, servedCount: 1 },
    ];
    const rows = recordsOf(tables.modelTable(readTables(withRows({ models }))));
    expect(rows.slice(0, 2).map((row) => [row.measure, row.true_quality_share])).toEqual([
      [tables.AT_VALIDATION, 0.9],
      [tables.INCOME, 0.675],
    ]);
  });

  it('has income for every model, rank and rating for those that are live at the end', () => {
    const models = [
      { ...model, era: 2, state: 'live', servedQualityBps: 8_000, servedCount: 1, rankFp: 1, ratingTenths: 20 },
      {
        ...model,
        era: 3,
        state: 'live',
        servedQualityBps: 9_000,
        servedCount: 1,
        rankFp: 250_000_000,
        ratingTenths: 35,
      },
      {
        ...{ ...model, model: 8, era: 3, state: 'funcRejected', servedQualityBps: 7_000, servedCount: 1, rankFp: 9 },
        validatedQualityBps: -1,
      },
    ];
    const rows = recordsOf(tables.modelTable(readTables(withRows({ models }))));
    expect(rows.map((row) => [row.model, row.measure, row.true_quality_share, row.value])).toEqual([
      ['#7 Eve', tables.AT_VALIDATION, 0.85, 0.99],
      ['#7 Eve', tables.INCOME, 0.85, 1],
      ['#7 Eve', tables.MODEL_MEASURES[2], 0.85, 0.25],
      ['#7 Eve', tables.MODEL_MEASURES[3], 0.85, 3.5],
      ['#8 Eve', tables.INCOME, 0.7, 0.5],
    ]);
  });
});

describe('standTable', () => {
  const states = (list: readonly string[]): Partial<ModelRow>[] =>
    list.map((state, era) => ({ era, model: 3, creator: 'Eve', strategy: 'improver', state, variant: `v${era}` }));

  it('draws eras of one stand together, and says with which variant they end', () => {
    const models = states(['registered', 'funcReview', 'funcRejected', 'live', 'live', 'removed']);
    const rows = recordsOf(tables.standTable(readTables(withRows({ models }))));
    expect(rows.map((row) => [row.from_era, row.to_era, row.stand, row.variant])).toEqual([
      [0, 1, 'on its way', 'v1'],
      [2, 2, 'rejected', 'v2'],
      [3, 4, 'live', 'v4'],
      [5, 5, 'gone', 'v5'],
    ]);
  });
});

describe('pairTable', () => {
  const rowsOf = (audits: readonly Partial<AuditRow>[]): unknown[] =>
    tables.pairTable(readTables(withRows({ audits }))).rows.map((row) => [...row]);

  it('keeps apart what one variant was served in the place of, the most audited declaration first', () => {
    const ofM3 = { ...fp16, declared: 'en-m3', distancePpb: 70_000_000 };
    const nearer = { ...fp16, distancePpb: 800_000, outcome: 'passed' };
    expect(rowsOf([ofM3, ofM3, m3, fp16, nearer, honest])).toEqual([
      ['en', 'en', 1, 0, 0, 0],
      ['en', 'en-fp16', 2, 1, 800_000, 900_000],
      ['en', 'en-m3', 1, 1, 80_000_000, 80_000_000],
      ['en-m3', 'en-fp16', 2, 2, 70_000_000, 70_000_000],
    ]);
  });

  it('leaves out what was copied or not shown, and has no distance where texts alone were compared', () => {
    expect(rowsOf([copied, absent, unopened, { ...honest, distancePpb: -1 }])).toEqual([
      ['en', 'en', 1, 0, null, null],
    ]);
  });
});

describe('madeFrom', () => {
  it('is the model that a recipe is named after; a model is made from nothing', () => {
    expect(['en-fp16', 'latin-m7', 'en'].map(tables.madeFrom)).toEqual(['en', 'latin', '']);
  });
});

describe('isSameDevice', () => {
  const sameOf = (device: string, validatorDevice: string): boolean =>
    tables.isSameDevice(
      readTables({
        ...small,
        manifest: { ...small.manifest, inference: { ...small.manifest.inference, device, validatorDevice } },
      }),
    );

  it.each([
    ['cpu: AMD EPYC, 2 runners', 'cpu: AMD EPYC', true],
    ['cpu: AMD EPYC, 2 cores (a/cpu.json)', 'cpu: AMD EPYC (a/cpu.json)', true],
    ['cpu: AMD EPYC, 2 runners', 'wasm: AMD EPYC', false],
    ['cpu: AMD EPYC, 2 cores (a/cpu.json)', 'cpu: Intel Xeon (a/cpu.json)', false],
    ['webgpu: SwiftShader (software), 1 runner', 'webgpu: SwiftShader (software)', true],
  ])('of miners on %s and validators on %s > %s', (device, validatorDevice, isSame) => {
    expect(sameOf(device, validatorDevice)).toBe(isSame);
  });
});

describe('the section about measured work', () => {
  const sectionOf = (run: RunTables) => makeSections(readTables(run)).find(({ id }) => id === 'work')!;
  const figureOf = (run: RunTables, id: string) => sectionOf(run).figures.find((figure) => figure.id === id);

  it('given no audits > says so for each figure that needs them, and shows the others', () => {
    const { figures, missing } = sectionOf({ ...small, audits: [] });
    expect(figures.map(({ id }) => id)).toEqual(['model-stands', 'work-models', 'work-reward', 'executions']);
    expect(missing).toEqual([
      'Detection by what was served: no audit was decided in this run.',
      'Distance of sketches: no audit was decided in this run.',
      'Pairs of declared and served: no audit was decided in this run.',
      'What text alone would have caught: no audit was decided in this run.',
    ]);
  });

  it('given a scenario that records no agents > gives that as the reason', () => {
    const { missing } = sectionOf({ ...small, agents: [], audits: [] });
    expect(missing[0]).toBe('Detection by what was served: the scenario does not record agents.');
  });

  it('says what was rejected of what was not as declared, and of honest answers', () => {
    const run = withRows({
      audits: [honest, { ...honest, outcome: 'failed' }, fp16, m3, { ...m3, outcome: 'passed' }],
    });
    expect(figureOf(run, 'audit-detection')!.title).toBe(
      'Audits rejected 2 of 3 answers that were not what was declared, and 1 of 2 honest ones',
    );
  });

  it('counts an answer that was executed and never shown by what was served: a wronged honest one, or another caught', () => {
    const hidden = { ...absent, served: 'en-m3' };
    const { title, summary } = figureOf(
      withRows({ audits: [honest, absent, absent, hidden, fp16, unopened] }),
      'audit-detection',
    )!;
    expect(title).toBe('Audits rejected 2 of 2 answers that were not what was declared, and 2 of 3 honest ones');
    expect(summary).toContain(
      '3 answers were executed and never shown (2 of them as declared): 3 rejected, by no distance.',
    );
    expect(summary).toContain('1 commitment has nothing behind it that the miner has executed.');
  });

  it('says how many audits of a variant stand against the weights that it was made from', () => {
    const run = withRows({ audits: [honest, fp16, { ...fp16, declared: 'en-m3', distancePpb: 70_000_000 }] });
    expect(figureOf(run, 'audit-detection')!.summary).toContain(
      'in brackets of the weights that it was made from: en-fp16 2 of 2 (1).',
    );
    const { title, summary } = figureOf(run, 'audit-pairs')!;
    expect(title).toBe(
      'Closest to what it stands for: en-fp16 in the place of en, 900,000 ppb at the least, 1 of 1 rejected',
    );
    expect(summary).toContain('Audits against just these: en-fp16 1 of 2.');
  });

  it('says that honest distances are nothing but 0 where validators execute on the miners’ device, and only there', () => {
    const on = (validatorDevice: string) => {
      const run = withRows({ audits: [honest, fp16] });
      const inference = { ...run.manifest.inference, device: 'cpu: A, 2 runners', validatorDevice };
      return figureOf({ ...run, manifest: { ...run.manifest, inference } }, 'audit-distance')!;
    };
    expect(on('cpu: A').title).toBe(
      'Validators executed on the miners’ device, so that honest distances are 0 by construction; the nearest other is 900,000 ppb',
    );
    expect(on('cpu: A').summary).toContain('inference.validator_device: wasm, or a card, lets the two differ');
    expect(on('wasm: A').title).toContain('equal to the last bit');
    expect(on('wasm: A').summary).not.toContain('validator_device');
  });

  it('says by how much honest and other distances differ, and does not where they overlap', () => {
    const titleOf = (ppb: number): string =>
      figureOf(withRows({ audits: [{ ...honest, distancePpb: ppb }, fp16] }), 'audit-distance')!.title;
    expect(titleOf(9_000)).toContain('lies 100 times as far away as the farthest honest one');
    expect(titleOf(0)).toContain('equal to the last bit; the nearest other lies 900,000 ppb away');
    expect(titleOf(900_000)).toBe('Distances of honest answers and others overlap');
  });

  it('given audits that compared texts alone > has no distances and says why', () => {
    const { missing } = sectionOf(withRows({ audits: [{ ...honest, distancePpb: -1 }] }));
    expect(missing).toContain('Distance of sketches: no sketches were compared.');
  });

  it('given only honest answers > does not claim that anything was caught', () => {
    const { figures, missing } = sectionOf(withRows({ audits: [honest, honest] }));
    expect(figures.find(({ id }) => id === 'audit-detection')!.title).toBe(
      'Audits rejected 0 of 2 honest answers; nobody served anything else',
    );
    expect(missing.some((reason) => reason.startsWith('What text alone would have caught'))).toBe(true);
  });

  it('names the model with the widest gap between validation and service, and none where there is no gap', () => {
    const summaryOf = (validatedQualityBps: number): string => {
      const models = [1, 2].map((model) => ({
        ...{ model, era: 0, creator: 'Eve', strategy: 'overfitter', state: 'live', servedCount: 1 },
        ...{ servedQualityBps: 8_800, validatedQualityBps: model === 2 ? validatedQualityBps : 8_800 },
      }));
      return figureOf(withRows({ models }), 'work-models')!.summary;
    };
    expect(summaryOf(10_000)).toContain(
      'The widest gap is that of #2 Eve (overfitter): validators measured 100\u202f%, and consumers got 88\u202f%',
    );
    expect(summaryOf(8_700)).not.toContain('widest gap');
  });

  it('says on which samples models are validated', () => {
    const stands = (sets: SampleSets | undefined): string => {
      const inference = { ...small.manifest.inference };
      if (sets === undefined) delete (inference as { sets?: SampleSets }).sets;
      else Object.assign(inference, { sets });
      const run = { ...small, manifest: { ...small.manifest, inference } };
      return figureOf(run, 'model-stands')!.summary.split('. ').slice(1).join('. ');
    };
    expect(stands(undefined)).toBe('On which samples models were validated is not recorded.');
    expect(stands({ publicSamples: 0, heldOutSamples: 60, rotateEras: 0 })).toBe(
      'Models are validated on samples of the whole pool.',
    );
    expect(stands({ publicSamples: 90, heldOutSamples: 60, rotateEras: 0 })).toBe(
      'Models are validated on the 90 public samples, which creators have too; the set never rotates.',
    );
    expect(stands({ publicSamples: 90, heldOutSamples: 40, rotateEras: 2 })).toBe(
      'Models are validated on 40 held-out samples, drawn anew every 2 eras (dashed lines: 1 rotation); 90 others are public.',
    );
  });
});
