/**
 * Finds the shortest list of actions after which core and chain disagree: the reproduction of a lockstep failure. Replays
 * parts of a journal on fresh ledgers; decides nothing about who is right.
 */
import { copyState } from '../engine/copyState.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import type { Action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { type Capacities, createState, type State } from '../protocol/state.ts';
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
  /** Does the items on ledgers that have done the prefix. @returns what differs, null if nothing does */
  replay(items: readonly JournalItem[]): Promise<Replay>;
  close(): Promise<void>;
};

/**
 * Ledgers to replay on: a core and a chain that do `prefix` once, and are brought back to its end before each replay.
 * Without a prefix they start at genesis.
 */
export async function openReplayer(
  plan: GenesisPlan,
  capacities: Capacities,
  options: ProtocolChainOptions,
  prefix: readonly JournalBlock[] = [],
): Promise<Replayer> {
  const chain = await openProtocolChain(options);
  try {
    const anchor = createGenesisState(plan, capacities);
    for (const block of prefix) await doBlock(anchor, chain, block);
    const toAnchor = await chain.checkpoint();
    const core = createState(capacities);
    return {
      async replay(items) {
        await toAnchor();
        copyState(anchor, core);
        return replayOn(core, chain, items);
      },
      close: () => chain.close(),
    };
  } catch (error) {
    await chain.close();
    throw error;
  }
}

/** Does a block on both. @returns in what their answers to an action disagree, null if they do not */
async function doBlock(core: State, chain: ProtocolChain, block: JournalBlock): Promise<string | null> {
  core.nowS = block.nowS;
  core.eventCount = 0;
  const codes = block.actions.map((action) => applyAction(core, action));
  const chainCodes = block.actions.length === 0 ? [] : await chain.execute(block.nowS, block.actions, null);
  for (const fault of block.faults) await chain.tamper(fault.table, fault.word, BigInt(fault.value));
  const disagreement = compareCodes(block.actions, codes, chainCodes);
  return disagreement === null ? null : `Slot ${block.slot}, phase ${block.phase}: ${disagreement}`;
}

async function replayOn(core: State, chain: ProtocolChain, items: readonly JournalItem[]): Promise<Replay> {
  for (const block of blocksOf(items)) {
    const message = await doBlock(core, chain, block);
    if (message !== null) return { differences: [], message };
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

/** A reproduction and where it starts. */
export type AnchoredReproduction = Reproduction & {
  /** The run's block after which the items are to be done; null: at genesis. */
  readonly after: { readonly slot: number; readonly phase: number } | null;
};

/**
 * Finds the shortest list of what a run did that shows its difference again. It starts where core and chain were last seen
 * to be equal, so that only the era in which they parted is searched; if what is left does it from genesis as well, it is
 * told from there.
 *
 * @param agreedBlockCount blocks at the journal's beginning after which the two were equal
 * @param searchWallMs real time for the search, without the time to get to its start
 * @returns null if replaying the whole journal shows no difference: something outside the run changed the chain
 */
export async function reproduce(
  journal: readonly JournalBlock[],
  agreedBlockCount: number,
  plan: GenesisPlan,
  capacities: Capacities,
  options: ProtocolChainOptions,
  searchWallMs: number,
): Promise<AnchoredReproduction | null> {
  async function search(prefix: readonly JournalBlock[], items: readonly JournalItem[]): Promise<Reproduction | null> {
    const replayer = await openReplayer(plan, capacities, options, prefix);
    return findShortest(items, replayer.replay, searchWallMs).finally(replayer.close);
  }
  const prefix = journal.slice(0, agreedBlockCount);
  const found = await search(prefix, itemsOf(journal.slice(agreedBlockCount)));
  const last = prefix[prefix.length - 1];
  if (last === undefined) return found === null ? null : { ...found, after: null };
  const fromGenesis = await search([], found === null ? itemsOf(journal) : found.items);
  if (fromGenesis !== null) return { ...fromGenesis, after: null };
  return found === null ? null : { ...found, after: { slot: last.slot, phase: last.phase } };
}
