import { fail, kindOf, messageOf, type Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { Mount } from './mount.js';

/** A store that does not answer does not hold a start up for longer. */
const PATIENCE_MS = 5000;

/** What says that the address or the credentials are wrong, which no waiting mends. */
const WRONG: readonly string[] = ['invalidArgument', 'notFound', 'permissionDenied', 'unauthenticated', 'unimplemented'];

/**
 * Looks at the root store before anything is served from it. Throws when it cannot be what was meant: an unknown scheme, a missing
 * bucket or directory, refused credentials. A store that is only away for the moment is told in the log.
 */
export async function requireRoot(root: Mount, clock: Clock, log: Logger): Promise<void> {
  const patience = new AbortController();
  const timer = clock.schedule(PATIENCE_MS, () => patience.abort());
  try {
    const status = await root.store.status('', { signal: patience.signal });
    if (status === undefined) throw fail('notFound', `Cannot show "${root.ufsUri}" as /: it does not exist`);
    if (!status.directory) throw fail('invalidArgument', `Cannot show "${root.ufsUri}" as /: it is not a directory`);
  } catch (error) {
    if (WRONG.includes(kindOf(error))) throw error;
    log.warn('the root store does not answer', { uri: root.ufsUri, reason: messageOf(error) });
  } finally {
    timer.cancel();
  }
}
