/**
 * The worker process of a study: runs the points that it is given, one after the other, and writes each under its name.
 * It ends when its channel closes, so it outlives nobody.
 */
import { rm } from 'node:fs/promises';
import { formatIssues } from '../../scenarios/load.ts';
import type { Job, JobEnd, WorkerMessage } from '../experiment/engine.ts';
import { partialDirectory, pointDirectory, publishPoint, writePoint } from '../experiment/points.ts';
import { readManifest } from '../store/readRun.ts';
import { messageOf, UsageError } from './exitCodes.ts';
import { loadScenarioFile } from './loadFile.ts';
import { buildIdOf, runSession } from './session.ts';

const PROGRESS_EVERY_MS = 250;

function tell(message: WorkerMessage): void {
  // Fails only when whoever asked is gone; then this process is about to end.
  process.send?.(message, undefined, undefined, () => {});
}

/** @throws whatever keeps the point from being finished */
async function runPoint(job: Job, builtDir: string, build: string): Promise<void> {
  const loaded = loadScenarioFile(job.file, job.overrides);
  if (!loaded.ok) throw new UsageError(formatIssues(loaded.issues, false));
  if (loaded.hash !== job.scenarioHash)
    throw new UsageError(`${job.file}, or a file that it names, was changed after the runs were planned; start again`);
  if (build !== job.build) throw new UsageError('PoWR Lab was built anew after the runs were planned');
  const { scenario, resolvedYaml } = loaded;
  const partial = partialDirectory(job.directory, job.id);
  const final = pointDirectory(job.directory, job.id);
  const hasTables = scenario.record.agents === 'all' || scenario.record.events === 'all';
  let toldMs = performance.now();
  try {
    const { manifest, summary, scenarioYaml } = await runSession({
      scenario,
      scenarioFile: job.file,
      resolvedYaml,
      scenarioHash: loaded.hash,
      builtDir,
      threads: 1,
      // The study has a worker per core already.
      runners: 1,
      out: hasTables ? { directory: partial } : null,
      command: job.command,
      onSlot(done, total) {
        const nowMs = performance.now();
        if (nowMs - toldMs < PROGRESS_EVERY_MS) return;
        toldMs = nowMs;
        tell({ kind: 'progress', share: done / total });
      },
    });
    if (!hasTables) await writePoint(partial, { manifest, summary, scenarioYaml });
    await publishPoint(partial, final, async () => {
      const before = await readManifest(final).catch(() => null);
      return before?.state === 'complete' && before.digest === manifest.digest;
    });
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @throws UsageError if it was not started by a study */
export async function workerCommand(builtDir: string): Promise<never> {
  if (process.send === undefined)
    throw new UsageError('point-worker is started by powr sweep and powr run --seeds only');
  const build = buildIdOf(builtDir);
  // Ctrl-C on a terminal reaches every process of the group; whoever started this one decides what it means.
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', (job: Job) => {
    void runPoint(job, builtDir, build).then(
      () => tell({ kind: 'end', end: { ok: true } }),
      (error: unknown) => {
        const end: JobEnd = { ok: false, reason: messageOf(error) };
        tell({ kind: 'end', end });
      },
    );
  });
  return new Promise<never>(() => {});
}
