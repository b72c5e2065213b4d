/**
 * The parent's side of one runner process: ask, wait, give up. Decides that requests have failed with their process, not
 * what happens to them then (see runnerPool.ts).
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import {
  type FailedReply,
  INPUT_PIPE,
  type RunnerMessage,
  type RunnerReply,
  type RunnerRequest,
} from './runnerMessages.ts';

/** The process died or was killed at its time limit: the request may well succeed in another process. */
export class RunnerLostError extends Error {
  override readonly name = 'RunnerLostError';
  /** False: an earlier request was still being worked on, and this one has nothing to do with the end. */
  readonly hadBegun: boolean;
  /** Killed because the time limit was over. */
  readonly isLate: boolean;

  constructor(message: string, { hadBegun, isLate }: { readonly hadBegun: boolean; readonly isLate: boolean }) {
    super(message);
    this.hadBegun = hadBegun;
    this.isLate = isLate;
  }
}

type Answered = Exclude<RunnerReply, FailedReply>;

export type RunnerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type RunnerProcess = {
  readonly pid: number;
  /** False once the process has ended or its channel is closed. */
  isAlive(): boolean;
  /**
   * Worked on after all that was asked before: a request that waits at the runner is begun without a message.
   *
   * @param timeLimitMs  real time, from when the request before was answered
   * @throws RunnerLostError when the process ends before it replies, or is killed because the time limit is over
   * @throws Error with the runner's own words when it answers that it cannot
   */
  ask(request: RunnerRequest, timeLimitMs: number): Promise<Answered>;
  /** Closes the channel and waits until the process ends, after its running inference; kills it after `timeLimitMs`. */
  stop(timeLimitMs: number): Promise<RunnerExit>;
};

export type RunnerOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  readonly env?: NodeJS.ProcessEnv;
};

type Asked = {
  readonly timeLimitMs: number;
  readonly resolve: (reply: Answered) => void;
  readonly reject: (error: Error) => void;
};

const STDERR_KEPT_CHARS = 2_000;

export function startRunner({ builtDir, env }: RunnerOptions): RunnerProcess {
  const child = fork(join(builtDir, 'sim/inference/runner.js'), [String(process.pid)], {
    env: env ?? process.env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
  });
  const inputs = child.stdio[INPUT_PIPE] as Writable;
  // Of a process that is ending: its end says how.
  inputs.on('error', () => {});
  /** In the order of the replies to come; the first is being worked on. */
  const asked: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  let stderr = '';
  let exit: RunnerExit | undefined;
  let onStopped: ((exit: RunnerExit) => void) | undefined;

  /** For whoever is first now. */
  function startTimer(): void {
    clearTimeout(timer);
    if (asked.length === 0) return;
    timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, asked[0]!.timeLimitMs);
  }

  function end(ended: RunnerExit): void {
    exit ??= ended;
    const lost = asked.splice(0);
    startTimer();
    for (const [i, { reject, timeLimitMs }] of lost.entries()) {
      const how = isLate ? `was killed after ${timeLimitMs} ms without a reply` : describeExit(exit);
      const message = `Runner process ${child.pid} ${how}${stderr ? `: ${stderr.trim()}` : ''}`;
      reject(new RunnerLostError(message, { hadBegun: i === 0, isLate }));
    }
    onStopped?.(exit);
  }

  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT_CHARS);
  });
  child.on('message', (reply: RunnerReply) => {
    const first = asked.shift();
    startTimer();
    if (reply.kind === 'failed') first?.reject(new Error(reply.message));
    else first?.resolve(reply);
  });
  // Not 'close': Node does not emit it for a child whose channel the parent has closed.
  child.on('exit', (code, signal) => {
    if (child.stderr!.closed) end({ code, signal });
    else child.stderr!.once('close', () => end({ code, signal }));
  });
  child.on('error', (error) => {
    stderr += error.message;
    if (child.pid === undefined) end({ code: null, signal: null });
  });

  function send(request: RunnerRequest): void {
    // A failed send means that the process is ending, and its end says how.
    const post = (message: RunnerMessage) => child.send(message, () => {});
    if (request.kind !== 'infer') return void post(request);
    const { session, items } = request;
    const wishes = items.some(({ wish }) => wish) ? { wishes: items.map(({ wish }) => wish) } : {};
    post({ kind: 'infer', session, byteCounts: items.map(({ input }) => input.length), ...wishes });
    inputs.cork();
    for (const { input } of items) inputs.write(input);
    inputs.uncork();
  }

  return {
    pid: child.pid ?? -1,
    isAlive: () => child.connected,
    ask: (request, timeLimitMs) =>
      new Promise((resolve, reject) => {
        asked.push({ timeLimitMs, resolve, reject });
        if (asked.length === 1) startTimer();
        if (exit) end(exit);
        else if (child.connected) send(request);
      }),
    async stop(timeLimitMs) {
      if (child.connected) child.disconnect();
      const limit = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
      const ended = await new Promise<RunnerExit>((resolve) => {
        onStopped = resolve;
        if (exit) resolve(exit);
      });
      clearTimeout(limit);
      return ended;
    },
  };
}

const describeExit = ({ code, signal }: RunnerExit): string =>
  signal ? `was ended by ${signal}` : code === null ? 'could not be started' : `ended with exit code ${code}`;
