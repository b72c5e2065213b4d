/**
 * HTML from templates in which every inserted value is text until somebody says otherwise; and the two places where
 * HTML rules differ, data in a script element and the hash of a script that a content policy names.
 */
import { sha256Hex } from '../sim/base/hash.ts';

/** Markup that may be inserted as it is. Only {@link html} and {@link markup} make it. */
export type Html = { readonly markup: string };
type Insert = Html | string | number | readonly Insert[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  // U+0000 is not allowed in HTML, in no form; parsers replace it, and so does this.
  return text.replace(/[&<>"']/g, (character) => entities[character]!).replaceAll('\u0000', '\ufffd');
}

/** Declares a text to be markup: for what this room has made itself, such as pictures. */
export function markup(text: string): Html {
  return { markup: text };
}

function insert(value: Insert): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(insert).join('');
}

/** Template tag: inserted texts are escaped, markup and lists of it are not. Attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Insert[]): Html {
  return markup(parts.map((part, i) => (i === 0 ? part : insert(values[i - 1]!) + part)).join(''));
}

const unsafeInScript = /[<>&\u2028\u2029]/g;

/** JSON that can stand in a script element: it holds no character that could end the element or start a comment. */
export function scriptJson(value: unknown): Html {
  const encode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return markup(JSON.stringify(value).replace(unsafeInScript, encode));
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Source expression of a content security policy for an inline script or style with exactly this content. */
export function contentHash(content: string): string {
  const digest = sha256Hex(content);
  let encoded = '';
  // Three bytes are six hex digits are four base64 digits; 32 bytes leave a rest of two.
  for (let at = 0; at < digest.length; at += 6) {
    const bits = Number.parseInt(digest.slice(at, at + 6).padEnd(6, '0'), 16);
    for (const shift of [18, 12, 6, 0]) encoded += base64Digits[(bits >> shift) & 63]!;
  }
  return `'sha256-${encoded.slice(0, 43)}='`;
}
