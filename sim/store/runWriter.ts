/**
 * Writes what a run leaves: the manifest at once, the log era by era, the tables at the end. The manifest says `complete`
 * only after everything else lies on the disk. Decides nothing about the contents.
 */
import { type FileHandle, mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { EraRows } from '../engine/observer.ts';
import type { Manifest } from '../engine/trace.ts';
import { sqlPath, sqlText, withDuckDb } from './duckdb.ts';
import { encodeEra, readCommittedLog } from './log.ts';
import { RUN_FILES } from './paths.ts';
import { isManifest, readManifestText } from './readRun.ts';
import { StoreError } from './storeError.ts';
import { columnsOf, TABLES, type TableName } from './tables.ts';
import { publishFile, replaceFile, storeErrorOf, writeAll } from './writeFile.ts';

export type RunWriter = {
  /**
   * Appends an era to the log. Once the promise is fulfilled, the era survives the death of this process; a machine that
   * loses power may lose eras until `finish`.
   *
   * @throws StoreError DISK_FULL or WRITE_FAILED, after which only `fail` is of use; RUN_CLOSED
   */
  appendEra(rows: EraRows): Promise<void>;
  /** Writes tables, summary and, last, the manifest as complete. @throws StoreError as `appendEra` */
  finish(end: { readonly manifest: Manifest; readonly summary: Readonly<Record<string, number>> }): Promise<void>;
  /** Writes the manifest as failed; the log stays. @throws StoreError if not even that can be written */
  fail(manifest: Manifest): Promise<void>;
};

/**
 * Starts a run in its directory, which is made if need be. What an earlier run left there under the names of
 * {@link RUN_FILES} is removed, nothing else.
 *
 * @throws StoreError FOREIGN_DIRECTORY if the directory holds files and none of them is the manifest of a run;
 * DISK_FULL or WRITE_FAILED
 */
export async function openRun(start: {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly scenarioYaml: string;
}): Promise<RunWriter> {
  const { directory } = start;
  const pathOf = (file: keyof typeof RUN_FILES): string => join(directory, RUN_FILES[file]);
  await clearDirectory(directory);
  await writeManifest(directory, { ...start.manifest, state: 'running' });
  await replaceFile(pathOf('scenario'), start.scenarioYaml);
  return createWriter(directory, await openLog(pathOf('log'), 'w'), false);
}

/** A killed run that goes on. */
export type ResumedRun = {
  readonly writer: RunWriter;
  /** Digests of the eras that were committed before the kill, in order: the resumed run must come to the same. */
  readonly committedDigests: readonly string[];
};

/**
 * Opens a run that did not finish, cuts off its torn tail, and appends behind its last committed era.
 *
 * @param start manifest of the run that wants to go on: scenario, seed and build must be those of the run that was killed
 * @throws StoreError NOT_RESUMABLE if the directory holds no run, a complete one, or one of another scenario, seed or build
 */
export async function resumeRun(start: {
  readonly directory: string;
  readonly manifest: Manifest;
}): Promise<ResumedRun> {
  const { directory, manifest } = start;
  const refuse = (why: string, fix: string): StoreError =>
    new StoreError('NOT_RESUMABLE', `Cannot resume the run in ${directory}: ${why}`, { fix });
  const text = await readManifestText(directory);
  if (!isManifest(text)) throw refuse('it holds no run', 'leave out --resume to start one.');
  const before = JSON.parse(text) as Manifest;
  if (before.state === 'complete') throw refuse('it is complete', 'leave out --resume to run it again.');
  const compared: readonly (readonly [string, unknown, unknown])[] = [
    ['scenario', before.scenarioHash, manifest.scenarioHash],
    ['seed', before.seed, manifest.seed],
    ['build of PoWR Lab', before.versions.build, manifest.versions.build],
  ];
  for (const [what, old, now] of compared) {
    if (old !== now) throw refuse(`its ${what} was ${String(old)}, now it is ${String(now)}`, 'start a new run.');
  }
  const path = join(directory, RUN_FILES.log);
  const { digests, byteLength, hasEvents } = await readCommittedLog(path);
  await truncate(path, byteLength).catch((error: unknown) => {
    throw storeErrorOf(error, path);
  });
  await writeManifest(directory, { ...manifest, state: 'running' });
  return { writer: createWriter(directory, await openLog(path, 'a'), hasEvents), committedDigests: digests };
}

async function openLog(path: string, flags: 'w' | 'a'): Promise<FileHandle> {
  return open(path, flags).catch((error: unknown) => {
    throw storeErrorOf(error, path);
  });
}

function createWriter(directory: string, log: FileHandle, eventsBefore: boolean): RunWriter {
  const pathOf = (file: keyof typeof RUN_FILES): string => join(directory, RUN_FILES[file]);
  const path = pathOf('log');
  let logState: 'whole' | 'torn' | 'closed' = 'whole';
  let ended = false;
  let hasEvents = eventsBefore;

  function assertWritable(): void {
    if (ended || logState === 'closed') {
      throw new StoreError('RUN_CLOSED', `The run in ${directory} has already ended`);
    }
    // An era written after half an era would be lost together with it.
    if (logState === 'torn') throw new StoreError('RUN_CLOSED', `An earlier era could not be written to ${path}`);
  }

  return {
    async appendEra(rows) {
      assertWritable();
      logState = 'torn';
      for (const bytes of encodeEra(rows)) await writeAll(log, bytes, path);
      logState = 'whole';
      hasEvents ||= rows.events.length > 0;
    },
    async finish({ manifest, summary }) {
      assertWritable();
      logState = 'closed';
      try {
        await log.sync();
        await log.close();
      } catch (error) {
        throw storeErrorOf(error, path);
      }
      await writeTables(directory, hasEvents);
      await replaceFile(pathOf('summary'), `${JSON.stringify(summary, null, 2)}\n`);
      await writeManifest(directory, { ...manifest, state: 'complete' });
      ended = true;
    },
    async fail(manifest) {
      if (ended) throw new StoreError('RUN_CLOSED', `The run in ${directory} has already ended`);
      if (logState !== 'closed') await log.close();
      logState = 'closed';
      await writeManifest(directory, { ...manifest, state: 'failed' });
      ended = true;
    },
  };
}

async function clearDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    // A manifest that a kill has kept from getting its name is the only file that a run can leave without one.
    const names = (await readdir(directory)).filter((name) => name !== `${RUN_FILES.manifest}.tmp`);
    if (names.length > 0 && !isManifest(await readManifestText(directory))) {
      throw new StoreError('FOREIGN_DIRECTORY', `${directory} is not empty and not a run of PoWR Lab`, {
        fix: 'name an empty or a new directory with --out',
      });
    }
    // The manifest stays until the new one replaces it: without one, the directory would not be taken for ours again.
    const stale = Object.values(RUN_FILES).filter((file) => file !== RUN_FILES.manifest);
    for (const file of stale.flatMap((name) => [name, `${name}.tmp`])) await rm(join(directory, file), { force: true });
  } catch (error) {
    throw storeErrorOf(error, directory);
  }
}

