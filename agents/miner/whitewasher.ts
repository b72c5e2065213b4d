/**
 * BEH-10: cheats until its node has less of a name than a fresh one, then abandons it and enters anew. Reputation attaches
 * to the NFT (TRUST-7), so the new node starts at the start value again. A provider on the node goes with it, and a new one comes
 * with the new node, in the start tier and without a rating (SM-14). The name is trust weight times quality, which is
 * what PoWR pays for (F-4): the trust weight alone hardly falls, four of its five indicators do not see what is served.
 */
import { BPS, FP, mulDivDown } from '../../sim/base/fixedPoint.ts';
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, NODE_STATE, PROVIDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { providerField } from '../ledger.ts';
import { numberOption, variantOption } from '../options.ts';
import { createMiner } from './behave.ts';
import { currentProvider } from './provider.ts';
import { nodeState, nodesInPlay } from './steps.ts';

/** Trust weight times quality of a node, as FP. */
function nameFp(view: View, node: number): number {
  const at = node * STRIDE.nodeTrust;
  const trustFp = view.ledger.nodeTrust[at + F.nodeTrust.trustFp]!;
  return mulDivDown(trustFp, view.ledger.nodeTrust[at + F.nodeTrust.qualityFp]!, FP);
}

/** Name below which the node is given up: a share of what every node starts with (TRUST-5). */
function floorFp(view: View): number {
  const startFp = mulDivDown(FP, view.param('trust.init_bps'), BPS);
  return mulDivDown(mulDivDown(startFp, startFp, FP), numberOption(view, 'leave_below_bps'), BPS);
}

/** The provider of a node that is on its way out has no future either. It costs the start tier, and two stakes at once. */
function abandonProvider(view: View, out: Decision): void {
  const provider = currentProvider(view);
  if (provider === 0) return;
  const state = providerField(view, provider, 'state');
  const isLeaving = state === PROVIDER_STATE.registered || state === PROVIDER_STATE.active;
  const node = providerField(view, provider, 'node');
  if (isLeaving && node !== 0 && nodeState(view, node) >= NODE_STATE.exiting) out.act('deregisterProvider', [provider]);
}

export const whitewasher = createMiner({
  name: 'whitewasher',
  // One node that works; those in the exit queue do not count.
  nodeCount: (view) => 1 + nodesInPlay(view).filter((node) => nodeState(view, node) === NODE_STATE.exiting).length,
  choice(view) {
    const cheap = variantOption(view, 'variant');
    return () => cheap;
  },
  provider: { comesBack: true },
  before(view, _memory, out) {
    if (view.slotOfEra !== 0) return;
    abandonProvider(view, out);
    for (const node of nodesInPlay(view)) {
      const state = nodeState(view, node);
      const at = node * STRIDE.nodes;
      const works = state === NODE_STATE.online || state === NODE_STATE.offline;
      if (works && nameFp(view, node) < floorFp(view)) out.act('requestExit', [node]);
      else if (
        state === NODE_STATE.exiting &&
        view.era >= view.ledger.nodes[at + F.nodes.exitEra]! &&
        view.ledger.nodes[at + F.nodes.loadCount] === 0
      )
        out.act('finaliseExit', [node]);
    }
  },
});
