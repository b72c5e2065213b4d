/**
 * Random but plausible histories for tests: a stream of actions that reaches every family, era ends included. Most actions
 * could be accepted, some cannot; what the ledger makes of them is the test's business.
 */
import { type Action, type ActionName, action } from './actions.ts';
import { createBeacons } from './beacons.ts';
import { commitBeacon } from './clock.ts';
import { commitmentOf } from './commitment.ts';
import {
  ACCOUNT,
  F,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  REQUEST_STATE,
  STRIDE,
  TASK_KIND,
  TASK_STATE,
  type TableName,
  VALIDATOR_STATE,
} from './layout.ts';
import { MARKET_WALK_PARAMS, marketProposals } from './marketWalk.ts';
import { packNodeReport } from './nodeReport.ts';
import { ledgerParams } from './params.ts';
import { eraSettlement } from './processEra.ts';
import { packProviderReport } from './providerReport.ts';
import { routeRequest } from './routing.ts';
import { type Keyring, openChallenges, slarkProposals } from './slarkWalk.ts';
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
export const WALK_PARAMS: Readonly<Record<string, number>> = {
  'time.slots_per_era': 2,
  'val.group_size': 3,
  'val.deadline_s': 1_800,
  'val.task_fee': 2,
  'val.audit_bps': 5_000,
  'val.slash_noshow_bps': 50,
  'val.stake_min': 100,
  'node.stake_min': 100,
  'node.slots': 8,
  'node.reserve_deadline_s': 36_000,
  'node.exit_eras': 1,
  'node.exit_error_budget': 1,
  'model.register_stake': 10,
  'model.register_fee': 1,
  'place.band_bps': 5_000,
  'rotate.period_eras': 2,
  'deleg.unbond_eras': 2,
  'econ.halving_eras': 4,
  'fb.window': 3,
  'fb.min_samples': 2,
  'prov.curate_after': 6,
  'tier.initial': 6,
  'tier.promo_eras': 2,
  'tier.demo_eras': 2,
  'bonus.ladder_hours.1': 4,
  'fdeleg.amount': 60,
  'fdeleg.min_gpu_subtier': 3,
  'fdeleg.budget': 300,
  'fdeleg.reclaim_util_bps': 4_000,
  'chal.n': 1,
  'chal.attest_quorum_bps': 1_000,
  'slark.acc_pct.1': 40,
  'slark.acc_pct.2': 45,
  'slark.acc_pct.3': 50,
  'slark.buy_tokens.1': 5,
  'slark.buy_tokens.2': 4,
  'slark.buy_tokens.3': 20,
  'slark.seats.2': 2,
  'slark.promo_eras': 2,
  'slark.soulbound_s': 10_000,
  'slark.licences_per_machine': 2,
  'slark.ban_eras': 2,
  'slark.foundation_nodes': 3,
  'slark.vest_threshold': 20,
  'slark.vest_eras': 3,
  ...MARKET_WALK_PARAMS,
};

export const WALK_AGENTS = 8;
export const WALK_OPENING_UNITS = 20_000_000_000;
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
  const s = createState({ ratings: 100_000, providerRatings: 100_000 });
  s.paramValues.set(ledgerParams({ ...WALK_PARAMS, ...overrides }));
  const { commitment, beacons } = createBeacons(nextInt(1_000_000), MAX_SLOTS);
  commitBeacon(s, commitment.words);
  genesis(s);
  for (let i = 0; i < WALK_AGENTS; i++) openAccount(s, WALK_OPENING_UNITS);
  return { s, steps: walk(s, nextInt, actionsPerSlot, beacons) };
}

function* walk(
  s: State,
  nextInt: NextInt,
  actionsPerSlot: number,
  beacons: readonly { readonly words: readonly number[] }[],
): Generator<WalkStep, void, void> {
  const propose = createProposer(s, nextInt);
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
    for (const step of openChallenges(s, nextInt)) yield { nowS, action: step };
    const count = nextInt(2 * actionsPerSlot);
    for (let i = 0; i < count; i++) {
      if (nowS < (slot + 1) * slotS - 200) nowS += nextInt(40);
      const proposed = propose();
      if (proposed !== null) yield { nowS, action: proposed };
    }
    const { closedCount, requestCount } = F.callTotals;
    yield { nowS, action: keeper('closeRequests', [s.callTotals[closedCount]!, s.callTotals[requestCount]!]) };
  }
}

