import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { agent, createEraWorld, eventsSince, mustPass, passEra, send, snapshot, TOKEN } from './eraWorld.ts';
import { createTracker, findViolations } from './invariants.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, STRIDE } from './layout.ts';
import { holderOf } from './nft.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { rateProvider, rateProviderOf } from './providers.ts';
import { addProvider, enoughFor, PLAIN_SPEC, readProvider, report } from './providerWorld.ts';
import { R } from './rejections.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const KEEPER = ACCOUNT.keeper;
const OWNER = agent(0);
const DELEGATOR = agent(1);
let s: State;

beforeEach(() => {
  s = createEraWorld({ agents: 3, params: { 'live.base_era.cpu': 0 } });
});

describe('proposeProvider', () => {
  it('writes down what was declared', () => {
    mustPass(s, 'proposeProvider', OWNER, [0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 7]);
    expect(readProvider(s, 1)).toMatchObject({
      owner: OWNER,
      state: PROVIDER_STATE.registered,
      tier: 7,
      region: 1,
      cpuCount: 2,
      memoryGb: 3,
      storageGb: 4,
      gpuCount: 5,
      gpuTier: 6,
      computeTier: 1,
      storageTier: 2,
      netTier: 3,
      compliance: 7,
    });
  });

  it('given any refused proposal > changes nothing', () => {
    const before = snapshot(s);
    expect(send(s, 'proposeProvider', OWNER, [1, ...PLAIN_SPEC.slice(1)])).toEqual([R.UnknownEntity, 1, 0]);
    expect(send(s, 'proposeProvider', OWNER, [...PLAIN_SPEC.slice(0, 10), 16])).toEqual([R.ValueOutOfRange, 16, 15]);
    expect(snapshot(s)).toEqual(before);
  });
});

describe('holderOf a provider', () => {
  it.each([
    [PROVIDER_STATE.proposed, false],
    [PROVIDER_STATE.registered, true],
    [PROVIDER_STATE.active, true],
    [PROVIDER_STATE.suspended, true],
    [PROVIDER_STATE.deactivated, false],
    [PROVIDER_STATE.rejected, false],
  ])('in state %i > is its owner: %s', (state, isThere) => {
    addProvider(s, OWNER, 7, enoughFor(7));
    writeRecord(s, 'providers', 1, { state });
    expect(holderOf(s, KIND.provider, 1)).toBe(isThere ? OWNER : 0);
  });

  it('given a number that no provider has > is nobody', () => {
    expect(holderOf(s, KIND.provider, 9_999_999)).toBe(0);
  });
});

describe('a provider that leaves', () => {
  it('> pays its stake out after unbonding and releases its delegations at the era’s end', () => {
    s = createEraWorld({ agents: 3, params: { 'live.base_era.cpu': 0, 'deleg.unbond_eras': 2, 'deleg.min': 1 } });
    const before = [OWNER, DELEGATOR].map((account) => walletUnits(s, account));
    addProvider(s, OWNER, 7, enoughFor(7));
    mustPass(s, 'delegate', DELEGATOR, [KIND.provider, 1, 9 * TOKEN, 0]);
    mustPass(s, 'deregisterProvider', OWNER, [1]);
    passEra(s);
    expect([OWNER, DELEGATOR].map((account) => walletUnits(s, account))).toEqual([
      before[0]! - enoughFor(7),
      before[1],
    ]);
    passEra(s);
    expect(walletUnits(s, OWNER)).toBe(before[0]! - enoughFor(7));
    passEra(s);
    expect(walletUnits(s, OWNER)).toBe(before[0]);
    expect(findViolations(s, createTracker())).toEqual([]);
  });
});

describe('a case against a provider that has left', () => {
  it('> takes the stake that is unbonding with the era in which it is upheld, and what is left is paid later', () => {
    s = createEraWorld({
      agents: 3,
      params: { 'live.base_era.cpu': 0, 'deleg.unbond_eras': 1, 'slash.misconduct_bps': 9_000 },
    });
    addProvider(s, OWNER, 7, 100 * TOKEN);
    mustPass(s, 'deregisterProvider', OWNER, [1]);
    mustPass(s, 'upholdMisconduct', KEEPER, [1, DELEGATOR, 4 * TOKEN]);
    const before = [OWNER, DELEGATOR].map((account) => walletUnits(s, account));
    passEra(s);
    expect(readProvider(s, 1)).toMatchObject({
      state: PROVIDER_STATE.deactivated,
      misconductUnits: 0,
      exitUnits: 10 * TOKEN,
    });
    expect(walletUnits(s, DELEGATOR) - before[1]!).toBe(4 * TOKEN);
    passEra(s);
    expect(walletUnits(s, OWNER) - before[0]!).toBe(10 * TOKEN);
    expect(send(s, 'upholdMisconduct', KEEPER, [1, 0, 0])).toEqual([R.WrongState, PROVIDER_STATE.deactivated, 0]);
    expect(findViolations(s, createTracker())).toEqual([]);
  });
});

