/**
 * Starts and stops the local chain: which anvil, with which options, as whose child. It knows nothing of contracts.
 * The anvils are children of a guard process (`guard.ts`) and end with whoever started them, however that ends.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type FoundryBinary, findFoundryBinary } from '../../contracts/foundryBinary.mjs';
import { ChainError } from './chainError.ts';
import type { GuardOrder, GuardReport } from './guard.ts';
import { repoRoot } from './repoRoot.ts';

export const chainId = 31_337;
/** Declared gas of the transactions of one block must not exceed this; used gas never comes near. */
export const blockGasLimit = 100_000_000_000;

export type AnvilOptions = {
  /** Timestamp of block 0, seconds. */
  readonly genesisTimeS: number;
  /** Folder of the build that holds `sim/chain/guard.js`. */
  readonly builtDir: string;
  /**
   * true (the default): the chain is a fork of an empty one. anvil then computes no state root, whose cost grows with
   * all the state there is, for each block. false: one anvil alone, with state roots.
   */
  readonly fork?: boolean;
  /** Blocks whose transactions, receipts and logs can still be asked for. */
  readonly keepBlocks?: number;
  readonly startTimeoutWallMs?: number;
  readonly env?: Record<string, string | undefined>;
};

export type Anvil = {
  readonly url: string;
  /** The working anvil: its CPU time is the chain's. */
  readonly pid: number;
  readonly parentPid: number | null;
  readonly guardPid: number;
  readonly version: string;
  /** Where the program came from: 'ANVIL variable', 'package @foundry-rs/…', 'PATH'. */
  readonly from: string;
  /** Why the chain is no longer there, or undefined while it is. */
  readonly whyGone: () => string | undefined;
  /** Ends the chain and resolves when its processes are gone. May be called twice. */
  readonly stop: () => Promise<void>;
};

const found = new Map<string, FoundryBinary>();

/**
 * The anvil that would be started: ANVIL variable, npm package of this platform, PATH.
 *
 * @throws ChainError ANVIL_MISSING with what was tried
 */
export function findAnvil(env: Record<string, string | undefined> = process.env): FoundryBinary {
  const key = `${env.ANVIL ?? ''}\n${env.PATH ?? ''}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const search = findFoundryBinary('anvil', repoRoot(), env);
  if (!search.found) {
    throw new ChainError(
      'ANVIL_MISSING',
      `Cannot start the chain: anvil was not found\n${search.tried.map((line) => `  ${line}`).join('\n')}`,
      { fix: 'run `npm install` (it brings anvil for this machine), or name one in the ANVIL variable.' },
    );
  }
  found.set(key, search);
  return search;
}

/**
 * Starts a chain that mines only when told, on a free port of the loopback interface.
 *
 * The program is free to end without `stop`: the chain keeps no event loop alive, and ends with it.
 *
 * @throws ChainError ANVIL_MISSING, ANVIL_NOT_STARTED
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const env = options.env ?? process.env;
  const anvil = findAnvil(env);
  const common = ['--port', '0', '--host', '127.0.0.1', '--chain-id', String(chainId), '--accounts', '1'];
  const clock = ['--timestamp', String(options.genesisTimeS)];
  const working = [
    ...['--no-mining', '--order', 'fees', '--base-fee', '0', '--gas-price', '0'],
    ...['--gas-limit', String(blockGasLimit), '--prune-history', '--no-request-size-limit'],
    ...['--transaction-block-keeper', String(options.keepBlocks ?? 4)],
    ...['--disable-default-create2-deployer', '--disable-console-log'],
  ];
  const idle = ['--no-mining', '--prune-history', '--disable-default-create2-deployer', '--base-fee', '0'];
  const startTimeoutWallMs = options.startTimeoutWallMs ?? 30_000;
  const order: GuardOrder = {
    anvil: anvil.path,
    startTimeoutWallMs,
    ...(options.fork === false
      ? { args: [...common, ...clock, ...working] }
      : { args: [...common, ...working], parentArgs: [...common, ...clock, ...idle] }),
  };

  // `detached`: Ctrl-C on the terminal is for the program to handle, which may want to finish a block first.
  const guard = spawn(process.execPath, [join(options.builtDir, 'sim/chain/guard.js'), JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: tmpdir(),
    // No more than they need: a proxy variable, or a configuration of Foundry, would change what anvil does.
    env: { PATH: env.PATH ?? '', HOME: tmpdir(), TMPDIR: tmpdir() },
  });
  const pids: number[] = [];
  let gone: string | undefined;
  let errors = '';
  guard.stdin.on('error', () => {});
  guard.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  const exited = new Promise<void>((resolve) => {
    guard.on('error', (error) => {
      gone ??= error.message;
      resolve();
    });
    guard.on('exit', (code, signal) => {
      gone ??= `its guard process ended with ${signal ?? `exit code ${code}`}${errors && `: ${errors.trim()}`}`;
      // A guard that was killed has left its anvils behind, unless the kernel binds them to it.
      if (signal !== null) for (const pid of pids) killQuietly(pid);
      resolve();
    });
  });
  const stop = async () => {
    gone ??= 'it was stopped';
    guard.stdin.destroy();
    const tooLong = setTimeout(() => {
      guard.kill('SIGKILL');
    }, 3_000);
    await exited;
    clearTimeout(tooLong);
  };

  const lines = createInterface({ input: guard.stdout });
  const ready = await new Promise<Extract<GuardReport, { event: 'ready' }> | string>((resolve) => {
    lines.on('line', (line) => {
      const message = JSON.parse(line) as GuardReport;
      if (message.event === 'ready') {
        pids.push(message.pid, ...(message.parentPid === null ? [] : [message.parentPid]));
        resolve(message);
      } else {
        gone = message.what;
        resolve(message.what);
      }
    });
    exited.then(() => resolve(gone ?? 'its guard process ended'));
    setTimeout(() => resolve(`no answer within ${2 * startTimeoutWallMs} ms`), 2 * startTimeoutWallMs).unref();
  });
  if (typeof ready === 'string') {
    await stop();
    throw new ChainError(
      'ANVIL_NOT_STARTED',
      `Cannot start the chain: ${ready}\n  anvil ${anvil.version} from ${anvil.from}: ${anvil.path}`,
      { fix: 'run `powr doctor`; name another anvil in the ANVIL variable if this one does not suit the machine.' },
    );
  }
  guard.unref();
  for (const pipe of [guard.stdin, guard.stdout, guard.stderr]) (pipe as unknown as { unref(): void }).unref();
  return {
    url: ready.url,
    pid: ready.pid,
    parentPid: ready.parentPid,
    guardPid: guard.pid as number,
    version: anvil.version,
    from: anvil.from,
    whyGone: () => gone,
    stop,
  };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}
