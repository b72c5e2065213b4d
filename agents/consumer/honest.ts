/** BEH-40: prepays a budget, sends its demand to models by rank and price, rates some of what it got by what it was worth. */
import { PHASE, type Strategy } from '../../sim/engine/agentContract.ts';
import { milliTokens } from '../options.ts';
import { chooseModel, feeOf, refill, servedRequests } from './steps.ts';

/** A tenth of the scale is lost per half second of waiting. */
const WAIT_MS_PER_STEP = 500;

export const honest: Strategy = {
  role: 'consumer',
  name: 'honest',
  phases: [PHASE.open, PHASE.close],
  decide(view, _memory, random, out) {
    if (view.phase === PHASE.open) {
      const maxFeeUnits = milliTokens(view, 'max_fee_milli');
      let free = refill(view, milliTokens(view, 'budget_milli'), out);
      for (const { scaleMil } of view.arrivals()) {
        const model = chooseModel(view, random, maxFeeUnits);
        if (model === 0) continue;
        const feeUnits = feeOf(view, model, scaleMil);
        if (feeUnits > free) continue;
        free -= feeUnits;
        out.act('requestInference', [model, scaleMil, feeUnits]);
      }
      return;
    }
    const scaleTenths = view.param('fb.scale_tenths');
    for (const request of servedRequests(view)) {
      if (!random.chance(view.param('fb.rate_prob_bps'))) continue;
      const qualityBps = view.qualityOf(request);
      if (qualityBps < 0) continue;
      const waited = Math.floor(view.latencyOf(request) / WAIT_MS_PER_STEP);
      out.act('rateModel', [request, Math.max(1, Math.round((scaleTenths * qualityBps) / 10_000) - waited)]);
    }
  },
};
