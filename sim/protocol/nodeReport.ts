/**
 * How a node's report of an era is packed into four words (TIER-8): what the keeper posts, and what the rules read out of
 * it. Says nothing about how uptime is measured, nor what it is worth.
 */
import { assert } from '../base/assert.ts';
import { min, mulDivDown } from '../base/fixedPoint.ts';

const TWO_8 = 256;
const TWO_16 = 65_536;
const TWO_24 = 16_777_216;
const TWO_32 = 4_294_967_296;
const TWO_21 = 2_097_152;

/** Words of one node in the list of `reportNodes`. */
export const REPORT_WORDS = 4;

export type NodeReport = {
  /** Bitmaps of the era's 24 hours, hour 0 lowest: all heartbeats answered; in task mode; with a breach. */
  readonly fullHours: number;
  readonly taskHours: number;
  readonly breachedHours: number;
  /** Disconnections. At most 255 are told. */
  readonly flapCount: number;
  /** Times without a heartbeat that lasted more than 3 600 s. At most 2^21 − 1 are told. */
  readonly streakCount: number;
  /** Heartbeats of the era: answered ≤ expected. */
  readonly answeredCount: number;
  readonly expectedCount: number;
  /** Mean response time, 0 if there was no response. At most 2^21 − 1 is told. */
  readonly meanMs: number;
  /** Since when the node has been offline, in seconds from genesis; 0 if it is not. */
  readonly offlineSinceS: number;
};

function assertBelow(value: number, limit: number, what: string): void {
  assert(
    value >= 0 && value < limit && Math.floor(value) === value,
    `packNodeReport: ${what} is ${value}, not an integer in [0, ${limit})`,
  );
}

/**
 * The report's words: hourBits = full + task·2^24; breaches = breached + flaps·2^24 + streaks·2^32; beats = answered +
 * expected·2^16 + meanMs·2^32; offlineSinceS.
 *
 * Heartbeats have 16 bits: more than 65 535 expected ones are told in that proportion, the answered rounded down, so a
 * full era stays full.
 *
 * @throws AssertionError for a number that is negative, no integer or, where nothing is said about it, too wide
 * @rule TIER-8
 */
export function packNodeReport(
  report: NodeReport,
): [hourBits: number, breaches: number, beats: number, offlineSinceS: number] {
  assertBelow(report.fullHours, TWO_24, 'fullHours');
  assertBelow(report.taskHours, TWO_24, 'taskHours');
  assertBelow(report.breachedHours, TWO_24, 'breachedHours');
  for (const key of ['flapCount', 'streakCount', 'expectedCount', 'meanMs', 'offlineSinceS'] as const) {
    assertBelow(report[key], Number.MAX_SAFE_INTEGER, key);
  }
  assertBelow(report.answeredCount, report.expectedCount + 1, 'answeredCount');
  const scaled = report.expectedCount >= TWO_16;
  const expected = scaled ? TWO_16 - 1 : report.expectedCount;
  const answered = scaled ? mulDivDown(report.answeredCount, expected, report.expectedCount) : report.answeredCount;
  return [
    report.fullHours + report.taskHours * TWO_24,
    report.breachedHours + min(report.flapCount, TWO_8 - 1) * TWO_24 + min(report.streakCount, TWO_21 - 1) * TWO_32,
    answered + expected * TWO_16 + min(report.meanMs, TWO_21 - 1) * TWO_32,
    report.offlineSinceS,
  ];
}

/** Disconnections told by word `breaches`. @rule TIER-8 */
export function flapsOf(breaches: number): number {
  return Math.floor(breaches / TWO_24) % TWO_8;
}

/** Heartbeats answered, by word `beats`. @rule TIER-8 */
export function answeredOf(beats: number): number {
  return beats % TWO_16;
}

/** Heartbeats expected, by word `beats`. @rule TIER-8 */
export function expectedOf(beats: number): number {
  return Math.floor(beats / TWO_16) % TWO_16;
}

/** Mean response time, by word `beats`. @rule TIER-8 */
export function meanMsOf(beats: number): number {
  return Math.floor(beats / TWO_32);
}

/** The report that the four words tell; the inverse of {@link packNodeReport} where nothing was cut off. @rule TIER-8 */
export function unpackNodeReport(hourBits: number, breaches: number, beats: number, offlineSinceS: number): NodeReport {
  return {
    fullHours: hourBits % TWO_24,
    taskHours: Math.floor(hourBits / TWO_24),
    breachedHours: breaches % TWO_24,
    flapCount: flapsOf(breaches),
    streakCount: Math.floor(breaches / TWO_32),
    answeredCount: answeredOf(beats),
    expectedCount: expectedOf(beats),
    meanMs: meanMsOf(beats),
    offlineSinceS,
  };
}
