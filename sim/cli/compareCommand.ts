/**
 * `powr run --seeds A..B [--compare path=value]`: every metric over seeds, or its difference between the scenario and a
 * changed one, seed by seed. The same seed gives both the same draws, so what they share cancels out.
 */
import { parseSeeds, plainPath } from '../../scenarios/sweep.ts';
import { type Comparison, compareRuns, spreadOf } from '../experiment/compare.ts';
import { type Plan, seedsOf } from '../experiment/plan.ts';
import { CONFIDENCE, tQuantile } from '../experiment/statistics.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { countOf, figureWriter, formatFigure, textTable } from './figureText.ts';
import {
  callOf,
  checkInference,
  choicesText,
  failuresText,
  loadBase,
  type ManyOptions,
  type ManyOutcome,
  planRuns,
  runMany,
  studyDirectory,
  variantText,
} from './manyRuns.ts';

export type CompareOptions = ManyOptions & {
  readonly seeds?: string;
  readonly compare?: readonly string[];
  readonly seed?: number;
  readonly resume?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
};

const FEWEST_SEEDS = 2;

/** Seeds of the command line. @throws UsageError if they are not written A..B */
export function seedsOption(text: string): { readonly from: number; readonly to: number } {
  const seeds = parseSeeds(text);
  if (seeds === null) throw new UsageError(`--seeds takes a range such as 1..30, not ${text}`);
  return seeds;
}

/** A change of `--compare`, as `--set` takes it. */
function changeOf(text: string): string {
  const equals = text.indexOf('=');
  const path = plainPath(text.slice(0, Math.max(equals, 0)));
  if (path === '') throw new UsageError(`--compare takes path=value, such as val.group_size=5, not ${text}`);
  if (path === 'seed') throw new UsageError('--compare seed=…: both variants have the seeds of --seeds');
  return `${path}${text.slice(equals)}`;
}

function checkOptions(options: CompareOptions): void {
  if (options.seeds === undefined)
    throw new UsageError('--compare needs seeds to compare over: add --seeds A..B, such as --seeds 1..30');
  if (options.seed !== undefined) throw new UsageError('--seed and --seeds exclude each other; leave one out');
  if (options.threads !== undefined)
    throw new UsageError(
      '--threads is for one run; many runs have one thread each, and --workers says how many at a time',
    );
  if (options.resume === true)
    throw new UsageError('--resume is for one run; runs of --seeds that are finished are kept without it');
}

const PERCENT = `${100 * CONFIDENCE} %`;

/** How the intervals were made, in full. */
function methodText(seedCount: number, isPaired: boolean): string {
  const t = tQuantile(CONFIDENCE, seedCount - 1).toFixed(3);
  const of = isPaired
    ? 'Paired differences B − A, seed by seed, under common random numbers (both variants get the same seeds, so the same draws).'
    : 'Over seeds.';
  return `${of} Two-sided ${PERCENT} interval of the mean: mean ± t · sd / √n, Student's t with n − 1 degrees of freedom for every n (${t} for ${seedCount} seeds).`;
}

