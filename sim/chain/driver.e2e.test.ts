/** The driver against a real anvil: order, reasons, gas, time, and what it refuses. */
import { type Abi, encodeFunctionData, type Hex, keccak256, toFunctionSelector } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOfHex } from './accounts.ts';
import { type ChainFixture, genesisTimeS, startChainFixture } from './chainFixture.ts';
import { compileContracts } from './compile.ts';
import { deployAll } from './deploy.ts';
import type { EncodedCall } from './driver.ts';
import { encodeCall } from './encodeCall.ts';
import { failedWithoutData } from './relayBatch.ts';
import { repoRoot } from './repoRoot.ts';
import { RpcError } from './rpc.ts';

const counterpart = compileContracts({ root: repoRoot(), files: ['test/Counterpart.sol'], cached: true })[0]!;

function selectorOf(signature: string): number {
  return Number.parseInt(toFunctionSelector(signature).slice(2), 16);
}

const move = selectorOf('move(uint256)');
const moveEven = selectorOf('moveEven(uint256)');
/** An agent that the tests of a chain leave alone until its own. */
const unmoved = 49;
const refused = selectorOf('Refused(uint256)');
const bare = selectorOf('Bare()');

function word(value: number | string): string {
  return (typeof value === 'number' ? value.toString(16) : value.slice(2)).padStart(64, '0');
}

/** `chain` of the counterpart after another move: keccak256(abi.encode(chain, sender, value)). */
function chained(chain: string, sender: Hex, value: number): Hex {
  return keccak256(`0x${word(chain)}${word(sender)}${word(value)}`);
}

