/**
 * Reads the `sweep` of a scenario: the axes with all their values, and the seeds. Judges each value by itself; whether a
 * combination of values makes a scenario is found when the combinations are loaded.
 */
import { stringify } from 'yaml';
import type { Axis, AxisValue, SeedRange, Sweep } from '../sim/engine/scenario.ts';
import { PARAMS, type ParamSpec } from '../sim/protocol/params.ts';
import { createIssueList, type Issue, type IssueCode, type IssueList } from './issues.ts';
import { applyOverrides } from './merge.ts';
import { readParams } from './params.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './parseTree.ts';
import type { Place } from './positions.ts';
import { BOUNDS, paramForm } from './schema.ts';
import { describeTree } from './structure.ts';
import { didYouMean } from './suggest.ts';
import { formatDecimal, formatQuantity, parseQuantity } from './units.ts';

/** Finds everything that is wrong with a tree. */
export type JudgeTree = (root: MapTree, issues: IssueList) => void;

const MOST_AXES = 8;
/** Values that are judged one by one, shared among the axes: it takes 2 ms each. Of a longer list its two ends are. */
const MOST_JUDGED = 48;
/** Populations of an ordinary scenario; of one with more, fewer values are judged, so that it takes no longer. */
const USUAL_POPULATIONS = 40;

const SPECS: ReadonlyMap<string, ParamSpec> = new Map(PARAMS.map((spec) => [spec.key, spec]));

/** Rules over several keys: another axis may mend what one value breaks. */
const JOINT_CODES: readonly IssueCode[] = [
  'E203',
  'E204',
  'E205',
  'E206',
  'E210',
  'E211',
  'E213',
  'E215',
  'E216',
  'E217',
];

const NO_AXES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  seed: 'the seeds of a sweep stand in sweep.seeds, such as seeds: 1..30',
  version: 'all points of a sweep are of one version',
  name: 'all points of a sweep have the name of the scenario',
  extends: 'write a scenario that extends the other one',
  sweep: 'a sweep cannot change itself',
});

/** An override of one value, as `--set` takes it: what YAML would read as another value is quoted. */
export function writeOverride(path: string, value: AxisValue): string {
  return `${path}=${stringify(value, { lineWidth: 0 }).trimEnd()}`;
}

/** A path without the quotes that may stand around a key with points: `params."val.samples"` is `params.val.samples`. */
export function plainPath(path: string): string {
  return path.replaceAll('"', '');
}

/**
 * A range of seeds as it is written, `1..30`.
 *
 * @returns null if it is none, or runs backwards
 */
export function parseSeeds(text: string): SeedRange | null {
  const match = /^(\d{1,16})\.\.(\d{1,16})$/.exec(text.trim());
  if (match === null) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from <= to && to <= BOUNDS.seed[1] ? { from, to } : null;
}

/** The parameter that a path leads to. */
function paramAt(path: string): ParamSpec | undefined {
  return SPECS.get(path) ?? (path.startsWith('params.') ? SPECS.get(path.slice('params.'.length)) : undefined);
}

function isScalar(tree: Tree): tree is ScalarTree & { readonly value: AxisValue } {
  return tree.kind === 'scalar' && !tree.broken && tree.value !== null;
}

const MOST_DIGITS = 6;

/** A number of up to {@link MOST_DIGITS} decimals and what follows it. */
function splitNumber(value: AxisValue): { readonly amount: bigint; readonly unit: string } | null {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?( ?[A-Za-z%].*)?$/.exec(String(value));
  if (match === null) return null;
  const [, whole = '', fraction = '', unit = ''] = match;
  return { amount: BigInt(whole + fraction.padEnd(MOST_DIGITS, '0')), unit };
}

/** `steps` numbers from one to another in equal distances, each rounded to the nearest integer, halves up. */
function spread(from: bigint, to: bigint, steps: number): bigint[] {
  const last = BigInt(steps - 1);
  return Array.from({ length: steps }, (_, i) => {
    const scaled = 2n * (from * last + (to - from) * BigInt(i)) + last;
    return scaled / (2n * last);
  });
}

