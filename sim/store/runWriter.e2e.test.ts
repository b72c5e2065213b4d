/** A writer that is killed, and one whose disk is full: as processes of their own, with real signals and real limits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repoRoot } from './paths.ts';
import { readLog, readManifest, readRun } from './readRun.ts';
import { testEra } from './testSupport.ts';

// Below node_modules of the repository, so that the packages that the child leaves external are found.
const place = join(repoRoot(), '.cache', `store-test-${process.pid}`);
const runs = mkdtempSync(join(tmpdir(), 'powr-kill-'));
const script = join(place, 'writer.mjs');
const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const kills = Number(process.env.POWR_KILLS ?? 12);

const child = `
import { openRun } from './sim/store/runWriter.ts';
import { testEra, testManifest } from './sim/store/testSupport.ts';
import { writeAll } from './sim/store/writeFile.ts';
import { open } from 'node:fs/promises';
const [directory, eraCount, agents] = process.argv.slice(2);
try {
  if (eraCount === 'one write') await writeAll(await open(directory, 'w'), new Uint8Array(2 ** 20), directory);
  const writer = await openRun({ directory, manifest: testManifest, scenarioYaml: 'a: 1' });
  for (let era = 0; era < Number(eraCount); era++) {
    await writer.appendEra(testEra(era, Number(agents)));
    console.log(era);
  }
  await writer.finish({ manifest: testManifest, summary: {} });
  console.log('complete');
} catch (error) {
  console.log(JSON.stringify({ name: error.name, code: error.code, exitCode: error.exitCode, message: error.message }));
  process.exitCode = error.exitCode;
}`;

beforeAll(async () => {
  mkdirSync(place, { recursive: true });
  await build({
    stdin: { contents: child, resolveDir: repoRoot(), loader: 'ts' },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
  rmSync(runs, { recursive: true, force: true });
});

/** Starts the writer; `lines` are what it has said, each era after it was committed. */
function startWriter(
  command: string,
  args: readonly string[],
): { readonly writer: ChildProcess; readonly lines: string[] } {
  const writer = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: writer.stdout! }).on('line', (line) => lines.push(line));
  return { writer, lines };
}

/** Deterministic delays: xorshift32. */
function* delays(state: number): Generator<number> {
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) % 60;
  }
}

describe('a writer that is killed', () => {
  it(`at random moments (seed ${seed}) > every era it had committed is read back as written, and nothing else`, async () => {
    const delay = delays(seed);
    let tails = 0;
    for (let i = 0; i < kills; i++) {
      const directory = join(runs, `killed-${i}`);
      const { writer, lines } = startWriter(process.execPath, [script, directory, '1000000', '400']);
      while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      await new Promise((resolve) => setTimeout(resolve, delay.next().value as number));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      let era = 0;
      for await (const rows of readLog(directory)) {
        expect(rows, `kill ${i}, era ${era}`).toEqual(testEra(era, 400));
        era += 1;
      }
      expect(era, `kill ${i}`).toBeGreaterThanOrEqual(lines.length);
      expect(era, `kill ${i}`).toBeLessThanOrEqual(lines.length + 1);
      if (statSync(join(directory, 'log.ndjson')).size > 0) tails += 1;
      expect((await readManifest(directory)).state).toBe('running');
      await expect(readRun(directory)).rejects.toMatchObject({ code: 'UNFINISHED' });
    }
    expect(tails).toBe(kills);
  });

  it('while it writes the tables > the run is complete or unfinished, never half of it', async () => {
    for (let i = 0; i < 4; i++) {
      const directory = join(runs, `finishing-${i}`);
      const { writer, lines } = startWriter(process.execPath, [script, directory, '4', '2000']);
      while (lines.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, i * 60));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const { state } = await readManifest(directory);
      if (state === 'complete') expect((await readRun(directory)).agents).toHaveLength(8_000);
      else await expect(readRun(directory)).rejects.toMatchObject({ code: 'UNFINISHED', message: /4 of 6 eras/ });
    }
  });
});

describe('a writer whose disk is full', () => {
  it('ends with DISK_FULL and exit code 6; the eras before it are there, and no table pretends to be whole', async () => {
    const directory = join(runs, 'full');
    // The limit on the size of a file cuts a write short just as a full disk does, and needs no mount.
    const { writer, lines } = startWriter('bash', [
      '-c',
      'ulimit -f 900; exec "$0" "$@"',
      process.execPath,
      script,
      directory,
      '1000',
      '400',
    ]);
    const [exitCode] = (await once(writer, 'close')) as [number];
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ name: 'StoreError', code: 'DISK_FULL', exitCode: 6 });
    expect(exitCode).toBe(6);
    let era = 0;
    for await (const rows of readLog(directory)) expect(rows).toEqual(testEra(era++, 400));
    expect(era).toBe(lines.length - 1);
    expect(era).toBeGreaterThan(0);
    expect(existsSync(join(directory, 'metrics.parquet'))).toBe(false);
    await expect(readRun(directory)).rejects.toMatchObject({ code: 'UNFINISHED' });
  });

  it('given a write that was cut short without an error > is told so by that write, not by the next', async () => {
    const file = join(runs, 'short');
    const { writer, lines } = startWriter('bash', [
      '-c',
      'ulimit -f 900; exec "$0" "$@"',
      process.execPath,
      script,
      file,
      'one write',
    ]);
    await once(writer, 'close');
    expect(statSync(file).size).toBe(900 * 1024);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(file) });
  });
});
