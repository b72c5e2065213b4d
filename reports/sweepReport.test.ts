import { describe, expect, it } from 'vitest';
import { csvOf } from './files.ts';
import { renderSweepReport, type SweepReportInput } from './sweepReport.ts';
import { describeSeries, drawnTableOf, meanWriter, numberScale, type SweepSeries, tableOf } from './sweepView.ts';
import { syntheticSweep } from './syntheticSweep.ts';

const axes = [
  { path: 'val.samples', values: ['2', '10'] },
  { path: 'populations.0.open', values: ['500 DN', '1000 DN', '1500 DN'] },
];
const series: SweepSeries = {
  name: 'profit.miner',
  cells: [10, 11, 12.5, 20, null, 22].map((mean, i) => ({
    n: mean === null ? 0 : i === 5 ? 1 : 3,
    mean,
    halfWidth: mean === null || i === 5 ? null : 0.5,
  })),
};

describe('tableOf', () => {
  it('has a row for each combination, the last axis fastest, with mean, interval and number of runs', () => {
    expect(csvOf(tableOf(axes, series)).split('\r\n')).toEqual([
      'val_samples,populations_0_open,mean,half_width,low,high,n',
      '2,500 DN,10,0.5,9.5,10.5,3',
      '2,1000 DN,11,0.5,10.5,11.5,3',
      '2,1500 DN,12.5,0.5,12,13,3',
      '10,500 DN,20,0.5,19.5,20.5,3',
      '10,1000 DN,,,,,0',
      '10,1500 DN,22,,,,1',
      '',
    ]);
  });

  it('given axes whose names would become one > keeps them apart', () => {
    const alike = ['a.b', 'a_b', 'mean'].map((path) => ({ path, values: ['1'] }));
    const { columns } = tableOf(alike, { name: 'x', cells: [{ n: 1, mean: 1, halfWidth: null }] });
    expect(new Set(columns.map(({ key }) => key)).size).toBe(columns.length);
  });
});

describe('drawnTableOf', () => {
  it('adds places as numbers and the texts of a cell', () => {
    const { columns, rows } = drawnTableOf(axes, series);
    const keys = columns.map(({ key }) => key);
    const record = Object.fromEntries(keys.map((key, i) => [key, rows[4]![i]]));
    expect(record).toMatchObject({ drawn_across: 1, drawn_up: 1, mean_text: 'no run', interval_text: '', n_text: '' });
    expect(rows[0]!.slice(-3)).toEqual(['10', '± 0.5', 'n 3']);
  });

  it('given more than two axes > one panel for each combination of the others', () => {
    const three = [...axes, { path: 'place.policy', values: ['random', 'top'] }];
    const cells = Array.from({ length: 12 }, () => ({ n: 1, mean: 1, halfWidth: null }));
    const { columns, rows } = drawnTableOf(three, { name: 'x', cells });
    const panel = columns.findIndex(({ key }) => key === 'panel');
    expect([...new Set(rows.map((row) => row[panel]))]).toEqual(['place.policy random', 'place.policy top']);
    expect(new Set(rows.map((row) => row[panel + 1]))).toEqual(new Set([0, 1]));
  });
});

describe('describeSeries', () => {
  it('names the lowest and the highest combination, the runs of a cell, and what is missing', () => {
    expect(describeSeries(axes, series)).toEqual({
      title: 'profit.miner: 10 to 22',
      summary:
        'Lowest with val.samples 2, populations.0.open 500 DN (10 ± 0.5), highest with val.samples 10, populations.0.open 1500 DN (22). Each combination: mean of 1 to 3 runs, ± half of its 95 % interval (Student). 1 combination without a run.',
    });
  });

  it('given a metric that is the same everywhere, or nowhere > says so', () => {
    const flat = { name: 'x', cells: series.cells.map(() => ({ n: 1, mean: 5, halfWidth: null })) };
    expect(describeSeries(axes, flat).title).toBe('x is 5 everywhere');
    const none = { name: 'x', cells: series.cells.map(() => ({ n: 0, mean: null, halfWidth: null })) };
    expect(describeSeries(axes, none).title).toBe('x: no run has it');
  });
});

describe('meanWriter', () => {
  const writerOf = (...means: readonly number[]) =>
    meanWriter({ name: 'x', cells: means.map((mean) => ({ n: 1, mean, halfWidth: null })) });
  it.each([
    [[547.33, 789.1], '547.33', '547'],
    [[4000.0391, 4000.1], '4000.0391', '4,000.0391'],
    [[0.00147, 0.00342], '0.00147', '0.00147'],
    [[-5, 2_000_000], '-5', '−5'],
  ])('given means of %o > writes %s as %s', (means, mean, text) => {
    expect(writerOf(...means)(Number(mean))).toBe(text);
  });
});

describe('numberScale', () => {
  it.each([
    [['5%', '12.5%'], { numbers: [5, 12.5], unit: '%' }],
    [['1 era', '3 eras'], { numbers: [1, 3], unit: 'era' }],
    [['1', '-2'], { numbers: [1, -2], unit: '' }],
    [['1h', '30m'], null],
    [['random', 'top'], null],
    [['5', '5%'], null],
  ])('given %o > %o', (values, scale) => {
    expect(numberScale({ path: 'a', values })).toEqual(scale);
  });
});

describe('renderSweepReport', () => {
  const hostile = '</script><img src=x onerror=alert(1)>"\'';
  const render = (rest: Partial<SweepReportInput> = {}, text = '', count = 2) =>
    renderSweepReport({ ...syntheticSweep({ axisCount: count, text }), ...rest });

  it.each([1, 2, 3])(
    'given %i axes > draws every outcome, with its figures, and the same bytes again',
    async (count) => {
      const html = await render({}, '', count);
      expect(html.match(/<figure /g)).toHaveLength(2);
      expect(html.match(/<svg /g)).toHaveLength(2);
      expect(html).toContain('<h3 id="fig-picked-title"><span>profit.miner: ');
      if (count > 1) expect(html).toMatch(/>± 0\.\d+<[\s\S]*>n 3</);
      expect(await render({}, '', count)).toBe(html);
    },
  );

  it('given no script > has none, and a policy that allows none', async () => {
    const html = await render();
    expect(html).not.toContain('<script');
    expect(html).toContain("default-src 'none'; style-src 'sha256-");
    expect(html).not.toContain('script-src');
  });

  it('given texts of users with markup > they stay texts', async () => {
    const html = await render({ runtime: 'window.x = 1;' }, hostile);
    expect(html).not.toContain('<img');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toContain('&lt;/script&gt;');
  });

  it('names every failed run with its reason and command, and every finished one with its command', async () => {
    const html = await render();
    expect(html).toContain('1 run failed');
    expect(html).toContain('powr run a.yaml --seed 3');
    expect(html.match(/<code>powr run a\.yaml --set/g)!.length).toBe(6);
  });
});
