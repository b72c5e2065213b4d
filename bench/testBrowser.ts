/**
 * The browser of the tests that open a report: the one named by CHROMIUM, an installed one, or the one that the package
 * @sparticuz/chromium carries.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { repoRoot } from '../sim/store/paths.ts';

export type FoundBrowser = { readonly path: string; readonly environment: Readonly<Record<string, string>> };

/** Unpacks the packaged browser and the libraries that it brings, once per version. */
function packagedBrowser(): FoundBrowser {
  const bin = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');
  const { version } = JSON.parse(readFileSync(join(bin, '..', 'package.json'), 'utf8')) as { version: string };
  const folder = join(repoRoot(), '.cache', `chromium-${version}`);
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}`;
    mkdirSync(partial, { recursive: true });
    writeFileSync(join(partial, 'chromium'), brotliDecompressSync(readFileSync(join(bin, 'chromium.br'))), {
      mode: 0o755,
    });
    for (const archive of ['al2023', 'fonts']) {
      const input = brotliDecompressSync(readFileSync(join(bin, `${archive}.tar.br`)));
      const { status, stderr } = spawnSync('tar', ['-x', '-C', partial], { input });
      if (status !== 0) throw new Error(`tar: ${String(stderr)}`);
    }
    // The configuration that comes with it names a folder of another machine; without a font no text has a size.
    const fonts = `<fontconfig><dir prefix="relative">fonts</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>`;
    writeFileSync(join(partial, 'fonts.conf'), `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">${fonts}`);
    try {
      renameSync(partial, folder);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // another process was first
    }
  }
  return {
    path: join(folder, 'chromium'),
    environment: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_PATH: folder },
  };
}

/** @returns the browser, or why there is none */
export function findBrowser(): FoundBrowser | string {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== '') return { path: named, environment: {} };
  const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  );
  if (installed !== undefined) return { path: installed, environment: {} };
  try {
    const found = packagedBrowser();
    const { stdout } = spawnSync('ldd', [found.path], {
      env: { ...process.env, ...found.environment },
      encoding: 'utf8',
    });
    const missing = [...String(stdout).matchAll(/(\S+) => not found/g)].map(([, library]) => library);
    return missing.length === 0 ? found : `libraries are missing: ${missing.join(', ')}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
