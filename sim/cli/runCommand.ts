/** `powr run`: loads the scenario, runs it with progress, prints the result and says by the exit status how it went. */
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { InvariantError } from '../engine/run.ts';
import { EXIT, exitCodeOf, messageOf } from './exitCodes.ts';
import { parseFault } from './fault.ts';
import { loadScenarioFile, printIssues, wantsColor } from './loadFile.ts';
import { createProgress } from './progress.ts';
import { runSession, SessionError, type SessionResult } from './session.ts';
import { renderSummary } from './summary.ts';

export type RunOptions = {
  readonly seed?: number;
  readonly eras?: number;
  readonly ledger?: string;
  readonly threads?: number;
  readonly device?: string;
  readonly inference?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly report: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly resume?: boolean;
  /** Many runs instead of one: see `compareCommand.ts`. */
  readonly seeds?: string;
  readonly compare?: readonly string[];
  readonly workers?: number;
  /** Hidden: see `fault.ts`. */
  readonly fault?: readonly string[];
};

/** Threads that pay for a run on this machine: the chain and the inferences want a core too. */
function defaultThreads(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** The command as a shell would take it again. */
function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['powr', ...quoted].join(' ');
}

/** Real time after a signal in which the slot in progress may end. */
const STOP_WALL_MS = 5_000;

/** Options of the command line as overrides of the scenario, so that they are checked like the file. */
function overrides(options: RunOptions): string[] {
  const named: readonly (readonly [string, string | number | undefined])[] = [
    ['seed', options.seed],
    ['eras', options.eras],
    ['ledger', options.ledger],
    ['inference.mode', options.inference],
    ['inference.device', options.device],
  ];
  return [...named.flatMap(([path, value]) => (value === undefined ? [] : [`${path}=${value}`])), ...options.set];
}

export async function runCommand(file: string, options: RunOptions, builtDir: string): Promise<number> {
  if (options.seeds !== undefined || (options.compare ?? []).length > 0) {
    const { compareCommand } = await import('./compareCommand.ts');
    return compareCommand(file, options, builtDir);
  }
  const faults = (options.fault ?? []).map(parseFault);
  const loaded = loadScenarioFile(file, overrides(options));
  printIssues(loaded);
  if (!loaded.ok) return EXIT.usage;
  const { scenario } = loaded;
  let signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | null = null;
  const onSignal = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => (): void => {
    if (signal !== null) process.exit(name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
    signal = name;
    process.stderr.write(`\nStopping after this slot. Once more to stop at once.\n`);
    // No slot may be in progress: a chain that starts, a long inference, a report. What was settled is on the disk.
    setTimeout(() => process.exit(name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated), STOP_WALL_MS).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal(name));
  const progress = createProgress(process.stderr, options.quiet === true);
  if (options.quiet !== true)
    process.stderr.write(
      `${scenario.name}: ${scenario.eras} eras, seed ${scenario.seed}, ledger ${scenario.ledger}, inference ${scenario.inference.mode}\n`,
    );
  let result: SessionResult;
  try {
    result = await runSession({
      scenario,
      scenarioFile: relative(process.cwd(), file) || file,
      resolvedYaml: loaded.resolvedYaml,
      scenarioHash: loaded.hash,
      builtDir,
      resume: options.resume === true,
      threads: options.threads ?? defaultThreads(),
      out: options.out === undefined ? { root: 'runs' } : { directory: options.out },
      command: commandLine(),
      onSlot: (done, total, era) => progress.update(done, total, `era ${era + 1} of ${scenario.eras}`),
      stopRequested: () => signal !== null,
      faults,
    });
  } catch (error) {
    progress.finish();
    const cause = error instanceof SessionError ? error.cause : error;
    process.stderr.write(`${messageOf(error)}\n`);
    if (cause instanceof InvariantError || exitCodeOf(cause) === EXIT.bug) {
      process.stderr.write(`This is a bug in PoWR Lab. To see it again: ${commandLine()}\n`);
    }
    return exitCodeOf(cause);
  }
  progress.finish();
  const { manifest, summary, verdicts, directory } = result;
  if (signal !== null) {
    process.stderr.write(`Stopped after ${manifest.erasDone} settled eras.\n`);
    return signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
  let report: string | null = null;
  if (directory !== null && options.report) {
    const { writeReport } = await import('./reportCommand.ts');
    report = await writeReport(directory, join(directory, 'report.html'), false);
  }
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ directory, report, manifest, summary }, null, 2)}\n`);
  else process.stdout.write(renderSummary(result, report, wantsColor(process.stdout)));
  return verdicts.every(({ holds }) => holds) ? EXIT.ok : EXIT.failed;
}
