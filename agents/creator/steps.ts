/**
 * The steps that every creator takes: draft, registration, papers, test deployment, validation, repair (SM-1). A draft is
 * off-chain (MODEL-1): it is the slot in which the creator has decided on a model and not yet registered it.
 */
import type { Decision, View } from '../../sim/engine/agentContract.ts';
import { F, MODEL_STATE, STRIDE } from '../../sim/protocol/layout.ts';

export type Draft = { readonly domain: number; readonly feeUnits: number; readonly variant: number };

export function modelState(view: View, model: number): number {
  return view.ledger.models[model * STRIDE.models + F.models.state]!;
}

/** State of the version that is on its way to the market: the model's own until it is live, then the candidate's. */
export function walkState(view: View, model: number): number {
  const at = model * STRIDE.models;
  return view.ledger.models[at + F.models.liveVersion] === 0
    ? view.ledger.models[at + F.models.state]!
    : view.ledger.models[at + F.models.candidateState]!;
}

/** Models that have not been removed. */
export function modelsInPlay(view: View): number[] {
  return view.myModels().filter((model) => modelState(view, model) !== MODEL_STATE.removed);
}

export function register(view: View, draft: Draft, out: Decision): void {
  out.act('registerModel', [draft.domain, draft.feeUnits, view.artefactOf(draft.variant), view.wuOf(draft.variant)]);
}

/**
 * Takes the next step of each own model towards Live.
 *
 * @param document identifier of the metadata document to submit for a model
 * @param repair weights to put into a version that was rejected for what it is
 */
export function advance(
  view: View,
  document: (model: number) => number,
  repair: (model: number) => number,
  out: Decision,
): void {
  const listed = view.ledger.nodeTotals[F.nodeTotals.rankedCount]! > 0;
  for (const model of modelsInPlay(view)) {
    const at = model * STRIDE.models;
    const needsChange = view.ledger.models[at + F.models.needsChange] === 1;
    const walk = walkState(view, model);
    const change = (): void => {
      if (!needsChange) return;
      const variant = repair(model);
      out.act('changeModel', [model, view.artefactOf(variant), view.wuOf(variant)]);
    };
    switch (walk) {
      case MODEL_STATE.registered:
      case MODEL_STATE.metaRejected:
        change();
        out.act('submitModelMetadata', [model, document(model)]);
        break;
      case MODEL_STATE.metaApproved:
      case MODEL_STATE.testFailed:
      case MODEL_STATE.funcRejected:
        if (!listed) break;
        change();
        out.act('requestTest', [model]);
        break;
      case MODEL_STATE.testDeployed:
        out.act('openModelValidation', [model]);
        break;
      default:
    }
  }
}

/** Variant of a version. */
export function variantOfVersion(view: View, version: number): number {
  return view.variantOf(view.ledger.versions[version * STRIDE.versions + F.versions.artefactId]!);
}
