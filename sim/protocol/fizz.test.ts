import { beforeEach, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import type { ActionName } from './actions.ts';
import { eventsSince, mustPass, passEra, TOKEN } from './eraWorld.ts';
import { gatewayShareBps, isMember, leastDelegation, memberUnits, releaseFrom, subnetFree } from './fizz.ts';
import { fizzCount } from './fizzNodes.ts';
import {
  addDevice,
  addInState,
  addMember,
  addOrder,
  addRegistered,
  addReserved,
  addServing,
  CONSUMER,
  createFizzWorld,
  DEVICE_OWNER,
  GATEWAY,
  GATEWAY_OWNER,
  KEEPER,
  LEAST_UNITS,
  lease,
  OFFER,
  readDelegation,
  readFizz,
  readSubnet,
  STRANGER,
} from './fizzWorld.ts';
import { ACCOUNT, F, FIZZ_STATE, KIND, LEASE_STATE, ORDER_MODE, PROVIDER_STATE, SUBNET_STATE } from './layout.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { addProvider, enoughFor, report } from './providerWorld.ts';
import { NO_RESOURCES } from './resources.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';
import { isTransition } from './transitions.ts';

const S = FIZZ_STATE;
const STATES = Object.values(S);
const OF_DEVICE = { cpuCount: 8, memoryGb: 16, storageGb: 500, gpuCount: 0 };

let s: State;

beforeEach(() => {
  s = createFizzWorld();
});

/** What must hold of every subnet and device at any time. */
function checkSubnets(): void {
  const providers = s.providerTotals[F.providerTotals.providerCount]!;
  for (let gateway = 1; gateway <= providers; gateway++) {
    const free = { ...NO_RESOURCES } as Record<keyof typeof NO_RESOURCES, number>;
    let members = 0;
    for (let fizz = 1; fizz <= fizzCount(s); fizz++) {
      const device = readFizz(s, fizz);
      if (device.gateway !== gateway) continue;
      if (isMember(device.state)) members += 1;
      if (device.state !== S.active) continue;
      for (const name of Object.keys(free) as (keyof typeof free)[]) free[name] += device[name];
    }
    expect(subnetFree(s, gateway)).toEqual(free);
    const subnet = readSubnet(s, gateway);
    expect(subnet.memberCount).toBe(members);
    expect(subnet.state === SUBNET_STATE.exists).toBe(members > 0);
  }
}

describe('configureFizz', () => {
  it('given a peer, resources and a price > installs a device that belongs to nobody', () => {
    mustPass(s, 'configureFizz', DEVICE_OWNER, [77, 32, 128, 2_048, 8, 11, 100_000_000_000]);
    expect(readFizz(s, 1)).toMatchObject({
      owner: DEVICE_OWNER,
      state: S.configured,
      peerId: 77,
      gateway: 0,
      gpuTier: 11,
    });
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.fizz, entity: 1, actor: DEVICE_OWNER, from: 0, to: S.configured },
      { name: 'FizzChanged', fizz: 1, gateway: 0, priceUnits: 100_000_000_000, cpuCount: 32, gpuCount: 8 },
    ]);
  });

  it.each([
    ['no peer', [0, 8, 16, 500, 0, 0, 1], ['AmountTooSmall', 0, 1]],
    ['no CPU', [1, 0, 16, 500, 0, 0, 1], ['ValueOutOfRange', 0, 32]],
    ['33 CPUs', [1, 33, 16, 500, 0, 0, 1], ['ValueOutOfRange', 33, 32]],
    ['no memory', [1, 8, 0, 500, 0, 0, 1], ['ValueOutOfRange', 0, 128]],
    ['129 GB', [1, 8, 129, 500, 0, 0, 1], ['ValueOutOfRange', 129, 128]],
    ['2 049 GB of storage', [1, 8, 16, 2_049, 0, 0, 1], ['ValueOutOfRange', 2_049, 2_048]],
    ['9 GPUs', [1, 8, 16, 500, 9, 1, 1], ['ValueOutOfRange', 9, 8]],
    ['class 12', [1, 8, 16, 500, 1, 12, 1], ['ValueOutOfRange', 12, 11]],
    ['a GPU without class', [1, 8, 16, 500, 2, 0, 1], ['ValueOutOfRange', 0, 2]],
    ['a class without GPU', [1, 8, 16, 500, 0, 3, 1], ['ValueOutOfRange', 3, 0]],
    ['no price', [1, 8, 16, 500, 0, 0, 0], ['ValueOutOfRange', 0, 100_000_000_000]],
    ['too high a price', [1, 8, 16, 500, 0, 0, 100_000_000_001], ['ValueOutOfRange', 100_000_000_001, 100_000_000_000]],
  ])('given %s > refuses', (_what, args, expected) => {
    expect(attempt(s, 'configureFizz', DEVICE_OWNER, args)).toEqual(expected);
    // The same limits hold for a change, whose first argument is the device.
    if (args[0] === 0) return;
    addDevice(s);
    expect(attempt(s, 'changeFizz', DEVICE_OWNER, args)).toEqual(expected);
  });
});

