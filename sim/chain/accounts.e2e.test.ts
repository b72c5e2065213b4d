/** Wallets installed in bulk are what the agents' own signed authorisations would have made of their accounts. */
import { createWalletClient, encodeFunctionData, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts, delegationTo, installWallets } from './accounts.ts';
import { type ChainFixture, genesisTimeS, startChainFixture } from './chainFixture.ts';
import { compileContracts } from './compile.ts';
import { deployAll } from './deploy.ts';
import { encodeCall } from './encodeCall.ts';
import { repoRoot } from './repoRoot.ts';

const move = 0x87cb15f7;
const sponsor = privateKeyToAccount(`0x${'5'.repeat(64)}`);

describe('given agents whose wallets were installed in bulk, and one who signs its own authorisation', () => {
  let c: ChainFixture;
  const signer = 3;

  beforeAll(async () => {
    c = await startChainFixture({ agentCount: 4, walletCount: 3 });
    await c.rpc.call('anvil_setBalance', [sponsor.address, '0xde0b6b3a7640000']);
    const agent = privateKeyToAccount(c.accounts.privateKey(signer));
    const client = createWalletClient({ account: sponsor, chain: foundry, transport: c.rpc.transport });
    const authorization = await agent.signAuthorization({
      address: c.wallet,
      chainId: foundry.id,
      nonce: await c.rpc.call<Hex>('eth_getTransactionCount', [agent.address, 'latest']).then(Number),
    });
    const hash = await client.sendTransaction({
      authorizationList: [authorization],
      to: agent.address,
      gas: 100_000n,
      maxFeePerGas: 1n,
      maxPriorityFeePerGas: 1n,
    });
    await c.rpc.call('evm_mine', [{ timestamp: genesisTimeS + 10, blocks: 1 }]);
    const sent = await c.rpc.call<{ type: Hex; authorizationList: unknown[] }>('eth_getTransactionByHash', [hash]);
    expect(sent.type).toBe('0x4');
    expect(sent.authorizationList).toHaveLength(1);
  });
  afterAll(() => c?.stop());

  it('both have the same code', async () => {
    for (const agent of [0, signer]) {
      expect(await c.rpc.call('eth_getCode', [c.accounts.address(agent), 'latest'])).toBe(delegationTo(c.wallet));
    }
  });

  it('both act through the relay and by signed transactions of their own', async () => {
    await c.rpc.call('anvil_setBalance', [c.accounts.address(signer), '0xde0b6b3a7640000']);
    const calls = [0, signer].flatMap((agent) =>
      [false, true].map((signed) => ({ agent, target: 0, data: encodeCall(move, [agent]), signed })),
    );
    const { reasons } = await c.driver.sendBlock({ timestampS: genesisTimeS + 20, calls });
    expect([...reasons]).toEqual([0, 0, 0, 0]);
    for (const agent of [0, signer]) {
      const data = `0x769217fe${c.accounts.address(agent).slice(2).padStart(64, '0')}`;
      expect(Number(await c.rpc.call<Hex>('eth_call', [{ to: c.first, data }, 'latest']))).toBe(2);
    }
  });

  it('both own an ERC-1155 token after a safe mint', async () => {
    const [multi] = compileContracts({ root: repoRoot(), files: ['test/Collectibles.sol'], cached: true });
    const deployer = c.accounts.address(0);
    const { addresses } = await deployAll(c.rpc, [{ name: 'multi', artifact: multi! }], {
      deployer,
      timestampS: genesisTimeS + 30,
    });
    for (const agent of [0, signer]) {
      const owner = c.accounts.address(agent);
      const call = (functionName: string, args: unknown[]) => {
        return {
          from: deployer,
          to: addresses.multi,
          data: encodeFunctionData({ abi: multi!.abi, functionName, args }),
        };
      };
      await c.rpc.call('eth_sendTransaction', [{ ...call('mint', [owner, 9n]), gas: '0x30d40', gasPrice: '0x0' }]);
      await c.rpc.call('evm_mine', [{ timestamp: genesisTimeS + 40 + agent, blocks: 1 }]);
      expect(Number(await c.rpc.call<Hex>('eth_call', [call('balanceOf', [owner, 9n]), 'latest']))).toBe(1);
    }
  });
});

describe('installWallets', () => {
  it('given 2,500 accounts > gives each the code and 1 ETH, and moves no block', async () => {
    const c = await startChainFixture({ agentCount: 1 });
    const block = await c.rpc.call('eth_blockNumber');
    const accounts = createAccounts('many', 2_500);
    await installWallets(c.rpc, accounts, c.wallet);
    const last = accounts.address(2_499);
    expect(await c.rpc.call('eth_getCode', [last, 'latest'])).toBe(delegationTo(c.wallet));
    expect(BigInt(await c.rpc.call<Hex>('eth_getBalance', [last, 'latest']))).toBe(10n ** 18n);
    expect(await c.rpc.call('eth_blockNumber')).toBe(block);
    await c.stop();
  });
});