async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await replaceFile(join(directory, RUN_FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The Parquet tables, made from the log: rows in the order in which they were appended. */
async function writeTables(directory: string, hasEvents: boolean): Promise<void> {
  const tables = (Object.keys(TABLES) as TableName[]).filter((table) => table !== 'events' || hasEvents);
  await withDuckDb(async (connection) => {
    for (const table of tables) {
      const path = join(directory, RUN_FILES[table]);
      const columns = columnsOf(table);
      const row = columns.map(({ field, type }) => `"${field}" ${type}`).join(', ');
      const selected = columns.map(({ field, column }) => `"row"."${field}" AS "${column}"`).join(', ');
      const source = `read_json(${sqlPath(join(directory, RUN_FILES.log))}, format = 'newline_delimited', columns = {"table": 'VARCHAR', "row": ${sqlText(`STRUCT(${row})`)}})`;
      const partial = `${path}.tmp`;
      try {
        await connection.run(
          `COPY (SELECT ${selected} FROM ${source} WHERE "table" = ${sqlText(table)}) TO ${sqlText(partial)} (FORMAT parquet, COMPRESSION zstd)`,
        );
        await publishFile(partial, path);
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw storeErrorOf(asSystemError(error), path);
      }
    }
  });
}

/** DuckDB tells of a full disk in words only. */
function asSystemError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  return /no space left|disk quota exceeded|file too large/i.test(message)
    ? Object.assign(new Error(message), { code: 'ENOSPC' })
    : error;
}
