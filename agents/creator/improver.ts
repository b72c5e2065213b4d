/** BEH-24: ships a better version every cycle as long as ratings leave room, and repairs what validators rejected. */
import { PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { DOCUMENT_FIELDS } from '../../sim/engine/documents.ts';
import { F, MODEL_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { milliTokens, numberOption, variantOption } from '../options.ts';
import { advance, modelState, modelsInPlay, register, variantOfVersion } from './steps.ts';

/** Worst to best, by the measured character error rate of the reference profile at the medium level. */
export const LADDER = ['en-m2', 'en-w70', 'latin', 'en-m3', 'en-m4', 'en', 'en-ft1', 'en-ft3', 'en-ft8'] as const;

/** The next better variant of those that it knows how to make; the same for the best of them, and for what is better still. */
function better(view: View, variant: number): number {
  const at = LADDER.findIndex((id) => view.variantNamed(id) === variant);
  const top = (LADDER as readonly unknown[]).indexOf(view.options.top);
  return at >= top ? variant : view.variantNamed(LADDER[at + 1]!);
}

/** False while every rating of the window is the best one: there is nothing that feedback asks for. */
function hasRoom(view: View, model: number): boolean {
  const at = model * STRIDE.models;
  const count = view.ledger.models[at + F.models.ratingCount]!;
  return count === 0 || view.ledger.models[at + F.models.ratingSumTenths]! < count * view.param('fb.scale_tenths');
}

export const improver: Strategy = {
  role: 'creator',
  name: 'improver',
  phases: [PHASE.open],
  decide(view, memory, _random, out) {
    if (modelsInPlay(view).length < numberOption(view, 'models')) {
      if (memory[0] === 0) memory[0] = view.slotCount;
      else {
        register(
          view,
          {
            domain: view.roleIndex % 4,
            feeUnits: milliTokens(view, 'fee_milli'),
            variant: variantOption(view, 'variant'),
          },
          out,
        );
        memory[0] = 0;
      }
    }
    const cycleEras = numberOption(view, 'cycle_eras');
    if (view.slotOfEra === 0 && view.era > 0 && view.era % cycleEras === view.roleIndex % cycleEras) {
      for (const model of modelsInPlay(view)) {
        const at = model * STRIDE.models;
        const isBusy = view.ledger.models[at + F.models.candidateVersion] !== 0;
        if (modelState(view, model) !== MODEL_STATE.live || isBusy || !hasRoom(view, model)) continue;
        const current = variantOfVersion(view, view.ledger.models[at + F.models.liveVersion]!);
        const next = better(view, current);
        if (next === current) continue;
        out.act('submitVersion', [
          model,
          view.artefactOf(next),
          view.wuOf(next),
          view.ledger.models[at + F.models.feeUnits]!,
        ]);
      }
    }
    advance(
      view,
      (model) => view.makeDocument(DOCUMENT_FIELDS, false, model * 1_024 + view.slotCount),
      (model) =>
        better(view, variantOfVersion(view, view.ledger.models[model * STRIDE.models + F.models.candidateVersion]!)),
      out,
    );
  },
};
