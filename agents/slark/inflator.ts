/**
 * BEH-32: reports failures that were none, to fill the pool that Slarks share (H-27). All inflators pick the same targets,
 * so that their findings agree; providers of their own cartel they spare.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { VERDICT } from '../../sim/protocol/layout.ts';
import { dares, targetOwner } from '../cartel.ts';
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

/** Spreads the lies over slots and challenges without a draw: all inflators come to the same. */
const STRIDE_OF_LIES = 3_571;

export const inflator = createSlark({
  name: 'inflator',
  find: (view) => {
    const lieBps = numberOption(view, 'lie_bps');
    return (challenge) => {
      const isChosen = ((challenge + view.slotCount * 31) * STRIDE_OF_LIES) % BPS < lieBps;
      const lies = isChosen && !view.cartel().includes(targetOwner(view, challenge)) && dares(view, challenge);
      return lies ? VERDICT.fail : measured(view, challenge);
    };
  },
});
