/** Finds the word that was meant: the nearest of the allowed ones, and none at all when nothing is near. */
import { distance } from 'fastest-levenshtein';

/** Words longer than this are no typing errors of ours, and comparing them would cost. */
const LONGEST = 80;
const MOST_SHOWN = 3;

function swapsNeighbours(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i + 1 < a.length && a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
}

/**
 * The allowed words nearest to what was written, nearest first, at most three and all equally near. Two swapped
 * neighbours count as one error. A word is near when at most a third of it (at least one letter) is wrong.
 */
export function nearestWords(written: string, allowed: readonly string[]): string[] {
  if (written.length > LONGEST) return [];
  const lower = written.toLowerCase();
  let best = Number.POSITIVE_INFINITY;
  let found: string[] = [];
  for (const word of allowed) {
    const near = Math.max(1, Math.floor(Math.max(word.length, written.length) / 3));
    // A distance is at least the difference in length, and takes a while to compute.
    if (Math.abs(word.length - written.length) > Math.min(near, best)) continue;
    // Another case is half an error, so that it wins over any other change.
    const wrong = word.toLowerCase() === lower ? 0.5 : swapsNeighbours(written, word) ? 1 : distance(written, word);
    if (wrong > near || wrong > best) continue;
    if (wrong < best) found = [];
    best = wrong;
    found.push(word);
  }
  return found.slice(0, MOST_SHOWN);
}

/** ` — did you mean "agents"?`, or nothing. */
export function didYouMean(written: string, allowed: readonly string[]): string {
  const words = nearestWords(written, allowed).map((word) => `"${word}"`);
  if (words.length === 0) return '';
  const last = words.pop()!;
  return ` — did you mean ${words.length === 0 ? last : `${words.join(', ')} or ${last}`}?`;
}
