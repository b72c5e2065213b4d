/** Copies the ledger's state from one set of tables to another, touching only the records that either of them uses. */
import { FIELDS, STRIDE, type TableName } from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import { usedRanges } from './digest.ts';

const TABLES = Object.keys(FIELDS) as TableName[];

/** Makes the tables of `to` equal to those of `from`; both must have been made with the same capacities. */
export function copyState(from: State, to: State): void {
  const stale = TABLES.map((table) => usedRanges(to, table));
  TABLES.forEach((table, i) => {
    for (const range of stale[i]!) to[table].fill(0, range.from * STRIDE[table], range.to * STRIDE[table]);
  });
  for (const table of TABLES) {
    for (const range of usedRanges(from, table)) {
      const at = range.from * STRIDE[table];
      to[table].set(from[table].subarray(at, range.to * STRIDE[table]), at);
    }
  }
}
