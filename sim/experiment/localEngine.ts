/**
 * Runs points in worker processes of this machine, one point at a time in each. A worker that dies takes its point with
 * it, never the study; workers die with this process, however it ends, because their channel to it closes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { EngineHooks, Job, JobEnd, StudyEngine, WorkerMessage } from './engine.ts';

export type LocalEngineOptions = {
  /** Built file of the worker and its arguments. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Most workers at a time, at least 1. */
  readonly workers: number;
  readonly env: NodeJS.ProcessEnv;
};

/** A worker that was killed from outside (no memory, by hand) may have been unlucky; one that dies twice is at fault. */
const MOST_ATTEMPTS = 2;
const STDERR_KEPT_CHARS = 2_000;

export function createLocalEngine({ entry, args, workers, env }: LocalEngineOptions): StudyEngine {
  const children = new Set<ChildProcess>();
  let stopping = false;
  let wakeAll = (): void => {};

  function start(): { readonly child: ChildProcess; readonly errors: () => string } {
    const child = fork(entry, args, { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-STDERR_KEPT_CHARS);
    });
    children.add(child);
    child.on('exit', () => children.delete(child));
    // Without a listener a failed start would end this process; the worker counts as lost, see `give`.
    child.on('error', (error) => {
      errors += error.message;
      if (child.pid === undefined) children.delete(child);
    });
    return { child, errors: () => errors.trim() };
  }

  /** @returns how the job ended, or a sentence about how the worker was lost */
  function give(child: ChildProcess, job: Job, hooks: EngineHooks): Promise<JobEnd | string> {
    return new Promise((resolve) => {
      const settle = (result: JobEnd | string): void => {
        child.off('message', onMessage).off('exit', onExit).off('error', onError);
        resolve(result);
      };
      const onMessage = (message: WorkerMessage): void => {
        if (message.kind === 'progress') hooks.progress(job, message.share);
        else settle(message.end);
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
        settle(`its worker process ended with ${signal ?? `exit code ${code}`}`);
      const onError = (error: Error): void => settle(`its worker process could not be used: ${error.message}`);
      child.on('message', onMessage).on('exit', onExit).on('error', onError);
      if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
      else child.send(job, (error) => error !== null && onError(error));
    });
  }

  return {
    async run(jobs, hooks) {
      const queue = jobs.map((job) => ({ job, attempt: 1 }));
      let left = jobs.length;
      const waiting: (() => void)[] = [];
      wakeAll = () => {
        for (const wake of waiting.splice(0)) wake();
      };
      /** The next job; waits while a running one may still come back. */
      async function next(): Promise<(typeof queue)[number] | undefined> {
        while (queue.length === 0 && left > 0 && !stopping) await new Promise<void>((wake) => waiting.push(wake));
        return stopping ? undefined : queue.shift();
      }
      function end(job: Job, how: JobEnd): void {
        left -= 1;
        hooks.end(job, how);
        if (left === 0) wakeAll();
      }
      async function work(): Promise<void> {
        let worker: ReturnType<typeof start> | null = null;
        for (let item = await next(); item !== undefined; item = await next()) {
          const { job, attempt } = item;
          if (await hooks.isFinished(job)) {
            end(job, { ok: true });
            continue;
          }
          if (stopping) break;
          worker ??= start();
          const how = await give(worker.child, job, hooks);
          if (stopping) break;
          if (typeof how !== 'string') end(job, how);
          else {
            const errors = worker.errors();
            worker.child.kill('SIGKILL');
            worker = null;
            if (attempt >= MOST_ATTEMPTS)
              end(job, { ok: false, reason: `${how}${errors === '' ? '' : `: ${errors}`}` });
            else {
              queue.push({ job, attempt: attempt + 1 });
              wakeAll();
            }
          }
        }
        if (worker?.child.connected === true) worker.child.disconnect();
      }
      const running = Array.from({ length: Math.min(workers, jobs.length) }, work);
      await Promise.all(running);
      await Promise.all([...children].map((child) => ended(child)));
    },
    async stop() {
      stopping = true;
      wakeAll();
      for (const child of children) child.kill('SIGKILL');
      await Promise.all([...children].map((child) => ended(child)));
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
