/**
 * What consumers and the market make of a model: the window of its latest ratings (a provider has one too), its market
 * rank and the weights with which consumers choose (F-21). Ratings are on the ledger; rank and choice are computed off-chain by whoever wants to know.
 */
import { BPS, FP, min, mulDivDown, pow4 } from '../base/fixedPoint.ts';
import { F, MODEL_STATE, STRIDE } from './layout.ts';
import { getParam, recordAt, type State } from './state.ts';

const M = F.models;

/** Places for ratings that each model and each provider has: the largest `fb.window`. Rating p of entity e is record e·1000 + p. */
export const RATINGS_PER_MODEL = 1_000;
/** Of what is not known yet: neither good nor bad. */
const UNKNOWN_FP = FP / 2;
/** F-21 divides log₂ of the volume by this: 2^32 requests count 1.0. */
const VOLUME_BITS = 32;

/**
 * Adds a rating to the window of a model or of a provider; in a full window it takes the place of the oldest one.
 *
 * @param tenths 1..`fb.scale_tenths`
 * @rule FB-2, OP-30
 */
export function addRating(s: State, rated: 'models' | 'providers', entity: number, tenths: number): void {
  const table = s[rated];
  const fields = F[rated];
  const ratings = rated === 'models' ? 'ratings' : 'providerRatings';
  const at = entity * STRIDE[rated];
  const window = getParam(s, 'fb.window');
  const next = table[at + fields.ratingNext]!;
  const place = recordAt(s, ratings, entity * RATINGS_PER_MODEL + next);
  const oldTenths = s[ratings][place]!;
  if (table[at + fields.ratingCount]! < window) table[at + fields.ratingCount]! += 1;
  table[at + fields.ratingSumTenths] = table[at + fields.ratingSumTenths]! + tenths - oldTenths;
  table[at + fields.ratingNext] = next + 1 === window ? 0 : next + 1;
  s[ratings][place] = tenths;
}

/** ⌊log₂ n⌋, 0 for n < 2. */
function log2Down(n: number): number {
  let bits = 0;
  for (let power = 2; power <= n; power *= 2) bits += 1;
  return bits;
}

function ratioFp(part: number, whole: number): number {
  return whole === 0 ? UNKNOWN_FP : mulDivDown(FP, part, whole);
}

/**
 * Market rank of a model, an FP ratio rounded down: the weighted sum of its success rate, mean rating, share of checks passed,
 * 1 − error rate, and ⌊log₂ of the calls it served⌋ / 32. What nothing is known about counts one half.
 *
 * @rule FB-6, F-21, MODEL-11, MODEL-12
 */
export function marketRankFp(s: State, model: number): number {
  const at = model * STRIDE.models;
  const requestCount = s.models[at + M.requestCount]!;
  const successCount = s.models[at + M.successCount]!;
  const scaleTenths = getParam(s, 'fb.scale_tenths');
  const successFp = ratioFp(successCount, requestCount);
  const feedbackFp = ratioFp(
    s.models[at + M.ratingSumTenths]!,
    mulDivDown(s.models[at + M.ratingCount]!, scaleTenths, 1),
  );
  const validatorsFp = ratioFp(s.models[at + M.checkPassedCount]!, s.models[at + M.checkCount]!);
  const noErrorFp = FP - ratioFp(s.models[at + M.errorCount]!, requestCount);
  const volumeFp = mulDivDown(FP, min(log2Down(successCount), VOLUME_BITS), VOLUME_BITS);
  // Each weight is at most BPS and each indicator at most FP, so every summand, and the sum, is below 2^53.
  const sum =
    mulDivDown(successFp, getParam(s, 'rank.w_bps.success'), 1) +
    mulDivDown(feedbackFp, getParam(s, 'rank.w_bps.feedback'), 1) +
    mulDivDown(validatorsFp, getParam(s, 'rank.w_bps.validators'), 1) +
    mulDivDown(noErrorFp, getParam(s, 'rank.w_bps.errors'), 1) +
    mulDivDown(volumeFp, getParam(s, 'rank.w_bps.volume'), 1);
  return mulDivDown(sum, 1, BPS);
}

/** All Live models as the marketplace lists them: by rank, best first, on a tie the lower identifier. @rule F-21, MODEL-9 */
export function listModels(s: State): number[] {
  const live: { readonly model: number; readonly rankFp: number }[] = [];
  const count = s.modelTotals[F.modelTotals.modelCount]!;
  for (let model = 1; model <= count; model++) {
    const state = s.models[model * STRIDE.models + M.state];
    if (state === MODEL_STATE.live) live.push({ model, rankFp: marketRankFp(s, model) });
  }
  return live.sort((a, b) => b.rankFp - a.rankFp || a.model - b.model).map(({ model }) => model);
}

/**
 * Weights with which a consumer chooses among models that could do the same work: pow4(rank, `rank.choice_exp4`) · price
 * attractiveness, where the attractiveness of a fee f is m/(m + f) with m the lower median of these fees: one half at the
 * median, never more than 1.0 however cheap, so that a model that is as good as free draws at most twice the median's
 * share and not all there is. F-21 names the factor and not its form. FP ratios, rounded down; all 0 if every rank is 0.
 *
 * @param models Live models of one domain
 * @returns one weight per model, in their order
 * @rule F-21, MODEL-12
 */
export function choiceWeights(s: State, models: readonly number[]): number[] {
  const exponent = getParam(s, 'rank.choice_exp4');
  const fees = models.map((model) => s.models[model * STRIDE.models + M.feeUnits]!);
  const medianUnits = [...fees].sort((a, b) => a - b)[Math.floor((fees.length - 1) / 2)] ?? 0;
  return models.map((model, i) => {
    const attractivenessFp = mulDivDown(FP, medianUnits, medianUnits + fees[i]!);
    return mulDivDown(pow4(marketRankFp(s, model), exponent), attractivenessFp, FP);
  });
}
