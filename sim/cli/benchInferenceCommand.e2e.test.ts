import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InferenceBench, readBench } from '../inference/inferenceBench.ts';
import { type BenchInferenceOptions, benchInferenceCommand, readWanted } from './benchInferenceCommand.ts';
import { outputOf } from './testOutput.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'cpu.json');
const bench = (options: Partial<BenchInferenceOptions>) =>
  outputOf(() => benchInferenceCommand({ from: [], quiet: true, ...options }, process.env.POWR_BUILD ?? ''));

/** One line of the tables, its columns apart. */
const rowOf = (stdout: string, start: string): string[] =>
  stdout
    .split('\n')
    .find((line) => line.startsWith(start))!
    .split(/ {2,}/);

describe('powr bench inference', () => {
  let stdout = '';
  let written: InferenceBench;
  beforeAll(async () => {
    const measured = await bench({
      ...{ device: 'cpu', modes: 'single,multi,server,offline', rate: '200', graphs: 'matmul:32,streaming:4096' },
      ...{ bare: 'orientation,en', queries: 12, streams: 2, repetitions: 2, runners: 1, json: file },
    });
    expect(measured.code).toBe(0);
    stdout = measured.stdout;
    written = readBench(file);
  });

  it('given every mode > measures each so often as was wanted, with its samples', () => {
    expect(written.loads.map(({ variant, mode }) => [variant, mode])).toEqual(
      ['single', 'multi', 'server', 'offline'].map((mode) => ['en', mode]),
    );
    expect(written.loads.map(({ repetitions }) => repetitions.map(({ latencyUs }) => latencyUs.length))).toEqual([
      [12, 12],
      [12, 12],
      [12, 12],
      [0, 0],
    ]);
    expect(written.loads.map(({ repetitions }) => repetitions[0]!.sampleCount)).toEqual([12, 24, 12, 12]);
    for (const { repetitions } of written.loads)
      for (const { latencyUs, wallUs } of repetitions) {
        expect(Math.min(...latencyUs, wallUs)).toBeGreaterThan(0);
        expect(Math.max(...latencyUs, 0)).toBeLessThanOrEqual(wallUs);
      }
  });

  it('given graphs > measures them in the same run, beside the peak of a core or a reason why not', () => {
    expect(written.graphs).toMatchObject([
      { kind: 'matmul', size: 32, flopCount: 128 * 2 * 32 ** 3 + 32 ** 2 },
      { kind: 'streaming', size: 4_096, bound: 'memory' },
    ]);
    for (const { repetitions } of written.graphs) expect(repetitions.map((runs) => runs.length)).toEqual([5, 5]);
    const cells = rowOf(stdout, 'matmul');
    expect(cells.at(-1)).toMatch(written.reference!.known ? /^\d+ %$/ : /^no compiler|no measure$/);
    if (!written.reference!.known) return;
    // Whoever divides the two printed numbers gets the printed share.
    const [rate, peak] = cells.slice(-3).map(Number);
    expect(cells.at(-1)).toBe(`${((100 * rate!) / peak!).toFixed(0)} %`);
    expect(stdout).toMatch(/Peak of a core: best round [\d.,]+ GFLOP\/s.*; median round [\d.,]+ GFLOP\/s/);
    expect(stdout).toContain('median round right before it, not the best round');
  });

  it('given a repetition without its peak > says that the share is unknown, and takes no other measure', async () => {
    const lacking = join(folder, 'lacking.json');
    const [first, ...others] = written.graphs;
    const graph = { ...first!, corePeaks: (first!.corePeaks ?? []).slice(1) };
    const reference = { known: true, compiler: 'cc', gflopPerS: 100, gbPerS: 10 };
    writeFileSync(lacking, JSON.stringify({ ...written, reference, graphs: [graph, ...others] }));
    expect(rowOf((await bench({ from: [lacking] })).stdout, 'matmul').slice(-3)).toEqual(['–', '–', 'unknown']);
  });

  it('given bare loops > measures as many inferences each way, in turns, and says what share the pool reaches', () => {
    expect(written.bare!.map(({ model, repetitions }) => [model, repetitions.length])).toEqual([
      ['orientation', 2],
      ['en', 2],
    ]);
    for (const { repetitions } of written.bare!)
      for (const { inferenceCount, poolWallUs, bareWallUs } of repetitions) {
        expect(inferenceCount).toBeGreaterThanOrEqual(12);
        expect(bareWallUs).toHaveLength(1);
        expect(Math.min(poolWallUs, ...bareWallUs)).toBeGreaterThan(0);
      }
    expect(stdout).toMatch(/^model +inferences +pool, answers\/s +bare loop, answers\/s +pool, % of bare loop$/m);
    expect(rowOf(stdout, 'orientation').at(-1)).toMatch(/^[\d.,]+ \([\d.,]+–[\d.,]+\)$/);
  });

  it('given any benchmark > names device, runtime, cores, load and date', () => {
    expect(written).toMatchObject({
      device: { class: 'cpu', name: expect.stringMatching(/./), isSoftware: false },
      runtime: expect.stringMatching(/^onnxruntime-node \d/),
      runners: 1,
      plan: { queryCount: 12, streamCount: 2, ratePerS: 200, repetitionCount: 2, seed: 1 },
      lostRunnerCount: 0,
    });
    const { name } = written.device;
    for (const text of [name, written.runtime, 'cores', 'load average', written.measuredOn, '1 runner'])
      expect(stdout).toContain(text);
  });

  it('given too few queries for a percentile > prints a dash, and how many it needs', () => {
    const cells = rowOf(stdout, 'en');
    expect(cells.slice(0, 3)).toEqual(['en', 'single', '12']);
    expect(cells[3]).toMatch(/^[\d.]+ \([\d.]+–[\d.]+\)$/);
    expect(cells.slice(4, 7)).toEqual(['–', '–', '–']);
    expect(stdout).toContain('Queries that a percentile needs in each repetition: p90 64, p95 130, p99 662.');
  });

  it('given --from > shows the same tables, prints the same JSON, and measures nothing', async () => {
    expect((await bench({ from: [file] })).stdout).toBe(stdout.replace(/Written to .*\n/, ''));
    expect(JSON.parse((await bench({ from: [file], json: true })).stdout)).toEqual(written);
  });

  it('given --from and --out > draws what was measured, of several devices by their names', async () => {
    const software = join(folder, 'software.json');
    const device = { class: 'webgpu-software', name: 'SwiftShader (software)', isSoftware: true } as const;
    writeFileSync(software, JSON.stringify({ ...written, device, reference: { known: false, reason: 'not a core' } }));
    const out = join(folder, 'chart.html');
    const { code, stdout: shown } = await bench({ from: [file, software], out });
    expect(code).toBe(0);
    expect(shown).toContain('A program stands in for the card: the answers are right, the speed means nothing.');
    const page = readFileSync(out, 'utf8');
    for (const id of ['throughput', 'latency-p50', 'bare', 'arithmetic', 'memory'])
      expect(page).toContain(`id="fig-${id}"`);
    expect(page).not.toContain('id="fig-latency-p99"');
    expect(page).toContain('cpu: en, single');
    expect(page).toContain('webgpu-software: matmul 32');
    expect(page).toContain('SwiftShader (software): its speed means nothing.');
    expect(page).not.toMatch(/<script|src=|https?:\/\/(?!www\.w3\.org)/);
  });
});

