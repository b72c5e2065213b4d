/** A small sweep for tests of its report: one to three axes, two metrics, three seeds, one run that failed. */
import type { SweepReportInput } from './sweepReport.ts';
import { combinationsOf, type SweepSeries } from './sweepView.ts';

/**
 * @param axisCount 1 to 3
 * @param text      added to every text that a user may choose
 */
export function syntheticSweep({
  axisCount,
  text = '',
}: {
  readonly axisCount: number;
  readonly text?: string;
}): SweepReportInput {
  const axes = [
    { path: `val.samples${text}`, values: ['2', '5', '10'] },
    { path: `populations.3.count${text}`, values: ['4', '8'] },
    { path: `place.policy${text}`, values: [`random${text}`, `top_top${text}`] },
  ].slice(0, axisCount);
  const combinations = combinationsOf(axes);
  const seriesOf = (name: string, first: number, step: number): SweepSeries => ({
    name: `${name}${text}`,
    cells: combinations.map((_, i) => ({ n: 3, mean: first + step * i, halfWidth: 0.25 + i / 100 })),
  });
  const outcomes = [seriesOf('profit.miner', 10, 1.5), seriesOf('tasks.wrong_share', 0.9, -0.05)];
  return {
    facts: {
      name: 'tiny',
      file: `a.yaml${text}`,
      eras: 3,
      ledger: 'core',
      inference: 'replay',
      seeds: { from: 1, to: 3 },
      axes,
      scenarioHash: '0123456789abcdef'.repeat(4),
      build: 'b1',
      version: '0.1.0',
      runs: combinations.map((indexes) => ({
        values: axes.map(({ values }, i) => values[indexes[i]!]!),
        seed: 1,
        digest: 'ab'.repeat(32),
        command: `powr run a.yaml --set x=1${text} --seed 1`,
      })),
      failures: [{ what: `seed 3${text}`, reason: `out of luck${text}`, command: 'powr run a.yaml --seed 3' }],
    },
    outcomes,
    metrics: [...outcomes, seriesOf('gini.wealth', 0.4, 0.01)],
  };
}
