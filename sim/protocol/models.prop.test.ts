/** Random lives of models, with nodes that come and go: what must hold after every accepted action (INV-15, 22 to 25). */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { assert } from '../base/assert.ts';
import { type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { EV } from './events.ts';
import { bandOf } from './hosting.ts';
import { ACCOUNT, HOST_STATE, HOSTS_PER_MODEL, KIND, MODEL_STATE, NODE_STATE, STEP, TASK_KIND } from './layout.ts';
import { isHosting } from './models.ts';
import {
  addModel,
  advanceModel,
  createModelWorld,
  enterNextSlot,
  eventsFrom,
  loadOf,
  nodeOwner,
  readHost,
  readModel,
  readVersion,
  setNodeState,
  settleModelTask,
  walkOf,
} from './modelWorld.ts';
import { holderOf } from './nft.ts';
import { perform, readRecord, writeRecord } from './nodeWorld.ts';
import { EVENT_STRIDE, getParam, type State } from './state.ts';
import { enterNextEra, enterSettlement } from './taskWorld.ts';

const S = MODEL_STATE;
const NODES = 7;
const MODELS = 2;

/** SM-1 without removal, which is allowed from everywhere. */
const NEXT: Readonly<Record<number, readonly number[]>> = {
  0: [S.registered],
  [S.registered]: [S.metaReview],
  [S.metaReview]: [S.metaApproved, S.metaRejected],
  [S.metaRejected]: [S.metaReview],
  [S.metaApproved]: [S.testDeploying],
  [S.testDeploying]: [S.testDeployed, S.testFailed],
  [S.testDeployed]: [S.funcReview],
  [S.testFailed]: [S.testDeploying],
  [S.funcReview]: [S.prodDeploying, S.funcRejected],
  [S.funcRejected]: [S.testDeploying],
  [S.prodDeploying]: [S.live, S.testFailed],
};

const command = fc.record({
  what: fc.nat({ max: 19 }),
  model: fc.integer({ min: 1, max: MODELS }),
  host: fc.nat({ max: 839 }),
  node: fc.integer({ min: 1, max: NODES }),
  isGood: fc.boolean(),
});
type Command = {
  readonly what: number;
  readonly model: number;
  readonly host: number;
  readonly node: number;
  readonly isGood: boolean;
};

/** Owner of the node that has to answer for the deployment of a replica. */
function answering(s: State, model: number, host: number): number {
  const { node, nextNode } = readHost(s, model, host);
  return nodeOwner(Math.max(1, nextNode === 0 ? node : nextNode));
}

function execute(s: State, c: Command): void {
  const { model, isGood } = c;
  const host = c.host % getParam(s, 'place.replicas');
  const { owner, testNode, pendingTask } = readModel(s, model);
  const send = (name: ActionName, actor: number, args: readonly number[]): void => {
    applyAction(s, action(name, actor, args));
  };
  const fault = isGood ? 1 : 2;
  if (c.what <= 1) send('submitModelMetadata', owner, [model, 7]);
  else if (c.what <= 3 && pendingTask !== 0) settleModelTask(s, model, isGood);
  else if (c.what === 4) send('requestTest', owner, [model]);
  else if (c.what <= 6) send('confirmTestDeployment', nodeOwner(Math.max(1, testNode)), [model]);
  else if (c.what === 7) send('failTestDeployment', nodeOwner(Math.max(1, testNode)), [model, fault]);
  else if (c.what === 8) send('openModelValidation', owner, [model]);
  else if (c.what === 9) send('changeModel', owner, [model, 5, 6]);
  else if (c.what === 10) send('submitVersion', owner, [model, 5, 6, 7]);
  else if (c.what <= 13) send('confirmHost', answering(s, model, host), [model, host]);
  else if (c.what === 14) send('failHost', answering(s, model, host), [model, host, fault]);
  else if (c.what <= 16) send('replaceHost', ACCOUNT.keeper, [model, host]);
  else if (c.what === 17) setNodeState(s, c.node, isGood ? NODE_STATE.online : NODE_STATE.offline);
  else if (c.what === 18 && isGood) passEra(s);
  else if (c.what === 18) enterNextSlot(s);
  else if (c.host % 24 === 0)
    send(isGood ? 'removeModel' : 'forceRemoveModel', isGood ? owner : ACCOUNT.keeper, [model]);
}

/** The last step of a settlement, then the next era. */
function passEra(s: State): void {
  enterSettlement(s, STEP.rotateModels);
  assert(applyAction(s, action('rotateModels', ACCOUNT.keeper, [0, MODELS])) === 0, 'rotateModels was refused');
  writeRecord(s, 'clockTotals', 0, { settledEraCount: readRecord(s, 'clockTotals', 0).settledEraCount - 1 });
  enterNextEra(s);
}

function checkDeployments(s: State, model: number): void {
  const m = readModel(s, model);
  const replicas = getParam(s, 'place.replicas');
  const used: number[] = m.testNode === 0 ? [] : [m.testNode];
  let placed = 0;
  let rotating = 0;
  for (let host = 0; host < HOSTS_PER_MODEL; host++) {
    const h = readHost(s, model, host);
    assert((h.node === 0) === (h.state === HOST_STATE.empty), `host ${host} has node ${h.node} in state ${h.state}`);
    assert(
      (h.nextNode !== 0) === (h.state === HOST_STATE.rotating),
      `host ${host} has a successor in state ${h.state}`,
    );
    assert(host < replicas || h.node === 0, `host ${host} is beyond place.replicas`);
    if (h.node === 0) continue;
    placed += 1;
    used.push(h.node);
    if (h.nextNode !== 0) used.push(h.nextNode);
    if (h.nextNode !== 0) rotating += 1;
    assert(isHosting(s, model, h.node) === h.state >= HOST_STATE.up, `isHosting is wrong about node ${h.node}`);
  }
  assert(new Set(used).size === used.length, `model ${model} runs twice on one node: ${used}`);
  assert(m.hostCount === placed, `hostCount is ${m.hostCount}, ${placed} replicas are placed`);
  assert(rotating <= 1, `${rotating} replicas rotate at once`);
  if (m.state === S.removed) assert(used.length === 0, `removed model ${model} still runs on ${used}`);
  if (m.state === S.live && m.hostCount === replicas) {
    const distinct = new Set(used.slice(m.testNode === 0 ? 0 : 1).filter((node) => !isSuccessor(s, model, node)));
    assert(distinct.size === replicas, `model ${model} is Live on ${distinct.size} of ${replicas} nodes`);
  }
  if (m.state === S.prodDeploying) assert(placed > 0, `model ${model} is deployed to no node`);
  const tests: number[] = [S.testDeploying, S.testDeployed, S.funcReview];
  assert(
    (m.testNode !== 0) === tests.includes(walkOf(s, model)),
    `test node ${m.testNode} in state ${walkOf(s, model)}`,
  );
}

function isSuccessor(s: State, model: number, node: number): boolean {
  return Array.from({ length: HOSTS_PER_MODEL }, (_, host) => readHost(s, model, host).nextNode).includes(node);
}

function checkWorld(s: State, fromEvent: number): void {
  let live = 0;
  const loads = new Array<number>(NODES + 1).fill(0);
  for (let model = 1; model <= MODELS; model++) {
    checkDeployments(s, model);
    const m = readModel(s, model);
    if (m.state === S.live) {
      live += 1;
      const version = readVersion(s, m.liveVersion);
      assert(version.metadataPassed === 1 && version.functionPassed === 1, `model ${model} is Live unchecked`);
      assert(version.model === model && version.feeUnits === m.feeUnits, `model ${model} sells another version`);
    }
    assert(
      (holderOf(s, KIND.model, model) === m.owner) === (m.state !== S.removed),
      `the NFT of model ${model} is wrong`,
    );
    loads[m.testNode]! += 1;
    for (let host = 0; host < HOSTS_PER_MODEL; host++) {
      loads[readHost(s, model, host).node]! += 1;
      loads[readHost(s, model, host).nextNode]! += 1;
    }
  }
  assert(readRecord(s, 'modelTotals', 0).liveCount === live, 'liveCount is wrong');
  for (let node = 1; node <= NODES; node++) {
    assert(loadOf(s, node) === loads[node], `node ${node} has load ${loadOf(s, node)}, runs ${loads[node]}`);
  }
  for (let i = fromEvent; i < s.eventCount; i++) checkTransition(s, i * EVENT_STRIDE);
}

function checkTransition(s: State, at: number): void {
  if (s.events[at] !== EV.Transition) return;
  const [kind, entity, , from, to] = s.events.slice(at + 1, at + 6) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (kind === KIND.task) return;
  const isRemoval = kind === KIND.model && to === S.removed && from !== S.removed;
  const isSwitch = kind === KIND.version && from === S.funcReview && to === S.live;
  const isFirstOnly = kind === KIND.version && (to === S.prodDeploying || from === S.prodDeploying);
  const isListed = NEXT[from]?.includes(to) === true && !isFirstOnly;
  assert(isListed || isRemoval || isSwitch, `entity ${entity} of kind ${kind} went from ${from} to ${to}`);
}

/** A life of two models: a new one, and one that is in its functional check, Live, or Live with a candidate. */
function live(
  overrides: Parameters<typeof createModelWorld>[1],
  c: Course,
  visit: (s: State, event: number) => void,
): void {
  const { s, creator } = createModelWorld(NODES, { 'model.register_stake': 1, ...overrides }, c.capacity);
  for (let i = 0; i < MODELS; i++) addModel(s, creator);
  // Most random walks would otherwise end before production.
  advanceModel(s, 1, c.first);
  if (c.first === S.live && c.candidate !== 0) {
    perform(s, 'submitVersion', creator, [1, 5, 6, 7]);
    advanceModel(s, 1, c.candidate);
  }
  for (const step of c.commands) {
    const before = s.eventCount;
    execute(s, step);
    visit(s, before);
  }
}

type Course = {
  readonly capacity: number;
  readonly first: number;
  readonly candidate: number;
  readonly commands: readonly Command[];
};
const course = fc.record({
  capacity: fc.integer({ min: 1, max: 4 }),
  first: fc.constantFrom(S.funcReview, S.prodDeploying, S.live),
  candidate: fc.constantFrom(0, S.metaApproved, S.testDeployed, S.testFailed, S.funcRejected),
  commands: fc.array(command, { minLength: 20, maxLength: 150 }),
});

/** What the events since `from` show, in words: transitions of models and versions, and what happened to hosts. */
function describeEvents(s: State, from: number): string[] {
  return eventsFrom(s, from).flatMap(([name, ...args]) => {
    if (name === 'Transition' && args[0] !== KIND.task) return [`${args[0]}: ${args[3]} to ${args[4]}`];
    return name === 'HostChanged' ? [`${args[1] === HOSTS_PER_MODEL ? 'test' : 'replica'} ${args[3]}`] : [];
  });
}

describe('models', () => {
  it.each([
    ['two replicas, top and bottom', { 'place.replicas': 2, 'place.policy': 0, 'rotate.period_eras': 1 }],
    ['six replicas anywhere on seven nodes', { 'place.replicas': 6, 'place.policy': 2, 'rotate.period_eras': 2 }],
    ['three replicas at the bottom, one retry', { 'place.replicas': 3, 'place.policy': 3, 'model.deploy_retries': 1 }],
  ])('given any life with %s > deployments are distinct and counted, Live is checked, SM-1 is kept', (_, overrides) => {
    fc.assert(
      fc.property(course, (c) => live(overrides, c, checkWorld)),
      { numRuns: 150, seed: 7 },
    );
  });

  it('given many lives > every transition of SM-1 and every state of a host occurs in some of them', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(course, (c) => {
        live({ 'rotate.period_eras': 1, 'model.deploy_retries': 1 }, c, (s, from) => {
          for (const text of describeEvents(s, from)) seen.add(text);
        });
      }),
      { numRuns: 600, seed: 7 },
    );
    const walks = Object.entries(NEXT).flatMap(([from, tos]) => tos.map((to) => `${from} to ${to}`));
    const inProduction = (walk: string): boolean => walk.includes(String(S.prodDeploying));
    const wanted = [
      ...walks.filter((walk) => !walk.startsWith('0 ')).map((walk) => `${KIND.model}: ${walk}`),
      ...walks.filter((walk) => !inProduction(walk)).map((walk) => `${KIND.version}: ${walk}`),
      `${KIND.version}: ${S.funcReview} to ${S.live}`,
      ...[S.registered, S.prodDeploying, S.live].map((from) => `${KIND.model}: ${from} to ${S.removed}`),
      ...['test 0', 'test 1', 'test 2', 'replica 0', 'replica 1', 'replica 2', 'replica 3'],
    ];
    const missing = wanted.filter((text) => !seen.has(text));
    assert(missing.length === 0, `never happened: ${missing.join('; ')}`);
  });
});

