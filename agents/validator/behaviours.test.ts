import { describe, expect, it } from 'vitest';
import {
  acceptedShare,
  differencesOf,
  intervalOf,
  modelsOf,
  overSeeds,
  rowsOf,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { F, STRIDE, VERDICT } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4];
/** Work units of one answer of the reference variant. */
const EN_WU = 1_342;
type Validators = Pick<Group, 'strategy' | 'options'>;
/** Two in five answers are checked, and a good part of them, and of the models, is bad: a vote can be wrong either way. */
const PARAMS = { 'val.audit_bps': 5_000, 'val.samples': 10, 'place.replicas': 3 };

function network(subject: Validators, subjects: number, diligent: number, params: Scenario['params'] = {}): Scenario {
  return smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 2 },
      { role: 'creator', strategy: 'spammer', count: 1, options: { per_era: 1, limit: 3 } },
      { role: 'miner', strategy: 'steady', count: 2 },
      { role: 'miner', strategy: 'cheater', count: 1 },
      { role: 'validator', strategy: 'diligent', count: diligent },
      { role: 'validator', count: subjects, ...subject },
      { role: 'consumer', strategy: 'honest', count: 8 },
    ],
    { eras: 10, params: { ...PARAMS, ...params } },
  );
}

type Found = {
  readonly aligned: number;
  readonly reputationFp: number;
  readonly rewardUnits: number;
  readonly penaltyUnits: number;
  readonly wrong: number;
  readonly copies: number;
  /** Of all tasks that were decided, those that had to be passed. */
  readonly good: number;
};

function goodShare({ state }: WorldRun): number {
  const count = state.taskTotals[F.taskTotals.taskCount]!;
  const outcomes = Array.from({ length: count }, (_, i) => state.tasks[(i + 1) * STRIDE.tasks + F.tasks.outcome]!);
  return (
    outcomes.filter((outcome) => outcome === VERDICT.pass).length / outcomes.filter((outcome) => outcome !== 0).length
  );
}

function measure(run: WorldRun): Found {
  const rows = rowsOf(run, 'validator.1/0');
  const summary = run.outcome.observer.summary();
  return {
    aligned: acceptedShare(rows),
    reputationFp: rows[rows.length - 1]!.standingFp,
    rewardUnits: sumOf(rows, 'rewardUnits'),
    penaltyUnits: sumOf(rows, 'penaltyUnits'),
    wrong: summary['tasks.wrong_share']!,
    copies: summary['copies.flagged']!,
    good: goodShare(run),
  };
}

/** What was measured already: several tests ask for the same twins. */
const measured = new Map<string, Promise<Found[]>>();
function over(subject: Validators, subjects: number, diligent: number): Promise<Found[]> {
  const key = JSON.stringify([subject, subjects, diligent]);
  if (!measured.has(key)) measured.set(key, overSeeds(SEEDS, network(subject, subjects, diligent), measure));
  return measured.get(key)!;
}

/** One subject among six diligent validators. */
const alone = (subject: Validators) => over(subject, 1, 6);
/** Five subjects and two diligent validators. */
const majority = (subject: Validators) => over(subject, 5, 2);

const DILIGENT: Validators = { strategy: 'diligent' };
const gap = (key: keyof Found, own: readonly Found[], twin: readonly Found[]) =>
  intervalOf(
    differencesOf(
      own.map((found) => found[key]),
      twin.map((found) => found[key]),
    ),
  );

/** Inferences that five validators execute to judge two models and three nodes; nobody asks for anything else. */
async function executionsOf(strategy: string): Promise<number> {
  const scenario = smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 2 },
      { role: 'miner', strategy: 'steady', count: 3 },
      { role: 'validator', strategy, count: 5 },
    ],
    { eras: 4, params: PARAMS },
  );
  const [units] = await overSeeds([1], scenario, ({ eras }) =>
    sumOf(
      eras.flatMap(({ agents }) => agents.filter(({ role }) => role === 'validator')),
      'executedWu',
    ),
  );
  return units! / EN_WU;
}

describe('BEH-18 diligent', () => {
  it('votes as the others who measure, and finds the truth', async () => {
    for (const { aligned, wrong, penaltyUnits } of await alone(DILIGENT)) {
      expect(aligned).toBeGreaterThan(0.95);
      expect(wrong).toBeLessThan(0.01);
      expect(penaltyUnits).toBe(0);
    }
  });

  it('given half the skill > votes at random, and loses reputation and reward', async () => {
    const [skilled, poor] = [
      await alone(DILIGENT),
      await alone({ strategy: 'diligent', options: { skill_bps: 5_000 } }),
    ];
    for (const { aligned } of poor) expect(Math.abs(aligned - 0.5)).toBeLessThan(0.15);
    for (const key of ['reputationFp', 'rewardUnits'] as const) expect(gap(key, poor, skilled).high).toBeLessThan(0);
  });

  it('executes ten samples for each model and for each node, per validator', async () => {
    expect(await executionsOf('diligent')).toBe(5 * (2 * 10 + 3 * 10));
  });
});

