/** A small chain for tests: two counterparts that answer in known ways, a relay and agents with wallets. */
import type { Hex } from 'viem';
import { type Accounts, createAccounts, installWallets } from './accounts.ts';
import { type Anvil, type AnvilOptions, startAnvil } from './anvil.ts';
import { compileContracts } from './compile.ts';
import { deployAll, predictAddresses } from './deploy.ts';
import { createDriver, type Driver, type DriverOptions } from './driver.ts';
import { repoRoot } from './repoRoot.ts';
import { createRpc, type Rpc } from './rpc.ts';

export const genesisTimeS = 1_700_000_000;

export type ChainFixture = {
  readonly anvil: Anvil;
  readonly rpc: Rpc;
  readonly accounts: Accounts;
  readonly relay: Hex;
  readonly wallet: Hex;
  readonly first: Hex;
  readonly second: Hex;
  readonly driver: Driver;
  readonly stop: () => Promise<void>;
};

/** The folder that the tests' global setup has built. */
export function testBuild(): string {
  const folder = process.env.POWR_BUILD;
  if (folder === undefined) throw new Error('POWR_BUILD is set by the global setup of the tests');
  return folder;
}

export async function startChainFixture(
  options: { readonly agentCount?: number; readonly walletCount?: number } & Partial<AnvilOptions> &
    Pick<Partial<DriverOptions>, 'callsPerRelay' | 'gasPerRelay'> = {},
): Promise<ChainFixture> {
  const anvil = await startAnvil({ genesisTimeS, builtDir: testBuild(), ...options });
  const rpc = createRpc({ url: anvil.url, whyGone: anvil.whyGone });
  const accounts = createAccounts('fixture', options.agentCount ?? 8);
  const [deployer, relayer] = [
    '0x00000000000000000000000000000000000d3910',
    '0x00000000000000000000000000000000000e1a11',
  ] as const;
  const compiled = compileContracts({
    root: repoRoot(),
    files: ['src/AgentWallet.sol', 'src/BatchRelay.sol', 'test/Counterpart.sol'],
    cached: true,
  });
  const artifactOf = (name: string) => compiled.find((artifact) => artifact.name === name)!;
  const names = ['first', 'second', 'relay', 'wallet'] as const;
  const { first, second, relay, wallet } = predictAddresses(deployer, names);
  await deployAll(
    rpc,
    [
      { name: 'first', artifact: artifactOf('Counterpart') },
      { name: 'second', artifact: artifactOf('Counterpart') },
      { name: 'relay', artifact: artifactOf('BatchRelay'), args: [relayer, [first, second]] },
      { name: 'wallet', artifact: artifactOf('AgentWallet'), args: [relay] },
    ],
    { deployer, timestampS: genesisTimeS + 1 },
  );
  const withWallet = options.walletCount === undefined ? accounts : createAccounts('fixture', options.walletCount);
  await installWallets(rpc, withWallet, wallet);
  const { callsPerRelay, gasPerRelay } = options;
  const driver = await createDriver({
    ...{ rpc, relay, relayer, accounts, targets: [first, second] },
    ...(callsPerRelay === undefined ? {} : { callsPerRelay }),
    ...(gasPerRelay === undefined ? {} : { gasPerRelay }),
  });
  const stop = async () => {
    rpc.close();
    await anvil.stop();
  };
  return { anvil, rpc, accounts, relay, wallet, first, second, driver, stop };
}
