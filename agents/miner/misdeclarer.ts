/**
 * BEH-56: declares what no challenge tests better than it is (ATTR-7): medium, connectivity, certificates, a region, and
 * the price class of its GPUs.
 */
import type { Capacity, View } from '../../sim/engine/agentContract.ts';
import { numberOption } from '../options.ts';
import { asDeclared, createMiner } from './behave.ts';

/** Option `region` for the region where the machine is. */
const TRUE_REGION = 64;

/** 0 is what the machine has. */
function declared(view: View, option: string, real: number): number {
  return numberOption(view, option) || real;
}

function embellished(view: View): Capacity {
  const own = view.capacity;
  const region = numberOption(view, 'region');
  return {
    ...own,
    storageTier: declared(view, 'storage_tier', own.storageTier),
    netTier: declared(view, 'net_tier', own.netTier),
    gpuTier: own.gpuCount === 0 ? 0 : declared(view, 'gpu_tier', own.gpuTier),
    compliance: declared(view, 'compliance', own.compliance),
    region: region === TRUE_REGION ? own.region : region,
  };
}

export const misdeclarer = createMiner({
  name: 'misdeclarer',
  nodeCount: (view) => numberOption(view, 'nodes'),
  choice: () => asDeclared,
  provider: { claim: embellished },
});
