/** Runs the vectors of the arithmetic through `contracts/src/Fixed.sol` on a local chain, all in one call. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Abi, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../chain/anvil.ts';
import { compileContracts } from '../chain/compile.ts';
import { deployAll } from '../chain/deploy.ts';
import { repoRoot } from '../chain/repoRoot.ts';
import { createRpc } from '../chain/rpc.ts';

type Vector = {
  readonly args: readonly (number | string)[];
  readonly result?: number | boolean;
  readonly error?: string;
};
type Outcome = { readonly ok: boolean; readonly data: Hex };

const root = repoRoot();
const folder = join(root, 'fixtures', 'vectors', 'base');
const files = readdirSync(folder).map(
  (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { function: string; cases: readonly Vector[] },
);
const calls = files.flatMap((file) => file.cases.map((vector) => ({ name: file.function, vector })));
const genesisTimeS = 1_700_000_000;

describe('contracts/src/Fixed.sol', () => {
  let anvil: Anvil | undefined;
  let abi: Abi;
  let outcomes: readonly Outcome[] = [];

  beforeAll(async () => {
    const [harness] = compileContracts({ root, files: ['test/FixedHarness.sol'], cached: true });
    abi = harness!.abi;
    anvil = await startAnvil({ genesisTimeS, fork: false, builtDir: process.env.POWR_BUILD! });
    const rpc = createRpc({ url: anvil.url, whyGone: anvil.whyGone });
    const { addresses } = await deployAll(rpc, [{ name: 'harness', artifact: harness! }], {
      deployer: '0x00000000000000000000000000000000000d3910',
      timestampS: genesisTimeS + 1,
    });
    const encoded = calls.map(({ name, vector }) =>
      encodeFunctionData({ abi, functionName: name, args: vector.args.map((x) => BigInt(x)) }),
    );
    const data = encodeFunctionData({ abi, functionName: 'runAll', args: [encoded] });
    const answer = await rpc.call<Hex>('eth_call', [{ to: addresses.harness, data }, 'latest']);
    outcomes = decodeFunctionResult({ abi, functionName: 'runAll', data: answer }) as readonly Outcome[];
    rpc.close();
  });

  afterAll(() => anvil?.stop());

  it.each(files.map((file) => file.function))('gives every result and every error of %s.json', (name) => {
    const compared = calls.flatMap((call, i) => {
      if (call.name !== name) return [];
      const outcome = outcomes[i]!;
      const got = outcome.ok ? { result: resultOf(name, outcome.data) } : { error: errorOf(outcome.data) };
      return [{ args: call.vector.args, ...got }];
    });
    expect(compared.length).toBeGreaterThan(50);
    expect(compared).toEqual(calls.filter((call) => call.name === name).map((call) => call.vector));
  });

  function resultOf(name: string, data: Hex): number | boolean {
    const value = decodeFunctionResult({ abi, functionName: name, data });
    return typeof value === 'boolean' ? value : Number(value);
  }

  function errorOf(data: Hex): string {
    const { errorName, args } = decodeErrorResult({ abi, data });
    return errorName === 'Panic' && args?.[0] === 0x12n ? 'DivisionByZero' : errorName;
  }
});