describe('stake that was asked back', () => {
  it('given misconduct meanwhile > is slashed like the rest, and only what is left comes back', () => {
    s = createEraWorld({
      agents: 3,
      params: { 'live.base_era.cpu': 0, 'deleg.unbond_eras': 1, 'slash.misconduct_bps': 9_000 },
    });
    addProvider(s, OWNER, 7, 100 * TOKEN);
    mustPass(s, 'unstakeProvider', OWNER, [1, 40 * TOKEN]);
    mustPass(s, 'upholdMisconduct', KEEPER, [1, 0, 0]);
    passEra(s);
    expect(readProvider(s, 1)).toMatchObject({ exitUnits: 10 * TOKEN, misconductUnits: 0 });
    const before = walletUnits(s, OWNER);
    passEra(s);
    expect(walletUnits(s, OWNER) - before).toBe(10 * TOKEN);
    expect(readProvider(s, 1).exitUnits).toBe(0);
  });
});

describe('resumeProvider', () => {
  it('given delegations but no own stake > refuses: an Active provider has own stake (INV-11)', () => {
    addProvider(s, OWNER, 7, enoughFor(7));
    mustPass(s, 'upholdMisconduct', KEEPER, [1, 0, 0]);
    passEra(s);
    mustPass(s, 'delegate', DELEGATOR, [KIND.provider, 1, 100 * TOKEN, 0]);
    expect(send(s, 'resumeProvider', OWNER, [1])).toEqual([R.InsufficientStake, 0, 50 * TOKEN]);
    mustPass(s, 'stakeProvider', OWNER, [1, 1]);
    mustPass(s, 'resumeProvider', OWNER, [1]);
    passEra(s);
    expect(readProvider(s, 1).state).toBe(PROVIDER_STATE.active);
  });

  it('given a provider that works again > it is challenged in the same era (CHAL-4, INV-68)', () => {
    addProvider(s, OWNER, 7, enoughFor(7));
    mustPass(s, 'upholdMisconduct', KEEPER, [1, 0, 0]);
    passEra(s);
    mustPass(s, 'stakeProvider', OWNER, [1, enoughFor(7)]);
    mustPass(s, 'resumeProvider', OWNER, [1]);
    expect(s.challengeTotals[F.challengeTotals.newCount]).toBe(1);
    mustPass(s, 'scheduleChallenges', KEEPER, []);
    expect(readProvider(s, 1).challengedEra).toBe(2);
  });
});

describe('the foundation’s delegation', () => {
  it('> comes back less what slashes took, after unbonding (INV-14)', () => {
    s = createEraWorld({
      agents: 3,
      params: {
        'live.base_era.cpu': 0,
        'deleg.unbond_eras': 1,
        'slash.misconduct_dest': 1,
        'econ.emission_era_ppm': 0,
      },
    });
    addProvider(s, OWNER, 7, 500 * TOKEN);
    writeRecord(s, 'providers', 1, { gpuCount: 1, gpuTier: 9 });
    const before = walletUnits(s, ACCOUNT.foundation);
    mustPass(s, 'delegateFoundation', KEEPER, [1]);
    // 10 of 1 000 tokens of collateral, half of them the foundation’s: the fee of the one breached hour of two in task mode.
    report(s, [{ activeHours: 3, taskHours: 3, breachedHours: 1, feeUnits: 10 * TOKEN }]);
    passEra(s);
    expect(readRecord(s, 'delegations', 1).units).toBe(495 * TOKEN);
    mustPass(s, 'reclaimFoundation', KEEPER, [1]);
    passEra(s);
    passEra(s);
    // The slash of 10 went to the foundation too: there is no Slark.
    expect(walletUnits(s, ACCOUNT.foundation)).toBe(before - 500 * TOKEN + 495 * TOKEN + 10 * TOKEN);
    expect(s.providerTotals[F.providerTotals.foundationUnits]).toBe(5 * TOKEN);
  });

  it('given a provider that leaves > its part of the budget is freed once, whatever is tried', () => {
    addProvider(s, OWNER, 7, 500 * TOKEN);
    writeRecord(s, 'providers', 1, { gpuCount: 1, gpuTier: 9 });
    mustPass(s, 'delegateFoundation', KEEPER, [1]);
    writeRecord(s, 'providerEra', 1, { utilisationBps: 10_000 });
    mustPass(s, 'deregisterProvider', OWNER, [1]);
    expect(send(s, 'reclaimFoundation', KEEPER, [1])).toEqual([R.WrongState, PROVIDER_STATE.deactivated, 0]);
    expect(s.providerTotals[F.providerTotals.foundationUnits]).toBe(0);
    expect(findViolations(s, createTracker())).toEqual([]);
  });
});

