/**
 * Who is challenged (CHAL-3, CHAL-4): the lists of an epoch's targets and the choice among them, and what each is asked for
 * (F-12). Decides nothing about who challenges, and nothing about outcomes.
 */
import { compareProducts, max, min, mulDivUp } from '../base/fixedPoint.ts';
import { PURPOSE, pick } from '../base/rnd.ts';
import { draw, slotCount } from './clock.ts';
import { subnetFree } from './fizzNodes.ts';
import { F, MAX_TARGETS, PROVIDER_STATE, STRIDE } from './layout.ts';
import { requirementRange } from './requirement.ts';
import type { Resources } from './resources.ts';
import { getParam, recordAt, type State } from './state.ts';

const T = F.challengeTotals;
const P = F.providers;
/** Entries of the list of badly rated providers that one choice looks at: a bound on its cost on the chain. */
const MAX_SCAN = 64;
/** Draws for one leftover target. */
const MAX_DRAWS = 16;
/** Entries of the lists and draws that one slot looks at: a list may hold many that have left since. */
const MAX_LOOKS = 2 * MAX_TARGETS;
/** Draws 0 … 255 of a slot are for list entries, the others for leftovers. */
const LEFTOVER_DRAWS = 256;
/** Options of parameters. */
const OFF = 0;
const CEIL = 0;

export type TargetList = 'new' | 'poor' | 'rest';
const LISTS = {
  new: { table: 'newTargets', count: T.newCount },
  poor: { table: 'poorTargets', count: T.poorCount },
  rest: { table: 'restTargets', count: T.restCount },
} as const;

/** A target of the slot, and whether this is its second try. */
export type Target = { readonly provider: number; readonly retried: 0 | 1 };

function providerField(s: State, provider: number, index: number): number {
  return s.providers[provider * STRIDE.providers + index]!;
}

function isActive(s: State, provider: number): boolean {
  return providerField(s, provider, P.state) === PROVIDER_STATE.active;
}

/** Puts a provider into a list of those to be challenged in the epoch. @rule CHAL-3 */
export function queueTarget(s: State, provider: number, list: TargetList): void {
  const { table, count } = LISTS[list];
  const position = s.challengeTotals[count]! + 1;
  s[table][recordAt(s, table, position)] = provider;
  s.challengeTotals[count] = position;
}

/** A provider has become Active and waits for its first challenge. @rule CHAL-3 */
export function queueNew(s: State, provider: number): void {
  queueTarget(s, provider, 'new');
}

/** A target that nobody decided about is tried once more, first of all in the next slot. @rule OP-75 */
export function queueRetry(s: State, provider: number): void {
  const position = s.challengeTotals[T.retryCount]! + 1;
  s.retryTargets[recordAt(s, 'retryTargets', position)] = provider;
  s.challengeTotals[T.retryCount] = position;
}

/** Entries of a list that are still waiting. Those of the list of new ones leave from its head, the others' places are filled. */
function waitingCount(s: State, list: TargetList): number {
  const head = list === 'new' ? s.challengeTotals[T.newHead]! : 0;
  return s.challengeTotals[LISTS[list].count]! - head;
}

/** A provider was Active at the epoch's end and had not been challenged in it. @rule CHAL-4, OP-72 */
export function noteMissed(s: State): void {
  s.challengeTotals[T.missedCount]! += 1;
}

/** Ends the epoch: empties the lists, however long they are. @rule CHAL-4, OP-72 */
export function resetTargets(s: State): void {
  const totals = s.challengeTotals;
  for (const list of ['new', 'poor', 'rest'] as const) totals[LISTS[list].count] = 0;
  totals[T.newHead] = 0;
}

/**
 * Providers to choose in this slot besides those tried again. By default as many as cover all in an epoch: their number over
 * the slots of an era, or, where some came late, those still waiting over the slots that are left.
 *
 * @rule CHAL-4, OP-70, OP-72
 */
function targetCount(s: State): number {
  const fixed = getParam(s, 'chal.targets_per_slot');
  if (fixed > 0) return fixed;
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  const active = s.providerTotals[F.providerTotals.activeCount]!;
  const even = mulDivUp(active, 1, slotsPerEra);
  if (getParam(s, 'chal.coverage_enforced') === OFF) return even;
  const slotsLeft = slotsPerEra - ((slotCount(s) - 1) % slotsPerEra);
  const waiting = waitingCount(s, 'new') + waitingCount(s, 'poor') + waitingCount(s, 'rest');
  return max(even, mulDivUp(waiting, 1, slotsLeft));
}

/** Takes entry `position` out of a list; the last takes its place. */
function takeAt(s: State, list: 'poor' | 'rest', position: number): number {
  const { table, count } = LISTS[list];
  const last = s.challengeTotals[count]!;
  const provider = s[table][position]!;
  s[table][position] = s[table][last]!;
  s.challengeTotals[count] = last - 1;
  return provider;
}

/** True if provider a has the lower mean rating, on a tie the lower identifier. */
function isWorse(s: State, a: number, b: number): boolean {
  const order = compareProducts(
    providerField(s, a, P.ratingSumTenths),
    max(providerField(s, b, P.ratingCount), 1),
    providerField(s, b, P.ratingSumTenths),
    max(providerField(s, a, P.ratingCount), 1),
  );
  return order < 0 || (order === 0 && a < b);
}

