/**
 * Text to tree: reads YAML under guard and keeps the place of every key and value. Refuses what could abort or stall the
 * process, or mean two things; does not know which keys a scenario has.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
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

const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

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

/** Reads the tokens while watching size and depth: composing a document recurses, so it must not see what is too deep. */
function readTokens(text: string, start: number, source: Source, issues: IssueList): CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const at = start + Math.min(parser.offset, text.length);
    if (++count > MOST_TOKENS) {
      issues.flag('E113', { source, from: at, to: at + 1 }, `more than ${MOST_TOKENS} YAML tokens`, {
        fix: 'split the scenario and use extends',
      });
      return null;
    }
    if (parser.stack.length <= DEEPEST) continue;
    const collections = parser.stack.filter(
      (t) => t.type === 'block-map' || t.type === 'block-seq' || t.type === 'flow-collection',
    );
    if (collections.length > DEEPEST) {
      const from = start + collections[DEEPEST]!.offset;
      issues.flag('E112', { source, from, to: from + 1 }, `more than ${DEEPEST} levels of nesting`);
      return null;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
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
export function parseTree(source: Source, from: number, to: number, issues: IssueList): Tree | null {
  const text = source.text.slice(from, to);
  const here = (a: number, b: number): Place => ({ source, from: from + a, to: from + b });
  if (text.length > LARGEST_BYTES || utf8Bytes(text) > LARGEST_BYTES) {
    issues.flag('E113', here(0, 1), `the text is larger than ${LARGEST_BYTES / 1024} KiB`, {
      fix: 'split the scenario and use extends',
    });
    return null;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffd]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    const what =
      code === 'FFFD'
        ? 'the text is not UTF-8 (a byte could not be read)'
        : `the text contains the control character U+${code}`;
    issues.flag('E114', here(control.index, control.index + 1), what, { fix: 'save the file as UTF-8 text' });
    return null;
  }
  const tokens = readTokens(text, from, source, issues);
  if (tokens === null) return null;

  const documents = compose(tokens, text.length);
  const document = documents[0]!;
  const faultyLines = new Set<number>();
  for (const fault of document.errors) {
    const place = here(fault.pos[0], Math.max(fault.pos[0] + 1, fault.pos[1]));
    const { line } = lineAndColumn(source, place.from);
    if (faultyLines.has(line)) continue;
    faultyLines.add(line);
    if (faultyLines.size > MOST_SYNTAX_ERRORS) break;
    const wantsQuotes = /^[ \t]*(- )?[^:#]+:[ ]+[>|@`%&*!]/.test(lineOf(source, line));
    const reason = fault.message.replace(/\n[\s\S]*/, '').replace(/[.:]$/, '');
    issues.flag('E101', place, `this is not YAML: ${reason.length > 120 ? `${reason.slice(0, 120)}…` : reason}`, {
      fix: wantsQuotes ? 'put values that begin with > | @ ` % & * or ! in quotes' : '',
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
      issues.flag('E111', place, `"*${node.source}" is an alias`, {
        fix: 'write the value out, or share it with extends',
      });
      return lost(null, '');
    }
    // Values of YAML's own types carry no tag unless the author wrote one.
    if (node.tag !== undefined) {
      issues.flag('E111', place, 'this value has a tag', { fix: 'remove the word that begins with !' });
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
          issues.flag('E110', keyPlace, `"${key}" cannot be a key`, { fix: 'choose another name' });
        else if (earlier !== undefined) {
          const first = lineAndColumn(source, earlier.keyPlace.from).line;
          issues.flag('E109', keyPlace, `"${key}" stands here a second time, first in line ${first}`, {
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
        issues.flag('E108', place, `"${shortened(written)}" is not a number that can be counted with`);
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
    return { kind: 'scalar', place, value, written, broken: false };
  }
  return convert(document.contents as Node);
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
