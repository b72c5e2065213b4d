import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import {
  alloc,
  allocShare,
  compareProducts,
  FP,
  MAX_INT,
  max,
  min,
  mulDivDown,
  mulDivUp,
  pow4,
  root2,
  root4,
  rootOfProduct,
} from './fixedPoint.ts';

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_901);
const run = (numRuns: number) => ({ seed, numRuns });

/** Amounts of every magnitude: uniform ones, powers of two and their neighbours, and the last integers below 2^53. */
const amount = fc.oneof(
  fc.nat({ max: MAX_INT }),
  fc.nat({ max: 1_000_000 }),
  fc.tuple(fc.nat({ max: 53 }), fc.integer({ min: -2, max: 2 })).map(([bits, d]) => clamp(powerOfTwo(bits) + d)),
  fc.nat({ max: 64 }).map((below) => MAX_INT - below),
);
const divisor = amount.map((x) => (x === 0 ? 1 : x));

function powerOfTwo(bits: number): number {
  return Number(1n << BigInt(bits));
}

function clamp(x: number): number {
  return max(0, min(x, MAX_INT));
}

/** What a call gives, or 'refused' if it throws the AssertionError that a bound asks for. */
function outcome(call: () => number): number | 'refused' {
  try {
    return call();
  } catch (error) {
    if (error instanceof AssertionError) return 'refused';
    throw error;
  }
}

/** A quotient that the ledger can hold, or 'refused'. */
function bounded(q: bigint): number | 'refused' {
  return q > BigInt(MAX_INT) ? 'refused' : Number(q);
}

function floorQuotient(a: number, b: number, c: number): bigint {
  return (BigInt(a) * BigInt(b)) / BigInt(c);
}

function ceilingQuotient(a: number, b: number, c: number): bigint {
  return (BigInt(a) * BigInt(b) + BigInt(c) - 1n) / BigInt(c);
}

describe('mulDivDown and mulDivUp', () => {
  it('given any amounts > are the exact floor and ceiling, or refuse what does not fit (a million cases)', () => {
    fc.assert(
      fc.property(amount, amount, divisor, (a, b, c) => {
        const down = outcome(() => mulDivDown(a, b, c));
        if (down !== bounded(floorQuotient(a, b, c))) throw new Error(`mulDivDown gives ${down}`);
        const up = outcome(() => mulDivUp(a, b, c));
        if (up !== bounded(ceilingQuotient(a, b, c))) throw new Error(`mulDivUp gives ${up}`);
      }),
      run(1_000_000),
    );
  });

  it('given a product near a multiple of the divisor > decide on the right side of it', () => {
    // a·(c + d) = a·c + a·d: just beside a multiple of c while |a·d| < c, where an estimate goes wrong first.
    const near = fc
      .tuple(amount, divisor, fc.integer({ min: -3, max: 3 }))
      .map(([a, c, d]) => ({ a, b: clamp(c + d), c }));
    fc.assert(
      fc.property(near, ({ a, b, c }) => {
        expect(outcome(() => mulDivDown(a, b, c))).toBe(bounded(floorQuotient(a, b, c)));
        expect(outcome(() => mulDivUp(a, b, c))).toBe(bounded(ceilingQuotient(a, b, c)));
      }),
      run(50_000),
    );
  });

  it('given a quotient around 2^53 > give 2^53 − 1 and refuse 2^53', () => {
    const around = fc
      .tuple(fc.integer({ min: 1, max: MAX_INT - 1 }), fc.integer({ min: -4, max: 4 }))
      .map(([c, d]) => ({ a: MAX_INT, b: clamp(c + d), c }));
    fc.assert(
      fc.property(around, ({ a, b, c }) => {
        expect(outcome(() => mulDivDown(a, b, c))).toBe(bounded(floorQuotient(a, b, c)));
        expect(outcome(() => mulDivUp(a, b, c))).toBe(bounded(ceilingQuotient(a, b, c)));
      }),
      run(50_000),
    );
  });

  it.each([
    [MAX_INT + 1, 1, 1],
    [1, MAX_INT + 1, 1],
    [1, 1, MAX_INT + 1],
    [1, 1, 0],
    [-1, 1, 1],
    [0.5, 2, 1],
    [Number.NaN, 1, 1],
    [Number.POSITIVE_INFINITY, 0, 1],
  ])('given the operands (%d, %d, %d) > refuse', (a, b, c) => {
    expect(() => mulDivDown(a, b, c)).toThrow(AssertionError);
    expect(() => mulDivUp(a, b, c)).toThrow(AssertionError);
  });
});

describe('compareProducts', () => {
  function sign(a: number, b: number, c: number, d: number): number {
    const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  it('given any amounts > is the sign of the exact difference', () => {
    fc.assert(
      fc.property(amount, amount, amount, amount, (a, b, c, d) => {
        expect(compareProducts(a, b, c, d)).toBe(sign(a, b, c, d));
      }),
      run(100_000),
    );
  });

  it('given products that float64 rounds to the same number > tells them apart', () => {
    let collisions = 0;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MAX_INT - 1 }), fc.integer({ min: -1, max: 1 }), (x, d) => {
        if (x * (x + d) === (x - 1) * (x + 1)) collisions++;
        expect(compareProducts(x, x + d, x - 1, x + 1)).toBe(sign(x, x + d, x - 1, x + 1));
      }),
      run(50_000),
    );
    expect(collisions).toBeGreaterThan(1_000);
  });
});