describe('changeFizz', () => {
  it('given a device that nobody counts on > changes what it exposes; an Active one what its subnet has free (FIZZ-2)', () => {
    const fizz = addMember(s);
    s.eventCount = 0;
    mustPass(s, 'changeFizz', DEVICE_OWNER, [fizz, 4, 32, 100, 1, 2, 5]);
    expect(subnetFree(s, GATEWAY)).toEqual({ cpuCount: 4, memoryGb: 32, storageGb: 100, gpuCount: 1 });
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, cpuCount: 4, gpuTier: 2, priceUnits: 5 });
    expect(eventsSince(s)).toEqual([
      { name: 'FizzChanged', fizz, gateway: GATEWAY, priceUnits: 5, cpuCount: 4, gpuCount: 1 },
    ]);
    const waiting = addRegistered(s);
    mustPass(s, 'changeFizz', DEVICE_OWNER, [waiting, 1, 1, 0, 0, 0, 5]);
    checkSubnets();
  });
});

describe('openGateway', () => {
  it('given the owner of an Active provider > stores the terms', () => {
    mustPass(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 0, 7 * TOKEN, 5_000]);
    expect(readSubnet(s)).toMatchObject({ isOpen: 0, minDelegationUnits: 7 * TOKEN, gatewayBps: 5_000 });
    expect(leastDelegation(s, GATEWAY)).toBe(7 * TOKEN);
    expect(gatewayShareBps(s, GATEWAY)).toBe(5_000);
  });

  it('given a least delegation below that of all delegations > that one counts', () => {
    s = createFizzWorld({ 'deleg.min': 20 });
    expect(leastDelegation(s, GATEWAY)).toBe(20 * TOKEN);
  });

  it.each([
    ['no such provider', GATEWAY_OWNER, [2, 1, 0, 0], ['UnknownEntity', 2, 1]],
    ['another owner', STRANGER, [1, 1, 0, 0], ['NotOwner', STRANGER, GATEWAY_OWNER]],
    ['neither open nor closed', GATEWAY_OWNER, [1, 2, 0, 0], ['ValueOutOfRange', 2, 1]],
    ['too large a share', GATEWAY_OWNER, [1, 1, 0, 5_001], ['ValueOutOfRange', 5_001, 5_000]],
  ])('given %s > refuses', (_what, actor, args, expected) => {
    expect(attempt(s, 'openGateway', actor, args)).toEqual(expected);
  });

  it('given a provider that is not Active > refuses', () => {
    writeRecord(s, 'providers', GATEWAY, { state: PROVIDER_STATE.suspended });
    expect(attempt(s, 'openGateway', GATEWAY_OWNER, [1, 1, 0, 0])).toEqual(['WrongState', PROVIDER_STATE.suspended, 0]);
  });

  it('given a share that the subnet has fixed > refuses another one, and takes all else', () => {
    writeRecord(s, 'subnets', GATEWAY, { isShareFixed: 1 });
    expect(attempt(s, 'openGateway', GATEWAY_OWNER, [1, 1, 0, 201])).toEqual(['AlreadySet', 200, 0]);
    mustPass(s, 'openGateway', GATEWAY_OWNER, [1, 0, 3 * TOKEN, 200]);
    expect(readSubnet(s)).toMatchObject({ isOpen: 0, minDelegationUnits: 3 * TOKEN });
  });
});

