import { describe, expect, it } from 'vitest';
import { BPS, FP } from '../base/fixedPoint.ts';
import { delegate, payDelegators, undelegate } from './delegation.ts';
import { MOVE } from './events.ts';
import { alphaOf, ewma } from './ewma.ts';
import { ACCOUNT, F, KIND, STEP, STRIDE, VALIDATOR_STATE } from './layout.ts';
import { holderOf } from './nft.ts';
import { R } from './rejections.ts';
import { addSlash, penaliseStake } from './stake.ts';
import { getParam, type State } from './state.ts';
import {
  accept,
  addValidator,
  createWorld,
  enterNextEra,
  enterSettlement,
  eventsOf,
  fixWeights,
  forgetEvents,
  NO_LIST,
  readCollateral,
  readTotals,
  readValidator,
  setParam,
  setReputation,
  snapshot,
  WALLET_UNITS,
} from './taskWorld.ts';
import { moveUnits, openAccount, walletUnits } from './token.ts';
import {
  disengage,
  engage,
  exitValidator,
  issueKey,
  payValidators,
  recordResult,
  registerValidator,
  rotateKey,
  subscribe,
  topUpValidator,
  updateReputations,
} from './validators.ts';

const keeper = ACCOUNT.keeper;
const STAKE = 1_000_000_000; // 1 000 tokens
const HALF = FP / 2;

/** Code and values of a refusal, and that it changed nothing. */
function refusal(s: State, act: () => number): [code: number, have: number, need: number] {
  const before = snapshot(s);
  const code = act();
  expect(snapshot(s)).toBe(before);
  return [code, s.rejectHave, s.rejectNeed];
}

function createRegistered(s: State): { owner: number; validator: number } {
  const owner = openAccount(s, WALLET_UNITS);
  accept(registerValidator(s, owner, [], NO_LIST));
  return { owner, validator: readTotals(s).validatorCount };
}

function ownerOf(s: State, validator: number): number {
  return readValidator(s, validator).owner;
}

function setState(s: State, validator: number, state: number): void {
  s.validators[validator * STRIDE.validators + F.validators.state] = state;
}

describe('registerValidator', () => {
  it('given exactly the stake in the wallet > locks it, mints the NFT and starts at the initial reputation', () => {
    const s = createWorld();
    const owner = openAccount(s, STAKE);
    forgetEvents(s);
    expect(registerValidator(s, owner, [], NO_LIST)).toBe(0);
    expect(readValidator(s, 1)).toMatchObject({
      owner,
      state: VALIDATOR_STATE.registered,
      reputationFp: HALF,
      keyId: 0,
      keyVersion: 0,
      engagedCount: 0,
    });
    expect(walletUnits(s, owner)).toBe(0);
    expect(readCollateral(s, 1).ownUnits).toBe(STAKE);
    expect(holderOf(s, KIND.validator, 1)).toBe(owner);
    expect(readTotals(s)).toMatchObject({ validatorCount: 1, activeCount: 0 });
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.validator, 1, owner, 0, VALIDATOR_STATE.registered],
      ['Moved', owner, ACCOUNT.stakeVault, STAKE, MOVE.stake],
      ['StakeChanged', KIND.validator, 1, STAKE, 0],
    ]);
  });

  it('given one unit less > InsufficientBalance', () => {
    const s = createWorld();
    const owner = openAccount(s, STAKE - 1);
    expect(refusal(s, () => registerValidator(s, owner, [], NO_LIST))).toEqual([
      R.InsufficientBalance,
      STAKE - 1,
      STAKE,
    ]);
  });

  it('given a second registration of the same account > is an entity of its own', () => {
    const s = createWorld();
    const { owner } = createRegistered(s);
    accept(registerValidator(s, owner, [], NO_LIST));
    expect(readTotals(s).validatorCount).toBe(2);
    expect(readCollateral(s, 2).ownUnits).toBe(STAKE);
  });
});

