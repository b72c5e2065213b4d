/**
 * Vectors of the protocol: a small ledger, a few actions, and what they must lead to, as data that the core and the
 * contracts are both held to. Reads and checks the files, and turns their states into tables; runs nothing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { ACTION_NAMES, ACTIONS, type Action, type ActionName, type ActionSpec, action } from '../protocol/actions.ts';
import { createBeacons } from '../protocol/beacons.ts';
import { EVENT_NAMES, EVENTS, type EventName } from '../protocol/events.ts';
import { FIELDS, STRIDE, type TableName } from '../protocol/layout.ts';
import { ledgerParams, P, type ParamKey } from '../protocol/params.ts';
import { REJECTIONS, type RejectionName } from '../protocol/rejections.ts';
import { type Capacities, eventAt, type State } from '../protocol/state.ts';

/** Families that have vectors: a folder of `fixtures/vectors` each. */
export const VECTOR_FAMILIES = [
  ...['token', 'clock', 'stake', 'delegation', 'nodes', 'placement', 'powr'],
  ...['trust', 'models', 'feedback', 'calls', 'validators', 'tasks', 'emission'],
  ...['providers', 'tiers', 'liveness', 'slashing'],
  ...['slarks', 'challenges'],
  ...['assets', 'escrow', 'leases'],
  ...['fizz'],
  ...['orders', 'matching'],
] as const;

/**
 * Fields by table: of the one record of a `…Totals` table directly, else by record. A table of one field has a number for
 * each record.
 */
export type Writes = {
  readonly [table: string]: { readonly [key: string]: number | { readonly [field: string]: number } };
};

export type VectorAction = {
  readonly action: ActionName;
  readonly actor: number;
  readonly args: readonly number[];
  readonly bulk?: readonly number[];
  /** Seconds from genesis; absent: a second after the action before. */
  readonly nowS?: number;
};

/** `accepted`, or the rejection with the value found and the value wanted. */
export type ExpectedCode = 'accepted' | readonly [name: RejectionName, have: number, need: number];

export type Vector = {
  readonly name: string;
  /** Rules that it is an example of. */
  readonly rules: readonly string[];
  /** The numbers, worked out. */
  readonly why: string;
  /** In the registry's unit, where they are not the defaults. */
  readonly params?: Readonly<Partial<Record<ParamKey, number>>>;
  /** Units in the wallets that genesis opens: accounts 32, 33, … */
  readonly accounts: readonly number[];
  /** Written straight into the tables after genesis. The NFTs of holders that are named here exist. */
  readonly preState?: Writes;
  /** Seconds from genesis at the first action. */
  readonly nowS: number;
  readonly actions: readonly VectorAction[];
  readonly expected: {
    readonly codes: readonly ExpectedCode[];
    /** Every field that has changed, and no other. */
    readonly postState: Writes;
    readonly events: readonly (readonly [name: EventName, ...args: number[]])[];
  };
};

export type VectorOfFamily = { readonly family: string; readonly file: string; readonly vector: Vector };

/** Agents that genesis opens wallets for on the chain that runs the vectors; a vector may use fewer. */
export const VECTOR_AGENTS = 12;

export const VECTOR_CAPACITIES: Capacities = { paramValues: 512, ratings: 8_000, providerRatings: 8_000 };

/** Genesis of the chain that runs all vectors, and of the core before a vector's own accounts and parameters. */
export function planVectors(
  params: Vector['params'] = {},
  openUnits: readonly number[] = new Array(VECTOR_AGENTS).fill(0),
): GenesisPlan {
  const values = ledgerParams(params as Record<string, number>);
  const { commitment, beacons } = createBeacons(1, 1);
  return {
    params: values,
    commitment,
    beacons,
    openUnits,
    slotS: values[P['time.slot_s']]!,
    slotsPerEra: values[P['time.slots_per_era']]!,
    unitsPerToken: 1_000_000,
  };
}

/** The core at the start of a vector: genesis with its accounts and parameters, then what it writes. No events. */
export function openVector(vector: Vector): State {
  assert(vector.accounts.length <= VECTOR_AGENTS, `${vector.name} has more than ${VECTOR_AGENTS} accounts`);
  const s = createGenesisState(planVectors(vector.params, vector.accounts), VECTOR_CAPACITIES);
  write(s, vector.preState ?? {});
  s.eventCount = 0;
  return s;
}

/** @throws AssertionError for a table or field that does not exist */
function write(s: State, writes: Writes): void {
  for (const [name, records] of Object.entries(writes)) {
    assert(name in FIELDS, `There is no table ${name}`);
    const table = name as TableName;
    const byRecord = table.endsWith('Totals') ? { 0: records as { readonly [field: string]: number } } : records;
    for (const [record, values] of Object.entries(byRecord)) {
      const fields: readonly string[] = FIELDS[table];
      const named = typeof values === 'number' ? { [fields[0]!]: values } : values;
      for (const [field, value] of Object.entries(named)) {
        const at = fields.indexOf(field);
        assert(at >= 0, `Table ${table} has no field ${field}`);
        s[table][Number(record) * STRIDE[table] + at] = value;
      }
    }
  }
}

