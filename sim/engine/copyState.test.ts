import { describe, expect, it } from 'vitest';
import { applyAction } from '../protocol/apply.ts';
import { createWalk } from '../protocol/randomWalk.ts';
import { createState, type State } from '../protocol/state.ts';
import { copyState } from './copyState.ts';
import { digestOf, packState } from './digest.ts';

const digest = (s: State): string => digestOf(packState(s));
const emptyState = (): State => createState({ ratings: 100_000, providerRatings: 100_000 });

describe('copyState', () => {
  it('given a copy of a later state > becomes the earlier one again, with nothing of the later left behind', () => {
    let seed = 7;
    const { s, steps } = createWalk((n) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % n;
    }, 12);
    const walk = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const { value, done } = steps.next();
        if (done === true) throw new Error('the walk has ended');
        s.nowS = value.nowS;
        applyAction(s, value.action);
      }
    };
    walk(300);
    const early = emptyState();
    copyState(s, early);
    const before = digest(early);
    expect(before).toBe(digest(s));
    walk(1_500);
    const target = emptyState();
    copyState(s, target);
    expect(digest(target)).toBe(digest(s));
    expect(digest(target)).not.toBe(before);
    copyState(early, target);
    expect(digest(target)).toBe(before);
  });
});
