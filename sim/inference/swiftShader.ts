/**
 * SwiftShader, Google's Vulkan driver in software, from an npm package: lets WebGPU run, slowly, where no card does.
 * Decides where its library lies, once per version of the package; whether it is used is decided in devices.ts.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const PACKAGE = '@sparticuz/chromium';
const LIBRARY = 'libvk_swiftshader.so';
const BLOCK_BYTES = 512;

export type SwiftShader = {
  /** For LD_LIBRARY_PATH of a process that is not yet started. */
  readonly libraryDir: string;
  /** Package and version: the driver's own version number has stood still for years. */
  readonly origin: string;
};

/**
 * Unpacks the driver on first use; nothing is downloaded.
 *
 * @param root  folder that holds node_modules
 * @param cacheDir  the driver goes to `swiftshader-<version>` in it
 * @throws Error when there is no such driver for this machine or its package is not installed
 */
export function prepareSwiftShader(root: string, cacheDir: string): SwiftShader {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`SwiftShader from npm is for linux x64, this machine is ${process.platform} ${process.arch}`);
  }
  const packageDir = join(root, 'node_modules', PACKAGE);
  const archive = join(packageDir, 'bin', 'swiftshader.tar.br');
  if (!existsSync(archive)) throw new Error(`SwiftShader's npm package ${PACKAGE} is not installed: run npm install`);
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const origin = `${PACKAGE} ${version}`;
  const libraryDir = join(cacheDir, `swiftshader-${version}`);
  if (existsSync(libraryDir)) return { libraryDir, origin };
  const driver = readTarFile(brotliDecompressSync(readFileSync(archive)), LIBRARY);
  if (!driver) throw new Error(`${archive} has no ${LIBRARY}: another version of ${PACKAGE} is installed than wanted`);
  const partial = `${libraryDir}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  // The driver has the loader's entry points too: under the loader's name it needs neither a loader nor a manifest.
  writeFileSync(join(partial, 'libvulkan.so.1'), driver);
  try {
    renameSync(partial, libraryDir);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(libraryDir)) throw error; // another process was first
  }
  return { libraryDir, origin };
}

/** The content of the file `name` of a tar archive (POSIX.1-1988 ustar), undefined when there is none. */
export function readTarFile(archive: Buffer, name: string): Buffer | undefined {
  const textAt = (from: number, length: number) =>
    archive
      .subarray(from, from + length)
      .toString('latin1')
      .split('\0')[0]!;
  for (let at = 0; at + BLOCK_BYTES <= archive.length && archive[at] !== 0; ) {
    const bytes = Number.parseInt(textAt(at + 124, 12), 8);
    const content = at + BLOCK_BYTES;
    if (textAt(at, 100).replace(/^\.\//, '') === name) return archive.subarray(content, content + bytes);
    at = content + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
}
