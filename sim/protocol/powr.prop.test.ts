import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { ACCOUNT } from './layout.ts';
import { readTotals, settle, writeOnlineNodes, writeRecord } from './nodeWorld.ts';
import { type PowrExponents, scoreFp } from './powr.ts';
import type { State } from './state.ts';
import { createWorld, setParam } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const CUSTOM = 2;
const ratio = fc.oneof(fc.integer({ min: 0, max: FP }), fc.constantFrom(0, 1, FP - 1, FP));
const quarters = fc.integer({ min: 0, max: 16 });
const exponents: fc.Arbitrary<PowrExponents> = fc.record({ a: quarters, b: quarters, c: quarters });
const contribution = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000_000 }));
const pool = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 20_000_000_000 }));
type Worker = { readonly acceptedWu: number; readonly qualityFp: number; readonly trustFp: number };
const worker: fc.Arbitrary<Worker> = fc.record({ acceptedWu: contribution, qualityFp: ratio, trustFp: ratio });

/** Settles an era of these workers. @returns rewards in order, and the state after it */
function reward(workers: readonly Worker[], e: PowrExponents, poolUnits: number): { rewards: number[]; s: State } {
  const s = createWorld();
  setParam(s, 'powr.variant', CUSTOM);
  setParam(s, 'powr.exp4.a', e.a);
  setParam(s, 'powr.exp4.b', e.b);
  setParam(s, 'powr.exp4.c', e.c);
  writeOnlineNodes(
    s,
    workers.map((w) => w.trustFp),
  );
  workers.forEach((w, i) => {
    writeRecord(s, 'nodeEra', i + 1, { acceptedWu: w.acceptedWu });
    writeRecord(s, 'nodeTrust', i + 1, { qualityFp: w.qualityFp });
  });
  writeRecord(s, 'emissionTotals', 0, { powrUnits: poolUnits });
  settle(s, ['computeEraMetrics', 'scoreNodes', 'payNodes']);
  return { rewards: workers.map((_, i) => walletUnits(s, ACCOUNT.firstAgent + i)), s };
}

describe('scoreFp', () => {
  it('given any work, quality, trust and exponents > lies in [0, FP]', () => {
    fc.assert(
      fc.property(contribution, contribution, ratio, ratio, exponents, (wu, most, q, r, e) => {
        const score = scoreFp(wu, Math.max(wu, most), q, r, e);
        expect(Number.isInteger(score) && score >= 0 && score <= FP).toBe(true);
      }),
    );
  });

  it('given more of any factor > is never smaller', () => {
    fc.assert(
      fc.property(worker, worker, exponents, (one, two, e) => {
        const most = Math.max(one.acceptedWu, two.acceptedWu);
        const score = (pick: (a: number, b: number) => number): number =>
          scoreFp(
            pick(one.acceptedWu, two.acceptedWu),
            most,
            pick(one.qualityFp, two.qualityFp),
            pick(one.trustFp, two.trustFp),
            e,
          );
        expect(score(Math.max)).toBeGreaterThanOrEqual(score(Math.min));
      }),
    );
  });
});

describe('PoWR rewards', () => {
  it('given equal contribution > more quality and trust never earn less by more than one unit (POWR-5, INV-46)', () => {
    fc.assert(
      fc.property(fc.array(worker, { maxLength: 5 }), worker, ratio, ratio, exponents, pool, fc.nat(4), (...args) => {
        const [others, base, quality, trust, e, poolUnits, place] = args;
        const better = {
          ...base,
          qualityFp: Math.max(base.qualityFp, quality),
          trustFp: Math.max(base.trustFp, trust),
        };
        const worse = {
          ...base,
          qualityFp: Math.min(base.qualityFp, quality),
          trustFp: Math.min(base.trustFp, trust),
        };
        const cut = Math.min(place, others.length);
        // Whichever comes first in the running sum.
        for (const pair of [
          [better, ...others.slice(0, cut), worse],
          [worse, ...others.slice(0, cut), better],
        ]) {
          const { rewards } = reward([...pair, ...others.slice(cut)], e, poolUnits);
          const [first, second] = [rewards[0]!, rewards[cut + 1]!];
          const gain = pair[0] === better ? first - second : second - first;
          expect(gain).toBeGreaterThanOrEqual(-1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('given any workers > rewards and the foundation’s part sum to the pool (INV-40)', () => {
    fc.assert(
      fc.property(fc.array(worker, { maxLength: 8 }), exponents, pool, (workers, e, poolUnits) => {
        const before = walletUnits(createWorld(), ACCOUNT.foundation);
        const { rewards, s } = reward(workers, e, poolUnits);
        const paid = rewards.reduce((sum, units) => sum + units, 0);
        const sunk = walletUnits(s, ACCOUNT.foundation) - before;
        expect(paid + sunk).toBe(poolUnits);
        expect(readTotals(s).scoreSumFp === 0 ? paid : sunk).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('given no accepted work > earns nothing, whatever the exponents (POWR-2)', () => {
    fc.assert(
      fc.property(fc.array(worker, { minLength: 1, maxLength: 6 }), exponents, pool, (workers, e, poolUnits) => {
        const { rewards } = reward(workers, e, poolUnits);
        workers.forEach((w, i) => {
          if (w.acceptedWu === 0) expect(rewards[i]).toBe(0);
        });
      }),
      { numRuns: 40 },
    );
  });
});
