import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TWO_52 } from '../base/fixedPoint.ts';
import { NODE_STATE } from './layout.ts';
import { readNode, readTotals, settle, writeOnlineNodes, writeRecord } from './nodeWorld.ts';
import { BAND, MAX_SCAN, pickNode, rankNodes } from './placement.ts';
import { getParam, type State } from './state.ts';
import { createWorld, setParam } from './taskWorld.ts';

const draw = fc.oneof(fc.integer({ min: 0, max: TWO_52 - 1 }), fc.constantFrom(0, TWO_52 - 1));
const node = fc.record({
  trustFp: fc.nat(5),
  online: fc.boolean(),
  domains: fc.integer({ min: 1, max: 7 }),
  loadCount: fc.nat(2),
});
type Node = {
  readonly trustFp: number;
  readonly online: boolean;
  readonly domains: number;
  readonly loadCount: number;
};

/** A list of all these nodes; then some of them are no longer eligible. */
function writeWorld(nodes: readonly Node[], bandBps: number): State {
  const s = createWorld();
  setParam(s, 'place.band_bps', bandBps);
  writeOnlineNodes(
    s,
    nodes.map((n) => n.trustFp),
  );
  settle(s, ['postRanking']);
  nodes.forEach((n, i) => {
    const state = n.online ? NODE_STATE.online : NODE_STATE.offline;
    writeRecord(s, 'nodes', i + 1, { state, domains: n.domains, loadCount: n.loadCount, capacityCount: 2 });
  });
  return s;
}

/** F-22 as it is written down: the places in the order in which they are looked at, and the first eligible node. */
function referencePick(s: State, band: number, drawn: number, domain: number, excluded: readonly number[]): number {
  const n = readTotals(s).rankedCount;
  const list = Array.from(s.ranking.slice(1, n + 1));
  const width = band === BAND.anywhere ? n : Math.max(1, Math.ceil((n * getParam(s, 'place.band_bps')) / 10_000));
  const k = Number((BigInt(drawn) * BigInt(width)) / BigInt(TWO_52));
  const order =
    band === BAND.top
      ? list.slice(k)
      : band === BAND.bottom
        ? list.slice(0, n - k).reverse()
        : [...list.slice(k), ...list.slice(0, k)];
  const found = order.slice(0, MAX_SCAN).find((id) => {
    const { state, domains, capacityCount, loadCount } = readNode(s, id);
    const supported = Math.floor(domains / 2 ** domain) % 2 === 1;
    return state === NODE_STATE.online && supported && loadCount < capacityCount && !excluded.includes(id);
  });
  return found ?? 0;
}

describe('pickNode', () => {
  it('given any list, draw, domain and exclusions > is the first eligible node in the order of F-22', () => {
    fc.assert(
      fc.property(
        fc.array(node, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom(...Object.values(BAND)),
        draw,
        fc.nat(4),
        fc.array(fc.nat(12), { maxLength: 10 }),
        (nodes, bandBps, band, drawn, domain, excluded) => {
          const s = writeWorld(nodes, bandBps);
          expect(pickNode(s, band, drawn, domain, excluded)).toBe(referencePick(s, band, drawn, domain, excluded));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('rankNodes', () => {
  it('given any trust weights > is a permutation of the Online nodes that postRanking accepts, and the only one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 30 }), (trusts) => {
        const s = createWorld();
        writeOnlineNodes(s, trusts);
        const list = rankNodes(s);
        expect([...list].sort((a, b) => a - b)).toEqual(trusts.map((_, i) => i + 1));
        settle(s, ['postRanking']);
        expect(Array.from(s.ranking.slice(1, list.length + 1))).toEqual(list);
      }),
      { numRuns: 60 },
    );
  });
});
