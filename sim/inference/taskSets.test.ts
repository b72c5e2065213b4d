import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import {
  CommitmentError,
  commitmentOf,
  computeSampleSha256,
  computeSetSha256,
  countSamplesMax,
  type HashedSample,
  nameOf,
  openSet,
  publicSetOf,
  seedOfRotation,
} from './taskSets.ts';

const salt = '00112233445566778899aabbccddeeff';
const salts = fc.uint8Array({ minLength: 16, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const seeds = fc.nat(2 ** 31 - 1);

describe('commitmentOf', () => {
  it('is the SHA-256 of the seed and its salt', () => {
    expect(commitmentOf(7, salt)).toBe(sha256Hex(`held-out-set/1:7:${salt}`));
  });

  it.each([
    [-1, salt],
    [0.5, salt],
    [2 ** 53, salt],
    [7, ''],
    [7, salt.slice(2)],
    [7, salt.toUpperCase()],
    [7, `${salt}0`],
  ])('given seed %d with salt "%s" > is refused', (seed, other) => {
    expect(() => commitmentOf(seed, other)).toThrow(RangeError);
  });
});

describe('openSet', () => {
  it('given the seed and salt that were committed to > is the held-out set of that seed', () => {
    fc.assert(
      fc.property(seeds, salts, (seed, own) => {
        expect(openSet('voice-activity/1', commitmentOf(seed, own), seed, own)).toEqual({
          ...{ task: 'voice-activity/1', range: 'held-out', seed },
        });
      }),
      { seed: 7 },
    );
  });

  it('given any other seed or salt > is refused', () => {
    fc.assert(
      fc.property(seeds, salts, seeds, salts, (seed, own, otherSeed, otherSalt) => {
        fc.pre(seed !== otherSeed && own !== otherSalt);
        const commitment = commitmentOf(seed, own);
        expect(() => openSet('t/1', commitment, otherSeed, own)).toThrow(CommitmentError);
        expect(() => openSet('t/1', commitment, seed, otherSalt)).toThrow(CommitmentError);
      }),
      { seed: 7 },
    );
  });
});

describe('seedOfRotation', () => {
  it('given a secret > gives each rotation a seed of its own, below 2^52', () => {
    const all = Array.from({ length: 200 }, (_, rotation) => seedOfRotation('secret', rotation));
    expect(new Set(all).size).toBe(200);
    for (const seed of all) expect(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 52).toBe(true);
    expect(seedOfRotation('other', 0)).not.toBe(all[0]);
    expect(seedOfRotation('secret', 0)).toBe(all[0]);
  });
});

describe('publicSetOf', () => {
  it('is the same for ever, and ends', () => {
    expect(nameOf(publicSetOf('document-check/1'))).toBe('document-check/1 public 1');
    expect(countSamplesMax(publicSetOf('document-check/1'))).toBe(100);
  });
});

describe('computeSetSha256', () => {
  const hashOf = (samples: readonly HashedSample[]) => computeSetSha256(samples.map(computeSampleSha256));
  const samples = [
    { input: Uint8Array.of(1, 2), truth: 'a' },
    { input: Uint8Array.of(3), truth: 'b' },
  ];
  const changed = [
    [samples[1]!, samples[0]!],
    [{ ...samples[0]!, truth: 'A' }, samples[1]!],
    [{ ...samples[0]!, input: Uint8Array.of(1, 3) }, samples[1]!],
    [samples[0]!],
  ];

  it('given other inputs, truths, numbers or another order > is another', () => {
    const hashes = [samples, ...changed].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashOf(structuredClone(samples))).toBe(hashes[0]);
  });
});
