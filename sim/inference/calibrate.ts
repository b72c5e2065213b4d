/**
 * What distances between executions say: how far honest ones lie apart, how near the mildest cheat comes, and which bands
 * follow. Pure arithmetic over measured distances; what is executed is decided in measureDivergence.ts.
 */
import type { Bands, Precision } from '../engine/inferencePort.ts';
import type { Calibration, Exclusion, Gap, SeriesCount } from './profile.ts';
import type { Divergent } from './runnerMessages.ts';
import { deriveBands, judgeDistance, type Verdict } from './sketch.ts';

/**
 * What an execution is to a validator of a precision class; null where the class cannot tell: to devices that compute with
 * ten bits of mantissa, weights of about ten bits are no sign of anything.
 */
export type Standing = Readonly<Record<Precision, 'honest' | 'cheat' | null>>;

/** One way of executing a model, held against the model on the cpu with one thread and all optimisations. */
export type Series = {
  readonly model: string;
  /** How it was executed, or what was executed in its place. */
  readonly configuration: string;
  /** Class of the device, or wasm. */
  readonly place: string;
  readonly standing: Standing;
  readonly observations: readonly Divergent[];
};

export const PRECISIONS: readonly Precision[] = ['fp32', 'reduced'];

export type Quartet = { readonly minPpb: number; readonly p50Ppb: number; readonly maxPpb: number };

export type SeriesSummary = Omit<Series, 'observations'> & {
  readonly sampleCount: number;
  readonly identicalCount: number;
  readonly logits: Quartet;
  readonly sketches: Quartet;
  readonly answerChangedCount: number;
};

export function summariseSeries({ observations, ...series }: Series): SeriesSummary {
  return {
    ...series,
    sampleCount: observations.length,
    identicalCount: observations.filter(({ logitsPpb }) => logitsPpb === 0).length,
    logits: describe(observations.map(({ logitsPpb }) => logitsPpb)),
    sketches: describe(observations.map(({ sketchPpb }) => sketchPpb)),
    answerChangedCount: observations.filter(({ isAnswerChanged }) => isAnswerChanged).length,
  };
}

function describe(values: readonly number[]): Quartet {
  const sorted = [...values].sort((a, b) => a - b);
  return { minPpb: sorted[0]!, p50Ppb: sorted[Math.ceil(sorted.length / 2) - 1]!, maxPpb: sorted.at(-1)! };
}

/** @returns undefined without honest executions or without cheats: then nothing was measured to stand between */
export function findGap(series: readonly Series[], precision: Precision): Gap | undefined {
  const distancesOf = (standing: 'honest' | 'cheat') =>
    series
      .filter((one) => one.standing[precision] === standing)
      .flatMap(({ observations }) => observations.flatMap(({ logitsPpb, sketchPpb }) => [logitsPpb, sketchPpb]));
  const honest = distancesOf('honest');
  const cheats = distancesOf('cheat');
  if (honest.length === 0 || cheats.length === 0) return undefined;
  return {
    honestMaxPpb: honest.reduce((a, b) => Math.max(a, b)),
    cheatMinPpb: cheats.reduce((a, b) => Math.min(a, b)),
  };
}

/** Bands of a class from all models together: a validator has one pair, whichever model it looks at. */
export function deriveClassBands(series: readonly Series[], precision: Precision): Bands | undefined {
  const gap = findGap(series, precision);
  return gap && deriveBands(gap.honestMaxPpb, gap.cheatMinPpb);
}

/** Verdicts of sketches at given bands, what is compared on the chain. */
export type Tally = {
  readonly honest: Readonly<Record<Verdict, number>>;
  readonly cheat: Readonly<Record<Verdict, number>>;
};

export function tallyVerdicts(series: readonly Series[], precision: Precision, bands: Bands): Tally {
  const tally = { honest: { accept: 0, suspect: 0, reject: 0 }, cheat: { accept: 0, suspect: 0, reject: 0 } };
  for (const { standing, observations } of series) {
    const side = standing[precision];
    if (side === null) continue;
    for (const { sketchPpb } of observations) tally[side][judgeDistance(sketchPpb, bands)]++;
  }
  return tally;
}

export type Derived = {
  readonly bands: Readonly<Record<Precision, Bands>>;
  readonly calibration: Required<Calibration>;
};

