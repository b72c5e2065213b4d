import { beforeEach, describe, expect, it } from 'vitest';
import { agent, eventsSince, finishEra, mustPass, settle, snapshot, TOKEN } from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, CLOSE_REASON, FIZZ_STATE, LEASE_STATE, LEASE_TERM, PROVIDER_STATE } from './layout.ts';
import { elapsedS, endReasonOf, freeOf, grossUnits, leaseCountOf } from './leases.ts';
import {
  addLease,
  addServing,
  balancesOf,
  CONSUMER,
  createLeaseWorld,
  DOLLARS,
  deploy,
  FIZZ_OWNER,
  GATEWAY_BPS,
  KEEPER,
  PRICE_UNITS,
  providerOwner,
  readLease,
  SMALL,
  STRANGER,
} from './leaseWorld.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { P as PARAM } from './params.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const S = LEASE_STATE;
const SERVER = providerOwner(1);
const START_S = 1_000;
const HOUR_S = 3_600;
const FUNDS = 1_000 * TOKEN;
let s: State;

beforeEach(() => {
  s = createLeaseWorld();
});

function stateOf(lease: number): number {
  return readLease(s, lease).state;
}

describe('openLease', () => {
  it('locks the money, reserves the resources and tells of the lease', () => {
    const lease = addLease(s);
    expect(readLease(s, lease)).toMatchObject({
      ...{ order: 1, escrow: 1, provider: 1, fizz: 0, state: S.awaiting, asset: 0, priceUnits: PRICE_UNITS },
      ...{ startS: START_S, accruedS: START_S, endS: START_S + 2 * HOUR_S, place: 1, ...SMALL },
      ...{ userFeeBps: 0, foundationBps: 2_000, providerFeeBps: 0, rebateBps: 0, gatewayBps: 0 },
      ...{ terms: LEASE_TERM.chargesUndeployed, fundedUnits: 72_000, lockedUnits: 72_000 },
    });
    expect(balancesOf(s)).toEqual([FUNDS - 72_000, 72_000]);
    expect(freeOf(s, 1)).toEqual({ cpuCount: 14, memoryGb: 60, storageGb: 990, gpuCount: 2 });
    expect(leaseCountOf(s, 1)).toBe(1);
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['EscrowChanged', 'Transition', 'LeaseCreated']);
  });

  it('given a foreign asset > locks the user fee too, and fixes fees and rebate for good', () => {
    const lease = addLease(s, { provider: 2, asset: DOLLARS });
    s.paramValues[PARAM['fee.user_foreign_bps']] = 1_000;
    expect(readLease(s, lease)).toMatchObject({
      ...{ userFeeBps: 200, providerFeeBps: 200, rebateBps: 5_000, fundedUnits: 73_440 },
    });
  });

  it('given less money than the lease costs > locks what there is', () => {
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, FUNDS - 50_000]);
    const lease = addLease(s);
    expect(readLease(s, lease).lockedUnits).toBe(50_000);
    expect(balancesOf(s)).toEqual([0, 50_000]);
  });

  it('given a fizz node > it serves, its resources are not the provider’s, the gateway has a share', () => {
    s.paramValues[PARAM['fizz.billing_unit']] = 1;
    s.paramValues[PARAM['fizz.outage_accrual']] = 1;
    const lease = addLease(s, { isFizz: true });
    expect(readRecord(s, 'fizzNodes', 1)).toMatchObject({ state: FIZZ_STATE.serving, lease, order: 0 });
    expect(freeOf(s, 1).cpuCount).toBe(16);
    expect(leaseCountOf(s, 1)).toBe(1);
    const { chargesUndeployed, chargesDowntime, hourUp } = LEASE_TERM;
    expect(readLease(s, lease)).toMatchObject({
      gatewayBps: GATEWAY_BPS,
      terms: chargesUndeployed + chargesDowntime + hourUp,
    });
  });
});

