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
  E111: 'aliases and tags are not used in scenarios',
  E112: 'the nesting is too deep',
  E113: 'the text is too large',
  E114: 'the text is not UTF-8 or contains control characters',
  E115: 'a file holds exactly one document with keys and values',
  E116: 'a key has no value and there is nothing to delete',
  E120: 'the base scenario cannot be read',
  E121: 'a scenario extends itself',
  E122: 'the chain of extended scenarios is too long',
  E123: 'a base scenario lies outside the folder of the scenario',
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
  E299: 'too many problems to list',
  W301: 'no agent has a role that the protocol needs',
  W302: 'a share of a mix is too small for one agent',
  W303: 'a wallet cannot pay what its role needs',
  W304: 'a check wants more samples than the pool has',
  W305: 'a parameter has no effect',
  W306: 'there are fewer validators than a group has',
  W307: 'there are more miners than node slots',
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
  /** What may stand there; '' when the message says it. */
  readonly allowed: string;
  /** What to do; '' when that is plain. */
  readonly fix: string;
};

export type Advice = { readonly allowed?: string; readonly fix?: string };

export type IssueList = {
  flag(code: IssueCode, place: Place, message: string, advice?: Advice): void;
  /** Whether an error was flagged for what begins at this place. */
  flaggedAt(place: Place): boolean;
  /** Whether further errors are only counted. */
  full(): boolean;
  /** True once an error was flagged. */
  failed(): boolean;
  /** Errors before warnings; each in the order of its text, sources in the order in which they were first named. */
  list(): Issue[];
};

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
          f.issue.message === message,
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
        message,
        allowed: advice.allowed ?? '',
        fix: advice.fix ?? '',
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

/** Text that a terminal may show: whatever moves its cursor or reorders its letters becomes a dot. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '·');
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