describe('issueKey', () => {
  it('given a registered validator > is Keyed with the first version of its key', () => {
    const s = createWorld();
    const { validator } = createRegistered(s);
    forgetEvents(s);
    expect(issueKey(s, keeper, [validator, 31], NO_LIST)).toBe(0);
    expect(readValidator(s, validator)).toMatchObject({ state: VALIDATOR_STATE.keyed, keyId: 31, keyVersion: 1 });
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.validator, validator, keeper, VALIDATOR_STATE.registered, VALIDATOR_STATE.keyed],
    ]);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const s = createWorld();
    const { validator } = createRegistered(s);
    expect(refusal(s, () => issueKey(s, keeper, [0, 0], NO_LIST))).toEqual([R.UnknownEntity, 0, 1]);
    expect(refusal(s, () => issueKey(s, keeper, [2, 0], NO_LIST))).toEqual([R.UnknownEntity, 2, 1]);
    expect(refusal(s, () => issueKey(s, keeper, [validator, 0], NO_LIST))).toEqual([R.ValueOutOfRange, 0, 0]);
    accept(issueKey(s, keeper, [validator, 1], NO_LIST));
    expect(refusal(s, () => issueKey(s, keeper, [validator, 0], NO_LIST))).toEqual([
      R.WrongState,
      VALIDATOR_STATE.keyed,
      0,
    ]);
  });
});

describe('subscribe', () => {
  it('given a keyed validator > is Active and counted', () => {
    const s = createWorld();
    const { owner, validator } = createRegistered(s);
    accept(issueKey(s, keeper, [validator, 9], NO_LIST));
    expect(subscribe(s, owner, [validator], NO_LIST)).toBe(0);
    expect(readValidator(s, validator).state).toBe(VALIDATOR_STATE.active);
    expect(readTotals(s).activeCount).toBe(1);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const s = createWorld();
    const { owner, validator } = createRegistered(s);
    expect(refusal(s, () => subscribe(s, owner, [7], NO_LIST))).toEqual([R.UnknownEntity, 7, 1]);
    expect(refusal(s, () => subscribe(s, owner + 1, [validator], NO_LIST))).toEqual([R.NotOwner, owner + 1, owner]);
    expect(refusal(s, () => subscribe(s, owner, [validator], NO_LIST))).toEqual([
      R.WrongState,
      VALIDATOR_STATE.registered,
      0,
    ]);
  });
});

describe('rotateKey', () => {
  it.each([['keyed'], ['active'], ['suspended']] as const)(
    'given a validator that is %s > changes the key and leaves reputation and state alone',
    (name) => {
      const s = createWorld();
      const validator = addValidator(s);
      setState(s, validator, VALIDATOR_STATE[name]);
      engage(s, validator);
      const before = readValidator(s, validator);
      expect(rotateKey(s, before.owner, [validator, 99], NO_LIST)).toBe(0);
      expect(readValidator(s, validator)).toEqual({ ...before, keyId: 99, keyVersion: 2 });
    },
  );

  it('given what it cannot take > refuses from left to right', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const { owner, keyId } = readValidator(s, validator);
    expect(refusal(s, () => rotateKey(s, owner, [2, 0], NO_LIST))).toEqual([R.UnknownEntity, 2, 1]);
    expect(refusal(s, () => rotateKey(s, keeper, [validator, 0], NO_LIST))).toEqual([R.NotOwner, keeper, owner]);
    expect(refusal(s, () => rotateKey(s, owner, [validator, 0], NO_LIST))).toEqual([R.ValueOutOfRange, 0, 0]);
    expect(refusal(s, () => rotateKey(s, owner, [validator, keyId], NO_LIST))).toEqual([R.AlreadySet, keyId, 0]);
    for (const state of [VALIDATOR_STATE.registered, VALIDATOR_STATE.exited]) {
      setState(s, validator, state);
      expect(refusal(s, () => rotateKey(s, owner, [validator, 0], NO_LIST))).toEqual([R.WrongState, state, 0]);
    }
  });
});

