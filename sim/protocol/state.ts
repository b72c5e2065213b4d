/**
 * The core's state: one Float64Array per table (see `layout.ts`), on shared memory so that the agents' threads read it
 * without copies. Holds no rule. `nowS` and the event buffer belong to the call in progress, not to the state's digest.
 */
import { assert } from '../base/assert.ts';
import { EV, EVENT_NAMES, EVENTS, type EventName } from './events.ts';
import { FIELDS, STRIDE, type TableName } from './layout.ts';
import { P, type ParamKey } from './params.ts';

export type Tables = { readonly [T in TableName]: Float64Array<SharedArrayBuffer> };

/** Seven numbers an event: its kind and six arguments. */
export const EVENT_STRIDE = 7;

/** Checks of signatures, where there is somebody to check them: the chain always does, the core only if it is given this. */
export type Verifier = {
  /** Whether the holder of a key has proved to an account that it is its own; words of 48 bits, 16 and 32 of them. */
  verifyPossession(keyWords: readonly number[], account: number, proofWords: readonly number[]): boolean;
  /** Whether one aggregate signature covers each group's message by all keys of the group. */
  verifyGroups(
    groups: readonly { readonly keys: readonly (readonly number[])[]; readonly message: Uint8Array }[],
    signature: readonly number[],
  ): boolean;
};

export type State = Tables & {
  /** Seconds from genesis of the block in progress (TIME-1). */
  nowS: number;
  /** Values (have, need) of the last rejection. */
  rejectHave: number;
  rejectNeed: number;
  events: Float64Array;
  eventCount: number;
  /** Absent in the core alone: there signatures are assumed to be sound and may be left out. */
  verifier?: Verifier;
  /** Public keys of Slark licences as registered, 16 words of 48 bits; the ledger's tables hold their identifiers only. */
  keys: Map<number, readonly number[]>;
};

/** Most records of each table, excluding record 0. Tables not named take `fallback` (one-record tables take none). */
export type Capacities = { readonly [T in TableName]?: number };

const DEFAULT_CAPACITY = 4_096;

/** @returns an empty state, all zeros. Memory is reserved, not touched, until it is used. */
export function createState(capacities: Capacities = {}): State {
  const tables = Object.fromEntries(
    (Object.keys(FIELDS) as TableName[]).map((name) => {
      const records = name.endsWith('Totals') ? 1 : (capacities[name] ?? DEFAULT_CAPACITY) + 1;
      return [name, new Float64Array(new SharedArrayBuffer(records * STRIDE[name] * 8))];
    }),
  ) as Tables;
  return Object.assign(tables, {
    nowS: 0,
    rejectHave: 0,
    rejectNeed: 0,
    events: new Float64Array(EVENT_STRIDE * 1_024),
    eventCount: 0,
    keys: new Map<number, readonly number[]>(),
  });
}

/** @returns a state over the same memory as `tables`, for a thread that reads */
export function attachState(tables: Tables): State {
  return Object.assign(
    { ...tables },
    {
      nowS: 0,
      rejectHave: 0,
      rejectNeed: 0,
      events: new Float64Array(0),
      eventCount: 0,
      keys: new Map<number, readonly number[]>(),
    },
  );
}

/** Only the tables, in a form that can be sent to a thread. */
export function tablesOf(state: State): Tables {
  return Object.fromEntries((Object.keys(FIELDS) as TableName[]).map((name) => [name, state[name]])) as Tables;
}

/** Value of a parameter as the ledger stores it. */
export function getParam(s: State, key: ParamKey): number {
  return s.paramValues[P[key]]!;
}

/** Records a rejection and returns its code; nothing else may have changed in `s` before. */
export function reject(s: State, code: number, have: number, need: number): number {
  s.rejectHave = have;
  s.rejectNeed = need;
  return code;
}

/** Appends an event. Arguments beyond the kind's own are 0. */
export function emit(s: State, name: EventName, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
  const at = s.eventCount * EVENT_STRIDE;
  if (at + EVENT_STRIDE > s.events.length) {
    const larger = new Float64Array(s.events.length * 2);
    larger.set(s.events);
    s.events = larger;
  }
  const events = s.events;
  events[at] = EV[name];
  events[at + 1] = a;
  events[at + 2] = b;
  events[at + 3] = c;
  events[at + 4] = d;
  events[at + 5] = e;
  events[at + 6] = f;
  s.eventCount += 1;
}

/** One event of the buffer as an object, for people and tests. */
export function eventAt(
  s: State,
  index: number,
): { readonly name: EventName; readonly args: Readonly<Record<string, number>> } {
  const at = index * EVENT_STRIDE;
  const name = EVENT_NAMES[s.events[at] ?? 0]!;
  return { name, args: Object.fromEntries(EVENTS[name].map((field, i) => [field, s.events[at + 1 + i]!])) };
}

/** First float of record `index` of a table. @throws AssertionError when the table is full: the run was sized too small */
export function recordAt(s: State, table: TableName, index: number): number {
  const at = index * STRIDE[table];
  assert(at < s[table].length, `Table ${table} is full at ${index} records: the run's capacity is too small`);
  return at;
}
