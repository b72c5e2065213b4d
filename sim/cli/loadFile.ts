/** Reads a scenario file from disk and loads it; the only place where scenarios meet the file system. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { formatIssues, type LoadResult, loadScenario } from '../../scenarios/load.ts';
import { UsageError } from './exitCodes.ts';

/** A larger file is refused before it is read. */
const MAX_BYTES = 262_144;

/** Colours are for terminals that want them. */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '') return false;
  if (process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** @throws UsageError if the file cannot be read, is too large or is no UTF-8 */
export function loadScenarioFile(file: string, set: readonly string[]): LoadResult {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES)
      throw new UsageError(
        `Cannot load ${file}: it has ${size} bytes, a scenario has at most ${MAX_BYTES}. Put data into a trace file.`,
      );
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a directory'
          : error instanceof TypeError
            ? 'it is not UTF-8'
            : (error as Error).message;
    throw new UsageError(`Cannot load ${file}: ${why}`);
  }
  return loadScenario({
    text,
    file: relative(process.cwd(), resolve(file)) || file,
    read: (path) => readNear(file, path),
    catalogue: CATALOGUE,
    set,
  });
}

/** A file named in a scenario, relative to its folder; null if it cannot be read. */
export function readNear(scenarioFile: string, path: string): string | null {
  try {
    return readFileSync(realpathSync(resolve(dirname(scenarioFile), path.split('/').join(sep))), 'utf8');
  } catch {
    return null;
  }
}

/** Prints what is wrong on stderr. */
export function printIssues(result: LoadResult): void {
  const issues = result.ok ? result.warnings : result.issues;
  if (issues.length > 0) process.stderr.write(`${formatIssues(issues, wantsColor(process.stderr))}\n`);
}
