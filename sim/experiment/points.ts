/**
 * The points of a study on disk: `points/<id>/` appears at once and whole, under a name that says what is in it. Whoever
 * finds it need not run it again; whoever runs it twice throws one copy away.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Manifest } from '../engine/trace.ts';
import { RUN_FILES } from '../store/paths.ts';
import { isManifest } from '../store/readRun.ts';
import { StoreError } from '../store/storeError.ts';
import { publishFile, replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { type Plan, type Point, planText } from './plan.ts';

export const STUDY_FILES = {
  plan: 'plan.json',
  points: 'points',
  csv: 'sweep.csv',
  parquet: 'summary.parquet',
  report: 'report.html',
} as const;

/** What a finished point says. */
export type PointResult = { readonly digest: string; readonly summary: Readonly<Record<string, number>> };

export function pointDirectory(directory: string, id: string): string {
  return join(directory, STUDY_FILES.points, id);
}

const PARTIAL = '.partial';
const host = hostname().replace(/[^A-Za-z0-9]+/g, '_');
const ownPartial = `${PARTIAL}-${host}-${process.pid}-`;

/** Where this process writes a point until it is whole: no other process uses the same folder. */
export function partialDirectory(directory: string, id: string): string {
  return join(directory, STUDY_FILES.points, `${ownPartial}${id}`);
}

/**
 * Makes a file of a study and gives it its name when it is whole. Two processes may do so at once: readers see the file
 * of either.
 *
 * @param make writes the file at the path that it is given
 * @throws StoreError DISK_FULL or WRITE_FAILED
 */
export async function makeStudyFile(path: string, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = join(dirname(path), `${ownPartial}${basename(path)}`);
  try {
    await make(partial);
    await publishFile(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw storeErrorOf(error, path);
  }
}

export async function writeStudyFile(path: string, text: string): Promise<void> {
  await makeStudyFile(path, (partial) => replaceFile(partial, text));
}

/**
 * Makes the directory of a study and writes its plan. Points of other plans that lie there stay.
 *
 * @throws StoreError FOREIGN_DIRECTORY if it holds files and none of them is a plan; DISK_FULL or WRITE_FAILED
 */
export async function openStudy(directory: string, plan: Plan): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    const names = await readdir(directory);
    // A kill, or a second start, before the plan has its name: no more is there than its draft.
    const isOwn = (name: string): boolean => name === STUDY_FILES.plan || name.startsWith(PARTIAL);
    if (names.length > 0 && !names.some(isOwn) && names.some((name) => name !== STUDY_FILES.points)) {
      throw new StoreError('FOREIGN_DIRECTORY', `${directory} is not empty and holds no ${STUDY_FILES.plan}`, {
        fix: 'name an empty or a new directory with --out',
      });
    }
    await mkdir(join(directory, STUDY_FILES.points), { recursive: true });
  } catch (error) {
    throw storeErrorOf(error, directory);
  }
  await writeStudyFile(join(directory, STUDY_FILES.plan), planText(plan));
  await removePartials(directory);
}

/** Removes what processes of this machine that are gone have left half written. */
export async function removePartials(directory: string): Promise<void> {
  const own = new RegExp(`^\\${PARTIAL}-${host}-(\\d+)-`);
  for (const folder of [directory, join(directory, STUDY_FILES.points)]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const pid = own.exec(name)?.[1];
      if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A point that is finished and is what its name says: complete, of this scenario, seed and build.
 *
 * @returns null for any other, which has to be run
 */
export async function readPoint(directory: string, plan: Plan, point: Point): Promise<PointResult | null> {
  const folder = pointDirectory(directory, point.id);
  try {
    const text = await readFile(join(folder, RUN_FILES.manifest), 'utf8');
    if (!isManifest(text)) return null;
    const { state, seed, scenarioHash, versions, digest } = JSON.parse(text) as Manifest;
    const isSame =
      state === 'complete' &&
      seed === point.seed &&
      scenarioHash === plan.variants[point.variant]!.scenarioHash &&
      versions.build === plan.build;
    if (!isSame) return null;
    const summary: unknown = JSON.parse(await readFile(join(folder, RUN_FILES.summary), 'utf8'));
    return typeof summary === 'object' && summary !== null
      ? { digest, summary: summary as Readonly<Record<string, number>> }
      : null;
  } catch {
    return null;
  }
}

/** The files of a point that stores no tables. @throws StoreError DISK_FULL or WRITE_FAILED */
export async function writePoint(
  partial: string,
  files: {
    readonly manifest: Manifest;
    readonly summary: Readonly<Record<string, number>>;
    readonly scenarioYaml: string;
  },
): Promise<void> {
  await mkdir(partial, { recursive: true }).catch((error: unknown) => {
    throw storeErrorOf(error, partial);
  });
  await replaceFile(join(partial, RUN_FILES.scenario), files.scenarioYaml);
  await replaceFile(join(partial, RUN_FILES.summary), `${JSON.stringify(files.summary, null, 2)}\n`);
  await replaceFile(join(partial, RUN_FILES.manifest), `${JSON.stringify(files.manifest, null, 2)}\n`);
}

const TAKEN = ['ENOTEMPTY', 'EEXIST'];

/**
 * Gives a point its name.
 *
 * @param isFinished whether what already lies under the name is finished: then that is kept, being the same
 * @throws StoreError WRITE_FAILED
 */
export async function publishPoint(partial: string, final: string, isFinished: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await publishFile(partial, final);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!TAKEN.includes(code) || attempt > 2) throw storeErrorOf(error, final);
    }
    if (await isFinished()) {
      await rm(partial, { recursive: true, force: true });
      return;
    }
    // Moved aside first: a second process that does the same must not find half a folder.
    const broken = `${partial}-replaced`;
    await rename(final, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
  }
}
