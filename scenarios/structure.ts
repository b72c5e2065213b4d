/** Checks a tree against the schema and says for each difference what stands where, what may stand there, and what to do. */
import { z } from 'zod';
import { PARAMS } from '../sim/protocol/params.ts';
import type { IssueCode, IssueList } from './issues.ts';
import { isFreeKey, type MapTree, type ScalarTree, type Tree } from './parseTree.ts';
import type { Place } from './positions.ts';
import { BOUNDS, QUANTITY_MARK, scenarioSchema } from './schema.ts';
import { didYouMean } from './suggest.ts';

type Path = readonly (string | number)[];

/** `populations[1].mix` */
export function formatPath(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}

/** Plain values without prototypes and without `x-` keys. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of tree.entries) if (!isFreeKey(key)) plain[key] = toPlain(entry.value);
  return plain;
}

/** What stands in a value, for a message. */
export function describeTree(tree: Tree): string {
  if (tree.kind !== 'scalar') return tree.kind === 'map' ? 'a map' : 'a list';
  const text = tree.written.trim();
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  if (tree.value === null) return 'empty';
  return typeof tree.value === 'string' ? `"${shown}"` : shown;
}

type Found = {
  readonly tree: Tree | null /** Of the value, or if it is missing of what should hold it. */;
  readonly place: Place;
  readonly broken: boolean;
};

function find(root: MapTree, path: Path): Found {
  let tree: Tree = root;
  let holder: Place = { ...root.place, to: root.place.from + 1 };
  for (const step of path) {
    if (tree.kind === 'scalar') return { tree: null, place: tree.place, broken: tree.broken };
    if (tree.kind === 'list') {
      const item: Tree | undefined = tree.items[Number(step)];
      if (item === undefined) return { tree: null, place: holder, broken: false };
      tree = item;
      holder = { ...item.place, to: item.place.from + 1 };
    } else {
      const entry = tree.entries.get(String(step));
      if (entry === undefined) return { tree: null, place: holder, broken: false };
      tree = entry.value;
      holder = entry.keyPlace;
    }
  }
  return { tree, place: tree.kind === 'scalar' ? tree.place : holder, broken: tree.kind === 'scalar' && tree.broken };
}

function schemaAt(path: Path): unknown {
  let schema: unknown = scenarioSchema;
  const unwrap = (s: unknown): unknown => (s instanceof z.ZodOptional ? unwrap(s.unwrap()) : s);
  for (const step of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[step];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else return null;
  }
  return unwrap(schema);
}

/** Keys that a map of the schema knows; none for maps with keys of the author's choice. */
export function knownKeys(path: Path): string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((key) => key !== '$schema') : [];
}

const PARAM_KEYS: ReadonlySet<string> = new Set(PARAMS.map((spec) => spec.key));

/** A key that stands in the wrong map of the file's top level. */
function whereItBelongs(key: string): string {
  if (PARAM_KEYS.has(key)) return `parameters stand under "params"`;
  const holders = knownKeys([]).filter((top) => knownKeys([top]).includes(key));
  return holders.length === 1 ? `"${key}" stands under "${holders[0]}"` : '';
}

function flagUnknown(map: Tree | null, keys: readonly string[], path: Path, issues: IssueList): void {
  if (map?.kind !== 'map') return;
  const known = knownKeys(path);
  const isParams = path.length === 1 && path[0] === 'params';
  const allowed = isParams ? `${known.length} parameters; "powr params" lists them` : known.join(', ');
  for (const key of keys) {
    const entry = map.entries.get(key);
    if (entry === undefined) continue;
    const what = isParams ? 'parameter' : 'key';
    const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
    // Advice is not worth computing for what will not be listed.
    const advice = issues.full() ? {} : { allowed, fix: whereItBelongs(key) };
    const message = `unknown ${what} "${shown}"${issues.full() ? '' : didYouMean(key, known)}`;
    issues.flag('E102', entry.keyPlace, message, advice);
  }
}

/** Places of values in a tree that are flagged already. */
function brokenIn(tree: Tree): Place[] {
  if (tree.kind === 'scalar') return tree.broken ? [tree.place] : [];
  return (tree.kind === 'list' ? tree.items : [...tree.entries.values()].map((entry) => entry.value)).flatMap(brokenIn);
}

