/**
 * BEH-37: one device that poses as several peers, each of which exposes all that it has. They attach to one gateway, or each to
 * another one, so that no challenge asks for more than one of them at a time.
 */
import { numberOption } from '../options.ts';
import { createFizzOwner } from './steps.ts';

export const sybil = createFizzOwner({
  name: 'sybil',
  peerCount: (view) => numberOption(view, 'devices'),
  gateway(view, gateways, fizz) {
    const place = view.options.spread === 'on' ? view.myFizz().indexOf(fizz) : 0;
    return gateways[place % gateways.length]!;
  },
});
