import { beforeEach, describe, expect, it } from 'vitest';
import { eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import { CLOSE_REASON, LEASE_STATE, PROVIDER_STATE, UPDATE_STATE } from './layout.ts';
import { freeOf, leaseCountOf } from './leases.ts';
import {
  addLease,
  addServing,
  balancesOf,
  CONSUMER,
  createLeaseWorld,
  DOLLARS,
  PRICE_UNITS,
  providerOwner,
  readLease,
  STRANGER,
} from './leaseWorld.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { P as PARAM } from './params.ts';
import type { State } from './state.ts';

const SERVER = providerOwner(1);
const START_S = 1_000;
const HOUR_S = 3_600;
const FUNDS = 1_000 * TOKEN;
/** 4 CPUs, 8 GB, 20 GB and 1 GPU for three hours at 20 units a second: 216 000 units. */
const WISH = [4, 8, 20, 1, 3 * HOUR_S, 72_000] as const;
let s: State;
let lease: number;

beforeEach(() => {
  s = createLeaseWorld();
  lease = addServing(s);
});

describe('proposeUpdate', () => {
  it('writes the consumer’s wish down; a later one takes its place', () => {
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, ...WISH]);
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, 5, 9, 21, 0, HOUR_S, 1]);
    expect(readRecord(s, 'leaseUpdates', lease)).toEqual({
      ...{ state: UPDATE_STATE.proposed, cpuCount: 5, memoryGb: 9, storageGb: 21, gpuCount: 0 },
      ...{ durationS: HOUR_S, priceUnits: 1 },
    });
    expect(readLease(s, lease).state).toBe(LEASE_STATE.serving);
  });

  it.each([
    [
      [0, 8, 20, 1, HOUR_S, 1],
      [0, 4_096],
    ],
    [
      [4_097, 8, 20, 1, HOUR_S, 1],
      [4_097, 4_096],
    ],
    [
      [4, 65_537, 20, 1, HOUR_S, 1],
      [65_537, 65_536],
    ],
    [
      [4, 8, 1_000_001, 1, HOUR_S, 1],
      [1_000_001, 1_000_000],
    ],
    [
      [4, 8, 20, 65, HOUR_S, 1],
      [65, 64],
    ],
    [
      [4, 8, 20, 1, 0, 1],
      [0, 31_536_000],
    ],
    [
      [4, 8, 20, 1, 3_601, 1],
      [3_601, 31_536_000],
    ],
    [
      [4, 8, 20, 1, HOUR_S, 0],
      [0, 10 ** 11],
    ],
    [
      [4, 8, 20, 1, HOUR_S, 10 ** 11 + 1],
      [10 ** 11 + 1, 10 ** 11],
    ],
  ])('given %j > refuses', (wish, [have, need]) => {
    expect(attempt(s, 'proposeUpdate', CONSUMER, [lease, ...wish])).toEqual(['ValueOutOfRange', have, need]);
  });

  it('given somebody else, a fizz node’s lease, or one that is over or closed > refuses', () => {
    expect(attempt(s, 'proposeUpdate', SERVER, [lease, ...WISH])).toEqual(['NotOwner', SERVER, CONSUMER]);
    expect(attempt(s, 'proposeUpdate', CONSUMER, [9, ...WISH])).toEqual(['UnknownEntity', 9, 1]);
    const fizzLease = addLease(s, { isFizz: true });
    expect(attempt(s, 'proposeUpdate', CONSUMER, [fizzLease, ...WISH])).toEqual(['NotInMode', 1, 0]);
    s.nowS = START_S + 2 * HOUR_S;
    expect(attempt(s, 'proposeUpdate', CONSUMER, [lease, ...WISH])).toEqual(['DeadlinePassed', s.nowS, s.nowS]);
    mustPass(s, 'closeLease', CONSUMER, [lease]);
    expect(attempt(s, 'proposeUpdate', CONSUMER, [lease, ...WISH])).toEqual(['WrongState', LEASE_STATE.closed, 0]);
  });

  it('given nobody has to accept > is applied at once, or refused as the acceptance would be', () => {
    s.paramValues[PARAM['lease.update_needs_accept']] = 0;
    expect(attempt(s, 'proposeUpdate', CONSUMER, [lease, 17, ...WISH.slice(1)])).toEqual(['CapacityExhausted', 16, 17]);
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, ...WISH]);
    expect(readLease(s, lease)).toMatchObject({ state: LEASE_STATE.closed, closeReason: CLOSE_REASON.updated });
    expect(readRecord(s, 'leaseUpdates', lease)).toMatchObject({ state: 0, cpuCount: 0 });
    expect(readLease(s, 2)).toMatchObject({ order: 1, state: LEASE_STATE.awaiting, cpuCount: 4 });
  });
});