/**
 * Proposes actions for the state as it is at each call, as a walk does within a slot; null now and then.
 *
 * @param keyring keys of Slarks, where somebody checks signatures
 */
export function createProposer(s: State, nextInt: NextInt, keyring?: Keyring): () => Action | null {
  const proposals = createProposals(s, nextInt, keyring);
  let weights = 0;
  for (const [weight] of proposals) weights += weight;
  return () => {
    let left = nextInt(weights);
    for (const [weight, make] of proposals) {
      if (left < weight) return make();
      left -= weight;
    }
    return null;
  };
}

/** As {@link createProposer}, of the compute market alone. */
export function createMarketProposer(s: State, nextInt: NextInt): () => Action | null {
  const [[, propose]] = marketProposals(s, nextInt, createChooser(s, nextInt)) as [Proposal];
  return propose;
}

function keeper(name: ActionName, args: readonly number[], bulk?: readonly number[]): Action {
  return action(name, ACCOUNT.keeper, args, bulk);
}

/** Picks entities and senders: mostly those that an action is for, now and then any, or none that exists. */
function createChooser(s: State, nextInt: NextInt) {
  const read = (table: TableName, record: number, field: number): number =>
    s[table][record * STRIDE[table] + field] ?? 0;
  const agent = (): number => ACCOUNT.firstAgent + nextInt(WALK_AGENTS);
  const id = (count: number): number => (count === 0 || nextInt(30) === 0 ? nextInt(count + 3) : 1 + nextInt(count));
  return {
    read,
    agent,
    /** An identifier of 1 … count. */
    id,
    /** The account that an action belongs to. */
    by: (account: number): number => (account < ACCOUNT.firstAgent || nextInt(30) === 0 ? agent() : account),
    /** A record of 1 … count whose field has one of these values. */
    among: (table: TableName, count: number, field: number, values: readonly number[]): number => {
      const found: number[] = [];
      for (let i = 1; i <= count; i++) if (values.includes(read(table, i, field))) found.push(i);
      return found.length === 0 || nextInt(20) === 0 ? id(count) : found[nextInt(found.length)]!;
    },
  };
}

type Chooser = ReturnType<typeof createChooser>;

function createProposals(s: State, nextInt: NextInt, keyring?: Keyring): readonly Proposal[] {
  const choose = createChooser(s, nextInt);
  return [
    ...tokenProposals(s, nextInt, choose),
    ...nodeProposals(s, nextInt, choose),
    ...modelProposals(s, nextInt, choose),
    ...callProposals(s, nextInt, choose),
    ...validatorProposals(s, nextInt, choose),
    ...providerProposals(s, nextInt, choose),
    ...slarkProposals(s, nextInt, choose, keyring),
    ...marketProposals(s, nextInt, choose),
  ];
}

function tokenProposals(s: State, nextInt: NextInt, { agent, by, id, read }: Chooser): readonly Proposal[] {
  const units = (): number => 1 + nextInt(300_000_000);
  const delegation = (name: ActionName, rest: () => number) => (): Action => {
    const chosen = id(s.stakeTotals[F.stakeTotals.delegationCount]!);
    return action(name, by(read('delegations', chosen, F.delegations.delegator)), [chosen, rest()]);
  };
  const delegating = (): Action => {
    const [chosen, count] = [
      [KIND.node, s.nodeTotals[F.nodeTotals.nodeCount]!],
      [KIND.validator, s.validatorTotals[F.validatorTotals.validatorCount]!],
      [KIND.provider, s.providerTotals[F.providerTotals.providerCount]!],
    ][nextInt(3)] as [number, number];
    const kind = nextInt(30) === 0 ? KIND.model : chosen;
    return action('delegate', agent(), [kind, id(count), nextInt(4) === 0 ? nextInt(2_000_000) : units(), nextInt(2)]);
  };
  return [
    [4, () => action('transferTokens', agent(), [ACCOUNT.firstAgent + nextInt(WALK_AGENTS + 1), units()])],
    [10, delegating],
    [3, delegation('increaseDelegation', units)],
    [8, delegation('undelegate', units)],
    [3, delegation('setAutoStake', () => nextInt(3))],
  ];
}