describe('BEH-19 lazy', () => {
  it('saves every execution', async () => {
    expect(await executionsOf('lazy')).toBe(0);
  });

  it('given a diligent majority > is aligned as often as what it passes is good, and earns less', async () => {
    const [diligent, lazy] = [await alone(DILIGENT), await alone({ strategy: 'lazy' })];
    for (const key of ['aligned', 'reputationFp', 'rewardUnits'] as const)
      expect(gap(key, lazy, diligent).high).toBeLessThan(0);
    for (const { aligned, wrong, good } of lazy) {
      expect(Math.abs(aligned - good)).toBeLessThan(0.05);
      expect(wrong).toBeLessThan(0.01);
    }
    // Where text alone is compared, a cheap answer that reads the same is good enough, and there is more to pass blindly.
    const byText = await overSeeds(SEEDS, network({ strategy: 'lazy' }, 1, 6, { 'val.proof': 0 }), measure);
    for (const { aligned } of byText) expect(aligned).toBeGreaterThan(0.6);
    expect(gap('aligned', byText, lazy).low).toBeGreaterThan(0);
  });

  it('given a lazy majority > it is never out of line, earns more than the diligent, and a fifth of the outcomes is wrong', async () => {
    const scenario = network({ strategy: 'lazy' }, 5, 2);
    const found = await overSeeds(SEEDS, scenario, (run) => ({
      ...measure(run),
      diligentUnits: sumOf(rowsOf(run, 'validator.0/0'), 'rewardUnits'),
    }));
    for (const { aligned, rewardUnits, diligentUnits, wrong } of found) {
      expect(aligned).toBe(1);
      expect(rewardUnits).toBeGreaterThan(1.3 * diligentUnits);
      expect(wrong).toBeGreaterThan(0.2);
    }
  });
});

describe('BEH-20 copier, submissions in plain sight', () => {
  it('saves every execution', async () => {
    expect(await executionsOf('copier')).toBe(0);
  });

  it('given word-for-word copies > half are flagged; it is slashed, suspended and earns a fraction', async () => {
    const [diligent, copier] = [await alone(DILIGENT), await alone({ strategy: 'copier' })];
    for (const [i, { copies, penaltyUnits, rewardUnits, aligned }] of copier.entries()) {
      expect(copies).toBeGreaterThan(10);
      expect(penaltyUnits).toBeGreaterThan(0);
      expect(Math.abs(aligned - 0.5)).toBeLessThan(0.2);
      expect(rewardUnits).toBeLessThan(diligent[i]!.rewardUnits / 2);
    }
    expect(gap('reputationFp', copier, diligent).high).toBeLessThan(0);
  });

  it('given copies that it rewrites > the detector sees nothing and it earns what diligence earns', async () => {
    const [diligent, copier] = [
      await alone(DILIGENT),
      await alone({ strategy: 'copier', options: { noise_bps: 10_000 } }),
    ];
    for (const { copies, aligned } of copier) {
      expect(copies).toBeLessThan(5);
      expect(aligned).toBeGreaterThan(0.95);
    }
    const { low, high } = gap('rewardUnits', copier, diligent);
    const typical = diligent.reduce((sum, { rewardUnits }) => sum + rewardUnits, 0) / SEEDS.length;
    expect(low).toBeGreaterThan(-0.25 * typical);
    expect(high).toBeLessThan(0.25 * typical);
  });
});

describe('BEH-21 colluder', () => {
  /** Seven validators, one creator of the cartel with weights that read one hard line in a hundred. */
  const promotions = (colluders: number) =>
    overSeeds(
      SEEDS,
      smallScenario(
        [
          { role: 'creator', strategy: 'steady', count: 1 },
          { role: 'creator', strategy: 'steady', count: 1, options: { variant: 'en-m2', cartel: 1 } },
          { role: 'miner', strategy: 'steady', count: 4 },
          { role: 'validator', strategy: 'diligent', count: 7 - colluders },
          ...(colluders === 0 ? [] : [{ role: 'validator', strategy: 'colluder', count: colluders } as const]),
          { role: 'consumer', strategy: 'honest', count: 4 },
        ],
        { eras: 5, params: PARAMS },
      ),
      (run) => ({ state: modelsOf(run, 'creator.1/0')[0]!.state, honest: modelsOf(run, 'creator.0/0')[0]!.state }),
    );

  it.each([
    [0, false],
    [1, false],
    [4, true],
    [6, true],
  ])('given %i colluders of seven > the cartel’s bad model is promoted: %s', async (colluders, isPromoted) => {
    for (const { state, honest } of await promotions(colluders)) {
      expect(state === 'live').toBe(isPromoted);
      expect(honest).toBe('live');
    }
  });
});

describe('BEH-23 conformist', () => {
  it('alone > gives up alignment and reward in proportion to its prior', async () => {
    const found = [];
    for (const prior_bps of [0, 5_000, 10_000])
      found.push(await alone({ strategy: 'conformist', options: { prior_bps } }));
    for (const key of ['aligned', 'reputationFp', 'rewardUnits'] as const) {
      expect(gap(key, found[1]!, found[0]!).high).toBeLessThan(0);
      expect(gap(key, found[2]!, found[1]!).high).toBeLessThan(0);
    }
  });

  it('as the majority > opens the gap between consensus and truth (OP-107) that diligent validators close', async () => {
    const [diligent, conformist] = [
      await majority(DILIGENT),
      await majority({ strategy: 'conformist', options: { prior_bps: 10_000 } }),
    ];
    for (const { wrong } of diligent) expect(wrong).toBeLessThan(0.01);
    for (const { wrong, aligned } of conformist) {
      expect(wrong).toBeGreaterThan(0.2);
      expect(aligned).toBe(1);
    }
  });
});
