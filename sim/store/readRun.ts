/** Reads what a run left: the tables of a complete run, or the committed eras of any. Computes nothing from them. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EraRows } from '../engine/observer.ts';
import type { Manifest, RunTables } from '../engine/trace.ts';
import { sqlPath, withDuckDb } from './duckdb.ts';
import { countCommittedEras, readLogFile } from './log.ts';
import { RUN_FILES } from './paths.ts';
import { StoreError } from './storeError.ts';
import { columnsOf, type RowOf, type TableName } from './tables.ts';

/**
 * Everything that a report is made of. Rows in order of era, then account or model; numbers as JavaScript numbers.
 *
 * @throws StoreError NO_RUN if the directory is no run's; UNFINISHED, saying how many eras are committed; NOT_RECORDED if
 * another version has written it; FILE_MISSING or FILE_BROKEN, naming the file
 */
export async function readRun(directory: string): Promise<RunTables> {
  const manifest = await readFinishedManifest(directory);
  const scenarioYaml = await readText(directory, RUN_FILES.scenario);
  const summary = await readJson<Record<string, number>>(directory, RUN_FILES.summary);
  return await withDuckDb(async (connection) => {
    async function read<T extends ReportTable>(table: T, order: string): Promise<RowOf[T][]> {
      const path = await presentTable(directory, table, manifest);
      const columns = columnsOf(table as TableName);
      // A BIGINT would arrive as a bigint; every integer here is below 2^53, so as a double it is exact.
      const selected = columns
        .map(({ field, column, type }) => `"${column}"${type === 'BIGINT' ? '::DOUBLE' : ''} AS "${field}"`)
        .join(', ');
      try {
        const reader = await connection.runAndReadAll(
          `SELECT ${selected} FROM read_parquet(${sqlPath(path)}) ORDER BY ${order}`,
        );
        return rowsOf(
          columns.map(({ field }) => field),
          reader.getColumnsJS(),
        ) as RowOf[T][];
      } catch (error) {
        throw isOtherVersion(error) ? otherTables(directory, manifest, error) : broken(path, error);
      }
    }
    return {
      manifest,
      summary,
      scenarioYaml,
      eras: await read('metrics', '"era"'),
      agents: await read('agents', '"era", "account"'),
      models: await read('models', '"era", "model"'),
      providers: await read('providers', '"era", "provider"'),
      slarks: await read('slarks', '"era", "licence"'),
      challenges: await read('challenges', '"era", "challenge"'),
      market: await read('market', '"era"'),
      flows: await read('flows', '"era", "payer", "receiver", "reason", "asset"'),
      economics: await read('economics', '"era", "provider"'),
      fizz: await read('fizz', '"era", "fizz"'),
      audits: await read('audits', '"era", "task"'),
    };
  });
}

/** Tables that a report is made of. */
type ReportTable =
  | 'metrics'
  | 'agents'
  | 'models'
  | 'providers'
  | 'slarks'
  | 'challenges'
  | 'market'
  | 'flows'
  | 'economics'
  | 'fizz'
  | 'audits';
/** Those that runs before providers, Slarks and challenges do not have. */
const YOUNGER_TABLES: readonly string[] = [
  ...['providers', 'slarks', 'challenges'],
  ...['market', 'flows', 'economics', 'fizz'],
  'audits',
];

async function presentTable(directory: string, table: ReportTable, manifest: Manifest): Promise<string> {
  try {
    return await present(directory, RUN_FILES[table]);
  } catch (error) {
    if (!YOUNGER_TABLES.includes(table)) throw error;
    throw olderThan(directory, table, manifest);
  }
}

/** The error of a run that was stored before there was a table. */
export function olderThan(directory: string, table: TableName, manifest: Manifest): StoreError {
  return new StoreError('NOT_RECORDED', `The run in ${directory} is older than the table ${table}`, {
    fix: `run it again: ${manifest.command}`,
  });
}

