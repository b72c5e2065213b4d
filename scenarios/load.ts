/**
 * The way from the text of a scenario file to a scenario that can run, or to everything that is wrong with it, with
 * places. Reads no files itself: the caller says how.
 */
import type { Scenario, StrategySpec } from '../sim/engine/scenario.ts';
import { createIssueList, type Issue, type IssueList } from './issues.ts';
import { applyOverrides, mergeBases, mergeMaps, type ReadFile } from './merge.ts';
import { type MapTree, parseTree } from './parseTree.ts';
import { createSource } from './positions.ts';
import { type Resolved, resolveTree } from './resolve.ts';
import { writeResolved } from './resolvedYaml.ts';
import { checkStructure } from './structure.ts';
import { readSweep } from './sweep.ts';

export { formatIssues, ISSUE_CODES, type Issue, type IssueCode } from './issues.ts';
export { presetNames } from './presets.ts';

export type LoadOptions = {
  /** The scenario file, decoded from UTF-8. */
  readonly text: string;
  /** Its path, as messages name it. */
  readonly file: string;
  /** Reads a file by its path relative to the scenario's folder; null when it cannot be read. */
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
      /** SHA-256, 64 hex digits. It names the scenario without its seed, and covers the contents of traces. */
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
  const failure = (): LoadResult => ({ ok: false, issues: issues.list() });
  const source = createSource(file, '', text);
  const tree = parseTree(source, 0, text.length, issues);
  if (tree === null) return failure();
  if (tree.kind !== 'map') {
    issues.flag('E115', { ...tree.place, to: tree.place.from + 1 }, 'a scenario is a map of keys and values', {
      fix: 'begin with "version: 1"',
    });
    return failure();
  }
  // A base that cannot be read hides half of the scenario; the half at hand is not judged by itself.
  const merged = tree.entries.has('extends') ? mergeBases(tree, file, read, issues) : mergeMaps(null, tree, issues);
  if (merged === null) return failure();
  const root = applyOverrides(merged, set, issues);
  const judge = (tree: MapTree, into: IssueList): Resolved => {
    const refused = checkStructure(tree, into);
    const resolved = resolveTree(tree, catalogue, read, into);
    for (const { place, message, allowed } of refused)
      if (!into.flaggedAt(place)) into.flag('E106', place, message, { allowed });
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
