/**
 * Inference of nobody: answers, qualities and distances that follow from the job's numbers alone, for tests that need what no
 * measurement has at hand: noise of honest devices at a chosen width, outputs in the suspect band, thirty variants of one text.
 * Nothing here is measured, and nothing of it may reach a report.
 */
import { rnd } from '../base/rnd.ts';
import {
  type Comparison,
  type InferenceAnswer,
  type InferenceJob,
  type InferencePort,
  PROJECTION_COUNT,
  type VariantInfo,
} from './inferencePort.ts';

type Recipe = {
  readonly id: string;
  readonly wuMflop: number;
  readonly precision: VariantInfo['precision'];
  readonly kind: VariantInfo['kind'];
  /** Share of lines that it reads otherwise than the reference, bps. */
  readonly changedBps: number;
  /** Quality on a line of middling difficulty, bps. */
  readonly qualityBps: number;
  /** Smallest distance of its output from that of the reference, ppb. */
  readonly apartPpb: number;
};

const model = (id: string, changedBps: number, qualityBps: number, apartPpb: number, wuMflop = 1_342): Recipe => ({
  ...{ id, wuMflop, precision: 'fp32', kind: 'model' },
  ...{ changedBps, qualityBps, apartPpb },
});
const puzzle = (id: string): Recipe => ({ ...model(id, 10_000, 10_000, 1_000_000_000, 500), kind: 'puzzle' });

/** In the order of the catalogue; puzzles after all models. */
const RECIPES: readonly Recipe[] = [
  model('en', 0, 9_300, 0),
  model('ch', 3_500, 8_800, 900_000_000, 1_405),
  model('latin', 4_500, 8_900, 900_000_000, 1_281),
  model('en-m4', 2_400, 9_200, 24_000_000),
  model('en-m3', 4_700, 8_700, 50_000_000),
  model('en-m2', 6_700, 6_000, 200_000_000),
  model('en-int8', 2_600, 9_200, 55_000_000),
  model('en-w70', 5_000, 8_600, 1_100_000_000, 940),
  model('en-fp16', 0, 9_300, 500_000),
  model('en-mm3', 3_600, 9_000, 57_000_000),
  model('en-noise2', 5_800, 8_500, 90_000_000),
  model('en-ft1', 3_100, 9_400, 220_000_000),
  model('en-ft3', 3_100, 9_500, 220_000_000),
  model('en-ft8', 3_100, 9_600, 220_000_000),
  model('en-over', 5_000, 8_000, 300_000_000),
  puzzle('puzzle-matmul'),
  puzzle('puzzle-convolution'),
  puzzle('puzzle-streaming'),
];

/** What sketches of one output under two nonces have in common: nothing. */
export const OTHER_NONCE_PPB = 1_400_000_000;
/** Quality of the overfitted variant on the public samples. */
export const KNOWN_QUALITY_BPS = 9_900;

export type TestInferenceOptions = {
  readonly poolSamples: number;
  /** First samples of the pool, which the overfitted variant has learnt by heart; default 0. */
  readonly publicSamples?: number;
  /** Distance of two honest executions, ppb; default 0. */
  readonly honestPpb?: number;
  /** Precision classes that differ from `fp32`, by variant. */
  readonly precisions?: Readonly<Record<string, VariantInfo['precision']>>;
  /** Distance of a pair, ppb, instead of the usual one; undefined leaves it. Variants by name. */
  readonly distanceOf?: (claimed: string, declared: string, projectionCount: number) => number | undefined;
  /** True if the validators' own execution of these variants reads otherwise than everybody's does; default none. */
  readonly readsOtherwise?: (variant: string) => boolean;
};

/** Every request for a comparison, in order. */
export type Compared = Comparison & { readonly projectionCount: number; readonly ppb: number };

export type TestInference = InferencePort & {
  readonly compared: readonly Compared[];
  readonly executed: readonly InferenceJob[];
  /** Number of a variant. @throws RangeError for none */
  variantOf(id: string): number;
};

const keyOf = ({ sample, level }: InferenceJob): number => sample * 4 + level;
const spread = (salt: number, variant: number, key: number): number => rnd(0x51_7c, salt, 1, variant, key);

