/** `powr params`: the parameter registry for people: what a key means, what it may be, where it comes from. */
import { createColors } from 'picocolors';
import { writtenParam } from '../../scenarios/schema.ts';
import { didYouMean } from '../../scenarios/suggest.ts';
import { PARAMS, type ParamSpec } from '../protocol/params.ts';
import { alignCells } from './alignCells.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { wantsColor } from './loadFile.ts';

const groupOf = (key: string): string => key.split('.')[0]!;

/** The registry with the groups whole: it is in the order in which parameters came to be. */
const GROUPS = [...new Set(PARAMS.map(({ key }) => groupOf(key)))];
const BY_GROUP: readonly ParamSpec[] = GROUPS.flatMap((group) => PARAMS.filter(({ key }) => groupOf(key) === group));

/**
 * The parameter of this key, or all whose key begins so.
 *
 * @param wanted  undefined: all
 * @throws UsageError naming the nearest key or group if there is none
 */
export function findParams(wanted: string | undefined): readonly ParamSpec[] {
  if (wanted === undefined) return BY_GROUP;
  const exact = PARAMS.filter(({ key }) => key === wanted);
  const found = exact.length > 0 ? exact : BY_GROUP.filter(({ key }) => key.startsWith(wanted));
  if (found.length > 0) return found;
  const near = didYouMean(wanted, wanted.includes('.') ? PARAMS.map(({ key }) => key) : GROUPS);
  throw new UsageError(
    `No parameter is ${wanted} or begins so${near}${near === '' ? `. Groups: ${GROUPS.join(', ')}` : ''}`,
  );
}

function rangeOf(spec: ParamSpec): string {
  return spec.options === undefined
    ? `${writtenParam(spec, spec.min)} … ${writtenParam(spec, spec.max)}`
    : spec.options.join(' | ');
}

/** One line per parameter and its note below, in groups of the first word of the key. Values as scenarios write them. */
export function renderParams(specs: readonly ParamSpec[], color: boolean): string {
  const c = createColors(color);
  const rows = specs.map((spec) => [
    spec.key,
    String(writtenParam(spec, spec.fallback)),
    // The list of a choice may be long and would push all others aside.
    spec.options === undefined ? rangeOf(spec) : '',
    spec.unit,
    spec.source,
  ]);
  const [head, ...cells] = alignCells([['key', 'default', 'range', 'unit', 'source'], ...rows], ['left', 'right']);
  const lines = [c.bold(head!.join('  ').trimEnd())];
  specs.forEach((spec, i) => {
    if (i === 0 || groupOf(spec.key) !== groupOf(specs[i - 1]!.key)) lines.push('', c.bold(groupOf(spec.key)));
    const [key, fallback, range, unit, source] = cells[i]!;
    lines.push(`${c.cyan(key!)}  ${fallback}  ${range}  ${unit}  ${c.dim(source!)}`.trimEnd());
    lines.push(c.dim(`    ${spec.note}${spec.options === undefined ? '' : ` (${rangeOf(spec)})`}`));
  });
  return `${lines.join('\n')}\n`;
}

/** A parameter for programs: numbers in the registry's unit, and the default as a scenario writes it. */
function jsonOf(spec: ParamSpec): unknown {
  const { key, unit, min, max, fallback, options, source, note } = spec;
  return {
    key,
    unit,
    ...(options === undefined ? { min, max, default: fallback } : { options, default: options[fallback] }),
    written: writtenParam(spec, fallback),
    source,
    note,
  };
}

export function paramsCommand(wanted: string | undefined, options: { readonly json?: boolean }): number {
  const specs = findParams(wanted);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(specs.map(jsonOf), null, 2)}\n`
      : renderParams(specs, wantsColor(process.stdout)),
  );
  return EXIT.ok;
}