describe('joinSubnet', () => {
  it('given enough > pays the fee, delegates to the gateway, and brings the subnet into being (FIZZ-3)', () => {
    s = createFizzWorld({ 'fizz.register_fee': 2 });
    const fizz = addDevice(s);
    s.eventCount = 0;
    const foundation = walletUnits(s, ACCOUNT.foundation);
    mustPass(s, 'joinSubnet', DEVICE_OWNER, [fizz, GATEWAY, LEAST_UNITS]);
    expect(walletUnits(s, ACCOUNT.foundation) - foundation).toBe(2 * TOKEN);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.registered, gateway: GATEWAY, delegation: 1 });
    expect(readDelegation(s, 1)).toMatchObject({
      delegator: DEVICE_OWNER,
      targetKind: KIND.provider,
      target: GATEWAY,
      units: LEAST_UNITS,
      autoStake: 0,
    });
    expect(readRecord(s, 'providerCollateral', GATEWAY).delegatedUnits).toBe(LEAST_UNITS);
    expect(eventsSince(s).map(({ name, kind, to }) => [name, name === 'Transition' ? kind : 0, to])).toEqual([
      ['Moved', 0, ACCOUNT.foundation],
      ['Moved', 0, ACCOUNT.delegationVault],
      ['DelegationChanged', 0, undefined],
      ['StakeChanged', 0, undefined],
      ['Transition', KIND.fizz, S.registered],
      ['Transition', KIND.subnet, SUBNET_STATE.exists],
    ]);
    addRegistered(s);
    expect(readSubnet(s)).toMatchObject({ state: SUBNET_STATE.exists, memberCount: 2 });
    checkSubnets();
  });

  it('given a gateway that is there no more, closed, or too dear > refuses', () => {
    const fizz = addDevice(s);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 0, 1])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 2, 1])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, LEAST_UNITS - 1])).toEqual([
      'DelegationTooSmall',
      LEAST_UNITS - 1,
      LEAST_UNITS,
    ]);
    const balance = walletUnits(s, DEVICE_OWNER);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, balance + 1])).toEqual([
      'InsufficientBalance',
      balance,
      balance + 1,
    ]);
    mustPass(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 0, 0, 200]);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, LEAST_UNITS])).toEqual(['NotInMode', 0, 1]);
    writeRecord(s, 'providers', GATEWAY, { state: PROVIDER_STATE.registered });
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, 1])).toEqual(['WrongState', PROVIDER_STATE.registered, 0]);
  });

  it('given a fee > the wallet must hold it too, and the sum told stays an amount', () => {
    s = createFizzWorld({ 'fizz.register_fee': 2 });
    const fizz = addDevice(s);
    const balance = walletUnits(s, DEVICE_OWNER);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, balance - 2 * TOKEN + 1])).toEqual([
      'InsufficientBalance',
      balance,
      balance + 1,
    ]);
    expect(attempt(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, Number.MAX_SAFE_INTEGER])).toEqual([
      'InsufficientBalance',
      balance,
      Number.MAX_SAFE_INTEGER,
    ]);
    mustPass(s, 'joinSubnet', DEVICE_OWNER, [fizz, 1, balance - 2 * TOKEN]);
    expect(walletUnits(s, DEVICE_OWNER)).toBe(0);
  });
});

describe('acceptFizz', () => {
  it('given the gateway’s owner > the member is Active and free from this era on', () => {
    const fizz = addRegistered(s);
    expect(subnetFree(s, GATEWAY)).toEqual(NO_RESOURCES);
    mustPass(s, 'acceptFizz', GATEWAY_OWNER, [fizz]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, joinedEra: 1 });
    expect(subnetFree(s, GATEWAY)).toEqual(OF_DEVICE);
  });

  it('given anybody else, a device of no subnet, an idle gateway or too little delegated > refuses', () => {
    const fizz = addRegistered(s);
    expect(attempt(s, 'acceptFizz', DEVICE_OWNER, [fizz])).toEqual(['NotOwner', DEVICE_OWNER, GATEWAY_OWNER]);
    expect(attempt(s, 'acceptFizz', GATEWAY_OWNER, [addDevice(s)])).toEqual(['NotOwner', GATEWAY_OWNER, 0]);
    mustPass(s, 'undelegate', DEVICE_OWNER, [1, 1]);
    expect(attempt(s, 'acceptFizz', GATEWAY_OWNER, [fizz])).toEqual([
      'DelegationTooSmall',
      LEAST_UNITS - 1,
      LEAST_UNITS,
    ]);
    writeRecord(s, 'providers', GATEWAY, { state: PROVIDER_STATE.suspended });
    expect(attempt(s, 'acceptFizz', GATEWAY_OWNER, [fizz])).toEqual(['WrongState', PROVIDER_STATE.suspended, 0]);
  });
});

