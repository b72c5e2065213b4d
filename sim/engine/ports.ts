/** What the engine asks of the outer rooms: a ledger that executes blocks, agents that decide, a recorder that keeps. */
import type { Action } from '../protocol/actions.ts';
import type { State } from '../protocol/state.ts';
import type { Phase } from './agentContract.ts';

/** All actions of one (slot, phase), in the order in which they are executed: one block. */
export type Block = {
  readonly slot: number;
  readonly phase: number;
  /** Seconds from genesis (TIME-1). */
  readonly nowS: number;
  /**
   * The actions, drawn one by one from the state that the ones before have left: an era's settlement needs that. A ledger
   * draws them once and executes each before it draws the next.
   */
  readonly actions: (s: State) => Iterable<Action>;
};

export type BlockResult = {
  /** The actions as they were executed, in order. */
  readonly actions: readonly Action[];
  /** Per action: 0 accepted, else the rejection's code. */
  readonly codes: readonly number[];
};

export type EraCheck = {
  /** Digest of the whole ledger state at the era's end, hex. */
  readonly digest: string;
  /** Storage words compared with the other side; 0 where there is no other side. */
  readonly comparedWordCount: number;
};

/**
 * Where actions are executed. `state` is what everybody looks at and is current when `applyBlock` has returned; the events
 * of the block lie in its buffer from index 0.
 *
 * @throws LockstepError from `applyBlock` or `endEra` if two ledgers disagree; ChainError if the chain fails
 */
export type LedgerPort = {
  readonly state: State;
  applyBlock(block: Block): Promise<BlockResult>;
  endEra(era: number): Promise<EraCheck>;
  close(): Promise<void>;
};

/** Actions of one agent in one phase, and the inferences that it ordered. */
export type DecisionBatch = {
  /** Per action: agent number, action number, argument count, arguments. Agents ascending. */
  readonly actions: Float64Array;
  /** Per order: agent number, variant, sample, level; or agent number, {@link COMPARE}, task, 0. */
  readonly orders: Float64Array;
  /** Per message outside the ledger: agent number, {@link MESSAGE} kind, four numbers. */
  readonly messages: Float64Array;
};

/** In place of a variant: an audit's sketch is to be compared with an own one. */
export const COMPARE = -1;

/** What agents tell each other without the ledger: a target its answer to a challenge, a Slark its finding to the referee, a creator its host another file. */
export const MESSAGE = { respond: 1, judge: 2, misuse: 3, swap: 4 } as const;
export const MESSAGE_SIZE = 6;

/**
 * The Slarks' BLS keys (CHAL-10). A signer is named by `slark/<agent>` or `foundation/<licence>`; its key follows from the
 * run's seed. Without a chain nobody checks a signature, so none is made: possession and sign then return null.
 */
export type KeyRing = {
  /** 16 words of 48 bits. */
  keyWords(signer: string): readonly number[];
  /** Proof of possession for the account that registers the key, 32 words, or null. */
  possession(signer: string, account: number): readonly number[] | null;
  /** One signature over all groups, each signer over its group's message: 32 words, or null. */
  sign(
    groups: readonly { readonly signers: readonly string[]; readonly message: Uint8Array }[],
  ): readonly number[] | null;
};

/** The agents' threads. Every call returns the decisions of all agents, in agent order, however many threads there are. */
export type AgentsPort = {
  decide(phase: Phase, slotCount: number): Promise<DecisionBatch>;
  close(): Promise<void>;
};