describe('topUpValidator', () => {
  function createSuspended(shortUnits: number): { s: State; validator: number; owner: number } {
    const s = createWorld();
    const validator = addValidator(s);
    penaliseStake(s, KIND.validator, validator, shortUnits, ACCOUNT.treasury);
    fixWeights(s);
    forgetEvents(s);
    return { s, validator, owner: ownerOf(s, validator) };
  }

  it('given a suspended validator that reaches the minimum > is Active again', () => {
    const { s, validator, owner } = createSuspended(10);
    expect(readValidator(s, validator).state).toBe(VALIDATOR_STATE.suspended);
    expect(topUpValidator(s, owner, [validator, 10], NO_LIST)).toBe(0);
    expect(readValidator(s, validator).state).toBe(VALIDATOR_STATE.active);
    expect(readTotals(s).activeCount).toBe(1);
    expect(eventsOf(s)).toEqual([
      ['Moved', owner, ACCOUNT.stakeVault, 10, MOVE.stake],
      ['StakeChanged', KIND.validator, validator, STAKE, 0],
      ['Transition', KIND.validator, validator, owner, VALIDATOR_STATE.suspended, VALIDATOR_STATE.active],
    ]);
  });

  it('given one unit too little > stays Suspended', () => {
    const { s, validator, owner } = createSuspended(10);
    expect(topUpValidator(s, owner, [validator, 9], NO_LIST)).toBe(0);
    expect(readValidator(s, validator).state).toBe(VALIDATOR_STATE.suspended);
    expect(readTotals(s).activeCount).toBe(0);
  });

  it('given a keyed validator > stays Keyed', () => {
    const s = createWorld();
    const { owner, validator } = createRegistered(s);
    accept(issueKey(s, keeper, [validator, 5], NO_LIST));
    expect(topUpValidator(s, owner, [validator, 1], NO_LIST)).toBe(0);
    expect(readValidator(s, validator).state).toBe(VALIDATOR_STATE.keyed);
  });

  it('given what it cannot take > refuses from left to right', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const owner = ownerOf(s, validator);
    const balance = walletUnits(s, owner);
    expect(refusal(s, () => topUpValidator(s, owner, [0, 0], NO_LIST))).toEqual([R.UnknownEntity, 0, 1]);
    expect(refusal(s, () => topUpValidator(s, owner + 1, [1, 0], NO_LIST))).toEqual([R.NotOwner, owner + 1, owner]);
    expect(refusal(s, () => topUpValidator(s, owner, [1, 0], NO_LIST))).toEqual([R.AmountTooSmall, 0, 1]);
    expect(refusal(s, () => topUpValidator(s, owner, [1, balance + 1], NO_LIST))).toEqual([
      R.InsufficientBalance,
      balance,
      balance + 1,
    ]);
    expect(topUpValidator(s, owner, [1, balance], NO_LIST)).toBe(0);
    setState(s, validator, VALIDATOR_STATE.exited);
    expect(refusal(s, () => topUpValidator(s, owner, [1, 0], NO_LIST))).toEqual([
      R.WrongState,
      VALIDATOR_STATE.exited,
      0,
    ]);
  });
});

describe('exitValidator', () => {
  it('given an idle active validator > returns the stake, burns the NFT, and keeps the reputation on record', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const owner = ownerOf(s, validator);
    forgetEvents(s);
    expect(exitValidator(s, owner, [validator], NO_LIST)).toBe(0);
    expect(readValidator(s, validator)).toMatchObject({ state: VALIDATOR_STATE.exited, reputationFp: HALF });
    expect(readTotals(s).activeCount).toBe(0);
    expect(walletUnits(s, owner)).toBe(WALLET_UNITS);
    expect(holderOf(s, KIND.validator, validator)).toBe(0);
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.validator, validator, owner, VALIDATOR_STATE.active, VALIDATOR_STATE.exited],
      ['Moved', ACCOUNT.stakeVault, owner, STAKE, MOVE.unstake],
      ['StakeChanged', KIND.validator, validator, 0, 0],
    ]);
  });

  it('given a task in hand > ValidatorEngaged until it is settled (INV-26)', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const owner = ownerOf(s, validator);
    engage(s, validator);
    expect(refusal(s, () => exitValidator(s, owner, [validator], NO_LIST))).toEqual([R.ValidatorEngaged, 1, 0]);
    disengage(s, validator);
    expect(exitValidator(s, owner, [validator], NO_LIST)).toBe(0);
  });

  it('given a slash that waits for the era’s end > TaskPending with its units', () => {
    const s = createWorld();
    const validator = addValidator(s);
    addSlash(s, KIND.validator, validator, 500);
    expect(refusal(s, () => exitValidator(s, ownerOf(s, validator), [validator], NO_LIST))).toEqual([
      R.TaskPending,
      STAKE / 20,
      0,
    ]);
  });

  it('given a delegator > who undelegates afterwards is released at this era’s settlement (OP-20)', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const delegator = openAccount(s, STAKE);
    accept(delegate(s, delegator, [KIND.validator, validator, STAKE, 0], NO_LIST));
    accept(exitValidator(s, ownerOf(s, validator), [validator], NO_LIST));
    accept(undelegate(s, delegator, [1, STAKE], NO_LIST));
    expect(s.delegations[STRIDE.delegations + F.delegations.releaseEra]).toBe(0);
  });

  it.each([
    ['registered', R.WrongState],
    ['keyed', 0],
    ['active', 0],
    ['suspended', 0],
    ['exited', R.WrongState],
  ] as const)('given a validator that is %s > code %i', (name, code) => {
    const s = createWorld();
    const validator = addValidator(s);
    setState(s, validator, VALIDATOR_STATE[name]);
    if (name !== 'active') s.validatorTotals[F.validatorTotals.activeCount] = 0;
    expect(exitValidator(s, ownerOf(s, validator), [validator], NO_LIST)).toBe(code);
    expect(readTotals(s).activeCount).toBe(0);
  });

  it('given somebody else or nobody > NotOwner, UnknownEntity', () => {
    const s = createWorld();
    const validator = addValidator(s);
    const owner = ownerOf(s, validator);
    expect(refusal(s, () => exitValidator(s, owner + 1, [validator], NO_LIST))).toEqual([R.NotOwner, owner + 1, owner]);
    expect(refusal(s, () => exitValidator(s, owner, [2], NO_LIST))).toEqual([R.UnknownEntity, 2, 1]);
  });
});