describe('reserveFizz', () => {
  it('given an open order in fizz mode > keeps the device for it, and it is free no more (FIZZ-7)', () => {
    const { fizz, order } = addReserved(s);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.reserved, order });
    expect(subnetFree(s, GATEWAY)).toEqual(NO_RESOURCES);
    checkSubnets();
  });

  it('given an order that is not there, of providers, too cheap or late > refuses', () => {
    const fizz = addMember(s);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, 1])).toEqual(['UnknownEntity', 1, 0]);
    const plain = addOrder(s, ORDER_MODE.provider);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, plain])).toEqual(['NotInMode', 0, 1]);
    const cheap = addOrder(s, ORDER_MODE.fizz, TOKEN - 1);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, cheap])).toEqual(['FeeAboveMaximum', TOKEN, TOKEN - 1]);
    const order = addOrder(s);
    const { bidUntilS } = readRecord(s, 'orders', order);
    s.nowS = bidUntilS + 1;
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, order])).toEqual([
      'DeadlinePassed',
      bidUntilS + 1,
      bidUntilS,
    ]);
    s.nowS = bidUntilS;
    mustPass(s, 'reserveFizz', DEVICE_OWNER, [fizz, order]);
    mustPass(s, 'cancelOrder', CONSUMER, [plain]);
    const other = addMember(s);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [other, plain])).toEqual(['WrongState', 5, 0]);
  });

  it('given an order in another asset > counts what it pays at most by its value in tokens (NUM-7)', () => {
    const fizz = addMember(s);
    const order = addOrder(s);
    writeRecord(s, 'orders', order, { asset: 2, maxPriceUnits: 2 * TOKEN });
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, order])).toEqual(['FeeAboveMaximum', TOKEN, 0]);
    mustPass(s, 'postPrices', KEEPER, [FP, FP / 2 - 1, FP]);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, order])).toEqual(['FeeAboveMaximum', TOKEN, TOKEN - 1]);
    mustPass(s, 'postPrices', KEEPER, [FP, FP / 2, FP]);
    mustPass(s, 'reserveFizz', DEVICE_OWNER, [fizz, order]);
  });

  it.each([
    ['a lower class', { gpuTier: 1 }, ['TierTooLow', 0, 1]],
    ['fewer CPUs', { cpuCount: 9 }, ['CapacityExhausted', 8, 9]],
    ['less memory', { memoryGb: 17 }, ['CapacityExhausted', 16, 17]],
    ['less storage', { storageGb: 501 }, ['CapacityExhausted', 500, 501]],
    ['no GPU', { gpuCount: 1 }, ['CapacityExhausted', 0, 1]],
  ])('given %s than asked for > refuses', (_what, wish, expected) => {
    const fizz = addMember(s);
    const order = addOrder(s);
    writeRecord(s, 'orders', order, wish);
    expect(attempt(s, 'reserveFizz', DEVICE_OWNER, [fizz, order])).toEqual(expected);
  });
});

