/** DuckDB in memory, opened for one piece of work. Loaded on first use: its native library costs a tenth of a second. */
import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Runs `work` on a fresh in-memory database and closes it, also when the work fails.
 *
 * @param settings of the database, before it is opened
 */
export async function withDuckDb<T>(
  work: (connection: DuckDBConnection) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { ...settings });
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path as an SQL literal that names exactly this file: DuckDB reads `*`, `?` and `[` of a path as a pattern. */
export function sqlPath(path: string): string {
  return sqlText(path.replace(/[*?[\]]/g, '[$&]'));
}
