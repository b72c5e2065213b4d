/**
 * What can be wrong with a scenario: the list of codes, one issue with its place, the collection that a loader fills,
 * and the text a person reads. Says nothing about how problems are found.
 */
import { createColors } from 'picocolors';
import { lineAndColumn, lineOf, type Place } from './positions.ts';

/** Every code, with what it stands for. Codes are stable; E is refused, W is loaded all the same. */
export const ISSUE_CODES = {
  E101: 'the text is not YAML',
  E102: 'a key is not known here',
  E103: 'a required key is missing',
  E104: 'a value is of the wrong type',
  E105: 'a value is not one of the allowed words',
  E106: 'a value is not written as its unit demands',
  E107: 'a value is outside its range',
  E108: 'a number cannot be held exactly',
  E109: 'a key stands twice in one map',
  E110: 'a key is reserved by the language',
  E111: 'aliases, tags, merge keys and directives are not used in scenarios',
  E112: 'the nesting is too deep',
  E113: 'the text is too large',
  E114: 'the text is not UTF-8 or contains control characters',
  E115: 'a file holds exactly one document with keys and values',
  E116: 'a key has no value and there is nothing to delete',
  E120: 'the base scenario cannot be read',
  E121: 'a scenario extends itself',
  E122: 'the chain of extended scenarios is too long',
  E123: 'a file that the scenario names lies outside its folder',
  E130: 'an override is not path=value',
  E201: 'the role has no such strategy',
  E202: 'the strategy has no such option',
  E203: 'shares do not sum to 100 %',
  E204: 'parameters that share one whole do not sum to 10 000 bps',
  E205: 'opening wallets exceed their source',
  E206: 'the supply does not fit the ledger',
  E207: 'this version does not have it',
  E208: 'a trace cannot be read',
  E209: 'a trace is not in the named format',
  E210: 'a time leaves no phase for the next step',
  E211: 'an event lies after the end of the run',
  E212: 'a field does not belong to the role',
  E213: 'exactly one of several keys is needed',
  E214: 'a duration is not a whole number of time slots',
  E215: 'two parameters contradict each other',
  E216: 'there are too many agents',
  E217: 'an era has more slots than the reports of providers hold',
  E218: 'the prices of foreign assets cannot be read',
  E219: 'a line of the prices is not three prices',
  E220: 'the parts of the task pool do not fit',
  E299: 'too many problems to list',
  W301: 'no agent has a role that the protocol needs',
  W302: 'a share of a mix is too small for one agent',
  W303: 'a wallet cannot pay what its role needs',
  W304: 'a check wants more samples than the pool has',
  W305: 'a parameter has no effect',
  W306: 'there are fewer validators than a group has',
  W307: 'there are more miners than node slots',
  W308: 'a file has no effect',
  W309: 'fizz nodes get no orders',
  W310: 'overfitted weights know other samples than the public ones',
  W311: 'a part of the task pool has no effect',
} as const;

export type IssueCode = keyof typeof ISSUE_CODES;

export type Issue = {
  readonly severity: 'error' | 'warning';
  readonly code: IssueCode;
  /** Source as messages name it: the scenario file, a base file, `preset:…` or `--set`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Characters to underline on that line, at least 1. */
  readonly length: number;
  readonly lineText: string;
  /** What was found, in one sentence without a full stop. */
  readonly message: string;
  /** What may stand there; '' for a warning whose message says it. */
  readonly allowed: string;
  /** What to do; '' for a warning where that is plain. */
  readonly fix: string;
};

export type Advice = { readonly allowed?: string; readonly fix?: string };

export type IssueList = {
  flag(code: IssueCode, place: Place, message: string, advice?: Advice): void;
  /** Whether an error was flagged for what begins at this place. */
  flaggedAt(place: Place): boolean;
  /** Adds what may stand at a place to the issues there that cannot say it themselves. */
  allowAt(place: Place, allowed: string): void;
  /** Whether further errors are only counted. */
  full(): boolean;
  /** True once an error was flagged. */
  failed(): boolean;
  /** Errors before warnings; each in the order of its text, sources in the order in which they were first named. */
  list(): Issue[];
};

