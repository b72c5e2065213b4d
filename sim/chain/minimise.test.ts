import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { action } from '../protocol/actions.ts';
import type { JournalBlock } from './lockstep.ts';
import { blocksOf, findShortest, itemsOf, type JournalItem, type Replay } from './minimise.ts';

const FOREVER_MS = 1_000_000;

/** Items that are told apart by what they transfer. */
function itemsFor(count: number): JournalItem[] {
  return Array.from({ length: count }, (_, i) => ({ slot: 0, phase: i, nowS: i, action: action('buyCalls', 32, [i]) }));
}

function idsOf(items: readonly JournalItem[]): number[] {
  return items.map((item) => ('action' in item ? item.action.args[0]! : -1));
}

/** Ledgers that differ as soon as all of `culprits` have been done, in any order. */
function differsWith(culprits: readonly number[], asked: number[][] = []) {
  return async (items: readonly JournalItem[]): Promise<Replay> => {
    const ids = idsOf(items);
    asked.push(ids);
    return culprits.every((id) => ids.includes(id)) ? { differences: [], message: `of ${ids.length}` } : null;
  };
}

describe('findShortest', () => {
  it('given a list without a difference > finds nothing, and asks once', async () => {
    const asked: number[][] = [];
    expect(await findShortest(itemsFor(20), differsWith([99], asked), FOREVER_MS)).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('given one culprit among a thousand > finds it by halves', async () => {
    const asked: number[][] = [];
    const found = await findShortest(itemsFor(1_000), differsWith([777], asked), FOREVER_MS);
    expect(idsOf(found!.items)).toEqual([777]);
    expect(found).toMatchObject({ shortest: true, message: 'of 1' });
    expect(asked.length).toBeLessThan(25);
  });

  it('given any set of culprits > finds exactly these, in order', async () => {
    const lists = fc.integer({ min: 1, max: 60 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        culprits: fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 6 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(lists, async ({ count, culprits }) => {
        const found = await findShortest(itemsFor(count), differsWith(culprits), FOREVER_MS);
        expect(idsOf(found!.items)).toEqual([...culprits].sort((a, b) => a - b));
        expect(found!.shortest).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it('given a difference of which some parts suffice > finds a list that nothing can be left out of', async () => {
    const reproduces = async (items: readonly JournalItem[]): Promise<Replay> => {
      const ids = idsOf(items);
      const has = (...wanted: number[]): boolean => wanted.every((id) => ids.includes(id));
      return has(3, 17, 40) || has(5, 6) ? { differences: [], message: '' } : null;
    };
    const { items } = (await findShortest(itemsFor(64), reproduces, FOREVER_MS))!;
    for (let i = 0; i < items.length; i++) expect(await reproduces(items.filter((_, at) => at !== i))).toBeNull();
    expect(await reproduces(items)).not.toBeNull();
  });

  it('given no time > gives the whole list, and says that it may not be the shortest', async () => {
    const found = await findShortest(itemsFor(9), differsWith([4]), 0);
    expect(idsOf(found!.items)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(found!.shortest).toBe(false);
  });
});

describe('itemsOf and blocksOf', () => {
  const fault = { slot: 0, phase: 5, table: 'wallets', word: 8, value: '1' } as const;
  const journal: readonly JournalBlock[] = [
    {
      slot: 0,
      phase: 5,
      nowS: 5,
      actions: [action('buyCalls', 32, [1]), action('buyCalls', 33, [2])],
      faults: [fault],
    },
    { slot: 0, phase: 66, nowS: 66, actions: [action('buyCalls', 34, [3])], faults: [] },
  ];

  it('are each other’s inverse', () => {
    expect(itemsOf(journal)).toHaveLength(4);
    expect(blocksOf(itemsOf(journal))).toEqual(journal);
  });

  it('given a list with gaps > keep what is left of each block together, and leave empty blocks out', () => {
    const [first, , withFault] = itemsOf(journal);
    expect(blocksOf([first!, withFault!])).toEqual([
      { slot: 0, phase: 5, nowS: 5, actions: [action('buyCalls', 32, [1])], faults: [fault] },
    ]);
  });
});