describe('payValidators', () => {
  /** Three validators with weights 1, 2 and 1 of the era's results, a pot of 30 and 70 from the emission. */
  function createPayday(): State {
    const s = createWorld();
    for (const weight of [1, 2, 1]) recordResult(s, addValidator(s), FP, weight * HALF);
    moveUnits(s, ACCOUNT.foundation, ACCOUNT.validatorPot, 30, MOVE.callValidators);
    s.emissionTotals[F.emissionTotals.validatorUnits] = 70;
    // Stake and delegations count from the era after the one in which they came.
    s.clockTotals[F.clockTotals.settledEraCount] = 1;
    enterSettlement(s, STEP.payValidators);
    forgetEvents(s);
    return s;
  }

  function pay(s: State, ...chunks: readonly (readonly [number, number])[]): void {
    for (const [from, to] of chunks) expect(payValidators(s, keeper, [from, to], NO_LIST)).toBe(0);
  }

  it('given a pot of 100 and weights 1, 2, 1 > pays 25, 50, 25 (F-36)', () => {
    const s = createPayday();
    const before = [1, 2, 3].map((v) => walletUnits(s, ownerOf(s, v)));
    pay(s, [0, 3]);
    expect([1, 2, 3].map((v, i) => walletUnits(s, ownerOf(s, v)) - before[i]!)).toEqual([25, 50, 25]);
    expect(walletUnits(s, ACCOUNT.validatorPot)).toBe(0);
    expect(readTotals(s)).toMatchObject({ potUnits: 0, runningFp: 0, payWeightFp: 2 * FP });
    const owner = ownerOf(s, 1);
    expect(eventsOf(s).slice(0, 3)).toEqual([
      ['Moved', ACCOUNT.community, ACCOUNT.validatorPot, 70, MOVE.validatorReward],
      ['Moved', ACCOUNT.validatorPot, owner, 25, MOVE.validatorReward],
      ['RewardPaid', KIND.validator, 1, owner, 25, MOVE.validatorReward],
    ]);
  });

  it('given any chunks > leaves the same state and events', () => {
    const whole = createPayday();
    pay(whole, [0, 3]);
    const parts = createPayday();
    pay(parts, [0, 1], [1, 2], [2, 3]);
    expect(snapshot(parts)).toBe(snapshot(whole));
    expect(eventsOf(parts)).toEqual(eventsOf(whole));
  });

  it('given nobody with pay weight > the treasury gets the pot (F-36 sink)', () => {
    const s = createPayday();
    s.validatorTotals[F.validatorTotals.payWeightFp] = 0;
    for (let v = 1; v <= 3; v++) s.validators[v * STRIDE.validators + F.validators.eraPayWeightFp] = 0;
    pay(s, [0, 3]);
    expect(walletUnits(s, ACCOUNT.treasury)).toBe(100);
    expect(walletUnits(s, ACCOUNT.validatorPot)).toBe(0);
    expect(eventsOf(s).map(([name]) => name)).toEqual(['Moved', 'Moved']);
  });

  it('given no validators at all > the treasury gets the pot', () => {
    const s = createWorld();
    moveUnits(s, ACCOUNT.foundation, ACCOUNT.validatorPot, 30, MOVE.callValidators);
    enterSettlement(s, STEP.payValidators);
    pay(s, [0, 0]);
    expect(walletUnits(s, ACCOUNT.treasury)).toBe(30);
  });

  it('given a delegator with three times the stake > gets its part of what is left after the commission (F-9)', () => {
    const s = createPayday();
    const delegator = openAccount(s, 3 * STAKE);
    s.clockTotals[F.clockTotals.era] = 0;
    accept(delegate(s, delegator, [KIND.validator, 2, 3 * STAKE, 0], NO_LIST));
    enterSettlement(s, STEP.payValidators);
    const owner = ownerOf(s, 2);
    const before = walletUnits(s, owner);
    pay(s, [0, 3]);
    // 50, of which 10 % commission; 45 shared 1 : 3 by running sums: own ⌊45/4⌋ = 11, the rest 34.
    expect(walletUnits(s, owner) - before).toBe(5 + 11);
    expect(readCollateral(s, 2)).toMatchObject({ rewardUnits: 45, rewardWeight: 4 * STAKE, runningUnits: STAKE });
    s.clockTotals[F.clockTotals.stepsDone] = STEP.payDelegators - 1;
    accept(payDelegators(s, keeper, [0, 1], NO_LIST));
    expect(walletUnits(s, delegator)).toBe(34);
  });

  it('given a validator that has exited > its owner gets its pay whole, its delegators nothing', () => {
    const s = createPayday();
    const delegator = openAccount(s, STAKE);
    s.clockTotals[F.clockTotals.era] = 0;
    accept(delegate(s, delegator, [KIND.validator, 2, STAKE, 0], NO_LIST));
    enterSettlement(s, STEP.payValidators);
    const owner = ownerOf(s, 2);
    accept(exitValidator(s, owner, [2], NO_LIST));
    const before = walletUnits(s, owner);
    pay(s, [0, 3]);
    expect(walletUnits(s, owner) - before).toBe(50);
    expect(readCollateral(s, 2)).toMatchObject({ rewardUnits: 0, rewardWeight: 0 });
  });

  it('given weights that do not divide the pot > the rewards sum to it', () => {
    const s = createPayday();
    s.validators[STRIDE.validators + F.validators.eraPayWeightFp]! += 7;
    s.validatorTotals[F.validatorTotals.payWeightFp]! += 7;
    const before = [1, 2, 3].map((v) => walletUnits(s, ownerOf(s, v)));
    pay(s, [0, 2], [2, 3]);
    const paid = [1, 2, 3].map((v, i) => walletUnits(s, ownerOf(s, v)) - before[i]!);
    expect(paid.reduce((a, b) => a + b, 0)).toBe(100);
    expect(walletUnits(s, ACCOUNT.validatorPot)).toBe(0);
  });

  it('given another step’s turn > the clock’s refusal', () => {
    const s = createPayday();
    enterSettlement(s, STEP.payCreators);
    expect(refusal(s, () => payValidators(s, keeper, [0, 3], NO_LIST))).toEqual([
      R.StepOutOfOrder,
      STEP.payValidators,
      STEP.payCreators,
    ]);
  });
});

