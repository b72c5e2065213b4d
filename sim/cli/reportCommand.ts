/** `powr report`: from the stored run to one HTML file. Everything in it is computed from what the run left on disk. */
import { join } from 'node:path';
import type { RunTables } from '../engine/trace.ts';
import { replaceFile } from '../store/writeFile.ts';
import { EXIT } from './exitCodes.ts';

/** Keys of parameters that the scenario sets to other values than the registry's. */
async function changedKeysOf(run: RunTables): Promise<readonly string[]> {
  const [{ loadScenario }, { CATALOGUE }, { readNear }] = await Promise.all([
    import('../../scenarios/load.ts'),
    import('../../agents/catalogue.ts'),
    import('./loadFile.ts'),
  ]);
  const file = run.manifest.scenarioFile;
  const loaded = loadScenario({
    text: run.scenarioYaml,
    file,
    read: (path) => readNear(file, path),
    catalogue: CATALOGUE,
  });
  // A trace that has moved since makes the stored scenario unloadable; the report then marks nothing.
  return loaded.ok ? Object.keys(loaded.scenario.params) : [];
}

/** @returns the path written. @throws StoreError if the directory holds no finished run */
export async function writeReport(directory: string, path: string, isStatic: boolean): Promise<string> {
  const [{ readRun }, { renderReport }, { buildReportRuntime }] = await Promise.all([
    import('../store/readRun.ts'),
    import('../../reports/report.ts'),
    import('../store/reportRuntime.ts'),
  ]);
  const run = await readRun(directory);
  const changedKeys = await changedKeysOf(run);
  const html = await renderReport(
    run,
    isStatic ? { changedKeys } : { changedKeys, runtime: await buildReportRuntime() },
  );
  await replaceFile(path, html);
  return path;
}

export async function reportCommand(
  directory: string,
  options: { readonly out?: string; readonly static?: boolean },
): Promise<number> {
  const path = await writeReport(directory, options.out ?? join(directory, 'report.html'), options.static === true);
  process.stdout.write(`${path}\n`);
  return EXIT.ok;
}
