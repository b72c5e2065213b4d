/**
 * One tree out of several: a scenario over the ones it extends, and `--set` overrides over both. Maps merge, lists and
 * values replace, null deletes. Every value keeps the place where it was written.
 */
import { PARAMS } from '../sim/protocol/params.ts';
import { createIssueList, type IssueCode, type IssueList } from './issues.ts';
import {
  createParseBudget,
  DEEPEST,
  type Entry,
  isDeletion,
  isFreeKey,
  LARGEST_BYTES,
  type MapTree,
  type ParseBudget,
  parseTree,
  type Tree,
} from './parseTree.ts';
import { createSource, type Place, type Source } from './positions.ts';
import { presetNames, readPreset } from './presets.ts';
import { didYouMean } from './suggest.ts';

export const LONGEST_CHAIN = 8;

/** Why a file that is there is not read. */
export type Refusal = { readonly refused: 'outside' | 'no file' | 'too large' };

/**
 * Reads a file of at most so many bytes by its path relative to the scenario's folder. Null when there is none; `outside`
 * when it lies elsewhere, which only the file system knows where links are.
 */
export type ReadFile = (relativePath: string, mostBytes: number) => string | Refusal | null;

/** `base` with `over` on top. A null where `base` has nothing is a mistake, not a deletion. */
export function mergeMaps(base: MapTree | null, over: MapTree, issues: IssueList): MapTree {
  const entries = new Map<string, Entry>(base?.entries);
  for (const [key, entry] of over.entries) {
    const below = base?.entries.get(key)?.value;
    if (isFreeKey(key)) entries.set(key, entry);
    else if (isDeletion(entry.value)) {
      if (below === undefined) {
        issues.flag('E116', entry.keyPlace, `"${key}" has no value`, {
          fix: 'write a value or remove the key; an empty value deletes what a base scenario set',
        });
      }
      entries.delete(key);
    } else if (entry.value.kind === 'map') {
      entries.set(key, {
        keyPlace: entry.keyPlace,
        value: mergeMaps(below?.kind === 'map' ? below : null, entry.value, issues),
      });
    } else {
      entries.set(key, { keyPlace: entry.keyPlace, value: withoutEmptyKeys(entry.value, issues) });
    }
  }
  return { kind: 'map', place: over.place, entries };
}

function withoutEmptyKeys(tree: Tree, issues: IssueList): Tree {
  if (tree.kind === 'map') return mergeMaps(null, tree, issues);
  if (tree.kind === 'list')
    return { kind: 'list', place: tree.place, items: tree.items.map((item) => withoutEmptyKeys(item, issues)) };
  return tree;
}

/** Path of `path` seen from the scenario's folder, or null when it leaves that folder. */
function insideFolder(folder: string, path: string): string | null {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

/**
 * The path of a file that a scenario names, seen from the scenario's folder: a relative one that stays at or below that
 * folder. Flags any other.
 */
export function pathBelow(written: string, place: Place, allowed: string, issues: IssueList): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file of ours has them in its name
  if (/^([/\\~]|[A-Za-z]:|[a-z]+:\/\/)|[\\\u0000-\u001f]/.test(written)) {
    issues.flag('E123', place, `"${written}" is not a path below the scenario`, {
      allowed,
      fix: 'put the file into the folder of the scenario and name it from there',
    });
    return null;
  }
  const { folder } = place.source;
  const path = insideFolder(folder === 'preset:' ? '' : folder, written);
  if (path === null) flagOutside(written, place, allowed, issues);
  return path;
}

function flagOutside(written: string, place: Place, allowed: string, issues: IssueList): void {
  issues.flag('E123', place, `"${written}" lies outside the folder of the scenario`, {
    allowed,
    fix: 'move or copy the file into the folder of the scenario or below',
  });
}

/** Text of a file that a scenario names, or null with the reason flagged. */
export function readNamed(
  written: string,
  path: string,
  place: Place,
  read: ReadFile,
  mostBytes: number,
  advice: { readonly code: IssueCode; readonly what: string; readonly allowed: string; readonly fix: string },
  issues: IssueList,
): string | null {
  let found: ReturnType<ReadFile>;
  try {
    found = read(path, mostBytes);
  } catch {
    // A folder, no permission: as good as absent.
    found = null;
  }
  if (typeof found === 'string') return found;
  const { code, what, allowed, fix } = advice;
  if (found?.refused === 'outside') flagOutside(written, place, allowed, issues);
  else if (found?.refused === 'too large')
    issues.flag('E113', place, `"${written}" is larger than ${mostBytes / 1024} KiB`, {
      allowed: `at most ${mostBytes} bytes`,
      fix: 'name a smaller file',
    });
  else if (found?.refused === 'no file')
    issues.flag(code, place, `${what} "${written}" is not a file`, { allowed, fix: 'name a file that holds text' });
  else issues.flag(code, place, `cannot read ${what} "${written}"`, { allowed, fix });
  return null;
}