/** 64 hexadecimal digits that no two names share. */
function sha256Of(id: string): string {
  const words = [1, 2, 3, 4, 5].map((salt) =>
    [...id].reduce((hash, letter) => rnd(Math.floor(hash / 2 ** 32), hash >>> 0, 1, letter.charCodeAt(0), salt), salt),
  );
  return words
    .map((word) => word.toString(16).padStart(13, '0'))
    .join('')
    .slice(0, 64);
}

export function createTestInference(options: TestInferenceOptions): TestInference {
  const { poolSamples, publicSamples = 0, honestPpb = 0, precisions = {}, distanceOf, readsOtherwise } = options;
  const compared: Compared[] = [];
  const executed: InferenceJob[] = [];
  const variants = RECIPES.map(({ id, wuMflop, precision, kind }) => ({
    ...{ id, wuMflop, kind },
    ...{ precision: precisions[id] ?? precision, sha256: sha256Of(id) },
  }));
  const recipeOf = ({ variant }: InferenceJob): Recipe => {
    const recipe = RECIPES[variant];
    if (recipe === undefined) throw new RangeError(`There is no variant number ${variant}`);
    return recipe;
  };

  function answerTo(job: InferenceJob): InferenceAnswer {
    const { sample, level, variant } = job;
    if (sample < 0 || sample >= poolSamples || level < 0 || level > 2) throw new RangeError('A job outside the pool');
    const recipe = recipeOf(job);
    const key = keyOf(job);
    const isChanged = spread(1, variant, key) % 10_000 < recipe.changedBps;
    // Equal texts are equally good: only what reads otherwise has a quality of its own.
    const own = isChanged ? variant : 0;
    const base = isChanged ? recipe.qualityBps : RECIPES[0]!.qualityBps;
    const isKnown = recipe.id === 'en-over' && sample < publicSamples;
    const ease = (1 - level) * 300 + (spread(2, 0, key) % 200) - 100;
    return {
      answerId: 1 + spread(3, own, key),
      qualityBps: isKnown ? KNOWN_QUALITY_BPS : Math.min(10_000, base + ease),
      latencyUs: 8_000 + (spread(4, variant, key) % 2_000),
      outputId: 1 + spread(5, variant, key),
    };
  }

  function distance({ claimed, declared }: Comparison, projectionCount: number): number {
    const chosen = distanceOf?.(recipeOf(claimed).id, recipeOf(declared).id, projectionCount);
    if (chosen !== undefined) return chosen;
    const isSamePlace = keyOf(claimed) === keyOf(declared) && claimed.nonce === declared.nonce;
    if (!isSamePlace) return OTHER_NONCE_PPB + (spread(6, claimed.variant, keyOf(claimed)) % 100_000_000);
    if (claimed.variant === declared.variant) return honestPpb;
    const apartPpb = Math.max(recipeOf(claimed).apartPpb, recipeOf(declared).apartPpb);
    return Math.min(1_900_000_000, apartPpb + (spread(7, claimed.variant, keyOf(claimed)) % apartPpb));
  }

  return {
    variants,
    poolSamples,
    compared,
    executed,
    bands: undefined,
    variantOf(id) {
      const at = RECIPES.findIndex((recipe) => recipe.id === id);
      if (at < 0) throw new RangeError(`There is no variant ${id}`);
      return at;
    },
    async infer(jobs) {
      executed.push(...jobs);
      return jobs.map(answerTo);
    },
    async compare(comparisons, projectionCount = PROJECTION_COUNT) {
      return comparisons.map((comparison) => {
        const ppb = distance(comparison, projectionCount);
        compared.push({ ...comparison, projectionCount, ppb });
        const { answerId } = answerTo(comparison.declared);
        const isOther = readsOtherwise?.(recipeOf(comparison.declared).id) === true;
        return { distancePpb: ppb, declaredAnswerId: isOther ? answerId + 1 : answerId };
      });
    },
    stats: () => ({
      ...{ device: 'none', runtime: 'none', validatorDevice: 'none' },
      ...{ executedCount: executed.length, replayedCount: 0, byVariant: {} },
      ...{ comparedCount: compared.length, sketchedCount: 2 * compared.length },
    }),
    close: async () => {},
  };
}
