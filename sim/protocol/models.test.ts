import { beforeEach, describe, expect, it } from 'vitest';
import { PURPOSE } from '../base/rnd.ts';
import type { ActionName } from './actions.ts';
import { draw } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, HOSTS_PER_MODEL, KIND, MODEL_STATE, NODE_STATE, STEP, TASK_KIND } from './layout.ts';
import { isHosting, MAX_FEE_UNITS, MAX_WU, recordServedByModel } from './models.ts';
import {
  addLiveModel,
  addModel,
  advanceModel,
  confirmHosts,
  createModelWorld,
  enterNextSlot,
  eventsFrom,
  loadOf,
  MODEL_ARGS,
  type ModelWorld,
  nodeOwner,
  readHost,
  readModel,
  readVersion,
  setNodeState,
  settleModelTask,
  UNITS_PER_TOKEN,
  WALLET_UNITS,
  walkOf,
  writeRanking,
} from './modelWorld.ts';
import { holderOf } from './nft.ts';
import { attempt, dumpLedger, perform, readRecord, writeRecord } from './nodeWorld.ts';
import { BAND, pickNode } from './placement.ts';
import { ownUnits } from './stake.ts';
import type { State } from './state.ts';
import { enterSettlement, leaveSettlement, setParam } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const { keeper } = ACCOUNT;
const S = MODEL_STATE;
const NODE_FAULT = 1;
const MODEL_FAULT = 2;
const EMPTY = { node: 0, nextNode: 0, state: 0, sinceEra: 0 };

let world: ModelWorld;
let s: State;
let creator: number;
let stranger: number;

function start(...args: Parameters<typeof createModelWorld>): void {
  world = createModelWorld(...args);
  ({ s, creator, stranger } = world);
}

beforeEach(() => start(6));

function loads(): number[] {
  return Array.from({ length: readRecord(s, 'nodeTotals', 0).nodeCount }, (_, i) => loadOf(s, i + 1));
}

function hostNodes(model: number): number[] {
  return Array.from({ length: HOSTS_PER_MODEL }, (_, host) => readHost(s, model, host).node).filter((n) => n !== 0);
}

function totals(): ReturnType<typeof readRecord<'modelTotals'>> {
  return readRecord(s, 'modelTotals', 0);
}

describe('registerModel', () => {
  it('given the defaults > makes the first version a registered model, mints its NFT and moves nothing', () => {
    perform(s, 'registerModel', creator, [3, 2_000, 11, 5]);
    expect(readModel(s, 1)).toMatchObject({
      owner: creator,
      state: S.registered,
      feeUnits: 2_000,
      domain: 3,
      liveVersion: 0,
      candidateVersion: 1,
    });
    expect(readVersion(s, 1)).toMatchObject({ model: 1, number: 1, artefactId: 11, wu: 5, feeUnits: 2_000 });
    expect(holderOf(s, KIND.model, 1)).toBe(creator);
    expect(walletUnits(s, creator)).toBe(WALLET_UNITS);
    expect(eventsFrom(s)).toEqual([['Transition', KIND.model, 1, creator, 0, S.registered]]);
  });

  it('given a fee and a stake > sends the fee to the treasury and locks the stake', () => {
    start(2, { 'model.register_fee': 10, 'model.register_stake': 90 });
    const fee = 10 * UNITS_PER_TOKEN;
    const stake = 90 * UNITS_PER_TOKEN;
    perform(s, 'registerModel', creator, MODEL_ARGS);
    expect(eventsFrom(s)).toEqual([
      ['Transition', KIND.model, 1, creator, 0, S.registered],
      ['Moved', creator, ACCOUNT.treasury, fee, MOVE.registerFee],
      ['Moved', creator, ACCOUNT.stakeVault, stake, MOVE.stake],
      ['StakeChanged', KIND.model, 1, stake, 0],
    ]);
  });

  it('given exactly fee and stake > is accepted, given one unit less > InsufficientBalance', () => {
    start(2, { 'model.register_fee': 10, 'model.register_stake': 990 });
    expect(attempt(s, 'registerModel', creator, MODEL_ARGS)).toEqual(['None']);
    perform(s, 'transferTokens', stranger, [creator + 1, 1]);
    const have = WALLET_UNITS - 1;
    expect(attempt(s, 'registerModel', stranger, MODEL_ARGS)).toEqual(['InsufficientBalance', have, WALLET_UNITS]);
  });

  it.each([
    ['domain 31', [31, 1, 1, 1], ['None']],
    ['domain 32', [32, 0, 0, 0], ['ValueOutOfRange', 32, 31]],
    ['fee 0', [0, 0, 0, 0], ['AmountTooSmall', 0, 1]],
    ['largest fee', [0, MAX_FEE_UNITS, 1, 1], ['None']],
    ['a larger fee', [0, MAX_FEE_UNITS + 1, 0, 0], ['ValueOutOfRange', MAX_FEE_UNITS + 1, MAX_FEE_UNITS]],
    ['artefact 0', [0, 1, 0, 0], ['ValueOutOfRange', 0, 0]],
    ['wu 0', [0, 1, 1, 0], ['AmountTooSmall', 0, 1]],
    ['most wu', [0, 1, 1, MAX_WU], ['None']],
    ['more wu', [0, 1, 1, MAX_WU + 1], ['ValueOutOfRange', MAX_WU + 1, MAX_WU]],
  ])('given %s > is answered as its limit says', (_, args, result) => {
    expect(attempt(s, 'registerModel', creator, args)).toEqual(result);
  });
});

