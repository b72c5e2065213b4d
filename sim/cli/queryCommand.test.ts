/** SQL over stored runs: what it answers, what it refuses, and what it cannot reach. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraRows } from '../engine/observer.ts';
import { openRun } from '../store/runWriter.ts';
import { testEra, testManifest } from '../store/testSupport.ts';
import { exitCodeOf, UsageError } from './exitCodes.ts';
import { type Output, type QueryOptions, queryCommand, SHOWN_ROWS } from './queryCommand.ts';

const place = mkdtempSync(join(tmpdir(), 'powr-query-'));
const study = join(place, 'study');
const runA = join(study, 'a');
const runB = join(study, 'deeper', 'b');
const secret = join(place, 'secret.csv');

async function writeRun(
  directory: string,
  eras: readonly EraRows[],
  state: 'complete' | 'failed' = 'complete',
): Promise<void> {
  const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: 'version: 1\n' });
  for (const era of eras) await writer.appendEra(era);
  if (state === 'complete') await writer.finish({ manifest: testManifest, summary: {} });
  else await writer.fail(testManifest);
}

beforeAll(async () => {
  mkdirSync(study, { recursive: true });
  await writeRun(runA, [testEra(0), testEra(1)]);
  await writeRun(runB, [{ ...testEra(0), events: [] }]);
  writeFileSync(secret, 'password\nhunter2\n');
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

type Asked = { readonly code: number; readonly text: string };

async function ask(path: string, sql: string, options: QueryOptions = {}, isTerminal = false): Promise<Asked> {
  let text = '';
  const out: Output = {
    isTerminal,
    color: false,
    async write(part) {
      text += part;
    },
  };
  return { code: await queryCommand(path, sql, options, out), text };
}

async function rowsOf(path: string, sql: string): Promise<Record<string, unknown>[]> {
  return JSON.parse((await ask(path, sql, { json: true })).text) as Record<string, unknown>[];
}

async function refusalOf(sql: string, path = runA): Promise<string> {
  const error = await ask(path, sql).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, sql).toBeInstanceOf(UsageError);
  expect(exitCodeOf(error)).toBe(2);
  return (error as Error).message;
}

describe('powr query on a run', () => {
  it('given a SELECT > prints an aligned table, numbers to the right, what has no value left empty', async () => {
    const sql = `SELECT account, role, wallet_units, CASE WHEN account = 33 THEN 1.5 END AS x FROM agents WHERE era = 0 AND account < 35 ORDER BY account`;
    expect((await ask(runA, sql)).text.split('\n')).toEqual([
      'account  role       wallet_units    x',
      '     32  miner  9007199254740991',
      '     33  miner  9007199254740991  1.5',
      '     34  miner  9007199254740991',
      '',
    ]);
  });

  it('has every table of the run, without a column that names it', async () => {
    expect((await rowsOf(runA, 'SHOW TABLES')).map(({ name }) => name)).toEqual([
      'agents',
      'audits',
      'calls',
      'challenges',
      'delegations',
      'economics',
      'events',
      'fizz',
      'flows',
      'leases',
      'market',
      'metrics',
      'models',
      'nodes',
      'providers',
      'slarks',
      'validators',
    ]);
    expect((await rowsOf(runA, 'DESCRIBE metrics')).map(({ column_name }) => column_name)).not.toContain('run');
    expect(await rowsOf(runA, 'SELECT era, count(*) AS n FROM events GROUP BY era ORDER BY era')).toEqual([
      { era: 0, n: 3 },
      { era: 1, n: 3 },
    ]);
  });

  it('given --json > numbers are numbers, beyond 2^53 and without end they are texts', async () => {
    expect(
      await rowsOf(
        runA,
        `SELECT max(wallet_units) AS m, sum(wallet_units) AS s, 1.25::DECIMAL(9,2) AS d, [1, 2] AS l, {'a': 1} AS o, 1 / 0.0 AS i, NULL AS n, true AS b, DATE '2026-01-02' AS t FROM agents`,
      ),
    ).toEqual([
      {
        m: 9_007_199_254_740_991,
        s: '90071992547409910',
        d: 1.25,
        l: [1, 2],
        o: { a: 1 },
        i: 'Infinity',
        n: null,
        b: true,
        t: '2026-01-02',
      },
    ]);
    expect((await ask(runA, 'SELECT 1 WHERE false', { json: true })).text).toBe('[]\n');
  });

  it('given --csv > quotes what needs it, and prints all rows, also on a terminal', async () => {
    const { text } = await ask(runA, `SELECT 'a,"b' AS "x y", NULL AS z, 'c\nd' AS w`, { csv: true });
    expect(text).toBe('x y,z,w\n"a,""b",,"c\nd"\n');
    const many = await ask(runA, 'SELECT * FROM range(5000)', { csv: true }, true);
    expect(many.text.split('\n')).toHaveLength(5_002);
  });

  it('given more rows than a terminal should get > shows the first and says so; elsewhere it shows all', async () => {
    const shown = (await ask(runA, 'SELECT range AS i FROM range(5000)', {}, true)).text.trimEnd().split('\n');
    expect(shown).toHaveLength(SHOWN_ROWS + 2);
    expect(shown.at(-1)).toContain(`the first ${SHOWN_ROWS} rows`);
    const exactly = (await ask(runA, `SELECT range AS i FROM range(${SHOWN_ROWS})`, {}, true)).text.trimEnd();
    expect(exactly.split('\n')).toHaveLength(SHOWN_ROWS + 1);
    expect((await ask(runA, 'SELECT * FROM range(5000)')).text.trimEnd().split('\n')).toHaveLength(5_001);
  });

  it('given names that hold escape codes > the terminal is not commanded', async () => {
    const { text } = await ask(runA, 'SELECT name FROM agents ORDER BY account');
    expect([...text].filter((character) => character !== '\n' && character < ' ')).toEqual([]);
    expect(text).toContain('\\u2028\\u0000');
  });

  it('works in a directory whose name is a pattern', async () => {
    const directory = join(place, "glob-[ab]*? 'q'");
    await writeRun(directory, [testEra(0)]);
    await writeRun(join(place, 'glob-aXX'), [testEra(0), testEra(1)]);
    expect(await rowsOf(directory, 'SELECT count(*) AS n FROM metrics')).toEqual([{ n: 1 }]);
  });
});

describe('powr query on a directory of runs', () => {
  it('stacks the tables, with the run as the first column', async () => {
    expect((await rowsOf(study, 'DESCRIBE metrics'))[0]).toMatchObject({ column_name: 'run' });
    expect(await rowsOf(study, 'SELECT run, count(*) AS n FROM agents GROUP BY run ORDER BY run')).toEqual([
      { run: 'a', n: 10 },
      { run: join('deeper', 'b'), n: 5 },
    ]);
    // Only one of them has recorded events.
    expect(await rowsOf(study, 'SELECT DISTINCT run FROM events')).toEqual([{ run: 'a' }]);
  });

  it('works where a run’s name is a pattern', async () => {
    const odd = join(place, 'odd');
    await writeRun(join(odd, '[ab]*'), [testEra(0)]);
    await writeRun(join(odd, 'b'), [testEra(0), testEra(1)]);
    expect(await rowsOf(odd, 'SELECT run, count(*) AS n FROM metrics GROUP BY run ORDER BY run')).toEqual([
      { run: '[ab]*', n: 1 },
      { run: 'b', n: 2 },
    ]);
  });

  it('leaves unfinished runs out and says what they have committed', async () => {
    const mixed = join(place, 'mixed');
    await writeRun(join(mixed, 'whole'), [testEra(0)]);
    await writeRun(join(mixed, 'killed'), [testEra(0), testEra(1)], 'failed');
    const { write } = process.stderr;
    let said = '';
    process.stderr.write = ((text: string) => {
      said += text;
      return true;
    }) as typeof process.stderr.write;
    try {
      expect(await rowsOf(mixed, 'SELECT DISTINCT run FROM metrics')).toEqual([{ run: 'whole' }]);
    } finally {
      process.stderr.write = write;
    }
    expect(said).toMatch(/^left out: .*killed failed: 2 of 6 eras are committed\n$/);
  });
});

describe('powr query refuses', () => {
  it.each([
    ['SELECT * FORM metrics', 'query:1:'],
    ['SELECT era,\n  wallet_unit\nFROM agents', 'query:2:3'],
    ["SELECT 'ünï', nope FROM agents", 'query:1:15'],
    ['SELECT * FROM metrics WHERE era = 1 ORDER BY (', 'query:1:'],
    ["SELECT 'a'::INT", 'query:1:11'],
  ])('given %j > says where and marks the place', async (sql, where) => {
    const message = await refusalOf(sql);
    expect(message.startsWith(where), message).toBe(true);
    const [, line, mark] = message.slice(message.indexOf('\n   ')).split('\n');
    expect(sql.split('\n').map((one, i) => `   ${i + 1} | ${one}`)).toContain(line);
    const column = Number(/^query:\d+:(\d+)/.exec(message)![1]);
    expect(mark!.indexOf('^') - '   1 | '.length + 1).toBe(column);
  });

  it('given a table that there is not > names the nearest, and all of them', async () => {
    expect(await refusalOf('SELECT * FROM metric')).toContain('there is no table metric — did you mean "metrics"?');
    expect(await refusalOf('SELECT * FROM nothing_like_it')).toContain('tables: metrics, agents, models');
  });

  it('given a run that is older than a table > says to run it again', async () => {
    const old = join(place, 'old');
    await writeRun(old, [testEra(0)]);
    rmSync(join(old, 'providers.parquet'));
    expect(await refusalOf('SELECT * FROM providers', old)).toContain('older than this table; run it again');
    expect(await rowsOf(runA, 'SELECT licence FROM slarks WHERE era = 0 ORDER BY 1')).toEqual([
      { licence: 1 },
      { licence: 2 },
    ]);
  });

  it('given events that were not recorded > says how to record them', async () => {
    expect(await refusalOf('SELECT * FROM events', runB)).toContain('record: { events: all }');
  });

  it.each(['', '  ', '-- nothing', '/* nothing */ ;'])('given %j > asks for SQL', async (sql) => {
    expect(await refusalOf(sql)).toContain('there is no SQL');
  });

  it('given two statements > takes one at a time', async () => {
    expect(await refusalOf('SELECT 1; SELECT 2')).toContain('2 statements');
  });

  it('given --json and --csv > asks to choose', async () => {
    await expect(ask(runA, 'SELECT 1', { json: true, csv: true })).rejects.toThrow('--json or --csv');
  });

  it('given no run > exit 2, as for a run that has not ended, of which it says what is committed', async () => {
    const killed = join(place, 'killed');
    await writeRun(killed, [testEra(0), testEra(1), testEra(2)], 'failed');
    for (const [path, said] of [
      [killed, '3 of 6 eras are committed'],
      [place.slice(0, -1), 'neither the directory of a run nor'],
      [secret, 'neither the directory of a run nor'],
    ] as const) {
      const error = await ask(path, 'SELECT 1').catch((reason: unknown) => reason);
      expect(exitCodeOf(error)).toBe(2);
      expect((error as Error).message).toContain(said);
    }
  });
});

