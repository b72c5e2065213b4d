/**
 * The script of a report as one text: bundled from `reports/browser.ts` or `reports/sweepBrowser.ts` and the chart library
 * when a report is made, because the room of the reports itself reads no files.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { repoRoot } from './paths.ts';

export type ReportScript = 'browser' | 'sweepBrowser';

const built = new Map<ReportScript, Promise<string>>();

/**
 * The script, about 0.6 MB, ASCII only; the same bytes for the same sources and packages. Built once per process.
 *
 * @param script of the report of a run, or of a sweep
 * @throws esbuild's error, with file and line
 */
export function buildReportRuntime(script: ReportScript = 'browser'): Promise<string> {
  const known = built.get(script) ?? bundle(script);
  built.set(script, known);
  return known;
}

async function bundle(script: ReportScript): Promise<string> {
  const root = repoRoot();
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'reports', `${script}.ts`)],
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
