/**
 * What the keys of Slarks sign, and how it is packed: results of a certificate, the subsets of an era, the hash that
 * commits to a puzzle. The core, the chain and whoever signs take the bytes from here. Checks no signature.
 */
import { keccak256Hex } from '../base/hash.ts';

/** Words of 48 bits: of a public key, of a proof of possession, of a signature. */
export const KEY_WORDS = 16;
export const PROOF_WORDS = 32;
export const SIGNATURE_WORDS = 32;
/** Largest word: 2^48 − 1. */
export const MAX_WORD = 281_474_976_710_655;
/** Largest half of a puzzle's hash, and largest identifier of a key: 2^52 − 1. */
export const MAX_HASH = 4_503_599_627_370_495;
/** Results in one word, two bits each. */
export const RESULTS_PER_WORD = 24;
/** What a Slark found: the target did what it was asked for, or did not. */
export const RESULT = { pass: 1, fail: 2 } as const;

const TWO_32 = 4_294_967_296;
const BITS_PER_RESULT = 4;
const SUBSET_WORDS = 8;
/** Hex digits of 52 bits. */
const HASH_DIGITS = 13;

/** Integers below 2^53 as `abi.encodePacked` of uint64: eight bytes each, the most significant first. */
function packUint64(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 8, Math.floor(value / TWO_32));
    view.setUint32(i * 8 + 4, value % TWO_32);
  });
  return bytes;
}

/** Eight words of 32 bits as 32 bytes, the most significant first. */
function packBytes32(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SUBSET_WORDS * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < SUBSET_WORDS; i++) view.setUint32(i * 4, words[i]!);
  return bytes;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

function wordsOfHash(hex: string): number[] {
  return Array.from({ length: SUBSET_WORDS }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16));
}

function bytesOfHash(hex: string): Uint8Array {
  return packBytes32(wordsOfHash(hex));
}

/**
 * Results of a committee member, in the order of the targets' records, as words of {@link RESULTS_PER_WORD} results, the
 * first in the lowest bits. Bits beyond the last target are 0.
 *
 * @param results one of {@link RESULT} per target
 * @rule CHAL-9, CHAL-10
 */
export function packResults(results: readonly number[]): number[] {
  const words: number[] = [];
  for (let from = 0; from < results.length; from += RESULTS_PER_WORD) {
    let word = 0;
    for (let i = Math.min(from + RESULTS_PER_WORD, results.length) - 1; i >= from; i--) {
      word = word * BITS_PER_RESULT + results[i]!;
    }
    words.push(word);
  }
  return words;
}

/** Words that the results of so many targets take. */
export function resultWordCount(targetCount: number): number {
  return Math.ceil(targetCount / RESULTS_PER_WORD);
}

/** Result number `index` of packed results: one of {@link RESULT}, or 0 or 3, which are none. */
export function resultAt(words: readonly number[], index: number): number {
  let word = words[Math.floor(index / RESULTS_PER_WORD)]!;
  for (let i = index % RESULTS_PER_WORD; i > 0; i--) word = Math.floor(word / BITS_PER_RESULT);
  return word % BITS_PER_RESULT;
}

/**
 * What a committee member signs: keccak256 of slot, class and its packed results. A signature is good for no other slot
 * and no other class.
 *
 * @returns 32 bytes
 * @rule CHAL-9, CHAL-10
 */
export function certificateMessage(slot: number, challengeClass: number, resultWords: readonly number[]): Uint8Array {
  return bytesOfHash(keccak256Hex(packUint64([slot, challengeClass, ...resultWords])));
}

/**
 * What the unselected Slarks sign at an era's end: keccak256 of the era and the hash of its subsets.
 *
 * @param subsetWords eight words of 32 bits, as {@link extendSubsets} leaves them
 * @returns 32 bytes
 * @rule CHAL-2
 */
export function attestationMessage(era: number, subsetWords: readonly number[]): Uint8Array {
  return bytesOfHash(keccak256Hex(join(packUint64([era]), packBytes32(subsetWords))));
}

/**
 * The hash of an era's subsets with one more: keccak256 of the hash before, slot, class and the licences by seat.
 *
 * @returns eight words of 32 bits, the most significant first
 * @rule CHAL-2
 */
export function extendSubsets(
  subsetWords: readonly number[],
  slot: number,
  challengeClass: number,
  licences: readonly number[],
): number[] {
  return wordsOfHash(keccak256Hex(join(packBytes32(subsetWords), packUint64([slot, challengeClass, ...licences]))));
}

/**
 * The commitment to a puzzle of two numbers: the low 104 bits of its keccak256, in two halves of 52.
 *
 * @rule CHAL-5
 */
export function puzzleHash(
  slot: number,
  challengeClass: number,
  puzzle0: number,
  puzzle1: number,
): [hash0: number, hash1: number] {
  const hex = keccak256Hex(packUint64([slot, challengeClass, puzzle0, puzzle1]));
  return [Number.parseInt(hex.slice(-2 * HASH_DIGITS, -HASH_DIGITS), 16), Number.parseInt(hex.slice(-HASH_DIGITS), 16)];
}

/**
 * Identifier of a public key in the ledger: the low 52 bits of the keccak256 of its 96 bytes; never 0, which is no key.
 *
 * @param keyWords x, then y, in words of 48 bits, the most significant first
 * @rule CHAL-10
 */
export function keyIdOf(keyWords: readonly number[]): number {
  const bytes = new Uint8Array(KEY_WORDS * 6);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < KEY_WORDS; i++) {
    view.setUint16(i * 6, Math.floor(keyWords[i]! / TWO_32));
    view.setUint32(i * 6 + 2, keyWords[i]! % TWO_32);
  }
  const id = Number.parseInt(keccak256Hex(bytes).slice(-HASH_DIGITS), 16);
  return id === 0 ? 1 : id;
}
