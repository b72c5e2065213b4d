/**
 * What the invariants remember of the last check, for those that compare with before (INV-5, INV-22, INV-35 to 39, INV-49 to 57,
 * INV-67). Holds figures of the last state only, no history.
 */
import { F, KIND, PROVIDER_STATE, STEP, STRIDE } from './layout.ts';
import { createMarketMemory, type MarketMemory, rememberMarket } from './marketInvariants.ts';
import type { State } from './state.ts';

/** Machines whose states are remembered, with the place of the state in their records. */
export const TRACKED = [
  { kind: KIND.model, table: 'models', field: F.models.state },
  { kind: KIND.node, table: 'nodes', field: F.nodes.state },
  { kind: KIND.validator, table: 'validators', field: F.validators.state },
  { kind: KIND.task, table: 'tasks', field: F.tasks.state },
  { kind: KIND.provider, table: 'providers', field: F.providers.state },
  { kind: KIND.slark, table: 'slarks', field: F.slarks.state },
  { kind: KIND.order, table: 'orders', field: F.orders.state },
  { kind: KIND.lease, table: 'leases', field: F.leases.state },
  { kind: KIND.fizz, table: 'fizzNodes', field: F.fizzNodes.state },
  { kind: KIND.subnet, table: 'subnets', field: F.subnets.state },
] as const;

export type TrackedTable = (typeof TRACKED)[number]['table'];

export type Tracker = {
  nowS: number;
  slotCount: number;
  settledEraCount: number;
  supplyUnits: number;
  burntUnits: number;
  emittedUnits: number;
  /** State of record i of each table at the last check; shorter than the table if records were added since. */
  states: Record<TrackedTable, Uint8Array>;
  /** Table of providers, and how often each one's tier had been settled. */
  providers: Float64Array;
  tierSettlements: Float64Array;
  /** Table of licences when their tiers were last not being settled, and how often they had been. */
  slarks: Float64Array;
  slarkSettlements: number;
  /** Number of slots that were open when a provider was last seen to be Active again after it was Suspended. */
  resumedSlots: Map<number, number>;
  /** What of the foundation's budget was in use, what it had with each provider, and how far settlements had come. */
  foundation: { countedUnits: number; units: Float64Array; progress: readonly number[] };
  market: MarketMemory;
};

/** @returns a tracker that has seen nothing yet: the first check compares with nothing */
export function createTracker(): Tracker {
  const none = new Uint8Array(0);
  return {
    nowS: 0,
    slotCount: 0,
    settledEraCount: 0,
    supplyUnits: 0,
    burntUnits: 0,
    emittedUnits: 0,
    states: Object.fromEntries(TRACKED.map(({ table }) => [table, none])) as Tracker['states'],
    providers: new Float64Array(0),
    tierSettlements: new Float64Array(0),
    slarks: new Float64Array(0),
    slarkSettlements: 0,
    resumedSlots: new Map(),
    foundation: { countedUnits: 0, units: new Float64Array(0), progress: [] },
    market: createMarketMemory(),
  };
}

/** Number of records of a tracked table; there may be a subnet of every provider. */
export function countOf(s: State, table: TrackedTable): number {
  if (table === 'models') return s.modelTotals[F.modelTotals.modelCount]!;
  if (table === 'nodes') return s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (table === 'validators') return s.validatorTotals[F.validatorTotals.validatorCount]!;
  if (table === 'providers' || table === 'subnets') return s.providerTotals[F.providerTotals.providerCount]!;
  if (table === 'slarks') return s.slarkTotals[F.slarkTotals.slarkCount]!;
  if (table === 'orders') return s.orderTotals[F.orderTotals.orderCount]!;
  if (table === 'leases') return s.leaseTotals[F.leaseTotals.leaseCount]!;
  if (table === 'fizzNodes') return s.fizzTotals[F.fizzTotals.fizzCount]!;
  return s.taskTotals[F.taskTotals.taskCount]!;
}

