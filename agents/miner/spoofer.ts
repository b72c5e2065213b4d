/**
 * BEH-4, BEH-5: registers more than its machine has. What a challenge asks for at random finds that out sooner or later,
 * unless the machine was only claimed to be larger by so much that no challenge can ask for more than it has (CHAL-14).
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import type { Capacity, View } from '../../sim/engine/agentContract.ts';
import { cartelSeatCount, classOf } from '../cartel.ts';
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';
import { hasRoom, hasRoomAlone } from './provider.ts';

/** Most that a registration may say. */
const MOST = { cpuCount: 4_096, memoryGb: 65_536, storageGb: 1_000_000, gpuCount: 64 } as const;
type Counts = Pick<Capacity, keyof typeof MOST>;

/** What the machine has, with other counts, as far as they may be registered. GPUs that are not there have to be of some class. */
function claiming(view: View, countOf: (resource: keyof Counts) => number): Capacity {
  const counts = Object.fromEntries(
    (Object.keys(MOST) as (keyof Counts)[]).map((resource) => [
      resource,
      Math.max(view.capacity[resource], Math.min(MOST[resource], countOf(resource))),
    ]),
  );
  return { ...view.capacity, ...(counts as Counts) };
}

/** Counts times a factor in thousandths, rounded down. */
export function scaledCapacity(view: View, factorMilOf: (resource: keyof Counts) => number): Capacity {
  return claiming(view, (resource) => Math.floor((view.capacity[resource] * factorMilOf(resource)) / 1_000));
}

const FACTORS = {
  cpuCount: 'cpu_factor_mil',
  memoryGb: 'memory_factor_mil',
  storageGb: 'storage_factor_mil',
  gpuCount: 'gpu_factor_mil',
} as const;

/** Whether somebody of the cartel sits in the committee and tells it, in time to throw its other work out (BEH-31). */
function isWarned(view: View, challenge: number): boolean {
  return view.options.warned === 'on' && cartelSeatCount(view, classOf(view, challenge)) > 0;
}

export const spoofer = createMiner({
  name: 'spoofer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    claim: (view) =>
      scaledCapacity(view, (resource) => numberOption(view, FACTORS[resource]) || numberOption(view, 'factor_mil')),
    answers: (view, challenge) => view.options.evades !== 'on' || hasRoom(view, challenge),
    evicts: (view, challenge) =>
      isWarned(view, challenge) && !hasRoom(view, challenge) && hasRoomAlone(view, challenge),
  },
});

/** Most of which no challenge of an idle machine asks for more than there is: F-12, backwards. */
function largestUnseen(view: View, haveCount: number, isRoundedUp: boolean): number {
  const mostBps = view.param('chal.draw_max_bps');
  if (haveCount === 0) return 0;
  return isRoundedUp ? Math.floor((haveCount * BPS) / mostBps) : Math.ceil(((haveCount + 1) * BPS) / mostBps) - 1;
}

export const overclaimer = createMiner({
  name: 'overclaimer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: {
    claim: (view) =>
      view.options.claim === 'unseen'
        ? claiming(view, (resource) => {
            const isRoundedUp = resource === 'gpuCount' && view.param('chal.gpu_round') === 0;
            return largestUnseen(view, view.capacity[resource], isRoundedUp);
          })
        : scaledCapacity(view, () => numberOption(view, 'factor_mil')),
  },
});
