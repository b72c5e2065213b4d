import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsWithout, incomeUnits, runSmall, smallScenario, sumOf } from '../cli/testRun.ts';
import { MOVE } from '../protocol/events.ts';
import { F } from '../protocol/layout.ts';
import { repoRoot } from '../store/paths.ts';
import { giniOf } from './observer.ts';
import type { Scenario } from './scenario.ts';
import type { Group, WorldRun } from './testWorld.ts';
import type { AgentRow } from './trace.ts';

const ORACLE = join(repoRoot(), '..', 'shared', 'oracles', 'metrics.json');

describe('giniOf', () => {
  const oracle: { gini: { x: number[]; expect: number }[] } | null = existsSync(ORACLE)
    ? JSON.parse(readFileSync(ORACLE, 'utf8'))
    : null;
  it.skipIf(oracle === null)(
    `agrees with published vectors (${oracle === null ? 'absent: skipped' : `${oracle.gini.length} of them`})`,
    () => {
      for (const { x, expect: wanted } of oracle!.gini) expect(giniOf(x)).toBeCloseTo(wanted, 6);
    },
  );

  it.each([
    ['nobody', [], 0],
    ['one', [7], 0],
    ['nothing at all', [0, 0, 0], 0],
    ['equals', [5, 5, 5, 5], 0],
    // (2·1 − 3)·1 + (2·2 − 3)·3 = 2, over 2 · 4.
    ['1 and 3', [3, 1], 0.25],
    ['one of four who has all', [0, 9, 0, 0], 0.75],
  ])('given %s > is what the formula gives by hand', (_, amounts, wanted) => {
    expect(giniOf(amounts)).toBe(wanted);
  });
});

/** Everything that can move tokens, moving them: fees, stakes, penalties, slashes with delegators, exits, prepayments. */
const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'improver', count: 2, options: { cycle_eras: 2 } },
  { role: 'creator', strategy: 'spammer', count: 1, options: { per_era: 1, limit: 3 } },
  { role: 'miner', strategy: 'steady', count: 4, options: { exit_era: 6, outage_bps: 300 } },
  { role: 'miner', strategy: 'whitewasher', count: 2, openTokens: 5_000 },
  { role: 'miner', strategy: 'cheater', count: 1, options: { outage_bps: 10_000 } },
  { role: 'validator', strategy: 'diligent', count: 3 },
  { role: 'validator', strategy: 'copier', count: 3 },
  { role: 'consumer', strategy: 'honest', count: 6 },
  { role: 'consumer', strategy: 'brigader', count: 1 },
  { role: 'delegator', strategy: 'yield-seeker', count: 4 },
];
const REST: Partial<Scenario> = {
  eras: 12,
  record: { agents: 'all', events: 'all' },
  params: {
    'val.audit_bps': 5_000,
    'val.samples': 5,
    'val.task_fee': 1,
    'val.slash_copy_bps': 200,
    'val.slash_noshow_bps': 300,
    'model.register_fee': 2,
    'model.register_stake': 10,
    'node.reserve_deadline_s': 40_000,
    'node.exit_eras': 2,
    'node.exit_error_budget': 0,
    'deleg.unbond_eras': 2,
    'rotate.period_eras': 2,
  },
};

/** Every fiftieth slot all validators forget to answer: so the best of them are slashed too, with those who back them. */
const forgetful = agentsWithout((_agent, name, slot) => name === 'submitResult' && slot % 50 === 49);

const wealthOf = (row: AgentRow): number => row.walletUnits + row.stakeUnits + row.delegatedUnits;
const gainOf = (rows: readonly AgentRow[]): number => incomeUnits(rows) - sumOf(rows, 'penaltyUnits', 'spentUnits');

