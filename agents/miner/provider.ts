/**
 * The provider's side of a miner (P-facet): proposal, stake, answers to challenges. What it claims to have and how it makes
 * room for a challenge are its plan's business; what it has is physics.
 */
import { BPS, mulDivDown } from '../../sim/base/fixedPoint.ts';
import type { AgentRandom, Capacity, Decision, View } from '../../sim/engine/agentContract.ts';
import { F, NODE_STATE, PROVIDER_STATE, PROVIDER_TIERS, STRIDE } from '../../sim/protocol/layout.ts';
import type { ParamKey } from '../../sim/protocol/params.ts';
import { RESOURCE_NAMES, type Resources } from '../../sim/protocol/resources.ts';
import { providerField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import type { MarketPlan } from './market.ts';

export type ProviderPlan = {
  /** What it registers; what it has, where nothing is said. */
  readonly claim?: (view: View) => Capacity;
  /** Whether it throws its other work out while it answers a challenge; never, where nothing is said. */
  readonly evicts?: (view: View, challenge: number) => boolean;
  /** Whether it answers a challenge at all; always, where nothing is said. */
  readonly answers?: (view: View, challenge: number) => boolean;
  /** Tokens that it stakes beyond what its trust tier needs; option `stake_margin`, where nothing is said. */
  readonly margin?: (view: View) => number;
  /** What it asks for an order and how it keeps its word; honest, where nothing is said. */
  readonly market?: MarketPlan;
  /** Whether it enters anew after it has left; never, where nothing is said. */
  readonly comesBack?: boolean;
};

/** Facets that a miner runs (COMP-2): a node of the model market, a provider, or both on one machine. */
export function facetsOf(view: View): { readonly isNode: boolean; readonly isProvider: boolean } {
  const facets = view.options.facets ?? 'deepnode';
  return { isNode: facets !== 'spheron', isProvider: facets !== 'deepnode' };
}

/** The miner's provider that has not left, 0 if there is none. */
export function currentProvider(view: View): number {
  return (
    view.myProviders().find((provider) => providerField(view, provider, 'state') < PROVIDER_STATE.deactivated) ?? 0
  );
}

/** Collateral that trust tier `tier` needs more than. @rule TIER-1, OP-110 */
export function tierStakeUnits(view: View, tier: number): number {
  return mulDivDown(view.param(`tier.stake_tokens.${tier}` as ParamKey), view.param('stake.scale_bps.p'), BPS);
}

/** Own stake of a provider without what it has asked back. */
export function providerOwnUnits(view: View, provider: number): number {
  const own = view.ledger.providerCollateral[provider * STRIDE.providerCollateral + F.providerCollateral.ownUnits]!;
  return own - providerField(view, provider, 'exitUnits');
}

function propose(view: View, plan: ProviderPlan, out: Decision): void {
  const { isNode } = facetsOf(view);
  const node = view
    .myNodes()
    .find((own) => view.ledger.nodes[own * STRIDE.nodes + F.nodes.state]! < NODE_STATE.exiting);
  if (isNode && node === undefined) return;
  const claimed = plan.claim?.(view) ?? view.capacity;
  const hasGpu = claimed.gpuCount > 0;
  out.act('proposeProvider', [
    node ?? 0,
    claimed.region,
    claimed.cpuCount,
    claimed.memoryGb,
    claimed.storageGb,
    claimed.gpuCount,
    hasGpu ? Math.max(1, claimed.gpuTier) : 0,
    claimed.computeTier,
    claimed.storageTier,
    claimed.netTier,
    claimed.compliance,
  ]);
}

/** Stakes what the better tier needs and a margin, up to the tier that it aims for, as far as the wallet goes (PROV-3, TIER-3). */
function topUp(view: View, plan: ProviderPlan, provider: number, out: Decision): void {
  const state = providerField(view, provider, 'state');
  const tier = providerField(view, provider, 'tier');
  const aim =
    state === PROVIDER_STATE.active
      ? Math.max(numberOption(view, 'stake_tier'), tier - 1)
      : state === PROVIDER_STATE.registered
        ? view.param('tier.initial')
        : tier;
  const wanted =
    tierStakeUnits(view, Math.min(PROVIDER_TIERS, Math.max(1, aim))) +
    (plan.margin?.(view) ?? numberOption(view, 'stake_margin')) * view.unitsPerToken;
  const missing = wanted - providerOwnUnits(view, provider);
  if (missing > 0 && missing <= view.ledger.wallets[view.account]!) out.act('stakeProvider', [provider, missing]);
}

/** Phase open: enters, stakes, comes back from a suspension. */
export function runProvider(view: View, plan: ProviderPlan, out: Decision): void {
  const provider = currentProvider(view);
  if (provider === 0) {
    if (view.myProviders().length === 0 || plan.comesBack === true) propose(view, plan, out);
    return;
  }
  const state = providerField(view, provider, 'state');
  if (state === PROVIDER_STATE.registered) topUp(view, plan, provider, out);
  else if (state === PROVIDER_STATE.active && view.slotOfEra === 2) topUp(view, plan, provider, out);
  else if (state === PROVIDER_STATE.suspended && view.slotOfEra === 2) {
    if (providerField(view, provider, 'misconductUnits') > 0) return;
    topUp(view, plan, provider, out);
    if (providerOwnUnits(view, provider) > tierStakeUnits(view, providerField(view, provider, 'tier')))
      out.act('resumeProvider', [provider]);
  }
}

/**
 * Leaves the network with its provider, once in an era; its stake comes back after unbonding. One that is Suspended has to come
 * back into service first (SM-14).
 */
export function leaveProvider(view: View, plan: ProviderPlan, out: Decision): void {
  const provider = currentProvider(view);
  if (provider === 0) return;
  const state = providerField(view, provider, 'state');
  if (state === PROVIDER_STATE.suspended) runProvider(view, plan, out);
  else if (state >= PROVIDER_STATE.registered && view.slotOfEra === 0) out.act('deregisterProvider', [provider]);
}

/** Challenges of this slot against own providers that are to be answered, while the machine is there. */
function openChallenges(view: View, plan: ProviderPlan): number[] {
  if (!view.connected) return [];
  const { answers = () => true } = plan;
  return view
    .myProviders()
    .flatMap((provider) => view.challengesOf(provider))
    .filter((challenge) => answers(view, challenge));
}

/** CPUs that the own node of a challenged provider has in use: one for each model that it serves. */
function busyCpuCount(view: View, challenge: number): number {
  const provider = view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.provider]!;
  const node = providerField(view, provider, 'node');
  return node === 0 ? 0 : view.ledger.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
}

