import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { buildAttention, buildConvolution, buildMatmul, buildStreaming } from './computeGraphs.ts';
import { chooseDevice, type Device, probeDevices } from './devices.ts';
import { sha256Hex } from './hash.ts';
import { type Inference, type LoadRequest, type PuzzleForm, sessionNameOf } from './runnerMessages.ts';
import { createRunnerPool } from './runnerPool.ts';
import { type RunnerProcess, startRunner } from './runnerProcess.ts';
import { prepareSwiftShader } from './swiftShader.ts';
import { getBuiltDir, isRunning, loadRequestOf, root } from './testSupport.ts';
import { generateSample } from './textRecognition.ts';

const temporary = mkdtempSync(join(tmpdir(), 'powr-webgpu-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Minutes on a machine that is busy with other tests; alone, the slowest takes 10 s. */
const LIMIT_MS = 150_000;
/** Between honest hardware (at most 7.3e-6) and the mildest cheat, weights of half precision (at least 5.0e-4). */
const RELATIVE_L2_MAX = 5e-5;

/** What the function gives, or the message of its error. */
async function attempt<T>(make: () => T | Promise<T>): Promise<T | string> {
  try {
    return await make();
  } catch (error) {
    return (error as Error).message;
  }
}

const options = { builtDir: getBuiltDir(), root, cacheDir: temporary };
const swiftShader = await attempt(() => prepareSwiftShader(root, temporary));
/** Whatever this machine runs WebGPU on: a card where it has one. */
const device = await attempt(() => chooseDevice('webgpu', options));

async function withRunner<T>(env: NodeJS.ProcessEnv, use: (runner: RunnerProcess) => Promise<T>): Promise<T> {
  const runner = startRunner({ builtDir: getBuiltDir(), env });
  try {
    return await use(runner);
  } finally {
    await runner.stop(5_000);
  }
}

function relativeL2(found: Float32Array, reference: Float32Array): number {
  expect(found.length).toBe(reference.length);
  const squares = (values: Iterable<number>) => [...values].reduce((sum, v) => sum + v * v, 0);
  expect(squares(reference)).toBeGreaterThan(0);
  return Math.sqrt(squares(found.map((v, i) => v - reference[i]!)) / squares(reference));
}

const valueInfo = (name: string, dims: readonly number[]) => ({
  name,
  type: {
    tensorType: {
      elemType: onnxProto.onnx.TensorProto.DataType.FLOAT,
      shape: { dim: dims.map((dimValue) => ({ dimValue })) },
    },
  },
});

/** y = x w, all of `size` x `size`. */
function buildMatMul(size: number, w: Float32Array): Uint8Array {
  const { onnx } = onnxProto;
  const dims = [size, size];
  return onnx.ModelProto.encode(
    onnx.ModelProto.fromObject({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        name: 'product',
        node: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
        input: [valueInfo('x', dims)],
        output: [valueInfo('y', dims)],
        initializer: [
          { name: 'w', dims, dataType: onnx.TensorProto.DataType.FLOAT, rawData: new Uint8Array(w.buffer) },
        ],
      },
    }),
  ).finish();
}

/** A network of the test. */
function requestFor(name: string, bytes: Uint8Array, form: PuzzleForm): LoadRequest {
  const path = join(temporary, `${name}.onnx`);
  writeFileSync(path, bytes);
  return { kind: 'load', file: path, sha256: sha256Hex(bytes), device: 'webgpu', form };
}

/** Where npm brings SwiftShader, its absence is a fault of the checkout and not a reason to skip. */
const absent = process.platform === 'linux' && process.arch === 'x64' ? it : it.skip;

if (typeof device === 'string') {
  absent(`WebGPU is not tested on this machine, which has no driver for it: ${device}`, () =>
    expect(device).not.toBeTypeOf('string'),
  );
} else {
  describe(`WebGPU on ${device.name}`, () => {
    const onBoth = async <T>(use: (id: Device['id'], runner: RunnerProcess) => Promise<T>): Promise<[T, T]> => [
      await withRunner(device.env, (runner) => use('webgpu', runner)),
      await withRunner(process.env, (runner) => use('cpu', runner)),
    ];

    it('given a matrix product of 64 x 64 x 64 > gives the numbers of the cpu', async () => {
      const size = 64;
      const values = (phase: number) =>
        Float32Array.from({ length: size * size }, (_, i) => ((i * phase) % 101) / 50 - 1);
      const model = buildMatMul(size, values(37));
      const request = { kind: 'probe', model, x: values(29), dims: [size, size] } as const;
      const [found, reference] = await onBoth(async (id, runner) => {
        const reply = await runner.ask({ ...request, device: id }, LIMIT_MS);
        if (reply.kind !== 'probed') throw new Error(`The runner replied "${reply.kind}"`);
        return reply.y;
      });
      expect(relativeL2(found, reference)).toBeLessThan(RELATIVE_L2_MAX);
    });

    it('given compute graphs > runs all of each there, and gives the numbers of the cpu', async () => {
      const graphs = [
        buildMatmul({ size: 16, layers: 2 }),
        buildConvolution({ edge: 7, channels: 4, layers: 2 }),
        buildAttention({ tokens: 6, width: 16, heads: 2, layers: 1 }),
        buildStreaming({ length: 4_096, passes: 4 }),
      ];
      const [found, reference] = await onBoth(async (id, runner) => {
        const answers: Float32Array[] = [];
        for (const { model, inputDims: dims } of graphs) {
          const request = { kind: 'time', device: id, model, dims, warmUpCount: 0, runCount: 1 } as const;
          const reply = await runner.ask(request, LIMIT_MS);
          if (reply.kind !== 'timed') throw new Error(`The runner replied "${reply.kind}"`);
          answers.push(reply.y);
        }
        return answers;
      });
      for (const [i, answer] of found.entries())
        expect(relativeL2(answer, reference[i]!)).toBeLessThan(RELATIVE_L2_MAX);
    });

    it(
      'given a line of text > reads what the cpu reads, from the same numbers',
      async () => {
        const { grey, truth } = generateSample(root, 1, 3, 0.2);
        const [found, reference] = await onBoth(async (device, runner) => {
          const model = { ...loadRequestOf('en'), device };
          await runner.ask(model, LIMIT_MS);
          const items = [{ input: grey, wish: { wantsLogits: true } }];
          const reply = await runner.ask({ kind: 'infer', session: sessionNameOf(model), items }, LIMIT_MS);
          if (reply.kind !== 'inferred') throw new Error(`The runner replied "${reply.kind}"`);
          return reply.results[0] as Inference;
        });
        expect([found.text, reference.text]).toEqual([truth, truth]);
        expect(relativeL2(found.logits!, reference.logits!)).toBeLessThan(RELATIVE_L2_MAX);
        // Equal to the last bit they are not: that is what distances are for.
        expect(found.outputId).not.toBe(reference.outputId);
      },
      LIMIT_MS,
    );

    it('given a model whose products have no kernel there > refuses it instead of running it on the cpu', async () => {
      const { onnx } = onnxProto;
      const node = (opType: string, input: string[], output: string, type?: number) => ({
        opType,
        input,
        output: [output],
        ...(type ? { attribute: [{ name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: type }] } : {}),
      });
      const { DOUBLE, FLOAT } = onnx.TensorProto.DataType;
      const shape = [1, 3, 48, 320];
      const bytes = onnx.ModelProto.encode(
        onnx.ModelProto.fromObject({
          irVersion: 8,
          opsetImport: [{ domain: '', version: 13 }],
          graph: {
            name: 'double',
            node: [
              node('Transpose', ['x'], 't'),
              node('Transpose', ['t'], 'u'),
              node('Cast', ['u'], 'wide', DOUBLE),
              node('Cast', ['t'], 'turned', DOUBLE),
              node('Reshape', ['wide', 'rows'], 'a'),
              node('Reshape', ['turned', 'columns'], 'b'),
              node('MatMul', ['a', 'b'], 'product'),
              node('Cast', ['product'], 'y', FLOAT),
            ],
            input: [valueInfo('x', shape)],
            output: [valueInfo('y', [3, 3])],
            initializer: [
              { name: 'rows', dims: [2], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(3n, 15_360n).buffer) },
              {
                name: 'columns',
                dims: [2],
                dataType: 7,
                rawData: new Uint8Array(BigInt64Array.of(15_360n, 3n).buffer),
              },
            ],
          },
        }),
      ).finish();
      const form = { kind: 'puzzle', inputName: 'x', inputDims: shape, outputName: 'y' } as const;
      const model = requestFor('double', bytes, form);
      await withRunner(device.env, (runner) =>
        expect(runner.ask(model, LIMIT_MS)).rejects.toThrow(/runs on the cpu, not on webgpu: .*MatMul/),
      );
    });

    it('given a process that is killed in the middle of its work > gives the answer from another', async () => {
      const pool = createRunnerPool({ builtDir: getBuiltDir(), workers: 1, env: device.env, timeLimitMs: LIMIT_MS });
      try {
        // One product: compiled at once, so that the test is about the process and not about the model.
        const size = 64;
        const bytes = buildMatMul(
          size,
          Float32Array.from({ length: size * size }, (_, i) => (i % 7) - 3),
        );
        const form = { kind: 'puzzle', inputName: 'x', inputDims: [size, size], outputName: 'y' } as const;
        const request = requestFor('product', bytes, form);
        const grey = Uint8Array.from({ length: size * size }, (_, i) => i % 11);
        const before = await pool.infer(request, grey);
        const [pid] = pool.pids();
        const answers = Promise.all(Array.from({ length: 5 }, () => pool.infer(request, grey)));
        process.kill(pid!, 'SIGKILL');
        expect((await answers).map(({ outputId }) => outputId)).toEqual(Array(5).fill(before.outputId));
        expect(pool.lostCount()).toBe(1);
        expect(isRunning(pid!)).toBe(false);
      } finally {
        await pool.close();
      }
    });
  });
}

