import { beforeEach, describe, expect, it } from 'vitest';
import { FP, TWO_52 } from '../base/fixedPoint.ts';
import { ACCOUNT, NODE_STATE, STEP } from './layout.ts';
import { attempt, readTotals, settle, writeOnlineNodes, writeRecord } from './nodeWorld.ts';
import { BAND, MAX_SCAN, pickNode, rankNodes } from './placement.ts';
import type { State } from './state.ts';
import { createWorld, enterSettlement, setParam } from './taskWorld.ts';

const { keeper } = ACCOUNT;
const NONE: readonly number[] = [0, 0];

let s: State;
beforeEach(() => {
  s = createWorld();
});

/** Online nodes 1 … n, node 1 of the highest trust weight, and their list. */
function writeList(n: number): void {
  writeOnlineNodes(
    s,
    Array.from({ length: n }, (_, i) => FP - i),
  );
  settle(s, ['postRanking']);
}

/** A draw of `rnd` that picks place `index` of `n`. */
const drawFor = (index: number, n: number): number => Math.floor(((index + 0.5) / n) * TWO_52);

describe('rankNodes', () => {
  it('given equal trust weights > the lower identifier comes first; only Online nodes are in the list', () => {
    writeOnlineNodes(s, [5, 9, 5, 9, 7]);
    writeRecord(s, 'nodes', 5, { state: NODE_STATE.offline });
    expect(rankNodes(s)).toEqual([2, 4, 1, 3]);
  });
});

describe('postRanking', () => {
  const trusts = [5, 9, 5, 9];

  it.each([
    [[0, 4], [2, 4, 1, 3], ['None']],
    [
      [0, 4],
      [4, 2, 1, 3],
      ['RankingInvalid', 1, 2],
    ], // equal weights, higher identifier first
    [
      [0, 4],
      [2, 1, 4, 3],
      ['RankingInvalid', 2, 4],
    ], // weight rises
    [
      [0, 4],
      [2, 4, 1, 1],
      ['RankingInvalid', 3, 1],
    ], // twice
    [
      [0, 4],
      [0, 2, 4, 1],
      ['RankingInvalid', 0, 0],
    ], // no node
    [
      [0, 4],
      [2, 4, 1, 6],
      ['RankingInvalid', 3, 6],
    ], // no such node
    [
      [0, 4],
      [2, 4, 1, 5],
      ['RankingInvalid', 3, 5],
    ], // not Online
    [
      [0, 4],
      [2, 4, 1],
      ['BatchMismatch', 3, 4],
    ],
    [
      [0, 4],
      [2, 4, 1, 3, 3],
      ['BatchMismatch', 5, 4],
    ],
    [
      [0, 5],
      [2, 4, 1, 3, 5],
      ['ValueOutOfRange', 5, 4],
    ],
    [[0, 0], [], ['ValueOutOfRange', 0, 4]],
    [
      [1, 4],
      [4, 1, 3],
      ['CursorMismatch', 1, 0],
    ],
    [[0, 2], [2, 4], ['None']],
    [[0, 3], [2, 1, 3], ['None']], // leaves node 4 no place: the next chunk cannot be completed
  ])('given slice %j of four Online nodes and the list %j > %j', (slice, list, result) => {
    writeOnlineNodes(s, [...trusts, 7]);
    writeRecord(s, 'nodes', 5, { state: NODE_STATE.offline });
    writeRecord(s, 'nodeTotals', 0, { onlineCount: 4 });
    enterSettlement(s, STEP.postRanking);
    expect(attempt(s, 'postRanking', keeper, slice, list)).toEqual(result);
  });

  it('given a second chunk > its first entry is checked against the last of the first', () => {
    writeOnlineNodes(s, trusts);
    enterSettlement(s, STEP.postRanking);
    expect(attempt(s, 'postRanking', keeper, [0, 2], [2, 4])).toEqual(['None']);
    expect(readTotals(s).rankedCount).toBe(0);
    expect(attempt(s, 'postRanking', keeper, [2, 4], [4, 1])).toEqual(['RankingInvalid', 2, 4]);
    expect(attempt(s, 'postRanking', keeper, [2, 4], [1, 3])).toEqual(['None']);
    expect([...s.ranking.slice(0, 5)]).toEqual([0, 2, 4, 1, 3]);
    expect(readTotals(s).rankedCount).toBe(4);
  });

  it('given a wrong step > the step’s own guard names the rejection', () => {
    writeOnlineNodes(s, trusts);
    expect(attempt(s, 'postRanking', keeper, [0, 4], [])).toEqual(['StepOutOfOrder', STEP.postRanking, 0]);
  });

  it('given fewer nodes than the era before > old entries beyond the list are not used', () => {
    writeList(3);
    writeRecord(s, 'nodes', 3, { state: NODE_STATE.offline });
    writeRecord(s, 'nodeTotals', 0, { onlineCount: 2 });
    settle(s, ['postRanking']);
    expect(s.ranking[3]).toBe(3);
    expect(readTotals(s).rankedCount).toBe(2);
    writeRecord(s, 'nodes', 3, { state: NODE_STATE.online });
    expect(pickNode(s, BAND.bottom, 0, 0, NONE)).toBe(2);
  });
});

