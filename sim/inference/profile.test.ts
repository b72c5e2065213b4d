import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeDistance } from './distanceScale.ts';
import { describeVariants } from './executables.ts';
import { PROFILE_PATH } from './openInference.ts';
import {
  CROSSED,
  createProfileReader,
  formatProfile,
  type InferenceProfile,
  LOOKS,
  readBands,
  readProfile,
  withBandsOf,
} from './profile.ts';
import { puzzles } from './puzzles.ts';
import { root } from './testSupport.ts';
import { computeDatasetSha256, DEFAULT_POOL_SAMPLES, DEFAULT_POOL_SEED, levels } from './textRecognition.ts';
import { variants } from './variants.ts';

const temporary = mkdtempSync(join(tmpdir(), 'powr-profile-'));
afterAll(() => rmSync(temporary, { recursive: true }));
const committed = readProfile(join(root, PROFILE_PATH));

function write(profile: object): string {
  const path = join(temporary, 'profile.json');
  writeFileSync(path, JSON.stringify(profile));
  return path;
}

describe('readProfile', () => {
  it('given what formatProfile wrote > gives the profile back', () => {
    const path = join(temporary, 'formatted.json');
    writeFileSync(path, formatProfile(committed));
    expect(readProfile(path)).toEqual(committed);
  });

  it.each<[string, Partial<Record<keyof InferenceProfile, unknown>>, string]>([
    ['another format', { format: 'other/2' }, 'has format "other/2"'],
    ['another version of the task', { task: 'text-recognition/0' }, 'was measured with task "text-recognition/0"'],
    [
      'another recipe',
      { variants: [{ ...committed.variants[3], recipeSha256: '00' }] },
      'was measured with another recipe of variant en-m4',
    ],
    [
      'another puzzle',
      { variants: [{ ...committed.variants[0], id: puzzles[0]!.id, recipeSha256: '00' }] },
      `was measured with another recipe of variant ${puzzles[0]!.id}`,
    ],
  ])('given %s > refuses it and says what to do', (_, change, message) => {
    const read = () => readProfile(write({ ...committed, ...change }));
    expect(read).toThrow(message);
    expect(read).toThrow('measure it again');
  });
});

describe('createProfileReader', () => {
  const place = { sample: 3, level: 2 };
  const [en, m4] = ['en', 'en-m4'].map((id) => committed.variants.find((variant) => variant.id === id)!);

  it('given a variant, a sample and a level > has what was measured', () => {
    const reader = createProfileReader(committed, committed.poolSeed);
    const { answerId, qualityBps, latencyUs, outputId } = en!.levels[2]!;
    expect(reader.answerOf('en', place)).toEqual({
      answerId: answerId[3],
      qualityBps: qualityBps[3],
      latencyUs: latencyUs[3],
      outputId: outputId[3],
    });
    for (const look of LOOKS) {
      const measured = decodeDistance(m4!.levels[2]!.distances[look]!.en!, 3);
      expect(reader.distanceOf('en-m4', 'en', place, look)).toBe(measured);
      expect(measured).toBeGreaterThan(1_000_000);
      expect(reader.distanceOf('en', 'en', place, look)).toBe(0);
    }
  });

  it('given another pool, another look, a sample or a variant that it does not cover > has nothing', () => {
    const reader = createProfileReader(committed, committed.poolSeed);
    const beyond = { sample: committed.poolSamples, level: 2 };
    expect([
      createProfileReader(committed, committed.poolSeed + 1).answerOf('en', place),
      createProfileReader(committed, committed.poolSeed + 1).distanceOf('en', 'en', place, 16),
      reader.distanceOf('en', 'en', place, 17),
      reader.answerOf('en', beyond),
      reader.distanceOf('en', 'en', beyond, 16),
      reader.answerOf('none', place),
      reader.distanceOf('en', 'none', place, 16),
      reader.distanceOf('en', puzzles[0]!.id, place, 16),
    ]).toEqual(Array(8).fill(undefined));
  });
});

