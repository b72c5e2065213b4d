import { describe, expect, it } from 'vitest';
import type { Expectation } from '../engine/scenario.ts';
import { evaluateExpectations, evaluateMetric } from './expectations.ts';

const SUMMARY = { 'profit.cheater': 3, 'profit.steady': 10.5, 'requests.total': 200, zero: 0 };

describe('evaluateMetric', () => {
  it.each([
    ['profit.steady', 10.5],
    ['profit.cheater - profit.steady', -7.5],
    ['profit.cheater + profit.steady - 3', 10.5],
    ['  profit.cheater   -  0.5 ', 2.5],
    ['5', 5],
    ['zero', 0],
    // From the left, without precedence: there are only sums.
    ['1 - 2 - 3', -4],
  ])('"%s" > is %d', (expression, value) => {
    expect(evaluateMetric(expression, SUMMARY)).toBe(value);
  });

  it.each([
    ['profit.cheeter', 'there is no metric "profit.cheeter"; did you mean "profit.cheater"?'],
    ['happiness', 'there is no metric "happiness"'],
    ['profit.cheater -', 'the expression ends with an operator'],
    ['profit.cheater profit.steady', 'expected + or - between metrics, found "profit.steady"'],
    ['profit.cheater * 2', 'expected + or - between metrics, found "*"'],
    ['profit.cheater-profit.steady', 'there is no metric "profit.cheater-profit.steady"'],
    ['- 5', 'there is no metric "-"'],
    ['', 'there is no metric ""'],
    ['toString', 'there is no metric "toString"'],
    ['1e3', 'there is no metric "1e3"'],
  ])('"%s" > says what is wrong', (expression, problem) => {
    expect(evaluateMetric(expression, SUMMARY)).toContain(problem);
  });

  it('given no metrics at all > has nothing to suggest', () => {
    expect(evaluateMetric('profit', {})).toBe('there is no metric "profit"');
  });
});

describe('evaluateExpectations', () => {
  const expectation = (metric: string, comparison: Expectation['comparison'], value: number): Expectation => ({
    metric,
    comparison,
    value,
    text: `${metric} ${comparison} ${value}`,
  });

  it.each([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['==', [false, true, false]],
  ] as const)('%s > compares strictly as written', (comparison, holds) => {
    const found = evaluateExpectations(
      [199, 200, 201].map((number) => expectation(`requests.total + ${number} - 200`, comparison, 200)),
      SUMMARY,
    );
    expect(found.map((verdict) => verdict.holds)).toEqual(holds);
    expect(found.map((verdict) => verdict.measured)).toEqual([199, 200, 201]);
  });

  it('what cannot be measured does not hold, whatever it is compared with', () => {
    for (const comparison of ['<', '>', '=='] as const) {
      expect(evaluateExpectations([expectation('profit.nobody', comparison, 0)], SUMMARY)).toEqual([
        {
          text: `profit.nobody ${comparison} 0`,
          measured: null,
          holds: false,
          problem: expect.stringContaining('there is no metric "profit.nobody"'),
        },
      ]);
    }
  });

  it('keeps the order and the words of the scenario', () => {
    const wanted = [expectation('zero', '==', 0), expectation('profit.steady', '>', 100)];
    expect(evaluateExpectations(wanted, SUMMARY).map(({ text, problem }) => [text, problem])).toEqual([
      ['zero == 0', null],
      ['profit.steady > 100', null],
    ]);
  });
});
