/**
 * Keys and signatures of challenge certificates: BLS12-381 with public keys in G1 and signatures in G2, the ciphersuite
 * BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_. Accepts exactly what `contracts/src/Bls.sol` accepts. It does not decide
 * who has to sign what.
 *
 * Signatures are made and checked by a native library where one loads, else in JavaScript, with the same bytes. Proofs of
 * possession have a domain of their own, which the native library does not offer: they are always made in JavaScript.
 */
import { createRequire } from 'node:module';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

declare const kind: unique symbol;

/** A number of 1…r − 1 as 32 bytes, the most significant first. */
export type SecretKey = Uint8Array & { readonly [kind]: 'secret key' };

/** A point of G2 as in EIP-2537 without its zeros: x.c0, x.c1, y.c0, y.c1 of 48 bytes each. */
export type Signature = Uint8Array & { readonly [kind]: 'signature' };

/** The keys that have signed one message. */
export type SignerGroup = { readonly keyWords: readonly (readonly number[])[]; readonly message: Uint8Array };

/** What the two implementations have in common; points are bytes of coordinates below p, and never the neutral element. */
export type BlsBackend = {
  readonly publicKey: (secret: SecretKey) => Uint8Array;
  readonly sign: (secret: SecretKey, message: Uint8Array) => Signature;
  /** Sum, zeros for the neutral element. Throws if a signature is not on the curve. */
  readonly aggregate: (signatures: readonly Uint8Array[]) => Signature;
  /** False for no groups, and for one without keys. */
  readonly verifyGroups: (
    groups: readonly { readonly keys: readonly Uint8Array[]; readonly message: Uint8Array }[],
    signature: Uint8Array,
  ) => boolean;
};

const { G1, G2, fields, params } = bls12_381;
const { Fp, Fp2, Fp12 } = fields;
const [g1, g2] = [G1.ProjectivePoint, G2.ProjectivePoint];
type G1Point = typeof g1.BASE;
type G2Point = typeof g2.BASE;

const signatureDst = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const possessionDst = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const fieldBytes = 48;
const modulusBytes = Fp.toBytes(Fp.ORDER);
/** Words of an action's arguments are integers below 2^48. */
const bytesPerWord = 6;
const maxWord = 2 ** 48 - 1;

/**
 * The secret key of a seed: KeyGen of the ciphersuite (HKDF with SHA-256) over sha256 of the text.
 *
 * Who knows the seed knows the key, which on a chain of our own, with all keys made from a printed seed, takes nothing
 * away.
 *
 * @source draft-irtf-cfrg-bls-signature-05 §2.3
 */
export function secretKeyOf(seedText: string): SecretKey {
  return secretKeyOfMaterial(sha256(utf8ToBytes(seedText)));
}

/** KeyGen over at least 32 bytes of key material, without key information. */
export function secretKeyOfMaterial(material: Uint8Array): SecretKey {
  if (material.length < 32) throw new RangeError(`Cannot make a key of ${material.length} bytes, needs 32 at least`);
  const info = Uint8Array.of(0, fieldBytes);
  let salt = utf8ToBytes('BLS-SIG-KEYGEN-SALT-');
  for (;;) {
    salt = sha256(salt);
    const key = extract(sha256, concatBytes(material, Uint8Array.of(0)), salt);
    const secret = BigInt(`0x${bytesToHex(expand(sha256, key, info, fieldBytes))}`) % params.r;
    if (secret !== 0n) return hexToBytes(secret.toString(16).padStart(64, '0')) as SecretKey;
  }
}

/** The 16 words of the key: x and y, 8 words of 48 bits each, the most significant first. */
export function publicKeyWords(secret: SecretKey): number[] {
  return wordsOf(backend.publicKey(secret));
}

/**
 * The 32 words of the proof that the key's holder knows its secret, and lets an account register it: the signature of the
 * compressed key and the account in a domain of its own. Without it a key made up from those of others could sign for them,
 * and anybody could register another's key with the proof that is in the ledger. About 20 ms.
 *
 * @rule CHAL-10
 */
export function possessionWords(secret: SecretKey, account: number): number[] {
  const key = G1.ProjectivePoint.BASE.multiply(scalarOf(secret));
  const hashed = hashToG2(possessionMessage(key, account), possessionDst);
  return wordsOf(signatureOfPoint(hashed.multiply(scalarOf(secret))));
}

/** The signature of 32 bytes. */
export function sign(secret: SecretKey, message: Uint8Array): Signature {
  return backend.sign(secret, checkedMessage(message));
}

/**
 * The 32 words of the sum of at least one signature; of a single one, its own words.
 *
 * @throws RangeError for none
 */
export function aggregate(signatures: readonly Signature[]): number[] {
  if (signatures.length === 0) throw new RangeError('Cannot aggregate no signatures');
  return wordsOf(backend.aggregate(signatures));
}

