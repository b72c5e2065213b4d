import { describe, expect, it } from 'vitest';
import { agent, createEraWorld, eventsSince, openNextSlot, passEra, record } from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, FIELDS, KIND, STRIDE } from './layout.ts';
import {
  addSlash,
  collateralUnits,
  eligibleDelegatedUnits,
  eligibleOwnUnits,
  lockStake,
  ownUnits,
  penaliseStake,
  releaseStake,
  shareReward,
  slashPendingUnits,
} from './stake.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const C = F.nodeCollateral;
const NODE = 1;

/** Node 1 of agent 0, without stake; era 0. */
function world(): State {
  return createEraWorld({ agents: 3, nodes: 1, walletUnits: 1_000, params: { 'node.stake_min': 0, 'deleg.min': 0 } });
}

/** Node 1 with own stake and delegations; `addedOwn` and `addedDelegated` of them came in this era. */
function staked(own: number, delegated: number, addedOwn = 0, addedDelegated = 0): State {
  const s = world();
  const at = NODE * STRIDE.nodeCollateral;
  s.nodeCollateral[at + C.ownUnits] = own;
  s.nodeCollateral[at + C.delegatedUnits] = delegated;
  s.nodeCollateral[at + C.ownAddedUnits] = addedOwn;
  s.nodeCollateral[at + C.delegatedAddedUnits] = addedDelegated;
  s.wallets[ACCOUNT.stakeVault] = own;
  s.wallets[ACCOUNT.delegationVault] = delegated;
  s.wallets[ACCOUNT.treasury] = 0;
  s.eventCount = 0;
  return s;
}

describe('collateral records', () => {
  it('of nodes and validators have the same fields, so that one code serves both', () => {
    expect(FIELDS.validatorCollateral).toEqual(FIELDS.nodeCollateral);
  });
});

describe('lockStake', () => {
  it('moves the units into the stake vault and tells the new stake', () => {
    const s = world();
    lockStake(s, KIND.node, NODE, agent(0), 400);
    lockStake(s, KIND.node, NODE, agent(1), 1);
    expect([ownUnits(s, KIND.node, NODE), walletUnits(s, agent(0)), walletUnits(s, ACCOUNT.stakeVault)]).toEqual([
      401, 600, 401,
    ]);
    expect(eventsSince(s).slice(0, 2)).toEqual([
      { name: 'Moved', from: agent(0), to: ACCOUNT.stakeVault, units: 400, reason: MOVE.stake },
      { name: 'StakeChanged', kind: KIND.node, entity: NODE, ownUnits: 400, delegatedUnits: 0 },
    ]);
  });

  it('given a model > keeps its stake apart', () => {
    const s = world();
    lockStake(s, KIND.model, NODE, agent(0), 10);
    expect([ownUnits(s, KIND.model, NODE), ownUnits(s, KIND.node, NODE), ownUnits(s, KIND.validator, NODE)]).toEqual([
      10, 0, 0,
    ]);
    expect(eventsSince(s).at(-1)).toEqual({
      name: 'StakeChanged',
      kind: KIND.model,
      entity: NODE,
      ownUnits: 10,
      delegatedUnits: 0,
    });
  });

  it('given a stake of this era > counts it as collateral at once and for rewards from the next era on', () => {
    const s = world();
    lockStake(s, KIND.node, NODE, agent(0), 400);
    expect([collateralUnits(s, KIND.node, NODE), eligibleOwnUnits(s, KIND.node, NODE)]).toEqual([400, 0]);
    openNextSlot(s);
    lockStake(s, KIND.node, NODE, agent(0), 100);
    expect([collateralUnits(s, KIND.node, NODE), eligibleOwnUnits(s, KIND.node, NODE)]).toEqual([500, 0]);
    passEra(s);
    expect(eligibleOwnUnits(s, KIND.node, NODE)).toBe(500);
    lockStake(s, KIND.node, NODE, agent(0), 100);
    expect([ownUnits(s, KIND.node, NODE), eligibleOwnUnits(s, KIND.node, NODE)]).toEqual([600, 500]);
  });

  it('given more than the wallet holds > is a bug of the caller', () => {
    const s = world();
    expect(() => lockStake(s, KIND.node, NODE, agent(0), 1_001)).toThrow('cannot move 1001');
  });
});

