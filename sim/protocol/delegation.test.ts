import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import {
  agent,
  createEraWorld,
  doTask,
  doWork,
  eventsSince,
  finishEra,
  mustPass,
  passEra,
  record,
  send,
  settle,
  snapshot,
  TOKEN,
} from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STRIDE } from './layout.ts';
import { burnNft } from './nft.ts';
import type { ParamKey } from './params.ts';
import { R } from './rejections.ts';
import { addSlash, ownUnits } from './stake.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const KEEPER = ACCOUNT.keeper;
const VALIDATOR_OWNER = agent(1);
const ANNA = agent(2);
const BELA = agent(3);
const WALLET = 10_000 * TOKEN;
const MIN = TOKEN;

/** Node 1 of agent 0 and validator 1 of VALIDATOR_OWNER, with the least stake; two delegators. Era 0. */
function world(params: Partial<Record<ParamKey, number>> = {}): State {
  return createEraWorld({ agents: 4, walletUnits: WALLET, nodes: 1, validators: 1, params });
}

/** As `world`, in era 1, with delegation 1 of ANNA and delegation 2 of BELA to a target, made in era 0. */
function delegated(
  kind: number,
  annaUnits: number,
  belaUnits: number,
  params: Partial<Record<ParamKey, number>> = {},
): State {
  const s = world({ 'deleg.min': 0, ...params });
  mustPass(s, 'delegate', ANNA, [kind, 1, annaUnits, 0]);
  mustPass(s, 'delegate', BELA, [kind, 1, belaUnits, 1]);
  passEra(s);
  s.eventCount = 0;
  return s;
}

/** Settles as far as (without) the named step and forgets the events so far. */
function settleUpTo(s: State, until: Parameters<typeof settle>[2]): void {
  finishEra(s);
  settle(s, undefined, until);
  s.eventCount = 0;
}

function vaultUnits(s: State): number {
  return walletUnits(s, ACCOUNT.delegationVault);
}

