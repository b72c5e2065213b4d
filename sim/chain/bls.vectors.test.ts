/**
 * Vectors of the certificates' signatures: what has to hold, what must not, and why, stated here and run through both
 * implementations of `bls.ts`; `contracts/test/Bls.t.sol` runs the same files through the contract's library.
 * `published.json` holds values of others; UPDATE_VECTORS=1 writes the other files anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  nativeBls,
  portableBls,
  possessionWords,
  publicKeyWords,
  type SecretKey,
  type Signature,
  secretKeyOf,
  sign,
  verifyGroups,
  verifyPossession,
  wordsOf,
} from './bls.ts';
import { repoRoot } from './repoRoot.ts';

type Words = readonly number[];
/** `error`: what the contract's decoder reverts with; empty where `result` is returned. */
type Outcome = { readonly result: boolean; readonly error: string };
type GroupsVector = Outcome & {
  readonly name: string;
  readonly sizes: readonly number[];
  /** 16 words of each key of the first group, then of the second … */
  readonly keys: Words;
  readonly messages: readonly string[];
  readonly signature: Words;
};
type PossessionVector = Outcome & {
  readonly name: string;
  readonly key: Words;
  readonly account: number;
  readonly proof: Words;
};
type HashVector = {
  readonly name: string;
  readonly message: string;
  readonly dst: string;
  readonly point: Words;
};

/** Of two bytes, so that their order shows. */
const account = 0x1234;
const folder = join(repoRoot(), 'fixtures', 'vectors', 'bls');
const published = JSON.parse(readFileSync(join(folder, 'published.json'), 'utf8')) as {
  readonly sign: readonly { readonly secret: string; readonly message: string; readonly signature: string }[];
  readonly aggregate: readonly { readonly message: string; readonly signature: string }[];
  readonly dst: string;
  readonly hashToG2: readonly { readonly text: string; readonly x: string[]; readonly y: string[] }[];
};

const { G1, G2, fields, params } = bls12_381;
const { Fp, Fp2 } = fields;
const [g1, g2] = [G1.ProjectivePoint, G2.ProjectivePoint];
type G1Point = typeof g1.BASE;
type G2Point = typeof g2.BASE;
const bytes = (hex: string) => hexToBytes(hex.slice(2));
const hexOf = (value: Uint8Array) => `0x${bytesToHex(value)}`;
const elementWords = (element: bigint) => wordsOf(hexToBytes(element.toString(16).padStart(96, '0')));
const elementOf = (words: Words) => words.reduce((sum, word) => sum * 2n ** 48n + BigInt(word), 0n);
const g1Words = (point: G1Point) => {
  const { x, y } = point.toAffine();
  return [x, y].flatMap(elementWords);
};
const g2Words = (point: G2Point) => {
  const { x, y } = point.toAffine();
  return [x.c0, x.c1, y.c0, y.c1].flatMap(elementWords);
};
const g1Of = (words: Words) => g1.fromAffine({ x: elementOf(words.slice(0, 8)), y: elementOf(words.slice(8)) });
const g2Of = (words: Words) => {
  const [c0, c1, d0, d1] = [0, 8, 16, 24].map((at) => elementOf(words.slice(at, at + 8)));
  return g2.fromAffine({ x: { c0: c0!, c1: c1! }, y: { c0: d0!, c1: d1! } });
};

const [a, b, c, d, e] = ['1', '2', '3', '4', '5'].map((text) => secretKeyOf(`bls vector ${text}`)) as [
  SecretKey,
  SecretKey,
  SecretKey,
  SecretKey,
  SecretKey,
];
const m = new Uint8Array(32).fill(0x11);
const n = new Uint8Array(32).fill(0x22);
const signed = (...pairs: readonly (readonly [SecretKey, Uint8Array])[]) =>
  aggregate(pairs.map(([secret, message]) => sign(secret, message)));
