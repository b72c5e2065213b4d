/**
 * What `powr run --seeds` and `powr sweep` have in common: from the command line to a plan, and from the plan to finished
 * runs, with progress, signals and a way to go on. Prints to stderr only.
 */
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { LoadResult } from '../../scenarios/load.ts';
import type { Axis, Scenario, SeedRange } from '../engine/scenario.ts';
import type { Combination } from '../experiment/design.ts';
import { createLocalEngine } from '../experiment/localEngine.ts';
import { type Call, commandOf, type Plan, type Point, planStudy, type Variant } from '../experiment/plan.ts';
import { shellCommand } from '../experiment/shellWord.ts';
import { type Failure, runStudy, type StudyOutcome } from '../experiment/study.ts';
import { openInference } from '../inference/openInference.ts';
import { DEFAULT_POOL_SEED } from '../inference/textRecognition.ts';
import { repoRoot, runDirectory } from '../store/paths.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { countOf } from './figureText.ts';
import { withNamedErrors } from './inferenceErrors.ts';
import { loadScenarioFile, printIssues } from './loadFile.ts';
import { createProgress } from './progress.ts';
import { buildIdOf } from './session.ts';

/** Options of the command line that every run of a study shares. */
export type ManyOptions = {
  readonly eras?: number;
  readonly ledger?: string;
  readonly device?: string;
  readonly inference?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly workers?: number;
  readonly quiet?: boolean;
};

/** What many runs do unless told otherwise: the chain and fresh inferences would cost minutes each. */
const DEFAULT_LEDGER = 'core';
const DEFAULT_INFERENCE = 'replay';

const MOST_POINTS = 200_000;

/** Runs that must be done before a guess of the time left is worth showing: workers take a while to start. */
const LEAST_DONE = 0.3;

/** How `powr run` is called for one run of the study, without what a variant changes and without the seed. */
export function callOf(file: string, options: ManyOptions): Call {
  const named: readonly (readonly [flag: string, path: string, value: string | number | undefined])[] = [
    ['--eras', 'eras', options.eras],
    ['--ledger', 'ledger', options.ledger ?? DEFAULT_LEDGER],
    ['--inference', 'inference.mode', options.inference ?? DEFAULT_INFERENCE],
    ['--device', 'inference.device', options.device],
  ];
  const given = named.filter(([, , value]) => value !== undefined);
  for (const change of options.set) {
    if (change.startsWith('seed=')) throw new UsageError(`--set ${change} would give all runs one seed; leave it out`);
  }
  return {
    file: relative(process.cwd(), file) || file,
    words: [
      ...given.flatMap(([flag, , value]) => [flag, String(value)]),
      // A run takes no notice of axes, however they were given.
      ...options.set.filter((change) => !/^sweep[.=]/.test(change)).flatMap((change) => ['--set', change]),
    ],
    overrides: [...given.map(([, path, value]) => `${path}=${value}`), ...options.set],
  };
}

/** 'ledger core (the default for many runs)': what was chosen, and by whom. */
export function choicesText(scenario: Scenario, options: ManyOptions): string {
  const note = (isDefault: boolean, flag: string): string =>
    isDefault ? ` (the default for many runs; change it with ${flag})` : '';
  const { ledger, inference } = scenario;
  return [
    `ledger ${ledger}${note(options.ledger === undefined && ledger === DEFAULT_LEDGER, '--ledger')}`,
    `inference ${inference.mode}${note(options.inference === undefined && inference.mode === DEFAULT_INFERENCE, '--inference')}`,
  ].join(', ');
}

/** The scenario as every run of the study shares it; null after its errors were printed. */
export function loadBase(call: Call): Extract<LoadResult, { ok: true }> | null {
  const loaded = loadScenarioFile(call.file, call.overrides);
  printIssues(loaded);
  return loaded.ok ? loaded : null;
}

/**
 * Opens the inference of the scenario once, so that a device that does not work is said once and not by every run.
 *
 * @throws InferenceError with the reason and what to do
 */
export async function checkInference(scenario: Scenario, builtDir: string): Promise<void> {
  const { mode, device, validatorDevice, poolSamples } = scenario.inference;
  const root = repoRoot();
  const opening = openInference({
    mode,
    device,
    validatorDevice,
    poolSamples,
    poolSeed: DEFAULT_POOL_SEED,
    builtDir,
    root,
  });
  await (await withNamedErrors(opening)).close();
}

/** 'val.samples=5, val.audit_bps=100' */
export function variantText({ set }: Pick<Variant, 'set'>): string {
  return set.length === 0 ? 'the scenario as it is' : set.join(', ');
}

