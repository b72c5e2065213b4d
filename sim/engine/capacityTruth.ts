/** What a provider really has against what it registered, and its chance in a challenge: known to the simulator alone. */
import { BPS, FP, max, min, mulDivDown } from '../base/fixedPoint.ts';
import { countPassing, passProbabilityFp } from '../protocol/detection.ts';
import { ACCOUNT, F, FIZZ_STATE, STRIDE } from '../protocol/layout.ts';
import { requirementRange } from '../protocol/requirement.ts';
import { getParam, type State } from '../protocol/state.ts';
import { CAPACITY, CAPACITY_SIZE, type SharedRun } from './shared.ts';

const RESOURCES = ['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const;
/** Option of `chal.gpu_round`. */
const CEIL = 0;
type Resource = (typeof RESOURCES)[number];

function registeredOf(s: State, provider: number, resource: Resource): number {
  return s.providers[provider * STRIDE.providers + F.providers[resource]]!;
}

function trueCapacityOf(run: SharedRun, s: State, provider: number, resource: Resource): number {
  const agent = s.providers[provider * STRIDE.providers + F.providers.owner]! - ACCOUNT.firstAgent;
  return run.capacity[agent * CAPACITY_SIZE + CAPACITY[resource]]!;
}

/** Whether an agent's machine is on and reachable in the present slot. */
function isOn(run: SharedRun, account: number): boolean {
  return run.world[(account - ACCOUNT.firstAgent) * 4 + 3] === 1;
}

/**
 * What the members of a subnet whose devices are idle can really deliver: each exposes at most what its owner's device has, and a device
 * counts once, however many peers it poses as (BEH-37).
 */
function membersCapacity(run: SharedRun, s: State, provider: number, resource: Resource): number {
  const { head, next } = run.lists.membersOfProvider;
  const exposed = new Map<number, number>();
  for (let fizz = head[provider]!; fizz !== 0; fizz = next[fizz]!) {
    const at = fizz * STRIDE.fizzNodes;
    const owner = s.fizzNodes[at + F.fizzNodes.owner]!;
    const state = s.fizzNodes[at + F.fizzNodes.state];
    // A device that is kept for an order has nothing to do yet.
    if ((state !== FIZZ_STATE.active && state !== FIZZ_STATE.reserved) || !isOn(run, owner)) continue;
    exposed.set(owner, (exposed.get(owner) ?? 0) + s.fizzNodes[at + F.fizzNodes[resource]]!);
  }
  let sum = 0;
  for (const [owner, units] of exposed)
    sum += min(units, run.capacity[(owner - ACCOUNT.firstAgent) * CAPACITY_SIZE + CAPACITY[resource]]!);
  return sum;
}

/** What of a resource a provider has in use: leases, and for CPUs the models that its node serves. */
function usedCount(s: State, provider: number, resource: Resource): number {
  const leased = s.providerUse[provider * STRIDE.providerUse + F.providerUse[resource]]!;
  if (resource !== 'cpuCount') return leased;
  const node = s.providers[provider * STRIDE.providers + F.providers.node]!;
  return leased + (node === 0 ? 0 : s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!);
}

/**
 * Whether a provider and its subnet can deploy the workload of a challenge now: what is asked for is there and not in use
 * (CHAL-8). With a subnet, a share of it is enough (OP-76).
 *
 * @param evicts whether it throws its other work out for the time being
 */
export function canDeploy(run: SharedRun, s: State, challenge: number, evicts: boolean): boolean {
  const at = challenge * STRIDE.challenges;
  const provider = s.challenges[at + F.challenges.provider]!;
  const hasMembers = s.subnets[provider * STRIDE.subnets + F.subnets.memberCount]! > 0;
  const shareBps = hasMembers ? getParam(s, 'fizz.agg_pass_bps') : BPS;
  return RESOURCES.every((resource) => {
    const own = trueCapacityOf(run, s, provider, resource) - (evicts ? 0 : usedCount(s, provider, resource));
    const delivered = max(0, own) + (hasMembers ? membersCapacity(run, s, provider, resource) : 0);
    return delivered * BPS >= s.challenges[at + F.challenges[resource]]! * shareBps;
  });
}

/** Largest of registered over true capacity of a provider, in thousandths, at least 1000. */
export function overClaimMil(run: SharedRun, s: State, provider: number): number {
  return RESOURCES.reduce((most, resource) => {
    const registered = registeredOf(s, provider, resource);
    return max(most, mulDivDown(registered, 1_000, max(1, trueCapacityOf(run, s, provider, resource))));
  }, 1_000);
}

/** In place of a chance: F-13 says nothing about a gateway, whose members may be given work before the answer is due. */
export const NO_EXPECTATION = -1;

/**
 * Chance that a provider that answers has what a challenge of this slot asks for, before its requirement is drawn;
 * {@link NO_EXPECTATION} for a gateway with members.
 *
 * @rule F-13
 */
export function expectedPassShare(run: SharedRun, s: State, provider: number): number {
  if (s.subnets[provider * STRIDE.subnets + F.subnets.memberCount]! > 0) return NO_EXPECTATION;
  const isCeil = getParam(s, 'chal.gpu_round') === CEIL;
  const [least, most] = [getParam(s, 'chal.draw_min_bps'), getParam(s, 'chal.draw_max_bps')];
  const resources = RESOURCES.map((resource) => {
    const registered = registeredOf(s, provider, resource);
    const used = min(registered, usedCount(s, provider, resource));
    const range = requirementRange(registered - used, least, most, resource === 'gpuCount' && isCeil);
    return countPassing(range, trueCapacityOf(run, s, provider, resource), used);
  });
  return passProbabilityFp(resources) / FP;
}
