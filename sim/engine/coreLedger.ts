/** The fast ledger: the rules of `sim/protocol`, applied in place. */
import type { Action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import type { State } from '../protocol/state.ts';
import { digestOf, packState } from './digest.ts';
import type { Block, BlockResult, LedgerPort } from './ports.ts';

/** Executes a block on a state; its events are in the state's buffer afterwards, from index 0. */
export function executeBlock(s: State, block: Block): BlockResult {
  s.nowS = block.nowS;
  s.eventCount = 0;
  const actions: Action[] = [];
  const codes: number[] = [];
  for (const next of block.actions(s)) {
    actions.push(next);
    codes.push(applyAction(s, next));
  }
  return { actions, codes };
}

/** @returns a ledger over `state`, which is at genesis */
export function createCoreLedger(state: State): LedgerPort {
  return {
    state,
    async applyBlock(block) {
      return executeBlock(state, block);
    },
    async endEra() {
      return { digest: digestOf(packState(state)), comparedWordCount: 0 };
    },
    async close() {},
  };
}
