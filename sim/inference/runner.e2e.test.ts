import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunnerPool, type RunnerPool } from './runnerPool.ts';
import { RunnerLostError, startRunner } from './runnerProcess.ts';
import { buildEndlessModel, getBuiltDir, isRunning, loadRequestOf, root } from './testSupport.ts';
import { generateSample } from './textRecognition.ts';

const temporary = mkdtempSync(join(tmpdir(), 'powr-runner-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const model = loadRequestOf('en');
const { grey, truth } = generateSample(root, 1, 3, 0.2);
const endless = { kind: 'probe', device: 'cpu', model: buildEndlessModel(), x: new Float32Array(4) } as const;
const inferRequest = { kind: 'infer', sha256: model.sha256, grey } as const;

async function withPool<T>(timeLimitMs: number, use: (pool: RunnerPool) => Promise<T>): Promise<T> {
  const pool = createRunnerPool({ builtDir: getBuiltDir(), workers: 1, timeLimitMs });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

describe('a runner process', () => {
  it('given a clear line > reads it, and says how long that took', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    await runner.ask(model, 30_000);
    expect(await runner.ask(inferRequest, 30_000)).toEqual({
      kind: 'inferred',
      text: truth,
      latencyUs: expect.any(Number),
    });
    expect(await runner.stop(5_000)).toEqual({ code: 0, signal: null });
  });

  it('given a stop in the middle of a run > ends without an abort', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    await runner.ask(model, 30_000);
    const cut = expect(runner.ask(inferRequest, 30_000)).rejects.toThrow(RunnerLostError);
    expect(await runner.stop(5_000)).toEqual({ code: 0, signal: null });
    await cut;
  });

  it('given a run that never returns > is killed at the time limit', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    await expect(runner.ask(endless, 1_000)).rejects.toThrow('was killed after 1000 ms without a reply');
    expect(await runner.stop(5_000)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isRunning(runner.pid)).toBe(false);
  });

  it('given a file with another hash > refuses it, naming both hashes', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    const latin = loadRequestOf('latin');
    const asked = runner.ask({ ...latin, sha256: model.sha256 }, 30_000);
    await expect(asked).rejects.toThrow(latin.sha256);
    await expect(asked).rejects.toThrow(model.sha256);
    await runner.stop(5_000);
  });
});

describe('createRunnerPool', () => {
  it('given a process that is killed in the middle of its work > gives every answer all the same', async () => {
    await withPool(30_000, async (pool) => {
      await pool.infer(model, grey);
      const answers = Promise.all(Array.from({ length: 20 }, () => pool.infer(model, grey)));
      process.kill(pool.pids()[0]!, 'SIGKILL');
      expect((await answers).map(({ text }) => text)).toEqual(Array(20).fill(truth));
      expect(pool.lostCount()).toBe(1);
    });
  });

  it('given a process that hangs > replaces it after the time limit', async () => {
    await withPool(4_000, async (pool) => {
      await pool.infer(model, grey);
      process.kill(pool.pids()[0]!, 'SIGSTOP');
      expect((await pool.infer(model, grey)).text).toBe(truth);
      expect(pool.lostCount()).toBe(1);
    });
  });

  it('given a process that ends at every request > tries twice and says how it ended', async () => {
    const builtDir = join(temporary, 'broken');
    mkdirSync(join(builtDir, 'sim/inference'), { recursive: true });
    writeFileSync(
      join(builtDir, 'sim/inference/runner.js'),
      `process.on('message', () => { process.stderr.write('out of luck', () => process.exit(3)); });`,
    );
    const pool = createRunnerPool({ builtDir, workers: 1, timeLimitMs: 30_000 });
    await expect(pool.infer(model, grey)).rejects.toThrow(/ended with exit code 3: out of luck/);
    expect(pool.lostCount()).toBe(1);
    await pool.close();
  });

  it('given a close with work waiting > finishes what runs, refuses the rest, leaves no process', async () => {
    const pool = createRunnerPool({ builtDir: getBuiltDir(), workers: 2, timeLimitMs: 30_000 });
    const answers = Promise.allSettled(Array.from({ length: 6 }, () => pool.infer(model, grey)));
    const pids = pool.pids();
    await pool.close();
    expect((await answers).map(({ status }) => status)).toEqual([
      ...Array(2).fill('fulfilled'),
      ...Array(4).fill('rejected'),
    ]);
    expect(pids.map(isRunning)).toEqual([false, false]);
    await expect(pool.infer(model, grey)).rejects.toThrow('The runner pool is closed');
  });
});

describe('given a parent that is killed with SIGKILL', () => {
  const parentPath = join(temporary, 'parent.mjs');
  beforeAll(async () => {
    const contents = `
      import { createRunnerPool } from './runnerPool.ts';
      import { startRunner } from './runnerProcess.ts';
      process.once('message', async ({ builtDir, model, grey, endless }) => {
        if (endless) {
          const runner = startRunner({ builtDir });
          runner.ask(endless, 600_000);
          setTimeout(() => process.send([runner.pid]), 1_000);
          return;
        }
        const pool = createRunnerPool({ builtDir, workers: 2, timeLimitMs: 600_000 });
        await Promise.all([pool.infer(model, grey), pool.infer(model, grey)]);
        for (let i = 0; i < 10_000; i++) void pool.infer(model, grey);
        process.send(pool.pids());
      });`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: parentPath,
      bundle: true,
      format: 'esm',
      platform: 'node',
    });
  });

  async function startParent(message: object): Promise<{ parent: ChildProcess; pids: readonly number[] }> {
    const parent = spawn(process.execPath, [parentPath], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const pids = new Promise<readonly number[]>((resolve) =>
      parent.once('message', (list) => resolve(list as number[])),
    );
    parent.send(message);
    return { parent, pids: await pids };
  }

  it.each([
    ['work', { builtDir: getBuiltDir(), model, grey }],
    ['a run that never returns', { builtDir: getBuiltDir(), endless }],
  ])('in the middle of %s > leaves no process after two seconds', async (_, message) => {
    const { parent, pids } = await startParent(message);
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.every(isRunning)).toBe(true);
    parent.kill('SIGKILL');
    for (let waitedMs = 0; waitedMs < 2_000 && pids.some(isRunning); waitedMs += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(pids.filter(isRunning)).toEqual([]);
  });
});
