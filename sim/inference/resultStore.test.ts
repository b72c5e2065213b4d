import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import {
  computeResultKey,
  computeSketchKey,
  openResultStore,
  openSketchStore,
  type ResultIdentity,
} from './resultStore.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'powr-results-'));
  path = join(dir, 'results.ndjson');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What a later process finds. */
function reopen() {
  const store = openResultStore(dir);
  store.close();
  return store;
}

function fill(...keys: string[]): void {
  const store = openResultStore(dir);
  for (const key of keys) store.put(key, { text: `text of ${key}`, latencyUs: 9_000, outputId: 77 });
  store.close();
}

describe('openResultStore', () => {
  it('given results of an earlier process > has them', () => {
    fill('a', 'b');
    const store = reopen();
    expect([store.recordCount, store.damagedLineCount]).toEqual([2, 0]);
    expect(store.get('b')).toEqual({ text: 'text of b', latencyUs: 9_000, outputId: 77 });
    expect(store.get('c')).toBeUndefined();
  });

  it('given a line torn by a kill > loses that result alone, and what is written after it is found again', () => {
    fill('a', 'b');
    truncateSync(path, readFileSync(path).length - 10);
    fill('c');
    const store = reopen();
    expect([store.get('a') !== undefined, store.get('b'), store.get('c') !== undefined]).toEqual([
      true,
      undefined,
      true,
    ]);
    expect(store.damagedLineCount).toBe(1);
  });

  it('given a line with a changed letter > does not believe it', () => {
    fill('a');
    writeFileSync(path, readFileSync(path, 'utf8').replace('text of a', 'test of a'));
    expect(reopen().get('a')).toBeUndefined();
  });

  it('given lines that are no records > counts them and goes on', () => {
    fill('a');
    appendFileSync(path, 'null\n[1]\n{"key":3}\n');
    const store = reopen();
    expect([store.recordCount, store.damagedLineCount]).toEqual([1, 3]);
  });

  it('given a whole line of the time before outputs were kept > does not take it for a result', () => {
    const [key, text, latencyUs] = ['a', 'text of a', 9_000];
    const check = sha256Hex(JSON.stringify([key, text, latencyUs])).slice(0, 8);
    writeFileSync(path, `${JSON.stringify({ key, text, latencyUs, check })}\n`);
    expect([reopen().get('a'), reopen().damagedLineCount]).toEqual([undefined, 1]);
  });

  it('given two writers at a time > keeps the results of both, and the later one of a key', () => {
    const [one, other] = [openResultStore(dir), openResultStore(dir)];
    one.put('a', { text: 'early', latencyUs: 1, outputId: 1 });
    other.put('b', { text: 'b', latencyUs: 2, outputId: 2 });
    other.put('a', { text: 'late', latencyUs: 3, outputId: 1 });
    one.close();
    other.close();
    const store = reopen();
    expect([store.get('a')?.text, store.get('b')?.text, store.recordCount]).toEqual(['late', 'b', 2]);
  });
});

describe('openSketchStore', () => {
  const sketch = Float32Array.of(1.5, -0, 3.4e38, 1e-45);

  it('given sketches of an earlier process > has them to the last bit', () => {
    const store = openSketchStore(dir);
    store.put('a', sketch);
    store.close();
    const later = openSketchStore(dir);
    later.close();
    expect(later.get('a')).toEqual(sketch);
    expect([later.recordCount, later.damagedLineCount]).toEqual([1, 0]);
  });

  it('given a torn line > loses that sketch alone', () => {
    const store = openSketchStore(dir);
    for (const key of ['a', 'b']) store.put(key, sketch);
    store.close();
    const file = join(dir, 'sketches.ndjson');
    truncateSync(file, readFileSync(file).length - 20);
    const later = openSketchStore(dir);
    later.close();
    expect([later.get('a'), later.get('b'), later.damagedLineCount]).toEqual([sketch, undefined, 1]);
  });
});

describe('computeResultKey', () => {
  const identity: ResultIdentity = {
    task: 't',
    modelSha256: 'm',
    recipeSha256: 'r',
    sampleSha256: 's',
    deviceClass: 'cpu',
    runtime: '1',
  };

  it.each(Object.keys(identity).map((field) => [field]))('given another %s > is another key', (field) => {
    expect(computeResultKey({ ...identity, [field]: 'other' })).not.toBe(computeResultKey(identity));
    expect(computeResultKey({ ...identity })).toBe(computeResultKey(identity));
  });

  it('given another result, nonce or length > a sketch has another key', () => {
    const keys = [
      computeSketchKey('a', 1, 16),
      computeSketchKey('b', 1, 16),
      computeSketchKey('a', 2, 16),
      computeSketchKey('a', 1, 64),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(computeSketchKey('a', 1, 16)).toBe(keys[0]);
  });
});