describe('a reservation ends', () => {
  it('given the order is cancelled and nobody has bid with the device > its owner takes it back, not before', () => {
    const { fizz, order } = addReserved(s);
    const { expiresS } = readRecord(s, 'orders', order);
    expect(attempt(s, 'releaseFizz', DEVICE_OWNER, [fizz])).toEqual(['DeadlineNotPassed', s.nowS, expiresS]);
    writeRecord(s, 'orders', order, { state: 2 });
    expect(attempt(s, 'releaseFizz', DEVICE_OWNER, [fizz])).toEqual(['DeadlineNotPassed', s.nowS, expiresS]);
    writeRecord(s, 'orders', order, { state: 1 });
    mustPass(s, 'cancelOrder', CONSUMER, [order]);
    expect(readFizz(s, fizz).state).toBe(S.reserved);
    mustPass(s, 'releaseFizz', DEVICE_OWNER, [fizz]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, order: 0 });
    checkSubnets();
  });

  it('given the order is cancelled and the gateway has bid > it is free at once', () => {
    const { fizz, order } = addReserved(s);
    mustPass(s, 'placeBid', GATEWAY_OWNER, [order, GATEWAY, TOKEN, fizz]);
    mustPass(s, 'cancelOrder', CONSUMER, [order]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, order: 0 });
    checkSubnets();
  });

  it('given another order, or another state > nothing happens', () => {
    const { fizz, order } = addReserved(s);
    const active = addMember(s);
    s.eventCount = 0;
    releaseFrom(s, fizz, order + 1, KEEPER);
    releaseFrom(s, active, 0, KEEPER);
    expect([readFizz(s, fizz).state, readFizz(s, active).state]).toEqual([S.reserved, S.active]);
    expect(s.eventCount).toBe(0);
  });

  it('given the match > the device serves, and is Active again when its lease is closed', () => {
    const { fizz, lease: own } = addServing(s);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.serving, order: 0, lease: own });
    expect(readRecord(s, 'leases', own)).toMatchObject({ fizz, provider: GATEWAY, gatewayBps: 200 });
    mustPass(s, 'closeLease', CONSUMER, [own]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, lease: 0 });
    checkSubnets();
  });
});

describe('detachFizz and reattachFizz', () => {
  it('given an outage > the lease is down from then, and goes on when the device is back (FIZZ-9)', () => {
    const { fizz, lease: own } = addServing(s);
    mustPass(s, 'sendManifest', CONSUMER, [own]);
    mustPass(s, 'confirmDeployment', DEVICE_OWNER, [own]);
    s.nowS += 100;
    mustPass(s, 'detachFizz', KEEPER, [fizz, s.nowS - 40]);
    const sinceS = s.nowS - 40;
    expect(readFizz(s, fizz)).toMatchObject({ state: S.detached, detachedS: sinceS });
    expect(readRecord(s, 'leases', own)).toMatchObject({ state: LEASE_STATE.down, downSinceS: sinceS, breachCount: 1 });
    s.nowS += 60;
    expect(attempt(s, 'reattachFizz', KEEPER, [fizz, sinceS - 1])).toEqual(['ValueOutOfRange', sinceS - 1, s.nowS]);
    expect(attempt(s, 'reattachFizz', KEEPER, [fizz, s.nowS + 1])).toEqual(['ValueOutOfRange', s.nowS + 1, s.nowS]);
    mustPass(s, 'reattachFizz', KEEPER, [fizz, s.nowS - 10]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.serving, detachedS: 0 });
    // Off from 40 s before the first report to 10 s before the second, 60 s later.
    expect(readRecord(s, 'leases', own)).toMatchObject({ state: LEASE_STATE.serving, pausedS: 90, downSinceS: 0 });
  });

  it('given a time before the lease has been accrued to, or in the future > refuses', () => {
    const { fizz, lease: own } = addServing(s);
    const { startS } = readRecord(s, 'leases', own);
    s.nowS += 50;
    expect(attempt(s, 'detachFizz', KEEPER, [fizz, startS - 1])).toEqual(['ValueOutOfRange', startS - 1, s.nowS]);
    mustPass(s, 'withdrawLease', DEVICE_OWNER, [own]);
    const { accruedS } = readRecord(s, 'leases', own);
    s.nowS += 50;
    expect(attempt(s, 'detachFizz', KEEPER, [fizz, accruedS - 1])).toEqual(['ValueOutOfRange', accruedS - 1, s.nowS]);
    expect(attempt(s, 'detachFizz', KEEPER, [fizz, s.nowS + 1])).toEqual(['ValueOutOfRange', s.nowS + 1, s.nowS]);
    mustPass(s, 'detachFizz', KEEPER, [fizz, accruedS]);
  });

  it('given a device that is off for longer than the grace > its lease is closed, and it is Active', () => {
    const { fizz, lease: own } = addServing(s);
    mustPass(s, 'detachFizz', KEEPER, [fizz, s.nowS]);
    s.nowS += 3_600;
    mustPass(s, 'endLease', KEEPER, [own]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.active, lease: 0, detachedS: 0 });
    checkSubnets();
  });
});