describe('payments', () => {
  it('given tokens > the provider has four fifths, the foundation a fifth, and nobody a fee', () => {
    const lease = addServing(s);
    const before = [SERVER, ACCOUNT.foundation].map((account) => walletUnits(s, account));
    s.nowS = START_S + 1_000;
    mustPass(s, 'withdrawLease', SERVER, [lease]);
    const after = [SERVER, ACCOUNT.foundation].map((account) => walletUnits(s, account));
    expect(after.map((units, i) => units - before[i]!)).toEqual([8_000, 2_000]);
    expect(readLease(s, lease)).toMatchObject({ paidUnits: 10_000, lockedUnits: 62_000, accruedS: START_S + 1_000 });
    expect(balancesOf(s)).toEqual([FUNDS - 72_000, 62_000]);
  });

  it('given a foreign asset > leaves the events of F-17’s example', () => {
    const lease = addServing(s, { asset: DOLLARS });
    s.nowS = START_S + 1_000;
    s.eventCount = 0;
    mustPass(s, 'withdrawLease', SERVER, [lease]);
    const moved = { name: 'AssetMoved', asset: DOLLARS, from: ACCOUNT.escrow };
    const { foundation } = ACCOUNT;
    expect(eventsSince(s)).toEqual([
      { ...moved, to: SERVER, units: 7_840, reason: MOVE.leasePayment },
      { ...moved, to: foundation, units: 2_000, reason: MOVE.commission },
      { ...moved, to: foundation, units: 200, reason: MOVE.userFee },
      { ...moved, to: foundation, units: 160, reason: MOVE.providerFee },
      {
        ...{ name: 'LeaseAccrued', lease, grossUnits: 10_000, payeeUnits: 7_840, foundationUnits: 2_000 },
        ...{ feeUnits: 360, gatewayUnits: 0 },
      },
    ]);
  });

  it('given a fizz node > its owner is paid and the gateway has its share of what the commission leaves', () => {
    const lease = addServing(s, { isFizz: true });
    const before = [FIZZ_OWNER, SERVER].map((account) => walletUnits(s, account));
    s.nowS = START_S + 1_000;
    mustPass(s, 'withdrawLease', FIZZ_OWNER, [lease]);
    const after = [FIZZ_OWNER, SERVER].map((account) => walletUnits(s, account));
    expect(after.map((units, i) => units - before[i]!)).toEqual([7_600, 400]);
  });

  it('given billing by the hour > charges hours begun, and ends for lack of money only when they are used up', () => {
    s.paramValues[PARAM['fizz.billing_unit']] = 1;
    const lease = addServing(s, { isFizz: true });
    s.nowS = START_S + HOUR_S + 1;
    expect(elapsedS(s, lease, s.nowS)).toBe(2 * HOUR_S);
    mustPass(s, 'withdrawLease', FIZZ_OWNER, [lease]);
    expect(readLease(s, lease)).toMatchObject({ paidUnits: 72_000, lockedUnits: 0 });
    expect(endReasonOf(s, lease)).toBe(0);
    s.nowS = START_S + 2 * HOUR_S;
    expect(endReasonOf(s, lease)).toBe(CLOSE_REASON.ended);
  });

  it('given nobody but the payee > refuses', () => {
    const lease = addServing(s);
    expect(attempt(s, 'withdrawLease', SERVER, [9])).toEqual(['UnknownEntity', 9, 1]);
    expect(attempt(s, 'withdrawLease', CONSUMER, [lease])).toEqual(['NotOwner', CONSUMER, SERVER]);
    mustPass(s, 'closeLease', CONSUMER, [lease]);
    expect(attempt(s, 'withdrawLease', SERVER, [lease])).toEqual(['WrongState', S.closed, 0]);
  });
});

