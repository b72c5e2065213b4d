import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import {
  adapterOf,
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

  it('given more than is read at a time, letters of several bytes across every border, and a torn tail > has all but the tail', () => {
    // Lengths that are prime to each other put borders of the blocks of 1 MiB into every part of a line.
    const text = 'ü€😀'.repeat(4_999);
    const keys = Array.from({ length: 70 }, (_, i) => `key ${i}`);
    const store = openResultStore(dir);
    for (const key of keys) store.put(key, { text: `${text}${key}`, latencyUs: 1, outputId: 2 });
    store.close();
    expect(readFileSync(path).length).toBeGreaterThan(3 * 1024 * 1024);
    truncateSync(path, readFileSync(path).length - 3);
    fill('after');
    const later = reopen();
    expect([later.recordCount, later.damagedLineCount]).toEqual([70, 1]);
    for (const key of keys.slice(0, -1)) expect(later.get(key)?.text).toBe(`${text}${key}`);
    expect([later.get('key 69'), later.get('after')?.text]).toEqual([undefined, 'text of after']);
  });

  it('given a line that is longer than what is read at a time > has it', () => {
    const store = openResultStore(dir);
    const text = 'a'.repeat(2_500_000);
    store.put('long', { text, latencyUs: 1, outputId: 2 });
    store.put('short', { text: 's', latencyUs: 1, outputId: 2 });
    store.close();
    expect([reopen().get('long')?.text === text, reopen().get('short')?.text]).toEqual([true, 's']);
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
  const sketch = { sketch: Float32Array.of(1.5, -0, 3.4e38, 1e-45), text: 'as read', outputId: 77 };

  it('given sketches of an earlier process > has them to the last bit', () => {
    const store = openSketchStore(dir);
    store.put('a', sketch);
    store.close();
    const later = openSketchStore(dir);
    later.close();
    expect(later.get('a')).toEqual(sketch);
    expect([later.recordCount, later.damagedLineCount]).toEqual([1, 0]);
  });

  it('given a sketch of the time before texts were kept with them > does not take it for one', () => {
    const file = join(dir, 'sketches.ndjson');
    const fields = { sketch: Buffer.from(Float32Array.of(1).buffer).toString('base64') };
    const check = sha256Hex(JSON.stringify(['a', fields])).slice(0, 8);
    writeFileSync(file, `${JSON.stringify({ key: 'a', ...fields, check })}\n`);
    const store = openSketchStore(dir);
    store.close();
    expect([store.get('a'), store.damagedLineCount]).toEqual([undefined, 1]);
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
    adapter: '',
  };

  it.each(Object.keys(identity).map((field) => [field]))('given another %s > is another key', (field) => {
    expect(computeResultKey({ ...identity, [field]: 'other' })).not.toBe(computeResultKey(identity));
    expect(computeResultKey({ ...identity })).toBe(computeResultKey(identity));
  });

  it('given another card or driver > is another key; given another processor > is the same', () => {
    const keyOn = (deviceClass: string, name: string) =>
      computeResultKey({ ...identity, deviceClass, adapter: adapterOf(deviceClass, name) });
    for (const card of ['webgpu', 'cuda', 'webgpu-software']) {
      const keys = ['H200, 570.1', 'H200, 580.2', 'A100, 570.1'].map((name) => keyOn(card, name));
      expect(new Set(keys).size).toBe(3);
    }
    for (const place of ['cpu', 'wasm']) expect(keyOn(place, 'one')).toBe(keyOn(place, 'another'));
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
