import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { eligibleUnits } from './delegation.ts';
import {
  addValidator,
  agent,
  copyState,
  createEraWorld,
  doTask,
  doWork,
  eventsSince,
  finishEra,
  openNextSlot,
  type PlainEvent,
  record,
  send,
  settle,
  snapshot,
  wholeSteps,
} from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, NODE_STATE, STRIDE } from './layout.ts';
import { burnNft, holderOf } from './nft.ts';
import { addSlash, ownUnits, releaseStake } from './stake.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const AGENTS = 8;
const NODES = 2;
const VALIDATORS = 2;
const WALLET = 5_000;

/** Two nodes, two validators, eight agents; small numbers, so that rounding matters, and short unbonding. */
function createWorld(): State {
  const s = createEraWorld({
    agents: AGENTS,
    nodes: NODES,
    validators: VALIDATORS,
    walletUnits: WALLET * 1_000_000,
    capacity: 64,
    params: {
      'node.stake_min': 0.001,
      'val.stake_min': 0.001,
      'deleg.min': 0,
      'deleg.unbond_eras': 2,
      'deleg.pool_share_bps': 9_001,
      'val.commission_bps': 1_234,
    },
  });
  s.eventCount = 0;
  return s;
}

const unitsArb = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 3_000_000_000 }));
const agentArb = fc.integer({ min: 0, max: AGENTS }).map(agent);
const targetArb = fc.record({
  kind: fc.constantFrom(KIND.node, KIND.validator, KIND.model),
  id: fc.integer({ min: 0, max: 3 }),
});
const delegationArb = fc.integer({ min: 0, max: 12 });

type Command =
  | {
      readonly do: 'delegate';
      readonly who: number;
      readonly target: { kind: number; id: number };
      readonly units: number;
      readonly auto: number;
    }
  | {
      readonly do: 'increase' | 'undelegate';
      readonly who: number;
      readonly delegation: number;
      readonly units: number;
      readonly isOwner: boolean;
    }
  | { readonly do: 'autoStake'; readonly delegation: number; readonly auto: number }
  | { readonly do: 'slash'; readonly validator: number; readonly bps: number }
  | { readonly do: 'topUp'; readonly validator: number; readonly units: number }
  | { readonly do: 'leave'; readonly target: { kind: number; id: number } }
  | { readonly do: 'join' }
  | { readonly do: 'work'; readonly entity: number; readonly amount: number }
  | { readonly do: 'endEra'; readonly cuts: readonly number[] };

const commandArb: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('delegate' as const),
      who: agentArb,
      target: targetArb,
      units: unitsArb,
      auto: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('increase' as const, 'undelegate' as const),
      who: agentArb,
      delegation: delegationArb,
      units: unitsArb,
      isOwner: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('autoStake' as const),
      delegation: delegationArb,
      auto: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('slash' as const),
      validator: fc.integer({ min: 1, max: VALIDATORS }),
      bps: fc.constantFrom(1, 777, 5_000, 10_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('topUp' as const),
      validator: fc.integer({ min: 1, max: 3 }),
      units: unitsArb,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), target: targetArb }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('work' as const),
      entity: fc.integer({ min: 1, max: 2 }),
      amount: fc.integer({ min: 1, max: 1_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('endEra' as const),
      cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
    }),
  },
);

function ownerOfDelegation(s: State, delegation: number): number {
  return s.delegations[delegation * STRIDE.delegations + F.delegations.delegator]!;
}

function ownerOfValidator(s: State, validator: number): number {
  return s.validators[validator * STRIDE.validators + F.validators.owner]!;
}

/** Runs a command that is not the end of an era. A refused action must leave everything as it was. */
function run(s: State, command: Exclude<Command, { do: 'endEra' }>): void {
  const before = snapshot(s);
  const eventsBefore = s.eventCount;
  const answer = attempt(s, command);
  if (answer[0] !== 0) {
    expect(snapshot(s)).toEqual(before);
    expect(s.eventCount).toBe(eventsBefore);
  }
}

function attempt(s: State, command: Exclude<Command, { do: 'endEra' }>): readonly number[] {
  switch (command.do) {
    case 'delegate':
      return send(s, 'delegate', command.who, [command.target.kind, command.target.id, command.units, command.auto]);
    case 'increase':
    case 'undelegate': {
      const actor = command.isOwner ? ownerOfDelegation(s, command.delegation) : command.who;
      const name = command.do === 'increase' ? 'increaseDelegation' : 'undelegate';
      return send(s, name, actor, [command.delegation, command.units]);
    }
    case 'autoStake':
      return send(s, 'setAutoStake', ownerOfDelegation(s, command.delegation), [command.delegation, command.auto]);
    case 'slash':
      addSlash(s, KIND.validator, command.validator, command.bps);
      return [0];
    case 'topUp':
      return send(s, 'topUpValidator', ownerOfValidator(s, command.validator), [command.validator, command.units]);
    case 'leave':
      return leave(s, command.target.kind, command.target.id);
    case 'join':
      if (s.validatorTotals[F.validatorTotals.validatorCount]! < 3 && walletUnits(s, agent(4)) > 1_000)
        addValidator(s, agent(4));
      return [0];
    case 'work':
      doWork(s, command.entity, command.amount);
      doTask(s, command.entity, (command.amount * FP) / 1_000);
      return [0];
  }
}

