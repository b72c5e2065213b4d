import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deriveBands,
  judgeDistance,
  PROJECTION_COUNT,
  projectLogits,
  relativeDistancePpb,
  UNRELATED_PPB,
} from './sketch.ts';

const nonce = fc.integer({ min: 0, max: 2 ** 52 - 1 });
const logits = fc
  .array(fc.float({ min: -32, max: 32, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values));
/** Whole numbers have exact sums, so that laws of arithmetic can be tested to the last bit. */
const wholeLogits = fc
  .array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values));
const norm = (values: Float32Array) => Math.hypot(...values);

/** Reproducible numbers that look like logits. */
function createLogits(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 8 * Math.sin((i + 1) * (seed + 0.37)) + Math.cos(i * i + seed));
}

describe('projectLogits', () => {
  it('is linear: the sketch of a sum is the sum of the sketches', () => {
    fc.assert(
      fc.property(wholeLogits, nonce, fc.integer({ min: 1, max: 9 }), (a, n, factor) => {
        const b = a.map((value, i) => (value * factor + i) % 977);
        const sum = projectLogits(
          a.map((value, i) => value + b[i]!),
          n,
        );
        const sketchB = projectLogits(b, n);
        expect(sum).toEqual(projectLogits(a, n).map((value, i) => value + sketchB[i]!));
      }),
    );
  });

  it('knows no side: turned logits give the turned sketch, to the last bit', () => {
    fc.assert(
      fc.property(logits, nonce, (a, n) => {
        const turned = projectLogits(
          a.map((value) => -value),
          n,
        );
        expect(turned).toEqual(projectLogits(a, n).map((value) => -value));
      }),
    );
  });

  it('sums every logit once: each projection of a single logit is that logit or its negative', () => {
    fc.assert(
      fc.property(nonce, fc.integer({ min: 0, max: 99 }), fc.constantFrom(1, 5, 16, 33, 64), (n, place, count) => {
        const sketch = projectLogits(
          Float32Array.from({ length: 100 }, (_, i) => (i === place ? 3 : 0)),
          n,
          count,
        );
        expect([...sketch].map(Math.abs)).toEqual(Array(count).fill(3));
      }),
    );
  });

  it('begins a longer sketch with the shorter one', () => {
    fc.assert(
      fc.property(logits, nonce, (a, n) => {
        expect(projectLogits(a, n, 64).slice(0, PROJECTION_COUNT)).toEqual(projectLogits(a, n));
      }),
    );
  });

  it('has independent signs: over projections, nonces that differ in any one bit, and neighbouring logits', () => {
    const one = Float32Array.of(...Array(2_000).fill(0));
    const signsOf = (n: number, projection: number) =>
      Array.from(one, (_, place) => {
        const unit = one.slice();
        unit[place] = 1;
        return projectLogits(unit, n, 64)[projection]!;
      });
    const agreement = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
    const base = signsOf(12_345, 3);
    const others = [signsOf(12_345, 2), signsOf(12_345, 40), signsOf(12_344, 3), signsOf(12_345 + 2 ** 40, 3)];
    // Four standard deviations of 2,000 fair coins.
    for (const other of others) expect(Math.abs(agreement(base, other))).toBeLessThan(0.09);
    expect(Math.abs(agreement(base.slice(1), base.slice(0, -1)))).toBeLessThan(0.09);
    expect(Math.abs(agreement(base, Array(2_000).fill(1)))).toBeLessThan(0.09);
  });

  it('tracks the distance of the logits: on average within a tenth, never off by more than a factor of four', () => {
    const reference = createLogits(3_880, 1);
    const noise = createLogits(3_880, 2);
    const claimed = reference.map((value, i) => value + 1e-3 * noise[i]!);
    const truth = relativeDistancePpb(claimed, reference);
    const ratios = Array.from({ length: 200 }, (_, n) => {
      const sketched = relativeDistancePpb(projectLogits(claimed, n), projectLogits(reference, n));
      return sketched / truth;
    });
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    expect(mean).toBeGreaterThan(0.9);
    expect(mean).toBeLessThan(1.1);
    expect(Math.min(...ratios)).toBeGreaterThan(1 / 4);
    expect(Math.max(...ratios)).toBeLessThan(4);
    const wide = Array.from({ length: 200 }, (_, n) =>
      relativeDistancePpb(projectLogits(claimed, n, 64), projectLogits(reference, n, 64)),
    );
    const spread = (values: readonly number[]) => Math.max(...values) / Math.min(...values);
    expect(spread(wide)).toBeLessThan(spread(ratios));
  });

  it('gives an invented sketch no chance: numbers of the right size are far away', () => {
    const truth = projectLogits(createLogits(3_880, 1), 99);
    const invented = createLogits(PROJECTION_COUNT, 5).map((value, _, all) => (value * norm(truth)) / norm(all));
    const otherNonce = projectLogits(createLogits(3_880, 1), 98);
    for (const sketch of [invented, otherNonce, new Float32Array(PROJECTION_COUNT)]) {
      expect(relativeDistancePpb(sketch, truth)).toBeGreaterThan(300_000_000);
    }
  });
});