function nodeProposals(s: State, nextInt: NextInt, { agent, among, by, id, read }: Chooser): readonly Proposal[] {
  const nodes = (): number => s.nodeTotals[F.nodeTotals.nodeCount]!;
  const N = NODE_STATE;
  const within = (states: readonly number[]): number => among('nodes', nodes(), F.nodes.state, states);
  const owned =
    (name: ActionName, states: readonly number[], ...rest: readonly (() => number)[]) =>
    (): Action => {
      const node = within(states);
      return action(name, by(read('nodes', node, F.nodes.owner)), [node, ...rest.map((make) => make())]);
    };
  const kept = (name: ActionName, states: readonly number[]) => (): Action => keeper(name, [within(states)]);
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
  const early = [N.reserved, N.registered, N.metaApproved, N.metaRejected, N.valRejected];
  return [
    [8, () => action('reserveSlot', agent(), [nextInt(4), nextInt(6)])],
    [12, owned('registerNode', [N.reserved], () => nextInt(10))],
    [
      8,
      owned(
        'editNode',
        [N.metaRejected, N.valRejected],
        () => 1 + nextInt(3),
        () => 1 + nextInt(5),
      ),
    ],
    [14, owned('submitNodeMetadata', [N.registered, N.metaRejected], () => nextInt(10))],
    [14, owned('requestNodeValidation', [N.metaApproved, N.valRejected])],
    [2, owned('topUpNode', [N.online], () => 1 + nextInt(1_000_000))],
    [2, kept('expireReservation', early)],
    [2, kept('loseHeartbeat', [N.online])],
    [6, kept('restoreHeartbeat', [N.offline])],
    [1, owned('requestExit', [N.online, N.offline])],
    [4, owned('finaliseExit', [N.exiting])],
    [3, kept('reportExitError', [N.exiting])],
    [6, reports],
    [1, () => keeper('loseHeartbeat', [id(nodes())])],
  ];
}

function modelProposals(s: State, nextInt: NextInt, { agent, among, by, id, read }: Chooser): readonly Proposal[] {
  const models = (): number => s.modelTotals[F.modelTotals.modelCount]!;
  const M = MODEL_STATE;
  /** A model that is in one of the states, or whose candidate is. */
  const walking = (states: readonly number[]): number => {
    const field = nextInt(3) === 0 ? F.models.candidateState : F.models.state;
    return among('models', models(), field, states);
  };
  const owned =
    (name: ActionName, states: readonly number[], ...rest: readonly (() => number)[]) =>
    (): Action => {
      const model = walking(states);
      return action(name, by(read('models', model, F.models.owner)), [model, ...rest.map((make) => make())]);
    };
  const nodeOwner = (node: number): number => by(read('nodes', node, F.nodes.owner));
  const wu = (): number => 1 + nextInt(50);
  const number = (): number => 1 + nextInt(1_000_000);
  const testHost = (): Action => {
    const model = walking([M.testDeploying]);
    const owner = nodeOwner(read('models', model, F.models.testNode));
    return nextInt(6) === 0
      ? action('failTestDeployment', owner, [model, 1 + nextInt(2)])
      : action('confirmTestDeployment', owner, [model]);
  };
  const comingHost = (): Action => {
    const replicas = getParam(s, 'place.replicas');
    const coming: number[] = [];
    for (let record = HOSTS_PER_MODEL; record < (models() + 1) * HOSTS_PER_MODEL; record++) {
      const state = read('hosts', record, F.hosts.state);
      if (state === HOST_STATE.deploying || state === HOST_STATE.rotating) coming.push(record);
    }
    const isStray = coming.length === 0 || nextInt(20) === 0;
    const record = isStray ? id(models()) * HOSTS_PER_MODEL + nextInt(replicas + 1) : coming[nextInt(coming.length)]!;
    const model = Math.floor(record / HOSTS_PER_MODEL);
    const host = record % HOSTS_PER_MODEL;
    const isRotating = read('hosts', record, F.hosts.state) === HOST_STATE.rotating;
    const owner = nodeOwner(read('hosts', record, isRotating ? F.hosts.nextNode : F.hosts.node));
    return nextInt(6) === 0
      ? action('failHost', owner, [model, host, 1 + nextInt(2)])
      : action('confirmHost', owner, [model, host]);
  };
  const registering = (): Action | null => {
    let alive = 0;
    for (let i = 1; i <= models(); i++) if (read('models', i, F.models.state) !== M.removed) alive += 1;
    return alive > 4
      ? null
      : action('registerModel', agent(), [nextInt(2), nextInt(900_000), nextInt(20), nextInt(60)]);
  };
  return [
    [6, registering],
    [12, owned('submitModelMetadata', [M.registered, M.metaRejected], () => nextInt(10))],
    [14, owned('requestTest', [M.metaApproved, M.testFailed, M.funcRejected])],
    [14, testHost],
    [12, owned('openModelValidation', [M.testDeployed])],
    [8, owned('changeModel', [M.metaRejected, M.testFailed, M.funcRejected], number, wu)],
    [3, owned('submitVersion', [M.live], number, wu, number)],
    [24, comingHost],
    [8, () => keeper('replaceHost', [walking([M.live, M.prodDeploying]), nextInt(3)])],
    [1, () => (nextInt(4) === 0 ? owned('removeModel', [M.live])() : null)],
    [1, () => (nextInt(8) === 0 ? keeper('forceRemoveModel', [id(models())]) : null)],
  ];
}

