import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QualityBench } from '../inference/measureQuality.ts';
import { getQualityTask, QUALITY_TASKS } from '../inference/qualityTasks.ts';
import { commitmentOf, computeSampleSha256, computeSetSha256 } from '../inference/taskSets.ts';
import { type BenchQualityOptions, benchQualityCommand, readWantedQuality } from './benchQualityCommand.ts';
import { outputOf } from './testOutput.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-quality-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, '..', '..');
const bench = (options: BenchQualityOptions) =>
  outputOf(() => benchQualityCommand({ quiet: true, runners: 1, ...options }, process.env.POWR_BUILD ?? ''));
const readBench = (file: string): QualityBench => JSON.parse(readFileSync(file, 'utf8'));

describe('powr bench quality, of readers on both sets', () => {
  const file = join(folder, 'readers.json');
  const page = join(folder, 'readers.html');
  let stdout = '';
  let written: QualityBench;
  beforeAll(async () => {
    const measured = await bench({
      ...{
        task: 'text,document',
        variants: 'en-m2,en-over',
        set: 'public,held-out',
        samples: 12,
        level: 'hard',
        seed: 5,
      },
      ...{ json: file, out: page },
    });
    expect(measured.code).toBe(0);
    stdout = measured.stdout;
    written = readBench(file);
  });

  it('executes the base beside whoever is named, on as many samples of each set as were wanted', () => {
    expect(written.executedCount).toBe(2 * 2 * 3 * 12);
    for (const { sets } of written.tasks) {
      expect(sets).toMatchObject([
        { range: 'public', seed: 1, sampleCount: 12 },
        { range: 'held-out', seed: 5, sampleCount: 12 },
      ]);
      for (const { variants } of sets)
        expect(variants.map(({ variant }) => variant)).toEqual(['en', 'en-m2', 'en-over']);
    }
  });

  it('names the data by the hash of its samples', () => {
    const task = getQualityTask('document');
    const hashes = Array.from({ length: 12 }, (_, index) =>
      computeSampleSha256(task.generate(root, 'held-out', 5, index, 0.75)),
    );
    expect(written.tasks[1]!.sets[1]!.datasetSha256).toBe(computeSetSha256(hashes));
    expect(stdout).toContain(`held-out set, seed 5, 12 samples; data ${computeSetSha256(hashes).slice(0, 16)}`);
  });

  it('finds the damaged reader worse at reading, and puts every figure inside its interval', () => {
    for (const { variants } of written.tasks[0]!.sets) {
      expect(variants[0]!.figures.map(({ difference }) => difference)).toEqual([null, null]);
      const { difference } = variants[1]!.figures[0]!;
      expect(difference).toMatchObject({ comparison: 'worse' });
      expect(difference!.low).toBeGreaterThan(0.2);
    }
    for (const { sets, gaps } of written.tasks) {
      const figures = sets.flatMap(({ variants }) => variants.flatMap((one) => one.figures));
      const differences = figures.flatMap(({ difference }) => (difference === null ? [] : [difference]));
      for (const { value, low, high } of [...figures, ...differences, ...gaps])
        expect(low <= value + 1e-12 && value <= high + 1e-12).toBe(true);
    }
  });

  it('gives each variant the gap between the sets, and shows who has learnt the public one by heart', () => {
    for (const { sets, gaps } of written.tasks) {
      expect(gaps.map(({ variant }) => variant)).toEqual(['en', 'en-m2', 'en-over']);
      const [open, hidden] = sets.map(({ variants }) => variants[2]!.figures[0]!.value);
      expect(gaps[2]!.value).toBeCloseTo(open! - hidden!, 12);
    }
    expect(written.tasks[0]!.gaps[2]!.high).toBeLessThan(0);
    expect(stdout).toMatch(/^en-over {2,}-[\d.]+ \(-[\d.]+ to -[\d.]+\) {2,}flatters$/m);
    expect(stdout).toContain('character error rate %: public minus held-out');
  });

  it('says device, method and verdicts, and draws a page that loads nothing', () => {
    expect(written.device.class).toBe('cpu');
    for (const text of [
      written.device.name,
      written.runtime,
      'percentile bootstrap over samples',
      '2,000 draws',
      '8 comparisons:',
    ])
      expect(stdout).toContain(text);
    expect(stdout).toMatch(/^en {2,}[\d.]+ \([\d.]+ to [\d.]+\) {2,}– {2,}base {2,}[\d.]+$/m);
    expect(stdout).toMatch(/^en-m2 {2,}[\d.]+ \([\d.]+ to [\d.]+\) {2,}\+[\d.]+ \(\+[\d.]+ to \+[\d.]+\) {2,}worse/m);
    const html = readFileSync(page, 'utf8');
    for (const id of ['text-public', 'text-held-out-difference', 'document-held-out', 'text-gap'])
      expect(html).toContain(`id="fig-${id}"`);
    expect(html).toContain('<th scope="col" class="n">From</th>');
    expect(html).not.toMatch(/<script|src=|https?:\/\/(?!www\.w3\.org)/);
  });
});

describe('powr bench quality, of detectors', () => {
  const options = { variants: 'orientation-m2,voice-m2', samples: 8, level: 'easy', json: true } as const;

  it('given the same samples twice > finds the same figures, and hears and sees well when it is easy', async () => {
    const [first, second] = [await bench(options), await bench(options)].map(
      ({ stdout }) => JSON.parse(stdout) as QualityBench,
    );
    expect(second!.tasks).toEqual(first!.tasks);
    expect(first!.tasks.map(({ task }) => task)).toEqual(['orientation', 'voice']);
    for (const { sets } of first!.tasks) {
      expect(sets[0]!.variants).toHaveLength(2);
      expect(sets[0]!.variants[0]!.figures[0]!.value).toBeGreaterThan(0.9);
    }
  });
});

describe('readWantedQuality', () => {
  it('given nothing > wants every task with all its variants, hard, on a held-out set', () => {
    expect(readWantedQuality({})).toEqual({
      ...{ tasks: QUALITY_TASKS, level: 2, ranges: ['held-out'], seed: 1, sampleCount: 200 },
    });
  });

  it('given variants > leaves out tasks that know none of them', () => {
    expect(readWantedQuality({ variants: 'en,en-m3' }).tasks).toEqual(['text', 'document']);
    expect(readWantedQuality({ variants: 'voice-m3', task: 'all' }).tasks).toEqual(['voice']);
  });

  it('given a seed with the commitment that was published > wants it; given another, says so', () => {
    const salt = '0f'.repeat(16);
    const commitment = commitmentOf(77, salt);
    expect(readWantedQuality({ seed: 77, commitment, salt }).seed).toBe(77);
    expect(() => readWantedQuality({ seed: 78, commitment, salt })).toThrow(`but ${commitment} was published`);
  });

  it.each([
    [{ task: 'words' }, 'No task "words"; there are text, document, orientation, voice'],
    [{ variants: 'enn' }, 'No variant "enn"; there are en, ch'],
    [{ task: 'voice', variants: 'en' }, 'No variant "en"; there are voice, voice-m4'],
    [{ set: 'train' }, 'No set "train"; there are public, held-out'],
    [{ level: 'worst' }, 'No level "worst"; there are easy, medium, hard'],
    [{ salt: '00' }, '--commitment and --salt go together'],
    [{ salt: '00', commitment: '00' }, 'A salt is at least 16 bytes'],
  ])('given %o > says so before anything is executed', async (options, message) => {
    await expect(bench(options)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });
});
