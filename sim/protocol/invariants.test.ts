import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { createStreams, nextInt } from '../base/stream.ts';
import { applyAction } from './apply.ts';
import { createTracker, findViolations, INVARIANTS, NOT_IN_STATE, type Tracker } from './invariants.ts';
import {
  ACCOUNT,
  F,
  FIELDS,
  HOST_STATE,
  HOSTS_PER_MODEL,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  STEP,
  STRIDE,
  TASK_KIND,
  TASK_STATE,
  type TableName,
  VALIDATOR_STATE,
} from './layout.ts';
import { P } from './params.ts';
import { createWalk } from './randomWalk.ts';
import type { State } from './state.ts';
import { stakeOfTier, tierCollateralUnits } from './tierRequirements.ts';
import { isReachable, isState, isTransition } from './transitions.ts';

/** Walks are tried in turn; the first of them that becomes busy within so many eras is taken. */
const FIRST_WALK = 96;
const WALKS = 40;
const MOST_ERAS = 40;

/** A ledger with everything in it: some actions into a walk that has live models, open tasks and unbonding delegations. */
function createBusyLedger(): { s: State; tracker: Tracker } {
  for (let walk = FIRST_WALK; walk < FIRST_WALK + WALKS; walk++) {
    const streams = createStreams(1, () => `walk/${walk}`);
    const { s, steps } = createWalk((n) => nextInt(streams, 0, n), 60);
    for (let next = steps.next(); next.done !== true; next = steps.next()) {
      s.nowS = next.value.nowS;
      applyAction(s, next.value.action);
      const eras = s.clockTotals[F.clockTotals.settledEraCount]!;
      if (eras > MOST_ERAS) break;
      if (eras < 8 || !isBusy(s)) continue;
      const tracker = createTracker();
      findViolations(s, tracker);
      return { s, tracker };
    }
  }
  throw new Error(`None of ${WALKS} walks became busy`);
}

function isBusy(s: State): boolean {
  return (
    s.clockTotals[F.clockTotals.stepsDone] === 0 &&
    s.clockTotals[F.clockTotals.cursor] === 0 &&
    s.callTotals[F.callTotals.lockedUnits]! > 0 &&
    s.tokenTotals[F.tokenTotals.burntUnits]! > 0 &&
    find(s, 'models', (at) => s.models[at + F.models.state] === MODEL_STATE.live) > 0 &&
    find(s, 'hosts', (at) => s.hosts[at + F.hosts.state] === HOST_STATE.up) > 0 &&
    find(s, 'tasks', (at) => isOpenNodeOrModelTask(s, at)) > 0 &&
    find(s, 'tasks', (at) => s.tasks[at + F.tasks.state] === TASK_STATE.assigned) > 0 &&
    find(s, 'delegations', (at) => s.delegations[at + F.delegations.unbondingUnits]! > 0) > 0 &&
    find(s, 'providers', (at) => isMiddling(s, at)) > 0 &&
    find(s, 'nodeProviders', (at) => s.nodeProviders[at]! > 0) > 0 &&
    find(s, 'nodes', (at) => s.nodes[at + F.nodes.state] === NODE_STATE.online) > 0 &&
    find(s, 'providers', (at) => hasFoundation(s, at)) > 0 &&
    s.nodeTotals[F.nodeTotals.freedCount]! > 0
  );
}

/** An Active provider with room above and below its tier, ample collateral and counters at 0. */
function isMiddling(s: State, at: number): boolean {
  const provider = at / STRIDE.providers;
  const tier = s.providers[at + F.providers.tier]!;
  return (
    s.providers[at + F.providers.state] === PROVIDER_STATE.active &&
    tier >= 3 &&
    tier <= 5 &&
    s.providers[at + F.providers.promoEraCount] === 0 &&
    s.providers[at + F.providers.demoEraCount] === 0 &&
    tierCollateralUnits(s, provider) > stakeOfTier(s, 2)
  );
}

function hasFoundation(s: State, at: number): boolean {
  const delegation = s.providers[at + F.providers.foundationDelegation]!;
  return delegation > 0 && s.delegations[delegation * STRIDE.delegations + F.delegations.units]! > 0;
}

function isOpenNodeOrModelTask(s: State, at: number): boolean {
  const kind = s.tasks[at + F.tasks.kind]!;
  const isOpen = s.tasks[at + F.tasks.state] === TASK_STATE.assigned;
  return isOpen && kind !== TASK_KIND.output;
}