describe('a member leaves', () => {
  it('given a member without lease > its delegation unbonds, and the last one dissolves the subnet', () => {
    const fizz = addMember(s);
    const other = addRegistered(s);
    s.eventCount = 0;
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
    expect(readDelegation(s, 1)).toMatchObject({ units: 0, unbondingUnits: LEAST_UNITS });
    expect(readFizz(s, fizz)).toMatchObject({ state: S.leaving, gateway: GATEWAY, delegation: 1 });
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['Transition', 'DelegationChanged', 'StakeChanged']);
    expect(readSubnet(s).state).toBe(SUBNET_STATE.exists);
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [other]);
    expect(readSubnet(s)).toMatchObject({ state: SUBNET_STATE.dissolved, memberCount: 0 });
    checkSubnets();
    // The subnet can be formed anew.
    addRegistered(s);
    expect(readSubnet(s)).toMatchObject({ state: SUBNET_STATE.exists, memberCount: 1 });
  });

  it('given a delegation that was taken back before > leaves without another event of it', () => {
    const fizz = addMember(s);
    mustPass(s, 'undelegate', DEVICE_OWNER, [1, LEAST_UNITS]);
    s.eventCount = 0;
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['Transition', 'Transition']);
  });

  it('given unbonded units > finishes with them in the wallet, not before, and may join elsewhere', () => {
    s = createFizzWorld({ 'deleg.unbond_eras': 1 });
    addProvider(s, STRANGER, 7, enoughFor(7));
    mustPass(s, 'openGateway', STRANGER, [2, 1, 0, 0]);
    const before = walletUnits(s, DEVICE_OWNER);
    const fizz = addMember(s);
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
    expect(attempt(s, 'finishLeave', DEVICE_OWNER, [fizz])).toEqual(['ExitQueueNotOver', 0, 1]);
    passEra(s);
    passEra(s);
    expect(walletUnits(s, DEVICE_OWNER)).toBe(before);
    mustPass(s, 'finishLeave', DEVICE_OWNER, [fizz]);
    expect(readFizz(s, fizz)).toMatchObject({ state: S.configured, gateway: 0, delegation: 0 });
    mustPass(s, 'joinSubnet', DEVICE_OWNER, [fizz, 2, LEAST_UNITS]);
    expect(readFizz(s, fizz)).toMatchObject({ gateway: 2, delegation: 2 });
    expect(memberUnits(s, fizz)).toBe(LEAST_UNITS);
    checkSubnets();
  });
});

describe('flagFizz (INV-57)', () => {
  it('given a slash that leaves less than the minimum > the member is not offered until it has enough again', () => {
    const fizz = addMember(s);
    expect(attempt(s, 'flagFizz', KEEPER, [fizz])).toEqual(['ValueOutOfRange', LEAST_UNITS, LEAST_UNITS]);
    report(s, [{ activeHours: 3, taskHours: 3, breachedHours: 1, feeUnits: 6 * TOKEN }]);
    passEra(s);
    // 6 of 60 tokens and a unit: a tenth of the 10 that were delegated, to a unit.
    const units = memberUnits(s, fizz);
    expect(LEAST_UNITS - units).toBeGreaterThanOrEqual(TOKEN - 1);
    mustPass(s, 'flagFizz', KEEPER, [fizz]);
    expect(readFizz(s, fizz).state).toBe(S.registered);
    expect(subnetFree(s, GATEWAY)).toEqual(NO_RESOURCES);
    expect(attempt(s, 'acceptFizz', GATEWAY_OWNER, [fizz])).toEqual(['DelegationTooSmall', units, LEAST_UNITS]);
    mustPass(s, 'increaseDelegation', DEVICE_OWNER, [1, LEAST_UNITS - units]);
    writeRecord(s, 'providers', GATEWAY, { state: PROVIDER_STATE.active });
    mustPass(s, 'acceptFizz', GATEWAY_OWNER, [fizz]);
    checkSubnets();
  });

  it('given a gateway that asks for more > its members are flagged as well', () => {
    const fizz = addMember(s);
    mustPass(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 1, LEAST_UNITS + 1, 200]);
    mustPass(s, 'flagFizz', KEEPER, [fizz]);
  });
});