/** What is kept of a series. */
function countSeries({ model, place, configuration, standing, observations }: Series): SeriesCount {
  const is = (side: 'honest' | 'cheat'): boolean => PRECISIONS.some((precision) => standing[precision] === side);
  const ppb = observations.flatMap(({ logitsPpb, sketchPpb }) => [logitsPpb, sketchPpb]);
  const isMeasured = ppb.length > 0;
  return {
    ...{ model, place, configuration, sampleCount: observations.length },
    honestMaxPpb: isMeasured && is('honest') ? ppb.reduce((a, b) => Math.max(a, b)) : null,
    cheatMinPpb: isMeasured && is('cheat') ? ppb.reduce((a, b) => Math.min(a, b)) : null,
  };
}

/**
 * Why nothing can be said of a device, however much was measured elsewhere: nothing honest was executed on it, or what was
 * does not count. Undefined where something does.
 *
 * @param place  class of the device
 */
export function findOwnLack(
  series: readonly Series[],
  exclusions: readonly Exclusion[],
  place: string,
): string | undefined {
  const isHonest = ({ standing, observations, ...one }: Series): boolean =>
    one.place === place && observations.length > 0 && standing.fp32 === 'honest';
  if (series.some(isHonest)) return undefined;
  const reasons = exclusions.filter((one) => one.place === place).map(({ reason }) => reason);
  return reasons.length === 0 ? 'no sample was executed on it' : [...new Set(reasons)].join('; ');
}

type Extent = Pick<Calibration, 'sampleCount' | 'models' | 'places'>;

/** What an earlier calibration has that a later one lacks: its bands rest on more. Undefined where it lacks nothing. */
export function describeLoss(earlier: Extent | null, later: Extent): string | undefined {
  if (earlier === null) return undefined;
  const lacking = (has: readonly string[], wanted: readonly string[]): string =>
    wanted.filter((name) => !has.includes(name)).join(', ');
  const [models, places] = [lacking(later.models, earlier.models), lacking(later.places, earlier.places)];
  const losses = [
    ...(models === '' ? [] : [`without ${models}`]),
    ...(places === '' ? [] : [`not on ${places}`]),
    ...(later.sampleCount >= earlier.sampleCount
      ? []
      : [`${later.sampleCount} executions compared, not ${earlier.sampleCount}`]),
  ];
  return losses.length === 0 ? undefined : losses.join('; ');
}

/**
 * What goes into a device's profile. Where honest executions of class reduced lie as far away as cheats (only a stand-in
 * was measured for it), the fallback stays.
 *
 * @throws Error when that is so in class fp32: no band would be right
 */
export function deriveCalibration(
  series: readonly Series[],
  {
    measuredOn,
    fallback,
    exclusions,
  }: {
    readonly measuredOn: string;
    readonly fallback: Readonly<Record<Precision, Bands>>;
    readonly exclusions: readonly Exclusion[];
  },
): Derived {
  const of = <T>(make: (precision: Precision) => T): Record<Precision, T> => ({
    fp32: make('fp32'),
    reduced: make('reduced'),
  });
  const gapOf = (precision: Precision): Gap => {
    const gap = findGap(series, precision);
    if (gap) return gap;
    throw new Error(`Nothing to derive bands of class ${precision} from: honest executions and cheats are needed`);
  };
  const unique = (values: readonly string[]): string[] => [...new Set(values)];
  return {
    bands: of((precision) => {
      const { honestMaxPpb, cheatMinPpb } = gapOf(precision);
      const bands = deriveBands(honestMaxPpb, cheatMinPpb) ?? (precision === 'reduced' ? fallback.reduced : undefined);
      if (bands) return bands;
      throw new Error(
        `Class ${precision} has no gap: an honest execution lies ${honestMaxPpb} ppb away, the mildest cheat ${cheatMinPpb} ppb`,
      );
    }),
    calibration: {
      measuredOn,
      sampleCount: series.reduce((sum, { observations }) => sum + observations.length, 0),
      models: unique(series.map(({ model }) => model)),
      places: unique(series.map(({ place }) => place)),
      gaps: of(gapOf),
      series: series.map(countSeries),
      exclusions,
    },
  };
}