/** What each action is allowed in, for the first version of a model; every other state is refused with WrongState. */
const ALLOWED: readonly [ActionName, readonly (keyof typeof S)[], readonly number[]][] = [
  ['submitModelMetadata', ['registered', 'metaRejected'], [5]],
  ['requestTest', ['metaApproved', 'testFailed', 'funcRejected'], []],
  ['confirmTestDeployment', ['testDeploying'], []],
  ['failTestDeployment', ['testDeploying'], [NODE_FAULT]],
  ['openModelValidation', ['testDeployed'], []],
  ['confirmHost', ['prodDeploying'], [0]],
  ['failHost', ['prodDeploying'], [0, NODE_FAULT]],
  ['submitVersion', ['live'], [12, 5, 3_000]],
  ['removeModel', Object.keys(S).filter((key) => key !== 'removed') as (keyof typeof S)[], []],
];

describe('SM-1', () => {
  it.each(ALLOWED)('%s > is accepted in the states listed for it and refused in every other', (name, states, args) => {
    const accepted = Object.entries(S).filter(([, state]) => {
      start(6);
      const model = addModel(s, creator);
      advanceModel(s, model, state);
      writeRecord(s, 'models', model, { needsChange: 0 });
      const { testNode } = readModel(s, model);
      const { node } = readHost(s, model, 0);
      const actor = name === 'confirmHost' || name === 'failHost' ? node : testNode;
      const isHost = name.startsWith('confirm') || name.startsWith('fail');
      const [result, have, need] = attempt(s, name, isHost && actor !== 0 ? nodeOwner(actor) : creator, [
        model,
        ...args,
      ]);
      if (result === 'None') return true;
      // A host action is judged by the state of the replica, of which the model's own says nothing.
      const stateOf = name === 'confirmHost' || name === 'failHost' ? readHost(s, model, 0).state : walkOrState(model);
      expect([result, have, need]).toEqual(['WrongState', stateOf, 0]);
      return false;
    });
    expect(accepted.map(([key]) => key)).toEqual(
      Object.keys(S).filter((key) => states.includes(key as keyof typeof S)),
    );

    function walkOrState(model: number): number {
      return name === 'removeModel' || name === 'submitVersion' ? readModel(s, model).state : walkOf(s, model);
    }
  });

  it.each([
    ['submitModelMetadata', [5]],
    ['requestTest', []],
    ['openModelValidation', []],
    ['changeModel', [12, 5]],
    ['submitVersion', [12, 5, 3_000]],
    ['removeModel', []],
  ] as const)('%s > is the owner’s alone, of a model that exists', (name, args) => {
    const model = addModel(s, creator);
    expect(attempt(s, name, stranger, [model, ...args])).toEqual(['NotOwner', stranger, creator]);
    expect(attempt(s, name, creator, [0, ...args])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(s, name, creator, [2, ...args])).toEqual(['UnknownEntity', 2, 1]);
  });

  it.each([
    ['confirmTestDeployment', []],
    ['failTestDeployment', [NODE_FAULT]],
    ['confirmHost', [0]],
    ['failHost', [0, NODE_FAULT]],
  ] as const)('%s > given a model that does not exist > UnknownEntity', (name, args) => {
    expect(attempt(s, name, creator, [1, ...args])).toEqual(['UnknownEntity', 1, 0]);
  });

  it.each([
    ['replaceHost', [0]],
    ['forceRemoveModel', []],
  ] as const)('%s > is the keeper’s alone, of a model that exists', (name, args) => {
    const model = addLiveModel(s, creator);
    expect(attempt(s, name, creator, [model, ...args])).toEqual(['OnlyKeeper', creator, keeper]);
    expect(attempt(s, name, keeper, [model + 1, ...args])).toEqual(['UnknownEntity', model + 1, model]);
  });
});

describe('submitModelMetadata', () => {
  it('given a registered model > notes the document and opens a task about the version, for the fee', () => {
    setParam(s, 'val.task_fee', 700);
    const model = addModel(s, creator);
    const from = s.eventCount;
    perform(s, 'submitModelMetadata', creator, [model, 77]);
    expect(readVersion(s, 1).documentId).toBe(77);
    expect(readModel(s, model)).toMatchObject({ state: S.metaReview, pendingTask: 1 });
    expect(readRecord(s, 'tasks', 1)).toMatchObject({ kind: TASK_KIND.modelMetadata, subject: model, referenceId: 1 });
    expect(eventsFrom(s, from)).toEqual([
      ['Transition', KIND.task, 1, creator, 0, 1],
      ['Moved', creator, ACCOUNT.taskPot, 700, MOVE.taskFee],
      ['Transition', KIND.model, model, creator, S.registered, S.metaReview],
    ]);
  });

  it('given document 0 > ValueOutOfRange, given a task that is not settled > TaskPending', () => {
    const model = addModel(s, creator);
    expect(attempt(s, 'submitModelMetadata', creator, [model, 0])).toEqual(['ValueOutOfRange', 0, 0]);
    writeRecord(s, 'models', model, { pendingTask: 9 });
    expect(attempt(s, 'submitModelMetadata', creator, [model, 1])).toEqual(['TaskPending', 9, 0]);
  });

  it('given a wallet that holds exactly the fee > is accepted, given one unit less > InsufficientBalance', () => {
    const model = addModel(s, creator);
    setParam(s, 'val.task_fee', WALLET_UNITS + 1);
    const result = attempt(s, 'submitModelMetadata', creator, [model, 1]);
    expect(result).toEqual(['InsufficientBalance', WALLET_UNITS, WALLET_UNITS + 1]);
    setParam(s, 'val.task_fee', WALLET_UNITS);
    expect(attempt(s, 'submitModelMetadata', creator, [model, 1])).toEqual(['None']);
  });

  it('given a rejection > asks for a change first, and what was found is counted', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.metaRejected);
    expect(attempt(s, 'submitModelMetadata', creator, [model, 1])).toEqual(['ChangeRequired', model, 0]);
    perform(s, 'changeModel', creator, [model, 12, 6]);
    perform(s, 'submitModelMetadata', creator, [model, 1]);
    settleModelTask(s, model, true);
    expect(readModel(s, model)).toMatchObject({ state: S.metaApproved, checkCount: 2, checkPassedCount: 1 });
    expect(readVersion(s, 1)).toMatchObject({ artefactId: 12, wu: 6, documentId: 1, metadataPassed: 1 });
  });
});