describe('releaseStake', () => {
  it('pays units of the stake out, those of this era first', () => {
    const s = staked(500, 0, 100);
    releaseStake(s, KIND.node, NODE, agent(2), 60);
    expect([ownUnits(s, KIND.node, NODE), eligibleOwnUnits(s, KIND.node, NODE), walletUnits(s, agent(2))]).toEqual([
      440, 400, 1_060,
    ]);
    releaseStake(s, KIND.node, NODE, agent(2), 60);
    expect([ownUnits(s, KIND.node, NODE), eligibleOwnUnits(s, KIND.node, NODE)]).toEqual([380, 380]);
    expect(eventsSince(s).slice(-2)).toEqual([
      { name: 'Moved', from: ACCOUNT.stakeVault, to: agent(2), units: 60, reason: MOVE.unstake },
      { name: 'StakeChanged', kind: KIND.node, entity: NODE, ownUnits: 380, delegatedUnits: 0 },
    ]);
  });

  it('given the whole stake > leaves 0, and given a unit more > is a bug of the caller', () => {
    expect(() => releaseStake(staked(500, 0), KIND.node, NODE, agent(0), 501)).toThrow(
      'has 500 units of stake, not 501',
    );
    const s = staked(500, 0);
    releaseStake(s, KIND.node, NODE, agent(0), 500);
    expect(ownUnits(s, KIND.node, NODE)).toBe(0);
  });
});

describe('penaliseStake', () => {
  it.each([
    // units asked, own stake, taken
    [99, 100, 99],
    [100, 100, 100],
    [101, 100, 100],
    [5, 0, 0],
    [0, 100, 0],
  ])('given %i of a stake of %i > takes %i', (units, own, taken) => {
    const s = staked(own, 50);
    expect(penaliseStake(s, KIND.node, NODE, units, ACCOUNT.treasury)).toBe(taken);
    expect([ownUnits(s, KIND.node, NODE), walletUnits(s, ACCOUNT.treasury)]).toEqual([own - taken, taken]);
    expect(eventsSince(s)).toEqual(
      taken === 0
        ? []
        : [
            { name: 'Moved', from: ACCOUNT.stakeVault, to: ACCOUNT.treasury, units: taken, reason: MOVE.penalty },
            { name: 'Slashed', kind: KIND.node, entity: NODE, units: taken },
            { name: 'StakeChanged', kind: KIND.node, entity: NODE, ownUnits: own - taken, delegatedUnits: 50 },
          ],
    );
  });

  it('given a model > takes of the model’s stake', () => {
    const s = world();
    lockStake(s, KIND.model, 1, agent(0), 10);
    expect(penaliseStake(s, KIND.model, 1, 4, ACCOUNT.treasury)).toBe(4);
    expect(ownUnits(s, KIND.model, 1)).toBe(6);
  });
});

describe('addSlash', () => {
  it('notes a share of own stake, delegations and what is unbonding, rounding down, and adds up', () => {
    const s = staked(100, 50);
    s.nodeCollateral[NODE * STRIDE.nodeCollateral + C.unbondingUnits] = 49;
    addSlash(s, KIND.node, NODE, 500); // 199 · 5 % = 9.95
    expect(slashPendingUnits(s, KIND.node, NODE)).toBe(9);
    addSlash(s, KIND.node, NODE, 10_000);
    expect(slashPendingUnits(s, KIND.node, NODE)).toBe(208);
    expect(ownUnits(s, KIND.node, NODE)).toBe(100);
  });

  it('given a model > fails: models have no delegations to share a slash with', () => {
    expect(() => addSlash(world(), KIND.model, 1, 1)).toThrow('Only nodes, validators and providers');
  });
});