describe('releaseMember', () => {
  it('given a gateway that has left > its members are free, the subnet is dissolved, delegations come back', () => {
    const before = walletUnits(s, DEVICE_OWNER);
    const fizzes = [addRegistered(s), addMember(s), addReserved(s).fizz];
    mustPass(s, 'deregisterProvider', GATEWAY_OWNER, [GATEWAY]);
    s.eventCount = 0;
    for (const fizz of fizzes) {
      mustPass(s, 'releaseMember', KEEPER, [fizz]);
      expect(readFizz(s, fizz)).toMatchObject({ state: S.configured, gateway: 0, delegation: 0, order: 0 });
    }
    expect(eventsSince(s).map(({ kind, to }) => [kind, to])).toEqual([
      [KIND.fizz, S.configured],
      [KIND.fizz, S.configured],
      [KIND.fizz, S.configured],
      [KIND.subnet, SUBNET_STATE.dissolved],
    ]);
    checkSubnets();
    passEra(s);
    expect(walletUnits(s, DEVICE_OWNER)).toBe(before);
  });

  it('given a gateway that has not left > refuses', () => {
    const fizz = addMember(s);
    expect(attempt(s, 'releaseMember', KEEPER, [fizz])).toEqual(['WrongState', PROVIDER_STATE.active, 0]);
  });
});

describe('rewardFizz (F-24)', () => {
  beforeEach(() => {
    s = createFizzWorld({ 'fizz.reward_mode': 1 });
    addDevice(s);
    addDevice(s, STRANGER, [1, 1, 0, 2, 3, 1]);
    s.eventCount = 0;
  });

  it('given units within each device’s base > pays them from the foundation, once an era, in chunks of any size', () => {
    const before = [walletUnits(s, DEVICE_OWNER), walletUnits(s, STRANGER)];
    mustPass(s, 'rewardFizz', KEEPER, [0, 1], [200 * TOKEN]);
    expect(attempt(s, 'rewardFizz', KEEPER, [0, 1], [1])).toEqual(['CursorMismatch', 0, 1]);
    mustPass(s, 'rewardFizz', KEEPER, [1, 2], [1_025 * TOKEN]);
    expect([walletUnits(s, DEVICE_OWNER), walletUnits(s, STRANGER)]).toEqual([
      before[0]! + 200 * TOKEN,
      before[1]! + 1_025 * TOKEN,
    ]);
    expect(eventsSince(s).filter(({ name }) => name === 'RewardPaid')).toHaveLength(2);
    expect(attempt(s, 'rewardFizz', KEEPER, [1, 2], [1])).toEqual(['CursorMismatch', 1, 2]);
    passEra(s);
    mustPass(s, 'rewardFizz', KEEPER, [0, 2], [0, 1]);
  });

  it('given a foundation that runs out > the later ones get what is left', () => {
    writeRecord(s, 'wallets', ACCOUNT.foundation, { units: 5 });
    const before = walletUnits(s, STRANGER);
    mustPass(s, 'rewardFizz', KEEPER, [0, 2], [3, 4]);
    expect(walletUnits(s, STRANGER) - before).toBe(2);
    expect(walletUnits(s, ACCOUNT.foundation)).toBe(0);
  });

  it.each([
    ['a later start', [1, 2], [1], ['CursorMismatch', 1, 0]],
    ['more than there are', [0, 3], [1, 1, 1], ['ValueOutOfRange', 3, 2]],
    ['a list of another length', [0, 2], [1], ['BatchMismatch', 1, 2]],
    ['more than the base', [0, 2], [1, 1_025 * TOKEN + 1], ['ValueOutOfRange', 1_025 * TOKEN + 1, 1_025 * TOKEN]],
  ])('given %s > refuses', (_what, args, units, expected) => {
    expect(attempt(s, 'rewardFizz', KEEPER, args, units)).toEqual(expected);
  });

  it('given an end before the start > refuses', () => {
    mustPass(s, 'rewardFizz', KEEPER, [0, 1], [0]);
    expect(attempt(s, 'rewardFizz', KEEPER, [1, 0], [])).toEqual(['ValueOutOfRange', 0, 2]);
  });

  it('given the default rule > there is no reward of its own (FIZZ-16)', () => {
    s = createFizzWorld();
    addDevice(s);
    expect(attempt(s, 'rewardFizz', KEEPER, [0, 1], [0])).toEqual(['NotInMode', 0, 1]);
  });
});