/** What a node of the walk computed for an answer, and the salt it commits with: so that an audit of it can be opened. */
const outputOf = (answerId: number): number => answerId * 1_000_003;
const saltOf = (answerId: number): number => 2 ** 53 - 1 - answerId;

function callProposals(s: State, nextInt: NextInt, { agent, among, by, read }: Chooser): readonly Proposal[] {
  const isCurrent = (): boolean => s.callTotals[F.callTotals.slot] === s.clockTotals[F.clockTotals.slotCount];
  const requests = (): number => (isCurrent() ? s.callTotals[F.callTotals.requestCount]! : 0);
  const requesting = (): Action => {
    const model = among('models', s.modelTotals[F.modelTotals.modelCount]!, F.models.state, [MODEL_STATE.live]);
    return action('requestInference', agent(), [model, nextInt(4_000), 3_000_000]);
  };
  const routing = (): Action => {
    const from = s.callTotals[F.callTotals.routedCount]!;
    const list: number[] = [];
    for (let request = from + 1; request <= requests(); request++) list.push(routeRequest(s, request));
    return keeper('routeRequests', [from, from + list.length], list);
  };
  const serving = (): Action => {
    const request = among('requests', requests(), F.requests.state, [REQUEST_STATE.routed]);
    const owner = read('nodes', read('requests', request, F.requests.node), F.nodes.owner);
    const answerId = nextInt(1_000);
    const commitmentId = nextInt(20) === 0 ? 0 : commitmentOf(outputOf(answerId), saltOf(answerId), owner);
    return action('serveRequest', by(owner), [request, answerId, commitmentId, nextInt(31_000)]);
  };
  const rating = (): Action => {
    const request = among('requests', requests(), F.requests.state, [REQUEST_STATE.served]);
    return action('rateModel', by(read('requests', request, F.requests.consumer)), [request, nextInt(52)]);
  };
  return [
    [10, () => action('buyCalls', agent(), [nextInt(20_000_000)])],
    [2, () => action('withdrawCalls', agent(), [nextInt(2_000_000)])],
    [30, requesting],
    [16, routing],
    [26, serving],
    [8, rating],
  ];
}

