/** The vectors of the protocol on the contracts: one deployment, brought back to genesis before each. */
import { encodeAbiParameters, keccak256 } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packState, type TableBytes } from '../engine/digest.ts';
import { createGenesisState } from '../engine/genesis.ts';
import { applyAction } from '../protocol/apply.ts';
import { createState, type State } from '../protocol/state.ts';
import { loadArtifact } from './artifacts.ts';
import { testBuild } from './chainFixture.ts';
import { compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import {
  changesSince,
  codeOf,
  copyTables,
  eventsOf,
  holdersOf,
  loadVectors,
  openVector,
  planVectors,
  scheduleOf,
  VECTOR_AGENTS,
  VECTOR_CAPACITIES,
  VECTOR_FAMILIES,
} from './vectorFile.ts';

const root = repoRoot();
const loaded = loadVectors(root);

describe('the vectors on the contracts', () => {
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;
  const genesis = createGenesisState(planVectors(), VECTOR_CAPACITIES);

  beforeAll(async () => {
    const plan = planVectors();
    chain = await openProtocolChain({
      plan,
      seed: 1,
      agentCount: VECTOR_AGENTS,
      signedBps: 0,
      builtDir: testBuild(),
      root,
    });
    toGenesis = await chain.checkpoint();
  });
  afterAll(() => chain?.close());

  /** Brings the chain to the state of the core by direct writes. */
  async function writeState(s: State): Promise<void> {
    const old = new Map(packState(genesis).map((part) => [`${part.table}:${part.fromWord}`, part]));
    const writes: Promise<void>[] = [];
    for (const part of packState(s)) {
      for (let word = 0; word < part.bytes.length / 32; word++) {
        const value = wordAt(part, word);
        const before = old.get(`${part.table}:${part.fromWord}`);
        if (before !== undefined && word * 32 < before.bytes.length && wordAt(before, word) === value) continue;
        writes.push(chain.tamper(part.table, part.fromWord + word, value));
      }
    }
    for (const [id, account] of holdersOf(s)) writes.push(writeNft(id, account));
    await Promise.all(writes);
  }

  /** Gives an account the ERC-1155 token of an entity: a word of a mapping in a mapping. */
  async function writeNft(id: bigint, account: number): Promise<void> {
    const { storage } = loadArtifact(root, 'EntityNft').storageLayout;
    const balances = BigInt(storage.find(({ label }) => label === '_balances')!.slot);
    const inner = keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], [id, balances]));
    const slot = keccak256(
      encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [chain.addressOf(account), inner]),
    );
    await chain.rpc.call('anvil_setStorageAt', [chain.addresses.EntityNft, slot, `0x${'1'.padStart(64, '0')}`]);
  }

  describe.each(VECTOR_FAMILIES)('fixtures/vectors/%s', (family) => {
    it.each(loaded.filter((entry) => entry.family === family))('$file > $vector.name', async ({ vector }) => {
      await toGenesis();
      const core = openVector(vector);
      await writeState(core);
      const mirror = createState(VECTOR_CAPACITIES);
      await chain.readState(mirror);
      const before = copyTables(mirror);
      const sink = createState({});
      const codes = [];
      for (const { nowS, action } of scheduleOf(vector)) {
        const refusal = await chain.refusalOf(nowS, action);
        const [code] = await chain.execute(nowS, [action], sink);
        expect(refusal?.code ?? 0).toBe(code);
        codes.push(codeOf(code!, refusal?.have ?? 0, refusal?.need ?? 0));
        core.nowS = nowS;
        applyAction(core, action);
      }
      expect(codes).toEqual(vector.expected.codes);
      expect(eventsOf(sink)).toEqual(vector.expected.events);
      await chain.readState(mirror);
      expect(changesSince(before, mirror)).toEqual(vector.expected.postState);
      expect((await compareStates(core, chain, mirror)).differences).toEqual([]);
    });
  });
});

function wordAt(part: TableBytes, word: number): bigint {
  return BigInt(`0x${Buffer.from(part.bytes.subarray(word * 32, word * 32 + 32)).toString('hex')}`);
}
