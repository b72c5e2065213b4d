import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatIssues } from './issues.ts';
import { parseSeeds, writeOverride } from './sweep.ts';
import { GOOD, load, readMarks } from './testing.ts';

const sweepOf = (text: string) => {
  const result = load(`${GOOD}sweep: ${text}\n`);
  if (!result.ok) throw new Error(formatIssues(result.issues, false));
  return result.scenario.sweep;
};
const valuesOf = (axis: string) => sweepOf(`{ axes: { ${axis} } }`)!.axes[0]!.values;

describe('the sweep of a scenario', () => {
  it('given lists, steps and seeds > axes in the order of the file, with every value', () => {
    expect(
      sweepOf('{ axes: { val.samples: [10, 20], val.audit_bps: { from: 5%, to: 10%, steps: 6 } }, seeds: 1..30 }'),
    ).toEqual({
      axes: [
        { path: 'val.samples', values: [10, 20] },
        { path: 'val.audit_bps', values: [500, 600, 700, 800, 900, 1000] },
      ],
      seeds: { from: 1, to: 30 },
    });
    expect(sweepOf('{}')).toEqual({ axes: [], seeds: null });
    const without = load(GOOD);
    expect(without.ok && 'sweep' in without.scenario).toBe(false);
  });

  it.each([
    [
      'a parameter in its unit',
      'node.stake_min: { from: 500 DN, to: 1000 DN, steps: 3 }',
      ['500 DN', '750 DN', '1000 DN'],
    ],
    ['a duration', 'val.deadline_s: { from: 1h, to: 2h, steps: 3 }', [3600, 5400, 7200]],
    ['steps that do not divide evenly', 'val.samples: { from: 10, to: 20, steps: 4 }', [10, 13, 17, 20]],
    ['steps downwards', 'val.samples: { from: 20, to: 10, steps: 3 }', [20, 15, 10]],
    ['words of a choice', 'place.policy: [random, top_top]', ['random', 'top_top']],
    ['the path of a parameter', 'params.val.samples: [5, 6]', [5, 6]],
    ['a count of agents', 'populations.1.count: { from: 2, to: 8, steps: 4 }', [2, 4, 6, 8]],
    ['a strategy', 'populations.1.strategy: [steady, cheater]', ['steady', 'cheater']],
    ['a wallet', 'populations.1.open: { from: 500 DN, to: 501 DN, steps: 3 }', ['500 DN', '500.5 DN', '501 DN']],
    ['an option that is not in the file yet', 'populations.1.options.capacity: [2, 4]', [2, 4]],
    ['the length of the run', 'eras: [3, 5]', [3, 5]],
  ])('given %s > takes it', (_, axis, values) => {
    expect(valuesOf(axis)).toEqual(values);
  });

  it('is in the resolved file and not in the hash: a run takes no notice of it', () => {
    const loaded = (text: string) => {
      const result = load(GOOD + text);
      if (!result.ok) throw new Error(formatIssues(result.issues, false));
      return result;
    };
    const with1 = loaded('sweep: { axes: { val.samples: [5, 6] } }\n');
    const with2 = loaded('sweep: { seeds: 1..2 }\n');
    expect(with1.resolvedYaml).toContain('sweep:\n  axes:\n    val.samples:\n      - 5\n      - 6\n');
    expect(new Set([with1.hash, with2.hash, loaded('').hash]).size).toBe(1);
    const again = load(with1.resolvedYaml);
    expect(again.ok ? again.scenario.sweep : undefined).toEqual(with1.scenario.sweep);
  });

  it.each([
    ['an unknown key', 'sweep: { «axis: { val.samples: [5] } }', 'E102', 'did you mean "axes"'],
    ['an unknown parameter', 'sweep: { axes: { «val.sample: [5, 6] } }', 'E102', 'did you mean "val.samples"'],
    ['a path to no population', 'sweep: { axes: { «populations.9.count: [5, 6] } }', 'E130', 'no item 9'],
    ['a path to no key', 'sweep: { axes: { «populations.0.cuont: [5, 6] } }', 'E102', 'cuont'],
    ['seeds as an axis', 'sweep: { axes: { «seed: [5, 6] } }', 'E102', 'sweep.seeds'],
    ['a value out of range', 'sweep: { axes: { val.samples: [5, «0] } }', 'E107', 'val.samples'],
    ['a value without its unit', 'sweep: { axes: { node.stake_min: [500 DN, «600] } }', 'E106', 'write 600 DN'],
    ['a word that is no choice', 'sweep: { axes: { place.policy: [«rondam] } }', 'E105', 'random'],
    ['a strategy that is none', 'sweep: { axes: { populations.1.strategy: [steady, «stedy] } }', 'E201', 'steady'],
    [
      'an end of the steps out of range',
      'sweep: { axes: { val.samples: { from: 1, to: «9999999, steps: 3 } } }',
      'E107',
      '',
    ],
    [
      'steps between words',
      'sweep: { axes: { «place.policy: { from: random, to: top_top, steps: 2 } } }',
      'E106',
      'list',
    ],
    [
      'steps of two units',
      'sweep: { axes: { «populations.0.open: { from: 5 DN, to: 5%, steps: 2 } } }',
      'E106',
      'list',
    ],
    [
      'steps that run into each other',
      'sweep: { axes: { «val.samples: { from: 1, to: 2, steps: 3 } } }',
      'E106',
      'fewer',
    ],
    ['one step', 'sweep: { axes: { val.samples: { from: 1, to: 2, steps: «1 } } }', 'E107', '2 to 1000'],
    ['no values', 'sweep: { axes: { «val.samples: [] } }', 'E107', ''],
    ['a value twice', 'sweep: { axes: { val.deadline_s: [1h, «60m] } }', 'E109', ''],
    ['an axis twice', 'sweep: { axes: { val.samples: [5], «params.val.samples: [6] } }', 'E109', ''],
    ['seeds backwards', 'sweep: { seeds: «30..1 }', 'E107', ''],
    ['seeds that are no range', 'sweep: { seeds: «30 }', 'E106', '1..30'],
  ])('given %s > refuses it where it stands', (_, marked, code, words) => {
    const { text, places } = readMarks(`${GOOD}${marked}\n`);
    const result = load(text);
    const issues = result.ok ? [] : result.issues;
    expect(issues.map((issue) => `${issue.line}:${issue.column} ${issue.code}`)).toEqual(
      places.map((p) => `${p} ${code}`),
    );
    expect(formatIssues(issues, false)).toContain(words);
  });

  it('given values that are wrong only until another axis joins them > takes them', () => {
    const shares = 'trust.w_bps.stability: [2000, 1000], trust.w_bps.speed: [1000, 2000]';
    expect(sweepOf(`{ axes: { ${shares} } }`)!.axes).toHaveLength(2);
  });

  it('given more axes than anybody can look at > refuses them at once', () => {
    const axes = Array.from({ length: 2_000 }, (_, i) => `a${i}: [1]`).join(', ');
    const result = load(`${GOOD}sweep: { axes: { ${axes} } }\n`);
    expect(result.ok ? [] : result.issues.map(({ code }) => code)).toEqual(['E107']);
  });

  it.each([
    [0, 48],
    [76, 24],
    [396, 5],
  ])('with %i more populations > judges %i values of a long axis, so that it takes no longer', (more, judged) => {
    const populations = '  - { role: miner, count: 1, strategy: steady }\n'.repeat(more);
    const values = Array.from({ length: 100 }, (_, i) => `x${i}`).join(', ');
    const result = load(`${GOOD}${populations}sweep: { axes: { val.samples: [${values}] } }\n`);
    expect(result.ok ? 0 : result.issues.filter((issue) => issue.code === 'E106').length).toBe(judged);
  });
});

describe('parseSeeds', () => {
  it.each([
    ['1..30', { from: 1, to: 30 }],
    ['7..7', { from: 7, to: 7 }],
    ['0..9007199254740991', { from: 0, to: Number.MAX_SAFE_INTEGER }],
    ['30..1', null],
    ['1..9007199254740992', null],
    ['1-30', null],
    ['5', null],
    ['-1..3', null],
  ])('given %s > %o', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });
});

describe('writeOverride', () => {
  it.each<[string | number | boolean, string]>([
    [5, 'a.b=5'],
    ['20%', 'a.b=20%'],
    ['500 DN', 'a.b=500 DN'],
    ['5', 'a.b="5"'],
    ['true', 'a.b="true"'],
    [true, 'a.b=true'],
    ['era 3', 'a.b=era 3'],
    ['# no comment', 'a.b="# no comment"'],
  ])('given %o > %s, which YAML reads as the same value', (value, text) => {
    expect(writeOverride('a.b', value)).toBe(text);
    expect(parse(text.slice('a.b='.length))).toBe(value);
  });
});
