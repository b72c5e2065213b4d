/** Evaluates what a scenario expects of its run: sums and differences of summary metrics against a number. */
import { closest, distance } from 'fastest-levenshtein';
import type { Expectation } from '../engine/scenario.ts';

export type Verdict = {
  readonly text: string;
  readonly measured: number | null;
  readonly holds: boolean;
  /** Why it could not be measured. */
  readonly problem: string | null;
};

/**
 * Value of an expression such as `profit.cheater - profit.steady`: metric names and numbers joined by + and − with spaces.
 *
 * @returns the value, or a sentence that says what is wrong and which metric is nearest
 */
export function evaluateMetric(expression: string, summary: Readonly<Record<string, number>>): number | string {
  const tokens = expression.trim().split(/\s+/);
  let total = 0;
  let sign = 1;
  for (const [i, token] of tokens.entries()) {
    if (i % 2 === 1) {
      if (token !== '+' && token !== '-') return `expected + or - between metrics, found "${token}"`;
      sign = token === '+' ? 1 : -1;
      continue;
    }
    const known = Object.hasOwn(summary, token) ? summary[token] : undefined;
    const value = /^\d+(\.\d+)?$/.test(token) ? Number(token) : known;
    if (value === undefined) {
      const names = Object.keys(summary);
      const nearest = names.length === 0 ? '' : closest(token, names);
      const isNear = nearest !== '' && distance(nearest, token) <= token.length / 2;
      return `there is no metric "${token}"${isNear ? `; did you mean "${nearest}"?` : ''}`;
    }
    total += sign * value;
  }
  return tokens.length % 2 === 0 ? 'the expression ends with an operator' : total;
}

const COMPARE: { readonly [C in Expectation['comparison']]: (a: number, b: number) => boolean } = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
};

/** An expectation that cannot be measured does not hold. */
export function evaluateExpectations(
  expectations: readonly Expectation[],
  summary: Readonly<Record<string, number>>,
): Verdict[] {
  return expectations.map(({ metric, comparison, value, text }) => {
    const measured = evaluateMetric(metric, summary);
    return typeof measured === 'string'
      ? { text, measured: null, holds: false, problem: measured }
      : { text, measured, holds: COMPARE[comparison](measured, value), problem: null };
  });
}