describe('sendManifest and confirmDeployment', () => {
  it('bring a lease from awaiting to serving', () => {
    const lease = addLease(s);
    s.nowS += 10;
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    expect(stateOf(lease)).toBe(S.deploying);
    s.nowS += 10;
    mustPass(s, 'confirmDeployment', SERVER, [lease]);
    expect(readLease(s, lease)).toMatchObject({
      ...{ state: S.serving, manifestS: START_S + 10, deployedS: START_S + 20, pausedS: 0, accruedS: START_S + 20 },
    });
  });

  it('given a lease that is charged from its deployment on > the time before is free', () => {
    s.paramValues[PARAM['lease.charge_undeployed']] = 0;
    const lease = addLease(s);
    s.nowS += 100;
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    expect(grossUnits(s, lease, s.nowS)).toBe(0);
    s.nowS += 100;
    mustPass(s, 'confirmDeployment', SERVER, [lease]);
    expect(grossUnits(s, lease, s.nowS + 60)).toBe(600);
  });

  it('given a deployment that came too late > the time from the limit to it is free', () => {
    const lease = addLease(s);
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    s.nowS += 400;
    expect(attempt(s, 'pauseLease', KEEPER, [lease, START_S + 299])).toEqual([
      'ValueOutOfRange',
      START_S + 299,
      START_S + 400,
    ]);
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 300]);
    expect(attempt(s, 'resumeLease', KEEPER, [lease, s.nowS])).toEqual(['ChangeRequired', lease, 0]);
    s.nowS += 100;
    mustPass(s, 'confirmDeployment', SERVER, [lease]);
    expect(readLease(s, lease)).toMatchObject({ state: S.serving, pausedS: 200, breachCount: 1, downSinceS: 0 });
    expect(grossUnits(s, lease, s.nowS)).toBe(3_000);
  });

  it('given somebody else, another state or a lease that is over > refuse', () => {
    const lease = addLease(s);
    expect(attempt(s, 'sendManifest', STRANGER, [lease])).toEqual(['NotOwner', STRANGER, CONSUMER]);
    expect(attempt(s, 'confirmDeployment', CONSUMER, [lease])).toEqual(['NotOwner', CONSUMER, SERVER]);
    expect(attempt(s, 'confirmDeployment', SERVER, [lease])).toEqual(['WrongState', S.awaiting, 0]);
    const endS = START_S + 2 * HOUR_S;
    s.nowS = endS;
    expect(attempt(s, 'sendManifest', CONSUMER, [lease])).toEqual(['DeadlinePassed', endS, endS]);
    s.nowS = endS - 1;
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    expect(attempt(s, 'sendManifest', CONSUMER, [lease])).toEqual(['WrongState', S.deploying, 0]);
    s.nowS = endS;
    expect(attempt(s, 'confirmDeployment', SERVER, [lease])).toEqual(['DeadlinePassed', endS, endS]);
  });

  it('given a fizz node that is gone > it cannot have deployed', () => {
    const lease = addLease(s, { isFizz: true });
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    writeRecord(s, 'fizzNodes', 1, { state: FIZZ_STATE.detached });
    expect(attempt(s, 'confirmDeployment', FIZZ_OWNER, [lease])).toEqual(['WrongState', FIZZ_STATE.detached, 0]);
  });
});

