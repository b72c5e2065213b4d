/**
 * A process of its own that starts the anvils as its children and outlives nobody: when the pipe on its stdin closes,
 * because whoever opened it stopped, crashed or was killed, it kills them and ends. It decides nothing about the chain;
 * `anvil.ts` tells it what to start, and reads what it reports on stdout, one JSON object a line.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** First argument of the guard, as JSON. */
export type GuardOrder = {
  readonly anvil: string;
  /** Arguments of an idle anvil that the working one is forked from; absent: the working one stands alone. */
  readonly parentArgs?: readonly string[];
  /** Arguments of the working anvil. The guard adds the fork's URL. */
  readonly args: readonly string[];
  readonly startTimeoutWallMs: number;
};

export type GuardReport =
  | {
      readonly event: 'ready';
      readonly url: string;
      readonly pid: number;
      readonly parentPid: number | null;
    }
  | { readonly event: 'failed'; readonly what: string }
  | { readonly event: 'gone'; readonly what: string };

const children = new Set<ChildProcess>();
let ending = false;

/** SIGKILL: an anvil holds nothing that is worth an orderly end. Ends once the children are reaped. */
function end(exitCode: number): void {
  if (ending) return;
  ending = true;
  for (const child of children) child.kill('SIGKILL');
  const leave = () => {
    if (children.size === 0) process.exit(exitCode);
  };
  for (const child of children) child.once('exit', leave);
  leave();
  setTimeout(() => process.exit(exitCode), 1_000);
}

function report(message: GuardReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/**
 * `setpriv --pdeathsig` makes the kernel kill the child when its parent dies: the anvils then survive not even a
 * SIGKILL of the guard. It is bound to the thread that started the child, here the guard's main thread.
 */
function deathBinder(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const binder = ['setpriv', '--pdeathsig', 'KILL'];
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? binder : [];
}

/** Starts one anvil and resolves with its URL when it listens. The OS chooses the port, so none can be stolen. */
async function startOne(
  order: GuardOrder,
  binder: readonly string[],
  args: readonly string[],
): Promise<{ url: string; pid: number }> {
  if (ending) throw new Error('asked to end before the chain was up');
  const [program, ...rest] = [...binder, order.anvil, ...args] as [string, ...string[]];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let listening = false;
    const onText = (text: string) => {
      output += text;
      const address = /^Listening on (127\.0\.0\.1:\d+)\s*$/m.exec(output);
      if (address === null) return;
      listening = true;
      child.stdout.off('data', onText).resume();
      resolve({ url: `http://${address[1]}`, pid: child.pid as number });
    };
    child.stdout.setEncoding('utf8').on('data', onText);
    child.on('error', (error) => {
      children.delete(child);
      reject(new Error(`${program} cannot be started: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      children.delete(child);
      const what = `anvil ended with ${signal ?? `exit code ${code}`}${errors === '' ? '' : `: ${errors.trim()}`}`;
      if (!listening) reject(new Error(what));
      else if (!ending) {
        report({ event: 'gone', what });
        end(1);
      }
    });
    setTimeout(
      () => reject(new Error(`anvil did not listen within ${order.startTimeoutWallMs} ms`)),
      order.startTimeoutWallMs,
    ).unref();
  });
}

/** anvil was started without --quiet, which would hide the port it got; from here on it need not write. */
async function silence(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_setLoggingEnabled', params: [false] });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await answer.text();
}

async function main(): Promise<void> {
  process.stdin.on('end', () => end(0)).on('error', () => end(0));
  process.stdin.resume();
  process.stdout.on('error', () => end(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  try {
    const order = JSON.parse(process.argv[2] ?? '') as GuardOrder;
    const binder = deathBinder();
    const parent = order.parentArgs === undefined ? undefined : await startOne(order, binder, order.parentArgs);
    const forkArgs = parent === undefined ? [] : ['--fork-url', parent.url, '--no-storage-caching', '--no-rate-limit'];
    const working = await startOne(order, binder, [...order.args, ...forkArgs]);
    await Promise.all([parent, working].map((one) => one && silence(one.url)));
    report({
      event: 'ready',
      url: working.url,
      pid: working.pid,
      parentPid: parent?.pid ?? null,
    });
  } catch (error) {
    report({ event: 'failed', what: error instanceof Error ? error.message : String(error) });
    end(1);
  }
}

await main();
