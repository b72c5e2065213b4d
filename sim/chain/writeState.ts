/**
 * Puts a chain into a state that nobody has led it to: table words and NFTs written straight into the contracts' storage,
 * for tests that start in the middle of things.
 */
import { encodeAbiParameters, keccak256 } from 'viem';
import { packState, type TableBytes } from '../engine/digest.ts';
import { F } from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import { loadArtifact } from './artifacts.ts';
import type { ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';

/**
 * Writes the words in which `to` differs from `from`, and the ERC-1155 tokens of all holders of `to`.
 *
 * @param from the chain's state now, which has no NFTs
 */
export async function writeState(chain: ProtocolChain, from: State, to: State): Promise<void> {
  const before = new Map(packState(from).map((part) => [`${part.table}:${part.fromWord}`, part]));
  const writes: Promise<void>[] = [];
  for (const part of packState(to)) {
    const old = before.get(`${part.table}:${part.fromWord}`);
    for (let word = 0; word < part.bytes.length / 32; word++) {
      const value = wordAt(part, word);
      const oldValue = old !== undefined && word * 32 < old.bytes.length ? wordAt(old, word) : 0n;
      if (value !== oldValue) writes.push(chain.tamper(part.table, part.fromWord + word, value));
    }
  }
  for (const [id, account] of holdersOf(to)) writes.push(writeNft(chain, id, account));
  await Promise.all(writes);
}

function wordAt(part: TableBytes, word: number): bigint {
  return BigInt(`0x${Buffer.from(part.bytes.subarray(word * 32, word * 32 + 32)).toString('hex')}`);
}

/** Holders of NFTs by ERC-1155 identifier, kind · 2^32 + entity. */
function holdersOf(s: State): Map<bigint, number> {
  const holders = new Map<bigint, number>();
  const tables = [
    [1n, 'modelHolders', s.modelTotals[F.modelTotals.modelCount]!],
    [2n, 'nodeHolders', s.nodeTotals[F.nodeTotals.nodeCount]!],
    [3n, 'validatorHolders', s.validatorTotals[F.validatorTotals.validatorCount]!],
  ] as const;
  for (const [kind, table, count] of tables) {
    for (let entity = 1; entity <= count; entity++) {
      const account = s[table][entity]!;
      if (account !== 0) holders.set((kind << 32n) + BigInt(entity), account);
    }
  }
  return holders;
}

/** Gives an account one token: a word of a mapping in a mapping. */
async function writeNft(chain: ProtocolChain, id: bigint, account: number): Promise<void> {
  const { storage } = loadArtifact(repoRoot(), 'EntityNft').storageLayout;
  const balances = BigInt(storage.find(({ label }) => label === '_balances')!.slot);
  const inner = keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], [id, balances]));
  const holder = chain.addressOf(account);
  const slot = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [holder, inner]));
  await chain.rpc.call('anvil_setStorageAt', [chain.addresses.EntityNft, slot, `0x${'1'.padStart(64, '0')}`]);
}
