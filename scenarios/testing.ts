/** What the tests of this room share: a small catalogue, a scenario to spoil, and marks that say where an issue must be. */
import type { StrategySpec } from '../sim/engine/scenario.ts';
import { type LoadResult, loadScenario } from './load.ts';

const variant = { unit: 'choice', options: ['en', 'en-m3', 'en-m2'], fallback: 'en', note: 'weights' } as const;
const base = { behaviour: 'BEH-1', intent: 'honest', summary: 'For tests.' } as const;

/** Two strategies or more for each role, with an option of every unit among them. */
export const TEST_CATALOGUE: readonly StrategySpec[] = [
  {
    ...base,
    role: 'creator',
    name: 'improver',
    options: { variant, cycle_eras: { unit: 'eras', min: 1, max: 365, fallback: 6, note: '' } },
  },
  {
    ...base,
    role: 'creator',
    name: 'spammer',
    options: { per_era: { unit: 'count', min: 1, max: 100, fallback: 2, note: '' } },
  },
  {
    ...base,
    role: 'miner',
    name: 'steady',
    options: { capacity: { unit: 'count', min: 1, max: 1_000, fallback: 8, note: '' } },
  },
  {
    ...base,
    role: 'miner',
    name: 'cheater',
    options: {
      variant: { ...variant, fallback: 'en-m3' },
      capacity: { unit: 'count', min: 1, max: 1_000, fallback: 4, note: '' },
    },
  },
  {
    ...base,
    role: 'miner',
    name: 'degrading',
    options: { drift: { unit: 'mil', min: 0, max: 100_000, fallback: 50, note: '' } },
  },
  {
    ...base,
    role: 'validator',
    name: 'diligent',
    options: { skill_bps: { unit: 'bps', min: 0, max: 10_000, fallback: 9_900, note: '' } },
  },
  {
    ...base,
    role: 'validator',
    name: 'lazy',
    options: { prior: { unit: 'bps', min: 0, max: 10_000, fallback: 10_000, note: '' } },
  },
  {
    ...base,
    role: 'consumer',
    name: 'honest',
    options: { budget: { unit: 'tokens', min: 0, max: 1_000, fallback: 1, note: '' } },
  },
  {
    ...base,
    role: 'consumer',
    name: 'spammer',
    options: { pause: { unit: 'slots', min: 0, max: 100, fallback: 2, note: '' } },
  },
  { ...base, role: 'delegator', name: 'yield-seeker', options: {} },
  { ...base, role: 'slark', name: 'diligent', options: {} },
];

/** A complete scenario in seven lines. */
export const GOOD = `version: 1
name: good
populations:
  - { role: creator, count: 1, strategy: improver }
  - { role: miner, count: 4, strategy: steady }
  - { role: validator, count: 5, strategy: diligent }
  - { role: consumer, count: 4, strategy: honest }
`;

export type Files = Readonly<Record<string, string>>;

/** Loads a text as `a.yaml`; `files` are what lies beside it. */
export function load(text: string, files: Files = {}, set: readonly string[] = []): LoadResult {
  return loadScenario({
    text,
    file: 'a.yaml',
    read: (path) => (Object.hasOwn(files, path) ? files[path]! : null),
    catalogue: TEST_CATALOGUE,
    set,
  });
}

/** `line:column` of each «, with the text without them. */
export function readMarks(marked: string): { readonly text: string; readonly places: string[] } {
  const places: string[] = [];
  const lines = marked.split('\n').map((line, i) => {
    let rest = line;
    for (let at = rest.indexOf('«'); at !== -1; at = rest.indexOf('«')) {
      places.push(`${i + 1}:${at + 1}`);
      rest = rest.slice(0, at) + rest.slice(at + 1);
    }
    return rest;
  });
  return { text: lines.join('\n'), places };
}