describe('bands in a profile', () => {
  const bands = {
    fp32: { acceptPpb: 1, rejectPpb: 2 },
    reduced: { acceptPpb: 3, rejectPpb: 4 },
  };
  const path = join(temporary, 'bands.json');

  it('given none, another format or no file > are not calibrated', () => {
    writeFileSync(path, formatProfile({ ...committed, bands: null }));
    expect([readBands(path), readBands(join(temporary, 'nowhere.json'))]).toEqual([undefined, undefined]);
    writeFileSync(path, JSON.stringify({ format: 'powr-inference-profile/1', bands }));
    expect(readBands(path)).toBeUndefined();
  });

  it('given a calibration of an earlier version, without series and exclusions > is read; with them > is read back', () => {
    const gap = { honestMaxPpb: 1, cheatMinPpb: 9 };
    const earlier = {
      ...{ measuredOn: '2026-11-20', sampleCount: 5, models: ['en'], places: ['cpu'] },
      gaps: { fp32: gap, reduced: gap },
    };
    const count = { model: 'en', place: 'cpu', configuration: 'repeated', sampleCount: 5 };
    const present = {
      ...earlier,
      series: [{ ...count, honestMaxPpb: 1, cheatMinPpb: null }],
      exclusions: [{ model: null, place: 'cuda', reason: 'there is none' }],
    };
    for (const calibration of [earlier, present]) {
      writeFileSync(path, formatProfile({ ...committed, bands, calibration }));
      expect(readProfile(path).calibration).toEqual(calibration);
      expect(readBands(path)).toEqual(bands);
    }
  });

  it('given a new measurement of the same device and runtime > are kept; of another > are not taken over', () => {
    writeFileSync(path, formatProfile({ ...committed, bands }));
    expect(readBands(path)).toEqual(bands);
    const fresh = { ...committed, bands: null };
    expect(withBandsOf(fresh, path).bands).toEqual(bands);
    expect(withBandsOf({ ...fresh, runtime: 'another' }, path).bands).toBeNull();
    expect(withBandsOf({ ...fresh, device: { ...fresh.device, name: 'another' } }, path).bands).toBeNull();
    expect(withBandsOf(fresh, join(temporary, 'nowhere.json'))).toBe(fresh);
  });
});

describe('the committed profile', () => {
  it('holds every variant and puzzle on the whole default pool, in less than 2.3 megabytes', () => {
    expect(statSync(join(root, PROFILE_PATH)).size).toBeLessThan(2_300_000);
    expect([committed.poolSeed, committed.poolSamples]).toEqual([DEFAULT_POOL_SEED, DEFAULT_POOL_SAMPLES]);
    expect(committed.variants.map(({ id, sha256, wuMflop }) => ({ id, sha256, wuMflop }))).toEqual(
      describeVariants().map(({ id, sha256, wuMflop }) => ({ id, sha256, wuMflop })),
    );
    expect(committed.variants[0]!.throughputPerS.every((rate) => rate !== null && rate > 0)).toBe(true);
    const models = variants.map(({ id }) => id);
    for (const { id, levels: measured, throughputPerS } of committed.variants) {
      expect(throughputPerS[0]).toBeGreaterThan(0);
      for (const { answerId, outputId, qualityBps, latencyUs, distances } of measured) {
        for (const column of [answerId, outputId, qualityBps, latencyUs]) {
          expect(column.length).toBe(DEFAULT_POOL_SAMPLES);
          expect(column.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        }
        for (const look of [...LOOKS, CROSSED]) {
          expect(Object.keys(distances[look]!)).toEqual(models.includes(id) ? models : [id]);
          for (const column of Object.values(distances[look]!)) expect(column.length).toBe(DEFAULT_POOL_SAMPLES);
        }
      }
    }
  });

  it('tells every variant from every other by its sketch, on every sample, far beyond the protocol’s bands', () => {
    for (const { id, levels: measured } of committed.variants) {
      for (const { distances } of measured) {
        for (const [declared, column] of Object.entries(distances[64]!)) {
          const ppb = Array.from(column, (_, sample) => decodeDistance(column, sample)!);
          if (declared === id) expect(Math.max(...ppb)).toBeLessThan(50_000);
          else expect(Math.min(...ppb)).toBeGreaterThan(50_000);
        }
      }
    }
  });

  // Drawn by native code that need not round alike on other processors.
  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'was measured on the samples of this version',
    () => {
      const medium = 1;
      const { difficulty } = levels[medium];
      const actual = computeDatasetSha256(root, DEFAULT_POOL_SEED, DEFAULT_POOL_SAMPLES, difficulty);
      expect(actual).toBe(committed.datasetSha256[medium]);
    },
  );

  it('shows fewer bits as lower quality, and harder levels too', () => {
    const cerBps = (id: string) =>
      committed.variants.find((variant) => variant.id === id)!.levels.map((level) => level.meanCerBps);
    for (const level of [1, 2]) {
      const ladder = ['en', 'en-m4', 'en-m3', 'en-m2'].map((id) => cerBps(id)[level]);
      expect(ladder).toEqual([...ladder].sort((a, b) => a! - b!));
    }
    for (const { id } of variants) expect(cerBps(id)).toEqual([...cerBps(id)].sort((a, b) => a - b));
  });
});
