/** What the command's exit status says, and which error means which. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  failed: 3,
  regression: 4,
  inconclusive: 5,
  infrastructure: 6,
  incomplete: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/** The user can mend it: a bad option, a scenario with errors, a file that is not there. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit status for an error that ended a command. Unknown errors are ours: 1. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return EXIT.bug;
  const own = (error as { readonly exitCode?: unknown }).exitCode;
  if (typeof own === 'number') return own;
  if (error.name === 'UsageError' || error.name === 'TraceError') return EXIT.usage;
  if (
    error.name === 'ChainError' ||
    error.name === 'RpcError' ||
    error.name === 'StoreError' ||
    error.name === 'InferenceError'
  )
    return EXIT.infrastructure;
  return EXIT.bug;
}

/** The message for people: what happened and, where the error knows it, what to do. No stack unless it is our bug. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fix = (error as { readonly fix?: unknown }).fix;
  const text =
    typeof fix === 'string' && fix !== '' && !error.message.includes(fix)
      ? `${error.message}\nFix: ${fix}`
      : error.message;
  return exitCodeOf(error) === EXIT.bug && process.env.POWR_DEBUG !== undefined
    ? `${text}\n${error.stack ?? ''}`
    : text;
}
