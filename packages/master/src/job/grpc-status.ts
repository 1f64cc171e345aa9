import { ERROR_KINDS, type ErrorKind } from '@alluvium/base';

/** The number of a kind as gRPC has it, which Alluxio's reports show. */
export function grpcStatusOf(kind: ErrorKind): number {
  return ERROR_KINDS.indexOf(kind) + 1;
}