/**
 * Loads every variant.
 *
 * @returns null after the errors of all of them were printed
 * @throws UsageError for more runs than a plan may have
 */
export function planRuns(study: {
  readonly base: Extract<LoadResult, { ok: true }>;
  readonly call: Call;
  readonly axes: readonly Axis[];
  readonly variants: readonly { readonly values: Combination; readonly set: readonly string[] }[];
  readonly seeds: SeedRange;
  readonly builtDir: string;
}): Plan | null {
  const { base, axes, seeds } = study;
  const total = study.variants.length * (seeds.to - seeds.from + 1);
  if (total > MOST_POINTS)
    throw new UsageError(`${total} runs are more than the ${MOST_POINTS} that one plan may have; split it`);
  // A run takes no notice of the sweep, and judging its axes again for each variant would take time.
  const alone = base.scenario.sweep === undefined ? [] : ['sweep='];
  const call: Call = { ...study.call, overrides: [...study.call.overrides, ...alone] };
  const variants: Variant[] = [];
  let failed = false;
  for (const { values, set } of study.variants) {
    const loaded = set.length === 0 ? base : loadScenarioFile(call.file, [...call.overrides, ...set]);
    if (loaded.ok) variants.push({ values, set, scenarioHash: loaded.hash });
    else {
      failed = true;
      process.stderr.write(`With ${variantText({ set })}:\n`);
      printIssues(loaded);
    }
  }
  if (failed) return null;
  const build = buildIdOf(study.builtDir);
  return planStudy({ name: base.scenario.name, call, build, axes, variants, seeds });
}

/** Where a study goes that was not told: named by the scenario, so that studies of one scenario share their points. */
export function studyDirectory(out: string | undefined, name: string, hash: string, suffix: string): string {
  return out ?? `${runDirectory('runs', name, hash, 0).replace(/-s0$/, '')}-${suffix}`;
}

export type ManyOutcome = StudyOutcome & { readonly exitCode: number | null };

type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * Runs what is missing of a plan in worker processes.
 *
 * @returns the results, and the exit status if a signal stopped the runs: then it was said how to go on
 */
export async function runMany(
  plan: Plan,
  directory: string,
  options: ManyOptions & { readonly builtDir: string },
): Promise<ManyOutcome> {
  const engine = createLocalEngine({
    entry: join(options.builtDir, 'sim/cli/main.js'),
    args: ['point-worker'],
    workers: options.workers ?? availableParallelism(),
    env: { ...process.env, POWR_BUILD: options.builtDir },
  });
  let signal: SignalName | null = null;
  const codeOf = (name: SignalName): number => (name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const onSignal = (): void => {
      if (signal !== null) process.exit(codeOf(name));
      signal = name;
      void engine.stop();
    };
    process.on(name, onSignal);
    return () => process.off(name, onSignal);
  });
  const progress = createProgress(process.stderr, options.quiet === true);
  try {
    const outcome = await runStudy(plan, directory, engine, {
      planned(reused, toRun) {
        if (options.quiet !== true)
          process.stderr.write(
            `${countOf(toRun, 'run')} to do, ${reused} already in ${directory}; ${countOf(Math.min(options.workers ?? availableParallelism(), Math.max(toRun, 1)), 'worker process', 'worker processes')}\n`,
          );
      },
      progress: (done, ended, toRun) =>
        progress.update(done < LEAST_DONE ? 0 : done, toRun, `${ended} of ${countOf(toRun, 'run')}`),
    });
    progress.finish();
    if (signal !== null) {
      process.stderr.write(
        `\nStopped. ${outcome.results.size} of ${countOf(plan.points.length, 'run')} are finished in ${directory} and will not be run again. To go on:\n  ${shellCommand(['powr', ...process.argv.slice(2)])}\n`,
      );
    }
    return { ...outcome, exitCode: signal === null ? null : codeOf(signal) };
  } finally {
    progress.finish();
    for (const remove of handlers) remove();
    await engine.stop();
  }
}

/** 'val.samples=5, seed 3' */
export function pointText(plan: Plan, { variant, seed }: Point): string {
  const { set } = plan.variants[variant]!;
  return [...set, `seed ${seed}`].join(', ');
}

/** Which runs are missing, and why, with the command that shows each again. */
export function failuresText(plan: Plan, failures: readonly Failure[]): string {
  const lines = failures.flatMap(({ point, reason }) => [
    `  ${pointText(plan, point)}: ${reason.replaceAll('\n', '\n    ')}`,
    `    ${commandOf(plan, point)}`,
  ]);
  return `${countOf(failures.length, 'run')} of ${plan.points.length} failed:\n${lines.join('\n')}\n`;
}
