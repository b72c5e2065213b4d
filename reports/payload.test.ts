import { describe, expect, it } from 'vitest';
import { packTable, unpackTable } from './payload.ts';
import { table } from './table.ts';

describe('packTable', () => {
  it.each([
    [
      'texts, numbers and nothing',
      [
        ['a', 1, null, 'x'],
        ['b', 2.5, 'y', 'x'],
        ['a', -3, null, 'x'],
      ],
    ],
    ['no row', []],
    [
      'texts that look like numbers, or like a packed column',
      [
        ['1', 1, null, '{"texts":[]}'],
        ['', 0, '', '__proto__'],
      ],
    ],
  ])('given a table of %s > unpacks to the same table', (_, rows) => {
    const data = table({ one: 'One', two: 'Two', three: 'Three', four: 'Four' }, rows);
    expect(unpackTable(JSON.parse(JSON.stringify(packTable(data))))).toEqual(data);
  });

  it('writes a text that repeats once', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ['a text that repeats', i]);
    const text = JSON.stringify(packTable(table({ what: 'What', n: 'N' }, rows)));
    expect(text.split('a text that repeats').length).toBe(2);
  });

  it('writes numbers that repeat once where that is shorter, and others as they are', () => {
    const rows = Array.from({ length: 50 }, (_, i) => [0.123456789, i]);
    const [repeated, counted] = packTable(table({ share: 'Share', n: 'N' }, rows)).cells;
    expect(repeated).toEqual({ distinct: [0.123456789], places: rows.map(() => 0) });
    expect(counted).toEqual(rows.map((_, i) => i));
  });
});