/** The values of `{ from, to, steps }`, or a sentence that says why there are none. */
function stepsOf(
  path: string,
  from: AxisValue,
  to: AxisValue,
  steps: number,
  decimals: number,
): readonly AxisValue[] | string {
  const spec = paramAt(path);
  if (spec?.unit === 'choice') return `${path} is a choice of words, which has no steps between them`;
  if (spec !== undefined) {
    const form = { ...paramForm(spec), decimals };
    const ends = [parseQuantity(from, form), parseQuantity(to, form)] as const;
    // The ends are judged as values, which says what is wrong with them.
    if (!ends[0].ok || !ends[1].ok) return [from, to];
    return spread(ends[0].amount, ends[1].amount, steps).map((amount) => formatQuantity(amount, form));
  }
  const [first, last] = [splitNumber(from), splitNumber(to)];
  if (first === null || last === null || first.unit !== last.unit) return 'from and to are not two numbers of one unit';
  if (Number.isInteger(from) && Number.isInteger(to))
    return spread(BigInt(from as number), BigInt(to as number), steps).map(Number);
  const amounts = spread(first.amount, last.amount, steps);
  const distance = last.amount - first.amount;
  if (distance % BigInt(steps - 1) !== 0n)
    return `the steps between from and to have more than ${MOST_DIGITS} digits after the point`;
  return amounts.map((amount) => {
    const text = formatDecimal(amount, MOST_DIGITS);
    return typeof from === 'number' && typeof to === 'number' ? Number(text) : `${text}${first.unit}`;
  });
}

function readAxis(
  path: string,
  entry: Entry,
  root: MapTree,
  decimals: number,
  judgedCount: number,
  judge: JudgeTree,
  issues: IssueList,
): Axis | null {
  const { value: tree, keyPlace } = entry;
  const label = `sweep.axes.${path}`;
  const spec = paramAt(path);
  const places: Place[] = [];
  let values: readonly AxisValue[];
  if (tree.kind === 'list') {
    const scalars = tree.items.filter(isScalar);
    if (scalars.length < tree.items.length || scalars.length === 0) return null;
    values = scalars.map(({ value }) => value);
    places.push(...scalars.map(({ place }) => place));
  } else if (tree.kind === 'map') {
    const [from, to, steps] = ['from', 'to', 'steps'].map((key) => tree.entries.get(key)?.value);
    if (from === undefined || to === undefined || steps === undefined) return null;
    if (!isScalar(from) || !isScalar(to) || !isScalar(steps)) return null;
    const count = Number(steps.value);
    if (!Number.isInteger(count) || count < BOUNDS.steps[0] || count > BOUNDS.steps[1]) return null;
    const made = stepsOf(path, from.value, to.value, count, decimals);
    if (typeof made === 'string') {
      issues.flag('E106', keyPlace, `${label}: ${made}`, { fix: 'write a list of values' });
      return null;
    }
    values = made;
    places.push(...values.map((_, i) => (i === values.length - 1 ? to.place : from.place)));
  } else return null;

  // Between two good ends every step is good.
  const isEnd = (i: number): boolean => i < 1 || i === values.length - 1;
  const isNearEnd = (i: number): boolean => i < judgedCount / 2 || i >= values.length - judgedCount / 2;
  const chosen = values.map((_, i) => i).filter(tree.kind === 'map' ? isEnd : isNearEnd);
  for (const i of chosen) {
    const probe = createIssueList();
    const override = writeOverride(path, values[i]!);
    judge(applyOverrides(root, [override], probe), probe);
    const found = probe.list().find((issue) => isOwnFault(issue));
    if (found === undefined) continue;
    // What is wrong with the path is wrong with every value.
    const isPath = found.column <= path.length;
    const advice = { allowed: found.allowed, fix: found.fix };
    issues.flag(found.code, isPath ? keyPlace : places[i]!, found.message, advice);
    if (isPath || tree.kind === 'map') return null;
  }
  const seen = new Set<string>();
  values.forEach((value, i) => {
    const text = spec === undefined || spec.unit === 'choice' ? String(value) : storedText(spec, value, decimals);
    if (!seen.has(text)) seen.add(text);
    else if (tree.kind === 'map')
      issues.flag('E106', keyPlace, `${label}: two of the ${values.length} steps are ${String(value)}`, {
        fix: 'take fewer steps',
      });
    else issues.flag('E109', places[i]!, `${label} has ${String(value)} a second time`, { fix: 'keep one of them' });
  });
  return { path, values };
}

