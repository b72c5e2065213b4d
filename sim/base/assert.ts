/** The one assertion of the pure rooms: a violated assertion is a bug of ours (exit 1), never an outcome of a simulation. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** @throws AssertionError with `message` unless `condition` holds */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
