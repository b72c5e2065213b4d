/** Runs a plan: leaves out what is finished, hands the rest to an engine, and reads back what lies on the disk. */
import type { Job, StudyEngine } from './engine.ts';
import { commandOf, overridesOf, type Plan, type Point } from './plan.ts';
import { openStudy, type PointResult, pointDirectory, readPoint, removePartials } from './points.ts';

export type Failure = { readonly point: Point; readonly reason: string };

export type StudyOutcome = {
  /** Results by the name of the point; a point that failed or was not reached has none. */
  readonly results: ReadonlyMap<string, PointResult>;
  readonly failures: readonly Failure[];
  /** Points that were finished before. */
  readonly reusedCount: number;
  readonly ranCount: number;
};

export type StudyHooks = {
  /** Once what is finished is known. */
  planned?(reusedCount: number, toRunCount: number): void;
  /** @param doneShare work done of the points that had to be run, in points */
  progress?(doneShare: number, endedCount: number, toRunCount: number): void;
};

export function jobOf(plan: Plan, point: Point, directory: string): Job {
  return {
    id: point.id,
    file: plan.call.file,
    overrides: overridesOf(plan, point),
    scenarioHash: plan.variants[point.variant]!.scenarioHash,
    build: plan.build,
    seed: point.seed,
    directory,
    command: commandOf(plan, point),
  };
}

/** Reads all points at once would open too many files. */
const READ_AT_ONCE = 64;

async function readAll(plan: Plan, directory: string, points: readonly Point[]): Promise<Map<string, PointResult>> {
  const found = new Map<string, PointResult>();
  for (let at = 0; at < points.length; at += READ_AT_ONCE) {
    const part = points.slice(at, at + READ_AT_ONCE);
    const results = await Promise.all(part.map((point) => readPoint(directory, plan, point)));
    part.forEach(({ id }, i) => {
      const result = results[i];
      if (result !== null && result !== undefined) found.set(id, result);
    });
  }
  return found;
}

/**
 * Runs what is missing of a plan.
 *
 * @param engine stopped by the caller, the promise still resolves, with what is finished
 * @throws StoreError if the directory cannot be used
 */
export async function runStudy(
  plan: Plan,
  directory: string,
  engine: StudyEngine,
  hooks: StudyHooks = {},
): Promise<StudyOutcome> {
  await openStudy(directory, plan);
  const points = [...new Map(plan.points.map((point) => [point.id, point])).values()];
  const before = await readAll(plan, directory, points);
  const missing = points.filter(({ id }) => !before.has(id));
  hooks.planned?.(before.size, missing.length);
  const pointOf = new Map(missing.map((point) => [point.id, point]));
  const failures: Failure[] = [];
  const shares = new Map<string, number>();
  let endedCount = 0;
  const tell = (): void =>
    hooks.progress?.(
      [...shares.values()].reduce((sum, share) => sum + share, endedCount),
      endedCount,
      missing.length,
    );
  await engine.run(
    missing.map((point) => jobOf(plan, point, directory)),
    {
      isFinished: async ({ id }) => (await readPoint(directory, plan, pointOf.get(id)!)) !== null,
      progress({ id }, share) {
        shares.set(id, share);
        tell();
      },
      end({ id }, end) {
        shares.delete(id);
        endedCount += 1;
        if (!end.ok) failures.push({ point: pointOf.get(id)!, reason: end.reason });
        tell();
      },
    },
  );
  await removePartials(directory);
  const after = await readAll(plan, directory, missing);
  for (const { point } of failures) after.delete(point.id);
  for (const point of missing) {
    const isMissing = !after.has(point.id) && !failures.some((failure) => failure.point === point);
    if (isMissing && endedCount === missing.length)
      failures.push({ point, reason: `${pointDirectory(directory, point.id)} cannot be read` });
  }
  const order = new Map(points.map(({ id }, i) => [id, i]));
  return {
    results: new Map([...before, ...after]),
    failures: failures.sort((a, b) => order.get(a.point.id)! - order.get(b.point.id)!),
    reusedCount: before.size,
    ranCount: after.size,
  };
}
