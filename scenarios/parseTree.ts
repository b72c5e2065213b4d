/**
 * Text to tree: reads YAML under guard and keeps the place of every key and value. Refuses what could abort or stall the
 * process, or mean two things; does not know which keys a scenario has.
 */
import {
  Composer,
  type CST,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  type YAMLError,
} from 'yaml';
import { MAX_INT } from '../sim/base/fixedPoint.ts';
import type { IssueList } from './issues.ts';
import { lineAndColumn, lineOf, type Place, type Source } from './positions.ts';

export type ScalarValue = string | number | boolean | null;
export type ScalarTree = {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: ScalarValue;
  /** As written, without quotes. */
  readonly written: string;
  /** An issue was flagged for this value; nobody needs to judge it again. */
  readonly broken: boolean;
};
export type ListTree = { readonly kind: 'list'; readonly place: Place; readonly items: Tree[] };
export type MapTree = { readonly kind: 'map'; readonly place: Place; readonly entries: Map<string, Entry> };
export type Entry = { readonly keyPlace: Place; readonly value: Tree };
export type Tree = ScalarTree | ListTree | MapTree;

/** Sizes beyond any scenario a person writes, small enough that refusing one takes no noticeable time. */
export const LARGEST_BYTES = 256 * 1024;
export const DEEPEST = 64;
const MOST_TOKENS = 25_000;
const MOST_SYNTAX_ERRORS = 10;
const LONGEST_LINE_READ = 200;

const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

/** What all texts of one scenario may take together: a chain of bases costs no more than one large file. */
export type ParseBudget = { tokensLeft: number };

export function createParseBudget(): ParseBudget {
  return { tokensLeft: MOST_TOKENS };
}

/** Keys that are free for whatever tools and people put there. */
export const isFreeKey = (key: string): boolean => key.startsWith('x-');

export const isDeletion = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null && !tree.broken;

/** Size in UTF-8, without encoding it. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/**
 * What no text editor writes: control characters, the mark of bytes that are not UTF-8, and a byte order mark that does
 * not stand at the beginning.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNREADABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffd]|(?!^)\ufeff/;

/** The same in a value, where an escape such as `"\e"` can write it; also half of a surrogate pair. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const codePointOf = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;

function whatIsUnreadable(text: string, character: string): string {
  // Every other byte of UTF-16 is zero where the text is English, and its mark is no UTF-8.
  if (text.slice(0, 4).includes('\u0000')) return 'the text is not UTF-8 but looks like UTF-16';
  if (character === '\ufffd') return 'the text is not UTF-8 (a byte could not be read)';
  if (character === '\ufeff') return 'a byte order mark stands inside the text';
  return `the text contains the control character ${codePointOf(character)}`;
}

/** What to do about the faults of syntax that the parser tells apart. */
const SYNTAX_ADVICE: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'write single quotes, or \\\\ for a backslash',
  BAD_INDENT: 'indent the keys of one map equally, with blanks',
  BAD_SCALAR_START: 'put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'write the inner map on its own lines, or in braces',
  KEY_OVER_1024_CHARS: 'choose a shorter key',
  MISSING_CHAR: 'add what is missing, or put the value in quotes',
  MULTILINE_IMPLICIT_KEY: 'write the key on one line',
  NON_STRING_KEY: 'write a word as key',
  TAB_AS_INDENT: 'indent with blanks instead of tabs',
};

