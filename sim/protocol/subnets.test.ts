import { beforeEach, describe, expect, it } from 'vitest';
import { eventsSince, mustPass, passEra, TOKEN } from './eraWorld.ts';
import {
  addDevice,
  addInState,
  addMember,
  addRegistered,
  addReserved,
  addServing,
  createFizzWorld,
  DEVICE_OWNER,
  GATEWAY,
  GATEWAY_OWNER,
  KEEPER,
  LEAST_UNITS,
  readDelegation,
  readFizz,
  readSubnet,
  STRANGER,
} from './fizzWorld.ts';
import { CLOSE_REASON, FIZZ_STATE, PROPOSAL_KIND, SUBNET_STATE } from './layout.ts';
import { attempt, readRecord } from './nodeWorld.ts';
import { addProvider, enoughFor } from './providerWorld.ts';
import type { State } from './state.ts';

const S = FIZZ_STATE;
/** An era of two slots. */
const VOTE_S = 7_200;
const EXPEL = PROPOSAL_KIND.expel;
const SHARE = PROPOSAL_KIND.gatewayShare;

let s: State;

beforeEach(() => {
  s = createFizzWorld({ 'fizz.dao': 1 });
});

/** A proposal of a member on which `yes` have voted for and `no` against, each with its delegation. */
function vote(proposer: number, kind: number, value: number, yes: readonly number[], no: readonly number[]): void {
  mustPass(s, 'proposeSubnet', readFizz(s, proposer).owner, [proposer, kind, value]);
  for (const fizz of yes) mustPass(s, 'voteSubnet', readFizz(s, fizz).owner, [fizz, 1]);
  for (const fizz of no) mustPass(s, 'voteSubnet', readFizz(s, fizz).owner, [fizz, 0]);
}

/** Closes the vote of the subnet as soon as it may be closed. */
function decide(): void {
  s.nowS = readSubnet(s).proposalEndS + 1;
  s.eventCount = 0;
  mustPass(s, 'decideSubnet', KEEPER, [GATEWAY]);
}

describe('proposeSubnet', () => {
  it('given a member > opens a vote for an era, numbered over all subnets (OP-81)', () => {
    addProvider(s, STRANGER, 7, enoughFor(7));
    mustPass(s, 'openGateway', STRANGER, [2, 1, 0, 0]);
    const fizz = addMember(s);
    const other = addMember(s, STRANGER, LEAST_UNITS, 2);
    mustPass(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 5_000]);
    mustPass(s, 'proposeSubnet', STRANGER, [other, EXPEL, other]);
    expect(readSubnet(s)).toMatchObject({
      proposal: 1,
      proposalKind: SHARE,
      proposalValue: 5_000,
      proposalEndS: s.nowS + VOTE_S,
    });
    expect(readSubnet(s, 2)).toMatchObject({ proposal: 2, proposalKind: EXPEL, proposalValue: other });
  });

  it('given no member, no such kind, an unfit value or an open proposal > refuses', () => {
    addProvider(s, STRANGER, 7, enoughFor(7));
    mustPass(s, 'openGateway', STRANGER, [2, 1, 0, 0]);
    const fizz = addMember(s);
    const outside = addDevice(s);
    const elsewhere = addMember(s, STRANGER, LEAST_UNITS, 2);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [4, SHARE, 0])).toEqual(['UnknownEntity', 4, 3]);
    expect(attempt(s, 'proposeSubnet', STRANGER, [fizz, SHARE, 0])).toEqual(['NotOwner', STRANGER, DEVICE_OWNER]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [outside, SHARE, 0])).toEqual(['WrongState', S.configured, 0]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, 0, 0])).toEqual(['ValueOutOfRange', 0, 2]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, 3, 0])).toEqual(['ValueOutOfRange', 3, 2]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 5_001])).toEqual(['ValueOutOfRange', 5_001, 5_000]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, EXPEL, 9])).toEqual(['UnknownEntity', 9, 3]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, EXPEL, outside])).toEqual(['WrongState', S.configured, 0]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, EXPEL, elsewhere])).toEqual(['WrongState', S.active, 0]);
    mustPass(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 100]);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 200])).toEqual(['AlreadySet', 1, 0]);
  });

  it('given subnets that do not vote > refuses both actions of members', () => {
    s = createFizzWorld();
    const fizz = addMember(s);
    expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 0])).toEqual(['NotInMode', 0, 1]);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [fizz, 1])).toEqual(['NotInMode', 0, 1]);
  });
});