describe('acceptUpdate', () => {
  it('settles the old lease and opens the new one under the same order, from now on', () => {
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, ...WISH]);
    s.nowS += 1_000;
    s.eventCount = 0;
    mustPass(s, 'acceptUpdate', SERVER, [lease]);
    expect(readLease(s, lease)).toMatchObject({ closeReason: CLOSE_REASON.updated, paidUnits: 10_000, lockedUnits: 0 });
    expect(readLease(s, 2)).toMatchObject({
      ...{ order: 1, escrow: 1, provider: 1, priceUnits: 72_000, startS: s.nowS, endS: s.nowS + 3 * HOUR_S },
      ...{ lockedUnits: 216_000, gpuCount: 1 },
    });
    expect(readRecord(s, 'orders', 1).lease).toBe(2);
    expect(readRecord(s, 'leaseUpdates', 1).state).toBe(UPDATE_STATE.none);
    expect(balancesOf(s)).toEqual([FUNDS - 10_000 - 216_000, 216_000]);
    expect(freeOf(s, 1)).toEqual({ cpuCount: 12, memoryGb: 56, storageGb: 980, gpuCount: 1 });
    expect(leaseCountOf(s, 1)).toBe(1);
    const names = eventsSince(s).map(({ name }) => name);
    expect(names.slice(2)).toEqual([
      ...['LeaseAccrued', 'EscrowChanged', 'Transition', 'LeaseClosed'],
      ...['EscrowChanged', 'Transition', 'LeaseCreated'],
    ]);
  });

  it('given fees that have changed since > the new lease has those of now', () => {
    const dollars = addServing(s, { asset: DOLLARS });
    s.paramValues[PARAM['fee.foundation_bps']] = 1_000;
    mustPass(s, 'proposeUpdate', CONSUMER, [dollars, ...WISH]);
    mustPass(s, 'acceptUpdate', SERVER, [dollars]);
    expect(readLease(s, 3)).toMatchObject({ asset: DOLLARS, foundationBps: 1_000, userFeeBps: 200 });
  });

  it('given no wish, another account, or a lease that is closed or over > refuses', () => {
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['WrongState', 0, 0]);
    expect(attempt(s, 'acceptUpdate', STRANGER, [lease])).toEqual(['NotOwner', STRANGER, SERVER]);
    expect(attempt(s, 'acceptUpdate', SERVER, [0])).toEqual(['UnknownEntity', 0, 1]);
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, ...WISH]);
    s.nowS = START_S + 2 * HOUR_S;
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['DeadlinePassed', s.nowS, s.nowS]);
    mustPass(s, 'closeLease', CONSUMER, [lease]);
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['WrongState', LEASE_STATE.closed, 0]);
  });

  it('given a provider that is not Active or has no room > refuses', () => {
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, 16, 64, 1_000, 2, HOUR_S, 1]);
    const other = addLease(s);
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['CapacityExhausted', 14, 16]);
    mustPass(s, 'closeLease', CONSUMER, [other]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['WrongState', PROVIDER_STATE.suspended, 0]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.active });
    mustPass(s, 'acceptUpdate', SERVER, [lease]);
  });

  it('given money that is short by what the old lease has cost so far > refuses', () => {
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, 1, 1, 0, 0, 2 * HOUR_S, PRICE_UNITS]);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, FUNDS - 72_000]);
    mustPass(s, 'acceptUpdate', SERVER, [lease]);
    const next = 2;
    mustPass(s, 'proposeUpdate', CONSUMER, [next, 1, 1, 0, 0, 2 * HOUR_S, PRICE_UNITS]);
    s.nowS += 1;
    expect(attempt(s, 'acceptUpdate', SERVER, [next])).toEqual(['InsufficientEscrow', 71_990, 72_000]);
  });

  it('given brackets that the rest of the money does not fill > refuses', () => {
    s.paramValues[PARAM['escrow.brackets_enforced']] = 1;
    // 15 dollars at 10 tokens: two brackets are 300 tokens; of these and 9 units the old lease takes 10.
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 1, 1_000_000_000]);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, FUNDS - 300 * TOKEN - 9]);
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, 16, 32, 20, 0, HOUR_S, 1]);
    s.nowS += 1;
    expect(attempt(s, 'acceptUpdate', SERVER, [lease])).toEqual(['BracketExceeded', 2, 1]);
    mustPass(s, 'depositEscrow', CONSUMER, [1, 0, 1]);
    mustPass(s, 'acceptUpdate', SERVER, [lease]);
  });
});

describe('rejectUpdate', () => {
  it('forgets the wish and leaves the lease as it is', () => {
    mustPass(s, 'proposeUpdate', CONSUMER, [lease, ...WISH]);
    expect(attempt(s, 'rejectUpdate', CONSUMER, [lease])).toEqual(['NotOwner', CONSUMER, SERVER]);
    mustPass(s, 'rejectUpdate', SERVER, [lease]);
    expect(readRecord(s, 'leaseUpdates', lease).state).toBe(UPDATE_STATE.none);
    expect(readLease(s, lease).state).toBe(LEASE_STATE.serving);
    expect(attempt(s, 'rejectUpdate', SERVER, [lease])).toEqual(['WrongState', 0, 0]);
  });
});