/** Small deterministic draws, so that a failing mix can be repeated. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each([
  { chain: 'a forked chain', fork: true },
  { chain: 'a chain with state roots', fork: false },
])('given $chain', ({ fork }) => {
  let c: ChainFixture;
  let timeS = genesisTimeS + 100;
  const send = (calls: readonly EncodedCall[]) => c.driver.sendBlock({ timestampS: ++timeS, calls });

  beforeAll(async () => {
    c = await startChainFixture({ fork, agentCount: 50 });
  });
  afterAll(() => c?.stop());

  it('runs 2,000 calls, a third of them signed, in the order given', async () => {
    const draw = draws(7);
    const calls: EncodedCall[] = [];
    const chain: [Hex, Hex] = ['0x0', '0x0'];
    for (let i = 0; i < 2_000; i++) {
      const [agent, target, value] = [draw(unmoved), draw(2) as 0 | 1, draw(1_000_000)];
      calls.push({ agent, target, data: encodeCall(move, [value]), signed: draw(3) === 0 });
      chain[target] = chained(chain[target], c.accounts.address(agent), value);
    }
    const { reasons, txCount } = await send(calls);
    expect(reasons.every((reason) => reason === 0)).toBe(true);
    expect(txCount).toBeGreaterThan(1_000);
    expect(await c.rpc.call('eth_getStorageAt', [c.first, '0x0', 'latest'])).toBe(chain[0]);
    expect(await c.rpc.call('eth_getStorageAt', [c.second, '0x0', 'latest'])).toBe(chain[1]);
  });

  it('gives each block the time asked for', async () => {
    for (const later of [1, 2, 3_600, 86_400]) {
      timeS += later;
      await c.driver.sendBlock({ timestampS: timeS, calls: [] });
      const { timestamp } = await c.rpc.call<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false]);
      expect(Number(timestamp)).toBe(timeS);
    }
    await expect(c.driver.sendBlock({ timestampS: timeS, calls: [] })).rejects.toThrow(RangeError);
  });

  it('gives of each failed call, relayed or signed, the reason of the same call made directly', async () => {
    const cases: readonly [name: string, args: readonly bigint[], reason: number | 'direct'][] = [
      ['move', [1n], 0],
      ['moveEven', [3n], refused],
      ['moveEven', [4n], 0],
      ['refuseBare', [], bare],
      ['refuseText', [], 0x08c379a0],
      ['refuseEmpty', [], failedWithoutData],
      ['refuseShort', [], failedWithoutData],
      ['refuseZeros', [], failedWithoutData],
      ['refuseLong', [5_000n], 0xdeadbeef],
      ['overflow', [1n], 0x4e487b71],
      ['overflow', [0n], 0],
      ['invalid', [], failedWithoutData],
      ['burn', [], failedWithoutData],
    ];
    const calls: EncodedCall[] = [];
    const direct: number[] = [];
    for (const signed of [false, true]) {
      for (const [functionName, args] of cases) {
        const data = encodeFunctionData({ abi: counterpart.abi as Abi, functionName, args } as never);
        calls.push({ agent: calls.length % 50, target: 0, data: bytesOfHex(data), signed });
        const from = c.accounts.address((calls.length - 1) % 50);
        direct.push(await directReason({ from, to: c.first, data, gas: '0x30d40' }));
      }
    }
    const { reasons } = await send(calls);
    expect([...reasons]).toEqual([...cases, ...cases].map(([, , reason]) => reason));
    expect([...reasons]).toEqual(direct);
  });

  async function directReason(call: object): Promise<number> {
    try {
      await c.rpc.call('eth_call', [call, 'latest']);
      return 0;
    } catch (error) {
      const data = error instanceof RpcError && typeof error.data === 'string' ? error.data : '0x';
      return (data.length >= 10 && Number.parseInt(data.slice(2, 10), 16)) || failedWithoutData;
    }
  }

  it('gives the reason that a signed call met at its own place in the block', async () => {
    const history = encodeCall(selectorOf('refuseByHistory()'), []);
    const [agent, target] = [unmoved, 0];
    const { reasons } = await send([
      { agent, target, data: history, signed: true },
      { agent, target, data: encodeCall(move, [1]), signed: false },
      { agent, target, data: history, signed: true },
      { agent, target, data: encodeCall(move, [2]), signed: true },
      { agent, target, data: history, signed: true },
      { agent, target, data: history, signed: false },
    ]);
    expect([...reasons]).toEqual([0, 0, bare, 0, refused, refused]);
  });
});

describe('given calls of every size', () => {
  let c: ChainFixture;
  let timeS = genesisTimeS + 100;
  const send = (calls: readonly EncodedCall[], wantLogs = false) =>
    c.driver.sendBlock({ timestampS: ++timeS, calls, wantLogs });

  beforeAll(async () => {
    c = await startChainFixture({ agentCount: 10, walletCount: 9, callsPerRelay: 100, gasPerRelay: 4_000_000 });
  });
  afterAll(() => c?.stop());

  it('packs at most callsPerRelay calls and gasPerRelay gas into a transaction', async () => {
    const call = (gas: number): EncodedCall => ({
      agent: 0,
      target: 0,
      data: encodeCall(move, [1]),
      signed: false,
      gas,
    });
    expect((await send(new Array(250).fill(call(30_000)))).txCount).toBe(3);
    expect((await send(new Array(100).fill(call(100_000)))).txCount).toBe(3);
    expect((await send([call(100_000), call(9_000_000), call(100_000)])).txCount).toBe(3);
    expect((await send([])).txCount).toBe(0);
  });

  it('carries a settlement chunk of 200 kB and 40 M gas, relayed and signed', async () => {
    const keep = selectorOf('keep(uint64,uint64[])');
    const list = Array.from({ length: 6_000 }, (_, i) => 2 ** 53 - 1 - i);
    const call = { agent: 1, target: 0, data: encodeCall(keep, [7], list), gas: 60_000_000 };
    const { reasons, gasUsed } = await send([
      { ...call, signed: false },
      { ...call, signed: true },
    ]);
    expect([...reasons]).toEqual([0, 0]);
    expect(gasUsed).toBeGreaterThan(60_000_000);
    const length = await c.rpc.call<Hex>('eth_getStorageAt', [c.first, '0x3', 'latest']);
    expect(Number(length)).toBe(2 * 6_001);
  });

  it('fails a call that needs more than its own gas, and none beside it', async () => {
    const call = (gas: number, signed: boolean): EncodedCall => {
      return { agent: 2, target: 1, data: encodeCall(move, [1]), signed, gas };
    };
    const { reasons } = await send([false, true].flatMap((s) => [call(90_000, s), call(3_000, s), call(90_000, s)]));
    expect([...reasons]).toEqual([0, failedWithoutData, 0, 0, failedWithoutData, 0]);
  });

  it('returns the logs of the block in order, without the relay’s own, if asked', async () => {
    const call = (agent: number, value: number, signed: boolean): EncodedCall => {
      return { agent, target: 0, data: encodeCall(move, [value]), signed };
    };
    const calls = [call(1, 11, false), call(2, 12, true), call(3, 13, false)];
    const { logs } = await send(calls, true);
    expect(logs?.map(({ data, transactionIndex }) => [Number(data), transactionIndex])).toEqual([
      [11, 0],
      [12, 1],
      [13, 2],
    ]);
    expect(logs?.map(({ topics }) => topics[1])).toEqual(
      calls.map(({ agent }) => `0x${word(c.accounts.address(agent))}`),
    );
    expect((await send(calls)).logs).toBeUndefined();
  });

  it('counts calls, failures and gas by entry point, and every request by method', async () => {
    const before = c.driver.counters();
    const requestsBefore = new Map(c.rpc.counts);
    const odd: EncodedCall = { agent: 4, target: 1, data: encodeCall(moveEven, [1]), signed: false };
    const { gasUsed } = await send([odd, { ...odd, data: encodeCall(moveEven, [2]) }, { ...odd, signed: true }]);
    const after = c.driver.counters();
    expect(after.gas - before.gas).toBe(gasUsed);
    expect(after.relayedCount - before.relayedCount).toBe(2);
    expect(after.signedCount - before.signedCount).toBe(1);
    const [relayed, signed] = (['relayed', 'signed'] as const).map((route) =>
      after.gasBySelector.find((entry) => entry.selector === moveEven && entry.target === 1 && entry.route === route),
    );
    expect(relayed).toMatchObject({ callCount: 2, failedCount: 1 });
    expect(signed).toMatchObject({ callCount: 1, failedCount: 1 });
    expect(relayed!.gas + signed!.gas).toBeLessThan(gasUsed);
    expect(signed!.gas).toBeGreaterThan(2_000);
    expect(relayed!.gas - 2 * signed!.gas).toBeGreaterThan(2_000);
    const requests = ['eth_sendTransaction', 'eth_sendRawTransaction', 'evm_mine', 'trace_transaction'];
    expect(requests.map((name) => (c.rpc.counts.get(name) ?? 0) - (requestsBefore.get(name) ?? 0))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it('refuses everybody but the relay at an agent’s wallet, and everybody but the relayer at the relay', async () => {
    const execute = `0x1cff79cd${word(c.first)}${word(64)}${word(0)}`;
    for (const from of [c.accounts.address(1), c.accounts.address(2), c.first]) {
      const call = c.rpc.call('eth_call', [{ from, to: c.accounts.address(1), data: execute }, 'latest']);
      await expect(call).rejects.toMatchObject({ data: `${toFunctionSelector('NotRelay(address)')}${word(from)}` });
    }
    const run = `0x3a276523${word(32)}${word(0)}`;
    const from = c.accounts.address(1);
    const call = c.rpc.call('eth_call', [{ from, to: c.relay, data: run }, 'latest']);
    await expect(call).rejects.toMatchObject({ data: `${toFunctionSelector('NotOwner(address)')}${word(from)}` });
  });

  it('lets agents with wallets receive ERC-1155 and ERC-721 tokens by safe mints', async () => {
    const collectibles = compileContracts({ root: repoRoot(), files: ['test/Collectibles.sol'], cached: true });
    const deployer: Hex = '0x00000000000000000000000000000000000c0113';
    const { addresses } = await deployAll(
      c.rpc,
      collectibles.map((artifact) => ({ name: artifact.name, artifact })),
      { deployer, timestampS: ++timeS },
    );
    for (const artifact of collectibles) {
      const data = encodeFunctionData({ abi: artifact.abi, functionName: 'mint', args: [c.accounts.address(3), 5n] });
      const to = addresses[artifact.name];
      expect(await c.rpc.call('eth_call', [{ from: deployer, to, data }, 'latest'])).toBe('0x');
      const refusedMint = encodeFunctionData({ abi: artifact.abi, functionName: 'mint', args: [c.first, 5n] });
      await expect(c.rpc.call('eth_call', [{ from: deployer, to, data: refusedMint }, 'latest'])).rejects.toThrow(
        RpcError,
      );
    }
  });

  it('stops at an agent whose wallet was never installed', async () => {
    const call = { agent: 9, target: 0, data: encodeCall(move, [1]), signed: false };
    await expect(send([call])).rejects.toMatchObject({ code: 'BLOCK_WRONG', message: /account 9 has no wallet/ });
  });

  it('refuses calls that it cannot carry before it sends any', async () => {
    const call: EncodedCall = { agent: 0, target: 0, data: encodeCall(move, [1]), signed: false };
    const transactions = c.driver.counters().transactionCount;
    for (const bad of [{ agent: 10 }, { target: 2 }, { data: new Uint8Array(3) }, { gas: 0 }, { gas: 2 ** 31 }]) {
      await expect(send([call, { ...call, ...bad }])).rejects.toThrow(RangeError);
    }
    await expect(send(new Array(200).fill({ ...call, gas: 2 ** 30 }))).rejects.toThrow(RangeError);
    expect(c.driver.counters().transactionCount).toBe(transactions);
  });
});

describe('given the same calls on two chains', () => {
  it('leaves the same block hash, reasons and counters', async () => {
    const runs = [];
    for (const callsPerRelay of [64, 64]) {
      const c = await startChainFixture({ agentCount: 20, callsPerRelay });
      const draw = draws(3);
      const calls = Array.from({ length: 400 }, (): EncodedCall => {
        const data = encodeCall(draw(2) === 0 ? move : moveEven, [draw(1_000)]);
        return { agent: draw(20), target: draw(2), data, signed: draw(10) === 0 };
      });
      const outcome = await c.driver.sendBlock({ timestampS: genesisTimeS + 60, calls });
      const { hash } = await c.rpc.call<{ hash: Hex }>('eth_getBlockByNumber', ['latest', false]);
      runs.push({ hash, outcome, counters: c.driver.counters(), requests: [...c.rpc.counts] });
      await c.stop();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0]!.outcome.reasons.some((reason) => reason === refused)).toBe(true);
  });
});

describe('given 5,000 agents', () => {
  it('carries their actions (prints how many a second)', async () => {
    const c = await startChainFixture({ agentCount: 5_000 });
    for (const [round, share] of [0, 0, 1, 1].entries()) {
      const calls = Array.from({ length: 5_000 }, (_, i): EncodedCall => {
        return { agent: i, target: i % 2, data: encodeCall(move, [i]), signed: i % 100 < share };
      });
      const startWallMs = performance.now();
      const { reasons, gasUsed } = await c.driver.sendBlock({ timestampS: genesisTimeS + 60 * (round + 1), calls });
      const rate = Math.round(calls.length / ((performance.now() - startWallMs) / 1_000));
      console.log(`${share} % signed: ${rate} actions/s, ${Math.round(gasUsed / calls.length)} gas each`);
      expect(reasons.every((reason) => reason === 0)).toBe(true);
    }
    await c.stop();
  });
});
