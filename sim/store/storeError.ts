/** The one error of this room: a run could not be written, or what lies on the disk is not a run that can be read. */

export type StoreErrorCode =
  | 'DISK_FULL'
  | 'WRITE_FAILED'
  | 'FOREIGN_DIRECTORY'
  | 'RUN_CLOSED'
  | 'NO_RUN'
  | 'UNFINISHED'
  | 'NOT_RESUMABLE'
  | 'NOT_RECORDED'
  | 'FILE_MISSING'
  | 'FILE_BROKEN';

/** Codes that blame the machine; the others blame what the user named. */
const infrastructure: readonly StoreErrorCode[] = ['DISK_FULL', 'WRITE_FAILED', 'FILE_MISSING', 'FILE_BROKEN'];

/**
 * @property code      stable, for programs
 * @property exitCode  of a program that ends with this error: 6 infrastructure, 2 the user named the wrong place
 * @property fix       what the user can do, one sentence
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly exitCode: 2 | 6;
  readonly fix: string | undefined;

  constructor(code: StoreErrorCode, what: string, options: { readonly fix?: string; readonly cause?: unknown } = {}) {
    super(
      options.fix === undefined ? what : `${what}\nFix: ${options.fix}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.exitCode = infrastructure.includes(code) ? 6 : 2;
    this.fix = options.fix;
  }
}
