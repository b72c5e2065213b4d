/** Escaping and hashes: what keeps a name from becoming markup. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash, escapeHtml, html, markup, scriptJson } from './html.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'<>&"\'`/=-! sc\u0000\u2028') }),
);

describe('html', () => {
  it('given a text > escapes it; given markup or a list of it > inserts it', () => {
    const name = '<img src=x onerror="alert(1)">';
    expect(html`<p title="${name}">${name}${html`<b>${3}</b>`}${[html`<i>`, 'a&b']}</p>`.markup).toBe(
      '<p title="&lt;img src=x onerror=&quot;alert(1)&quot;&gt;">&lt;img src=x onerror=&quot;alert(1)&quot;&gt;<b>3</b><i>a&amp;b</p>',
    );
  });

  it('given any text > its escaped form holds nothing that ends content or an attribute', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(escapeHtml(value)).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        expect(escapeHtml(value)).not.toContain('\u0000');
      }),
      { seed },
    );
  });
});

describe('scriptJson', () => {
  it('given any value > can be read back, and cannot end its element', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.jsonValue()), (value) => {
        const { markup: written } = scriptJson(value);
        expect(written).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed },
    );
    expect(scriptJson('</script><!--').markup).toBe('"\\u003c/script\\u003e\\u003c!--"');
  });
});

describe('contentHash', () => {
  it('given any content > is the source expression that browsers compute', () => {
    fc.assert(
      fc.property(fc.string(), (content) => {
        const digest = createHash('sha256').update(content, 'utf8').digest('base64');
        expect(contentHash(content)).toBe(`'sha256-${digest}'`);
      }),
      { seed },
    );
    expect(markup('<b>').markup).toBe('<b>');
  });
});
