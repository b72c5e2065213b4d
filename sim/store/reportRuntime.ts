/**
 * The script of a report as one text: bundled from `reports/browser.ts` and the chart library when a report is made,
 * because the room of the reports itself reads no files.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { repoRoot } from './paths.ts';

let built: Promise<string> | undefined;

/**
 * The script, about 0.6 MB, ASCII only; the same bytes for the same sources and packages. Built once per process.
 *
 * @throws esbuild's error, with file and line
 */
export function buildReportRuntime(): Promise<string> {
  built ??= bundle();
  return built;
}

async function bundle(): Promise<string> {
  const root = repoRoot();
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'reports', 'browser.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}
