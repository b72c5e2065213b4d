/**
 * Puts contracts on the chain, at addresses that are known before: contracts may hold one another's addresses for good.
 * It does not decide which contracts there are.
 */
import { type Abi, encodeDeployData, getContractAddress, type Hex } from 'viem';
import { ChainError } from './chainError.ts';
import type { Rpc } from './rpc.ts';

export type Deployment = {
  readonly name: string;
  readonly artifact: { readonly abi: Abi; readonly bytecode: Hex };
  readonly args?: readonly unknown[];
};

export type Deployed = {
  /** Lower-case addresses by name. */
  readonly addresses: Readonly<Record<string, Hex>>;
  readonly gasByName: Readonly<Record<string, number>>;
};

/**
 * Addresses that contracts get when `deployer`, with `firstNonce` transactions sent so far, deploys them in this order.
 *
 * @returns lower-case addresses by name
 */
export function predictAddresses<Name extends string>(
  deployer: Hex,
  names: readonly Name[],
  firstNonce = 0,
): Record<Name, Hex> {
  const entries = names.map((name, i) => {
    const address = getContractAddress({ from: deployer, nonce: BigInt(firstNonce + i) });
    return [name, address.toLowerCase() as Hex] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Hex>;
}

/**
 * Deploys the contracts in this order, in one block, and checks that each is where `predictAddresses` says.
 *
 * The deployer's account is unlocked at the chain and signs nothing; it needs no balance.
 *
 * @param timestampS  of the block, later than the chain's last
 * @throws ChainError DEPLOY_FAILED naming the contract and its revert data
 */
export async function deployAll(
  rpc: Rpc,
  deployments: readonly Deployment[],
  options: { readonly deployer: Hex; readonly timestampS: number; readonly gasPerContract?: number },
): Promise<Deployed> {
  const { deployer, timestampS } = options;
  await rpc.call('anvil_impersonateAccount', [deployer]);
  const firstNonce = Number(await rpc.call<Hex>('eth_getTransactionCount', [deployer, 'latest']));
  const expected = predictAddresses(
    deployer,
    deployments.map(({ name }) => name),
    firstNonce,
  );
  const hashes = await rpc.batch<Hex>(
    deployments.map(({ artifact, args }, i) => ({
      method: 'eth_sendTransaction',
      params: [
        {
          from: deployer,
          nonce: hexOf(firstNonce + i),
          gas: hexOf(options.gasPerContract ?? 100_000_000),
          gasPrice: '0x0',
          data: encodeDeployData({ abi: artifact.abi, bytecode: artifact.bytecode, args: args ?? [] } as never),
        },
      ],
    })),
  );
  await rpc.call('evm_mine', [{ timestamp: timestampS, blocks: 1 }]);
  type Receipt = { readonly status: Hex; readonly contractAddress: Hex; readonly gasUsed: Hex } | null;
  const receipts = await rpc.batch<Receipt>(
    hashes.map((hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] })),
  );
  const gasByName: Record<string, number> = {};
  for (const [i, { name }] of deployments.entries()) {
    const receipt = receipts[i];
    if (receipt?.status !== '0x1') {
      const data = receipt ? await rpc.call<Hex>('ots_getTransactionError', [hashes[i]]) : 'not in the block';
      throw new ChainError('DEPLOY_FAILED', `Cannot deploy ${name}: its constructor failed (${data})`);
    }
    if (receipt.contractAddress.toLowerCase() !== expected[name]) {
      throw new ChainError(
        'DEPLOY_FAILED',
        `${name} was deployed at ${receipt.contractAddress}, not ${expected[name]}`,
      );
    }
    gasByName[name] = Number(receipt.gasUsed);
  }
  return { addresses: expected, gasByName };
}

function hexOf(value: number): Hex {
  return `0x${value.toString(16)}`;
}
