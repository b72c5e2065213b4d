import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../agents/catalogue.ts';
import { PARAMS } from '../sim/protocol/params.ts';
import { type Issue, loadScenario } from './load.ts';

/** None of them is a value of any field. */
const NUMBERS = [
  '.nan',
  '.inf',
  '-.inf',
  '-0',
  '-0.0',
  '1e999',
  '-1',
  '-0.5',
  '9007199254740993',
  '1e30',
  `1${'0'.repeat(30)}`,
  '1e3%',
  '1e-400',
] as const;

const HEAD = `version: 1
name: study
populations:
  - { role: creator, count: 2, strategy: steady }
  - { role: miner, count: 10, strategy: steady }
  - { role: validator, count: 5, strategy: diligent }
`;
const CONSUMER = '  - { role: consumer, count: 8, strategy: honest }\n';
const population = (fields: string): string => `${HEAD}  - { role: miner, strategy: steady, ${fields} }\n`;
const demand = (fields: string): string =>
  `${HEAD}  - { role: consumer, count: 8, strategy: honest, demand: { ${fields} } }\n`;
const top = (line: string): string => `${HEAD}${CONSUMER}${line}\n`;

/** `«»` stands for the number. */
const FIELDS: readonly (readonly [label: string, text: string])[] = [
  ['version', `version: «»\n${HEAD.slice('version: 1\n'.length)}${CONSUMER}`],
  ['seed', top('seed: «»')],
  ['eras', top('eras: «»')],
  ['inference.pool_samples', top('inference: { pool_samples: «» }')],
  ['inference.levels.easy', top('inference: { levels: { easy: «», hard: 100% } }')],
  ['inference.levels.medium', top('inference: { levels: { medium: «», hard: 100% } }')],
  ['inference.levels.hard', top('inference: { levels: { easy: 100%, hard: «» } }')],
  ['chain.signed_share', top('chain: { signed_share: «» }')],
  ['populations[3].count', population('count: «»')],
  ['populations[3].open', population('count: 1, open: «»')],
  ['populations[3].enter', population('count: 1, enter: «»')],
  ['populations[3].options, a count', population('count: 1, options: { capacity: «» }')],
  ['populations[3].options, a share', population('count: 1, options: { reinvest_bps: «» }')],
  ['populations[3].options, eras', population('count: 1, options: { exit_era: «» }')],
  ['populations[3].mix', `${HEAD}  - { role: miner, count: 1, mix: { steady: 100%, cheater: «» } }\n`],
  ['demand.poisson', demand('poisson: «»')],
  ['demand.repeat', demand('trace: t.csv, format: azure-llm-2023, repeat: «»')],
  ['demand.speedup', demand('trace: t.csv, format: azure-llm-2023, speedup: «»')],
  ['shocks[0].at', top('shocks: [{ at: «», kind: outage, region: eu, lasts: 6h }]')],
  ['shocks[0].lasts', top('shocks: [{ at: era 1, kind: outage, region: eu, lasts: «» }]')],
  ['expect[0].is', top('expect: [{ metric: a, is: «» }]')],
  ['expect[0].seeds', top('expect: [{ metric: a, is: "< 0", seeds: «» }]')],
  ['expect[0].confidence', top('expect: [{ metric: a, is: "< 0", confidence: «» }]')],
  ['a value of sweep.axes', top('sweep: { axes: { val.samples: [5, «»] } }')],
  ['the from of an axis', top('sweep: { axes: { val.samples: { from: «», to: 50, steps: 3 } } }')],
  ['the to of an axis', top('sweep: { axes: { val.samples: { from: 5, to: «», steps: 3 } } }')],
  ['the steps of an axis', top('sweep: { axes: { val.samples: { from: 5, to: 50, steps: «» } } }')],
  ['sweep.seeds', top('sweep: { axes: { val.samples: [5, 10] }, seeds: «» }')],
  ...PARAMS.map((spec) => [`params.${spec.key}`, top(`params: { ${spec.key}: «» }`)] as const),
];

function errorsOf(text: string): readonly Issue[] {
  const result = loadScenario({
    text,
    file: 'a.yaml',
    read: () => 'TIMESTAMP,ContextTokens,GeneratedTokens\n',
    catalogue: CATALOGUE,
  });
  return result.ok ? [] : result.issues.filter((issue) => issue.severity === 'error');
}

describe('loadScenario, given a number that nobody can count with', () => {
  it.each(FIELDS)('as %s > refuses each of them where it stands and says what is allowed', (_, text) => {
    const before = text.slice(0, text.indexOf('«')).split('\n');
    const place = `${before.length}:${before.at(-1)!.length + 1}`;
    for (const number of NUMBERS) {
      const errors = errorsOf(text.replace('«»', number)).filter((issue) => `${issue.line}:${issue.column}` === place);
      expect(
        errors.map((issue) => issue.code),
        number,
      ).toEqual([expect.stringMatching(/^E10[4-8]$/)]);
      for (const issue of errors) {
        expect(issue.allowed, `${number}: ${issue.message}`).not.toBe('');
        expect(issue.allowed, `${number}: ${issue.message}`).not.toContain('a number that is counted exactly');
      }
    }
  });

  it('says the range of a parameter, of a count and of a wallet', () => {
    const allowedOf = (text: string): string => errorsOf(text)[0]!.allowed;
    expect(allowedOf(top('params: { val.deadline_s: .nan }'))).toMatch(/^a duration such as .*; 60 to \d+$/);
    expect(allowedOf(top('eras: 1e999'))).toBe('a whole number from 1 to 36500');
    expect(allowedOf(population('count: 1, open: .inf'))).toMatch(
      /^an amount of tokens .*; 0 DN to 9007199254\.740991 DN$/,
    );
  });
});
