/** Writes the two hundred bad scenario files and loads each as the command does: from disk, with the real strategies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_SCENARIOS, type BadScenario, badFileName } from '../../scenarios/badScenarios.ts';
import { formatIssues, type Issue } from '../../scenarios/load.ts';
import { writeBadScenario } from '../../scenarios/writeBadScenario.ts';
import { loadScenarioFile } from './loadFile.ts';

/** What the loader may take inside the process. */
const MOST_WALL_MS = 200;
/** The least of so many trials counts; where it is too much, of more: the machine has other work too. */
const TRIALS = 3;
const MOST_TRIALS = 12;

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'powr-bad-'));
  const first = writeBadScenario(mkdtempSync(join(root, 'warm-')), BAD_SCENARIOS[0]!);
  for (let i = 0; i < 10; i++) load(first);
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

function load(path: string): { readonly issues: readonly Issue[]; readonly text: string; readonly wallMs: number } {
  const startMs = performance.now();
  const result = loadScenarioFile(path, []);
  const issues = result.ok ? [] : result.issues;
  const text = formatIssues(issues, false);
  return { issues, text, wallMs: performance.now() - startMs };
}

type Measured = { readonly bad: BadScenario; readonly wallMs: number; readonly issueCount: number };
const measured: Measured[] = [];

const rows = BAD_SCENARIOS.map((bad) => [badFileName(bad), bad] as const);

describe.each([
  ['an attack', 'attack'],
  ['a slip', 'slip'],
] as const)('a scenario file with %s', (_, kind) => {
  it.each(rows.filter(([, bad]) => bad.kind === kind))(
    '%s > is refused at its place, with what was found, what is allowed and what to do',
    (name, bad) => {
      const path = writeBadScenario(root, bad);
      const { issues, text, wallMs: firstMs } = load(path);
      let wallMs = firstMs;
      for (let trial = 1; trial < TRIALS || (wallMs > MOST_WALL_MS && trial < MOST_TRIALS); trial++)
        wallMs = Math.min(wallMs, load(path).wallMs);
      const errors = issues.filter((issue) => issue.severity === 'error');
      measured.push({ bad, wallMs, issueCount: errors.length });

      const placeOf = (issue: Issue): string => {
        const file = relative(dirname(path), join(process.cwd(), issue.file));
        return `${file === name ? '' : `${file}:`}${issue.line}:${issue.column} ${issue.code}`;
      };
      const found = errors.filter((issue) => issue.code !== 'E299').map(placeOf);
      const expected = bad.places.map((place) => `${place} ${bad.code}`);
      expect(kind === 'slip' ? found : found.filter((place) => place.endsWith(bad.code))).toEqual(expected);

      for (const issue of errors) {
        expect(issue.line).toBeGreaterThanOrEqual(1);
        expect(issue.column).toBeGreaterThanOrEqual(1);
        expect(issue.message).not.toMatch(/^$|undefined|\[object/);
        expect(issue.fix, issue.message).not.toBe('');
        if (issue.code !== 'E299') expect(issue.allowed, issue.message).not.toBe('');
      }
      expect(text).toMatch(/^[^\n]+:\d+:\d+ {2}error E\d{3} {2}\S/);
      expect(text).not.toMatch(/\n\s+at /);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach a terminal
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\ufeff]/);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(wallMs, `${name} took ${wallMs.toFixed(0)} ms`).toBeLessThanOrEqual(MOST_WALL_MS);
    },
  );
});

describe('the bad scenario files', () => {
  it('in UTF-16 > are told apart from files with a single bad byte', () => {
    const messageOf = (title: string): string => {
      const bad = BAD_SCENARIOS.find((one) => one.title === title)!;
      return load(writeBadScenario(mkdtempSync(join(root, 'again-')), bad)).issues[0]!.message;
    };
    expect(['utf-16-little-endian', 'utf-16-big-endian', 'utf-16-without-a-mark', 'latin-1'].map(messageOf)).toEqual([
      'the text is not UTF-8 but looks like UTF-16',
      'the text is not UTF-8 but looks like UTF-16',
      'the text is not UTF-8 but looks like UTF-16',
      'the text is not UTF-8 (a byte could not be read)',
    ]);
  });

  it('are two hundred with different contents and names: ten kinds of attack, ten kinds of slip, ten of each', () => {
    expect(new Set(rows.map(([name]) => name)).size).toBe(200);
    const contents = BAD_SCENARIOS.map(({ content, files, links }) =>
      JSON.stringify([Buffer.from(content).toString('base64'), files, links]),
    );
    expect(new Set(contents).size).toBe(200);
    for (const kind of ['attack', 'slip'] as const) {
      const counts = new Map<string, number>();
      for (const bad of BAD_SCENARIOS) if (bad.kind === kind) counts.set(bad.group, (counts.get(bad.group) ?? 0) + 1);
      expect([...counts.values()]).toEqual(Array.from({ length: 10 }, () => 10));
    }
  });

  it(`take at most ${MOST_WALL_MS} ms each inside the process; the table says how long`, () => {
    expect(measured.length).toBe(200);
    const groups = new Map<string, Measured[]>();
    for (const one of measured) {
      const label = `${one.bad.kind} ${one.bad.group}`;
      groups.set(label, [...(groups.get(label) ?? []), one]);
    }
    const lines = [...groups].map(([label, list]) => {
      const slowest = list.reduce((a, b) => (b.wallMs > a.wallMs ? b : a));
      const codes = [...new Set(list.map(({ bad }) => bad.code))].sort().join(' ');
      return `${label.padEnd(24)} ${String(list.length).padStart(5)} ${slowest.wallMs.toFixed(1).padStart(10)}  ${codes}`;
    });
    const slowest = measured.reduce((a, b) => (b.wallMs > a.wallMs ? b : a));
    process.stdout.write(
      `${['kind                     files slowest ms  codes', ...lines].join('\n')}\nslowest of ${measured.length}: ${badFileName(slowest.bad)}, ${slowest.wallMs.toFixed(1)} ms (least of ${TRIALS} or more)\n`,
    );
    expect(slowest.wallMs).toBeLessThanOrEqual(MOST_WALL_MS);
  });
});
