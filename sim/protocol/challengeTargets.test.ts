import { describe, expect, it } from 'vitest';
import { queueTarget } from './challenges.ts';
import { chooseTargets, drawRequirement, freeForChallenge } from './challengeTargets.ts';
import { agent, mustPass } from './eraWorld.ts';
import { addMember, createFizzWorld, DEVICE_OWNER, GATEWAY } from './fizzWorld.ts';
import { F, PROVIDER_STATE } from './layout.ts';
import { writeRecord } from './nodeWorld.ts';
import { addProvider, createSlarkWorld, REGISTERED } from './slarkWorld.ts';

const OWNER = agent(0);

describe('freeForChallenge (F-12)', () => {
  it('given leases and a D-node > registered less what both use, and never below 0', () => {
    const s = createSlarkWorld();
    const provider = addProvider(s, OWNER, { node: 1 });
    writeRecord(s, 'nodes', 1, { loadCount: 3 });
    writeRecord(s, 'providerUse', provider, { cpuCount: 10, memoryGb: 56, storageGb: 4_001, gpuCount: 1 });
    expect(freeForChallenge(s, provider)).toEqual({ cpuCount: 51, memoryGb: 200, storageGb: 0, gpuCount: 3 });
    writeRecord(s, 'nodes', 1, { loadCount: 55 });
    expect(freeForChallenge(s, provider).cpuCount).toBe(0);
  });

  it('given a provider without leases, node or subnet > all that it has registered', () => {
    const s = createSlarkWorld();
    const { gpuTier: _class, ...registered } = REGISTERED;
    expect(freeForChallenge(s, addProvider(s, OWNER))).toEqual(registered);
  });

  it('given a subnet > its Active members count too, for as long as they are Active', () => {
    const s = createFizzWorld();
    const before = freeForChallenge(s, GATEWAY);
    const fizz = addMember(s);
    expect(freeForChallenge(s, GATEWAY)).toEqual({
      cpuCount: before.cpuCount + 8,
      memoryGb: before.memoryGb + 16,
      storageGb: before.storageGb + 500,
      gpuCount: before.gpuCount,
    });
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
    expect(freeForChallenge(s, GATEWAY)).toEqual(before);
  });
});

describe('chooseTargets', () => {
  it('given a list of what has left > one slot looks at 480 of them, and the next goes on', () => {
    const s = createSlarkWorld({ params: { 'chal.targets_per_slot': 1 } });
    const gone = addProvider(s, OWNER, { state: PROVIDER_STATE.deactivated });
    for (let i = 0; i < 500; i++) queueTarget(s, gone, 'new');
    const last = addProvider(s, OWNER);
    queueTarget(s, last, 'new');
    expect(chooseTargets(s, 0)).toEqual([]);
    expect(s.challengeTotals[F.challengeTotals.newHead]).toBe(480);
    expect(chooseTargets(s, 1)).toEqual([{ provider: last, retried: 0 }]);
  });
});

describe('drawRequirement', () => {
  it('given one share of what is free for both ends > asks for exactly that, the subnet included (CHAL-12)', () => {
    const s = createFizzWorld({ 'chal.draw_min_bps': 9_000, 'chal.draw_max_bps': 9_000 });
    addMember(s);
    writeRecord(s, 'providerUse', GATEWAY, { cpuCount: 2 });
    // 10 and 8 CPUs less 2, 64 and 16 GB, 500 and 500 GB; nine tenths, rounded down.
    expect(drawRequirement(s, GATEWAY, 0)).toEqual({ cpuCount: 14, memoryGb: 72, storageGb: 900, gpuCount: 0 });
  });
});