describe('delegate', () => {
  it('moves the units to the vault, makes them collateral at once, and tells', () => {
    const s = world();
    expect(send(s, 'delegate', ANNA, [KIND.validator, 1, 5 * TOKEN, 1])).toEqual([0]);
    expect(record(s, 'delegations', 1)).toEqual({
      delegator: ANNA,
      targetKind: KIND.validator,
      target: 1,
      units: 5 * TOKEN,
      addedUnits: 5 * TOKEN,
      addedEra: 0,
      unbondingUnits: 0,
      releaseEra: 0,
      autoStake: 1,
    });
    const c = record(s, 'validatorCollateral', 1);
    expect([c.delegatedUnits, c.delegatedAddedUnits]).toEqual([5 * TOKEN, 5 * TOKEN]);
    expect([walletUnits(s, ANNA), vaultUnits(s)]).toEqual([WALLET - 5 * TOKEN, 5 * TOKEN]);
    expect(eventsSince(s)).toEqual([
      { name: 'Moved', from: ANNA, to: ACCOUNT.delegationVault, units: 5 * TOKEN, reason: MOVE.delegate },
      { name: 'DelegationChanged', delegation: 1, target: 1, units: 5 * TOKEN, unbondingUnits: 0 },
      { name: 'StakeChanged', kind: KIND.validator, entity: 1, ownUnits: c.ownUnits, delegatedUnits: 5 * TOKEN },
    ]);
  });

  it('numbers delegations one by one, whoever the target', () => {
    const s = world();
    mustPass(s, 'delegate', ANNA, [KIND.validator, 1, MIN, 0]);
    mustPass(s, 'delegate', ANNA, [KIND.node, 1, MIN, 0]);
    mustPass(s, 'delegate', BELA, [KIND.node, 1, MIN, 0]);
    expect([1, 2, 3].map((id) => record(s, 'delegations', id).delegator)).toEqual([ANNA, ANNA, BELA]);
    expect(record(s, 'nodeCollateral', 1).delegatedUnits).toBe(2 * MIN);
  });

  it.each([
    ['a model', [KIND.model, 1, MIN, 0], [R.ValueOutOfRange, KIND.model, KIND.provider]],
    ['a task', [KIND.task, 1, MIN, 0], [R.ValueOutOfRange, KIND.task, KIND.provider]],
    ['node 0', [KIND.node, 0, MIN, 0], [R.UnknownEntity, 0, 1]],
    ['the last node', [KIND.node, 1, MIN, 0], [0]],
    ['a node after the last', [KIND.node, 2, MIN, 0], [R.UnknownEntity, 2, 1]],
    ['a validator after the last', [KIND.validator, 2, MIN, 0], [R.UnknownEntity, 2, 1]],
    ['the least amount', [KIND.validator, 1, MIN, 0], [0]],
    ['a unit below the least amount', [KIND.validator, 1, MIN - 1, 0], [R.DelegationTooSmall, MIN - 1, MIN]],
    ['auto-stake 1', [KIND.validator, 1, MIN, 1], [0]],
    ['auto-stake 2', [KIND.validator, 1, MIN, 2], [R.ValueOutOfRange, 2, 1]],
    ['the whole wallet', [KIND.validator, 1, WALLET, 0], [0]],
    ['a unit more than the wallet', [KIND.validator, 1, WALLET + 1, 0], [R.InsufficientBalance, WALLET, WALLET + 1]],
    ['everything wrong: the kind is named', [KIND.model, 9, 0, 9], [R.ValueOutOfRange, KIND.model, KIND.provider]],
    ['too little and auto-stake 2: the amount is named', [KIND.node, 1, 0, 2], [R.DelegationTooSmall, 0, MIN]],
    ['auto-stake 2 and too much: auto-stake is named', [KIND.node, 1, WALLET + 1, 2], [R.ValueOutOfRange, 2, 1]],
  ])('given %s > answers as listed', (_, args, answer) => {
    const s = world();
    const before = snapshot(s);
    expect(send(s, 'delegate', ANNA, args)).toEqual(answer);
    if (answer[0] !== 0) expect(snapshot(s)).toEqual(before);
  });

  it('given a target that has left > refuses', () => {
    const s = world();
    burnNft(s, KIND.node, 1);
    expect(send(s, 'delegate', ANNA, [KIND.node, 1, MIN, 0])).toEqual([R.WrongState, 0, 0]);
  });
});

describe('increaseDelegation', () => {
  it('adds units that count for rewards from the next era on', () => {
    const s = delegated(KIND.node, 100, 50);
    mustPass(s, 'increaseDelegation', ANNA, [1, 7]);
    const d = record(s, 'delegations', 1);
    expect([d.units, d.addedUnits, d.addedEra]).toEqual([107, 7, 1]);
    const c = record(s, 'nodeCollateral', 1);
    expect([c.delegatedUnits, c.delegatedAddedUnits, c.addedEra]).toEqual([157, 7, 1]);
    expect(eventsSince(s).map((e) => e.name)).toEqual(['Moved', 'DelegationChanged', 'StakeChanged']);
  });

  it.each([
    ['delegation 0', ANNA, [0, 1], [R.UnknownEntity, 0, 2]],
    ['a delegation after the last', ANNA, [3, 1], [R.UnknownEntity, 3, 2]],
    ['someone else’s', ANNA, [2, 1], [R.NotOwner, ANNA, BELA]],
    ['nothing', ANNA, [1, 0], [R.AmountTooSmall, 0, 1]],
    ['one unit', ANNA, [1, 1], [0]],
    ['all but what the wallet holds', ANNA, [1, WALLET - 100], [0]],
    ['a unit more than the wallet', ANNA, [1, WALLET - 99], [R.InsufficientBalance, WALLET - 100, WALLET - 99]],
  ])('given %s > answers as listed', (_, actor, args, answer) => {
    const s = delegated(KIND.node, 100, 50);
    expect(send(s, 'increaseDelegation', actor, args)).toEqual(answer);
  });

  it('given a target that has left > refuses, before it looks at the wallet', () => {
    const s = delegated(KIND.node, 100, 50);
    burnNft(s, KIND.node, 1);
    expect(send(s, 'increaseDelegation', ANNA, [1, WALLET])).toEqual([R.WrongState, 0, 0]);
  });
});

