import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { knownKeys } from './structure.ts';
import { load, TEST_CATALOGUE } from './testing.ts';

/** Every map of a scenario with fixed keys: how a file with one entry in it is written, and the keys it knows. */
const MAPS: readonly { readonly keys: readonly string[]; write(key: string): string }[] = [
  { keys: knownKeys([]), write: (key) => `${key}: 1\n` },
  ...['modules', 'inference', 'chain', 'params', 'record'].map((top) => ({
    keys: knownKeys([top]),
    write: (key: string) => `${top}: { ${key}: 1 }\n`,
  })),
  { keys: knownKeys(['inference', 'levels']), write: (key) => `inference: { levels: { ${key}: 1 } }\n` },
  ...['populations', 'shocks', 'expect'].map((top) => ({
    keys: knownKeys([top, 0]),
    write: (key: string) => `${top}: [{ ${key}: 1 }]\n`,
  })),
  { keys: knownKeys(['populations', 0, 'demand']), write: (key) => `populations: [{ demand: { ${key}: 1 } }]\n` },
  ...TEST_CATALOGUE.filter((spec) => Object.keys(spec.options).length > 0).map((spec) => ({
    keys: Object.keys(spec.options),
    write: (key: string) =>
      `populations: [{ role: ${spec.role}, count: 1, strategy: ${spec.name}, options: { ${key}: 1 } }]\n`,
  })),
];

const LETTERS = 'abcdefghijklmnopqrstuvwxyz_';

type Typo = { readonly map: (typeof MAPS)[number]; readonly key: string; readonly written: string };

/** One wrong, missing, additional or swapped character, at any place of any known key. */
const typo = fc.constantFrom(...MAPS).chain((map) =>
  fc.constantFrom(...map.keys).chain((key) =>
    fc
      .record({
        kind: fc.constantFrom('replace', 'remove', 'insert', 'swap'),
        at: fc.nat({ max: key.length - 1 }),
        letter: fc.constantFrom(...LETTERS),
      })
      .map(({ kind, at, letter }): Typo => {
        const head = key.slice(0, at);
        const written = {
          replace: `${head}${letter}${key.slice(at + 1)}`,
          remove: `${head}${key.slice(at + 1)}`,
          insert: `${head}${letter}${key.slice(at)}`,
          swap: `${head}${key[at + 1] ?? ''}${key[at]}${key.slice(at + 2)}`,
        }[kind]!;
        return { map, key, written };
      }),
  ),
);

describe('a key with one wrong character', () => {
  it('is answered with the key that was meant, in at least 95 of 100 cases', () => {
    const typos = fc.sample(typo, { numRuns: 2_000, seed: 20_260_729 }).filter(({ map, written }) => {
      // Not a typing error if it is another known key or no longer one plain key.
      const parsed = parseDocument(`${written}: 1`).toJS() as unknown;
      return (
        !map.keys.includes(written) &&
        !written.startsWith('x-') &&
        typeof parsed === 'object' &&
        parsed !== null &&
        Object.keys(parsed)[0] === written &&
        written !== ''
      );
    });
    const missed = typos.filter(({ map, key, written }) => {
      const result = load(map.write(written));
      const issues = result.ok
        ? []
        : result.issues.filter(
            (issue) => issue.message.startsWith('unknown') && issue.message.includes(`"${written}"`),
          );
      return !issues.some((issue) => issue.message.includes(`did you mean`) && issue.message.includes(`"${key}"`));
    });
    expect(typos.length).toBeGreaterThan(1_500);
    expect(
      missed.length / typos.length,
      `not suggested: ${missed
        .slice(0, 10)
        .map((t) => `${t.written} for ${t.key}`)
        .join(', ')}`,
    ).toBeLessThanOrEqual(0.05);
  });
});
