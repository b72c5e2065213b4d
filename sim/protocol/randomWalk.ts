/**
 * Random but plausible histories for tests: a stream of actions that reaches every family, era ends included. Most actions
 * could be accepted, some cannot; what the ledger makes of them is the test's business.
 */
import { type Action, type ActionName, action } from './actions.ts';
import { createBeacons } from './beacons.ts';
import { commitBeacon } from './clock.ts';
import {
  ACCOUNT,
  F,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  REQUEST_STATE,
  STRIDE,
  TASK_STATE,
  type TableName,
} from './layout.ts';
import { packNodeReport } from './nodeReport.ts';
import { ledgerParams } from './params.ts';
import { eraSettlement } from './processEra.ts';
import { routeRequest } from './routing.ts';
import { createState, getParam, type State } from './state.ts';
import { genesis, openAccount } from './token.ts';

export type WalkStep = { readonly nowS: number; readonly action: Action };
/** Uniform integer in [0, n). */
export type NextInt = (n: number) => number;

export type Walk = {
  readonly s: State;
  /** Yields actions for ever; the caller sets `s.nowS` and applies each before it asks for the next. */
  readonly steps: Generator<WalkStep, void, void>;
};

/** Small numbers on purpose: few entities, so that actions meet; short eras, so that all steps of a settlement run often. */
const WALK_PARAMS: Readonly<Record<string, number>> = {
  'time.slots_per_era': 2,
  'val.group_size': 3,
  'val.deadline_s': 900,
  'val.task_fee': 2,
  'val.audit_bps': 5_000,
  'val.slash_noshow_bps': 50,
  'val.stake_min': 100,
  'node.stake_min': 100,
  'node.slots': 6,
  'node.reserve_deadline_s': 14_400,
  'node.exit_eras': 1,
  'node.exit_error_budget': 1,
  'model.register_stake': 10,
  'model.register_fee': 1,
  'place.band_bps': 5_000,
  'rotate.period_eras': 2,
  'deleg.unbond_eras': 2,
  'econ.halving_eras': 4,
  'fb.window': 3,
};

const AGENTS = 8;
const OPENING_UNITS = 20_000_000_000;
/** Slots after which the beacons are used up. */
const MAX_SLOTS = 400;

type Proposal = readonly [weight: number, propose: () => Action | null];

/**
 * A ledger at genesis and an endless walk from it.
 *
 * @param nextInt source of chance; the same numbers give the same walk
 * @param actionsPerSlot mean number of proposed actions in a slot
 * @param overrides parameters in the registry's unit
 */
export function createWalk(
  nextInt: NextInt,
  actionsPerSlot: number,
  overrides: Readonly<Record<string, number>> = {},
): Walk {
  const s = createState();
  s.paramValues.set(ledgerParams({ ...WALK_PARAMS, ...overrides }));
  const { commitment, beacons } = createBeacons(nextInt(1_000_000), MAX_SLOTS);
  commitBeacon(s, commitment.words);
  genesis(s);
  for (let i = 0; i < AGENTS; i++) openAccount(s, OPENING_UNITS);
  return { s, steps: walk(s, nextInt, actionsPerSlot, beacons) };
}

function* walk(
  s: State,
  nextInt: NextInt,
  actionsPerSlot: number,
  beacons: readonly { readonly words: readonly number[] }[],
): Generator<WalkStep, void, void> {
  const proposals = createProposals(s, nextInt);
  let weights = 0;
  for (const [weight] of proposals) weights += weight;
  const slotS = getParam(s, 'time.slot_s');
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  for (let slot = 0; slot < beacons.length; slot++) {
    let nowS = slot * slotS;
    if (slot > 0 && slot % slotsPerEra === 0) {
      for (const step of eraSettlement(s, 1 + nextInt(4))) yield { nowS, action: step };
    }
    yield { nowS, action: keeper('openSlot', beacons[slot]!.words) };
    if (s.callTotals[F.callTotals.slot] === slot) {
      yield { nowS, action: keeper('auditRequests', [0, s.callTotals[F.callTotals.requestCount]!]) };
    }
    const count = nextInt(2 * actionsPerSlot);
    for (let i = 0; i < count; i++) {
      if (nowS < (slot + 1) * slotS - 200) nowS += nextInt(100);
      const proposed = propose(proposals, nextInt(weights));
      if (proposed !== null) yield { nowS, action: proposed };
    }
    const { closedCount, requestCount } = F.callTotals;
    yield { nowS, action: keeper('closeRequests', [s.callTotals[closedCount]!, s.callTotals[requestCount]!]) };
  }
}

function propose(proposals: readonly Proposal[], drawn: number): Action | null {
  let left = drawn;
  for (const [weight, make] of proposals) {
    if (left < weight) return make();
    left -= weight;
  }
  return null;
}

