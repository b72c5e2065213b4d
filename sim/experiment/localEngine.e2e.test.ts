import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job, JobEnd } from './engine.ts';
import { createLocalEngine } from './localEngine.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-engine-'));
const entry = join(folder, 'worker.mjs');
/** A worker whose jobs say in their overrides what becomes of it; it leaves a file with its pid for each job. */
const WORKER = `
import { existsSync, writeFileSync } from 'node:fs';
process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, directory, overrides: [how] }) => {
  const mark = directory + '/' + id;
  const again = existsSync(mark);
  writeFileSync(mark, String(process.pid));
  if (how === 'die' || (how === 'die once' && !again)) { console.error('out of luck'); process.exit(9); }
  if (how === 'hang') return;
  process.send({ kind: 'progress', share: 0.5 });
  process.send({ kind: 'end', end: how === 'fail' ? { ok: false, reason: 'it says no' } : { ok: true } });
});
`;

const jobOf = (id: string, how: string): Job => ({
  id,
  file: '',
  overrides: [how],
  scenarioHash: '',
  build: '',
  seed: 1,
  directory: folder,
  command: '',
});

async function runJobs(jobs: readonly Job[], workers: number, finished: readonly string[] = []) {
  const engine = createLocalEngine({ entry, args: [], workers, env: process.env });
  const ends = new Map<string, JobEnd>();
  const shares: number[] = [];
  await engine.run(jobs, {
    isFinished: async ({ id }) => finished.includes(id),
    progress: (_, share) => shares.push(share),
    end: ({ id }, end) => ends.set(id, end),
  });
  return { ends, shares };
}

describe('createLocalEngine', () => {
  beforeAll(() => writeFileSync(entry, WORKER));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('given more jobs than workers > ends each once, and tells what it said', async () => {
    const jobs = [jobOf('a', 'do'), jobOf('b', 'fail'), jobOf('c', 'do'), jobOf('d', 'do')];
    const { ends, shares } = await runJobs(jobs, 2);
    expect(Object.fromEntries(ends)).toEqual({
      a: { ok: true },
      b: { ok: false, reason: 'it says no' },
      c: { ok: true },
      d: { ok: true },
    });
    expect(shares).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('given a worker that dies > tries its job once more in a new one, and goes on with the others', async () => {
    const { ends } = await runJobs([jobOf('e', 'die once'), jobOf('f', 'die'), jobOf('g', 'do')], 1);
    expect(ends.get('e')).toEqual({ ok: true });
    expect(ends.get('f')).toEqual({
      ok: false,
      reason: 'its worker process ended with exit code 9: out of luck',
    });
    expect(ends.get('g')).toEqual({ ok: true });
  });

  it('given a job that is finished meanwhile > starts nothing for it', async () => {
    const { ends } = await runJobs([jobOf('h', 'die')], 1, ['h']);
    expect(ends.get('h')).toEqual({ ok: true });
    expect(existsSync(join(folder, 'h'))).toBe(false);
  });

  it('given no jobs > is done', async () => {
    expect((await runJobs([], 3)).ends.size).toBe(0);
  });

  it('given a program that does not exist > says so, once for each job', async () => {
    const engine = createLocalEngine({ entry: join(folder, 'nowhere.mjs'), args: [], workers: 1, env: process.env });
    const ends: JobEnd[] = [];
    await engine.run([jobOf('i', 'do')], {
      isFinished: async () => false,
      progress() {},
      end: (_, end) => ends.push(end),
    });
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ ok: false, reason: expect.stringContaining('nowhere.mjs') });
  });

  it('given a stop while jobs hang > resolves, with no process left', async () => {
    const engine = createLocalEngine({ entry, args: [], workers: 2, env: process.env });
    const ends: string[] = [];
    const running = engine.run([jobOf('j', 'hang'), jobOf('k', 'hang'), jobOf('l', 'do')], {
      isFinished: async () => false,
      progress() {},
      end: ({ id }) => ends.push(id),
    });
    const pidOf = (name: string): number =>
      existsSync(join(folder, name)) ? Number(readFileSync(join(folder, name))) : 0;
    await expect.poll(() => pidOf('j') > 0 && pidOf('k') > 0, { timeout: 10_000 }).toBe(true);
    const pids = ['j', 'k'].map(pidOf);
    await engine.stop();
    await running;
    expect(ends).toEqual([]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