function leave(s: State, kind: number, id: number): readonly number[] {
  if (kind === KIND.validator) return send(s, 'exitValidator', ownerOfValidator(s, id), [id]);
  if (kind === KIND.node && holderOf(s, kind, id) !== 0) {
    const at = id * STRIDE.nodes;
    s.nodes[at + F.nodes.state] = NODE_STATE.removed;
    s.nodeTotals[F.nodeTotals.onlineCount]! -= 1;
    releaseStake(s, kind, id, s.nodes[at + F.nodes.owner]!, ownUnits(s, kind, id));
    burnNft(s, kind, id);
  }
  return [0];
}

function delegationIds(s: State): number[] {
  return Array.from({ length: s.stakeTotals[F.stakeTotals.delegationCount]! }, (_, i) => i + 1);
}

function targets(s: State): (readonly [kind: number, id: number])[] {
  const validators = s.validatorTotals[F.validatorTotals.validatorCount]!;
  const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  return [
    ...ids(NODES).map((id) => [KIND.node, id] as const),
    ...ids(validators).map((id) => [KIND.validator, id] as const),
  ];
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** What must hold at every moment (E). */
function expectBooksToBalance(s: State): void {
  const era = s.clockTotals[F.clockTotals.era]!;
  const ids = delegationIds(s);
  const all = ids.map((id) => record(s, 'delegations', id));
  const added = (d: { readonly addedEra: number; readonly addedUnits: number }): number =>
    d.addedEra === era ? d.addedUnits : 0;

  // INV-1, INV-2, INV-4: the accounts hold the supply, none is negative.
  const wallets = Array.from(s.wallets);
  expect(wallets.every((units) => Number.isSafeInteger(units) && units >= 0)).toBe(true);
  expect(sumOf(wallets, (units) => units)).toBe(s.tokenTotals[F.tokenTotals.supplyUnits]);

  // INV-6, INV-9: the vaults hold what entities and delegators have, and a target’s sums are those of its delegations.
  let ownSum = 0;
  for (const [kind, id] of targets(s)) {
    const c = record(s, kind === KIND.node ? 'nodeCollateral' : 'validatorCollateral', id);
    const mine = all.filter((d) => d.targetKind === kind && d.target === id);
    ownSum += c.ownUnits;
    expect(c.delegatedUnits).toBe(sumOf(mine, (d) => d.units));
    expect(c.unbondingUnits).toBe(sumOf(mine, (d) => d.unbondingUnits));
    expect(c.addedEra === era ? c.delegatedAddedUnits : 0).toBe(sumOf(mine, added));
    if (c.addedEra === era) expect(c.ownAddedUnits).toBeLessThanOrEqual(c.ownUnits);
    expect([c.rewardUnits, c.rewardWeight, c.runningUnits, c.slashUnits, c.slashWeight]).toEqual([0, 0, 0, 0, 0]);
  }
  expect(walletUnits(s, ACCOUNT.stakeVault)).toBe(ownSum);
  expect(walletUnits(s, ACCOUNT.delegationVault)).toBe(sumOf(all, (d) => d.units + d.unbondingUnits));
  const t = F.stakeTotals;
  expect(s.stakeTotals[t.delegatedUnits]).toBe(sumOf(all, (d) => d.units));
  expect(s.stakeTotals[t.addedEra] === era ? s.stakeTotals[t.addedUnits] : 0).toBe(sumOf(all, added));
  expect([s.stakeTotals[t.runningUnits], s.stakeTotals[t.poolUnits], s.stakeTotals[t.poolWeight]]).toEqual([0, 0, 0]);
  for (const d of all) expect(added(d)).toBeLessThanOrEqual(d.units);
}

function movedFor(events: readonly PlainEvent[], reason: number): PlainEvent[] {
  return events.filter((event) => event.name === 'Moved' && event.reason === reason);
}

function unitsOf(event: PlainEvent): number {
  return event.units as number;
}

/** Settles step by step and holds each against what it must pay, computed here in big integers. */
function expectFairSettlement(s: State): void {
  const era = s.clockTotals[F.clockTotals.era]!;
  const ids = delegationIds(s);

  settle(s, wholeSteps, 'slashOwnStake');
  const pending = sumOf(targets(s), ([kind, id]) =>
    kind === KIND.validator ? record(s, 'validatorCollateral', id).slashPendingUnits : 0,
  );
  const heldBefore = ids.map((id) => record(s, 'delegations', id));
  let start = s.eventCount;
  settle(s, wholeSteps, 'payStakers');
  let events = eventsSince(s, start);
  // INV-7, INV-8: what the slashes took is what they say, and no more than was asked for.
  const slashed = sumOf(
    events.filter((e) => e.name === 'Slashed'),
    unitsOf,
  );
  expect(sumOf(movedFor(events, MOVE.slash), unitsOf)).toBe(slashed);
  expect(slashed).toBeLessThanOrEqual(pending);

  // Stakers: the pool to the last unit, each within one unit of the exact proportion, none for units of this era.
  const eligible = ids.map((id) => eligibleUnits(s, id));
  const weight = sumOf(eligible, (units) => units);
  const pool = s.emissionTotals[F.emissionTotals.stakerUnits]!;
  start = s.eventCount;
  settle(s, wholeSteps, 'scoreNodes');
  events = eventsSince(s, start);
  expect(sumOf(movedFor(events, MOVE.stakerReward), unitsOf)).toBe(pool);
  const paid = new Map(events.filter((e) => e.name === 'RewardPaid').map((e) => [e.entity as number, unitsOf(e)]));
  if (weight === 0) expect(movedFor(events, MOVE.stakerReward).map((e) => e.to)).toEqual([ACCOUNT.foundation]);
  for (const [i, id] of ids.entries()) {
    if (weight > 0) expectShare(paid.get(id) ?? 0, pool, eligible[i]!, weight);
  }

  // Delegators: of each target’s pool its whole part, within one unit of the proportion among its delegations.
  settle(s, wholeSteps, 'payDelegators');
  const pools = new Map(
    targets(s).map(([kind, id]) => [
      `${kind}/${id}`,
      record(s, kind === KIND.node ? 'nodeCollateral' : 'validatorCollateral', id),
    ]),
  );
  start = s.eventCount;
  settle(s, wholeSteps, 'updateTrust');
  events = eventsSince(s, start).filter((e) => e.name === 'RewardPaid');
  const rewards = new Map(events.map((e) => [e.entity as number, unitsOf(e)]));
  const paidByTarget = new Map<string, number>();
  ids.forEach((id, i) => {
    const d = heldBefore[i]!;
    const key = `${d.targetKind}/${d.target}`;
    const c = pools.get(key)!;
    const reward = rewards.get(id) ?? 0;
    if (eligible[i] === 0 || c.rewardWeight === 0) expect(reward).toBe(0);
    else expectShare(reward, c.rewardUnits, eligible[i]!, c.rewardWeight);
    paidByTarget.set(key, (paidByTarget.get(key) ?? 0) + reward);
  });
  for (const [key, c] of pools) {
    const ownPart =
      c.rewardWeight === 0 ? 0 : Number((BigInt(c.rewardUnits) * BigInt(c.runningUnits)) / BigInt(c.rewardWeight));
    expect(paidByTarget.get(key) ?? 0).toBe(c.rewardUnits - ownPart);
  }

  // INV-12: what is released had its time.
  const unbonding = ids.map((id) => record(s, 'delegations', id));
  start = s.eventCount;
  settle(s);
  const released = movedFor(eventsSince(s, start), MOVE.release);
  const due = unbonding.filter((d) => d.unbondingUnits > 0 && d.releaseEra <= era);
  expect(released.map((e) => [e.to, unitsOf(e)])).toEqual(due.map((d) => [d.delegator, d.unbondingUnits]));
}

function expectShare(shareUnits: number, total: number, weight: number, sum: number): void {
  const floor = Number((BigInt(total) * BigInt(weight)) / BigInt(sum));
  expect(shareUnits).toBeGreaterThanOrEqual(floor - (weight === 0 ? 0 : 1));
  expect(shareUnits).toBeLessThanOrEqual(weight === 0 ? 0 : floor + 1);
}

describe('stake and delegation', () => {
  it('given any actions over some eras > books balance, settlements are fair, and chunks of any size give the same state and events', () => {
    fc.assert(
      fc.property(fc.array(commandArb, { minLength: 5, maxLength: 40 }), (commands) => {
        const s = createWorld();
        for (const command of commands) {
          if (command.do === 'endEra') {
            finishEra(s);
            const whole = copyState(s);
            const checked = copyState(s);
            s.eventCount = 0;
            let turn = 0;
            settle(s, (from, count) => Math.min(count, from + command.cuts[turn++ % command.cuts.length]!));
            settle(whole);
            expect(snapshot(s)).toEqual(snapshot(whole));
            expect(eventsSince(s)).toEqual(eventsSince(whole));
            expectFairSettlement(checked);
            expect(snapshot(checked)).toEqual(snapshot(whole));
            openNextSlot(s);
          } else {
            run(s, command);
          }
          expectBooksToBalance(s);
        }
      }),
      { numRuns: 150, seed: 20_260_101 },
    );
  });
});