describe('undelegate', () => {
  it('starts to unbond, without a move, and tells', () => {
    const s = delegated(KIND.node, 100, 50);
    mustPass(s, 'undelegate', ANNA, [1, 30]);
    const d = record(s, 'delegations', 1);
    expect([d.units, d.unbondingUnits, d.releaseEra]).toEqual([70, 30, 8]);
    const c = record(s, 'nodeCollateral', 1);
    expect([c.delegatedUnits, c.unbondingUnits]).toEqual([120, 30]);
    expect(eventsSince(s)).toEqual([
      { name: 'DelegationChanged', delegation: 1, target: 1, units: 70, unbondingUnits: 30 },
      { name: 'StakeChanged', kind: KIND.node, entity: 1, ownUnits: c.ownUnits, delegatedUnits: 120 },
    ]);
  });

  it('takes the units of this era first: what was there before goes on earning', () => {
    const s = delegated(KIND.node, 100, 50);
    mustPass(s, 'increaseDelegation', ANNA, [1, 20]);
    mustPass(s, 'undelegate', ANNA, [1, 15]);
    expect(record(s, 'delegations', 1)).toMatchObject({ units: 105, addedUnits: 5 });
    expect(record(s, 'nodeCollateral', 1)).toMatchObject({ delegatedUnits: 155, delegatedAddedUnits: 5 });
    mustPass(s, 'undelegate', ANNA, [1, 15]);
    expect(record(s, 'delegations', 1)).toMatchObject({ units: 90, addedUnits: 0, unbondingUnits: 30 });
    expect(record(s, 'nodeCollateral', 1)).toMatchObject({ delegatedUnits: 140, delegatedAddedUnits: 0 });
    expect(s.stakeTotals[F.stakeTotals.delegatedUnits]).toBe(140);
    expect(s.stakeTotals[F.stakeTotals.addedUnits]).toBe(0);
  });

  it('again > restarts the time of what is unbonding already', () => {
    const s = delegated(KIND.node, 100, 50);
    mustPass(s, 'undelegate', ANNA, [1, 30]);
    passEra(s);
    mustPass(s, 'undelegate', ANNA, [1, 1]);
    expect(record(s, 'delegations', 1)).toMatchObject({ unbondingUnits: 31, releaseEra: 9 });
  });

  it('given a target that has left > needs no time', () => {
    const s = delegated(KIND.validator, 100, 50);
    mustPass(s, 'exitValidator', VALIDATOR_OWNER, [1]);
    mustPass(s, 'undelegate', ANNA, [1, 100]);
    expect(record(s, 'delegations', 1).releaseEra).toBe(1);
    passEra(s);
    expect(walletUnits(s, ANNA)).toBe(WALLET);
  });

  it.each([
    ['delegation 0', [0, 1], [R.UnknownEntity, 0, 2]],
    ['a delegation after the last', [3, 1], [R.UnknownEntity, 3, 2]],
    ['someone else’s', [2, 1], [R.NotOwner, ANNA, BELA]],
    ['nothing', [1, 0], [R.AmountTooSmall, 0, 1]],
    ['everything', [1, 100], [0]],
    ['a unit more than there is', [1, 101], [R.InsufficientStake, 100, 101]],
  ])('given %s > answers as listed', (_, args, answer) => {
    const s = delegated(KIND.node, 100, 50);
    const before = snapshot(s);
    expect(send(s, 'undelegate', ANNA, args)).toEqual(answer);
    if (answer[0] !== 0) expect(snapshot(s)).toEqual(before);
  });
});

