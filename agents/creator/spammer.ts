/** BEH-28: floods the registry with models whose papers are incomplete, to keep validators busy. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { advance, register } from './steps.ts';

/** Fields of ten that its documents have. */
const FIELDS_GIVEN = 4;

export const spammer: Strategy = {
  role: 'creator',
  name: 'spammer',
  phases: [PHASE.open],
  decide(view, _memory, random, out) {
    if (view.slotOfEra === 0) {
      const room = numberOption(view, 'limit') - view.myModels().length;
      const variant = view.variantNamed('en-m2');
      for (let i = 0; i < Math.min(room, numberOption(view, 'per_era')); i++)
        register(view, { domain: random.int(4), feeUnits: 1, variant }, out);
    }
    // One try a day per model; the papers stay what they are.
    if (view.slotOfEra === 6)
      advance(
        view,
        (model) => view.makeDocument(FIELDS_GIVEN, false, model * 1_024 + view.slotCount),
        () => view.variantNamed('en-m2'),
        out,
      );
  },
};
