/** The one error of this room: the chain, as a machine, could not do its part. What a contract refuses is not an error. */

export type ChainErrorCode =
  | 'ANVIL_MISSING'
  | 'ANVIL_NOT_STARTED'
  | 'CHAIN_GONE'
  | 'RPC_REFUSED'
  | 'BLOCK_WRONG'
  | 'DEPLOY_FAILED'
  | 'ARTIFACT_MISSING'
  | 'COMPILE_FAILED';

/**
 * Infrastructure failed: the program ends with exit code 6.
 *
 * @property code    stable, for programs
 * @property fix     what the user can do, one sentence
 */
export class ChainError extends Error {
  override readonly name: string = 'ChainError';
  readonly code: ChainErrorCode;
  readonly fix: string | undefined;

  constructor(code: ChainErrorCode, what: string, options: { readonly fix?: string; readonly cause?: unknown } = {}) {
    super(
      options.fix === undefined ? what : `${what}\nFix: ${options.fix}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.fix = options.fix;
  }
}