describe('setAutoStake', () => {
  it.each([
    ['delegation 0', [0, 1], [R.UnknownEntity, 0, 2]],
    ['someone else’s', [2, 1], [R.NotOwner, ANNA, BELA]],
    ['1', [1, 1], [0]],
    ['0', [1, 0], [0]],
    ['2', [1, 2], [R.ValueOutOfRange, 2, 1]],
  ])('given %s > answers as listed', (_, args, answer) => {
    const s = delegated(KIND.node, 100, 50);
    expect(send(s, 'setAutoStake', ANNA, args)).toEqual(answer);
    if (answer[0] === 0) expect(record(s, 'delegations', 1).autoStake).toBe(args[1]);
    expect(s.eventCount).toBe(0);
  });
});

describe('slashOwnStake and slashDelegations', () => {
  const OWN = 1_000 * TOKEN;

  /** Validator 1 with own stake OWN, and ANNA 600, BELA 300 tokens; of ANNA’s 200 are unbonding. */
  function slashWorld(bps: number): State {
    const s = delegated(KIND.validator, 600 * TOKEN, 300 * TOKEN);
    mustPass(s, 'undelegate', ANNA, [1, 200 * TOKEN]);
    addSlash(s, KIND.validator, 1, bps);
    return s;
  }

  it('takes the same share of own stake, delegations and what is unbonding, into the treasury', () => {
    const s = slashWorld(1_000);
    settleUpTo(s, 'slashOwnStake');
    mustPass(s, 'slashOwnStake', KEEPER, [0, 1]);
    mustPass(s, 'slashDelegations', KEEPER, [0, 2]);
    expect(ownUnits(s, KIND.validator, 1)).toBe(900 * TOKEN);
    expect(record(s, 'delegations', 1)).toMatchObject({ units: 360 * TOKEN, unbondingUnits: 180 * TOKEN });
    expect(record(s, 'delegations', 2)).toMatchObject({ units: 270 * TOKEN, unbondingUnits: 0 });
    const c = record(s, 'validatorCollateral', 1);
    expect(c).toMatchObject({ delegatedUnits: 630 * TOKEN, unbondingUnits: 180 * TOKEN, slashPendingUnits: 0 });
    expect(c).toMatchObject({ slashUnits: 0, slashWeight: 0, runningUnits: 0 });
    const slash = (units: number): object => ({ to: ACCOUNT.treasury, units, reason: MOVE.slash });
    expect(eventsSince(s)).toMatchObject([
      { name: 'Moved', from: ACCOUNT.stakeVault, ...slash(100 * TOKEN) },
      { name: 'Slashed', kind: KIND.validator, entity: 1, units: 190 * TOKEN },
      { name: 'StakeChanged', ownUnits: 900 * TOKEN, delegatedUnits: 700 * TOKEN },
      { name: 'Moved', from: ACCOUNT.delegationVault, ...slash(60 * TOKEN) },
      { name: 'DelegationChanged', delegation: 1, units: 360 * TOKEN, unbondingUnits: 180 * TOKEN },
      { name: 'StakeChanged', ownUnits: 900 * TOKEN, delegatedUnits: 660 * TOKEN },
      { name: 'Moved', from: ACCOUNT.delegationVault, ...slash(30 * TOKEN) },
      { name: 'DelegationChanged', delegation: 2, units: 270 * TOKEN, unbondingUnits: 0 },
      { name: 'StakeChanged', ownUnits: 900 * TOKEN, delegatedUnits: 630 * TOKEN },
    ]);
    expect(s.eventCount).toBe(9);
  });

  it('given a slash of everything, twice > takes what is there and no more', () => {
    const s = slashWorld(10_000);
    addSlash(s, KIND.validator, 1, 10_000);
    settleUpTo(s, 'slashOwnStake');
    mustPass(s, 'slashOwnStake', KEEPER, [0, 1]);
    mustPass(s, 'slashDelegations', KEEPER, [0, 2]);
    expect(walletUnits(s, ACCOUNT.stakeVault) - ownUnits(s, KIND.node, 1)).toBe(0);
    expect(vaultUnits(s)).toBe(0);
    expect(eventsSince(s)[1]).toMatchObject({ name: 'Slashed', units: OWN + 900 * TOKEN });
    expect(record(s, 'validatorCollateral', 1)).toMatchObject({ ownUnits: 0, delegatedUnits: 0, unbondingUnits: 0 });
  });

  it('given a slash that no longer finds anything > records it and takes nothing', () => {
    const s = slashWorld(10_000);
    settleUpTo(s, 'slashOwnStake');
    s.validatorCollateral.fill(0, STRIDE.validatorCollateral);
    s.validatorCollateral[STRIDE.validatorCollateral + F.validatorCollateral.slashPendingUnits] = 5;
    mustPass(s, 'slashOwnStake', KEEPER, [0, 1]);
    expect(eventsSince(s)).toMatchObject([
      { name: 'Slashed', units: 0 },
      { name: 'StakeChanged', ownUnits: 0 },
    ]);
    mustPass(s, 'slashDelegations', KEEPER, [0, 2]);
    expect(s.eventCount).toBe(2);
  });

  it('given own stake only > leaves nothing to the delegations', () => {
    const s = world();
    addSlash(s, KIND.validator, 1, 500);
    settleUpTo(s, 'slashOwnStake');
    mustPass(s, 'slashOwnStake', KEEPER, [0, 1]);
    expect(record(s, 'validatorCollateral', 1)).toMatchObject({ ownUnits: 950 * TOKEN, slashUnits: 0, slashWeight: 0 });
  });

  it('given units of this era > takes them first', () => {
    const s = slashWorld(1_000);
    mustPass(s, 'increaseDelegation', BELA, [2, 10 * TOKEN]);
    mustPass(s, 'topUpValidator', VALIDATOR_OWNER, [1, 1_000 * TOKEN]);
    settleUpTo(s, 'slashOwnStake');
    mustPass(s, 'slashOwnStake', KEEPER, [0, 1]);
    mustPass(s, 'slashDelegations', KEEPER, [0, 2]);
    const { addedUnits, units } = record(s, 'delegations', 2);
    expect([units < 310 * TOKEN, addedUnits]).toEqual([true, 0]);
    const c = record(s, 'validatorCollateral', 1);
    expect(2_000 * TOKEN - c.ownUnits).toBe(1_000 * TOKEN - c.ownAddedUnits);
  });

  it('given delegations to others > they are not touched (INV-10)', () => {
    const s = slashWorld(1_000);
    mustPass(s, 'delegate', BELA, [KIND.node, 1, 40, 0]);
    settleUpTo(s, 'payStakers');
    expect(record(s, 'delegations', 3).units).toBe(40);
    expect(ownUnits(s, KIND.node, 1)).toBe(500 * TOKEN);
  });
});

