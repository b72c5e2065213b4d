/** Runs on devices that a machine without a card has: WebGPU in software, and CUDA, which does not work there. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../engine/scenario.ts';
import { prepareSwiftShader } from '../inference/swiftShader.ts';
import { repoRoot } from '../store/paths.ts';
import { writeReport } from './reportCommand.ts';
import { runSession, type SessionResult } from './session.ts';
import { smallScenario } from './testRun.ts';

/** Also hides the cards of a machine that has some. */
const NO_DRIVER = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json', CUDA_VISIBLE_DEVICES: '-1' };
const ENVIRONMENT_BEFORE = { ...process.env };

/** Minutes on a machine that is busy with other tests; alone, the run takes 15 s. */
const LIMIT_MS = 150_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'powr-webgpu-run-'));
  Object.assign(process.env, NO_DRIVER);
});
afterAll(() => {
  for (const name of Object.keys(NO_DRIVER)) {
    const before = ENVIRONMENT_BEFORE[name];
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** One sample and one model, so that everything is one inference: each takes seconds in software. */
const scenarioOn = (device: Scenario['inference']['device']): Scenario =>
  smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 1 },
      { role: 'miner', strategy: 'steady', count: 2 },
      { role: 'validator', strategy: 'diligent', count: 3 },
      { role: 'consumer', strategy: 'honest', count: 2 },
    ],
    {
      eras: 2,
      params: { 'val.samples': 1 },
      inference: {
        mode: 'measure',
        device,
        poolSamples: 1,
        levelBps: [10_000, 0, 0],
        sets: { publicSamples: 0, heldOutSamples: 1, rotateEras: 0 },
        puzzle: 'text',
        validatorDevice: 'same',
      },
    },
  );

const runOn = (device: Scenario['inference']['device'], name: string): Promise<SessionResult> =>
  runSession({
    scenario: scenarioOn(device),
    scenarioFile: 'test.yaml',
    resolvedYaml: 'version: 1\n',
    scenarioHash: '0123456789abcdef',
    builtDir: process.env.POWR_BUILD ?? '',
    threads: 1,
    out: { directory: join(folder, name) },
    command: 'powr run test.yaml',
    cacheDir: join(folder, 'cache'),
  });

/** Runner processes of this process that are alive. */
function runnerPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
        const isOurs = state !== 'Z' && Number(parent) === process.pid;
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sim/inference/runner.js');
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 20) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain for ${what}`);
}

async function powr(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(repoRoot(), 'sim/cli/powr.mjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

const missing = (() => {
  try {
    prepareSwiftShader(repoRoot(), join(repoRoot(), '.cache'));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
})();

/** Where npm brings SwiftShader, its absence is a fault of the checkout and not a reason to skip. */
const absent = process.platform === 'linux' && process.arch === 'x64' ? it : it.skip;

if (missing !== null)
  absent(`Runs on WebGPU in software are not tested on this machine: ${missing}`, () => expect(missing).toBeNull());
else {
  describe('a run on webgpu, in software', () => {
    const countsOn = async (device: 'cpu' | 'webgpu', name: string) => {
      const { inference } = (await runOn(device, name)).manifest;
      return [inference.device.split(':')[0], inference.executedCount, inference.replayedCount];
    };

    it(
      'whose runner is killed in the middle of its work > ends well, and says what it ran on',
      async () => {
        // The cpu has the answer; webgpu has to work for its own all the same.
        expect(await countsOn('cpu', 'cpu')).toEqual(['cpu', 1, 0]);
        const running = runOn('webgpu', 'killed');
        // The manifest comes after the device was tried, so this is no probe; the first inference takes seconds.
        await until('the run to begin', () => (existsSync(join(folder, 'killed/manifest.json')) ? true : undefined));
        const killed = await until('a runner', () => runnerPids()[0]);
        await new Promise((resolve) => setTimeout(resolve, 500));
        process.kill(killed, 'SIGKILL');
        const successor = await until('another runner', () => runnerPids().find((pid) => pid !== killed));
        expect(runnerPids()).toEqual([successor]);
        const { manifest, directory } = await running;
        expect([manifest.state, manifest.erasDone, manifest.inference.executedCount]).toEqual(['complete', 2, 1]);
        expect(manifest.inference.device).toBe('webgpu: SwiftShader (software), 1 runner');
        expect(manifest.inference.runtime).toMatch(/^onnxruntime-node .*, SwiftShader of @sparticuz\/chromium/);
        await writeReport(directory!, join(folder, 'report.html'), true);
        expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('webgpu: SwiftShader (software), 1 runner');
        expect(runnerPids()).toEqual([]);
      },
      LIMIT_MS,
    );

    it('which is done once more > has its answer, and leaves the cpu its own', async () => {
      const results = join(folder, 'cache/inference/results.ndjson');
      expect(readFileSync(results, 'utf8').trim().split('\n')).toHaveLength(2);
      expect(await countsOn('webgpu', 'again')).toEqual(['webgpu', 0, 1]);
      expect(await countsOn('cpu', 'cpu-again')).toEqual(['cpu', 0, 1]);
    });
  });

  it('powr doctor > shows webgpu as working in software, and why cuda does not', async () => {
    const { stdout } = await powr('doctor', '--json');
    const checks: readonly { name: string; works: boolean; detail: string }[] = JSON.parse(stdout);
    const [webgpu, cuda] = ['webgpu', 'cuda'].map((id) => checks.find(({ name }) => name === `device ${id}`)!);
    expect([webgpu!.works, webgpu!.detail]).toEqual([true, expect.stringMatching(/^SwiftShader \(software\): onnx/)]);
    expect([cuda!.works, cuda!.detail]).toEqual([false, expect.stringMatching(/\S.*\n.*--device webgpu/)]);
  });
}

describe('a device that does not work', () => {
  const scenario = `version: 1
name: small
ledger: core
inference: { mode: measure, device: cuda, pool_samples: 1 }
params: { val.samples: 1 }
populations:
  - { role: creator, count: 1, strategy: steady }
  - { role: miner, count: 1, strategy: steady }
  - { role: validator, count: 3, strategy: diligent }
  - { role: consumer, count: 1, strategy: honest, demand: { poisson: 0.5 per slot } }
`;

  it.each([
    ['one run', ['--out', 'never']],
    ['many runs', ['--seeds', '1..2', '--inference', 'measure', '--out', 'never']],
  ])('ends %s before anything is written, with 6, the reason and what to do', async (_, words) => {
    writeFileSync(join(folder, 'small.yaml'), scenario);
    const { code, stdout, stderr } = await powr('run', 'small.yaml', ...words);
    expect([code, stdout, existsSync(join(folder, 'never'))]).toEqual([6, '', false]);
    expect(stderr).toMatch(/The device cuda does not work here: \S.*\nFix: .*--device webgpu/);
    expect(stderr).not.toContain('This is a bug');
  });
});