describe('voteSubnet', () => {
  it('given a member > weighs by what it has delegated, without what unbonds', () => {
    const first = addMember(s, DEVICE_OWNER, 3 * LEAST_UNITS);
    const second = addMember(s, STRANGER, 2 * LEAST_UNITS);
    mustPass(s, 'undelegate', DEVICE_OWNER, [1, LEAST_UNITS + 1]);
    mustPass(s, 'proposeSubnet', DEVICE_OWNER, [first, SHARE, 0]);
    s.eventCount = 0;
    mustPass(s, 'voteSubnet', DEVICE_OWNER, [first, 1]);
    mustPass(s, 'voteSubnet', STRANGER, [second, 0]);
    expect(readSubnet(s)).toMatchObject({ yesUnits: 2 * LEAST_UNITS - 1, noUnits: 2 * LEAST_UNITS });
    expect(eventsSince(s)).toEqual([
      { name: 'SubnetVoted', provider: 1, proposal: 1, fizz: first, isYes: 1, units: 2 * LEAST_UNITS - 1 },
      { name: 'SubnetVoted', provider: 1, proposal: 1, fizz: second, isYes: 0, units: 2 * LEAST_UNITS },
    ]);
  });

  it('given no member, no proposal, a second vote or one too late > refuses', () => {
    const fizz = addMember(s);
    const outside = addDevice(s);
    const late = addMember(s);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [0, 1])).toEqual(['UnknownEntity', 0, 3]);
    expect(attempt(s, 'voteSubnet', STRANGER, [fizz, 1])).toEqual(['NotOwner', STRANGER, DEVICE_OWNER]);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [outside, 1])).toEqual(['WrongState', S.configured, 0]);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [fizz, 2])).toEqual(['ValueOutOfRange', 2, 1]);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [fizz, 1])).toEqual(['WrongState', 0, 0]);
    mustPass(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 0]);
    const endS = s.nowS + VOTE_S;
    mustPass(s, 'voteSubnet', DEVICE_OWNER, [fizz, 1]);
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [fizz, 0])).toEqual(['AlreadyVoted', 1, fizz]);
    s.nowS = endS + 1;
    expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [late, 0])).toEqual(['DeadlinePassed', endS + 1, endS]);
    s.nowS = endS;
    mustPass(s, 'voteSubnet', DEVICE_OWNER, [late, 0]);
  });
});

describe('who has a say in a subnet', () => {
  it.each([
    ['registered', S.registered, false],
    ['active', S.active, true],
    ['reserved', S.reserved, true],
    ['serving', S.serving, true],
    ['detached', S.detached, true],
    ['leaving', S.leaving, false],
  ] as const)(
    'given a device that is %s > it is heard only if its gateway has acknowledged it',
    (_name, state, isHeard) => {
      const proposer = addMember(s, STRANGER);
      const fizz = addInState(s, state);
      const refusal = isHeard ? ['None'] : ['WrongState', state, 0];
      expect(attempt(s, 'proposeSubnet', DEVICE_OWNER, [fizz, SHARE, 0])).toEqual(refusal);
      if (!isHeard) mustPass(s, 'proposeSubnet', STRANGER, [proposer, SHARE, 0]);
      expect(attempt(s, 'voteSubnet', DEVICE_OWNER, [fizz, 1])).toEqual(refusal);
    },
  );

  it('given a member that was not acknowledged > it can be expelled all the same', () => {
    const [first, second] = [addMember(s), addRegistered(s, STRANGER)];
    vote(first, EXPEL, second, [first], []);
    decide();
    expect(readFizz(s, second).state).toBe(S.leaving);
  });
});

