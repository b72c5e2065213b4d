import { describe, expect, it } from 'vitest';
import {
  deriveCalibration,
  deriveClassBands,
  describeLoss,
  findGap,
  findOwnLack,
  type Series,
  summariseSeries,
  tallyVerdicts,
} from './calibrate.ts';

/** A series with the given distances of logits; sketches as far. */
const series = (standing: Series['standing'], ...ppb: readonly number[]): Series => ({
  ...{ model: 'en', configuration: 'some', place: 'cpu', standing },
  observations: ppb.map((logitsPpb) => ({ logitsPpb, sketchPpb: logitsPpb, isAnswerChanged: logitsPpb > 10_000_000 })),
});
const honest = { fp32: 'honest', reduced: 'honest' } as const;
const standIn = { fp32: 'cheat', reduced: 'honest' } as const;
const mild = { fp32: 'cheat', reduced: null } as const;
const coarse = { fp32: 'cheat', reduced: 'cheat' } as const;
const all = [
  series(honest, 0, 300, 7_300),
  series(standIn, 500_000, 4_000_000),
  series(mild, 600_000, 9_000_000),
  series(coarse, 64_000_000, 200_000_000),
];

describe('findGap', () => {
  it('lies between the worst honest execution and the mildest cheat of the class', () => {
    expect(findGap(all, 'fp32')).toEqual({ honestMaxPpb: 7_300, cheatMinPpb: 500_000 });
    expect(findGap(all, 'reduced')).toEqual({ honestMaxPpb: 4_000_000, cheatMinPpb: 64_000_000 });
  });

  it('counts logits and sketches, whichever is worse', () => {
    const far = { logitsPpb: 10, sketchPpb: 90, isAnswerChanged: false };
    const near = { logitsPpb: 900, sketchPpb: 400, isAnswerChanged: false };
    const gap = findGap(
      [
        { ...series(honest), observations: [far] },
        { ...series(coarse), observations: [near] },
      ],
      'fp32',
    );
    expect(gap).toEqual({ honestMaxPpb: 90, cheatMinPpb: 400 });
  });

  it('given honest executions alone > is none', () => {
    expect(findGap([series(honest, 1)], 'fp32')).toBeUndefined();
    expect(deriveClassBands([series(honest, 1)], 'fp32')).toBeUndefined();
  });
});

describe('tallyVerdicts', () => {
  it('given bands inside the gap > refuses nobody honest and misses no cheat', () => {
    expect(tallyVerdicts(all, 'fp32', { acceptPpb: 50_000, rejectPpb: 300_000 })).toEqual({
      honest: { accept: 3, suspect: 0, reject: 0 },
      cheat: { accept: 0, suspect: 0, reject: 6 },
    });
  });

  it('given bands narrowed by hand > refuses honest work; widened > misses cheats', () => {
    expect(tallyVerdicts(all, 'fp32', { acceptPpb: 100, rejectPpb: 1_000 }).honest).toEqual({
      accept: 1,
      suspect: 1,
      reject: 1,
    });
    expect(tallyVerdicts(all, 'fp32', { acceptPpb: 4_000_000, rejectPpb: 10_000_000 }).cheat).toEqual({
      accept: 3,
      suspect: 1,
      reject: 2,
    });
  });

  it('given a class that cannot tell > counts an execution as neither', () => {
    const { honest: kept, cheat } = tallyVerdicts(all, 'reduced', { acceptPpb: 20_000_000, rejectPpb: 60_000_000 });
    expect([kept, cheat]).toEqual([
      { accept: 5, suspect: 0, reject: 0 },
      { accept: 0, suspect: 0, reject: 2 },
    ]);
  });
});

