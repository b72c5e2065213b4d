import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INT } from '../base/fixedPoint.ts';
import {
  EMPTY_PROVIDER_REPORT,
  PROVIDER_REPORT_WORDS,
  type ProviderReport,
  packProviderReport,
  unpackProviderReport,
} from './providerReport.ts';

const bitmap = fc.integer({ min: 0, max: 2 ** 24 - 1 });
const part = (whole: number) => fc.integer({ min: 0, max: whole });
const reports: fc.Arbitrary<ProviderReport> = fc
  .record({
    fullHours: bitmap,
    activeHours: bitmap,
    taskHours: bitmap,
    breachedHours: bitmap,
    cooledHours: bitmap,
    streakCount: part(4_095),
    extraHourCount: part(65_535),
    expectedCount: part(65_535),
    answeredBps: part(10_000),
    meanMs: part(2 ** 21 - 1),
    assignedCount: part(2 ** 26 - 1),
    finishedBps: part(10_000),
    feeUnits: fc.integer({ min: 0, max: MAX_INT - 1 }),
    leaseHours: part(1_000_000),
    offlineSinceS: part(2 ** 40),
  })
  .map(({ answeredBps, finishedBps, ...rest }) => ({
    ...rest,
    answeredCount: Math.floor((rest.expectedCount * answeredBps) / 10_000),
    finishedCount: Math.floor((rest.assignedCount * finishedBps) / 10_000),
  }));

describe('packProviderReport', () => {
  it('given any report that fits > is told in eight words below 2^53 and read back as it was', () => {
    fc.assert(
      fc.property(reports, (one) => {
        const words = packProviderReport(one);
        expect(words).toHaveLength(PROVIDER_REPORT_WORDS);
        for (const word of words) expect(Number.isSafeInteger(word) && word >= 0).toBe(true);
        expect(unpackProviderReport(words)).toEqual(one);
        expect(unpackProviderReport([7, ...words], 1)).toEqual(one);
      }),
    );
  });

  it('given more than a part holds > tells the most it can, and proportions', () => {
    const words = packProviderReport({
      ...EMPTY_PROVIDER_REPORT,
      streakCount: 5_000,
      extraHourCount: 70_000,
      expectedCount: 1_000_000,
      answeredCount: 999_999,
      meanMs: 3_000_000,
      assignedCount: 2 ** 27,
      finishedCount: 2 ** 26,
    });
    expect(unpackProviderReport(words)).toEqual({
      ...EMPTY_PROVIDER_REPORT,
      streakCount: 4_095,
      extraHourCount: 65_535,
      expectedCount: 65_535,
      answeredCount: 65_534,
      meanMs: 2 ** 21 - 1,
      assignedCount: 2 ** 26 - 1,
      finishedCount: 33_554_431,
    });
  });

  it('given all of more than it can count > stays all', () => {
    const words = packProviderReport({ ...EMPTY_PROVIDER_REPORT, expectedCount: 100_000, answeredCount: 100_000 });
    expect(unpackProviderReport(words)).toMatchObject({ answeredCount: 65_535, expectedCount: 65_535 });
  });

  it.each([
    ['hour 24', { fullHours: 2 ** 24 }],
    ['more answered than expected', { answeredCount: 2, expectedCount: 1 }],
    ['more finished than assigned', { finishedCount: 2, assignedCount: 1 }],
    ['half a streak', { streakCount: 0.5 }],
    ['a negative fee', { feeUnits: -1 }],
  ])('given %s > fails', (_what, change) => {
    expect(() => packProviderReport({ ...EMPTY_PROVIDER_REPORT, ...change })).toThrow('not an integer in');
  });

  it('given words with bits beyond their parts > reads the parts alone, so that any words can be judged', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: MAX_INT }), { minLength: 8, maxLength: 8 }), (words) => {
        const one = unpackProviderReport(words);
        for (const hours of [one.fullHours, one.activeHours, one.taskHours, one.breachedHours, one.cooledHours]) {
          expect(hours).toBeLessThan(2 ** 24);
        }
        expect(one.streakCount).toBeLessThan(4_096);
        expect(one.extraHourCount).toBeLessThan(65_536);
        expect(one.finishedCount).toBeLessThan(2 ** 26);
      }),
    );
  });
});
