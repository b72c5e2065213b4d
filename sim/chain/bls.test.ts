/** Keys and signatures of certificates against each other's implementation and against the published cases. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  type BlsBackend,
  nativeBls,
  portableBls,
  possessionWords,
  publicKeyWords,
  type SecretKey,
  type Signature,
  secretKeyOf,
  secretKeyOfMaterial,
  sign,
  verifyGroups,
  verifyPossession,
  wordsOf,
} from './bls.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const { r: order } = bls12_381.params;
const backends: readonly (readonly [string, BlsBackend])[] = [
  ...(nativeBls === undefined ? [] : [['native', nativeBls] as const]),
  ['in JavaScript', portableBls],
];
const messageOf = (byte: number) => new Uint8Array(32).fill(byte);
const secrets = Array.from({ length: 6 }, (_, i) => secretKeyOf(`test key ${i}`));
const minus = (secret: SecretKey) =>
  hexToBytes((order - BigInt(`0x${bytesToHex(secret)}`)).toString(16).padStart(64, '0')) as SecretKey;

describe('secretKeyOf', () => {
  it('given a text > makes the same key of 1 to r − 1 for ever, and another for another text', () => {
    expect(bytesToHex(secretKeyOf('seed 1'))).toBe('5ed0f1fbca6dac13310c194d260edd525eea030374f8b3ca5f73f2de1386dc16');
    for (const secret of secrets) {
      const value = BigInt(`0x${bytesToHex(secret)}`);
      expect(secret).toHaveLength(32);
      expect(value > 0n && value < order).toBe(true);
    }
    expect(new Set(secrets.map(bytesToHex)).size).toBe(secrets.length);
  });

  it('given key material > makes the key that EIP-2333 publishes for it as a master key', () => {
    const material = hexToBytes('3141592653589793238462643383279502884197169399375105820974944592');
    const master = 29757020647961307431480504535336562678282505419141012933316116377660817309383n;
    expect(BigInt(`0x${bytesToHex(secretKeyOfMaterial(material))}`)).toBe(master);
    expect(() => secretKeyOfMaterial(new Uint8Array(31))).toThrow(
      new RangeError('Cannot make a key of 31 bytes, needs 32 at least'),
    );
  });
});

describe.skipIf(nativeBls === undefined)('the two implementations (skipped where the native one has no part)', () => {
  it('given random keys and messages > make the same keys, signatures and sums', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.uint8Array({ minLength: 32, maxLength: 32 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (signers) => {
          const made = backends.map(([, backend]) => {
            const signatures = signers.map(([text, message]) => backend.sign(secretKeyOf(text), message));
            const keys = signers.map(([text]) => backend.publicKey(secretKeyOf(text)));
            return [...keys, ...signatures, backend.aggregate(signatures)].map((value) => bytesToHex(value));
          });
          expect(made[0]).toEqual(made[1]);
        },
      ),
      { seed, numRuns: 10 },
    );
  });

  it('given a signature and its opposite > sum to the neutral element, zeros', () => {
    const message = messageOf(3);
    for (const [, backend] of backends) {
      const signatures = [secrets[0]!, minus(secrets[0]!)].map((secret) => backend.sign(secret, message));
      expect(backend.aggregate(signatures)).toEqual(new Uint8Array(192));
    }
  });
});

describe.each(backends)('%s', (_, backend) => {
  it('given a signature off the curve > refuses to aggregate', () => {
    const signature = backend.sign(secrets[0]!, messageOf(1));
    signature[191]! ^= 1;
    expect(() => backend.aggregate([signature, signature])).toThrow();
  });

  it('given random groups > accepts their signature, and none with a signer left out, added or exchanged', () => {
    const group = fc.record({
      members: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1 }),
      byte: fc.nat({ max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 3 }), fc.nat(), (groups, pick) => {
        const named = groups.map(({ members, byte }) => ({
          keyWords: members.map((i) => publicKeyWords(secrets[i]!)),
          message: messageOf(byte),
        }));
        const signatures = groups.flatMap(({ members, byte }) =>
          members.map((i) => sign(secrets[i]!, messageOf(byte))),
        );
        const holds = (list: readonly Signature[]) => verifyGroups(named, aggregate(list), backend);
        const at = pick % signatures.length;
        const stranger = sign(secrets[5]!, messageOf(groups[0]!.byte));
        expect(holds(signatures)).toBe(true);
        if (signatures.length > 1) expect(holds(signatures.filter((__, i) => i !== at))).toBe(false);
        expect(holds([...signatures, stranger])).toBe(false);
        expect(holds(signatures.map((signature, i) => (i === at ? stranger : signature)))).toBe(false);
      }),
      { seed, numRuns: 6 },
    );
  });
});

describe('words', () => {
  const [secret, message] = [secrets[0]!, messageOf(1)];
  const [key, signature, proof] = [
    publicKeyWords(secret),
    aggregate([sign(secret, message)]),
    possessionWords(secret, 32),
  ];

  it('given a key, a signature and a proof > are 16, 32 and 32 integers of 48 bits that both verifications take', () => {
    expect([key.length, signature.length, proof.length]).toEqual([16, 32, 32]);
    for (const word of [...key, ...signature, ...proof]) {
      expect(Number.isInteger(word) && word >= 0 && word < 2 ** 48).toBe(true);
    }
    const { x, y } = bls12_381.G1.ProjectivePoint.BASE.multiply(BigInt(`0x${bytesToHex(secret)}`)).toAffine();
    const hex = key.map((word) => word.toString(16).padStart(12, '0')).join('');
    expect(hex).toBe(`${x.toString(16).padStart(96, '0')}${y.toString(16).padStart(96, '0')}`);
    expect(verifyGroups([{ keyWords: [key], message }], signature)).toBe(true);
    expect(verifyPossession(key, 32, proof)).toBe(true);
    expect(verifyPossession(key, 33, proof)).toBe(false);
  });

  it.each([
    ['a word too many', (words: number[]) => [...words, 0]],
    ['a word too few', (words: number[]) => words.slice(1)],
    ['no words', () => []],
    ['a fraction', (words: number[]) => words.with(2, words[2]! + 0.5)],
    ['a negative word', (words: number[]) => words.with(2, words[2]! - 2 ** 48)],
    ['not a number', (words: number[]) => words.with(2, Number.NaN)],
    ['an infinite word', (words: number[]) => words.with(2, Number.POSITIVE_INFINITY)],
    ['a word of 49 bits', (words: number[]) => words.with(2, words[2]! + 2 ** 48)],
  ])('given %s in the key or the signature > are refused', (__, spoil) => {
    expect(verifyGroups([{ keyWords: [spoil(key)], message }], signature)).toBe(false);
    expect(verifyGroups([{ keyWords: [key], message }], spoil(signature))).toBe(false);
    expect(verifyPossession(spoil(key), 32, proof)).toBe(false);
    expect(verifyPossession(key, 32, spoil(proof))).toBe(false);
  });
});

describe('a caller’s mistakes', () => {
  it('given no signatures, or a message that is not 32 bytes long > throw', () => {
    expect(() => aggregate([])).toThrow(new RangeError('Cannot aggregate no signatures'));
    const message = new Uint8Array(31);
    expect(() => sign(secrets[0]!, message)).toThrow(new RangeError('Message has 31 bytes, needs 32'));
    const key = publicKeyWords(secrets[0]!);
    const signature = aggregate([sign(secrets[0]!, messageOf(1))]);
    expect(() => verifyGroups([{ keyWords: [key], message }], signature)).toThrow(
      new RangeError('Message has 31 bytes, needs 32'),
    );
  });
});

type OracleCase =
  | {
      readonly handler: 'sign';
      readonly name: string;
      readonly input: { privkey: string; message: string };
      readonly output: string | null;
    }
  | { readonly handler: 'aggregate'; readonly name: string; readonly input: string[]; readonly output: string | null }
  | {
      readonly handler: 'verify';
      readonly name: string;
      readonly input: { pubkey: string; message: string; signature: string };
      readonly output: boolean;
    }
  | {
      readonly handler: 'fast_aggregate_verify';
      readonly name: string;
      readonly input: { pubkeys: string[]; message: string; signature: string };
      readonly output: boolean;
    }
  | {
      readonly handler: 'aggregate_verify';
      readonly name: string;
      readonly input: { pubkeys: string[]; messages: string[]; signature: string };
      readonly output: boolean;
    }
  | {
      readonly handler: 'batch_verify';
      readonly name: string;
      readonly input: { pubkeys: string[]; messages: string[]; signatures: string[] };
      readonly output: boolean;
    };

const oracleFile = join(import.meta.dirname, '..', '..', '..', 'shared', 'oracles', 'bls12_381_eth.json');
const oracle = existsSync(oracleFile)
  ? (JSON.parse(readFileSync(oracleFile, 'utf8')) as { readonly cases: readonly OracleCase[] }).cases
  : undefined;

describe.skipIf(oracle === undefined)(
  'the cases of the consensus specification (skipped where ../shared/oracles is absent)',
  () => {
    const bytes = (hex: string) => hexToBytes(hex.slice(2));
    const hexOf = (value: Uint8Array) => `0x${bytesToHex(value)}`;
    const casesOf = <H extends OracleCase['handler']>(handler: H) =>
      oracle!.filter((entry): entry is Extract<OracleCase, { handler: H }> => entry.handler === handler);

    /** Words of a compressed point; undefined for what is no encoding of one, which no word of an action can express. */
    function keyWordsOf(hex: string): number[] | undefined {
      return pointOrNothing(() => {
        const point = bls12_381.G1.ProjectivePoint.fromHex(hex.slice(2));
        return point.equals(bls12_381.G1.ProjectivePoint.ZERO) ? new Uint8Array(96) : point.toRawBytes(false);
      });
    }

    function signatureWordsOf(hex: string): number[] | undefined {
      return pointOrNothing(() => {
        const point = bls12_381.G2.ProjectivePoint.fromHex(hex.slice(2));
        const { x, y } = point.toAffine();
        const zero = point.equals(bls12_381.G2.ProjectivePoint.ZERO);
        const elements = [x.c0, x.c1, y.c0, y.c1].map((element) => (zero ? 0n : element));
        return hexToBytes(elements.map((element) => element.toString(16).padStart(96, '0')).join(''));
      });
    }

    function pointOrNothing(decode: () => Uint8Array): number[] | undefined {
      try {
        return wordsOf(decode());
      } catch {
        return undefined;
      }
    }

    /** Whether the case holds; `decoded` counts those that came as far as our verification. */
    const decoded = { count: 0 };
    function holds(groups: { keys: string[]; message: string }[], signature: string, backend: BlsBackend): boolean {
      const keys = groups.map((group) => group.keys.map(keyWordsOf));
      const words = signatureWordsOf(signature);
      if (words === undefined || keys.flat().includes(undefined)) return false;
      decoded.count++;
      const named = groups.map(({ message }, j) => ({ keyWords: keys[j] as number[][], message: bytes(message) }));
      return verifyGroups(named, words, backend);
    }

    const compressed = (signature: Uint8Array) => {
      const [c0, c1, d0, d1] = [0, 48, 96, 144].map((from) => BigInt(hexOf(signature.subarray(from, from + 48))));
      const point = { x: { c0: c0!, c1: c1! }, y: { c0: d0!, c1: d1! } };
      return hexOf(bls12_381.G2.ProjectivePoint.fromAffine(point).toRawBytes(true));
    };

    it.each(backends)('sign, aggregate > %s', (_, backend) => {
      expect(casesOf('sign')).toHaveLength(10);
      const byBytes = new Map<string, Signature>();
      for (const { name, input, output } of casesOf('sign')) {
        const made = () => backend.sign(bytes(input.privkey) as SecretKey, bytes(input.message));
        if (output === null) {
          expect(made, name).toThrow();
          continue;
        }
        expect(compressed(made()), name).toBe(output);
        byBytes.set(output, made());
      }
      let summed = 0;
      for (const { name, input, output } of casesOf('aggregate')) {
        if (output === null) {
          expect(() => aggregate([]), name).toThrow();
          continue;
        }
        const signatures = input.map((hex) => byBytes.get(hex));
        // The neutral element is no signature that a key makes.
        if (signatures.includes(undefined)) continue;
        expect(compressed(backend.aggregate(signatures as Signature[])), name).toBe(output);
        summed++;
      }
      expect(summed).toBe(4);
    });

    it.each(backends)('verify, fast_aggregate_verify, aggregate_verify, batch_verify > %s', (_, backend) => {
      decoded.count = 0;
      for (const { name, input, output } of casesOf('verify')) {
        expect(holds([{ keys: [input.pubkey], message: input.message }], input.signature, backend), name).toBe(output);
      }
      for (const { name, input, output } of casesOf('fast_aggregate_verify')) {
        expect(holds([{ keys: input.pubkeys, message: input.message }], input.signature, backend), name).toBe(output);
      }
      for (const { name, input, output } of casesOf('aggregate_verify')) {
        const groups = input.pubkeys.map((key, j) => ({ keys: [key], message: input.messages[j]! }));
        expect(holds(groups, input.signature, backend), name).toBe(output);
      }
      for (const { name, input, output } of casesOf('batch_verify')) {
        const all = input.signatures.every((signature, j) =>
          holds([{ keys: [input.pubkeys[j]!], message: input.messages[j]! }], signature, backend),
        );
        expect(all, name).toBe(output);
      }
      // 20 + 8 + 3 + 4; the signatures spoiled at their end are no points, which no words of an action can be.
      expect(decoded.count).toBe(35);
    });
  },
);
