/**
 * The lockstep ledger: every block runs on the core and on the chain, and at each era's end the two states are compared
 * word for word. The chain's side is what its storage says, read back through eth_call, never what was sent to it.
 */
import { executeBlock } from '../engine/coreLedger.ts';
import { digestOf, packState, type TableBytes } from '../engine/digest.ts';
import type { LedgerPort } from '../engine/ports.ts';
import { ACTION_NAMES, type Action } from '../protocol/actions.ts';
import { FIELDS, STRIDE, type TableName } from '../protocol/layout.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import type { State } from '../protocol/state.ts';
import { failureText, type ProtocolChain } from './protocolChain.ts';

/** One field in which core and chain differ. `table` is also the name of the storage variable. */
export type Difference = {
  readonly table: TableName;
  readonly record: number;
  readonly field: string;
  readonly core: string;
  readonly chain: string;
};

/** Overwrites a storage word of the chain after a block: how tests show that a difference is found. */
export type Fault = {
  readonly slot: number;
  readonly phase: number;
  readonly table: TableName;
  readonly word: number;
  readonly value: string;
};

/** What was done to both ledgers, in order: enough to do it again. */
export type JournalBlock = {
  readonly slot: number;
  readonly phase: number;
  readonly nowS: number;
  readonly actions: readonly Action[];
  readonly faults: readonly Fault[];
};

/** Core and chain disagree: a bug of ours. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  readonly era: number;
  readonly differences: readonly Difference[];
  readonly journal: readonly JournalBlock[];
  /** Blocks at the journal's beginning after which the two were seen to be equal. */
  readonly agreedBlockCount: number;
  constructor(
    message: string,
    era: number,
    differences: readonly Difference[],
    journal: readonly JournalBlock[],
    agreedBlockCount: number,
  ) {
    super(message);
    this.era = era;
    this.differences = differences;
    this.journal = journal;
    this.agreedBlockCount = agreedBlockCount;
  }
}

/** Differences that a message names; a run that has gone wrong may have thousands. */
const SHOWN = 8;
/** Blocks that the core may be ahead of the chain. */
const AHEAD = 8;

/** Fields in which two packed states differ, at most `limit`. Different sizes are differences too. */
export function differencesOf(core: readonly TableBytes[], chain: readonly TableBytes[], limit: number): Difference[] {
  const found: Difference[] = [];
  const chainPart = new Map(chain.map((part) => [`${part.table}:${part.fromWord}`, part]));
  for (const own of core) {
    const other = chainPart.get(`${own.table}:${own.fromWord}`);
    if (other !== undefined && Buffer.compare(own.bytes, other.bytes) === 0) continue;
    const fields = FIELDS[own.table] as readonly string[];
    const words = own.bytes.length / 32;
    for (let word = 0; word < words && found.length < limit; word++) {
      for (let lane = 0; lane < 4; lane++) {
        const coreValue = laneText(own.bytes, word, lane);
        const chainValue =
          other === undefined || word * 32 >= other.bytes.length ? 'not in use' : laneText(other.bytes, word, lane);
        if (coreValue === chainValue) continue;
        const at = (own.fromWord + word) * 4 + lane;
        found.push({
          table: own.table,
          record: Math.floor(at / STRIDE[own.table]),
          field: fields[at % STRIDE[own.table]] ?? 'padding',
          core: coreValue,
          chain: chainValue,
        });
        if (found.length >= limit) break;
      }
    }
  }
  return found;
}

/** A lane as a decimal number, exact for all 64 bits: a broken word may hold anything. */
function laneText(bytes: Uint8Array, word: number, lane: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getBigUint64(word * 32 + 24 - lane * 8).toString();
}

function codeText(code: number): string {
  if (code < 0) return `fails with ${failureText(code)}`;
  return code === 0 ? 'accepts' : `refuses with ${REJECTIONS[code]}`;
}

