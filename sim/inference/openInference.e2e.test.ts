import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Comparison, InferenceJob, InferencePort } from '../engine/inferencePort.ts';
import { readCpuName } from './devices.ts';
import { type InferenceOptions, openInference, PROFILE_PATH } from './openInference.ts';
import { formatProfile, type InferenceProfile, readProfile } from './profile.ts';
import { puzzles } from './puzzles.ts';
import { openResultStore } from './resultStore.ts';
import { judgeDistance } from './sketch.ts';
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
      { variant: variants.length + puzzles.length, sample: 0, level: 0 },
      `variant ${variants.length + puzzles.length}, the pool has variants 0 to ${variants.length + puzzles.length - 1}`,
    ],
    [{ variant: 0, sample: 40, level: 0 }, 'sample 40, the pool has samples 0 to 39'],
    [{ variant: 0, sample: 0, level: 1.5 }, 'level 1.5, the pool has levels 0 to 2'],
  ])('given the job %j > refuses it', async (job, message) => {
    await withPort({}, (port) => expect(port.infer([job])).rejects.toThrow(message));
  });

  it('given a closed port > refuses work', async () => {
    const port = await withPort({}, async (open) => open);
    await expect(port.infer(jobsOf(en, 1))).rejects.toThrow('The inference port is closed');
    await expect(port.compare([honest(0)])).rejects.toThrow('The inference port is closed');
  });

  it('given puzzles > their answer is their output, a puzzle of its own for each sample and level', async () => {
    await withPort({ poolSeed: 107 }, async (port) => {
      expect(port.variants.slice(variants.length).map(({ id, kind }) => [id, kind])).toEqual(
        puzzles.map(({ id }) => [id, 'puzzle']),
      );
      const jobs = [0, 1].flatMap((sample) => [0, 1].map((level) => ({ variant: variants.length, sample, level })));
      const answers = await port.infer(jobs);
      for (const { answerId, outputId, qualityBps } of answers)
        expect([answerId, qualityBps]).toEqual([outputId, 10_000]);
      expect(new Set(answers.map(({ answerId }) => answerId)).size).toBe(4);
    });
  });

  it('given an execution once more > confirms what is stored, at the stored latency, and counts the execution', async () => {
    const first = await withPort({ poolSeed: 108 }, (port) => port.infer(jobsOf(en, 3)));
    await withPort({ poolSeed: 108, reexecute: true }, async (port) => {
      expect(await port.infer(jobsOf(en, 3))).toEqual(first);
      expect(counts(port)).toEqual({ executedCount: 3, replayedCount: 0 });
      expect(await distancesOf(port, [honest(1)])).toEqual([0]);
      expect(await distancesOf(port, [honest(1)])).toEqual([0]);
      expect(port.stats().sketchedCount).toBe(1);
    });
  });

  it('given an execution once more that differs from what is stored > names the job', async () => {
    const dir = join(cacheDir, 'differs');
    const options = { poolSeed: 109, cacheDir: dir };
    await withPort(options, (port) => port.infer([{ variant: en, sample: 7, level: HARD }]));
    const stored = JSON.parse(readFileSync(join(dir, 'inference/results.ndjson'), 'utf8'));
    const store = openResultStore(join(dir, 'inference'));
    store.put(stored.key, { ...stored, outputId: stored.outputId + 1 });
    store.close();
    await withPort({ ...options, reexecute: true }, async (port) => {
      await expect(port.infer([{ variant: en, sample: 7, level: HARD }])).rejects.toThrow(
        `variant en, sample 7, level hard has output ${stored.outputId}; before it was ${stored.outputId + 1}`,
      );
    });
  });
});

const distancesOf = async (port: InferencePort, comparisons: readonly Comparison[], look?: number) =>
  (await port.compare(comparisons, look)).map(({ distancePpb }) => distancePpb);

/** A sketch of what was declared. */
function honest(sample: number, nonce = 99): Comparison {
  const job = { variant: en, sample, level: HARD, nonce };
  return { claimed: job, declared: job };
}
/** A sketch of something else than was declared. */
function cheat(claimedId: string, sample: number, nonce = 99): Comparison {
  const { declared } = honest(sample, nonce);
  return { claimed: { ...declared, variant: indexOf(claimedId) }, declared };
}

