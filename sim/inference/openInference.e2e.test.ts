import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { InferenceJob, InferencePort } from '../engine/inferencePort.ts';
import { type InferenceOptions, openInference, PROFILE_PATH } from './openInference.ts';
import { formatProfile, readProfile } from './profile.ts';
import { getBuiltDir, indexOf, root } from './testSupport.ts';
import { DEFAULT_POOL_SAMPLES, DEFAULT_POOL_SEED } from './textRecognition.ts';
import { variants } from './variants.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'powr-inference-'));
afterAll(() => rmSync(cacheDir, { recursive: true }));

const en = indexOf('en');
const HARD = 2;
const jobsOf = (variant: number, sampleCount: number, level = HARD): InferenceJob[] =>
  Array.from({ length: sampleCount }, (_, sample) => ({ variant, sample, level }));

/** Each test has its own pool seed, so that its results are nobody else's. */
async function withPort<T>(options: Partial<InferenceOptions>, use: (port: InferencePort) => Promise<T>): Promise<T> {
  const port = await openInference({
    mode: 'measure',
    device: 'cpu',
    poolSeed: 100,
    poolSamples: 40,
    builtDir: getBuiltDir(),
    root,
    cacheDir,
    workers: 2,
    ...options,
  });
  try {
    return await use(port);
  } finally {
    await port.close();
  }
}

const counts = (port: InferencePort) => {
  const { executedCount, replayedCount } = port.stats();
  return { executedCount, replayedCount };
};
const meanQuality = (answers: readonly { readonly qualityBps: number }[]) =>
  answers.reduce((sum, { qualityBps }) => sum + qualityBps, 0) / answers.length;

describe('openInference, measuring', () => {
  it('given 30 hard lines > the damaged variant is really worse, on the same lines', async () => {
    await withPort({ poolSeed: 101 }, async (port) => {
      const whole = await port.infer(jobsOf(en, 30));
      const damaged = await port.infer(jobsOf(indexOf('en-m2'), 30));
      expect(meanQuality(whole)).toBeGreaterThan(meanQuality(damaged) + 2_000);
      expect(meanQuality(whole)).toBeGreaterThan(7_000);
      expect(port.stats()).toMatchObject({
        executedCount: 60,
        replayedCount: 0,
        byVariant: { en: { executedCount: 30, replayedCount: 0 }, 'en-m2': { executedCount: 30, replayedCount: 0 } },
        device: expect.stringContaining('cpu: '),
        runtime: expect.stringMatching(/^onnxruntime-node \d/),
      });
    });
  });

  it('given every variant > answers in job order, with integers', async () => {
    await withPort({ poolSeed: 102 }, async (port) => {
      const jobs = variants.flatMap((_, variant) => jobsOf(variant, 2, 0));
      const answers = await port.infer(jobs);
      expect(await port.infer([...jobs].reverse())).toEqual([...answers].reverse());
      for (const answer of answers) expect(Object.values(answer).every(Number.isSafeInteger)).toBe(true);
      const byEn = answers.slice(0, 2);
      expect(new Set(byEn.map(({ answerId }) => answerId)).size).toBe(2);
    });
  });

  it('given equal jobs in one call and in two at a time > executes each once', async () => {
    await withPort({ poolSeed: 103 }, async (port) => {
      const jobs = jobsOf(en, 5);
      const [twice, again] = await Promise.all([port.infer([...jobs, ...jobs]), port.infer(jobs)]);
      expect(twice.slice(0, 5)).toEqual(again);
      expect(twice.slice(5)).toEqual(again);
      expect(counts(port)).toEqual({ executedCount: 5, replayedCount: 10 });
    });
  });

  it('given results of an earlier run on this machine > executes only what is new, unless told otherwise', async () => {
    const earlier = await withPort({ poolSeed: 104 }, (port) => port.infer(jobsOf(en, 5)));
    await withPort({ poolSeed: 104 }, async (port) => {
      expect((await port.infer(jobsOf(en, 8))).slice(0, 5)).toEqual(earlier);
      expect(counts(port)).toEqual({ executedCount: 3, replayedCount: 5 });
    });
    await withPort({ poolSeed: 104, fresh: true }, async (port) => {
      const fresh = await port.infer(jobsOf(en, 5));
      expect(fresh.map(({ answerId }) => answerId)).toEqual(earlier.map(({ answerId }) => answerId));
      expect(counts(port)).toEqual({ executedCount: 5, replayedCount: 0 });
    });
  });

  it.each([
    [
      { variant: variants.length, sample: 0, level: 0 },
      `variant ${variants.length}, the pool has variants 0 to ${variants.length - 1}`,
    ],
    [{ variant: 0, sample: 40, level: 0 }, 'sample 40, the pool has samples 0 to 39'],
    [{ variant: 0, sample: 0, level: 1.5 }, 'level 1.5, the pool has levels 0 to 2'],
  ])('given the job %j > refuses it', async (job, message) => {
    await withPort({}, (port) => expect(port.infer([job])).rejects.toThrow(message));
  });

  it('given a closed port > refuses work', async () => {
    const port = await withPort({}, async (open) => open);
    await expect(port.infer(jobsOf(en, 1))).rejects.toThrow('The inference port is closed');
  });
});