describe('rateProvider', () => {
  it('given a node without a provider, or one that is not Active > notes nothing', () => {
    s = createEraWorld({ agents: 3, capacity: 2_000 });
    addProvider(s, OWNER, 7, enoughFor(7));
    rateProvider(s, 1, DELEGATOR, 40);
    s.nodeProviders[1] = 1;
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    rateProvider(s, 1, DELEGATOR, 40);
    expect(readProvider(s, 1).ratingCount).toBe(0);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.active });
    s.eventCount = 0;
    rateProvider(s, 1, DELEGATOR, 40);
    expect(eventsSince(s)).toEqual([
      { name: 'ProviderRated', provider: 1, account: DELEGATOR, tenths: 40, sumTenths: 40, ratingCount: 1 },
    ]);
  });

  it('given the provider itself > rates it as an answer of its node would, while it is Active', () => {
    s = createEraWorld({ agents: 3, capacity: 2_000 });
    addProvider(s, OWNER, 7, enoughFor(7));
    s.eventCount = 0;
    rateProviderOf(s, 1, DELEGATOR, 30);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.deactivated });
    rateProviderOf(s, 1, DELEGATOR, 50);
    expect(readProvider(s, 1)).toMatchObject({ ratingSumTenths: 30, ratingCount: 1 });
    expect(eventsSince(s)).toHaveLength(1);
  });
});

describe('vesting of what a Slark licence has earned (F-35)', () => {
  /** A delegation that a licence has earned, with units of the vault's own. */
  function earned(units: number, params: Readonly<Record<string, number>>): State {
    const world = createEraWorld({
      agents: 3,
      walletUnits: 100_000 * TOKEN,
      params: { 'live.base_era.cpu': 0, 'deleg.unbond_eras': 0, 'deleg.min': 1, 'econ.emission_era_ppm': 0, ...params },
    });
    addProvider(world, OWNER, 7, enoughFor(7));
    mustPass(world, 'delegate', DELEGATOR, [KIND.provider, 1, units, 0]);
    writeRecord(world, 'vestings', 1, { licence: 1 });
    return world;
  }

  it('given 1 500 tokens, a threshold of 1 000 and 5 eras > pays 1 000 at once and 100 in each of 5 eras', () => {
    const world = earned(1_500 * TOKEN, { 'slark.vest_eras': 5 });
    mustPass(world, 'undelegate', DELEGATOR, [1, 1_500 * TOKEN]);
    const start = walletUnits(world, DELEGATOR);
    const paid = Array.from({ length: 7 }, () => {
      passEra(world);
      return (walletUnits(world, DELEGATOR) - start) / TOKEN;
    });
    expect(paid).toEqual([1_000, 1_100, 1_200, 1_300, 1_400, 1_500, 1_500]);
    expect(readRecord(world, 'vestings', 1)).toMatchObject({ vestUnits: 0, vestedUnits: 0, startEra: 0 });
  });

  it('given units that vest > they are collateral no more', () => {
    const world = earned(1_500 * TOKEN, { 'slark.vest_eras': 5 });
    mustPass(world, 'undelegate', DELEGATOR, [1, 1_500 * TOKEN]);
    passEra(world);
    const at = STRIDE.providerCollateral;
    const c = F.providerCollateral;
    expect([c.delegatedUnits, c.unbondingUnits].map((field) => world.providerCollateral[at + field])).toEqual([0, 0]);
  });

  it('given any parts undelegated in any eras > everything is paid in the end, never early, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 6 }),
        (parts, vestEras) => {
          const total = parts.reduce((sum, part) => sum + part, 0) * TOKEN + TOKEN;
          const world = earned(total, { 'slark.vest_eras': vestEras, 'slark.vest_threshold': 500 });
          const start = walletUnits(world, DELEGATOR);
          const tracker = createTracker();
          let asked = 0;
          for (const part of parts) {
            if (part > 0) mustPass(world, 'undelegate', DELEGATOR, [1, part * TOKEN]);
            asked += part * TOKEN;
            passEra(world);
            expect(walletUnits(world, DELEGATOR) - start).toBeLessThanOrEqual(asked);
            expect(findViolations(world, tracker)).toEqual([]);
          }
          for (let era = 0; era < vestEras; era++) passEra(world);
          expect(walletUnits(world, DELEGATOR) - start).toBe(asked);
        },
      ),
      { numRuns: 40 },
    );
  });
});
