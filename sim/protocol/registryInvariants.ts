/**
 * Invariants of NFTs, node slots, life cycles and deployments (section 8: INV-15 to INV-25). Each reads a state and says
 * what disagrees; none changes anything.
 */
import { countOf, TRACKED, type Tracker } from './invariantTracker.ts';
import {
  F,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  REQUEST_STATE,
  STRIDE,
  TASK_STATE,
  VALIDATOR_STATE,
} from './layout.ts';
import { marketCountsMatch } from './marketInvariants.ts';
import { holderOf } from './nft.ts';
import { getParam, type State } from './state.ts';
import { isReachable, isState } from './transitions.ts';

const M = F.models;
const N = F.nodes;
const H = F.hosts;

/** The registries whose entities have an NFT, and in which states they have it. */
const REGISTRIES = [
  { ...TRACKED[0], name: 'model', owner: M.owner, hasNft: (state: number) => state !== MODEL_STATE.removed },
  {
    ...TRACKED[1],
    name: 'node',
    owner: N.owner,
    hasNft: (state: number) => state >= NODE_STATE.registered && state <= NODE_STATE.exiting,
  },
  {
    ...TRACKED[2],
    name: 'validator',
    owner: F.validators.owner,
    hasNft: (state: number) => state !== VALIDATOR_STATE.exited,
  },
  { ...TRACKED[5], name: 'licence', owner: F.slarks.owner, hasNft: () => true },
] as const;

/** A provider and the node that it is linked to name each other until the provider is rejected or leaves. */
function linksAreMutual(s: State): string | null {
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= nodes; node++) {
    const provider = s.nodeProviders[node] ?? 0;
    if (provider === 0) continue;
    const linked = s.providers[provider * STRIDE.providers + F.providers.node]!;
    if (linked !== node) return `Node ${node} is linked to provider ${provider}, which is linked to node ${linked}`;
  }
  const providers = countOf(s, 'providers');
  for (let provider = 1; provider <= providers; provider++) {
    const at = provider * STRIDE.providers;
    const node = s.providers[at + F.providers.node]!;
    const isThere = s.providers[at + F.providers.state]! < PROVIDER_STATE.deactivated;
    if (node !== 0 && isThere !== (s.nodeProviders[node] === provider)) {
      return `Provider ${provider} in state ${s.providers[at + F.providers.state]} names node ${node}, which names provider ${s.nodeProviders[node]}`;
    }
  }
  return null;
}

/** INV-15 */
export function nftsMatchRegistries(s: State): string | null {
  for (const { kind, table, field, name, hasNft } of REGISTRIES) {
    const count = countOf(s, table);
    for (let entity = 1; entity <= count; entity++) {
      const state = s[table][entity * STRIDE[table] + field]!;
      const holder = holderOf(s, kind, entity);
      if (hasNft(state) !== (holder !== 0)) {
        return `The NFT of ${name} ${entity} in state ${state} ${holder === 0 ? 'does not exist' : `is held by ${holder}`}`;
      }
    }
    const beyond = holderOf(s, kind, count + 1);
    if (beyond !== 0) return `Account ${beyond} holds the NFT of ${name} ${count + 1}, which does not exist`;
  }
  return linksAreMutual(s);
}

/** INV-16 */
export function seatsAddUp(s: State): string | null {
  const t = F.nodeTotals;
  const used = s.nodeTotals[t.seatsUsedCount]!;
  const opened = s.nodeTotals[t.seatsOpenedCount]!;
  const freed = s.nodeTotals[t.freedCount]!;
  const slots = getParam(s, 'node.slots');
  if (used > slots) return `${used} node slots are used; there are ${slots}`;
  if (used + freed !== opened) return `${used} used and ${freed} freed node slots are not the ${opened} ever opened`;
  const isTaken = new Uint8Array(opened + 1);
  const count = s.nodeTotals[t.nodeCount]!;
  let seated = 0;
  for (let node = 1; node <= count; node++) {
    const seat = s.nodes[node * STRIDE.nodes + N.seat]!;
    if (seat === 0) continue;
    seated += 1;
    if (seat > opened) return `Node ${node} is in node slot ${seat}; ${opened} were ever opened`;
    if (isTaken[seat] === 1) return `Node slot ${seat} is taken twice, by node ${node} too`;
    isTaken[seat] = 1;
  }
  if (seated !== used) return `${seated} nodes have a node slot; ${used} are counted as used`;
  for (let i = 1; i <= freed; i++) {
    const seat = s.freedSeats[i]!;
    if (seat === 0 || seat > opened || isTaken[seat] === 1) return `Node slot ${seat} is freed, and taken or unknown`;
    isTaken[seat] = 1;
  }
  return null;
}

