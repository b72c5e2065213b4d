import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROFILE_PATH } from './openInference.ts';
import { formatProfile, type InferenceProfile, readProfile } from './profile.ts';
import { root } from './testSupport.ts';
import { computeDatasetSha256, DEFAULT_POOL_SAMPLES, DEFAULT_POOL_SEED, levels } from './textRecognition.ts';
import { computeWuMflop, variants } from './variants.ts';

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
  ])('given %s > refuses it and says what to do', (_, change, message) => {
    const read = () => readProfile(write({ ...committed, ...change }));
    expect(read).toThrow(message);
    expect(read).toThrow('measure it again');
  });
});

describe('the committed profile', () => {
  it('holds every variant on the whole default pool, in less than a megabyte', () => {
    expect(statSync(join(root, PROFILE_PATH)).size).toBeLessThan(1_000_000);
    expect([committed.poolSeed, committed.poolSamples]).toEqual([DEFAULT_POOL_SEED, DEFAULT_POOL_SAMPLES]);
    expect(committed.variants.map(({ id, sha256, wuMflop }) => ({ id, sha256, wuMflop }))).toEqual(
      variants.map((variant) => ({ id: variant.id, sha256: variant.sha256, wuMflop: computeWuMflop(variant) })),
    );
    for (const level of committed.variants.flatMap((variant) => variant.levels)) {
      for (const column of [level.answerId, level.qualityBps, level.latencyUs]) {
        expect(column.length).toBe(DEFAULT_POOL_SAMPLES);
        expect(column.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
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
