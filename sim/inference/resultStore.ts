/**
 * What this machine has executed, by content: the same model file on the same bytes with the same runtime is executed
 * once, in whichever run. Append-only files; they survive a kill in the middle of a line and writers in other processes.
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

/** Changes whenever a record gains something that an old one cannot say: what has another number is executed again. */
const RECORD_FORMAT = 2;

export type StoredResult = {
  readonly text: string;
  readonly latencyUs: number;
  /** Content identifier of the numbers before decoding. */
  readonly outputId: number;
};

export type Store<T> = {
  get(key: string): T | undefined;
  /** The latest record of a key is the one that counts. */
  put(key: string, value: T): void;
  readonly recordCount: number;
  /** Lines that were torn, damaged or written in another format, and are ignored: what they said is executed again. */
  readonly damagedLineCount: number;
  close(): void;
};

export type ResultStore = Store<StoredResult>;
export type SketchStore = Store<Float32Array>;

export function computeResultKey(identity: ResultIdentity): string {
  const { task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime } = identity;
  const parts = [RECORD_FORMAT, task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime];
  return sha256Hex(JSON.stringify(parts));
}

/** A sketch is of one result, under one nonce, of so many numbers. */
export const computeSketchKey = (resultKey: string, nonce: number, projectionCount: number): string =>
  sha256Hex(JSON.stringify([resultKey, nonce, projectionCount]));

/** @param dir  created if missing; holds results.ndjson */
export function openResultStore(dir: string): ResultStore {
  return openStore<StoredResult, StoredResult>(dir, 'results.ndjson', {
    encode: ({ text, latencyUs, outputId }) => ({ text, latencyUs, outputId }),
    decode: ({ text, latencyUs, outputId }) =>
      typeof text === 'string' && Number.isSafeInteger(latencyUs) && Number.isSafeInteger(outputId)
        ? { text, latencyUs, outputId }
        : undefined,
  });
}

/** @param dir  created if missing; holds sketches.ndjson */
export function openSketchStore(dir: string): SketchStore {
  return openStore<Float32Array, { readonly sketch: string }>(dir, 'sketches.ndjson', {
    encode: (sketch) => ({ sketch: bytesOf(sketch).toString('base64') }),
    decode({ sketch }) {
      if (typeof sketch !== 'string') return undefined;
      const bytes = Buffer.from(sketch, 'base64');
      return bytes.length % 4 === 0 ? new Float32Array(Uint8Array.from(bytes).buffer) : undefined;
    },
  });
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** How a value is written as fields of a JSON line, and read again: undefined for what is no value. */
type Codec<T, Fields> = {
  encode(value: T): Fields;
  decode(fields: Fields): T | undefined;
};

function openStore<T, Fields extends object>(dir: string, name: string, codec: Codec<T, Fields>): Store<T> {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  const descriptor = openSync(path, 'a+');
  const content = readFileSync(path, 'utf8');
  const values = new Map<string, T>();
  let damagedLineCount = 0;
  for (const line of content.split('\n')) {
    if (line === '') continue;
    const record = parseRecord<Fields>(line);
    const value = record && codec.decode(record.fields);
    if (value === undefined) damagedLineCount++;
    else values.set(record!.key, value);
  }
  // A torn tail stays where it is, because another process may be writing after it; it only must not swallow our line.
  if (content !== '' && !content.endsWith('\n')) writeSync(descriptor, '\n');

  return {
    get: (key) => values.get(key),
    put(key, value) {
      values.set(key, value);
      // One write of one whole line: appends of several processes do not mix.
      writeSync(descriptor, formatRecord(key, codec.encode(value)));
    },
    get recordCount() {
      return values.size;
    },
    damagedLineCount,
    close: () => closeSync(descriptor),
  };
}

const computeCheck = (key: string, fields: object): string => sha256Hex(JSON.stringify([key, fields])).slice(0, 8);

const formatRecord = (key: string, fields: object): string =>
  `${JSON.stringify({ key, ...fields, check: computeCheck(key, fields) })}\n`;

function parseRecord<Fields>(line: string): { readonly key: string; readonly fields: Fields } | undefined {
  try {
    const { key, check, ...fields } = JSON.parse(line);
    return check === computeCheck(key, fields) ? { key, fields } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