function listText(count: number, what: string, names: readonly string[]): string {
  return `${countOf(count, 'metric')} ${what}${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
}

function comparisonText({ metrics, constant, unpaired }: Comparison, seedCount: number): string[] {
  const marked = metrics.filter(({ excludesZero }) => excludesZero).length;
  const rows = metrics.map(({ metric, meanA, meanB, difference: d, excludesZero }) => {
    const write = figureWriter(d.halfWidth);
    return [
      excludesZero ? '*' : '',
      metric,
      ...[meanA, meanB, d.mean].map(write),
      `[${write(d.low)}, ${write(d.high)}]`,
      Number.isFinite(d.t) ? d.t.toFixed(2) : d.t > 0 ? '∞' : '−∞',
      String(d.n),
    ];
  });
  const heading = ['', 'metric', 'mean A', 'mean B', 'B − A', `${PERCENT} interval`, 't', 'n'];
  const byChance = ((1 - CONFIDENCE) * metrics.length).toFixed(1);
  return [
    ...(metrics.length === 0 ? ['No metric differs.'] : textTable([heading, ...rows], 2)),
    '',
    `* the interval excludes 0: ${marked} of ${countOf(metrics.length, 'metric')}. If the change did nothing, about ${byChance} would be marked by chance.`,
    `${listText(constant.length, 'constant and equal in both, not listed', [])}.`,
    ...(unpaired.length === 0 ? [] : [`${listText(unpaired.length, 'without two pairs, not compared', unpaired)}.`]),
    methodText(seedCount, true),
  ];
}

function spreadText({ metrics, constant, unpaired }: ReturnType<typeof spreadOf>, seedCount: number): string[] {
  const rows = metrics.map(({ metric, mean, sd, low, high, halfWidth, n }) => {
    const write = figureWriter(halfWidth);
    return [metric, write(mean), formatFigure(sd), `[${write(low)}, ${write(high)}]`, String(n)];
  });
  return [
    ...(metrics.length === 0
      ? ['No metric varies with the seed.']
      : textTable([['metric', 'mean', 'sd', `${PERCENT} interval`, 'n'], ...rows], 1)),
    '',
    `${listText(constant.length, 'the same for every seed, not listed', [])}.`,
    ...(unpaired.length === 0 ? [] : [`${listText(unpaired.length, 'of fewer than two runs', unpaired)}.`]),
    methodText(seedCount, false),
  ];
}

/** Summaries of a variant, one for each seed that both variants have finished. */
function finishedPairs(plan: Plan, outcome: ManyOutcome) {
  const seeds = seedsOf(plan.seeds);
  return seeds.flatMap((seed, i) => {
    const results = plan.variants.map((_, v) => outcome.results.get(plan.points[v * seeds.length + i]!.id));
    const [a, b = a] = results;
    return a === undefined || b === undefined ? [] : [{ seed, a, b }];
  });
}

/** @throws UsageError, StoreError */
export async function compareCommand(file: string, options: CompareOptions, builtDir: string): Promise<number> {
  checkOptions(options);
  const seeds = seedsOption(options.seeds!);
  const seedCount = seeds.to - seeds.from + 1;
  if (seedCount < FEWEST_SEEDS)
    throw new UsageError(`--seeds ${options.seeds} is one seed; an interval needs at least ${FEWEST_SEEDS}`);
  const change = (options.compare ?? []).map(changeOf);
  const isComparison = change.length > 0;
  const call = callOf(file, options);
  const base = loadBase(call);
  if (base === null) return EXIT.usage;
  const variants = [{ values: [], set: [] }, ...(isComparison ? [{ values: [], set: change }] : [])];
  const plan = planRuns({ base, call, axes: [], variants, seeds, builtDir });
  if (plan === null) return EXIT.usage;
  if (isComparison && plan.variants[0]!.scenarioHash === plan.variants[1]!.scenarioHash)
    throw new UsageError(`--compare ${change.join(' ')} changes nothing: the scenario has this value already`);

  await checkInference(base.scenario, builtDir);
  const directory = studyDirectory(options.out, base.scenario.name, base.hash, 'seeds');
  const outcome = await runMany(plan, directory, { ...options, builtDir });
  if (outcome.exitCode !== null) return outcome.exitCode;
  if (outcome.failures.length > 0) process.stderr.write(failuresText(plan, outcome.failures));
  const code = outcome.failures.length > 0 ? EXIT.incomplete : EXIT.ok;
  const pairs = finishedPairs(plan, outcome);
  if (pairs.length < FEWEST_SEEDS) {
    process.stderr.write(`Only ${countOf(pairs.length, 'seed')} finished: there is nothing to compare.\n`);
    return code;
  }
  const runs = pairs.map(({ a, b }) => ({ a: a.summary, b: b.summary }));
  const comparison = isComparison ? compareRuns(runs) : null;
  const spread = isComparison ? null : spreadOf(runs.map(({ a }) => a));
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify(
        {
          kind: isComparison ? 'comparison' : 'seeds',
          scenario: plan.name,
          file: plan.call.file,
          eras: base.scenario.eras,
          ledger: base.scenario.ledger,
          inference: base.scenario.inference.mode,
          seeds: pairs.map(({ seed }) => seed),
          confidence: CONFIDENCE,
          method: methodText(pairs.length, isComparison),
          variants: plan.variants.map(({ set, scenarioHash }, i) => ({ name: 'AB'[i], set, scenarioHash })),
          ...(comparison ?? spread),
          failures: outcome.failures.map(({ point, reason }) => ({ ...point, reason })),
          directory,
        },
        null,
        2,
      )}\n`,
    );
    return code;
  }
  const { name, eras } = base.scenario;
  const lines = [
    `${name} · ${countOf(eras, 'era')} · seeds ${seeds.from}..${seeds.to} · ${choicesText(base.scenario, options)}`,
    ...(isComparison ? plan.variants.map((variant, i) => `${'AB'[i]}: ${variantText(variant)}`) : []),
    `${countOf(outcome.ranCount, 'run')} done now, ${outcome.reusedCount} taken from ${directory}`,
    '',
    ...(comparison === null ? spreadText(spread!, pairs.length) : comparisonText(comparison, pairs.length)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return code;
}
