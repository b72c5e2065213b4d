/** BEH-8: serves a share of its requests with a cheaper variant than the version it is paid for. */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { numberOption, variantOption } from '../options.ts';
import { createMiner } from './behave.ts';

/** Spreads the cheated share over the request numbers without a draw: the choice must be the same in both phases. */
const STRIDE_OF_REQUESTS = 3_571;

export const cheater = createMiner({
  name: 'cheater',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice(view) {
    const cheap = variantOption(view, 'variant');
    const cheatBps = numberOption(view, 'cheat_bps');
    return (request, declared) =>
      ((request + view.slotCount) * STRIDE_OF_REQUESTS) % BPS < cheatBps ? cheap : declared;
  },
});
