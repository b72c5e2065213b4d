import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import onnxProto from 'onnx-proto';
import ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctcGreedy } from './ctcGreedy.ts';
import { createModelRequest, createPuzzleRequest } from './loadRequest.ts';
import { getModel, readClasses } from './models.ts';
import { type LoadRequest, sessionNameOf } from './runnerMessages.ts';
import { createRunnerPool, type Inference, type RunnerPool } from './runnerPool.ts';
import { RunnerLostError, type RunnerProcess, startRunner } from './runnerProcess.ts';
import { projectLogits, relativeDistancePpb } from './sketch.ts';
import { buildEndlessModel, getBuiltDir, isRunning, loadRequestOf, root } from './testSupport.ts';
import { generateSample, levels } from './textRecognition.ts';

const temporary = mkdtempSync(join(tmpdir(), 'powr-runner-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const model = loadRequestOf('en');
const orientation = createModelRequest(root, 'orientation', 'cpu');
const voice = createModelRequest(root, 'voice', 'cpu');
const { grey, truth } = generateSample(root, 1, 3, 0.2);
const upright = grey.slice(0, 48 * 192);
const endless = { kind: 'probe', device: 'cpu', model: buildEndlessModel(), x: new Float32Array(4) } as const;
const inferRequest = { kind: 'infer', session: sessionNameOf(model), items: [{ input: grey }] } as const;

async function withPool<T>(timeLimitMs: number, use: (pool: RunnerPool) => Promise<T>, workers = 1): Promise<T> {
  const pool = createRunnerPool({ builtDir: getBuiltDir(), workers, timeLimitMs });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

async function withRunner<T>(use: (runner: RunnerProcess) => Promise<T>): Promise<T> {
  const runner = startRunner({ builtDir: getBuiltDir() });
  try {
    return await use(runner);
  } finally {
    await runner.stop(5_000);
  }
}

describe('a runner process', () => {
  it('given clear lines in one message > reads each in its order, and says how long that took', async () => {
    await withRunner(async (runner) => {
      await runner.ask(model, 30_000);
      const other = generateSample(root, 1, 4, 0.2);
      const items = [grey, other.grey, grey].map((input) => ({ input }));
      const reply = await runner.ask({ ...inferRequest, items }, 30_000);
      if (reply.kind !== 'inferred') throw new Error(reply.kind);
      const results = reply.results as Inference[];
      expect(results.map(({ text }) => text)).toEqual([truth, other.truth, truth]);
      expect(results[0]).toEqual({
        ...{ text: truth, scores: [], sketches: [] },
        outputId: results[2]!.outputId,
        latencyUs: expect.any(Number),
      });
      expect(results[1]!.outputId).not.toBe(results[0]!.outputId);
      const sumUs = results.reduce((sum, { latencyUs }) => sum + latencyUs, 0);
      expect(Math.min(...results.map(({ latencyUs }) => latencyUs))).toBeGreaterThan(0);
      expect(reply.wallUs).toBeGreaterThanOrEqual(sumUs);
    });
  });

  it('given requests while it works > replies to each in the order they came', async () => {
    await withRunner(async (runner) => {
      const replies = await Promise.all([
        runner.ask(model, 30_000),
        runner.ask(inferRequest, 30_000),
        runner.ask(orientation, 30_000),
        runner.ask({ kind: 'infer', session: sessionNameOf(orientation), items: [{ input: upright }] }, 30_000),
      ]);
      expect(replies.map(({ kind }) => kind)).toEqual(['loaded', 'inferred', 'loaded', 'inferred']);
    });
  });

  it('given a stop in the middle of a run > ends without an abort', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    await runner.ask(model, 30_000);
    const items = Array.from({ length: 1_000 }, () => ({ input: grey }));
    const cut = expect(runner.ask({ ...inferRequest, items }, 30_000)).rejects.toThrow(RunnerLostError);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await runner.stop(5_000)).toEqual({ code: 0, signal: null });
    await cut;
  });

  it('given a run that never returns > is killed at the time limit, and what waited there is known not to have begun', async () => {
    const runner = startRunner({ builtDir: getBuiltDir() });
    const late = runner.ask(endless, 1_000);
    const waiting = runner.ask(endless, 60_000);
    await expect(late).rejects.toThrow('was killed after 1000 ms without a reply');
    await expect(late).rejects.toMatchObject({ hadBegun: true, isLate: true });
    await expect(waiting).rejects.toMatchObject({ name: 'RunnerLostError', hadBegun: false });
    expect(await runner.stop(5_000)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isRunning(runner.pid)).toBe(false);
  });

  it('given a session that was not loaded > says so, and is still well', async () => {
    await withRunner(async (runner) => {
      await expect(runner.ask(inferRequest, 30_000)).rejects.toThrow('was not loaded before the first inference');
      await runner.ask(model, 30_000);
      expect((await runner.ask(inferRequest, 30_000)).kind).toBe('inferred');
    });
  });
});

describe('an inference', () => {
  it('of a recogniser > has logits whose hash, projections and text are those it gives', async () => {
    await withPool(60_000, async (pool) => {
      const wish = { nonces: [5, 2 ** 52 - 1], projectionCount: 64, wantsLogits: true };
      const found = await pool.infer(model, grey, wish);
      const { logits, sketches, text, outputId } = found;
      expect(text).toBe(truth);
      expect(logits).toHaveLength(40 * getModel('en').classCount);
      // Before the softmax: no probabilities.
      expect(Math.max(...logits!)).toBeGreaterThan(1);
      expect(Math.min(...logits!)).toBeLessThan(0);
      const hash = createHash('sha256').update(new Uint8Array(logits!.slice().buffer)).digest('hex');
      expect(outputId).toBe(Number(BigInt(`0x${hash}`) & (2n ** 52n - 1n)));
      expect(sketches).toEqual(wish.nonces.map((nonce) => projectLogits(logits!, nonce, 64)));
      const plain = await pool.infer(model, grey);
      expect(plain).toEqual({ text, scores: [], outputId, sketches: [], latencyUs: expect.any(Number) });
    });
  });

  it('of a classifier > has a probability for each class, the softmax of its logits, which follow the features of the last layer', async () => {
    await withPool(60_000, async (pool) => {
      const { text, scores, logits } = await pool.infer(orientation, upright, { wantsLogits: true });
      // 200 features and two logits: two numbers alone would be too few to compare executions by.
      expect(logits).toHaveLength(202);
      expect(new Set(logits!.subarray(0, 200)).size).toBeGreaterThan(100);
      const powers = Array.from(logits!.subarray(200), (logit) => Math.exp(logit));
      const sum = powers.reduce((total, power) => total + power, 0);
      expect([text, scores.length]).toEqual(['', 2]);
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(powers[i]! / sum, 6);
    });
  });

  it('of a voice detector > has a probability for each frame, the sigmoid of its logit, and remembers the frames before', async () => {
    await withPool(60_000, async (pool) => {
      const frames = 6;
      const samples = Int16Array.from({ length: 512 * frames }, (_, i) => 9_000 * Math.sin(i / 9) * Math.sin(i / 900));
      const clip = new Uint8Array(samples.buffer);
      const { text, scores, logits } = await pool.infer(voice, clip, { wantsLogits: true });
      expect([text, scores.length, logits!.length]).toEqual(['', frames, frames]);
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(1 / (1 + Math.exp(-logits![i]!)), 6);
      expect(scores).toEqual(await hear(samples));
      // From the middle on nothing is remembered, which also the last frame shows.
      const late = await pool.infer(voice, clip.subarray(3 * 1_024));
      expect(late.scores.at(-1)).not.toBe(scores.at(-1));
    });
  });

  it('of a puzzle > names its output, in which no zero has a sign', async () => {
    const { onnx } = onnxProto;
    const value = (name: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }, { dimValue: 3 }] } } },
    });
    const negation = onnx.ModelProto.encode(
      onnx.ModelProto.fromObject({
        irVersion: 8,
        opsetImport: [{ domain: '', version: 17 }],
        graph: {
          name: 'negation',
          node: [{ opType: 'Neg', input: ['x'], output: ['y'] }],
          input: [value('x')],
          output: [value('y')],
        },
      }),
    ).finish();
    const puzzle = createPuzzleRequest(negation, [2, 3], 'cpu');
    await withPool(60_000, async (pool) => {
      const input = new Uint8Array(Int8Array.of(0, 1, -1, 127, -128, 5).buffer);
      const { text, scores, logits, outputId } = await pool.infer(puzzle, input, { wantsLogits: true });
      expect([text, scores]).toEqual(['', []]);
      expect([...logits!]).toEqual([0, -1, 1, -127, 128, -5]);
      const hash = createHash('sha256').update(new Uint8Array(Float32Array.of(0, -1, 1, -127, 128, -5).buffer));
      expect(outputId).toBe(Number(BigInt(`0x${hash.digest('hex')}`) & (2n ** 52n - 1n)));
    });
  });

  it.each([
    ['an image', model, new Uint8Array(100), 'An input of 100 bytes: the model reads images of 320 x 48'],
    ['a clip', voice, new Uint8Array(1_500), 'An input of 1500 bytes: the model hears whole frames of 1024 bytes'],
  ])(
    'given %s of the wrong size > is refused, and the runner goes on with those beside it',
    async (_, of, input, reason) => {
      await withPool(60_000, async (pool) => {
        await pool.infer(model, grey);
        const asked = [pool.infer(model, grey), pool.infer(of, input), pool.infer(model, grey)];
        const [pid] = pool.pids();
        const settled = await Promise.allSettled(asked);
        expect(settled[1]).toMatchObject({ status: 'rejected', reason: { message: reason } });
        expect([settled[0], settled[2]]).toMatchObject([{ value: { text: truth } }, { value: { text: truth } }]);
        expect([pool.pids(), pool.lostCount()]).toEqual([[pid], 0]);
      });
    },
  );

  it('of a file with another hash > is refused, naming both, and the runner goes on', async () => {
    await withPool(60_000, async (pool) => {
      const latin = loadRequestOf('latin');
      const asked = pool.infer({ ...latin, sha256: model.sha256 }, grey);
      await expect(asked).rejects.toThrow(latin.sha256);
      await expect(asked).rejects.toThrow(model.sha256);
      expect((await pool.infer(latin, grey)).text).toBe(truth);
      expect(pool.lostCount()).toBe(0);
    });
  });
});