/** First record of a table that fits, 0 if none does. */
function find(s: State, table: TableName, fits: (at: number) => boolean): number {
  for (let i = 1; (i + 1) * STRIDE[table] <= s[table].length; i++) {
    if (fits(i * STRIDE[table]) && s[table].subarray(i * STRIDE[table], (i + 1) * STRIDE[table]).some((x) => x !== 0)) {
      return i;
    }
  }
  return 0;
}

const { s, tracker } = createBusyLedger();
const original = new Map((Object.keys(FIELDS) as TableName[]).map((name) => [name, s[name].slice()]));
const nowS = s.nowS;

function restore(): void {
  for (const [name, values] of original) s[name].set(values);
  s.nowS = nowS;
}

function set(table: TableName, record: number, field: number, value: number): void {
  s[table][record * STRIDE[table] + field] = value;
}

function add(table: TableName, record: number, field: number, difference: number): void {
  s[table][record * STRIDE[table] + field]! += difference;
}

/** Adds to a wallet what it takes from another, so that the sum of all stays. */
function shift(from: number, to: number, units: number): void {
  s.wallets[from]! -= units;
  s.wallets[to]! += units;
}

const firstOf = {
  live: () => find(s, 'models', (at) => s.models[at + F.models.state] === MODEL_STATE.live),
  online: () => find(s, 'nodes', (at) => s.nodes[at + F.nodes.state] === NODE_STATE.online),
  gone: () => find(s, 'nodes', (at) => s.nodes[at + F.nodes.state]! > NODE_STATE.exiting),
  active: () => find(s, 'validators', (at) => s.validators[at + F.validators.state] === VALIDATOR_STATE.active),
  up: () => find(s, 'hosts', (at) => s.hosts[at + F.hosts.state] === HOST_STATE.up),
  pendingTask: () => find(s, 'tasks', (at) => isOpenNodeOrModelTask(s, at)),
  settledTask: () => find(s, 'tasks', (at) => s.tasks[at + F.tasks.state] === TASK_STATE.settled),
  unbonding: () => find(s, 'delegations', (at) => s.delegations[at + F.delegations.unbondingUnits]! > 0),
};

const pendingTask = firstOf.pendingTask();
const pendingStart = s.tasks[pendingTask * STRIDE.tasks + F.tasks.memberStart]!;

type Break = readonly [id: string, what: string, write: () => void, message: RegExp];

function middling(): number {
  return find(s, 'providers', (at) => isMiddling(s, at));
}

/** Changes a provider's tier as if tiers had just been settled. @returns the provider */
function moveTier(difference: number): number {
  const provider = middling();
  set('clockTotals', 0, F.clockTotals.stepsDone, STEP.updateTiers);
  add('providers', provider, F.providers.tier, difference);
  return provider;
}

/** As if providers had just been assessed, and none had earned anything. */
function startAssessing(): void {
  set('clockTotals', 0, F.clockTotals.stepsDone, STEP.assessProviders);
  for (let provider = 1; provider <= s.providerTotals[F.providerTotals.providerCount]!; provider++) {
    set('providerEra', provider, F.providerEra.hourCount, 0);
    set('providerEra', provider, F.providerEra.rawUnits, 0);
  }
}

