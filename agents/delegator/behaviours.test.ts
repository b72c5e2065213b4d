import { describe, expect, it } from 'vitest';
import { overSeeds, rowsOf, smallScenario, sumOf } from '../../sim/cli/testRun.ts';
import type { WorldRun } from '../../sim/engine/testWorld.ts';
import { F, KIND, STRIDE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4];

const NETWORK = smallScenario(
  [
    { role: 'creator', strategy: 'steady', count: 2 },
    { role: 'miner', strategy: 'steady', count: 4 },
    { role: 'miner', strategy: 'cheater', count: 2 },
    { role: 'validator', strategy: 'diligent', count: 5 },
    { role: 'validator', strategy: 'lazy', count: 3, options: { prior_bps: 5_000 } },
    { role: 'consumer', strategy: 'honest', count: 10 },
    { role: 'delegator', strategy: 'yield-seeker', count: 3 },
  ],
  { eras: 16, params: { 'val.audit_bps': 5_000, 'val.samples': 10, 'place.replicas': 3 } },
);

/** Delegated units by kind of target and strategy of the target's owner. */
function backed(run: WorldRun): Map<string, number> {
  const { state: s, roster } = run;
  const units = new Map<string, number>();
  for (let delegation = 1; delegation <= s.stakeTotals[F.stakeTotals.delegationCount]!; delegation++) {
    const at = delegation * STRIDE.delegations;
    const target = s.delegations[at + F.delegations.target]!;
    const isNode = s.delegations[at + F.delegations.targetKind] === KIND.node;
    const owner = isNode
      ? s.nodes[target * STRIDE.nodes + F.nodes.owner]!
      : s.validators[target * STRIDE.validators + F.validators.owner]!;
    const { role, strategy } = roster.agents.find(({ account }) => account === owner)!;
    const key = `${role}.${strategy}`;
    units.set(key, (units.get(key) ?? 0) + s.delegations[at + F.delegations.units]!);
  }
  return units;
}

describe('BEH-45 yield-seeker', () => {
  it('backs diligent validators rather than those who vote without testing', async () => {
    for (const units of await overSeeds(SEEDS, NETWORK, backed)) {
      expect(units.get('validator.diligent') ?? 0).toBeGreaterThan(10 * (units.get('validator.lazy') ?? 0));
      expect((units.get('miner.steady') ?? 0) + (units.get('miner.cheater') ?? 0)).toBeGreaterThan(0);
    }
  });

  it('earns with what it lent, and only with that', async () => {
    await overSeeds(SEEDS, NETWORK, (run) => {
      for (const place of [0, 1, 2]) {
        const rows = rowsOf(run, `delegator.0/${place}`);
        expect(sumOf(rows, 'delegationUnits')).toBeGreaterThan(0);
        expect(sumOf(rows, 'callUnits', 'rewardUnits')).toBe(0);
        const last = rows[rows.length - 1]!;
        expect(last.walletUnits + last.delegatedUnits).toBe(
          5_000_000_000 + sumOf(rows, 'delegationUnits') - sumOf(rows, 'penaltyUnits'),
        );
      }
    });
  });
});
