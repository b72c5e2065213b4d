/** A creator that registers its models, keeps them as they are and repairs them when they are rejected; and those that live like it. */
import { type Decision, PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { DOCUMENT_FIELDS } from '../../sim/engine/documents.ts';
import { milliTokens, numberOption, variantOption } from '../options.ts';
import { advance, modelsInPlay, register } from './steps.ts';

/** @param after  called in every slot, after the steps */
export function createSteady(name: string, after: (view: View, out: Decision) => void = () => {}): Strategy {
  return {
    role: 'creator',
    name,
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
      after(view, out);
    },
  };
}

export const steady = createSteady('steady');
