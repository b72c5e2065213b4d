/** The hidden option `--fault`: a storage word of the chain that a run overwrites, to show how a difference is reported. */
import type { Fault } from '../chain/lockstep.ts';
import { FIELDS, type TableName } from '../protocol/layout.ts';
import { UsageError } from './exitCodes.ts';

/**
 * @param text `slot:phase:table:word:value`: after which block, which word of the table's first on, and what it is to hold
 * @throws UsageError if it is not of this form
 */
export function parseFault(text: string): Fault {
  const match = /^(\d+):(\d+):(\w+):(\d+):(\d+|0x[0-9a-fA-F]+)$/.exec(text);
  const table = match?.[3] ?? '';
  if (match === null || !(table in FIELDS)) {
    throw new UsageError(`--fault takes slot:phase:table:word:value, such as 3:420:wallets:8:1, not ${text}`);
  }
  const [, slot, phase, , word, value] = match;
  return { slot: Number(slot), phase: Number(phase), table: table as TableName, word: Number(word), value: value! };
}
