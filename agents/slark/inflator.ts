/**
 * BEH-32: reports failures that were none, to fill the pool that Slarks share (H-27). All inflators pick the same targets,
 * so that their findings agree.
 */
import { VERDICT } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { createSlark } from './behave.ts';
import { measured } from './steps.ts';

const BPS = 10_000;
/** Spreads the lies over slots and challenges without a draw: all inflators come to the same. */
const STRIDE_OF_LIES = 3_571;

export const inflator = createSlark({
  name: 'inflator',
  find: (view) => {
    const lieBps = numberOption(view, 'lie_bps');
    return (challenge) =>
      ((challenge + view.slotCount * 31) * STRIDE_OF_LIES) % BPS < lieBps ? VERDICT.fail : measured(view, challenge);
  },
});
