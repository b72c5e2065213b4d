import { describe, expect, it } from 'vitest';
import { ctcGreedy } from './ctcGreedy.ts';

const classes = ['', 'a', 'b', ' '];
/** One row per letter of `path`, "_" for the blank, with 0.7 on that class and 0.1 on the others. */
const rows = (path: string) =>
  Float32Array.from(
    [...path].flatMap((letter) => classes.map((text) => (text === (letter === '_' ? '' : letter) ? 0.7 : 0.1))),
  );

describe('ctcGreedy', () => {
  it.each([
    ['', ''],
    ['____', ''],
    ['ab', 'ab'],
    ['aaabb', 'ab'],
    ['a_a', 'aa'],
    ['_a_ _b_', 'a b'],
    ['aa__a_bb', 'aab'],
  ])('given the best path "%s" > reads "%s"', (path, text) => {
    expect(ctcGreedy(rows(path), classes)).toBe(text);
  });
});
