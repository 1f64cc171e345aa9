/**
 * The closed set of error kinds. Each face has one table from kind to its own codes (gRPC status, errno, S3 code,
 * exit code). The names are the gRPC status names, because that is the vocabulary the Alluxio protocol speaks.
 */
export const ERROR_KINDS = [
  'cancelled',
  'unknown',
  'invalidArgument',
  'deadlineExceeded',
  'notFound',
  'alreadyExists',
  'permissionDenied',
  'resourceExhausted',
  'failedPrecondition',
  'aborted',
  'outOfRange',
  'unimplemented',
  'internal',
  'unavailable',
  'dataLoss',
  'unauthenticated',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Kinds after which the same request may succeed later without anybody's help. */
const TEMPORARY: ReadonlySet<ErrorKind> = new Set(['unavailable', 'cancelled', 'deadlineExceeded', 'aborted', 'resourceExhausted']);

/**
 * An expected failure that a caller is told about. Message form: `Cannot ACTION "object": state found; state wanted`,
 * except where shared clients depend on Alluxio's exact text.
 */
export class AlluviumError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AlluviumError';
    this.kind = kind;
  }

  get temporary(): boolean {
    return TEMPORARY.has(this.kind);
  }
}

/** `throw fail('notFound', ...)`: the short way to make an {@link AlluviumError}. */
export function fail(kind: ErrorKind, message: string, cause?: unknown): AlluviumError {
  return new AlluviumError(kind, message, cause === undefined ? undefined : { cause });
}

/** Whether a text, perhaps from another process, names a kind that is known here. */
export function isErrorKind(text: string): text is ErrorKind {
  return (ERROR_KINDS as readonly string[]).includes(text);
}

/** The kind of any thrown value; what is not an AlluviumError is a defect and counts as `internal`. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof AlluviumError ? error.kind : 'internal';
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A broken invariant: a defect of ours, never an answer to bad input. Not caught anywhere below the process root. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
