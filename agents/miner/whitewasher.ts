/**
 * BEH-10: cheats until its node's trust weight is worth nothing, then abandons the node and enters with a fresh one.
 * Reputation attaches to the NFT (TRUST-7), so the new node starts at the start value again.
 */
import { BPS, FP, mulDivDown } from '../../sim/base/fixedPoint.ts';
import { F, NODE_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption, variantOption } from '../options.ts';
import { createMiner } from './behave.ts';
import { nodeState, nodesInPlay } from './steps.ts';

export const whitewasher = createMiner({
  name: 'whitewasher',
  // One node that works; those in the exit queue do not count.
  nodeCount: (view) => 1 + nodesInPlay(view).filter((node) => nodeState(view, node) === NODE_STATE.exiting).length,
  choice(view) {
    const cheap = variantOption(view, 'variant');
    return () => cheap;
  },
  before(view, _memory, out) {
    if (view.slotOfEra !== 0) return;
    const floorFp = mulDivDown(FP, numberOption(view, 'leave_below_bps'), BPS);
    for (const node of nodesInPlay(view)) {
      const state = nodeState(view, node);
      const at = node * STRIDE.nodes;
      const trustFp = view.ledger.nodeTrust[node * STRIDE.nodeTrust + F.nodeTrust.trustFp]!;
      if ((state === NODE_STATE.online || state === NODE_STATE.offline) && trustFp < floorFp)
        out.act('requestExit', [node]);
      else if (
        state === NODE_STATE.exiting &&
        view.era >= view.ledger.nodes[at + F.nodes.exitEra]! &&
        view.ledger.nodes[at + F.nodes.loadCount] === 0
      )
        out.act('finaliseExit', [node]);
    }
  },
});
