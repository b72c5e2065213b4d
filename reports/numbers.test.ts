/** Numbers as people read them. */
import { describe, expect, it } from 'vitest';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare, formatWallMs } from './numbers.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [-0.6, '−0.6'],
    [12.5, '12.5'],
    [0.03125, '0.0313'],
    [0.00012, '0.00012'],
    [0.000001, '0.000001'],
    [-0.0000010049, '−0.000001'],
    [999.96, '1,000'],
    [1_234.6, '1,235'],
    [-1_234_567, '−1,234,567'],
    [9_007_199_254_740_991, '9,007,199,254,740,991'],
    [100, '100'],
    [0.1 + 0.2, '0.3'],
  ])('%d > %s', (x, text) => {
    expect(formatNumber(x)).toBe(text);
  });
});

describe('formatShare', () => {
  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50 %'],
    [0.1234, '12.3 %'],
    [0.0066, '0.66 %'],
    [0.00001, '< 0.01 %'],
    [0.99999, '> 99.9 %'],
    [-0.25, '−25 %'],
    [1.5, '150 %'],
  ])('%d > %s, with a space that does not break', (share, text) => {
    expect(formatShare(share)).toBe(text.replace(' %', '\u202f%'));
  });
});

describe('words around numbers', () => {
  it('counts and lists', () => {
    expect(formatQuantity(1, 'task')).toBe('1 task');
    expect(formatQuantity(0, 'era')).toBe('0 eras');
    expect(formatQuantity(2_000, 'entry', 'entries')).toBe('2,000 entries');
    expect(formatList([])).toBe('');
    expect(formatList(['a'])).toBe('a');
    expect(formatList(['a', 'b', 'c'])).toBe('a, b and c');
    expect(formatCount(-1_234.5)).toBe('−1,234.5');
  });

  it.each([
    [1_234, '1.2 s'],
    [59_999, '60 s'],
    [184_000, '3 min 4 s'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms > %s', (wallMs, text) => {
    expect(formatWallMs(wallMs)).toBe(text);
  });
});