describe('recordResult', () => {
  it('given two results > adds scores, tasks and pay weights, also of the network', () => {
    const s = createWorld();
    const validator = addValidator(s);
    recordResult(s, validator, FP, HALF);
    recordResult(s, validator, 0, 0);
    expect(readValidator(s, validator)).toMatchObject({ eraScoreFp: FP, eraTaskCount: 2, eraPayWeightFp: HALF });
    expect(readTotals(s).payWeightFp).toBe(HALF);
  });

  it('given sums beyond 2^53 > asserts instead of losing exactness', () => {
    const s = createWorld();
    const validator = addValidator(s);
    s.validatorTotals[F.validatorTotals.payWeightFp] = 2 ** 53 - 1;
    expect(() => recordResult(s, validator, FP, 1)).toThrow(/2\^53/);
  });
});

describe('disengage', () => {
  it('given no task in hand > asserts', () => {
    const s = createWorld();
    expect(() => disengage(s, addValidator(s))).toThrow(/no task in hand/);
  });
});

describe('updateReputations', () => {
  const floor = FP / 20; // 5 %

  function update(s: State, ...chunks: readonly (readonly [number, number])[]): void {
    enterSettlement(s, STEP.updateReputations);
    forgetEvents(s);
    for (const [from, to] of chunks) expect(updateReputations(s, keeper, [from, to], NO_LIST)).toBe(0);
  }

  it('given the mean of the era’s scores > moves there by the half-life and forgets the era (F-6)', () => {
    const s = createWorld();
    const validator = addValidator(s);
    recordResult(s, validator, FP, HALF);
    recordResult(s, validator, FP, HALF);
    recordResult(s, validator, 0, 0);
    update(s, [0, 1]);
    // Mean ⌊2/3⌋ of FP, half-life 7 eras.
    const reputationFp = ewma(HALF, 666_666_666, alphaOf(7));
    expect(reputationFp).toBe(HALF + Math.floor((166_666_666 * 94_276_336) / FP));
    expect(readValidator(s, validator)).toMatchObject({
      reputationFp,
      eraScoreFp: 0,
      eraTaskCount: 0,
      eraPayWeightFp: 0,
    });
    expect(readTotals(s).payWeightFp).toBe(0);
    expect(eventsOf(s)).toEqual([['ReputationUpdated', validator, reputationFp]]);
  });

  it('given no task in the era > leaves the reputation alone, without an event', () => {
    const s = createWorld();
    const validator = addValidator(s);
    update(s, [0, 1]);
    expect(readValidator(s, validator).reputationFp).toBe(HALF);
    expect(eventsOf(s)).toEqual([]);
  });

  it('given active and other validators > cumulates reputation + floor of the active ones (OP-16)', () => {
    const s = createWorld();
    for (let i = 0; i < 4; i++) addValidator(s);
    setReputation(s, 1, FP);
    setReputation(s, 2, 0);
    accept(exitValidator(s, ownerOf(s, 3), [3], NO_LIST));
    createRegistered(s);
    update(s, [0, 5]);
    const weights = [1, 2, 3, 4, 5].map((v) => s.committeeWeights[v]);
    expect(weights).toEqual([FP + floor, FP + 2 * floor, FP + 2 * floor, FP + HALF + 3 * floor, FP + HALF + 3 * floor]);
    expect(readTotals(s)).toMatchObject({
      committeeCount: 5,
      committeeWeightFp: FP + HALF + 3 * floor,
      activeCount: 3,
      runningFp: 0,
    });
  });

  it('given a stake below the minimum > suspends, and the validator has no weight', () => {
    const s = createWorld();
    addValidator(s);
    addValidator(s);
    penaliseStake(s, KIND.validator, 1, 1, ACCOUNT.treasury);
    update(s, [0, 2]);
    expect(readValidator(s, 1).state).toBe(VALIDATOR_STATE.suspended);
    expect(readValidator(s, 2).state).toBe(VALIDATOR_STATE.active);
    expect(readTotals(s)).toMatchObject({ activeCount: 1, committeeWeightFp: HALF + floor });
    expect(s.committeeWeights[1]).toBe(0);
    expect(eventsOf(s)).toEqual([
      ['Transition', KIND.validator, 1, keeper, VALIDATOR_STATE.active, VALIDATOR_STATE.suspended],
    ]);
  });

  it('given no floor and reputations of 0 > the weights are 0, and nobody can be drawn', () => {
    const s = createWorld();
    setParam(s, 'val.select_floor_bps', 0);
    setReputation(s, addValidator(s), 0);
    update(s, [0, 1]);
    expect(readTotals(s).committeeWeightFp).toBe(0);
  });

  it('given any chunks > leaves the same state and events', () => {
    const create = (): State => {
      const s = createWorld();
      for (let v = 1; v <= 4; v++) recordResult(s, addValidator(s), v * 100, v * 100);
      penaliseStake(s, KIND.validator, 2, 1, ACCOUNT.treasury);
      return s;
    };
    const whole = create();
    update(whole, [0, 4]);
    const parts = create();
    update(parts, [0, 1], [1, 3], [3, 4]);
    expect(snapshot(parts)).toBe(snapshot(whole));
    expect(eventsOf(parts)).toEqual(eventsOf(whole));
  });

  it('given a second era > starts from its own weights, not from the last sum', () => {
    const s = createWorld();
    addValidator(s);
    update(s, [0, 1]);
    enterNextEra(s);
    update(s, [0, 1]);
    expect(readTotals(s).committeeWeightFp).toBe(HALF + floor);
  });

  it('given the default parameters > the numbers above are theirs', () => {
    const s = createWorld();
    expect(getParam(s, 'val.stake_min')).toBe(STAKE);
    expect(getParam(s, 'val.select_floor_bps')).toBe((floor * BPS) / FP);
    expect(getParam(s, 'trust.half_life_eras')).toBe(7);
  });
});