const BREAKS: readonly Break[] = [
  [
    'INV-1',
    'a unit from nowhere',
    () => add('wallets', ACCOUNT.treasury, 0, 1),
    /^All accounts hold \d+ units; minted less burnt is \d+$/,
  ],
  [
    'INV-2',
    'a negative wallet',
    () => shift(ACCOUNT.firstAgent, ACCOUNT.treasury, 10 ** 12),
    /^wallets\[32\]\.units is -\d+/,
  ],
  [
    'INV-2',
    'half a unit',
    () => add('validatorCollateral', 1, F.validatorCollateral.ownUnits, 0.5),
    /^validatorCollateral\[1\]\.ownUnits is \d+\.5/,
  ],
  [
    'INV-2',
    'an amount of 2^53',
    () => set('emissionTotals', 0, F.emissionTotals.emittedUnits, 2 ** 53),
    /^emissionTotals\[0\]\.emittedUnits is 9007199254740992/,
  ],
  [
    'INV-4',
    'a supply above the maximum',
    () => set('tokenTotals', 0, F.tokenTotals.supplyUnits, 2 ** 52),
    /more than the maximum/,
  ],
  [
    'INV-4',
    'a supply that was not burnt',
    () => add('tokenTotals', 0, F.tokenTotals.supplyUnits, -1),
    /the maximum less what was burnt is/,
  ],
  [
    'INV-5',
    'burnt units that return',
    () => add('tokenTotals', 0, F.tokenTotals.burntUnits, -1),
    /^Burnt units fell from \d+ to \d+$/,
  ],
  ['INV-5', 'a supply that rises', () => add('tokenTotals', 0, F.tokenTotals.supplyUnits, 1), /^The supply rose from/],
  [
    'INV-6',
    'stake that is not in its vault',
    () => shift(ACCOUNT.stakeVault, ACCOUNT.treasury, 1),
    /^The stake vault holds \d+ units and owes \d+$/,
  ],
  [
    'INV-6',
    'delegations that are not in their vault',
    () => shift(ACCOUNT.treasury, ACCOUNT.delegationVault, 1),
    /^The delegation vault/,
  ],
  [
    'INV-6',
    'call rights that are not in escrow',
    () => shift(ACCOUNT.callEscrow, ACCOUNT.treasury, 1),
    /^The escrow of calls/,
  ],
  ['INV-6', 'a task fee that is not in the pot', () => shift(ACCOUNT.treasury, ACCOUNT.taskPot, 1), /^The task pot/],
  [
    'INV-6',
    'tokens on nobody’s account',
    () => shift(ACCOUNT.treasury, 20, 1),
    /^Account 20 is nobody’s outside a settlement and holds 1 units$/,
  ],
  [
    'INV-7',
    'a slash beyond the collateral',
    () => set('validatorCollateral', 2, F.validatorCollateral.slashUnits, 5),
    /^The slash of validator 2 is 5 units of a collateral of 0$/,
  ],
  [
    'INV-7',
    'a negative stake',
    () => set('nodeCollateral', 1, F.nodeCollateral.ownUnits, -3),
    /^Collateral of node 1: own -3/,
  ],
  [
    'INV-7',
    'a negative delegation',
    () => set('delegations', 1, F.delegations.units, -3),
    /^Delegation 1 has -3 units/,
  ],
  [
    'INV-9',
    'a delegation that its target does not count',
    () => add('delegations', 1, F.delegations.units, 1),
    /counts \d+ delegated units; its delegations have \d+$/,
  ],
  [
    'INV-9',
    'unbonding units that their target does not count',
    () => add('delegations', firstOf.unbonding(), F.delegations.unbondingUnits, 1),
    /counts \d+ unbonding units/,
  ],
  [
    'INV-9',
    'a wrong total',
    () => add('stakeTotals', 0, F.stakeTotals.delegatedUnits, 1),
    /delegated units are counted in all/,
  ],
  [
    'INV-10',
    'a slash of a node',
    () => set('nodeCollateral', 1, F.nodeCollateral.slashPendingUnits, 7),
    /^Node 1 has a slash of 7 units/,
  ],
  [
    'INV-13',
    'a copy without a result',
    () => {
      set('members', pendingStart, F.members.verdict, 0);
      set('members', pendingStart, F.members.copied, 1);
    },
    /is marked as copied and has submitted nothing$/,
  ],
  [
    'INV-13',
    'a copy that counts twice',
    () => set('members', pendingStart, F.members.copied, 2),
    /is marked as copied 2 times$/,
  ],
  [
    'INV-13',
    'a validator twice in a group',
    () => set('members', pendingStart, F.members.validator, s.members[(pendingStart + 1) * STRIDE.members]!),
    /^Validator \d+ is both member/,
  ],
  [
    'INV-15',
    'an online node without NFT',
    () => set('nodeHolders', firstOf.online(), 0, 0),
    /^The NFT of node \d+ in state 8 does not exist$/,
  ],
  ['INV-15', 'an NFT of a node that has left', () => set('nodeHolders', firstOf.gone(), 0, 33), /is held by 33$/],
  [
    'INV-15',
    'an NFT of nothing',
    () => set('validatorHolders', s.validatorTotals[0]! + 1, 0, 33),
    /which does not exist$/,
  ],
  [
    'INV-16',
    'a slot that is used without a node',
    () => {
      add('nodeTotals', 0, F.nodeTotals.seatsUsedCount, 1);
      add('nodeTotals', 0, F.nodeTotals.seatsOpenedCount, 1);
    },
    /nodes have a node slot; \d+ are counted as used$/,
  ],
  [
    'INV-16',
    'more slots than there are',
    () => set('paramValues', P['node.slots'], 0, 0),
    /^\d+ node slots are used; there are 0$/,
  ],
  [
    'INV-16',
    'a freed slot that is lost',
    () => add('nodeTotals', 0, F.nodeTotals.freedCount, -1),
    /are not the \d+ ever opened$/,
  ],
  [
    'INV-16',
    'a freed slot that is taken',
    () => set('freedSeats', 1, 0, s.nodes[firstOf.online() * STRIDE.nodes + F.nodes.seat]!),
    /is freed, and taken or unknown$/,
  ],
  [
    'INV-17',
    'a node that has left with its slot',
    () => set('nodes', firstOf.gone(), F.nodes.seat, 1),
    /^Node \d+ in state 1[12] has node slot 1$/,
  ],
  [
    'INV-17',
    'a node without a slot',
    () => set('nodes', firstOf.online(), F.nodes.seat, 0),
    /^Node \d+ in state 8 has node slot 0$/,
  ],
  [
    'INV-21',
    'an NFT that changed hands',
    () => {
      const model = firstOf.live();
      set('modelHolders', model, 0, s.models[model * STRIDE.models + F.models.owner] === 39 ? 38 : 39);
    },
    /^Account 3[89] holds the NFT of model \d+, whose rewards go to \d+$/,
  ],
  ['INV-22', 'a state that does not exist', () => set('nodes', 1, F.nodes.state, 13), /^nodes\[1\] is in state 13/],
  [
    'INV-22',
    'a node that comes back',
    () => set('nodes', firstOf.gone(), F.nodes.state, NODE_STATE.online),
    /went from state 1[12] to 8/,
  ],
  [
    'INV-22',
    'a task that is unsettled',
    () => set('tasks', firstOf.settledTask(), F.tasks.state, TASK_STATE.assigned),
    /^tasks\[\d+\] went from state 3 to 2/,
  ],
  [
    'INV-22',
    'a candidate beside no live version',
    () => set('models', firstOf.live(), F.models.candidateState, MODEL_STATE.prodDeploying),
    /^The candidate of model/,
  ],
  [
    'INV-22',
    'a wrong number of active validators',
    () => add('validatorTotals', 0, F.validatorTotals.activeCount, 1),
    /^Active validators: \d+ are counted, \d+ are there$/,
  ],
  ['INV-22', 'a wrong number of live models', () => add('modelTotals', 0, F.modelTotals.liveCount, 1), /^Live models/],
  [
    'INV-22',
    'a wrong number of online nodes',
    () => add('nodeTotals', 0, F.nodeTotals.onlineCount, 1),
    /^Online nodes/,
  ],
  [
    'INV-23',
    'a live version that was never checked',
    () =>
      set('versions', s.models[firstOf.live() * STRIDE.models + F.models.liveVersion]!, F.versions.functionPassed, 0),
    /metadata passed 1, function passed 0$/,
  ],
  [
    'INV-23',
    'a live model without a version',
    () => set('models', firstOf.live(), F.models.liveVersion, 0),
    /serves version 0/,
  ],
  [
    'INV-24',
    'two replicas on one node',
    () => {
      const host = firstOf.up();
      const other = host % 2 === 0 ? host + 1 : host - 1;
      s.hosts.copyWithin(other * STRIDE.hosts, host * STRIDE.hosts, (host + 1) * STRIDE.hosts);
    },
    /^Node \d+ carries two replicas of model/,
  ],
  ['INV-24', 'a replica without a node', () => set('hosts', firstOf.up(), F.hosts.node, 0), /is on node 0/],
  [
    'INV-24',
    'a wrong number of replicas',
    () => add('models', firstOf.live(), F.models.hostCount, 1),
    /replicas; \d+ are placed$/,
  ],
  [
    'INV-24',
    'a replica too many',
    () => {
      const host = Math.floor(firstOf.up() / HOSTS_PER_MODEL) * HOSTS_PER_MODEL + 2;
      set('hosts', host, F.hosts.node, 99);
      set('hosts', host, F.hosts.state, HOST_STATE.up);
    },
    /has replica 2; there are to be 2$/,
  ],
  [
    'INV-25',
    'a deployment that its node does not count',
    () => add('nodes', firstOf.online(), F.nodes.loadCount, 1),
    /deployments; \d+ are placed on it$/,
  ],
  [
    'INV-25',
    'a node above its capacity',
    () => set('nodes', s.hosts[firstOf.up() * STRIDE.hosts]!, F.nodes.capacityCount, 0),
    /has capacity for 0$/,
  ],
  [
    'INV-25',
    'a deployment on a node that has left',
    () => set('nodes', s.hosts[firstOf.up() * STRIDE.hosts]!, F.nodes.state, NODE_STATE.removed),
    /^Node \d+ in state 11 carries/,
  ],
  [
    'INV-25',
    'a removed model with replicas',
    () => set('models', firstOf.live(), F.models.state, MODEL_STATE.removed),
    /^Removed model/,
  ],
  [
    'INV-25',
    'a routed request at no node',
    () => {
      set('requests', 1, F.requests.state, 2);
      set('requests', 1, F.requests.node, 0);
    },
    /^Request 1 in state 2 is at node 0$/,
  ],
  [
    'INV-26',
    'a task in hand that is forgotten',
    () => add('validators', s.members[pendingStart * STRIDE.members]!, F.validators.engagedCount, -1),
    /tasks in hand; it is in \d+ groups$/,
  ],
  [
    'INV-26',
    'an engaged validator that has left',
    () => set('validators', s.members[pendingStart * STRIDE.members]!, F.validators.state, VALIDATOR_STATE.exited),
    /has left with \d+ tasks in hand$/,
  ],
  [
    'INV-27',
    'an outcome before the settlement',
    () => set('tasks', pendingTask, F.tasks.outcome, 1),
    /in state 2 has outcome 1$/,
  ],
  [
    'INV-27',
    'a subject that waits for nothing',
    () => {
      const subject = s.tasks[pendingTask * STRIDE.tasks + F.tasks.subject]!;
      set('nodes', subject, F.nodes.pendingTask, 0);
      set('models', subject, F.models.pendingTask, 0);
    },
    /is open; its subject \d+ waits for task 0$/,
  ],
  [
    'INV-27',
    'a wrong number of open tasks',
    () => add('taskTotals', 0, F.taskTotals.openCount, 1),
    /are counted as open/,
  ],
  [
    'INV-28',
    'a verdict on the own subject',
    () => {
      const validator = s.members[pendingStart * STRIDE.members]!;
      set('tasks', pendingTask, F.tasks.owner, s.validators[validator * STRIDE.validators + F.validators.owner]!);
    },
    /on a subject of its own account/,
  ],
  [
    'INV-28',
    'a result that counts twice',
    () => add('tasks', pendingTask, F.tasks.submittedCount, 1),
    /has submittedCount \d+; its members add up to \d+$/,
  ],
  [
    'INV-28',
    'a member of another task',
    () => set('members', pendingStart, F.members.task, pendingTask === 1 ? 2 : 1),
    /and assigned to task/,
  ],
  [
    'INV-28',
    'a verdict that does not exist',
    () => set('members', 1, F.members.verdict, 3),
    /^Member 1 has verdict 3$/,
  ],
  [
    'INV-34',
    'a trust weight above 1',
    () => set('nodeTrust', 1, F.nodeTrust.trustFp, FP + 1),
    /^Trust field 0 of node 1 is 1000000001/,
  ],
  ['INV-34', 'a quality above 1', () => set('nodeTrust', 1, F.nodeTrust.qualityFp, FP + 1), /^Trust field 6/],
  [
    'INV-34',
    'a negative reputation',
    () => set('validators', 1, F.validators.reputationFp, -1),
    /^The reputation of validator 1 is -1/,
  ],
  [
    'INV-40',
    'pools that are not the emission',
    () => add('emissionTotals', 0, F.emissionTotals.powrUnits, 1),
    /^The pools of the era are/,
  ],
  [
    'INV-40',
    'a payment that is no emission',
    () => shift(ACCOUNT.community, ACCOUNT.treasury, 1),
    /^The community account holds/,
  ],
  [
    'INV-42',
    'a fee that stays locked',
    () => add('prepaid', 32, F.prepaid.lockedUnits, 1),
    /^Account 32 has \d+ units locked; its unfinished requests cost \d+$/,
  ],
  [
    'INV-42',
    'a wrong sum of locked fees',
    () => add('callTotals', 0, F.callTotals.lockedUnits, 1),
    /are counted as locked/,
  ],
  [
    'INV-42',
    'a wrong sum of call rights',
    () => add('callTotals', 0, F.callTotals.freeUnits, 1),
    /are counted as free call rights/,
  ],
  [
    'INV-42',
    'a reward that would be shared again',
    () => set('nodeCollateral', 1, F.nodeCollateral.rewardUnits, 9),
    /^9 units for the delegators of node 1 are left/,
  ],
  [
    'INV-42',
    'a pot that would be paid again',
    () => set('validatorTotals', 0, F.validatorTotals.potUnits, 9),
    /^9 units of the validators’ pot/,
  ],
  [
    'INV-42',
    'a pay weight that would be paid again',
    () => add('validators', 1, F.validators.eraPayWeightFp, 1),
    /^Validators have earned pay weight/,
  ],
  ['INV-42', 'work that would be paid again', () => add('models', 1, F.models.eraWu, 1), /^Models have served/],
  [
    'INV-43',
    'a newcomer that its target does not count',
    () => {
      set('delegations', 1, F.delegations.addedEra, s.clockTotals[0]!);
      set('delegations', 1, F.delegations.units, 10 ** 9);
      set('delegations', 1, F.delegations.addedUnits, 10 ** 9);
    },
    /delegated within the era; its delegations have \d+$/,
  ],
  [
    'INV-43',
    'more newcomers than there are',
    () => {
      set('delegations', 1, F.delegations.addedEra, s.clockTotals[0]!);
      set('delegations', 1, F.delegations.addedUnits, 10 ** 12);
    },
    /of delegation 1 came in this era/,
  ],
  [
    'INV-43',
    'own stake of this era that is not there',
    () => {
      const active = firstOf.active();
      if (
        s.validatorCollateral[active * STRIDE.validatorCollateral + F.validatorCollateral.addedEra] !== s.clockTotals[0]
      ) {
        set('validatorCollateral', active, F.validatorCollateral.delegatedAddedUnits, 0);
      }
      set('validatorCollateral', active, F.validatorCollateral.addedEra, s.clockTotals[0]!);
      set('validatorCollateral', active, F.validatorCollateral.ownAddedUnits, 10 ** 12);
    },
    /of the own stake of validator \d+ came in this era/,
  ],
  [
    'INV-43',
    'a wrong sum of newcomers',
    () => {
      const isThisEra = s.stakeTotals[F.stakeTotals.addedEra] === s.clockTotals[0];
      set('stakeTotals', 0, F.stakeTotals.addedUnits, isThisEra ? s.stakeTotals[F.stakeTotals.addedUnits]! + 1 : 1);
      set('stakeTotals', 0, F.stakeTotals.addedEra, s.clockTotals[0]!);
    },
    /are counted as delegated within the era/,
  ],
  [
    'INV-47',
    'an emission above the schedule',
    () => set('emissionTotals', 0, F.emissionTotals.eraUnits, 10 ** 12),
    /the schedule allows \d+$/,
  ],
  [
    'INV-47',
    'an emission that is taken back',
    () => set('emissionTotals', 0, F.emissionTotals.emittedUnits, 0),
    /^Emitted units fell from \d+ to 0$/,
  ],
  [
    'INV-67',
    'time that goes back',
    () => {
      s.nowS -= 1;
    },
    /^Time went back from/,
  ],
  [
    'INV-67',
    'a slot that is closed again',
    () => add('clockTotals', 0, F.clockTotals.slotCount, -1),
    /^Opened slots fell from/,
  ],
  [
    'INV-6',
    'a slash that was never paid out',
    () => shift(ACCOUNT.treasury, ACCOUNT.slashPot, 1),
    /^Account 15 is nobody’s outside a settlement and holds 1 units$/,
  ],
  [
    'INV-6',
    'a vesting without its tokens',
    () => add('vestings', 1, F.vestings.vestUnits, 1),
    /^The delegation vault holds \d+ units and owes \d+$/,
  ],
  [
    'INV-9',
    'a provider’s delegation without its delegator',
    () => add('providerCollateral', middling(), F.providerCollateral.delegatedUnits, 1),
    /^provider \d+ counts \d+ delegated units/,
  ],
  [
    'INV-11',
    'more stake asked back than there is',
    () => set('providers', middling(), F.providers.exitUnits, 10 ** 15),
    /^Provider \d+ has asked 1000000000000000 units back; its own stake is \d+$/,
  ],
  [
    'INV-11',
    'an Active provider below its tier’s collateral when an era has been settled',
    () => {
      set('clockTotals', 0, F.clockTotals.slotCount, 2 * s.clockTotals[F.clockTotals.settledEraCount]!);
      for (let tier = 1; tier <= 7; tier++) s.paramValues[P['tier.stake_tokens.1'] + tier - 1] = 10 ** 15;
    },
    /^Active provider \d+ of tier \d has own stake \d+ and collateral \d+; more than 1000000000000000 is needed$/,
  ],
  [
    'INV-14',
    'a foundation that has delegated more than it knows',
    () => set('providerTotals', 0, F.providerTotals.foundationUnits, 0),
    /^The foundation has \d+ units with providers; 0 are counted$/,
  ],
  [
    'INV-14',
    'a budget of which a unit more is in use than was delegated',
    () => add('providerTotals', 0, F.providerTotals.foundationUnits, 1),
    /^\d+ units of the foundation’s budget are counted as in use; by what happened since the last check it is \d+$/,
  ],
  [
    'INV-14',
    'a delegation of somebody else noted as the foundation’s',
    () => {
      const backed = find(s, 'providers', (at) => hasFoundation(s, at));
      const delegation = s.providers[backed * STRIDE.providers + F.providers.foundationDelegation]!;
      set('delegations', delegation, F.delegations.delegator, 33);
    },
    /^Delegation \d+ of account 33 to \d+ is noted as the foundation’s to provider \d+$/,
  ],
  [
    'INV-15',
    'a node that is linked to a provider of another node',
    () => {
      const linked = find(s, 'nodeProviders', (at) => s.nodeProviders[at]! > 0);
      set('providers', s.nodeProviders[linked]!, F.providers.node, 99);
    },
    /^Node \d+ is linked to provider \d+, which is linked to node 99$/,
  ],
  [
    'INV-22',
    'a miscounted Active provider',
    () => add('providerTotals', 0, F.providerTotals.activeCount, 1),
    /^Active providers: \d+ are counted, \d+ are there$/,
  ],
  [
    'INV-22',
    'a provider that comes back from Rejected',
    () => set('providers', middling(), F.providers.state, PROVIDER_STATE.proposed),
    /^providers\[\d+\] went from state 3 to 1/,
  ],
  ['INV-35', 'a tier 8', () => set('providers', middling(), F.providers.tier, 8), /^Provider \d+ is in tier 8$/],
  ['INV-35', 'a rise of two tiers', () => moveTier(-2), /^Provider \d+ rose from tier \d to \d in one era$/],
  [
    'INV-35',
    'a fall of two tiers with ample collateral',
    () => moveTier(2),
    /^Provider \d+ fell from tier \d to \d in one era, and its collateral was enough$/,
  ],
  [
    'INV-36',
    'a promotion after one era of two',
    () => moveTier(-1),
    /^Provider \d+ rose from tier \d to \d after 1 eras; 2 are needed$/,
  ],
  [
    'INV-37',
    'a demotion after one era of two',
    () => moveTier(1),
    /^Provider \d+ fell from tier \d to \d after 1 eras; 2 are needed$/,
  ],
  [
    'INV-39',
    'both counters above 0',
    () => {
      const provider = middling();
      set('providers', provider, F.providers.promoEraCount, 1);
      set('providers', provider, F.providers.demoEraCount, 1);
    },
    /has met the better tier for 1 eras and missed its own for 1$/,
  ],
  [
    'INV-39',
    'a counter above its end',
    () => set('providers', middling(), F.providers.demoEraCount, 3),
    /^A counter of provider \d+ is 3; it ends at 2$/,
  ],
  [
    'INV-39',
    'a counter that has begun with the change of tier',
    () => {
      const provider = moveTier(1);
      set('providers', provider, F.providers.demoEraCount, 1);
    },
    /^Provider \d+ changed tier and counts 1 eras of the new one already$/,
  ],
  [
    'INV-39',
    'one that has left service in a tier that is no newcomer’s',
    () => set('providers', moveTier(-1), F.providers.state, PROVIDER_STATE.registered),
    /^Provider \d+ left service and is in tier \d+, not 6$/,
  ],
  [
    'INV-39',
    'one that has left service with a count',
    () => {
      const provider = moveTier(0);
      set('providers', provider, F.providers.state, PROVIDER_STATE.registered);
      set('providers', provider, F.providers.tier, 6);
      set('providers', provider, F.providers.demoEraCount, 1);
    },
    /^Provider \d+ left service and eras are counted already$/,
  ],
  [
    'INV-40',
    'more liveness than its pool',
    () => set('providerTotals', 0, F.providerTotals.poolUnits, 10 ** 15),
    /^1000000000000000 units of liveness are paid; the pool of an era is \d+$/,
  ],
  [
    'INV-40',
    'more liveness than was earned',
    () => {
      set('providerTotals', 0, F.providerTotals.poolUnits, 9);
      set('providerTotals', 0, F.providerTotals.rawUnits, 8);
    },
    /^9 units of liveness are paid; 8 were earned$/,
  ],
  [
    'INV-41',
    'more hours than were full',
    () => {
      startAssessing();
      set('providerEra', middling(), F.providerEra.hourCount, 25);
    },
    /^Provider \d+ is paid for 25 hours; \d+ were full$/,
  ],
  [
    'INV-41',
    'liveness without an hour',
    () => {
      startAssessing();
      set('providerEra', middling(), F.providerEra.rawUnits, 7);
    },
    /^Provider \d+ has earned 7 units of liveness in 0 hours$/,
  ],
  [
    'INV-67',
    'an era that is settled twice',
    () => add('clockTotals', 0, F.clockTotals.settledEraCount, 2),
    /eras are settled in era/,
  ],
  [
    'INV-67',
    'an era that is unsettled',
    () => add('clockTotals', 0, F.clockTotals.settledEraCount, -1),
    /^Settled eras fell from/,
  ],
  [
    'INV-67',
    'an era of another slot',
    () => add('clockTotals', 0, F.clockTotals.era, 1),
    /^The era is \d+; \d+ slots of 2 an era make it \d+$/,
  ],
];

