import { beforeAll, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { runSmall, smallScenario, sumOf } from '../cli/testRun.ts';
import { MOVE } from '../protocol/events.ts';
import { ACCOUNT, KIND } from '../protocol/layout.ts';
import type { Scenario } from './scenario.ts';
import type { Group, WorldRun } from './testWorld.ts';

/** Rewards, slashes, exits, delegations and disagreeing validators, in every era from the third on. */
const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'improver', count: 2, options: { cycle_eras: 2 } },
  { role: 'miner', strategy: 'steady', count: 4, options: { exit_era: 6, outage_bps: 300 } },
  { role: 'miner', strategy: 'cheater', count: 2 },
  { role: 'validator', strategy: 'diligent', count: 3, options: { skill_bps: 7_000 } },
  { role: 'validator', strategy: 'copier', count: 2, options: { noise_bps: 5_000 } },
  { role: 'consumer', strategy: 'honest', count: 6 },
  { role: 'delegator', strategy: 'yield-seeker', count: 4 },
];
const REST: Partial<Scenario> = {
  eras: 9,
  record: { agents: 'all', events: 'all' },
  params: { 'val.audit_bps': 5_000, 'val.samples': 5, 'node.exit_eras': 1, 'val.slash_copy_bps': 200 },
};

/** Where a pool goes that nobody earned, and the pot that validators are paid from. */
const SINKS: readonly number[] = [ACCOUNT.foundation, ACCOUNT.treasury, ACCOUNT.validatorPot];

