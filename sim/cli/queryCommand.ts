/** `powr query`: one SELECT over the stored tables of a run, or of many, as a table, CSV or JSON. */
import { once } from 'node:events';
import type { DuckDBPreparedStatement, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { createColors } from 'picocolors';
import { didYouMean } from '../../scenarios/suggest.ts';
import { findRuns } from '../store/findRuns.ts';
import { type SealedTables, withSealedTables } from '../store/sealedTables.ts';
import type { TableName } from '../store/tables.ts';
import { type Align, alignCells, plainText } from './alignCells.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { wantsColor } from './loadFile.ts';

export type QueryOptions = { readonly json?: boolean; readonly csv?: boolean };

/** Rows that a terminal gets to see. */
export const SHOWN_ROWS = 50;

/** What DuckDB says is wrong; `position` counts bytes of the SQL from 0. */
type Complaint = {
  readonly exception_type?: string;
  readonly exception_message: string;
  readonly error_subtype?: string;
  readonly position?: string;
  readonly type?: string;
  readonly name?: string;
};

function complaintOf(error: unknown): Complaint {
  const message = error instanceof Error ? error.message : String(error);
  try {
    return JSON.parse(message.slice(message.indexOf('{'))) as Complaint;
  } catch {
    return { exception_message: message };
  }
}

/** `query:2:7` and the line with a mark below; the place alone is left out where the complaint has none. */
function placeOf(sql: string, position: number): { readonly place: string; readonly excerpt: string } {
  const before = new TextDecoder().decode(new TextEncoder().encode(sql).subarray(0, position));
  const line = before.split('\n').length;
  const column = before.length - (before.lastIndexOf('\n') + 1);
  const text = sql.split('\n')[line - 1] ?? '';
  const number = String(line).padStart(4);
  // The mark keeps the tabs of the line, so that it stands below its place whatever their width.
  const indent = text.slice(0, column).replace(/[^\t]/g, ' ');
  return { place: `query:${line}:${column + 1}`, excerpt: `${number} | ${text}\n${' '.repeat(4)} | ${indent}^` };
}

const YOUNGER = 'The run is older than this table; run it again with the command in its manifest.json.';
/** Tables that a run may lack, and how it comes to have them. */
const HOW_RECORDED: Readonly<Partial<Record<TableName, string>>> = {
  providers: YOUNGER,
  slarks: YOUNGER,
  challenges: YOUNGER,
  market: YOUNGER,
  flows: YOUNGER,
  leases: YOUNGER,
  economics: YOUNGER,
  fizz: YOUNGER,
  audits: YOUNGER,
  events:
    'It recorded no events; write `record: { events: all }` into the scenario, or --set record.events=all, and run it again.',
};

/** @returns what is wrong with the SQL, where, and what there is instead */
function explainComplaint(sql: string, tables: readonly TableName[], error: unknown): UsageError {
  const { exception_type, exception_message, error_subtype, position, type, name } = complaintOf(error);
  let message = exception_message;
  let advice = '';
  if (error_subtype === 'MISSING_ENTRY' && type === 'Table' && name !== undefined) {
    message = `there is no table ${name}${didYouMean(name, tables)}`;
    advice = HOW_RECORDED[name as TableName] ?? `tables: ${tables.join(', ')}`;
  } else if (exception_type === 'Permission') {
    message = `${exception_message.split(' - ')[0]}: a query reads the tables of its runs and nothing else`;
  } else if (error_subtype === 'COLUMN_NOT_FOUND') {
    advice = 'DESCRIBE <table> lists the columns of a table.';
  }
  const { place, excerpt } = position === undefined ? { place: 'query', excerpt: '' } : placeOf(sql, Number(position));
  return new UsageError([`${place}: ${message}`, excerpt, advice].filter((part) => part !== '').join('\n'));
}

async function prepare(sql: string, { connection, tables }: SealedTables): Promise<DuckDBPreparedStatement> {
  const { StatementType } = await import('@duckdb/node-api');
  if (/^(\s|;|--[^\n]*(\n|$)|\/\*.*?\*\/)*$/s.test(sql)) {
    throw new UsageError(`query: there is no SQL. Tables: ${tables.join(', ')}`);
  }
  let statement: DuckDBPreparedStatement;
  let count: number;
  try {
    const extracted = await connection.extractStatements(sql);
    count = extracted.count;
    statement = await extracted.prepare(0);
  } catch (error) {
    throw explainComplaint(sql, tables, error);
  }
  if (count > 1) throw new UsageError(`query: these are ${count} statements; one SELECT at a time`);
  if (statement.statementType !== StatementType.SELECT)
    throw new UsageError('query: only SELECT (and FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW) is allowed');
  return statement;
}

/** Integers beyond 2^53 and what JSON has no form for become texts. */
function jsonOf(value: DuckDBValue): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if ('items' in value) return (value.items as readonly DuckDBValue[]).map(jsonOf);
  if ('entries' in value && !Array.isArray(value.entries)) {
    return Object.fromEntries(
      Object.entries(value.entries as Readonly<Record<string, DuckDBValue>>).map(([key, item]) => [key, jsonOf(item)]),
    );
  }
  const text = String(value);
  return 'scale' in value && Number.isFinite(Number(text)) ? Number(text) : text;
}