/** Of each level. */
const SAMPLES_HELD = 20;

describe('texts decoded from logits', () => {
  it.each(['en', 'ch', 'latin'])('of %s > are those that its probabilities give', async (id) => {
    const { inputName, outputName } = getModel(id);
    const request = loadRequestOf(id);
    const classes = readClasses(root, getModel(id));
    const session = await ort.InferenceSession.create(request.file as string, { intraOpNumThreads: 1 });
    /** The model as it is, without anything exposed. */
    const readProbabilities = async (image: Uint8Array): Promise<string> => {
      const plane = Float32Array.from(image, (level) => (level / 255 - 0.5) / 0.5);
      const x = new ort.Tensor('float32', Float32Array.from([...plane, ...plane, ...plane]), [1, 3, 48, 320]);
      const outputs = await session.run({ [inputName]: x }, [outputName]);
      return ctcGreedy(outputs[outputName]!.data as Float32Array, classes).trim();
    };
    await withPool(60_000, async (pool) => {
      for (const { difficulty } of levels) {
        const images = Array.from({ length: SAMPLES_HELD }, (_, i) => generateSample(root, 1, i, difficulty).grey);
        const texts = await Promise.all(images.map(async (image) => (await pool.infer(request, image)).text));
        expect(texts).toEqual(await collect(images, readProbabilities));
      }
    });
  });
});

