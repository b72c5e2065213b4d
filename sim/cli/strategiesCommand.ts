/** `powr strategies`: the catalogue of behaviours for people: what each does, and its options. */
import { createColors } from 'picocolors';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { didYouMean } from '../../scenarios/suggest.ts';
import { formatQuantity, namesItsUnit } from '../../scenarios/units.ts';
import type { OptionSpec, StrategySpec } from '../engine/scenario.ts';
import { alignCells } from './alignCells.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { wantsColor } from './loadFile.ts';

/** @throws UsageError naming the nearest role if no strategy is of the role */
export function findStrategies(role: string | undefined): readonly StrategySpec[] {
  if (role === undefined) return CATALOGUE;
  const found = CATALOGUE.filter((spec) => spec.role === role);
  if (found.length > 0) return found;
  const roles = [...new Set(CATALOGUE.map((spec) => spec.role))];
  throw new UsageError(`There is no role ${role}${didYouMean(role, roles)}. Roles: ${roles.join(', ')}`);
}

/** A value of an option as scenarios write it. Whole tokens have no decimals to lose. */
function written(name: string, option: OptionSpec, value: number | string): string {
  if (option.unit === 'choice' || typeof value === 'string') return String(value);
  return String(formatQuantity(value, { unit: option.unit, bare: namesItsUnit(name), decimals: 0 }));
}

function rangeOf(name: string, option: OptionSpec): string {
  return option.unit === 'choice'
    ? option.options.join(' | ')
    : `${written(name, option, option.min)} … ${written(name, option, option.max)}`;
}

/** Strategies by role, each with a line per option. */
export function renderStrategies(specs: readonly StrategySpec[], color: boolean): string {
  const c = createColors(color);
  const paint = { honest: c.green, malicious: c.red, opportunistic: c.yellow };
  const lines: string[] = [];
  specs.forEach((spec, i) => {
    if (i === 0 || spec.role !== specs[i - 1]!.role) lines.push(...(i === 0 ? [] : ['']), c.bold(spec.role));
    lines.push(
      `${c.cyan(spec.name)}  ${paint[spec.intent](spec.intent)}, ${spec.behaviour}: ${spec.summary}`,
      ...alignCells(
        Object.entries(spec.options).map(([name, option]) => [
          `    ${name}`,
          written(name, option, option.fallback),
          option.unit,
          `${option.note} (${rangeOf(name, option)})`,
        ]),
        ['left', 'right'],
      ).map(([name, fallback, unit, note]) => `${name}  ${fallback}  ${c.dim(`${unit}  ${note}`)}`),
    );
  });
  return `${lines.join('\n')}\n`;
}

export function strategiesCommand(role: string | undefined, options: { readonly json?: boolean }): number {
  const specs = findStrategies(role);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(specs, null, 2)}\n` : renderStrategies(specs, wantsColor(process.stdout)),
  );
  return EXIT.ok;
}
