import { describe, expect, it } from 'vitest';
import { openReplay, smallScenario } from '../cli/testRun.ts';
import { COMPLIANCE } from '../protocol/layout.ts';
import { CAPACITY, CAPACITY_SIZE } from './shared.ts';
import { createTestWorld, type Group } from './testWorld.ts';
import { createWorld, HARDWARE } from './world.ts';

const inference = openReplay(60);

async function machinesOf(miners: Partial<Group>, count = 60) {
  const scenario = smallScenario([
    { role: 'miner', strategy: 'steady', count, ...miners },
    { role: 'consumer', strategy: 'honest', count: 1 },
  ]);
  const { shared } = createTestWorld(scenario, await inference);
  const world = createWorld(shared, scenario);
  const of = (agent: number, name: keyof typeof CAPACITY) => shared.capacity[agent * CAPACITY_SIZE + CAPACITY[name]]!;
  return { shared, world, of, agents: Array.from({ length: count }, (_, agent) => agent) };
}

describe('what a machine has (ATTR)', () => {
  it.each(Object.entries(HARDWARE))('of class %s lies in the ranges of its class', async (hardware, ranges) => {
    const { of, agents } = await machinesOf({ hardware });
    for (const name of ['cpuCount', 'storageGb', 'gpuCount', 'computeTier', 'storageTier', 'netTier'] as const) {
      const [low, high] = ranges[name];
      for (const agent of agents) {
        expect(of(agent, name)).toBeGreaterThanOrEqual(low);
        expect(of(agent, name)).toBeLessThanOrEqual(high);
      }
    }
    for (const agent of agents) {
      expect(of(agent, 'memoryGb')).toBe(of(agent, 'cpuCount') * ranges.memoryGbPerCpu);
      expect(of(agent, 'compliance')).toBe(ranges.compliance);
    }
  });

  it('without a GPU > has no GPU class; with one, a class of its range', async () => {
    const { of, agents } = await machinesOf({ hardware: 'home' });
    const classes = agents.map((agent) => ({ gpuCount: of(agent, 'gpuCount'), gpuTier: of(agent, 'gpuTier') }));
    expect(new Set(classes.map(({ gpuCount }) => gpuCount))).toEqual(new Set([0, 1]));
    for (const { gpuCount, gpuTier } of classes) expect(gpuTier > 0).toBe(gpuCount > 0);
  });

  it('only data centres hold what tier 1 asks for (TIER-1)', () => {
    const needed = COMPLIANCE.soc2 + COMPLIANCE.audit;
    const holders = Object.entries(HARDWARE).filter(([, { compliance }]) => (compliance & needed) === needed);
    expect(holders.map(([name]) => name)).toEqual(['datacentre']);
  });

  it('does not change what happens to it: the same class draws the same distance and failures with other options', async () => {
    const plain = await machinesOf({});
    const cyclic = await machinesOf({ strategy: 'farmer' });
    for (const agent of plain.agents)
      expect([...cyclic.shared.world.subarray(agent * 4, agent * 4 + 3)]).toEqual([
        ...plain.shared.world.subarray(agent * 4, agent * 4 + 3),
      ]);
  });
});

describe('a machine that is on for part of each period (BEH-6)', () => {
  const farming = (duty_period_s: number, duty_on_s: number) =>
    machinesOf({ strategy: 'farmer', options: { duty_period_s, duty_on_s, duty_start: 'any' } }, 5);

  it('is on for that part to the second, from an offset of its own', async () => {
    const { world, agents } = await farming(7_200, 1_800);
    const firstOn = agents.map((agent) => {
      let onCount = 0;
      let switches = 0;
      let first = -1;
      for (let atS = 0; atS < 72_000; atS += 60) {
        const isOn = world.isConnectedAt(agent, atS);
        if (isOn) onCount += 1;
        if (isOn && !world.isConnectedAt(agent, atS - 60)) {
          switches += 1;
          if (first < 0) first = atS;
        }
      }
      expect(Math.abs(onCount - 300)).toBeLessThanOrEqual(1);
      expect(switches).toBe(10);
      return first;
    });
    expect(new Set(firstOn).size).toBeGreaterThan(1);
  });

  it('serves in a slot if it is on in its serving phase', async () => {
    const { world, shared, agents } = await farming(7_200, 3_600);
    let served = 0;
    for (let slot = 0; slot < 100; slot++) {
      world.enterSlot(slot);
      for (const agent of agents) {
        const connected = shared.world[agent * 4 + 3] === 1;
        expect(connected).toBe(world.isConnectedAt(agent, slot * 3_600 + 120));
        if (connected) served += 1;
      }
    }
    expect(served).toBeGreaterThan(200);
    expect(served).toBeLessThan(300);
  });

  it('given no period > is always on, and is not watched by the second', async () => {
    const { world, agents } = await farming(0, 1);
    for (const agent of agents) {
      expect(world.isCyclic(agent)).toBe(false);
      expect(world.isConnectedAt(agent, 12_345)).toBe(true);
    }
  });
});

describe('a machine that rests (BEH-17)', () => {
  it('is off in the first slots of each resting era, and on in all others', async () => {
    const { world, shared } = await machinesOf(
      { strategy: 'parker', options: { work_eras: 2, rest_eras: 3, rest_slots: 6, rest_from_era: 0, idle_slots: 0 } },
      1,
    );
    const off: string[] = [];
    for (let slot = 0; slot < 24 * 10; slot++) {
      world.enterSlot(slot);
      if (shared.world[3] === 0) off.push(`${Math.floor(slot / 24)}`);
    }
    const perEra = off.reduce((counts, era) => counts.set(era, (counts.get(era) ?? 0) + 1), new Map<string, number>());
    expect(Object.fromEntries(perEra)).toEqual({ 2: 6, 3: 6, 4: 6, 7: 6, 8: 6, 9: 6 });
  });
});