/** How often a provider's tier has been settled; within the step, those of the chunks done are one ahead. */
export function tierSettlements(s: State, provider: number): number {
  const stepsDone = s.clockTotals[F.clockTotals.stepsDone]!;
  const isDone = stepsDone >= STEP.updateTiers;
  const isInChunk = stepsDone === STEP.updateTiers - 1 && provider <= s.clockTotals[F.clockTotals.cursor]!;
  return s.clockTotals[F.clockTotals.settledEraCount]! + (isDone || isInChunk ? 1 : 0);
}

/** How often the tiers of all licences have been settled. */
export function slarkSettlements(s: State): number {
  const isDone = s.clockTotals[F.clockTotals.stepsDone]! >= STEP.updateSlarks;
  return s.clockTotals[F.clockTotals.settledEraCount]! + (isDone ? 1 : 0);
}

/** True between two chunks of the step that settles the tiers of licences: it does not take them by their numbers. */
export function isJudgingSlarks(s: State): boolean {
  return s.clockTotals[F.clockTotals.stepsDone] === STEP.updateSlarks - 1 && s.clockTotals[F.clockTotals.cursor]! > 0;
}

/** Eras settled, and steps and positions of the settlement in progress. */
export function settlementProgress(s: State): readonly number[] {
  const { settledEraCount, stepsDone, cursor } = F.clockTotals;
  return [settledEraCount, stepsDone, cursor].map((field) => s.clockTotals[field]!);
}

/** What the foundation has delegated to a provider that has not left; what it has with one that has left is on its way back. */
export function foundationUnitsAt(s: State, provider: number): number {
  const at = provider * STRIDE.providers;
  const delegation = s.providers[at + F.providers.foundationDelegation]!;
  if (delegation === 0 || s.providers[at + F.providers.state] === PROVIDER_STATE.deactivated) return 0;
  return s.delegations[delegation * STRIDE.delegations + F.delegations.units]!;
}

/** Notes which providers are Active again; to be called before their states are remembered. */
function rememberResumed(s: State, tracker: Tracker): void {
  const count = countOf(s, 'providers');
  for (let provider = 1; provider <= count; provider++) {
    const isActive = s.providers[provider * STRIDE.providers + F.providers.state] === PROVIDER_STATE.active;
    if (isActive && tracker.states.providers[provider] === PROVIDER_STATE.suspended) {
      tracker.resumedSlots.set(provider, s.clockTotals[F.clockTotals.slotCount]!);
    }
  }
}

/** Remembers the present state for the next check. */
export function rememberState(s: State, tracker: Tracker): void {
  tracker.nowS = s.nowS;
  tracker.slotCount = s.clockTotals[F.clockTotals.slotCount]!;
  tracker.settledEraCount = s.clockTotals[F.clockTotals.settledEraCount]!;
  tracker.supplyUnits = s.tokenTotals[F.tokenTotals.supplyUnits]!;
  tracker.burntUnits = s.tokenTotals[F.tokenTotals.burntUnits]!;
  tracker.emittedUnits = s.emissionTotals[F.emissionTotals.emittedUnits]!;
  rememberResumed(s, tracker);
  for (const { table, field } of TRACKED) {
    const count = countOf(s, table);
    if (tracker.states[table].length <= count) tracker.states[table] = new Uint8Array(2 * (count + 1));
    const states = tracker.states[table];
    for (let i = 1; i <= count; i++) states[i] = s[table][i * STRIDE[table] + field] ?? 0;
  }
  rememberMarket(s, tracker);
  const providers = countOf(s, 'providers');
  tracker.providers = s.providers.slice(0, (providers + 1) * STRIDE.providers);
  tracker.tierSettlements = Float64Array.from({ length: providers + 1 }, (_, i) => tierSettlements(s, i));
  tracker.foundation = {
    countedUnits: s.providerTotals[F.providerTotals.foundationUnits]!,
    units: Float64Array.from({ length: providers + 1 }, (_, i) => (i === 0 ? 0 : foundationUnitsAt(s, i))),
    progress: settlementProgress(s),
  };
  if (!isJudgingSlarks(s)) {
    tracker.slarks = s.slarks.slice(0, (countOf(s, 'slarks') + 1) * STRIDE.slarks);
    tracker.slarkSettlements = slarkSettlements(s);
  }
}
