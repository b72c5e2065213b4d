import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../agents/catalogue.ts';
import { loadScenario } from './load.ts';
import { largestRemainder } from './populations.ts';

const quickstart = readFileSync(new URL('./quickstart.yaml', import.meta.url), 'utf8');
const load = (text: string, set: readonly string[] = []): ReturnType<typeof loadScenario> =>
  loadScenario({ text, file: 'a.yaml', read: () => null, catalogue: CATALOGUE, set });

const edit = fc.record({
  at: fc.nat({ max: quickstart.length - 1 }),
  length: fc.nat({ max: 12 }),
  text: fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      '- ',
      '\n',
      '  ',
      '"',
      "'",
      '|',
      '>',
      '*a',
      '&a ',
      '!!int ',
      '#',
      '%',
      '9'.repeat(40),
      '.nan',
      '-1',
      '~',
      '<<: ',
      '? ',
      '---\n',
      'null',
      'constructor',
      '\t',
      '«',
    ),
    fc.string({ maxLength: 8 }),
  ),
});

describe('loadScenario, given a file with a few random edits', () => {
  it('answers with a scenario or with issues that point into the file, and never throws', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = quickstart;
        for (const { at, length, text: put } of edits) text = text.slice(0, at) + put + text.slice(at + length);
        const result = load(text);
        if (result.ok) return;
        expect(result.issues.length).toBeGreaterThan(0);
        const lines = text.split('\n');
        for (const issue of result.issues) {
          expect(issue.line).toBeLessThanOrEqual(lines.length);
          expect(issue.column).toBeLessThanOrEqual(lines[issue.line - 1]!.length + 1);
          expect(issue.length).toBeGreaterThanOrEqual(1);
          expect(issue.message).not.toMatch(/undefined|\[object/);
        }
      }),
      { numRuns: 500 },
    );
  });
  it('does the same for any override', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z.0-9_]{0,20}=[^\n]{0,10}$/)), (override) => {
        const result = load(quickstart, [override]);
        if (!result.ok)
          expect(result.issues.some((issue) => issue.file === '--set' || issue.file === 'a.yaml')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('largestRemainder', () => {
  it('hands out every agent, each strategy within one of its exact share', () => {
    const shares = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 8 }).map((cuts) => {
      const sorted = [0, ...cuts.sort((a, b) => a - b), 10_000];
      return sorted.slice(1).map((cut, i) => cut - sorted[i]!);
    });
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), shares, (count, bps) => {
        const counts = largestRemainder(count, bps);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(count);
        counts.forEach((n, i) => {
          expect(Math.abs(n * 10_000 - count * bps[i]!)).toBeLessThan(10_000);
        });
      }),
    );
  });
});