/** Whether the machine has what a challenge asks for beside what is in use: models that it serves, and leases. */
export function hasRoom(view: View, challenge: number): boolean {
  const provider = view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.provider]!;
  return carries(view, challenge, (name) => {
    const leased = view.ledger.providerUse[provider * STRIDE.providerUse + F.providerUse[name]]!;
    return name === 'cpuCount' ? leased + busyCpuCount(view, challenge) : leased;
  });
}

/** Whether it would have that with all of its other work thrown out. */
export function hasRoomAlone(view: View, challenge: number): boolean {
  return carries(view, challenge, () => 0);
}

function carries(view: View, challenge: number, used: (name: keyof Resources) => number): boolean {
  const at = challenge * STRIDE.challenges;
  return RESOURCE_NAMES.every(
    (name) => view.ledger.challenges[at + F.challenges[name]]! <= Math.max(0, view.capacity[name] - used(name)),
  );
}

/** Phase work: reads the puzzle. */
export function orderPuzzles(view: View, plan: ProviderPlan, out: Decision): void {
  for (const challenge of openChallenges(view, plan)) {
    const { variant, sample, level } = view.puzzleOf(challenge);
    out.infer(variant, sample, level);
  }
}

/** Phase serve: answers with what the machine really read, in the time that it took (CHAL-8, CHAL-13). */
export function answerChallenges(view: View, random: AgentRandom, plan: ProviderPlan, out: Decision): void {
  const { evicts = () => false } = plan;
  for (const challenge of openChallenges(view, plan)) {
    if (random.chance(view.failBps)) continue;
    const { variant, sample, level } = view.puzzleOf(challenge);
    const answer = view.answer(variant, sample, level);
    if (answer === undefined) continue;
    const computeMs = (answer.latencyUs * view.hardwareMil) / 1_000_000;
    out.respond(challenge, answer.answerId, Math.max(1, Math.round(computeMs) + view.rttMs), evicts(view, challenge));
  }
}