describe('openInference, replaying', () => {
  /** A folder without built files: a process could not even be started. */
  const replay = { mode: 'replay', builtDir: join(cacheDir, 'nothing-built') } as const;

  it('given the default pool > answers from the committed profile, and leaves no file behind', async () => {
    const emptyCache = join(cacheDir, 'empty');
    const options = { ...replay, poolSeed: DEFAULT_POOL_SEED, poolSamples: DEFAULT_POOL_SAMPLES, cacheDir: emptyCache };
    await withPort(options, async (port) => {
      const answers = await port.infer(jobsOf(en, DEFAULT_POOL_SAMPLES));
      expect(meanQuality(answers)).toBeGreaterThan(7_000);
      expect(counts(port)).toEqual({ executedCount: 0, replayedCount: DEFAULT_POOL_SAMPLES });
    });
    expect(existsSync(emptyCache)).toBe(false);
  });

  it('given a pool that this machine has measured > gives the measured answers and executes nothing', async () => {
    const measured = await withPort({ poolSeed: 105 }, (port) => port.infer(jobsOf(en, 5)));
    await withPort({ ...replay, poolSeed: 105 }, async (port) => {
      expect(await port.infer(jobsOf(en, 5))).toEqual(measured);
      expect(counts(port)).toEqual({ executedCount: 0, replayedCount: 5 });
    });
  });

  it('given the default pool, measured here too > prefers whichever it is told', async () => {
    const pool = { poolSeed: DEFAULT_POOL_SEED, poolSamples: 3 };
    const own = await withPort({ ...pool, fresh: true }, (port) => port.infer(jobsOf(en, 3)));
    const [profile, ownAgain] = await Promise.all(
      (['profile', 'own-results'] as const).map((prefer) =>
        withPort({ ...replay, ...pool, prefer }, (port) => port.infer(jobsOf(en, 3))),
      ),
    );
    expect(ownAgain).toEqual(own);
    expect(profile).not.toEqual(own);
  });

  it('given an answer that nobody has measured > names variant, sample and level, and what to do', async () => {
    const jobs = [{ variant: indexOf('en-m4'), sample: 17, level: HARD }, ...jobsOf(en, 2)];
    await withPort({ ...replay, poolSeed: 106 }, async (port) => {
      await expect(port.infer(jobs)).rejects.toThrow(
        /no stored answer for variant en-m4, sample 17, level hard \(pool seed 106, .*2 more are missing.*--inference measure/,
      );
      expect(counts(port)).toEqual({ executedCount: 0, replayedCount: 0 });
    });
  });
});

describe('openInference, replaying another device', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'powr-profiles-'));
  const profiles = join(elsewhere, 'fixtures/profiles');
  const replay = { mode: 'replay', device: 'webgpu', root: elsewhere, poolSeed: DEFAULT_POOL_SEED } as const;
  mkdirSync(profiles, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'));
  afterAll(() => rmSync(elsewhere, { recursive: true }));

  /** The measured answers of the cpu under the class of another device. */
  function writeProfileOf(deviceClass: string): void {
    const profile = readProfile(join(root, PROFILE_PATH));
    const device = { class: deviceClass, name: 'Some card', cores: 2 };
    writeFileSync(join(profiles, 'webgpu-reference.json'), formatProfile({ ...profile, device }));
  }

  it('given no profile of it > says which file is missing and how to measure one', async () => {
    await expect(withPort(replay, async () => {})).rejects.toThrow(
      /no fixtures\/profiles\/webgpu-reference\.json.*powr profile --device webgpu --out fixtures\/profiles\/webgpu-reference\.json/,
    );
  });

  it('given a profile that was measured in software > does not take it for a card', async () => {
    writeProfileOf('webgpu-software');
    await expect(withPort(replay, async () => {})).rejects.toThrow('was measured on webgpu-software, not on webgpu');
  });

  it('given its profile > answers from it, and names it', async () => {
    writeProfileOf('webgpu');
    await withPort(replay, async (port) => {
      expect(await port.infer(jobsOf(en, 3))).toHaveLength(3);
      expect(port.stats()).toMatchObject({
        device: 'webgpu: Some card (fixtures/profiles/webgpu-reference.json)',
        replayedCount: 3,
      });
    });
  });
});

describe('the committed profile', () => {
  it('given a few of its entries, executed here > says the same', async () => {
    const pool = { poolSeed: DEFAULT_POOL_SEED, poolSamples: DEFAULT_POOL_SAMPLES };
    const jobs = variants.flatMap((_, variant) =>
      [0, 1, 2].map((level) => ({ variant, sample: 37 * level + variant, level })),
    );
    const stored = await withPort({ ...pool, mode: 'replay' }, (port) => port.infer(jobs));
    const executed = await withPort({ ...pool, fresh: true }, (port) => port.infer(jobs));
    const withoutLatency = executed.map(({ answerId, qualityBps }) => ({ answerId, qualityBps }));
    expect(withoutLatency).toEqual(stored.map(({ answerId, qualityBps }) => ({ answerId, qualityBps })));
  });
});
