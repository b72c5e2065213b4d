/**
 * The chain alone as ledger: state is what its storage says after each block. The core's rules run only on a copy, to
 * foresee what an era's settlement needs to be sent (the ranking), as an operator's own software would.
 */
import { assert } from '../base/assert.ts';
import { digestOf, packState, usedRanges } from '../engine/digest.ts';
import type { LedgerPort } from '../engine/ports.ts';
import { ACTION_NAMES, type Action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { FIELDS, STRIDE, type TableName } from '../protocol/layout.ts';
import { type Capacities, createState, type State } from '../protocol/state.ts';
import { failureText, type ProtocolChain } from './protocolChain.ts';

const TABLES = Object.keys(FIELDS) as TableName[];

/** Makes `to` equal to `from`, touching only the records that either of them uses. */
function copyTables(from: State, to: State): void {
  const cleared = TABLES.map((table) => usedRanges(to, table));
  TABLES.forEach((table, i) => {
    for (const range of cleared[i]!) to[table].fill(0, range.from * STRIDE[table], range.to * STRIDE[table]);
  });
  for (const table of TABLES) {
    for (const range of usedRanges(from, table)) {
      const at = range.from * STRIDE[table];
      to[table].set(from[table].subarray(at, range.to * STRIDE[table]), at);
    }
  }
}

/**
 * @param state tables to keep current; its content is replaced by the chain's
 * @returns a ledger whose state and events are the chain's
 */
export async function createChainLedger(
  state: State,
  chain: ProtocolChain,
  capacities: Capacities,
): Promise<LedgerPort> {
  const foresight = createState(capacities);
  await chain.readState(state);
  return {
    state,
    async applyBlock(block) {
      copyTables(state, foresight);
      foresight.nowS = block.nowS;
      state.nowS = block.nowS;
      const actions: Action[] = [];
      for (const next of block.actions(foresight)) {
        actions.push(next);
        applyAction(foresight, next);
      }
      state.eventCount = 0;
      if (actions.length === 0) return { actions, codes: [] };
      const codes = await chain.execute(block.nowS, actions, state);
      codes.forEach((code, i) => {
        const action = actions[i]!;
        assert(
          code >= 0,
          `${ACTION_NAMES[action.kind]}(${action.args.join(', ')}) of account ${action.actor} fails with ${failureText(code)}`,
        );
      });
      await chain.readState(state);
      return { actions, codes };
    },
    async endEra() {
      return { digest: digestOf(packState(state)), comparedWordCount: 0 };
    },
    close: () => chain.close(),
  };
}
