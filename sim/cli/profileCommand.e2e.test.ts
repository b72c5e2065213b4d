import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readProfile } from '../inference/profile.ts';
import { puzzles } from '../inference/puzzles.ts';
import { variants } from '../inference/variants.ts';
import { type ProfileOptions, profileCommand } from './profileCommand.ts';
import { outputOf } from './testOutput.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-profile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every variant is loaded three times, and compute graphs take their time. */
const LIMIT_MS = 300_000;

const profile = (options: Omit<ProfileOptions, 'quiet'>) =>
  outputOf(() => profileCommand({ ...options, quiet: true }, process.env.POWR_BUILD ?? ''));

describe('powr profile', () => {
  it(
    'given a device that works > writes what runs can replay: every variant at every difficulty, and on what',
    async () => {
      const out = join(folder, 'cpu.json');
      const { code, stdout } = await profile({ device: 'cpu', samples: 2, out, json: true });
      expect(code).toBe(0);
      const written = readProfile(out);
      expect(written).toMatchObject({ device: { class: 'cpu', name: expect.stringMatching(/./) }, poolSamples: 2 });
      expect(written.variants.map(({ id }) => id)).toEqual([...variants, ...puzzles].map(({ id }) => id));
      for (const { levels, throughputPerS, divergence } of written.variants) {
        expect(levels.map(({ answerId }) => answerId.length)).toEqual([2, 2, 2]);
        for (const { latencyUs } of levels) expect(Math.min(...latencyUs)).toBeGreaterThan(0);
        expect(throughputPerS[0]).toBeGreaterThan(0);
        expect(divergence).toEqual({ identicalCount: 6, p50Ppb: 0, maxPpb: 0, answerChangedCount: 0 });
      }
      // Two samples fill no batch.
      expect(written.variants[0]!.throughputPerS.slice(1)).toEqual([null, null]);
      expect(written.computeScores.scores.length).toBeGreaterThan(2);
      for (const { rate } of written.computeScores.scores) expect(rate.median).toBeGreaterThan(0);
      const printed = JSON.parse(stdout);
      expect(printed).toMatchObject({ file: out, device: written.device, runtime: written.runtime });
      expect(printed.variants[0].levels[2]).toEqual({
        level: 'hard',
        meanCerBps: written.variants[0]!.levels[2]!.meanCerBps,
        exactBps: written.variants[0]!.levels[2]!.exactBps,
        latencyP50Us: written.variants[0]!.levels[2]!.latencyP50Us,
        latencyP95Us: written.variants[0]!.levels[2]!.latencyP95Us,
        latencyP99Us: written.variants[0]!.levels[2]!.latencyP99Us,
      });
    },
    LIMIT_MS,
  );

  it('given a folder that is not there > says so before anything is measured', async () => {
    const out = join(folder, 'no/such/folder.json');
    await expect(profile({ device: 'cpu', samples: 600, out })).rejects.toMatchObject({ name: 'StoreError' });
  });

  it('given a device that does not work > says why, and writes nothing', async () => {
    const before = process.env.CUDA_VISIBLE_DEVICES;
    process.env.CUDA_VISIBLE_DEVICES = '-1';
    try {
      const out = join(folder, 'cuda.json');
      await expect(profile({ device: 'cuda', samples: 1, out })).rejects.toMatchObject({
        name: 'InferenceError',
        message: expect.stringMatching(/^The device cuda does not work here: [\s\S]*\nFix: /),
      });
      expect([existsSync(out), readdirSync(folder)]).toEqual([false, ['cpu.json']]);
    } finally {
      if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
      else process.env.CUDA_VISIBLE_DEVICES = before;
    }
  });
});