if (typeof swiftShader === 'string') {
  absent(`A driver in software is not tested on this machine, which has none: ${swiftShader}`, () =>
    expect(swiftShader).not.toBeTypeOf('string'),
  );
} else {
  /** SwiftShader in the loader's place, also on a machine with a card. */
  const inSoftware = { ...options, env: { ...process.env, LD_LIBRARY_PATH: swiftShader.libraryDir } };
  const withoutDriver = {
    ...options,
    env: { ...process.env, VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' },
  };

  describe('a driver in software', () => {
    it('given no Vulkan driver > stands in for webgpu, under its own name, class and version', async () => {
      expect(await chooseDevice('webgpu', withoutDriver)).toMatchObject({
        id: 'webgpu',
        class: 'webgpu-software',
        name: 'SwiftShader (software)',
        isSoftware: true,
        runnersMax: 1,
        runtime: expect.stringMatching(/^onnxruntime-node \d.*, SwiftShader of @sparticuz\/chromium \d/),
      });
    });

    it('given as the only driver > works, but is never what auto chooses', async () => {
      const webgpu = (await probeDevices(inSoftware)).find(({ id }) => id === 'webgpu');
      expect(webgpu).toMatchObject({ works: true, isSoftware: true, name: 'SwiftShader (software)' });
      expect(webgpu!.detail).toMatch(/meaningless speed, never chosen by auto/);
      const chosen = await chooseDevice('auto', inSoftware);
      expect([chosen.isSoftware, chosen.id === 'webgpu']).toEqual([false, false]);
    });
  });
}
