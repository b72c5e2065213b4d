import { describe, expect, it } from 'vitest';
import { packState, type TableBytes } from '../engine/digest.ts';
import { action } from '../protocol/actions.ts';
import { ACCOUNT, F, STRIDE } from '../protocol/layout.ts';
import { R } from '../protocol/rejections.ts';
import { createState } from '../protocol/state.ts';
import { compareCodes, differencesOf } from './lockstep.ts';

/** A part of one table: words of four lanes each, lowest first. */
function partOf(table: TableBytes['table'], fromWord: number, words: readonly (readonly bigint[])[]): TableBytes {
  const bytes = new Uint8Array(words.length * 32);
  const view = new DataView(bytes.buffer);
  words.forEach((lanes, word) => {
    lanes.forEach((value, lane) => {
      view.setBigUint64(word * 32 + 24 - lane * 8, value);
    });
  });
  return { contract: 'Nodes', table, fromWord, bytes };
}

describe('differencesOf', () => {
  it('given equal parts > finds nothing', () => {
    const s = createState();
    s.wallets[ACCOUNT.firstAgent] = 5;
    expect(differencesOf(packState(s), packState(s), 8)).toEqual([]);
  });

  it('given another value > names table, record, field and both values', () => {
    const [ours, theirs] = [createState(), createState()];
    for (const s of [ours, theirs]) s.nodeTotals[F.nodeTotals.nodeCount] = 2;
    ours.nodes[2 * STRIDE.nodes + F.nodes.deadlineS] = 7;
    theirs.nodes[2 * STRIDE.nodes + F.nodes.deadlineS] = 8;
    expect(differencesOf(packState(ours), packState(theirs), 8)).toEqual([
      { table: 'nodes', record: 2, field: 'deadlineS', core: '7', chain: '8' },
    ]);
  });

  it('given a value in a record’s padding > names it, with all 64 bits', () => {
    const core = partOf('nodes', 4, [[1n, 2n, 3n, 4n], [], [], [13n, 0n, 0n, 0n]]);
    const chain = partOf('nodes', 4, [[1n, 2n, 3n, 4n], [], [], [13n, 0n, 0n, 18_446_744_073_709_551_615n]]);
    expect(differencesOf([core], [chain], 8)).toEqual([
      { table: 'nodes', record: 1, field: 'padding', core: '0', chain: '18446744073709551615' },
    ]);
  });

  it('given a table of one field > counts four records to a word', () => {
    const core = partOf('wallets', 8, [[1n, 2n, 3n, 4n]]);
    const chain = partOf('wallets', 8, [[1n, 2n, 9n, 4n]]);
    expect(differencesOf([core], [chain], 8)).toEqual([
      { table: 'wallets', record: 34, field: 'units', core: '3', chain: '9' },
    ]);
  });

  it('given a part that the chain has shorter, or not at all > says so for each of its values', () => {
    const core = partOf('ranking', 0, [
      [0n, 3n, 1n, 2n],
      [4n, 0n, 0n, 0n],
    ]);
    const shorter = partOf('ranking', 0, [[0n, 3n, 1n, 2n]]);
    const lost = { table: 'ranking', field: 'node', chain: 'not in use' };
    expect(differencesOf([core], [shorter], 1)).toEqual([{ ...lost, record: 4, core: '4' }]);
    expect(differencesOf([core], [], 8)).toHaveLength(8);
  });

  it('given more differences than asked for > stops at the limit', () => {
    const core = partOf('wallets', 0, [[1n, 2n, 3n, 4n]]);
    const chain = partOf('wallets', 0, [[5n, 6n, 7n, 8n]]);
    expect(differencesOf([core], [chain], 3).map(({ record }) => record)).toEqual([0, 1, 2]);
  });
});

describe('compareCodes', () => {
  const actions = [action('requestExit', 32, [1]), action('transferTokens', 33, [32, 7])];

  it('given the same codes > finds nothing', () => {
    expect(compareCodes(actions, [0, R.UnknownAccount], [0, R.UnknownAccount])).toBeNull();
  });

  it.each([
    [0, R.UnknownAccount, 'the core accepts, the chain refuses with UnknownAccount'],
    [R.InsufficientBalance, 0, 'the core refuses with InsufficientBalance, the chain accepts'],
    [R.NotOwner, R.WrongState, 'the core refuses with NotOwner, the chain refuses with WrongState'],
    [0, -0x4e487b71, 'the core accepts, the chain fails with Panic(uint256)'],
    [0, -0xffffffff, 'the core accepts, the chain fails with no reason: out of gas, or no such function'],
    [0, -0x01020304, 'the core accepts, the chain fails with 0x01020304'],
  ])('given codes %i and %i > says: %s', (core, chain, text) => {
    expect(compareCodes(actions, [0, core], [0, chain])).toBe(`${text}: transferTokens(32, 7) of account 33`);
  });
});
