import { AlluviumError, messageOf, randomId63 } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileContext } from '../context.js';
import { settleIntent } from './settle-intent.js';
import { beginEntry, endEntry, type NewIntent } from './store-intents.js';

/**
 * Runs `work`, which changes a store and then commits what it has done together with `end`. The caller holds the claims of the
 * intent. When `work` fails with the intent still open, the store is asked at once how far it went; when that fails too, the intent
 * is settled later.
 */
export async function withIntent<T>(c: FileContext, intent: NewIntent, work: (end: JournalEntry) => Promise<T>): Promise<T> {
  const { intents } = c.tree;
  const id = randomId63(c.random);
  await c.committer.commit([beginEntry({ ...intent, id, timeMs: c.clock.nowMs() })]);
  try {
    return await work(endEntry(id));
  } catch (error) {
    // A store that is not to be reached is not asked twice while a client waits. Directories above the path that is held may be in
    // use by others already.
    const open = intents.get(id);
    const later = intent.kind === 'MAKE_DIRECTORIES' || (error instanceof AlluviumError && error.temporary);
    if (open !== undefined && !later) await settleIntent(c, open).catch((why: unknown) => notSettled(c, messageOf(why)));
    throw error;
  } finally {
    const open = intents.get(id);
    if (open !== undefined) intents.leftOpen?.(open);
  }
}

function notSettled(c: FileContext, reason: string): void {
  c.log.debug('an operation that failed is settled later', { reason });
}