/** Between honest executions (at most 7,300) and the mildest cheat, weights of half precision (at least 500,000). */
const HONEST_PPB_MAX = 50_000;

describe('a session under other options', () => {
  it.each([
    ['two threads', { ...model, options: { threads: 2 } }],
    ['no optimisation', { ...model, options: { optimisation: 'disabled' } }],
    ['a batch of four', { ...model, options: { batch: 4 } }],
    ['WebAssembly', { ...model, device: 'wasm' }],
  ] satisfies [string, LoadRequest][])(
    'with %s > is another session, and an honest execution: the same text, almost the same numbers',
    async (name, other) => {
      await withPool(60_000, async (pool) => {
        const wish = { wantsLogits: true };
        const reference = await pool.infer(model, grey, wish);
        const found = await pool.infer(other, grey, wish);
        expect(found.text).toBe(truth);
        expect(relativeDistancePpb(found.logits!, reference.logits!)).toBeLessThan(HONEST_PPB_MAX);
        expect(sessionNameOf(other)).not.toBe(sessionNameOf(model));
        // Another graph and another runtime sum in another order, which shows that it was them.
        if (/optimisation|Assembly/.test(name)) expect(found.outputId).not.toBe(reference.outputId);
        // The first session is still what it was.
        expect((await pool.infer(model, grey)).outputId).toBe(reference.outputId);
      });
    },
  );

  it('given a batch of what is no image > refuses to load it', async () => {
    await withPool(60_000, async (pool) => {
      const asked = pool.infer({ ...voice, options: { batch: 2 } }, new Uint8Array(1_024));
      await expect(asked).rejects.toThrow('A batch of 2: only images go in batches');
    });
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

  it('given processes that crash in native code, one after the other > gives every answer all the same', async () => {
    await withPool(
      30_000,
      async (pool) => {
        await Promise.all([pool.infer(model, grey), pool.infer(model, grey)]);
        const [first, second] = pool.pids();
        const answers = Promise.all(Array.from({ length: 60 }, () => pool.infer(model, grey)));
        process.kill(first!, 'SIGSEGV');
        await new Promise((resolve) => setTimeout(resolve, 100));
        process.kill(second!, 'SIGABRT');
        expect((await answers).map(({ text }) => text)).toEqual(Array(60).fill(truth));
        expect(pool.lostCount()).toBe(2);
      },
      2,
    );
  });

  it('given a process that hangs > replaces it after the time limit', async () => {
    await withPool(4_000, async (pool) => {
      await pool.infer(model, grey);
      process.kill(pool.pids()[0]!, 'SIGSTOP');
      expect((await pool.infer(model, grey)).text).toBe(truth);
      expect(pool.lostCount()).toBe(1);
    });
  });

  it('given short inferences and long ones in any order > gives each its own answer, from any runner', async () => {
    await withPool(
      60_000,
      async (pool) => {
        const lines = Array.from({ length: 12 }, (_, index) => generateSample(root, 1, index, 0.2).grey);
        const halves = lines.map((line) => line.slice(0, 48 * 192));
        const alone = {
          texts: await collect(lines, async (line) => (await pool.infer(model, line)).outputId),
          turns: await collect(halves, async (half) => (await pool.infer(orientation, half)).outputId),
        };
        expect(new Set(alone.texts).size).toBe(12);
        const together = await Promise.all(
          Array.from({ length: 240 }, async (_, i) => {
            const index = (i * 5) % 12;
            const isLine = i % 20 === 0;
            const { outputId } = await (isLine
              ? pool.infer(model, lines[index]!)
              : pool.infer(orientation, halves[index]!));
            return outputId === (isLine ? alone.texts : alone.turns)[index];
          }),
        );
        expect(together).toEqual(Array(240).fill(true));
      },
      2,
    );
  });

  it('given a loop > executes so often on every runner, and says how long each took', async () => {
    await withPool(
      60_000,
      async (pool) => {
        const few = await pool.loop(model, [grey], 2);
        const many = await pool.loop(model, [grey], 40);
        expect([few.length, many.length]).toEqual([2, 2]);
        for (const [i, wallUs] of many.entries()) expect(wallUs).toBeGreaterThan(few[i]!);
        const asked = pool.infer(model, grey);
        await expect(pool.loop(model, [grey], 1)).rejects.toThrow('The runner pool is closed or at work');
        expect((await asked).text).toBe(truth);
      },
      2,
    );
  });

  describe('and runners of its own making', () => {
    /** A runner that does not know what it is doing. */
    function brokenPool(name: string, code: string): RunnerPool {
      const builtDir = join(temporary, name);
      mkdirSync(join(builtDir, 'sim/inference'), { recursive: true });
      writeFileSync(join(builtDir, 'sim/inference/runner.js'), code);
      return createRunnerPool({ builtDir, workers: 1, timeLimitMs: 30_000 });
    }

    it('given a process that ends at every load > tries ten and says how they ended', async () => {
      const pool = brokenPool(
        'at-load',
        `process.on('message', () => { process.stderr.write('out of luck', () => process.exit(3)); });`,
      );
      await expect(pool.infer(model, grey)).rejects.toThrow(/ended with exit code 3: out of luck/);
      expect(pool.lostCount()).toBe(10);
      await pool.close();
    });

    it('given one inference that crashes whoever works on it > gives it up after five, and answers all others', async () => {
      // Crashes at the input that begins with 13; says of every other with what it began.
      const pool = brokenPool(
        'at-one',
        `const { readSync } = require('node:fs');
         process.on('message', ({ kind, byteCounts }) => {
           if (kind === 'load') return process.send({ kind: 'loaded' });
           const results = byteCounts.map((byteCount) => {
             const input = Buffer.alloc(byteCount);
             readSync(3, input, 0, byteCount, null);
             if (input[0] === 13) process.kill(process.pid, 'SIGSEGV');
             return { text: String(input[0]), scores: [], outputId: 0, latencyUs: 1, sketches: [] };
           });
           process.send({ kind: 'inferred', results, wallUs: 10 });
         });`,
      );
      const ask = (first: number) => pool.infer(model, Uint8Array.of(first, 0, 0));
      await ask(0);
      const settled = await Promise.allSettled(Array.from({ length: 40 }, (_, first) => ask(first)));
      expect(settled.flatMap((result, i) => (result.status === 'rejected' ? [i] : []))).toEqual([13]);
      expect(settled[13]).toMatchObject({ reason: { message: expect.stringContaining('was ended by SIGSEGV') } });
      for (const [i, result] of settled.entries())
        if (i !== 13) expect(result).toMatchObject({ value: { text: String(i) } });
      expect(pool.lostCount()).toBe(5);
      await pool.close();
    });
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

/** Frame by frame, each with the last 64 samples before it and the state that the one before left. */
async function hear(samples: Int16Array): Promise<number[]> {
  const session = await ort.InferenceSession.create(voice.file as string, { intraOpNumThreads: 1 });
  const sr = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
  let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]) as ort.Tensor;
  const padded = [...new Float32Array(64), ...Float32Array.from(samples, (sample) => sample / 32_768)];
  const scores: number[] = [];
  for (let at = 0; at < samples.length; at += 512) {
    const input = new ort.Tensor('float32', Float32Array.from(padded.slice(at, at + 576)), [1, 576]);
    const outputs = await session.run({ input, state, sr });
    scores.push((outputs.output!.data as Float32Array)[0]!);
    state = outputs.stateN!;
  }
  return scores;
}

async function collect<T, R>(values: readonly T[], use: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await use(value));
  return results;
}

describe('given a parent', () => {
  const parentPath = join(temporary, 'parent.mjs');
  beforeAll(async () => {
    const contents = `
      import { createRunnerPool } from './runnerPool.ts';
      import { startRunner } from './runnerProcess.ts';
      process.once('message', async ({ builtDir, model, grey, endless, closes }) => {
        if (endless) {
          const runner = startRunner({ builtDir });
          runner.ask(endless, 600_000);
          setTimeout(() => process.send([runner.pid]), 1_000);
          return;
        }
        const pool = createRunnerPool({ builtDir, workers: 2, timeLimitMs: 600_000 });
        await Promise.all([pool.infer(model, grey), pool.infer(model, grey)]);
        for (let i = 0; i < 10_000; i++) pool.infer(model, grey).catch(() => {});
        if (closes) process.once('SIGINT', async () => {
          await pool.close();
          process.send({ lostCount: pool.lostCount(), alive: pool.pids() }, () => process.exit(130));
        });
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
    // A process group of its own, as a shell gives one to what it starts.
    const parent = spawn(process.execPath, [parentPath], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      detached: true,
    });
    const pids = new Promise<readonly number[]>((resolve) =>
      parent.once('message', (list) => resolve(list as number[])),
    );
    parent.send(message);
    return { parent, pids: await pids };
  }

  async function untilEnded(pids: readonly number[]): Promise<void> {
    for (let waitedMs = 0; waitedMs < 2_000 && pids.some(isRunning); waitedMs += 50)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pids.filter(isRunning)).toEqual([]);
  }

  it.each([
    ['work', { builtDir: getBuiltDir(), model, grey }],
    ['a run that never returns', { builtDir: getBuiltDir(), endless }],
  ])('that is killed with SIGKILL in the middle of %s > leaves no process after two seconds', async (_, message) => {
    const { parent, pids } = await startParent(message);
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.every(isRunning)).toBe(true);
    parent.kill('SIGKILL');
    await untilEnded(pids);
  });

  it('whose whole process group gets Ctrl-C, at any moment of its work > ends by it, and nobody aborts', async () => {
    for (const afterMs of [0, 7, 31]) {
      const { parent, pids } = await startParent({ builtDir: getBuiltDir(), model, grey });
      const ended = new Promise((resolve) => parent.once('exit', (code, signal) => resolve([code, signal])));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      process.kill(-parent.pid!, 'SIGINT');
      expect(await ended).toEqual([null, 'SIGINT']);
      await untilEnded(pids);
    }
  });

  it('that closes its pool on Ctrl-C > ends as it wants to, after its runners, none of which aborted', async () => {
    const { parent, pids } = await startParent({ builtDir: getBuiltDir(), model, grey, closes: true });
    const told = new Promise((resolve) => parent.once('message', resolve));
    const ended = new Promise((resolve) => parent.once('exit', (code, signal) => resolve([code, signal])));
    process.kill(-parent.pid!, 'SIGINT');
    expect(await told).toEqual({ lostCount: 0, alive: [] });
    expect(await ended).toEqual([130, null]);
    await untilEnded(pids);
  });
});
