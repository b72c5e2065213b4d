import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSwiftShader, readTarFile } from './swiftShader.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'powr-swiftshader-'));
});
afterEach(() => rmSync(place, { recursive: true }));

/** An archive of files, made by the tar of this machine. */
function archiveOf(files: Readonly<Record<string, string>>): Buffer {
  const dir = mkdtempSync(join(place, 'files-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return execFileSync('tar', ['-c', '--format=ustar', '-C', dir, '.']);
}

describe('readTarFile', () => {
  const long = 'b'.repeat(1_300);
  it.each([
    ['of one block', 'a.so', 'a'],
    ['of many blocks', 'b.so', long],
    ['that is empty', 'c.so', ''],
  ])('given a file %s > gives its content', (_, name, content) => {
    expect(readTarFile(archiveOf({ 'a.so': 'a', 'b.so': long, 'c.so': '' }), name)?.toString()).toBe(content);
  });

  it('given a name that the archive does not have > gives nothing', () => {
    expect(readTarFile(archiveOf({ 'a.so': 'a' }), 'd.so')).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('prepareSwiftShader', () => {
  const cacheDir = () => join(place, 'cache');
  function install(files: Readonly<Record<string, string>>): void {
    const dir = join(place, 'node_modules/@sparticuz/chromium');
    mkdirSync(join(dir, 'bin'), { recursive: true });
    writeFileSync(join(dir, 'package.json'), '{ "version": "9.8.7" }');
    writeFileSync(join(dir, 'bin/swiftshader.tar.br'), brotliCompressSync(archiveOf(files)));
  }

  it('given the package > unpacks the driver once, under the name of the loader', () => {
    install({ 'libEGL.so': 'another', 'libvk_swiftshader.so': 'the driver' });
    const expected = { libraryDir: join(cacheDir(), 'swiftshader-9.8.7'), origin: '@sparticuz/chromium 9.8.7' };
    expect(prepareSwiftShader(place, cacheDir())).toEqual(expected);
    expect(readdirSync(cacheDir())).toEqual(['swiftshader-9.8.7']);
    const library = join(expected.libraryDir, 'libvulkan.so.1');
    expect(readFileSync(library, 'utf8')).toBe('the driver');
    writeFileSync(library, 'still there');
    expect(prepareSwiftShader(place, cacheDir())).toEqual(expected);
    expect(readFileSync(library, 'utf8')).toBe('still there');
  });

  it('given no package > says which, and what to do', () => {
    expect(() => prepareSwiftShader(place, cacheDir())).toThrow(
      '@sparticuz/chromium is not installed: run npm install',
    );
  });

  it('given a package without the driver > says so, and leaves nothing behind', () => {
    install({ 'libEGL.so': 'another' });
    expect(() => prepareSwiftShader(place, cacheDir())).toThrow('has no libvk_swiftshader.so');
    expect(() => readdirSync(cacheDir())).toThrow();
  });
});
