import { describe, expect, it } from 'vitest';
import { openReplay, smallScenario } from '../cli/testRun.ts';
import type { Scenario } from './scenario.ts';
import { createTestWorld, type Group } from './testWorld.ts';
import { createWorld, HARDWARE, REGIONS } from './world.ts';

const inference = openReplay(60);
const SLOTS = 24 * 40;

/** One consumer, and miners; what the world does to them, slot by slot. */
async function watch(miners: Partial<Group>, rest: Partial<Scenario> = {}) {
  const scenario = smallScenario(
    [
      { role: 'miner', strategy: 'degrading', count: 60, ...miners },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ],
    rest,
  );
  const { shared } = createTestWorld(scenario, await inference);
  const world = createWorld(shared, scenario);
  const at = (agent: number) => {
    const [factorMil, rttMs, failBps, connected] = shared.world.subarray(agent * 4, agent * 4 + 4);
    return { factorMil: factorMil!, rttMs: rttMs!, failBps: failBps!, connected: connected === 1 };
  };
  const agents = shared.roster.agents.map(({ agent }) => agent);
  const start = agents.map(at);
  const slots = Array.from({ length: SLOTS }, (_, slot) => {
    world.enterSlot(slot);
    return agents.map(at);
  });
  return { start, slots, regions: agents.map((agent) => world.regionOf(agent)) };
}

const QUIET = { options: { outage_bps: 0, drift_mil_per_era: 0 } };
const connections = (slots: Awaited<ReturnType<typeof watch>>['slots']) =>
  slots.map((slot) => slot.map(({ connected }) => connected));

describe('hardware', () => {
  it.each(Object.entries(HARDWARE))(
    'of class %s lies in the ranges of its class, and fills them',
    async (hardware, ranges) => {
      const { start } = await watch({ ...QUIET, hardware });
      const miners = start.slice(0, 60);
      for (const key of ['factorMil', 'rttMs', 'failBps'] as const) {
        const [low, high] = ranges[key];
        const values = miners.map((miner) => miner[key]);
        expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
        expect(Math.max(...values)).toBeLessThanOrEqual(high);
        expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan((high - low) / 2);
      }
    },
  );

  it('stays what it is where nothing drifts', async () => {
    const { start, slots } = await watch(QUIET);
    expect(slots[SLOTS - 1]).toEqual(start);
  });

  it('given a drift > every miner is slower by it each era, nobody else', async () => {
    const { start, slots } = await watch({ options: { outage_bps: 0, drift_mil_per_era: 50 } });
    for (const era of [0, 1, 39]) {
      expect(slots[era * 24 + 23]!.map(({ factorMil }, i) => factorMil - start[i]!.factorMil)).toEqual([
        ...Array.from({ length: 60 }, () => 50 * era),
        0,
      ]);
    }
  });

  it('is spread over all regions', async () => {
    const { regions } = await watch(QUIET);
    expect(new Set(regions)).toEqual(new Set(REGIONS));
  });
});

describe('outages', () => {
  it('given a chance of 2 % a slot, and of 25 % to recover > a miner is down 7.4 % of the time', async () => {
    const { slots } = await watch({ options: { outage_bps: 200, drift_mil_per_era: 0 } });
    const down = connections(slots)
      .flatMap((slot) => slot.slice(0, 60))
      .filter((connected) => !connected).length;
    // Of 57 600 miner-slots; runs of mean length 4 leave a deviation of about 0.3 percentage points.
    expect(down / (60 * SLOTS)).toBeCloseTo(0.02 / 0.27, 1.9);
  });

  it('a consumer is never cut off', async () => {
    const { slots } = await watch({ options: { outage_bps: 5_000, drift_mil_per_era: 0 } });
    expect(connections(slots).every((slot) => slot[60])).toBe(true);
  });

  const shock = (region: string): Partial<Scenario> => ({
    shocks: [{ kind: 'outage', region, fromSlot: 100, slotCount: 6 }],
  });

  it('given a shock in one region > cuts off its miners, for as long as it lasts, and nobody else', async () => {
    const { slots, regions } = await watch(QUIET, shock('eu'));
    connections(slots).forEach((slot, number) => {
      const strikes = number >= 100 && number < 106;
      expect(slot.slice(0, 60)).toEqual(regions.slice(0, 60).map((region) => !(strikes && region === 'eu')));
    });
  });

  it('given a shock everywhere > cuts off every miner', async () => {
    const { slots } = await watch(QUIET, shock('all'));
    expect(
      connections(slots)[105]!
        .slice(0, 60)
        .some((connected) => connected),
    ).toBe(false);
    expect(connections(slots)[106]!.every((connected) => connected)).toBe(true);
  });

  it('given outages and a shock > a miner goes down and comes back as it would have without the shock', async () => {
    const options = { outage_bps: 500, drift_mil_per_era: 0 };
    const [calm, shocked] = [await watch({ options }), await watch({ options }, shock('eu'))];
    const expected = connections(calm.slots).map((slot, number) =>
      slot.map((connected, i) => connected && !(i < 60 && number >= 100 && number < 106 && calm.regions[i] === 'eu')),
    );
    expect(connections(shocked.slots)).toEqual(expected);
  });
});
