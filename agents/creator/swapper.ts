/** BEH-26: has an honest version approved and, once it is live, puts another file in its place. The ledger still names the old one. */
import { F, MODEL_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption, variantOption } from '../options.ts';
import { createSteady } from './steady.ts';
import { modelState, modelsInPlay } from './steps.ts';

export const swapper = createSteady('swapper', (view, out) => {
  if (view.slotOfEra !== 0 || view.era < numberOption(view, 'swap_era')) return;
  const build = variantOption(view, 'build');
  for (const model of modelsInPlay(view)) {
    const isLive = modelState(view, model) === MODEL_STATE.live;
    const isApproved = view.ledger.models[model * STRIDE.models + F.models.liveVersion] !== 0;
    if (isLive && isApproved && view.buildServed(model) !== build) out.swap(model, build);
  }
});
