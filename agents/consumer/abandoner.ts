/**
 * BEH-41: wins a machine and never sends it anything, so that it is locked until the lease is over. Some of its leases it uses
 * like anybody; which is settled by their number.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { numberOption } from '../options.ts';
import { createRenter } from './renter.ts';

/** Spreads consecutive numbers over the range of a share: prime to it, near its golden section. */
const STEP = 6_181;

export const abandoner = createRenter({
  name: 'abandoner',
  usesLease: (view, lease) => (lease * STEP) % BPS >= numberOption(view, 'abandon_bps'),
});
