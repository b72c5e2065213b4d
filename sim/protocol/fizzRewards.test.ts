import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { TOKEN } from './eraWorld.ts';
import {
  chooseFizz,
  docsRewardUnits,
  type FizzCandidate,
  fizzBaseUnits,
  fizzRewardUnits,
  type SubnetPart,
  scoreFizz,
  selectionWeights,
  subnetFigures,
} from './fizzRewards.ts';
import { createFizzWorld } from './fizzWorld.ts';
import { NO_RESOURCES } from './resources.ts';
import { getParam } from './state.ts';

const WEIGHTS = { challenges: 2_500, delegation: 2_500, price: 2_500, capacity: 2_500 };

describe('docsRewardUnits (F-24)', () => {
  const short = { cpuCount: 1_000, memoryGb: 500, storageGb: 0, gpuCount: 2_000 };

  it('given shortfalls of 10, 5, 0 and 20 % > 0.855 of 500 points is 427.5', () => {
    expect(docsRewardUnits(500 * TOKEN, true, true, short)).toBe(427.5 * TOKEN);
  });

  it('given no GPU > CPU weighs one half, memory and storage a quarter each', () => {
    expect(docsRewardUnits(1_000, false, true, { ...NO_RESOURCES, cpuCount: 10_000 })).toBe(500);
    expect(docsRewardUnits(1_000, false, true, { ...NO_RESOURCES, memoryGb: 10_000 })).toBe(750);
    expect(docsRewardUnits(1_000, false, true, { ...NO_RESOURCES, storageGb: 10_000 })).toBe(750);
    expect(docsRewardUnits(1_000, false, true, { ...NO_RESOURCES, gpuCount: 10_000 })).toBe(1_000);
  });

  it('given less uptime than the gate, or nothing delivered > nothing', () => {
    expect(docsRewardUnits(500 * TOKEN, true, false, NO_RESOURCES)).toBe(0);
    const all = { cpuCount: 10_000, memoryGb: 10_000, storageGb: 10_000, gpuCount: 10_000 };
    expect(docsRewardUnits(500 * TOKEN, true, true, all)).toBe(0);
    expect(docsRewardUnits(500 * TOKEN, false, true, all)).toBe(0);
  });
});

describe('fizzRewardUnits', () => {
  const s = createFizzWorld();
  const exposed = { cpuCount: 10, memoryGb: 20, storageGb: 0, gpuCount: 5 };

  it('given a device of 10 CPUs and 5 GPUs > its base is 2 750 tokens', () => {
    expect(fizzBaseUnits(s, 10, 5)).toBe(2_750 * TOKEN);
  });

  it('given 9 of 10 CPUs, 19 of 20 GB and 4 of 5 GPUs in half of the slots > 0.855 of the base', () => {
    const delivered = { cpuCount: 9, memoryGb: 19, storageGb: 7, gpuCount: 4 };
    expect(fizzRewardUnits(s, { exposed, delivered, onSlots: 12, slots: 24 })).toBe(0.855 * 2_750 * TOKEN);
    expect(fizzRewardUnits(s, { exposed, delivered, onSlots: 11, slots: 24 })).toBe(0);
  });

  it('given any delivery > is at most the base, and all of it for whoever delivers all or more', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(64), { minLength: 4, maxLength: 4 }), ([cpuCount, memoryGb, storageGb, gpuCount]) => {
        const delivered = { cpuCount: cpuCount!, memoryGb: memoryGb!, storageGb: storageGb!, gpuCount: gpuCount! };
        const units = fizzRewardUnits(s, { exposed, delivered, onSlots: 24, slots: 24 });
        const isAll = cpuCount! >= 10 && memoryGb! >= 20 && gpuCount! >= 5;
        expect(units <= 2_750 * TOKEN).toBe(true);
        expect(units === 2_750 * TOKEN).toBe(isAll);
      }),
    );
  });

  it('given no slot in which it was watched > nothing', () => {
    expect(fizzRewardUnits(s, { exposed, delivered: exposed, onSlots: 0, slots: 0 })).toBe(0);
  });
});

