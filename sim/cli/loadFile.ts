/** Reads a scenario file from disk and loads it; the only place where scenarios meet the file system. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { CATALOGUE } from '../../agents/catalogue.ts';
import {
  formatIssues,
  harmless,
  LARGEST_BYTES,
  type LoadResult,
  loadScenario,
  type Refusal,
} from '../../scenarios/load.ts';
import { UsageError } from './exitCodes.ts';

/** The mark that an editor may put before the text; it is no part of it. */
const BYTE_ORDER_MARK_BYTES = 3;

/** Colours are for terminals that want them. */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '') return false;
  if (process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/**
 * At most so many bytes and one more from a file. Never waits for a pipe unless it was opened by whoever started us.
 *
 * @returns null if it is neither a regular file nor, under /dev or /proc, a stream
 */
function readUpTo(path: string, mostBytes: number, takesStreams: boolean): Buffer | null {
  const isStream = takesStreams && /^\/(dev|proc)\//.test(path);
  const descriptor = openSync(path, isStream ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = fstatSync(descriptor);
    if (about.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    if (!about.isFile() && !isStream) return null;
    const chunks: Buffer[] = [];
    for (let bytes = 0; bytes <= mostBytes; ) {
      const chunk = Buffer.allocUnsafe(Math.min(mostBytes + 1 - bytes, about.isFile() ? about.size + 1 : 65_536));
      const count = readSync(descriptor, chunk);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      bytes += count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

/** What is not UTF-8 becomes a mark that the loader refuses, with its place. */
function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** @throws UsageError if there is no such file, or none that can be read; everything else is an issue with its place */
export function loadScenarioFile(file: string, set: readonly string[]): LoadResult {
  let bytes: Buffer | null;
  try {
    // A larger file is refused unread, by the loader: what is read of it is too much.
    bytes = readUpTo(file, LARGEST_BYTES + BYTE_ORDER_MARK_BYTES, true);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a directory'
          : harmless((error as Error).message);
    throw new UsageError(`Cannot load ${harmless(file)}: ${why}`);
  }
  if (bytes === null) throw new UsageError(`Cannot load ${harmless(file)}: it is not a file`);
  return loadScenario({
    text: decode(bytes),
    file: relative(process.cwd(), resolve(file)) || file,
    read: (path, mostBytes) => readNear(file, path, mostBytes),
    catalogue: CATALOGUE,
    set,
  });
}

/**
 * A file named in a scenario, relative to its folder.
 *
 * @returns its text; null if it cannot be read; or why it is not: it lies outside the folder once links are followed, it
 * is a pipe or a device, it is too large
 */
export function readNear(
  scenarioFile: string,
  path: string,
  mostBytes: number = LARGEST_BYTES,
): string | Refusal | null {
  try {
    const root = realpathSync(dirname(scenarioFile));
    const target = realpathSync(resolve(root, path.split('/').join(sep)));
    const way = relative(root, target);
    if (isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`)) return { refused: 'outside' };
    const bytes = readUpTo(target, mostBytes, false);
    if (bytes === null) return { refused: 'no file' };
    return bytes.length > mostBytes ? { refused: 'too large' } : decode(bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR' ? { refused: 'no file' } : null;
  }
}

/** Prints what is wrong on stderr. */
export function printIssues(result: LoadResult): void {
  const issues = result.ok ? result.warnings : result.issues;
  if (issues.length > 0) process.stderr.write(`${formatIssues(issues, wantsColor(process.stderr))}\n`);
}
