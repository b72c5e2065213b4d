/** The two hashes in use: sha256 for what a run leaves (digests, content addresses), keccak256 for what a contract checks. */
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? utf8ToBytes(data) : data;
}

/** SHA-256 of bytes, or of a text's UTF-8, as 64 hex digits without prefix. */
export function sha256Hex(data: Uint8Array | string): string {
  return bytesToHex(sha256(bytesOf(data)));
}

/** Keccak-256 (Ethereum's, not SHA3-256) of bytes, or of a text's UTF-8, as 64 hex digits without prefix. */
export function keccak256Hex(data: Uint8Array | string): string {
  return bytesToHex(keccak_256(bytesOf(data)));
}

/** SHA-256 of several parts as if they were one text of bytes, as 64 hex digits; nothing is joined in memory. */
export function sha256OfParts(parts: Iterable<Uint8Array | string>): string {
  const hash = sha256.create();
  for (const part of parts) hash.update(bytesOf(part));
  return bytesToHex(hash.digest());
}
