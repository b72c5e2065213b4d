/**
 * What this machine has executed, by content: the same model file on the same bytes with the same runtime is executed
 * once, in whichever run. Append-only files; they survive a kill in the middle of a line and writers in other processes.
 */
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from './hash.ts';

/** Everything that decides a result. The machine does not count, but a card in it does: two of one class may add up otherwise. */
export type ResultIdentity = {
  readonly task: string;
  readonly modelSha256: string;
  readonly recipeSha256: string;
  readonly sampleSha256: string;
  readonly deviceClass: string;
  readonly runtime: string;
  /** Name and driver of a card, see {@link adapterOf}; '' for a processor. */
  readonly adapter: string;
};

/** What tells the results of one card from those of another of its class: its name with its driver; '' of a processor. */
export const adapterOf = (deviceClass: string, name: string): string =>
  deviceClass === 'cpu' || deviceClass === 'wasm' ? '' : name;

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

/** A sketch, and what else the execution gave that it is of. */
export type StoredSketch = Pick<StoredResult, 'text' | 'outputId'> & { readonly sketch: Float32Array };

export type ResultStore = Store<StoredResult>;
export type SketchStore = Store<StoredSketch>;

export function computeResultKey(identity: ResultIdentity): string {
  const { task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime, adapter } = identity;
  const parts = [RECORD_FORMAT, task, modelSha256, recipeSha256, sampleSha256, deviceClass, runtime];
  if (adapter !== '') parts.push(adapter);
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
  return openStore<StoredSketch, Pick<StoredResult, 'text' | 'outputId'> & { readonly sketch: string }>(
    dir,
    'sketches.ndjson',
    {
      encode: ({ sketch, text, outputId }) => ({ sketch: bytesOf(sketch).toString('base64'), text, outputId }),
      decode({ sketch, text, outputId }) {
        if (typeof sketch !== 'string' || typeof text !== 'string' || !Number.isSafeInteger(outputId)) return undefined;
        const bytes = Buffer.from(sketch, 'base64');
        if (bytes.length % 4 !== 0) return undefined;
        return { sketch: new Float32Array(Uint8Array.from(bytes).buffer), text, outputId };
      },
    },
  );
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
  const values = new Map<string, T>();
  let damagedLineCount = 0;
  const isWhole = readLines(descriptor, (line) => {
    const record = parseRecord<Fields>(line);
    const value = record && codec.decode(record.fields);
    if (value === undefined) damagedLineCount++;
    else values.set(record!.key, value);
  });
  // A torn tail stays where it is, because another process may be writing after it; it only must not swallow our line.
  if (!isWhole) writeSync(descriptor, '\n');

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

/** Bytes that are read at a time: a whole store may be longer than any string. */
const BLOCK_BYTES = 1024 * 1024;
const LINE_FEED = 10;

/**
 * Hands over every line that is not empty, a torn one at the end too.
 *
 * @returns whether the file ends with a whole line
 */
function readLines(descriptor: number, take: (line: string) => void): boolean {
  const block = Buffer.alloc(BLOCK_BYTES);
  /** The beginning of a line of which the end is not read yet. */
  let begun: Buffer[] = [];
  for (let position = 0; ; ) {
    const count = readSync(descriptor, block, 0, BLOCK_BYTES, position);
    if (count === 0) break;
    position += count;
    let from = 0;
    for (let to = block.indexOf(LINE_FEED); to >= 0 && to < count; to = block.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([...begun, block.subarray(from, to)]).toString('utf8');
      begun = [];
      from = to + 1;
      if (line !== '') take(line);
    }
    // A copy: the block is read into again.
    if (from < count) begun.push(Buffer.from(block.subarray(from, count)));
  }
  const torn = Buffer.concat(begun).toString('utf8');
  if (torn !== '') take(torn);
  return torn === '';
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