/** Whether DuckDB has looked for a column that a table lacks, because another version has written it. */
export function isOtherVersion(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Referenced column');
}

/** The error of a run whose tables have other columns than this version's. */
export function otherTables(directory: string, manifest: Manifest, cause: unknown): StoreError {
  return new StoreError('NOT_RECORDED', `The run in ${directory} has other tables than this version writes`, {
    fix: `run it again: ${manifest.command}`,
    cause,
  });
}

/** Rows from columns: several times as fast as row by row, and equal texts become one. */
function rowsOf(fields: readonly string[], columns: readonly (readonly unknown[])[]): unknown[] {
  const texts = new Map<string, string>();
  const shared = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const known = texts.get(value);
    if (known === undefined) texts.set(value, value);
    return known ?? value;
  };
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, i) => {
    const row: Record<string, unknown> = {};
    for (let c = 0; c < fields.length; c++) row[fields[c]!] = shared(columns[c]![i]);
    return row;
  });
}

/**
 * The committed eras of a run in any state, in order, one at a time. What a kill left half written is not among them.
 *
 * @throws StoreError NO_RUN, FILE_MISSING or FILE_BROKEN
 */
export async function* readLog(directory: string): AsyncGenerator<EraRows> {
  await readManifest(directory);
  yield* readLogFile(await present(directory, RUN_FILES.log));
}

/** @throws StoreError UNFINISHED if the run has no tables yet, saying how many eras are committed; else as {@link readManifest} */
export async function readFinishedManifest(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  if (manifest.state === 'complete') return manifest;
  const committed = await countCommittedEras(await present(directory, RUN_FILES.log));
  const ended = manifest.state === 'failed' ? 'failed' : 'has not ended, or was killed';
  throw new StoreError(
    'UNFINISHED',
    `The run in ${directory} ${ended}: ${committed} of ${manifest.eras} eras are committed`,
    { fix: `run it again: ${manifest.command}` },
  );
}

/** @throws StoreError NO_RUN if the directory holds no manifest of ours, FILE_BROKEN if it cannot be read */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readManifestText(directory);
  if (!isManifest(text)) {
    throw new StoreError(
      'NO_RUN',
      `${directory} is not the directory of a run: it has no ${RUN_FILES.manifest} of PoWR Lab`,
      {
        fix: 'name a directory that `powr run` has written, such as runs/<name>-<hash>-s<seed>',
      },
    );
  }
  return JSON.parse(text) as Manifest;
}

/** Text of a directory's manifest.json, undefined if there is none. */
export async function readManifestText(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, RUN_FILES.manifest), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw broken(join(directory, RUN_FILES.manifest), error);
  }
}

/** Whether a text is the manifest of a run: other programs have files of that name too. */
export function isManifest(text: string | undefined): text is string {
  if (text === undefined) return false;
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null;
    return value?.version === 1 && typeof value.scenarioHash === 'string' && typeof value.seed === 'number';
  } catch {
    return false;
  }
}

/** Path of a file of a run. @throws StoreError FILE_MISSING */
export async function present(directory: string, file: string): Promise<string> {
  const path = join(directory, file);
  await access(path).catch(() => {
    throw new StoreError('FILE_MISSING', `${path} is missing, although the directory is that of a run`, {
      fix: 'run the scenario again: equal seeds give equal runs',
    });
  });
  return path;
}

/** Text of a file of a run. @throws StoreError FILE_MISSING or FILE_BROKEN */
export async function readText(directory: string, file: string): Promise<string> {
  const path = await present(directory, file);
  return await readFile(path, 'utf8').catch((error: unknown) => {
    throw broken(path, error);
  });
}

async function readJson<T>(directory: string, file: string): Promise<T> {
  const text = await readText(directory, file);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw broken(join(directory, file), error);
  }
}

/** The error of a file that is there and cannot be read. */
export function broken(path: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new StoreError('FILE_BROKEN', `Cannot read ${path}: ${why}`, {
    fix: 'run the scenario again: equal seeds give equal runs',
    cause,
  });
}
