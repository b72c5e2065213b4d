import { describe, expect, it } from 'vitest';
import { didYouMean, nearestWords } from './suggest.ts';

describe('nearestWords', () => {
  it.each([
    ['agnets', ['agents', 'events'], ['agents']],
    ['Agents', ['agent', 'agents'], ['agents']],
    ['exp4.x', ['exp4.a', 'exp4.b', 'exp4.c', 'exp4.d'], ['exp4.a', 'exp4.b', 'exp4.c']],
    ['si', ['is', 'at'], ['is']],
    ['nothing', ['agents', 'events'], []],
    ['', ['is'], []],
    ['a'.repeat(100), ['a'.repeat(101)], []],
  ])('%s among %j > %j', (written, allowed, expected) => {
    expect(nearestWords(written, allowed)).toEqual(expected);
  });
});

describe('didYouMean', () => {
  it('says nothing when nothing is near', () => expect(didYouMean('zzz', ['agents'])).toBe(''));
  it('joins equally near words', () => expect(didYouMean('b', ['a', 'c'])).toBe(' — did you mean "a" or "c"?'));
});