describe('powr query reaches nothing but the tables', () => {
  const contents = () =>
    Object.fromEntries(readdirSync(runA).map((name) => [name, readFileSync(join(runA, name)).toString('base64')]));

  it('the file that it must not reach could be read without the seal', () => {
    expect(readFileSync(secret, 'utf8')).toContain('hunter2');
  });

  it.each([
    ['read_csv', (path: string) => `SELECT * FROM read_csv('${path}')`],
    ['read_text', (path: string) => `SELECT * FROM read_text('${path}')`],
    ['read_blob', (path: string) => `SELECT * FROM read_blob('${path}')`],
    ['read_json', (path: string) => `SELECT * FROM read_json('${path}')`],
    ['a file as a table', (path: string) => `SELECT * FROM '${path}'`],
    ['glob', (path: string) => `SELECT * FROM glob('${path}*')`],
    ['sniff_csv', (path: string) => `SELECT * FROM sniff_csv('${path}')`],
    ['a path out of the run', (path: string) => `SELECT * FROM read_csv('${runA}/../../${path.split('/').at(-1)}')`],
    [
      'a path through a table',
      (path: string) => `SELECT * FROM read_csv('${runA}/metrics.parquet/../../../${path.split('/').at(-1)}')`,
    ],
    ['SQL in SQL', (path: string) => `SELECT * FROM query('SELECT * FROM read_text(''${path}'')')`],
  ])('%s > is refused', async (_, sql) => {
    const message = await refusalOf(sql(secret));
    expect(message).not.toContain('hunter2');
    expect(message).toMatch(/Cannot access|cannot/i);
  });

  it('the log and the manifest of its own run are other files too', async () => {
    for (const file of ['log.ndjson', 'manifest.json'])
      expect(await refusalOf(`SELECT * FROM read_text('${join(runA, file)}')`)).toContain('Cannot access file');
    expect(await refusalOf(`SELECT * FROM '${join(runB, 'metrics.parquet')}'`)).toContain('Cannot access file');
  });

  it.each([
    ['COPY', (path: string) => `COPY metrics TO '${path}'`],
    [
      'COPY onto a table',
      () => `COPY (SELECT 1 AS a) TO '${join(runA, 'metrics.parquet')}' (FORMAT parquet, USE_TMP_FILE false)`,
    ],
    [
      'EXPLAIN ANALYZE of it',
      () =>
        `EXPLAIN ANALYZE COPY (SELECT 1 AS a) TO '${join(runA, 'metrics.parquet')}' (FORMAT parquet, USE_TMP_FILE false)`,
    ],
    ['ATTACH', (path: string) => `ATTACH '${path}'`],
    ['EXPORT', (path: string) => `EXPORT DATABASE '${path}'`],
    ['CREATE', () => 'CREATE TABLE t(a INT)'],
    ['DROP', () => 'DROP VIEW metrics'],
    ['INSERT', () => 'INSERT INTO metrics VALUES (1)'],
    ['SET', () => 'SET enable_external_access = true'],
    ['PRAGMA', () => 'PRAGMA enable_profiling'],
    ['INSTALL', () => 'INSTALL httpfs'],
    ['LOAD', () => 'LOAD httpfs'],
  ])('%s > is refused, and nothing is written', async (_, sql) => {
    const before = contents();
    const path = join(place, 'written');
    await refusalOf(sql(path));
    expect(existsSync(path)).toBe(false);
    expect(contents()).toEqual(before);
  });

  it('no network, and no extension for it', async () => {
    expect(await refusalOf("SELECT * FROM read_csv('https://example.com/a.csv')")).toContain('Cannot access file');
    expect(await refusalOf("SELECT * FROM 's3://bucket/a.parquet'")).toContain('Cannot access file');
    expect(await refusalOf("SELECT * FROM sqlite_scan('a', 'b')")).not.toBe('');
  });

  it('no log of its own is written where a query asks for one', async () => {
    const before = contents();
    const path = join(place, 'logs');
    await ask(runA, `SELECT * FROM enable_logging(storage = 'file', storage_path = '${path}')`).catch(() => undefined);
    await ask(
      runA,
      `SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_path = '${join(runA, 'metrics.parquet')}')`,
    ).catch(() => undefined);
    expect(existsSync(path)).toBe(false);
    expect(contents()).toEqual(before);
  });

  it('a link in the run to another file is another file', async () => {
    const linked = join(place, 'linked');
    await writeRun(linked, [testEra(0)]);
    symlinkSync(secret, join(linked, 'link.csv'));
    expect(await refusalOf(`SELECT * FROM read_csv('${join(linked, 'link.csv')}')`, linked)).toContain('Cannot access');
  });
});