function csvOf(value: DuckDBValue): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const isNumeric = (type: DuckDBType): boolean =>
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BIGNUM|DECIMAL.*)$/.test(String(type));

export type Output = {
  readonly isTerminal: boolean;
  readonly color: boolean;
  write(text: string): Promise<void>;
};

/** Standard output that waits while its reader is slow, and ends the command once the reader has gone (`| head`). */
function standardOutput(): Output {
  const stream = process.stdout;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  return {
    isTerminal: stream.isTTY === true,
    color: wantsColor(stream),
    async write(text) {
      if (!stream.write(text)) await once(stream, 'drain');
    },
  };
}

type Result = {
  readonly names: readonly string[];
  readonly aligns: readonly Align[];
  readonly rows: AsyncIterable<readonly (readonly DuckDBValue[])[]>;
};

async function writeJson({ names, rows }: Result, out: Output): Promise<void> {
  let before = '[';
  for await (const some of rows) {
    let text = '';
    for (const row of some) {
      text += `${before}\n  ${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, jsonOf(row[i]!)])))}`;
      before = ',';
    }
    await out.write(text);
  }
  await out.write(before === '[' ? '[]\n' : '\n]\n');
}

async function writeCsv({ names, rows }: Result, out: Output): Promise<void> {
  await out.write(`${names.map(csvOf).join(',')}\n`);
  for await (const some of rows) await out.write(some.map((row) => `${row.map(csvOf).join(',')}\n`).join(''));
}

async function writeTable({ names, aligns, rows }: Result, out: Output): Promise<void> {
  const c = createColors(out.color);
  const limit = out.isTerminal ? SHOWN_ROWS : Number.POSITIVE_INFINITY;
  const cells: string[][] = [];
  let more = false;
  for await (const some of rows) {
    const room = limit - cells.length;
    more = some.length > room;
    for (const row of more ? some.slice(0, room) : some)
      cells.push(row.map((value) => (value === null ? '' : plainText(String(value)))));
    if (more) break;
  }
  const [head, ...body] = alignCells([names.map(plainText), ...cells], aligns);
  await out.write(`${c.bold(head!.join('  ').trimEnd())}\n`);
  for (let from = 0; from < body.length; from += 1_000) {
    await out.write(
      body
        .slice(from, from + 1_000)
        .map((row) => `${row.join('  ').trimEnd()}\n`)
        .join(''),
    );
  }
  if (more) await out.write(c.dim(`the first ${limit} rows; --csv and --json print all\n`));
  else if (cells.length === 0) await out.write(c.dim('no rows\n'));
}

/**
 * @throws UsageError for SQL that is wrong, with its place, or that is no SELECT; StoreError if there is no finished run
 */
export async function queryCommand(
  path: string,
  sql: string,
  options: QueryOptions,
  out: Output = standardOutput(),
): Promise<number> {
  if (options.json === true && options.csv === true) throw new UsageError('Choose --json or --csv');
  const { runs, unfinished } = await findRuns(path);
  for (const sentence of unfinished) process.stderr.write(`left out: ${sentence}\n`);
  await withSealedTables(runs, async (sealed) => {
    const statement = await prepare(sql, sealed);
    try {
      const result = await statement.stream();
      const shown: Result = {
        names: result.deduplicatedColumnNames(),
        aligns: result.columnTypes().map((type) => (isNumeric(type) ? 'right' : 'left')),
        rows: result.yieldRows(),
      };
      const write = options.json === true ? writeJson : options.csv === true ? writeCsv : writeTable;
      await write(shown, out);
    } catch (error) {
      if (error instanceof UsageError || (error as NodeJS.ErrnoException).code !== undefined) throw error;
      throw explainComplaint(sql, sealed.tables, error);
    }
  });
  return EXIT.ok;
}