const BASE_ALLOWED = 'a relative path with "/" that stays in the folder of the scenario, or preset:<name>';

type BaseFile = { readonly id: string; readonly source: Source };

/** Finds the file that an `extends` names, or says why not. */
function findBase(
  name: string,
  place: Place,
  read: ReadFile,
  labelOf: (path: string) => string,
  issues: IssueList,
): BaseFile | null {
  if (name.startsWith('preset:')) {
    const preset = name.slice('preset:'.length);
    const text = readPreset(preset);
    if (text !== null) return { id: name, source: createSource(name, 'preset:', text) };
    issues.flag('E120', place, `there is no preset "${preset}"${didYouMean(preset, presetNames())}`, {
      allowed: presetNames()
        .map((n) => `preset:${n}`)
        .join(', '),
    });
    return null;
  }
  if (place.source.folder === 'preset:') {
    issues.flag('E123', place, `"${name}" is no preset`, {
      allowed: BASE_ALLOWED,
      fix: 'a preset extends presets only',
    });
    return null;
  }
  const path = pathBelow(name, place, BASE_ALLOWED, issues);
  if (path === null) return null;
  const stem = name.replace(/\.ya?ml$/, '');
  const fix = presetNames().includes(stem) ? `write "preset:${stem}"` : `looked for ${labelOf(path)}`;
  const advice = { code: 'E120', what: 'the base', allowed: BASE_ALLOWED, fix } as const;
  const text = readNamed(name, path, place, read, LARGEST_BYTES, advice, issues);
  return text === null ? null : { id: path, source: createSource(labelOf(path), folderOf(path), text) };
}

/**
 * The scenario with everything it extends merged in, without `extends` keys.
 *
 * @param file  path of the scenario as messages name it; bases are named relative to it
 * @returns what could be read of it; not complete if a base could not, which is flagged
 */
export function mergeBases(
  top: MapTree,
  file: string,
  read: ReadFile,
  budget: ParseBudget,
  issues: IssueList,
): { readonly tree: MapTree; readonly isComplete: boolean } {
  const folder = folderOf(file);
  const labelOf = (path: string): string => (folder === '' ? path : `${folder}/${path}`);
  const chain: MapTree[] = [top];
  const ids: string[] = [file.slice(file.lastIndexOf('/') + 1)];
  const readNext = (entry: Entry): MapTree | null => {
    const { value } = entry;
    if (value.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') {
      if (!(value.kind === 'scalar' && value.broken))
        issues.flag('E104', value.place, 'extends is not a path', { allowed: BASE_ALLOWED });
      return null;
    }
    const base = findBase(value.value, value.place, read, labelOf, issues);
    if (base === null) return null;
    if (ids.includes(base.id)) {
      issues.flag(
        'E121',
        value.place,
        `the scenario extends itself: ${[...ids.slice(ids.indexOf(base.id)), base.id].join(' → ')}`,
      );
      return null;
    }
    if (chain.length > LONGEST_CHAIN) {
      issues.flag('E122', value.place, `more than ${LONGEST_CHAIN} scenarios extend each other`, {
        fix: 'merge some of them',
      });
      return null;
    }
    const parsed = parseTree(base.source, 0, base.source.text.length, issues, budget);
    if (parsed === null) return null;
    if (parsed.kind !== 'map') {
      issues.flag('E115', { ...parsed.place, to: parsed.place.from + 1 }, 'a scenario is a map of keys and values');
      return null;
    }
    ids.push(base.id);
    return parsed;
  };
  let isComplete = true;
  for (let entry = top.entries.get('extends'); entry !== undefined; ) {
    const base = readNext(entry);
    isComplete = base !== null;
    if (base !== null) chain.push(base);
    entry = base?.entries.get('extends');
  }
  let merged: MapTree | null = null;
  for (const tree of chain.reverse()) {
    const entries = new Map(tree.entries);
    entries.delete('extends');
    // What an unknown base may hold can be deleted.
    merged = mergeMaps(merged, { ...tree, entries }, isComplete ? issues : createIssueList());
  }
  return { tree: merged!, isComplete };
}

const PARAM_KEYS: ReadonlySet<string> = new Set(PARAMS.map((spec) => spec.key));

/** Steps of an override's path with their offsets; keys of `params` and of `sweep.axes` contain dots themselves. */
function splitPath(path: string): { readonly key: string; readonly from: number }[] {
  if (PARAM_KEYS.has(path))
    return [
      { key: 'params', from: 0 },
      { key: path, from: 0 },
    ];
  const steps: { key: string; from: number }[] = [];
  let from = 0;
  while (from <= path.length) {
    const takesRest =
      (steps.length === 1 && steps[0]!.key === 'params') ||
      (steps.length === 2 && steps[0]!.key === 'sweep' && steps[1]!.key === 'axes');
    const dot = takesRest ? -1 : path.indexOf('.', from);
    const end = dot === -1 ? path.length : dot;
    steps.push({ key: path.slice(from, end), from });
    from = end + 1;
  }
  return steps;
}

