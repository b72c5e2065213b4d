import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INT } from '../base/fixedPoint.ts';
import { type NodeReport, packNodeReport, unpackNodeReport } from './nodeReport.ts';

const QUIET: NodeReport = {
  fullHours: 0,
  taskHours: 0,
  breachedHours: 0,
  flapCount: 0,
  streakCount: 0,
  answeredCount: 0,
  expectedCount: 0,
  meanMs: 0,
  offlineSinceS: 0,
};

describe('packNodeReport', () => {
  it('given a report > puts every part at its place in the four words', () => {
    const report: NodeReport = {
      fullHours: 0xff_fffe,
      taskHours: 0x00_0003,
      breachedHours: 0x00_0001,
      flapCount: 2,
      streakCount: 1,
      answeredCount: 1_379,
      expectedCount: 1_440,
      meanMs: 250,
      offlineSinceS: 86_400,
    };
    expect(packNodeReport(report)).toEqual([
      16_777_214 + 3 * 2 ** 24,
      1 + 2 * 2 ** 24 + 2 ** 32,
      1_379 + 1_440 * 2 ** 16 + 250 * 2 ** 32,
      86_400,
    ]);
  });

  it('given the widest report > fits 53 bits in every word', () => {
    const words = packNodeReport({
      fullHours: 2 ** 24 - 1,
      taskHours: 2 ** 24 - 1,
      breachedHours: 2 ** 24 - 1,
      flapCount: 1e9,
      streakCount: 1e9,
      answeredCount: 65_535,
      expectedCount: 65_535,
      meanMs: 1e12,
      offlineSinceS: 1e12,
    });
    for (const word of words) expect(word).toBeLessThanOrEqual(MAX_INT);
    expect(unpackNodeReport(...words)).toMatchObject({ flapCount: 255, streakCount: 2 ** 21 - 1, meanMs: 2 ** 21 - 1 });
  });

  it.each([
    // answered of expected: as told
    [65_535, 65_535, 65_535, 65_535],
    [65_536, 65_536, 65_535, 65_535],
    [86_400, 86_400, 65_535, 65_535],
    [86_399, 86_400, 65_534, 65_535],
    [1, 86_400, 0, 65_535],
    [43_200, 86_400, 32_767, 65_535],
  ])('given %d of %d heartbeats > tells %d of %d', (answeredCount, expectedCount, answered, expected) => {
    const words = packNodeReport({ ...QUIET, answeredCount, expectedCount });
    expect(unpackNodeReport(...words)).toMatchObject({ answeredCount: answered, expectedCount: expected });
  });

  it.each([
    [{ fullHours: 2 ** 24 }, 'fullHours'],
    [{ taskHours: 2 ** 24 }, 'taskHours'],
    [{ breachedHours: 2 ** 24 }, 'breachedHours'],
    [{ answeredCount: 11, expectedCount: 10 }, 'answeredCount'],
    [{ flapCount: -1 }, 'flapCount'],
    [{ meanMs: 1.5 }, 'meanMs'],
  ])('given %o > is an assertion that names %s', (part, name) => {
    expect(() => packNodeReport({ ...QUIET, ...part })).toThrow(name);
  });

  it('given any report within its widths > is told back unchanged', () => {
    const hours = fc.integer({ min: 0, max: 2 ** 24 - 1 });
    const report = fc
      .record({
        fullHours: hours,
        taskHours: hours,
        breachedHours: hours,
        flapCount: fc.integer({ min: 0, max: 255 }),
        streakCount: fc.integer({ min: 0, max: 2 ** 21 - 1 }),
        expectedCount: fc.integer({ min: 0, max: 65_535 }),
        meanMs: fc.integer({ min: 0, max: 2 ** 21 - 1 }),
        offlineSinceS: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
        answered: fc.nat(1_000_000),
      })
      .map(({ answered, ...rest }) => ({ ...rest, answeredCount: answered % (rest.expectedCount + 1) }));
    fc.assert(
      fc.property(report, (r) => {
        expect(unpackNodeReport(...packNodeReport(r))).toEqual(r);
      }),
    );
  });
});