function validatorProposals(s: State, nextInt: NextInt, { agent, among, by, id, read }: Chooser): readonly Proposal[] {
  const validators = (): number => s.validatorTotals[F.validatorTotals.validatorCount]!;
  const V = VALIDATOR_STATE;
  const within = (states: readonly number[]): number => among('validators', validators(), F.validators.state, states);
  const owned =
    (name: ActionName, states: readonly number[], ...rest: readonly (() => number)[]) =>
    (): Action => {
      const validator = within(states);
      return action(name, by(read('validators', validator, F.validators.owner)), [
        validator,
        ...rest.map((make) => make()),
      ]);
    };
  const taskIn = (state: number): number =>
    among('tasks', s.taskTotals[F.taskTotals.taskCount]!, F.tasks.state, [state]);
  const memberOf = (task: number): number => {
    const count = read('tasks', task, F.tasks.memberCount);
    const isStray = count === 0 || nextInt(20) === 0;
    return isStray
      ? id(s.taskTotals[F.taskTotals.memberCount]!)
      : read('tasks', task, F.tasks.memberStart) + nextInt(count);
  };
  /** An audit that could still be opened, now and then any task; 0 if there is none. */
  const sealedAudit = (): number => {
    const count = s.taskTotals[F.taskTotals.taskCount]!;
    const sealed: number[] = [];
    for (let task = 1; task <= count; task++) {
      const isAudit = read('tasks', task, F.tasks.kind) === TASK_KIND.output;
      const isOpen = read('tasks', task, F.tasks.state) !== TASK_STATE.settled;
      if (isAudit && isOpen && read('tasks', task, F.tasks.sketchId) === 0) sealed.push(task);
    }
    if (nextInt(20) === 0) return id(count);
    return sealed.length === 0 ? 0 : sealed[nextInt(sealed.length)]!;
  };
  const revealing = (): Action | null => {
    const task = sealedAudit();
    if (task === 0) return null;
    const answerId = read('tasks', task, F.tasks.answerId);
    const saltId = nextInt(12) === 0 ? nextInt(50) : saltOf(answerId);
    const sketchId = nextInt(15) === 0 ? 0 : 1 + nextInt(50);
    return action('revealSketch', by(read('tasks', task, F.tasks.owner)), [task, outputOf(answerId), saltId, sketchId]);
  };
  const silentMemberOf = (task: number): number => {
    const first = read('tasks', task, F.tasks.memberStart);
    const end = first + read('tasks', task, F.tasks.memberCount);
    for (let member = first; member < end; member++) {
      if (read('members', member, F.members.verdict) === 0 && nextInt(4) > 0) return member;
    }
    return memberOf(task);
  };
  const submission = (): Action => {
    const task = taskIn(TASK_STATE.assigned);
    const member = silentMemberOf(task);
    const owner = read('validators', read('members', member, F.members.validator), F.validators.owner);
    // Most verdicts agree, so that most tasks are decided.
    const verdict = nextInt(30) === 0 ? nextInt(4) : nextInt(7) === 0 ? 2 : 1;
    return action('submitResult', by(owner), [task, member, verdict, nextInt(50), nextInt(10_050)]);
  };
  return [
    [6, () => (validators() < 30 ? action('registerValidator', agent(), []) : null)],
    [8, () => keeper('issueKey', [within([V.registered]), nextInt(20)])],
    [8, owned('subscribe', [V.keyed])],
    [2, owned('rotateKey', [V.active], () => nextInt(20))],
    [4, owned('topUpValidator', [V.suspended], () => 1 + nextInt(9_000_000))],
    [1, () => (nextInt(3) === 0 ? owned('exitValidator', [V.active, V.suspended])() : null)],
    [24, () => keeper('assignTask', [taskIn(TASK_STATE.created)])],
    [70, submission],
    [3, () => keeper('flagCopy', [memberOf(taskIn(TASK_STATE.assigned))])],
    [30, () => keeper('settleTask', [taskIn(TASK_STATE.assigned)])],
    [12, revealing],
  ];
}

/** Most providers of a walk: few, so that each has a history. */
const MAX_PROVIDERS = 12;

