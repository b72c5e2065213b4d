/** Words of a command line as a POSIX shell reads them back. */

/** @example shellWord('node.stake_min=500 DN') // "'node.stake_min=500 DN'" */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line; pasted into a shell it has exactly these words. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
