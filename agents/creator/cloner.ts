/** BEH-29: copies the model with the most requests, weights and all, and offers it for less. */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { DOCUMENT_FIELDS } from '../../sim/engine/documents.ts';
import { F, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { advance, modelsInPlay, register, variantOfVersion } from './steps.ts';

/** Live model of another creator with the most requests so far; 0 if there is none. */
function mostUsed(view: View): number {
  let best = 0;
  let bestCount = -1;
  for (const { model } of view.market()) {
    const at = model * STRIDE.models;
    const count = view.ledger.models[at + F.models.requestCount]!;
    if (view.ledger.models[at + F.models.owner] === view.account || count <= bestCount) continue;
    best = model;
    bestCount = count;
  }
  return best;
}

export const cloner: Strategy = {
  role: 'creator',
  name: 'cloner',
  phases: [PHASE.open],
  decide(view, memory, _random, out) {
    if (modelsInPlay(view).length === 0 && view.era >= numberOption(view, 'wait_eras')) {
      const target = mostUsed(view);
      if (target !== 0) {
        const at = target * STRIDE.models;
        const feeUnits = Math.max(
          1,
          Math.floor((view.ledger.models[at + F.models.feeUnits]! * (BPS - numberOption(view, 'undercut_bps'))) / BPS),
        );
        const variant = variantOfVersion(view, view.ledger.models[at + F.models.liveVersion]!);
        if (variant >= 0) {
          memory[0] = variant;
          register(view, { domain: view.ledger.models[at + F.models.domain]!, feeUnits, variant }, out);
        }
      }
    }
    advance(
      view,
      (model) => view.makeDocument(DOCUMENT_FIELDS, false, model * 1_024 + view.slotCount),
      () => memory[0]!,
      out,
    );
  },
};
