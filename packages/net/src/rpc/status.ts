import { AlluviumError, kindOf, messageOf } from '@alluvium/base';
import type { ErrorKind } from '@alluvium/base';

/** gRPC status codes by error kind. */
const CODES: Readonly<Record<ErrorKind, number>> = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
};
const KINDS = new Map(Object.entries(CODES).map(([kind, code]) => [code, kind as ErrorKind]));

export const STATUS_OK = 0;

/** What a call that fails with `error` answers. What is not an AlluviumError is a defect: `internal`. */
export function statusOf(error: unknown): { readonly code: number; readonly message: string } {
  return { code: CODES[kindOf(error)], message: messageOf(error) };
}

/** The error of a call that was answered with `code`; a code that gRPC does not have is `unknown`. */
export function errorFromStatus(code: number, message: string): AlluviumError {
  return new AlluviumError(KINDS.get(code) ?? 'unknown', message);
}