describe('payStakers', () => {
  it('shares the pool by what was delegated for the whole era, whoever the target', () => {
    const s = world();
    mustPass(s, 'delegate', ANNA, [KIND.validator, 1, 200 * TOKEN, 0]);
    mustPass(s, 'delegate', BELA, [KIND.node, 1, 100 * TOKEN, 1]);
    passEra(s);
    mustPass(s, 'increaseDelegation', BELA, [2, 900 * TOKEN]);
    settleUpTo(s, 'payStakers');
    mustPass(s, 'payStakers', KEEPER, [0, 2]);
    const pool = 1_800 * TOKEN;
    expect(eventsSince(s)).toMatchObject([
      { name: 'Moved', from: ACCOUNT.community, to: ANNA, units: (pool / 3) * 2, reason: MOVE.stakerReward },
      { name: 'RewardPaid', kind: KIND.delegation, entity: 1, account: ANNA, units: (pool / 3) * 2 },
      { name: 'Moved', from: ACCOUNT.community, to: ACCOUNT.delegationVault, units: pool / 3 },
      { name: 'DelegationChanged', delegation: 2, units: 1_000 * TOKEN + pool / 3 },
      { name: 'StakeChanged', kind: KIND.node, entity: 1, delegatedUnits: 1_000 * TOKEN + pool / 3 },
      { name: 'RewardPaid', entity: 2, account: BELA, units: pool / 3, reason: MOVE.stakerReward },
    ]);
    // The added share does not count in the era that it was paid for.
    expect(record(s, 'delegations', 2)).toMatchObject({ addedUnits: 900 * TOKEN + pool / 3, addedEra: 1 });
    expect(Array.from(s.stakeTotals.slice(F.stakeTotals.runningUnits, F.stakeTotals.poolWeight + 1))).toEqual([
      0, 0, 0,
    ]);
  });

  it.each([
    ['no delegation at all', 0],
    ['only delegations of this era', 1],
  ])('given %s > the foundation gets the pool, once', (_, delegations) => {
    const s = world();
    if (delegations > 0) mustPass(s, 'delegate', ANNA, [KIND.validator, 1, MIN, 0]);
    settleUpTo(s, 'payStakers');
    mustPass(s, 'payStakers', KEEPER, [0, delegations]);
    expect(eventsSince(s)).toEqual([
      {
        name: 'Moved',
        from: ACCOUNT.community,
        to: ACCOUNT.foundation,
        units: 1_800 * TOKEN,
        reason: MOVE.stakerReward,
      },
    ]);
  });

  it('given an empty pool > pays nobody', () => {
    const s = delegated(KIND.node, 100, 50, { 'econ.emission_rest_bps.stakers': 0, 'powr.pool_share_bps': 6_900 });
    settleUpTo(s, 'payStakers');
    mustPass(s, 'payStakers', KEEPER, [0, 2]);
    expect(s.eventCount).toBe(0);
  });
});

