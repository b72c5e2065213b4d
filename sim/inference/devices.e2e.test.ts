import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type DeviceReport, probeDevices } from './devices.ts';
import { getBuiltDir, root } from './testSupport.ts';

const temporary = mkdtempSync(join(tmpdir(), 'powr-devices-'));
afterAll(() => rmSync(temporary, { recursive: true }));
const byId = (reports: readonly DeviceReport[]) => Object.fromEntries(reports.map((report) => [report.id, report]));

describe('probeDevices', () => {
  it('given any machine > finds that the cpu works, and gives every device a name or a reason', async () => {
    const reports = await probeDevices({ builtDir: getBuiltDir() });
    expect(reports.map(({ id }) => id)).toEqual(['cpu', 'webgpu', 'cuda']);
    expect(byId(reports).cpu).toMatchObject({ works: true, isSoftware: false, name: expect.stringMatching(/./) });
    for (const report of reports) expect(report.works ? report.name : report.detail).not.toBe('');
  });

  it('given a device that does not answer in time > says so instead of waiting', async () => {
    const reports = await probeDevices({ builtDir: getBuiltDir(), timeLimitMs: 1 });
    for (const { works, detail } of reports) {
      expect([works, detail]).toEqual([false, expect.stringContaining('killed after 1 ms')]);
    }
  });

  const archive = join(root, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br');
  it.runIf(existsSync(archive) && process.platform === 'linux' && process.arch === 'x64')(
    'given SwiftShader under the name of the Vulkan loader > finds that webgpu works, in software',
    async () => {
      writeFileSync(join(temporary, 'swiftshader.tar'), brotliDecompressSync(readFileSync(archive)));
      execFileSync('tar', ['-xf', 'swiftshader.tar', 'libvk_swiftshader.so'], { cwd: temporary });
      copyFileSync(join(temporary, 'libvk_swiftshader.so'), join(temporary, 'libvulkan.so.1'));
      const env = { ...process.env, LD_LIBRARY_PATH: temporary };
      const { webgpu } = byId(await probeDevices({ builtDir: getBuiltDir(), env }));
      expect(webgpu).toMatchObject({ works: true, isSoftware: true, name: 'SwiftShader (software)' });
    },
  );
});
