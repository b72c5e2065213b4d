import { describe, expect, it } from 'vitest';
import { blsVerifier, createKeyRing } from './keyRing.ts';

const message = new Uint8Array(32).fill(5);

describe('createKeyRing', () => {
  it('gives each signer of each seed a key of its own, the same in every run', () => {
    const of = (seed: number, signer: string) => createKeyRing(seed, true).keyWords(signer).join();
    const keys = [of(1, 'slark/1'), of(1, 'slark/2'), of(1, 'foundation/1'), of(2, 'slark/1')];
    expect(new Set(keys).size).toBe(4);
    expect(of(1, 'slark/1')).toBe(keys[0]);
  });

  it('registers the same keys where nobody checks, and leaves proofs and signatures out', () => {
    const [signing, plain] = [createKeyRing(1, true), createKeyRing(1, false)];
    expect(plain.keyWords('slark/1')).toEqual(signing.keyWords('slark/1'));
    expect(plain.possession('slark/1', 32)).toBeNull();
    expect(plain.sign([{ signers: ['slark/1'], message }])).toBeNull();
  });

  it('proves that it holds its keys, and signs so that the verifier agrees; for others it does not', () => {
    const ring = createKeyRing(1, true);
    const [own, other] = [ring.keyWords('slark/1'), ring.keyWords('slark/2')];
    expect(blsVerifier.verifyPossession(own, 32, ring.possession('slark/1', 32)!)).toBe(true);
    expect(blsVerifier.verifyPossession(own, 32, ring.possession('slark/2', 32)!)).toBe(false);
    expect(blsVerifier.verifyPossession(own, 33, ring.possession('slark/1', 32)!)).toBe(false);
    const signature = ring.sign([{ signers: ['slark/1', 'slark/2'], message }])!;
    expect(blsVerifier.verifyGroups([{ keys: [own, other], message }], signature)).toBe(true);
    expect(blsVerifier.verifyGroups([{ keys: [own], message }], signature)).toBe(false);
  });
});
