import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPeakMeter } from './referencePeak.ts';
import { root } from './testSupport.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-peak-test-'));
const before = process.env.TMPDIR;
beforeAll(() => void (process.env.TMPDIR = folder));
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(folder, { recursive: true, force: true });
});
const hasCompiler = spawnSync('cc', ['--version']).status === 0;

describe('openPeakMeter', () => {
  it.skipIf(!hasCompiler)('given a compiler > measures arithmetic and memory, and leaves nothing behind', async () => {
    const meter = await openPeakMeter(root, 'cc');
    try {
      expect(meter.compiler).not.toBe('');
      const { gflopPerS, gbPerS } = await meter.measure();
      // Nothing that runs Node is slower, and no core there is does a hundred thousand GFLOP/s: a loop that was optimised away would.
      expect(gflopPerS).toBeGreaterThan(0.1);
      expect(gflopPerS).toBeLessThan(1e5);
      expect(gbPerS).toBeGreaterThan(0.01);
      expect(gbPerS).toBeLessThan(1e5);
    } finally {
      meter.close();
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('given no compiler > says so, and leaves nothing behind', async () => {
    const opening = openPeakMeter(root, join(folder, 'no-such-compiler'));
    await expect(opening).rejects.toMatchObject({ name: 'NoPeakError', message: 'no compiler' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(!existsSync('/bin/false'))(
    'given a compiler that fails > says that it does not compile the program',
    async () => {
      const opening = openPeakMeter(root, '/bin/false');
      await expect(opening).rejects.toThrow('/bin/false does not compile peak.c');
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
