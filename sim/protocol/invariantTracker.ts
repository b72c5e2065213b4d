/**
 * What the invariants remember of the last check, for those that compare with before (INV-5, INV-22, INV-67). Holds
 * figures of the last state only, no history.
 */
import { F, KIND, STRIDE } from './layout.ts';
import type { State } from './state.ts';

/** Machines whose states are remembered, with the place of the state in their records. */
export const TRACKED = [
  { kind: KIND.model, table: 'models', field: F.models.state },
  { kind: KIND.node, table: 'nodes', field: F.nodes.state },
  { kind: KIND.validator, table: 'validators', field: F.validators.state },
  { kind: KIND.task, table: 'tasks', field: F.tasks.state },
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
    states: { models: none, nodes: none, validators: none, tasks: none },
  };
}

/** Number of records of a tracked table. */
export function countOf(s: State, table: TrackedTable): number {
  if (table === 'models') return s.modelTotals[F.modelTotals.modelCount]!;
  if (table === 'nodes') return s.nodeTotals[F.nodeTotals.nodeCount]!;
  if (table === 'validators') return s.validatorTotals[F.validatorTotals.validatorCount]!;
  return s.taskTotals[F.taskTotals.taskCount]!;
}

/** Remembers the present state for the next check. */
export function rememberState(s: State, tracker: Tracker): void {
  tracker.nowS = s.nowS;
  tracker.slotCount = s.clockTotals[F.clockTotals.slotCount]!;
  tracker.settledEraCount = s.clockTotals[F.clockTotals.settledEraCount]!;
  tracker.supplyUnits = s.tokenTotals[F.tokenTotals.supplyUnits]!;
  tracker.burntUnits = s.tokenTotals[F.tokenTotals.burntUnits]!;
  tracker.emittedUnits = s.emissionTotals[F.emissionTotals.emittedUnits]!;
  for (const { table, field } of TRACKED) {
    const count = countOf(s, table);
    if (tracker.states[table].length <= count) tracker.states[table] = new Uint8Array(2 * (count + 1));
    const states = tracker.states[table];
    for (let i = 1; i <= count; i++) states[i] = s[table][i * STRIDE[table] + field]!;
  }
}
