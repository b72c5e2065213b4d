/**
 * The stored tables of runs for a stranger's SQL: a database that can read them and nothing else, write nowhere, and load
 * no extension. Whose SQL it is, and what is done with the result, the caller decides.
 */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlPath, sqlText, withDuckDb } from './duckdb.ts';
import type { FoundRun } from './findRuns.ts';
import { RUN_FILES } from './paths.ts';
import { TABLES, type TableName } from './tables.ts';

export type SealedTables = {
  readonly connection: DuckDBConnection;
  /** Tables that at least one of the runs has. */
  readonly tables: readonly TableName[];
};

const SETTINGS = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
  // No spilling to disk: the directory of the process is not ours to write to.
  temp_directory: '',
} as const;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function viewOf(table: TableName, files: readonly { readonly path: string; readonly label: string }[]): string {
  const [first] = files;
  if (files.length === 1 && first!.label === '')
    return `CREATE VIEW "${table}" AS SELECT * FROM read_parquet(${sqlPath(first!.path)})`;
  const list = (texts: readonly string[]): string => `[${texts.join(', ')}]`;
  const labels = `MAP(${list(files.map(({ path }) => sqlText(path)))}, ${list(files.map(({ label }) => sqlText(label)))})`;
  const source = `read_parquet(${list(files.map(({ path }) => sqlPath(path)))}, union_by_name = true, filename = 'powr_file')`;
  return `CREATE VIEW "${table}" AS SELECT ${labels}[powr_file] AS run, * EXCLUDE (powr_file) FROM ${source}`;
}

/**
 * Runs `work` on a database with one view per stored table. The runs below a directory are stacked in each view, told
 * apart by its first column `run`; a run that is named itself has no such column.
 *
 * Files are out of reach but for the tables, and what would write to one of them is no SELECT: the caller executes
 * nothing else.
 */
export async function withSealedTables<T>(
  runs: readonly FoundRun[],
  work: (sealed: SealedTables) => Promise<T>,
): Promise<T> {
  const found: { table: TableName; files: { path: string; label: string }[] }[] = [];
  for (const table of Object.keys(TABLES) as TableName[]) {
    const files: { path: string; label: string }[] = [];
    for (const { directory, label } of runs) {
      const path = resolve(join(directory, RUN_FILES[table]));
      if (await exists(path)) files.push({ path, label });
    }
    if (files.length > 0) found.push({ table, files });
  }
  return withDuckDb(async (connection) => {
    // A path is looked up as the pattern that names exactly it, and the seal judges both.
    const paths = found.flatMap(({ files }) => files.flatMap(({ path }) => [sqlText(path), sqlPath(path)]));
    await connection.run(`SET allowed_paths = [${paths.join(', ')}]`);
    for (const { table, files } of found) await connection.run(viewOf(table, files));
    await connection.run('SET enable_external_access = false');
    await connection.run('SET errors_as_json = true');
    await connection.run('SET lock_configuration = true');
    return work({ connection, tables: found.map(({ table }) => table) });
  }, SETTINGS);
}