function providerProposals(s: State, nextInt: NextInt, { agent, among, by, id, read }: Chooser): readonly Proposal[] {
  const providers = (): number => s.providerTotals[F.providerTotals.providerCount]!;
  const V = PROVIDER_STATE;
  const within = (states: readonly number[]): number => among('providers', providers(), F.providers.state, states);
  const owned =
    (name: ActionName, states: readonly number[], ...rest: readonly (() => number)[]) =>
    (): Action => {
      const provider = within(states);
      return action(name, by(read('providers', provider, F.providers.owner)), [
        provider,
        ...rest.map((make) => make()),
      ]);
    };
  const kept =
    (name: ActionName, states: readonly number[], ...rest: readonly (() => number)[]) =>
    (): Action =>
      keeper(name, [within(states), ...rest.map((make) => make())]);
  /** A class of 1 … most, now and then one that does not exist. */
  const among1To = (most: number): number => (nextInt(40) === 0 ? nextInt(most + 3) : 1 + nextInt(most));
  const proposing = (): Action | null => {
    if (providers() >= MAX_PROVIDERS) return null;
    const node = nextInt(2) === 0 ? 0 : id(s.nodeTotals[F.nodeTotals.nodeCount]!);
    const gpuCount = nextInt(4);
    const gpuTier = gpuCount === 0 && nextInt(20) > 0 ? 0 : among1To(11);
    return action('proposeProvider', node === 0 ? agent() : by(read('nodes', node, F.nodes.owner)), [
      node,
      nextInt(4),
      among1To(64),
      among1To(256),
      nextInt(2_000),
      gpuCount,
      gpuTier,
      among1To(3),
      among1To(3),
      among1To(4),
      nextInt(16),
    ]);
  };
  /** A report of an era of two hours, good more often than not. */
  const report = (): number[] => {
    const bits = (): number => (nextInt(3) === 0 ? nextInt(4) : 3);
    const expectedCount = nextInt(6) === 0 ? 0 : 120;
    const assignedCount = nextInt(20);
    return packProviderReport({
      fullHours: bits(),
      activeHours: bits(),
      taskHours: nextInt(4),
      breachedHours: nextInt(3) === 0 ? nextInt(4) : 0,
      cooledHours: nextInt(5) === 0 ? nextInt(4) : 0,
      streakCount: nextInt(4) === 0 ? nextInt(3) : 0,
      extraHourCount: nextInt(4),
      answeredCount: expectedCount === 0 ? 0 : expectedCount - nextInt(nextInt(3) === 0 ? 60 : 2),
      expectedCount,
      meanMs: nextInt(nextInt(3) === 0 ? 600 : 90),
      assignedCount,
      finishedCount: assignedCount - nextInt(nextInt(3) === 0 ? assignedCount + 1 : 1),
      feeUnits: nextInt(30_000_000),
      leaseHours: nextInt(8),
      offlineSinceS: 0,
    });
  };
  const reports = (): Action => {
    const from = nextInt(3) === 0 ? nextInt(providers() + 1) : 0;
    const to = nextInt(3) === 0 ? from + nextInt(providers() - from + 1) : providers();
    const words: number[] = [];
    for (let i = from; i < to; i++) words.push(...report());
    if (nextInt(30) === 0) words.push(1);
    return keeper('reportProviders', [from, to], words);
  };
  const misconduct = (): Action | null => {
    if (nextInt(4) > 0) return null;
    const harmed = nextInt(3) === 0 ? 0 : nextInt(20) === 0 ? nextInt(60) : agent();
    return keeper('upholdMisconduct', [
      within([V.active, V.deactivated]),
      harmed,
      harmed === 0 ? nextInt(2) : nextInt(500_000_000),
    ]);
  };
  const tokens = (most: number) => (): number => (nextInt(20) === 0 ? 0 : 1 + nextInt(most * 1_000_000));
  return [
    [5, proposing],
    [2, kept('approveProvider', [V.proposed])],
    [1, kept('rejectProvider', [V.proposed])],
    [10, owned('stakeProvider', [V.registered, V.active, V.suspended], tokens(400))],
    [3, owned('unstakeProvider', [V.registered, V.active], tokens(80))],
    [1, () => (nextInt(6) === 0 ? owned('deregisterProvider', [V.registered, V.active])() : null)],
    [4, owned('resumeProvider', [V.suspended])],
    [2, misconduct],
    [2, kept('setCompliance', [V.active], () => (nextInt(20) === 0 ? 16 : nextInt(2) === 0 ? 15 : nextInt(16)))],
    [3, kept('delegateFoundation', [V.active])],
    [3, kept('reclaimFoundation', [V.active, V.suspended])],
    [1, kept('reclaimFoundation', [V.registered, V.deactivated])],
    [10, reports],
  ];
}
