import { describe, expect, it } from 'vitest';
import { alignCells, plainText } from './alignCells.ts';

describe('alignCells', () => {
  it('pads each column to its widest cell, on the side that it is aligned to, and leaves a last text as it is', () => {
    expect(
      alignCells(
        [
          ['name', 'units', 'note'],
          ['a', '1,000', ''],
          ['bbbbbb', '5', 'x'],
        ],
        ['left', 'right'],
      ),
    ).toEqual([
      ['name  ', 'units', 'note'],
      ['a     ', '1,000', ''],
      ['bbbbbb', '    5', 'x'],
    ]);
  });

  it('given rows of different lengths > aligns what they have in common', () => {
    expect(alignCells([['aa'], ['b', 'cc']], ['right', 'right'])).toEqual([['aa'], [' b', 'cc']]);
  });

  it('counts characters, not their code units', () => {
    expect(alignCells([['\u{1f600}'], ['ab']], ['right'])).toEqual([[' \u{1f600}'], ['ab']]);
  });
});

describe('plainText', () => {
  it('spells out what would move the cursor, colour the terminal or break the line', () => {
    expect(plainText('a\n\tb\u001b[31mred\u0007\u2028\u009b')).toBe('a\\n\\tb\\u001b[31mred\\u0007\\u2028\\u009b');
    expect(plainText('línea "plain" 日本')).toBe('línea "plain" 日本');
  });
});
