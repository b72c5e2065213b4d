import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseDevice, type DeviceReport, probeDevices } from './devices.ts';
import { getBuiltDir, root } from './testSupport.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'powr-devices-'));
afterAll(() => rmSync(cacheDir, { recursive: true }));
const options = { builtDir: getBuiltDir(), root, cacheDir };
const byId = (reports: readonly DeviceReport[]) => Object.fromEntries(reports.map((report) => [report.id, report]));

describe('probeDevices', () => {
  it('given any machine > finds that the cpu works, and gives every device a name or a reason and what to do', async () => {
    const reports = await probeDevices(options);
    expect(reports.map(({ id }) => id)).toEqual(['cpu', 'webgpu', 'cuda']);
    expect(byId(reports).cpu).toMatchObject({ works: true, isSoftware: false, name: expect.stringMatching(/./) });
    for (const { works, name, detail, fix } of reports) {
      expect(detail).not.toBe('');
      expect([name, fix].map((text) => text !== '')).toEqual([works, !works]);
    }
  });

  it('given a device that does not answer in time > says so instead of waiting', async () => {
    const reports = await probeDevices({ ...options, timeLimitMs: 1 });
    for (const { works, detail } of reports) {
      expect([works, detail]).toEqual([false, expect.stringContaining('killed after 1 ms')]);
    }
  });
});

describe('chooseDevice', () => {
  /** A runner that meets one Vulkan driver as the code says, and another that is named in LD_LIBRARY_PATH as a good one. */
  function builtWith(code: string): string {
    const builtDir = mkdtempSync(join(cacheDir, 'built-'));
    mkdirSync(join(builtDir, 'sim/inference'), { recursive: true });
    writeFileSync(
      join(builtDir, 'sim/inference/runner.js'),
      `process.on('message', ({ device, x }) => {
        const reply = (message) => process.send(message);
        const libraries = ['/nowhere/libvk_swiftshader.so'];
        if (/swiftshader/.test(process.env.LD_LIBRARY_PATH)) reply({ kind: 'probed', y: x.map((v) => 2 * v), libraries });
        else { ${code} }
      });`,
    );
    return builtDir;
  }
  const noAdapter = `reply({ kind: 'failed', message: 'Failed to get a WebGPU adapter: No supported adapters' })`;
  const hasSwiftShader = existsSync(join(root, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br'));

  it.runIf(hasSwiftShader)('given webgpu and no Vulkan driver > takes one in software, and says so', async () => {
    const found = chooseDevice('webgpu', { ...options, builtDir: builtWith(noAdapter) });
    expect(await found).toMatchObject({ class: 'webgpu-software', name: 'SwiftShader (software)' });
  });

  it('given webgpu and a Vulkan driver that crashes > names the crash instead of taking another', async () => {
    const found = chooseDevice('webgpu', { ...options, builtDir: builtWith(`process.kill(process.pid, 'SIGSEGV')`) });
    await expect(found).rejects.toThrow(
      /^The device webgpu does not work here: Runner process \d+ was ended by SIGSEGV\nFix: .*VK_DRIVER_FILES/,
    );
  });

  it('given auto and a card whose driver crashes > takes the cpu', async () => {
    const crash = `if (device === 'cpu') reply({ kind: 'probed', y: x.map((v) => 2 * v), libraries: [] });
      else process.kill(process.pid, 'SIGSEGV')`;
    const builtDir = builtWith(crash);
    expect(await chooseDevice('auto', { ...options, builtDir })).toMatchObject({ id: 'cpu', isSoftware: false });
  });

  it('given auto and a card that works > takes it', async () => {
    const works = `reply({ kind: 'probed', y: x.map((v) => 2 * v), libraries: ['/nowhere/libvulkan_radeon.so'] })`;
    const noCuda = `if (device === 'cuda') reply({ kind: 'failed', message: 'no' }); else ${works}`;
    const found = (code: string) => chooseDevice('auto', { ...options, builtDir: builtWith(code) });
    expect(await found(noCuda)).toMatchObject({
      class: 'webgpu',
      name: 'card behind libvulkan_radeon.so',
      runnersMax: 1,
    });
    expect(await found(works)).toMatchObject({ class: 'cuda', runnersMax: 1, env: { NVIDIA_TF32_OVERRIDE: '0' } });
  });

  it('given the cpu > has a runner for every core', async () => {
    expect(await chooseDevice('cpu', options)).toMatchObject({ id: 'cpu', class: 'cpu', isSoftware: false });
    expect((await chooseDevice('cpu', options)).runnersMax).toBeGreaterThanOrEqual(1);
  });

  it('given a device that does not work > says which, why, and what to do', async () => {
    const asked = expect(chooseDevice('cuda', { ...options, timeLimitMs: 1 })).rejects;
    await asked.toMatchObject({ name: 'DeviceError' });
    await expect(chooseDevice('cuda', { ...options, timeLimitMs: 1 })).rejects.toThrow(
      /The device cuda does not work here: .*killed after 1 ms[\s\S]*Fix: .*--device webgpu/,
    );
  });
});
