/**
 * The accounts that act on the chain: keys and addresses from (seed, index), the wallet code they delegate to, and
 * signatures. It does not decide who acts or when.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Hex } from 'viem';
import { signTransaction } from 'viem/accounts';
import { chainId } from './anvil.ts';
import { ChainError } from './chainError.ts';
import type { Rpc } from './rpc.ts';

export type Accounts = {
  readonly count: number;
  /** Address of account i at bytes 20 i to 20 i + 19. */
  readonly addressBytes: Uint8Array;
  readonly address: (index: number) => Hex;
  readonly privateKey: (index: number) => Hex;
};

const curveOrder = secp256k1.CURVE.n;

/**
 * `count` accounts, the same for the same seed; more of them leave the first ones unchanged.
 *
 * Key i is keccak256(seed) + i modulo the curve's order: then each public key is the one before plus the generator, and
 * costs an addition of points where an unrelated key would cost a multiplication (19 against 340 µs). Who knows one key
 * knows all, which on a chain of our own, with all keys made from a printed seed, takes nothing away.
 *
 * @param seed  the run's seed, or any text
 */
export function createAccounts(seed: number | string, count: number): Accounts {
  const digest = keccak_256(utf8ToBytes(`powrlab accounts ${seed}`));
  const firstKey = (BigInt(`0x${bytesToHex(digest)}`) % (curveOrder - 1n)) + 1n;
  const addressBytes = new Uint8Array(20 * count);
  const { BASE } = secp256k1.ProjectivePoint;
  let next = BASE.multiply(firstKey);
  const together = 1_024;
  for (let from = 0; from < count; from += together) {
    const points: (typeof next)[] = [];
    for (let i = from; i < Math.min(from + together, count); i++) {
      points.push(next);
      next = next.add(BASE);
    }
    // One inversion for all of them instead of one each.
    for (const [i, point] of secp256k1.ProjectivePoint.normalizeZ(points).entries()) {
      addressBytes.set(keccak_256(point.toRawBytes(false).subarray(1)).subarray(12), 20 * (from + i));
    }
  }
  const checked = (index: number) => {
    if (!(Number.isInteger(index) && index >= 0 && index < count)) throw new RangeError(`No account ${index}`);
    return index;
  };
  return {
    count,
    addressBytes,
    address: (index) => `0x${bytesToHex(addressBytes.subarray(20 * checked(index), 20 * index + 20))}`,
    privateKey: (index) => `0x${((firstKey + BigInt(checked(index))) % curveOrder).toString(16).padStart(64, '0')}`,
  };
}

/** A legacy transaction without value, signed for our chain (EIP-155). */
export function signCall(call: {
  readonly privateKey: Hex;
  readonly nonce: number;
  readonly gasPriceWei: number;
  readonly gas: number;
  readonly to: Hex;
  readonly data: Hex;
}): Promise<Hex> {
  return signTransaction({
    privateKey: call.privateKey,
    transaction: {
      type: 'legacy',
      chainId,
      nonce: call.nonce,
      gasPrice: BigInt(call.gasPriceWei),
      gas: BigInt(call.gas),
      to: call.to,
      data: call.data,
      value: 0n,
    },
  });
}

/** The code of an account that delegates to `wallet` (EIP-7702). */
export function delegationTo(wallet: Hex): Hex {
  return `0xef0100${wallet.slice(2).toLowerCase()}`;
}

/**
 * Gives each account 1 ETH and lets it delegate to `wallet`, as a signed authorisation of its own would. The accounts
 * must not have acted before.
 *
 * The state is written directly, without transactions: authorising 20,000 accounts would cost 400 M gas and 3 s.
 *
 * @throws ChainError DEPLOY_FAILED if the chain does not take it
 */
export async function installWallets(rpc: Rpc, accounts: Accounts, wallet: Hex): Promise<void> {
  const code = delegationTo(wallet);
  const loads: Promise<void>[] = [];
  for (let from = 0; from < accounts.count; from += 1_000) {
    const written: Record<Hex, unknown> = {};
    for (let i = from; i < Math.min(from + 1_000, accounts.count); i++) {
      written[accounts.address(i)] = { nonce: 0, balance: '0xde0b6b3a7640000', code, storage: {} };
    }
    const state = { block: null, accounts: written, best_block_number: null, blocks: [], transactions: [] };
    loads.push(loadState(rpc, state));
  }
  await Promise.all(loads);
}

async function loadState(rpc: Rpc, state: unknown): Promise<void> {
  const taken = await rpc.call<boolean>('anvil_loadState', [`0x${bytesToHex(utf8ToBytes(JSON.stringify(state)))}`]);
  if (!taken) throw new ChainError('DEPLOY_FAILED', 'Cannot install the agents’ wallets: anvil did not take the state');
}

/** Bytes of a 0x-prefixed text. */
export function bytesOfHex(hex: string): Uint8Array {
  return hexToBytes(hex.slice(2));
}