function keeper(name: ActionName, args: readonly number[], bulk?: readonly number[]): Action {
  return action(name, ACCOUNT.keeper, args, bulk);
}

function createProposals(s: State, nextInt: NextInt): readonly Proposal[] {
  const agent = (): number => ACCOUNT.firstAgent + nextInt(AGENTS);
  /** An identifier of 1 … count; now and then one that does not exist. */
  const id = (count: number): number => (count === 0 || nextInt(40) === 0 ? nextInt(count + 3) : 1 + nextInt(count));
  /** Mostly the account that the action belongs to. */
  const by = (account: number): number =>
    nextInt(30) === 0 ? agent() : account < ACCOUNT.firstAgent ? agent() : account;
  const read = (table: TableName, record: number, field: number): number =>
    s[table][record * STRIDE[table] + field] ?? 0;
  const nodes = (): number => s.nodeTotals[F.nodeTotals.nodeCount]!;
  const models = (): number => s.modelTotals[F.modelTotals.modelCount]!;
  const validators = (): number => s.validatorTotals[F.validatorTotals.validatorCount]!;
  const delegations = (): number => s.stakeTotals[F.stakeTotals.delegationCount]!;
  const requests = (): number => s.callTotals[F.callTotals.requestCount]!;
  const members = (): number => s.taskTotals[F.taskTotals.memberCount]!;

  const ofNode =
    (name: ActionName, ...rest: readonly (() => number)[]) =>
    (): Action => {
      const node = id(nodes());
      return action(name, by(read('nodes', node, F.nodes.owner)), [node, ...rest.map((make) => make())]);
    };
  const ofModel =
    (name: ActionName, ...rest: readonly (() => number)[]) =>
    (): Action => {
      const model = id(models());
      return action(name, by(read('models', model, F.models.owner)), [model, ...rest.map((make) => make())]);
    };
  const ofValidator =
    (name: ActionName, ...rest: readonly (() => number)[]) =>
    (): Action => {
      const validator = id(validators());
      const owner = read('validators', validator, F.validators.owner);
      return action(name, by(owner), [validator, ...rest.map((make) => make())]);
    };
  const ofDelegation = (name: ActionName, rest: () => number) => (): Action => {
    const delegation = id(delegations());
    return action(name, by(read('delegations', delegation, F.delegations.delegator)), [delegation, rest()]);
  };
  const keeperOfNode = (name: ActionName) => (): Action => keeper(name, [id(nodes())]);
  const nodeOwner = (node: number): number => by(read('nodes', node, F.nodes.owner));
  const units = (): number => 1 + nextInt(300_000_000);
  const small = (n: number) => (): number => nextInt(n);
  const number = (): number => 1 + nextInt(1_000_000);

  const taskIn = (state: number): number => {
    const count = s.taskTotals[F.taskTotals.taskCount]!;
    const found: number[] = [];
    for (let task = 1; task <= count; task++) if (read('tasks', task, F.tasks.state) === state) found.push(task);
    return found.length === 0 || nextInt(40) === 0 ? id(count) : found[nextInt(found.length)]!;
  };
  const memberOf = (task: number): number => {
    const count = read('tasks', task, F.tasks.memberCount);
    return count === 0 ? id(members()) : read('tasks', task, F.tasks.memberStart) + nextInt(count);
  };
  const comingHost = (): Action => {
    const model = id(models());
    const host = nextInt(getParam(s, 'place.replicas') + (nextInt(40) === 0 ? 1 : 0));
    const record = model * HOSTS_PER_MODEL + host;
    const isRotating = read('hosts', record, F.hosts.state) === HOST_STATE.rotating;
    const owner = nodeOwner(read('hosts', record, isRotating ? F.hosts.nextNode : F.hosts.node));
    return nextInt(6) === 0
      ? action('failHost', owner, [model, host, 1 + nextInt(2)])
      : action('confirmHost', owner, [model, host]);
  };
  const testHost = (): Action => {
    const model = id(models());
    const owner = nodeOwner(read('models', model, F.models.testNode));
    return nextInt(6) === 0
      ? action('failTestDeployment', owner, [model, 1 + nextInt(2)])
      : action('confirmTestDeployment', owner, [model]);
  };
  const submission = (): Action => {
    const task = taskIn(TASK_STATE.assigned);
    const member = memberOf(task);
    const owner = read('validators', read('members', member, F.members.validator), F.validators.owner);
    // Three of four verdicts agree, so that most tasks are decided.
    const verdict = nextInt(40) === 0 ? nextInt(4) : nextInt(4) === 0 ? 2 : 1;
    return action('submitResult', by(owner), [task, member, verdict, nextInt(50), nextInt(10_050)]);
  };
  const route = (): Action => {
    const from = s.callTotals[F.callTotals.routedCount]!;
    const isCurrent = s.callTotals[F.callTotals.slot] === s.clockTotals[F.clockTotals.slotCount];
    const to = isCurrent ? requests() : from;
    const list: number[] = [];
    for (let request = from + 1; request <= to; request++) list.push(routeRequest(s, request));
    return keeper('routeRequests', [from, to], list);
  };
  const serving = (): Action => {
    const routed: number[] = [];
    for (let r = 1; r <= requests(); r++) {
      if (read('requests', r, F.requests.state) === REQUEST_STATE.routed) routed.push(r);
    }
    const request = routed.length === 0 ? id(requests()) : routed[nextInt(routed.length)]!;
    return action('serveRequest', nodeOwner(read('requests', request, F.requests.node)), [
      request,
      nextInt(1_000),
      nextInt(31_000),
    ]);
  };
  const rating = (): Action => {
    const request = id(requests());
    return action('rateModel', by(read('requests', request, F.requests.consumer)), [request, nextInt(52)]);
  };
  const reports = (): Action => {
    const from = nextInt(nodes() + 1);
    const to = from + nextInt(nodes() - from + 1);
    const words: number[] = [];
    for (let i = from; i < to; i++) {
      const expectedCount = nextInt(120);
      words.push(
        ...packNodeReport({
          fullHours: nextInt(4),
          taskHours: nextInt(4),
          breachedHours: nextInt(4),
          flapCount: nextInt(4),
          streakCount: nextInt(2),
          answeredCount: expectedCount - nextInt(expectedCount + 1),
          expectedCount,
          meanMs: nextInt(600),
          offlineSinceS: 0,
        }),
      );
    }
    return keeper('reportNodes', [from, to], words);
  };
  const delegating = (): Action => {
    const isNode = nextInt(2) === 0;
    const target = id(isNode ? nodes() : validators());
    const kind = nextInt(40) === 0 ? KIND.model : isNode ? KIND.node : KIND.validator;
    return action('delegate', agent(), [kind, target, nextInt(4) === 0 ? nextInt(2_000_000) : units(), nextInt(2)]);
  };

  return [
    [4, () => action('transferTokens', agent(), [ACCOUNT.firstAgent + nextInt(AGENTS + 1), units()])],
    [10, delegating],
    [3, ofDelegation('increaseDelegation', units)],
    [8, ofDelegation('undelegate', units)],
    [3, ofDelegation('setAutoStake', small(3))],

    [10, () => action('reserveSlot', agent(), [nextInt(4), nextInt(6)])],
    [12, ofNode('registerNode', small(10))],
    [
      4,
      ofNode(
        'editNode',
        () => 1 + nextInt(3),
        () => 1 + nextInt(5),
      ),
    ],
    [14, ofNode('submitNodeMetadata', small(10))],
    [14, ofNode('requestNodeValidation')],
    [2, ofNode('topUpNode', units)],
    [4, keeperOfNode('expireReservation')],
    [2, keeperOfNode('loseHeartbeat')],
    [6, keeperOfNode('restoreHeartbeat')],
    [1, ofNode('requestExit')],
    [4, ofNode('finaliseExit')],
    [3, keeperOfNode('reportExitError')],
    [8, reports],

    [6, () => action('registerModel', agent(), [nextInt(2), nextInt(900_000), nextInt(20), nextInt(60)])],
    [14, ofModel('submitModelMetadata', small(10))],
    [16, ofModel('requestTest')],
    [16, testHost],
    [14, ofModel('openModelValidation')],
    [6, ofModel('changeModel', number, () => 1 + nextInt(50))],
    [3, ofModel('submitVersion', number, () => 1 + nextInt(50), number)],
    [24, comingHost],
    [6, () => keeper('replaceHost', [id(models()), nextInt(3)])],
    [1, ofModel('removeModel')],
    [1, () => (nextInt(4) === 0 ? keeper('forceRemoveModel', [id(models())]) : null)],

    [8, () => action('buyCalls', agent(), [nextInt(20_000_000)])],
    [3, () => action('withdrawCalls', agent(), [nextInt(2_000_000)])],
    [30, () => action('requestInference', agent(), [id(models()), nextInt(4_000), 5_000_000])],
    [14, route],
    [24, serving],
    [8, rating],

    [6, () => (validators() < 9 ? action('registerValidator', agent(), []) : null)],
    [8, () => keeper('issueKey', [id(validators()), nextInt(20)])],
    [8, ofValidator('subscribe')],
    [2, ofValidator('rotateKey', small(20))],
    [4, ofValidator('topUpValidator', units)],
    [1, ofValidator('exitValidator')],

    [30, () => keeper('assignTask', [taskIn(TASK_STATE.created)])],
    [80, submission],
    [3, () => keeper('flagCopy', [memberOf(taskIn(TASK_STATE.assigned))])],
    [40, () => keeper('settleTask', [taskIn(TASK_STATE.assigned)])],
  ];
}