describe('changeModel', () => {
  it('given nothing to change > AlreadySet', () => {
    const model = addModel(s, creator);
    expect(attempt(s, 'changeModel', creator, [model, 12, 6])).toEqual(['AlreadySet', 0, 0]);
  });

  it('given a failed functional check > lets the version be tested again, with its metadata still passed', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.funcRejected);
    expect(attempt(s, 'requestTest', creator, [model])).toEqual(['ChangeRequired', model, 0]);
    expect(attempt(s, 'changeModel', creator, [model, 0, 6])).toEqual(['ValueOutOfRange', 0, 0]);
    expect(attempt(s, 'changeModel', creator, [model, 1, 0])).toEqual(['AmountTooSmall', 0, 1]);
    perform(s, 'changeModel', creator, [model, 12, 6]);
    perform(s, 'requestTest', creator, [model]);
    expect(readVersion(s, 1)).toMatchObject({ artefactId: 12, wu: 6, metadataPassed: 1, functionPassed: 0 });
  });

  it('given a fault of the model in production > the passed check counts no longer', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    perform(s, 'failHost', nodeOwner(readHost(s, model, 0).node), [model, 0, MODEL_FAULT]);
    expect(readVersion(s, 1).functionPassed).toBe(1);
    perform(s, 'changeModel', creator, [model, 12, 6]);
    expect(readVersion(s, 1).functionPassed).toBe(0);
  });

  it('given a removed model that had to be changed > WrongState', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.metaRejected);
    perform(s, 'removeModel', creator, [model]);
    expect(attempt(s, 'changeModel', creator, [model, 12, 6])).toEqual(['WrongState', S.removed, 0]);
  });
});

describe('test deployment', () => {
  it('requestTest > given a node > reserves its capacity; given none > NoEligibleNode', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.metaApproved);
    const from = s.eventCount;
    perform(s, 'requestTest', creator, [model]);
    const { testNode } = readModel(s, model);
    expect(loads().reduce((a, b) => a + b)).toBe(1);
    expect(loadOf(s, testNode)).toBe(1);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 8, testNode, 1],
      ['Transition', KIND.model, model, creator, S.metaApproved, S.testDeploying],
    ]);
    const other = addModel(s, creator, [7, 1, 1, 1]);
    advanceModel(s, other, S.metaApproved);
    expect(attempt(s, 'requestTest', creator, [other])).toEqual(['NoEligibleNode', 6, 0]);
  });

  it('confirmTestDeployment > given anybody but the node’s owner > NotEngagedHost', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeploying);
    const host = nodeOwner(readModel(s, model).testNode);
    expect(attempt(s, 'confirmTestDeployment', creator, [model])).toEqual(['NotEngagedHost', creator, host]);
    expect(attempt(s, 'failTestDeployment', creator, [model, 1])).toEqual(['NotEngagedHost', creator, host]);
    const from = s.eventCount;
    perform(s, 'confirmTestDeployment', host, [model]);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 8, readModel(s, model).testNode, 2],
      ['Transition', KIND.model, model, host, S.testDeploying, S.testDeployed],
    ]);
  });

  it.each([0, 3])('failTestDeployment > given fault %i > ValueOutOfRange', (fault) => {
    const model = addModel(s, creator);
    expect(attempt(s, 'failTestDeployment', creator, [model, fault])).toEqual(['ValueOutOfRange', fault, 2]);
  });

  it('failTestDeployment > given node faults > tries other nodes until the tries are used up, then fails with nothing to change', () => {
    setParam(s, 'model.deploy_retries', 2);
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeploying);
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      expect(readModel(s, model).state).toBe(S.testDeploying);
      const { testNode } = readModel(s, model);
      expect(testNode).not.toBe(seen.at(-1));
      seen.push(testNode);
      expect(loads().reduce((a, b) => a + b)).toBe(1);
      perform(s, 'failTestDeployment', nodeOwner(testNode), [model, NODE_FAULT]);
    }
    expect(readModel(s, model)).toMatchObject({ state: S.testFailed, testNode: 0, needsChange: 0, triesCount: 2 });
    expect(loads()).toEqual([0, 0, 0, 0, 0, 0]);
    perform(s, 'requestTest', creator, [model]);
    expect(readModel(s, model).triesCount).toBe(0);
  });

  it('failTestDeployment > given a node fault and no other node > fails', () => {
    start(1);
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeploying);
    perform(s, 'failTestDeployment', nodeOwner(1), [model, NODE_FAULT]);
    expect(readModel(s, model)).toMatchObject({ state: S.testFailed, testNode: 0, needsChange: 0 });
  });

  it('failTestDeployment > given a fault of the model > fails at once and asks for a change', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeploying);
    perform(s, 'failTestDeployment', nodeOwner(readModel(s, model).testNode), [model, MODEL_FAULT]);
    expect(readModel(s, model)).toMatchObject({ state: S.testFailed, testNode: 0, needsChange: 1 });
    expect(attempt(s, 'requestTest', creator, [model])).toEqual(['ChangeRequired', model, 0]);
  });

  it('openModelValidation > given the fee is missing > InsufficientBalance; else opens a task about version, wu and artefact', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeployed);
    setParam(s, 'val.task_fee', WALLET_UNITS + 1);
    const result = attempt(s, 'openModelValidation', creator, [model]);
    expect(result).toEqual(['InsufficientBalance', WALLET_UNITS, WALLET_UNITS + 1]);
    setParam(s, 'val.task_fee', 0);
    perform(s, 'openModelValidation', creator, [model]);
    const task = { kind: TASK_KIND.model, subject: model, referenceId: 1, wu: 5, answerId: 11 };
    expect(readRecord(s, 'tasks', readModel(s, model).pendingTask)).toMatchObject(task);
  });
});

