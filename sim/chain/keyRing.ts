/**
 * The Slarks' BLS keys of a run, and the check of signatures for a core beside a chain. Keys follow from the seed, so a run
 * without a chain registers the same ones; only with a chain does anybody sign.
 */
import type { KeyRing } from '../engine/ports.ts';
import type { Verifier } from '../protocol/state.ts';
import {
  aggregate,
  possessionWords,
  publicKeyWords,
  type SecretKey,
  secretKeyOf,
  sign,
  verifyGroups,
  verifyPossession,
} from './bls.ts';

/** @param signs false where nobody checks: proofs and signatures are then left out */
export function createKeyRing(seed: number, signs: boolean): KeyRing {
  const secrets = new Map<string, SecretKey>();
  const words = new Map<string, readonly number[]>();

  function secretOf(signer: string): SecretKey {
    let secret = secrets.get(signer);
    if (secret === undefined) secrets.set(signer, (secret = secretKeyOf(`powr slark key/${seed}/${signer}`)));
    return secret;
  }

  return {
    keyWords(signer) {
      let own = words.get(signer);
      if (own === undefined) words.set(signer, (own = publicKeyWords(secretOf(signer))));
      return own;
    },
    possession: (signer, account) => (signs ? possessionWords(secretOf(signer), account) : null),
    sign: (groups) =>
      signs
        ? aggregate(groups.flatMap(({ signers, message }) => signers.map((signer) => sign(secretOf(signer), message))))
        : null,
  };
}

/** The same checks as the contract's (CHAL-10), for the core of a lockstep run. */
export const blsVerifier: Verifier = {
  verifyPossession,
  verifyGroups: (groups, signature) =>
    verifyGroups(
      groups.map(({ keys, message }) => ({ keyWords: keys, message })),
      signature,
    ),
};
