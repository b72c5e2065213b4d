/**
 * The moving average by which reputations remember (F-1): the smoothing factor of a half-life, and one step of the
 * average. What is averaged, and when, is for `trust.ts` and the validators' rules to say.
 */
import { assert } from '../base/assert.ts';
import { FP, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';

/**
 * α(h) = FP − round(FP·2^(−1/h)) for h = 1 … 120, also in `fixtures/vectors/trust/alpha.json`. A table, because the
 * power is no integer arithmetic.
 */
// biome-ignore format: eight a line, so that a half-life is found by eye
const ALPHA_FP: readonly number[] = [
  500_000_000, 292_893_219, 206_299_474, 159_103_585, 129_449_437, 109_101_282, 94_276_336, 82_995_957,
  74_125_288, 66_967_008, 61_069_089, 56_125_687, 51_922_486, 48_304_847, 45_158_396, 42_396_719,
  39_953_313, 37_776_163, 35_824_002, 34_063_671, 32_468_221, 31_015_526, 29_687_247, 28_468_059,
  27_345_053, 26_307_279, 25_345_391, 24_451_358, 23_618_245, 22_840_032, 22_111_464, 21_427_938,
  20_785_403, 20_180_278, 19_609_390, 19_069_912, 18_559_322, 18_075_360, 17_615_996, 17_179_401,
  16_763_924, 16_368_068, 15_990_475, 15_629_910, 15_285_247, 14_955_456, 14_639_596, 14_336_801,
  14_046_278, 13_767_296, 13_499_179, 13_241_306, 12_993_100, 12_754_028, 12_523_595, 12_301_340,
  12_086_837, 11_879_686, 11_679_516, 11_485_980, 11_298_753, 11_117_532, 10_942_032, 10_771_987,
  10_607_146, 10_447_274, 10_292_150, 10_141_565, 9_995_323, 9_853_238, 9_715_137, 9_580_853,
  9_450_230, 9_323_121, 9_199_387, 9_078_893, 8_961_516, 8_847_134, 8_735_636, 8_626_913,
  8_520_863, 8_417_388, 8_316_397, 8_217_800, 8_121_514, 8_027_457, 7_935_555, 7_845_733,
  7_757_921, 7_672_054, 7_588_066, 7_505_897, 7_425_489, 7_346_786, 7_269_733, 7_194_280,
  7_120_376, 7_047_976, 6_977_033, 6_907_505, 6_839_348, 6_772_523, 6_706_991, 6_642_716,
  6_579_660, 6_517_791, 6_457_074, 6_397_478, 6_338_972, 6_281_526, 6_225_112, 6_169_703,
  6_115_271, 6_061_791, 6_009_239, 5_957_589, 5_906_821, 5_856_910, 5_807_835, 5_759_576,
];

/** Longest half-life of the table. */
export const MAX_HALF_LIFE_ERAS = 120;

/**
 * Weight of the newest observation.
 *
 * @param halfLifeEras eras after which an observation has lost half of its weight, 1 to 120
 * @returns an FP ratio
 * @throws AssertionError outside the table: the parameter registry allows no such value
 * @rule F-1
 */
export function alphaOf(halfLifeEras: number): number {
  const alphaFp = ALPHA_FP[halfLifeEras - 1];
  assert(alphaFp !== undefined, `A half-life of ${halfLifeEras} eras is not in the table: 1 to ${MAX_HALF_LIFE_ERAS}`);
  return alphaFp;
}

/**
 * One step from indicator I towards sample x: I + ⌊(x − I)·α⌋ upwards, I − ⌈(I − x)·α⌉ downwards, which is
 * ⌊((FP − α)·I + α·x)/FP⌋ in both directions. The result lies between I and x.
 *
 * @param indicatorFp,sampleFp FP ratios
 * @param alphaFp of {@link alphaOf}, at most FP
 * @rule F-1
 */
export function ewma(indicatorFp: number, sampleFp: number, alphaFp: number): number {
  return sampleFp >= indicatorFp
    ? indicatorFp + mulDivDown(sampleFp - indicatorFp, alphaFp, FP)
    : indicatorFp - mulDivUp(indicatorFp - sampleFp, alphaFp, FP);
}