describe('payDelegators', () => {
  it('given a node whose whole reward is shared > pays by stake held for the whole era', () => {
    // Own stake 500 tokens, ANNA 250, BELA 250: half, a quarter and a quarter of 12 000 tokens.
    const s = delegated(KIND.node, 250 * TOKEN, 250 * TOKEN);
    mustPass(s, 'increaseDelegation', ANNA, [1, 1_000 * TOKEN]);
    doWork(s, 1, 10);
    settleUpTo(s, 'payDelegators');
    const annaBefore = walletUnits(s, ANNA);
    const belaBefore = record(s, 'delegations', 2).units;
    mustPass(s, 'payDelegators', KEEPER, [0, 2]);
    expect(walletUnits(s, ANNA) - annaBefore).toBe(3_000 * TOKEN);
    expect(record(s, 'delegations', 2).units - belaBefore).toBe(3_000 * TOKEN);
    expect(record(s, 'nodeCollateral', 1)).toMatchObject({ rewardUnits: 0, rewardWeight: 0, runningUnits: 0 });
    expect(eventsSince(s)).toMatchObject([
      { name: 'Moved', from: ACCOUNT.delegationVault, to: ANNA, units: 3_000 * TOKEN, reason: MOVE.delegatorReward },
      { name: 'RewardPaid', kind: KIND.delegation, entity: 1, account: ANNA, units: 3_000 * TOKEN },
      { name: 'DelegationChanged', delegation: 2 },
      { name: 'StakeChanged', kind: KIND.node, entity: 1 },
      { name: 'RewardPaid', kind: KIND.delegation, entity: 2, account: BELA, units: 3_000 * TOKEN },
    ]);
  });

  it('given a validator > keeps its commission and shares the rest', () => {
    // Pot 4 000 tokens, commission 10 %: 3 600 shared by 1 000 own, 500 and 500.
    const s = delegated(KIND.validator, 500 * TOKEN, 500 * TOKEN);
    doTask(s, 1, FP);
    settleUpTo(s, 'payValidators');
    const ownerBefore = walletUnits(s, VALIDATOR_OWNER);
    const annaBefore = walletUnits(s, ANNA);
    settle(s);
    expect(walletUnits(s, VALIDATOR_OWNER) - ownerBefore).toBe(400 * TOKEN + 1_800 * TOKEN);
    expect(walletUnits(s, ANNA) - annaBefore).toBe(900 * TOKEN);
  });

  it('given a target that left after its reward > pays it once and never again (INV-42)', () => {
    const s = delegated(KIND.validator, 500 * TOKEN, 500 * TOKEN);
    doTask(s, 1, FP);
    passEra(s);
    mustPass(s, 'exitValidator', VALIDATOR_OWNER, [1]);
    finishEra(s);
    s.eventCount = 0;
    settle(s);
    expect(eventsSince(s).filter((e) => e.reason === MOVE.delegatorReward)).toEqual([]);
  });
});

