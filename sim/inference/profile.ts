/**
 * A measured device: every answer of every variant to one whole pool, and how far its outputs lie from what the cpu makes
 * of every variant, small enough to be kept with the source. Lets a machine without the device, or in a hurry, replay
 * exactly what was measured. Holds neither texts nor outputs: they are compared by identifier.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Bands, InferenceAnswer, Precision } from '../engine/inferencePort.ts';
import type { ComputeScores } from './computeScores.ts';
import type { DeviceClass } from './devices.ts';
import { decodeDistance } from './distanceScale.ts';
import { type Place, readRecipes } from './executables.ts';
import { TASK_ID } from './textRecognition.ts';

export const PROFILE_FORMAT = 'powr-inference-profile/2';

/** Lengths of the sketches that distances are kept of: a first look's and a second look's. */
export const LOOKS = [16, 64] as const;

/** In place of a length: sketches of the first look's length, the claimed one made under another nonce (a copied sketch). */
export const CROSSED = 'otherNonce';

/** Inferences at once that throughput is measured with. */
export const BATCHES = [1, 8, 32] as const;

/** Answers to the samples 0 .. poolSamples - 1 at one level. */
export type LevelProfile = {
  /** Mean over the samples, the error rate of each counted up to 10,000. */
  readonly meanCerBps: number;
  /** Share of the samples read without any error. */
  readonly exactBps: number;
  readonly latencyP50Us: number;
  readonly latencyP95Us: number;
  readonly latencyP99Us: number;
  readonly answerId: readonly number[];
  readonly outputId: readonly number[];
  readonly qualityBps: readonly number[];
  readonly latencyUs: readonly number[];
  /**
   * By look or {@link CROSSED}, then by id of the variant that was declared: how far this device's output lies from the reference's, one
   * character of the scale of distanceScale.ts for each sample.
   */
  readonly distances: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the reference's own execution answered; absent where it is the device itself. */
  readonly referenceAnswerId?: readonly number[];
};

/** Of one variant on the device and on the reference, over all samples: relative distance of the longer sketches, ppb. */
export type Divergence = {
  readonly identicalCount: number;
  readonly p50Ppb: number;
  readonly maxPpb: number;
  /** Samples that were answered differently. */
  readonly answerChangedCount: number;
};

export type VariantProfile = {
  readonly id: string;
  readonly sha256: string;
  readonly recipeSha256: string;
  readonly wuMflop: number;
  /** Of the whole device, all its runners busy, by {@link BATCHES}; null where none was measured. */
  readonly throughputPerS: readonly (number | null)[];
  readonly divergence: Divergence;
  /** By level index: easy, medium, hard. */
  readonly levels: readonly LevelProfile[];
};

/** The gap that bands of a precision class were derived from. */
export type Gap = {
  /** Worst honest execution, ppb of logits or sketch, whichever is farther. */
  readonly honestMaxPpb: number;
  /** Mildest cheat, ppb of logits or sketch, whichever is nearer. */
  readonly cheatMinPpb: number;
};

/** A place that was to be tried and does not count, and why; of no model where it does not work at all. */
export type Exclusion = { readonly model: string | null; readonly place: string; readonly reason: string };

/** One way of executing a model, as far as bands follow from it: distances of logits or sketch, whichever decides. */
export type SeriesCount = {
  readonly model: string;
  readonly place: string;
  readonly configuration: string;
  readonly sampleCount: number;
  /** Farthest execution, ppb; null where no precision class takes it for honest work. */
  readonly honestMaxPpb: number | null;
  /** Nearest execution, ppb; null where no precision class takes it for a cheat. */
  readonly cheatMinPpb: number | null;
};

/** What bands were derived from, so that a reader can judge them. Earlier versions kept neither series nor exclusions. */
export type Calibration = {
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly sampleCount: number;
  readonly models: readonly string[];
  /** Places of the honest executions, such as wasm. */
  readonly places: readonly string[];
  readonly gaps: Readonly<Record<Precision, Gap>>;
  readonly series?: readonly SeriesCount[];
  readonly exclusions?: readonly Exclusion[];
};

