/**
 * Changed storage words for tests: a word that a state has in use, the same word one higher in its last field, and what a
 * comparison must say of it.
 */
import { packWords } from '../engine/digest.ts';
import { FIELDS, STRIDE, type TableName } from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import type { Difference } from './lockstep.ts';

export type Spot = {
  readonly table: TableName;
  readonly record: number;
  readonly field: string;
  readonly word: number;
  readonly core: bigint;
  readonly value: bigint;
  readonly before: bigint;
};

/** The last field of a record, one higher than in the core. */
export function spotOf(s: State, table: TableName, record: number): Spot {
  const fields: readonly string[] = FIELDS[table];
  const at = record * STRIDE[table] + fields.length - 1;
  const word = Math.floor(at / 4);
  const before = BigInt(`0x${Buffer.from(packWords(s, table, word, word + 1)).toString('hex')}`);
  const value = before + (1n << BigInt(64 * (at % 4)));
  return { table, record, field: fields[fields.length - 1]!, word, core: BigInt(s[table][at]!), value, before };
}

/** What differs when the chain has the spot's value. */
export function differenceAt({ table, record, field, core }: Spot): Difference {
  return { table, record, field, core: String(core), chain: String(core + 1n) };
}

/** The line that names a difference. */
export function lineOf({ table, record, field, core, chain }: Difference): string {
  return `  ${table}[${record}].${field}: core ${core}, chain ${chain}`;
}

/** What a promise fails with, null if it does not. */
export async function failureOf(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => null,
    (error: unknown) => error,
  );
}
