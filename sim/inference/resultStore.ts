/**
 * What this machine has executed, by content: the same model file on the same bytes with the same runtime is executed
 * once, in whichever run. An append-only file; it survives a kill in the middle of a line and writers in other processes.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from './hash.ts';

/** Everything that decides a result. The device class counts, the machine does not. */
export type ResultIdentity = {
  readonly task: string;
  readonly modelSha256: string;
  readonly recipeSha256: string;
  readonly sampleSha256: string;
  readonly deviceClass: string;
  readonly runtime: string;
};

export type StoredResult = { readonly text: string; readonly latencyUs: number };

export type ResultStore = {
  get(key: string): StoredResult | undefined;
  /** The latest result of a key is the one that counts. */
  put(key: string, result: StoredResult): void;
  readonly resultCount: number;
  /** Lines that were torn or damaged and are ignored: their results are executed again. */
  readonly damagedLineCount: number;
  close(): void;
};

export function computeResultKey(identity: ResultIdentity): string {
  const { task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime } = identity;
  return sha256Hex(JSON.stringify([task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime]));
}

/** @param dir  created if missing; holds results.ndjson */
export function openResultStore(dir: string): ResultStore {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'results.ndjson');
  const descriptor = openSync(path, 'a+');
  const content = readFileSync(path, 'utf8');
  const results = new Map<string, StoredResult>();
  let damagedLineCount = 0;
  for (const line of content.split('\n')) {
    if (line === '') continue;
    const record = parseRecord(line);
    if (record) results.set(record.key, { text: record.text, latencyUs: record.latencyUs });
    else damagedLineCount++;
  }
  // A torn tail stays where it is, because another process may be writing after it; it only must not swallow our line.
  if (content !== '' && !content.endsWith('\n')) writeSync(descriptor, '\n');

  return {
    get: (key) => results.get(key),
    put(key, { text, latencyUs }) {
      results.set(key, { text, latencyUs });
      // One write of one whole line: appends of several processes do not mix.
      writeSync(descriptor, formatRecord(key, text, latencyUs));
    },
    get resultCount() {
      return results.size;
    },
    damagedLineCount,
    close: () => closeSync(descriptor),
  };
}

const computeCheck = (key: string, text: string, latencyUs: number): string =>
  sha256Hex(JSON.stringify([key, text, latencyUs])).slice(0, 8);

const formatRecord = (key: string, text: string, latencyUs: number): string =>
  `${JSON.stringify({ key, text, latencyUs, check: computeCheck(key, text, latencyUs) })}\n`;

function parseRecord(line: string): ({ readonly key: string } & StoredResult) | undefined {
  try {
    const { key, text, latencyUs, check } = JSON.parse(line);
    return check === computeCheck(key, text, latencyUs) ? { key, text, latencyUs } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