describe('powr bench inference, without a peak to compare with', () => {
  it.each([
    ['no compiler', join(folder, 'no-such-compiler'), 'no compiler', 'Nothing to compare with: no compiler.'],
    // A compiler that writes no program.
    ['a program that fails', 'true', 'no measure', 'Nothing to compare with: peak.c failed: '],
  ])(
    'given %s > measures the graphs all the same, and says why in place of the efficiency',
    async (_, cc, cell, reason) => {
      const before = process.env.CC;
      process.env.CC = cc;
      try {
        const { code, stdout } = await bench({ device: 'cpu', graphs: 'matmul:16', repetitions: 1 });
        expect(code).toBe(0);
        expect(rowOf(stdout, 'matmul').at(-1)).toBe(cell);
        expect(stdout).toContain(reason);
      } finally {
        if (before === undefined) delete process.env.CC;
        else process.env.CC = before;
      }
    },
  );
});

describe('powr bench inference, asked for what cannot be', () => {
  it.each([
    [{ modes: 'server' }, 'The mode server needs --rate'],
    [{ modes: 'single', rate: '5' }, '--rate is of the mode server'],
    [{ rate: '0' }, '--rate takes queries per second, more than 0, not 0'],
    [{ modes: 'fast' }, 'No mode "fast"; there are single, multi, server, offline'],
    [{ variants: 'enn' }, 'No variant "enn"; there are en, ch'],
    [{ bare: 'sine' }, 'No variant "sine"; there are en, ch'],
    [{ graphs: 'sine' }, 'No graph "sine"; there are matmul'],
    [{ graphs: 'matmul:big' }, '--graphs takes name or name:size'],
    [{ graphs: 'streaming:1000' }, 'a multiple of 1024'],
    [{ from: [file], rate: '5' }, '--from shows what was measured: it takes no --rate'],
    [{ from: [join(folder, 'none.json')] }, 'is no benchmark of inference'],
  ] as const)('given %o > says so before anything is measured', async (options, message) => {
    await expect(bench(options)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });
});

describe('readWanted', () => {
  it('given nothing > wants the reference variant in every mode that needs no rate', () => {
    const wanted = { modes: ['single', 'multi', 'offline'], variants: ['en'], graphs: [], bare: [], ratePerS: null };
    expect(readWanted({})).toEqual(wanted);
  });

  it('given a rate > wants the server too', () => {
    expect(readWanted({ rate: '50' })).toMatchObject({ modes: ['single', 'multi', 'server', 'offline'], ratePerS: 50 });
  });

  it('given graphs alone > wants no models', () => {
    const graphs = ['matmul', 'convolution', 'attention', 'streaming'].map((kind) => ({ kind }));
    expect(readWanted({ graphs: true })).toEqual({ modes: [], variants: [], graphs, bare: [], ratePerS: null });
  });

  it('given bare loops alone > wants no load modes, and models that are no variants too', () => {
    expect(readWanted({ bare: true })).toMatchObject({ modes: [], variants: [], bare: ['en', 'ch', 'orientation'] });
    expect(readWanted({ bare: 'voice, en-m3' })).toMatchObject({ modes: [], bare: ['voice', 'en-m3'] });
  });

  it('given graphs and variants > wants both', () => {
    expect(readWanted({ graphs: 'matmul:64,matmul:64', variants: 'en,latin' })).toMatchObject({
      modes: ['single', 'multi', 'offline'],
      variants: ['en', 'latin'],
      graphs: [{ kind: 'matmul', size: 64 }],
    });
  });
});
