/**
 * The chain alone as ledger: state is what its storage says after each block. The core's rules run only on a copy, to
 * foresee what an era's settlement needs to be sent (the ranking), as an operator's own software would.
 */
import { assert } from '../base/assert.ts';
import { copyState } from '../engine/copyState.ts';
import { digestOf, packState } from '../engine/digest.ts';
import type { LedgerPort } from '../engine/ports.ts';
import { ACTION_NAMES, type Action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { type Capacities, createState, type State } from '../protocol/state.ts';
import { failureText, type ProtocolChain } from './protocolChain.ts';

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
      copyState(state, foresight);
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