describe('openInference, comparing', () => {
  const bands = { acceptPpb: 50_000, rejectPpb: 300_000 };

  it('given what was declared > no distance at all; given less of it > a distance, and the more the coarser', async () => {
    await withPort({ poolSeed: 110 }, async (port) => {
      const same = await distancesOf(port, [honest(0), honest(1)]);
      expect(same).toEqual([0, 0]);
      const [half, coarse, narrow] = await distancesOf(
        port,
        ['en-fp16', 'en-m4', 'en-w70'].map((id) => cheat(id, 0)),
      );
      expect(half).toBeGreaterThan(100_000);
      expect(coarse).toBeGreaterThan(5 * half!);
      expect(narrow).toBeGreaterThan(5 * coarse!);
    });
  });

  it('given a sketch of another nonce or another sample > it is of nothing that was asked for', async () => {
    await withPort({ poolSeed: 110 }, async (port) => {
      const { claimed, declared } = honest(0);
      const distances = await distancesOf(port, [
        { claimed: { ...claimed, nonce: 100 }, declared },
        { claimed: { ...claimed, sample: 1 }, declared },
      ]);
      for (const ppb of distances) expect(ppb).toBeGreaterThan(300_000_000);
    });
  });

  it('says what the validators’ own execution reads, whatever was claimed, measured and replayed', async () => {
    const answerIdOf = (id: string) => (answers: readonly { readonly answerId: number }[]) =>
      answers[['en', 'en-m2'].indexOf(id)]!.answerId;
    const jobs = ['en', 'en-m2'].map((id) => ({ variant: indexOf(id), sample: 0, level: HARD }));
    const comparisons = [honest(0), cheat('en-m2', 0)];
    for (const options of [
      { poolSeed: 110 },
      { poolSeed: DEFAULT_POOL_SEED, mode: 'replay', cacheDir: join(cacheDir, 'empty') },
    ] as const) {
      await withPort(options, async (port) => {
        const answers = await port.infer(jobs);
        expect(answerIdOf('en')(answers)).not.toBe(answerIdOf('en-m2')(answers));
        const compared = await port.compare(comparisons);
        expect(compared.map(({ declaredAnswerId }) => declaredAnswerId)).toEqual(
          comparisons.map(() => answerIdOf('en')(answers)),
        );
        expect(port.stats().validatorDevice).toContain('at no distance');
      });
    }
    const puzzle = { variant: variants.length, sample: 0, level: 0, nonce: 5 };
    await withPort({ poolSeed: 110, validatorDevice: 'wasm' }, async (port) => {
      const [answer] = await port.infer([puzzle]);
      const [compared] = await port.compare([{ claimed: puzzle, declared: puzzle }]);
      expect(compared).toEqual({ distancePpb: 0, declaredAnswerId: answer!.outputId });
      expect(port.stats().validatorDevice).not.toContain('at no distance');
    });
  });

  it('given equal sketches, at a time and later, in this run and in the next > executes each once', async () => {
    await withPort({ poolSeed: 111 }, async (port) => {
      const [first, second] = await Promise.all([
        port.compare([honest(0), cheat('en-m4', 0), honest(0)]),
        port.compare([cheat('en-m4', 0)]),
      ]);
      expect(second[0]).toEqual(first[1]);
      expect(port.stats()).toMatchObject({ comparedCount: 4, sketchedCount: 2, executedCount: 0 });
      await port.compare([cheat('en-m4', 0)], 64);
      expect(port.stats()).toMatchObject({ comparedCount: 5, sketchedCount: 4 });
    });
    await withPort({ poolSeed: 111 }, async (port) => {
      await port.compare([cheat('en-m4', 0)]);
      expect(port.stats()).toMatchObject({ comparedCount: 1, sketchedCount: 0 });
    });
  });

  it('given validators on another device > accepts the honest, unless the band is narrowed by hand; misses a cheat if it is widened', async () => {
    await withPort({ poolSeed: 112, validatorDevice: 'wasm' }, async (port) => {
      expect(port.stats().validatorDevice).toMatch(/^wasm: /);
      const [truth, half] = await distancesOf(port, [honest(0), cheat('en-fp16', 0)]);
      expect(truth).toBeGreaterThan(0);
      expect([judgeDistance(truth!, bands), judgeDistance(half!, bands)]).toEqual(['accept', 'reject']);
      expect(judgeDistance(truth!, { acceptPpb: 10, rejectPpb: 20 })).toBe('reject');
      expect(judgeDistance(half!, { acceptPpb: 10_000_000, rejectPpb: 20_000_000 })).toBe('accept');
    });
  });

  it.each([
    [{ ...honest(0).claimed, nonce: -1 }, 'the nonce -1'],
    [{ ...honest(0).claimed, nonce: 0.5 }, 'the nonce 0.5'],
    [{ ...honest(0).claimed, sample: 40 }, 'sample 40'],
  ])('given the sketch %j > refuses it', async (claimed, message) => {
    await withPort({}, (port) =>
      expect(port.compare([{ claimed, declared: honest(0).declared }])).rejects.toThrow(message),
    );
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

  it('given sketches > has the distances of the profile, within a quarter of what is measured here', async () => {
    const pool = { poolSeed: DEFAULT_POOL_SEED, poolSamples: 3 };
    const comparisons = [honest(0), cheat('en-m4', 0), cheat('en-int8', 1), cheat('latin', 2)];
    const nonce = readProfile(join(root, PROFILE_PATH)).reference.nonce;
    const underNonce = comparisons.map(({ claimed, declared }) => ({
      claimed: { ...claimed, nonce },
      declared: { ...declared, nonce },
    }));
    for (const look of [16, 64]) {
      const measured = await withPort(pool, (port) => distancesOf(port, underNonce, look));
      const replayed = await withPort(
        { ...replay, ...pool, validatorDevice: 'auto', cacheDir: join(cacheDir, 'empty') },
        (port) => distancesOf(port, comparisons, look),
      );
      for (const [i, ppb] of measured.entries()) {
        if (ppb === 0) expect(replayed[i]).toBe(0);
        else expect(Math.abs(Math.log(replayed[i]! / ppb))).toBeLessThan(Math.log(1.26));
      }
    }
  });

  it('given a sketch of another nonce > is far away; given one of another sample or level > has no distance', async () => {
    const { claimed, declared } = honest(0);
    await withPort({ ...replay, poolSeed: DEFAULT_POOL_SEED, cacheDir: join(cacheDir, 'empty') }, async (port) => {
      const copied = { claimed: { ...claimed, nonce: 100 }, declared };
      expect((await distancesOf(port, [copied]))[0]).toBeGreaterThan(300_000_000);
      for (const other of [{ sample: 1 }, { level: 0 }]) {
        const comparison = { claimed: { ...claimed, ...other }, declared };
        await expect(port.compare([comparison])).rejects.toThrow('Replay has no stored distance');
      }
    });
  });

  it('given sketches that this machine has made > has their distance, and none that nobody has made', async () => {
    const measured = await withPort({ poolSeed: 113 }, (port) => port.compare([cheat('en-m4', 0, 5)]));
    await withPort({ ...replay, poolSeed: 113 }, async (port) => {
      expect(await port.compare([cheat('en-m4', 0, 5)])).toEqual(measured);
      await expect(port.compare([cheat('en-m4', 0, 6)])).rejects.toThrow(
        'no stored distance of variant en-m4, sample 0, level hard, to variant en, sample 0, level hard, 16 projections',
      );
      expect(port.stats()).toMatchObject({ comparedCount: 1, sketchedCount: 0 });
    });
  });

  it('given validators on a device that the profile was not held against > says so', async () => {
    await expect(withPort({ ...replay, validatorDevice: 'wasm' }, async () => {})).rejects.toThrow(
      'was held against executions on cpu, not on wasm',
    );
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
  const replay = {
    mode: 'replay',
    device: 'webgpu',
    validatorDevice: 'auto',
    root: elsewhere,
    poolSeed: DEFAULT_POOL_SEED,
  } as const;
  mkdirSync(profiles, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'));
  afterAll(() => rmSync(elsewhere, { recursive: true }));

  /** The measured answers of the cpu under the class of another device. */
  function writeProfileOf(deviceClass: InferenceProfile['device']['class']): void {
    const profile = readProfile(join(root, PROFILE_PATH));
    const device = { class: deviceClass, name: 'Some card', cores: 2 };
    writeFileSync(join(profiles, 'webgpu.json'), formatProfile({ ...profile, device }));
  }

  it('given no profile of it > says which file is missing and how to measure one', async () => {
    await expect(withPort(replay, async () => {})).rejects.toThrow(
      /no fixtures\/profiles\/webgpu\.json.*`powr profile --device webgpu`/,
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
        device: 'webgpu: Some card (fixtures/profiles/webgpu.json)',
        validatorDevice: expect.stringMatching(/^cpu: /),
        replayedCount: 3,
      });
    });
  });

  it('given a profile without the answers of the cpu > refuses to guess them; with them > has those, not the card’s', async () => {
    const place = { variant: en, sample: 0, level: HARD, nonce: 1 };
    const compare = () => withPort(replay, (port) => port.compare([{ claimed: place, declared: place }]));
    writeProfileOf('webgpu');
    await expect(compare()).rejects.toThrow('Replay has no stored distance');
    const profile = readProfile(join(profiles, 'webgpu.json'));
    const withAnswers = profile.variants.map((variant) => ({
      ...variant,
      levels: variant.levels.map((level) => ({ ...level, referenceAnswerId: level.answerId.map((id) => id - 1) })),
    }));
    writeFileSync(join(profiles, 'webgpu.json'), formatProfile({ ...profile, variants: withAnswers }));
    const [answer] = await withPort(replay, (port) => port.infer([place]));
    expect((await compare())[0]!.declaredAnswerId).toBe(answer!.answerId - 1);
  });

  it('given validators on the card too > says that its profile was held against the cpu', async () => {
    writeProfileOf('webgpu');
    await expect(withPort({ ...replay, validatorDevice: 'same' }, async () => {})).rejects.toThrow(
      'was held against executions on cpu, not on webgpu',
    );
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
    const known = ({ answerId, qualityBps }: (typeof stored)[number]) => ({ answerId, qualityBps });
    expect(executed.map(known)).toEqual(stored.map(known));
    // To the last bit only on the same processor: others add up in another order.
    if (readProfile(join(root, PROFILE_PATH)).device.name === readCpuName())
      expect(executed.map(({ outputId }) => outputId)).toEqual(stored.map(({ outputId }) => outputId));
  });
});