describe('entity rows', () => {
  let run: WorldRun;
  beforeAll(async () => {
    run = await runSmall(smallScenario(GROUPS, REST));
  });

  it('nodes share the whole pool of an era in which one of them scored, and nothing else', () => {
    const paid = run.eras.filter(({ nodes }) => sumOf(nodes, 'scoreFp') > 0);
    expect(paid.length).toBeGreaterThan(3);
    for (const { era, nodes } of run.eras)
      expect(sumOf(nodes, 'rewardUnits')).toBe(sumOf(nodes, 'scoreFp') > 0 ? era.powrUnits : 0);
  });

  it('what owners and vault were paid for nodes and validators is their rewards', () => {
    for (const { nodes, validators, events } of run.eras) {
      const paid = (reason: number) =>
        events
          .filter(({ name, b: to, d }) => name === 'Moved' && d === reason && !SINKS.includes(to))
          .reduce((sum, { c }) => sum + c, 0);
      expect(sumOf(nodes, 'rewardUnits')).toBe(paid(MOVE.powrReward));
      expect(sumOf(validators, 'rewardUnits')).toBe(paid(MOVE.validatorReward));
    }
    expect(
      sumOf(
        run.eras.flatMap(({ validators }) => validators),
        'rewardUnits',
      ),
    ).toBeGreaterThan(0);
  });

  it('counts of nodes are those of their owners’ rows, before the settlement cleared them', () => {
    for (const { agents, nodes } of run.eras) {
      for (const row of agents.filter(({ role }) => role === 'miner')) {
        const own = nodes.filter(({ account }) => account === row.account);
        expect(sumOf(own, 'assignedCount')).toBe(row.requestCount);
        expect(sumOf(own, 'finishedCount')).toBe(row.servedCount);
        expect(sumOf(own, 'checkedCount')).toBe(row.checkedCount);
        expect(sumOf(own, 'acceptedCount')).toBe(row.acceptedCount);
      }
    }
    expect(
      sumOf(
        run.eras.flatMap(({ nodes }) => nodes),
        'finishedCount',
      ),
    ).toBeGreaterThan(0);
  });

  it('a trust weight ends an era where the next begins, unless an offence came between', () => {
    let compared = 0;
    for (let era = 1; era < run.eras.length; era++) {
      for (const node of run.eras[era]!.nodes) {
        const before = run.eras[era - 1]!.nodes.find((row) => row.node === node.node);
        if (before === undefined) continue;
        compared += 1;
        if (node.offenceCount === 0) expect(node.trustFp).toBe(before.trustAfterFp);
        else expect(node.trustFp).toBeLessThan(before.trustAfterFp);
      }
    }
    expect(compared).toBeGreaterThan(20);
    expect(
      sumOf(
        run.eras.flatMap(({ nodes }) => nodes),
        'offenceCount',
      ),
    ).toBeGreaterThan(0);
  });

  it.each([
    ['a majority decides', {}],
    ['nearly all must agree, so that some tasks stay undecided', { 'val.pass_bps': 9_500 }],
  ] as const)('given that %s > tasks of a validator are all sorted, and their scores follow', async (_, params) => {
    const { eras } = await runSmall(smallScenario(GROUPS, { ...REST, params: { ...REST.params, ...params } }));
    if ('val.pass_bps' in params)
      expect(
        sumOf(
          eras.map(({ era }) => era),
          'taskUnresolvedCount',
        ),
      ).toBeGreaterThan(0);
    const penaltyFp = 200_000_000;
    const kinds = { alignedCount: 0, lateCount: 0, againstCount: 0, copiedCount: 0, missedCount: 0 };
    for (const { validators } of eras) {
      for (const row of validators) {
        for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) kinds[kind] += row[kind];
        const { alignedCount, lateCount, againstCount, copiedCount, missedCount } = row;
        expect(alignedCount + againstCount + copiedCount + missedCount).toBe(row.taskCount);
        expect(lateCount).toBeLessThanOrEqual(alignedCount);
        expect(alignedCount * FP - lateCount * penaltyFp).toBe(row.scoreSumFp);
        expect(row.payWeightFp > 0).toBe(alignedCount > 0);
      }
    }
    // Nobody here misses a task; all other kinds must occur.
    if (!('val.pass_bps' in params))
      expect(Object.entries(kinds).filter(([, count]) => count === 0)).toEqual([['missedCount', 0]]);
  });

  it('reputations go on from era to era', () => {
    for (let era = 1; era < run.eras.length; era++) {
      for (const row of run.eras[era]!.validators) {
        const before = run.eras[era - 1]!.validators.find(({ validator }) => validator === row.validator);
        if (before !== undefined) expect(row.reputationFp).toBe(before.reputationAfterFp);
      }
    }
  });

  it('eligible delegations of a target are what it shares its reward with', () => {
    let compared = 0;
    for (const { nodes, validators, delegations } of run.eras) {
      for (const [kind, rows] of [
        ['node', nodes.map((row) => ({ ...row, entity: row.node }))],
        ['validator', validators.map((row) => ({ ...row, entity: row.validator }))],
      ] as const) {
        for (const { entity, delegatedEligibleUnits } of rows) {
          const own = delegations.filter(({ targetKind, target }) => targetKind === kind && target === entity);
          expect(sumOf(own, 'eligibleUnits')).toBe(delegatedEligibleUnits);
          compared += own.length;
        }
      }
    }
    expect(compared).toBeGreaterThan(5);
  });

  it('units of an agent’s delegations are what its row says is delegated', () => {
    for (const { agents, delegations } of run.eras) {
      for (const row of agents) {
        const own = delegations.filter(({ account }) => account === row.account);
        expect(sumOf(own, 'units', 'unbondingUnits')).toBe(row.delegatedUnits);
      }
    }
  });

  it('calls of a consumer are its requests, served or refunded, and their fees are what it spent', () => {
    for (const { agents, calls } of run.eras) {
      for (const row of agents.filter(({ role }) => role === 'consumer')) {
        const own = calls.filter(({ account }) => account === row.account);
        expect(sumOf(own, 'servedCount', 'refundedCount')).toBe(row.requestCount);
        expect(sumOf(own, 'feeUnits')).toBe(row.spentUnits);
      }
    }
  });

  it('every entity of the ledger has its row, under its owner', () => {
    const owners = new Map(
      run.eras
        .flatMap(({ events }) => events)
        .filter(({ name, a, d }) => name === 'Transition' && a === KIND.node && d === 0)
        .map(({ b: node, c: owner }) => [node, owner]),
    );
    const last = run.eras.at(-1)!.nodes;
    expect(new Map(last.map(({ node, account }) => [node, account]))).toEqual(owners);
  });

  it('given record.agents none > there are none of these either', async () => {
    const quiet = await runSmall(
      smallScenario(GROUPS, { ...REST, eras: 4, record: { agents: 'none', events: 'none' } }),
    );
    for (const rows of quiet.eras)
      expect([rows.agents, rows.nodes, rows.validators, rows.delegations, rows.calls]).toEqual([[], [], [], [], []]);
  });
});
