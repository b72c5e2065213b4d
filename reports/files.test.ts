/** What is taken away from a report can be read by others, and does nothing there. */
import { describe, expect, it } from 'vitest';
import { csvOf, jsonOf, specOf } from './files.ts';
import { table } from './table.ts';

const data = table({ era: 'Era', name: 'Name', amount_tokens: 'Amount' }, [
  [0, 'plain', 1.5],
  [1, 'with "quotes", and\nlines', null],
  [2, '=HYPERLINK("http://x")', -3],
  [3, '@cmd', 0],
]);

describe('csvOf', () => {
  it('quotes what must be quoted, leaves gaps empty, and disarms formulas but not negative numbers', () => {
    expect(csvOf(data)).toBe(
      [
        'era,name,amount_tokens',
        '0,plain,1.5',
        '1,"with ""quotes"", and\nlines",',
        '2,"\'=HYPERLINK(""http://x"")",-3',
        "3,'@cmd,0",
        '',
      ].join('\r\n'),
    );
  });
});

describe('jsonOf', () => {
  it('is an array of objects with the keys of the columns', () => {
    expect(JSON.parse(jsonOf(data))[1]).toEqual({ era: 1, name: 'with "quotes", and\nlines', amount_tokens: null });
  });
});

describe('specOf', () => {
  it('holds data, title and config, and no variable of the page', () => {
    const spec = JSON.parse(
      specOf('A title', { $schema: 's', mark: { color: 'var(--c0)' } }, { axis: { labelColor: 'var(--muted)' } }, [
        { era: 0 },
      ]),
    );
    expect(spec).toMatchObject({
      $schema: 's',
      title: { text: 'A title' },
      data: { name: 'table', values: [{ era: 0 }] },
    });
    expect(JSON.stringify(spec)).not.toContain('var(');
  });
});
