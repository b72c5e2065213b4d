import { describe, expect, it } from 'vitest';
import { keccak256Hex, sha256Hex } from './hash.ts';

describe('sha256Hex', () => {
  // FIPS 180-2, appendix B.1, and the digest of the empty message.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('given %j > is the published digest', (text, digest) => {
    expect(sha256Hex(text)).toBe(digest);
    expect(sha256Hex(new TextEncoder().encode(text))).toBe(digest);
  });
});

describe('keccak256Hex', () => {
  // The empty code hash of the Yellow Paper, and the topic of an ERC-20 transfer.
  it.each([
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['Transfer(address,address,uint256)', 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'],
  ])('given %j > is the digest that Ethereum uses', (text, digest) => {
    expect(keccak256Hex(text)).toBe(digest);
    expect(keccak256Hex(new TextEncoder().encode(text))).toBe(digest);
  });
});