describe('era rows', () => {
  const runs = new Map<number, Promise<WorldRun>>();
  const runOf = (seed: number): Promise<WorldRun> => {
    if (!runs.has(seed)) runs.set(seed, runSmall(smallScenario(GROUPS, { ...REST, seed }), { agents: forgetful }));
    return runs.get(seed)!;
  };

  it.each([1, 2, 3])(
    'seed %i: what an agent has gained in an era is its income less its losses and what it spent',
    async (seed) => {
      const { eras, roster, scenario } = await runOf(seed);
      for (const { agent, account, population } of roster.agents) {
        let before = scenario.populations[population]!.openUnits;
        for (const { agents } of eras) {
          const row = agents[agent]!;
          expect({ account, era: row.era, units: wealthOf(row) - before }).toEqual({
            account,
            era: row.era,
            units: gainOf([row]),
          });
          before = wealthOf(row);
        }
      }
    },
  );

  it('the scenario moves tokens in every way that rows tell of', async () => {
    const runs = await Promise.all([1, 2, 3].map(runOf));
    const rows = runs.flatMap(({ eras }) => eras.flatMap(({ agents }) => agents));
    for (const column of [
      'callUnits',
      'rewardUnits',
      'delegationUnits',
      'spentUnits',
      'penaltyUnits',
      'delegatedUnits',
    ] as const)
      expect(sumOf(rows, column)).toBeGreaterThan(0);
    const penalised = new Set(rows.filter(({ penaltyUnits }) => penaltyUnits > 0).map(({ role }) => role));
    expect(penalised).toEqual(new Set(['miner', 'validator', 'delegator']));
  });

  it('income of agents is what RewardPaid and the call moves say', async () => {
    const { eras } = await runOf(1);
    for (const { agents, events } of eras) {
      const paid = (wanted: readonly number[], name: string, reason: 'd' | 'e', units: 'c' | 'd') =>
        events
          .filter((event) => event.name === name && wanted.includes(event[reason]))
          .reduce((sum, event) => sum + event[units], 0);
      expect(sumOf(agents, 'callUnits')).toBe(paid([MOVE.callCreator, MOVE.callNode], 'Moved', 'd', 'c'));
      expect(sumOf(agents, 'rewardUnits')).toBe(
        paid([MOVE.powrReward, MOVE.validatorReward, MOVE.creatorReward], 'RewardPaid', 'e', 'd'),
      );
      expect(sumOf(agents, 'delegationUnits')).toBe(
        paid([MOVE.stakerReward, MOVE.delegatorReward], 'RewardPaid', 'e', 'd'),
      );
    }
  });

  it('what slashes and penalties took from agents is what the row of the era says, and what the treasury got', async () => {
    const { eras } = await runOf(1);
    for (const { era, agents, events } of eras) {
      const taken = events
        .filter(({ name, d }) => name === 'Moved' && (d === MOVE.penalty || d === MOVE.slash))
        .reduce((sum, { c }) => sum + c, 0);
      expect(sumOf(agents, 'penaltyUnits')).toBe(taken);
      expect(era.slashedUnits).toBe(taken);
    }
  });

  it('counts of agents, models and the era agree', async () => {
    const { eras } = await runOf(2);
    for (const { era, agents, models } of eras) {
      const of = (role: string) => agents.filter((row) => row.role === role);
      expect(sumOf(of('consumer'), 'requestCount')).toBe(era.requestCount);
      expect(sumOf(of('creator'), 'requestCount')).toBe(era.requestCount);
      expect(sumOf(models, 'requestCount')).toBe(era.requestCount);
      for (const rows of [of('consumer'), of('creator'), of('miner'), models])
        expect(sumOf(rows, 'servedCount')).toBe(era.servedCount);
      expect(era.servedCount + era.refundedCount).toBe(era.requestCount);
      expect(sumOf(of('consumer'), 'spentUnits')).toBe(era.feeUnits);
      expect(sumOf(models, 'incomeUnits')).toBe(sumOf(of('creator'), 'callUnits', 'rewardUnits'));
      expect(sumOf(of('miner'), 'checkedCount')).toBe(era.auditCount);
      expect(sumOf(of('miner'), 'checkedCount') - sumOf(of('miner'), 'acceptedCount')).toBe(era.auditFailedCount);
      expect(era.taskPassedCount + era.taskFailedCount).toBe(era.taskSettledCount);
      expect(era.emittedUnits).toBe(
        sumOf([era], 'powrUnits', 'validatorUnits', 'creatorUnits', 'stakerUnits', 'foundationUnits'),
      );
      expect(sumOf(agents, 'actionCount')).toBeLessThan(era.actionCount);
    }
    const sums = (key: 'servedCount' | 'requestCount') =>
      sumOf(
        eras.map(({ era }) => era),
        key,
      );
    expect(sums('servedCount')).toBeGreaterThan(100);
    expect(sums('requestCount')).toBeGreaterThan(sums('servedCount'));
  });

  it('supply and burnt tokens are what was minted', async () => {
    const { eras, state } = await runOf(2);
    for (const { era } of eras)
      expect(era.supplyUnits + era.burntUnits).toBe(state.tokenTotals[F.tokenTotals.maxSupplyUnits]);
    expect(eras.at(-1)!.era.burntUnits).toBeGreaterThan(0);
  });

  it('every era has one row per agent and per model, with name, state and variant', async () => {
    const groups: Group[] = [
      { role: 'creator', strategy: 'steady', count: 1, options: { variant: 'en-m4', fee_milli: 3 } },
      { role: 'creator', strategy: 'spammer', count: 1 },
      { role: 'miner', strategy: 'steady', count: 3 },
      { role: 'validator', strategy: 'diligent', count: 3 },
    ];
    const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    const { eras } = await runSmall(smallScenario(groups, { eras: 3 }), { names });
    for (const { agents } of eras) expect(agents.map(({ name }) => name)).toEqual(names);
    const intents = eras[2]!.agents.map(({ intent }) => intent);
    expect(intents).toEqual(names.map((name) => (name === 'B' ? 'malicious' : 'honest')));
    const [own, spam] = ['A', 'B'].map((name) => eras[2]!.models.find(({ creator }) => creator === name));
    expect([own!.creator, own!.strategy, own!.variant, own!.versionNumber, own!.feeUnits]).toEqual([
      'A',
      'steady',
      'en-m4',
      1,
      3_000,
    ]);
    expect([spam!.creator, spam!.strategy, spam!.state]).toEqual(['B', 'spammer', 'metaRejected']);
    expect(eras.map(({ models }) => models.length)).toEqual([3, 5, 7]);
  });

  it('a scenario that records neither agents nor events > keeps none, and the same summary', async () => {
    const [all, none] = [
      await runOf(3),
      await runSmall(smallScenario(GROUPS, { ...REST, seed: 3, record: { agents: 'none', events: 'none' } }), {
        agents: forgetful,
      }),
    ];
    expect(none.eras.flatMap(({ agents, events }) => [...agents, ...events])).toEqual([]);
    expect(none.outcome.observer.summary()).toEqual(all.outcome.observer.summary());
    expect(none.outcome.digest).toBe(all.outcome.digest);
  });

  it('events lie in the slot and phase in which they happened, in order; those of a settlement in the slot after the era', async () => {
    const { eras } = await runOf(1);
    const events = eras.flatMap((era) => era.events);
    const times = events.map(({ slot, phase }) => slot * 3_600 + phase);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const settled = events.filter(({ name }) => name === 'EraSettled');
    expect(settled.map(({ slot, phase, era, a }) => [slot, phase, era, a])).toEqual(
      eras.map((_, era) => [(era + 1) * 24, 0, era + 1, era]),
    );
  });
});