/** The `steps` of an axis if they are what is wrong with it: the schema sees only that the axis is neither of two shapes. */
function wrongSteps(tree: Tree): ScalarTree | null {
  const steps = tree.kind === 'map' ? tree.entries.get('steps')?.value : undefined;
  if (steps?.kind !== 'scalar') return null;
  const isGood =
    Number.isInteger(steps.value) && Number(steps.value) >= BOUNDS.steps[0] && Number(steps.value) <= BOUNDS.steps[1];
  return isGood ? null : steps;
}

const CODES: Readonly<Record<string, IssueCode>> = {
  invalid_type: 'E104',
  invalid_value: 'E105',
  too_small: 'E107',
  too_big: 'E107',
  invalid_format: 'E106',
};

/** A quantity that the schema refused: `units.ts` says why, unless it finds nothing to say. */
export type Refused = { readonly place: Place; readonly message: string; readonly allowed: string };

/**
 * Flags every difference between the tree and the schema.
 *
 * @param isWhole  false if what the tree extends is not known, so that nothing can be called missing
 * @returns refused quantities; whoever reads them flags the reason
 */
export function checkStructure(root: MapTree, issues: IssueList, isWhole = true): Refused[] {
  const refused: Refused[] = [];
  const result = scenarioSchema.safeParse(toPlain(root));
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path as Path;
    const { tree, place, broken } = find(root, path);
    const allowed = issue.message.startsWith(QUANTITY_MARK) ? issue.message.slice(QUANTITY_MARK.length) : issue.message;
    const label = formatPath(path);
    const flagged = tree !== null && issue.code === 'invalid_union' ? brokenIn(tree) : [];
    const steps = tree !== null && path.length === 3 && path[1] === 'axes' ? wrongSteps(tree) : null;
    if (steps !== null) {
      const stepsAllowed = `a whole number from ${BOUNDS.steps[0]} to ${BOUNDS.steps[1]}`;
      if (steps.broken) issues.allowAt(steps.place, stepsAllowed);
      else
        issues.flag(
          Number.isInteger(steps.value) ? 'E107' : 'E104',
          steps.place,
          `${label}.steps is ${describeTree(steps)}`,
          { allowed: stepsAllowed },
        );
    } else if (flagged.length > 0) for (const at of flagged) issues.allowAt(at, allowed);
    else if (broken) issues.allowAt(place, allowed);
    else if (issue.code === 'unrecognized_keys') flagUnknown(tree, issue.keys, path, issues);
    else if (tree === null) {
      if (isWhole)
        issues.flag('E103', place, `"${String(path[path.length - 1])}" is missing`, {
          allowed,
          fix: `add ${String(path[path.length - 1])}: and a value`,
        });
    } else if (issue.message.startsWith(QUANTITY_MARK)) {
      if (tree.kind === 'scalar') refused.push({ place, message: `${label} is ${describeTree(tree)}`, allowed });
      else issues.flag('E104', place, `${label} is ${describeTree(tree)}`, { allowed });
    } else if (issue.code === 'invalid_value' && tree.kind === 'scalar' && typeof tree.value === 'string') {
      const words = issue.values.map(String);
      issues.flag('E105', place, `${label} is ${describeTree(tree)}${didYouMean(tree.value, words)}`, { allowed });
    } else {
      const digits =
        tree.kind === 'scalar' && typeof tree.value === 'string'
          ? /^(\d+(?:[_,]\d+)*)$/.exec(tree.value)?.[1]
          : undefined;
      const isNumber = issue.code === 'invalid_type' && ['int', 'number'].includes(issue.expected);
      const fix = isNumber && digits !== undefined ? `write ${digits.replace(/[_,]/g, '')}` : '';
      const wrongType = issue.code === 'invalid_value' && tree.kind === 'scalar' && typeof tree.value !== 'number';
      issues.flag(wrongType ? 'E104' : (CODES[issue.code] ?? 'E104'), place, `${label} is ${describeTree(tree)}`, {
        allowed,
        fix,
      });
    }
  }
  return refused;
}
