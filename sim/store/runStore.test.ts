/** What is written is what is read back, and what is no whole run is not taken for one. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { EraRows } from '../engine/observer.ts';
import { withDuckDb } from './duckdb.ts';
import { repoRoot, runDirectory } from './paths.ts';
import { readLog, readManifest, readRun } from './readRun.ts';
import { openRun } from './runWriter.ts';
import { StoreError } from './storeError.ts';
import { columnsOf, snakeCase } from './tables.ts';
import { testEra, testManifest } from './testSupport.ts';

const place = mkdtempSync(join(tmpdir(), 'powr-store-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

let made = 0;
const newDirectory = (name = `run-${made++}`): string => join(place, name);

const summary = { 'profit.steady': 12.5, 'requests.total': 9_007_199_254_740_991, tiny: 1e-9, negative: -3 };

async function writeRun(directory: string, eras: readonly EraRows[]): Promise<void> {
  const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: 'version: 1\nname: "a: b"\n' });
  for (const era of eras) await writer.appendEra(era);
  await writer.finish({ manifest: testManifest, summary });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

describe('openRun and readRun', () => {
  it('given a finished run > gives back every row, number and text as it was', async () => {
    const directory = newDirectory();
    const eras = [0, 1, 2, 3].map((era) => testEra(era));
    await writeRun(directory, eras);
    const run = await readRun(directory);
    expect(run.manifest).toEqual({ ...testManifest, state: 'complete' });
    expect(run.summary).toEqual(summary);
    expect(run.scenarioYaml).toBe('version: 1\nname: "a: b"\n');
    expect(run.eras).toEqual(eras.map((era) => era.era));
    expect(run.agents).toEqual(eras.flatMap((era) => era.agents));
    expect(run.models).toEqual(eras.flatMap((era) => era.models));
    expect(run.providers).toEqual(eras.flatMap((era) => era.providers));
    expect(run.slarks).toEqual(eras.flatMap((era) => era.slarks));
    expect(run.challenges).toEqual(eras.flatMap((era) => era.challenges));
    expect(await collect(readLog(directory))).toEqual(eras);
  });

  it('given an era larger than a piece of the log > it is whole', async () => {
    const directory = newDirectory();
    const era = testEra(0, 4_000, 2_000);
    await writeRun(directory, [era]);
    expect((await readRun(directory)).agents).toEqual(era.agents);
    expect(await collect(readLog(directory))).toEqual([era]);
  });

  it.each(['with space', "quote'quote", 'glob-[ab]*?', 'ünïcode'])(
    'given a directory named %s > works there',
    async (name) => {
      const directory = newDirectory(name);
      await writeRun(directory, [testEra(0)]);
      expect((await readRun(directory)).eras).toEqual([testEra(0).era]);
    },
  );

  it('given no agents, no events, or not even an era > the tables are empty, and events have no file', async () => {
    const directory = newDirectory();
    await writeRun(directory, [{ ...testEra(0), agents: [], events: [] }]);
    expect((await readRun(directory)).agents).toEqual([]);
    expect(existsSync(join(directory, 'events.parquet'))).toBe(false);
    const empty = newDirectory();
    await writeRun(empty, []);
    expect((await readRun(empty)).eras).toEqual([]);
  });

  it('given a run without providers, Slarks and challenges > their tables are empty', async () => {
    const directory = newDirectory();
    await writeRun(directory, [{ ...testEra(0), providers: [], slarks: [], challenges: [] }]);
    const { providers, slarks, challenges, eras } = await readRun(directory);
    expect([providers, slarks, challenges, eras.length]).toEqual([[], [], [], 1]);
  });

  it('given a run without a compute market > its tables are empty', async () => {
    const directory = newDirectory();
    const none = { market: [], flows: [], leases: [], economics: [], fizz: [] };
    await writeRun(directory, [{ ...testEra(0), ...none }]);
    const { market, flows, economics, fizz, eras } = await readRun(directory);
    expect([market, flows, economics, fizz, eras.length]).toEqual([[], [], [], [], 1]);
  });

  it('given a run in which nothing was audited > its table of audits is empty', async () => {
    const directory = newDirectory();
    await writeRun(directory, [{ ...testEra(0), audits: [] }]);
    const { audits, eras } = await readRun(directory);
    expect([audits, eras.length]).toEqual([[], 1]);
  });

  it.each(['market', 'flows', 'economics', 'fizz', 'audits'] as const)(
    'given a run that was stored before there was a table %s > says to run it again, and how',
    async (table) => {
      const directory = newDirectory();
      await writeRun(directory, [testEra(0)]);
      expect((await readRun(directory))[table]).toEqual(testEra(0)[table]);
      rmSync(join(directory, `${table}.parquet`));
      expect(await failureOf(readRun(directory))).toMatchObject({
        code: 'NOT_RECORDED',
        message: expect.stringContaining(`older than the table ${table}`),
        fix: expect.stringContaining(testManifest.command),
      });
    },
  );

  it('given a run of an older version, with a table or a column less > says to run it again, and how', async () => {
    const directory = newDirectory();
    await writeRun(directory, [testEra(0)]);
    rmSync(join(directory, 'challenges.parquet'));
    const fix = expect.stringContaining(testManifest.command);
    expect(await failureOf(readRun(directory))).toMatchObject({
      code: 'NOT_RECORDED',
      message: expect.stringContaining('older than the table challenges'),
      fix,
    });
    const narrow = newDirectory();
    await writeRun(narrow, [testEra(0)]);
    await withDuckDb((connection) =>
      connection.run(
        `COPY (SELECT * EXCLUDE (provider_count) FROM '${narrow}/metrics.parquet') TO '${narrow}/metrics.parquet'`,
      ),
    );
    expect(await failureOf(readRun(narrow))).toMatchObject({ code: 'NOT_RECORDED', fix });
    for (const table of ['agents', 'models'] as const) {
      const older = newDirectory();
      await writeRun(older, [testEra(0)]);
      const file = join(older, `${table}.parquet`);
      await withDuckDb((connection) =>
        connection.run(`COPY (SELECT * EXCLUDE (served_quality_bps) FROM '${file}') TO '${file}'`),
      );
      expect(await failureOf(readRun(older)), table).toMatchObject({ code: 'NOT_RECORDED', fix });
    }
  });

  it('writes Parquet whose columns are the fields in snake_case, the unit last', async () => {
    const directory = newDirectory();
    await writeRun(directory, [testEra(0), testEra(1)]);
    const rows = await withDuckDb(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT name, type, era, c FROM (DESCRIBE SELECT * FROM '${directory}/agents.parquet') d(name, type), (SELECT max(era) AS era, max(c) AS c FROM '${directory}/events.parquet')`,
      );
      return reader.getRowsJS();
    });
    expect(rows.map(([name]) => name)).toEqual(columnsOf('agents').map(({ column }) => column));
    expect(rows[6]).toEqual(['wallet_units', 'BIGINT', 1n, 9_007_199_254_740_991n]);
    expect(snakeCase('minerIncomeGiniFp')).toBe('miner_income_gini_fp');
  });

  it('given a directory with an earlier run > leaves nothing of it', async () => {
    const directory = newDirectory();
    await writeRun(directory, [testEra(0), testEra(1)]);
    writeFileSync(join(directory, 'report.html'), 'old');
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: 'new' });
    expect(readdirSync(directory).sort()).toEqual([
      'log.ndjson',
      'manifest.json',
      'notes.txt',
      'scenario.resolved.yaml',
    ]);
    await writer.fail(testManifest);
  });

  it.each([
    ['other files', 'package.json', '{}'],
    ['a manifest.json of another program', 'manifest.json', '{"version":3,"name":"extension"}'],
    ['a manifest.json that is not JSON', 'manifest.json', 'not JSON'],
  ])('given a directory that holds %s > refuses and changes nothing', async (_, file, content) => {
    const directory = newDirectory();
    mkdirSync(directory);
    writeFileSync(join(directory, file), content);
    const error = await failureOf(openRun({ directory, manifest: testManifest, scenarioYaml: '' }));
    expect([error.code, error.exitCode]).toEqual(['FOREIGN_DIRECTORY', 2]);
    expect(readdirSync(directory)).toEqual([file]);
    expect(readFileSync(join(directory, file), 'utf8')).toBe(content);
  });

  it('given a path that goes through a file > says that it cannot write there', async () => {
    writeFileSync(join(place, 'file'), '');
    const error = await failureOf(
      openRun({ directory: join(place, 'file', 'run'), manifest: testManifest, scenarioYaml: '' }),
    );
    expect([error.code, error.exitCode]).toEqual(['WRITE_FAILED', 6]);
  });

  it('given a run that has ended > takes nothing more', async () => {
    const writer = await openRun({ directory: newDirectory(), manifest: testManifest, scenarioYaml: '' });
    await writer.finish({ manifest: testManifest, summary });
    expect((await failureOf(writer.appendEra(testEra(0)))).code).toBe('RUN_CLOSED');
    expect((await failureOf(writer.finish({ manifest: testManifest, summary }))).code).toBe('RUN_CLOSED');
    expect((await failureOf(writer.fail(testManifest))).code).toBe('RUN_CLOSED');
  });

  it('given tables that cannot be written > the run is not complete and can still be marked as failed', async () => {
    const directory = newDirectory();
    const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: '' });
    await writer.appendEra(testEra(0));
    mkdirSync(join(directory, 'agents.parquet.tmp'));
    expect((await failureOf(writer.finish({ manifest: testManifest, summary }))).message).toContain('agents.parquet');
    expect((await readManifest(directory)).state).toBe('running');
    await writer.fail(testManifest);
    expect((await readManifest(directory)).state).toBe('failed');
  });
});

describe('readRun refuses', () => {
  it('given a directory that is no run > says so and what to name', async () => {
    for (const directory of [join(place, 'nowhere'), place, join(repoRoot(), 'package.json')]) {
      const error = await failureOf(readRun(directory));
      expect([error.code, error.exitCode]).toEqual(['NO_RUN', 2]);
      expect(error.message).toContain(directory);
    }
  });

  it.each(['running', 'failed'] as const)(
    'given a run that is %s > says how many eras are committed',
    async (state) => {
      const directory = newDirectory();
      const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: '' });
      for (const era of [0, 1, 2]) await writer.appendEra(testEra(era));
      if (state === 'failed') await writer.fail(testManifest);
      const error = await failureOf(readRun(directory));
      expect(error.code).toBe('UNFINISHED');
      expect(error.message).toContain('3 of 6 eras are committed');
      expect(error.message).toContain(testManifest.command);
      if (state === 'running') await writer.fail(testManifest);
    },
  );

  it.each(['summary.json', 'scenario.resolved.yaml', 'metrics.parquet', 'agents.parquet', 'models.parquet'])(
    'given that %s is missing or cut > names it',
    async (file) => {
      const directory = newDirectory();
      await writeRun(directory, [testEra(0)]);
      const path = join(directory, file);
      if (!file.endsWith('.yaml')) {
        writeFileSync(path, readFileSync(path).subarray(0, 40));
        const error = await failureOf(readRun(directory));
        expect([error.code, error.exitCode]).toEqual(['FILE_BROKEN', 6]);
        expect(error.message).toContain(path);
      }
      rmSync(path);
      const error = await failureOf(readRun(directory));
      expect(error.code).toBe('FILE_MISSING');
      expect(error.message).toContain(path);
    },
  );
});

describe('runDirectory', () => {
  it.each([
    ['sybil swarm', 'sybil-swarm-c0ffee01-s7'],
    ['../../etc/passwd', '-etc-passwd-c0ffee01-s7'],
    ['', '-c0ffee01-s7'],
    ['x'.repeat(300), `${'x'.repeat(80)}-c0ffee01-s7`],
  ])('given the name %s > stays in its root, as %s', (name, expected) => {
    expect(runDirectory('runs', name, 'c0ffee0123456789', 7)).toBe(join('runs', expected));
  });
});
