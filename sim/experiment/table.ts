/**
 * The table of a sweep: a row for each finished point, in the plan's order, with axis values, seed, digest and metrics;
 * and its cells, the points that differ in their seed only. The same points give the same bytes.
 */
import type { AxisValue } from '../engine/scenario.ts';
import { sqlPath, sqlText, withDuckDb } from '../store/duckdb.ts';
import { metricNames, type Summary, valuesOf } from './compare.ts';
import type { Plan, Point, Variant } from './plan.ts';
import { makeStudyFile, type PointResult } from './points.ts';
import { groupRatio, intervalOf } from './statistics.ts';

export type SweepRow = { readonly point: Point; readonly variant: Variant; readonly result: PointResult };

export function rowsOf(plan: Plan, results: ReadonlyMap<string, PointResult>): SweepRow[] {
  return plan.points.flatMap((point) => {
    const result = results.get(point.id);
    return result === undefined ? [] : [{ point, variant: plan.variants[point.variant]!, result }];
  });
}

type Column = {
  readonly name: string;
  readonly type: 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN';
  readonly cell: (row: SweepRow) => AxisValue | null;
};

function typeOf(values: readonly AxisValue[]): Column['type'] {
  if (values.every((value) => typeof value === 'boolean')) return 'BOOLEAN';
  if (!values.every((value) => typeof value === 'number')) return 'VARCHAR';
  return values.every((value) => Number.isSafeInteger(value)) ? 'BIGINT' : 'DOUBLE';
}

function columnsOf(plan: Plan, rows: readonly SweepRow[]): Column[] {
  const metrics = metricNames(rows.map(({ result }) => result.summary));
  return [
    ...plan.axes.map(
      ({ path, values }, i): Column => ({
        name: path,
        type: typeOf(values),
        cell: ({ variant }) => variant.values[i]!,
      }),
    ),
    { name: 'seed', type: 'BIGINT', cell: ({ point }) => point.seed },
    { name: 'digest', type: 'VARCHAR', cell: ({ result }) => result.digest },
    ...metrics.map(
      (metric): Column => ({
        name: metric,
        type: 'DOUBLE',
        cell: ({ result }) => {
          const value = result.summary[metric];
          return value !== undefined && Number.isFinite(value) ? value : null;
        },
      }),
    ),
  ];
}

/** Quoted where the rules of CSV need it (RFC 4180); a metric that a run does not have is an empty cell. */
function csvCell(value: AxisValue | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Axis values, seed, digest and every metric, one row for each finished point. */
export function csvText(plan: Plan, rows: readonly SweepRow[]): string {
  const columns = columnsOf(plan, rows);
  const lines = [
    columns.map(({ name }) => csvCell(name)),
    ...rows.map((row) => columns.map((c) => csvCell(c.cell(row)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\n`).join('');
}

/**
 * The same table as Parquet, made from the CSV.
 *
 * @throws StoreError DISK_FULL or WRITE_FAILED
 */
export async function writeParquet(plan: Plan, rows: readonly SweepRow[], csv: string, path: string): Promise<void> {
  const types = columnsOf(plan, rows).map(({ name, type }) => `${sqlText(name)}: ${sqlText(type)}`);
  const source = `read_csv(${sqlPath(csv)}, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${types.join(', ')}})`;
  await makeStudyFile(path, (partial) =>
    withDuckDb(async (connection) => {
      await connection.run('SET threads = 1');
      await connection.run(`COPY (SELECT * FROM ${source}) TO ${sqlText(partial)} (FORMAT parquet, COMPRESSION zstd)`);
    }),
  );
}

/** What the seeds of one combination say of a metric. */
export type Cell = {
  /** Runs that have the metric. */
  readonly n: number;
  /** null if no run has it. */
  readonly mean: number | null;
  /** Half the width of the 95 % interval; null for fewer than two runs. */
  readonly halfWidth: number | null;
};

export function cellOf(values: readonly number[]): Cell {
  if (values.length === 0) return { n: 0, mean: null, halfWidth: null };
  if (values.length === 1) return { n: 1, mean: values[0]!, halfWidth: null };
  const { n, mean, halfWidth } = intervalOf(values);
  return { n, mean, halfWidth };
}

/** Rows by the index of their variant, all variants in order. */
export function groupsOf(plan: Plan, rows: readonly SweepRow[]): (readonly SweepRow[])[] {
  const groups: SweepRow[][] = plan.variants.map(() => []);
  for (const row of rows) groups[row.point.variant]!.push(row);
  return groups;
}

/**
 * The metrics that the axes move most, compared with how much they vary with the seed (F of the analysis of variance). Of
 * metrics that are equal in every run, such as those of a role with one strategy, the one with the shortest name.
 */
export function mostMoved(groups: readonly (readonly Summary[])[], count: number): string[] {
  const runs = groups.flat();
  const shortest = new Map<string, string>();
  for (const metric of metricNames(runs)) {
    const values = JSON.stringify(runs.map((summary) => summary[metric]));
    const known = shortest.get(values);
    if (known === undefined || metric.length < known.length) shortest.set(values, metric);
  }
  return [...shortest.values()]
    .map((metric) => ({ metric, ratio: groupRatio(groups.map((group) => valuesOf(group, metric))) }))
    .filter(({ ratio }) => ratio > 0)
    .sort((x, y) => (x.ratio === y.ratio ? (x.metric < y.metric ? -1 : 1) : y.ratio > x.ratio ? 1 : -1))
    .slice(0, count)
    .map(({ metric }) => metric);
}