/** What to do about an issue where the place that flags it knows nothing better. */
const USUAL_FIX: Partial<Record<IssueCode, string>> = {
  E102: 'correct or remove the key; one that begins with "x-" may hold anything',
  E103: 'add the key',
  E104: 'write a value of the allowed kind',
  E105: 'write one of the allowed words',
  E106: 'write the value with one of the allowed units',
  E107: 'choose a value in the range',
  E108: 'write a number with fewer digits',
  E112: 'write the values with less nesting',
  E115: 'begin with "version: 1"',
  E120: 'correct the path, or remove extends',
  E121: 'remove one of these extends',
  E130: 'correct the path of the override',
  E201: 'write one of the allowed strategies; "powr strategies" describes them',
  E202: 'correct or remove the option; "powr strategies" describes them',
  E203: 'make the shares sum to 100%',
  E210: 'choose a longer time',
  E211: 'choose an earlier moment, or raise eras',
  E213: 'keep one of them',
  E214: 'choose a multiple of the slot',
  E216: 'lower the counts',
};

/** What may stand in a place, where the place that flags an issue does not say it. */
const USUAL_ALLOWED: Partial<Record<IssueCode, string>> = {
  E101: 'YAML 1.2 or JSON',
  E108: `a number that is counted exactly: whole numbers up to ${Number.MAX_SAFE_INTEGER}, amounts as text with a unit`,
  E115: 'one document with keys and values, the first of them version: 1',
  E116: 'a key with a value',
  E121: 'a chain of scenarios that ends',
  E122: 'a chain of at most 8 scenarios',
  E130: 'path=value, such as eras=10 or populations.0.count=50',
  E203: 'shares that sum to 100%',
  E204: 'values that sum to 10000 bps',
  E205: 'wallets that the source can pay',
  E206: `a supply of at most ${Number.MAX_SAFE_INTEGER} base units`,
  E207: 'what this version drives',
  E208: 'a trace below the folder of the scenario',
  E209: 'a file that begins as the format demands',
  E210: 'times in which every step has room',
  E212: 'keys that belong to the role',
  E213: 'exactly one of them',
  E215: 'values in this order',
  E220: 'public samples, fewer than the pool has',
};

const LONGEST_MESSAGE = 400;
const LONGEST_ADVICE = 4_000;

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** More than this nobody reads, and finding suggestions for each would take time. */
const MOST_ERRORS = 100;

