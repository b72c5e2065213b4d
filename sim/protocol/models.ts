/**
 * The life of a model (SM-1): registration, the checks that each version must pass, production, new versions, removal,
 * and the creators' part of an era's emission. Where deployments run is `hosting.ts`; calls and their fees are `calls.ts`.
 */
import { allocShare, BPS, mulDivDown } from '../base/fixedPoint.ts';
import { PURPOSE } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { currentEra, enterStep, slotCount } from './clock.ts';
import { MOVE } from './events.ts';
import {
  areHostsUp,
  bandOf,
  dropNext,
  emptyHost,
  emptyHosts,
  endTest,
  fillHost,
  fillHosts,
  hostAt,
  moveHost,
  pickHost,
  pickTestNode,
  raiseHost,
  rotateModel,
  startTest,
  TEST_HOST,
} from './hosting.ts';
import {
  ACCOUNT,
  F,
  FAULT,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  MODEL_STATE,
  NODE_STATE,
  STEP,
  STRIDE,
  TASK_KIND,
} from './layout.ts';
import { burnNft, mintNft } from './nft.ts';
import { R } from './rejections.ts';
import { lockStake, ownUnits, penaliseStake, releaseStake } from './stake.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { openTask } from './tasks.ts';
import { moveUnits, walletUnits } from './token.ts';

export { isHosting } from './hosting.ts';

const M = F.models;
const V = F.versions;
const H = F.hosts;
const TOTALS = F.modelTotals;

/** Domains are the bits of a node's mask. */
const MAX_DOMAIN = 31;
/** Highest fee of one call of size 1: a call may be a thousand times as large and must stay below 2^53 units (NUM-2). */
export const MAX_FEE_UNITS = 1_000_000_000_000;
/** Most work units of one call, so that an era's sums of wu and of wu·BPS stay below 2^53 (NUM-2). */
export const MAX_WU = 1_000_000;

function refuseUnknown(s: State, model: number): number {
  const count = s.modelTotals[TOTALS.modelCount]!;
  return model >= 1 && model <= count ? 0 : reject(s, R.UnknownEntity, model, count);
}

