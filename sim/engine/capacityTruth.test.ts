import { describe, expect, it } from 'vitest';
import { MarketStand } from '../cli/marketStand.ts';
import { ACCOUNT, FIZZ_STATE, ORDER_MODE } from '../protocol/layout.ts';
import { writeRecord } from '../protocol/nodeWorld.ts';
import { canDeploy, expectedPassShare, NO_EXPECTATION } from './capacityTruth.ts';
import { CAPACITY, CAPACITY_SIZE } from './shared.ts';

const OWN_CPUS = 8;
/** Of the first device, all of which it exposes. */
const MEMBER_CPUS = 4;
const SHARE_BPS = 10_000;

/** A provider with one member, and a challenge that asks for so many CPUs. */
async function gateway() {
  const stand = await MarketStand.open({ params: { 'fizz.agg_pass_bps': SHARE_BPS } });
  stand.enter();
  const provider = stand.addProvider();
  const has = (account: number, cpuCount: number) => {
    const at = (account - ACCOUNT.firstAgent) * CAPACITY_SIZE;
    for (const [name, count] of Object.entries({ cpuCount, memoryGb: 64, storageGb: 1_000 }))
      stand.shared.capacity[at + CAPACITY[name as keyof typeof CAPACITY]] = count;
  };
  has(stand.of('miner'), OWN_CPUS);
  has(stand.of('fizz'), MEMBER_CPUS);
  const carries = (cpuCount: number): boolean => {
    writeRecord(stand.s, 'challenges', 1, { provider, class: 1, cpuCount, memoryGb: 1, storageGb: 1, gpuCount: 0 });
    return canDeploy(stand.shared, stand.s, 1, false);
  };
  /** Most CPUs that a challenge may ask for. */
  const most = (): number => {
    let cpuCount = 0;
    while (carries(cpuCount + 1)) cpuCount += 1;
    return cpuCount;
  };
  return { stand, provider, most };
}

describe('what a gateway can deploy for a challenge', () => {
  it('is its own and what its idle members have: those that wait, and those that are kept for an order', async () => {
    const { stand, provider, most } = await gateway();
    expect(most()).toBe(OWN_CPUS);
    const fizz = stand.addMember(provider);
    expect(most()).toBe(OWN_CPUS + MEMBER_CPUS);
    const order = stand.order(stand.addEscrow(), { mode: ORDER_MODE.fizz });
    stand.do('reserveFizz', stand.of('fizz'), [fizz, order]);
    expect(stand.fizz(fizz).state).toBe(FIZZ_STATE.reserved);
    expect(most()).toBe(OWN_CPUS + MEMBER_CPUS);
  });

  it('is without members that serve, and without those that are off', async () => {
    const { stand, provider, most } = await gateway();
    const fizz = stand.addMember(provider);
    stand.setOnline(stand.of('fizz'), false);
    expect(most()).toBe(OWN_CPUS);
    stand.setOnline(stand.of('fizz'), true);
    stand.serveFizz(stand.addEscrow(), provider, fizz);
    expect(most()).toBe(OWN_CPUS);
  });
});

describe('the chance of passing by F-13', () => {
  it('is none of a gateway with members, and one of a provider that has what it registered', async () => {
    const { stand, provider } = await gateway();
    const share = () => expectedPassShare(stand.shared, stand.s, provider);
    writeRecord(stand.s, 'providers', provider, { cpuCount: OWN_CPUS, memoryGb: 64, storageGb: 1_000, gpuCount: 0 });
    expect(share()).toBe(1);
    writeRecord(stand.s, 'providers', provider, { cpuCount: 2 * OWN_CPUS });
    expect(share()).toBeGreaterThan(0);
    expect(share()).toBeLessThan(1);
    stand.addMember(provider);
    expect(share()).toBe(NO_EXPECTATION);
  });
});
