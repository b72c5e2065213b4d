/** Writes the report of a sweep: hands what the runs left on disk to the room of the reports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderSweepReport } from '../../reports/sweepReport.ts';
import type { Scenario } from '../engine/scenario.ts';
import { metricNames, valuesOf } from '../experiment/compare.ts';
import { commandOf, type Plan } from '../experiment/plan.ts';
import { writeStudyFile } from '../experiment/points.ts';
import type { Failure } from '../experiment/study.ts';
import { cellOf, type SweepRow } from '../experiment/table.ts';
import { repoRoot } from '../store/paths.ts';
import { buildReportRuntime } from '../store/reportRuntime.ts';
import { pointText } from './manyRuns.ts';
import type { Outcome } from './sweepCommand.ts';

export type SweepReport = {
  readonly plan: Plan;
  readonly scenario: Scenario;
  readonly scenarioHash: string;
  readonly rows: readonly SweepRow[];
  /** Rows by variant. */
  readonly groups: readonly (readonly SweepRow[])[];
  /** Outcomes with a figure of their own, in order. */
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly Failure[];
};

/** @throws StoreError if the file cannot be written */
export async function writeSweepReport(path: string, report: SweepReport): Promise<void> {
  const { plan, scenario, rows, groups, outcomes, failures } = report;
  const names = metricNames(rows.map(({ result }) => result.summary));
  const metrics = names.map((name) => ({
    name,
    cells: groups.map((group) =>
      cellOf(
        valuesOf(
          group.map(({ result }) => result.summary),
          name,
        ),
      ),
    ),
  }));
  const { version } = JSON.parse(readFileSync(join(repoRoot(), 'package.json'), 'utf8')) as { version: string };
  const html = await renderSweepReport({
    facts: {
      name: plan.name,
      file: plan.call.file,
      eras: scenario.eras,
      ledger: scenario.ledger,
      inference: scenario.inference.mode,
      seeds: plan.seeds,
      axes: plan.axes.map(({ path: axis, values }) => ({ path: axis, values: values.map(String) })),
      scenarioHash: report.scenarioHash,
      build: plan.build,
      version,
      runs: rows.map(({ point, variant, result }) => ({
        values: variant.values.map(String),
        seed: point.seed,
        digest: result.digest,
        command: commandOf(plan, point),
      })),
      failures: failures.map(({ point, reason }) => ({
        what: pointText(plan, point),
        reason,
        command: commandOf(plan, point),
      })),
    },
    outcomes,
    metrics,
    runtime: await buildReportRuntime('sweepBrowser'),
  });
  await writeStudyFile(path, html);
}
