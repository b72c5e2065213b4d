import { type Hex, keccak256 } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChainFixture, genesisTimeS, startChainFixture } from './chainFixture.ts';
import { encodeCall } from './encodeCall.ts';
import { laneOf, readWords } from './readback.ts';
import { RpcError } from './rpc.ts';

/** `keep(uint64,uint64[])` of the counterpart, whose list starts at keccak256 of its slot, 3. */
const keep = 0xfb1b1437;
const firstWord = BigInt(keccak256(`0x${'3'.padStart(64, '0')}`));

describe('given 18,000 integers packed four to a storage word', () => {
  let c: ChainFixture;
  const storedAt = (i: number) => (i % 7 === 0 ? 2 ** 53 - 1 - i : i);

  beforeAll(async () => {
    c = await startChainFixture({ agentCount: 1 });
    for (let from = 0; from < 18_000; from += 6_000) {
      const list = Array.from({ length: 5_999 }, (_, i) => storedAt(from + 1 + i));
      const data = encodeCall(keep, [storedAt(from)], list);
      const calls = [{ agent: 0, target: 0, data, signed: false, gas: 300_000_000 }];
      const { reasons } = await c.driver.sendBlock({ timestampS: genesisTimeS + 10 + from, calls });
      expect([...reasons]).toEqual([0]);
    }
  });
  afterAll(() => c?.stop());

  it('reads them all back, over page borders', async () => {
    const words = await readWords(c.rpc, c.first, firstWord, 4_500);
    expect(words).toHaveLength(4_500 * 32);
    const values = Array.from({ length: 18_000 }, (_, i) => laneOf(words, Math.floor(i / 4), i % 4));
    expect(values).toEqual(Array.from({ length: 18_000 }, (_, i) => storedAt(i)));
  });

  it.each([0, 1, 1_999, 2_000, 2_001])(
    'given a count of %i words > reads those that eth_getStorageAt gives',
    async (count) => {
      const words = await readWords(c.rpc, c.first, firstWord + 5n, count);
      expect(words).toHaveLength(32 * count);
      if (count === 0) return;
      const last = `0x${(firstWord + 5n + BigInt(count) - 1n).toString(16)}`;
      const expected = await c.rpc.call<Hex>('eth_getStorageAt', [c.first, last, 'latest']);
      expect(`0x${Buffer.from(words.subarray(-32)).toString('hex')}`).toBe(expected);
    },
  );

  it('given an integer of 2^53 or more > is refused as a bug', () => {
    const words = new Uint8Array(32);
    words[17] = 0x20;
    expect(() => laneOf(words, 0, 1)).toThrow(/2\^53 or more/);
    words[17] = 0x1f;
    expect(laneOf(words, 0, 1)).toBe(0x1f * 2 ** 48);
  });

  it('given a contract without extsload > fails', async () => {
    await expect(readWords(c.rpc, c.relay, 0n, 1)).rejects.toThrow(RpcError);
  });
});
