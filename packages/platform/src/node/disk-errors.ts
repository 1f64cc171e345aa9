import { fail } from '@alluvium/base';
import type { AlluviumError, ErrorKind } from '@alluvium/base';

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'notFound',
  EEXIST: 'alreadyExists',
  ENOSPC: 'resourceExhausted',
  EDQUOT: 'resourceExhausted',
  EACCES: 'permissionDenied',
  EPERM: 'permissionDenied',
  EROFS: 'permissionDenied',
  ENOTEMPTY: 'failedPrecondition',
  ENOTDIR: 'failedPrecondition',
  EISDIR: 'failedPrecondition',
  ENAMETOOLONG: 'invalidArgument',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  EIO: 'dataLoss',
};

const STATES: Readonly<Record<string, string>> = {
  ENOENT: 'nothing is there',
  EEXIST: 'something is there already',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the quota is used up',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOTEMPTY: 'the directory is not empty',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
  EIO: 'the device reports an input/output error',
};

/** The errno name of an error thrown by node:fs, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** An error of node:fs in the vocabulary of {@link Disk}: `Cannot read "/a/b": nothing is there (ENOENT)`. */
export function diskError(action: string, path: string, cause: unknown): AlluviumError {
  const code = errnoOf(cause) ?? '';
  const kind = KINDS[code] ?? 'unknown';
  const state = STATES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return fail(kind, `Cannot ${action} "${path}": ${state}${code === '' ? '' : ` (${code})`}`, cause);
}