const keysOf = (...secrets: SecretKey[]) => secrets.map(publicKeyWords);
const group = (message: Uint8Array, ...keys: Words[]) => ({ message, keys });
const minus = (secret: SecretKey) =>
  hexToBytes((params.r - scalar(secret)).toString(16).padStart(64, '0')) as SecretKey;
const scalar = (secret: SecretKey) => BigInt(hexOf(secret));
/** One element of a point with its word `index` changed. */
const withWord = (words: Words, index: number, word: number) => words.map((old, i) => (i === index ? word : old));
/** Not by `^`, which is of 32 bits. */
const withBitOf = (words: Words, index: number) => withWord(words, index, words[index]! + (words[index]! % 2 ? -1 : 1));
/** The element at `index` written as itself plus p: the same residue, not reduced; it still fits 384 bits. */
const unreduced = (words: Words, index: number) => {
  const at = 8 * index;
  return [
    ...words.slice(0, at),
    ...elementWords(elementOf(words.slice(at, at + 8)) + Fp.ORDER),
    ...words.slice(at + 8),
  ];
};
/** Of order 3, on the curve and outside the subgroup: y² = 0 + 4. */
const g1Torsion = g1.fromAffine({ x: 0n, y: 2n });
/** Of an order that divides the cofactor: r times a point of the curve. */
const g2Torsion = (() => {
  const x = { c0: 2n, c1: 0n };
  const point = g2.fromAffine({ x, y: Fp2.sqrt(G2.weierstrassEquation(x)) });
  return point.multiplyUnsafe(params.r - 1n).add(point);
})();
const zeros = (count: number): number[] => new Array(count).fill(0);
const held: Outcome = { result: true, error: '' };
const refused: Outcome = { result: false, error: '' };
const reverts = (error: string): Outcome => ({ result: false, error });