describe('pauseLease and resumeLease', () => {
  it('take the seconds in between out of what is charged', () => {
    const lease = addServing(s);
    s.nowS = START_S + 500;
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 100]);
    expect(grossUnits(s, lease, s.nowS)).toBe(1_000);
    s.nowS = START_S + 900;
    mustPass(s, 'resumeLease', KEEPER, [lease, START_S + 600]);
    expect(readLease(s, lease)).toMatchObject({ state: S.serving, pausedS: 500, accruedS: START_S + 600 });
    expect(grossUnits(s, lease, s.nowS)).toBe(4_000);
  });

  it('given downtime is charged > change nothing of it', () => {
    s.paramValues[PARAM['lease.charge_downtime']] = 1;
    const lease = addServing(s);
    s.nowS = START_S + 500;
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 100]);
    expect(grossUnits(s, lease, s.nowS)).toBe(5_000);
    mustPass(s, 'resumeLease', KEEPER, [lease, s.nowS]);
    expect(readLease(s, lease).pausedS).toBe(0);
  });

  it('given an outage across the lease’s end > only its part before the end is a pause', () => {
    const lease = addServing(s, { hours: 1 });
    s.nowS = START_S + 5_000;
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 3_000]);
    mustPass(s, 'resumeLease', KEEPER, [lease, s.nowS]);
    expect(readLease(s, lease).pausedS).toBe(600);
    expect(grossUnits(s, lease, s.nowS)).toBe(30_000);
  });

  it('given a time that was accrued, or is to come > refuse', () => {
    const lease = addServing(s);
    s.nowS = START_S + 500;
    mustPass(s, 'withdrawLease', SERVER, [lease]);
    for (const sinceS of [START_S + 499, START_S + 501])
      expect(attempt(s, 'pauseLease', KEEPER, [lease, sinceS])).toEqual(['ValueOutOfRange', sinceS, s.nowS]);
    s.nowS += 100;
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 550]);
    expect(attempt(s, 'pauseLease', KEEPER, [lease, START_S + 560])).toEqual(['WrongState', S.down, 0]);
    for (const atS of [START_S + 549, START_S + 601])
      expect(attempt(s, 'resumeLease', KEEPER, [lease, atS])).toEqual(['ValueOutOfRange', atS, s.nowS]);
  });

  it('given a fizz node > its gateway tells of outages, the keeper only of a late deployment', () => {
    const lease = addServing(s, { isFizz: true });
    s.nowS += 10;
    expect(attempt(s, 'pauseLease', KEEPER, [lease, s.nowS])).toEqual(['NotInMode', 1, 0]);
    mustPass(s, 'detachFizz', KEEPER, [1, s.nowS]);
    expect(readLease(s, lease)).toMatchObject({ state: S.down, downSinceS: s.nowS, breachCount: 1 });
    expect(attempt(s, 'resumeLease', KEEPER, [lease, s.nowS])).toEqual(['WrongState', FIZZ_STATE.detached, 0]);
    s.nowS += 50;
    mustPass(s, 'reattachFizz', KEEPER, [1, s.nowS]);
    expect(readLease(s, lease)).toMatchObject({ state: S.serving, pausedS: 50 });
  });

  it.each([
    ['awaiting', S.awaiting],
    ['deploying', S.deploying],
  ])('given a fizz node that goes and comes back while the lease is %s > the lease is so again', (_name, before) => {
    const lease = addLease(s, { isFizz: true });
    if (before === S.deploying) mustPass(s, 'sendManifest', CONSUMER, [lease]);
    s.nowS += 10;
    mustPass(s, 'detachFizz', KEEPER, [1, s.nowS]);
    expect(stateOf(lease)).toBe(S.down);
    s.nowS += 10;
    mustPass(s, 'reattachFizz', KEEPER, [1, s.nowS]);
    expect(readLease(s, lease)).toMatchObject({ state: before, pausedS: 10 });
  });

  it('given a late deployment and then an outage of the fizz node > its return does not end the breach', () => {
    const lease = addLease(s, { isFizz: true });
    mustPass(s, 'sendManifest', CONSUMER, [lease]);
    s.nowS += 400;
    mustPass(s, 'pauseLease', KEEPER, [lease, START_S + 300]);
    mustPass(s, 'detachFizz', KEEPER, [1, START_S + 350]);
    mustPass(s, 'reattachFizz', KEEPER, [1, START_S + 400]);
    expect(readLease(s, lease)).toMatchObject({ state: S.down, downSinceS: START_S + 300, breachCount: 1 });
  });

  it('given a lease that is charged from its deployment on > no outage can be dated before it', () => {
    s.paramValues[PARAM['lease.charge_undeployed']] = 0;
    const lease = addLease(s, { isFizz: true });
    s.nowS += 100;
    deploy(s, lease);
    s.nowS += 50;
    expect(attempt(s, 'detachFizz', KEEPER, [1, START_S + 99])).toEqual(['ValueOutOfRange', START_S + 99, s.nowS]);
    mustPass(s, 'detachFizz', KEEPER, [1, START_S + 100]);
    expect(grossUnits(s, lease, s.nowS)).toBe(0);
  });
});

