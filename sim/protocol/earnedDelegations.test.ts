import { beforeEach, describe, expect, it } from 'vitest';
import { agent, createEraWorld, eventsSince, mustPass, passEra, TOKEN } from './eraWorld.ts';
import { findViolations } from './invariants.ts';
import { createTracker } from './invariantTracker.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE } from './layout.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { addProvider, enoughFor } from './providerWorld.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const HOST = agent(0);
const OWNER = agent(1);
const STRANGER = agent(2);
const ONE = 1;
const OTHER = 2;

/** A delegation of the owner's that a licence has earned. @returns its number */
function earn(s: State, licence: number, provider: number, units: number): number {
  mustPass(s, 'delegate', OWNER, [KIND.provider, provider, units, 0]);
  const delegation = s.stakeTotals[F.stakeTotals.delegationCount]!;
  writeRecord(s, 'vestings', delegation, { licence });
  return delegation;
}

let s: State;

function open(params: Readonly<Record<string, number>> = {}): void {
  s = createEraWorld({
    agents: 3,
    walletUnits: 100_000 * TOKEN,
    params: { 'live.base_era.cpu': 0, 'deleg.unbond_eras': 0, 'deleg.min': 1, 'econ.emission_era_ppm': 0, ...params },
  });
  addProvider(s, HOST, 7, enoughFor(7));
  addProvider(s, HOST, 7, enoughFor(7));
}

function deregister(provider: number): void {
  mustPass(s, 'deregisterProvider', HOST, [provider]);
}

function target(delegation: number): number {
  return readRecord(s, 'delegations', delegation).target!;
}

beforeEach(() => open());

describe('the window of F-35', () => {
  it('given two delegations of one licence > is shared: together they release the threshold at once', () => {
    open({ 'slark.vest_eras': 5 });
    const [first, second] = [earn(s, 1, ONE, 800 * TOKEN), earn(s, 1, OTHER, 800 * TOKEN)];
    const other = earn(s, 2, OTHER, 800 * TOKEN);
    for (const delegation of [first, second, other]) mustPass(s, 'undelegate', OWNER, [delegation, 800 * TOKEN]);
    const before = walletUnits(s, OWNER);
    passEra(s);
    // 1 000 of licence 1's 1 600, all 800 of licence 2.
    expect(walletUnits(s, OWNER) - before).toBe(1_800 * TOKEN);
    expect(readRecord(s, 'vestings', second).vestUnits).toBe(600 * TOKEN);
    expect(readRecord(s, 'licenceWindows', 1)).toEqual({ windowEra: 1, windowUnits: 1_000 * TOKEN });
    expect(readRecord(s, 'licenceWindows', 2)).toEqual({ windowEra: 1, windowUnits: 800 * TOKEN });
  });

  it('given a delegation that moves to another provider > goes on, and is none of the new target’s own', () => {
    open({ 'slark.vest_eras': 5 });
    const delegation = earn(s, 1, ONE, 2_000 * TOKEN);
    mustPass(s, 'undelegate', OWNER, [delegation, 1_000 * TOKEN]);
    passEra(s);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    passEra(s);
    mustPass(s, 'undelegate', OWNER, [delegation, 1_000 * TOKEN]);
    const before = walletUnits(s, OWNER);
    passEra(s);
    expect(walletUnits(s, OWNER) - before).toBe(0);
    expect(readRecord(s, 'vestings', delegation).vestUnits).toBe(1_000 * TOKEN);
  });
});

