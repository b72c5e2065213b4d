/** A creator that registers its models, keeps them as they are and repairs them when they are rejected. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { DOCUMENT_FIELDS } from '../../sim/engine/documents.ts';
import { milliTokens, numberOption, variantOption } from '../options.ts';
import { advance, modelsInPlay, register } from './steps.ts';

export const steady: Strategy = {
  role: 'creator',
  name: 'steady',
  phases: [PHASE.open],
  decide(view, memory, _random, out) {
    const variant = variantOption(view, 'variant');
    if (modelsInPlay(view).length < numberOption(view, 'models')) {
      // Memory 0: slot in which the draft was made; it is registered a slot later.
      if (memory[0] === 0) memory[0] = view.slotCount;
      else {
        register(view, { domain: view.roleIndex % 4, feeUnits: milliTokens(view, 'fee_milli'), variant }, out);
        memory[0] = 0;
      }
    }
    advance(
      view,
      (model) => view.makeDocument(DOCUMENT_FIELDS, false, model * 1_024 + view.slotCount),
      () => variant,
      out,
    );
  },
};
