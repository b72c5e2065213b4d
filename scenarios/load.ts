/**
 * The way from the text of a scenario file to a scenario that can run, or to everything that is wrong with it, with
 * places. Reads no files itself: the caller says how.
 */
import type { Scenario, StrategySpec } from '../sim/engine/scenario.ts';
import { createIssueList, type Issue, type IssueList } from './issues.ts';
import { applyOverrides, folderOf, mergeBases, mergeMaps, type ReadFile } from './merge.ts';
import { createParseBudget, type MapTree, parseTree } from './parseTree.ts';
import { createSource } from './positions.ts';
import { createPriceReader } from './prices.ts';
import { type Resolved, resolveTree } from './resolve.ts';
import { writeResolved } from './resolvedYaml.ts';
import { checkStructure, type Refused } from './structure.ts';
import { readSweep } from './sweep.ts';

export { formatIssues, harmless, harmlessJson, ISSUE_CODES, type Issue, type IssueCode } from './issues.ts';
export type { Refusal } from './merge.ts';
export { LARGEST_BYTES } from './parseTree.ts';
export { presetNames } from './presets.ts';

export type LoadOptions = {
  /** The scenario file, decoded from UTF-8. */
  readonly text: string;
  /** Its path, as messages name it. */
  readonly file: string;
  /** Reads the files that the scenario names. */
  readonly read: ReadFile;
  readonly catalogue: readonly StrategySpec[];
  /** Overrides, each `path=value`. */
  readonly set?: readonly string[];
};

export type LoadResult =
  | {
      readonly ok: true;
      readonly scenario: Scenario;
      /** The scenario written out in full: loading it again gives the same scenario and hash. */
      readonly resolvedYaml: string;
      /** SHA-256, 64 hex digits. It names the scenario without its seed, and covers the contents of traces and prices. */
      readonly hash: string;
      readonly warnings: readonly Issue[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Loads a scenario.
 *
 * @returns the resolved scenario with warnings, or all its errors and warnings in the order of the text; never throws for
 * what a file contains
 */
export function loadScenario(options: LoadOptions): LoadResult {
  const { text, file, read, catalogue, set = [] } = options;
  const issues = createIssueList();
  const contents = new Map<string, ReturnType<ReadFile>>();
  // The values of a sweep are judged one by one, each with the same files.
  const readOnce: ReadFile = (path, mostBytes) => {
    if (!contents.has(path)) contents.set(path, read(path, mostBytes));
    return contents.get(path)!;
  };
  const failure = (): LoadResult => ({ ok: false, issues: issues.list() });
  const source = createSource(file, '', text);
  const budget = createParseBudget();
  const tree = parseTree(source, 0, text.length, issues, budget);
  if (tree === null) return failure();
  if (tree.kind !== 'map') {
    issues.flag('E115', { ...tree.place, to: tree.place.from + 1 }, 'a scenario is a map of keys and values', {
      fix: 'begin with "version: 1"',
    });
    return failure();
  }
  const merged = tree.entries.has('extends')
    ? mergeBases(tree, file, readOnce, budget, issues)
    : { tree: mergeMaps(null, tree, issues), isComplete: true };
  const flagRefused = (refused: readonly Refused[], into: IssueList): void => {
    for (const { place, message, allowed } of refused)
      if (!into.flaggedAt(place)) into.flag('E106', place, message, { allowed });
  };
  // A base that cannot be read hides part of the scenario: keys and types are judged, and nothing that needs the whole.
  if (!merged.isComplete) {
    flagRefused(checkStructure(merged.tree, issues, false), issues);
    return failure();
  }
  const root = applyOverrides(merged.tree, set, issues);
  const folder = folderOf(file);
  const priceReader = createPriceReader((path) => (folder === '' ? path : `${folder}/${path}`));
  const judge = (tree: MapTree, into: IssueList): Resolved => {
    const refused = checkStructure(tree, into);
    const resolved = resolveTree(tree, catalogue, readOnce, priceReader, into);
    flagRefused(refused, into);
    return resolved;
  };
  const sweep = readSweep(root, judge, issues);
  const resolved = judge(root, issues);
  if (issues.failed()) return failure();
  return {
    ok: true,
    scenario: sweep === null ? resolved.scenario : { ...resolved.scenario, sweep },
    ...writeResolved(resolved, root, catalogue),
    warnings: issues.list(),
  };
}