describe('a share that was voted', () => {
  /** A subnet of one that has fixed the share at 50 bps. @returns its member */
  function fixShare(): number {
    const fizz = addMember(s);
    vote(fizz, SHARE, 50, [fizz], []);
    decide();
    expect(readSubnet(s)).toMatchObject({ gatewayBps: 50, isShareFixed: 1 });
    return fizz;
  }

  it.each([
    ['leaves', (fizz: number) => mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz])],
    [
      'is released',
      (fizz: number) => {
        mustPass(s, 'deregisterProvider', GATEWAY_OWNER, [GATEWAY]);
        mustPass(s, 'releaseMember', KEEPER, [fizz]);
      },
    ],
    [
      'is expelled',
      (fizz: number) => {
        vote(fizz, EXPEL, fizz, [fizz], []);
        decide();
      },
    ],
  ] as const)('given the last member %s > stays, and is the gateway’s to change', (_how, go) => {
    const fizz = fixShare();
    go(fizz);
    expect(readSubnet(s)).toMatchObject({ state: SUBNET_STATE.dissolved, gatewayBps: 50, isShareFixed: 0 });
  });

  it('given members are left > stays fixed', () => {
    const other = addMember(s, STRANGER);
    fixShare();
    mustPass(s, 'leaveSubnet', STRANGER, [other]);
    expect(readSubnet(s)).toMatchObject({ memberCount: 1, isShareFixed: 1 });
    expect(attempt(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 1, 0, 51])).toEqual(['AlreadySet', 50, 0]);
  });

  it('given the subnet is dissolved before the vote is closed > nothing follows', () => {
    const fizz = addMember(s);
    vote(fizz, SHARE, 50, [fizz], []);
    mustPass(s, 'leaveSubnet', DEVICE_OWNER, [fizz]);
    decide();
    expect(readSubnet(s)).toMatchObject({ gatewayBps: 200, isShareFixed: 0, proposal: 0 });
    mustPass(s, 'openGateway', GATEWAY_OWNER, [GATEWAY, 1, 0, 51]);
  });
});

