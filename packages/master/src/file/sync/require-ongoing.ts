import type { SyncScope } from './sync-scope.js';

/** After a failure of one directory: rethrows what ends the whole sync. It was cancelled, or the journal refuses. */
export function requireOngoing(scope: SyncScope, error: unknown): void {
  scope.requireGoing();
  if (!scope.c.committer.accepting) throw error;
}