describe('production', () => {
  it('given a passed check > ends the test and deploys one replica of the top and one of the bottom band', () => {
    start(10, { 'place.band_bps': 1_000 });
    const model = addModel(s, creator);
    advanceModel(s, model, S.funcReview);
    const { testNode } = readModel(s, model);
    const from = s.eventCount;
    settleModelTask(s, model, true);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 8, 0, 0],
      ['Transition', KIND.model, model, keeper, S.funcReview, S.prodDeploying],
      ['HostChanged', model, 0, 1, 1],
      ['HostChanged', model, 1, 10, 1],
    ]);
    expect(readModel(s, model)).toMatchObject({ state: S.prodDeploying, hostCount: 2, testNode: 0 });
    expect(loadOf(s, testNode)).toBe(testNode === 1 || testNode === 10 ? 1 : 0);
    expect(readVersion(s, 1).functionPassed).toBe(1);
  });

  it.each([
    ['top_top', 1, [1, 2, 3]],
    ['bottom_bottom', 3, [10, 9, 8]],
    ['top_bottom', 0, [1, 10, 2]],
  ])('given policy %s and three replicas > takes the nodes of its bands', (_, policy, nodes) => {
    start(10, { 'place.band_bps': 1, 'place.policy': policy, 'place.replicas': 3 });
    expect(hostNodes(addLiveModel(s, creator))).toEqual(nodes);
  });

  it('given a single eligible node > goes Live with one replica, degraded', () => {
    start(3);
    setNodeState(s, 1, NODE_STATE.offline);
    setNodeState(s, 3, NODE_STATE.offline);
    const model = addLiveModel(s, creator);
    expect(hostNodes(model)).toEqual([2]);
    expect(readModel(s, model)).toMatchObject({ state: S.live, hostCount: 1 });
  });

  it('given no eligible node > falls back to TestFailed over ProdDeploying, with nothing to change', () => {
    start(1, {}, 1);
    const model = addModel(s, creator);
    advanceModel(s, model, S.funcReview);
    setNodeState(s, 1, NODE_STATE.offline);
    const from = s.eventCount;
    settleModelTask(s, model, true);
    expect(eventsFrom(s, from).slice(1)).toEqual([
      ['Transition', KIND.model, model, keeper, S.funcReview, S.prodDeploying],
      ['Transition', KIND.model, model, keeper, S.prodDeploying, S.testFailed],
    ]);
    expect(readModel(s, model)).toMatchObject({ hostCount: 0, needsChange: 0 });
    setNodeState(s, 1, NODE_STATE.online);
    expect(attempt(s, 'requestTest', creator, [model])).toEqual(['None']);
  });

  it('given all replicas confirmed > is Live with its first version', () => {
    writeRecord(s, 'clockTotals', 0, { era: 4 });
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    const [first, second] = hostNodes(model) as [number, number];
    perform(s, 'confirmHost', nodeOwner(first), [model, 0]);
    expect(readModel(s, model)).toMatchObject({ state: S.prodDeploying, liveVersion: 0 });
    const from = s.eventCount;
    perform(s, 'confirmHost', nodeOwner(second), [model, 1]);
    expect(readModel(s, model)).toMatchObject({ state: S.live, liveVersion: 1, candidateVersion: 0, rotationEra: 4 });
    expect(readHost(s, model, 1)).toEqual({ node: second, nextNode: 0, state: 2, sinceEra: 4 });
    expect(totals().liveCount).toBe(1);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 1, second, 2],
      ['Transition', KIND.model, model, nodeOwner(second), S.prodDeploying, S.live],
    ]);
  });

  it.each(['confirmHost', 'failHost'] as const)(
    '%s > given a wrong host number, sender or state > names it',
    (name) => {
      const model = addModel(s, creator);
      advanceModel(s, model, S.prodDeploying);
      const fault = name === 'failHost' ? [NODE_FAULT] : [];
      const host = nodeOwner(readHost(s, model, 1).node);
      expect(attempt(s, name, host, [model, 2, ...fault])).toEqual(['ValueOutOfRange', 2, 1]);
      expect(attempt(s, name, creator, [model, 1, ...fault])).toEqual(['NotEngagedHost', creator, host]);
      confirmHosts(s, model);
      expect(attempt(s, name, host, [model, 1, ...fault])).toEqual(['WrongState', 2, 0]);
    },
  );

  it('failHost > given node faults > moves the replica inside its band while tries are left, then empties it', () => {
    start(8, { 'place.band_bps': 1, 'model.deploy_retries': 2 });
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    expect(hostNodes(model)).toEqual([1, 8]);
    perform(s, 'failHost', nodeOwner(8), [model, 1, NODE_FAULT]);
    expect(hostNodes(model)).toEqual([1, 7]);
    perform(s, 'failHost', nodeOwner(1), [model, 0, NODE_FAULT]);
    expect(hostNodes(model)).toEqual([2, 7]);
    perform(s, 'failHost', nodeOwner(7), [model, 1, NODE_FAULT]);
    expect(hostNodes(model)).toEqual([2]);
    expect(readHost(s, model, 1)).toEqual(EMPTY);
    expect(readModel(s, model)).toMatchObject({ state: S.prodDeploying, hostCount: 1, triesCount: 2 });
    expect(loads()).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('failHost > given the last replica that was not up is given up > the model goes Live with the others', () => {
    setParam(s, 'model.deploy_retries', 0);
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    const [first, second] = hostNodes(model) as [number, number];
    perform(s, 'confirmHost', nodeOwner(first), [model, 0]);
    perform(s, 'failHost', nodeOwner(second), [model, 1, NODE_FAULT]);
    expect(readModel(s, model)).toMatchObject({ state: S.live, hostCount: 1 });
  });

  it('failHost > given no replica is left > TestFailed', () => {
    setParam(s, 'model.deploy_retries', 0);
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    const [first, second] = hostNodes(model) as [number, number];
    perform(s, 'failHost', nodeOwner(first), [model, 0, NODE_FAULT]);
    perform(s, 'failHost', nodeOwner(second), [model, 1, NODE_FAULT]);
    expect(readModel(s, model)).toMatchObject({ state: S.testFailed, hostCount: 0, needsChange: 0 });
    expect(loads()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('failHost > given a fault of the model > ends all replicas and asks for a change', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    const [first, second] = hostNodes(model) as [number, number];
    perform(s, 'confirmHost', nodeOwner(first), [model, 0]);
    perform(s, 'failHost', nodeOwner(second), [model, 1, MODEL_FAULT]);
    expect(readModel(s, model)).toMatchObject({ state: S.testFailed, hostCount: 0, needsChange: 1 });
    expect(hostNodes(model)).toEqual([]);
    expect(loads()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('failHost > given a Live model > takes only a fault of the node', () => {
    const model = addLiveModel(s, creator);
    expect(attempt(s, 'failHost', creator, [model, 0, MODEL_FAULT])).toEqual(['ValueOutOfRange', MODEL_FAULT, 1]);
    expect(attempt(s, 'failHost', creator, [model, 0, 0])).toEqual(['ValueOutOfRange', 0, 1]);
  });
});

describe('replaceHost', () => {
  it('given a replica whose node is Online > WrongState; on a node that went Offline or is Exiting > another of its band', () => {
    start(8, { 'place.band_bps': 1 });
    const model = addLiveModel(s, creator);
    expect(attempt(s, 'replaceHost', keeper, [model, 0])).toEqual(['WrongState', NODE_STATE.online, 0]);
    expect(attempt(s, 'replaceHost', keeper, [model, 2])).toEqual(['ValueOutOfRange', 2, 1]);
    setNodeState(s, 1, NODE_STATE.offline);
    setNodeState(s, 8, NODE_STATE.exiting);
    const from = s.eventCount;
    perform(s, 'replaceHost', keeper, [model, 0]);
    perform(s, 'replaceHost', keeper, [model, 1]);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 0, 2, 1],
      ['HostChanged', model, 1, 7, 1],
    ]);
    expect(loads()).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    expect(readModel(s, model)).toMatchObject({ state: S.live, hostCount: 2 });
    expect([2, 7].map((node) => isHosting(s, model, node))).toEqual([false, false]);
    confirmHosts(s, model);
    expect([2, 7].map((node) => isHosting(s, model, node))).toEqual([true, true]);
  });

  it('given an empty place > fills it', () => {
    start(3);
    setNodeState(s, 1, NODE_STATE.offline);
    setNodeState(s, 2, NODE_STATE.offline);
    const model = addLiveModel(s, creator);
    expect(hostNodes(model)).toEqual([3]);
    const host = readHost(s, model, 0).node === 0 ? 0 : 1;
    expect(attempt(s, 'replaceHost', keeper, [model, host])).toEqual(['NoEligibleNode', 3, 0]);
    setNodeState(s, 1, NODE_STATE.online);
    perform(s, 'replaceHost', keeper, [model, host]);
    confirmHosts(s, model);
    expect(hostNodes(model).sort()).toEqual([1, 3]);
    expect(readModel(s, model).hostCount).toBe(2);
  });

  it('given the replacement fails too > the place is empty until the keeper tries again', () => {
    start(8, { 'place.band_bps': 1 });
    const model = addLiveModel(s, creator);
    setNodeState(s, 1, NODE_STATE.offline);
    perform(s, 'replaceHost', keeper, [model, 0]);
    perform(s, 'failHost', nodeOwner(2), [model, 0, NODE_FAULT]);
    expect(readHost(s, model, 0)).toEqual(EMPTY);
    expect(readModel(s, model)).toMatchObject({ state: S.live, hostCount: 1 });
    enterNextSlot(s);
    expect(attempt(s, 'replaceHost', keeper, [model, 0])).toEqual(['None']);
  });

  it('given a replica in production that went Offline before it was up > places it anew; given any other state > WrongState', () => {
    const model = addModel(s, creator);
    expect(attempt(s, 'replaceHost', keeper, [model, 0])).toEqual(['WrongState', S.registered, 0]);
    advanceModel(s, model, S.prodDeploying);
    const old = readHost(s, model, 0).node;
    setNodeState(s, old, NODE_STATE.offline);
    perform(s, 'replaceHost', keeper, [model, 0]);
    expect(readHost(s, model, 0).node).not.toBe(old);
    expect(readModel(s, model)).toMatchObject({ state: S.prodDeploying, hostCount: 2 });
  });

  it('given a rotating replica whose node is lost > the successor takes its place', () => {
    start(8, { 'place.band_bps': 1, 'rotate.period_eras': 1 });
    const model = addLiveModel(s, creator);
    rotate(1);
    setNodeState(s, 1, NODE_STATE.offline);
    perform(s, 'replaceHost', keeper, [model, 0]);
    expect(readHost(s, model, 0)).toEqual({ node: 2, nextNode: 0, state: 1, sinceEra: 0 });
    expect(loads()).toEqual([0, 1, 0, 0, 0, 0, 0, 1]);
  });
});

/** Runs the step rotateModels of `era`, with every other step left out. */
function rotate(era: number): void {
  writeRecord(s, 'clockTotals', 0, { settledEraCount: era });
  enterSettlement(s, STEP.rotateModels);
  perform(s, 'rotateModels', keeper, [0, totals().modelCount]);
}

describe('rotateModels', () => {
  it('given a period that is over > gives the oldest replica a successor of its band, and keeps it until that is up', () => {
    start(8, { 'place.band_bps': 1, 'rotate.period_eras': 2 });
    const model = addLiveModel(s, creator);
    rotate(1);
    expect(readHost(s, model, 0).state).toBe(2);
    const from = s.eventCount;
    rotate(2);
    expect(eventsFrom(s, from)[1]).toEqual(['HostChanged', model, 0, 2, 3]);
    expect(readModel(s, model).rotationEra).toBe(2);
    expect([1, 2].map((node) => isHosting(s, model, node))).toEqual([true, false]);
    expect(loads()).toEqual([1, 1, 0, 0, 0, 0, 0, 1]);
    expect(attempt(s, 'confirmHost', nodeOwner(1), [model, 0])).toEqual(['NotEngagedHost', nodeOwner(1), nodeOwner(2)]);
    perform(s, 'confirmHost', nodeOwner(2), [model, 0]);
    expect(readHost(s, model, 0)).toEqual({ node: 2, nextNode: 0, state: 2, sinceEra: 2 });
    expect(loads()).toEqual([0, 1, 0, 0, 0, 0, 0, 1]);
    rotate(4);
    expect(readHost(s, model, 1)).toMatchObject({ node: 8, nextNode: 7, state: 3 });
  });

  it('given a successor that fails > the replica stays', () => {
    start(8, { 'place.band_bps': 1, 'rotate.period_eras': 1 });
    const model = addLiveModel(s, creator);
    rotate(1);
    perform(s, 'failHost', nodeOwner(2), [model, 0, NODE_FAULT]);
    expect(readHost(s, model, 0)).toEqual({ node: 1, nextNode: 0, state: 2, sinceEra: 0 });
    expect(loads()).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('given a successor that did not come up in a whole period > gives it up and tries again', () => {
    start(8, { 'place.band_bps': 1, 'rotate.period_eras': 1 });
    const model = addLiveModel(s, creator);
    rotate(1);
    setNodeState(s, 2, NODE_STATE.offline);
    const from = s.eventCount;
    rotate(2);
    expect(eventsFrom(s, from).slice(1)).toEqual([
      ['HostChanged', model, 0, 1, 2],
      ['HostChanged', model, 0, 3, 3],
    ]);
    expect(loads()).toEqual([1, 0, 1, 0, 0, 0, 0, 1]);
  });

  it('given no other node, or rotation switched off > changes nothing but the date', () => {
    start(2, { 'rotate.period_eras': 1 });
    const model = addLiveModel(s, creator);
    rotate(1);
    expect(readModel(s, model).rotationEra).toBe(1);
    expect([0, 1].map((host) => readHost(s, model, host).state)).toEqual([2, 2]);
    start(8, { 'rotate.period_eras': 0 });
    addLiveModel(s, creator);
    rotate(90);
    expect(readModel(s, 1).rotationEra).toBe(0);
  });
});

describe('submitVersion', () => {
  it('given a Live model > the old version stays live until the new one has passed, then price and work units change', () => {
    start(8);
    const model = addLiveModel(s, creator);
    const before = hostNodes(model);
    perform(s, 'submitVersion', creator, [model, 12, 9, 3_000]);
    expect(readVersion(s, 2)).toMatchObject({ model, number: 2, artefactId: 12, wu: 9, feeUnits: 3_000 });
    expect(attempt(s, 'submitVersion', creator, [model, 13, 9, 3_000])).toEqual(['WrongState', S.registered, 0]);
    advanceModel(s, model, S.funcReview);
    const during = {
      state: S.live,
      candidateState: S.funcReview,
      feeUnits: 2_000,
      liveVersion: 1,
      candidateVersion: 2,
    };
    expect(readModel(s, model)).toMatchObject(during);
    const { testNode } = readModel(s, model);
    expect(before).not.toContain(testNode);
    const from = s.eventCount;
    settleModelTask(s, model, true);
    expect(eventsFrom(s, from)).toEqual([
      ['HostChanged', model, 8, 0, 0],
      ['Transition', KIND.version, 2, keeper, S.funcReview, S.live],
    ]);
    const after = { state: S.live, candidateState: 0, feeUnits: 3_000, liveVersion: 2, candidateVersion: 0 };
    expect(readModel(s, model)).toMatchObject(after);
    expect(hostNodes(model)).toEqual(before);
    expect(totals().liveCount).toBe(1);
  });

  it('given a candidate that fails its check > leaves the live version alone and lets it be changed', () => {
    const model = addLiveModel(s, creator);
    perform(s, 'submitVersion', creator, [model, 12, 9, 3_000]);
    advanceModel(s, model, S.funcRejected);
    expect(readModel(s, model)).toMatchObject({ state: S.live, candidateState: S.funcRejected, liveVersion: 1 });
    perform(s, 'changeModel', creator, [model, 14, 10]);
    advanceModel(s, model, S.live);
    expect(readVersion(s, 2)).toMatchObject({ artefactId: 14, metadataPassed: 1, functionPassed: 1 });
    expect(readModel(s, model).liveVersion).toBe(2);
  });

  it.each([
    ['artefact 0', [0, 1, 1], ['ValueOutOfRange', 0, 0]],
    ['wu 0', [1, 0, 1], ['AmountTooSmall', 0, 1]],
    ['fee 0', [1, 1, 0], ['AmountTooSmall', 0, 1]],
    ['too high a fee', [1, 1, MAX_FEE_UNITS + 1], ['ValueOutOfRange', MAX_FEE_UNITS + 1, MAX_FEE_UNITS]],
  ])('given %s > is refused', (_, args, result) => {
    const model = addLiveModel(s, creator);
    expect(attempt(s, 'submitVersion', creator, [model, ...args])).toEqual(result);
  });
});

describe('removal', () => {
  it('removeModel > given a Live model with a candidate in test and a rotation > ends everything and pays the stake back', () => {
    start(8, { 'model.register_stake': 100, 'rotate.period_eras': 1 });
    const model = addLiveModel(s, creator);
    perform(s, 'submitVersion', creator, [model, 12, 9, 3_000]);
    advanceModel(s, model, S.testDeploying);
    rotate(1);
    expect(loads().reduce((a, b) => a + b)).toBe(4);
    perform(s, 'removeModel', creator, [model]);
    expect(loads()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(readModel(s, model)).toMatchObject({ state: S.removed, candidateState: 0, hostCount: 0, testNode: 0 });
    expect(hostNodes(model)).toEqual([]);
    expect(holderOf(s, KIND.model, model)).toBe(0);
    expect(walletUnits(s, creator)).toBe(WALLET_UNITS);
    expect(totals().liveCount).toBe(0);
    const last = eventsFrom(s).slice(-3);
    expect(last).toEqual([
      ['Transition', KIND.model, model, creator, S.live, S.removed],
      ['Moved', ACCOUNT.stakeVault, creator, 100 * UNITS_PER_TOKEN, MOVE.unstake],
      ['StakeChanged', KIND.model, model, 0, 0],
    ]);
  });

  it('forceRemoveModel > given a stake > forfeits its share to the treasury, rounded down, and pays the rest back', () => {
    start(2, { 'model.register_stake': 100, 'model.forced_forfeit_bps': 3_333 });
    const model = addModel(s, creator);
    writeRecord(s, 'modelCollateral', model, { ownUnits: 1_001 });
    const wallet = walletUnits(s, creator);
    perform(s, 'forceRemoveModel', keeper, [model]);
    expect(walletUnits(s, ACCOUNT.treasury)).toBe(333);
    expect(walletUnits(s, creator)).toBe(wallet + 668);
    expect(ownUnits(s, KIND.model, model)).toBe(0);
    expect(attempt(s, 'forceRemoveModel', keeper, [model])).toEqual(['WrongState', S.removed, 0]);
  });

  it.each([0, 10_000])('forceRemoveModel > given a forfeit of %i bps > emits no empty move', (bps) => {
    start(2, { 'model.register_stake': 100, 'model.forced_forfeit_bps': bps });
    const model = addModel(s, creator);
    const from = s.eventCount;
    perform(s, 'forceRemoveModel', keeper, [model]);
    const moves = eventsFrom(s, from).filter(([name]) => name === 'Moved');
    const to = bps === 0 ? creator : ACCOUNT.treasury;
    const reason = bps === 0 ? MOVE.unstake : MOVE.penalty;
    expect(moves).toEqual([['Moved', ACCOUNT.stakeVault, to, 100 * UNITS_PER_TOKEN, reason]]);
  });

  it.each([TASK_KIND.modelMetadata, TASK_KIND.model])(
    'given a task of kind %i is settled after the removal > the model only forgets it',
    (kind) => {
      const model = addModel(s, creator);
      advanceModel(s, model, kind === TASK_KIND.model ? S.funcReview : S.metaReview);
      perform(s, 'removeModel', creator, [model]);
      const from = s.eventCount;
      settleModelTask(s, model, true);
      expect(readModel(s, model)).toMatchObject({ state: S.removed, pendingTask: 0 });
      expect(readModel(s, model).checkCount).toBe(kind === TASK_KIND.model ? 1 : 0);
      expect(s.eventCount).toBe(from);
    },
  );
});

describe('payCreators', () => {
  function prepare(workUnits: readonly number[], poolUnits: number): void {
    for (const wu of workUnits) {
      const model = addModel(s, creator);
      if (wu > 0) recordServedByModel(s, model, wu);
    }
    writeRecord(s, 'emissionTotals', 0, { creatorUnits: poolUnits });
    enterSettlement(s, STEP.payCreators);
    s.eventCount = 0;
  }

  it('given work units 1, 0, 2 and a pool of 100 > pays 33 and 67, one event each, and starts the next era at 0', () => {
    prepare([1, 0, 2], 100);
    perform(s, 'payCreators', keeper, [0, 3]);
    expect(eventsFrom(s)).toEqual([
      ['Moved', ACCOUNT.community, creator, 33, MOVE.creatorReward],
      ['RewardPaid', KIND.model, 1, creator, 33, MOVE.creatorReward],
      ['Moved', ACCOUNT.community, creator, 67, MOVE.creatorReward],
      ['RewardPaid', KIND.model, 3, creator, 67, MOVE.creatorReward],
    ]);
    expect(totals()).toMatchObject({ eraWu: 0, runningWu: 0 });
    expect([1, 2, 3].map((model) => readModel(s, model).eraWu)).toEqual([0, 0, 0]);
  });

  it('given a removed model that served > pays its owner', () => {
    prepare([3], 90);
    leaveSettlement(s);
    perform(s, 'removeModel', creator, [1]);
    enterSettlement(s, STEP.payCreators);
    s.eventCount = 0;
    perform(s, 'payCreators', keeper, [0, 1]);
    expect(eventsFrom(s)[0]).toEqual(['Moved', ACCOUNT.community, creator, 90, MOVE.creatorReward]);
  });

  it.each([
    ['models that served nothing', [0, 0]],
    ['no models', []],
  ])('given %s > the pool goes to the foundation, once', (_, workUnits) => {
    prepare(workUnits, 90);
    for (let i = 0; i < workUnits.length; i++) perform(s, 'payCreators', keeper, [i, i + 1]);
    if (workUnits.length === 0) perform(s, 'payCreators', keeper, [0, 0]);
    expect(eventsFrom(s)).toEqual([['Moved', ACCOUNT.community, ACCOUNT.foundation, 90, MOVE.creatorReward]]);
  });

  it('given any chunks > the same payments and the same ledger', () => {
    const dumps = [1, 2, 3, 5].map((size) => {
      start(2);
      prepare([7, 0, 13, 1, 4], 1_000_003);
      for (let from = 0; from < 5; from += size) perform(s, 'payCreators', keeper, [from, Math.min(5, from + size)]);
      return dumpLedger(s);
    });
    expect(new Set(dumps).size).toBe(1);
  });

  it('given a call out of turn > StepOutOfOrder', () => {
    prepare([1], 100);
    enterSettlement(s, STEP.payValidators);
    const result = attempt(s, 'payCreators', keeper, [0, 1]);
    expect(result).toEqual(['StepOutOfOrder', STEP.payCreators, STEP.payValidators]);
  });
});

describe('draws', () => {
  const EXCLUDE_NONE: readonly number[] = [];

  /** Node that the draw of (purpose, model, k) hits, anywhere in the list. */
  function drawn(purpose: number, model: number, k: number, excluded = EXCLUDE_NONE): number {
    return pickNode(s, BAND.anywhere, draw(s, purpose, model, k), 0, excluded);
  }

  beforeEach(() => {
    start(40, { 'place.policy': 2, 'rotate.period_eras': 1 });
    addModel(s, stranger);
  });

  it('given a test > is drawn for (model, 16·version), its retries for (model, tries + 16·version)', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.testDeploying);
    const first = readModel(s, model).testNode;
    expect(first).toBe(drawn(PURPOSE.testPlacement, model, 32));
    perform(s, 'failTestDeployment', nodeOwner(first), [model, NODE_FAULT]);
    expect(readModel(s, model).testNode).toBe(drawn(PURPOSE.testPlacement, model, 33, [first]));
  });

  it('given production > replica k is drawn for (model, k), its retries for (model, k + 16·tries)', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.prodDeploying);
    const [first, second] = hostNodes(model) as [number, number];
    expect(first).toBe(drawn(PURPOSE.productionPlacement, model, 0));
    expect(second).toBe(drawn(PURPOSE.productionPlacement, model, 1, [first]));
    perform(s, 'failHost', nodeOwner(second), [model, 1, NODE_FAULT]);
    const again = drawn(PURPOSE.productionPlacement, model, 17, [first, second]);
    expect(readHost(s, model, 1).node).toBe(again);
  });

  it('given a replacement > is drawn for (model, host + 16·slots opened), a rotation for (model, era)', () => {
    const model = addLiveModel(s, creator);
    const [first, second] = hostNodes(model) as [number, number];
    setNodeState(s, second, NODE_STATE.offline);
    perform(s, 'replaceHost', keeper, [model, 1]);
    const third = readHost(s, model, 1).node;
    expect(third).toBe(drawn(PURPOSE.rotation, model, 17, [first, second]));
    confirmHosts(s, model);
    rotate(3);
    expect(readHost(s, model, 0).nextNode).toBe(drawn(PURPOSE.rotation, model, 3, [first, third]));
  });
});

describe('the list of nodes', () => {
  it('given nobody ranked yet > no model can be tested', () => {
    const model = addModel(s, creator);
    advanceModel(s, model, S.metaApproved);
    writeRanking(s, []);
    expect(attempt(s, 'requestTest', creator, [model])).toEqual(['NoEligibleNode', 0, 0]);
  });
});
