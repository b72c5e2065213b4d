/**
 * Commitments of outputs: a node that serves a request binds itself to what it computed, before the beacon that decides
 * whether the answer is audited. Decides what a commitment covers; who may open one is `tasks.ts`.
 */
import { keccak256Hex } from '../base/hash.ts';

const TWO_32 = 4_294_967_296;
/** Bytes of a number in the hashed text: a uint64, most significant byte first. */
const NUMBER_BYTES = 8;
/** Hex digits that make the 52 bits of an identifier. */
const IDENTIFIER_DIGITS = 13;

/**
 * The low 52 bits of keccak256(outputId, saltId, account), each a big-endian uint64. The account is part of it, so that
 * nobody can open a commitment copied from another; the salt, so that nobody can guess the output behind one.
 *
 * Differs from DFPN-17, which hashes result, 16-byte salt, worker and request with SHA-256: here the output stands for itself
 * by the low 52 bits of its own SHA-256; keccak-256 is an instruction of the virtual machine and SHA-256 a call; salt and
 * result have 52 bits, because ledger and core count in integers below 2^53; and the request is not hashed, because the
 * commitment is stored with the request it was made for and opened through the audit of that request alone.
 *
 * @param outputId, saltId, account  integers in [0, 2^53)
 * @returns identifier in [0, 2^52); 0 is as good as never and commits to nothing
 * @rule VAL-15, OP-22, DFPN-17
 */
export function commitmentOf(outputId: number, saltId: number, account: number): number {
  const bytes = new Uint8Array(3 * NUMBER_BYTES);
  const view = new DataView(bytes.buffer);
  [outputId, saltId, account].forEach((value, i) => {
    view.setUint32(i * NUMBER_BYTES, Math.floor(value / TWO_32));
    view.setUint32(i * NUMBER_BYTES + 4, value % TWO_32);
  });
  return Number.parseInt(keccak256Hex(bytes).slice(-IDENTIFIER_DIGITS), 16);
}
