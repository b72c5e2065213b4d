import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../agents/catalogue.ts';
import { loadScenario } from './load.ts';

const OVERFITTER = '{ role: creator, count: 1, strategy: overfitter }';

function load(inference: string, first: string = '{ role: creator, count: 1, strategy: steady }') {
  const lines = [
    'version: 1',
    'name: sets',
    ...(inference === '' ? [] : [`inference: ${inference}`]),
    'populations:',
    `  - ${first}`,
    '  - { role: miner, count: 2, strategy: steady }',
    '  - { role: validator, count: 5, strategy: diligent }',
    '  - { role: consumer, count: 4, strategy: honest }',
  ];
  return loadScenario({
    text: `${lines.join('\n')}\n`,
    file: 'a.yaml',
    read: () => null,
    catalogue: CATALOGUE,
    set: [],
  });
}

/** What is found, each `line:column code`. */
function found(inference: string, first?: string): string[] {
  const result = load(inference, first);
  const issues = result.ok ? result.warnings : result.issues;
  return issues.filter(({ code }) => code !== 'W304').map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('weights that were trained on the public samples', () => {
  it.each([
    ['just these are public', '{ sets: { public: 100 } }', OVERFITTER, []],
    ['fewer are public', '{ sets: { public: 99 } }', OVERFITTER, ['3:30 W310']],
    ['more are public', '{ sets: { public: 101 } }', OVERFITTER, ['3:30 W310']],
    ['none are', '{ sets: { rotate_eras: 0 } }', OVERFITTER, ['3:14 W310']],
    ['there are no sets', '', OVERFITTER, ['3:1 W310']],
    [
      'a miner runs them',
      '',
      '{ role: miner, count: 1, strategy: cheater, options: { variant: en-over } }',
      ['3:1 W301', '3:1 W310'],
    ],
    ['nobody has them', '{ sets: { public: 99 } }', undefined, []],
  ])('given that %s > are warned of where they know other lines', (_, inference, first, expected) => {
    expect(found(inference, first)).toEqual(expected);
  });
});

describe('a held-out set', () => {
  it.each([
    ['{ sets: { public: 100, held_out: 50 } }', ['3:35 W311']],
    ['{ sets: { public: 100, held_out: 50, rotate_eras: 3 } }', []],
    // Said outright, as the resolved file does.
    ['{ sets: { public: 100, held_out: 50, rotate_eras: 0 } }', []],
  ])('in %s > is warned of where nothing rotates', (inference, expected) => {
    expect(found(inference)).toEqual(expected);
  });

  it('is written into the resolved file without a warning about it', () => {
    const result = load('{ sets: { public: 100 } }', OVERFITTER);
    if (!result.ok) throw new Error('the scenario is refused');
    const again = loadScenario({
      ...{ text: result.resolvedYaml, file: 'a.yaml', read: () => null, catalogue: CATALOGUE, set: [] },
    });
    expect(again.ok && again.warnings.filter(({ code }) => code === 'W310' || code === 'W311')).toEqual([]);
  });
});
