/**
 * Which replica answers a request (F-23): computed off-chain by the keeper, checked by `routeRequests` in `calls.ts` only as far
 * as that the node does host the model. Decides nothing about payment.
 */
import { BPS, max, mulDivDown } from '../base/fixedPoint.ts';
import { PURPOSE, pick } from '../base/rnd.ts';
import { draw } from './clock.ts';
import { hostAt } from './hosting.ts';
import { F, HOST_STATE, NODE_STATE, REQUEST_STATE, STRIDE } from './layout.ts';
import { getParam, type State } from './state.ts';
import { trustFpOf } from './trust.ts';

const H = F.hosts;
/** Options of `route.mode`, by their index in the parameter registry. */
const MODE = { trustWeighted: 0, uniform: 1, leastLoaded: 2 } as const;

/** Requests that a plan has given to each node and that the ledger does not know of yet. */
type Planned = Map<number, number>;

/** Nodes that can answer for the model now: replicas that are up, on nodes that are Online or Exiting. */
function servingNodes(s: State, model: number): number[] {
  const nodes: number[] = [];
  const replicas = getParam(s, 'place.replicas');
  for (let host = 0; host < replicas; host++) {
    const at = hostAt(model, host);
    if (s.hosts[at + H.state]! < HOST_STATE.up) continue;
    const node = s.hosts[at + H.node]!;
    const state = s.nodes[node * STRIDE.nodes + F.nodes.state];
    if (state === NODE_STATE.online || state === NODE_STATE.exiting) nodes.push(node);
  }
  return nodes;
}

/** Weight of each replica: its trust weight, but at least `route.min_share_bps` of the sum; all alike if no one is trusted. */
function trustWeights(s: State, nodes: readonly number[]): number[] {
  const trusts = nodes.map((node) => trustFpOf(s, node));
  const sum = trusts.reduce((total, trustFp) => total + trustFp, 0);
  const floorFp = mulDivDown(sum, getParam(s, 'route.min_share_bps'), BPS);
  return trusts.map((trustFp) => (sum === 0 ? 1 : max(trustFp, floorFp)));
}

/** The node into whose part of the summed weights the draw falls. */
function pickWeighted(nodes: readonly number[], weights: readonly number[], drawValue: number): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let rest = pick(drawValue, sum);
  for (let i = 0; i < nodes.length; i++) {
    if (rest < weights[i]!) return nodes[i]!;
    rest -= weights[i]!;
  }
  return 0;
}

/** The node with the fewest requests in this era; the replica with the lower number among equals. */
function pickLeastLoaded(s: State, nodes: readonly number[], planned: Planned): number {
  const assigned = nodes.map(
    (node) => s.nodeEra[node * STRIDE.nodeEra + F.nodeEra.assignedCount]! + (planned.get(node) ?? 0),
  );
  let least = 0;
  for (let i = 1; i < nodes.length; i++) if (assigned[i]! < assigned[least]!) least = i;
  return nodes[least]!;
}

function chooseNode(s: State, request: number, planned: Planned): number {
  const at = request * STRIDE.requests;
  if (s.requests[at + F.requests.state] !== REQUEST_STATE.open) return 0;
  const nodes = servingNodes(s, s.requests[at + F.requests.model]!);
  if (nodes.length === 0) return 0;
  const mode = getParam(s, 'route.mode');
  if (mode === MODE.leastLoaded) return pickLeastLoaded(s, nodes, planned);
  const weights = mode === MODE.uniform ? nodes.map(() => 1) : trustWeights(s, nodes);
  return pickWeighted(nodes, weights, draw(s, PURPOSE.routing, request, 0));
}

/**
 * Node that request `request` goes to, if it is the next one to be routed.
 *
 * @returns the node, 0 if no replica can answer or the request is no longer open
 * @rule F-23, OP-8, MODEL-10
 */
export function routeRequest(s: State, request: number): number {
  return chooseNode(s, request, new Map());
}

/**
 * Nodes for requests [from, to), the list of the keeper's `routeRequests`. A plan counts what it has given out itself, so that
 * one plan is the same as two shorter ones with the first of them executed.
 *
 * @rule F-23, OP-8, MODEL-10
 */
export function planRoutes(s: State, from: number, to: number): number[] {
  const planned: Planned = new Map();
  const nodes: number[] = [];
  for (let request = from + 1; request <= to; request++) {
    const node = chooseNode(s, request, planned);
    nodes.push(node);
    planned.set(node, (planned.get(node) ?? 0) + 1);
  }
  return nodes;
}
