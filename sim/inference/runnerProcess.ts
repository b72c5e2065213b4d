/**
 * The parent's side of one runner process: ask, wait, give up. Decides that a request has failed with its process, not
 * what happens to the request then (see runnerPool.ts).
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { FailedReply, RunnerReply, RunnerRequest } from './runnerMessages.ts';

/** The process died or was killed at its time limit: the request may well succeed in another process. */
export class RunnerLostError extends Error {
  override readonly name = 'RunnerLostError';
}

type Answered = Exclude<RunnerReply, FailedReply>;

export type RunnerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type RunnerProcess = {
  readonly pid: number;
  /** False once the process has ended or its channel is closed. */
  isAlive(): boolean;
  /**
   * One request at a time.
   *
   * @throws RunnerLostError when the process ends before it replies, or is killed because `timeLimitMs` (real time) is over
   * @throws Error with the runner's own words when it answers that it cannot
   */
  ask(request: RunnerRequest, timeLimitMs: number): Promise<Answered>;
  /** Closes the channel and waits until the process ends, after its running request; kills it after `timeLimitMs`. */
  stop(timeLimitMs: number): Promise<RunnerExit>;
};

export type RunnerOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  readonly env?: NodeJS.ProcessEnv;
};

const STDERR_KEPT_CHARS = 2_000;

export function startRunner({ builtDir, env }: RunnerOptions): RunnerProcess {
  const child = fork(join(builtDir, 'sim/inference/runner.js'), [String(process.pid)], {
    env: env ?? process.env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  let exit: RunnerExit | undefined;
  let onReply: ((reply: RunnerReply) => void) | undefined;
  let onExit: ((exit: RunnerExit) => void) | undefined;
  let onStopped: ((exit: RunnerExit) => void) | undefined;
  const end = (ended: RunnerExit) => {
    exit ??= ended;
    onExit?.(exit);
    onStopped?.(exit);
  };
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT_CHARS);
  });
  child.on('message', (reply: RunnerReply) => onReply?.(reply));
  // Not 'close': Node does not emit it for a child whose channel the parent has closed.
  child.on('exit', (code, signal) => {
    if (child.stderr!.closed) end({ code, signal });
    else child.stderr!.once('close', () => end({ code, signal }));
  });
  child.on('error', (error) => {
    stderr += error.message;
    if (child.pid === undefined) end({ code: null, signal: null });
  });

  async function ask(request: RunnerRequest, timeLimitMs: number): Promise<Answered> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeLimitMs);
    const outcome = await new Promise<RunnerReply | RunnerExit>((resolve) => {
      onReply = resolve;
      onExit = resolve;
      if (exit) resolve(exit);
      // A failed send means that the process is ending, and its end says how.
      else if (child.connected) child.send(request, () => {});
    });
    clearTimeout(timer);
    onReply = onExit = undefined;
    if (!('kind' in outcome)) {
      const how = isLate ? `was killed after ${timeLimitMs} ms without a reply` : describeExit(outcome);
      throw new RunnerLostError(`Runner process ${child.pid} ${how}${stderr ? `: ${stderr.trim()}` : ''}`);
    }
    if (outcome.kind === 'failed') throw new Error(outcome.message);
    return outcome;
  }

  async function stop(timeLimitMs: number): Promise<RunnerExit> {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    const ended = await new Promise<RunnerExit>((resolve) => {
      onStopped = resolve;
      if (exit) resolve(exit);
    });
    clearTimeout(timer);
    return ended;
  }

  return { pid: child.pid ?? -1, isAlive: () => child.connected, ask, stop };
}

const describeExit = ({ code, signal }: RunnerExit): string =>
  signal ? `was ended by ${signal}` : code === null ? 'could not be started' : `ended with exit code ${code}`;
