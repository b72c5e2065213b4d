/** The log when bytes are missing or changed: no committed era is lost, no other is believed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { EraRows } from '../engine/observer.ts';
import { countCommittedEras, encodeEra, readLogFile } from './log.ts';
import { testEra } from './testSupport.ts';

const place = mkdtempSync(join(tmpdir(), 'powr-log-'));
const path = join(place, 'log.ndjson');
afterAll(() => rmSync(place, { recursive: true, force: true }));

const few = { models: [], nodes: [], validators: [], delegations: [], calls: [] };
const eras = [0, 1, 2].map((era) => ({ ...testEra(era, 1, 1), ...few }));
const pieces = eras.map((era) => Buffer.concat([...encodeEra(era)]));
const whole = Buffer.concat(pieces);
const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((sum, piece) => sum + piece.length, 0));

async function read(bytes: Uint8Array): Promise<EraRows[]> {
  writeFileSync(path, bytes);
  const all: EraRows[] = [];
  for await (const era of readLogFile(path)) all.push(era);
  return all;
}

describe('readLogFile', () => {
  it('given the log cut after any byte of its tail > gives exactly the eras whose commit line is whole', async () => {
    for (let cut = ends[1]! - 150; cut <= whole.length; cut++) {
      writeFileSync(path, whole.subarray(0, cut));
      expect(await countCommittedEras(path), `cut after ${cut}`).toBe(ends.filter((end) => end <= cut).length);
    }
    expect(await read(whole.subarray(0, ends[1]! + 17))).toEqual(eras.slice(0, 2));
  });

  it('given a bit of the last era flipped > gives the eras before it', async () => {
    for (let at = ends[1]!; at < whole.length; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      expect(await read(damaged), `byte ${at}`).toEqual(eras.slice(0, 2));
    }
  });

  it('given a bit flipped with good eras behind it > refuses, and says where', async () => {
    for (let at = 0; at < ends[0]!; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      await expect(read(damaged), `byte ${at}`).rejects.toMatchObject({
        code: 'FILE_BROKEN',
        message: expect.stringMatching(/damaged before era [12]/),
      });
    }
  });

  it('given rows of an era that was never committed, then a tail > neither is seen', async () => {
    const torn = [...encodeEra(testEra(3))].slice(0, 1);
    expect(await read(Buffer.concat([whole, ...torn]))).toEqual(eras);
    expect(await read(Buffer.concat([whole, Buffer.from('{"table":"comm')]))).toEqual(eras);
  });

  it('given a row that holds the text of a commit line > is not deceived', async () => {
    const row = {
      ...testEra(0).agents[0]!,
      name: '"}\n{"table":"commit","row":{"era":0,"lineCount":0,"crc":"00000000"}}',
    };
    const era = { ...testEra(0), agents: [row] };
    expect(await read(Buffer.concat([...encodeEra(era)]))).toEqual([era]);
  });

  it('given an empty log > no era', async () => {
    expect(await read(new Uint8Array())).toEqual([]);
  });
});