/** A copy of all tables. */
export function copyTables(s: State): ReadonlyMap<TableName, Float64Array> {
  return new Map((Object.keys(FIELDS) as TableName[]).map((table) => [table, s[table].slice()]));
}

/** Every field that differs from `before`, in the notation of the files. */
export function changesSince(before: ReadonlyMap<TableName, Float64Array>, after: State): Writes {
  const changes: Record<string, Record<string, number | Record<string, number>>> = {};
  for (const [table, old] of before) {
    const fields: readonly string[] = FIELDS[table];
    after[table].forEach((value, i) => {
      if (value === old[i]) return;
      const record = Math.floor(i / STRIDE[table]);
      const field = fields[i % STRIDE[table]] ?? 'padding';
      const records = (changes[table] ??= {});
      if (table.endsWith('Totals')) records[field] = value;
      else if (fields.length === 1) records[record] = value;
      else (records[record] ??= {} as Record<string, number>)[field as never] = value as never;
    });
  }
  return changes;
}

/** Events of a state's buffer, in the notation of the files. */
export function eventsOf(s: State): [string, ...number[]][] {
  return Array.from({ length: s.eventCount }, (_, i) => {
    const { name, args } = eventAt(s, i);
    return [name, ...Object.values(args)];
  });
}

/** The actions with the seconds at which they happen. */
export function scheduleOf(vector: Vector): { readonly nowS: number; readonly action: Action }[] {
  let nowS = vector.nowS - 1;
  return vector.actions.map((step) => {
    nowS = step.nowS ?? nowS + 1;
    return { nowS, action: action(step.action, step.actor, step.args, step.bulk) };
  });
}

/** An outcome in the notation of the files. */
export function codeOf(code: number, have: number, need: number): ExpectedCode {
  return code === 0 ? 'accepted' : [REJECTIONS[code]!, have, need];
}

/** What is wrong with a vector's form. Empty: nothing. */
export function checkVector(vector: Vector): string[] {
  const wrong: string[] = [];
  const { codes, events } = vector.expected;
  if (codes.length !== vector.actions.length) wrong.push(`${vector.actions.length} actions, ${codes.length} codes`);
  if (!/\d/.test(vector.why)) wrong.push('the reason has no numbers');
  if (vector.rules.length === 0) wrong.push('no rule');
  scheduleOf(vector).reduce((beforeS, { nowS }) => {
    // Each action is a block of its own, and a chain's blocks lie a second apart at least.
    if (nowS <= beforeS) wrong.push(`an action at ${nowS} s after one at ${beforeS} s`);
    return nowS;
  }, -1);
  for (const { action: name, args, bulk } of vector.actions) {
    const spec: ActionSpec | undefined = ACTIONS[name];
    if (spec === undefined) wrong.push(`no action ${name}`);
    else if (spec.args.length !== args.length || (spec.bulk === undefined) !== (bulk === undefined))
      wrong.push(`arguments of ${name}`);
  }
  for (const code of codes)
    if (code !== 'accepted' && !REJECTIONS.includes(code[0])) wrong.push(`no rejection ${code[0]}`);
  for (const [name, ...args] of events) {
    if (!EVENT_NAMES.includes(name) || EVENTS[name].length !== args.length) wrong.push(`event ${name}`);
  }
  return wrong;
}

/** All vectors of the repository, by family and file. */
export function loadVectors(root: string): VectorOfFamily[] {
  return VECTOR_FAMILIES.flatMap((family) => {
    const folder = join(root, 'fixtures', 'vectors', family);
    if (!existsSync(folder)) return [];
    return (
      readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => ({ family, file, vector: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Vector }))
        // Tables of a function's values lie in the same folders.
        .filter(({ vector }) => Array.isArray(vector.actions))
    );
  });
}

/** Actions that vectors accept, and rejections that they show: what is left to show. */
export function uncovered(vectors: readonly Vector[]): {
  readonly actions: ActionName[];
  readonly rejections: RejectionName[];
} {
  const accepted = new Set<string>();
  const rejected = new Set<string>();
  for (const { actions, expected } of vectors) {
    actions.forEach(({ action: name }, i) => {
      const code = expected.codes[i]!;
      if (code === 'accepted') accepted.add(name);
      else rejected.add(code[0]);
    });
  }
  return {
    actions: ACTION_NAMES.filter((name) => !accepted.has(name)),
    rejections: REJECTIONS.slice(1).filter((name) => !rejected.has(name)),
  };
}