export type InferenceProfile = {
  readonly format: typeof PROFILE_FORMAT;
  readonly task: string;
  /** The class tells a driver in software from a card; the cores are the processor's, also beside a card. */
  readonly device: { readonly class: DeviceClass; readonly name: string; readonly cores: number };
  /** Runner processes that were busy. */
  readonly runnerCount: number;
  readonly runtime: string;
  readonly node: string;
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly poolSeed: number;
  readonly poolSamples: number;
  /** Hash over the images and truths of each level. */
  readonly datasetSha256: readonly string[];
  /** What executed the declared side of the distances, and the nonce that both sides were projected under. */
  readonly reference: {
    readonly class: string;
    readonly name: string;
    readonly runtime: string;
    readonly nonce: number;
    /** What stands for any other nonce, on the claimed side of {@link CROSSED}. */
    readonly otherNonce: number;
  };
  /** Null until `powr calibrate` has derived them on this device. */
  readonly bands: Readonly<Record<Precision, Bands>> | null;
  readonly calibration: Calibration | null;
  /** What the device reaches in compute graphs. */
  readonly computeScores: ComputeScores;
  /** Models, then puzzles. */
  readonly variants: readonly VariantProfile[];
};

/** As written: columns of identifiers are one string, nine digits of base 64 each, half as long as a list. */
type LevelFile = Omit<LevelProfile, IdColumn> & {
  readonly answerId: string;
  readonly outputId: string;
  readonly referenceAnswerId?: string;
};
type IdColumn = 'answerId' | 'outputId' | 'referenceAnswerId';
type ProfileFile = Omit<InferenceProfile, 'variants'> & {
  readonly variants: readonly (Omit<VariantProfile, 'levels'> & { readonly levels: readonly LevelFile[] })[];
};

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
/** 54 bits, of which identifiers have 52. */
const ID_DIGITS = 9;

/**
 * @param path  a file that {@link formatProfile} wrote
 * @throws Error when the file is of another format, or was measured with another task or other recipes than this source has
 */
export function readProfile(path: string): InferenceProfile {
  const file = JSON.parse(readFileSync(path, 'utf8')) as ProfileFile;
  const refuse = (what: string): never => {
    throw new Error(`Profile ${path} ${what}: measure it again with this version`);
  };
  if (file.format !== PROFILE_FORMAT) refuse(`has format "${file.format}", wanted "${PROFILE_FORMAT}"`);
  if (file.task !== TASK_ID) refuse(`was measured with task "${file.task}", this version has "${TASK_ID}"`);
  const recipes = readRecipes();
  for (const { id, recipeSha256 } of file.variants) {
    const present = recipes.get(id);
    if (present !== undefined && present !== recipeSha256) refuse(`was measured with another recipe of variant ${id}`);
  }
  return {
    ...file,
    variants: file.variants.map((variant) => ({ ...variant, levels: variant.levels.map(decodeLevel) })),
  };
}

const decodeLevel = ({ referenceAnswerId, ...level }: LevelFile): LevelProfile => ({
  ...level,
  answerId: decodeIds(level.answerId),
  outputId: decodeIds(level.outputId),
  ...(referenceAnswerId === undefined ? {} : { referenceAnswerId: decodeIds(referenceAnswerId) }),
});

const encodeIds = (ids: readonly number[]): string =>
  ids
    .map((id) => {
      let digits = '';
      for (let rest = id; digits.length < ID_DIGITS; rest = Math.floor(rest / 64)) digits = DIGITS[rest % 64]! + digits;
      return digits;
    })
    .join('');

const decodeIds = (column: string): readonly number[] =>
  Array.from({ length: column.length / ID_DIGITS }, (_, i) => {
    let id = 0;
    for (const digit of column.slice(i * ID_DIGITS, (i + 1) * ID_DIGITS)) id = 64 * id + DIGITS.indexOf(digit);
    return id;
  });