/** Equal for `1h` and `60m`. */
function storedText(spec: ParamSpec, value: AxisValue, decimals: number): string {
  const parsed = parseQuantity(value, { ...paramForm(spec), decimals });
  return parsed.ok ? String(parsed.amount) : String(value);
}

function isOwnFault(issue: Issue): boolean {
  return issue.severity === 'error' && issue.file === '--set' && !JOINT_CODES.includes(issue.code);
}

function readSeeds(sweep: MapTree, issues: IssueList): SeedRange | null {
  const tree = sweep.entries.get('seeds')?.value;
  if (tree === undefined || !isScalar(tree) || typeof tree.value !== 'string') return null;
  const seeds = parseSeeds(tree.value);
  if (seeds === null && /^\d+\.\.\d+$/.test(tree.value)) {
    issues.flag('E107', tree.place, `sweep.seeds is ${describeTree(tree)}`, {
      allowed: 'the first seed, two points, and a last seed that is not smaller',
    });
  }
  return seeds;
}

/**
 * Reads `sweep`. What the schema refuses is not read here, and not flagged a second time.
 *
 * @param judge how a scenario is judged: each value of an axis is put into the scenario for it
 * @returns null without a `sweep`
 */
export function readSweep(root: MapTree, judge: JudgeTree, issues: IssueList): Sweep | null {
  const sweep = root.entries.get('sweep')?.value;
  if (sweep?.kind !== 'map') return null;
  const seeds = readSeeds(sweep, issues);
  const holder = sweep.entries.get('axes');
  if (holder?.value.kind !== 'map') return { axes: [], seeds };
  const entries = [...holder.value.entries].filter(([key]) => !key.startsWith('x-'));
  if (entries.length > MOST_AXES) {
    issues.flag('E107', holder.keyPlace, `sweep.axes has ${entries.length} axes`, {
      allowed: `at most ${MOST_AXES}`,
      fix: 'hold some of them fixed under params',
    });
    return { axes: [], seeds };
  }
  const alone: MapTree = { ...root, entries: new Map([...root.entries].filter(([key]) => key !== 'sweep')) };
  const params = alone.entries.get('params')?.value;
  const { decimals } = readParams(params?.kind === 'map' ? params : null, createIssueList());
  const populations = alone.entries.get('populations')?.value;
  const populationCount = populations?.kind === 'list' ? populations.items.length : 0;
  const judgedCount =
    (MOST_JUDGED / entries.length) * (USUAL_POPULATIONS / Math.max(USUAL_POPULATIONS, populationCount));
  const axes: Axis[] = [];
  const taken = new Set<string>();
  for (const [key, entry] of entries) {
    if (issues.full()) break;
    const path = plainPath(key);
    const why = NO_AXES[path.split('.')[0]!];
    const spec = paramAt(path);
    const target = spec?.key ?? path;
    if (why !== undefined) issues.flag('E102', entry.keyPlace, `"${path}" is no axis`, { fix: why });
    else if (taken.has(target))
      issues.flag('E109', entry.keyPlace, `"${target}" is an axis a second time`, { fix: 'keep one of them' });
    else if (spec === undefined && !root.entries.has(path.split('.')[0]!) && !isTopKey(path))
      issues.flag('E102', entry.keyPlace, `unknown parameter "${path}"${didYouMean(path, [...SPECS.keys()])}`, {
        allowed: 'a parameter ("powr params" lists them), or a path of the scenario such as populations.0.count',
      });
    else {
      const axis = readAxis(path, entry, alone, decimals, judgedCount, judge, issues);
      if (axis !== null) axes.push(axis);
    }
    taken.add(target);
  }
  return { axes, seeds };
}

/** Keys that a scenario need not have and an axis may set. */
const TOP_KEYS = ['eras', 'ledger', 'inference', 'chain', 'params', 'populations', 'record'];

function isTopKey(path: string): boolean {
  return TOP_KEYS.includes(path.split('.')[0]!);
}
