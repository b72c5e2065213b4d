import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { grid } from './design.ts';
import { commandOf, overridesOf, type Plan, planStudy, planText, pointId, seedsOf } from './plan.ts';
import { shellCommand } from './shellWord.ts';

const study = (rest: Partial<Plan> = {}): Plan =>
  planStudy({
    name: 'tiny',
    call: {
      file: 'my scenarios/a.yaml',
      words: ['--ledger', 'core', '--set', 'node.stake_min=500 DN'],
      overrides: ['ledger=core', 'node.stake_min=500 DN'],
    },
    build: 'b1',
    axes: [{ path: 'val.samples', values: [2, 10] }],
    variants: [
      { values: [2], set: ['val.samples=2'], scenarioHash: 'aa' },
      { values: [10], set: ['val.samples=10'], scenarioHash: 'bb' },
    ],
    seeds: { from: 3, to: 5 },
    ...rest,
  });

describe('grid', () => {
  it('given two axes > every combination, the last axis fastest', () => {
    expect(
      grid([
        { path: 'a', values: [1, 2] },
        { path: 'b', values: ['x', 'y', 'z'] },
      ]),
    ).toEqual([
      [1, 'x'],
      [1, 'y'],
      [1, 'z'],
      [2, 'x'],
      [2, 'y'],
      [2, 'z'],
    ]);
    expect(grid([])).toEqual([[]]);
  });
});

describe('planStudy', () => {
  it('given two variants and three seeds > six points, all seeds of a variant together', () => {
    expect(study().points.map(({ variant, seed }) => [variant, seed])).toEqual([
      [0, 3],
      [0, 4],
      [0, 5],
      [1, 3],
      [1, 4],
      [1, 5],
    ]);
    expect(seedsOf({ from: 7, to: 7 })).toEqual([7]);
  });

  it('given the same study > the same text; every point has a name of its own', () => {
    const plan = study();
    expect(planText(study())).toBe(planText(plan));
    expect(new Set(plan.points.map(({ id }) => id)).size).toBe(6);
    expect(JSON.parse(planText(plan))).toEqual(plan);
  });

  it('given more seeds, or another axis value > the points that were there keep their names', () => {
    const before = study().points.map(({ id }) => id);
    const wider = study({ seeds: { from: 1, to: 9 } }).points.map(({ id }) => id);
    expect(before.every((id) => wider.includes(id))).toBe(true);
  });
});

describe('pointId', () => {
  it('is another one for another scenario, seed or build, and for nothing else', () => {
    const id = pointId('aa', 1, 'b1');
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([id, pointId('ab', 1, 'b1'), pointId('aa', 2, 'b1'), pointId('aa', 1, 'b2')]).size).toBe(4);
    expect(pointId('aa', 1, 'b1')).toBe(id);
  });
});

describe('commandOf', () => {
  it('given values with spaces > a line that a shell reads back word by word', () => {
    const plan = study();
    const command = commandOf(plan, plan.points[4]!);
    expect(command).toBe(
      "powr run 'my scenarios/a.yaml' --ledger core --set 'node.stake_min=500 DN' --set val.samples=10 --seed 4",
    );
    const words = ['a b', "it's", '$HOME', '`x`', '*', '"q"', '', 'era 3', 'x=20%', '\\'];
    const read = execFileSync('sh', ['-c', `printf '%s\\n' ${shellCommand(words)}`], { encoding: 'utf8' });
    expect(read).toBe(words.map((word) => `${word}\n`).join(''));
  });

  it('names what the point changes, in the order in which powr run applies it', () => {
    const plan = study();
    expect(overridesOf(plan, plan.points[0]!)).toEqual([
      'seed=3',
      'ledger=core',
      'node.stake_min=500 DN',
      'val.samples=2',
    ]);
  });
});