/** INV-17 */
export function goneNodesHaveNoSeat(s: State): string | null {
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= count; node++) {
    const state = s.nodes[node * STRIDE.nodes + N.state]!;
    const seat = s.nodes[node * STRIDE.nodes + N.seat]!;
    const isGone = state === NODE_STATE.removed || state === NODE_STATE.released;
    if (isGone !== (seat === 0)) return `Node ${node} in state ${state} has node slot ${seat}`;
  }
  return null;
}

/** INV-21 */
export function holdersAreOwners(s: State): string | null {
  for (const { kind, table, name, owner } of REGISTRIES) {
    const count = countOf(s, table);
    for (let entity = 1; entity <= count; entity++) {
      const holder = holderOf(s, kind, entity);
      const paid = s[table][entity * STRIDE[table] + owner]!;
      if (holder !== 0 && holder !== paid) {
        return `Account ${holder} holds the NFT of ${name} ${entity}, whose rewards go to ${paid}`;
      }
    }
  }
  return null;
}

/** INV-22 */
export function statesFollowTheMachines(s: State, tracker: Tracker): string | null {
  for (const { kind, table, field } of TRACKED) {
    const count = countOf(s, table);
    const before = tracker.states[table];
    for (let i = 1; i <= count; i++) {
      const state = s[table][i * STRIDE[table] + field] ?? 0;
      // What was found in order at the last check is so still. Most providers are the gateway of no subnet.
      if (state !== 0 && state === before[i]) continue;
      const isNone = kind === KIND.subnet && state === 0;
      if (!isState(kind, state) && !isNone)
        return `${table}[${i}] is in state ${state}, which its machine does not have`;
      const from = before[i] ?? 0;
      if (from !== state && !isReachable(kind, from, state)) {
        return `${table}[${i}] went from state ${from} to ${state}, which its machine does not allow`;
      }
    }
  }
  return candidatesFollowTheMachine(s) ?? countsMatchStates(s) ?? marketCountsMatch(s, tracker);
}

/** A candidate beside a live version walks the machine of versions; before that, the model's own state is the walk. */
function candidatesFollowTheMachine(s: State): string | null {
  const count = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= count; model++) {
    const at = model * STRIDE.models;
    const state = s.models[at + M.state]!;
    const walk = s.models[at + M.candidateState]!;
    const mayWalk = state === MODEL_STATE.live && s.models[at + M.candidateVersion] !== 0;
    const isWalking = isState(KIND.version, walk) && walk !== MODEL_STATE.live;
    if (mayWalk ? !isWalking : walk !== 0)
      return `The candidate of model ${model} in state ${state} is in state ${walk}`;
  }
  return null;
}

function countState(s: State, tracked: (typeof TRACKED)[number], state: number): number {
  const { table, field } = tracked;
  const count = countOf(s, table);
  let found = 0;
  for (let i = 1; i <= count; i++) if (s[table][i * STRIDE[table] + field] === state) found += 1;
  return found;
}

/** The totals that rules rely on instead of counting. */
function countsMatchStates(s: State): string | null {
  const [models, nodes, validators, tasks, providers] = TRACKED;
  const counts = [
    ['Live models', s.modelTotals[F.modelTotals.liveCount]!, countState(s, models, MODEL_STATE.live)],
    ['Online nodes', s.nodeTotals[F.nodeTotals.onlineCount]!, countState(s, nodes, NODE_STATE.online)],
    [
      'Active validators',
      s.validatorTotals[F.validatorTotals.activeCount]!,
      countState(s, validators, VALIDATOR_STATE.active),
    ],
    [
      'Active providers',
      s.providerTotals[F.providerTotals.activeCount]!,
      countState(s, providers, PROVIDER_STATE.active),
    ],
    ['Settled tasks', s.taskTotals[F.taskTotals.settledCount]!, countState(s, tasks, TASK_STATE.settled)],
  ] as const;
  for (const [name, counted, found] of counts) {
    if (counted !== found) return `${name}: ${counted} are counted, ${found} are there`;
  }
  return null;
}