describe('pickNode', () => {
  it('given an empty list > is 0', () => {
    expect(pickNode(s, BAND.anywhere, 0, 0, NONE)).toBe(0);
    expect(pickNode(s, BAND.top, TWO_52 - 1, 0, NONE)).toBe(0);
  });

  it.each([
    // nodes, band_bps, places in a band
    [20, 1_000, 2],
    [21, 1_000, 3], // rounded up
    [1, 1_000, 1],
    [5, 1, 1],
    [4, 5_000, 2],
  ])('given %d nodes and %d bps > a band has %d places, each reached by its part of the draws', (n, bps, width) => {
    setParam(s, 'place.band_bps', bps);
    writeList(n);
    const places = Array.from({ length: width }, (_, i) => i);
    expect(places.map((i) => pickNode(s, BAND.top, drawFor(i, width), 0, NONE))).toEqual(places.map((i) => i + 1));
    expect(places.map((i) => pickNode(s, BAND.bottom, drawFor(i, width), 0, NONE))).toEqual(places.map((i) => n - i));
    expect(pickNode(s, BAND.top, TWO_52 - 1, 0, NONE)).toBe(width);
    expect(pickNode(s, BAND.bottom, TWO_52 - 1, 0, NONE)).toBe(n - width + 1);
  });

  it('given band 0 > every place of the list can be drawn', () => {
    writeList(7);
    const drawn = [0, 1, 2, 3, 4, 5, 6].map((i) => pickNode(s, BAND.anywhere, drawFor(i, 7), 0, NONE));
    expect(drawn).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    ['is not Online', { state: NODE_STATE.offline }],
    ['is leaving', { state: NODE_STATE.exiting }],
    ['does not support the domain', { domains: 2 }],
    ['has no room', { loadCount: 4 }],
  ])('given a drawn node that %s > takes the next in the direction of the band', (_why, values) => {
    writeList(10);
    writeRecord(s, 'nodes', 1, values);
    writeRecord(s, 'nodes', 10, values);
    expect(pickNode(s, BAND.top, 0, 0, NONE)).toBe(2);
    expect(pickNode(s, BAND.bottom, 0, 0, NONE)).toBe(9);
    expect(pickNode(s, BAND.anywhere, drawFor(0, 10), 0, NONE)).toBe(2);
    expect(pickNode(s, BAND.anywhere, drawFor(9, 10), 0, NONE)).toBe(2); // around the end
    writeRecord(s, 'nodes', 1, { state: NODE_STATE.online, domains: 1, loadCount: 3 });
    expect(pickNode(s, BAND.top, 0, 0, NONE)).toBe(1);
  });

  it('given excluded nodes > passes over them; zeros exclude nobody', () => {
    writeList(3);
    expect(pickNode(s, BAND.top, 0, 0, [1, 0, 2])).toBe(3);
    expect(pickNode(s, BAND.top, 0, 0, [1, 2, 3])).toBe(0);
    expect(pickNode(s, BAND.bottom, 0, 0, [3, 0])).toBe(2);
  });

  it('given the top band > never goes around to a better place, and the bottom band never to a worse one', () => {
    writeList(10);
    setParam(s, 'place.band_bps', 5_000);
    expect(pickNode(s, BAND.top, drawFor(4, 5), 0, [5, 6, 7, 8, 9, 10])).toBe(0);
    expect(pickNode(s, BAND.bottom, drawFor(4, 5), 0, [6, 5, 4, 3, 2, 1])).toBe(0);
    expect(pickNode(s, BAND.anywhere, drawFor(4, 10), 0, [5, 6, 7, 8, 9, 10])).toBe(1);
  });

  it.each([0, 1, 31])('given domain %d > its bit decides', (domain) => {
    writeList(2);
    writeRecord(s, 'nodes', 1, { domains: 4_294_967_295 - 2 ** domain });
    writeRecord(s, 'nodes', 2, { domains: 2 ** domain });
    expect(pickNode(s, BAND.top, 0, domain, NONE)).toBe(2);
    expect(pickNode(s, BAND.top, 0, 32, NONE)).toBe(0);
  });

  it('given 128 entries without an eligible one > gives up; given 127 > finds the next', () => {
    expect(MAX_SCAN).toBe(128);
    writeList(200);
    for (let node = 1; node <= 127; node++) writeRecord(s, 'nodes', node, { state: NODE_STATE.offline });
    expect(pickNode(s, BAND.top, 0, 0, NONE)).toBe(128);
    expect(pickNode(s, BAND.anywhere, 0, 0, NONE)).toBe(128);
    writeRecord(s, 'nodes', 128, { state: NODE_STATE.offline });
    expect(pickNode(s, BAND.top, 0, 0, NONE)).toBe(0);
    expect(pickNode(s, BAND.anywhere, 0, 0, NONE)).toBe(0);
  });
});