function groupsVectors(): GroupsVector[] {
  const of = (secret: string) => bytes(secret) as SecretKey;
  const [one, two, three] = [...new Set(published.sign.map(({ secret }) => secret))].map(of) as [
    SecretKey,
    SecretKey,
    SecretKey,
  ];
  const [m0, m1, m2] = published.aggregate.map(({ message }) => bytes(message)) as [Uint8Array, Uint8Array, Uint8Array];
  const [keyA, keyB, keyC, keyD, keyE] = keysOf(a, b, c, d, e) as readonly Words[] as readonly [
    Words,
    Words,
    Words,
    Words,
    Words,
  ];
  const sigA = signed([a, m]);
  const shifted = (key: Words, by: G1Point) => g1Words(g1Of(key).add(by));
  const offCurve = withBitOf(keyB, 15);
  const cases: (readonly [string, ReturnType<typeof group>[], Words, Outcome])[] = [
    ['one signer, published', [group(m0, ...keysOf(one))], signed([one, m0]), held],
    ['one signer of another message, published', [group(m2, ...keysOf(three))], signed([three, m2]), held],
    [
      'three signers of one message, published',
      [group(m1, ...keysOf(one, two, three))],
      signed([one, m1], [two, m1], [three, m1]),
      held,
    ],
    [
      'three signers of three messages, published',
      [group(m0, ...keysOf(one)), group(m1, ...keysOf(two)), group(m2, ...keysOf(three))],
      signed([one, m0], [two, m1], [three, m2]),
      held,
    ],
    ['the key of another, published', [group(m0, ...keysOf(two))], signed([one, m0]), refused],
    ['a key too many, published', [group(m2, ...keysOf(one, two, three))], signed([one, m2], [two, m2]), refused],
    [
      'five signers of one message',
      [group(m, keyA, keyB, keyC, keyD, keyE)],
      signed([a, m], [b, m], [c, m], [d, m], [e, m]),
      held,
    ],
    [
      'five signers of two messages',
      [group(m, keyA, keyB, keyC), group(n, keyD, keyE)],
      signed([a, m], [b, m], [c, m], [d, n], [e, n]),
      held,
    ],
    ['two groups of the same message', [group(m, keyA), group(m, keyB)], signed([a, m], [b, m]), held],
    // The signature does not tell who signs twice: whoever draws the signers has to.
    ['a key twice that signs twice', [group(m, keyA, keyA)], signed([a, m], [a, m]), held],
    // Only the sum is asked: registration has asked each key.
    [
      'two keys outside the subgroup with their sum inside',
      [group(m, shifted(keyA, g1Torsion), shifted(keyB, g1Torsion.negate()))],
      signed([a, m], [b, m]),
      held,
    ],
    ['a signature of another message', [group(n, keyA)], sigA, refused],
    ['a message with one bit changed', [group(withBit(m), keyA)], sigA, refused],
    ['a missing signer', [group(m, keyA, keyB, keyC)], signed([a, m], [b, m]), refused],
    ['a signer who is not named', [group(m, keyA, keyB)], signed([a, m], [b, m], [c, m]), refused],
    ['a signer who signs twice and is named once', [group(m, keyA)], signed([a, m], [a, m]), refused],
    ['the key of another', [group(m, keyB)], sigA, refused],
    ['the groups swapped', [group(n, keyA), group(m, keyB)], signed([a, m], [b, n]), refused],
    ['a signer in the wrong group', [group(m, keyA), group(n, keyB, keyC)], signed([a, m], [b, n], [c, m]), refused],
    ['the signature with its sign changed', [group(m, keyA)], g2Words(g2Of(sigA).negate()), refused],
    ['a proof of possession for a signature', [group(m, keyA)], possessionWords(a, account), refused],
    ['a signature off the curve', [group(m, keyA)], withBitOf(sigA, 31), refused],
    ['a signature outside the subgroup', [group(m, keyA)], g2Words(g2Of(sigA).add(g2Torsion)), refused],
    // Its pairing is that of the sound key: only the subgroup tells them apart.
    ['a key outside the subgroup', [group(m, shifted(keyA, g1Torsion))], sigA, refused],
    ['a key off the curve', [group(m, offCurve)], signed([b, m]), refused],
    ['a key off the curve beside another', [group(m, keyA, offCurve)], signed([a, m], [b, m]), refused],
    [
      'keys off the curve that cancel beside the signer',
      [group(m, offCurve, g1Words(g1Of(offCurve).negate()), keyA)],
      sigA,
      refused,
    ],
    ['keys whose sum is neutral', [group(m, keyA, publicKeyWords(minus(a)))], sigA, refused],
    [
      'keys whose sum is neutral beside a sound group',
      [group(m, keyA), group(n, keyB, publicKeyWords(minus(b)))],
      sigA,
      refused,
    ],
    ['no groups', [], sigA, refused],
    ['a group without keys beside a sound group', [group(m, keyA), group(n)], sigA, refused],
    ['a neutral key', [group(m, zeros(16))], sigA, reverts('PointAtInfinity()')],
    ['a neutral key beside the signer', [group(m, keyA, zeros(16))], sigA, reverts('PointAtInfinity()')],
    [
      'a neutral signature of groups that cancel',
      [group(m, keyA), group(m, publicKeyWords(minus(a)))],
      zeros(32),
      reverts('PointAtInfinity()'),
    ],
    ['a neutral signature', [group(m, keyA)], zeros(32), reverts('PointAtInfinity()')],
    ['a word of 49 bits in a key', [group(m, withWord(keyA, 7, 2 ** 48))], sigA, reverts('WordTooLarge(uint256)')],
    [
      'a word of 49 bits in a signature',
      [group(m, keyA)],
      withWord(sigA, 8, 2 ** 48 + sigA[8]!),
      reverts('WordTooLarge(uint256)'),
    ],
    ['p for a coordinate', [group(m, [...elementWords(Fp.ORDER), ...keyA.slice(8)])], sigA, reverts(tooLarge)],
    ['a coordinate of the key plus p', [group(m, unreduced(keyA, 1))], sigA, reverts(tooLarge)],
    ['a coordinate of the signature plus p', [group(m, keyA)], unreduced(sigA, 1), reverts(tooLarge)],
    ['a signature that is a word short', [group(m, keyA)], sigA.slice(0, 31), reverts('WordsMissing(uint256,uint256)')],
  ];
  return cases.map(([name, groups, signature, outcome]) => ({
    name,
    sizes: groups.map(({ keys }) => keys.length),
    keys: groups.flatMap(({ keys }) => keys.flat()),
    messages: groups.map(({ message }) => hexOf(message)),
    signature,
    ...outcome,
  }));
}