/** INV-23 */
export function liveVersionsPassed(s: State): string | null {
  const count = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= count; model++) {
    const at = model * STRIDE.models;
    if (s.models[at + M.state] !== MODEL_STATE.live) continue;
    const version = s.models[at + M.liveVersion]!;
    const v = version * STRIDE.versions;
    if (version === 0 || s.versions[v + F.versions.model] !== model) {
      return `Live model ${model} serves version ${version}, which is not its own`;
    }
    const metadata = s.versions[v + F.versions.metadataPassed]!;
    const functional = s.versions[v + F.versions.functionPassed]!;
    if (metadata !== 1 || functional !== 1) {
      return `Live model ${model} serves version ${version}: metadata passed ${metadata}, function passed ${functional}`;
    }
  }
  return null;
}

/** INV-24: who is not degraded has all replicas, on as many nodes; a replica's node is in the list only once. */
export function replicasAreDistinct(s: State): string | null {
  const replicas = getParam(s, 'place.replicas');
  const count = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= count; model++) {
    const nodes: number[] = [];
    let placed = 0;
    for (let host = 0; host < HOSTS_PER_MODEL; host++) {
      const at = (model * HOSTS_PER_MODEL + host) * STRIDE.hosts;
      const state = s.hosts[at + H.state]!;
      const node = s.hosts[at + H.node]!;
      const next = s.hosts[at + H.nextNode]!;
      if ((state === HOST_STATE.empty) !== (node === 0) || (state === HOST_STATE.rotating) !== (next !== 0)) {
        return `Replica ${host} of model ${model} in state ${state} is on node ${node}, its successor on ${next}`;
      }
      if (node === 0) continue;
      placed += 1;
      if (host >= replicas) return `Model ${model} has replica ${host}; there are to be ${replicas}`;
      for (const used of next === 0 ? [node] : [node, next]) {
        if (nodes.includes(used)) return `Node ${used} carries two replicas of model ${model}`;
        nodes.push(used);
      }
    }
    const counted = s.models[model * STRIDE.models + M.hostCount]!;
    if (counted !== placed) return `Model ${model} counts ${counted} replicas; ${placed} are placed`;
  }
  return null;
}

/** Deployments of each node: replicas, their successors and test deployments. */
function loadsOf(s: State): Float64Array {
  const loads = new Float64Array(s.nodeTotals[F.nodeTotals.nodeCount]! + 1);
  const models = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= models; model++) {
    loads[s.models[model * STRIDE.models + M.testNode]!]! += 1;
    for (let host = 0; host < HOSTS_PER_MODEL; host++) {
      const at = (model * HOSTS_PER_MODEL + host) * STRIDE.hosts;
      loads[s.hosts[at + H.node]!]! += 1;
      loads[s.hosts[at + H.nextNode]!]! += 1;
    }
  }
  return loads;
}

/** INV-25 */
export function deploymentsHaveAPlace(s: State): string | null {
  const models = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= models; model++) {
    const at = model * STRIDE.models;
    if (s.models[at + M.state] !== MODEL_STATE.removed) continue;
    const hosts = s.models[at + M.hostCount]!;
    const test = s.models[at + M.testNode]!;
    if (hosts !== 0 || test !== 0) return `Removed model ${model} has ${hosts} replicas and test node ${test}`;
  }
  const loads = loadsOf(s);
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= nodes; node++) {
    const at = node * STRIDE.nodes;
    const load = s.nodes[at + N.loadCount]!;
    const capacity = s.nodes[at + N.capacityCount]!;
    const state = s.nodes[at + N.state]!;
    if (load !== loads[node]) return `Node ${node} counts ${load} deployments; ${loads[node]} are placed on it`;
    if (load > capacity) return `Node ${node} carries ${load} deployments and has capacity for ${capacity}`;
    const isServing = state >= NODE_STATE.online && state <= NODE_STATE.exiting;
    if (load > 0 && !isServing) return `Node ${node} in state ${state} carries ${load} deployments`;
  }
  return routesHaveANode(s);
}

function routesHaveANode(s: State): string | null {
  const requests = s.callTotals[F.callTotals.requestCount]!;
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let request = 1; request <= requests; request++) {
    const at = request * STRIDE.requests;
    const state = s.requests[at + F.requests.state]!;
    const node = s.requests[at + F.requests.node]!;
    const needsNode = state === REQUEST_STATE.routed || state === REQUEST_STATE.served;
    if (needsNode && (node === 0 || node > nodes)) return `Request ${request} in state ${state} is at node ${node}`;
  }
  return null;
}
