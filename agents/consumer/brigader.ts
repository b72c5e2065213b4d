/** BEH-42: many tiny paid requests, rated falsely: the best note for models of its cartel, the worst for all others. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { F, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { feeOf, prepaidUnits, refill, servedRequests } from './steps.ts';

/** Smallest request that the ledger takes, in thousandths of the reference length. */
const TINY_MIL = 1;
/** Requests that it prepays at a time. */
const PREPAID_REQUESTS = 64;

export const brigader: Strategy = {
  role: 'consumer',
  name: 'brigader',
  phases: [PHASE.open, PHASE.close],
  decide(view, _memory, random, out) {
    const cartel = view.cartel();
    if (view.phase === PHASE.open) {
      const market = view.market();
      const isOurs = ({ model }: { readonly model: number }): boolean =>
        cartel.includes(view.ledger.models[model * STRIDE.models + F.models.owner]!);
      const sides = [market.filter(isOurs), market.filter((offer) => !isOurs(offer))];
      for (let i = 0; i < numberOption(view, 'per_slot'); i++) {
        // Praise and blame in turn, as far as there is somebody to give it to.
        const targets = sides[i % 2]!.length > 0 ? sides[i % 2]! : sides[1 - (i % 2)]!;
        if (targets.length === 0) return;
        const { model } = targets[random.int(targets.length)]!;
        const feeUnits = feeOf(view, model, TINY_MIL);
        if (i === 0) refill(view, feeUnits * PREPAID_REQUESTS, out);
        if (prepaidUnits(view) >= feeUnits) out.act('requestInference', [model, TINY_MIL, feeUnits]);
      }
      return;
    }
    for (const request of servedRequests(view)) {
      const model = view.ledger.requests[request * STRIDE.requests + F.requests.model]!;
      const ours = cartel.includes(view.ledger.models[model * STRIDE.models + F.models.owner]!);
      out.act('rateModel', [request, ours ? view.param('fb.scale_tenths') : 1]);
    }
  },
};