describe('decideSubnet', () => {
  it('given more for a share than against > fixes it, and the gateway cannot change it', () => {
    const [first, second] = [addMember(s, DEVICE_OWNER, LEAST_UNITS + 1), addMember(s)];
    vote(first, SHARE, 50, [first], [second]);
    expect(attempt(s, 'decideSubnet', KEEPER, [2])).toEqual(['UnknownEntity', 2, 1]);
    const { proposalEndS } = readSubnet(s);
    s.nowS = proposalEndS;
    expect(attempt(s, 'decideSubnet', KEEPER, [GATEWAY])).toEqual(['DeadlineNotPassed', proposalEndS, proposalEndS]);
    decide();
    expect(readSubnet(s)).toMatchObject({
      gatewayBps: 50,
      isShareFixed: 1,
      proposal: 0,
      proposalKind: 0,
      proposalValue: 0,
      proposalEndS: 0,
      yesUnits: 0,
      noUnits: 0,
    });
    expect(eventsSince(s)).toEqual([
      { name: 'SubnetDecided', provider: 1, proposal: 1, kind: SHARE, value: 50, isPassed: 1 },
    ]);
    expect(attempt(s, 'openGateway', GATEWAY_OWNER, [1, 1, 0, 51])).toEqual(['AlreadySet', 50, 0]);
    expect(attempt(s, 'decideSubnet', KEEPER, [GATEWAY])).toEqual(['WrongState', 0, 0]);
  });

  it('given as many for as against, or nobody > rejects, and the next proposal may be made and voted on', () => {
    const [first, second] = [addMember(s), addMember(s)];
    vote(first, EXPEL, second, [first], [second]);
    decide();
    expect(readFizz(s, second).state).toBe(S.active);
    expect(eventsSince(s).at(-1)).toMatchObject({ name: 'SubnetDecided', isPassed: 0 });
    vote(second, SHARE, 7, [], []);
    decide();
    expect(readSubnet(s)).toMatchObject({ gatewayBps: 200, isShareFixed: 0 });
    vote(first, SHARE, 9, [first], []);
    decide();
    expect(readSubnet(s).gatewayBps).toBe(9);
  });

  it('given a member to be expelled > it leaves as if by itself, and alone dissolves the subnet', () => {
    const fizz = addMember(s);
    vote(fizz, EXPEL, fizz, [fizz], []);
    decide();
    expect(readFizz(s, fizz).state).toBe(S.leaving);
    expect(readDelegation(s, 1)).toMatchObject({ units: 0, unbondingUnits: LEAST_UNITS });
    expect(readSubnet(s)).toMatchObject({ state: SUBNET_STATE.dissolved, memberCount: 0, freeCpuCount: 0 });
    expect(eventsSince(s).map(({ name }) => name)).toEqual([
      'SubnetDecided',
      'Transition',
      'DelegationChanged',
      'StakeChanged',
      'Transition',
    ]);
  });

  it('given a member that is reserved > it is expelled, and cannot win any more', () => {
    const { fizz, order } = addReserved(s);
    mustPass(s, 'placeBid', GATEWAY_OWNER, [order, GATEWAY, TOKEN, fizz]);
    vote(fizz, EXPEL, fizz, [fizz], []);
    decide();
    expect(readFizz(s, fizz)).toMatchObject({ state: S.leaving, order: 0 });
    mustPass(s, 'expireOrder', KEEPER, [order]);
    expect(readFizz(s, fizz).state).toBe(S.leaving);
  });

  it.each(['serving', 'detached'] as const)('given a member that is %s > its lease is closed first', (state) => {
    const { fizz, lease } = addServing(s);
    if (state === 'detached') mustPass(s, 'detachFizz', KEEPER, [fizz, s.nowS]);
    vote(fizz, EXPEL, fizz, [fizz], []);
    decide();
    expect(readRecord(s, 'leases', lease)).toMatchObject({ state: 5, closeReason: CLOSE_REASON.expelled });
    expect(readFizz(s, fizz)).toMatchObject({ state: S.leaving, lease: 0, detachedS: 0 });
    expect(readSubnet(s).freeCpuCount).toBe(0);
  });

  it('given a member that has left meanwhile > nothing follows', () => {
    const [first, second] = [addMember(s), addMember(s, STRANGER)];
    vote(first, EXPEL, second, [first], []);
    mustPass(s, 'leaveSubnet', STRANGER, [second]);
    decide();
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['SubnetDecided']);
  });

  it('given a member that belongs to another gateway by now > it stays there', () => {
    s = createFizzWorld({ 'fizz.dao': 1, 'deleg.unbond_eras': 0 });
    addProvider(s, STRANGER, 7, enoughFor(7));
    mustPass(s, 'openGateway', STRANGER, [2, 1, 0, 0]);
    const [first, second] = [addMember(s), addMember(s, STRANGER)];
    vote(first, EXPEL, second, [first], []);
    mustPass(s, 'leaveSubnet', STRANGER, [second]);
    passEra(s);
    mustPass(s, 'finishLeave', STRANGER, [second]);
    mustPass(s, 'joinSubnet', STRANGER, [second, 2, LEAST_UNITS]);
    decide();
    expect(readFizz(s, second)).toMatchObject({ state: S.registered, gateway: 2 });
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['SubnetDecided']);
  });
});