/**
 * Whether the proof is that of the key's own holder, made for the account. False also where a word is 2^48 or more, a coordinate not reduced, or
 * a point neutral, off the curve or outside the subgroup.
 *
 * @rule CHAL-10
 */
export function verifyPossession(keyWords: readonly number[], account: number, proofWords: readonly number[]): boolean {
  const [key, proof] = [pointBytes(keyWords, 2), pointBytes(proofWords, 4)];
  if (key === undefined || proof === undefined) return false;
  const keyPoint = g1OfBytes(key);
  if (keyPoint === undefined || !isTorsionFree(keyPoint)) return false;
  return pairsHold([[keyPoint, hashToG2(possessionMessage(keyPoint, account), possessionDst)]], proof);
}

/**
 * Whether the signature is the sum of one signature of each group's message by each of its keys. False also for no
 * groups, a group without keys, and where a word is 2^48 or more, a coordinate not reduced, or a point neutral, off the
 * curve or outside the subgroup; of keys, the subgroup is asked of each group's sum, as by the contract.
 *
 * @param by  the implementation; absent: the native one where it loads
 * @throws RangeError if a message is not 32 bytes long
 * @rule CHAL-2
 * @rule CHAL-10
 */
export function verifyGroups(
  groups: readonly SignerGroup[],
  signatureWords: readonly number[],
  by: BlsBackend = backend,
): boolean {
  const signature = pointBytes(signatureWords, 4);
  if (signature === undefined) return false;
  const parsed: { keys: Uint8Array[]; message: Uint8Array }[] = [];
  for (const { keyWords, message } of groups) {
    const keys: Uint8Array[] = [];
    for (const words of keyWords) {
      const key = pointBytes(words, 2);
      if (key === undefined) return false;
      keys.push(key);
    }
    parsed.push({ keys, message: checkedMessage(message) });
  }
  return by.verifyGroups(parsed, signature);
}

/** Words of 48 bits of a point's coordinates, the most significant first. */
export function wordsOf(coordinates: Uint8Array): number[] {
  const words: number[] = [];
  for (let at = 0; at < coordinates.length; at += bytesPerWord) {
    let word = 0;
    for (let i = 0; i < bytesPerWord; i++) word = word * 256 + coordinates[at + i]!;
    words.push(word);
  }
  return words;
}

/** In JavaScript: no native part, some 20 times slower. */
export const portableBls: BlsBackend = {
  publicKey: (secret) => {
    const { x, y } = g1.BASE.multiply(scalarOf(secret)).toAffine();
    return concatBytes(Fp.toBytes(x), Fp.toBytes(y));
  },
  sign: (secret, message) => signatureOfPoint(hashToG2(message, signatureDst).multiply(scalarOf(secret))),
  aggregate: (signatures) => {
    const points = signatures.map((signature) => {
      const point = g2OfBytes(signature);
      if (point === undefined) throw new RangeError('Cannot aggregate: a signature is not on the curve');
      return point;
    });
    return signatureOfPoint(points.reduce((sum, point) => sum.add(point)));
  },
  verifyGroups: (groups, signature) => {
    const pairs: [G1Point, G2Point][] = [];
    for (const { keys, message } of groups) {
      let sum = g1.ZERO; // which no group may be left with
      for (const key of keys) {
        const point = g1OfBytes(key);
        if (point === undefined) return false;
        sum = sum.add(point);
      }
      pairs.push([sum, hashToG2(message, signatureDst)]);
    }
    return pairsHold(pairs, signature);
  },
};

type Blst = typeof import('@chainsafe/blst');

/** By the native library; undefined where it has no part for this machine. */
export const nativeBls: BlsBackend | undefined = (() => {
  let blst: Blst;
  try {
    blst = createRequire(import.meta.url)('@chainsafe/blst') as Blst;
  } catch {
    return undefined;
  }
  const { PublicKey, SecretKey: NativeKey, Signature: NativeSignature } = blst;
  const signatureOf = (native: InstanceType<Blst['Signature']>) => swapHalves(native.toBytes(false)) as Signature;
  const nativeOf = (signature: Uint8Array) => NativeSignature.fromBytes(swapHalves(signature));
  return {
    publicKey: (secret) => NativeKey.fromBytes(secret).toPublicKey().toBytes(false),
    sign: (secret, message) => signatureOf(NativeKey.fromBytes(secret).sign(message)),
    aggregate: (signatures) => {
      const sum = blst.aggregateSignatures(signatures.map(nativeOf));
      // The flag of the neutral element, where EIP-2537 has zeros.
      return sum.toBytes(true)[0]! & 0x40 ? (new Uint8Array(4 * fieldBytes) as Signature) : signatureOf(sum);
    },
    verifyGroups: (groups, signature) => {
      try {
        const keys = groups.map((group) =>
          // Not validated one by one: on the curve is checked here, neutral and the subgroup below, of the sum.
          blst.aggregatePublicKeys(group.keys.map((key) => PublicKey.fromBytes(key))),
        );
        const messages = groups.map((group) => group.message);
        return blst.aggregateVerify(messages, keys, nativeOf(signature), true, true);
      } catch {
        return false; // a point off the curve, neutral or outside the subgroup
      }
    },
  };
})();

