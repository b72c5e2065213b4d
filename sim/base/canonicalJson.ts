/**
 * One text per value: what two runs hash must be the same bytes whatever order their objects were built in. Keys
 * sorted by UTF-16 code units, no white space, numbers in ECMAScript's shortest form (as in RFC 8785).
 */
import { assert } from './assert.ts';

/**
 * Canonical JSON of null, booleans, finite numbers, strings, and arrays and plain objects of these; −0 becomes 0.
 *
 * @throws AssertionError naming the path of a value that JSON cannot hold: NaN, Infinity, undefined (also as the value
 * of a key or a hole of an array), bigint, function, symbol, or an object of a class (Date, Map, typed array)
 * @example canonicalJson({ b: 1, a: [true, 'x'] }) // '{"a":[true,"x"],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    assert(Number.isFinite(value), `canonicalJson: ${path} is ${value}`);
    return JSON.stringify(value);
  }
  assert(typeof value === 'object', `canonicalJson: ${path} is ${typeof value}`);
  // Array.from also visits holes, which map and join would pass over.
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => write(item, `${path}[${i}]`)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  assert(prototype === Object.prototype || prototype === null, `canonicalJson: ${path} is an object of a class`);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`)}`).join(',')}}`;
}