const tooLarge = 'FieldElementTooLarge(uint256,uint256)';

function withBit(message: Uint8Array): Uint8Array {
  return message.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
}

function possessionVectors(): PossessionVector[] {
  const key = publicKeyWords(a);
  const negated = g1Words(g1Of(key).negate());
  const proof = possessionWords(a, account);
  const outside = g1Of(key).add(g1Torsion);
  const cases: (readonly [string, Words, Words, Outcome])[] = [
    ['the holder of a key', key, proof, held],
    ['the holder of another key', publicKeyWords(b), possessionWords(b, account), held],
    // The two keys have the same x: each sets the flag of y otherwise.
    ['the holder of the key with its sign changed', negated, possessionWords(minus(a), account), held],
    ['the proof of the key with its sign changed', key, possessionWords(minus(a), account), refused],
    ['the proof of another', key, possessionWords(b, account), refused],
    ['a proof with its sign changed', key, g2Words(g2Of(proof).negate()), refused],
    // What stands in the ledger when the holder has registered: of no use to anybody else.
    ['the proof that was made for another account', key, possessionWords(a, account + 1), refused],
    ['a proof of the compressed key alone, for no account', key, unboundProof(a), refused],
    // A valid signature over the very same 56 bytes, but of the messages' domain.
    ['a signature of the key in the messages’ domain', key, otherDomain(a), refused],
    ['a key outside the subgroup', g1Words(outside), proofOf(outside, a), refused],
    ['a proof outside the subgroup', key, g2Words(g2Of(proof).add(g2Torsion)), refused],
    ['a key off the curve', withBitOf(key, 15), proof, refused],
    ['a proof off the curve', key, withBitOf(proof, 31), refused],
    ['a neutral key with a neutral proof', zeros(16), zeros(32), reverts('PointAtInfinity()')],
    ['a coordinate of the key plus p', unreduced(key, 0), proof, reverts(tooLarge)],
  ];
  return cases.map(([name, words, proofWords, outcome]) => ({
    ...{ name, key: words, account, proof: proofWords },
    ...outcome,
  }));
}

