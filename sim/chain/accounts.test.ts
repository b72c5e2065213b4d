import { type Hex, parseTransaction, recoverTransactionAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { createAccounts, signCall } from './accounts.ts';
import { chainId } from './anvil.ts';

describe('createAccounts', () => {
  it('derives each address from its key', () => {
    const accounts = createAccounts(7, 1_100);
    for (const i of [0, 1, 2, 1_023, 1_024, 1_099]) {
      expect(accounts.address(i)).toBe(privateKeyToAddress(accounts.privateKey(i)).toLowerCase());
      expect(Buffer.from(accounts.addressBytes.subarray(20 * i, 20 * i + 20)).toString('hex')).toBe(
        accounts.address(i).slice(2),
      );
    }
    expect(new Set(Array.from({ length: 1_100 }, (_, i) => accounts.address(i))).size).toBe(1_100);
  });

  it('given more accounts > leaves the first ones unchanged', () => {
    const few = createAccounts(7, 3);
    const many = createAccounts(7, 2_000);
    expect([0, 1, 2].map(few.address)).toEqual([0, 1, 2].map(many.address));
    expect(few.privateKey(2)).toBe(many.privateKey(2));
  });

  it('given another seed > gives other accounts', () => {
    expect(createAccounts(7, 1).address(0)).not.toBe(createAccounts(8, 1).address(0));
    expect(createAccounts('7', 1).address(0)).toBe(createAccounts(7, 1).address(0));
  });

  it('given an index beyond them > is a bug', () => {
    const accounts = createAccounts(7, 2);
    for (const index of [-1, 2, 0.5]) {
      expect(() => accounts.address(index)).toThrow(RangeError);
      expect(() => accounts.privateKey(index)).toThrow(RangeError);
    }
  });
});

describe('signCall', () => {
  it('signs as the account, for this chain only', async () => {
    const accounts = createAccounts(7, 2);
    const call = { nonce: 3, gasPriceWei: 5, gas: 90_000, to: accounts.address(0), data: '0x12345678' as Hex };
    const raw = await signCall({ privateKey: accounts.privateKey(1), ...call });
    expect((await recoverTransactionAddress({ serializedTransaction: raw as never })).toLowerCase()).toBe(
      accounts.address(1),
    );
    const { gasPriceWei, ...rest } = call;
    expect(parseTransaction(raw)).toMatchObject({
      ...rest,
      type: 'legacy',
      chainId,
      gas: 90_000n,
      gasPrice: BigInt(gasPriceWei),
    });
  });
});
