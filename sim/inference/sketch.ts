/**
 * Compact evidence of an execution: a few sums of the logits with signs that a nonce decides. Decides how two executions
 * are compared and what a distance between them means; not who has to show one.
 */
import type {
  Bands,
  PROJECTION_COUNT as ProjectionCount,
  UNRELATED_PPB as UnrelatedPpb,
} from '../engine/inferencePort.ts';

/** The engine's numbers; its room is imported for types alone, and the compiler holds these equal. */
export const PROJECTION_COUNT: typeof ProjectionCount = 16;
export const UNRELATED_PPB: typeof UnrelatedPpb = 2_000_000_000;

export type Verdict = 'accept' | 'suspect' | 'reject';

const TWO_32 = 4_294_967_296;
const SIGNS_PER_WORD = 32;
/** Logits are first summed by the pattern of their next eight signs: two additions instead of sixteen. */
const SIGNS_PER_GROUP = 8;
const PATTERN_COUNT = 2 ** SIGNS_PER_GROUP;

/**
 * `count` sums of +-logit. The signs come from a counter-based generator of (nonce, index), so that nobody can compute a
 * sum before the nonce is known; the first sums of a longer sketch are those of a shorter one. Sums are taken in float64
 * in a fixed order: equal logits give equal sketches on every machine.
 *
 * @param nonce  integer in [0, 2^53)
 */
export function projectLogits(logits: Float32Array, nonce: number, count: number = PROJECTION_COUNT): Float32Array {
  const low = nonce >>> 0;
  const high = Math.floor(nonce / TWO_32) >>> 0;
  const groupCount = Math.ceil(count / SIGNS_PER_GROUP);
  const sums = new Float64Array(groupCount * PATTERN_COUNT);
  for (let firstGroup = 0; firstGroup < groupCount; firstGroup += SIGNS_PER_WORD / SIGNS_PER_GROUP) {
    const key = mix32(low ^ mix32(high + Math.imul(firstGroup + 1, 0x9e3779b9)));
    const second = mix32(key ^ 0x85ebca6b);
    const groups = Math.min(SIGNS_PER_WORD / SIGNS_PER_GROUP, groupCount - firstGroup);
    for (let index = 0; index < logits.length; index++) {
      let signs = mix32(mix32(index + key) ^ second);
      const logit = logits[index]!;
      for (let group = firstGroup; group < firstGroup + groups; group++) {
        sums[group * PATTERN_COUNT + (signs & (PATTERN_COUNT - 1))]! += logit;
        signs >>>= SIGNS_PER_GROUP;
      }
    }
  }
  return Float32Array.from({ length: count }, (_, projection) => {
    const base = Math.floor(projection / SIGNS_PER_GROUP) * PATTERN_COUNT;
    const sign = 1 << (projection % SIGNS_PER_GROUP);
    let sum = 0;
    for (let pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      sum += pattern & sign ? sums[base + pattern]! : -sums[base + pattern]!;
    }
    return sum;
  });
}

/** A permutation of 32 bits in which every input bit moves every output bit (Wellons' lowbias32). */
function mix32(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * ||claimed - reference|| / ||reference||, ppb, rounded up: 0 for equal numbers and for nothing else, at most
 * {@link UNRELATED_PPB}. Outputs of another shape, or with a number that is not finite, have nothing in common.
 */
export function relativeDistancePpb(claimed: Float32Array, reference: Float32Array): number {
  if (claimed.length !== reference.length) return UNRELATED_PPB;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < reference.length; i++) {
    const delta = claimed[i]! - reference[i]!;
    difference += delta * delta;
    norm += reference[i]! * reference[i]!;
  }
  if (!Number.isFinite(difference) || !Number.isFinite(norm)) return UNRELATED_PPB;
  if (difference === 0) return 0;
  return Math.min(UNRELATED_PPB, Math.ceil(1e9 * Math.sqrt(difference / norm)));
}

/** Both bounds belong to the kinder verdict: a distance equal to the bound of acceptance is accepted. */
export function judgeDistance(distancePpb: number, { acceptPpb, rejectPpb }: Bands): Verdict {
  if (distancePpb <= acceptPpb) return 'accept';
  return distancePpb <= rejectPpb ? 'suspect' : 'reject';
}

/**
 * Bands inside the gap between honest executions and cheats. Acceptance ends at the gap's geometric middle, as many times
 * above the worst honest execution as below the mildest cheat; rejection begins at the geometric middle of what is left.
 * Whatever lies between is looked at a second time.
 *
 * @returns undefined when there is no gap: then no bound would be right
 */
export function deriveBands(honestMaxPpb: number, cheatMinPpb: number): Bands | undefined {
  // Bit-identical executions leave no distance to take a middle of; float32 sums cannot tell less than this.
  const honest = Math.max(honestMaxPpb, FLOAT32_ROUNDING_PPB);
  if (cheatMinPpb <= 2 * honest) return undefined;
  const accept = Math.sqrt(honest * cheatMinPpb);
  return { acceptPpb: Math.round(accept), rejectPpb: Math.round(Math.sqrt(accept * cheatMinPpb)) };
}

/** 2^-24, half a unit in the last place of a float32. */
const FLOAT32_ROUNDING_PPB = 60;
