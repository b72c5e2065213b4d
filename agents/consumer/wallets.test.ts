import { describe, expect, it } from 'vitest';
import { accountsOf, escrowsOf, ordersOf } from '../../sim/cli/testMarket.ts';
import { runSmall, smallScenario } from '../../sim/cli/testRun.ts';
import type { WorldRun } from '../../sim/engine/testWorld.ts';

/** Three consumers who want a machine every other hour, without a limit to what they can pay. */
const rent = (options: Record<string, number>): Promise<WorldRun> =>
  runSmall(
    smallScenario(
      [
        { role: 'miner', strategy: 'steady', count: 4, options: { facets: 'spheron' } },
        { role: 'slark', strategy: 'diligent', count: 2 },
        {
          ...{ role: 'consumer', strategy: 'renter', count: 3, openTokens: 100_000 },
          options: { lease_bps: 5_000, leases_max: 100, foreign_bps: 0, hours_max: 2, ...options },
        },
      ],
      { eras: 3, params: { 'escrow.brackets_enforced': 0 } },
    ),
  );

/** Wallets of each consumer's orders, in the order in which he sent them. */
function turnsOf(run: WorldRun): number[][] {
  const owners = new Map(escrowsOf(run).map(({ id, owner }) => [id, owner]));
  return accountsOf(run, 'consumer').map((account) =>
    ordersOf(run)
      .filter(({ escrow }) => owners.get(escrow) === account)
      .map(({ escrow }) => escrow),
  );
}

describe('renter > wallets (ESCROW-4)', () => {
  it('is one by default, from which all is paid', async () => {
    const run = await rent({});
    expect(escrowsOf(run)).toHaveLength(3);
    for (const turns of turnsOf(run)) {
      expect(turns.length).toBeGreaterThan(10);
      expect(new Set(turns).size).toBe(1);
    }
  });

  it('given three > opens three, and takes them in turn', async () => {
    const run = await rent({ wallets: 3 });
    expect(escrowsOf(run)).toHaveLength(9);
    for (const turns of turnsOf(run)) {
      expect(turns.length).toBeGreaterThan(10);
      expect(new Set(turns).size).toBe(3);
      expect(turns.slice(3)).toEqual(turns.slice(0, -3));
    }
    expect(run.outcome.observer.counters().rejected).toEqual({});
  });

  it('counts leases over all of them where leases_max limits them', async () => {
    const run = await rent({ wallets: 3, leases_max: 1, hours_min: 72, hours_max: 72, close_bps: 0 });
    // A lease as long as the run.
    const matched = ordersOf(run).filter(({ lease }) => lease !== 0);
    const owners = new Map(escrowsOf(run).map(({ id, owner }) => [id, owner]));
    const perConsumer = accountsOf(run, 'consumer').map(
      (account) => matched.filter(({ escrow }) => owners.get(escrow) === account).length,
    );
    expect(perConsumer).toEqual([1, 1, 1]);
  });
});
