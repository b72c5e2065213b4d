/**
 * Sets of samples by name, and held-out sets that nobody can have seen: their seed is committed to before anybody
 * competes, and revealed when all have handed in. Decides neither what a sample is nor who may publish a commitment.
 *
 * @rule DFPN-5
 */
import { createHash } from 'node:crypto';
import { sha256Hex } from './hash.ts';
import { PUBLIC_SAMPLES, type SampleRange } from './sampleKey.ts';
import { DEFAULT_POOL_SEED } from './textRecognition.ts';

/** All samples of a set follow from its name; sets of different names share none (see sampleKey.ts). */
export type TaskSet = {
  /** Id of the task with its version, such as document-check/1. */
  readonly task: string;
  readonly range: SampleRange;
  readonly seed: number;
};

/** The benchmark that everybody knows: the same seed for ever, which is what makes it possible to learn it by heart. */
export const publicSetOf = (task: string): TaskSet => ({ task, range: 'public', seed: DEFAULT_POOL_SEED });

export const nameOf = ({ task, range, seed }: TaskSet): string => `${task} ${range} ${seed}`;

/** Samples that a set can give. */
export const countSamplesMax = ({ range }: TaskSet): number =>
  range === 'public' ? PUBLIC_SAMPLES : Number.MAX_SAFE_INTEGER - PUBLIC_SAMPLES;

/** Bytes of a salt, at least: a seed alone is short enough to be found by trying. */
const SALT_BYTES_MIN = 16;

/** What is published in place of a seed does not fit the seed. */
export class CommitmentError extends Error {
  override readonly name = 'CommitmentError';
}

/**
 * SHA-256 that binds whoever publishes it to a seed, and tells nobody which.
 *
 * @param seed  whole number from 0
 * @param salt  hexadecimal, lower case, at least 16 random bytes
 * @throws RangeError for another seed or salt
 */
export function commitmentOf(seed: number, salt: string): string {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`A seed is a whole number from 0, not ${seed}`);
  if (!/^([0-9a-f]{2})+$/.test(salt) || salt.length < 2 * SALT_BYTES_MIN)
    throw new RangeError(`A salt is at least ${SALT_BYTES_MIN} bytes in hexadecimal, lower case, not "${salt}"`);
  return sha256Hex(`held-out-set/1:${seed}:${salt}`);
}

/**
 * The held-out set of a revealed seed.
 *
 * @param commitment  as published
 * @throws CommitmentError when another seed or salt was committed to; RangeError as {@link commitmentOf}
 */
export function openSet(task: string, commitment: string, seed: number, salt: string): TaskSet {
  const actual = commitmentOf(seed, salt);
  if (actual !== commitment)
    throw new CommitmentError(`Seed ${seed} and its salt give commitment ${actual}, but ${commitment} was published`);
  return { task, range: 'held-out', seed };
}

/**
 * Seed of the held-out set of a rotation: each has its own, and no revealed one tells the next.
 *
 * @param secret  of whoever publishes the commitments
 * @param rotation  0, 1, ... in order of use
 * @returns integer below 2^52
 */
export const seedOfRotation = (secret: string, rotation: number): number =>
  Number.parseInt(sha256Hex(`held-out-seed/1:${rotation}:${secret}`).slice(-13), 16);

/** What is hashed of a sample. */
export type HashedSample = { readonly input: Uint8Array; readonly truth: string };

export const computeSampleSha256 = ({ input, truth }: HashedSample): string =>
  createHash('sha256').update(input).update(truth).digest('hex');

/** Hash over the hashes of the samples, in order: names the data in a report. */
export const computeSetSha256 = (sampleSha256s: readonly string[]): string => sha256Hex(sampleSha256s.join('\n'));
