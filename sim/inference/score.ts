/** How good a decoded text is, as integers: the only numbers about text that may enter the protocol. */
import { createHash } from 'node:crypto';
import { distance } from 'fastest-levenshtein';

/** Character error rate in basis points: edit distance over the length of the truth; above 10,000 for long nonsense. */
export function computeCerBps(truth: string, decoded: string): number {
  return Math.round((10_000 * distance(truth, decoded)) / truth.length);
}

/** 10,000 for the exact text, 0 for a character error rate of one and worse. */
export function computeQualityBps(truth: string, decoded: string): number {
  return Math.max(0, 10_000 - computeCerBps(truth, decoded));
}

/** The low 52 bits of the SHA-256 of the text (UTF-8): an exact integer that two answers share if they say the same. */
export function computeAnswerId(decoded: string): number {
  return Number.parseInt(createHash('sha256').update(decoded).digest('hex').slice(-13), 16);
}
