/**
 * A measured device: every answer of every variant to one whole pool, small enough to be kept with the source. Lets a
 * machine without the device, or in a hurry, replay exactly what was measured. Holds no texts: answers are compared by id.
 */
import { readFileSync } from 'node:fs';
import { TASK_ID } from './textRecognition.ts';
import { computeRecipeSha256, variants } from './variants.ts';

export const PROFILE_FORMAT = 'powr-inference-profile/1';

/** Answers to the samples 0 .. poolSamples - 1 at one level. */
export type LevelProfile = {
  /** Mean over the samples, the error rate of each counted up to 10,000. */
  readonly meanCerBps: number;
  /** Share of the samples read without any error. */
  readonly exactBps: number;
  readonly latencyP50Us: number;
  readonly latencyP95Us: number;
  readonly answerId: readonly number[];
  readonly qualityBps: readonly number[];
  readonly latencyUs: readonly number[];
};

export type VariantProfile = {
  readonly id: string;
  readonly sha256: string;
  readonly recipeSha256: string;
  readonly wuMflop: number;
  /** By level index: easy, medium, hard. */
  readonly levels: readonly LevelProfile[];
};

export type InferenceProfile = {
  readonly format: typeof PROFILE_FORMAT;
  readonly task: string;
  /** The class tells a driver in software from a card; the cores are the processor's, also beside a card. */
  readonly device: { readonly class: string; readonly name: string; readonly cores: number };
  readonly runtime: string;
  readonly node: string;
  /** ISO 8601. */
  readonly measuredOn: string;
  readonly poolSeed: number;
  readonly poolSamples: number;
  /** Hash over the images and truths of each level. */
  readonly datasetSha256: readonly string[];
  readonly variants: readonly VariantProfile[];
};

/**
 * @param path  a file that {@link formatProfile} wrote
 * @throws Error when the file is of another format, or was measured with another task or other recipes than this source has
 */
export function readProfile(path: string): InferenceProfile {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as InferenceProfile;
  const refuse = (what: string): never => {
    throw new Error(`Profile ${path} ${what}: measure it again with this version`);
  };
  if (profile.format !== PROFILE_FORMAT) refuse(`has format "${profile.format}", wanted "${PROFILE_FORMAT}"`);
  if (profile.task !== TASK_ID) refuse(`was measured with task "${profile.task}", this version has "${TASK_ID}"`);
  for (const { id, recipeSha256 } of profile.variants) {
    const variant = variants.find((candidate) => candidate.id === id);
    if (variant && computeRecipeSha256(variant) !== recipeSha256) {
      refuse(`was measured with another recipe of variant ${id}`);
    }
  }
  return profile;
}

/** JSON with one line per column, so that a new measurement can be read as a difference. */
export function formatProfile(profile: InferenceProfile): string {
  const { variants: measured, ...head } = profile;
  const lines = JSON.stringify({ ...head, variants: [] }, null, 1).replace(/\[\]\s*\}$/, '[');
  const blocks = measured.map(({ levels, ...variant }) => {
    const rows = levels.map(({ answerId, qualityBps, latencyUs, ...summary }) => {
      const columns = { answerId, qualityBps, latencyUs };
      const body = Object.entries(columns).map(([name, values]) => `"${name}":${JSON.stringify(values)}`);
      return `{${JSON.stringify(summary).slice(1, -1)},\n${body.join(',\n')}}`;
    });
    return `{${JSON.stringify(variant).slice(1, -1)},"levels":[\n${rows.join(',\n')}\n]}`;
  });
  return `${lines}\n${blocks.join(',\n')}\n]}\n`;
}