function takePoor(s: State): number {
  const scans = min(s.challengeTotals[T.poorCount]!, MAX_SCAN);
  let best = 1;
  for (let i = 2; i <= scans; i++) if (isWorse(s, s.poorTargets[i]!, s.poorTargets[best]!)) best = i;
  return takeAt(s, 'poor', best);
}

/** Next entry of the lists in the order of CHAL-3; 0 if they are empty. */
function takeListed(s: State, slot: number, chosenCount: number): number {
  const totals = s.challengeTotals;
  if (waitingCount(s, 'new') > 0) {
    totals[T.newHead]! += 1;
    return s.newTargets[totals[T.newHead]!]!;
  }
  if (waitingCount(s, 'poor') > 0) return takePoor(s);
  const waiting = waitingCount(s, 'rest');
  return waiting === 0 ? 0 : takeAt(s, 'rest', 1 + pick(draw(s, PURPOSE.target, slot, chosenCount), waiting));
}

/** Any Active provider that is not a target of the slot yet; 0 if the draws found none. @rule OP-72 */
function drawLeftover(s: State, slot: number, chosenCount: number, isTarget: (provider: number) => boolean): number {
  const providers = s.providerTotals[F.providerTotals.providerCount]!;
  if (providers === 0) return 0;
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    const k = LEFTOVER_DRAWS + chosenCount * MAX_DRAWS + attempt;
    const provider = 1 + pick(draw(s, PURPOSE.target, slot, k), providers);
    if (isActive(s, provider) && !isTarget(provider)) return provider;
  }
  return 0;
}

/**
 * Chooses the slot's targets: all that are tried again; then, while places are left, new ones in the order in which they
 * came, badly rated ones, and the others as drawn; when the lists are empty, any. Entries that are no longer Active, or
 * are targets already, are dropped, as many as {@link MAX_LOOKS} in a slot.
 *
 * @param slot the slot that has been opened last
 * @returns at most {@link MAX_TARGETS} distinct Active providers
 * @rule CHAL-3, CHAL-4, OP-72, OP-75
 */
export function chooseTargets(s: State, slot: number): Target[] {
  const totals = s.challengeTotals;
  const chosen: Target[] = [];
  const isTarget = (provider: number): boolean => chosen.some((target) => target.provider === provider);
  const choose = (provider: number, retried: 0 | 1): void => {
    if (isActive(s, provider) && !isTarget(provider)) chosen.push({ provider, retried });
  };

  for (let i = 1; i <= totals[T.retryCount]!; i++) choose(s.retryTargets[i]!, 1);
  totals[T.retryCount] = 0;
  const end = min(chosen.length + targetCount(s), MAX_TARGETS);
  const isCovering = getParam(s, 'chal.coverage_enforced') !== OFF;
  for (let looks = 0; looks < MAX_LOOKS && chosen.length < end; looks++) {
    const listed = isCovering ? takeListed(s, slot, chosen.length) : 0;
    const provider = listed === 0 ? drawLeftover(s, slot, chosen.length, isTarget) : listed;
    if (provider === 0) break;
    choose(provider, 0);
  }
  return chosen;
}

/** CPUs of a provider that the D-node linked to it has in use: one for each model that it serves. @rule F-12 */
function nodeCpuCount(s: State, provider: number): number {
  const node = providerField(s, provider, P.node);
  return node === 0 ? 0 : s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
}

/**
 * What a provider and the Active members of its subnet have free: registered less what leases and the linked D-node use, and
 * never below 0.
 *
 * @rule F-12, CHAL-6, CHAL-12
 */
export function freeForChallenge(s: State, provider: number): Resources {
  const ofSubnet = subnetFree(s, provider);
  const free = (name: keyof Resources, inNodeCount: number): number => {
    const usedCount = (s.providerUse[provider * STRIDE.providerUse + F.providerUse[name]] ?? 0) + inNodeCount;
    return max(providerField(s, provider, P[name]) + ofSubnet[name], usedCount) - usedCount;
  };
  return {
    cpuCount: free('cpuCount', nodeCpuCount(s, provider)),
    memoryGb: free('memoryGb', 0),
    storageGb: free('storageGb', 0),
    gpuCount: free('gpuCount', 0),
  };
}

/**
 * What a target of the slot is asked for: of each resource a whole number, uniform in the range of F-12. A gateway is asked
 * for its subnet too.
 *
 * @rule F-12, CHAL-6, OP-73, OP-74
 */
export function drawRequirement(s: State, provider: number, slot: number): Resources {
  const minBps = getParam(s, 'chal.draw_min_bps');
  const maxBps = getParam(s, 'chal.draw_max_bps');
  const ask = (resource: number, freeCount: number, isRoundedUp: boolean): number => {
    const { lo, hi } = requirementRange(freeCount, minBps, maxBps, isRoundedUp);
    return lo + pick(draw(s, PURPOSE.requirement, provider, slot * 4 + resource), hi - lo + 1);
  };
  const free = freeForChallenge(s, provider);
  return {
    cpuCount: ask(0, free.cpuCount, false),
    memoryGb: ask(1, free.memoryGb, false),
    storageGb: ask(2, free.storageGb, false),
    gpuCount: ask(3, free.gpuCount, getParam(s, 'chal.gpu_round') === CEIL),
  };
}
