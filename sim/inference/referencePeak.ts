/**
 * What one core of this machine can do at most, by a small C program: the measure of how well compute graphs use it.
 * Compiled when it is wanted; without a compiler there is no measure, and the reason says so.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** By the time that the core spent on the rounds. The first two are of the best round. */
export type Peak = {
  /** Single precision, a fused multiply-add counted as two. */
  readonly gflopPerS: number;
  /** Reads and writes. */
  readonly gbPerS: number;
  /** Of the middle round: to compare with the middle run of something else. */
  readonly medianGflopPerS: number;
  readonly medianGbPerS: number;
};

export type PeakMeter = {
  /** First line of what the compiler says of itself. */
  readonly compiler: string;
  /** About a quarter of a second of one core. */
  measure(): Promise<Peak>;
  /** Removes the program. */
  close(): void;
};

/** There is no program to measure with. */
export class NoPeakError extends Error {
  override readonly name = 'NoPeakError';
}

const TIME_LIMIT_MS = 60_000;
const ROUNDS = 24;

const run = promisify(execFile);

/**
 * @param root      folder that holds bench/reference
 * @param compiler  default `CC` of the environment, else cc
 * @throws NoPeakError when there is no compiler, or it does not compile the program
 */
export async function openPeakMeter(root: string, compiler = process.env.CC ?? 'cc'): Promise<PeakMeter> {
  const folder = mkdtempSync(join(tmpdir(), 'powr-peak-'));
  const program = join(folder, 'peak');
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const source = join(root, 'bench/reference/peak.c');
    await run(compiler, ['-O3', '-march=native', source, '-o', program], { timeout: TIME_LIMIT_MS });
    const { stdout } = await run(compiler, ['--version'], { timeout: TIME_LIMIT_MS });
    return {
      compiler: stdout.split('\n')[0]!.trim(),
      measure: async () =>
        JSON.parse((await run(program, [String(ROUNDS)], { timeout: TIME_LIMIT_MS })).stdout) as Peak,
      close,
    };
  } catch (cause) {
    close();
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing
      ? 'no compiler'
      : `${compiler} does not compile peak.c: ${(cause as Error).message.trim()}`;
    throw new NoPeakError(reason, { cause });
  }
}
