/** What a provider really has against what it registered, and its chance in a challenge: known to the simulator alone. */
import { FP, max, min, mulDivDown } from '../base/fixedPoint.ts';
import { countPassing, passProbabilityFp } from '../protocol/detection.ts';
import { ACCOUNT, F, STRIDE } from '../protocol/layout.ts';
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

/** Largest of registered over true capacity of a provider, in thousandths, at least 1000. */
export function overClaimMil(run: SharedRun, s: State, provider: number): number {
  return RESOURCES.reduce((most, resource) => {
    const registered = registeredOf(s, provider, resource);
    return max(most, mulDivDown(registered, 1_000, max(1, trueCapacityOf(run, s, provider, resource))));
  }, 1_000);
}

/**
 * Chance that a provider that answers has what a challenge of this slot asks for, before its requirement is drawn.
 *
 * @rule F-13
 */
export function expectedPassShare(run: SharedRun, s: State, provider: number): number {
  const node = s.providers[provider * STRIDE.providers + F.providers.node]!;
  const load = node === 0 ? 0 : s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
  const isCeil = getParam(s, 'chal.gpu_round') === CEIL;
  const [least, most] = [getParam(s, 'chal.draw_min_bps'), getParam(s, 'chal.draw_max_bps')];
  const resources = RESOURCES.map((resource) => {
    const registered = registeredOf(s, provider, resource);
    const used = resource === 'cpuCount' ? min(registered, load) : 0;
    const range = requirementRange(registered - used, least, most, resource === 'gpuCount' && isCeil);
    return countPassing(range, trueCapacityOf(run, s, provider, resource), used);
  });
  return passProbabilityFp(resources) / FP;
}
