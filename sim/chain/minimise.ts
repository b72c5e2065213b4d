/**
 * Finds the shortest list of actions after which core and chain disagree: the reproduction of a lockstep failure. Replays
 * parts of a journal on fresh ledgers; decides nothing about who is right.
 */
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import type { Action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import type { Capacities, State } from '../protocol/state.ts';
import { compareCodes, compareStates, type Difference, type Fault, type JournalBlock } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain, type ProtocolChainOptions } from './protocolChain.ts';

/** One thing that was done: an action, or an overwritten storage word. */
export type JournalItem = { readonly slot: number; readonly phase: number; readonly nowS: number } & (
  | { readonly action: Action }
  | { readonly fault: Fault }
);

export type Reproduction = {
  readonly items: readonly JournalItem[];
  readonly differences: readonly Difference[];
  readonly message: string /** False if the time ran out before no item could be left out. */;
  readonly shortest: boolean;
};

/** A journal as a flat list, in order. */
export function itemsOf(journal: readonly JournalBlock[]): JournalItem[] {
  return journal.flatMap(({ slot, phase, nowS, actions, faults }) => [
    ...actions.map((action) => ({ slot, phase, nowS, action })),
    ...faults.map((fault) => ({ slot, phase, nowS, fault })),
  ]);
}

/** Items as blocks again: those of one (slot, phase) that follow one another. */
export function blocksOf(items: readonly JournalItem[]): JournalBlock[] {
  const blocks: { slot: number; phase: number; nowS: number; actions: Action[]; faults: Fault[] }[] = [];
  for (const item of items) {
    let last = blocks[blocks.length - 1];
    if (last === undefined || last.slot !== item.slot || last.phase !== item.phase || last.nowS !== item.nowS) {
      last = { slot: item.slot, phase: item.phase, nowS: item.nowS, actions: [], faults: [] };
      blocks.push(last);
    }
    if ('action' in item) last.actions.push(item.action);
    else last.faults.push(item.fault);
  }
  return blocks;
}

export type Replay = { readonly differences: readonly Difference[]; readonly message: string } | null;

export type Replayer = {
  /** Does the items on ledgers at genesis. @returns what differs, null if nothing does */
  replay(items: readonly JournalItem[]): Promise<Replay>;
  close(): Promise<void>;
};

/** Ledgers to replay on: one chain, brought back to genesis before each replay. */
export async function openReplayer(
  plan: GenesisPlan,
  capacities: Capacities,
  options: ProtocolChainOptions,
): Promise<Replayer> {
  const chain = await openProtocolChain(options);
  try {
    const toGenesis = await chain.checkpoint();
    return {
      async replay(items) {
        await toGenesis();
        return replayOn(createGenesisState(plan, capacities), chain, items);
      },
      close: () => chain.close(),
    };
  } catch (error) {
    await chain.close();
    throw error;
  }
}

async function replayOn(core: State, chain: ProtocolChain, items: readonly JournalItem[]): Promise<Replay> {
  for (const block of blocksOf(items)) {
    core.nowS = block.nowS;
    core.eventCount = 0;
    const codes = block.actions.map((action) => applyAction(core, action));
    if (block.actions.length > 0) {
      const disagreement = compareCodes(block.actions, codes, await chain.execute(block.nowS, block.actions, null));
      if (disagreement !== null) {
        return { differences: [], message: `Slot ${block.slot}, phase ${block.phase}: ${disagreement}` };
      }
    }
    for (const fault of block.faults) await chain.tamper(fault.table, fault.word, BigInt(fault.value));
  }
  const { differences } = await compareStates(core, chain);
  const first = differences[0];
  return first === undefined
    ? null
    : {
        differences,
        message: `${first.table}[${first.record}].${first.field}: core ${first.core}, chain ${first.chain}`,
      };
}

/**
 * Delta debugging (Zeller and Hildebrandt 2002, algorithm ddmin): leaves out ever smaller parts as long as what remains
 * still shows a difference.
 *
 * @param reproduces replays a list; null if nothing differs
 * @param deadlineWallMs stop after this time and return the best list so far
 * @returns null if the whole list shows no difference: what happened was not caused by the journal
 */
export async function findShortest(
  items: readonly JournalItem[],
  reproduces: (items: readonly JournalItem[]) => Promise<Replay>,
  deadlineWallMs: number,
): Promise<Reproduction | null> {
  const endMs = performance.now() + deadlineWallMs;
  let found = await reproduces(items);
  if (found === null) return null;
  let current = items;
  let parts = 2;
  while (current.length > 1 && performance.now() < endMs) {
    const size = Math.ceil(current.length / parts);
    let reduced = false;
    for (let from = 0; from < current.length && performance.now() < endMs; from += size) {
      const piece = current.slice(from, from + size);
      const rest = [...current.slice(0, from), ...current.slice(from + size)];
      // The piece alone first, while pieces are large: a single culprit is then found in few steps.
      const candidates = parts === 2 ? [piece, rest] : [rest];
      for (const candidate of candidates) {
        if (candidate.length === 0 || candidate.length === current.length) continue;
        const replayed = await reproduces(candidate);
        if (replayed === null) continue;
        found = replayed;
        current = candidate;
        parts = candidate === piece ? 2 : Math.max(2, parts - 1);
        reduced = true;
        break;
      }
      if (reduced) break;
    }
    if (reduced) continue;
    if (parts >= current.length) return { items: current, ...found, shortest: true };
    parts = Math.min(current.length, parts * 2);
  }
  return { items: current, ...found, shortest: current.length <= 1 };
}