export function createIssueList(): IssueList {
  const flagged: { issue: Issue; place: Place }[] = [];
  const labels: string[] = [];
  let errorCount = 0;
  let firstDropped: Place | null = null;
  function add(code: IssueCode, place: Place, message: string, advice: Advice): void {
    const { line, column } = lineAndColumn(place.source, place.from);
    const lineText = lineOf(place.source, line);
    const length = Math.max(1, Math.min(place.to - place.from, lineText.length - column + 1));
    const severity = code.startsWith('W') ? 'warning' : 'error';
    const file = place.source.label;
    if (!labels.includes(file)) labels.push(file);
    if (
      flagged.some(
        (f) =>
          f.place.source === place.source &&
          f.place.from === place.from &&
          f.issue.code === code &&
          f.issue.message === cut(message, LONGEST_MESSAGE),
      )
    )
      return;
    flagged.push({
      place,
      issue: {
        severity,
        code,
        file,
        line,
        column,
        length,
        lineText,
        message: cut(message, LONGEST_MESSAGE),
        allowed: cut(advice.allowed || (USUAL_ALLOWED[code] ?? ''), LONGEST_ADVICE),
        fix: cut(advice.fix || (USUAL_FIX[code] ?? ''), LONGEST_ADVICE),
      },
    });
  }
  return {
    flag(code, place, message, advice = {}) {
      if (code.startsWith('E')) errorCount += 1;
      if (errorCount > MOST_ERRORS) {
        firstDropped ??= place;
        return;
      }
      add(code, place, message, advice);
    },
    flaggedAt: (place) =>
      flagged.some(
        (f) => f.issue.severity === 'error' && f.place.source === place.source && f.place.from === place.from,
      ),
    allowAt(place, allowed) {
      for (const f of flagged)
        if (f.place.source === place.source && f.place.from === place.from && f.issue.code === 'E108')
          f.issue = { ...f.issue, allowed };
    },
    full: () => errorCount >= MOST_ERRORS,
    failed: () => errorCount > 0,
    list() {
      const sorted = [...flagged].sort(
        (a, b) =>
          Number(a.issue.severity === 'warning') - Number(b.issue.severity === 'warning') ||
          labels.indexOf(a.issue.file) - labels.indexOf(b.issue.file) ||
          a.place.from - b.place.from ||
          (a.issue.code < b.issue.code ? -1 : 1),
      );
      const issues = sorted.map((f) => f.issue);
      if (firstDropped === null) return issues;
      const { line, column } = lineAndColumn(firstDropped.source, firstDropped.from);
      const rest: Issue = {
        severity: 'error',
        code: 'E299',
        file: firstDropped.source.label,
        line,
        column,
        length: 1,
        lineText: lineOf(firstDropped.source, line),
        message: `${errorCount - MOST_ERRORS} further problems are not listed`,
        allowed: '',
        fix: 'repair the ones above first',
      };
      const errors = issues.filter((issue) => issue.severity === 'error');
      return [...errors, rest, ...issues.filter((issue) => issue.severity === 'warning')];
    },
  };
}

const WIDEST = 120;

/** What moves the cursor of a terminal, reorders its letters or hides among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text that a terminal may show: whatever moves its cursor, reorders its letters or hides among them becomes a dot. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, '·');
}

/** JSON that a terminal may show: the same characters as escapes, so that a reader of the JSON still gets them. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(HARMFUL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The part of a long line around the underlined words. */
function windowOf(issue: Issue): { readonly text: string; readonly column: number } {
  if (issue.lineText.length <= WIDEST) return { text: issue.lineText, column: issue.column };
  const start = Math.max(0, Math.min(issue.column - 1 - 40, issue.lineText.length - WIDEST));
  const text = issue.lineText.slice(start, start + WIDEST);
  return { text: `${start > 0 ? '…' : ''}${text}`, column: issue.column - start + (start > 0 ? 1 : 0) };
}

/**
 * Issues as a person reads them: place, code, what was found; the line with the words underlined; what is allowed; what
 * to do. Ends without a line break.
 *
 * @param color  whether escape codes for a terminal are wanted
 */
export function formatIssues(issues: readonly Issue[], color: boolean): string {
  const paint = createColors(color);
  return issues
    .map((issue) => {
      const kind = issue.severity === 'error' ? paint.red('error') : paint.yellow('warning');
      const view = windowOf(issue);
      const margin = String(issue.line).padStart(4);
      const blank = ' '.repeat(margin.length);
      const carets = '^'.repeat(Math.max(1, Math.min(issue.length, view.text.length - view.column + 1)));
      const lines = [
        `${paint.bold(harmless(`${issue.file}:${issue.line}:${issue.column}`))}  ${kind} ${issue.code}  ${harmless(issue.message)}`,
        `${paint.dim(`${margin} |`)} ${harmless(view.text)}`,
        `${paint.dim(`${blank} |`)} ${' '.repeat(view.column - 1)}${paint.red(carets)}`,
      ];
      if (issue.allowed !== '') lines.push(`${blank}   allowed here: ${harmless(issue.allowed)}`);
      if (issue.fix !== '') lines.push(`${blank}   to do: ${harmless(issue.fix)}`);
      return lines.join('\n');
    })
    .join('\n\n');
}
