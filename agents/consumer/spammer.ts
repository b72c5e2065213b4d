/**
 * BEH-44: requests that it has not paid for, ratings and calls for what it does not own, probes of the protocol's own entry
 * points, and dust sent to others. All but the dust should be refused; what that costs the network is the question.
 */
import { MAX_INT, MIL } from '../../sim/base/fixedPoint.ts';
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import type { ActionName } from '../../sim/protocol/actions.ts';
import { F } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';

/** Entry points that it tries in turn, with arguments that are well-formed and not for it. */
const PROBES: readonly (readonly [ActionName, readonly number[]])[] = [
  ['openEmission', [0, 1]],
  ['updateTrust', [0, 1]],
  ['payNodes', [0, 1]],
  ['settleTask', [1]],
  ['assignTask', [1]],
  ['issueKey', [1, 1]],
  ['forceRemoveModel', [1]],
  ['loseHeartbeat', [1]],
  ['requestExit', [1]],
  ['exitValidator', [1]],
  ['removeModel', [1]],
  ['undelegate', [1, 1]],
  ['replaceHost', [1, 0]],
  ['closeRequests', [0, 1]],
  ['rateModel', [1, 1]],
  ['openSlot', [0, 0, 0, 0, 0, 0, 0, 0]],
];

export const spammer: Strategy = {
  role: 'consumer',
  name: 'spammer',
  phases: [PHASE.open],
  decide(view, memory, random, out) {
    const models = view.ledger.modelTotals[F.modelTotals.modelCount]!;
    for (let i = 0; i < numberOption(view, 'per_slot'); i++) {
      if (models > 0) out.act('requestInference', [1 + random.int(models), MIL, MAX_INT]);
    }
    if (view.slotOfEra % 4 !== 0) return;
    const [name, args] = PROBES[memory[0]! % PROBES.length]!;
    memory[0]! += 1;
    out.act(name, args);
    out.act('transferTokens', [view.account, view.ledger.wallets[view.account]! + 1]);
    if (view.ledger.wallets[view.account]! > 0) out.act('transferTokens', [view.account - 1, 1]);
  },
};