/** Those of Slarks and challenges: slarkInvariants.test.ts; of the market: marketInvariants.test.ts. */
const BROKEN_ELSEWHERE = [
  ...['INV-18', 'INV-19', 'INV-20', 'INV-32', 'INV-33', 'INV-44', 'INV-68'],
  ...Array.from({ length: 11 }, (_, i) => `INV-${48 + i}`),
];

describe('INVARIANTS', () => {
  it('given a busy ledger > all hold', () => {
    restore();
    expect(INVARIANTS.map(({ id, check }) => [id, check(s, tracker)])).toEqual(INVARIANTS.map(({ id }) => [id, null]));
  });

  it.each(BREAKS)('%s given %s > says so', (id, _what, write, message) => {
    restore();
    write();
    const invariant = INVARIANTS.find((candidate) => candidate.id === id)!;
    expect(invariant.check(s, tracker)).toMatch(message);
    restore();
  });

  it('given the list of broken cases > every invariant is among them', () => {
    const broken = new Set([...BREAKS.map(([id]) => id), ...BROKEN_ELSEWHERE]);
    expect(INVARIANTS.filter(({ id }) => !broken.has(id))).toEqual([]);
  });

  it('given the two lists > no invariant is in both, and none twice', () => {
    const ids = [...INVARIANTS, ...NOT_IN_STATE].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('given a check > it has changed nothing', () => {
    restore();
    for (const { check } of INVARIANTS) check(s, tracker);
    for (const [name, values] of original) expect(s[name].every((value, i) => value === values[i])).toBe(true);
  });

  it('given a settlement in progress > what is on its way to its owner is no violation', () => {
    restore();
    set('clockTotals', 0, F.clockTotals.stepsDone, STEP.payValidators);
    set('validatorTotals', 0, F.validatorTotals.potUnits, 9);
    expect(INVARIANTS.find(({ id }) => id === 'INV-42')!.check(s, tracker)).toBe(null);
    restore();
  });
});

describe('findViolations', () => {
  it('given two broken invariants > names both with their values, and compares with this state next time', () => {
    restore();
    const own = createTracker();
    expect(findViolations(s, own)).toEqual([]);
    s.nowS -= 5;
    add('taskTotals', 0, F.taskTotals.openCount, 1);
    expect(findViolations(s, own).map(({ id }) => id)).toEqual(['INV-27', 'INV-67']);
    expect(findViolations(s, own).map(({ id }) => id)).toEqual(['INV-27']);
    restore();
  });
});

describe('the machines', () => {
  it.each([
    [2, NODE_STATE.reserved, NODE_STATE.online, false, true],
    [2, NODE_STATE.removed, NODE_STATE.online, false, false],
    [2, NODE_STATE.online, NODE_STATE.offline, true, true],
    [3, VALIDATOR_STATE.registered, VALIDATOR_STATE.exited, false, true],
    [3, VALIDATOR_STATE.exited, VALIDATOR_STATE.active, false, false],
    [4, TASK_STATE.assigned, TASK_STATE.created, true, true],
    [4, TASK_STATE.settled, TASK_STATE.created, false, false],
    [1, MODEL_STATE.live, MODEL_STATE.testDeploying, false, false],
    [7, MODEL_STATE.funcReview, MODEL_STATE.live, true, true],
    [5, 1, 2, false, false],
  ])('kind %i, from %i to %i > a transition: %s, reachable: %s', (kind, from, to, direct, reachable) => {
    expect(isTransition(kind, from, to)).toBe(direct);
    expect(isReachable(kind, from, to)).toBe(reachable);
  });

  it('given 0, the state before creation > it is no state', () => {
    expect(isState(2, 0)).toBe(false);
    expect(isState(2, NODE_STATE.released)).toBe(true);
  });
});