describe('placement of replicas', () => {
  it('given any policy > replica k of top_bottom alternates, the others keep to one band', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.nat({ max: 7 }), (policy, host) => {
        const { s } = createModelWorld(1, { 'place.policy': policy });
        const expected = [host % 2 === 0 ? 1 : 2, 1, 0, 2][policy];
        assert(bandOf(s, host) === expected, `policy ${policy} puts replica ${host} into band ${bandOf(s, host)}`);
      }),
    );
  });

  it('given any number of nodes and replicas > a Live model runs on as many distinct nodes as there are, up to place.replicas', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat({ max: 3 }),
        (nodes, replicas, policy) => {
          const { s, creator } = createModelWorld(nodes, {
            'place.replicas': replicas,
            'place.policy': policy,
            'place.band_bps': 1,
          });
          const model = addModel(s, creator);
          advanceModel(s, model, S.live);
          const { hostCount } = readModel(s, model);
          assert(
            hostCount === Math.min(nodes, replicas),
            `${hostCount} hosts of ${nodes} nodes for ${replicas} replicas`,
          );
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  it('given a metadata task > never touches deployments', () => {
    const { s, creator } = createModelWorld(3);
    const model = addModel(s, creator);
    advanceModel(s, model, S.metaReview);
    assert(readRecord(s, 'tasks', 1).kind === TASK_KIND.modelMetadata, 'the first task checks metadata');
    settleModelTask(s, model, true);
    assert(loadOf(s, 1) + loadOf(s, 2) + loadOf(s, 3) === 0, 'nothing is deployed');
  });
});