describe('root2 and root4', () => {
  it('given any amount > root2 is the largest r with r² ≤ x·FP', () => {
    fc.assert(
      fc.property(fc.oneof(amount, fc.nat({ max: FP })), (x) => {
        const r = BigInt(root2(x));
        const target = BigInt(x) * BigInt(FP);
        expect(r * r <= target && (r + 1n) * (r + 1n) > target).toBe(true);
        expect(root4(x)).toBe(root2(Number(r)));
      }),
      run(50_000),
    );
  });

  it('given x = r²/FP exactly, and one less > gives r, and r − 1', () => {
    // r = k·√FP has no integer step, so squares are taken at k² · FP: root2(k²·FP) = k·FP.
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), (k) => {
        expect(root2(k * k * FP)).toBe(k * FP);
        expect(root2(k * k * FP - 1)).toBe(k * FP - 1);
      }),
      run(3_000),
    );
  });
});

describe('rootOfProduct', () => {
  it('given any two amounts > is the largest r with r² ≤ a·b', () => {
    fc.assert(
      fc.property(amount, fc.oneof(amount, fc.nat({ max: FP })), (a, b) => {
        const r = BigInt(rootOfProduct(a, b));
        const target = BigInt(a) * BigInt(b);
        expect(r * r <= target && (r + 1n) * (r + 1n) > target).toBe(true);
      }),
      run(50_000),
    );
  });
});

describe('pow4', () => {
  const ratio = fc.nat({ max: FP });

  it('given a multiple of four > multiplies x itself, so that no root rounds', () => {
    fc.assert(
      fc.property(ratio, fc.nat({ max: 6 }), (x, n) => {
        let expected = BigInt(FP);
        for (let i = 0; i < n; i++) expected = (expected * BigInt(x)) / BigInt(FP);
        expect(pow4(x, 4 * n)).toBe(Number(expected));
      }),
      run(20_000),
    );
  });

  it('given other quarters > multiplies the fourth root, one floor per step', () => {
    fc.assert(
      fc.property(ratio, fc.nat({ max: 25 }), (x, quarters) => {
        fc.pre(quarters % 4 !== 0);
        const factor = BigInt(root2(root2(x)));
        let expected = BigInt(FP);
        for (let i = 0; i < quarters; i++) expected = (expected * factor) / BigInt(FP);
        expect(pow4(x, quarters)).toBe(Number(expected));
      }),
      run(20_000),
    );
  });

  it('given 0 quarters > is one, also for x = 0; given x = one > is one', () => {
    expect(pow4(0, 0)).toBe(FP);
    expect(pow4(0, 1)).toBe(0);
    fc.assert(
      fc.property(fc.nat({ max: 40 }), (quarters) => {
        expect(pow4(FP, quarters)).toBe(FP);
      }),
    );
  });

  it('given a larger ratio > never gives less', () => {
    fc.assert(
      fc.property(ratio, ratio, fc.nat({ max: 12 }), (x, y, quarters) => {
        expect(pow4(min(x, y), quarters)).toBeLessThanOrEqual(pow4(max(x, y), quarters));
      }),
      run(20_000),
    );
  });
});

describe('alloc', () => {
  const weights = fc.array(fc.oneof(fc.nat({ max: 4_294_967_295 }), fc.nat({ max: 100 }), fc.constant(0)), {
    minLength: 1,
    maxLength: 40,
  });

  it('given any weights > shares sum to the total, and each is within one unit of its part', () => {
    fc.assert(
      fc.property(amount, weights, (total, ws) => {
        const sum = ws.reduce((x, y) => x + y, 0);
        const shares = alloc(total, ws);
        fc.pre(sum > 0);
        expect(shares.reduce((x, y) => x + y, 0)).toBe(total);
        shares.forEach((share, i) => {
          // |share − total·w/sum| < 1, multiplied out.
          const gap = BigInt(share) * BigInt(sum) - BigInt(total) * BigInt(ws[i]!);
          expect(gap < BigInt(sum) && -gap < BigInt(sum)).toBe(true);
          if (ws[i] === 0) expect(share).toBe(0);
        });
      }),
      run(20_000),
    );
  });

  it('given the running sums > allocShare gives the same shares one by one', () => {
    fc.assert(
      fc.property(amount, weights, (total, ws) => {
        const sum = ws.reduce((x, y) => x + y, 0);
        fc.pre(sum > 0);
        let before = 0;
        const shares = ws.map((w) => allocShare(total, before, (before += w), sum));
        expect(shares).toEqual(alloc(total, ws));
      }),
      run(5_000),
    );
  });

  it('given weights of zero only > gives nothing, so that the sink can take all', () => {
    expect(alloc(100, [0, 0, 0])).toEqual([0, 0, 0]);
  });

  it('given weights whose sum passes 2^53 − 1 > refuses', () => {
    expect(() => alloc(1, [MAX_INT, 1])).toThrow(AssertionError);
    expect(alloc(7, [MAX_INT - 1, 1])).toEqual([6, 1]);
  });
});