describe('subnetFigures (F-25)', () => {
  const part = (workUnits: number, exposedUnits: number, uptimeBps: number, rest = 0): SubnetPart => ({
    workUnits,
    exposedUnits,
    uptimeBps,
    completionBps: rest,
    responseMs: rest,
    feedbackBps: rest,
  });

  it('given a gateway, a member with work and one without > means by work, uptime of the idle one by what it exposes', () => {
    // Uptime (30·10 000 + 10·8 000 + 20·5 000)/60; the rest (30·100 + 10·201)/40.
    const parts = [part(30, 500, 10_000, 100), part(10, 9, 8_000, 201), part(0, 20, 5_000, 9_999)];
    expect(subnetFigures(parts)).toEqual({ uptimeBps: 8_000, completionBps: 125, responseMs: 125, feedbackBps: 125 });
  });

  it('given nobody who worked > only the uptime is known', () => {
    expect(subnetFigures([part(0, 10, 9_000), part(0, 30, 1_000)])).toEqual({
      uptimeBps: 3_000,
      completionBps: null,
      responseMs: null,
      feedbackBps: null,
    });
    expect(subnetFigures([]).uptimeBps).toBe(0);
  });

  it('given equal members > each mean is theirs', () => {
    expect(subnetFigures([part(7, 1, 9_999, 77), part(3, 1, 9_999, 77)])).toEqual({
      uptimeBps: 9_999,
      completionBps: 77,
      responseMs: 77,
      feedbackBps: 77,
    });
  });

  it('given sums beyond what is exact > refuses to guess', () => {
    expect(() => subnetFigures([part(2 ** 52, 1, 10_000)])).toThrow(/less than 2\^53/);
  });
});

describe('chooseFizz (FIZZ-6)', () => {
  const wish = { maxPriceUnits: 1_000, gpuTier: 2, needed: { cpuCount: 4, memoryGb: 8, storageGb: 0, gpuCount: 1 } };
  const plain: FizzCandidate = {
    fizz: 5,
    challengeCount: 0,
    passedCount: 0,
    delegationUnits: 100,
    priceUnits: 500,
    gpuTier: 2,
    exposed: { cpuCount: 8, memoryGb: 16, storageGb: 100, gpuCount: 2 },
  };

  it('given the parameters > the weights are theirs', () => {
    const s = createFizzWorld();
    expect(selectionWeights((key) => getParam(s, key))).toEqual(WEIGHTS);
  });

  it('given a device without record > one half for its challenges, and each other term as it is', () => {
    // Challenges 1/2, delegation 100/400, price 500/1 000, capacity: half of CPU, memory and GPU.
    expect(scoreFizz(plain, wish, 400, WEIGHTS)).toBe((FP * (0.5 + 0.25 + 0.5 + 0.5)) / 4);
    const passed = { ...plain, challengeCount: 4, passedCount: 3, exposed: { ...plain.exposed, cpuCount: 5 } };
    expect(scoreFizz(passed, wish, 0, WEIGHTS)).toBe((FP * (0.75 + 0 + 0.5 + 0.2)) / 4);
  });

  it.each([
    ['more challenges passed', { challengeCount: 10, passedCount: 6 }],
    ['more delegated', { delegationUnits: 101 }],
    ['a lower price', { priceUnits: 498 }],
    ['more capacity', { exposed: { cpuCount: 9, memoryGb: 17, storageGb: 100, gpuCount: 3 } }],
  ])('given %s > is chosen', (_what, better) => {
    expect(chooseFizz([plain, { ...plain, fizz: 9, ...better }], wish, WEIGHTS)).toBe(9);
  });

  it.each([
    ['a price above the most', { priceUnits: 1_001 }],
    ['a lower class', { gpuTier: 1 }],
    ['too few CPUs', { exposed: { ...plain.exposed, cpuCount: 3 } }],
    ['too little memory', { exposed: { ...plain.exposed, memoryGb: 7 } }],
    ['too few GPUs', { exposed: { ...plain.exposed, gpuCount: 0 } }],
  ])('given %s > is not chosen, and does not count for the others', (_what, unfit) => {
    const rich = { ...plain, fizz: 1, delegationUnits: 10_000, ...unfit };
    expect(chooseFizz([rich, plain], wish, WEIGHTS)).toBe(5);
    expect(chooseFizz([rich], wish, WEIGHTS)).toBe(0);
  });

  it('given equal scores > the lower number', () => {
    expect(chooseFizz([{ ...plain, fizz: 8 }, plain, { ...plain, fizz: 6 }], wish, WEIGHTS)).toBe(5);
  });
});
