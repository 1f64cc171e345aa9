import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { LockView } from '../../lock/path-locks.js';
import type { FileContext } from '../context.js';

/** Lines of an answer at most. */
const MAX_LINES = 1000;

/**
 * GetStateLockHolders: who would hold up an operation on everything, a line each. There is no lock on the whole state here; what
 * comes nearest are the operations that hold paths or wait for them.
 */
export function getStateLockHolders(c: FileContext): fs.GetStateLockHoldersPResponse {
  const threads: string[] = [];
  for (const view of c.locks.list()) if (threads.push(lineOf(view)) === MAX_LINES) break;
  return { threads };
}

function lineOf({ path, mode, operation, user, held, sinceMs }: LockView): string {
  const who = user === '' ? operation : `${operation} by ${user}`;
  return `${who} ${held ? 'holds' : 'waits for'} ${mode} of ${path} since ${new Date(sinceMs).toISOString()}`;
}
