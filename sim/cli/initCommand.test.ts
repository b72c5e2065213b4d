import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { presetNames } from '../../scenarios/presets.ts';
import { repoRoot } from '../store/paths.ts';
import { UsageError } from './exitCodes.ts';
import { initCommand } from './initCommand.ts';
import { loadScenarioFile } from './loadFile.ts';
import { schemaCommand, schemaText } from './schemaCommand.ts';
import { outputOf } from './testOutput.ts';

const place = mkdtempSync(join(tmpdir(), 'powr-init-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(place, 'a-'));
});

const init = (name: string, rest: { preset?: string; force?: boolean; json?: boolean } = {}) =>
  outputOf(() => initCommand(join(folder, name), { preset: 'minimal', ...rest }));

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message;
}

const SCHEMA = schemaText();

describe('powr init', () => {
  it.each(presetNames())('given the preset %s > writes a scenario that runs what the preset runs', async (preset) => {
    const { code, stdout } = await init('mine', { preset });
    expect(code).toBe(0);
    const file = join(folder, 'mine.yaml');
    const loaded = loadScenarioFile(file, []);
    const original = loadScenarioFile(join(repoRoot(), 'scenarios', 'presets', `${preset}.yaml`), []);
    expect(loaded.ok && original.ok).toBe(true);
    if (!loaded.ok || !original.ok) return;
    expect({ ...loaded.scenario, name: preset }).toEqual(original.scenario);
    expect(stdout).toContain(`next: powr run ${file}`);
  });

  it('says in comments what the keys are for, and points editors to the schema beside it', async () => {
    await init('mine');
    const text = readFileSync(join(folder, 'mine.yaml'), 'utf8');
    const lines = text.split('\n');
    const schema = /^# yaml-language-server: \$schema=(.*)$/.exec(lines[0]!)?.[1];
    expect(readFileSync(resolve(dirname(join(folder, 'mine.yaml')), schema!), 'utf8')).toBe(SCHEMA);
    for (const key of ['seed', 'eras', 'ledger', 'params', 'populations'])
      expect(lines[lines.findIndex((line) => line.startsWith(`${key}:`)) - 1], key).toMatch(/^# \S/);
    expect(text).toContain('name: mine\n');
  });

  it('never overwrites a scenario, or a schema of another version, unless told to', async () => {
    await init('mine');
    writeFileSync(join(folder, 'mine.yaml'), 'my work');
    expect(await refusalOf(init('mine'))).toContain('--force');
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe('my work');
    expect((await init('mine', { force: true })).code).toBe(0);
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toContain('name: mine');

    writeFileSync(join(folder, 'scenario.v1.json'), '{"older":true}');
    expect(await refusalOf(init('other'))).toContain('scenario.v1.json exists already');
    expect(readdirSync(folder).sort()).toEqual(['mine.yaml', 'scenario.v1.json']);
    expect(readFileSync(join(folder, 'scenario.v1.json'), 'utf8')).toBe('{"older":true}');
    await init('other', { force: true });
    expect(readFileSync(join(folder, 'scenario.v1.json'), 'utf8')).toBe(SCHEMA);
  });

  it('given the schema there already > leaves it, and takes the name with or without its ending', async () => {
    writeFileSync(join(folder, 'scenario.v1.json'), SCHEMA);
    const { stdout } = await init('mine.yaml', { json: true });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, wroteSchema: false, file: join(folder, 'mine.yaml') });
  });

  it.each(['My Scenario', '-x', 'ünï', 'a'.repeat(65), '..', '.yaml'])(
    'given the name %s > refuses, and writes nothing',
    async (name) => {
      expect(await refusalOf(init(name))).toContain('Cannot name a scenario');
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('given a preset that there is not > names the nearest', async () => {
    expect(await refusalOf(init('mine', { preset: 'realistc' }))).toContain('did you mean "realistic"?');
  });

  it('given a folder that is not there, or a file in its place > says so', async () => {
    expect(await refusalOf(init('nowhere/mine'))).toContain('there is no directory');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'file'), '');
    expect(await refusalOf(init('sub/file/mine'))).toContain('there is no directory');
  });
});

describe('powr schema', () => {
  it('prints the schema that ships', async () => {
    const shipped = readFileSync(join(repoRoot(), 'scenarios', 'scenario.v1.json'), 'utf8');
    expect(await outputOf(() => schemaCommand({}))).toEqual({ code: 0, stdout: shipped });
  });

  it('given --out > writes it there and says where', async () => {
    const out = join(folder, 'schema.json');
    expect((await outputOf(() => schemaCommand({ out }))).stdout).toBe(`${out}\n`);
    expect(readFileSync(out, 'utf8')).toBe(SCHEMA);
    expect(JSON.parse((await outputOf(() => schemaCommand({ out, json: true }))).stdout)).toEqual({ file: out });
  });
});