describe('every action', () => {
  /** Arguments after the device, who sends it, and the states in which it is not refused for the state. */
  const ACTIONS: readonly [ActionName, number, readonly number[], readonly number[]][] = [
    ['changeFizz', DEVICE_OWNER, OFFER, [S.configured, S.registered, S.active]],
    ['joinSubnet', DEVICE_OWNER, [GATEWAY, LEAST_UNITS], [S.configured]],
    ['acceptFizz', GATEWAY_OWNER, [], [S.registered]],
    ['reserveFizz', DEVICE_OWNER, [1], [S.active]],
    ['releaseFizz', DEVICE_OWNER, [], [S.reserved]],
    ['leaveSubnet', DEVICE_OWNER, [], [S.registered, S.active]],
    ['finishLeave', DEVICE_OWNER, [], [S.leaving]],
    ['detachFizz', KEEPER, [0], [S.serving]],
    ['reattachFizz', KEEPER, [0], [S.detached]],
    ['flagFizz', KEEPER, [], [S.active]],
    ['releaseMember', KEEPER, [], [S.registered, S.active, S.reserved]],
  ];

  it.each(ACTIONS)(
    '%s > takes devices that are there, of their owner, in its states alone (SM-12)',
    (name, actor, rest, allowed) => {
      expect(attempt(s, name, actor, [0, ...rest])).toEqual(['UnknownEntity', 0, 0]);
      expect(attempt(s, name, actor, [1, ...rest])).toEqual(['UnknownEntity', 1, 0]);
      for (const state of STATES) {
        s = createFizzWorld();
        const fizz = addInState(s, state);
        expect(readFizz(s, fizz).state).toBe(state);
        if (actor === DEVICE_OWNER) {
          expect(attempt(s, name, STRANGER, [fizz, ...rest])).toEqual(['NotOwner', STRANGER, DEVICE_OWNER]);
        }
        // Of a device outside of a subnet nobody is the gateway's owner.
        if (name === 'acceptFizz' && state === S.configured) continue;
        if (name === 'releaseMember') writeRecord(s, 'providers', GATEWAY, { state: PROVIDER_STATE.deactivated });
        const outcome = attempt(s, name, actor, [fizz, ...rest]);
        const isRefused = outcome[0] === 'WrongState' && outcome[1] === state;
        expect([state, isRefused]).toEqual([state, !allowed.includes(state)]);
      }
    },
  );
});

describe('any history', () => {
  it('given members that come and go > sums of subnets are those of their members, one gateway each (INV-57, INV-58)', () => {
    addProvider(s, STRANGER, 7, enoughFor(7));
    mustPass(s, 'openGateway', STRANGER, [2, 1, 0, 0]);
    const seen: (readonly [number, number])[] = [];
    const steps: (() => void)[] = [
      () => void addMember(s),
      () => void addRegistered(s, STRANGER, 2 * LEAST_UNITS, 2),
      () => void addMember(s, STRANGER, LEAST_UNITS, 2),
      () => mustPass(s, 'changeFizz', STRANGER, [3, 1, 2, 3, 4, 5, 6]),
      () => void lease(s, ...(Object.values(addReserved(s)) as [number, number])),
      () => mustPass(s, 'detachFizz', KEEPER, [4, s.nowS]),
      () => mustPass(s, 'leaveSubnet', STRANGER, [3]),
      () => mustPass(s, 'closeLease', CONSUMER, [1]),
      () => mustPass(s, 'leaveSubnet', DEVICE_OWNER, [1]),
      () => mustPass(s, 'leaveSubnet', STRANGER, [2]),
    ];
    for (const step of steps) {
      s.eventCount = 0;
      step();
      checkSubnets();
      for (const { name, kind, from, to } of eventsSince(s)) {
        if (name !== 'Transition' || kind !== KIND.fizz) continue;
        expect(isTransition(KIND.fizz, Number(from), Number(to))).toBe(true);
        seen.push([Number(from), Number(to)]);
      }
      for (let fizz = 1; fizz <= fizzCount(s); fizz++) {
        const { state, gateway } = readFizz(s, fizz);
        if (state === S.active) expect(memberUnits(s, fizz)).toBeGreaterThanOrEqual(leastDelegation(s, gateway));
        expect(gateway !== 0).toBe(isMember(state) || state === S.leaving);
      }
    }
    expect(seen.length).toBeGreaterThan(12);
  });
});
