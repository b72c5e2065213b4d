/** Life and death of the chain's processes. Linux is looked at through /proc; elsewhere those tests are skipped. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAnvil, startAnvil } from './anvil.ts';
import { ChainError } from './chainError.ts';
import { genesisTimeS, testBuild } from './chainFixture.ts';
import { repoRoot } from './repoRoot.ts';
import { createRpc } from './rpc.ts';

describe('startAnvil', () => {
  it.each([
    { fork: true, processes: 2 },
    { fork: false, processes: 1 },
  ])(
    'given fork: $fork > listens on its own loopback port with the genesis time asked for',
    async ({ fork, processes }) => {
      const chains = await Promise.all([0, 1].map(() => startAnvil({ genesisTimeS, builtDir: testBuild(), fork })));
      expect(new Set(chains.map(({ url }) => url)).size).toBe(2);
      for (const anvil of chains) {
        expect(anvil.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
        expect(anvil.version).toMatch(/^\d+\.\d+\.\d+$/);
        expect([anvil.pid, anvil.parentPid].filter((pid) => pid !== null)).toHaveLength(processes);
        const rpc = createRpc(anvil);
        const genesis = await rpc.call<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false]);
        expect(Number(genesis.timestamp)).toBe(genesisTimeS);
        rpc.close();
      }
      await Promise.all(chains.map(({ stop }) => stop()));
    },
  );

  it('mines no block that it was not told to mine', async () => {
    const anvil = await startAnvil({ genesisTimeS, builtDir: testBuild() });
    const rpc = createRpc(anvil);
    const account = (await rpc.call<string[]>('eth_accounts'))[0];
    await rpc.call('eth_sendTransaction', [{ from: account, to: account, gas: '0x5208', gasPrice: '0x1' }]);
    expect(await rpc.call('eth_blockNumber')).toBe('0x0');
    await rpc.call('evm_mine', [{ timestamp: genesisTimeS + 5, blocks: 1 }]);
    expect(await rpc.call('eth_blockNumber')).toBe('0x1');
    rpc.close();
    await anvil.stop();
  });

  it('given it was stopped > says so to whoever calls it then', async () => {
    const anvil = await startAnvil({ genesisTimeS, builtDir: testBuild() });
    const rpc = createRpc(anvil);
    await rpc.call('eth_chainId');
    await Promise.all([anvil.stop(), anvil.stop()]);
    expect(isAlive(anvil.pid)).toBe(false);
    await expect(rpc.call('eth_chainId')).rejects.toMatchObject({ code: 'CHAIN_GONE', message: /it was stopped/ });
  });

  it('given its anvil is killed > ends the rest and says what happened', async () => {
    const anvil = await startAnvil({ genesisTimeS, builtDir: testBuild() });
    const rpc = createRpc(anvil);
    process.kill(anvil.pid, 'SIGKILL');
    await untilGone([anvil.parentPid as number, anvil.guardPid]);
    await expect(rpc.call('eth_chainId')).rejects.toMatchObject({ code: 'CHAIN_GONE', message: /SIGKILL/ });
    await anvil.stop();
  });

  it('given its guard is killed > leaves no anvil behind', async () => {
    const anvil = await startAnvil({ genesisTimeS, builtDir: testBuild() });
    process.kill(anvil.guardPid, 'SIGKILL');
    await untilGone([anvil.pid, anvil.parentPid as number]);
  });
});

describe('findAnvil', () => {
  const folder = mkdtempSync(join(tmpdir(), 'powrlab-anvil-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function program(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('given an ANVIL variable that names nothing > names it and looks nowhere else', () => {
    expect(() => findAnvil({ ANVIL: '/nowhere/anvil' })).toThrow(ChainError);
    expect(() => findAnvil({ ANVIL: '/nowhere/anvil' })).toThrow(
      /^Cannot start the chain: anvil was not found\n {2}ANVIL variable: \/nowhere\/anvil does not run .*\nFix: run `npm install`/,
    );
  });

  it('given an anvil that is too old > says how old it is', () => {
    const old = program('old', 'echo anvil 0.3.0');
    expect(() => findAnvil({ ANVIL: old })).toThrow(`${old} is version 0.3.0, older than 1.7.0`);
  });

  it('given no variable > takes the package of this machine before PATH', () => {
    program('anvil', 'echo anvil 9.9.9');
    expect(findAnvil({ PATH: folder }).from).toMatch(/^package @foundry-rs\/anvil-/);
  });

  it('given an anvil that ends at once > fails with what it wrote', async () => {
    const broken = program('broken', 'if [ "$1" = --version ]; then echo 1.7.1; else echo no luck >&2; exit 3; fi');
    const env = { ANVIL: broken, PATH: process.env.PATH };
    await expect(startAnvil({ genesisTimeS, builtDir: testBuild(), env })).rejects.toMatchObject({
      code: 'ANVIL_NOT_STARTED',
      message: expect.stringContaining('anvil ended with exit code 3: no luck'),
    });
  });

  it('given an anvil that never listens > gives up', async () => {
    const silent = program('silent', 'if [ "$1" = --version ]; then echo 1.7.1; else exec sleep 60; fi');
    const env = { ANVIL: silent, PATH: process.env.PATH };
    await expect(
      startAnvil({ genesisTimeS, builtDir: testBuild(), env, startTimeoutWallMs: 300 }),
    ).rejects.toMatchObject({ code: 'ANVIL_NOT_STARTED', message: expect.stringContaining('did not listen within') });
  });
});

describe.runIf(existsSync('/proc/self/cmdline'))('given a program that starts a chain and ends', () => {
  const folder = join(repoRoot(), 'build', `orphans-${process.pid}`);
  /** The chain's processes are known by this path in their arguments, which no other process has. */
  const marked = join(folder, 'anvil');

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    symlinkSync(findAnvil().path, marked);
    const start = `import { startAnvil } from './sim/chain/anvil.ts';
      const anvil = await startAnvil({ genesisTimeS: ${genesisTimeS}, builtDir: ${JSON.stringify(testBuild())} });`;
    const bundle = (outfile: string, contents: string) =>
      build({
        stdin: { contents, resolveDir: repoRoot(), loader: 'ts' },
        outfile: join(folder, outfile),
        ...({ bundle: true, format: 'esm', platform: 'node', packages: 'external', logLevel: 'error' } as const),
      });
    await bundle('main.mjs', `${start} console.log('up'); setInterval(() => anvil, 1_000);`);
    await bundle('idle.mjs', `${start} console.log('up', anvil.pid);`);
    await bundle(
      'threads.mjs',
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        worker.on('message', () => console.log('up'));
        process.stdin.on('data', async () => { await worker.terminate(); console.log('terminated'); });
      } else {
        const { startAnvil } = await import('./sim/chain/anvil.ts');
        await startAnvil({ genesisTimeS: ${genesisTimeS}, builtDir: ${JSON.stringify(testBuild())} });
        parentPort.postMessage('up');
        setInterval(() => {}, 1_000);
      }`,
    );
  });
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
    for (const pid of ownProcesses()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const started: ChildProcess[] = [];
  function start(file: string): ChildProcess {
    const env = { ...process.env, ANVIL: marked };
    const child = spawn(process.execPath, [join(folder, file)], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(child);
    return child;
  }

  function said(child: ChildProcess, word: string): Promise<void> {
    return new Promise((resolve) => {
      child.stdout?.on('data', (text: Buffer) => {
        if (text.toString().startsWith(word)) resolve();
      });
    });
  }

  /** Processes of the chains started here: the guards and their anvils. */
  function ownProcesses(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).includes(marked));
  }

  it('killed outright at random moments > leaves nothing within 2 s', async () => {
    for (let round = 0; round < 5; round++) {
      const child = start('main.mjs');
      const momentWallMs = Math.random() * 500;
      await new Promise((resolve) => setTimeout(resolve, momentWallMs));
      child.kill('SIGKILL');
      await untilNone(ownProcesses, `killed after ${momentWallMs} ms`);
    }
    // A guard that was being started at the moment of a kill may only now have become visible.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ownProcesses()).toEqual([]);
  });

  it('killed outright while the chain is up > leaves nothing within 2 s', async () => {
    const child = start('main.mjs');
    await said(child, 'up');
    expect(ownProcesses()).toHaveLength(3);
    child.kill('SIGKILL');
    await untilNone(ownProcesses, 'killed while up');
  });

  it('killed outright after starting it from a worker thread > leaves nothing within 2 s', async () => {
    const child = start('threads.mjs');
    await said(child, 'up');
    expect(ownProcesses()).toHaveLength(3);
    child.kill('SIGKILL');
    await untilNone(ownProcesses, 'killed with a worker');
  });

  it('that terminates the worker thread which started it > leaves nothing within 2 s', async () => {
    const child = start('threads.mjs');
    await said(child, 'up');
    child.stdin?.write('terminate\n');
    await said(child, 'terminated');
    await untilNone(ownProcesses, 'worker terminated');
    child.kill('SIGKILL');
  });

  it('with nothing left to do > is not kept alive by the chain, and leaves nothing', async () => {
    const child = start('idle.mjs');
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    await untilNone(ownProcesses, 'ended');
  });
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process runs. One that has ended and only waits for its parent to notice does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync('/proc/self/cmdline') || commandOf(pid) !== '';
}

function untilGone(pids: readonly number[]): Promise<void> {
  return untilNone(() => pids.filter(isAlive), 'killed');
}

/** Waits at most the 2 s that a chain may outlive its owner. */
async function untilNone(left: () => readonly number[], what: string): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (left().length > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(left(), what).toEqual([]);
}