describe('extendLease', () => {
  it('locks the price of the added hours and moves the end', () => {
    const lease = addServing(s);
    s.nowS += 100;
    s.eventCount = 0;
    mustPass(s, 'extendLease', CONSUMER, [lease, HOUR_S]);
    const endS = START_S + 3 * HOUR_S;
    expect(readLease(s, lease)).toMatchObject({ endS, fundedUnits: 108_000, lockedUnits: 108_000 });
    expect(eventsSince(s)).toEqual([
      {
        ...{ name: 'EscrowChanged', escrow: 1, asset: 0, owner: CONSUMER },
        ...{ unlockedUnits: FUNDS - 108_000, lockedUnits: 108_000 },
      },
      { name: 'LeaseExtended', lease, endS, lockedUnits: 108_000 },
    ]);
  });

  it.each([0, 1_800, 8_759 * HOUR_S])('given %i s > refuses', (addedS) => {
    const lease = addServing(s);
    expect(attempt(s, 'extendLease', CONSUMER, [lease, addedS])).toEqual(['ValueOutOfRange', addedS, 31_536_000]);
  });

  it('given too little money, or a lease that is over > refuses', () => {
    const lease = addServing(s);
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, FUNDS - 72_000 - 35_999]);
    expect(attempt(s, 'extendLease', CONSUMER, [lease, HOUR_S])).toEqual(['InsufficientEscrow', 35_999, 36_000]);
    expect(attempt(s, 'extendLease', SERVER, [lease, HOUR_S])).toEqual(['NotOwner', SERVER, CONSUMER]);
    s.nowS = START_S + 2 * HOUR_S;
    expect(attempt(s, 'extendLease', CONSUMER, [lease, HOUR_S])).toEqual(['DeadlinePassed', s.nowS, s.nowS]);
    mustPass(s, 'closeLease', SERVER, [lease]);
    expect(attempt(s, 'extendLease', CONSUMER, [lease, HOUR_S])).toEqual(['WrongState', S.closed, 0]);
  });
});

describe('closeLease', () => {
  it('given either side > pays what was used, gives back the rest and frees the resources', () => {
    for (const [actor, reason] of [
      [CONSUMER, CLOSE_REASON.consumer],
      [SERVER, CLOSE_REASON.provider],
    ] as const) {
      const lease = addServing(s);
      s.nowS += 1_000;
      s.eventCount = 0;
      const [unlocked] = balancesOf(s);
      mustPass(s, 'closeLease', actor, [lease]);
      expect(balancesOf(s)).toEqual([unlocked + 62_000, 0]);
      expect(readLease(s, lease)).toMatchObject({
        ...{ state: S.closed, closeReason: reason, closedS: s.nowS, lockedUnits: 0, paidUnits: 10_000, place: 0 },
      });
      expect(freeOf(s, 1).cpuCount).toBe(16);
      expect(leaseCountOf(s, 1)).toBe(0);
      expect(readRecord(s, 'escrows', 1)).toMatchObject({ leaseCount: 0, cpuCount: 0 });
      expect(eventsSince(s).map(({ name }) => name)).toEqual([
        ...['Moved', 'Moved', 'LeaseAccrued', 'EscrowChanged', 'Transition', 'LeaseClosed'],
      ]);
      expect(attempt(s, 'closeLease', actor, [lease])).toEqual(['WrongState', S.closed, 0]);
    }
  });

  it('given the owner of the fizz node, or the gateway > it is the provider’s side, and the node is free again', () => {
    const lease = addServing(s, { isFizz: true });
    expect(attempt(s, 'closeLease', STRANGER, [lease])).toEqual(['NotOwner', STRANGER, CONSUMER]);
    mustPass(s, 'closeLease', FIZZ_OWNER, [lease]);
    expect(readLease(s, lease).closeReason).toBe(CLOSE_REASON.provider);
    expect(readRecord(s, 'fizzNodes', 1)).toMatchObject({ state: FIZZ_STATE.active, lease: 0 });
    const other = addServing(s, { isFizz: true });
    mustPass(s, 'closeLease', SERVER, [other]);
    expect(readLease(s, other).closeReason).toBe(CLOSE_REASON.provider);
  });

  it('given one who is both sides > it is the consumer’s', () => {
    const lease = addServing(s);
    mustPass(s, 'transferEscrow', CONSUMER, [1, SERVER]);
    mustPass(s, 'closeLease', SERVER, [lease]);
    expect(readLease(s, lease).closeReason).toBe(CLOSE_REASON.consumer);
  });

  it('given one of several leases > the last one takes its place', () => {
    const leases = [addLease(s), addLease(s), addLease(s)];
    mustPass(s, 'closeLease', CONSUMER, [leases[0]!]);
    expect(Array.from(s.openLeases.slice(0, 5))).toEqual([0, 3, 2, 0, 0]);
    expect(leases.map((lease) => readLease(s, lease).place)).toEqual([0, 2, 1]);
    mustPass(s, 'closeLease', CONSUMER, [2]);
    expect(Array.from(s.openLeases.slice(0, 4))).toEqual([0, 3, 0, 0]);
  });

  it('given the wallet has changed hands > the new owner closes it and has the rest', () => {
    const lease = addServing(s);
    mustPass(s, 'transferEscrow', CONSUMER, [1, STRANGER]);
    expect(attempt(s, 'closeLease', CONSUMER, [lease])).toEqual(['NotOwner', CONSUMER, STRANGER]);
    mustPass(s, 'closeLease', STRANGER, [lease]);
    mustPass(s, 'withdrawEscrow', STRANGER, [1, 0, FUNDS]);
  });
});

