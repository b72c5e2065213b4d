/**
 * `powr sweep`: every combination of a scenario's axes with every seed, the table of what came out, and for each run the
 * command that repeats it.
 */
import { join } from 'node:path';
import { writeOverride } from '../../scenarios/sweep.ts';
import { grid } from '../experiment/design.ts';
import { commandOf, type Plan } from '../experiment/plan.ts';
import { STUDY_FILES, writeStudyFile } from '../experiment/points.ts';
import { CONFIDENCE } from '../experiment/statistics.ts';
import {
  type Cell,
  cellOf,
  csvText,
  groupsOf,
  mostMoved,
  rowsOf,
  type SweepRow,
  writeParquet,
} from '../experiment/table.ts';
import { seedsOption } from './compareCommand.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { evaluateMetric } from './expectations.ts';
import { countOf, figureWriter, textTable } from './figureText.ts';
import {
  callOf,
  checkInference,
  choicesText,
  failuresText,
  loadBase,
  type ManyOptions,
  planRuns,
  runMany,
  studyDirectory,
} from './manyRuns.ts';

export type SweepOptions = ManyOptions & {
  readonly seeds?: string;
  readonly metrics?: string;
  readonly json?: boolean;
};

/** Metrics that are printed if none are asked for. */
const SHOWN_METRICS = 5;

/** A metric, or a sum and difference of metrics, over the cells of the table. */
export type Outcome = { readonly name: string; readonly cells: readonly Cell[] };

/** @throws UsageError if no run has it */
function outcomeOf(name: string, groups: readonly (readonly SweepRow[])[]): Outcome {
  let problem = '';
  const cells = groups.map((rows) =>
    cellOf(
      rows.flatMap(({ result }) => {
        const value = evaluateMetric(name, result.summary);
        if (typeof value === 'number') return Number.isFinite(value) ? [value] : [];
        problem = value;
        return [];
      }),
    ),
  );
  if (cells.every(({ n }) => n === 0)) throw new UsageError(`--metrics ${name}: ${problem}`);
  return { name, cells };
}

function cellText({ mean, halfWidth }: Cell): string {
  if (mean === null) return '–';
  const write = figureWriter(halfWidth);
  return halfWidth === null ? write(mean) : `${write(mean)} ± ${write(halfWidth)}`;
}

/** A row for each combination: its values, its finished runs, the outcomes. */
function tableText(plan: Plan, groups: readonly (readonly SweepRow[])[], outcomes: readonly Outcome[]): string[] {
  const heading = [...plan.axes.map(({ path }) => path), 'runs', ...outcomes.map(({ name }) => name)];
  const rows = plan.variants.map(({ values }, i) => [
    ...values.map(String),
    String(groups[i]!.length),
    ...outcomes.map(({ cells }) => cellText(cells[i]!)),
  ]);
  return textTable([heading, ...rows], plan.axes.length);
}

function choiceText(shownCount: number): string {
  return shownCount === 0
    ? 'No metric differs between the combinations.'
    : 'Shown are the metrics that the axes move most, compared with chance; --metrics a,b chooses others.';
}

/** @throws UsageError, StoreError */
export async function sweepCommand(file: string, options: SweepOptions, builtDir: string): Promise<number> {
  const call = callOf(file, options);
  const base = loadBase(call);
  if (base === null) return EXIT.usage;
  const { scenario } = base;
  const axes = scenario.sweep?.axes ?? [];
  if (axes.length === 0)
    throw new UsageError(
      `${file} has nothing to sweep: add axes, such as\n  sweep: { axes: { val.group_size: [3, 5, 7] }, seeds: 1..10 }`,
    );
  const seeds =
    options.seeds === undefined
      ? (scenario.sweep?.seeds ?? { from: scenario.seed, to: scenario.seed })
      : seedsOption(options.seeds);
  const variants = grid(axes).map((values) => ({
    values,
    set: axes.map(({ path }, i) => writeOverride(path, values[i]!)),
  }));
  const plan = planRuns({ base, call, axes, variants, seeds, builtDir });
  if (plan === null) return EXIT.usage;

  await checkInference(scenario, builtDir);
  const directory = studyDirectory(options.out, scenario.name, base.hash, 'sweep');
  const outcome = await runMany(plan, directory, { ...options, builtDir });
  if (outcome.exitCode !== null) return outcome.exitCode;
  if (outcome.failures.length > 0) process.stderr.write(failuresText(plan, outcome.failures));
  const code = outcome.failures.length > 0 ? EXIT.incomplete : EXIT.ok;
  const rows = rowsOf(plan, outcome.results);
  if (rows.length === 0) return code;

  const paths = {
    csv: join(directory, STUDY_FILES.csv),
    parquet: join(directory, STUDY_FILES.parquet),
    report: join(directory, STUDY_FILES.report),
  };
  await writeStudyFile(paths.csv, csvText(plan, rows));
  await writeParquet(plan, rows, paths.csv, paths.parquet);
  const groups = groupsOf(plan, rows);
  const wanted = options.metrics
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const moved = mostMoved(
    groups.map((group) => group.map(({ result }) => result.summary)),
    SHOWN_METRICS,
  );
  const outcomes = (wanted ?? moved).map((name) => outcomeOf(name, groups));
  const { writeSweepReport } = await import('./sweepReport.ts');
  await writeSweepReport(paths.report, {
    plan,
    scenario,
    scenarioHash: base.hash,
    rows,
    groups,
    outcomes,
    failures: outcome.failures,
  });

  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify(
        {
          scenario: plan.name,
          file: plan.call.file,
          axes: plan.axes,
          seeds: plan.seeds,
          build: plan.build,
          confidence: CONFIDENCE,
          metrics: outcomes.map(({ name }) => name),
          cells: plan.variants.map(({ values }, i) => ({
            values,
            runs: groups[i]!.length,
            metrics: Object.fromEntries(outcomes.map(({ name, cells }) => [name, cells[i]!])),
          })),
          runs: rows.map(({ point, variant, result }) => ({
            id: point.id,
            values: variant.values,
            seed: point.seed,
            digest: result.digest,
            command: commandOf(plan, point),
          })),
          failures: outcome.failures.map(({ point, reason }) => ({
            ...point,
            values: plan.variants[point.variant]!.values,
            reason,
            command: commandOf(plan, point),
          })),
          directory,
          files: paths,
        },
        null,
        2,
      )}\n`,
    );
    return code;
  }
  const seedCount = seeds.to - seeds.from + 1;
  const lines = [
    `${plan.name} · ${countOf(scenario.eras, 'era')} · ${countOf(plan.variants.length, 'combination')} × ${countOf(seedCount, 'seed')} (${seeds.from}..${seeds.to}) · ${choicesText(scenario, options)}`,
    `${countOf(outcome.ranCount, 'run')} done now, ${outcome.reusedCount} taken from ${directory}`,
    '',
    ...tableText(plan, groups, outcomes),
    '',
    seedCount < 2
      ? 'One seed: there is no interval. Add seeds with --seeds A..B.'
      : `Mean over seeds ± half of its ${100 * CONFIDENCE} % interval (Student's t).`,
    ...(wanted === undefined ? [choiceText(outcomes.length)] : []),
    '',
    'Each run alone:',
    ...rows.map(({ point }) => commandOf(plan, point)),
    '',
    `table ${paths.csv} and ${paths.parquet}, report ${paths.report}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return code;
}
