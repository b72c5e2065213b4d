/**
 * Where a model runs: its production replicas, the node of its test deployment, and the band of the ranking that each
 * replica is drawn from. When a deployment starts or ends is decided by `models.ts`, which node a draw hits by `placement.ts`.
 */
import { PURPOSE } from '../base/rnd.ts';
import { draw } from './clock.ts';
import { F, HOST_STATE, HOSTS_PER_MODEL, MODEL_STATE, STRIDE } from './layout.ts';
import { addLoad, removeLoad } from './nodes.ts';
import { BAND, pickNode } from './placement.ts';
import { emit, getParam, type State } from './state.ts';

const M = F.models;
const H = F.hosts;
/** Options of `place.policy`, by their index in the parameter registry. */
const POLICY = { topBottom: 0, topTop: 1, random: 2 } as const;

/** The test deployment's number in HostChanged: one more than the last replica's. */
export const TEST_HOST = HOSTS_PER_MODEL;

/** First float of the record of replica `host` of a model. */
export function hostAt(model: number, host: number): number {
  return (model * HOSTS_PER_MODEL + host) * STRIDE.hosts;
}

/**
 * Band of the list by trust weight that replica `host` is drawn from: 0 anywhere, 1 top, 2 bottom.
 *
 * @rule MODEL-7, OP-7, F-22
 */
export function bandOf(s: State, host: number): number {
  const policy = getParam(s, 'place.policy');
  if (policy === POLICY.random) return BAND.anywhere;
  if (policy === POLICY.topTop) return BAND.top;
  return policy === POLICY.topBottom && host % 2 === 0 ? BAND.top : BAND.bottom;
}

/** True if the node serves the model now: it is a replica that is up, or that stays up while its successor is deployed. @rule INV-25 */
export function isHosting(s: State, model: number, node: number): boolean {
  if (node === 0) return false;
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    const at = hostAt(model, host);
    if (s.hosts[at + H.node] === node && s.hosts[at + H.state]! >= HOST_STATE.up) return true;
  }
  return false;
}

/**
 * The nodes that run something of the model and may not be chosen again: the replicas, then the one successor that may be
 * deploying, then the test node; ten places, 0 where there is none.
 */
function deployedNodes(s: State, model: number): number[] {
  const nodes = new Array<number>(HOSTS_PER_MODEL + 2).fill(0);
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    const at = hostAt(model, host);
    nodes[host] = s.hosts[at + H.node]!;
    if (s.hosts[at + H.nextNode] !== 0) nodes[HOSTS_PER_MODEL] = s.hosts[at + H.nextNode]!;
  }
  nodes[HOSTS_PER_MODEL + 1] = s.models[model * STRIDE.models + M.testNode]!;
  return nodes;
}

/** A node for the model from `band`, none of those that run it already; 0 if there is none. @rule F-22 */
export function pickHost(s: State, model: number, band: number, purpose: number, k: number): number {
  const domain = s.models[model * STRIDE.models + M.domain]!;
  return pickNode(s, band, draw(s, purpose, model, k), domain, deployedNodes(s, model));
}

/** A node for the test deployment: any in the list. @rule MODEL-4 */
export function pickTestNode(s: State, model: number, tries: number): number {
  const version = s.models[model * STRIDE.models + M.candidateVersion]!;
  return pickHost(s, model, BAND.anywhere, PURPOSE.testPlacement, tries + 16 * version);
}

/** Puts the test deployment on `node`. */
export function startTest(s: State, model: number, node: number): void {
  s.models[model * STRIDE.models + M.testNode] = node;
  addLoad(s, node);
  emit(s, 'HostChanged', model, TEST_HOST, node, HOST_STATE.deploying);
}

/** Ends the test deployment, if there is one. */
export function endTest(s: State, model: number): void {
  const at = model * STRIDE.models;
  const node = s.models[at + M.testNode]!;
  if (node === 0) return;
  s.models[at + M.testNode] = 0;
  removeLoad(s, node);
  emit(s, 'HostChanged', model, TEST_HOST, 0, HOST_STATE.empty);
}

/** Starts the deployment of replica `host` on `node`, whose load the caller has taken care of. */
function writeDeploying(s: State, model: number, host: number, node: number): void {
  const at = hostAt(model, host);
  s.hosts[at + H.node] = node;
  s.hosts[at + H.nextNode] = 0;
  s.hosts[at + H.state] = HOST_STATE.deploying;
  s.hosts[at + H.sinceEra] = 0;
  emit(s, 'HostChanged', model, host, node, HOST_STATE.deploying);
}

/** Puts the empty replica `host` on `node`. */
export function fillHost(s: State, model: number, host: number, node: number): void {
  s.models[model * STRIDE.models + M.hostCount]! += 1;
  addLoad(s, node);
  writeDeploying(s, model, host, node);
}

