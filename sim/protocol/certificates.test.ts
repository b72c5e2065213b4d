import { describe, expect, it } from 'vitest';
import { keccak256Hex } from '../base/hash.ts';
import {
  attestationMessage,
  certificateMessage,
  extendSubsets,
  keyIdOf,
  MAX_HASH,
  MAX_WORD,
  packResults,
  puzzleHash,
  resultAt,
  resultWordCount,
} from './certificates.ts';

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes of integers, most significant byte first, written out by hand. */
function bytesOf(...parts: readonly (readonly [value: bigint, length: number])[]): Uint8Array {
  const digits = parts.map(([value, length]) => value.toString(16).padStart(2 * length, '0')).join('');
  return Uint8Array.from(digits.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
}

describe('packResults', () => {
  it('puts two bits a target, the first target lowest', () => {
    expect(packResults([1, 2, 1])).toEqual([0b01_10_01]);
  });

  it('given more than 24 targets > goes on in the next word, which has 48 bits at most', () => {
    const words = packResults([...new Array<number>(24).fill(2), 1, 2]);
    expect(words).toEqual([0xaaaaaaaaaaaa, 0b10_01]);
    expect(words[0]).toBeLessThanOrEqual(MAX_WORD);
  });

  it('is read back by resultAt', () => {
    const results = Array.from({ length: 60 }, (_, i) => 1 + ((i * i) % 2));
    const words = packResults(results);
    expect(words).toHaveLength(resultWordCount(60));
    expect(results.map((_, i) => resultAt(words, i))).toEqual(results);
  });
});

describe('certificateMessage', () => {
  it('is keccak256 of slot, class and result words, eight bytes each', () => {
    const bytes = bytesOf([5n, 8], [6n, 8], [0xaaaaaaaaaaaan, 8], [9n, 8]);
    expect(hex(certificateMessage(5, 6, [0xaaaaaaaaaaaa, 9]))).toBe(keccak256Hex(bytes));
  });

  it('given another slot, class or result > is another', () => {
    const messages = [
      certificateMessage(5, 6, [9]),
      certificateMessage(6, 6, [9]),
      certificateMessage(5, 5, [9]),
      certificateMessage(5, 6, [10]),
      certificateMessage(5, 6, [9, 0]),
    ];
    expect(new Set(messages.map(hex)).size).toBe(5);
    expect(messages[0]).toHaveLength(32);
  });
});

describe('extendSubsets and attestationMessage', () => {
  it('chain the committees of an era, and bind them to it', () => {
    const first = extendSubsets(new Array(8).fill(0), 3, 1, [7, 9]);
    expect(first.map((word) => word.toString(16).padStart(8, '0')).join('')).toBe(
      keccak256Hex(bytesOf([0n, 32], [3n, 8], [1n, 8], [7n, 8], [9n, 8])),
    );
    const hash = BigInt(`0x${first.map((word) => word.toString(16).padStart(8, '0')).join('')}`);
    expect(hex(attestationMessage(4, first))).toBe(keccak256Hex(bytesOf([4n, 8], [hash, 32])));
  });
});

describe('puzzleHash', () => {
  it('is the low 104 bits of the hash, in two halves', () => {
    const hash = BigInt(`0x${keccak256Hex(bytesOf([5n, 8], [2n, 8], [1n, 8], [9_007_199_254_740_991n, 8]))}`);
    const half = BigInt(MAX_HASH) + 1n;
    expect(puzzleHash(5, 2, 1, 9_007_199_254_740_991)).toEqual([Number((hash / half) % half), Number(hash % half)]);
  });
});

describe('keyIdOf', () => {
  it('is the low 52 bits of the hash of the key’s 96 bytes', () => {
    const words = Array.from({ length: 16 }, (_, i) => MAX_WORD - i);
    const bytes = bytesOf(...words.map((word) => [BigInt(word), 6] as const));
    expect(bytes).toHaveLength(96);
    expect(keyIdOf(words)).toBe(Number(BigInt(`0x${keccak256Hex(bytes)}`) % (BigInt(MAX_HASH) + 1n)));
  });
});