describe('endLease', () => {
  it('given its end was reached > ends it, not a second before', () => {
    const lease = addServing(s);
    const endS = START_S + 2 * HOUR_S;
    s.nowS = endS - 1;
    expect(attempt(s, 'endLease', KEEPER, [lease])).toEqual(['DeadlineNotPassed', endS - 1, endS]);
    s.nowS = endS;
    mustPass(s, 'endLease', KEEPER, [lease]);
    expect(readLease(s, lease)).toMatchObject({ closeReason: CLOSE_REASON.ended, paidUnits: 72_000 });
    expect(balancesOf(s)).toEqual([FUNDS - 72_000, 0]);
    expect(attempt(s, 'endLease', KEEPER, [lease])).toEqual(['WrongState', S.closed, 0]);
    expect(attempt(s, 'endLease', KEEPER, [2])).toEqual(['UnknownEntity', 2, 1]);
  });

  it('given the money does not last > ends it when the next second cannot be paid', () => {
    mustPass(s, 'withdrawEscrow', CONSUMER, [1, 0, FUNDS - 50_004]);
    const lease = addServing(s);
    s.nowS = START_S + 4_999;
    expect(endReasonOf(s, lease)).toBe(0);
    s.nowS = START_S + 5_500;
    expect(endReasonOf(s, lease)).toBe(CLOSE_REASON.exhausted);
    mustPass(s, 'endLease', KEEPER, [lease]);
    expect(readLease(s, lease).paidUnits).toBe(50_000);
    expect(balancesOf(s)).toEqual([4, 0]);
  });

  it('given a fizz node that is gone too long > ends it', () => {
    const lease = addServing(s, { isFizz: true });
    mustPass(s, 'detachFizz', KEEPER, [1, START_S]);
    s.nowS = START_S + 3_599;
    expect(endReasonOf(s, lease)).toBe(0);
    s.nowS = START_S + 3_600;
    mustPass(s, 'endLease', KEEPER, [lease]);
    expect(readLease(s, lease)).toMatchObject({ closeReason: CLOSE_REASON.outage, paidUnits: 0 });
    expect(readRecord(s, 'fizzNodes', 1)).toMatchObject({ state: FIZZ_STATE.active, detachedS: 0 });
  });

  it('given its provider is not Active > ends it', () => {
    const lease = addServing(s);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    mustPass(s, 'endLease', KEEPER, [lease]);
    expect(readLease(s, lease).closeReason).toBe(CLOSE_REASON.providerLost);
  });
});

