import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../engine/trace.ts';
import { planStudy } from './plan.ts';
import {
  openStudy,
  partialDirectory,
  pointDirectory,
  publishPoint,
  readPoint,
  removePartials,
  STUDY_FILES,
  writePoint,
} from './points.ts';

const root = mkdtempSync(join(tmpdir(), 'powr-points-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const newDirectory = (): string => join(root, String(count++));

const plan = planStudy({
  name: 'tiny',
  call: { file: 'a.yaml', words: [], overrides: [] },
  build: 'b1',
  axes: [],
  variants: [{ values: [], set: [], scenarioHash: 'hash' }],
  seeds: { from: 1, to: 1 },
});
const point = plan.points[0]!;

/** As much of a manifest as is read here. */
const manifest = {
  version: 1,
  state: 'complete',
  seed: 1,
  scenarioHash: 'hash',
  digest: 'd',
  versions: { build: 'b1' },
} as unknown as Manifest;

async function publish(directory: string, changed: Partial<Manifest> = {}, x = 1): Promise<void> {
  const partial = partialDirectory(directory, point.id);
  await writePoint(partial, { manifest: { ...manifest, ...changed }, summary: { x }, scenarioYaml: 'version: 1\n' });
  const isFinished = async () => (await readPoint(directory, plan, point)) !== null;
  await publishPoint(partial, pointDirectory(directory, point.id), isFinished);
}
const read = (directory: string) => readPoint(directory, plan, point);
const pointsIn = (directory: string): string[] => readdirSync(join(directory, STUDY_FILES.points));

describe('a point on disk', () => {
  it('given a point that is written and published > is found, and nothing else is left', async () => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    expect(await read(directory)).toBeNull();
    await publish(directory);
    expect(await read(directory)).toEqual({ digest: 'd', summary: { x: 1 } });
    expect(pointsIn(directory)).toEqual([point.id]);
    expect(readdirSync(pointDirectory(directory, point.id)).sort()).toEqual([
      'manifest.json',
      'scenario.resolved.yaml',
      'summary.json',
    ]);
  });

  it('given a second copy > keeps the first one', async () => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    await publish(directory);
    await publish(directory, {}, 2);
    expect(await read(directory)).toMatchObject({ summary: { x: 1 } });
    expect(pointsIn(directory)).toEqual([point.id]);
  });

  it.each<[string, Partial<Manifest>]>([
    ['another build', { versions: { build: 'b2' } }],
    ['another seed', { seed: 2 }],
    ['another scenario', { scenarioHash: 'other' }],
    ['no end', { state: 'failed' }],
  ])('given one of %s under its name > does not take it, and a new one replaces it', async (_, changed) => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    await publish(directory, changed);
    expect(await read(directory)).toBeNull();
    await publish(directory, {}, 3);
    expect(await read(directory)).toMatchObject({ summary: { x: 3 } });
    expect(pointsIn(directory)).toEqual([point.id]);
  });

  it.each([
    ['manifest.json', 'not JSON'],
    ['summary.json', '{"x":'],
    ['summary.json', 'null'],
  ])('given a %s that says %s > does not take it', async (file, text) => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    await publish(directory);
    writeFileSync(join(pointDirectory(directory, point.id), file), text);
    expect(await read(directory)).toBeNull();
  });
});

describe('openStudy', () => {
  it('given a directory of something else > refuses it and touches nothing', async () => {
    const directory = newDirectory();
    mkdirSync(directory);
    writeFileSync(join(directory, 'thesis.tex'), 'mine');
    await expect(openStudy(directory, plan)).rejects.toMatchObject({ code: 'FOREIGN_DIRECTORY', exitCode: 2 });
    expect(readdirSync(directory)).toEqual(['thesis.tex']);
  });

  it('given its own directory again > keeps the points and replaces the plan', async () => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    await publish(directory);
    const wider = planStudy({ ...plan, seeds: { from: 1, to: 4 } });
    await openStudy(directory, wider);
    expect(JSON.parse(readFileSync(join(directory, STUDY_FILES.plan), 'utf8'))).toEqual(wider);
    expect(await readPoint(directory, wider, wider.points[0]!)).not.toBeNull();
  });

  it('given what a killed process has left half written > removes it; what a living one writes stays', async () => {
    const directory = newDirectory();
    await openStudy(directory, plan);
    const host = hostname().replace(/[^A-Za-z0-9]+/g, '_');
    const folder = join(directory, STUDY_FILES.points);
    // Beyond the largest process id of Linux: nobody has it.
    const left = [`.partial-${host}-4194305-${point.id}`, `.partial-elsewhere-4194305-${point.id}`];
    for (const name of left) mkdirSync(join(folder, name));
    const own = partialDirectory(directory, point.id);
    mkdirSync(own);
    await removePartials(directory);
    expect(existsSync(own)).toBe(true);
    expect(left.map((name) => existsSync(join(folder, name)))).toEqual([false, true]);
  });
});