describe('releaseDelegations', () => {
  it('given 7 eras of unbonding > pays at the settlement of the seventh era after, not before', () => {
    const s = delegated(KIND.node, 100, 50);
    mustPass(s, 'setAutoStake', BELA, [2, 0]);
    mustPass(s, 'undelegate', ANNA, [1, 100]);
    const released = (): number => eventsSince(s).filter((e) => e.reason === MOVE.release).length;
    for (let era = 1; era < 8; era++) passEra(s);
    expect([released(), vaultUnits(s)]).toEqual([0, 150]);
    finishEra(s);
    s.eventCount = 0;
    settle(s);
    expect(eventsSince(s).filter((e) => e.reason === MOVE.release)).toEqual([
      { name: 'Moved', from: ACCOUNT.delegationVault, to: ANNA, units: 100, reason: MOVE.release },
    ]);
    expect(record(s, 'delegations', 1)).toMatchObject({ units: 0, unbondingUnits: 0 });
    expect(record(s, 'nodeCollateral', 1).unbondingUnits).toBe(0);
  });

  it('given 0 eras of unbonding > pays at this era’s settlement', () => {
    const s = delegated(KIND.node, 100, 50, { 'deleg.unbond_eras': 0 });
    mustPass(s, 'undelegate', ANNA, [1, 40]);
    settleUpTo(s, 'releaseDelegations');
    mustPass(s, 'releaseDelegations', KEEPER, [0, 2]);
    expect(eventsSince(s)).toMatchObject([
      { name: 'Moved', to: ANNA, units: 40, reason: MOVE.release },
      { name: 'DelegationChanged', delegation: 1, units: 60, unbondingUnits: 0 },
    ]);
  });

  it('given a slash meanwhile > pays what is left (INV-12)', () => {
    const s = delegated(KIND.validator, 600 * TOKEN, 300 * TOKEN, { 'deleg.unbond_eras': 0 });
    mustPass(s, 'undelegate', ANNA, [1, 600 * TOKEN]);
    addSlash(s, KIND.validator, 1, 5_000);
    settleUpTo(s, 'slashOwnStake');
    settle(s);
    expect(eventsSince(s).find((e) => e.reason === MOVE.release)).toMatchObject({ to: ANNA, units: 300 * TOKEN });
  });
});

describe('actions between the steps of a settlement', () => {
  it('given delegations that would grow between the two slash passes > refuses until the era is settled', () => {
    const s = delegated(KIND.validator, 600 * TOKEN, 300 * TOKEN);
    addSlash(s, KIND.validator, 1, 1_000);
    settleUpTo(s, 'slashDelegations');
    const before = snapshot(s);
    expect(send(s, 'increaseDelegation', ANNA, [1, 5_000 * TOKEN])).toEqual([R.EraNotSettled, 1, 2]);
    expect(send(s, 'transferTokens', ANNA, [BELA, 1])).toEqual([R.EraNotSettled, 1, 2]);
    expect(snapshot(s)).toEqual(before);
    settle(s);
    expect(send(s, 'increaseDelegation', ANNA, [1, 5_000 * TOKEN])).toEqual([0]);
  });

  it('given a chunk of a step > refuses the keeper too, but for the settlement itself', () => {
    const s = delegated(KIND.node, 250 * TOKEN, 250 * TOKEN);
    settleUpTo(s, 'payDelegators');
    mustPass(s, 'payDelegators', KEEPER, [0, 1]);
    expect(send(s, 'undelegate', ANNA, [1, 1])).toEqual([R.EraNotSettled, 1, 2]);
    expect(send(s, 'loseHeartbeat', KEEPER, [1])).toEqual([R.EraNotSettled, 1, 2]);
    expect(send(s, 'undelegate', KEEPER, [1, 1])).toEqual([R.UnknownAccount, KEEPER, 0]);
    mustPass(s, 'payDelegators', KEEPER, [1, 2]);
  });
});