/** JSON with one line per column, so that a new measurement can be read as a difference. */
export function formatProfile(profile: InferenceProfile): string {
  const { variants: measured, ...head } = profile;
  const lines = JSON.stringify({ ...head, variants: [] }, null, 1).replace(/\[\]\s*\}$/, '[');
  const blocks = measured.map(({ levels, ...variant }) => {
    const rows = levels.map((level) => {
      const { answerId, outputId, qualityBps, latencyUs, distances, referenceAnswerId, ...summary } = level;
      const columns = {
        ...{ answerId: encodeIds(answerId), outputId: encodeIds(outputId), qualityBps, latencyUs },
        ...(referenceAnswerId === undefined ? {} : { referenceAnswerId: encodeIds(referenceAnswerId) }),
      };
      const body = [...Object.entries(columns).map(lineOf), `"distances":${formatDistances(distances)}`];
      return `{${JSON.stringify(summary).slice(1, -1)},\n${body.join(',\n')}}`;
    });
    return `{${JSON.stringify(variant).slice(1, -1)},"levels":[\n${rows.join(',\n')}\n]}`;
  });
  return `${lines}\n${blocks.join(',\n')}\n]}\n`;
}

const lineOf = ([name, value]: readonly [string, unknown]): string =>
  `${JSON.stringify(name)}:${JSON.stringify(value)}`;

function formatDistances(distances: LevelProfile['distances']): string {
  const looks = Object.entries(distances).map(
    ([look, columns]) => `"${look}":{\n${Object.entries(columns).map(lineOf).join(',\n')}\n}`,
  );
  return `{${looks.join(',')}}`;
}

/** Bands as calibrated on a device, or undefined where there is no profile of this version or nobody has calibrated it. */
export function readBands(path: string): Readonly<Record<Precision, Bands>> | undefined {
  if (!existsSync(path)) return undefined;
  const { format, bands } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProfileFile>;
  return format === PROFILE_FORMAT ? (bands ?? undefined) : undefined;
}

/**
 * The profile with the bands of the one that it is to replace: they are of the device and its runtime, not of the answers
 * that are measured again. Another device's are not taken over.
 */
export function withBandsOf(profile: InferenceProfile, path: string): InferenceProfile {
  if (!existsSync(path)) return profile;
  const { format, device, runtime, bands, calibration } = JSON.parse(
    readFileSync(path, 'utf8'),
  ) as Partial<ProfileFile>;
  const isSame =
    format === PROFILE_FORMAT &&
    device?.class === profile.device.class &&
    device.name === profile.device.name &&
    runtime === profile.runtime;
  return isSame ? { ...profile, bands: bands ?? null, calibration: calibration ?? null } : profile;
}

export type ProfileReader = {
  /** Undefined for what the profile does not cover. */
  answerOf(variant: string, place: Place): InferenceAnswer | undefined;
  /** Of the claimed variant on the device from the declared one on the reference, as near as the scale has it, ppb. */
  distanceOf(claimed: string, declared: string, place: Place, look: number | typeof CROSSED): number | undefined;
  /** What the reference answered itself. */
  referenceAnswerIdOf(variant: string, place: Place): number | undefined;
};

/** A pool of fewer samples is the beginning of the profile's; a pool of another seed is not covered at all. */
export function createProfileReader(profile: InferenceProfile, poolSeed: number): ProfileReader {
  const measured = new Map(
    profile.poolSeed === poolSeed ? profile.variants.map((variant) => [variant.id, variant]) : [],
  );
  return {
    answerOf(variant, { sample, level }) {
      const columns = measured.get(variant)?.levels[level];
      const answerId = columns?.answerId[sample];
      if (!columns || answerId === undefined) return undefined;
      return {
        answerId,
        qualityBps: columns.qualityBps[sample]!,
        latencyUs: columns.latencyUs[sample]!,
        outputId: columns.outputId[sample]!,
      };
    },
    distanceOf(claimed, declared, { sample, level }, look) {
      const column = measured.get(claimed)?.levels[level]?.distances[look]?.[declared];
      return column === undefined ? undefined : decodeDistance(column, sample);
    },
    referenceAnswerIdOf(variant, { sample, level }) {
      const columns = measured.get(variant)?.levels[level];
      const isSame = profile.reference.class === profile.device.class;
      return (isSame ? columns?.answerId : columns?.referenceAnswerId)?.[sample];
    },
  };
}