describe('deriveCalibration', () => {
  const fallback = { fp32: { acceptPpb: 1, rejectPpb: 2 }, reduced: { acceptPpb: 3, rejectPpb: 4 } };

  it('gives both classes bands inside their gaps, and says what they come from', () => {
    const exclusions = [{ model: 'ch', place: 'wasm', reason: 'wrong' }];
    const { bands, calibration } = deriveCalibration(all, { measuredOn: '2026-11-20', fallback, exclusions });
    expect(bands).toEqual({
      fp32: { acceptPpb: 60_415, rejectPpb: 173_803 },
      reduced: { acceptPpb: 16_000_000, rejectPpb: 32_000_000 },
    });
    expect(calibration).toEqual({
      measuredOn: '2026-11-20',
      sampleCount: 9,
      models: ['en'],
      places: ['cpu'],
      gaps: {
        fp32: { honestMaxPpb: 7_300, cheatMinPpb: 500_000 },
        reduced: { honestMaxPpb: 4_000_000, cheatMinPpb: 64_000_000 },
      },
      series: (
        [
          [3, 7_300, null],
          [2, 4_000_000, 500_000],
          [2, null, 600_000],
          [2, null, 64_000_000],
        ] as const
      ).map(([sampleCount, honestMaxPpb, cheatMinPpb]) => ({
        ...{ model: 'en', place: 'cpu', configuration: 'some', sampleCount, honestMaxPpb, cheatMinPpb },
      })),
      exclusions,
    });
  });

  it('given a stand-in as far away as cheats > leaves class reduced its fallback', () => {
    const { bands, calibration } = deriveCalibration([...all, series(standIn, 64_000_000)], {
      measuredOn: '',
      fallback,
      exclusions: [],
    });
    expect(bands.reduced).toEqual(fallback.reduced);
    expect(calibration.gaps.reduced).toEqual({ honestMaxPpb: 64_000_000, cheatMinPpb: 64_000_000 });
  });

  it('given honest executions as far away as cheats > refuses to derive bands', () => {
    const overlapping = [...all, series(honest, 600_000)];
    expect(() => deriveCalibration(overlapping, { measuredOn: '', fallback, exclusions: [] })).toThrow(
      'Class fp32 has no gap: an honest execution lies 600000 ppb away, the mildest cheat 500000 ppb',
    );
    expect(() => deriveCalibration([series(honest, 1)], { measuredOn: '', fallback, exclusions: [] })).toThrow(
      'Nothing to derive bands',
    );
  });
});

describe('findOwnLack', () => {
  const wrong = { model: 'en', place: 'webgpu', reason: 'it computes something else than en' };

  it('given honest executions on the device > finds none', () => {
    expect(findOwnLack(all, [wrong], 'cpu')).toBeUndefined();
  });

  it.each([
    ['that does not count', all, [wrong], 'it computes something else than en'],
    ['on which nothing was executed', all, [], 'no sample was executed on it'],
    ['with no samples', [...all, { ...series(honest), place: 'webgpu' }], [], 'no sample was executed on it'],
    ['on which only a cheat was executed', [{ ...series(coarse, 5), place: 'webgpu' }], [], 'no sample was executed'],
  ] as const)('given a device %s > says why, whatever was executed elsewhere', (_, measured, exclusions, reason) => {
    expect(findOwnLack(measured, exclusions, 'webgpu')).toContain(reason);
  });
});

describe('describeLoss', () => {
  const earlier = { sampleCount: 100, models: ['en', 'ch'], places: ['cpu', 'wasm'] };

  it('given none before, or one as large > nothing is lost', () => {
    expect(describeLoss(null, { sampleCount: 1, models: ['en'], places: ['cpu'] })).toBeUndefined();
    expect(describeLoss(earlier, earlier)).toBeUndefined();
    expect(describeLoss(earlier, { sampleCount: 101, models: ['voice', 'ch', 'en'], places: ['wasm', 'cpu'] })).toBe(
      undefined,
    );
  });

  it.each([
    [{ sampleCount: 99 }, '99 executions compared, not 100'],
    [{ models: ['en'] }, 'without ch'],
    [{ places: ['cpu'], sampleCount: 500 }, 'not on wasm'],
    [{ models: [], sampleCount: 1 }, 'without en, ch; 1 executions compared, not 100'],
  ])('given one with %j > says what is lost', (less, loss) => {
    expect(describeLoss(earlier, { ...earlier, ...less })).toBe(loss);
  });
});

describe('summariseSeries', () => {
  it('counts what is identical and what is answered differently', () => {
    expect(summariseSeries(series(coarse, 30_000_000, 0, 5))).toMatchObject({
      sampleCount: 3,
      identicalCount: 1,
      answerChangedCount: 1,
      logits: { minPpb: 0, p50Ppb: 5, maxPpb: 30_000_000 },
    });
  });
});
