/**
 * The chain of beacons (NUM-6): b of the last slot is drawn from the seed, and each earlier one is the keccak hash of the
 * next, so that a revealed beacon proves the one before and nobody can choose one. Computed once, before genesis.
 */
import { keccak256Hex } from '../base/hash.ts';
import { hashBeacon } from './clock.ts';

export type Beacon = { /** 256 bits as eight 32-bit words, big-endian. */ readonly words: readonly number[] };

/** The chain is drawn in links of this many slots, so that a longer run of the same seed starts with the same beacons. */
const LINK_SLOTS = 4_096;

/**
 * @param seed integer in [0, 2^53)
 * @returns the commitment (the hash of the first slot's beacon) and the beacons of slots 0 … at least slotCount − 1
 * @rule NUM-6
 */
export function createBeacons(
  seed: number,
  slotCount: number,
): { readonly commitment: Beacon; readonly beacons: readonly Beacon[] } {
  const length = Math.max(1, Math.ceil(slotCount / LINK_SLOTS)) * LINK_SLOTS;
  const last = keccak256Hex(`powr-lab/beacon/${seed}`);
  let words: number[] = Array.from({ length: 8 }, (_, i) => Number.parseInt(last.slice(i * 8, i * 8 + 8), 16));
  const chain: Beacon[] = new Array(length);
  for (let slot = length - 1; slot >= 0; slot--) {
    chain[slot] = { words };
    words = hashBeacon(words);
  }
  return { commitment: { words }, beacons: chain };
}
