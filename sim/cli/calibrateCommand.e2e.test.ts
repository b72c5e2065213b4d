import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { PROFILE_PATH } from '../inference/openInference.ts';
import { formatProfile, readBands, readProfile } from '../inference/profile.ts';
import { repoRoot } from '../store/paths.ts';
import { type CalibrateOptions, calibrateCommand } from './calibrateCommand.ts';
import { outputOf } from './testOutput.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-calibrate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const out = join(folder, 'cpu.json');
const committed = readProfile(join(repoRoot(), PROFILE_PATH));
writeFileSync(out, formatProfile({ ...committed, bands: null, calibration: null }));

const calibrate = (options: Partial<CalibrateOptions>) =>
  outputOf(() =>
    calibrateCommand({ device: 'cpu', software: 0, out, quiet: true, ...options }, process.env.POWR_BUILD ?? ''),
  );

describe('powr calibrate', () => {
  it('given a model > finds honest executions near and cheats far, and writes bands between them into the profile', async () => {
    const { code, stdout } = await calibrate({ models: 'orientation', samples: 6, wasm: 2, json: true });
    expect(code).toBe(0);
    const printed = JSON.parse(stdout);
    type Row = {
      configuration: string;
      place: string;
      standing: { fp32: string };
      logits: { minPpb: number; maxPpb: number };
    };
    const rows: readonly Row[] = printed.series;
    const honest = rows.filter(({ standing }) => standing.fp32 === 'honest');
    expect(honest.map(({ configuration }) => configuration)).toEqual([
      ...['repeated', '2 threads', 'optimisation extended', 'optimisation basic', 'optimisation disabled'],
      ...['disabled, 2 threads', 'batch of 4', 'wasm'],
    ]);
    expect(honest[0]!.logits.maxPpb).toBe(0);
    expect(honest.at(-1)!.logits.maxPpb).toBeGreaterThan(0);
    const { fp32 } = printed.bands;
    for (const { logits } of honest) expect(logits.maxPpb).toBeLessThan(fp32.acceptPpb);
    for (const { logits } of rows.filter(({ standing }) => standing.fp32 === 'cheat'))
      expect(logits.minPpb).toBeGreaterThan(fp32.rejectPpb);
    expect(readBands(out)).toEqual(printed.bands);
    const written = readProfile(out);
    expect({ ...written, bands: null, calibration: null }).toEqual({ ...committed, bands: null, calibration: null });
    expect(written.calibration).toMatchObject({ models: ['orientation'], places: ['cpu', 'wasm'] });
    expect(written.calibration!.series).toHaveLength(rows.length);
    expect(written.calibration!.series!.find(({ place }) => place === 'wasm')).toMatchObject({
      ...{ model: 'orientation', configuration: 'wasm', sampleCount: 2, cheatMinPpb: null },
    });
    expect(written.calibration!.exclusions!.every(({ reason }) => reason !== '')).toBe(true);
  });

  it('given a smaller calibration than the one that the profile has > prints it, and replaces nothing', async () => {
    const before = readFileSync(out, 'utf8');
    const smaller = { models: 'orientation', samples: 2, wasm: 0 };
    const printed: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    try {
      await expect(
        calibrateCommand({ device: 'cpu', software: 0, out, quiet: true, ...smaller }, process.env.POWR_BUILD ?? ''),
      ).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringMatching(/larger calibration \(this one: not on wasm; \d+ executions compared.*--force/),
      });
    } finally {
      spy.mockRestore();
    }
    expect(printed.join('')).toMatch(/orientation +cpu +repeated/);
    expect(readFileSync(out, 'utf8')).toBe(before);
  });

  it('given no --json > prints what was executed, the gaps, the bands, and that a stand-in was measured; --force writes them', async () => {
    const { stdout } = await calibrate({ models: 'orientation', samples: 2, wasm: 0, force: true });
    expect(stdout).toMatch(/orientation +cpu +repeated +honest +honest +2 +0 +0 +0/);
    expect(stdout).toMatch(/fp32 +all +\d/);
    expect(stdout).toContain('10 bits of mantissa stand in');
    expect(stdout).toContain(`Written to ${out}`);
  });

  it('given a model that is not there, or no profile to write to > says so before anything is measured', async () => {
    await expect(calibrate({ models: 'en,klingon' })).rejects.toMatchObject({ name: 'UsageError' });
    await expect(calibrate({ out: join(folder, 'none.json') })).rejects.toMatchObject({
      name: 'InferenceError',
      message: expect.stringContaining('`powr profile` makes one'),
    });
  });
});
