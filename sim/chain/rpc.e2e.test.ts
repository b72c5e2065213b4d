import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicClient } from 'viem';
import { foundry } from 'viem/chains';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { genesisTimeS, testBuild } from './chainFixture.ts';
import { createRpc, type Rpc, RpcError } from './rpc.ts';

describe('given a chain', () => {
  let anvil: Anvil;
  let rpc: Rpc;

  beforeAll(async () => {
    anvil = await startAnvil({ genesisTimeS, builtDir: testBuild(), fork: false });
  });
  afterEach(() => rpc.close());
  afterAll(() => anvil?.stop());

  it('returns the results of a batch in the order of its calls', async () => {
    rpc = createRpc(anvil);
    const accounts = Array.from({ length: 300 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`);
    await rpc.batch(
      accounts.map((to, i) => ({ method: 'anvil_setBalance', params: [to, `0x${(i + 1).toString(16)}`] })),
    );
    const balances = await rpc.batch<string>(
      accounts.map((account) => ({ method: 'eth_getBalance', params: [account, 'latest'] })),
    );
    expect(balances.map(Number)).toEqual(accounts.map((_, i) => i + 1));
    expect(await rpc.batch([])).toEqual([]);
  });

  it('counts every call by its method', async () => {
    rpc = createRpc(anvil);
    await rpc.call('eth_chainId');
    await rpc.batch([1, 2, 3].map(() => ({ method: 'eth_chainId', params: [] })));
    await expect(rpc.call('eth_noSuchMethod')).rejects.toThrow(RpcError);
    expect([...rpc.counts]).toEqual([
      ['eth_chainId', 4],
      ['eth_noSuchMethod', 1],
    ]);
  });

  it('names the method that was refused, alone or in a batch', async () => {
    rpc = createRpc(anvil);
    const bad = { method: 'eth_getBalance', params: ['not an address', 'latest'] };
    await expect(rpc.call(bad.method, bad.params)).rejects.toThrow(/^eth_getBalance was refused: .*\(code -32602\)$/);
    const batch = rpc.batch([{ method: 'eth_chainId', params: [] }, bad]);
    await expect(batch).rejects.toMatchObject({ code: 'RPC_REFUSED', method: 'eth_getBalance', rpcCode: -32602 });
  });

  it('serves viem’s clients and counts their calls', async () => {
    rpc = createRpc(anvil);
    const client = createPublicClient({ chain: foundry, transport: rpc.transport });
    expect(await client.getChainId()).toBe(foundry.id);
    expect(await client.getBlockNumber()).toBe(0n);
    expect(rpc.counts.get('eth_chainId')).toBe(1);
    expect(rpc.counts.get('eth_blockNumber')).toBe(1);
  });
});

describe('given a server that is no healthy chain', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(answer as never);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    { answer: 'half a JSON text', status: 200, body: '{"jsonrpc":"2.0","id":0,"res', says: /JSON/ },
    { answer: 'an HTTP error', status: 500, body: 'down', says: /HTTP status 500/ },
  ])('answering with $answer > fails as gone', async ({ status, body, says }) => {
    const url = await serve((_, response) => {
      response.writeHead(status);
      response.end(body);
    });
    const rpc = createRpc({ url });
    await expect(rpc.call('eth_chainId')).rejects.toMatchObject({ code: 'CHAIN_GONE', message: says });
    await expect(rpc.batch([{ method: 'eth_chainId', params: [] }])).rejects.toMatchObject({ code: 'CHAIN_GONE' });
    rpc.close();
  });

  it('breaking off in the middle of an answer > fails as gone', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"jsonrpc"');
      setTimeout(() => request.socket.destroy(), 20);
    });
    const rpc = createRpc({ url });
    await expect(rpc.call('eth_chainId')).rejects.toMatchObject({ code: 'CHAIN_GONE' });
    rpc.close();
  });

  it('answering nothing > fails after the timeout', async () => {
    const url = await serve(() => {});
    const rpc = createRpc({ url, timeoutWallMs: 100 });
    await expect(rpc.call('eth_chainId')).rejects.toMatchObject({
      code: 'CHAIN_GONE',
      message: /eth_chainId: no answer within 100 ms/,
    });
    rpc.close();
  });

  it('leaving calls of a batch out > fails at the first of them', async () => {
    const url = await serve((_, response) => response.end('[{"jsonrpc":"2.0","id":1,"result":"0x1"}]'));
    const rpc = createRpc({ url });
    const calls = ['eth_chainId', 'eth_blockNumber'].map((method) => ({ method, params: [] }));
    await expect(rpc.batch(calls)).rejects.toMatchObject({ code: 'RPC_REFUSED', method: 'eth_chainId' });
    rpc.close();
  });

  it('not listening > fails with what is known about its end', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    const rpc = createRpc({ url, whyGone: () => 'anvil ended with SIGKILL' });
    await expect(rpc.call('eth_chainId')).rejects.toThrow('The chain does not answer: anvil ended with SIGKILL');
    await expect(createRpc({ url }).call('eth_chainId')).rejects.toThrow(/ECONNREFUSED/);
  });
});