/** Moves replica `host` to `node`, at once. */
export function moveHost(s: State, model: number, host: number, node: number): void {
  const at = hostAt(model, host);
  removeLoad(s, s.hosts[at + H.node]!);
  // A successor has carried the load since its deployment began.
  if (s.hosts[at + H.nextNode] === 0) addLoad(s, node);
  writeDeploying(s, model, host, node);
}

/** Replica `host` is up on its node from this era on. */
export function raiseHost(s: State, model: number, host: number, era: number): void {
  const at = hostAt(model, host);
  const next = s.hosts[at + H.nextNode]!;
  if (next !== 0) {
    removeLoad(s, s.hosts[at + H.node]!);
    s.hosts[at + H.node] = next;
    s.hosts[at + H.nextNode] = 0;
  }
  s.hosts[at + H.state] = HOST_STATE.up;
  s.hosts[at + H.sinceEra] = era;
  emit(s, 'HostChanged', model, host, s.hosts[at + H.node]!, HOST_STATE.up);
}

/** Ends what runs of replica `host`, its successor included. The place must not be empty. */
export function emptyHost(s: State, model: number, host: number): void {
  const at = hostAt(model, host);
  s.models[model * STRIDE.models + M.hostCount]! -= 1;
  removeLoad(s, s.hosts[at + H.node]!);
  if (s.hosts[at + H.nextNode] !== 0) removeLoad(s, s.hosts[at + H.nextNode]!);
  s.hosts[at + H.node] = 0;
  s.hosts[at + H.nextNode] = 0;
  s.hosts[at + H.state] = HOST_STATE.empty;
  s.hosts[at + H.sinceEra] = 0;
  emit(s, 'HostChanged', model, host, 0, HOST_STATE.empty);
}

/** Ends every production deployment of the model. */
export function emptyHosts(s: State, model: number): void {
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    if (s.hosts[hostAt(model, host) + H.state] !== HOST_STATE.empty) emptyHost(s, model, host);
  }
}

/** Places all replicas of a model that has none. A replica for which no node is found stays empty: degraded. @rule MODEL-7, F-22 */
export function fillHosts(s: State, model: number): void {
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    const node = pickHost(s, model, bandOf(s, host), PURPOSE.productionPlacement, host);
    if (node !== 0) fillHost(s, model, host, node);
  }
}

/** True if at least one replica is placed and all placed ones are up. */
export function areHostsUp(s: State, model: number): boolean {
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    if (s.hosts[hostAt(model, host) + H.state] === HOST_STATE.deploying) return false;
  }
  return s.models[model * STRIDE.models + M.hostCount]! > 0;
}

/** Gives up the successor of replica `host`; the replica stays where it is. */
export function dropNext(s: State, model: number, host: number): void {
  const at = hostAt(model, host);
  removeLoad(s, s.hosts[at + H.nextNode]!);
  s.hosts[at + H.nextNode] = 0;
  s.hosts[at + H.state] = HOST_STATE.up;
  emit(s, 'HostChanged', model, host, s.hosts[at + H.node]!, HOST_STATE.up);
}

/**
 * Rotates a Live model when its period is over: the replica that has been up longest, the lowest number among equals, gets a
 * successor from its band and keeps serving until that one is up. A successor that did not come up within a whole period is
 * given up first, so at most one is deploying.
 *
 * @rule MODEL-14, OP-11
 */
export function rotateModel(s: State, model: number, era: number): void {
  const at = model * STRIDE.models;
  const period = getParam(s, 'rotate.period_eras');
  if (s.models[at + M.state] !== MODEL_STATE.live || period === 0 || era - s.models[at + M.rotationEra]! < period)
    return;
  s.models[at + M.rotationEra] = era;
  const replicas = getParam(s, 'place.replicas');
  let oldest = -1;
  for (let host = 0; host < replicas; host++) {
    const h = hostAt(model, host);
    if (s.hosts[h + H.state] === HOST_STATE.rotating) dropNext(s, model, host);
    if (s.hosts[h + H.state] !== HOST_STATE.up) continue;
    if (oldest === -1 || s.hosts[h + H.sinceEra]! < s.hosts[hostAt(model, oldest) + H.sinceEra]!) oldest = host;
  }
  if (oldest === -1) return;
  const node = pickHost(s, model, bandOf(s, oldest), PURPOSE.rotation, era);
  if (node === 0) return;
  const h = hostAt(model, oldest);
  s.hosts[h + H.nextNode] = node;
  s.hosts[h + H.state] = HOST_STATE.rotating;
  addLoad(s, node);
  emit(s, 'HostChanged', model, oldest, node, HOST_STATE.rotating);
}
