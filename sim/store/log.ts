/**
 * The log of a run, one JSON line per row and one commit line per era: what of a run survives a kill. An era counts as
 * stored once its commit line is complete; whatever follows the last one is a torn tail and never seen by a reader.
 */
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { EraRows } from '../engine/observer.ts';
import type { EraRow } from '../engine/trace.ts';
import { StoreError } from './storeError.ts';
import type { RowOf, TableName } from './tables.ts';

/** Text is handed on in pieces of about this many characters: large eras never become one string. */
const CHUNK = 262_144;

type CommitRow = { readonly era: number; readonly lineCount: number; readonly crc: string };
type Line = { readonly table: TableName | 'commit'; readonly row: unknown };

/** CRC-32 of an era's lines and then its number, which stands in the commit line alone. */
function sealOf(crcOfLines: number, era: number): string {
  return crc32(String(era), crcOfLines).toString(16).padStart(8, '0');
}

/**
 * The lines of an era, in pieces: its rows, then a commit line with their number and checksum. An era becomes visible
 * with the last byte of the last piece.
 */
export function* encodeEra(rows: EraRows): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let crc = 0;
  let lineCount = 0;
  let text = '';
  const flush = (): Uint8Array => {
    const bytes = encoder.encode(text);
    crc = crc32(bytes, crc);
    text = '';
    return bytes;
  };
  const tables = [
    ['metrics', [rows.era]],
    ['agents', rows.agents],
    ['models', rows.models],
    ['nodes', rows.nodes],
    ['validators', rows.validators],
    ['delegations', rows.delegations],
    ['calls', rows.calls],
    ['providers', rows.providers],
    ['slarks', rows.slarks],
    ['challenges', rows.challenges],
    ['market', rows.market],
    ['flows', rows.flows],
    ['leases', rows.leases],
    ['economics', rows.economics],
    ['fizz', rows.fizz],
    ['audits', rows.audits],
    ['events', rows.events],
  ] as const;
  for (const [table, tableRows] of tables) {
    for (const row of tableRows) {
      text += `{"table":"${table}","row":${JSON.stringify(row)}}\n`;
      lineCount += 1;
      if (text.length >= CHUNK) yield flush();
    }
  }
  if (text !== '') yield flush();
  const { era } = rows.era;
  const commit: CommitRow = { era, lineCount, crc: sealOf(crc, era) };
  yield encoder.encode(`{"table":"commit","row":${JSON.stringify(commit)}}\n`);
}

const COMMIT_START = new TextEncoder().encode('{"table":"commit"');

/** The complete lines of a file, without their ends; what follows the last end of line is dropped. */
async function* readLines(path: string): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const rest = chunk.subarray(from, end);
      yield parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
}

function isCommit(line: Buffer): boolean {
  return line.length >= COMMIT_START.length && line.subarray(0, COMMIT_START.length).equals(COMMIT_START);
}

function parse(line: Buffer): Line | undefined {
  try {
    return JSON.parse(line.toString('utf8')) as Line;
  } catch {
    return undefined;
  }
}

const END_OF_LINE = Buffer.from('\n');

/** The lines of each committed era, checked against its commit line. */
async function* readCommitted(
  path: string,
): AsyncGenerator<{ readonly commit: CommitRow; readonly lines: readonly Buffer[] }> {
  let lines: Buffer[] = [];
  let crc = 0;
  let damaged = false;
  for await (const line of readLines(path)) {
    if (!isCommit(line)) {
      lines.push(line);
      crc = crc32(END_OF_LINE, crc32(line, crc));
      continue;
    }
    const commit = parse(line)?.row as CommitRow | undefined;
    const isWhole = commit !== undefined && commit.crc === sealOf(crc, commit.era) && commit.lineCount === lines.length;
    if (isWhole && damaged) {
      // A kill tears only the end. Damage before a good era is another thing, and dropping eras silently would hide it.
      throw new StoreError('FILE_BROKEN', `${path} is damaged before era ${commit.era}`, {
        fix: 'run the scenario again: equal seeds give equal runs',
      });
    }
    if (isWhole) yield { commit, lines };
    else damaged = true;
    lines = [];
    crc = 0;
  }
}

/**
 * The committed eras of a log, in order; a torn tail is left out. Holds one era in memory.
 *
 * @throws StoreError FILE_BROKEN if bytes before a good era are damaged
 */
export async function* readLogFile(path: string): AsyncGenerator<EraRows> {
  for await (const { commit, lines } of readCommitted(path)) {
    const rows: { readonly [T in TableName]: RowOf[T][] } = {
      metrics: [],
      agents: [],
      models: [],
      nodes: [],
      validators: [],
      delegations: [],
      calls: [],
      providers: [],
      slarks: [],
      challenges: [],
      market: [],
      flows: [],
      leases: [],
      economics: [],
      fizz: [],
      audits: [],
      events: [],
    };
    for (const line of lines) {
      const parsed = parse(line);
      if (parsed === undefined || parsed.table === 'commit') {
        throw new StoreError('FILE_BROKEN', `${path}: era ${commit.era} was committed with a line that is not JSON`);
      }
      (rows[parsed.table] as unknown[]).push(parsed.row);
    }
    const { metrics, ...others } = rows;
    const era = metrics[0];
    if (era === undefined)
      throw new StoreError('FILE_BROKEN', `${path}: era ${commit.era} was committed without its metrics`);
    yield { era, ...others };
  }
}

/** Number of committed eras, without reading their rows. @throws as {@link readLogFile} */
export async function countCommittedEras(path: string): Promise<number> {
  let count = 0;
  for await (const _ of readCommitted(path)) count += 1;
  return count;
}

/** What of a log is committed: the digest of each era, and the length in bytes up to the last commit line. */
export type CommittedLog = {
  readonly digests: readonly string[];
  readonly byteLength: number;
  readonly hasEvents: boolean;
};

/** Reads what a killed run has committed, so that a resumed one can go on behind it. @throws as {@link readLogFile} */
export async function readCommittedLog(path: string): Promise<CommittedLog> {
  const digests: string[] = [];
  let byteLength = 0;
  let hasEvents = false;
  for await (const { commit, lines } of readCommitted(path)) {
    for (const line of lines) {
      byteLength += line.length + 1;
      const metrics = line.includes('{"table":"metrics"') ? parse(line) : undefined;
      if (metrics !== undefined) digests.push((metrics.row as EraRow).digest);
      else hasEvents ||= line.includes('{"table":"events"');
    }
    byteLength += `{"table":"commit","row":${JSON.stringify(commit)}}\n`.length;
  }
  return { digests, byteLength, hasEvents };
}
