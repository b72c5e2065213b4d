import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import { canonicalJson } from './canonicalJson.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: { d: [], c: {} } }, '{"a":{"c":{},"d":[]},"b":1}'],
    [{ 10: 'x', 9: 'y', é: 1, Z: 2, a: 3 }, '{"10":"x","9":"y","Z":2,"a":3,"é":1}'],
    [[1, 'two', null, true, [3]], '[1,"two",null,true,[3]]'],
    [-0, '0'],
    [1e21, '1e+21'],
    [0.1 + 0.2, '0.30000000000000004'],
    [9_007_199_254_740_991, '9007199254740991'],
    ['"\n\u2028\ud800', '"\\"\\n\u2028\\ud800"'],
    [Object.create(null), '{}'],
  ])('given %j > writes %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('given an object whose keys come in another order, at any depth > writes the same text', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([k, v]) => [k, reversed(v)]),
      );
    };
    fc.assert(
      fc.property(
        fc.object({
          withNullPrototype: false,
          values: [fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)],
        }),
        (value) => {
          expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });

  it('given any JSON value > can be read back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it.each([
    [Number.NaN, '$ is NaN'],
    [{ a: [1, Number.POSITIVE_INFINITY] }, '$.a[1] is Infinity'],
    [undefined, '$ is undefined'],
    [{ a: { b: undefined } }, '$.a.b is undefined'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is the case
    [[1, , 3], '$[1] is undefined'],
    [1n, '$ is bigint'],
    [() => 1, '$ is function'],
    [{ at: new Date(0) }, '$.at is an object of a class'],
    [new Map(), '$ is an object of a class'],
    [new Float64Array(1), '$ is an object of a class'],
  ])('given what JSON cannot hold (case %#) > refuses and names the place: %s', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new AssertionError(`canonicalJson: ${message}`));
  });
});
