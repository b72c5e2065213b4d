/**
 * Reads raw storage words of a contract that inherits Extsload, and the integers packed in them. It knows no layout:
 * which word holds what is the caller's to say.
 */
import { assert } from '../base/assert.ts';
import type { Rpc } from './rpc.ts';

/** First 4 bytes of keccak256('extsload(uint256,uint256)'). */
const extsloadSelector = 'c583874a';
/** Memory in the EVM costs the square of its size: larger pages are slower. */
const wordsPerPage = 2_000;
const pagesPerBatch = 16;

/**
 * `count` consecutive storage words from `startSlot` on, as the chain holds them now: 32 bytes each, big-endian.
 *
 * @throws RpcError if the contract at `address` is no Extsload
 */
export async function readWords(rpc: Rpc, address: string, startSlot: bigint, count: number): Promise<Uint8Array> {
  const words = new Uint8Array(32 * count);
  const pages: { readonly from: number; readonly size: number }[] = [];
  for (let from = 0; from < count; from += wordsPerPage) {
    pages.push({ from, size: Math.min(wordsPerPage, count - from) });
  }
  for (let first = 0; first < pages.length; first += pagesPerBatch) {
    const some = pages.slice(first, first + pagesPerBatch);
    const answers = await rpc.batch<string>(
      some.map(({ from, size }) => {
        const data = `0x${extsloadSelector}${word(startSlot + BigInt(from))}${word(BigInt(size))}`;
        return { method: 'eth_call', params: [{ to: address, data }, 'latest'] };
      }),
    );
    for (const [i, { from, size }] of some.entries()) {
      const answer = answers[i] as string;
      assert(answer.length === 2 + 64 * (2 + size), `extsload of ${size} words answered ${answer.length} characters`);
      Buffer.from(words.buffer).write(answer.slice(2 + 128), 32 * from, 'hex');
    }
  }
  return words;
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

/**
 * The uint64 in a lane of a word, where a packed struct's first field is lane 0, the lowest bits.
 *
 * @param words  as from `readWords`
 * @throws AssertionError if the value is 2^53 or more, which no field of the protocol may hold
 */
export function laneOf(words: Uint8Array, wordIndex: number, lane: number): number {
  const at = 32 * wordIndex + 24 - 8 * lane;
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  const high = view.getUint32(at);
  assert(high < 2_097_152, `The field at word ${wordIndex}, lane ${lane} is 2^53 or more`);
  return high * 4_294_967_296 + view.getUint32(at + 4);
}