const backend = nativeBls ?? portableBls;

function checkedMessage(message: Uint8Array): Uint8Array {
  if (message.length !== 32) throw new RangeError(`Message has ${message.length} bytes, needs 32`);
  return message;
}

function scalarOf(secret: SecretKey): bigint {
  return BigInt(`0x${bytesToHex(secret)}`);
}

/** The 48 bytes of the compressed key, then the account in 8, the most significant first. */
function possessionMessage(key: G1Point, account: number): Uint8Array {
  const accountBytes = new Uint8Array(8);
  new DataView(accountBytes.buffer).setBigUint64(0, BigInt(account));
  return concatBytes(key.toRawBytes(true), accountBytes);
}

function hashToG2(message: Uint8Array, dst: string): G2Point {
  return g2.fromAffine(G2.hashToCurve(message, { DST: dst }).toAffine());
}

/** Bytes of a point's coordinates; undefined where the contract's decoder refuses the words. */
function pointBytes(words: readonly number[], coordinateCount: number): Uint8Array | undefined {
  const bytes = new Uint8Array(coordinateCount * fieldBytes);
  if (words.length !== bytes.length / bytesPerWord) return undefined;
  for (const [i, word] of words.entries()) {
    if (!(Number.isInteger(word) && word >= 0 && word <= maxWord)) return undefined;
    let rest = word;
    for (let at = bytesPerWord * (i + 1) - 1; at >= bytesPerWord * i; at--) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  for (let at = 0; at < bytes.length; at += fieldBytes) {
    if (!isReduced(bytes.subarray(at, at + fieldBytes))) return undefined;
  }
  return bytes.some((byte) => byte !== 0) ? bytes : undefined;
}

/** Whether 48 bytes are a number below the field's modulus. */
function isReduced(element: Uint8Array): boolean {
  for (let i = 0; i < fieldBytes; i++) {
    if (element[i] !== modulusBytes[i]) return element[i]! < modulusBytes[i]!;
  }
  return false;
}

function fieldAt(bytes: Uint8Array, index: number): bigint {
  return Fp.fromBytes(bytes.subarray(fieldBytes * index, fieldBytes * (index + 1)));
}

/** A point of the curve, of the subgroup or not; undefined off the curve. */
function g1OfBytes(bytes: Uint8Array): G1Point | undefined {
  const [x, y] = [fieldAt(bytes, 0), fieldAt(bytes, 1)];
  return Fp.eql(Fp.sqr(y), G1.weierstrassEquation(x)) ? g1.fromAffine({ x, y }) : undefined;
}

/** The same of G2. */
function g2OfBytes(bytes: Uint8Array): G2Point | undefined {
  const x = { c0: fieldAt(bytes, 0), c1: fieldAt(bytes, 1) };
  const y = { c0: fieldAt(bytes, 2), c1: fieldAt(bytes, 3) };
  return Fp2.eql(Fp2.sqr(y), G2.weierstrassEquation(x)) ? g2.fromAffine({ x, y }) : undefined;
}

function signatureOfPoint(point: G2Point): Signature {
  const { x, y } = point.toAffine();
  const zero = point.equals(g2.ZERO);
  return concatBytes(...[x.c0, x.c1, y.c0, y.c1].map((element) => Fp.toBytes(zero ? 0n : element))) as Signature;
}

/** Whether e(−g, signature) · ∏ e(key, hash) = 1; false where a point is neutral or outside the subgroup. */
function pairsHold(pairs: readonly (readonly [G1Point, G2Point])[], signature: Uint8Array): boolean {
  const sum = g2OfBytes(signature);
  if (sum === undefined || !isTorsionFree(sum)) return false;
  for (const [key] of pairs) {
    if (key.equals(g1.ZERO) || !isTorsionFree(key)) return false;
  }
  const all = [{ g1: g1.BASE.negate(), g2: sum }, ...pairs.map(([key, hash]) => ({ g1: key, g2: hash }))];
  return Fp12.eql(bls12_381.pairingBatch(all), Fp12.ONE);
}

/** Whether a point of the curve, not neutral, lies in the subgroup of prime order. */
function isTorsionFree(point: G1Point | G2Point): boolean {
  try {
    point.assertValidity();
    return true;
  } catch {
    return false;
  }
}

/** The two halves of each coordinate of G2: EIP-2537 writes c0 first, the uncompressed form c1. */
function swapHalves(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 2 * fieldBytes) {
    swapped.set(bytes.subarray(at + fieldBytes, at + 2 * fieldBytes), at);
    swapped.set(bytes.subarray(at, at + fieldBytes), at + fieldBytes);
  }
  return swapped;
}