describe('relativeDistancePpb', () => {
  it('is 0 for equal numbers and for nothing else', () => {
    fc.assert(
      fc.property(logits, fc.nat(), (a, place) => {
        expect(relativeDistancePpb(a.slice(), a)).toBe(0);
        const changed = a.slice();
        const bits = new Uint32Array(changed.buffer);
        bits[place % a.length]! ^= 1;
        expect(relativeDistancePpb(changed, a)).toBeGreaterThan(0);
      }),
    );
  });

  it('does not depend on the scale', () => {
    fc.assert(
      fc.property(wholeLogits, fc.constantFrom(0.125, 4, 1_024), (a, scale) => {
        const b = a.map((value, i) => value + (i % 3));
        const [scaledA, scaledB] = [a, b].map((values) => values.map((value) => value * scale));
        expect(relativeDistancePpb(scaledA!, scaledB!)).toBe(relativeDistancePpb(a, b));
      }),
    );
  });

  it.each([
    ['a tenth of a per cent', Float32Array.of(3, 4.005), Float32Array.of(3, 4), 1_000_100],
    ['its opposite', Float32Array.of(-3, -4), Float32Array.of(3, 4), UNRELATED_PPB],
    ['something huge', Float32Array.of(3e30, 4), Float32Array.of(3, 4), UNRELATED_PPB],
    ['a number that is none', Float32Array.of(Number.NaN, 4), Float32Array.of(3, 4), UNRELATED_PPB],
    ['an infinity', Float32Array.of(3, 4), Float32Array.of(3, Number.POSITIVE_INFINITY), UNRELATED_PPB],
    ['another shape', Float32Array.of(3), Float32Array.of(3, 4), UNRELATED_PPB],
    ['a reference of nothing', Float32Array.of(3, 4), Float32Array.of(0, 0), UNRELATED_PPB],
    ['nothing on both sides', Float32Array.of(0, 0), Float32Array.of(0, 0), 0],
  ])('given %s > says so', (_, claimed, reference, ppb) => {
    const distancePpb = relativeDistancePpb(claimed, reference);
    expect(Math.abs(distancePpb - ppb)).toBeLessThan(ppb === UNRELATED_PPB || ppb === 0 ? 1 : 200);
  });
});

describe('bands', () => {
  const bands = { acceptPpb: 50_000, rejectPpb: 300_000 };

  it.each([
    [0, 'accept'],
    [50_000, 'accept'],
    [50_001, 'suspect'],
    [300_000, 'suspect'],
    [300_001, 'reject'],
    [UNRELATED_PPB, 'reject'],
  ])('given a distance of %i ppb > %s', (distancePpb, verdict) => {
    expect(judgeDistance(distancePpb, bands)).toBe(verdict);
  });

  it('given a gap > lie inside it, acceptance as far from the worst honest execution as from the mildest cheat', () => {
    expect(deriveBands(7_300, 500_000)).toEqual({ acceptPpb: 60_415, rejectPpb: 173_803 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 300, max: 1e9 }), (honest, cheat) => {
        const derived = deriveBands(honest, cheat);
        if (cheat <= 2 * Math.max(60, honest)) {
          expect(derived).toBeUndefined();
          return;
        }
        expect(derived!.acceptPpb).toBeGreaterThan(honest);
        expect(derived!.rejectPpb).toBeGreaterThan(derived!.acceptPpb);
        expect(derived!.rejectPpb).toBeLessThan(cheat);
      }),
    );
  });

  it('given honest executions as far away as cheats > there are none', () => {
    expect(deriveBands(400_000, 300_000)).toBeUndefined();
  });
});