/** Whether a decimal number, which the reader has rounded to an integer, is that integer. */
function isWholeAsWritten(written: string): boolean {
  const match = /^[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(written);
  if (match === null) return true;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`;
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return end === 0 || fraction.length - (digits.length - end) - Number(exponent) <= 0;
}

/** Reads the tokens while watching size and depth: composing a document recurses, so it must not see what is too deep. */
function readTokens(
  text: string,
  start: number,
  source: Source,
  budget: ParseBudget,
  issues: IssueList,
): CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const at = start + Math.min(parser.offset, text.length);
    // The parser may make an error of each escape, so each of them counts.
    budget.tokensLeft -= lexeme.startsWith('"') ? lexeme.split('\\').length : 1;
    if (budget.tokensLeft < 0) {
      issues.flag('E113', { source, from: at, to: at + 1 }, `more than ${MOST_TOKENS} YAML tokens`, {
        allowed: `${MOST_TOKENS} tokens, the scenarios that are extended included`,
        fix: 'say the same in fewer words: mix and count instead of one population for each agent',
      });
      return null;
    }
    if (parser.stack.length <= DEEPEST) continue;
    const collections = parser.stack.filter(
      (t) => t.type === 'block-map' || t.type === 'block-seq' || t.type === 'flow-collection',
    );
    if (collections.length > DEEPEST) {
      const from = start + collections[DEEPEST]!.offset;
      issues.flag('E112', { source, from, to: from + 1 }, `more than ${DEEPEST} levels of nesting`, {
        allowed: `at most ${DEEPEST} levels`,
      });
      return null;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/**
 * Where a quote or bracket opens that is never closed: the parser notices at the end of the text, where nobody looks.
 *
 * @returns its offset, or that of the fault if it is about something else
 */
function openingOf(fault: YAMLError, tokens: readonly CST.Token[]): number {
  let at = fault.pos[0];
  const isAboutQuote = fault.code === 'MISSING_CHAR' && /closing/.test(fault.message);
  const isAboutBracket = /^Flow (map|sequence) in block collection/.test(fault.message);
  if (!isAboutQuote && !isAboutBracket) return at;
  const look = (token: CST.Token | null | undefined): void => {
    if (token === null || token === undefined) return;
    if (token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar') {
      if (isAboutQuote && token.offset + token.source.length === fault.pos[0]) at = token.offset;
    } else if (token.type === 'document') look(token.value);
    else if (token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection') {
      if (isAboutBracket && token.type === 'flow-collection' && token.end.length === 0) at = token.start.offset;
      for (const item of token.items) {
        look(item.key);
        look(item.value);
      }
    }
  };
  tokens.forEach(look);
  return at;
}

/** The first two documents: a second one is already a mistake. */
function compose(tokens: readonly CST.Token[], length: number): Document.Parsed[] {
  const composer = new Composer({
    intAsBigInt: true,
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
    version: '1.2',
  });
  const documents: Document.Parsed[] = [];
  const { stackTraceLimit } = Error;
  // The library makes one Error per fault; capturing 60,000 stacks that nobody reads takes half a second.
  Error.stackTraceLimit = 0;
  try {
    for (const document of composer.compose(tokens, true, length)) {
      documents.push(document);
      if (documents.length === 2) break;
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return documents;
}

/**
 * @param from, to  stretch of the source that is to be read as one document
 * @returns the tree, or null when the text cannot be read at all; every problem is in `issues`
 */
export function parseTree(
  source: Source,
  from: number,
  to: number,
  issues: IssueList,
  budget: ParseBudget = createParseBudget(),
): Tree | null {
  const text = source.text.slice(from, to);
  const here = (a: number, b: number): Place => ({ source, from: from + a, to: from + b });
  if (text.length > LARGEST_BYTES || utf8Bytes(text) > LARGEST_BYTES) {
    issues.flag('E113', here(0, 1), `the text is larger than ${LARGEST_BYTES / 1024} KiB`, {
      allowed: `at most ${LARGEST_BYTES} bytes`,
      fix: 'take out what is not a scenario; recorded requests belong into a trace file',
    });
    return null;
  }
  const control = UNREADABLE.exec(text);
  if (control !== null) {
    issues.flag('E114', here(control.index, control.index + 1), whatIsUnreadable(text, control[0]), {
      allowed: 'UTF-8 text without control characters',
      fix: 'save the file as UTF-8 text',
    });
    return null;
  }
  const tokens = readTokens(text, from, source, budget, issues);
  if (tokens === null) return null;
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    issues.flag('E111', here(directive.offset, directive.offset + directive.source.length), 'this is a directive', {
      allowed: 'YAML 1.2 without directives',
      fix: 'remove the line that begins with %',
    });
    return null;
  }

  const documents = compose(tokens, text.length);
  const document = documents[0]!;
  const faultyLines = new Set<number>();
  for (const fault of document.errors) {
    const opening = openingOf(fault, tokens);
    const place = here(opening, opening === fault.pos[0] ? Math.max(opening + 1, fault.pos[1]) : opening + 1);
    const { line } = lineAndColumn(source, place.from);
    if (faultyLines.has(line)) continue;
    faultyLines.add(line);
    if (faultyLines.size > MOST_SYNTAX_ERRORS) break;
    const wantsQuotes = /^[ \t]*(- )?[^:#]+:[ ]+[>|@`%&*!]/.test(lineOf(source, line).slice(0, LONGEST_LINE_READ));
    const reason = fault.message.replace(/\n[\s\S]*/, '').replace(/[.:]$/, '');
    issues.flag('E101', place, `this is not YAML: ${reason.length > 120 ? `${reason.slice(0, 120)}…` : reason}`, {
      fix: wantsQuotes
        ? 'put values that begin with > | @ ` % & * or ! in quotes'
        : (SYNTAX_ADVICE[fault.code] ?? 'look at this line and the one above it'),
    });
  }
  if (faultyLines.size > 0) return null;
  if (documents.length > 1) {
    const second = documents[1]!.range[0];
    issues.flag('E115', here(second, second + 1), 'a second document begins here', {
      fix: 'write one scenario per file',
    });
    return null;
  }
  if (document.contents === null) {
    issues.flag('E115', here(0, 1), 'the file is empty', { fix: 'begin with "version: 1"' });
    return null;
  }

  /** Flags a text that no terminal and no file should be given. */
  function isUnprintable(value: string, place: Place): boolean {
    const found = UNPRINTABLE.exec(value);
    if (found === null) return false;
    issues.flag('E114', place, `this text contains ${codePointOf(found[0])}, which cannot be shown`, {
      allowed: 'printable text, tabs and line breaks',
      fix: 'remove the escape that writes it',
    });
    return true;
  }

  function convert(node: Node): Tree {
    const range = node.range ?? [0, 1, 1];
    const place = here(range[0], Math.max(range[1], range[0] + 1));
    const lost = (value: ScalarValue, written: string): ScalarTree => ({
      kind: 'scalar',
      place,
      value,
      written,
      broken: true,
    });
    if (isAlias(node)) {
      issues.flag('E111', place, `"*${shortened(node.source)}" is an alias`, {
        allowed: 'values that are written out',
        fix: 'write the value out, or share it with extends',
      });
      return lost(null, '');
    }
    // Values of YAML's own types carry no tag unless the author wrote one.
    if (node.tag !== undefined) {
      issues.flag('E111', place, 'this value has a tag', {
        allowed: 'values without tags; their type follows from how they are written',
        fix: 'remove the word that begins with !',
      });
      return lost(null, '');
    }
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = String(pair.key.value);
        const keyRange = (pair.key as Node).range ?? range;
        const keyPlace = here(keyRange[0], Math.max(keyRange[1], keyRange[0] + 1));
        const earlier = entries.get(key);
        if (RESERVED.has(key))
          issues.flag('E110', keyPlace, `"${key}" cannot be a key`, {
            allowed: 'any name but __proto__, constructor and prototype',
            fix: 'choose another name',
          });
        else if (key === '<<')
          issues.flag('E111', keyPlace, '"<<" is a merge key', {
            allowed: 'YAML 1.2, which has no merge keys',
            fix: 'write the values out, or share them with extends',
          });
        else if (pair.key.tag !== undefined)
          issues.flag('E111', keyPlace, `the key "${shortened(key)}" has a tag`, {
            allowed: 'keys without tags',
            fix: 'remove the word that begins with !',
          });
        else if (isUnprintable(key, keyPlace)) continue;
        else if (earlier !== undefined) {
          const first = lineAndColumn(source, earlier.keyPlace.from).line;
          issues.flag('E109', keyPlace, `"${key}" stands here a second time, first in line ${first}`, {
            allowed: 'each key once',
            fix: 'keep one of them',
          });
        } else {
          const value: Tree =
            pair.value === null
              ? { kind: 'scalar', place: keyPlace, value: null, written: '', broken: false }
              : convert(pair.value as Node);
          entries.set(key, { keyPlace, value });
        }
      }
      return { kind: 'map', place, entries };
    }
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => convert(item as Node)) };
    if (!isScalar(node)) return lost(null, '');
    const written = node.source ?? String(node.value);
    const value = node.value as ScalarValue | bigint;
    if (typeof value === 'bigint' || typeof value === 'number') {
      if (typeof value === 'number' && !Number.isFinite(value)) {
        issues.flag('E108', place, `"${shortened(written)}" is not a number that can be counted with`, {
          fix: 'write a number in digits',
        });
        return lost(null, written);
      }
      if (Number(value) === 0 && written.startsWith('-')) {
        issues.flag('E108', place, `${shortened(written)} is a zero with a sign`, { fix: 'write 0' });
        return lost(null, written);
      }
      if (typeof value === 'number' && Number.isInteger(value) && !isWholeAsWritten(written)) {
        issues.flag('E108', place, `${shortened(written)} would be rounded silently to ${value}`, {
          fix: `write ${value} if that is meant`,
        });
        return lost(null, written);
      }
      if (value > MAX_INT || value < -MAX_INT) {
        issues.flag('E108', place, `${shortened(written)} is beyond 2^53 − 1 and would be rounded silently`, {
          fix: 'amounts of tokens carry a unit: write them as text such as 500 DN',
        });
        return lost(null, written);
      }
      return { kind: 'scalar', place, value: Number(value), written, broken: false };
    }
    if (typeof value === 'string' && isUnprintable(value, place)) return lost(null, '');
    return { kind: 'scalar', place, value, written, broken: false };
  }
  return convert(document.contents as Node);
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