describe('summary', () => {
  it('gives means per agent of the whole run, in tokens, by role, strategy and intent', async () => {
    const run = await runSmall(smallScenario(GROUPS, { ...REST, eras: 6 }));
    const summary = run.outcome.observer.summary();
    const rows = run.eras.flatMap(({ agents }) => agents);
    const mean = (chosen: (row: AgentRow) => boolean, value: (rows: readonly AgentRow[]) => number) => {
      const own = rows.filter(chosen);
      return value(own) / 1_000_000 / (own.length / 6);
    };
    expect(summary['income.miner.steady']).toBeCloseTo(
      mean(({ role, strategy }) => role === 'miner' && strategy === 'steady', incomeUnits),
      6,
    );
    expect(summary['profit.validator']).toBeCloseTo(
      mean(({ role }) => role === 'validator', gainOf),
      6,
    );
    expect(summary['penalty.intent.malicious']).toBeCloseTo(
      mean(
        ({ intent }) => intent === 'malicious',
        (own) => sumOf(own, 'penaltyUnits'),
      ),
      6,
    );
    const checked = rows.filter(({ strategy }) => strategy === 'whitewasher');
    expect(summary['accepted.miner.whitewasher']).toBe(
      sumOf(checked, 'acceptedCount') / sumOf(checked, 'checkedCount'),
    );
    expect(summary['requests.total']).toBe(
      sumOf(
        run.eras.map(({ era }) => era),
        'requestCount',
      ),
    );
    expect(summary['emission.total']).toBe(6 * 20_000);
  });

  it('a strategy’s bare name stands for it where only one role has it', async () => {
    const groups: Group[] = [
      { role: 'creator', strategy: 'steady', count: 1 },
      { role: 'miner', strategy: 'steady', count: 3 },
      { role: 'validator', strategy: 'lazy', count: 1 },
      { role: 'validator', strategy: 'diligent', count: 3 },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ];
    const summary = (await runSmall(smallScenario(groups, { eras: 2 }))).outcome.observer.summary();
    expect(summary['income.lazy']).toBe(summary['income.validator.lazy']);
    expect(summary).not.toHaveProperty('income.steady');
    // `honest` is an intent: the consumers' own name would hide it.
    expect(summary).not.toHaveProperty('income.honest');
    expect(summary).toHaveProperty(['income.intent.honest']);
  });

  it('given no requests, tasks or audits > divides by nothing', async () => {
    const summary = (
      await runSmall(smallScenario([{ role: 'miner', strategy: 'steady', count: 1 }], { eras: 1 }))
    ).outcome.observer.summary();
    for (const [name, value] of Object.entries(summary))
      expect({ name, isNumber: Number.isFinite(value) }).toEqual({ name, isNumber: true });
  });
});