function otherDomain(secret: SecretKey): number[] {
  const compressed = g1.BASE.multiply(scalar(secret)).toRawBytes(true);
  return hashWords(withAccount(compressed), 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_', scalar(secret));
}

function unboundProof(secret: SecretKey): number[] {
  const compressed = g1.BASE.multiply(scalar(secret)).toRawBytes(true);
  return hashWords(compressed, 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_', scalar(secret));
}

/** The message of a proof: the compressed key, then the account in 8 bytes. */
function withAccount(compressed: Uint8Array): Uint8Array {
  return Uint8Array.of(...compressed, 0, 0, 0, 0, 0, 0, account >> 8, account & 255);
}

/** What would prove possession of a key, were the subgroup not asked: the pairing does not see the part of order 3. */
function proofOf(key: G1Point, secret: SecretKey): number[] {
  const { x, y } = key.toAffine();
  // By hand: the library compresses no point outside the subgroup. Its flags: compressed, and the larger y.
  const compressed = Fp.toBytes(x);
  compressed[0]! |= 2n * y > Fp.ORDER ? 0xa0 : 0x80;
  return hashWords(withAccount(compressed), 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_', scalar(secret));
}

function hashWords(message: Uint8Array, dst: string, times = 1n): number[] {
  return g2Words(g2.fromAffine(G2.hashToCurve(message, { DST: dst }).toAffine()).multiply(times));
}

function hashVectors(): HashVector[] {
  const key = g1.BASE.multiply(scalar(a)).toRawBytes(true);
  return [
    ...published.hashToG2.map(({ text, x, y }) => ({
      name: `RFC 9380, ${text.length} bytes`,
      message: hexOf(utf8ToBytes(text)),
      dst: published.dst,
      point: [...x, ...y].flatMap((element) => wordsOf(bytes(element))),
    })),
    ...[
      ['a message', m, 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'] as const,
      ['a compressed key', key, 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'] as const,
      ['the longest tag', n, 'x'.repeat(255)] as const,
    ].map(([name, message, dst]) => ({ name, message: hexOf(message), dst, point: hashWords(message, dst) })),
  ];
}

const files = [
  ['verifyGroups', groupsVectors()],
  ['verifyPossession', possessionVectors()],
  ['hashToG2', hashVectors()],
] as const;

describe.each(files)('fixtures/vectors/bls/%s.json', (name, cases) => {
  it('is what the list here makes', () => {
    const lines = cases.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
    const text = `{\n  "function": "${name}",\n  "caseCount": ${cases.length},\n  "cases": [\n${lines}\n  ]\n}\n`;
    const file = join(folder, `${name}.json`);
    if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe('verifyGroups', () => {
  it.each(groupsVectors().map(titled))('given %s > %s', (_, __, vector) => {
    let at = 0;
    const groups = vector.sizes.map((size, j) => ({
      message: bytes(vector.messages[j]!),
      keyWords: Array.from({ length: size }, () => vector.keys.slice(16 * at, 16 * ++at)),
    }));
    for (const backend of backends()) {
      expect(verifyGroups(groups, vector.signature, backend)).toBe(vector.result);
    }
  });
});

describe('verifyPossession', () => {
  it.each(possessionVectors().map(titled))('given %s > %s', (_, __, vector) => {
    expect(verifyPossession(vector.key, vector.account, vector.proof)).toBe(vector.result);
  });
});

describe('the published values', () => {
  const compressed = (signature: Uint8Array) => hexOf(g2Of(wordsOf(signature)).toRawBytes(true));

  it.each(backendNames())('%s > signs and aggregates to the same bytes', (_, backend) => {
    expect(published.sign).toHaveLength(9);
    expect(published.aggregate).toHaveLength(3);
    const signatures = published.sign.map(({ secret, message }) => ({
      message,
      bytes: backend.sign(bytes(secret) as SecretKey, bytes(message)),
    }));
    expect(signatures.map((signature) => compressed(signature.bytes))).toEqual(
      published.sign.map(({ signature }) => signature),
    );
    for (const { message, signature } of published.aggregate) {
      const own = signatures.filter((one) => one.message === message).map((one) => one.bytes);
      expect(own).toHaveLength(3);
      expect(compressed(backend.aggregate(own as Signature[]))).toBe(signature);
    }
  });

  it('hash to the same points', () => {
    expect(published.hashToG2).toHaveLength(4);
    for (const vector of hashVectors()) {
      expect(hashWords(bytes(vector.message), vector.dst), vector.name).toEqual(vector.point);
    }
  });
});

/** For `it.each`: the case, what becomes of it, and itself. */
function titled<V extends Outcome & { readonly name: string }>(vector: V) {
  return [vector.name, vector.result ? 'holds' : 'is refused', vector] as const;
}

function backends() {
  return nativeBls === undefined ? [portableBls] : [nativeBls, portableBls];
}

function backendNames() {
  return backends().map((backend) => [backend === portableBls ? 'in JavaScript' : 'native', backend] as const);
}
