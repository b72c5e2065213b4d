import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqlPath, withDuckDb } from '../store/duckdb.ts';
import { grid } from './design.ts';
import { planStudy } from './plan.ts';
import { cellOf, csvText, groupsOf, mostMoved, rowsOf, writeParquet } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'powr-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const axes = [
  { path: 'val.samples', values: [2, 10] },
  { path: 'populations.0.strategy', values: ['steady', 'a, "b"'] },
];
const plan = planStudy({
  name: 'tiny',
  call: { file: 'a.yaml', words: [], overrides: [] },
  build: 'b1',
  axes,
  variants: grid(axes).map((values, i) => ({ values, set: [], scenarioHash: `h${i}` })),
  seeds: { from: 1, to: 2 },
});
const results = new Map(
  plan.points.flatMap(({ id, variant, seed }, i) =>
    // One point is missing, and one metric only occurs sometimes.
    i === 3
      ? []
      : [
          [
            id,
            {
              digest: `d${i}`,
              summary: { moved: variant + seed / 1_000, third: 1 / 3, ...(seed === 2 ? { some: 0.1 + 0.2 } : {}) },
            },
          ] as const,
        ],
  ),
);
const rows = rowsOf(plan, results);

describe('csvText', () => {
  it('has a row for each finished point in the order of the plan, with exact numbers', () => {
    const text = csvText(plan, rows);
    expect(text.split('\n')).toEqual([
      'val.samples,populations.0.strategy,seed,digest,moved,some,third',
      '2,steady,1,d0,0.001,,0.3333333333333333',
      '2,steady,2,d1,0.002,0.30000000000000004,0.3333333333333333',
      '2,"a, ""b""",1,d2,1.001,,0.3333333333333333',
      '10,steady,1,d4,2.001,,0.3333333333333333',
      '10,steady,2,d5,2.002,0.30000000000000004,0.3333333333333333',
      '10,"a, ""b""",1,d6,3.001,,0.3333333333333333',
      '10,"a, ""b""",2,d7,3.002,0.30000000000000004,0.3333333333333333',
      '',
    ]);
  });
});

describe('writeParquet', () => {
  it('stores the same table, number for number, and the same bytes again', async () => {
    const csv = join(folder, 'sweep.csv');
    const [first, second] = [join(folder, 'a[1].parquet'), join(folder, 'b.parquet')];
    writeFileSync(csv, csvText(plan, rows));
    await writeParquet(plan, rows, csv, first);
    await writeParquet(plan, rows, csv, second);
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    const stored = await withDuckDb(async (connection) => {
      const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${sqlPath(first)})`);
      return reader.getRowObjectsJS();
    });
    expect(stored).toHaveLength(7);
    expect(stored[1]).toEqual({
      'val.samples': 2n,
      'populations.0.strategy': 'steady',
      seed: 2n,
      digest: 'd1',
      moved: 0.002,
      some: 0.1 + 0.2,
      third: 1 / 3,
    });
    expect(stored[2]).toMatchObject({ 'populations.0.strategy': 'a, "b"', some: null });
  });
});

describe('cells', () => {
  it('given no run, one, and more > no mean, no interval, both', () => {
    expect(cellOf([])).toEqual({ n: 0, mean: null, halfWidth: null });
    expect(cellOf([4])).toEqual({ n: 1, mean: 4, halfWidth: null });
    expect(cellOf([4, 6])).toMatchObject({ n: 2, mean: 5 });
  });

  it('group the finished points of each combination', () => {
    expect(groupsOf(plan, rows).map((group) => group.map(({ point }) => point.seed))).toEqual([
      [1, 2],
      [1],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('mostMoved', () => {
  it('given metrics that the groups differ in > the clearest first, of equal ones the shortest name, none that is constant', () => {
    const groups = [
      [
        { clear: 1, 'clear.also': 1, vague: 3, flat: 7 },
        { clear: 1.1, 'clear.also': 1.1, vague: 9, flat: 7 },
      ],
      [
        { clear: 5, 'clear.also': 5, vague: 5, flat: 7 },
        { clear: 5.1, 'clear.also': 5.1, vague: 8, flat: 7 },
      ],
    ];
    expect(mostMoved(groups, 5)).toEqual(['clear', 'vague']);
    expect(mostMoved(groups, 1)).toEqual(['clear']);
  });
});
