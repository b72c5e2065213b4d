import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../inference/hash.ts';
import { readHeadRecipes } from '../inference/headRecipes.ts';
import { models } from '../inference/models.ts';
import { variants } from '../inference/variants.ts';
import { repoRoot } from '../store/paths.ts';
import { modelsCommand, type TrainOptions, trainCommand } from './modelsCommand.ts';
import { outputOf } from './testOutput.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('powr models', () => {
  it('as JSON > gives every model with licence, size and hash, and every variant with its recipe', async () => {
    const { code, stdout } = await outputOf(async () => modelsCommand({ json: true }));
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as {
      id: string;
      sizeBytes: number;
      licence: string;
      variants: { id: string }[];
    }[];
    expect(listed.map(({ id, licence }) => [id, licence])).toEqual(models.map((m) => [m.id, m.weightsLicence]));
    expect(listed.find(({ id }) => id === 'voice')!.sizeBytes).toBe(1_289_603);
    expect(
      listed
        .flatMap((model) => model.variants)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(variants.map(({ id }) => id).sort());
    expect(JSON.stringify(listed)).toContain('{"kind":"mantissaBits","bits":4}');
  });

  it('for people > says in words what was done to the model', async () => {
    const { stdout } = await outputOf(async () => modelsCommand({}));
    expect(stdout).toMatch(/^voice +voice +fp32 +1\.36 +1\.29 MB +MIT +7ed98ddbad84ccac$/m);
    expect(stdout).toMatch(/^ +3 +en-m4 +1342 +[0-9a-f]{16} +weights rounded to 4 mantissa bits$/m);
    expect(stdout.split('\n').filter((line) => /^ *\d+ /.test(line))).toHaveLength(variants.length);
  });
});

describe('powr models train', () => {
  const [ft1] = readHeadRecipes(repoRoot());
  /** The first recipe with a set so small that its head cannot be the pinned one. */
  const quick = { ...ft1!, set: { ...ft1!.set, count: 8 } };
  const train = (options: Omit<TrainOptions, 'quiet'>) =>
    outputOf(() => trainCommand({ ...options, quiet: true }, process.env.POWR_BUILD ?? '', [quick]));

  it('given a recipe that gives another head > says by how much, writes it where it is told, and fails', async () => {
    const { code, stdout } = await train({ only: ['ft1'], out: folder, json: true });
    expect(code).toBe(3);
    const [result] = JSON.parse(stdout) as [{ isPinned: boolean; largestDifference: number }];
    expect(result).toMatchObject({ id: 'ft1', sha256: ft1!.sha256, isPinned: false });
    expect(result.largestDifference).toBeGreaterThan(0);
    const written = readFileSync(join(folder, 'ft1.f32'));
    expect(written.length).toBe(46_948);
    expect(sha256Hex(written)).not.toBe(ft1!.sha256);
  }, 60_000);

  it('given a head that there is no recipe of > names those there are', async () => {
    await expect(train({ only: ['ft9'] })).rejects.toMatchObject({
      name: 'UsageError',
      message: 'No head is ft9. Heads: ft1',
    });
  });

  it('given a folder that is not there > says so before anything is trained', async () => {
    await expect(train({ only: [], out: join(folder, 'no') })).rejects.toMatchObject({ name: 'StoreError' });
  });
});