describe('redelegate', () => {
  it('given another provider > the delegation stays where it is until the settlement, then moves as one, in its record', () => {
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    passEra(s);
    const before = readRecord(s, 'delegations', delegation);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    expect(readRecord(s, 'delegations', delegation)).toEqual(before);
    expect(readRecord(s, 'vestings', delegation).nextTarget).toBe(OTHER);
    s.eventCount = 0;
    const tracker = createTracker();
    passEra(s);
    expect(findViolations(s, tracker)).toEqual([]);
    expect(eventsSince(s).filter(({ name }) => name === 'DelegationChanged' || name === 'StakeChanged')).toEqual([
      { name: 'StakeChanged', kind: KIND.provider, entity: ONE, ownUnits: enoughFor(7), delegatedUnits: 0 },
      { name: 'DelegationChanged', delegation, target: OTHER, units: 80 * TOKEN, unbondingUnits: 0 },
      { name: 'StakeChanged', kind: KIND.provider, entity: OTHER, ownUnits: enoughFor(7), delegatedUnits: 80 * TOKEN },
    ]);
    // Added in era 1, which is settled: eligible in full in era 2.
    expect(readRecord(s, 'delegations', delegation)).toMatchObject({
      ...{ target: OTHER, units: 80 * TOKEN, addedUnits: 80 * TOKEN, addedEra: 1 },
    });
    expect(s.stakeTotals[F.stakeTotals.delegationCount]).toBe(1);
    expect(s.stakeTotals[F.stakeTotals.delegatedUnits]).toBe(80 * TOKEN);
    expect(readRecord(s, 'vestings', delegation).nextTarget).toBe(0);
  });

  it('given a slash of the provider that it leaves > has borne it before it goes', () => {
    open({ 'slash.misconduct_bps': 1_000 });
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    mustPass(s, 'upholdMisconduct', ACCOUNT.keeper, [ONE, 0, 0]);
    passEra(s);
    const { units } = readRecord(s, 'delegations', delegation);
    expect(target(delegation)).toBe(OTHER);
    expect(units).toBe(72 * TOKEN);
    expect(readRecord(s, 'providerCollateral', OTHER).delegatedUnits).toBe(units);
  });

  it('given the present target again > stays; given it without a move named > is refused', () => {
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    expect(attempt(s, 'redelegate', OWNER, [delegation, ONE])).toEqual(['AlreadySet', ONE, 0]);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    mustPass(s, 'redelegate', OWNER, [delegation, ONE]);
    passEra(s);
    expect(target(delegation)).toBe(ONE);
  });

  it('given units that unbond by the settlement > stays with them: they answer for the old target', () => {
    open({ 'deleg.unbond_eras': 2 });
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    mustPass(s, 'undelegate', OWNER, [delegation, TOKEN]);
    passEra(s);
    expect(target(delegation)).toBe(ONE);
    expect(readRecord(s, 'vestings', delegation).nextTarget).toBe(0);
    expect(readRecord(s, 'providerCollateral', ONE).unbondingUnits).toBe(TOKEN);
    expect(attempt(s, 'redelegate', OWNER, [delegation, OTHER])).toEqual(['TaskPending', TOKEN, 0]);
  });

  it('given a new target that leaves > stays; given an old one that leaves > is released', () => {
    const [first, second] = [earn(s, 1, ONE, 80 * TOKEN), earn(s, 1, OTHER, 70 * TOKEN)];
    mustPass(s, 'redelegate', OWNER, [first, OTHER]);
    mustPass(s, 'redelegate', OWNER, [second, ONE]);
    deregister(OTHER);
    passEra(s);
    expect(readRecord(s, 'delegations', first)).toMatchObject({ target: ONE, units: 80 * TOKEN });
    expect(readRecord(s, 'delegations', second)).toMatchObject({ target: OTHER, units: 0, unbondingUnits: 0 });
    for (const delegation of [first, second]) expect(readRecord(s, 'vestings', delegation).nextTarget).toBe(0);
  });

  it('given all units undelegated by the settlement > nothing moves', () => {
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    mustPass(s, 'redelegate', OWNER, [delegation, OTHER]);
    mustPass(s, 'undelegate', OWNER, [delegation, 80 * TOKEN]);
    passEra(s);
    expect(target(delegation)).toBe(ONE);
  });

  it('is refused for another’s delegation, one’s own money, a provider that is not there, and less than deleg.min', () => {
    open({ 'deleg.min': 50, 'deleg.unbond_eras': 0 });
    const delegation = earn(s, 1, ONE, 80 * TOKEN);
    mustPass(s, 'delegate', OWNER, [KIND.provider, ONE, 60 * TOKEN, 0]);
    expect(attempt(s, 'redelegate', STRANGER, [delegation, OTHER])).toEqual(['NotOwner', STRANGER, OWNER]);
    expect(attempt(s, 'redelegate', OWNER, [3, OTHER])).toEqual(['UnknownEntity', 3, 2]);
    expect(attempt(s, 'redelegate', OWNER, [2, OTHER])).toEqual(['WrongState', 0, 0]);
    expect(attempt(s, 'redelegate', OWNER, [delegation, 3])).toEqual(['UnknownEntity', 3, 2]);
    mustPass(s, 'undelegate', OWNER, [delegation, 30 * TOKEN + 1]);
    passEra(s);
    const tooSmall = ['DelegationTooSmall', 50 * TOKEN - 1, 50 * TOKEN];
    expect(attempt(s, 'redelegate', OWNER, [delegation, OTHER])).toEqual(tooSmall);
    mustPass(s, 'undelegate', OWNER, [delegation, 50 * TOKEN - 1]);
    passEra(s);
    expect(attempt(s, 'redelegate', OWNER, [delegation, OTHER])).toEqual(['AmountTooSmall', 0, 1]);
    writeRecord(s, 'providers', OTHER, { state: PROVIDER_STATE.deactivated });
    expect(attempt(s, 'redelegate', OWNER, [delegation, OTHER])).toEqual(['WrongState', 0, 0]);
  });
});

describe('increaseDelegation', () => {
  it('given a delegation that a licence has earned > takes no money of a wallet', () => {
    const delegation = earn(s, 4, ONE, 80 * TOKEN);
    expect(attempt(s, 'increaseDelegation', OWNER, [delegation, TOKEN])).toEqual(['WrongState', 4, 0]);
    expect(attempt(s, 'increaseDelegation', OWNER, [delegation, 0])).toEqual(['WrongState', 4, 0]);
    expect(attempt(s, 'increaseDelegation', STRANGER, [delegation, TOKEN])).toEqual(['NotOwner', STRANGER, OWNER]);
  });
});