function refuseForeign(s: State, model: number, actor: number): number {
  const code = refuseUnknown(s, model);
  if (code !== 0) return code;
  const owner = s.models[model * STRIDE.models + M.owner]!;
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

function refuseFee(s: State, feeUnits: number): number {
  if (feeUnits === 0) return reject(s, R.AmountTooSmall, 0, 1);
  return feeUnits > MAX_FEE_UNITS ? reject(s, R.ValueOutOfRange, feeUnits, MAX_FEE_UNITS) : 0;
}

function refuseArtefact(s: State, artefactId: number, wu: number): number {
  if (artefactId === 0) return reject(s, R.ValueOutOfRange, 0, 0);
  if (wu === 0) return reject(s, R.AmountTooSmall, 0, 1);
  return wu > MAX_WU ? reject(s, R.ValueOutOfRange, wu, MAX_WU) : 0;
}

/** Refuses an owner who cannot pay `units`. */
function refusePoor(s: State, owner: number, units: number): number {
  const balanceUnits = walletUnits(s, owner);
  return balanceUnits < units ? reject(s, R.InsufficientBalance, balanceUnits, units) : 0;
}

function refuseFault(s: State, fault: number, limit: number): number {
  return fault < 1 || fault > limit ? reject(s, R.ValueOutOfRange, fault, limit) : 0;
}

/** Refuses anybody but the owner of the node that has to answer for a deployment. */
function refuseOtherHost(s: State, node: number, actor: number): number {
  const owner = s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
  return actor === owner ? 0 : reject(s, R.NotEngagedHost, actor, owner);
}

/** State of what is under validation: the candidate's once a version is live, else the model's. */
function walkOf(s: State, at: number): number {
  return s.models[at + M.liveVersion] === 0 ? s.models[at + M.state]! : s.models[at + M.candidateState]!;
}

function setWalk(s: State, model: number, to: number, actor: number): void {
  const at = model * STRIDE.models;
  const isFirst = s.models[at + M.liveVersion] === 0;
  const field = at + (isFirst ? M.state : M.candidateState);
  const from = s.models[field]!;
  s.models[field] = to;
  if (isFirst) emit(s, 'Transition', KIND.model, model, actor, from, to);
  else emit(s, 'Transition', KIND.version, s.models[at + M.candidateVersion]!, actor, from, to);
}

function setNeedsChange(s: State, model: number): void {
  s.models[model * STRIDE.models + M.needsChange] = 1;
}

/** Appends a version of the model as its candidate. */
function addVersion(s: State, model: number, number: number, artefactId: number, wu: number, feeUnits: number): number {
  const version = s.modelTotals[TOTALS.versionCount]! + 1;
  const at = recordAt(s, 'versions', version);
  s.modelTotals[TOTALS.versionCount] = version;
  s.versions[at + V.model] = model;
  s.versions[at + V.number] = number;
  s.versions[at + V.artefactId] = artefactId;
  s.versions[at + V.wu] = wu;
  s.versions[at + V.createdEra] = currentEra(s);
  s.versions[at + V.feeUnits] = feeUnits;
  s.models[model * STRIDE.models + M.candidateVersion] = version;
  return version;
}

/** Makes the candidate the live version; requests take its price and its work units from now on. */
function promoteCandidate(s: State, model: number): void {
  const at = model * STRIDE.models;
  const version = s.models[at + M.candidateVersion]!;
  s.models[at + M.liveVersion] = version;
  s.models[at + M.feeUnits] = s.versions[version * STRIDE.versions + V.feeUnits]!;
  s.models[at + M.candidateVersion] = 0;
  s.models[at + M.candidateState] = 0;
}

/** A model whose placed replicas are all up goes Live. @rule MODEL-9 */
function goLiveIfUp(s: State, model: number, actor: number): void {
  const at = model * STRIDE.models;
  if (s.models[at + M.state] !== MODEL_STATE.prodDeploying || !areHostsUp(s, model)) return;
  setWalk(s, model, MODEL_STATE.live, actor);
  promoteCandidate(s, model);
  s.models[at + M.rotationEra] = currentEra(s);
  s.modelTotals[TOTALS.liveCount]! += 1;
}

/**
 * Registers a model with its first version: mints the Model NFT to the sender, takes the fee and locks the stake.
 *
 * @param args domain 0..31, feeUnits per call of size 1, artefactId, wu of such a call
 * @rejects ValueOutOfRange, AmountTooSmall, InsufficientBalance
 * @invariant INV-15, INV-21
 * @rule MODEL-2, OP-5, OP-104
 */
export const registerModel: Rule = (s, actor, args) => {
  const domain = args[0]!;
  const feeUnits = args[1]!;
  const artefactId = args[2]!;
  const wu = args[3]!;
  if (domain > MAX_DOMAIN) return reject(s, R.ValueOutOfRange, domain, MAX_DOMAIN);
  const registerFeeUnits = getParam(s, 'model.register_fee');
  const stakeUnits = getParam(s, 'model.register_stake');
  const refused =
    refuseFee(s, feeUnits) || refuseArtefact(s, artefactId, wu) || refusePoor(s, actor, registerFeeUnits + stakeUnits);
  if (refused !== 0) return refused;

  const model = s.modelTotals[TOTALS.modelCount]! + 1;
  const at = recordAt(s, 'models', model);
  recordAt(s, 'hosts', model * HOSTS_PER_MODEL + HOSTS_PER_MODEL - 1);
  s.modelTotals[TOTALS.modelCount] = model;
  s.models[at + M.owner] = actor;
  s.models[at + M.state] = MODEL_STATE.registered;
  s.models[at + M.feeUnits] = feeUnits;
  s.models[at + M.domain] = domain;
  addVersion(s, model, 1, artefactId, wu, feeUnits);
  emit(s, 'Transition', KIND.model, model, actor, 0, MODEL_STATE.registered);
  moveUnits(s, actor, ACCOUNT.treasury, registerFeeUnits, MOVE.registerFee);
  if (stakeUnits > 0) lockStake(s, KIND.model, model, actor, stakeUnits);
  mintNft(s, KIND.model, model, actor);
  return 0;
};

/**
 * Hands in the metadata document of the version under validation and opens its check.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, ChangeRequired, ValueOutOfRange, TaskPending, InsufficientBalance
 * @rule MODEL-3, OP-23
 */
export const submitModelMetadata: Rule = (s, actor, args) => {
  const model = args[0]!;
  const documentId = args[1]!;
  const foreign = refuseForeign(s, model, actor);
  if (foreign !== 0) return foreign;
  const at = model * STRIDE.models;
  const walk = walkOf(s, at);
  if (walk !== MODEL_STATE.registered && walk !== MODEL_STATE.metaRejected) return reject(s, R.WrongState, walk, 0);
  if (s.models[at + M.needsChange] !== 0) return reject(s, R.ChangeRequired, model, 0);
  if (documentId === 0) return reject(s, R.ValueOutOfRange, 0, 0);
  const pending = s.models[at + M.pendingTask]!;
  if (pending !== 0) return reject(s, R.TaskPending, pending, 0);
  const poor = refusePoor(s, actor, getParam(s, 'val.task_fee'));
  if (poor !== 0) return poor;

  const version = s.models[at + M.candidateVersion]!;
  s.versions[version * STRIDE.versions + V.documentId] = documentId;
  s.models[at + M.pendingTask] = openTask(s, TASK_KIND.modelMetadata, model, actor, version, 0, 0, 0, actor);
  setWalk(s, model, MODEL_STATE.metaReview, actor);
  return 0;
};

/**
 * Asks for a test deployment; the node is drawn from the whole list.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, ChangeRequired, NoEligibleNode
 * @rule MODEL-4, F-22
 */
export const requestTest: Rule = (s, actor, args) => {
  const model = args[0]!;
  const foreign = refuseForeign(s, model, actor);
  if (foreign !== 0) return foreign;
  const at = model * STRIDE.models;
  const walk = walkOf(s, at);
  const isReady =
    walk === MODEL_STATE.metaApproved || walk === MODEL_STATE.testFailed || walk === MODEL_STATE.funcRejected;
  if (!isReady) return reject(s, R.WrongState, walk, 0);
  if (s.models[at + M.needsChange] !== 0) return reject(s, R.ChangeRequired, model, 0);
  const node = pickTestNode(s, model, 0);
  if (node === 0) return reject(s, R.NoEligibleNode, s.nodeTotals[F.nodeTotals.rankedCount]!, 0);

  s.models[at + M.triesCount] = 0;
  startTest(s, model, node);
  setWalk(s, model, MODEL_STATE.testDeploying, actor);
  return 0;
};

/**
 * The test node reports that the test deployment runs.
 *
 * @rejects UnknownEntity, WrongState, NotEngagedHost
 * @rule MODEL-4
 */
export const confirmTestDeployment: Rule = (s, actor, args) => {
  const model = args[0]!;
  const unknown = refuseUnknown(s, model);
  if (unknown !== 0) return unknown;
  const at = model * STRIDE.models;
  const walk = walkOf(s, at);
  if (walk !== MODEL_STATE.testDeploying) return reject(s, R.WrongState, walk, 0);
  const node = s.models[at + M.testNode]!;
  const other = refuseOtherHost(s, node, actor);
  if (other !== 0) return other;

  emit(s, 'HostChanged', model, TEST_HOST, node, HOST_STATE.up);
  setWalk(s, model, MODEL_STATE.testDeployed, actor);
  return 0;
};

/**
 * The test node reports that the deployment failed. A node's fault tries another node while tries are left; a model's fault
 * ends the test at once, and the creator has to change the version.
 *
 * @rejects UnknownEntity, ValueOutOfRange, WrongState, NotEngagedHost
 * @rule MODEL-4, OP-6
 */
export const failTestDeployment: Rule = (s, actor, args) => {
  const model = args[0]!;
  const fault = args[1]!;
  const refused = refuseUnknown(s, model) || refuseFault(s, fault, FAULT.model);
  if (refused !== 0) return refused;
  const at = model * STRIDE.models;
  const walk = walkOf(s, at);
  if (walk !== MODEL_STATE.testDeploying) return reject(s, R.WrongState, walk, 0);
  const other = refuseOtherHost(s, s.models[at + M.testNode]!, actor);
  if (other !== 0) return other;

  const tries = s.models[at + M.triesCount]! + 1;
  const mayRetry = fault === FAULT.node && tries <= getParam(s, 'model.deploy_retries');
  const node = mayRetry ? pickTestNode(s, model, tries) : 0;
  endTest(s, model);
  if (node !== 0) {
    s.models[at + M.triesCount] = tries;
    startTest(s, model, node);
    return 0;
  }
  if (fault === FAULT.model) setNeedsChange(s, model);
  setWalk(s, model, MODEL_STATE.testFailed, actor);
  return 0;
};

/**
 * Opens the functional check of the version that is test-deployed.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, InsufficientBalance
 * @rule MODEL-5, OP-23
 */
export const openModelValidation: Rule = (s, actor, args) => {
  const model = args[0]!;
  const foreign = refuseForeign(s, model, actor);
  if (foreign !== 0) return foreign;
  const at = model * STRIDE.models;
  const walk = walkOf(s, at);
  if (walk !== MODEL_STATE.testDeployed) return reject(s, R.WrongState, walk, 0);
  const poor = refusePoor(s, actor, getParam(s, 'val.task_fee'));
  if (poor !== 0) return poor;

  const version = s.models[at + M.candidateVersion]!;
  const v = version * STRIDE.versions;
  const wu = s.versions[v + V.wu]!;
  const artefactId = s.versions[v + V.artefactId]!;
  s.models[at + M.pendingTask] = openTask(s, TASK_KIND.model, model, actor, version, wu, artefactId, 0, actor);
  setWalk(s, model, MODEL_STATE.funcReview, actor);
  return 0;
};

/**
 * Changes the version under validation after a rejection or a fault of the model; only then may it be checked again. What the
 * functional check has found no longer counts.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, AlreadySet, ValueOutOfRange, AmountTooSmall
 * @rule MODEL-6
 */
export const changeModel: Rule = (s, actor, args) => {
  const model = args[0]!;
  const artefactId = args[1]!;
  const wu = args[2]!;
  const foreign = refuseForeign(s, model, actor);
  if (foreign !== 0) return foreign;
  const at = model * STRIDE.models;
  const state = s.models[at + M.state]!;
  if (state === MODEL_STATE.removed) return reject(s, R.WrongState, state, 0);
  if (s.models[at + M.needsChange] === 0) return reject(s, R.AlreadySet, 0, 0);
  const refused = refuseArtefact(s, artefactId, wu);
  if (refused !== 0) return refused;

  const v = s.models[at + M.candidateVersion]! * STRIDE.versions;
  s.versions[v + V.artefactId] = artefactId;
  s.versions[v + V.wu] = wu;
  s.versions[v + V.functionPassed] = 0;
  s.models[at + M.needsChange] = 0;
  return 0;
};

/**
 * Hands in a new version of a Live model. The old one stays live until the new one has passed both checks.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, ValueOutOfRange, AmountTooSmall
 * @rule MODEL-13, OP-10
 */
export const submitVersion: Rule = (s, actor, args) => {
  const model = args[0]!;
  const artefactId = args[1]!;
  const wu = args[2]!;
  const feeUnits = args[3]!;
  const foreign = refuseForeign(s, model, actor);
  if (foreign !== 0) return foreign;
  const at = model * STRIDE.models;
  const state = s.models[at + M.state]!;
  if (state !== MODEL_STATE.live) return reject(s, R.WrongState, state, 0);
  const candidateState = s.models[at + M.candidateState]!;
  if (s.models[at + M.candidateVersion] !== 0) return reject(s, R.WrongState, candidateState, 0);
  const refused = refuseArtefact(s, artefactId, wu) || refuseFee(s, feeUnits);
  if (refused !== 0) return refused;

  const liveNumber = s.versions[s.models[at + M.liveVersion]! * STRIDE.versions + V.number]!;
  addVersion(s, model, liveNumber + 1, artefactId, wu, feeUnits);
  setWalk(s, model, MODEL_STATE.registered, actor);
  return 0;
};

/**
 * A node reports that its replica is up, or that it has taken over from the replica that rotates out.
 *
 * @rejects UnknownEntity, ValueOutOfRange, WrongState, NotEngagedHost
 * @rule MODEL-7, MODEL-9, MODEL-14
 */
export const confirmHost: Rule = (s, actor, args) => {
  const model = args[0]!;
  const host = args[1]!;
  const refused = refuseUnknown(s, model) || refuseHost(s, host);
  if (refused !== 0) return refused;
  const h = hostAt(model, host);
  const state = s.hosts[h + H.state]!;
  if (!isComing(state)) return reject(s, R.WrongState, state, 0);
  const other = refuseOtherHost(s, comingNode(s, h), actor);
  if (other !== 0) return other;

  raiseHost(s, model, host, currentEra(s));
  goLiveIfUp(s, model, actor);
  return 0;
};

/**
 * A node reports that its replica cannot be brought up. Before the model is Live, a node's fault tries another node of the band
 * while tries are left, and a model's fault ends the whole production; when Live, the place is left for the keeper to fill, or
 * the replica that was to rotate out stays.
 *
 * @rejects UnknownEntity, ValueOutOfRange, WrongState, NotEngagedHost
 * @rule MODEL-8, OP-6
 */
export const failHost: Rule = (s, actor, args) => {
  const model = args[0]!;
  const host = args[1]!;
  const fault = args[2]!;
  const unknown = refuseUnknown(s, model);
  if (unknown !== 0) return unknown;
  const at = model * STRIDE.models;
  const isFirst = s.models[at + M.liveVersion] === 0;
  const refused = refuseHost(s, host) || refuseFault(s, fault, isFirst ? FAULT.model : FAULT.node);
  if (refused !== 0) return refused;
  const h = hostAt(model, host);
  const state = s.hosts[h + H.state]!;
  if (!isComing(state)) return reject(s, R.WrongState, state, 0);
  const other = refuseOtherHost(s, comingNode(s, h), actor);
  if (other !== 0) return other;

  if (state === HOST_STATE.rotating) dropNext(s, model, host);
  else if (!isFirst) emptyHost(s, model, host);
  else if (fault === FAULT.model) {
    emptyHosts(s, model);
    setNeedsChange(s, model);
    setWalk(s, model, MODEL_STATE.testFailed, actor);
  } else retryHost(s, model, host, actor);
  return 0;
};

/** A node's fault before the model is Live: another node of the band, or one replica less. */
function retryHost(s: State, model: number, host: number, actor: number): void {
  const at = model * STRIDE.models;
  const tries = s.models[at + M.triesCount]! + 1;
  const mayRetry = tries <= getParam(s, 'model.deploy_retries');
  const k = host + 16 * tries;
  const node = mayRetry ? pickHost(s, model, bandOf(s, host), PURPOSE.productionPlacement, k) : 0;
  if (node !== 0) {
    s.models[at + M.triesCount] = tries;
    moveHost(s, model, host, node);
    return;
  }
  emptyHost(s, model, host);
  if (s.models[at + M.hostCount] === 0) setWalk(s, model, MODEL_STATE.testFailed, actor);
  else goLiveIfUp(s, model, actor);
}

/**
 * Places a replica anew whose node is no longer Online, or whose place is empty; a successor that is being deployed takes over.
 * Keeper only.
 *
 * @rejects UnknownEntity, WrongState, ValueOutOfRange, NoEligibleNode
 * @rule MODEL-8, NODE-13, F-22
 */
export const replaceHost: Rule = (s, _actor, args) => {
  const model = args[0]!;
  const host = args[1]!;
  const unknown = refuseUnknown(s, model);
  if (unknown !== 0) return unknown;
  const state = s.models[model * STRIDE.models + M.state]!;
  if (state !== MODEL_STATE.live && state !== MODEL_STATE.prodDeploying) return reject(s, R.WrongState, state, 0);
  const refused = refuseHost(s, host);
  if (refused !== 0) return refused;
  const h = hostAt(model, host);
  const old = s.hosts[h + H.node]!;
  const oldState = s.nodes[old * STRIDE.nodes + F.nodes.state]!;
  if (oldState === NODE_STATE.online) return reject(s, R.WrongState, oldState, 0);
  const next = s.hosts[h + H.nextNode]!;
  const k = host + 16 * slotCount(s);
  const node = next !== 0 ? next : pickHost(s, model, bandOf(s, host), PURPOSE.rotation, k);
  if (node === 0) return reject(s, R.NoEligibleNode, s.nodeTotals[F.nodeTotals.rankedCount]!, 0);

  if (old === 0) fillHost(s, model, host, node);
  else moveHost(s, model, host, node);
  return 0;
};

function refuseHost(s: State, host: number): number {
  const replicas = getParam(s, 'place.replicas');
  return host < replicas ? 0 : reject(s, R.ValueOutOfRange, host, replicas - 1);
}

/** True if a replica, or its successor, is being deployed. */
function isComing(hostState: number): boolean {
  return hostState === HOST_STATE.deploying || hostState === HOST_STATE.rotating;
}

/** Node that is being deployed to: the successor of a rotating replica, else the replica's own. */
function comingNode(s: State, hostRecordAt: number): number {
  return s.hosts[hostRecordAt + (s.hosts[hostRecordAt + H.state] === HOST_STATE.rotating ? H.nextNode : H.node)]!;
}

/**
 * The creator withdraws the model: all its deployments end, the NFT is burnt, the stake returns.
 *
 * @rejects UnknownEntity, NotOwner, WrongState
 * @invariant INV-25
 * @rule MODEL-15, OP-5
 */
export const removeModel: Rule = (s, actor, args) => {
  const model = args[0]!;
  const refused = refuseForeign(s, model, actor) || refuseRemoved(s, model);
  if (refused !== 0) return refused;

  endModel(s, model, actor);
  payStakeBack(s, model);
  return 0;
};

/**
 * The protocol removes a malicious or broken model: as {@link removeModel}, and a share of the stake goes to the treasury.
 * Keeper only.
 *
 * @rejects UnknownEntity, WrongState
 * @rule MODEL-15, OP-5
 */
export const forceRemoveModel: Rule = (s, actor, args) => {
  const model = args[0]!;
  const refused = refuseUnknown(s, model) || refuseRemoved(s, model);
  if (refused !== 0) return refused;

  endModel(s, model, actor);
  const forfeitUnits = mulDivDown(ownUnits(s, KIND.model, model), getParam(s, 'model.forced_forfeit_bps'), BPS);
  if (forfeitUnits > 0) penaliseStake(s, KIND.model, model, forfeitUnits, ACCOUNT.treasury);
  payStakeBack(s, model);
  return 0;
};

function refuseRemoved(s: State, model: number): number {
  const state = s.models[model * STRIDE.models + M.state]!;
  return state === MODEL_STATE.removed ? reject(s, R.WrongState, state, 0) : 0;
}

/** Requests that are open or routed find no host any more and are refunded when the slot is closed. */
function endModel(s: State, model: number, actor: number): void {
  const at = model * STRIDE.models;
  const state = s.models[at + M.state]!;
  emptyHosts(s, model);
  endTest(s, model);
  if (state === MODEL_STATE.live) s.modelTotals[TOTALS.liveCount]! -= 1;
  s.models[at + M.candidateState] = 0;
  s.models[at + M.state] = MODEL_STATE.removed;
  emit(s, 'Transition', KIND.model, model, actor, state, MODEL_STATE.removed);
  burnNft(s, KIND.model, model);
}

function payStakeBack(s: State, model: number): void {
  const units = ownUnits(s, KIND.model, model);
  if (units > 0) releaseStake(s, KIND.model, model, s.models[model * STRIDE.models + M.owner]!, units);
}

/**
 * Outcome of a metadata or model task, once per task. A model that was removed meanwhile only forgets the task.
 *
 * @param passed a task without consensus after its last round counts as failed
 * @param actor sender of the settlement
 * @invariant INV-23, INV-27
 * @rule MODEL-3, MODEL-5, MODEL-6, MODEL-7, OP-10
 */
export function onModelTask(
  s: State,
  _task: number,
  taskKind: number,
  model: number,
  passed: boolean,
  actor: number,
): void {
  const at = model * STRIDE.models;
  s.models[at + M.pendingTask] = 0;
  if (s.models[at + M.state] === MODEL_STATE.removed) return;
  s.models[at + M.checkCount]! += 1;
  if (passed) s.models[at + M.checkPassedCount]! += 1;
  else setNeedsChange(s, model);
  const v = s.models[at + M.candidateVersion]! * STRIDE.versions;
  if (taskKind === TASK_KIND.modelMetadata) {
    s.versions[v + V.metadataPassed] = passed ? 1 : 0;
    setWalk(s, model, passed ? MODEL_STATE.metaApproved : MODEL_STATE.metaRejected, actor);
    return;
  }
  endTest(s, model);
  s.versions[v + V.functionPassed] = passed ? 1 : 0;
  if (!passed) setWalk(s, model, MODEL_STATE.funcRejected, actor);
  else if (s.models[at + M.liveVersion] === 0) startProduction(s, model, actor);
  else {
    setWalk(s, model, MODEL_STATE.live, actor);
    promoteCandidate(s, model);
  }
}

/** Deploys the replicas; without a single node the model falls back to TestFailed, with nothing to change. */
function startProduction(s: State, model: number, actor: number): void {
  const at = model * STRIDE.models;
  s.models[at + M.triesCount] = 0;
  setWalk(s, model, MODEL_STATE.prodDeploying, actor);
  fillHosts(s, model);
  if (s.models[at + M.hostCount] === 0) setWalk(s, model, MODEL_STATE.testFailed, actor);
}

/** A request for the model was taken. @rule F-21 */
export function recordRequested(s: State, model: number): void {
  s.models[model * STRIDE.models + M.requestCount]! += 1;
}

/** The model answered a request of `wu` work units. @rule F-21, ECON-2 */
export function recordServedByModel(s: State, model: number, wu: number): void {
  const at = model * STRIDE.models;
  s.models[at + M.successCount]! += 1;
  s.models[at + M.eraWu]! += wu;
  s.modelTotals[TOTALS.eraWu]! += wu;
}

/** A request for the model was refunded. @rule F-21 */
export function recordFailed(s: State, model: number): void {
  s.models[model * STRIDE.models + M.errorCount]! += 1;
}

/**
 * Settlement step over models: the creators' part of the emission, by the work units their models served in the era; to the
 * foundation if none served any. Removed models are paid for what they served.
 *
 * @rule MODEL-16, ECON-2, NUM-4
 * @invariant INV-42
 */
export const payCreators: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = s.modelTotals[TOTALS.modelCount]!;
  const code = enterStep(s, STEP.payCreators, from, to, count);
  if (code !== 0) return code;

  const poolUnits = s.emissionTotals[F.emissionTotals.creatorUnits]!;
  const sumWu = s.modelTotals[TOTALS.eraWu]!;
  for (let model = from + 1; model <= to; model++) {
    const at = model * STRIDE.models;
    const wu = s.models[at + M.eraWu]!;
    if (wu === 0) continue;
    const before = s.modelTotals[TOTALS.runningWu]!;
    const owner = s.models[at + M.owner]!;
    const units = allocShare(poolUnits, before, before + wu, sumWu);
    s.modelTotals[TOTALS.runningWu] = before + wu;
    s.models[at + M.eraWu] = 0;
    if (units === 0) continue;
    moveUnits(s, ACCOUNT.community, owner, units, MOVE.creatorReward);
    emit(s, 'RewardPaid', KIND.model, model, owner, units, MOVE.creatorReward);
  }
  if (to === count) {
    if (sumWu === 0) moveUnits(s, ACCOUNT.community, ACCOUNT.foundation, poolUnits, MOVE.creatorReward);
    s.modelTotals[TOTALS.eraWu] = 0;
    s.modelTotals[TOTALS.runningWu] = 0;
  }
  return 0;
};

/**
 * Settlement step over models: starts the rotations that are due.
 *
 * @rule MODEL-14, OP-11
 */
export const rotateModels: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const code = enterStep(s, STEP.rotateModels, from, to, s.modelTotals[TOTALS.modelCount]!);
  if (code !== 0) return code;

  const era = currentEra(s);
  for (let model = from + 1; model <= to; model++) rotateModel(s, model, era);
  return 0;
};
