/** Options of a strategy as numbers. The loader has filled in defaults and checked ranges. */
import { assert } from '../sim/base/assert.ts';
import type { View } from '../sim/engine/agentContract.ts';

/** @throws AssertionError if the option is missing or no number: the catalogue does not declare it */
export function numberOption(view: View, name: string): number {
  const value = view.options[name];
  assert(typeof value === 'number', `Option ${name} must be a number`);
  return value;
}

/** Number of the variant that an option names. */
export function variantOption(view: View, name: string): number {
  const value = view.options[name];
  assert(typeof value === 'string', `Option ${name} must name a variant`);
  return view.variantNamed(value);
}

/** Amount in base units of an option given in thousandths of a token. */
export function milliTokens(view: View, name: string): number {
  return Math.max(1, Math.floor((numberOption(view, name) * view.unitsPerToken) / 1_000));
}