/** Compares the codes that core and chain gave to the actions of a block. */
export function compareCodes(
  actions: readonly Action[],
  core: readonly number[],
  chain: readonly number[],
): string | null {
  for (let i = 0; i < actions.length; i++) {
    if (core[i] === chain[i]) continue;
    const action = actions[i]!;
    return `the core ${codeText(core[i]!)}, the chain ${codeText(chain[i]!)}: ${ACTION_NAMES[action.kind]}(${action.args.join(', ')}) of account ${action.actor}`;
  }
  return null;
}

/**
 * Compares all that is in use in the core with the same words of the chain. What the chain has in use beyond shows in the
 * totals that say so.
 *
 * @returns the chain's digest, the words compared, and the differences, at most `SHOWN` of them
 */
export async function compareStates(
  core: State,
  chain: ProtocolChain,
): Promise<{ digest: string; wordCount: number; differences: Difference[] }> {
  const [coreParts, chainParts] = [packState(core), await chain.readWords(core)];
  const wordCount = chainParts.reduce((sum, part) => sum + part.bytes.length / 32, 0);
  return { digest: digestOf(chainParts), wordCount, differences: differencesOf(coreParts, chainParts, SHOWN) };
}

export type LockstepOptions = {
  readonly core: State;
  readonly chain: ProtocolChain;
  /** For tests: storage words to overwrite on the chain. */
  readonly faults?: readonly Fault[];
};

export function createLockstepLedger(
  options: LockstepOptions,
): LedgerPort & { readonly journal: readonly JournalBlock[] } {
  const { core, chain } = options;
  const journal: JournalBlock[] = [];
  let era = 0;
  let agreedBlockCount = 0;
  let pending: Promise<void>[] = [];
  let failure: unknown;
  let tail: Promise<void> = Promise.resolve();

  async function follow(block: JournalBlock, codes: readonly number[]): Promise<void> {
    const chainCodes = await chain.execute(block.nowS, block.actions, null);
    const disagreement = compareCodes(block.actions, codes, chainCodes);
    if (disagreement !== null)
      throw new LockstepError(
        `Slot ${block.slot}, phase ${block.phase}: ${disagreement}`,
        era,
        [],
        journal,
        agreedBlockCount,
      );
    for (const fault of block.faults) await chain.tamper(fault.table, fault.word, BigInt(fault.value));
  }

  async function drain(limit: number): Promise<void> {
    while (pending.length > limit) {
      await pending[0];
      pending = pending.slice(1);
    }
    if (failure !== undefined) throw failure;
  }

  return {
    state: core,
    journal,
    async applyBlock(block) {
      const result = executeBlock(core, block);
      if (result.actions.length > 0) {
        const entry: JournalBlock = {
          slot: block.slot,
          phase: block.phase,
          nowS: block.nowS,
          actions: result.actions,
          faults: (options.faults ?? []).filter((fault) => fault.slot === block.slot && fault.phase === block.phase),
        };
        journal.push(entry);
        // The chain follows while the agents go on; a failure is thrown by the next call that waits.
        tail = tail
          .then(() => (failure === undefined ? follow(entry, result.codes) : undefined))
          .catch((error: unknown) => {
            failure ??= error;
          });
        pending.push(tail);
      }
      await drain(AHEAD);
      return result;
    },
    async endEra(settledEra) {
      era = settledEra;
      await drain(0);
      const { digest, wordCount, differences } = await compareStates(core, chain);
      if (differences.length > 0) {
        const listed = differences
          .map((d) => `  ${d.table}[${d.record}].${d.field}: core ${d.core}, chain ${d.chain}`)
          .join('\n');
        throw new LockstepError(
          `Era ${settledEra}: core and chain disagree\n${listed}`,
          settledEra,
          differences,
          journal,
          agreedBlockCount,
        );
      }
      agreedBlockCount = journal.length;
      era = settledEra + 1;
      return { digest, comparedWordCount: wordCount };
    },
    async close() {
      await Promise.allSettled(pending);
      await chain.close();
    },
  };
}