describe('shareReward', () => {
  const pay = (s: State, rewardUnits: number, poolUnits: number): void =>
    shareReward(s, KIND.node, NODE, agent(0), rewardUnits, poolUnits, ACCOUNT.community, MOVE.powrReward);

  it.each([
    // own, delegated, addedOwn, addedDelegated, reward, pool -> owner, set aside
    ['own stake and delegations alike', 100, 100, 0, 0, 90, 90, 45, 45],
    ['a part that is not shared', 100, 100, 0, 0, 90, 60, 60, 30],
    ['an odd unit: own stake is first in the running sum and rounds down', 100, 100, 0, 0, 91, 91, 45, 46],
    ['no delegations', 100, 0, 0, 0, 90, 90, 90, 0],
    ['only delegations of this era', 100, 50, 0, 50, 90, 90, 90, 0],
    ['some delegations of this era', 100, 150, 0, 50, 90, 90, 45, 45],
    ['own stake of this era', 150, 100, 50, 0, 90, 90, 45, 45],
    ['no own stake', 0, 100, 0, 0, 90, 90, 0, 90],
    ['no own stake but a part that is not shared', 0, 100, 0, 0, 90, 80, 10, 80],
    ['nothing shared', 100, 100, 0, 0, 90, 0, 90, 0],
    ['no reward', 100, 100, 0, 0, 0, 0, 0, 0],
  ])('given %s > splits the reward', (_, own, delegated, addedOwn, addedDelegated, reward, pool, owner, aside) => {
    const s = staked(own, delegated, addedOwn, addedDelegated);
    pay(s, reward, pool);
    expect([walletUnits(s, agent(0)) - 1_000, walletUnits(s, ACCOUNT.delegationVault) - delegated]).toEqual([
      owner,
      aside,
    ]);
    const c = record(s, 'nodeCollateral', NODE);
    const eligible = [own - addedOwn, delegated - addedDelegated] as const;
    expect([c.rewardUnits, c.rewardWeight, c.runningUnits]).toEqual(
      aside > 0 ? [pool, eligible[0] + eligible[1], eligible[0]] : [0, 0, 0],
    );
    expect(eventsSince(s)).toEqual([
      ...(owner > 0
        ? [{ name: 'Moved', from: ACCOUNT.community, to: agent(0), units: owner, reason: MOVE.powrReward }]
        : []),
      ...(aside > 0
        ? [
            {
              name: 'Moved',
              from: ACCOUNT.community,
              to: ACCOUNT.delegationVault,
              units: aside,
              reason: MOVE.powrReward,
            },
          ]
        : []),
      ...(owner > 0
        ? [
            {
              name: 'RewardPaid',
              kind: KIND.node,
              entity: NODE,
              account: agent(0),
              units: owner,
              reason: MOVE.powrReward,
            },
          ]
        : []),
    ]);
  });

  it('given the next reward > forgets the one before, also if there is nothing to pay', () => {
    const s = staked(100, 100);
    pay(s, 90, 90);
    pay(s, 0, 0);
    const c = record(s, 'nodeCollateral', NODE);
    expect([c.rewardUnits, c.rewardWeight, c.runningUnits]).toEqual([0, 0, 0]);
  });

  it('given a pool larger than the reward > fails', () => {
    expect(() => pay(staked(100, 100), 90, 91)).toThrow('larger than the reward');
  });

  it('counts delegations of earlier eras in full', () => {
    const s = staked(100, 150, 0, 50);
    expect(eligibleDelegatedUnits(s, KIND.node, NODE)).toBe(100);
    s.clockTotals[F.clockTotals.era] = 1;
    expect(eligibleDelegatedUnits(s, KIND.node, NODE)).toBe(150);
  });
});