/**
 * The scenario with `path=value` overrides on top, each a line of the source `--set`. Values are YAML; an empty one
 * deletes. `trust.half_life_eras=7` is short for `params.trust.half_life_eras=7`.
 */
export function applyOverrides(tree: MapTree, overrides: readonly string[], issues: IssueList): MapTree {
  // A line break inside an override would move the lines of the following ones.
  const source = createSource('--set', '', overrides.map((line) => line.replace(/[\r\n]/g, ' ')).join('\n'));
  const budget = createParseBudget();
  let result = tree;
  overrides.forEach((override, index) => {
    const start = source.lineStarts[index]!;
    const end = start + override.length;
    const equals = override.indexOf('=');
    if (equals <= 0) {
      issues.flag('E130', { source, from: start, to: Math.max(end, start + 1) }, 'an override is written path=value', {
        allowed: 'for example eras=10, populations.0.count=50 or trust.half_life_eras=7',
      });
      return;
    }
    const steps = splitPath(override.slice(0, equals)).map((step) => ({
      key: step.key,
      place: { source, from: start + step.from, to: start + step.from + Math.max(1, step.key.length) },
    }));
    if (steps.length > DEEPEST) {
      const { place } = steps[DEEPEST]!;
      issues.flag('E112', place, `the path has more than ${DEEPEST} steps`, { allowed: `at most ${DEEPEST} steps` });
      return;
    }
    const bad = steps.find((step) => step.key === '' || ['__proto__', 'constructor', 'prototype'].includes(step.key));
    if (bad !== undefined) {
      issues.flag(
        bad.key === '' ? 'E130' : 'E110',
        bad.place,
        bad.key === '' ? 'the path has an empty step' : `"${bad.key}" cannot be a key`,
        {
          allowed: bad.key === '' ? '' : 'any name but __proto__, constructor and prototype',
          fix: bad.key === '' ? 'remove one of the two points' : 'name another key',
        },
      );
      return;
    }
    if (steps[0]!.key === 'extends') {
      issues.flag('E130', steps[0]!.place, 'extends cannot be overridden', {
        fix: 'write a scenario that extends the other one',
      });
      return;
    }
    const from = start + equals + 1;
    const empty = override.slice(equals + 1).trim() === '';
    const value = empty ? null : parseTree(source, from, end, issues, budget);
    if (!empty && value === null) return;
    const replaced = replaceAt(
      result,
      steps,
      value === null || isDeletion(value) ? null : withoutEmptyKeys(value, issues),
      issues,
    );
    if (replaced !== null) result = replaced as MapTree;
  });
  return result;
}

type Step = { readonly key: string; readonly place: Place };

/** A copy of the tree with the value at the end of the steps replaced or (null) deleted; null if there is no such place. */
function replaceAt(tree: Tree, steps: readonly Step[], value: Tree | null, issues: IssueList): Tree | null {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (tree.kind === 'list') {
    const index = /^\d{1,6}$/.test(step.key) ? Number(step.key) : -1;
    const item = tree.items[index];
    if (item === undefined) {
      issues.flag('E130', step.place, `the list has no item ${step.key}`, {
        allowed: tree.items.length === 0 ? 'nothing, the list is empty' : `0 to ${tree.items.length - 1}`,
      });
      return null;
    }
    const replaced = replaceAt(item, rest, value, issues);
    if (replaced === null && rest.length > 0) return null;
    return {
      ...tree,
      items: tree.items.flatMap((old, i) => (i !== index ? [old] : replaced === null ? [] : [replaced])),
    };
  }
  if (tree.kind === 'scalar') {
    issues.flag('E130', step.place, `"${step.key}" leads into a value that is no map or list`);
    return null;
  }
  const entry = tree.entries.get(step.key);
  const entries = new Map(tree.entries);
  if (rest.length === 0 && value === null) {
    if (entry === undefined) issues.flag('E116', step.place, `"${step.key}" is not set, so there is nothing to delete`);
    entries.delete(step.key);
    return { ...tree, entries };
  }
  const below: Tree = entry?.value ?? { kind: 'map', place: step.place, entries: new Map() };
  const replaced = replaceAt(below, rest, value, issues);
  if (replaced === null) return null;
  // A key that was there keeps its place unless it is the one overridden.
  entries.set(step.key, {
    keyPlace: rest.length > 0 && entry !== undefined ? entry.keyPlace : step.place,
    value: replaced,
  });
  return { ...tree, entries };
}
