/**
 * How a provider's report of an era is packed into eight words (TIER-8): what the keeper posts, and what the rules read
 * out of it. Says nothing about how uptime is measured, nor what it is worth. Bit h of a bitmap is the hour of time slot
 * h of the era, modulo 24.
 */
import { assert } from '../base/assert.ts';
import { min, mulDivDown } from '../base/fixedPoint.ts';

const TWO_12 = 4_096;
const TWO_16 = 65_536;
const TWO_21 = 2_097_152;
const TWO_24 = 16_777_216;
const TWO_26 = 67_108_864;
const TWO_32 = 4_294_967_296;
const TWO_36 = 68_719_476_736;

/** Words of one provider in the list of `reportProviders`: the fields of table `providerReports`. */
export const PROVIDER_REPORT_WORDS = 8;

export type ProviderReport = {
  /** Bitmaps of the era's 24 hours: all heartbeats answered; Active all hour. */
  readonly fullHours: number;
  readonly activeHours: number;
  /** At least one assignment in the hour; service below what task mode promises (SLASH-5). */
  readonly taskHours: number;
  readonly breachedHours: number;
  /** Hours touched by the cooldown after a reconnection (LIVE-5). */
  readonly cooledHours: number;
  /** Times without a heartbeat of more than 3 600 s that began in standby. At most 4 095 are told. */
  readonly streakCount: number;
  /** Further full hours of those times. At most 65 535 are told. */
  readonly extraHourCount: number;
  /** Heartbeats of the era: answered ≤ expected. */
  readonly answeredCount: number;
  readonly expectedCount: number;
  /** Mean response time, 0 if there was no response. At most 2^21 − 1 is told. */
  readonly meanMs: number;
  /** Assignments of the era, and those that were finished. At most 2^26 − 1 are told. */
  readonly assignedCount: number;
  readonly finishedCount: number;
  /** Fee income of the breached hours, in tokens: the price an hour of each lease affected, and fees of requests served. */
  readonly feeUnits: number;
  /** Whole hours of lease served. */
  readonly leaseHours: number;
  /** Since when the provider has been offline, in seconds from genesis; 0 if it is not. */
  readonly offlineSinceS: number;
};

/** The report of an era in which nothing was expected and nothing happened. */
export const EMPTY_PROVIDER_REPORT: ProviderReport = {
  fullHours: 0,
  activeHours: 0,
  taskHours: 0,
  breachedHours: 0,
  cooledHours: 0,
  streakCount: 0,
  extraHourCount: 0,
  answeredCount: 0,
  expectedCount: 0,
  meanMs: 0,
  assignedCount: 0,
  finishedCount: 0,
  feeUnits: 0,
  leaseHours: 0,
  offlineSinceS: 0,
};

function assertBelow(value: number, limit: number, what: string): void {
  assert(
    value >= 0 && value < limit && Math.floor(value) === value,
    `packProviderReport: ${what} is ${value}, not an integer in [0, ${limit})`,
  );
}

const BITMAPS = ['fullHours', 'activeHours', 'taskHours', 'breachedHours', 'cooledHours'] as const;
const COUNTS = [
  'streakCount',
  'extraHourCount',
  'expectedCount',
  'meanMs',
  'assignedCount',
  'feeUnits',
  'leaseHours',
  'offlineSinceS',
] as const;

/**
 * The report's words: hourBits = full + active·2^24; modes = task + breached·2^24; pauses = cooled + streaks·2^24 + further
 * hours·2^36; beats = answered + expected·2^16 + meanMs·2^32; work = assigned + finished·2^26; feeUnits; leaseHours;
 * offlineSinceS.
 *
 * Heartbeats have 16 bits and assignments 26: more are told in that proportion, the part rounded down, so that a full
 * era stays full.
 *
 * @throws AssertionError for a number that is negative, no integer or, where nothing is said about it, too wide
 * @rule TIER-8
 */
export function packProviderReport(report: ProviderReport): number[] {
  for (const key of BITMAPS) assertBelow(report[key], TWO_24, key);
  for (const key of COUNTS) assertBelow(report[key], Number.MAX_SAFE_INTEGER, key);
  assertBelow(report.answeredCount, report.expectedCount + 1, 'answeredCount');
  assertBelow(report.finishedCount, report.assignedCount + 1, 'finishedCount');
  const expected = min(report.expectedCount, TWO_16 - 1);
  const assigned = min(report.assignedCount, TWO_26 - 1);
  const answered = expected === 0 ? 0 : mulDivDown(report.answeredCount, expected, report.expectedCount);
  const finished = assigned === 0 ? 0 : mulDivDown(report.finishedCount, assigned, report.assignedCount);
  return [
    report.fullHours + report.activeHours * TWO_24,
    report.taskHours + report.breachedHours * TWO_24,
    report.cooledHours + min(report.streakCount, TWO_12 - 1) * TWO_24 + min(report.extraHourCount, TWO_16 - 1) * TWO_36,
    answered + expected * TWO_16 + min(report.meanMs, TWO_21 - 1) * TWO_32,
    assigned + finished * TWO_26,
    report.feeUnits,
    report.leaseHours,
    report.offlineSinceS,
  ];
}

/** Part of a word: `width` values from `unit` on. Bits beyond are of no meaning. */
function partOf(word: number, unit: number, width: number): number {
  return Math.floor(word / unit) % width;
}

/**
 * The report that eight words from `at` on tell; the inverse of {@link packProviderReport} where nothing was cut off.
 *
 * @rule TIER-8
 */
export function unpackProviderReport(words: Float64Array | readonly number[], at = 0): ProviderReport {
  const [hours, modes, pauses, beats, work] = [
    words[at]!,
    words[at + 1]!,
    words[at + 2]!,
    words[at + 3]!,
    words[at + 4]!,
  ];
  return {
    fullHours: partOf(hours, 1, TWO_24),
    activeHours: partOf(hours, TWO_24, TWO_24),
    taskHours: partOf(modes, 1, TWO_24),
    breachedHours: partOf(modes, TWO_24, TWO_24),
    cooledHours: partOf(pauses, 1, TWO_24),
    streakCount: partOf(pauses, TWO_24, TWO_12),
    extraHourCount: partOf(pauses, TWO_36, TWO_16),
    answeredCount: partOf(beats, 1, TWO_16),
    expectedCount: partOf(beats, TWO_16, TWO_16),
    meanMs: partOf(beats, TWO_32, TWO_21),
    assignedCount: partOf(work, 1, TWO_26),
    finishedCount: partOf(work, TWO_26, TWO_26),
    feeUnits: words[at + 5]!,
    leaseHours: words[at + 6]!,
    offlineSinceS: words[at + 7]!,
  };
}
