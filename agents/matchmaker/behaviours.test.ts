import { describe, expect, it } from 'vitest';
import { gainOf, leasing, pairedRuns } from '../../sim/cli/testMarket.ts';
import { smallScenario } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const SEATS = 7;
const TIER = 4;
const AVS = { 'match.mode': 1 };
/** An order lasts two hours: longer than an outage. */
const PATIENT = { 'order.ttl_blocks': 7_200 };
const OUTAGE = { 'match.outage_bps_slot': 1_000 };

/** Operators of the seven seats that vote for the cartel, or are down; the rest is honest. One provider is the cartel's. */
function matching(biasedCount: number, downCount: number, params: Scenario['params'] = {}): Scenario {
  const options = { facets: 'spheron', stake_tier: TIER };
  const operators = (strategy: string, count: number, own: NonNullable<Group['options']> = {}): Group[] =>
    count === 0 ? [] : [{ role: 'matchmaker', strategy, count, options: own }];
  return smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: 5, hardware: 'community', options },
      { role: 'miner', strategy: 'steady', count: 1, hardware: 'community', options: { ...options, cartel: 1 } },
      { role: 'consumer', strategy: 'renter', count: 14, options: { lease_bps: 2_000 }, openTokens: 20_000 },
      ...operators('honest', SEATS - biasedCount - downCount),
      ...operators('biased', biasedCount),
      ...operators('honest', downCount, { down_bps: 10_000 }),
    ],
    { eras: 2, params: { 'tier.initial': TIER, 'fdeleg.budget': 0, ...AVS, ...params } },
  );
}

function measure(run: WorldRun) {
  const { votedMatches, wrongMatches, ...rest } = leasing(run, 'miner.1/');
  return {
    ...rest,
    votedMatches,
    wrongShare: votedMatches === 0 ? 0 : wrongMatches / votedMatches,
    expiredShare: rest.expiredCount / rest.orderCount,
    reward: gainOf(run, 'matchmaker.') / run.plan.unitsPerToken,
  };
}

const { run, of, gap } = pairedRuns(SEEDS, measure);

describe('BEH-48 operators of the matchmaking service', () => {
  it('given seven honest ones > match the orders of the slot to whom F-15 names, and share a reward for each', async () => {
    for (const { votedMatches, wrongShare, backlogSlots, reward } of await run(matching(0, 0))) {
      expect(votedMatches).toBeGreaterThan(10);
      expect([wrongShare, backlogSlots]).toEqual([0, 0]);
      expect(reward).toBeCloseTo(votedMatches * 0.1, 4);
    }
  });

  it('given two of seven that are biased, or down > decides as if they were honest: five are the quorum', async () => {
    const honest = await run(matching(0, 0));
    for (const scenario of [matching(2, 0), matching(0, 2)])
      expect((await run(scenario)).map(({ matchedCount, gain }) => ({ matchedCount, gain }))).toEqual(
        honest.map(({ matchedCount, gain }) => ({ matchedCount, gain })),
      );
  });

  it('given three of seven that are biased > no match is wrong, but the orders for which the cartel bid and should not win expire', async () => {
    const honest = await run(matching(0, 0));
    const found = await run(matching(3, 0));
    for (const { wrongShare } of found) expect(wrongShare).toBe(0);
    expect(gap(found, honest, 'expiredShare').low).toBeGreaterThan(0.1);
    expect(gap(found, honest, 'matchedCount').high).toBeLessThan(-10);
  });

  it('given five of seven that are biased > a quarter of the matches goes to the cartel that should not, which earns by it', async () => {
    const honest = await run(matching(0, 0));
    const found = await run(matching(5, 0));
    expect(of(found, 'wrongShare').low).toBeGreaterThan(0.1);
    expect(gap(found, honest, 'leaseShare').low).toBeGreaterThan(0.05);
    expect(gap(found, honest, 'gain').low).toBeGreaterThan(0);
    // Nothing happens to them: they are paid for these matches like for any.
    expect(gap(found, honest, 'reward').high).toBeLessThan(1);
    expect(of(found, 'reward').low).toBeGreaterThan(2);
  });

  it('given three of seven that are down > matches nothing; orders that can wait pile up until they expire', async () => {
    for (const { matchedCount, expiredShare } of await run(matching(0, 3))) {
      expect(matchedCount).toBe(0);
      expect(expiredShare).toBeGreaterThan(0.9);
    }
    expect(of(await run(matching(0, 3, PATIENT)), 'backlogSlots').low).toBeGreaterThan(40);
    for (const { backlogSlots } of await run(matching(0, 0, PATIENT))) expect(backlogSlots).toBe(0);
  });
});

describe('MATCH-9 outages', () => {
  it('given a tenth of the slots without matching > a central engine loses the orders of these slots, seven operators hardly any', async () => {
    const up = await run(matching(0, 0, { 'match.mode': 0 }));
    const central = await run(matching(0, 0, { 'match.mode': 0, ...OUTAGE }));
    const operators = await run(matching(0, 0, OUTAGE));
    for (const { outageSlots, backlogSlots } of up) expect([outageSlots, backlogSlots]).toEqual([0, 0]);
    expect(of(central, 'outageSlots').low).toBeGreaterThan(1);
    expect(of(central, 'backlogSlots').low).toBeGreaterThan(1);
    expect(gap(central, up, 'expiredShare').low).toBeGreaterThan(0);
    const honest = await run(matching(0, 0));
    expect(gap(operators, honest, 'expiredShare').high).toBeLessThan(gap(central, up, 'expiredShare').mean);
  });

  it('given orders that wait two hours > they are matched in the next slot, and the backlog is gone', async () => {
    const up = await run(matching(0, 0, { 'match.mode': 0, ...PATIENT }));
    const central = await run(matching(0, 0, { 'match.mode': 0, ...OUTAGE, ...PATIENT }));
    expect(of(central, 'backlogSlots').low).toBeGreaterThan(1);
    expect(Math.abs(gap(central, up, 'expiredShare').mean)).toBeLessThan(0.05);
  });
});
