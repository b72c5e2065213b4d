/** Names the errors of inference, so that the command tells a device or a profile that fails from a bug of its own. */
import type { InferencePort } from '../engine/inferencePort.ts';

/** An answer could not be had: none is stored, the profile is of another version, the device fails. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
}

function rename(cause: unknown): never {
  // A job outside the pool is none that a user asked for.
  if (!(cause instanceof Error) || cause instanceof RangeError) throw cause;
  throw new InferenceError(cause.message, { cause });
}

/** The port, with an InferenceError for everything that goes wrong in it or while it opens. */
export async function withNamedErrors(opening: Promise<InferencePort>): Promise<InferencePort> {
  const port = await opening.catch(rename);
  return {
    ...port,
    infer: (jobs) => port.infer(jobs).catch(rename),
    compare: (comparisons, projectionCount) => port.compare(comparisons, projectionCount).catch(rename),
  };
}
