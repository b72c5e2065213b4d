/** Which runs a path names: the run that lies there, or the finished runs below it. Reads manifests, no tables. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isManifest, readFinishedManifest, readManifestText } from './readRun.ts';
import { StoreError } from './storeError.ts';

export type FoundRun = {
  readonly directory: string;
  /** Path from what was named; '' if that is the run itself. */
  readonly label: string;
};

export type FoundRuns = {
  /** By label. */
  readonly runs: readonly FoundRun[];
  /** One sentence for each run below the path that has no tables, in the same order. */
  readonly unfinished: readonly string[];
};

/** A study keeps its runs in one folder, perhaps one below a folder of its own. */
const DEEPEST = 3;

async function* runDirectories(folder: string, depth: number): AsyncGenerator<string> {
  if (isManifest(await readManifestText(folder))) {
    yield folder;
    return;
  }
  if (depth === DEEPEST) return;
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
    if (entry.isDirectory()) yield* runDirectories(join(folder, entry.name), depth + 1);
}

/**
 * @returns at least one finished run
 * @throws StoreError NO_RUN if there is no run, UNFINISHED if none is finished, FILE_MISSING or FILE_BROKEN
 */
export async function findRuns(path: string): Promise<FoundRuns> {
  const runs: FoundRun[] = [];
  const unfinished: string[] = [];
  try {
    for await (const directory of runDirectories(path, 0)) {
      const label = relative(path, directory);
      try {
        await readFinishedManifest(directory);
        runs.push({ directory, label });
      } catch (error) {
        if (label === '' || !(error instanceof StoreError) || error.code !== 'UNFINISHED') throw error;
        unfinished.push(error.message.split('\n')[0]!);
      }
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  if (runs.length === 0 && unfinished.length > 0) throw new StoreError('UNFINISHED', unfinished.join('\n'));
  if (runs.length === 0) {
    throw new StoreError('NO_RUN', `${path} is neither the directory of a run nor a directory of runs`, {
      fix: 'name a directory that `powr run` has written, such as runs/<name>-<hash>-s<seed>',
    });
  }
  return { runs, unfinished };
}