describe('rateLease', () => {
  beforeEach(() => {
    // Ratings of provider 1 begin at record 1 000.
    s = createLeaseWorld({}, 1_100);
  });

  it('counts for the provider, once, after the end', () => {
    const lease = addServing(s);
    expect(attempt(s, 'rateLease', CONSUMER, [lease, 40])).toEqual(['WrongState', S.serving, 0]);
    s.nowS += 60;
    mustPass(s, 'closeLease', CONSUMER, [lease]);
    s.eventCount = 0;
    mustPass(s, 'rateLease', CONSUMER, [lease, 40]);
    expect(readRecord(s, 'providers', 1)).toMatchObject({ ratingSumTenths: 40, ratingCount: 1 });
    expect(eventsSince(s)).toEqual([
      { name: 'ProviderRated', provider: 1, account: CONSUMER, tenths: 40, sumTenths: 40, ratingCount: 1 },
    ]);
    expect(attempt(s, 'rateLease', CONSUMER, [lease, 30])).toEqual(['AlreadyRated', lease, 0]);
  });

  it('given another account or a rating beyond the scale > refuses; of a provider that is not Active > keeps it to the lease', () => {
    const lease = addLease(s);
    s.nowS += 60;
    mustPass(s, 'closeLease', CONSUMER, [lease]);
    expect(attempt(s, 'rateLease', SERVER, [lease, 40])).toEqual(['NotOwner', SERVER, CONSUMER]);
    for (const tenths of [0, 51])
      expect(attempt(s, 'rateLease', CONSUMER, [lease, tenths])).toEqual(['ValueOutOfRange', tenths, 50]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    mustPass(s, 'rateLease', CONSUMER, [lease, 40]);
    expect(readLease(s, lease).ratedTenths).toBe(40);
    expect(readRecord(s, 'providers', 1).ratingCount).toBe(0);
  });

  it('given a lease for which nothing was paid > refuses, a manifest or not (FB-4)', () => {
    const [unused, sent] = [addLease(s), addServing(s)];
    for (const lease of [unused, sent]) {
      mustPass(s, 'closeLease', CONSUMER, [lease]);
      expect(readLease(s, lease).paidUnits).toBe(0);
      expect(attempt(s, 'rateLease', CONSUMER, [lease, 51])).toEqual(['AmountTooSmall', 0, 1]);
    }
    expect(readRecord(s, 'providers', 1).ratingCount).toBe(0);
  });
});

describe('deregisterProvider', () => {
  it('given a lease that is not closed > refuses', () => {
    const lease = addLease(s);
    expect(attempt(s, 'deregisterProvider', SERVER, [1])).toEqual(['LeasesOpen', 1, 0]);
    mustPass(s, 'closeLease', SERVER, [lease]);
    mustPass(s, 'deregisterProvider', SERVER, [1]);
  });
});

describe('accrueLeases', () => {
  it('given any chunks > all leases accrue to the boundary and none is closed', () => {
    const leases = [addServing(s), addServing(s, { provider: 2, asset: DOLLARS }), addLease(s, { isFizz: true })];
    const worlds = [1, 2, 3].map((size) => {
      const copy = createLeaseWorld();
      for (const terms of [{}, { provider: 2, asset: DOLLARS }]) addServing(copy, terms);
      addLease(copy, { isFizz: true });
      finishEra(copy);
      for (let from = 0; from < leases.length; from += size)
        mustPass(copy, 'accrueLeases', KEEPER, [from, Math.min(leases.length, from + size)]);
      return snapshot(copy);
    });
    expect(worlds[1]).toEqual(worlds[0]);
    expect(worlds[2]).toEqual(worlds[0]);
    finishEra(s);
    settle(s, undefined, 'computeEraMetrics');
    for (const lease of leases)
      expect(readLease(s, lease)).toMatchObject({ accruedS: s.nowS, paidUnits: (s.nowS - START_S) * 10 });
  });

  it('given it is not due > refuses', () => {
    addServing(s);
    expect(attempt(s, 'accrueLeases', KEEPER, [0, 1])).toEqual(['StepOutOfOrder', 1, 0]);
    expect(attempt(s, 'accrueLeases', agent(0), [0, 1])).toEqual(['OnlyKeeper', agent(0), KEEPER]);
  });
});
